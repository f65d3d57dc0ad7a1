//! Extracted spans, or tags, against the right ones.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use engraft_eval::{
    F1Report, LabelF1, Mark, Matching, Metric, Resampling, Tally, entities, f1_report, normalised_value,
    span_f1, strict_entities,
};
use serde::Serialize;
use serde_json::Value;

use super::join::{Compared, Item, join};
use super::report::{MetricsReport, Named, chosen};
use super::rows::{Row, scalar};
use super::{RESAMPLES, wrong};
use crate::Error;

const EXPECTED: &str = "write {\"id\",\"spans\":[{\"char_start\",\"char_end\",\"label\"}]} or {\"id\",\"tags\":[\"B-LABEL\",…]} a line";

/// What to measure.
#[derive(Clone, Debug)]
pub struct SpansRequest {
    /// The two files.
    pub files: Compared,
    /// Names; all by default.
    pub measures: Vec<String>,
    /// Whether to list every item.
    pub per_query: bool,
    /// Chooses the resamples.
    pub seed: u64,
}

/// How good extracted spans are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpansReport {
    /// What every report has.
    #[serde(flatten)]
    pub report: MetricsReport,
    /// Of each label, strictly.
    pub per_label: BTreeMap<String, SpanLabel>,
}

/// One label's.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpanLabel {
    /// Precision, recall and F1 of exact spans.
    #[serde(flatten)]
    pub f1: LabelF1,
    /// The share of documents that have or were given this label in which all its spans are exact.
    pub exact: Metric,
}

/// Spans of one document, from its file.
#[derive(Default)]
struct Marked {
    strict: Vec<Mark>,
    /// As conlleval reads tags; of spans the same as strict.
    lenient: Vec<Mark>,
    /// Whether they were tags.
    tagged: bool,
    /// Label and value, normalised; `None` when the file does not say what the spans hold.
    values: Option<Vec<(String, String)>>,
}

/// One document.
struct Document {
    id: String,
    gold: Marked,
    said: Marked,
    missing: bool,
}

impl Document {
    /// Tags are lenient about how an entity begins, spans about where it ends.
    fn leniently(&self) -> Matching {
        if self.gold.tagged || self.said.tagged { Matching::Exact } else { Matching::Overlap }
    }
}

/// Every measure of the spans, with its interval over documents. Of a document without a prediction nothing was found.
pub fn spans(request: &SpansRequest) -> Result<SpansReport, Error> {
    let items = join(&request.files, "spans", EXPECTED)?;
    let documents: Vec<Document> =
        items.into_iter().map(|item| read(request, item)).collect::<Result<_, _>>()?;
    let labels: BTreeSet<&str> = documents
        .iter()
        .flat_map(|document| {
            [&document.gold.strict, &document.said.strict, &document.gold.lenient, &document.said.lenient]
        })
        .flatten()
        .map(|mark| mark.label.as_str())
        .collect();
    let labels: Vec<String> = labels.into_iter().map(String::from).collect();
    let resampling = Resampling { seed: request.seed, resamples: RESAMPLES };
    let strict = report(&documents, &labels, &resampling, &|document, label| {
        tally(&document.said.strict, &document.gold.strict, label, Matching::Exact)
    });
    let lenient = report(&documents, &labels, &resampling, &|document, label| {
        tally(&document.said.lenient, &document.gold.lenient, label, document.leniently())
    });
    let mut shown = named("", &strict);
    shown.extend(named("lenient_", &lenient));
    shown.push(("document_exact".to_string(), exact(&documents, None, &resampling)));
    if let Some(values) = values(&documents) {
        let places = labels_of(&values);
        let report = f1_report(&value_tallies(&values, &places), &places, &resampling);
        shown.push(("value_f1".to_string(), report.micro.f1));
    }
    let missing: Vec<String> =
        documents.iter().filter(|document| document.missing).map(|document| document.id.clone()).collect();
    let states = [("scored", documents.len() - missing.len()), ("missing", missing.len())];
    let per_query =
        || Named(documents.iter().map(|document| (document.id.clone(), of_document(document))).collect());
    let per_label = strict.per_label.into_iter().map(|(label, f1)| {
        let exact = exact(&documents, Some(&label), &resampling);
        (label, SpanLabel { f1, exact })
    });
    Ok(SpansReport {
        per_label: per_label.collect(),
        report: MetricsReport {
            measures: chosen(shown, &request.measures)?,
            per_query: request.per_query.then(per_query),
            states: states.into_iter().filter(|(_, count)| *count > 0).collect(),
            missing,
            notes: Vec::new(),
        },
    })
}

fn report(
    documents: &[Document],
    labels: &[String],
    resampling: &Resampling,
    tally: &dyn Fn(&Document, &str) -> (usize, usize, usize),
) -> F1Report {
    let of_label = |document: &Document, (place, label): (usize, &String)| {
        let (hits, predicted, gold) = tally(document, label);
        (predicted + gold > 0).then_some(Tally { label: place, hits, predicted, gold })
    };
    let of_document =
        |document| labels.iter().enumerate().filter_map(|label| of_label(document, label)).collect();
    let items: Vec<Vec<Tally>> = documents.iter().map(of_document).collect();
    f1_report(&items, labels, resampling)
}

/// Hits, predicted and right spans of a label.
fn tally(said: &[Mark], gold: &[Mark], label: &str, matching: Matching) -> (usize, usize, usize) {
    let of_label =
        |marks: &[Mark]| marks.iter().filter(|mark| mark.label == label).cloned().collect::<Vec<_>>();
    let counts = span_f1(&of_label(said), &of_label(gold), matching);
    (counts.both, counts.left, counts.right)
}

fn named(prefix: &str, report: &F1Report) -> Vec<(String, Metric)> {
    let all = [
        ("f1", &report.micro.f1),
        ("precision", &report.micro.precision),
        ("recall", &report.micro.recall),
        ("macro_f1", &report.macro_average.f1),
        ("weighted_f1", &report.weighted.f1),
    ];
    all.map(|(name, metric)| (format!("{prefix}{name}"), metric.clone())).into()
}

/// The share of documents in which all spans, or all of one label, are exact.
fn exact(documents: &[Document], label: Option<&str>, resampling: &Resampling) -> Metric {
    let of_label = |marks: &[Mark]| {
        let wanted = marks.iter().filter(|mark| label.is_none_or(|label| mark.label == label));
        let mut wanted: Vec<Mark> = wanted.cloned().collect();
        wanted.sort();
        wanted
    };
    let pairs =
        documents.iter().map(|document| (of_label(&document.said.strict), of_label(&document.gold.strict)));
    // With one label in mind, documents that have nothing to do with it say nothing about it.
    let pairs = pairs.filter(|(said, gold)| label.is_none() || !said.is_empty() || !gold.is_empty());
    Metric::mean(&pairs.map(|(said, gold)| f64::from(said == gold)).collect::<Vec<_>>(), resampling)
}

type Values = Vec<(String, String)>;

/// Said and right values of every document; `None` when a file does not say what its spans hold.
fn values(documents: &[Document]) -> Option<Vec<(&Values, &Values)>> {
    documents
        .iter()
        .map(|document| Some((document.said.values.as_ref()?, document.gold.values.as_ref()?)))
        .collect()
}

fn labels_of(values: &[(&Values, &Values)]) -> Vec<String> {
    let labels: BTreeSet<&String> =
        values.iter().flat_map(|(said, gold)| said.iter().chain(*gold)).map(|(label, _)| label).collect();
    labels.into_iter().cloned().collect()
}

/// A value counts once a document, however often it is marked.
fn value_tallies(values: &[(&Values, &Values)], labels: &[String]) -> Vec<Vec<Tally>> {
    let of_document = |(said, gold): &(&Values, &Values)| {
        let of_label = |(place, label): (usize, &String)| {
            let distinct = |values: &Values| -> BTreeSet<String> {
                values.iter().filter(|(of, _)| of == label).map(|(_, value)| value.clone()).collect()
            };
            let (said, gold) = (distinct(said), distinct(gold));
            let hits = said.intersection(&gold).count();
            Tally { label: place, hits, predicted: said.len(), gold: gold.len() }
        };
        labels.iter().enumerate().map(of_label).collect()
    };
    values.iter().map(of_document).collect()
}

fn of_document(document: &Document) -> Named<Option<f64>> {
    let f1 = |said: &[Mark], gold: &[Mark], matching| span_f1(said, gold, matching).f1();
    Named(vec![
        ("f1".to_string(), f1(&document.said.strict, &document.gold.strict, Matching::Exact)),
        ("lenient_f1".to_string(), f1(&document.said.lenient, &document.gold.lenient, document.leniently())),
    ])
}

fn read(request: &SpansRequest, item: Item) -> Result<Document, Error> {
    let gold = marks(&item.gold, &request.files.gold)?;
    let missing = item.pred.is_none();
    let said = match &item.pred {
        Some(row) => {
            let tags = |row: &Row| row.field(&["tags"]).and_then(Value::as_array).map(Vec::len);
            if let Some((said, right)) = tags(row).zip(tags(&item.gold)).filter(|(said, right)| said != right)
            {
                let what =
                    format!("line {}: {said} tags, the gold file has {right} for `{}`", row.line, item.id);
                return Err(wrong(&request.files.pred, &what, "tag the same tokens in both files"));
            }
            marks(row, &request.files.pred)?
        }
        None => Marked { values: Some(Vec::new()), ..Marked::default() },
    };
    Ok(Document { id: item.id, gold, said, missing })
}

fn marks(row: &Row, path: &Path) -> Result<Marked, Error> {
    let bad = |what: String| wrong(path, &format!("line {}: {what}", row.line), EXPECTED);
    if let Some(Value::Array(tags)) = row.field(&["tags"]) {
        let tags: Option<Vec<&str>> = tags.iter().map(Value::as_str).collect();
        let tags = tags.ok_or_else(|| bad("a tag is no text".into()))?;
        let marks = |found: Vec<engraft_eval::Entity>| {
            found
                .into_iter()
                .map(|entity| Mark::new(entity.start, entity.end, entity.label))
                .collect::<Vec<_>>()
        };
        let lenient = entities(&tags).map_err(|error| bad(error.to_string()))?;
        let strict = strict_entities(&tags).map_err(|error| bad(error.to_string()))?;
        return Ok(Marked { strict: marks(strict), lenient: marks(lenient), tagged: true, values: None });
    }
    let Some(Value::Array(spans)) = row.field(&["spans", "entities"]) else {
        return Err(bad("no spans and no tags".into()));
    };
    let text: Option<Vec<char>> = row.text(&["text"]).map(|text| text.chars().collect());
    let mut marked = Marked { values: Some(Vec::new()), ..Marked::default() };
    for span in spans {
        let position =
            |names: [&str; 2]| names.iter().find_map(|name| span[*name].as_u64()).map(|at| at as usize);
        let (start, end) = (position(["char_start", "start"]), position(["char_end", "end"]));
        let (Some(start), Some(end), Some(label)) = (start, end, scalar(&span["label"])) else {
            return Err(bad("a span lacks char_start, char_end or label".into()));
        };
        if start >= end {
            return Err(bad(format!("the span {start}–{end} is empty")));
        }
        let of_text = || {
            text.as_ref().and_then(|text| text.get(start..end)).map(|part| part.iter().collect::<String>())
        };
        let value = span["quote"].as_str().map(String::from).or_else(of_text);
        match (&mut marked.values, value) {
            (Some(values), Some(value)) => values.push((label.clone(), normalised_value(&value))),
            (values, _) => *values = None,
        }
        marked.strict.push(Mark::new(start, end, &label));
    }
    marked.lenient = marked.strict.clone();
    Ok(marked)
}
