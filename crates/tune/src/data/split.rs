//! Splits that do not leak: what belongs together, or says nearly the same, stays on one side.

use std::collections::{BTreeMap, BTreeSet};

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
/// nearly the same belong together in any case. `strata` is what every part should have in the same proportions (a class);
/// groups of several texts, which may be of several strata, are one stratum of their own. Where they leave nothing to hold out
/// that way, the one nearest to the share is.
///
/// Where texts that come in many groups, such as the last line of a letter, would bring most of all texts together, groups are held
/// out all the same, and what of them says nearly the same as something that is trained on is in neither part.
///
/// The side of a group is drawn by the hash of its first text and the seed, so it stays where it is when other rows come and
/// go, as far as the proportions allow.
pub fn split(texts: &[&str], groups: &[Option<&str>], strata: &[usize], share: f64, seed: u64) -> Parts {
    split_to_learn(texts, groups, strata, &[], share, seed)
}

/// As [`split`], with the `labels` of each text: what alone has a label is trained on, for nothing else could teach it.
pub fn split_to_learn(
    texts: &[&str],
    groups: &[Option<&str>],
    strata: &[usize],
    labels: &[Vec<&str>],
    share: f64,
    seed: u64,
) -> Parts {
    let near = near_groups(texts);
    let together = joined(texts, &near, groups, strata, seed);
    let places = |wanted: bool, held: &[bool]| -> Vec<usize> {
        (0..texts.len()).filter(|&place| held[place] == wanted).collect()
    };
    if together.iter().any(|unit| unit.members.len() * 2 > texts.len() && of_several(unit, groups)) {
        let own: Vec<usize> = (0..texts.len()).collect();
        let held = hold(&joined(texts, &own, groups, strata, seed), texts.len(), labels, share);
        let (train, mut out) = (places(false, &held), places(true, &held));
        let learned: BTreeSet<usize> = train.iter().map(|&place| near[place]).collect();
        out.retain(|&place| !learned.contains(&near[place]));
        // Where nearly all say the same, nothing is left to be told by.
        if !out.is_empty() && (train.len() + out.len()) * 4 > texts.len() * 3 {
            return Parts { train, held: out };
        }
    }
    let held = hold(&together, texts.len(), labels, share);
    Parts { train: places(false, &held), held: places(true, &held) }
}

/// Whether a unit has rows of two groups that each have more than one there.
fn of_several(unit: &Unit, groups: &[Option<&str>]) -> bool {
    let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
    for group in unit.members.iter().filter_map(|&member| groups.get(member).copied().flatten()) {
        *rows.entry(group).or_default() += 1;
    }
    rows.values().filter(|rows| **rows > 1).count() > 1
}

/// Which of `n` texts are held out, whole units.
fn hold(units: &[Unit], n: usize, labels: &[Vec<&str>], share: f64) -> Vec<bool> {
    let mut held = vec![false; n];
    // How often each label is left to train on.
    let mut left = count(labels);
    let of_unit = |unit: &Unit| count(unit.members.iter().filter_map(|&member| labels.get(member)));
    // How many of each stratum have passed, and how many of them were held out.
    let mut seen: BTreeMap<Option<usize>, (f64, f64)> = BTreeMap::new();
    for unit in units {
        let (passed, out) = seen.entry(unit.stratum).or_default();
        *passed += unit.members.len() as f64;
        // Held out when that brings the stratum nearer to its share.
        let with = *out + unit.members.len() as f64;
        let own = of_unit(unit);
        if (with - *passed * share).abs() < (*out - *passed * share).abs() && spares(&left, &own) {
            *out = with;
            unit.members.iter().for_each(|&member| held[member] = true);
            for (label, times) in own {
                *left.entry(label).or_default() -= times;
            }
        }
    }
    let grouped = units.len() > 1 && units.iter().any(|unit| unit.stratum.is_none());
    if grouped && share > 0.0 && !held.contains(&true) {
        let off = |unit: &Unit| (unit.members.len() as f64 - share * n as f64).abs();
        let spared = units.iter().filter(|unit| spares(&left, &of_unit(unit)));
        if let Some(nearest) = spared.min_by(|a, b| off(a).total_cmp(&off(b))) {
            nearest.members.iter().for_each(|&member| held[member] = true);
        }
    }
    held
}

/// How often each label occurs.
fn count<'l>(labels: impl IntoIterator<Item = &'l Vec<&'l str>>) -> BTreeMap<&'l str, usize> {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for label in labels.into_iter().flatten() {
        *times.entry(*label).or_default() += 1;
    }
    times
}

/// Whether every label of `own` is `left` beyond those.
fn spares(left: &BTreeMap<&str, usize>, own: &BTreeMap<&str, usize>) -> bool {
    own.iter().all(|(label, times)| left.get(label).is_some_and(|left| left > times))
}

/// Whether there are several rows and all are of one group: nothing could be learned for a fold that takes a whole group.
pub fn one_group(groups: &[Option<&str>]) -> bool {
    let first = groups.first().copied().flatten();
    groups.len() > 1 && first.is_some() && groups.iter().all(|group| *group == first)
}

/// Groups as folds take them: where all rows come together, for they are of [`one_group`] or something in every group says nearly
/// the same as something in another, each row stands for itself.
pub(crate) fn groups_of_folds<'g>(texts: &[&str], groups: Vec<Option<&'g str>>) -> Vec<Option<&'g str>> {
    let grouped = groups.len() > 1 && groups.iter().any(Option::is_some);
    if grouped && units(texts, &groups, &[], 0).len() < 2 { vec![None; groups.len()] } else { groups }
}

/// Deals the texts into `n` folds of nearly equal size; what belongs together is in one. The fold of each text.
pub fn folds(texts: &[&str], groups: &[Option<&str>], strata: &[usize], n: usize, seed: u64) -> Vec<usize> {
    let mut fold = vec![0; texts.len()];
    let stratum = |unit: &Unit| strata.get(unit.members[0]).copied().unwrap_or(0);
    let mut sizes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut total = vec![0; n.max(1)];
    for unit in units(texts, groups, strata, seed) {
        let of_stratum = sizes.entry(stratum(&unit)).or_insert_with(|| vec![0; n.max(1)]);
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
    /// Never empty.
    members: Vec<usize>,
    /// That of the first; `None` where a group holds several together.
    stratum: Option<usize>,
}

/// The units in the order in which the seed draws them.
fn units(texts: &[&str], groups: &[Option<&str>], strata: &[usize], seed: u64) -> Vec<Unit> {
    joined(texts, &near_groups(texts), groups, strata, seed)
}

/// The same, where it is known which texts are `near`: for each the first of those.
fn joined(texts: &[&str], near: &[usize], groups: &[Option<&str>], strata: &[usize], seed: u64) -> Vec<Unit> {
    let mut parents: Vec<usize> = near.to_vec();
    let mut first_of: BTreeMap<&str, usize> = BTreeMap::new();
    // Rows that stand in a group beside others.
    let mut beside = vec![false; texts.len()];
    for (place, group) in groups.iter().enumerate() {
        if let Some(group) = group {
            let first = *first_of.entry(group).or_insert(place);
            join(&mut parents, first, place);
            beside[place] = first != place;
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
            let together = members.iter().any(|&member| beside[member]);
            let stratum = (!together).then(|| strata.get(first).copied().unwrap_or(0));
            (key, Unit { stratum, members })
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

    /// Texts of `documents` of as many `items`, with the number of a label each.
    fn documents(documents: usize, items: usize, labels: usize) -> (Vec<String>, Vec<String>, Vec<usize>) {
        let all = documents * items;
        let texts = (0..all).map(|place| format!("text number {place}")).collect();
        let groups = (0..all).map(|place| format!("document {}", place / items)).collect();
        // Every document begins with another label than its neighbour.
        (texts, groups, (0..all).map(|place| (place + place / items) % labels).collect())
    }

    fn named(names: &[String]) -> Vec<Option<&str>> {
        names.iter().map(|name| Some(name.as_str())).collect()
    }

    fn of(texts: &[String]) -> Vec<&str> {
        texts.iter().map(String::as_str).collect()
    }

    #[test]
    fn of_few_documents_with_many_labels_about_a_fifth_is_held_out() {
        for (n, items, labels) in [(4, 30, 3), (5, 40, 3), (10, 20, 10), (12, 30, 4), (30, 20, 77)] {
            let (texts, groups, strata) = documents(n, items, labels);
            for seed in 0..20 {
                let held = split(&of(&texts), &named(&groups), &strata, 0.2, seed).held.len();
                let share = held as f64 / texts.len() as f64;
                assert!((0.1..=0.3).contains(&share), "{n} documents, seed {seed}: {share}");
            }
        }
    }

    #[test]
    fn of_two_documents_the_one_nearest_to_the_share_is_held_out() {
        let (texts, _, strata) = documents(1, 50, 2);
        let groups: Vec<String> =
            (0..50).map(|place| (if place < 35 { "long" } else { "short" }).into()).collect();
        for seed in 0..20 {
            assert_eq!(
                split(&of(&texts), &named(&groups), &strata, 0.2, seed).held,
                (35..50).collect::<Vec<_>>()
            );
        }
        let alone = vec!["only".to_string(); 50];
        assert!(split(&of(&texts), &named(&alone), &strata, 0.2, 1).held.is_empty());
    }

    #[test]
    fn groups_of_one_text_each_are_no_groups() {
        let (texts, _, strata) = documents(1, 90, 3);
        let own: Vec<String> = (0..90).map(|place| place.to_string()).collect();
        for seed in 0..5 {
            let bare = split(&of(&texts), &[None; 90], &strata, 0.2, seed);
            assert_eq!(split(&of(&texts), &named(&own), &strata, 0.2, seed), bare);
        }
    }

    #[test]
    fn a_label_of_one_document_only_is_trained_on() {
        let (texts, groups, strata) = documents(6, 20, 2);
        // The third document alone has `rare`; the first two alone have `odd`.
        let labels: Vec<Vec<&str>> = (0..120)
            .map(|place| match place / 20 {
                2 => vec!["usual", "rare"],
                0 | 1 => vec!["usual", "odd"],
                _ => vec!["usual"],
            })
            .collect();
        for seed in 0..40 {
            let parts = split_to_learn(&of(&texts), &named(&groups), &strata, &labels, 0.4, seed);
            let learned = |label: &str| parts.train.iter().any(|&place| labels[place].contains(&label));
            assert!(
                !parts.held.is_empty() && ["usual", "rare", "odd"].into_iter().all(learned),
                "seed {seed}"
            );
        }
    }

    #[test]
    fn where_every_label_is_of_many_rows_labels_change_no_split() {
        let (texts, _, strata) = documents(1, 90, 3);
        let labels: Vec<Vec<&str>> = strata.iter().map(|&label| vec![["a", "b", "c"][label]]).collect();
        for seed in 0..5 {
            let bare = split(&of(&texts), &[None; 90], &strata, 0.2, seed);
            assert_eq!(split_to_learn(&of(&texts), &[None; 90], &strata, &labels, 0.2, seed), bare);
        }
    }

    #[test]
    fn where_all_rows_are_of_one_group_folds_take_each_for_itself() {
        let texts = ["a card was lost", "where is my money", "how do I pay"];
        assert_eq!(groups_of_folds(&texts, vec![Some("a"); 3]), vec![None; 3]);
        for groups in
            [vec![Some("a"), Some("b")], vec![Some("a"), None], vec![None, None], vec![Some("a")], vec![]]
        {
            assert!(!one_group(&groups));
            assert_eq!(groups_of_folds(&texts[..groups.len()], groups.clone()), groups);
        }
    }

    #[test]
    fn letters_that_end_alike_are_held_out_without_their_last_lines() {
        let (mut texts, groups, strata) = documents(10, 8, 2);
        texts.iter_mut().skip(7).step_by(8).for_each(|text| *text = "Yours sincerely, the team".into());
        for seed in 0..20 {
            let parts = split(&of(&texts), &named(&groups), &strata, 0.2, seed);
            assert_eq!((parts.train.len(), parts.held.len()), (64, 14), "seed {seed}");
            assert!(parts.held.iter().all(|place| place % 8 != 7 && !parts.train.contains(place)));
            assert!(
                parts.held.iter().all(|held| parts.train.iter().all(|one| groups[*one] != groups[*held]))
            );
        }
        // Where nearly all say the same, there is nothing to hold out.
        let same = vec!["Yours sincerely, the team"; 80];
        assert!(split(&same, &named(&groups), &strata, 0.2, 1).held.is_empty());
    }

    #[test]
    fn groups_that_a_text_in_each_brings_together_are_no_groups_for_folds() {
        let texts = [
            "sign here please, and send it back",
            "a card was lost",
            "sign here please, and send it back",
            "how do I pay",
        ];
        let groups = vec![Some("a"), Some("a"), Some("b"), Some("b")];
        assert_eq!(groups_of_folds(&texts, groups), vec![None; 4]);
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
