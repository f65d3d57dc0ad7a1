//! Work in nearly equal parts, a thread for each; what comes out does not depend on how many there are.

use std::ops::Range;

use rayon::prelude::*;

/// What `work` makes of each part of `0..n`, in order.
pub(crate) fn in_parts<T: Send>(n: usize, work: impl Fn(Range<usize>) -> T + Sync) -> Vec<T> {
    let parts = rayon::current_num_threads().clamp(1, n.max(1));
    (0..parts).into_par_iter().map(|at| work(n * at / parts..n * (at + 1) / parts)).collect()
}

/// What `work` gives with so many threads.
#[cfg(test)]
pub(crate) fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_worked_on_once_whatever_the_threads() {
        for (n, threads) in [(0, 3), (1, 1), (5, 2), (7, 3), (3, 8)] {
            let all = with_threads(threads, || in_parts(n, |part| part.collect::<Vec<_>>()).concat());
            assert_eq!(all, (0..n).collect::<Vec<_>>());
        }
    }
}
