//! Texts with their classes: what a classifier learns from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::TuneError;
use crate::data::read::{Line, Rejection, Rows, read_rows, refuse_duplicate_ids, text_of};

/// A text with its classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Names it; the line number where the file gives none.
    pub id: String,
    /// What is classified.
    pub text: String,
    /// Its classes: exactly one, or for a multi-label model any number, sorted.
    pub labels: Vec<String>,
    /// Examples of one group never part in a split: a document, a customer, a conversation.
    pub group: Option<String>,
}

/// Whether a text has one class or any number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Labelling {
    /// Exactly one.
    Single,
    /// Any number, none included.
    Multi,
}

/// Reads `{id?, text, label, group?}` rows; `label` is a string, or a list of strings where a text may have several.
///
/// A number or truth value as label is taken as its word. Rows are of one sort: where any label is a list, all texts may
/// have several. The same id twice is an error, for results are told by id.
pub fn read_classified(path: &Path) -> Result<(Rows<Example>, Labelling), TuneError> {
    let mut labelling = Labelling::Single;
    let mut lines = Vec::new();
    let rows = read_rows(path, |line| {
        let (labels, several) = labels_of(line)?;
        let text = text_of(line, "text")?.to_string();
        if several {
            labelling = Labelling::Multi;
        }
        lines.push(line.number);
        let id = word(line.fields.get("id")).unwrap_or_else(|| line.number.to_string());
        Ok(Example { id, text, labels, group: word(line.fields.get("group")) })
    })?;
    let ids = rows.rows.iter().zip(&lines).map(|(row, line)| (row.id.as_str(), *line));
    refuse_duplicate_ids(ids, path)?;
    Ok((rows, labelling))
}

fn labels_of(line: &Line) -> Result<(Vec<String>, bool), Rejection> {
    let hint = "give every row a `label`: a string, or a list of strings";
    match line.fields.get("label") {
        Some(Value::Array(all)) => {
            let words: Option<BTreeSet<String>> = all.iter().map(|one| word(Some(one))).collect();
            let words =
                words.ok_or_else(|| Rejection::new("no_label", "a label of the list is no string", hint))?;
            Ok((words.into_iter().collect(), true))
        }
        Some(value) => match word(Some(value)) {
            Some(word) => Ok((vec![word], false)),
            None => Err(Rejection::new("no_label", "`label` is empty or no string", hint)),
        },
        None => Err(Rejection::new("no_label", "there is no `label`", hint)),
    }
}

/// A string that is not blank, a number or a truth value as a word.
fn word(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_string),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// The classes of a model, sorted, and their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    names: Vec<String>,
}

impl Labels {
    /// The classes that occur in `examples`.
    pub fn of(examples: &[Example]) -> Labels {
        let names: BTreeSet<&String> = examples.iter().flat_map(|example| &example.labels).collect();
        Labels { names: names.into_iter().cloned().collect() }
    }

    /// Classes by name, in the order of their numbers; they must be sorted.
    pub fn named(names: Vec<String>) -> Labels {
        Labels { names }
    }

    /// Their names, in the order of their numbers.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The number of a class.
    pub fn number(&self, name: &str) -> Option<usize> {
        self.names.binary_search_by(|known| known.as_str().cmp(name)).ok()
    }

    /// The numbers of each example's classes; an error names the classes that are not known, with how often each occurs.
    pub fn numbers(&self, examples: &[Example]) -> Result<Vec<Vec<usize>>, TuneError> {
        let mut unseen: BTreeMap<&str, usize> = BTreeMap::new();
        let mut all = Vec::with_capacity(examples.len());
        for example in examples {
            let mut numbers = Vec::with_capacity(example.labels.len());
            for label in &example.labels {
                match self.number(label) {
                    Some(number) => numbers.push(number),
                    None => *unseen.entry(label).or_default() += 1,
                }
            }
            all.push(numbers);
        }
        if unseen.is_empty() {
            return Ok(all);
        }
        let named: Vec<String> = unseen.iter().take(5).map(|(name, n)| format!("`{name}` ({n})")).collect();
        let more = if unseen.len() > 5 { format!(" and {} more", unseen.len() - 5) } else { String::new() };
        Err(TuneError::data(
            format!("labels that training never saw: {}{more}", named.join(", ")),
            "add training rows with these labels or take them out; `--out-of-scope LABEL` names one that means none of the classes",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &str) -> Result<(Rows<Example>, Labelling), TuneError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.jsonl");
        std::fs::write(&path, lines).unwrap();
        read_classified(&path)
    }

    #[track_caller]
    fn check(lines: &str, expected: &[&str]) {
        let (rows, _) = read(lines).unwrap();
        let show = |row: &Example| format!("{} {} {}", row.id, row.text, row.labels.join("+"));
        assert_eq!(rows.rows.iter().map(show).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_missing_id_is_the_line_number() {
        check("{\"text\":\"a\",\"label\":\"x\"}\n{\"id\":7,\"text\":\"b\",\"label\":2}", &["1 a x", "7 b 2"]);
    }

    #[test]
    fn a_list_makes_the_model_multi_label() {
        let lines = "{\"text\":\"a\",\"label\":[\"y\",\"x\",\"y\"]}\n{\"text\":\"b\",\"label\":[]}\n{\"text\":\"c\",\"label\":\"x\"}";
        check(lines, &["1 a x+y", "2 b ", "3 c x"]);
        assert_eq!(read(lines).unwrap().1, Labelling::Multi);
    }

    #[test]
    fn a_row_without_a_label_is_rejected() {
        let lines = "{\"text\":\"a\"}\n{\"text\":\"b\",\"label\":\" \"}\n{\"text\":\"c\",\"label\":[null]}\n{\"text\":\"d\",\"label\":\"x\"}";
        let (rows, _) = read(lines).unwrap();
        assert_eq!((rows.rows.len(), rows.rejected.len()), (1, 3));
    }

    #[test]
    fn the_same_id_twice_is_an_error_that_names_both_lines() {
        let error = read(
            "{\"id\":\"a\",\"text\":\"a\",\"label\":\"x\"}\n{\"id\":\"a\",\"text\":\"b\",\"label\":\"x\"}",
        );
        assert!(error.unwrap_err().to_string().starts_with("id `a` stands on lines 1 and 2"));
    }

    #[test]
    fn a_label_training_never_saw_is_named() {
        let (train, _) = read("{\"text\":\"a\",\"label\":\"x\"}").unwrap();
        let (eval, _) = read("{\"text\":\"a\",\"label\":\"x\"}\n{\"text\":\"b\",\"label\":\"z\"}").unwrap();
        let error = Labels::of(&train.rows).numbers(&eval.rows).unwrap_err();
        assert_eq!(error.to_string(), "labels that training never saw: `z` (1)");
    }
}
