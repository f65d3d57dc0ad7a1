//! Which of two systems is preferred, by people or by a judge who sees both orders.

use std::collections::BTreeMap;

use crate::measured::estimate;
use crate::{Metric, Outcome, Resampling};

/// One comparison of our system, left, with another, right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    /// What it was about: votes on the same prompt are no independent ones.
    pub prompt: String,
    /// Who won.
    pub outcome: Outcome,
    /// Who won when shown the other way round, still seen from our side.
    pub swapped: Option<Outcome>,
}

/// How often ours is preferred.
#[derive(Clone, Debug, PartialEq)]
pub struct Preferred {
    /// Wins and half the ties over all votes, in `[0, 1]`; 0.5 is no difference. The interval is over prompts.
    pub win_rate: Metric,
    /// Of the votes in both orders, those whose two verdicts differ; they count as ties.
    pub inconsistency: Metric,
}

/// The win rate of the left system.
pub fn preferred(votes: &[Vote], resampling: &Resampling) -> Preferred {
    let mut prompts: BTreeMap<&str, [f64; 4]> = BTreeMap::new();
    for vote in votes {
        let differs = vote.swapped.is_some_and(|swapped| swapped != vote.outcome);
        let points = match vote.outcome {
            _ if differs => 0.5,
            Outcome::Left => 1.0,
            Outcome::Tie => 0.5,
            Outcome::Right => 0.0,
        };
        let sums = prompts.entry(&vote.prompt).or_default();
        let both = f64::from(vote.swapped.is_some());
        for (sum, value) in sums.iter_mut().zip([points, 1.0, f64::from(differs), both]) {
            *sum += value;
        }
    }
    let prompts: Vec<[f64; 4]> = prompts.into_values().collect();
    let estimates = estimate(prompts.len(), resampling, |weights| {
        let sum =
            |part: usize| prompts.iter().zip(weights).map(|(sums, weight)| sums[part] * weight).sum::<f64>();
        let share = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
        vec![share(sum(0), sum(1)), share(sum(2), sum(3))]
    });
    let twice = votes.iter().filter(|vote| vote.swapped.is_some()).count();
    Preferred {
        win_rate: estimates[0].covering(votes.len(), votes.len(), "nobody compared anything").metric,
        inconsistency: estimates[1].covering(twice, votes.len(), "no pair was judged in both orders").metric,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Outcome::{Left, Right, Tie};

    fn measure(votes: &[(&str, Outcome, Option<Outcome>)]) -> Preferred {
        let vote = |(prompt, outcome, swapped): &(&str, Outcome, Option<Outcome>)| Vote {
            prompt: prompt.to_string(),
            outcome: *outcome,
            swapped: *swapped,
        };
        preferred(&votes.iter().map(vote).collect::<Vec<_>>(), &Resampling { seed: 0, resamples: 500 })
    }

    #[test]
    fn a_tie_is_half_a_win_and_so_is_a_verdict_that_depends_on_the_order() {
        let found = measure(&[
            ("a", Left, Some(Left)),
            ("b", Left, Some(Right)),
            ("c", Tie, None),
            ("d", Right, None),
        ]);
        assert_eq!((found.win_rate.value, found.inconsistency.value), (Some(0.5), Some(0.5)));
    }

    #[test]
    fn many_votes_on_one_prompt_are_no_more_certain() {
        let one_each: Vec<_> = (0..20)
            .map(|at| (["a", "b", "c", "d"][at % 4], if at % 4 < 2 { Left } else { Right }, None))
            .collect();
        let (many, few) = (measure(&one_each).win_rate, measure(&one_each[..4]).win_rate);
        assert_eq!((many.low, many.high), (few.low, few.high));
    }

    #[test]
    fn swapping_the_systems_mirrors_the_rate() {
        let votes = [("a", Left, None), ("b", Left, None), ("c", Tie, None)];
        let mirrored =
            votes.map(|(prompt, outcome, _)| (prompt, if outcome == Left { Right } else { outcome }, None));
        assert!(
            (measure(&votes).win_rate.value.unwrap() + measure(&mirrored).win_rate.value.unwrap() - 1.0)
                .abs()
                < 1e-12
        );
        assert_eq!(measure(&[]).win_rate.value, None);
    }
}
