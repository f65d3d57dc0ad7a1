//! Corrections as preferences: what people wrote in the place of an answer is better than the answer.

use std::path::Path;

use engraft_store::Store;
use engraft_tune::data::{Line, Rejection, Rows, read_rows};
use engraft_tune::reward::PreferenceRow;
use serde_json::Value;

use super::{FeedbackReport, answer_of, diagnostic, key, metric, person, trace};
use crate::Error;

/// What somebody would have said.
struct Correction {
    line: u64,
    trace: String,
    said: String,
}

/// The corrections in a file of feedback, each better than the answer it corrects, and what the file came to.
pub(crate) fn read_corrections(
    store: &Store,
    path: &Path,
) -> Result<(Rows<PreferenceRow>, FeedbackReport), Error> {
    let mut report = FeedbackReport::default();
    let read = read_rows(path, |line| {
        report.note(person(line));
        correction(line)
    })?;
    let mut found = Rows { rows: Vec::new(), rejected: read.rejected, sha256: read.sha256 };
    report.rows = read.rows.len() + found.rejected.len();
    for one in read.rows {
        let line = one.line;
        match pair(store, one)? {
            Ok(row) => found.rows.push(row),
            Err(why) => found.rejected.push(diagnostic(path, line, why)),
        }
    }
    report.account(&found.rejected);
    (report.used, report.judgements) = (found.rows.len(), found.rows.len());
    Ok((found, report))
}

fn correction(line: &Line) -> Result<Correction, Rejection> {
    let trace = trace(line)?;
    let said =
        line.fields.get("value").and_then(Value::as_str).map(str::trim).filter(|said| !said.is_empty());
    let said = said.filter(|_| metric(line) == "demonstration").ok_or_else(|| {
        let hint = "send what should have been said as a `demonstration`";
        Rejection::new("no_correction", "it says nothing in the place of the answer", hint)
    })?;
    Ok(Correction { line: line.number, trace, said: said.to_string() })
}

fn pair(store: &Store, correction: Correction) -> Result<Result<PreferenceRow, Rejection>, Error> {
    let trace = match answer_of(store, &correction.trace)? {
        Ok(trace) => trace,
        Err(why) => return Ok(Err(why)),
    };
    let word = |value: &Value| value.as_str().unwrap_or_default().trim().to_string();
    let (question, answer) = (word(&trace["question"]), word(&trace["answer"]["answer"]));
    if answer.is_empty() || answer == correction.said {
        let hint = "leave out what changes nothing";
        return Ok(Err(Rejection::new("same", "there is no other answer to prefer it to", hint)));
    }
    Ok(Ok(PreferenceRow {
        id: correction.line.to_string(),
        line: correction.line,
        group: Some(key(&question)),
        prompt: vec![("user".into(), question)],
        chosen: correction.said,
        rejected: answer,
        margin: 0.0,
    }))
}
