//! What there is to know of training data before anything is trained.

use std::collections::{BTreeMap, BTreeSet};

use engraft_eval::{LabelIssue, label_issues as issues_of};
use serde::{Deserialize, Serialize};

use crate::data::Example;
use crate::data::near::{near_groups, words};

/// What an audit found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataAudit {
    /// Rows looked at.
    pub rows: usize,
    /// Rows that say the same as an earlier one, word for word in any order and case.
    pub duplicates: usize,
    /// Rows that say nearly the same as another.
    pub near_duplicates: usize,
    /// Texts that stand in several rows under different labels.
    pub conflicts: Vec<Conflict>,
    /// Every class with its rows, the most frequent first.
    pub classes: Vec<ClassCount>,
    /// Rows without any label, where a text may have several.
    pub without_label: usize,
    /// How long the texts are, in code points.
    pub lengths: Lengths,
}

/// One text, several labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The rows.
    pub ids: Vec<String>,
    /// What they are labelled, one entry a row.
    pub labels: Vec<String>,
}

/// How many rows a class has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassCount {
    /// The class.
    pub label: String,
    /// Its rows.
    pub rows: usize,
}

/// Quantiles of length, in code points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lengths {
    /// The shortest.
    pub least: usize,
    /// Half are at most this long.
    pub median: usize,
    /// 95 of 100 are at most this long.
    pub p95: usize,
    /// The longest.
    pub most: usize,
}

/// Looks rows over. Conflicts are listed up to 100.
pub fn audit(examples: &[Example]) -> DataAudit {
    let mut by_words: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
    for (place, example) in examples.iter().enumerate() {
        by_words.entry(words(&example.text).into_iter().collect()).or_default().push(place);
    }
    let joined = |place: &usize| examples[*place].labels.join(" + ");
    let conflicting =
        by_words.values().filter(|places| places.iter().map(joined).collect::<BTreeSet<_>>().len() > 1);
    let conflicts = conflicting
        .take(100)
        .map(|places| Conflict {
            ids: places.iter().map(|&place| examples[place].id.clone()).collect(),
            labels: places.iter().map(joined).collect(),
        })
        .collect();
    let texts: Vec<&str> = examples.iter().map(|example| example.text.as_str()).collect();
    let near: BTreeSet<usize> = near_groups(&texts).into_iter().collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for label in examples.iter().flat_map(|example| &example.labels) {
        *counts.entry(label).or_default() += 1;
    }
    let mut classes: Vec<ClassCount> =
        counts.into_iter().map(|(label, rows)| ClassCount { label: label.into(), rows }).collect();
    classes.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.label.cmp(&b.label)));
    let duplicates = examples.len() - by_words.len();
    DataAudit {
        rows: examples.len(),
        duplicates,
        near_duplicates: examples.len() - near.len() - duplicates.min(examples.len() - near.len()),
        conflicts,
        classes,
        without_label: examples.iter().filter(|example| example.labels.is_empty()).count(),
        lengths: lengths(examples),
    }
}

fn lengths(examples: &[Example]) -> Lengths {
    let mut all: Vec<usize> = examples.iter().map(|example| example.text.chars().count()).collect();
    all.sort_unstable();
    let at = |share: usize| all.get((all.len().saturating_sub(1)) * share / 100).copied().unwrap_or(0);
    Lengths { least: at(0), median: at(50), p95: at(95), most: at(100) }
}

/// Rows whose label is probably wrong, the least plausible first, by confident learning; `probabilities` are those of models
/// that were trained without the row.
pub fn label_issues(given: &[usize], probabilities: &[Vec<f64>]) -> Vec<LabelIssue> {
    let mut found = issues_of(given, probabilities);
    found.retain(|issue| issue.issue);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[(&str, &str)]) -> Vec<Example> {
        let row = |(place, (text, label)): (usize, &(&str, &str))| Example {
            id: place.to_string(),
            text: (*text).into(),
            labels: vec![(*label).into()],
            group: None,
        };
        rows.iter().enumerate().map(row).collect()
    }

    #[test]
    fn what_says_the_same_is_counted_and_contradictions_are_named() {
        let found = audit(&rows(&[
            ("Card lost", "lost"),
            ("card lost!", "stolen"),
            ("a b c d e f g h i j k l m n o p q r s t", "x"),
            ("a b c d e f g h i j k l m n o p q r s z", "x"),
        ]));
        assert_eq!((found.rows, found.duplicates, found.near_duplicates), (4, 1, 1));
        assert_eq!(
            found.conflicts,
            [Conflict { ids: vec!["0".into(), "1".into()], labels: vec!["lost".into(), "stolen".into()] }]
        );
        assert_eq!(found.classes[0], ClassCount { label: "x".into(), rows: 2 });
        assert_eq!((found.lengths.least, found.lengths.most), (9, 39));
    }

    #[test]
    fn nothing_has_no_lengths() {
        assert_eq!(audit(&[]).lengths, Lengths::default());
    }
}
