//! A setting is chosen among a few by cross-validation, so that choosing is not mistaken for gaining.

use engraft_eval::{Metric, Resampling, SplitMix, quantile};
use serde::Serialize;

/// A setting chosen, and what choosing like that is worth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Chosen {
    /// The setting that is best on all rows.
    pub setting: usize,
    /// For each row its score under the setting that is best on the other folds: what choosing promises for new rows.
    pub held_out: Vec<f64>,
    /// For each fold the setting that was best on the others.
    pub by_fold: Vec<usize>,
}

impl Chosen {
    /// Whether the setting may take the place of `base`: all of the interval of `gain`, the paired difference of the held-out scores
    /// from those of `base`, lies above 0, and the setting [stands out](Self::stands_out).
    pub fn is_proven(
        &self,
        scores: &[Vec<f64>],
        base: usize,
        gain: &Metric,
        resampling: &Resampling,
    ) -> bool {
        let gains = self.setting != base && gain.low.is_some_and(|low| low > 0.0);
        gains && self.stands_out(scores, base, resampling)
    }

    /// Whether the setting gains more over `base` than the luckiest of all settings would where none is better: more than the
    /// greatest surplus of any setting over its own mean gain in 97.5 of 100 resamples of the rows (the reality check, White 2000).
    ///
    /// Held-out scores do not see to that by themselves. Where the same setting is best whichever fold is left out, they are its
    /// scores on the very rows it was chosen on.
    pub fn stands_out(&self, scores: &[Vec<f64>], base: usize, resampling: &Resampling) -> bool {
        let n = self.held_out.len();
        let gains: Vec<Vec<f64>> = scores
            .iter()
            .map(|setting| setting.iter().zip(&scores[base]).map(|(x, y)| x - y).collect())
            .collect();
        let mean = |gains: &[f64], times: &[f64]| {
            gains.iter().zip(times).map(|(gain, times)| gain * times).sum::<f64>() / n as f64
        };
        let once = vec![1.0; n];
        let means: Vec<f64> = gains.iter().map(|gains| mean(gains, &once)).collect();
        let mut luck: Vec<f64> = (0..resampling.resamples)
            .map(|resample| {
                let mut draw = SplitMix::new(resampling.seed, resample as u64);
                let mut times = vec![0.0; n];
                (0..n).for_each(|_| times[draw.below(n)] += 1.0);
                let surplus = gains.iter().zip(&means).map(|(gains, own)| mean(gains, &times) - own);
                surplus.fold(0.0, f64::max)
            })
            .collect();
        luck.sort_by(f64::total_cmp);
        !luck.is_empty() && means[self.setting] > quantile(&luck, 0.975)
    }
}

/// Chooses among settings; `scores[setting][row]`, higher is better, and `folds[row]` says where each row is held out. Of settings
/// that are equally good the nearest to `base` is taken, then the first.
///
/// `None` without settings or rows.
pub fn choose(scores: &[Vec<f64>], base: usize, folds: &[usize]) -> Option<Chosen> {
    if scores.is_empty() || folds.is_empty() {
        return None;
    }
    let best = |counts: &dyn Fn(usize) -> bool| {
        let sum = |setting: usize| -> f64 {
            (0..folds.len()).filter(|&row| counts(folds[row])).map(|row| scores[setting][row]).sum()
        };
        let sums: Vec<f64> = (0..scores.len()).map(sum).collect();
        let most = sums.iter().copied().fold(f64::MIN, f64::max);
        let close = (0..scores.len()).filter(|&setting| sums[setting] >= most - 1e-9);
        close.min_by_key(|setting| (setting.abs_diff(base), *setting)).unwrap_or(base)
    };
    let count = folds.iter().max().map_or(0, |last| last + 1);
    let by_fold: Vec<usize> = (0..count).map(|fold| best(&|other| other != fold)).collect();
    let held_out = folds.iter().enumerate().map(|(row, &fold)| scores[by_fold[fold]][row]).collect();
    Some(Chosen { setting: best(&|_| true), held_out, by_fold })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_on_the_other_folds_scores_each_row() {
        let scores = [vec![0.0, 0.0, 0.5, 0.5], vec![1.0, 0.0, 0.0, 0.0]];
        let chosen = choose(&scores, 0, &[0, 0, 1, 1]).unwrap();
        // On fold 1 alone the first is best, on fold 0 alone the second.
        assert_eq!(chosen.by_fold, [0, 1]);
        assert_eq!(chosen.held_out, [0.0, 0.0, 0.0, 0.0]);
        assert_eq!(chosen.setting, 0);
    }

    #[test]
    fn of_equals_the_nearest_to_the_base_is_taken() {
        let scores = vec![vec![1.0; 3]; 5];
        assert_eq!(choose(&scores, 3, &[0, 1, 2]).unwrap().setting, 3);
    }

    #[test]
    fn nothing_is_chosen_among_nothing() {
        assert_eq!(choose(&[], 0, &[0]), None);
        assert_eq!(choose(&[vec![]], 0, &[]), None);
    }
}
