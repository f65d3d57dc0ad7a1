//! Nearest neighbours: a text is what the most alike training texts are.

use crate::data::Labelling;
use crate::dense::{Matrix, each_likeness};

/// Neighbours that vote.
const NEAREST: usize = 16;
/// How much more a nearer neighbour counts: a vote is `exp(SHARPNESS · cosine)`.
const SHARPNESS: f64 = 24.0;
/// Votes that every class has for nothing, as a part of the nearest neighbour's.
const PRIOR: f64 = 1e-3;

/// Training vectors of length 1 with their classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Neighbours {
    /// One row a training text.
    pub vectors: Matrix,
    /// Its classes.
    pub given: Vec<Vec<usize>>,
}

/// What its neighbours say of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Voted {
    /// The score of every class: log-votes, or log-odds of votes where a text has any number of classes.
    pub scores: Vec<f64>,
    /// The cosine of the nearest.
    pub nearest: f64,
}

impl Neighbours {
    /// What its neighbours say of each row. `skip` says which training texts may not vote for which row.
    pub fn vote(
        &self,
        rows: &Matrix,
        classes: usize,
        labelling: Labelling,
        skip: impl Fn(usize, usize) -> bool + Sync,
    ) -> Vec<Voted> {
        each_likeness(rows, &self.vectors, |row, likeness| {
            let mut best: Vec<(f32, usize)> = Vec::with_capacity(NEAREST + 1);
            for (other, &likeness) in likeness.iter().enumerate() {
                let full = best.len() == NEAREST;
                if (full && likeness <= best[NEAREST - 1].0) || skip(row, other) {
                    continue;
                }
                let at = best.partition_point(|kept| kept.0 >= likeness);
                best.insert(at, (likeness, other));
                best.truncate(NEAREST);
            }
            self.count(&best, classes, labelling)
        })
    }

    fn count(&self, best: &[(f32, usize)], classes: usize, labelling: Labelling) -> Voted {
        let nearest = best.first().map_or(0.0, |nearest| f64::from(nearest.0));
        let mut votes = vec![PRIOR; classes];
        let mut all = 0.0;
        for &(likeness, other) in best {
            let vote = (SHARPNESS * (f64::from(likeness) - nearest)).exp();
            all += vote;
            self.given[other].iter().for_each(|&class| votes[class] += vote);
        }
        let score = |votes: f64| match labelling {
            Labelling::Single => votes.ln(),
            Labelling::Multi => (votes / (all + 2.0 * PRIOR - votes).max(PRIOR)).ln(),
        };
        Voted { scores: votes.into_iter().map(score).collect(), nearest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::argmax;

    fn neighbours() -> Neighbours {
        let rows = vec![vec![1.0, 0.0], vec![0.8, 0.6], vec![0.0, 1.0]];
        Neighbours { vectors: Matrix::of(rows, 2), given: vec![vec![0], vec![0], vec![1]] }
    }

    #[test]
    fn the_nearest_say_what_a_text_is() {
        let asked = Matrix::of(vec![vec![0.96, 0.28], vec![0.1, 0.99]], 2);
        let voted = neighbours().vote(&asked, 2, Labelling::Single, |_, _| false);
        assert_eq!((argmax(&voted[0].scores), argmax(&voted[1].scores)), (0, 1));
        assert!((voted[0].nearest - 0.96).abs() < 1e-6);
    }

    #[test]
    fn whoever_is_skipped_does_not_vote() {
        let asked = Matrix::of(vec![vec![0.0, 1.0]], 2);
        let voted = neighbours().vote(&asked, 2, Labelling::Single, |_, other| other == 2);
        assert_eq!(argmax(&voted[0].scores), 0);
    }

    #[test]
    fn with_any_number_of_classes_a_score_is_log_odds() {
        let asked = Matrix::of(vec![vec![1.0, 0.0]], 2);
        let voted = neighbours().vote(&asked, 3, Labelling::Multi, |_, _| false);
        let scores = &voted[0].scores;
        assert!(scores[0] > 0.0 && scores[1] < 0.0 && scores[2] < scores[1], "{scores:?}");
    }
}
