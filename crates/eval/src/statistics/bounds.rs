//! How far a mean can be off because some items failed (Manski 1989): without any guess about why they did.

use serde::Serialize;

use crate::Score;

/// The smallest and the largest mean that unknown scores allow.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bounds {
    /// Every missing score is the worst.
    pub worst: f64,
    /// Every missing score is the best.
    pub best: f64,
    /// How many are missing.
    pub missing: usize,
}

/// The bounds of the mean over scored and missing items, where scores lie between `range.0` and `range.1`. Items that were
/// abstained on, claim nothing or are undefined have no score to miss. `None` when nothing is scored or missing.
pub fn mean_bounds(scores: &[Score], range: (f64, f64)) -> Option<Bounds> {
    between(scores.iter().map(|&score| ends(score, range)))
}

/// The bounds of the mean of `a` less `b`, item by item; slices of one length. A pair with a side that has no score to
/// miss does not count.
pub fn difference_bounds(a: &[Score], b: &[Score], range: (f64, f64)) -> Option<Bounds> {
    between(a.iter().zip(b).map(|(&a, &b)| {
        let (a, b) = (ends(a, range)?, ends(b, range)?);
        Some((a.0 - b.1, a.1 - b.0))
    }))
}

/// Where one score may lie; `None` when there is none to miss.
fn ends(score: Score, range: (f64, f64)) -> Option<(f64, f64)> {
    match score {
        Score::Value(value) => Some((value, value)),
        Score::None(state) => state.is_missing().then_some(range),
    }
}

fn between(ends: impl Iterator<Item = Option<(f64, f64)>>) -> Option<Bounds> {
    let (mut n, mut missing, mut worst, mut best) = (0usize, 0, 0.0, 0.0);
    for (low, high) in ends.flatten() {
        n += 1;
        missing += usize::from(low < high);
        worst += low;
        best += high;
    }
    (n > 0).then(|| Bounds { worst: worst / n as f64, best: best / n as f64, missing })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::State;

    #[test]
    fn a_failed_item_may_have_been_anything_and_an_abstention_is_nothing() {
        let scores =
            [Score::Value(1.0), Score::Value(0.5), Score::None(State::Failed), Score::None(State::Abstained)];
        let bounds = mean_bounds(&scores, (0.0, 1.0)).unwrap();
        assert_eq!((bounds.worst, bounds.best, bounds.missing), (0.5, 2.5 / 3.0, 1));
        assert_eq!(mean_bounds(&scores[3..], (0.0, 1.0)), None);
        let both = difference_bounds(&scores, &[Score::Value(0.0); 4], (0.0, 1.0)).unwrap();
        assert_eq!((both.worst, both.best), (0.5, 2.5 / 3.0));
    }
}
