//! What every tuner is told first: who hears of its progress, how it is stopped, what time it is, what is done already.

use engraft_core::{Cancel, Progress, Silent};

use crate::{Keep, TuneError};

/// The surroundings of a tuner, as arguments.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Hears how far it is.
    pub progress: &'a dyn Progress,
    /// Asked at every safe point.
    pub cancel: &'a Cancel,
    /// The current time in nanoseconds since 1970.
    pub now_ns: &'a (dyn Fn() -> i64 + Sync),
    /// Where trainings keep what is done of them; `None`: nowhere.
    pub keep: Option<&'a Keep>,
}

impl<'a> Watch<'a> {
    /// Nobody hears of it, time stands still, and nothing is kept.
    pub fn quiet(cancel: &'a Cancel) -> Watch<'a> {
        Watch { progress: &Silent, cancel, now_ns: &|| 0, keep: None }
    }

    /// An error when the person asked to stop.
    pub fn go_on(&self) -> Result<(), TuneError> {
        if self.cancel.is_cancelled() { Err(TuneError::Cancelled) } else { Ok(()) }
    }

    /// Seconds since `began`, which is what `now_ns` said then.
    pub fn seconds_since(&self, began: i64) -> f64 {
        ((self.now_ns)() - began) as f64 / 1e9
    }
}
