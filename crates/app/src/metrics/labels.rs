//! Predicted labels against the right ones.

use std::collections::{BTreeMap, BTreeSet};

use engraft_eval::{
    LabelF1, LabelReport, Metric, Prediction, Resampling, auroc, calibration, label_report, risk_coverage,
};
use serde::Serialize;
use serde_json::Value;

use super::join::{Compared, Item, join};
use super::report::{MetricsReport, Named, chosen};
use super::{RESAMPLES, wrong};
use crate::Error;

const EXPECTED: &str =
    "write {\"id\",\"label\"} a line; in the predictions also \"scores\":{label:share} or \"confidence\"";

/// What to measure.
#[derive(Clone, Debug)]
pub struct LabelsRequest {
    /// The two files.
    pub files: Compared,
    /// Names; all by default.
    pub measures: Vec<String>,
    /// Whether to list every item.
    pub per_query: bool,
    /// Chooses the resamples.
    pub seed: u64,
}

/// How good predicted labels are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelsReport {
    /// What every report has.
    #[serde(flatten)]
    pub report: MetricsReport,
    /// Precision, recall and F1 of each label.
    pub per_label: BTreeMap<String, LabelF1>,
    /// How often each right label was predicted as what.
    pub confusion: Confusion,
}

/// Right labels against predicted ones.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Confusion {
    /// What rows and columns belong to.
    pub labels: Vec<String>,
    /// A row for each right label; one more column for what was not predicted.
    pub counts: Vec<Vec<usize>>,
}

/// A prediction of the file.
struct Said {
    label: String,
    confidence: Option<f64>,
    scores: BTreeMap<String, f64>,
}

/// Every measure of the labels, with its interval over items. What was not predicted is wrong.
pub fn labels(request: &LabelsRequest) -> Result<LabelsReport, Error> {
    let items = join(&request.files, "label", EXPECTED)?;
    let rows: Vec<(String, String, Option<Said>)> =
        items.into_iter().map(|item| read(request, item)).collect::<Result<_, _>>()?;
    let names: BTreeSet<&str> = rows
        .iter()
        .flat_map(|(_, right, said)| [Some(right.as_str()), said.as_ref().map(|said| said.label.as_str())])
        .flatten()
        .collect();
    let names: Vec<String> = names.into_iter().map(String::from).collect();
    let place = |label: &str| names.binary_search_by(|name| name.as_str().cmp(label)).unwrap_or_default();
    let gold: Vec<usize> = rows.iter().map(|(_, right, _)| place(right)).collect();
    let predicted: Vec<Option<usize>> =
        rows.iter().map(|(_, _, said)| said.as_ref().map(|said| place(&said.label))).collect();
    let resampling = Resampling { seed: request.seed, resamples: RESAMPLES };
    let measured = label_report(&gold, &predicted, &names, &resampling);

    let mut shown = of_labels(&measured);
    let sure = confidences(&rows);
    shown.extend(sure.iter().flat_map(|sure| of_confidences(sure, &resampling)));
    shown.extend(of_two(&rows, &names, &resampling));
    let missing: Vec<String> =
        rows.iter().filter(|(_, _, said)| said.is_none()).map(|(id, _, _)| id.clone()).collect();
    let states = [("scored", rows.len() - missing.len()), ("missing", missing.len())];
    let mut notes = Vec::new();
    if sure.is_some_and(|sure| sure.len() < 500) {
        notes.push(
            "calibration error is too high on few items: a perfect predictor shows about 0.1 at 100"
                .to_string(),
        );
    }
    let right =
        |at: usize| Named(vec![("accuracy".to_string(), Some(f64::from(predicted[at] == Some(gold[at]))))]);
    let per_query =
        || Named(rows.iter().enumerate().map(|(at, (id, _, _))| (id.clone(), right(at))).collect());
    Ok(LabelsReport {
        report: MetricsReport {
            measures: chosen(shown, &request.measures)?,
            per_query: request.per_query.then(per_query),
            states: states.into_iter().filter(|(_, count)| *count > 0).collect(),
            missing,
            notes,
        },
        per_label: measured.f1.per_label,
        confusion: Confusion { labels: names, counts: measured.confusion },
    })
}

fn of_labels(measured: &LabelReport) -> Vec<(String, Metric)> {
    let f1 = &measured.f1;
    let named = [
        ("accuracy", &measured.accuracy),
        ("macro_f1", &f1.macro_average.f1),
        ("micro_f1", &f1.micro.f1),
        ("weighted_f1", &f1.weighted.f1),
        ("macro_precision", &f1.macro_average.precision),
        ("macro_recall", &f1.macro_average.recall),
        ("mcc", &measured.mcc),
    ];
    named.map(|(name, metric)| (name.to_string(), metric.clone())).into()
}

/// Confidences of all items that were predicted; `None` when one of them has none.
fn confidences(rows: &[(String, String, Option<Said>)]) -> Option<Vec<Prediction>> {
    let said = rows.iter().filter_map(|(_, right, said)| said.as_ref().map(|said| (right, said)));
    let found: Option<Vec<Prediction>> = said
        .map(|(right, said)| Some(Prediction { confidence: said.confidence?, right: said.label == *right }))
        .collect();
    found.filter(|found| !found.is_empty())
}

fn of_confidences(predictions: &[Prediction], resampling: &Resampling) -> Vec<(String, Metric)> {
    let measured = calibration(predictions, resampling);
    let risk = risk_coverage(predictions, resampling);
    let named = [
        ("ece", measured.ece.equal_width),
        ("ece_equal_mass", measured.ece.equal_mass),
        ("brier", measured.brier),
        ("brier_reliability", measured.reliability),
        ("brier_resolution", measured.resolution),
        ("brier_uncertainty", measured.uncertainty),
        ("aurc", risk.aurc),
        ("coverage_at_5_percent_risk", risk.coverage_at_5),
    ];
    named.map(|(name, metric)| (name.to_string(), metric)).into()
}

/// With two labels and a score for the second one: how well that score tells them apart.
fn of_two(
    rows: &[(String, String, Option<Said>)],
    names: &[String],
    resampling: &Resampling,
) -> Option<(String, Metric)> {
    let [_, positive] = names else { return None };
    let scored =
        rows.iter().filter_map(|(_, right, said)| Some((said.as_ref()?.scores.get(positive)?, right)));
    let items: Vec<(f64, bool)> = scored.map(|(score, right)| (*score, right == positive)).collect();
    (!items.is_empty()).then(|| ("auroc".to_string(), auroc(&items, resampling)))
}

fn read(request: &LabelsRequest, item: Item) -> Result<(String, String, Option<Said>), Error> {
    let label = |row: &super::rows::Row, path: &std::path::Path| {
        let found = row.text(&["label", "prediction", "answer"]);
        found.ok_or_else(|| wrong(path, &format!("line {} has no label", row.line), EXPECTED))
    };
    let right = label(&item.gold, &request.files.gold)?;
    let Some(row) = item.pred else { return Ok((item.id, right, None)) };
    let said = label(&row, &request.files.pred)?;
    let mut scores = BTreeMap::new();
    if let Some(Value::Object(fields)) = row.field(&["scores", "probabilities"]) {
        scores.extend(fields.iter().filter_map(|(label, score)| Some((label.clone(), score.as_f64()?))));
    }
    let confidence = row.field(&["confidence", "score", "probability"]).and_then(Value::as_f64);
    let confidence = confidence.or_else(|| scores.get(&said).copied());
    if let Some(outside) = confidence.filter(|confidence| !(0.0..=1.0).contains(confidence)) {
        let what = format!("line {}: a confidence of {outside} is not between 0 and 1", row.line);
        return Err(wrong(&request.files.pred, &what, "write probabilities, or leave them out"));
    }
    Ok((item.id, right, Some(Said { label: said, confidence, scores })))
}
