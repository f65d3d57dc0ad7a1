//! How long something took: on the clock, and in processor time of this process.

use std::time::Instant;

/// What was used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Used {
    /// Milliseconds on the clock.
    pub(super) ms: f64,
    /// Seconds of processor time, over all threads.
    pub(super) cpu_s: f64,
}

impl Used {
    /// What all of these used together.
    pub(super) fn sum<'u>(all: impl IntoIterator<Item = &'u Used>) -> Used {
        all.into_iter()
            .fold(Used::default(), |sum, used| Used { ms: sum.ms + used.ms, cpu_s: sum.cpu_s + used.cpu_s })
    }
}

/// Runs `work` and says what it used.
pub(super) fn metered<T>(work: impl FnOnce() -> T) -> (T, Used) {
    let (began, cpu) = (Instant::now(), cpu_s());
    let done = work();
    let used = Used { ms: began.elapsed().as_secs_f64() * 1e3, cpu_s: (cpu_s() - cpu).max(0.0) };
    (done, used)
}

#[cfg(unix)]
fn cpu_s() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place for the answer, and the clock exists on every Unix.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) } != 0;
    if failed { 0.0 } else { time.tv_sec as f64 + time.tv_nsec as f64 / 1e9 }
}

/// Where the system does not say, the clock has to do.
#[cfg(not(unix))]
fn cpu_s() -> f64 {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs_f64()
}
