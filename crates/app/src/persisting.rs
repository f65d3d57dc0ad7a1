//! Writing the index to disk, where other processes may be doing the same.
//!
//! What is on disk is only a head start: whoever opens it catches up from the store's log. So a process that finds
//! another at work, or finds another's work, leaves it alone.

use std::fs::{File, TryLockError};

use engraft_core::content_hash;
use engraft_nn::Embedder;
use engraft_search::Index;

use crate::Error;
use crate::workspace::Workspace;

/// How much of the log is kept beyond what is on disk, for processes that have not caught up yet.
const KEPT: u64 = 1_000;

impl Workspace {
    /// Remembers what is on disk now, before it is opened.
    pub(crate) fn note_manifest(&self, encoder: Option<&Embedder>) {
        if let Ok(mut known) = self.manifest.lock() {
            *known = self.manifest_on_disk(encoder);
        }
    }

    /// Writes the index unless another process writes or wrote there, then forgets the log up to what is on disk.
    pub(crate) fn persist(&self, index: &Index) -> Result<(), Error> {
        self.await_merging();
        let lock = self.index_lock()?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(()),
            Err(TryLockError::Error(source)) => return Err(Error::io("lock", &self.index_root())(source)),
        }
        let encoder = self.opened_encoder();
        let known = self.manifest.lock().map(|known| known.clone()).unwrap_or_default();
        if self.manifest_on_disk(encoder) != known {
            return Ok(());
        }
        self.write(index, encoder)
    }

    /// Writes an index that was built anew, whatever is there.
    pub(crate) fn persist_anew(&self, index: &Index) -> Result<(), Error> {
        self.await_merging();
        let lock = self.index_lock()?;
        lock.lock().map_err(Error::io("lock", &self.index_root()))?;
        self.write(index, self.opened_encoder())
    }

    fn write(&self, index: &Index, encoder: Option<&Embedder>) -> Result<(), Error> {
        let upto = index.persist()?;
        self.note_manifest(encoder);
        self.store.prune_changes(upto.saturating_sub(KEPT))?;
        Ok(())
    }

    pub(crate) fn index_lock(&self) -> Result<File, Error> {
        let root = self.index_root();
        std::fs::create_dir_all(&root).map_err(Error::io("create", &root))?;
        let path = root.join("lock");
        File::options().create(true).append(true).open(&path).map_err(Error::io("open", &path))
    }

    pub(crate) fn manifest_on_disk(&self, encoder: Option<&Embedder>) -> Option<String> {
        let bytes = std::fs::read(self.index_folder(encoder).join("manifest.engraft")).ok()?;
        Some(content_hash(&bytes))
    }
}
