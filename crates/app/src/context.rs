//! What every long verb is told first: who hears of its progress, how it is stopped, what time it is.

use engraft_core::{Cancel, Progress};

/// The surroundings of a verb, as arguments.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Hears how far it is.
    pub progress: &'a dyn Progress,
    /// Asked at every safe point.
    pub cancel: &'a Cancel,
    /// The current time in nanoseconds since 1970.
    pub now_ns: &'a (dyn Fn() -> i64 + Sync),
    /// The current time as RFC 3339 in UTC.
    pub now: &'a (dyn Fn() -> String + Sync),
}
