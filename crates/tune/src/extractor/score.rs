//! Span F1 over rows and seeds, with its interval: whole groups of rows are drawn anew, and seeds among seeds.

use std::collections::BTreeMap;

use engraft_eval::{F1Counts, Mark, Matching, Metric, Resampling, SplitMix, quantile, span_f1};

use crate::clusters::widened;
use crate::data::ExtractionRow;
use crate::extractor::FoundSpan;

/// What was found and what is marked, row by row: a span counts when its label and both its ends are right.
pub(crate) fn counts(
    rows: &[&ExtractionRow],
    found: &[Vec<FoundSpan>],
    label: Option<&str>,
) -> Vec<F1Counts> {
    let wanted = |name: &str| label.is_none_or(|label| label == name);
    let each = rows.iter().zip(found).map(|(row, found)| {
        let found: Vec<Mark> = found
            .iter()
            .filter(|one| wanted(&one.label))
            .map(|one| Mark::new(one.span.start(), one.span.end(), &one.label))
            .collect();
        let gold: Vec<Mark> = row
            .spans
            .iter()
            .filter(|one| wanted(&one.label))
            .map(|one| Mark::new(one.span.start(), one.span.end(), &one.label))
            .collect();
        span_f1(&found, &gold, Matching::Exact)
    });
    each.collect()
}

/// The group of each row, as a number: rows of one group are drawn together.
pub(crate) fn groups(rows: &[&ExtractionRow]) -> Vec<usize> {
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut places = Vec::with_capacity(rows.len());
    for row in rows {
        let next = numbers.len();
        places.push(*numbers.entry(&row.group).or_insert(next));
    }
    places
}

/// What of the counts is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    /// Twice the right ones over all found and all marked.
    F1,
    /// The right ones over all found.
    Precision,
    /// The right ones over all marked.
    Recall,
}

impl Share {
    fn of(self, both: f64, found: f64, marked: f64) -> Option<f64> {
        let (top, bottom) = match self {
            Share::F1 => (2.0 * both, found + marked),
            Share::Precision => (both, found),
            Share::Recall => (both, marked),
        };
        (bottom > 0.0).then(|| top / bottom)
    }

    /// Over all rows alike; `None` where it is undefined.
    pub(crate) fn pooled(self, counts: &[F1Counts]) -> Option<f64> {
        self.weighted(counts, &vec![1.0; counts.len()])
    }

    fn weighted(self, counts: &[F1Counts], weights: &[f64]) -> Option<f64> {
        let (mut both, mut found, mut marked) = (0.0, 0.0, 0.0);
        for (counts, weight) in counts.iter().zip(weights) {
            both += weight * counts.both as f64;
            found += weight * counts.left as f64;
            marked += weight * counts.right as f64;
        }
        self.of(both, found, marked)
    }
}

/// The mean over seeds of a share pooled over rows, with its 95 % interval over groups and seeds.
///
/// `seeds` holds for each seed the counts of the same rows. Drawing K seeds of K shows only (K − 1)/K of their variance, so
/// their deviations are stretched to make up for it (Davison and Hinkley 1997, section 2.7.1); one seed shows none.
pub(crate) fn measure(
    seeds: &[Vec<F1Counts>],
    groups: &[usize],
    share: Share,
    resampling: &Resampling,
) -> Metric {
    metric(&[(seeds, 1.0)], groups, share, resampling)
}

/// The difference `candidate − base` of a share on the same rows, resampled together; [`widened`] where groups are few.
pub(crate) fn difference(
    base: &[Vec<F1Counts>],
    candidate: &[Vec<F1Counts>],
    groups: &[usize],
    share: Share,
    resampling: &Resampling,
) -> Metric {
    metric(&[(candidate, 1.0), (base, -1.0)], groups, share, resampling)
}

type Arm<'a> = (&'a [Vec<F1Counts>], f64);

fn metric(arms: &[Arm], groups: &[usize], share: Share, resampling: &Resampling) -> Metric {
    let n = groups.len();
    let bare = |value, why: &str| Metric { value, low: None, high: None, n, why: Some(why.to_string()) };
    let ones = vec![1.0; n];
    let Some(value) = combined(arms, &ones, share, None) else {
        return bare(None, "nothing was found or nothing is marked");
    };
    let count = groups.iter().max().map_or(0, |most| most + 1);
    if count < 2 {
        return bare(Some(value), "one group of rows shows no spread");
    }
    let mut values = Vec::with_capacity(resampling.resamples);
    for resample in 0..resampling.resamples {
        let mut draw = SplitMix::new(resampling.seed, resample as u64);
        let mut drawn = vec![0.0; count];
        (0..count).for_each(|_| drawn[draw.below(count)] += 1.0);
        let weights: Vec<f64> = groups.iter().map(|&group| drawn[group]).collect();
        values.extend(combined(arms, &weights, share, Some(&mut draw)));
    }
    if values.len() * 10 < resampling.resamples * 9 || values.is_empty() {
        return bare(Some(value), "undefined in more than one resample of ten: too few spans");
    }
    values.sort_by(f64::total_cmp);
    if values[0] == values[values.len() - 1] {
        if arms.len() > 1 && value != 0.0 {
            let (low, high) = unanimous(value, count);
            return Metric { value: Some(value), low: Some(low), high: Some(high), n, why: None };
        }
        return bare(Some(value), "all resamples have the same value, so they show no spread");
    }
    let (low, high) = (quantile(&values, 0.025), quantile(&values, 0.975));
    let told = Metric { value: Some(value), low: Some(low), high: Some(high), n, why: None };
    if arms.len() > 1 { widened(told, count, n) } else { told }
}

/// The interval of a difference that every resample shows alike, as of a perfect model from one that finds nothing.
///
/// Of `groups` groups all favour one side, so with 95 % confidence at least 0.025^(1/groups) of all groups do (Clopper and
/// Pearson 1934); the rest are taken to lose everything.
fn unanimous(value: f64, groups: usize) -> (f64, f64) {
    let most = 0.025_f64.powf(1.0 / groups as f64);
    let worst = most * value.abs() - (1.0 - most);
    if value > 0.0 { (worst, 1.0) } else { (-1.0, -worst) }
}

/// The signed sum over arms of the mean over seeds; `None` where a seed of one is undefined.
fn combined(arms: &[Arm], weights: &[f64], share: Share, mut draw: Option<&mut SplitMix>) -> Option<f64> {
    let mut total = 0.0;
    for (seeds, sign) in arms {
        let values: Vec<f64> =
            seeds.iter().map(|counts| share.weighted(counts, weights)).collect::<Option<_>>()?;
        let k = values.len();
        let mean = values.iter().sum::<f64>() / k.max(1) as f64;
        total += sign * mean;
        if let (Some(draw), true) = (draw.as_deref_mut(), k > 1) {
            let stretch = (k as f64 / (k - 1) as f64).sqrt();
            let drawn = (0..k).map(|_| values[draw.below(k)]).sum::<f64>() / k as f64;
            total += sign * stretch * (drawn - mean);
        }
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(counts: &[(usize, usize, usize)]) -> Vec<F1Counts> {
        counts.iter().map(|&(both, left, right)| F1Counts { both, left, right }).collect()
    }

    #[test]
    fn f1_is_pooled_over_rows_and_averaged_over_seeds() {
        let seeds = [all(&[(1, 2, 1), (0, 0, 1)]), all(&[(1, 1, 1), (1, 1, 1)])];
        let metric = measure(&seeds, &[0, 1], Share::F1, &Resampling { seed: 0, resamples: 500 });
        assert_eq!(metric.value, Some((0.5 + 1.0) / 2.0));
        assert!(metric.low < metric.value && metric.n == 2);
    }

    #[test]
    fn groups_are_drawn_whole_so_the_interval_of_few_groups_is_wider() {
        let counts = [all(&(0..60).map(|at| (usize::from(at % 20 < 13), 1, 1)).collect::<Vec<_>>())];
        let width = |groups: &[usize]| {
            let metric = measure(&counts, groups, Share::F1, &Resampling { seed: 1, resamples: 800 });
            metric.high.zip(metric.low).map_or(0.0, |(high, low)| high - low)
        };
        let alone: Vec<usize> = (0..60).collect();
        let by_outcome: Vec<usize> = (0..60).map(|at| (at % 20) / 5).collect();
        assert!(width(&by_outcome) > 1.5 * width(&alone), "{} {}", width(&by_outcome), width(&alone));
    }

    #[test]
    fn a_model_against_itself_differs_by_nothing() {
        let counts = [all(&[(1, 2, 1), (0, 0, 1), (3, 3, 4)])];
        let metric = difference(&counts, &counts, &[0, 1, 2], Share::F1, &Resampling::default());
        assert_eq!(metric.value, Some(0.0));
        assert!(metric.low.is_none() && metric.why.is_some());
    }

    #[test]
    fn a_perfect_model_is_better_than_one_that_finds_nothing_once_there_are_rows_enough() {
        let low = |rows: usize| {
            let (none, perfect) = ([all(&vec![(0, 0, 1); rows])], [all(&vec![(1, 1, 1); rows])]);
            let groups: Vec<usize> = (0..rows).collect();
            difference(&none, &perfect, &groups, Share::F1, &Resampling::default()).low.unwrap()
        };
        assert!(low(3) < 0.0 && low(13) > 0.4 && low(100) > 0.9, "{} {} {}", low(3), low(13), low(100));
    }

    #[test]
    fn where_nothing_is_marked_or_found_there_is_no_value() {
        let metric = measure(&[all(&[(0, 0, 0); 3])], &[0, 1, 2], Share::F1, &Resampling::default());
        assert_eq!((metric.value, metric.why.is_some()), (None, true));
    }
}
