//! Which of many places are used when not all of them are.

use engraft_eval::SplitMix;

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
pub(super) fn shuffle(places: &mut [usize], random: &mut SplitMix) {
    for at in (1..places.len()).rev() {
        places.swap(at, random.below(at + 1));
    }
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
}
