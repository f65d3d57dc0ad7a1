//! Doubt about rows that belong together: whole groups are drawn, not rows (the cluster bootstrap).

use std::collections::BTreeMap;

use engraft_eval::{Metric, Resampling, SplitMix, quantile};

/// Rows, and which of them belong together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clusters {
    /// The group of each row, numbered from 0.
    groups: Vec<usize>,
    count: usize,
}

impl Clusters {
    /// One row a name; rows of the same name belong together.
    pub(crate) fn new<'a>(names: impl Iterator<Item = &'a str>) -> Clusters {
        let mut numbers = BTreeMap::new();
        let groups: Vec<usize> = names
            .map(|name| {
                let next = numbers.len();
                *numbers.entry(name).or_insert(next)
            })
            .collect();
        Clusters { groups, count: numbers.len() }
    }

    /// One row a group; a row without one belongs to no other.
    pub(crate) fn of_groups<'a>(groups: impl Iterator<Item = Option<&'a str>>) -> Clusters {
        let (mut numbers, mut count) = (BTreeMap::new(), 0);
        let groups: Vec<usize> = groups
            .map(|group| {
                let number = group.map_or(count, |group| *numbers.entry(group).or_insert(count));
                count = count.max(number + 1);
                number
            })
            .collect();
        Clusters { groups, count }
    }

    /// Whether no two rows belong together.
    pub(crate) fn alone(&self) -> bool {
        self.count == self.groups.len()
    }

    /// The group of each row, numbered from 0.
    pub(crate) fn groups(&self) -> &[usize] {
        &self.groups
    }

    /// Any statistic of the rows with its percentile interval: groups are drawn with replacement. `statistic` gets how often
    /// each row was drawn; `undefined` says why there is no value, where there is none.
    pub(crate) fn measure(
        &self,
        resampling: &Resampling,
        undefined: &str,
        statistic: impl Fn(&[f64]) -> Option<f64>,
    ) -> Metric {
        let n = self.groups.len();
        let bare = |value, why: &str| Metric { value, low: None, high: None, n, why: Some(why.into()) };
        let Some(value) = (n > 0).then(|| statistic(&vec![1.0; n])).flatten() else {
            return bare(None, undefined);
        };
        let mut drawn: Vec<f64> = (0..resampling.resamples)
            .filter_map(|resample| {
                let mut draw = SplitMix::new(resampling.seed, resample as u64);
                let mut times = vec![0.0; self.count];
                (0..self.count).for_each(|_| times[draw.below(self.count)] += 1.0);
                let weights: Vec<f64> = self.groups.iter().map(|&group| times[group]).collect();
                statistic(&weights)
            })
            .collect();
        if drawn.is_empty() || drawn.len() * 10 < resampling.resamples * 9 {
            return bare(Some(value), "undefined in more than one resample of ten: too few rows");
        }
        drawn.sort_by(f64::total_cmp);
        if drawn[0] == drawn[drawn.len() - 1] {
            return bare(Some(value), "all resamples have the same value, so they show no spread");
        }
        let (low, high) = (quantile(&drawn, 0.025), quantile(&drawn, 0.975));
        Metric { value: Some(value), low: Some(low), high: Some(high), n, why: None }
    }

    /// The mean of one value a row.
    pub(crate) fn mean(&self, values: &[f64], resampling: &Resampling) -> Metric {
        self.measure(resampling, "nothing to measure", |weights| weighted_mean(values, weights))
    }
}

/// The mean of values drawn so often; `None` when none was drawn.
pub(crate) fn weighted_mean(values: &[f64], weights: &[f64]) -> Option<f64> {
    let all: f64 = weights.iter().sum();
    (all > 0.0).then(|| values.iter().zip(weights).map(|(value, weight)| value * weight).sum::<f64>() / all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_without_a_group_belongs_to_no_other() {
        let clusters = Clusters::of_groups([Some("a"), None, Some("b"), Some("a"), None].into_iter());
        assert_eq!((clusters.groups(), clusters.alone()), (&[0, 1, 2, 0, 3][..], false));
        let clusters = Clusters::of_groups([None, Some("a"), None].into_iter());
        assert_eq!((clusters.groups(), clusters.alone()), (&[0, 1, 2][..], true));
    }

    #[test]
    fn twenty_rows_that_agree_are_worth_one() {
        let values: Vec<f64> = (0..200).map(|i| f64::from(u8::from(i / 20 % 2 == 0))).collect();
        let width = |size: usize| {
            let names: Vec<String> = (0..200).map(|i| (i / size).to_string()).collect();
            let clusters = Clusters::new(names.iter().map(String::as_str));
            let metric = clusters.mean(&values, &Resampling { seed: 0, resamples: 400 });
            metric.high.unwrap() - metric.low.unwrap()
        };
        let ratio = width(20) / width(1);
        assert!((ratio - 20f64.sqrt()).abs() < 1.0, "{ratio}");
    }
}
