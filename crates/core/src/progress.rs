//! Progress reports and cancellation, as arguments.

use std::sync::atomic::{AtomicBool, Ordering};

/// Hears how far a long job is.
pub trait Progress: Sync {
    /// A stage begins; `total` units of work when known.
    fn stage(&self, name: &str, total: Option<u64>);
    /// `units` more are done.
    fn advance(&self, units: u64);
    /// A remark for the person waiting.
    fn say(&self, remark: &str);
    /// What the stage shows beside its progress just now, such as a loss; it replaces the note before it.
    fn note(&self, _note: &str) {}
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn stage(&self, _name: &str, _total: Option<u64>) {}
    fn advance(&self, _units: u64) {}
    fn say(&self, _remark: &str) {}
}

/// A flag that asks a long job to stop at its next safe point.
#[derive(Debug, Default)]
pub struct Cancel(AtomicBool);

impl Cancel {
    /// Asks.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
