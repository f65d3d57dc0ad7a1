//! `eval model`: what a tuned model says of rows whose answers are known.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use engraft_core::Diagnostic;
use engraft_eval::{Metric, Prediction, Resampling, Score, State, Tally, calibration, f1_report};
use engraft_tune::artefact::Artefact;
use engraft_tune::calibrate::calibration_error;
use engraft_tune::data::{ExtractionRow, read_classified, read_extraction};
use serde_json::{Value, json};

use crate::evaluate::measured::Measured;
use crate::evaluate::recorder::{EvalReport, Recorder};
use crate::evaluate::retrieval::fingerprint;
use crate::tune::predict;
use crate::workspace::Workspace;
use crate::{Context, Error};

/// Of rows: everything that was said is right, and nothing is lacking.
const ACCURACY: &str = "accuracy";
/// Of rows with spans: the F1 of the row's spans, ends and label exact.
const ROW_F1: &str = "row_f1";

/// What to measure.
#[derive(Clone, Debug, Default)]
pub struct ModelRequest {
    /// The tuned model.
    pub model: String,
    /// Rows as for `tune`, with their labels or spans.
    pub data: PathBuf,
    /// Seed of the intervals.
    pub seed: u64,
}

/// A row and what is right of it.
struct Known {
    id: String,
    text: String,
    /// What was known before the text was read.
    context: Vec<String>,
    document: String,
    /// Labels, or spans as `label:start-end`; sorted, with the label of each.
    right: Vec<Said>,
}

/// One thing said of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Said {
    label: String,
    /// Code points, half-open; `None` for a label of the whole row.
    span: Option<(u64, u64)>,
}

/// Asks the model about every row and compares. A row that cannot be read or is refused is `failed`; the rest go on.
pub fn model(context: Context, workspace: &Workspace, request: &ModelRequest) -> Result<EvalReport, Error> {
    let artefact = Artefact::open(&workspace.models(), &request.model)?;
    let (rows, rejected) = known(&artefact.manifest.kind, &request.data)?;
    if rows.is_empty() {
        return Err(Error::Request {
            message: format!("{} has no row that can be read", request.data.display()),
            hint: rejected.first().map_or("give it rows as for `engraft tune`".into(), |bad| {
                format!("{}: {} {}", bad.uri, bad.message, bad.hint)
            }),
        });
    }
    let about = json!({
        "data": fingerprint(&request.data)?,
        "model": { "name": artefact.manifest.name, "files": artefact.manifest.files },
        "seed": request.seed,
        "index_version": Value::Null,
    });
    let all = rows.len() + rejected.len();
    let mut recorder = Recorder::begin(context, workspace, ("model", &request.model), &about, all)?;
    let names = match artefact.manifest.kind.as_str() {
        "extractor" => vec![ACCURACY.to_string(), ROW_F1.to_string()],
        _ => vec![ACCURACY.to_string()],
    };
    for (ordinal, bad) in (rows.len() as u32..).zip(&rejected) {
        if !recorder.has(ordinal) {
            let mut failed = Measured::without(&bad.uri, &bad.uri, State::Failed, &names, &bad.message);
            failed.detail["hint"] = json!(bad.hint);
            recorder.put(context, ordinal, failed)?;
        }
    }
    let left: Vec<(u32, &Known)> = (0..).zip(&rows).filter(|(ordinal, _)| !recorder.has(*ordinal)).collect();
    if !left.is_empty() {
        let input = Input::of(workspace, &left)?;
        let mut asked = left.iter();
        // The bar counts rows as they are kept.
        let quiet = Context { progress: &engraft_core::Silent, ..context };
        predict(quiet, workspace, &request.model, &input.0, &mut |line| match asked.next() {
            Some((ordinal, row)) => recorder.put(context, *ordinal, compared(row, &line, &names)),
            None => Err(Error::Bug("the model said more than it was asked".into())),
        })?;
    }
    Ok(recorder.finish(context, request.seed, |items| together(items, request.seed))?.0)
}

fn known(kind: &str, data: &Path) -> Result<(Vec<Known>, Vec<Diagnostic>), Error> {
    match kind {
        "classifier" => {
            let (read, _) = read_classified(data)?;
            let row = |row: engraft_tune::data::Example| Known {
                document: row.group.unwrap_or_else(|| row.id.clone()),
                id: row.id,
                text: row.text,
                context: Vec::new(),
                right: row.labels.into_iter().map(|label| Said { label, span: None }).collect(),
            };
            Ok((read.rows.into_iter().map(row).collect(), read.rejected))
        }
        "extractor" => {
            let (read, _) = read_extraction(data, true)?;
            let row = |row: ExtractionRow| {
                let mut right: Vec<Said> = row
                    .spans
                    .into_iter()
                    .map(|one| {
                        let ends = (one.span.start() as u64, one.span.end() as u64);
                        Said { label: one.label, span: Some(ends) }
                    })
                    .collect();
                right.sort();
                Known { id: row.id, text: row.text, context: row.context, document: row.group, right }
            };
            Ok((read.rows.into_iter().map(row).collect(), read.rejected))
        }
        other => Err(Error::Request {
            message: format!("rows for a {other} cannot be compared yet"),
            hint: "`engraft eval model` measures classifiers and extractors".into(),
        }),
    }
}

/// The rows left to ask about, as a file that goes away when it is no longer needed.
struct Input(PathBuf);

impl Input {
    fn of(workspace: &Workspace, rows: &[(u32, &Known)]) -> Result<Input, Error> {
        let path = workspace.root.join(".engraft").join(format!("eval-{}.jsonl", std::process::id()));
        let lines: String = rows
            .iter()
            .map(|(_, row)| {
                format!("{}\n", json!({ "id": row.id, "text": row.text, "context": row.context }))
            })
            .collect();
        std::fs::write(&path, lines).map_err(Error::io("write", &path))?;
        Ok(Input(path))
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What a line of `predict` comes to beside what is right.
fn compared(row: &Known, line: &Value, names: &[String]) -> Measured {
    if let Some(error) = line.get("error") {
        let why = error["message"].as_str().unwrap_or("the model refused it");
        let mut failed = Measured::without(&row.id, &row.document, State::Failed, names, why);
        failed.detail["hint"] = error["hint"].clone();
        return failed;
    }
    let said: BTreeSet<Said> = said(line).into_iter().collect();
    let right: BTreeSet<Said> = row.right.iter().cloned().collect();
    let hits = said.intersection(&right).count();
    let share = |yes: bool| Score::Value(f64::from(u8::from(yes)));
    let mut scores = BTreeMap::from([(ACCURACY.to_string(), share(said == right))]);
    if names.iter().any(|name| name == ROW_F1) {
        let f1 = match said.len() + right.len() {
            0 => 1.0,
            n => 2.0 * hits as f64 / n as f64,
        };
        scores.insert(ROW_F1.to_string(), Score::Value(f1));
    }
    let mut tally: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for (at, set) in [(1, &said), (2, &right)] {
        for one in set {
            let counts = tally.entry(&one.label).or_default();
            counts[at] += 1;
            counts[0] += usize::from(at == 1 && right.contains(one));
        }
    }
    let label = line["label"].as_str().unwrap_or_default();
    let mut detail =
        json!({ "tally": tally, "confidence": line["scores"].get(label), "said": line.get("label") });
    if let Some(decisions) = decisions(line, &right) {
        detail["decisions"] = decisions;
    }
    Measured {
        item: row.id.clone(),
        document: row.document.clone(),
        seed: 0,
        state: State::Scored,
        ms: None,
        scores,
        detail,
    }
}

/// The chance of each label of a row that may have several, and whether it has it.
fn decisions(line: &Value, right: &BTreeSet<Said>) -> Option<Value> {
    let scores = line["scores"].as_object().filter(|_| line["label"].is_array())?;
    let has = |label: &String| right.iter().any(|one| one.label == *label);
    Some(scores.iter().map(|(label, score)| json!([score, has(label)])).collect())
}

fn said(line: &Value) -> Vec<Said> {
    let whole = |label: &Value| label.as_str().map(|label| Said { label: label.to_string(), span: None });
    match (line.get("spans"), line.get("label")) {
        (Some(Value::Array(spans)), _) => {
            let one = |span: &Value| {
                let ends = span["char_start"].as_u64().zip(span["char_end"].as_u64());
                Some(Said { label: span["label"].as_str()?.to_string(), span: ends })
            };
            spans.iter().filter_map(one).collect()
        }
        (_, Some(Value::Array(labels))) => labels.iter().filter_map(whole).collect(),
        (_, Some(label)) => whole(label).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// F1 over all rows, and how far confidences can be believed.
fn together(items: &[Measured], seed: u64) -> BTreeMap<String, Metric> {
    let resampling = Resampling { seed, ..Resampling::default() };
    let tallied: Vec<BTreeMap<String, [usize; 3]>> =
        items.iter().filter_map(|item| serde_json::from_value(item.detail["tally"].clone()).ok()).collect();
    let labels: Vec<String> =
        tallied.iter().flat_map(|tally| tally.keys().cloned()).collect::<BTreeSet<_>>().into_iter().collect();
    let place = |label: &String| labels.binary_search(label).unwrap_or_default();
    let tally = |tally: &BTreeMap<String, [usize; 3]>| {
        let one = |(label, counts): (&String, &[usize; 3])| {
            let [hits, predicted, gold] = *counts;
            Tally { label: place(label), hits, predicted, gold }
        };
        tally.iter().map(one).collect()
    };
    let tallies: Vec<Vec<Tally>> = tallied.iter().map(tally).collect();
    let mut found = BTreeMap::new();
    if !tallies.is_empty() {
        let report = f1_report(&tallies, &labels, &resampling);
        let mut put = |name: &str, metric: Metric| found.insert(name.to_string(), metric);
        put("macro_f1", report.macro_average.f1);
        put("micro_f1", report.micro.f1);
        put("precision", report.micro.precision);
        put("recall", report.micro.recall);
    }
    let sure: Vec<Prediction> = items
        .iter()
        .filter_map(|item| {
            let confidence = item.detail["confidence"].as_f64()?;
            let right = item.scores.get(ACCURACY)?.value()? > 0.5;
            Some(Prediction { confidence, right })
        })
        .collect();
    if !sure.is_empty() {
        found.insert("ece".to_string(), calibration(&sure, &resampling).ece.equal_width);
    }
    let of_row = |item: &Measured| -> Vec<(f64, bool)> {
        serde_json::from_value(item.detail["decisions"].clone()).unwrap_or_default()
    };
    let decided: Vec<(f64, bool)> = items.iter().flat_map(of_row).collect();
    if !decided.is_empty() {
        found.insert("ece".to_string(), calibration_error(&decided));
    }
    found
}
