//! How far people agree on a question, by the measure that fits its type.

use std::collections::BTreeMap;

use engraft_eval::{
    Agreement, Coefficient, Labels, Marked, Measured, Metric, Ranks, Resampling, Scale, SpanAgreement,
    agreement as table_agreement, coefficient, ranking_agreement, span_agreement,
};
use serde::Serialize;

use crate::resolve::{Judged, item_of, key, likeness, marks, ranks, tables, triples};
use crate::{Answer, Question, QuestionKind, text_of};

/// Keeps the name of a table and a task of it apart.
const TABLE: char = '\u{1e}';

/// How far people agree on one question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuestionAgreement {
    /// The headline's name: `alpha_nominal`, `alpha_ordinal`, `percent`, `f1_exact`, `f1_triples`, `kendall_tau`.
    pub measure: &'static str,
    /// The headline.
    pub headline: Measured,
    /// Every coefficient of the classes, where answers are classes; of the texts as classes for free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<Agreement>,
    /// The headline for each option, class or leaf by itself, where a question has several.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<String, Measured>,
    /// Everything about spans.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spans: Option<SpanAgreement>,
    /// Mean likeness in words over pairs of people, for texts and corrections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub likeness: Option<Metric>,
}

/// How far people agree on `question`, over all items with their responses.
///
/// | question | headline | also |
/// |---|---|---|
/// | label, preference, support | Krippendorff's alpha, nominal | all coefficients, per class, per person |
/// | turns | alpha, nominal, over turns; where a turn may have several labels, over yes/no for each | per label |
/// | rating, relevance | alpha, ordinal | all coefficients |
/// | labels, taxonomy | alpha, nominal, over yes/no for each option; broader classes count as chosen | per option |
/// | form | percent agreement over leaves | per leaf |
/// | text, correction | percent agreement: equal but for case and spacing | mean likeness in words |
/// | spans | F1 of exact matches, mean over pairs of people | F1 of overlapping ones, unitizing alpha, per label |
/// | relations | F1 of triples (span, label, span), mean over pairs of people | |
/// | ranking | Kendall's tau-b, mean over pairs of people | |
///
/// Where an item has several places (turns, passages, sentences, options, leaves), each counts as a unit of its own: `used`
/// and `of` count units. Intervals are over items, whose places are resampled together.
pub fn agreement(question: &Question, items: &[Judged], resampling: &Resampling) -> QuestionAgreement {
    match &question.kind {
        QuestionKind::Spans { field, .. } => spans(question, field, items, resampling),
        QuestionKind::Relations { .. } => {
            let f1 = |a: &_, b: &_| {
                let (a, b) = (triples(question, a), triples(question, b));
                let all = a.len() + b.len();
                (all > 0).then(|| 2.0 * a.intersection(&b).count() as f64 / all as f64)
            };
            bare("f1_triples", over_pairs(question, items, resampling, f1))
        }
        QuestionKind::Ranking { .. } => {
            let ranked: Vec<BTreeMap<String, Ranks>> =
                items.iter().map(|judged| rankings(question, judged)).collect();
            bare("kendall_tau", ranking_agreement(&ranked, resampling))
        }
        QuestionKind::Text { .. } | QuestionKind::Correction { .. } => texts(question, items, resampling),
        _ => classes(question, items, resampling),
    }
}

fn bare(measure: &'static str, headline: Measured) -> QuestionAgreement {
    QuestionAgreement {
        measure,
        headline,
        classes: None,
        parts: BTreeMap::new(),
        spans: None,
        likeness: None,
    }
}

fn classes(question: &Question, items: &[Judged], resampling: &Resampling) -> QuestionAgreement {
    let (measure, scale, which) = match &question.kind {
        QuestionKind::Rating { .. } | QuestionKind::Relevance { .. } => {
            ("alpha_ordinal", Scale::Ordinal, Coefficient::AlphaOrdinal)
        }
        QuestionKind::Form { .. } => ("percent", Scale::Nominal, Coefficient::Percent),
        _ => ("alpha_nominal", Scale::Nominal, Coefficient::AlphaNominal),
    };
    let tables = tables(question, items);
    let rows = |table: &str| {
        let rows = tables.get(table).into_iter().flatten();
        rows.map(|(task, worker, class)| (task.as_str(), *worker, class.as_str())).collect::<Vec<_>>()
    };
    // All options in one table, each place of each option a unit.
    let pooled: Vec<(String, &str, &str)> = tables
        .iter()
        .flat_map(|(table, rows)| {
            rows.iter()
                .map(move |(task, worker, class)| (format!("{table}{TABLE}{task}"), *worker, class.as_str()))
        })
        .collect();
    let labels =
        Labels::from_rows(pooled.iter().map(|(task, worker, class)| (task.as_str(), *worker, *class)))
            .grouped(|task| item_of(task.split_once(TABLE).map_or(task, |(_, task)| task)));
    let all = table_agreement(&labels, scale, resampling);
    let headline = match all.coefficients.get(&which) {
        Some(measured) => measured.clone(),
        None => coefficient(&labels, which, resampling),
    };
    let parts = match tables.len() {
        0 | 1 => BTreeMap::new(),
        _ => {
            let part = |table: &String| {
                coefficient(&Labels::from_rows(rows(table)).grouped(item_of), which, resampling)
            };
            tables.keys().map(|table| (table.clone(), part(table))).collect()
        }
    };
    QuestionAgreement { classes: Some(all), parts, ..bare(measure, headline) }
}

fn spans(question: &Question, field: &str, items: &[Judged], resampling: &Resampling) -> QuestionAgreement {
    let marked = items.iter().map(|judged| {
        let length = text_of(judged.fields, field).map_or(0, |text| text.chars().count());
        let by =
            judged.responses.iter().filter_map(|(worker, answers)| match answers.get(&question.name)? {
                Answer::Spans(spans) => Some(((*worker).to_string(), marks(spans))),
                _ => None,
            });
        Marked { length, by: by.collect() }
    });
    let all = span_agreement(&marked.collect::<Vec<Marked>>(), resampling);
    QuestionAgreement { spans: Some(all.clone()), ..bare("f1_exact", all.f1_exact) }
}

fn rankings(question: &Question, judged: &Judged) -> BTreeMap<String, Ranks> {
    let by = judged.responses.iter().filter_map(|(worker, answers)| match answers.get(&question.name)? {
        Answer::Ranking(placed) => {
            let ranks = ranks(placed).into_iter().map(|(value, rank)| (value.to_string(), f64::from(rank)));
            Some(((*worker).to_string(), ranks.collect()))
        }
        _ => None,
    });
    by.collect()
}

fn texts(question: &Question, items: &[Judged], resampling: &Resampling) -> QuestionAgreement {
    let mut rows: Vec<(&str, &str, String)> = Vec::new();
    for judged in items {
        for (worker, answers) in &judged.responses {
            rows.extend(key(question, answers).map(|key| (judged.item, *worker, key)));
        }
    }
    let labels = Labels::from_rows(rows.iter().map(|(item, worker, text)| (*item, *worker, text.as_str())));
    let headline = coefficient(&labels, Coefficient::Percent, resampling);
    let alike: Vec<f64> = items
        .iter()
        .filter_map(|judged| {
            mean_over_pairs(question, judged, |a, b| likeness(question, judged.fields, a, b))
        })
        .collect();
    QuestionAgreement { likeness: Some(Metric::mean(&alike, resampling)), ..bare("percent", headline) }
}

fn over_pairs(
    question: &Question,
    items: &[Judged],
    resampling: &Resampling,
    measure: impl Fn(&crate::Answers, &crate::Answers) -> Option<f64>,
) -> Measured {
    let values: Vec<f64> =
        items.iter().filter_map(|judged| mean_over_pairs(question, judged, &measure)).collect();
    Measured { used: values.len(), of: items.len(), metric: Metric::mean(&values, resampling) }
}

/// The mean over all pairs of people who answered; `None` where no pair has a value.
fn mean_over_pairs(
    question: &Question,
    judged: &Judged,
    measure: impl Fn(&crate::Answers, &crate::Answers) -> Option<f64>,
) -> Option<f64> {
    let given: Vec<_> =
        judged.responses.iter().filter(|(_, answers)| answers.contains_key(&question.name)).collect();
    let mut values = Vec::new();
    for (number, (_, one)) in given.iter().enumerate() {
        values.extend(given[number + 1..].iter().filter_map(|(_, other)| measure(one, other)));
    }
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests;
