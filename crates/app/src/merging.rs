//! Merging parts of the index behind the work that goes on, so that searching stays as fast however often things changed.

use std::sync::{Arc, PoisonError};
use std::thread::{Builder, JoinHandle};

use engraft_nn::Embedder;
use engraft_search::Index;

use crate::Error;
use crate::workspace::Workspace;

impl Workspace {
    /// Starts merging on a thread of its own where that is due and nobody does it; readers and writers go on meanwhile.
    ///
    /// False: another process has written the index since it was opened, and its work had better be opened.
    pub(crate) fn merge_behind(&self, index: &Arc<Index>, encoder: Option<&Embedder>) -> Result<bool, Error> {
        if !index.wants_merging() {
            return Ok(true);
        }
        let mut running = self.merging.lock().unwrap_or_else(PoisonError::into_inner);
        if running.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return Ok(true);
        }
        // Merged parts go to files of the index: for those, one process at a time.
        let lock = self.index_lock()?;
        if lock.try_lock().is_err() {
            return Ok(true);
        }
        let known = self.manifest.lock().map(|known| known.clone()).unwrap_or_default();
        if self.manifest_on_disk(encoder) != known {
            return Ok(false);
        }
        let index = Arc::clone(index);
        let merge = move || {
            // What fails, as on a full disk, is tried again after a later change; the index is whole without it.
            while matches!(index.merge(), Ok(true)) {}
            drop(lock);
        };
        *running = Builder::new().name("merge".into()).spawn(merge).ok();
        Ok(true)
    }

    /// Waits until nothing is being merged.
    pub(crate) fn await_merging(&self) {
        let running = self.merging.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A merge that panicked has changed nothing.
        let _ = running.map(JoinHandle::join);
    }
}
