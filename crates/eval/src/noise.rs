//! Which labels are probably wrong, judged by a model that was trained without them: confident learning (Northcutt, Jiang
//! and Chuang 2021), pruning by noise rate.

use serde::Serialize;

/// Two probabilities closer than this are the same.
const SAME: f64 = 1e-6;

/// How a label stands with the model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelIssue {
    /// Which item, by its place.
    pub item: usize,
    /// The label it was given.
    pub given: usize,
    /// The model's most probable label; of several the first.
    pub suggested: usize,
    /// The model's probability of the given label; low is suspicious.
    pub self_confidence: f64,
    /// By how much that exceeds the most probable other label, brought to `[0, 1]`; below one half the model disagrees.
    pub margin: f64,
    /// Whether the item is among as many as the estimated noise makes wrong.
    pub issue: bool,
}

/// Every item, the least self-confident first.
///
/// `probabilities` has for each item one probability a label, from a model that did not train on the item; `given` are
/// places in those. A label of which there is only one item is never called an issue.
pub fn label_issues(given: &[usize], probabilities: &[Vec<f64>]) -> Vec<LabelIssue> {
    let labels = probabilities.first().map_or(0, Vec::len);
    let wrong = pruned(given, probabilities, &noise(given, probabilities, labels));
    let one = |(item, (&given, of)): (usize, (&usize, &Vec<f64>))| {
        let others =
            of.iter().enumerate().filter(|(label, _)| *label != given).map(|(_, probability)| *probability);
        let most_other = others.fold(0.0, f64::max);
        let disagrees = first_most(of, given, SAME) != given;
        LabelIssue {
            item,
            given,
            suggested: first_most(of, given, 0.0),
            self_confidence: of[given],
            margin: (of[given] - most_other + 1.0) / 2.0,
            issue: wrong[item] && disagrees,
        }
    };
    let mut all: Vec<LabelIssue> = given.iter().zip(probabilities).enumerate().map(one).collect();
    all.sort_by(|a, b| a.self_confidence.total_cmp(&b.self_confidence).then(a.item.cmp(&b.item)));
    all
}

/// The first of the most probable labels, when `favoured` gets `more`.
fn first_most(of: &[f64], favoured: usize, more: f64) -> usize {
    let value = |label: usize| of[label] + if label == favoured { more } else { 0.0 };
    (1..of.len()).fold(0, |best, label| if value(label) > value(best) { label } else { best })
}

/// How many items given one label (the row) are confidently another (the column), scaled to all items: the joint
/// distribution of given and right labels, as counts.
fn noise(given: &[usize], probabilities: &[Vec<f64>], labels: usize) -> Vec<Vec<i64>> {
    let mut items = vec![0.0; labels];
    let mut thresholds = vec![0.0; labels];
    for (&label, of) in given.iter().zip(probabilities) {
        items[label] += 1.0;
        thresholds[label] += of[label];
    }
    for (threshold, items) in thresholds.iter_mut().zip(&items) {
        // A label nobody gave is never confident.
        *threshold = if *items > 0.0 { (*threshold / items).max(2.0 * SAME) } else { 2.0 };
    }
    let mut joint = vec![vec![0.0_f64; labels]; labels];
    for (&label, of) in given.iter().zip(probabilities) {
        let mut confident = (0..labels).filter(|&other| of[other] >= thresholds[other] - SAME);
        match (confident.next(), confident.next()) {
            (None, _) => {}
            (Some(only), None) => joint[label][only] += 1.0,
            (Some(_), Some(_)) => joint[label][first_most(of, 0, 0.0)] += 1.0,
        }
    }
    for (label, row) in joint.iter_mut().enumerate() {
        row[label] = row[label].max(1.0);
        let sum: f64 = row.iter().sum();
        row.iter_mut().for_each(|count| *count = *count / sum * items[label]);
    }
    joint.iter().map(|row| rounded(row)).collect()
}

/// Whole numbers with the same sum, rounded; what is missing is added where rounding took most, what is too much is taken
/// where it gave most.
fn rounded(row: &[f64]) -> Vec<i64> {
    let mut whole: Vec<i64> = row.iter().map(|count| count.round_ties_even() as i64).collect();
    let wanted = row.iter().sum::<f64>().round_ties_even() as i64;
    let mut by_lost: Vec<usize> = (0..row.len()).collect();
    by_lost.sort_by(|&a, &b| (row[a] - whole[a] as f64).total_cmp(&(row[b] - whole[b] as f64)));
    let missing = wanted - whole.iter().sum::<i64>();
    let changed: Vec<usize> = match missing {
        0.. => by_lost.into_iter().rev().take(missing as usize).collect(),
        _ => by_lost.into_iter().take(missing.unsigned_abs() as usize).collect(),
    };
    changed.into_iter().for_each(|label| whole[label] += missing.signum());
    whole
}

/// For each pair of labels, as many of the items given the one as are probably the other: those the model prefers most.
fn pruned(given: &[usize], probabilities: &[Vec<f64>], joint: &[Vec<i64>]) -> Vec<bool> {
    let mut wrong = vec![false; given.len()];
    for (label, row) in joint.iter().enumerate() {
        let items: Vec<usize> = (0..given.len()).filter(|&item| given[item] == label).collect();
        if items.len() < 2 {
            continue;
        }
        for (other, count) in remaining(row, label).into_iter().enumerate() {
            if other == label || count == 0 {
                continue;
            }
            let preference = |item: &usize| probabilities[*item][other] - probabilities[*item][label];
            let mut by_preference = items.clone();
            by_preference.sort_by(|a, b| preference(b).total_cmp(&preference(a)));
            by_preference.iter().take(count).for_each(|&item| wrong[item] = true);
        }
    }
    wrong
}

/// How many items to take for each other label, so that at least one keeps its label.
fn remaining(row: &[i64], label: usize) -> Vec<usize> {
    let lacking = (1 - row[label]).max(0) as f64;
    let kinds = row.iter().filter(|count| **count != 0).count().saturating_sub(1).max(1) as f64;
    row.iter().map(|count| (*count as f64 - lacking / kinds).max(0.0) as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_swapped_label_comes_first_and_is_an_issue() {
        let sure = |label: usize| if label == 0 { vec![0.9, 0.1] } else { vec![0.1, 0.9] };
        let given = [0, 0, 0, 0, 1, 1, 1, 1, 0];
        let right = [0, 0, 0, 0, 1, 1, 1, 1, 1];
        let issues = label_issues(&given, &right.map(sure));
        assert_eq!((issues[0].item, issues[0].given, issues[0].suggested), (8, 0, 1));
        assert!(issues[0].issue && issues[1..].iter().all(|issue| !issue.issue), "{issues:?}");
        assert!((issues[0].margin - 0.1).abs() < 1e-12);
    }

    #[test]
    fn nothing_given_has_no_issues() {
        assert!(label_issues(&[], &[]).is_empty());
    }

    proptest! {
        #[test]
        fn an_issue_is_always_one_the_model_would_label_otherwise(
            rows in prop::collection::vec((0usize..3, 0.01f64..1.0, 0.01f64..1.0, 0.01f64..1.0), 1..40)
        ) {
            let given: Vec<usize> = rows.iter().map(|row| row.0).collect();
            let normal = |a: f64, b: f64, c: f64| vec![a / (a + b + c), b / (a + b + c), c / (a + b + c)];
            let probabilities: Vec<_> = rows.iter().map(|(_, a, b, c)| normal(*a, *b, *c)).collect();
            let issues = label_issues(&given, &probabilities);
            prop_assert_eq!(issues.len(), rows.len());
            for issue in issues {
                prop_assert!(!issue.issue || (issue.suggested != issue.given && issue.margin < 0.5));
            }
        }
    }
}
