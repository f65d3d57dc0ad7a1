//! TREC qrels: `query 0 document grade`, judged pairs only.

use std::collections::BTreeMap;

use serde_json::{Map, json};

use crate::format::export::RowWriter;
use crate::format::found::{Found, FoundResponse, Said, What};
use crate::format::import::{Find, Tell};
use crate::format::lines::{Line, Lines};
use crate::format::report::Losses;
use crate::format::retrieval::Grading;
use crate::format::{ExportOptions, Format, FormatError, Input};
use crate::{Record, Schema};

/// Writes one line a judged passage; the query's name is the item's.
pub(crate) struct Rows {
    grading: Grading,
}

impl Rows {
    pub(crate) fn new(schema: &Schema, options: &ExportOptions) -> Result<Rows, FormatError> {
        Ok(Rows { grading: Grading::new(Format::TrecQrels, schema, options)? })
    }
}

impl RowWriter for Rows {
    fn group(&self, record: &Record) -> Option<String> {
        Some(self.grading.query(record))
    }

    fn rows(&mut self, record: &Record, losses: &mut Losses) -> Vec<String> {
        let judged = self.grading.judged(record, losses);
        let mut rows = Vec::new();
        for passage in judged {
            if is_name(&record.id) && is_name(passage.id) {
                rows.push(format!("{} 0 {} {}\n", record.id, passage.id, passage.grade));
            } else {
                losses.add("a judgement", "a name with white space would be two columns");
            }
        }
        let text = "qrels hold names, not texts";
        losses.add_many("the text of a query and its passages", text, u64::from(!rows.is_empty()));
        rows
    }
}

fn is_name(id: &str) -> bool {
    !id.is_empty() && !id.contains(char::is_whitespace)
}

/// A query, the line it begins on, and its documents with their grades.
type Group = (u64, String, Vec<(String, i64)>);

/// Tells of every run of lines with the same query; its name and those of its documents stand for their texts.
pub(crate) fn read(input: Input, tell: &mut Tell, losses: &mut Losses) -> Result<(), FormatError> {
    let mut lines = Lines::new(input.open()?);
    let mut group: Option<Group> = None;
    while let Some((number, line)) = lines.next().map_err(|source| input.failed(source))? {
        let columns: Vec<&str> = match line {
            Line::Text(line) => line.split_whitespace().collect(),
            Line::Bad(why) => {
                tell(Find::Bad(number, why.to_string()))?;
                continue;
            }
        };
        let (query, document, grade) = match columns.as_slice() {
            [] => continue,
            [query, _, document, grade] => match grade.parse::<i64>() {
                Ok(grade) => (*query, *document, grade),
                Err(_) => {
                    tell(Find::Bad(number, format!("`{grade}` is no whole number")))?;
                    continue;
                }
            },
            _ => {
                tell(Find::Bad(
                    number,
                    "a line has a query, an iteration, a document and a grade".to_string(),
                ))?;
                continue;
            }
        };
        match &mut group {
            Some((_, name, judged)) if name == query => judged.push((document.to_string(), grade)),
            _ => {
                let next = (number, query.to_string(), vec![(document.to_string(), grade)]);
                if let Some((line, query, judged)) = group.replace(next) {
                    tell(Find::Item(line, Box::new(found(query, &judged, losses))))?;
                }
            }
        }
    }
    if let Some((line, query, judged)) = group {
        tell(Find::Item(line, Box::new(found(query, &judged, losses))))?;
    }
    Ok(())
}

fn found(query: String, judged: &[(String, i64)], losses: &mut Losses) -> Found {
    let passages = judged.iter().map(|(id, _)| json!({ "id": id, "text": id })).collect();
    let data = Map::from_iter([("query".to_string(), json!(query)), ("passages".to_string(), passages)]);
    let grades = judged.iter().map(|(id, grade)| (id.clone(), *grade));
    Found { id: Some(query), data, responses: vec![graded(grades, losses)], ..Found::default() }
}

/// A response with these grades, each brought into 0 to 3.
pub(crate) fn graded(judged: impl Iterator<Item = (String, i64)>, losses: &mut Losses) -> FoundResponse {
    let mut buckets: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (id, grade) in judged {
        let kept = grade.clamp(0, 3);
        losses.add_many("a grade", "grades go from 0 to 3: the nearest is kept", u64::from(kept != grade));
        buckets.entry(kept.to_string()).or_default().push(id);
    }
    let said = vec![Said::nameless(What::Buckets(buckets))];
    FoundResponse { complete: false, ..FoundResponse::submitted(said) }
}
