//! A run against evidence: spans of documents that hold the answer, however the documents were cut.

use std::collections::BTreeMap;
use std::path::Path;

use engraft_eval::{Passage, Resampling, evidence, means};

use super::rank::RankRequest;
use super::report::{MetricsReport, Named, distinct};
use super::{RESAMPLES, rows, wrong};
use crate::Error;

const EXPECTED: &str =
    "write {\"query\",\"doc\",\"char_start\",\"char_end\"} a line, in runs with a \"score\" or best first";

/// What of a passage is asked for.
#[derive(Clone, Copy)]
enum Part {
    Recall,
    Precision,
    Iou,
}

/// A passage of a file.
struct Found {
    doc: String,
    start: usize,
    end: usize,
    score: Option<f64>,
}

/// Whether the first row of a file has a span.
pub(super) fn holds_spans(text: &str) -> bool {
    text.lines().find(|line| !line.trim().is_empty()).is_some_and(|line| line.contains("\"char_start\""))
}

pub(super) fn measure(request: &RankRequest, gold: &str, run: &str) -> Result<MetricsReport, Error> {
    let names = match request.measures.as_slice() {
        [] => ["EvidenceR@5", "EvidenceP@5", "EvidenceIoU@5"].map(String::from).to_vec(),
        names => distinct(names.to_vec()),
    };
    let measures: Vec<(Part, usize)> = names.iter().map(|name| read_name(name)).collect::<Result<_, _>>()?;
    let gold = read(&request.qrels, gold)?;
    let mut run = read(&request.run, run)?;
    for passages in run.values_mut() {
        // Stable: without scores, or where they are equal, the order of the file counts.
        passages.sort_by(|a, b| b.score.unwrap_or(0.0).total_cmp(&a.score.unwrap_or(0.0)));
    }
    let mut columns = vec![Vec::new(); measures.len()];
    let (mut rows, mut missing, mut undefined) = (Vec::new(), Vec::new(), 0);
    for (query, wanted) in &gold {
        let found = run.get(query);
        let wanted: Vec<Passage> = wanted.iter().map(passage).collect();
        let values: Vec<Option<f64>> = measures
            .iter()
            .map(|(part, k)| value(*part, *k, found.map_or(&[], Vec::as_slice), &wanted))
            .collect();
        for (column, value) in columns.iter_mut().zip(&values) {
            column.extend(value);
        }
        match found {
            _ if values.iter().all(Option::is_none) => undefined += 1,
            None => missing.push(query.clone()),
            Some(_) => {}
        }
        rows.push((query.clone(), Named(names.iter().cloned().zip(values).collect())));
    }
    let resampling = Resampling { seed: request.seed, resamples: RESAMPLES };
    let metrics = means(&columns, &resampling);
    let states = [
        ("scored", gold.len() - missing.len() - undefined),
        ("missing", missing.len()),
        ("undefined", undefined),
        ("unjudged", run.keys().filter(|query| !gold.contains_key(*query)).count()),
    ];
    Ok(MetricsReport {
        measures: Named(names.into_iter().zip(metrics).collect()),
        per_query: request.per_query.then_some(Named(rows)),
        states: states.into_iter().filter(|(_, count)| *count > 0).collect(),
        missing,
        notes: Vec::new(),
    })
}

fn passage(found: &Found) -> Passage<'_> {
    Passage { doc: &found.doc, start: found.start, end: found.end }
}

fn value(part: Part, k: usize, found: &[Found], wanted: &[Passage]) -> Option<f64> {
    let first: Vec<Passage> = found.iter().take(k).map(passage).collect();
    let measured = evidence(&first, wanted)?;
    Some(match part {
        Part::Recall => measured.recall,
        Part::Precision => measured.precision,
        Part::Iou => measured.iou,
    })
}

fn read_name(name: &str) -> Result<(Part, usize), Error> {
    let known = name.split_once('@').and_then(|(part, k)| {
        let part = match part.to_lowercase().as_str() {
            "evidencer" => Part::Recall,
            "evidencep" => Part::Precision,
            "evidenceiou" => Part::Iou,
            _ => return None,
        };
        Some((part, k.parse().ok().filter(|k| *k > 0)?))
    });
    known.ok_or_else(|| Error::Request {
        message: format!("`{name}` cannot be measured against evidence"),
        hint: "against spans use EvidenceR@5, EvidenceP@5 or EvidenceIoU@5".into(),
    })
}

/// By query, the passages in the order of the file.
fn read(path: &Path, text: &str) -> Result<BTreeMap<String, Vec<Found>>, Error> {
    let mut by_query: BTreeMap<String, Vec<Found>> = BTreeMap::new();
    for row in rows::of_lines(path, text, EXPECTED)? {
        let lacks = |what: &str| wrong(path, &format!("line {} has no {what}", row.line), EXPECTED);
        let query = row.text(&["query", "query_id", "query-id", "qid"]).ok_or_else(|| lacks("query"))?;
        let doc = row.text(&["doc", "doc_id", "docid", "corpus-id", "uri"]).ok_or_else(|| lacks("doc"))?;
        let start = row.position(&["char_start"]).ok_or_else(|| lacks("char_start"))?;
        let end = row.position(&["char_end"]).ok_or_else(|| lacks("char_end"))?;
        if end < start {
            return Err(wrong(path, &format!("line {} ends before it starts", row.line), EXPECTED));
        }
        let score = row.field(&["score"]).and_then(serde_json::Value::as_f64);
        by_query.entry(query).or_default().push(Found { doc, start, end, score });
    }
    Ok(by_query)
}
