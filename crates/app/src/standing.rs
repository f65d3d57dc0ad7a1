//! A workspace that stands open for long, as in a server: other models that are served meanwhile come in whole, between two
//! questions.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use engraft_core::Fault;

use crate::serving::{KINDS, RERANKER, Stamp};
use crate::{Context, Error, Workspace};

/// A workspace that is held open while models are served and rolled back.
pub struct Standing {
    current: Mutex<Arc<Workspace>>,
    // Held while others are opened. What the file that names the models was when they could not be.
    refused: Mutex<Option<Stamp>>,
}

impl Standing {
    /// Keeps a workspace open.
    pub fn new(workspace: Workspace) -> Standing {
        Standing { current: Mutex::new(Arc::new(workspace)), refused: Mutex::new(None) }
    }

    /// The workspace with the models that are in use now. Whoever holds it asks with one set of models to the end, whatever is
    /// served meanwhile.
    ///
    /// The first to ask after others were served opens them; who asks beside it gets those before. Models that cannot be opened
    /// leave those before in use, which is said once.
    pub fn now(&self, context: Context) -> Arc<Workspace> {
        let current = Arc::clone(&held(&self.current));
        if current.stamp == Stamp::of(&current.folder()) {
            return current;
        }
        let mut refused = match self.refused.try_lock() {
            Ok(refused) => refused,
            Err(TryLockError::Poisoned(died)) => died.into_inner(),
            Err(TryLockError::WouldBlock) => return current,
        };
        // Somebody may have opened them since.
        let current = Arc::clone(&held(&self.current));
        let stamp = Stamp::of(&current.folder());
        if current.stamp == stamp || *refused == Some(stamp) {
            return current;
        }
        match current.renewed(context) {
            Ok(next) => {
                let next = Arc::new(next);
                *held(&self.current) = Arc::clone(&next);
                *refused = None;
                context.progress.say(&format!("models in use from now on: {}", named(&next)));
                next
            }
            Err(error) => {
                *refused = Some(stamp);
                let hint = error.hint().map_or(String::new(), |hint| format!("; {hint}"));
                context.progress.say(&format!(
                    "the models in use were changed, and cannot be opened: {error}{hint}. Those before go on: {}",
                    named(&current)
                ));
                current
            }
        }
    }
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The tuned models in use, in words.
fn named(workspace: &Workspace) -> String {
    let models = workspace.serving().models();
    let all: Vec<String> = models.iter().map(|(kind, model)| format!("{kind} {model}")).collect();
    if all.is_empty() { "none that was tuned".into() } else { all.join(", ") }
}

impl Workspace {
    /// The same workspace with the models that are in use now, where they are others than when it was opened.
    pub(crate) fn with_other_models(&self) -> Result<Option<Workspace>, Error> {
        if self.stamp == Stamp::of(&self.folder()) {
            return Ok(None);
        }
        self.anew().map(Some)
    }

    /// The same workspace, opened once more.
    fn anew(&self) -> Result<Workspace, Error> {
        Workspace::with(self.root.clone(), self.config.clone(), Arc::clone(&self.store), self.threads)
    }

    /// The same with the models that are in use now, every file of them checked. What is open here is open there.
    fn renewed(&self, context: Context) -> Result<Workspace, Error> {
        let next = self.anew()?;
        for kind in KINDS {
            next.served(kind)?;
        }
        next.in_use()?;
        if self.opened_encoder().is_some() {
            next.encoder(context)?;
        }
        if self.reranking.get().is_some() && next.serving.model(RERANKER).is_some() {
            next.reranking()?;
        }
        if !held(&self.readers).is_empty() {
            next.reader(None)?;
        }
        if held(&self.index).is_some() {
            next.index(context)?;
        }
        Ok(next)
    }
}
