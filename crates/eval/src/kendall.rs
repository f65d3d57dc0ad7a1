//! Whether two rankings go the same way: Kendall's tau-b (Kendall 1945), which allows ties.

use std::collections::BTreeMap;

use crate::measured::estimate;
use crate::{Measured, Resampling};

/// One person's ranking of an item's values: the rank of each, equal for ties.
pub type Ranks = BTreeMap<String, f64>;

/// Tau-b of two lists of ranks or scores of the same things, in `[-1, 1]`; `None` when one of them is all ties, or holds
/// fewer than two. Things beyond the shorter list are not looked at.
pub fn kendall_tau(a: &[f64], b: &[f64]) -> Option<f64> {
    let (mut together, mut in_a, mut in_b) = (0i64, 0i64, 0i64);
    for one in 0..a.len().min(b.len()) {
        for other in 0..one {
            let (x, y) = (direction(a[one], a[other]), direction(b[one], b[other]));
            together += x * y;
            in_a += x.abs();
            in_b += y.abs();
        }
    }
    (in_a > 0 && in_b > 0).then(|| together as f64 / ((in_a as f64).sqrt() * (in_b as f64).sqrt()))
}

fn direction(x: f64, y: f64) -> i64 {
    i64::from(x > y) - i64::from(x < y)
}

/// How far people rank alike: tau-b of each pair of people over the values both ranked, mean over the pairs of an item,
/// then over items.
///
/// Pairs whose tau-b is undefined are left out, and with them the items that have no other.
pub fn ranking_agreement(items: &[BTreeMap<String, Ranks>], resampling: &Resampling) -> Measured {
    let taus: Vec<Option<f64>> = items.iter().map(of_item).collect();
    let used = taus.iter().flatten().count();
    let mean = |weights: &[f64]| {
        let (mut n, mut sum) = (0.0, 0.0);
        for (tau, weight) in taus.iter().zip(weights) {
            if let Some(tau) = tau {
                n += weight;
                sum += weight * tau;
            }
        }
        vec![(n > 0.0).then(|| sum / n)]
    };
    estimate(items.len(), resampling, mean)[0].covering(used, items.len(), "no item was ranked by two people")
}

fn of_item(rankings: &BTreeMap<String, Ranks>) -> Option<f64> {
    let rankings: Vec<&Ranks> = rankings.values().collect();
    let pairs =
        rankings.iter().enumerate().flat_map(|(at, a)| rankings[at + 1..].iter().map(move |b| (a, b)));
    let taus: Vec<f64> = pairs.filter_map(|(a, b)| of_pair(a, b)).collect();
    (!taus.is_empty()).then(|| taus.iter().sum::<f64>() / taus.len() as f64)
}

fn of_pair(a: &Ranks, b: &Ranks) -> Option<f64> {
    let shared: Vec<(f64, f64)> =
        a.iter().filter_map(|(value, rank)| Some((*rank, *b.get(value)?))).collect();
    let (a, b): (Vec<f64>, Vec<f64>) = shared.into_iter().unzip();
    kendall_tau(&a, &b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ranks(order: &str) -> Ranks {
        order
            .split('>')
            .enumerate()
            .flat_map(|(rank, ties)| ties.chars().map(move |c| (c.to_string(), rank as f64)))
            .collect()
    }

    #[track_caller]
    fn check(items: &[&[&str]], expected: Option<f64>, used: usize) {
        let person = |(at, order): (usize, &&str)| (at.to_string(), ranks(order));
        let items: Vec<_> = items.iter().map(|item| item.iter().enumerate().map(person).collect()).collect();
        let measured = ranking_agreement(&items, &Resampling { seed: 0, resamples: 100 });
        let close = measured
            .metric
            .value
            .zip(expected)
            .is_none_or(|(value, expected)| (value - expected).abs() < 1e-12);
        assert!(close && measured.metric.value.is_some() == expected.is_some(), "{measured:?}");
        assert_eq!((measured.used, measured.of), (used, items.len()));
    }

    #[test]
    fn the_same_order_is_one_and_the_opposite_minus_one() {
        check(&[&["a>b>c", "a>b>c"]], Some(1.0), 1);
        check(&[&["a>b>c", "c>b>a"]], Some(-1.0), 1);
    }

    #[test]
    fn only_values_both_ranked_count() {
        check(&[&["a>b>c", "d>b>c>e"]], Some(1.0), 1);
    }

    #[test]
    fn items_with_one_ranking_or_all_ties_are_left_out() {
        check(&[&["a>b", "a>b"], &["a>b"], &["a>b", "ab"]], Some(1.0), 1);
        check(&[&["a>b"]], None, 0);
    }

    proptest! {
        #[test]
        fn it_is_symmetric_bounded_and_turns_with_one_side(pairs in prop::collection::vec((0i8..5, 0i8..5), 2..12)) {
            let (a, b): (Vec<f64>, Vec<f64>) = pairs.iter().map(|(x, y)| (f64::from(*x), f64::from(*y))).unzip();
            let turned: Vec<f64> = b.iter().map(|y| -y).collect();
            prop_assert_eq!(kendall_tau(&a, &b), kendall_tau(&b, &a));
            prop_assert_eq!(kendall_tau(&a, &b), kendall_tau(&a, &turned).map(|tau| -tau));
            prop_assert!(kendall_tau(&a, &b).is_none_or(|tau| tau.abs() <= 1.0 + 1e-12));
        }
    }
}
