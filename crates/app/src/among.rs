//! Passages that are given in place of those that a search finds, so that the reader can be judged apart from the search.

use std::collections::BTreeSet;

use engraft_core::{ChunkNo, Hit, Legs};
use engraft_store::ChunkHit;
use serde_json::json;

use crate::search::{CANDIDATES, SearchRequest, ranked};
use crate::workspace::Workspace;
use crate::{Context, Error};

/// The passages to answer from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Among {
    /// The documents they are in.
    pub(crate) uris: BTreeSet<String>,
    /// Their numbers.
    pub(crate) chunks: BTreeSet<ChunkNo>,
}

impl Among {
    /// The passages, as a search of their documents ranks them; those it does not find follow.
    pub(crate) fn hits(
        &self,
        context: Context,
        workspace: &Workspace,
        search: &SearchRequest,
    ) -> Result<Vec<(Hit, ChunkHit)>, Error> {
        if self.chunks.is_empty() {
            return Ok(Vec::new());
        }
        let filter = Some(json!({ "uri": { "$in": self.uris } }));
        let within = SearchRequest { filter, k: CANDIDATES, ..search.clone() };
        let mut hits = ranked(context, workspace, &within)?.hits;
        hits.retain(|(hit, _)| self.chunks.contains(&hit.chunk));
        let found: BTreeSet<ChunkNo> = hits.iter().map(|(hit, _)| hit.chunk).collect();
        let others: Vec<ChunkNo> = self.chunks.difference(&found).copied().collect();
        let views = workspace.store.chunks_by_no(&others)?.into_iter();
        hits.extend(views.map(|view| {
            let (chunk, doc) = (view.row.no, view.row.doc);
            (Hit { chunk, doc, score: 0.0, legs: Legs::default() }, view)
        }));
        Ok(hits)
    }
}
