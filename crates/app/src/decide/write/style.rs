//! Can one tell an arm's texts from the team's? A classifier of words and letters tries, on texts it has not seen.

use engraft_eval::{Metric, Resampling, SplitMix, auroc};
use engraft_tune::linear::LinearModel;

use crate::decide::draw::shuffle;

/// Texts are told apart by a classifier trained on the other folds.
const FOLDS: usize = 5;
/// Fewer pairs teach a classifier nothing.
const LEAST: usize = 20;

/// How often the classifier finds a text of the team (the second of a pair) more like the team's than one of the arm (the
/// first): 0.5 is chance, 1 always. Both texts of a pair are in one fold, so that their subject gives nothing away.
pub(super) fn told_apart(pairs: &[(&str, &str)], resampling: &Resampling) -> Option<Metric> {
    if pairs.len() < LEAST {
        return None;
    }
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    shuffle(&mut order, &mut SplitMix::new(resampling.seed, 0x7374_796c));
    let mut scores = Vec::new();
    for fold in 0..FOLDS {
        let (held, known): (Vec<usize>, Vec<usize>) = (0..pairs.len()).partition(|at| at % FOLDS == fold);
        let both = |places: &[usize]| -> Vec<&str> {
            places.iter().flat_map(|&at| [pairs[order[at]].0, pairs[order[at]].1]).collect()
        };
        let (texts, unseen) = (both(&known), both(&held));
        let given: Vec<Vec<usize>> = (0..texts.len()).map(|at| vec![at % 2]).collect();
        let model = LinearModel::train(&texts, &given, 2, resampling.seed);
        let found = model.scores(&unseen);
        scores.extend(found.iter().enumerate().map(|(at, score)| (score[1] - score[0], at % 2 == 1)));
    }
    Some(auroc(&scores, resampling))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(arm: impl Fn(usize) -> String) -> f64 {
        let subject = |at: usize| ["rain", "wind", "snow", "fog", "hail", "frost", "thunder"][at % 7];
        let ours: Vec<String> =
            (0..60).map(|at| format!("Kindly note that the {} has gone.", subject(at))).collect();
        let theirs: Vec<String> = (0..60).map(arm).collect();
        let pairs: Vec<(&str, &str)> =
            theirs.iter().zip(&ours).map(|(arm, team)| (arm.as_str(), team.as_str())).collect();
        told_apart(&pairs, &Resampling { seed: 0, resamples: 100 }).unwrap().value.unwrap()
    }

    #[test]
    fn another_style_is_told_apart_and_the_same_is_not() {
        let subject = |at: usize| ["rain", "wind", "snow", "fog", "hail", "frost", "thunder"][at % 7];
        assert!(check(|at| format!("hey!! {} is over :)", subject(at))) > 0.95);
        assert!((check(|at| format!("Kindly note that the {} has gone.", subject(at))) - 0.5).abs() < 0.1);
        assert_eq!(told_apart(&[("a", "b")], &Resampling::default()), None);
    }
}
