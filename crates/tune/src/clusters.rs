//! Doubt about rows that belong together: whole groups are drawn, not rows (the cluster bootstrap).

use std::collections::BTreeMap;

use engraft_eval::{Metric, Resampling, SplitMix, normal_quantile, quantile, student_quantile};

/// From so many groups on, resamples show how far a difference may be off.
const MANY: usize = 30;

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

    /// As [`Self::measure`], of a difference between two models, which decides: [`widened`] where groups are few.
    pub(crate) fn difference(
        &self,
        resampling: &Resampling,
        undefined: &str,
        statistic: impl Fn(&[f64]) -> Option<f64>,
    ) -> Metric {
        widened(self.measure(resampling, undefined, statistic), self.count, self.groups.len())
    }

    /// The mean of what each row gains over another model.
    pub(crate) fn gain(&self, gains: &[f64], resampling: &Resampling) -> Metric {
        self.difference(resampling, "nothing to measure", |weights| weighted_mean(gains, weights))
    }
}

/// A difference with the doubt that few `groups` leave, where they are fewer than `rows`; else as it is.
///
/// No resample of two groups leaves what the two show, and by luck alone both gain in one case of four. `k` groups show only
/// `(k − 1) / k` of their variance, and are as far off as Student's quantile is beyond the normal one (Hesterberg 2015,
/// arXiv:1411.5279, expands percentile intervals so): the ends are moved out by as much.
pub(crate) fn widened(difference: Metric, groups: usize, rows: usize) -> Metric {
    let (Some(value), Some(low), Some(high)) = (difference.value, difference.low, difference.high) else {
        return difference;
    };
    if !(2..MANY).contains(&groups) || groups == rows {
        return difference;
    }
    let k = groups as f64;
    let further = (k / (k - 1.0)).sqrt() * student_quantile(0.975, k - 1.0) / normal_quantile(0.975);
    let low = low.min(value - further * (value - low));
    let high = high.max(value + further * (high - value));
    Metric { low: Some(low), high: Some(high), ..difference }
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
    fn a_difference_of_few_groups_has_ends_further_out() {
        let told = Metric { value: Some(0.1), low: Some(0.0), high: Some(0.3), n: 90, why: None };
        let ends = |groups: usize| {
            let wide = widened(told.clone(), groups, 90);
            (wide.low.unwrap(), wide.high.unwrap())
        };
        // Student's quantiles of 1 and 9 degrees of freedom are 12.706 and 2.262.
        for (groups, further) in [(2, 9.168), (10, 1.2166)] {
            let (low, high) = ends(groups);
            assert!((low - (0.1 - 0.1 * further)).abs() < 1e-3, "{groups}: {low}");
            assert!((high - (0.1 + 0.2 * further)).abs() < 2e-3, "{groups}: {high}");
        }
        assert_eq!((ends(30), ends(90)), ((0.0, 0.3), (0.0, 0.3)));
        let bare = Metric { low: None, high: None, ..told };
        assert_eq!(widened(bare.clone(), 2, 90), bare);
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
