//! Predictions beside what is right, by id.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::rows::{self, Row};
use super::wrong;
use crate::Error;

/// Two files to compare.
#[derive(Clone, Debug)]
pub struct Compared {
    /// What was predicted: JSON, one object a line.
    pub pred: PathBuf,
    /// What is right.
    pub gold: PathBuf,
}

/// One item: what is right, and what was predicted, if anything was.
pub(super) struct Item {
    pub(super) id: String,
    pub(super) gold: Row,
    pub(super) pred: Option<Row>,
}

/// Every item of the gold file, by id; what was not predicted is `None`. `value` is the field a file that maps ids to
/// values is about.
pub(super) fn join(files: &Compared, value: &str, expected: &str) -> Result<Vec<Item>, Error> {
    let gold = read(&files.gold, value, expected)?;
    if gold.is_empty() {
        return Err(wrong(&files.gold, "nothing to compare with", expected));
    }
    let mut pred: BTreeMap<String, Row> = read(&files.pred, value, expected)?.into_iter().collect();
    let items: Vec<Item> =
        gold.into_iter().map(|(id, gold)| Item { pred: pred.remove(&id), id, gold }).collect();
    if let Some((id, row)) = pred.iter().min_by_key(|(_, row)| row.line) {
        let what = format!("line {}: `{id}` is not in {}", row.line, files.gold.display());
        return Err(wrong(
            &files.pred,
            &what,
            format!("use the same ids in both files, such as `{}`", items[0].id),
        ));
    }
    Ok(items)
}

/// The rows of a file with their ids; a file without ids counts its lines.
fn read(path: &Path, value: &str, expected: &str) -> Result<Vec<(String, Row)>, Error> {
    let text = rows::read(path)?;
    let rows = match rows::document(&text) {
        Some(document) => of_document(path, document, value)?,
        None => rows::of_lines(path, &text, expected)?,
    };
    let ids: Vec<Option<String>> =
        rows.iter().map(|row| row.text(&["id", "_id", "query_id", "qid"])).collect();
    let any = ids.iter().any(Option::is_some);
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    let mut named = Vec::with_capacity(rows.len());
    for (row, id) in rows.into_iter().zip(ids) {
        let id = match id {
            Some(id) => id,
            None if any => {
                return Err(wrong(
                    path,
                    &format!("line {} has no id", row.line),
                    "give every line an \"id\"",
                ));
            }
            None => row.line.to_string(),
        };
        if let Some(line) = first.insert(id.clone(), row.line) {
            let what = format!("line {}: `{id}` comes a second time, after line {line}", row.line);
            return Err(wrong(path, &what, "give every item one line"));
        }
        named.push((id, row));
    }
    Ok(named)
}

/// A file that is one document: SQuAD's data set, or values by id.
fn of_document(path: &Path, document: Map<String, Value>, value: &str) -> Result<Vec<Row>, Error> {
    if let Some(Value::Array(articles)) = document.get("data") {
        let paragraphs = articles.iter().filter_map(|article| article["paragraphs"].as_array()).flatten();
        let questions = paragraphs.filter_map(|paragraph| paragraph["qas"].as_array()).flatten();
        let rows = questions.enumerate().map(|(at, question)| match question {
            Value::Object(fields) => Ok(Row { line: at + 1, fields: fields.clone() }),
            _ => Err(wrong(path, "a question is no object", "write SQuAD's data set")),
        });
        return rows.collect();
    }
    let row = |(at, (id, said)): (usize, (String, Value))| {
        let fields = [("id".to_string(), Value::String(id)), (value.to_string(), said)];
        Row { line: at + 1, fields: fields.into_iter().collect() }
    };
    Ok(document.into_iter().enumerate().map(row).collect())
}
