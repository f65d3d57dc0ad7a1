//! Which of many places are used when not all of them are.

use std::collections::{BTreeMap, BTreeSet};

use engraft_eval::SplitMix;

use super::task::Task;

/// At most `limit` of the places, drawn by `seed`, in order.
pub(super) fn at_most(mut places: Vec<usize>, limit: Option<usize>, seed: u64) -> Vec<usize> {
    let Some(limit) = limit else { return places };
    let mut random = SplitMix::new(seed, 0x6c69_6d69);
    shuffle(&mut places, &mut random);
    places.truncate(limit);
    places.sort_unstable();
    places
}

/// Fisher and Yates.
pub(super) fn shuffle<T>(places: &mut [T], random: &mut SplitMix) {
    for at in (1..places.len()).rev() {
        places.swap(at, random.below(at + 1));
    }
}

/// The places of each training seed among `strata.len()`: `shots` a stratum drawn anew for each, or all of them once.
pub(super) fn draws(task: &Task, strata: &[usize]) -> Vec<Vec<usize>> {
    let all: Vec<usize> = (0..strata.len()).collect();
    let Some(shots) = task.shots else { return vec![all] };
    (0..task.seeds as u64).map(|seed| subset(strata, &all, &|_| shots, task.seed + seed)).collect()
}

/// For each stratum so many of `from` as `wanted` says of how many there are, drawn by `seed`; nested as `wanted` grows.
pub(super) fn subset(
    strata: &[usize],
    from: &[usize],
    wanted: &dyn Fn(usize) -> usize,
    seed: u64,
) -> Vec<usize> {
    let mut by_stratum: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    from.iter().for_each(|&at| by_stratum.entry(strata[at]).or_default().push(at));
    let mut taken = Vec::new();
    for (stratum, mut places) in by_stratum {
        let mut random = SplitMix::new(seed, stratum as u64);
        shuffle(&mut places, &mut random);
        let count = wanted(places.len()).min(places.len());
        taken.extend(places.into_iter().take(count));
    }
    taken.sort_unstable();
    taken
}

/// The rows that any draw uses, and the draws among them: nothing else need be encoded.
pub(super) fn only_drawn<R>(rows: Vec<R>, draws: &[Vec<usize>]) -> (Vec<R>, Vec<Vec<usize>>) {
    let used: BTreeSet<usize> = draws.iter().flatten().copied().collect();
    let place: BTreeMap<usize, usize> = used.iter().enumerate().map(|(new, old)| (*old, new)).collect();
    let draws = draws.iter().map(|draw| draw.iter().map(|old| place[old]).collect()).collect();
    let kept = rows.into_iter().enumerate().filter(|(old, _)| used.contains(old)).map(|(_, row)| row);
    (kept.collect(), draws)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_draws_from_everywhere_and_the_same_again() {
        let all = || (0..1000).collect::<Vec<usize>>();
        let drawn = at_most(all(), Some(100), 0);
        assert!(drawn.len() == 100 && drawn.is_sorted() && drawn[99] > 500, "{drawn:?}");
        assert_eq!(drawn, at_most(all(), Some(100), 0));
        assert_eq!((at_most(all(), None, 0).len(), at_most(all(), Some(2000), 0).len()), (1000, 1000));
    }

    #[test]
    fn a_smaller_subset_lies_within_a_larger_one() {
        let strata: Vec<usize> = (0..90).map(|at| at % 3).collect();
        let all: Vec<usize> = (0..90).collect();
        let [few, many] = [4, 20].map(|n| subset(&strata, &all, &|_| n, 7));
        assert_eq!((few.len(), many.len()), (12, 60));
        assert!(few.iter().all(|at| many.contains(at)));
    }

    #[test]
    fn what_no_draw_uses_goes_and_the_draws_follow() {
        let (rows, draws) = only_drawn(vec!['a', 'b', 'c', 'd'], &[vec![1, 3], vec![3]]);
        assert_eq!((rows, draws), (vec!['b', 'd'], vec![vec![0, 1], vec![1]]));
    }
}
