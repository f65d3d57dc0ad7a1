//! A share of answers that lie on items: how many of them are so, and how sure that is.

use crate::interval::{SplitMix, quantile};
use crate::wilson::wilson_at;
use crate::{Interval, Metric, Resampling};

impl Metric {
    /// The share of all `(part, of)` together, one pair per independent item; `part` is at most `of`, and `n` is the sum of
    /// all `of`.
    ///
    /// The answers of one item are not independent, so its interval is the percentile bootstrap over items, whose answers are
    /// drawn together. Where every item has the same share, resampling shows no spread: there it is Wilson's interval, as of
    /// as many answers as there are items.
    pub fn share(items: &[(u64, u64)], resampling: &Resampling) -> Metric {
        let Some(value) = ratio(items.iter().copied()) else {
            let why = Some("nothing to measure".to_string());
            return Metric { value: None, low: None, high: None, n: 0, why };
        };
        let n = items.iter().map(|(_, of)| *of).sum::<u64>() as usize;
        let counted: Vec<(u64, u64)> = items.iter().copied().filter(|(_, of)| *of > 0).collect();
        let is_same = counted.windows(2).all(|pair| pair[0].0 * pair[1].1 == pair[1].0 * pair[0].1);
        let interval = match is_same || resampling.resamples == 0 {
            true => wilson_at(value, counted.len() as f64),
            false => over_items(&counted, resampling),
        };
        Metric { value: Some(value), low: Some(interval.low), high: Some(interval.high), n, why: None }
    }
}

/// `None` where there is nothing to have a share of.
fn ratio(items: impl Iterator<Item = (u64, u64)>) -> Option<f64> {
    let (part, of) = items.fold((0, 0), |(part, of), item| (part + item.0, of + item.1));
    (of > 0).then(|| part as f64 / of as f64)
}

/// Of items that all have something to count, at least one.
fn over_items(items: &[(u64, u64)], resampling: &Resampling) -> Interval {
    let mut shares: Vec<f64> = (0..resampling.resamples)
        .filter_map(|resample| {
            let mut draw = SplitMix::new(resampling.seed, resample as u64);
            ratio((0..items.len()).map(|_| items[draw.below(items.len())]))
        })
        .collect();
    shares.sort_by(f64::total_cmp);
    Interval { low: quantile(&shares, 0.025), high: quantile(&shares, 0.975) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bootstrap_mean, wilson};

    const RESAMPLING: Resampling = Resampling { seed: 3, resamples: 500 };

    fn ends(metric: &Metric) -> (f64, f64) {
        (metric.low.unwrap(), metric.high.unwrap())
    }

    #[test]
    fn of_one_answer_an_item_it_is_the_mean() {
        let items: Vec<(u64, u64)> = (0..40).map(|at| (u64::from(at % 3 == 0), 1)).collect();
        let values: Vec<f64> = items.iter().map(|(part, _)| *part as f64).collect();
        let (share, mean) =
            (Metric::share(&items, &RESAMPLING), bootstrap_mean(&values, &RESAMPLING).unwrap());
        assert_eq!((share.value, share.n), (Some(0.35), 40));
        assert!((ends(&share).0 - mean.low).abs() < 1e-12 && (ends(&share).1 - mean.high).abs() < 1e-12);
    }

    #[test]
    fn more_answers_of_the_same_items_say_no_more() {
        let items = [(1, 1), (0, 1), (1, 1), (1, 1), (0, 1)];
        let many = items.map(|(part, of)| (part * 14, of * 14));
        let (few, many) = (Metric::share(&items, &RESAMPLING), Metric::share(&many, &RESAMPLING));
        assert_eq!((few.value, few.low, few.high), (many.value, many.low, many.high));
        assert_eq!((few.n, many.n), (5, 70));
    }

    #[test]
    fn where_all_items_are_alike_there_are_as_many_answers_as_items() {
        let alike = |item: (u64, u64), count: usize| ends(&Metric::share(&vec![item; count], &RESAMPLING));
        for (found, right, n) in
            [(alike((14, 14), 5), 5, 5), (alike((7, 14), 6), 3, 6), (alike((0, 3), 1), 0, 1)]
        {
            let wanted = wilson(right, n);
            assert_eq!(found, (wanted.low, wanted.high), "{right} of {n}");
        }
    }

    #[test]
    fn nothing_counted_is_no_share() {
        for items in [&[][..], &[(0, 0)]] {
            assert_eq!(Metric::share(items, &RESAMPLING).value, None);
        }
    }
}
