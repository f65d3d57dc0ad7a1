//! Many requests at once, a bounded number of them at a time.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use crate::Error;

/// Does every job on at most `at_once` threads. `hear` is told of each, with its place, on this thread and as they come.
///
/// When `hear` gives an error no further job is begun, and the error is returned once those under way are done.
pub(crate) fn each<J: Sync, R: Send>(
    jobs: &[J],
    at_once: usize,
    work: &(dyn Fn(&J) -> R + Sync),
    hear: &mut dyn FnMut(usize, R) -> Result<(), Error>,
) -> Result<(), Error> {
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (tell, told) = channel();
    std::thread::scope(|scope| {
        for _ in 0..at_once.clamp(1, jobs.len().max(1)) {
            let tell = tell.clone();
            let (next, stop) = (&next, &stop);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(at) else { break };
                    if tell.send((at, work(job))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(tell);
        let mut outcome = Ok(());
        for (at, result) in told {
            if outcome.is_ok() {
                outcome = hear(at, result);
                stop.store(outcome.is_err(), Ordering::Relaxed);
            }
        }
        outcome
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_job_is_done_once_whatever_their_number() {
        for at_once in [1, 3, 100] {
            let jobs: Vec<usize> = (0..20).collect();
            let mut heard = vec![0; 20];
            let done = each(&jobs, at_once, &|job| job * 2, &mut |at, twice| {
                assert_eq!(twice, at * 2);
                heard[at] += 1;
                Ok(())
            });
            assert!(done.is_ok() && heard == [1; 20]);
        }
        assert!(each::<(), ()>(&[], 4, &|()| (), &mut |_, ()| Ok(())).is_ok());
    }

    #[test]
    fn an_error_begins_nothing_more_and_is_returned() {
        let begun = AtomicUsize::new(0);
        let jobs = vec![(); 1000];
        let work = |(): &()| {
            begun.fetch_add(1, Ordering::Relaxed);
        };
        // One thread hears and one works: the worker may be ahead, but sees the flag before long.
        let mut heard = 0;
        let outcome = each(&jobs, 1, &work, &mut |_, ()| {
            heard += 1;
            Err(Error::Cancelled)
        });
        assert!(matches!(outcome, Err(Error::Cancelled)) && heard == 1);
        assert!(begun.load(Ordering::Relaxed) >= 1);
    }
}
