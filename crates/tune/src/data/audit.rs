//! What there is to know of training data before anything is trained.

use std::collections::{BTreeMap, BTreeSet};

use engraft_eval::{LabelIssue, label_issues as issues_of};
use serde::{Deserialize, Serialize};

use crate::data::near::{near_groups, words};
use crate::data::{Example, ExtractionRow};

/// What an audit found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataAudit {
    /// Rows looked at.
    pub rows: usize,
    /// Rows that say the same as an earlier one: texts with classes word for word in any order and case, others to the letter.
    pub duplicates: usize,
    /// Rows whose text says nearly the same as another; of texts with classes or spans.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub near_duplicates: Option<usize>,
    /// What stands in several rows under different labels.
    pub conflicts: Vec<Conflict>,
    /// Every class with its rows, or label with its spans, the most frequent first; empty where there is neither.
    pub classes: Vec<ClassCount>,
    /// Rows without any label, where a row may have several or none.
    pub without_label: usize,
    /// How long the texts are, in code points.
    pub lengths: Lengths,
}

/// A row of any kind, as an audit sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audited {
    /// Names it.
    pub id: String,
    /// What is as long as it is.
    pub text: String,
    /// Rows with the same key say the same.
    pub key: Vec<String>,
    /// What people said of it; rows that say the same of which they said something else contradict each other.
    pub said: String,
    /// Its labels, to be counted.
    pub labels: Vec<String>,
}

/// One text, several labels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The rows.
    pub ids: Vec<String>,
    /// What people said of them, one entry a row.
    pub labels: Vec<String>,
}

/// How many rows a class has, or spans a label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassCount {
    /// The class, or the label.
    pub label: String,
    /// Its rows, or its spans.
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

/// Looks texts with classes over.
pub fn audit(examples: &[Example]) -> DataAudit {
    let row = |example: &Example| Audited {
        id: example.id.clone(),
        text: example.text.clone(),
        key: words(&example.text).into_iter().collect(),
        said: example.labels.join(" + "),
        labels: example.labels.clone(),
    };
    with_near(&examples.iter().map(row).collect::<Vec<_>>())
}

/// Looks texts with marked spans over. The same text is one with the same context; what is said of it is where what is marked.
pub fn audit_marked(rows: &[ExtractionRow]) -> DataAudit {
    let row = |row: &ExtractionRow| {
        let spans = || row.spans.iter();
        let said = spans().map(|one| format!("{} {}-{}", one.label, one.span.start(), one.span.end()));
        Audited {
            id: row.id.clone(),
            text: row.text.clone(),
            key: [std::slice::from_ref(&row.text), &row.context].concat(),
            said: said.collect::<Vec<_>>().join(" + "),
            labels: spans().map(|one| one.label.clone()).collect(),
        }
    };
    with_near(&rows.iter().map(row).collect::<Vec<_>>())
}

/// Looks rows of any kind over. Conflicts are listed up to 100.
pub fn audit_rows(rows: &[Audited]) -> DataAudit {
    let mut by_key: BTreeMap<&[String], Vec<&Audited>> = BTreeMap::new();
    for row in rows {
        by_key.entry(&row.key).or_default().push(row);
    }
    let conflicting =
        by_key.values().filter(|same| same.iter().map(|row| &row.said).collect::<BTreeSet<_>>().len() > 1);
    let conflict = |same: &Vec<&Audited>| Conflict {
        ids: same.iter().map(|row| row.id.clone()).collect(),
        labels: same.iter().map(|row| row.said.clone()).collect(),
    };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for label in rows.iter().flat_map(|row| &row.labels) {
        *counts.entry(label).or_default() += 1;
    }
    let mut classes: Vec<ClassCount> =
        counts.into_iter().map(|(label, rows)| ClassCount { label: label.into(), rows }).collect();
    classes.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.label.cmp(&b.label)));
    DataAudit {
        rows: rows.len(),
        duplicates: rows.len() - by_key.len(),
        near_duplicates: None,
        conflicts: conflicting.take(100).map(conflict).collect(),
        // Where no row has a label there is none to miss.
        without_label: match classes.is_empty() {
            true => 0,
            false => rows.iter().filter(|row| row.labels.is_empty()).count(),
        },
        classes,
        lengths: lengths(rows),
    }
}

/// As [`audit_rows`], with rows whose texts are nearly the same.
fn with_near(rows: &[Audited]) -> DataAudit {
    let found = audit_rows(rows);
    let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
    let near: BTreeSet<usize> = near_groups(&texts).into_iter().collect();
    let alike = rows.len() - near.len();
    DataAudit { near_duplicates: Some(alike.saturating_sub(found.duplicates)), ..found }
}

fn lengths(rows: &[Audited]) -> Lengths {
    let mut all: Vec<usize> = rows.iter().map(|row| row.text.chars().count()).collect();
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
    use engraft_core::Span;

    use super::*;
    use crate::data::MarkedSpan;

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
        assert_eq!((found.rows, found.duplicates, found.near_duplicates), (4, 1, Some(1)));
        assert_eq!(
            found.conflicts,
            [Conflict { ids: vec!["0".into(), "1".into()], labels: vec!["lost".into(), "stolen".into()] }]
        );
        assert_eq!(found.classes[0], ClassCount { label: "x".into(), rows: 2 });
        assert_eq!((found.lengths.least, found.lengths.most), (9, 39));
    }

    #[test]
    fn the_same_text_marked_differently_is_named_and_labels_are_counted() {
        let row = |id: &str, text: &str, context: &[&str], spans: &[(usize, usize, &str)]| ExtractionRow {
            id: id.into(),
            text: text.into(),
            context: context.iter().map(|known| (*known).to_string()).collect(),
            group: id.into(),
            spans: spans
                .iter()
                .map(|&(start, end, label)| MarkedSpan {
                    span: Span::new(start, end).unwrap(),
                    label: label.into(),
                })
                .collect(),
        };
        let found = audit_marked(&[
            row("a", "Acme hired Ana.", &[], &[(0, 4, "ORG"), (11, 14, "PER")]),
            row("b", "Acme hired Ana.", &[], &[(0, 4, "ORG")]),
            // Something else was asked here, and the words stand in another order there.
            row("c", "Acme hired Ana.", &["who"], &[(11, 14, "PER")]),
            row("d", "Ana hired Acme.", &[], &[]),
        ]);
        assert_eq!((found.rows, found.duplicates, found.near_duplicates), (4, 1, Some(2)));
        let labels = vec!["ORG 0-4 + PER 11-14".into(), "ORG 0-4".into()];
        assert_eq!(found.conflicts, [Conflict { ids: vec!["a".into(), "b".into()], labels }]);
        let classes: Vec<(&str, usize)> =
            found.classes.iter().map(|class| (class.label.as_str(), class.rows)).collect();
        assert_eq!((classes, found.without_label), (vec![("ORG", 2), ("PER", 2)], 1));
    }

    #[test]
    fn nothing_has_no_lengths() {
        assert_eq!(audit(&[]).lengths, Lengths::default());
    }
}
