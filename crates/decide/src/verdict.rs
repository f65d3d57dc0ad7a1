//! The recommendation: how likely each arm is the best one, what is lost if it is not, and whether that is sure enough.

use serde::{Deserialize, Serialize};

use crate::Terms;
use crate::utility::{Anchor, COST, Facts, QUALITY, utilities, weights};

/// Why an arm is recommended, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// It is the best one with the probability asked for.
    Best,
    /// It loses less than the margin to whichever is best, and costs least of those.
    CheapestOfEquals,
    /// It alone meets the must-haves.
    OnlyOne,
    /// No arm is sure enough.
    NotEnough,
    /// No arm meets the must-haves.
    NoneMeets,
}

/// What the draws say about the arms that meet the must-haves.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) rule: Rule,
    /// Positions among the candidates given; the arm recommended, or the one in front.
    pub(crate) front: usize,
    /// One a candidate.
    pub(crate) standing: Vec<Standing>,
}

/// Where one arm stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Standing {
    /// How often it was the best one; a draw in which several are is shared among them.
    pub(crate) p_best: f64,
    /// What is lost on average by choosing it, in points of utility.
    pub(crate) regret: f64,
    /// How often less than the margin is lost by choosing it.
    pub(crate) p_within: f64,
    /// Mean utility.
    pub(crate) utility: f64,
}

/// The candidates that meet the must-haves, and everything that ranks them.
pub(crate) struct Contest<'a> {
    facts: &'a [Facts<'a>],
    anchors: &'a [Anchor],
    terms: &'a Terms,
    weights: Vec<Vec<f64>>,
}

impl<'a> Contest<'a> {
    /// `facts` are those of candidates that meet every must-have, at least one.
    pub(crate) fn new(
        facts: &'a [Facts<'a>],
        anchors: &'a [Anchor],
        terms: &'a Terms,
        seed: u64,
    ) -> Contest<'a> {
        let draws =
            facts.iter().filter_map(|facts| facts.values[QUALITY].as_ref()).map(|series| series.draws.len());
        let weights = weights(anchors, terms, seed, draws.max().unwrap_or(0));
        Contest { facts, anchors, terms, weights }
    }

    /// Where every candidate stands.
    fn standing(&self, shrink: f64) -> Vec<Standing> {
        let utilities = utilities(self.facts, self.anchors, &self.weights, shrink);
        let resamples = self.weights.len().max(1) as f64;
        let mut standing = vec![Standing::default(); utilities.len()];
        for draw in 0..self.weights.len() {
            let best = utilities.iter().map(|all| all[draw]).fold(f64::NEG_INFINITY, f64::max);
            // Those that are level share the draw: none of them is the best one.
            let level = utilities.iter().filter(|all| all[draw] == best).count() as f64;
            for (standing, all) in standing.iter_mut().zip(&utilities) {
                if all[draw] == best {
                    standing.p_best += 1.0 / level;
                }
                standing.regret += (best - all[draw]) / resamples;
                standing.utility += all[draw] / resamples;
                if best - all[draw] <= self.terms.margin {
                    standing.p_within += 1.0 / resamples;
                }
            }
        }
        // Counted first and divided once, so that what is always the best one is so with 1 and no more.
        standing.iter_mut().for_each(|standing| standing.p_best /= resamples);
        standing
    }

    /// The verdict; with `shrink` below 1 as it would be with more questions.
    pub(crate) fn verdict(&self, shrink: f64) -> Verdict {
        let (standing, terms) = (self.standing(shrink), self.terms);
        let best = (0..standing.len())
            .fold(0, |best, at| if standing[at].utility > standing[best].utility { at } else { best });
        if standing.len() == 1 {
            return Verdict { rule: Rule::OnlyOne, front: 0, standing };
        }
        // Regret is below the margin as surely as a best arm has to be the best.
        let equal =
            |at: &usize| standing[*at].regret < terms.margin && standing[*at].p_within >= terms.confidence;
        let month =
            |at: usize| self.facts[at].values[COST].as_ref().map_or(f64::INFINITY, |series| series.point);
        let cheapest = (0..standing.len()).filter(equal).min_by(|&a, &b| {
            month(a).total_cmp(&month(b)).then(standing[b].utility.total_cmp(&standing[a].utility))
        });
        let sure = standing[best].p_best >= terms.confidence;
        let (rule, front) = match cheapest {
            Some(at) if at == best && sure => (Rule::Best, best),
            Some(at) => (Rule::CheapestOfEquals, at),
            None if sure => (Rule::Best, best),
            None => (Rule::NotEnough, best),
        };
        Verdict { rule, front, standing }
    }

    /// How many questions in all it would take for a verdict, were the arms as good as measured on `have`; `None` when not
    /// even a thousand times as many would do, because the doubt lies elsewhere (in the weights, or in training seeds that differ).
    pub(crate) fn questions_needed(&self, have: usize) -> Option<usize> {
        let enough = |n: usize| self.verdict((have as f64 / n as f64).sqrt()).rule != Rule::NotEnough;
        let mut above = have;
        while !enough(above) {
            above *= 2;
            if above > 1000 * have {
                return None;
            }
        }
        let mut below = above / 2;
        while above - below > (above / 50).max(1) {
            let middle = below + (above - below) / 2;
            if enough(middle) {
                above = middle;
            } else {
                below = middle;
            }
        }
        Some(above)
    }
}

#[cfg(test)]
mod tests {
    use crate::random::Random;
    use crate::worlds::{measured, truths};
    use crate::{Decision, decide};

    use super::*;

    /// Retrieval, right on three of five of 120 questions, beside a tuned arm that is as good on average and alike in all else;
    /// `right` says of which questions in ten each of its trainings is right.
    fn beside(right: [fn(usize) -> bool; 3]) -> Decision {
        let mut random = Random::new(5, 5);
        let mut truths = truths(&mut random);
        for truth in &mut truths {
            (truth.ms, truth.cpu_s, truth.lag_s, truth.labels) = (100.0, 0.01, 5.0, 0);
        }
        let mut experiment = measured(&truths, 120, 1, 3, &mut random);
        experiment.arms.truncate(3);
        experiment.arms.remove(0);
        let set = |arm: &mut crate::Arm, run: usize, right: fn(usize) -> bool| {
            for (at, row) in arm.runs[run].rows.iter_mut().enumerate() {
                row.values[0] = Some(f64::from(u8::from(right(at % 10))));
            }
        };
        set(&mut experiment.arms[0], 0, |at| at % 5 < 3);
        for (run, right) in right.into_iter().enumerate() {
            set(&mut experiment.arms[1], run, right);
        }
        let decision = decide(&experiment, "").unwrap();
        assert_eq!(decision.rule, Rule::NotEnough, "{}", decision.verdict);
        decision
    }

    /// Two arms on `questions`, both right on every other one, but for the first ones: those `won` by the second arm alone, then
    /// those `lost` by it alone. Nothing but quality counts.
    fn differing(questions: usize, won: usize, lost: usize) -> Decision {
        let mut random = Random::new(9, 9);
        let mut experiment = measured(&truths(&mut random), questions, 1, 1, &mut random);
        experiment.arms.truncate(2);
        experiment.arms[1].runs = experiment.arms[0].runs.clone();
        for (arm, both) in experiment.arms.iter_mut().enumerate() {
            for (at, row) in both.runs[0].rows.iter_mut().enumerate() {
                let right = if at < won + lost { (arm == 1) == (at < won) } else { at % 2 == 0 };
                row.values[0] = Some(f64::from(u8::from(right)));
            }
        }
        let weights = &mut experiment.terms.weights;
        (weights.quality, weights.latency, weights.cost, weights.update_lag) = (1.0, 0.0, 0.0, 0.0);
        decide(&experiment, "").unwrap()
    }

    #[test]
    fn of_two_arms_that_are_level_in_all_that_counts_neither_is_surely_the_best() {
        let decision = differing(60, 0, 0);
        let p_best = [0, 1].map(|at| decision.arms[at].p_best.unwrap());
        assert!(p_best.iter().all(|p| (p - 0.5).abs() < 1e-9), "{p_best:?}");
        assert_eq!(decision.rule, Rule::CheapestOfEquals, "{}", decision.verdict);
    }

    #[test]
    fn three_questions_on_which_two_arms_differ_do_not_make_one_of_them_surely_the_best() {
        // With every share equally likely beforehand, three of three are won by the better one with 15 of 16.
        let few = differing(84, 3, 0).arms[1].p_best.unwrap();
        assert!((0.89..0.97).contains(&few), "{few}");
        let more = differing(84, 12, 0).arms[1].p_best.unwrap();
        let spread = differing(500, 40, 10).arms[1].p_best.unwrap();
        assert!(more > 0.99 && spread > 0.99, "{more} {spread}");
    }

    #[test]
    fn more_questions_settle_what_only_questions_leave_open() {
        let others: fn(usize) -> bool = |at| at % 5 > 1;
        let alike = beside([others; 3]);
        let more = alike.need_n.unwrap();
        assert!(more > 120 && alike.verdict.contains(&format!("About {more} more questions")), "{more}");
    }

    #[test]
    fn no_number_of_questions_settles_what_training_seeds_leave_open() {
        let apart = beside([|at| at < 4, |at| at < 6, |at| at < 8]);
        assert_eq!(apart.need_n, None, "{}", apart.verdict);
        assert!(apart.verdict.ends_with("or more training seeds would."), "{}", apart.verdict);
        let need = apart.needs.iter().find(|need| need.contains("`seeds`"));
        assert!(need.is_some(), "{:?}", apart.needs);
    }
}
