//! Rows of claims: `{id, claim, evidence, label}`, JSONL or CSV.

use std::path::Path;

use serde_json::Value;

use crate::TuneError;
use crate::data::{Audited, Line, Rejection, Rows, read_rows, refuse_duplicate_ids, text_of};
use crate::groundedness::Claim;

/// A claim with its name, and what people said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimRow {
    /// Its id; the line number where the row has none.
    pub id: String,
    /// Its line in the file, from 1.
    pub line: u64,
    /// The claim and its evidence.
    pub claim: Claim,
    /// How far it is supported, 0 to 1; `None` where nobody said.
    pub grade: Option<f64>,
    /// What it belongs to, such as a document; claims of one group are never parted by a split.
    pub group: Option<String>,
}

impl ClaimRow {
    /// Whether people call it supported: a grade above one half.
    pub fn supported(&self) -> Option<bool> {
        self.grade.map(|grade| grade > 0.5)
    }

    /// As an audit sees it: a claim beside its evidence, supported or not.
    pub fn audited(&self) -> Audited {
        let said = if self.supported() == Some(true) { "supported" } else { "not" };
        Audited {
            id: self.id.clone(),
            text: self.claim.text.clone(),
            key: [std::slice::from_ref(&self.claim.text), &self.claim.evidence].concat(),
            said: said.into(),
            labels: vec![said.into()],
        }
    }

    /// What it is grouped by: its group, or else its evidence.
    pub fn grouped_by(&self) -> String {
        self.group.clone().unwrap_or_else(|| self.claim.evidence.join("\n"))
    }
}

const SUPPORTED: [&str; 9] = [
    "supported",
    "fully_supported",
    "support",
    "supports",
    "grounded",
    "yes",
    "true",
    "entailment",
    "entailed",
];
const NOT: [&str; 16] = [
    "not",
    "no",
    "false",
    "unsupported",
    "not_supported",
    "partly",
    "partial",
    "partially_supported",
    "partly_supported",
    "contradicted",
    "contradict",
    "refuted",
    "hallucinated",
    "neutral",
    "contradiction",
    "unknown",
];

/// Reads rows of claims. With `labelled`, a row without a label is rejected.
pub fn read_claims(path: &Path, labelled: bool) -> Result<Rows<ClaimRow>, TuneError> {
    let read = read_rows(path, |line| row(line, labelled))?;
    refuse_duplicate_ids(read.rows.iter().map(|row| (row.id.as_str(), row.line)), path)?;
    Ok(read)
}

fn row(line: &Line, labelled: bool) -> Result<ClaimRow, Rejection> {
    let text = text_of(line, "claim")?.to_string();
    let evidence = evidence(line.fields.get("evidence"))?;
    let grade = match line.fields.get("label") {
        None | Some(Value::Null) if labelled => {
            let hint = "give every row a `label`: supported, partly, not, or a number from 0 to 1";
            return Err(Rejection::new("no_label", "there is no `label`", hint));
        }
        None | Some(Value::Null) => None,
        Some(label) => Some(grade(label)?),
    };
    let id = match line.fields.get("id") {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => line.number.to_string(),
    };
    let group = match line.fields.get("group") {
        Some(Value::String(group)) => Some(group.clone()),
        Some(Value::Number(group)) => Some(group.to_string()),
        _ => None,
    };
    Ok(ClaimRow { id, line: line.number, claim: Claim { text, evidence }, grade, group })
}

fn evidence(field: Option<&Value>) -> Result<Vec<String>, Rejection> {
    let hint = "give every row `evidence`: one text, or a list of texts";
    let passages: Vec<String> = match field {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(passages)) => {
            let texts: Option<Vec<String>> =
                passages.iter().map(|passage| passage.as_str().map(str::to_string)).collect();
            texts.ok_or_else(|| {
                Rejection::new("no_evidence", "`evidence` holds something other than texts", hint)
            })?
        }
        Some(_) => {
            return Err(Rejection::new("no_evidence", "`evidence` is neither a text nor a list", hint));
        }
        None => return Err(Rejection::new("no_evidence", "there is no `evidence`", hint)),
    };
    if passages.iter().any(|passage| passage.chars().any(char::is_alphanumeric)) {
        return Ok(passages);
    }
    Err(Rejection::new("no_evidence", "`evidence` says nothing", hint))
}

/// A label as a grade: a sentence that is partly supported is not supported.
fn grade(label: &Value) -> Result<f64, Rejection> {
    let hint = "write supported, partly or not, true or false, or a number from 0 to 1";
    let unknown = |shown: &str| {
        Rejection::new("unknown_label", format!("label `{shown}` says neither supported nor not"), hint)
    };
    match label {
        Value::Bool(yes) => Ok(f64::from(u8::from(*yes))),
        Value::Number(number) => match number.as_f64() {
            Some(grade) if (0.0..=1.0).contains(&grade) => Ok(grade),
            _ => Err(unknown(&number.to_string())),
        },
        Value::String(text) => {
            let word = text.trim().to_lowercase().replace([' ', '-'], "_");
            match word.parse::<f64>() {
                Ok(grade) if (0.0..=1.0).contains(&grade) => Ok(grade),
                _ if SUPPORTED.contains(&word.as_str()) => Ok(1.0),
                _ if NOT.contains(&word.as_str()) => Ok(0.0),
                _ => Err(unknown(text)),
            }
        }
        other => Err(unknown(&other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Result<(&str, usize, Option<f64>), &str>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("claims.jsonl");
        std::fs::write(&path, line).unwrap();
        let read = read_claims(&path, true).unwrap();
        let found = match read.rows.first() {
            Some(row) => Ok((row.id.as_str(), row.claim.evidence.len(), row.grade)),
            None => Err(read.rejected[0].kind.as_str()),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn evidence_is_a_text_or_a_list() {
        check(r#"{"id":"a","claim":"x y","evidence":"z","label":"supported"}"#, Ok(("a", 1, Some(1.0))));
        check(r#"{"claim":"x y","evidence":["z","w"],"label":"Not supported"}"#, Ok(("1", 2, Some(0.0))));
        check(r#"{"claim":"x y","evidence":[" "],"label":1}"#, Err("no_evidence"));
        check(r#"{"claim":"x y","label":1}"#, Err("no_evidence"));
    }

    #[test]
    fn labels_are_words_truths_or_grades() {
        let line = |label: &str| format!(r#"{{"claim":"x","evidence":"y","label":{label}}}"#);
        for (label, grade) in [("true", 1.0), ("0", 0.0), ("0.6", 0.6), ("\"partly\"", 0.0), ("\"1\"", 1.0)] {
            check(&line(label), Ok(("1", 1, Some(grade))));
        }
        for label in ["\"good\"", "7", "[]"] {
            check(&line(label), Err("unknown_label"));
        }
        check(r#"{"claim":"x","evidence":"y"}"#, Err("no_label"));
        check(r#"{"claim":"…","evidence":"y","label":1}"#, Err("empty"));
    }
}
