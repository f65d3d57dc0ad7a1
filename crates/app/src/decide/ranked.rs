//! How high what is relevant stands among what was looked up, and how much of that somebody judged.

use engraft_decide::{JUDGED, Measure, NDCG};
use engraft_eval::{Measure as RankMeasure, Ranking};

/// Ranks that are looked at, as the names of the measures say.
const DEPTH: usize = 10;

/// The two measures; `high` says what is relevant among what, `judged` what of it is judged.
pub(super) fn measures(high: &str, judged: &str) -> [Measure; 2] {
    [Measure::new(NDCG, high, true), Measure::new(JUDGED, judged, true)]
}

/// Both of one ranking, each in `[0, 1]`; `None` where nothing that could be found is relevant.
pub(super) fn of(ranking: &Ranking) -> [Option<f64>; 2] {
    // The sum over no hit is -0, which is 0 to whoever reads it.
    let ndcg = RankMeasure::Ndcg(Some(DEPTH)).of(ranking).map(f64::abs);
    [ndcg, RankMeasure::Judged(DEPTH).of(ranking).filter(|_| ndcg.is_some())]
}

#[cfg(test)]
mod tests {
    use engraft_eval::Rules;

    use super::*;

    #[test]
    fn the_measures_have_the_names_that_the_metrics_commands_give_them() {
        let measured = [RankMeasure::Ndcg(Some(DEPTH)), RankMeasure::Judged(DEPTH)];
        assert_eq!(measured.map(|measure| measure.to_string()), [NDCG, JUDGED]);
        assert_eq!(measures("", "").map(|measure| measure.name), [NDCG, JUDGED]);
    }

    /// Ranks of what was returned, where one more relevant thing was missed if so.
    #[track_caller]
    fn check(returned: &[Option<i64>], missed: bool, expected: [Option<f64>; 2]) {
        let judged = returned.iter().flatten().copied().chain(missed.then_some(1));
        assert_eq!(of(&Ranking::new(returned.to_vec(), judged, Rules::default())), expected);
    }

    #[test]
    fn what_nobody_judged_is_not_relevant_and_is_counted() {
        check(&[Some(1), None, None, Some(0)], false, [Some(1.0), Some(0.5)]);
        check(&[None, Some(0)], true, [Some(0.0), Some(0.5)]);
        check(&[], true, [Some(0.0), Some(0.0)]);
    }

    #[test]
    fn where_nothing_is_relevant_there_is_no_rank_to_tell() {
        check(&[Some(0), None], false, [None, None]);
    }

    #[test]
    fn beyond_the_tenth_nothing_counts() {
        let far: Vec<Option<i64>> = (0..11).map(|at| (at == 10).then_some(1)).collect();
        check(&far, false, [Some(0.0), Some(0.0)]);
    }
}
