//! Any statistic of items with its bootstrap interval and with how many of the items it could use.

use serde::Serialize;

use crate::draws::{Block, LANES, Lanes, blocks, draws};
use crate::interval::{SplitMix, quantile};
use crate::{Metric, Resampling};

/// A metric with its coverage; `metric.n` is `used`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// The value and its 95 % interval over items; `value` is `None` where it is undefined, and `why` says so.
    #[serde(flatten)]
    pub metric: Metric,
    /// How many items it could use.
    pub used: usize,
    /// How many items there are.
    pub of: usize,
}

impl Measured {
    /// A value nobody can compute, and the reason in words.
    pub(crate) fn undefined(of: usize, why: &str) -> Measured {
        let metric = Metric { value: None, low: None, high: None, n: 0, why: Some(why.to_string()) };
        Measured { metric, used: 0, of }
    }
}

/// A statistic as measured, and what its resamples say of it.
pub(crate) struct Estimate {
    value: Option<f64>,
    interval: Result<(f64, f64), &'static str>,
}

impl Estimate {
    /// Adds the coverage; `undefined` is why there is no value, where there is none.
    pub(crate) fn covering(&self, used: usize, of: usize, undefined: &str) -> Measured {
        if self.value.is_none() {
            return Measured::undefined(of, undefined);
        }
        let (low, high, why) = match self.interval {
            Ok((low, high)) => (Some(low), Some(high), None),
            Err(why) => (None, None, Some(why.to_string())),
        };
        Measured { metric: Metric { value: self.value, low, high, n: used, why }, used, of }
    }
}

/// Computes statistics on all items and on resamples of them.
///
/// `statistics` gets how often each item was drawn and returns always the same number of values, `None` where undefined.
/// The interval is the percentile interval over the resamples where the value is defined; there is none when that is less
/// than nine in ten of them.
pub(crate) fn estimate(
    items: usize,
    resampling: &Resampling,
    statistics: impl Fn(&[f64]) -> Vec<Option<f64>>,
) -> Vec<Estimate> {
    estimate_grouped(items, &[], resampling, statistics)
}

/// As [`estimate`], where whole groups are drawn: `groups` is the group of each item, numbered from 0.
pub(crate) fn estimate_grouped(
    items: usize,
    groups: &[u32],
    resampling: &Resampling,
    statistics: impl Fn(&[f64]) -> Vec<Option<f64>>,
) -> Vec<Estimate> {
    let values = statistics(&vec![1.0; items]);
    let mut drawn: Vec<Vec<f64>> = vec![Vec::new(); values.len()];
    let many = draws(items, groups);
    let mut times = vec![0.0; many];
    let resamples = if items == 0 { 0 } else { resampling.resamples };
    for resample in 0..resamples {
        times.fill(0.0);
        let mut draw = SplitMix::new(resampling.seed, resample as u64);
        for _ in 0..many {
            times[draw.below(many)] += 1.0;
        }
        let of_items: Vec<f64>;
        let weights = match groups {
            [] => &times,
            _ => {
                of_items = groups.iter().map(|group| times[*group as usize]).collect();
                &of_items
            }
        };
        for (sample, value) in drawn.iter_mut().zip(statistics(weights)) {
            sample.extend(value);
        }
    }
    values
        .into_iter()
        .zip(drawn)
        .map(|(value, sample)| Estimate { value, interval: ends(sample, resamples) })
        .collect()
}

/// As [`estimate_grouped`], for statistics that are counted over sixteen resamples at once; they give a value for each lane.
pub(crate) fn estimate_side_by_side(
    items: usize,
    groups: &[u32],
    resampling: &Resampling,
    mut statistics: impl FnMut(&Block) -> Vec<Lanes<Option<f64>>>,
) -> Vec<Estimate> {
    let values = statistics(&vec![[1; LANES]; items]);
    let mut drawn: Vec<Vec<f64>> = vec![Vec::new(); values.len()];
    let mut resamples = 0;
    blocks(items, groups, resampling, |block, lanes| {
        resamples += lanes;
        for (sample, values) in drawn.iter_mut().zip(statistics(block)) {
            sample.extend(values[..lanes].iter().flatten());
        }
    });
    let estimate = |(values, sample): (Lanes<Option<f64>>, _)| Estimate {
        value: values[0],
        interval: ends(sample, resamples),
    };
    values.into_iter().zip(drawn).map(estimate).collect()
}

fn ends(mut sample: Vec<f64>, resamples: usize) -> Result<(f64, f64), &'static str> {
    if resamples == 0 {
        return Err("no resamples were asked for");
    }
    if sample.len() * 10 < resamples * 9 {
        return Err("undefined in more than one resample of ten: too few items");
    }
    sample.sort_by(f64::total_cmp);
    match (sample.first(), sample.last()) {
        (Some(least), Some(most)) if least < most => Ok((quantile(&sample, 0.025), quantile(&sample, 0.975))),
        _ => Err("all resamples have the same value, so they show no spread"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share_of_ones(values: &[f64], resamples: usize) -> Measured {
        let mean = |weights: &[f64]| {
            let n: f64 = weights.iter().sum();
            vec![Some(weights.iter().zip(values).map(|(weight, value)| weight * value).sum::<f64>() / n)]
        };
        let resampling = Resampling { seed: 3, resamples };
        estimate(values.len(), &resampling, mean)[0].covering(values.len(), values.len(), "")
    }

    #[test]
    fn the_interval_of_a_mean_is_that_of_the_plain_bootstrap() {
        let values: Vec<f64> = (0..60).map(|i| f64::from(i % 3 == 0)).collect();
        let plain = Metric::mean(&values, &Resampling { seed: 3, resamples: 500 });
        let measured = share_of_ones(&values, 500).metric;
        let close = |a: Option<f64>, b: Option<f64>| (a.unwrap() - b.unwrap()).abs() < 1e-12;
        assert!(close(measured.low, plain.low) && close(measured.high, plain.high), "{measured:?} {plain:?}");
    }

    #[test]
    fn where_there_is_no_interval_it_says_why() {
        let why = |values: &[f64], resamples| share_of_ones(values, resamples).metric.why.unwrap();
        assert_eq!(why(&[1.0, 0.0], 0), "no resamples were asked for");
        assert_eq!(why(&[1.0, 1.0], 50), "all resamples have the same value, so they show no spread");
        let rarely = estimate(2, &Resampling { seed: 0, resamples: 100 }, |weights| {
            vec![(weights[0] > 0.0 && weights[1] > 0.0).then_some(weights[0])]
        });
        let measured = rarely[0].covering(2, 2, "");
        assert_eq!(measured.metric.why.unwrap(), "undefined in more than one resample of ten: too few items");
    }
}
