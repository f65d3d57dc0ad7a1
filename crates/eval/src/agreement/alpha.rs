//! Krippendorff's alpha (Krippendorff 2011, "Computing Krippendorff's alpha-reliability"): one less the disagreement seen
//! over the disagreement expected if labels had been dealt out at random. Any number of people, any data missing.

use super::Ready;
use super::patterns::{Count, Patterns};

/// How far two labels are apart, squared.
enum Distance {
    Nominal,
    /// By mid-ranks, which depend on how often each label was given.
    Ordinal,
    Interval(Vec<f64>),
    Ratio(Vec<f64>),
}

pub(super) struct Alpha<'a> {
    patterns: &'a Patterns,
    distance: Distance,
    /// The disagreement within an item of each pattern; empty where it depends on the draw.
    within: Vec<f64>,
}

impl<'a> Alpha<'a> {
    pub(super) fn nominal(patterns: &'a Patterns) -> Alpha<'a> {
        Alpha::with(patterns, Distance::Nominal, |a, b| f64::from(a != b))
    }

    pub(super) fn interval(patterns: &'a Patterns, values: Vec<f64>) -> Alpha<'a> {
        let distance = |a: u32, b: u32| (values[a as usize] - values[b as usize]).powi(2);
        let within = within(patterns, distance);
        Alpha { patterns, distance: Distance::Interval(values), within }
    }

    pub(super) fn ratio(patterns: &'a Patterns, values: Vec<f64>) -> Alpha<'a> {
        let within = within(patterns, |a, b| ratio(values[a as usize], values[b as usize]));
        Alpha { patterns, distance: Distance::Ratio(values), within }
    }

    pub(super) fn ordinal(patterns: &'a Patterns) -> Alpha<'a> {
        Alpha { patterns, distance: Distance::Ordinal, within: Vec::new() }
    }

    fn with(patterns: &'a Patterns, distance: Distance, square: impl Fn(u32, u32) -> f64) -> Alpha<'a> {
        Alpha { patterns, distance, within: within(patterns, square) }
    }
}

impl Ready for Alpha<'_> {
    fn value(&self, drawn: &[f64]) -> Option<f64> {
        let given = pairable(self.patterns, drawn);
        let n: f64 = given.iter().sum();
        let seen =
            |within: &[f64]| -> f64 { within.iter().zip(drawn).map(|(within, times)| within * times).sum() };
        let (seen, expected) = match &self.distance {
            Distance::Nominal => (seen(&self.within), n * n - given.iter().map(|n| n * n).sum::<f64>()),
            Distance::Interval(values) => (seen(&self.within), spread(&given, values)),
            Distance::Ratio(values) => {
                (seen(&self.within), pairwise(&given, |a, b| ratio(values[a], values[b])))
            }
            Distance::Ordinal => {
                let ranks = mid_ranks(&given);
                let distance = |a: u32, b: u32| (ranks[a as usize] - ranks[b as usize]).powi(2);
                (seen(&within(self.patterns, distance)), spread(&given, &ranks))
            }
        };
        (expected > 0.0).then(|| 1.0 - seen * (n - 1.0) / expected)
    }

    fn used(&self) -> usize {
        self.patterns.items(|size| size >= 2.0)
    }

    fn undefined(&self) -> &'static str {
        match self.used() {
            0 => "no item has two labels",
            _ => "all labels on shared items are the same, so nothing could have been disagreed on",
        }
    }
}

/// How often each label was given on items that have at least two.
fn pairable(patterns: &Patterns, drawn: &[f64]) -> Vec<f64> {
    let mut given = vec![0.0; patterns.labels];
    for ((counts, size), times) in patterns.counts.iter().zip(&patterns.sizes).zip(drawn) {
        if *size >= 2.0 && *times > 0.0 {
            for (label, n) in counts {
                given[*label as usize] += f64::from(*n) * times;
            }
        }
    }
    given
}

/// The disagreement of all ordered pairs within an item, over one less than its labels; 0 for an item with one label.
fn within(patterns: &Patterns, square: impl Fn(u32, u32) -> f64) -> Vec<f64> {
    let pairs = |counts: &[Count]| -> f64 {
        let after = |at: usize, (a, n): Count| -> f64 {
            counts[at + 1..].iter().map(|(b, m)| f64::from(n) * f64::from(*m) * square(a, *b)).sum()
        };
        2.0 * counts.iter().enumerate().map(|(at, count)| after(at, *count)).sum::<f64>()
    };
    let sizes = patterns.counts.iter().zip(&patterns.sizes);
    sizes.map(|(counts, size)| if *size >= 2.0 { pairs(counts) / (size - 1.0) } else { 0.0 }).collect()
}

/// The squared differences of all ordered pairs, by way of their mean; exactly 0 where all values are the same.
fn spread(given: &[f64], values: &[f64]) -> f64 {
    let used = || given.iter().zip(values).filter(|(times, _)| **times > 0.0);
    let Some((_, origin)) = used().next() else { return 0.0 };
    let n: f64 = given.iter().sum();
    let mean = used().map(|(times, value)| times * (value - origin)).sum::<f64>() / n;
    2.0 * n * used().map(|(times, value)| times * (value - origin - mean).powi(2)).sum::<f64>()
}

fn pairwise(given: &[f64], square: impl Fn(usize, usize) -> f64) -> f64 {
    let after = |a: usize| (a + 1..given.len()).map(|b| given[a] * given[b] * square(a, b)).sum::<f64>();
    2.0 * (0..given.len()).map(after).sum::<f64>()
}

fn ratio(a: f64, b: f64) -> f64 {
    if a == b { 0.0 } else { ((a - b) / (a + b)).powi(2) }
}

/// Where the middle of each label's labels stands when all are lined up; the difference of two is Krippendorff's ordinal
/// one, the labels between them and half of their own.
fn mid_ranks(given: &[f64]) -> Vec<f64> {
    let mut before = 0.0;
    let mut rank = |times: &f64| {
        let middle = before + times / 2.0;
        before += times;
        middle
    };
    given.iter().map(&mut rank).collect()
}
