//! Rankings: who is before whom, and the order that a Borda count gives.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::Placed;

/// Ranks by value.
pub(crate) fn ranks(placed: &[Placed]) -> BTreeMap<&str, u32> {
    placed.iter().map(|place| (place.value.as_str(), place.rank)).collect()
}

/// For every two values, the first by name against the second.
pub(super) fn pairs<'a>(ranks: &BTreeMap<&'a str, u32>) -> BTreeMap<(&'a str, &'a str), Ordering> {
    let mut pairs = BTreeMap::new();
    for (one, rank) in ranks {
        for (other, below) in
            ranks.range::<str, _>((std::ops::Bound::Excluded(*one), std::ops::Bound::Unbounded))
        {
            pairs.insert((*one, *other), rank.cmp(below));
        }
    }
    pairs
}

/// The ranking by Borda count (Borda 1781) with ties: each ranking gives a value a point for every value behind it and half
/// of one for every tie. Equal sums are ties. With it, the share of all ordered pairs of all rankings that it agrees with.
///
/// Values that a ranking leaves out get nothing from it. `None` of nothing.
pub(super) fn borda(rankings: &[&[Placed]]) -> Option<(Vec<Placed>, f64)> {
    // Twice the points, so that they stay whole.
    let mut points: BTreeMap<&str, u64> = BTreeMap::new();
    for ranking in rankings {
        for place in *ranking {
            let against = |other: &Placed| match place.rank.cmp(&other.rank) {
                Ordering::Less => 2,
                Ordering::Equal => u64::from(place.value != other.value),
                Ordering::Greater => 0,
            };
            *points.entry(&place.value).or_default() += ranking.iter().map(against).sum::<u64>();
        }
    }
    let mut order: Vec<(&str, u64)> = points.into_iter().collect();
    order.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let mut placed: Vec<Placed> = Vec::with_capacity(order.len());
    for (at, (value, points)) in order.iter().enumerate() {
        let before = placed.last().map_or(0, |place| place.rank);
        let tied = at > 0 && order[at - 1].1 == *points;
        placed.push(Placed { rank: if tied { before } else { before + 1 }, value: (*value).to_string() });
    }
    if placed.is_empty() {
        return None;
    }
    let won = pairs(&ranks(&placed));
    let (mut same, mut all) = (0usize, 0usize);
    for ranking in rankings {
        for (pair, order) in pairs(&ranks(ranking)) {
            all += 1;
            same += usize::from(won.get(&pair) == Some(&order));
        }
    }
    let support = if all == 0 { 1.0 } else { same as f64 / all as f64 };
    Some((placed, support))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rankings: &[&str], expected: &str, support: f64) {
        let read = |text: &&str| -> Vec<Placed> {
            let tiers = text.split('>').enumerate();
            let place = |rank: usize, value: &str| Placed { rank: rank as u32 + 1, value: value.to_string() };
            tiers.flat_map(|(rank, tier)| tier.split('=').map(move |value| place(rank, value))).collect()
        };
        let rankings: Vec<Vec<Placed>> = rankings.iter().map(read).collect();
        let slices: Vec<&[Placed]> = rankings.iter().map(Vec::as_slice).collect();
        let (placed, found) = borda(&slices).unwrap();
        assert_eq!(placed, read(&expected));
        assert!((found - support).abs() < 1e-12, "{found}");
    }

    #[test]
    fn borda_orders_by_points_and_keeps_ties() {
        check(&["a>b>c", "a>c>b", "b>a>c"], "a>b>c", 7.0 / 9.0);
        check(&["a>b", "b>a"], "a=b", 0.0);
        check(&["a=b>c"], "a=b>c", 1.0);
        check(&["a>b=c", "a>b>c"], "a>b>c", 5.0 / 6.0);
    }
}
