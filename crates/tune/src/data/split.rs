//! Splits that do not leak: what belongs together, or says nearly the same, stays on one side.

use std::collections::BTreeMap;

use engraft_core::content_hash;

use crate::data::near::near_groups;

/// Places of examples, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// To train on.
    pub train: Vec<usize>,
    /// To hold out.
    pub held: Vec<usize>,
}

/// Holds out about `share` (0 to 1) of the texts. `groups` names what belongs together, where it is known; texts that say
/// nearly the same belong together in any case. `strata` is what every part should have in the same proportions (a class).
///
/// The side of a group is drawn by the hash of its first text and the seed, so it stays where it is when other rows come and
/// go, as far as the proportions allow.
pub fn split(texts: &[&str], groups: &[Option<&str>], strata: &[usize], share: f64, seed: u64) -> Parts {
    let units = units(texts, groups, strata, seed);
    let mut held = vec![false; texts.len()];
    // How many of each stratum have passed, and how many of them were held out.
    let mut seen: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for unit in &units {
        let (passed, out) = seen.entry(unit.stratum).or_default();
        *passed += unit.members.len() as f64;
        // Held out when that brings the stratum nearer to its share.
        let with = *out + unit.members.len() as f64;
        if (with - *passed * share).abs() < (*out - *passed * share).abs() {
            *out = with;
            unit.members.iter().for_each(|&member| held[member] = true);
        }
    }
    let side = |wanted: bool| (0..texts.len()).filter(|&place| held[place] == wanted).collect();
    Parts { train: side(false), held: side(true) }
}

/// Deals the texts into `n` folds of nearly equal size; what belongs together is in one. The fold of each text.
pub fn folds(texts: &[&str], groups: &[Option<&str>], strata: &[usize], n: usize, seed: u64) -> Vec<usize> {
    let mut fold = vec![0; texts.len()];
    let mut sizes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut total = vec![0; n.max(1)];
    for unit in units(texts, groups, strata, seed) {
        let of_stratum = sizes.entry(unit.stratum).or_insert_with(|| vec![0; n.max(1)]);
        // The fold with fewest of this class; of those the smallest.
        let least = (0..n.max(1)).min_by_key(|&at| (of_stratum[at], total[at], at)).unwrap_or(0);
        of_stratum[least] += unit.members.len();
        total[least] += unit.members.len();
        unit.members.iter().for_each(|&member| fold[member] = least);
    }
    fold
}

/// Texts that may not part.
struct Unit {
    members: Vec<usize>,
    stratum: usize,
}

/// The units in the order in which the seed draws them.
fn units(texts: &[&str], groups: &[Option<&str>], strata: &[usize], seed: u64) -> Vec<Unit> {
    let near = near_groups(texts);
    let mut parents: Vec<usize> = near.clone();
    let mut first_of: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, group) in groups.iter().enumerate() {
        if let Some(group) = group {
            let first = *first_of.entry(group).or_insert(place);
            join(&mut parents, first, place);
        }
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for place in 0..texts.len() {
        members.entry(root(&mut parents, place)).or_default().push(place);
    }
    let mut units: Vec<(String, Unit)> = members
        .into_iter()
        .map(|(first, members)| {
            let key = content_hash(format!("{seed}\n{}", texts[first]).as_bytes());
            (key, Unit { stratum: strata.get(first).copied().unwrap_or(0), members })
        })
        .collect();
    units.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.members[0].cmp(&b.1.members[0])));
    units.into_iter().map(|(_, unit)| unit).collect()
}

fn join(parents: &mut [usize], a: usize, b: usize) {
    let (a, b) = (root(parents, a), root(parents, b));
    parents[a.max(b)] = a.min(b);
}

fn root(parents: &mut [usize], mut at: usize) -> usize {
    while parents[at] != at {
        parents[at] = parents[parents[at]];
        at = parents[at];
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn each_class_is_held_out_in_proportion() {
        let texts: Vec<String> = (0..400).map(|place| format!("text number {place}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let strata: Vec<usize> = (0..400).map(|place| usize::from(place % 8 == 0)).collect();
        let parts = split(&texts, &vec![None; 400], &strata, 0.2, 1);
        let rare = parts.held.iter().filter(|&&place| strata[place] == 1).count();
        assert_eq!((parts.held.len(), rare), (80, 10));
        assert_ne!(parts, split(&texts, &vec![None; 400], &strata, 0.2, 2));
    }

    #[test]
    fn near_identical_texts_share_a_side() {
        let mut texts = Vec::new();
        for place in 0..60 {
            texts.push(format!("Where is parcel {place} now?"));
            texts.push(format!("where is PARCEL {place} now"));
        }
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let parts = split(&texts, &[None; 120], &[0; 120], 0.3, 5);
        assert_eq!(parts.held.len(), 36);
        assert!(parts.held.iter().all(|place| parts.held.contains(&(place ^ 1))));
    }

    proptest! {
        #[test]
        fn no_group_is_torn_apart(
            groups in prop::collection::vec(prop::option::of(0u8..6), 1..60), seed: u64, n in 2usize..5
        ) {
            let texts: Vec<String> = (0..groups.len()).map(|place| format!("item {place}")).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let names: Vec<Option<String>> = groups.iter().map(|group| group.map(|g| g.to_string())).collect();
            let names: Vec<Option<&str>> = names.iter().map(Option::as_deref).collect();
            let parts = split(&texts, &names, &vec![0; texts.len()], 0.3, seed);
            let folds = folds(&texts, &names, &vec![0; texts.len()], n, seed);
            prop_assert_eq!(parts.train.len() + parts.held.len(), texts.len());
            for a in 0..texts.len() {
                for b in 0..a {
                    if names[a].is_some() && names[a] == names[b] {
                        prop_assert_eq!(parts.held.contains(&a), parts.held.contains(&b));
                        prop_assert_eq!(folds[a], folds[b]);
                    }
                }
            }
        }
    }
}
