//! What a derived index has to do to catch up: pure bookkeeping, no SQL.

use std::collections::BTreeSet;

use engraft_core::{ChunkNo, DocNo};

/// What happened between two index versions, net. Applying it twice is harmless.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// The index version reached.
    pub upto: u64,
    /// Live documents whose text, title, metadata or ACL changed, or that are new.
    pub changed: BTreeSet<DocNo>,
    /// New chunks.
    pub added: BTreeSet<ChunkNo>,
    /// Older chunks that have a vector now.
    pub embedded: BTreeSet<ChunkNo>,
    /// Chunks that are gone.
    pub removed: BTreeSet<ChunkNo>,
    /// Documents that are gone.
    pub forgotten: BTreeSet<DocNo>,
}

/// How many documents a batch touched, each put or removal counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// New, or back after a removal.
    pub added: usize,
    /// Something visible changed.
    pub updated: usize,
    /// Nothing visible changed.
    pub unchanged: usize,
    /// Gone.
    pub removed: usize,
}

impl Changes {
    /// Nothing to do; `upto` aside.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty()
            && self.added.is_empty()
            && self.embedded.is_empty()
            && self.removed.is_empty()
            && self.forgotten.is_empty()
    }

    pub(crate) fn change(&mut self, doc: DocNo) {
        self.forgotten.remove(&doc);
        self.changed.insert(doc);
    }

    pub(crate) fn forget(&mut self, doc: DocNo) {
        self.changed.remove(&doc);
        self.forgotten.insert(doc);
    }

    pub(crate) fn add(&mut self, chunk: ChunkNo) {
        self.added.insert(chunk);
    }

    pub(crate) fn embed(&mut self, chunk: ChunkNo) {
        if !self.added.contains(&chunk) {
            self.embedded.insert(chunk);
        }
    }

    /// Numbers are never reused, so a chunk that came and went within the range is as if it had never been.
    pub(crate) fn remove(&mut self, chunk: ChunkNo) {
        self.embedded.remove(&chunk);
        if !self.added.remove(&chunk) {
            self.removed.insert(chunk);
        }
    }

    /// Adds what happened next.
    pub(crate) fn then(&mut self, next: &Changes) {
        self.upto = next.upto;
        next.forgotten.iter().for_each(|&doc| self.forget(doc));
        next.changed.iter().for_each(|&doc| self.change(doc));
        next.removed.iter().for_each(|&chunk| self.remove(chunk));
        next.added.iter().for_each(|&chunk| self.add(chunk));
        next.embedded.iter().for_each(|&chunk| self.embed(chunk));
    }
}
