//! How many labels a quality takes, and whether more of them bring anything: what a learning curve says of its own future.

use engraft_eval::Metric;
use serde::{Deserialize, Serialize};

use crate::words::{duration, number};

/// A curve is at its plateau where less than this is left to gain; a share.
const NEAR: f64 = 0.01;

/// A quality, and the labels it takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// The quality; a share.
    pub quality: f64,
    /// Where it comes from: `must.quality`, or `plateau`: a point below what the curve tends to.
    pub from: String,
    /// Labels by the fitted curve, with the interval of its resamples; no value where it takes more than four times those there are.
    pub labels: Metric,
}

/// What is asked of a curve.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wanted {
    /// A quality that is a must-have.
    pub(crate) quality: Option<f64>,
    /// Seconds that a person takes for a label.
    pub(crate) label_s: Option<f64>,
}

/// `quality = a - b n^-c`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Law {
    pub(crate) a: f64,
    pub(crate) b: f64,
    pub(crate) c: f64,
}

impl Law {
    /// The labels at which it comes to `quality`; infinite where it never does.
    fn reaches(self, quality: f64) -> f64 {
        match self.a - quality {
            left if self.b == 0.0 && left >= 0.0 => 1.0,
            left if left > 0.0 => (self.b / left).powf(1.0 / self.c),
            _ => f64::INFINITY,
        }
    }
}

/// A fitted curve: the law, its resamples, the fewest and the most labels of a training, and how many trainings there were.
pub(crate) struct Fitted<'a> {
    pub(crate) law: Law,
    pub(crate) laws: &'a [Law],
    pub(crate) fewest: f64,
    pub(crate) most: f64,
    pub(crate) n: usize,
}

/// The labels that a must-have takes, or else those to come within a point of the plateau; never fewer than were tried.
pub(crate) fn target(wanted: Wanted, fitted: &Fitted) -> Target {
    let Fitted { law, laws, fewest, most, n } = *fitted;
    let takes = |law: Law| law.reaches(wanted.quality.unwrap_or(law.a - NEAR)).max(fewest);
    let mut drawn: Vec<f64> = laws.iter().map(|law| takes(*law)).collect();
    drawn.sort_unstable_by(f64::total_cmp);
    // Without interpolation, so that a curve that never gets there is never averaged away.
    let at = |q: f64| drawn.get((drawn.len().saturating_sub(1) as f64 * q).round() as usize).copied();
    let (value, furthest) = (takes(law), 4.0 * most);
    let bare = |value, why: &str| Metric { value, low: None, high: None, n, why: Some(why.into()) };
    let labels = match (at(0.025), at(0.975)) {
        _ if value > furthest => {
            bare(None, "it takes more than four times the labels, if it is reached at all")
        }
        (Some(low), Some(high)) if high <= furthest => Metric {
            value: Some(value),
            low: Some(low.min(value)),
            high: Some(high.max(value)),
            n,
            why: None,
        },
        _ => bare(Some(value), "in some resamples of the curve it takes more than four times the labels"),
    };
    Target {
        quality: wanted.quality.unwrap_or(law.a - NEAR),
        from: if wanted.quality.is_some() { "must.quality".into() } else { "plateau".into() },
        labels,
    }
}

/// Whether a curve still rises (`false`: its last doubling of labels brought a point or more, and more than chance), or four times
/// the labels would surely bring less than a point (`true`); `None`: neither is shown. Gains are shares, and so is the `noise` of
/// one training.
pub(crate) fn at_plateau(last_doubling: Option<f64>, noise: f64, most_to_come: f64) -> Option<bool> {
    match last_doubling {
        Some(gain) if gain >= NEAR.max(2.0 * noise) => Some(false),
        _ if most_to_come < NEAR => Some(true),
        _ => None,
    }
}

/// Both in plain words; `to_come` is what four times the labels bring at least and at most.
pub(crate) fn words(
    target: &Target,
    plateau: Option<bool>,
    to_come: [f64; 2],
    fitted: &Fitted,
    label_s: Option<f64>,
) -> String {
    let [least, most] = to_come.map(|gain| 100.0 * gain);
    let flat = match plateau {
        Some(true) => {
            "It is at a plateau: four times the labels would bring less than a point more.".to_string()
        }
        Some(false) => "It is not at a plateau yet: it still rises.".into(),
        None => format!(
            "Whether it is at a plateau cannot be told: four times the labels would bring {least:+.1} to {most:+.1} points."
        ),
    };
    let aim = match target.from.as_str() {
        "plateau" => format!("a point below its plateau ({:.1} %)", 100.0 * target.quality),
        _ => format!("`must.quality` ({:.1} %)", 100.0 * target.quality),
    };
    let many = |labels: f64| number(labels.round() as usize);
    let (low, high) = (target.labels.low, target.labels.high);
    let ends = low.zip(high).map(|(low, high)| format!(" [{}, {}]", many(low), many(high)));
    let ends = ends.unwrap_or_default();
    let labels = match target.labels.value {
        None => "more than four times those there are, if they get there at all".to_string(),
        Some(value) if value <= fitted.fewest => {
            format!("no more than {}, the fewest that were tried", many(fitted.fewest))
        }
        Some(value) if value <= fitted.most => format!("about {}{ends}, which there are", many(value)),
        Some(value) => {
            let more = (value - fitted.most).round();
            let work = label_s.map(|label_s| format!(", {} of labelling", duration(more * label_s)));
            let work = work.unwrap_or_default();
            format!("about {}{ends}, {} more than there are{work}", many(value), many(more))
        }
    };
    format!("{flat} Labels to {aim}: {labels}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAW: Law = Law { a: 0.95, b: 1.5, c: 0.5 };

    fn fitted(laws: &[Law], most: f64) -> Fitted<'_> {
        Fitted { law: LAW, laws, fewest: 25.0, most, n: 12 }
    }

    #[track_caller]
    fn check(quality: Option<f64>, most: f64, expected: Option<f64>, said: &str) {
        let wanted = Wanted { quality, label_s: Some(24.0) };
        let laws = [0.94, 0.95, 0.96].map(|a| Law { a, ..LAW });
        let fitted = fitted(&laws, most);
        let found = target(wanted, &fitted);
        let close = |(a, b): (f64, f64)| (a - b).abs() < 1e-6 * b;
        assert!(found.labels.value.is_some() == expected.is_some(), "{found:?}");
        assert!(found.labels.value.zip(expected).is_none_or(close), "{found:?}");
        let told = words(&found, None, [0.0, 0.02], &fitted, wanted.label_s);
        assert!(told.contains(said), "{told}");
    }

    #[test]
    fn a_must_have_takes_the_labels_at_which_the_curve_comes_to_it() {
        // 1.5 / sqrt(n) = .1 at 225.
        let more =
            "`must.quality` (85.0 %): about 225 [186, 278], 25 more than there are, 10 minutes of labelling.";
        check(Some(0.85), 200.0, Some(225.0), more);
        check(Some(0.85), 300.0, Some(225.0), "about 225 [186, 278], which there are.");
        check(Some(0.5), 300.0, Some(25.0), "no more than 25, the fewest that were tried.");
        check(Some(0.94), 1000.0, None, "more than four times those there are");
        check(Some(0.97), 1e9, None, "more than four times those there are");
    }

    #[test]
    fn without_a_must_have_it_is_a_point_below_the_plateau() {
        let said = "Labels to a point below its plateau (94.0 %): about 22\u{2009}500";
        check(None, 20_000.0, Some(22_500.0), said);
    }

    #[test]
    fn where_a_resampled_curve_never_gets_there_there_is_no_interval() {
        let wanted = Wanted { quality: Some(0.9), label_s: None };
        let laws = [Law { a: 0.89, ..LAW }, LAW];
        let found = target(wanted, &fitted(&laws, 800.0)).labels;
        assert!((found.value.unwrap() - 900.0).abs() < 1e-6 && found.high.is_none(), "{found:?}");
        assert!(found.why.unwrap().starts_with("in some resamples"));
    }

    #[test]
    fn a_flat_curve_is_where_it_is_with_any_number_of_labels() {
        let flat = Law { a: 0.9, b: 0.0, c: 1.0 };
        assert_eq!((flat.reaches(0.9), flat.reaches(0.91)), (1.0, f64::INFINITY));
    }

    #[test]
    fn a_curve_rises_by_more_than_chance_or_is_flat_or_neither_is_shown() {
        assert_eq!(at_plateau(Some(0.03), 0.002, 0.09), Some(false));
        assert_eq!(at_plateau(Some(0.03), 0.02, 0.09), None);
        assert_eq!(at_plateau(Some(0.001), 0.002, 0.005), Some(true));
        assert_eq!(at_plateau(None, 0.002, 0.03), None);
    }
}
