//! Measures of a groundedness model with their doubt: claims that rest on the same evidence are drawn together.

use engraft_eval::{Metric, Resampling};

use crate::clusters::Clusters;

/// Evaluation claims: what people say, and which of them belong together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Truth {
    /// Whether each is supported.
    pub(crate) supported: Vec<bool>,
    clusters: Clusters,
}

const ONE_KIND: &str = "undefined: rows of both kinds are needed";

impl Truth {
    /// Claims with the name of the group of each.
    pub(crate) fn new<'a>(supported: Vec<bool>, names: impl Iterator<Item = &'a str>) -> Truth {
        Truth { supported, clusters: Clusters::new(names) }
    }

    /// Any statistic of the claims, `statistic` being told how often each was drawn.
    pub(crate) fn measure(
        &self,
        resampling: &Resampling,
        statistic: impl Fn(&[f64]) -> Option<f64>,
    ) -> Metric {
        self.clusters.measure(resampling, ONE_KIND, statistic)
    }

    /// The mean of one value a claim.
    pub(crate) fn mean(&self, values: &[f64], resampling: &Resampling) -> Metric {
        self.clusters.mean(values, resampling)
    }

    /// The mean of what each claim gains over another model.
    pub(crate) fn gain(&self, gains: &[f64], resampling: &Resampling) -> Metric {
        self.clusters.gain(gains, resampling)
    }

    /// The chance that a supported claim scores above one that is not.
    pub(crate) fn auroc(&self, scores: &[f64], resampling: &Resampling) -> Metric {
        let area = Area::new(scores, &self.supported);
        self.measure(resampling, |weights| area.of(weights))
    }

    /// How much greater that chance is with `scores` than with `base`, on the same claims.
    pub(crate) fn auroc_gain(&self, scores: &[f64], base: &[f64], resampling: &Resampling) -> Metric {
        let (area, base) = (Area::new(scores, &self.supported), Area::new(base, &self.supported));
        self.clusters.difference(resampling, ONE_KIND, |weights| Some(area.of(weights)? - base.of(weights)?))
    }

    /// The mean of the share of supported claims above one half and that of the others below.
    pub(crate) fn balanced_accuracy(&self, chances: &[f64], resampling: &Resampling) -> Metric {
        self.measure(resampling, |weights| {
            let share = |kind: bool| {
                let of = (0..weights.len()).filter(|&i| self.supported[i] == kind);
                let (all, right) = of.fold((0.0, 0.0), |(all, right), i| {
                    (all + weights[i], right + if (chances[i] > 0.5) == kind { weights[i] } else { 0.0 })
                });
                (all > 0.0).then(|| right / all)
            };
            Some((share(true)? + share(false)?) / 2.0)
        })
    }

    /// The squared error of each chance.
    pub(crate) fn errors(&self, chances: &[f64]) -> Vec<f64> {
        let error = |(chance, &yes): (&f64, &bool)| (chance - f64::from(u8::from(yes))).powi(2);
        chances.iter().zip(&self.supported).map(error).collect()
    }
}

/// The area under the ROC curve of fixed scores, ties counting half; sorted once for all resamples.
struct Area<'a> {
    supported: &'a [bool],
    /// Places by score, and whether each scores the same as the one before.
    order: Vec<(usize, bool)>,
}

impl<'a> Area<'a> {
    fn new(scores: &[f64], supported: &'a [bool]) -> Area<'a> {
        let mut places: Vec<usize> = (0..scores.len()).collect();
        places.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
        let tied = |at: usize| at > 0 && scores[places[at]] == scores[places[at - 1]];
        let order = (0..places.len()).map(|at| (places[at], tied(at))).collect();
        Area { supported, order }
    }

    fn of(&self, weights: &[f64]) -> Option<f64> {
        let (mut area, mut below, mut so, mut yes, mut no) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for &(place, tied) in &self.order {
            if !tied {
                area += yes * (below + no / 2.0);
                (below, so, yes, no) = (below + no, so + yes, 0.0, 0.0);
            }
            if self.supported[place] {
                yes += weights[place];
            } else {
                no += weights[place];
            }
        }
        area += yes * (below + no / 2.0);
        (below, so) = (below + no, so + yes);
        (below > 0.0 && so > 0.0).then(|| area / (below * so))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEW: Resampling = Resampling { seed: 0, resamples: 400 };

    fn truth(supported: &[bool], groups: &[&str]) -> Truth {
        Truth::new(supported.to_vec(), groups.iter().copied())
    }

    #[test]
    fn the_area_counts_pairs_and_halves_ties() {
        let truth = truth(&[false, true, false, true], &["a", "b", "c", "d"]);
        assert_eq!(truth.auroc(&[0.1, 0.4, 0.4, 0.9], &FEW).value, Some(3.5 / 4.0));
        assert_eq!(truth.auroc(&[0.0; 4], &FEW).value, Some(0.5));
    }

    #[test]
    fn one_kind_of_claim_has_no_area() {
        let metric = truth(&[true, true], &["a", "b"]).auroc(&[0.1, 0.2], &FEW);
        assert_eq!(metric.value, None);
        assert!(metric.why.is_some());
    }

    #[test]
    fn a_model_gains_nothing_on_itself() {
        let truth = truth(&[false, true, false, true, true], &["a", "b", "c", "d", "e"]);
        let scores = [0.1, 0.5, 0.3, 0.2, 0.9];
        let gain = truth.auroc_gain(&scores, &scores, &FEW);
        assert_eq!((gain.value, gain.low), (Some(0.0), None));
    }
}
