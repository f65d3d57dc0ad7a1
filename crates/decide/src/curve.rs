//! What more labels would bring: quality against the number of labels, fitted and carried forward by at most four times.

use std::collections::BTreeMap;

use engraft_eval::{Metric, quantile};
use serde::{Deserialize, Serialize};

use crate::CurvePoint;
use crate::random::Random;
use crate::target::{self, Fitted, Law, Target, Wanted};

/// How quality grows with labels: `quality = a - b n^-c`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// The arm.
    pub arm: String,
    /// Mean quality at each number of labels, over training seeds.
    pub measured: Vec<CurveMean>,
    /// The plateau `a`, at most 1.
    pub plateau: f64,
    /// `b`.
    pub scale: f64,
    /// `c`, above 0 and at most 2.
    pub rate: f64,
    /// The fitted curve with its band, from the fewest labels to four times the most.
    pub band: Vec<CurveBand>,
    /// Expected quality at twice the labels.
    pub at_twice: Metric,
    /// Expected quality at four times the labels; the furthest that is said.
    pub at_four_times: Metric,
    /// What the last doubling brought, in points; and whether that is more than chance.
    pub last_doubling: Option<f64>,
    /// In plain words.
    pub words: String,
    /// Whether four times the labels surely bring less than a point more (`true`), or the curve still rises (`false`); absent where
    /// neither is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_plateau: Option<bool>,
    /// The labels that a quality takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// Both in plain words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub further: String,
}

/// Mean quality at one number of labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurveMean {
    /// Labels.
    pub labels: usize,
    /// Mean over seeds.
    pub quality: f64,
    /// Standard deviation over seeds; 0 for a single one.
    pub deviation: f64,
    /// Training seeds.
    pub seeds: usize,
}

/// The fitted curve at one number of labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurveBand {
    /// Labels.
    pub labels: f64,
    /// Fitted quality.
    pub quality: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

const FITS: usize = 400;
const STEPS: usize = 24;

/// How a curve is shaped: over the plateau, how much is missing at `n` labels, up to a factor.
#[derive(Clone, Copy)]
enum Shape {
    /// `n^-c`.
    Power(f64),
    /// `e^(-c n / largest)`.
    Exponential(f64, f64),
    /// `-ln n`: no plateau at all.
    Logarithm,
}

impl Shape {
    fn missing(self, n: f64) -> f64 {
        match self {
            Shape::Power(c) => n.powf(-c),
            Shape::Exponential(c, largest) => (-c * n / largest).exp(),
            Shape::Logarithm => -n.ln(),
        }
    }
}

#[derive(Clone, Copy)]
struct Fit {
    a: f64,
    b: f64,
    shape: Shape,
    error: f64,
}

impl Fit {
    fn at(self, n: f64) -> f64 {
        (self.a - self.b * self.shape.missing(n)).clamp(0.0, 1.0)
    }

    /// The law, of a fit that is a power of the labels.
    fn law(self) -> Law {
        let c = if let Shape::Power(c) = self.shape { c } else { 0.0 };
        Law { a: self.a, b: self.b, c }
    }
}

/// Least squares of `a - b missing(n)` with `b` at least 0 and `a` at most 1 (except for the logarithm).
fn least_squares(points: &[(f64, f64, f64)], shape: Shape) -> Fit {
    let weight: f64 = points.iter().map(|(_, _, w)| w).sum();
    let mean_x = points.iter().map(|(n, _, w)| w * shape.missing(*n)).sum::<f64>() / weight;
    let mean_y = points.iter().map(|(_, y, w)| w * y).sum::<f64>() / weight;
    let (mut xx, mut xy) = (0.0, 0.0);
    for (n, y, w) in points {
        let x = shape.missing(*n) - mean_x;
        xx += w * x * x;
        xy += w * x * (y - mean_y);
    }
    let mut b = if xx > 0.0 { (-xy / xx).max(0.0) } else { 0.0 };
    let mut a = mean_y + b * mean_x;
    if a > 1.0 && !matches!(shape, Shape::Logarithm) {
        a = 1.0;
        let (mut xx, mut xy) = (0.0, 0.0);
        for (n, y, w) in points {
            let x = shape.missing(*n);
            xx += w * x * x;
            xy += w * x * (1.0 - y);
        }
        b = if xx > 0.0 { (xy / xx).max(0.0) } else { 0.0 };
    }
    let error = points.iter().map(|(n, y, w)| w * (y - a + b * shape.missing(*n)).powi(2)).sum();
    Fit { a, b, shape, error }
}

fn best(points: &[(f64, f64, f64)], shapes: impl Iterator<Item = Shape>) -> Fit {
    let fits = shapes.map(|shape| least_squares(points, shape));
    let none = Fit { a: 0.0, b: 0.0, shape: Shape::Power(1.0), error: f64::INFINITY };
    fits.fold(none, |best, fit| if fit.error < best.error { fit } else { best })
}

fn power(points: &[(f64, f64, f64)]) -> Fit {
    best(points, (1..=100).map(|step| Shape::Power(step as f64 * 0.02)))
}

/// The curve of `arm`; `None` with fewer than three sizes, which fit any curve.
///
/// The band holds the resamples of training seeds and the spread between three forms (power, exponential, logarithm).
pub(crate) fn curve(arm: &str, points: &[CurvePoint], seed: u64, wanted: Wanted) -> Option<Curve> {
    let mut by_size: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for point in points.iter().filter(|point| point.arm == arm && point.labels > 0) {
        by_size.entry(point.labels).or_default().push(point.quality);
    }
    if by_size.len() < 3 {
        return None;
    }
    let largest = *by_size.keys().next_back()? as f64;
    let smallest = *by_size.keys().next()? as f64;
    let weighted = |values: &BTreeMap<usize, Vec<f64>>| -> Vec<(f64, f64, f64)> {
        let each = values.iter().flat_map(|(n, all)| {
            all.iter().map(move |y| (*n as f64, *y, (*n as f64).sqrt() / all.len() as f64))
        });
        each.collect()
    };
    let points = weighted(&by_size);
    let fit = power(&points);
    let others = [
        best(&points, (1..=60).map(|step| Shape::Exponential(step as f64 * 0.2, largest))),
        least_squares(&points, Shape::Logarithm),
    ];
    let noise = noise(&by_size, fit);
    let fits: Vec<Fit> = (0..FITS)
        .map(|resample| {
            let mut random = Random::new(seed ^ 0x6375_7276, resample as u64);
            let redrawn = by_size.iter().map(|(n, all)| {
                let draws = all.iter().map(|_| fit.at(*n as f64) + noise * random.normal()).collect();
                (*n, draws)
            });
            power(&weighted(&redrawn.collect()))
        })
        .collect();
    let at = |n: f64| {
        let mut draws: Vec<f64> = fits.iter().map(|fit| fit.at(n)).collect();
        draws.sort_unstable_by(f64::total_cmp);
        let forms = others.iter().map(|fit| fit.at(n));
        let value = fit.at(n);
        let (mut low, mut high) = (quantile(&draws, 0.025).min(value), quantile(&draws, 0.975).max(value));
        if n > largest {
            for form in forms {
                (low, high) = (low.min(form), high.max(form));
            }
        }
        CurveBand { labels: n, quality: value, low, high }
    };
    let span = (4.0 * largest / smallest).ln();
    let band = (0..=STEPS).map(|step| at(smallest * (span * step as f64 / STEPS as f64).exp())).collect();
    let metric = |n: f64| {
        let band = at(n);
        let (low, high) = (Some(band.low), Some(band.high));
        Metric { value: Some(band.quality), low, high, n: points.len(), why: None }
    };
    let measured: Vec<CurveMean> = by_size.iter().map(|(n, all)| mean(*n, all)).collect();
    let last_doubling = last_doubling(&measured);
    let laws: Vec<Law> = fits.iter().map(|fit| fit.law()).collect();
    let fitted = Fitted { law: fit.law(), laws: &laws, fewest: smallest, most: largest, n: points.len() };
    let target = target::target(wanted, &fitted);
    let four_times = at(4.0 * largest);
    let to_come = [four_times.low, four_times.high].map(|end| end - fit.at(largest));
    let at_plateau = target::at_plateau(last_doubling, noise, to_come[1]);
    let words = words(arm, largest, (last_doubling, noise), at_plateau, &metric(2.0 * largest));
    let further = target::words(&target, at_plateau, to_come, &fitted, wanted.label_s);
    Some(Curve {
        arm: arm.into(),
        measured,
        plateau: fit.a,
        scale: fit.b,
        rate: fit.law().c,
        band,
        at_twice: metric(2.0 * largest),
        at_four_times: metric(4.0 * largest),
        last_doubling,
        words,
        at_plateau,
        target: Some(target),
        further,
    })
}

fn mean(labels: usize, all: &[f64]) -> CurveMean {
    let quality = all.iter().sum::<f64>() / all.len() as f64;
    let squares: f64 = all.iter().map(|y| (y - quality).powi(2)).sum();
    let deviation = if all.len() > 1 { (squares / (all.len() - 1) as f64).sqrt() } else { 0.0 };
    CurveMean { labels, quality, deviation, seeds: all.len() }
}

/// The standard deviation of one training around the curve: seeds against their mean and means against the fit, at least
/// what rounding leaves.
fn noise(by_size: &BTreeMap<usize, Vec<f64>>, fit: Fit) -> f64 {
    let (mut squares, mut free) = (0.0, 0.0);
    for (n, all) in by_size {
        squares += all.iter().map(|y| (y - fit.at(*n as f64)).powi(2)).sum::<f64>();
        free += all.len() as f64;
    }
    (squares / (free - 3.0).max(1.0)).sqrt().max(1e-4)
}

/// The gain from the largest size that is at most half the last, to the last; scaled to one doubling.
fn last_doubling(measured: &[CurveMean]) -> Option<f64> {
    let last = measured.last()?;
    let half = measured.iter().rev().find(|mean| 2 * mean.labels <= last.labels)?;
    let doublings = (last.labels as f64 / half.labels as f64).log2();
    Some((last.quality - half.quality) / doublings)
}

/// What the last doubling brought and the next would; that more labels hardly help only where that is shown.
fn words(
    arm: &str,
    largest: f64,
    (last, noise): (Option<f64>, f64),
    at_plateau: Option<bool>,
    twice: &Metric,
) -> String {
    let points = |share: f64| 100.0 * share;
    let forecast = match (twice.value, twice.low, twice.high) {
        (Some(value), Some(low), Some(high)) => format!(
            "Twice the labels ({:.0}) would bring `{arm}` to about {:.1} % [{:.1}, {:.1}].",
            2.0 * largest,
            points(value),
            points(low),
            points(high)
        ),
        _ => String::new(),
    };
    let Some(gain) = last else { return forecast };
    let chance = if gain.abs() < 2.0 * noise { ", which is within chance" } else { "" };
    let flat = if at_plateau == Some(true) { ": more labels of this kind will hardly help" } else { "" };
    format!("The last doubling of labels brought {:.1} points{chance}{flat}. {forecast}", points(gain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planted(a: f64, b: f64, c: f64, sizes: &[usize]) -> Vec<CurvePoint> {
        let each = sizes.iter().flat_map(|&labels| {
            (0..3).map(move |seed| CurvePoint {
                arm: "tuned".into(),
                labels,
                seed,
                quality: a - b * (labels as f64).powf(-c) + (seed as f64 - 1.0) * 0.002,
            })
        });
        each.collect()
    }

    #[test]
    fn it_finds_the_planted_curve_and_forecasts_within_a_point() {
        let curve =
            curve("tuned", &planted(0.95, 1.5, 0.6, &[100, 200, 400, 800]), 0, Wanted::default()).unwrap();
        assert!((curve.plateau - 0.95).abs() < 0.01 && (curve.rate - 0.6).abs() < 0.05, "{curve:?}");
        let truth = 0.95 - 1.5 * 3200f64.powf(-0.6);
        let forecast = curve.at_four_times;
        assert!((forecast.value.unwrap() - truth).abs() < 0.01);
        assert!(forecast.low.unwrap() <= truth && truth <= forecast.high.unwrap());
    }

    #[test]
    fn a_flat_curve_says_that_more_labels_hardly_help() {
        let curve = curve("tuned", &planted(0.9, 0.0, 1.0, &[100, 200, 400]), 0, Wanted::default()).unwrap();
        assert!(curve.words.contains("hardly help"), "{}", curve.words);
        assert_eq!(curve.at_plateau, Some(true), "{curve:?}");
        assert!(curve.further.starts_with("It is at a plateau"), "{}", curve.further);
    }

    #[test]
    fn where_it_cannot_be_told_whether_a_curve_is_flat_nothing_says_that_more_labels_hardly_help() {
        let mut points = planted(0.9, 0.0, 1.0, &[100, 200, 400]);
        // A training is off by as much as five points: the last doubling is within chance, and so are many more to come.
        points.iter_mut().for_each(|point| point.quality = 0.9 + 0.05 * (point.seed as f64 - 1.0));
        let curve = curve("tuned", &points, 0, Wanted::default()).unwrap();
        assert_eq!(curve.at_plateau, None, "{curve:?}");
        assert!(curve.words.contains("within chance. Twice the labels"), "{}", curve.words);
        assert!(!curve.words.contains("hardly help"), "{}", curve.words);
        assert!(curve.further.starts_with("Whether it is at a plateau cannot be told"), "{}", curve.further);
    }

    #[test]
    fn a_rising_curve_says_what_a_must_have_takes_and_that_it_is_no_plateau() {
        let wanted = Wanted { quality: Some(0.9), label_s: Some(60.0) };
        let curve = curve("tuned", &planted(0.95, 1.5, 0.5, &[50, 100, 200, 400]), 0, wanted).unwrap();
        let target = curve.target.unwrap();
        assert_eq!((target.quality, target.from.as_str()), (0.9, "must.quality"));
        // 1.5 / sqrt(n) = .05 at 900.
        let labels = target.labels;
        assert!((800.0..1000.0).contains(&labels.value.unwrap()), "{labels:?}");
        assert!(labels.low.is_none_or(|low| low <= 900.0) && labels.high.is_none_or(|high| high >= 900.0));
        assert_eq!(curve.at_plateau, Some(false));
        let told = curve.further;
        assert!(told.contains("not at a plateau yet") && told.contains("hours of labelling"), "{told}");
    }

    #[test]
    fn two_sizes_make_no_curve() {
        let points = planted(0.9, 1.0, 0.5, &[100, 200]);
        assert!(curve("tuned", &points, 0, Wanted::default()).is_none());
    }
}
