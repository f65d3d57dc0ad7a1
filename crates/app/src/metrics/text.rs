//! Answers against the right ones.

use std::collections::BTreeMap;

use engraft_eval::{
    Abstention, Attempt, Metric, Resampling, TextItem, TextMeasure, abstention, text_metrics,
};
use serde_json::Value;

use super::join::{Compared, Item, join};
use super::report::{MetricsReport, Named, distinct};
use super::rows::{Row, scalar};
use super::{RESAMPLES, wrong};
use crate::Error;

const MEASURES: [&str; 4] = ["em", "f1", "content_f1", "rougeL"];
const EXPECTED: &str = "write {\"id\",\"answer\"} a line; in the gold file \"answers\":[…] for several, \
                        \"answerable\":false where there is none";
/// An answer with at least this F1 is taken for right where answering and keeping silent are weighed.
const RIGHT: f64 = 0.5;

/// What to measure.
#[derive(Clone, Debug)]
pub struct TextRequest {
    /// The two files.
    pub files: Compared,
    /// Names; some by default.
    pub measures: Vec<String>,
    /// Whether to list every item.
    pub per_query: bool,
    /// Chooses the resamples.
    pub seed: u64,
}

/// An item as texts.
struct Answer {
    id: String,
    said: String,
    right: Vec<String>,
    answerable: bool,
    answered: bool,
    missing: bool,
}

/// Every measure of the predictions, with its interval over items. What was not predicted scores 0 where there is an answer.
///
/// Where the gold file marks questions as unanswerable, em and f1 count silence there as right, as SQuAD 2 does; the other
/// measures look at answerable questions only, and how well silence was chosen is reported beside them.
pub fn text(request: &TextRequest) -> Result<MetricsReport, Error> {
    let names: Vec<&str> = match request.measures.as_slice() {
        [] => MEASURES.to_vec(),
        names => names.iter().map(String::as_str).collect(),
    };
    let measures: Vec<TextMeasure> = names.iter().map(|name| measure(name)).collect::<Result<_, _>>()?;
    let measures = distinct(measures);
    let answers: Vec<Answer> = join(&request.files, "answer", EXPECTED)?
        .into_iter()
        .map(|item| read(request, item))
        .collect::<Result<_, _>>()?;
    let resampling = Resampling { seed: request.seed, resamples: RESAMPLES };

    let mut per_item: Vec<Vec<(String, Option<f64>)>> = vec![Vec::new(); answers.len()];
    let mut shown = Vec::new();
    for measure in &measures {
        let whole = matches!(measure, TextMeasure::ExactMatch | TextMeasure::F1);
        let places: Vec<usize> = (0..answers.len()).filter(|at| whole || answers[*at].answerable).collect();
        let items: Vec<TextItem> = places.iter().map(|at| item(&answers[*at])).collect();
        let found = text_metrics(&items, &[*measure], &resampling).remove(0);
        let mut values = vec![None; answers.len()];
        places.iter().zip(&found.items).for_each(|(at, value)| values[*at] = Some(*value));
        per_item.iter_mut().zip(values).for_each(|(row, value)| row.push((measure.to_string(), value)));
        shown.push((measure.to_string(), found.metric));
    }
    let mut notes = Vec::new();
    if answers.iter().any(|answer| !answer.answerable) {
        shown.extend(silence(&answers, &resampling));
        notes.push(format!("an answer counts as right from an F1 of {RIGHT}, where silence is weighed"));
    }
    let rows = answers.iter().zip(per_item).map(|(answer, row)| (answer.id.clone(), Named(row)));
    let per_query = request.per_query.then(|| Named(rows.collect()));
    let count = |state: &dyn Fn(&Answer) -> bool| answers.iter().filter(|answer| state(answer)).count();
    let states = [
        ("scored", count(&|answer| answer.answered)),
        ("abstained", count(&|answer| !answer.answered && !answer.missing)),
        ("missing", count(&|answer| answer.missing)),
    ];
    Ok(MetricsReport {
        measures: Named(shown),
        per_query,
        states: states.into_iter().filter(|(_, count)| *count > 0).collect::<BTreeMap<_, _>>(),
        missing: answers.iter().filter(|answer| answer.missing).map(|answer| answer.id.clone()).collect(),
        notes,
    })
}

fn measure(name: &str) -> Result<TextMeasure, Error> {
    name.parse().map_err(|error: engraft_eval::UnknownTextMeasure| Error::Request {
        message: format!("`{name}` is no measure of text"),
        hint: error.to_string(),
    })
}

fn item(answer: &Answer) -> TextItem<'_> {
    TextItem { prediction: &answer.said, references: &answer.right }
}

fn silence(answers: &[Answer], resampling: &Resampling) -> Vec<(String, Metric)> {
    let items: Vec<TextItem> = answers.iter().map(item).collect();
    let scores =
        text_metrics(&items, &[TextMeasure::F1], &Resampling { resamples: 0, ..*resampling }).remove(0);
    let attempts: Vec<Attempt> = answers
        .iter()
        .zip(scores.items)
        .map(|(one, f1)| Attempt { answerable: one.answerable, answered: one.answered, right: f1 >= RIGHT })
        .collect();
    let Abstention {
        correct_refusal_rate,
        false_answer_rate,
        over_refusal_rate,
        abstention_f1,
        coverage,
        selective_risk,
        utility_1,
        utility_4,
    } = abstention(&attempts, resampling);
    let named = [
        ("correct_refusal_rate", correct_refusal_rate),
        ("false_answer_rate", false_answer_rate),
        ("over_refusal_rate", over_refusal_rate),
        ("abstention_f1", abstention_f1),
        ("coverage", coverage),
        ("selective_risk", selective_risk),
        ("utility_1", utility_1),
        ("utility_4", utility_4),
    ];
    named.map(|(name, metric)| (name.to_string(), metric)).into()
}

fn read(request: &TextRequest, item: Item) -> Result<Answer, Error> {
    let Item { id, gold, pred } = item;
    let impossible = gold.field(&["is_impossible"]).and_then(Value::as_bool).unwrap_or(false);
    let answerable = gold.field(&["answerable"]).and_then(Value::as_bool).unwrap_or(!impossible);
    let right = right_answers(&gold);
    if answerable && right.is_none() {
        let what = format!("line {} has no answer", gold.line);
        return Err(wrong(&request.files.gold, &what, EXPECTED));
    }
    let right: Vec<String> =
        right.unwrap_or_default().into_iter().filter(|text| !text.trim().is_empty()).collect();
    let answerable = answerable && !right.is_empty();
    let missing = pred.is_none();
    let silent = |row: &Row| row.field(&["answerable"]).and_then(Value::as_bool) == Some(false);
    let said = match &pred {
        None => String::new(),
        Some(row) if silent(row) => String::new(),
        Some(row) => row.text(&["answer", "prediction", "text", "output", "response"]).ok_or_else(|| {
            wrong(&request.files.pred, &format!("line {} has no answer", row.line), EXPECTED)
        })?,
    };
    let answered = !said.trim().is_empty();
    Ok(Answer { id, said, right: if answerable { right } else { Vec::new() }, answerable, answered, missing })
}

/// The right answers of a row: a text, a list of texts, SQuAD's objects with a text.
fn right_answers(row: &Row) -> Option<Vec<String>> {
    let said = row.field(&["answers", "references", "answer", "gold", "reference", "text"])?;
    let texts = match said {
        Value::Array(several) => {
            several.iter().filter_map(|one| scalar(one).or_else(|| scalar(&one["text"]))).collect()
        }
        Value::Object(fields) => match fields.get("text") {
            Some(Value::Array(several)) => several.iter().filter_map(scalar).collect(),
            other => other.and_then(scalar).into_iter().collect(),
        },
        one => scalar(one).into_iter().collect(),
    };
    Some(texts)
}
