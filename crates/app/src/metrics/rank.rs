//! A run against judgements.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use engraft_core::Fault;
use engraft_eval::{
    Evaluation, Measure, Qrels, Resampling, Rules, Run, Table, Ties, TrecError, evaluate_tables, read_qrels,
    read_run,
};

use serde_json::Value;

use super::report::distinct;
use super::rows;
use super::{MetricsReport, Named, RESAMPLES, evidence, wrong};
use crate::Error;

/// Without other wishes.
const MEASURES: [&str; 6] = ["nDCG@10", "R@100", "AP", "RR", "P@5", "Success@5"];
const EXPECTED: &str = "write {\"query\",\"doc\",\"relevance\"} (judgements) or {\"query\",\"doc\",\"score\"} (runs) a line, \
                        or TREC's columns";
/// Fewer judged than this share of what the reader sees makes a comparison doubtful.
const JUDGED_ENOUGH: f64 = 0.5;

/// What to measure.
#[derive(Clone, Debug)]
pub struct RankRequest {
    /// Judgements: TREC, BEIR's table or JSON; or evidence, JSON with `char_start` and `char_end`.
    pub qrels: PathBuf,
    /// The run: TREC or JSON.
    pub run: PathBuf,
    /// Names; some by default.
    pub measures: Vec<String>,
    /// Which version of trec_eval to follow.
    pub ties: Ties,
    /// The least grade that is relevant.
    pub level: i64,
    /// Whether to list every query.
    pub per_query: bool,
    /// Chooses the resamples.
    pub seed: u64,
}

/// Every measure of a run, with its interval over queries. Queries the run lacks score 0.
pub fn rank(request: &RankRequest) -> Result<MetricsReport, Error> {
    let (qrels, run) = (rows::read(&request.qrels)?, rows::read(&request.run)?);
    if rows::is_json(&qrels) && evidence::holds_spans(&qrels) {
        return evidence::measure(request, &qrels, &run);
    }
    let measures = measures(&request.measures)?;
    let (mut qrels_map, mut run_map) = (Qrels::new(), Run::new());
    let qrels = if rows::is_json(&qrels) {
        by_query(
            &request.qrels,
            &qrels,
            &mut qrels_map,
            Value::as_i64,
            &["relevance", "rel", "grade", "score"],
        )?
    } else {
        read_qrels(&qrels).map_err(|error| trec(&request.qrels, &error))?
    };
    let run = if rows::is_json(&run) {
        by_query(&request.run, &run, &mut run_map, Value::as_f64, &["score"])?
    } else {
        read_run(&run).map_err(|error| trec(&request.run, &error))?
    };
    if qrels.is_empty() {
        return Err(wrong(&request.qrels, "no judgement", EXPECTED));
    }
    let rules = Rules { ties: request.ties, level: request.level };
    let evaluation = evaluate_tables(&qrels, &run, &measures, rules);
    if evaluation.unjudged.len() == run.len() {
        let theirs = if run.is_empty() { "no query" } else { run.query(0) };
        let what =
            format!("no judged query is in the run: it has `{theirs}`, judgements have `{}`", qrels.query(0));
        return Err(wrong(&request.run, &what, "use the same query ids in both files"));
    }
    Ok(report(request, &evaluation))
}

/// The measures by name, with `Judged@k` for every cutoff among them.
fn measures(names: &[String]) -> Result<Vec<Measure>, Error> {
    let read = |name: &str| {
        name.parse::<Measure>().map_err(|error| {
            let text = error.to_string();
            let (message, hint) = text.split_once("; ").unwrap_or((&text, ""));
            Error::Request { message: message.to_string(), hint: hint.to_string() }
        })
    };
    let asked: Result<Vec<Measure>, Error> = match names {
        [] => MEASURES.iter().map(|name| read(name)).collect(),
        names => names.iter().map(|name| read(name)).collect(),
    };
    let measures = asked?;
    let cutoffs: Vec<usize> = measures.iter().filter_map(|measure| measure.cutoff()).collect();
    let judged = if cutoffs.is_empty() { vec![10] } else { cutoffs };
    let residuals = measures.iter().filter_map(|measure| match measure {
        Measure::RankBiasedPrecision(p) => Some(Measure::RankBiasedResidual(*p)),
        _ => None,
    });
    let more: Vec<Measure> = residuals.chain(judged.into_iter().map(Measure::Judged)).collect();
    Ok(distinct(measures.into_iter().chain(more)))
}

fn report(request: &RankRequest, evaluation: &Evaluation) -> MetricsReport {
    let names: Vec<String> = evaluation.measures.iter().map(Measure::to_string).collect();
    let metrics = evaluation.metrics(&Resampling { seed: request.seed, resamples: RESAMPLES });
    let per_query = request.per_query.then(|| {
        let of_query = |(place, query): (usize, &&str)| {
            let values = names.iter().cloned().zip(evaluation.of_query(place).iter().copied());
            (query.to_string(), Named(values.collect()))
        };
        Named(evaluation.queries.iter().enumerate().map(of_query).collect())
    });
    let mut notes = Vec::new();
    for (name, metric) in names.iter().zip(&metrics).filter(|(name, _)| name.starts_with("Judged@")) {
        if let Some(share) = metric.value.filter(|share| *share < JUDGED_ENOUGH) {
            let percent = (share * 100.0).round();
            notes.push(format!("{name}: {percent} % of what was returned is judged; a run with other documents would look worse than it is"));
        }
    }
    let (missing, undefined) = (evaluation.missing.len(), evaluation.undefined.len());
    let states = [
        ("scored", evaluation.queries.len() - missing - undefined),
        ("missing", missing),
        ("undefined", undefined),
        ("unjudged", evaluation.unjudged.len()),
    ];
    MetricsReport {
        measures: Named(names.into_iter().zip(metrics).collect()),
        per_query,
        states: states.into_iter().filter(|(_, count)| *count > 0).collect(),
        missing: evaluation.missing.iter().map(|query| query.to_string()).collect(),
        notes,
    }
}

/// JSON as a table: one row a line, or one document `{"query":{"doc":value}}`.
fn by_query<'m, V: Copy + Sync>(
    path: &Path,
    text: &str,
    map: &'m mut BTreeMap<String, BTreeMap<String, V>>,
    value: impl Fn(&Value) -> Option<V>,
    names: &[&str],
) -> Result<Table<'m, V>, Error> {
    let no_value = |place: String, doc: &str| {
        wrong(
            path,
            &format!("{place}: `{doc}` has no {} that is a number of the right kind", names[0]),
            EXPECTED,
        )
    };
    if let Some(document) = rows::document(text) {
        for (query, docs) in &document {
            let Value::Object(docs) = docs else {
                return Err(wrong(path, &format!("`{query}` holds no documents"), EXPECTED));
            };
            let of_query = map.entry(query.clone()).or_default();
            for (doc, said) in docs {
                let said = value(said).ok_or_else(|| no_value(format!("query `{query}`"), doc))?;
                of_query.insert(doc.clone(), said);
            }
        }
        return Ok(Table::of_map(map));
    }
    for row in rows::of_lines(path, text, EXPECTED)? {
        let place = format!("line {}", row.line);
        let lacks = |what: &str| wrong(path, &format!("{place} has no {what}"), EXPECTED);
        let query = row.text(&["query", "query_id", "query-id", "qid"]).ok_or_else(|| lacks("query"))?;
        let doc = row
            .text(&["doc", "doc_id", "docid", "corpus-id", "corpus_id", "uri"])
            .ok_or_else(|| lacks("doc"))?;
        let said = row.field(names).and_then(&value).ok_or_else(|| no_value(place.clone(), &doc))?;
        if map.entry(query.clone()).or_default().insert(doc.clone(), said).is_some() {
            return Err(wrong(
                path,
                &format!("{place}: `{doc}` comes a second time for query `{query}`"),
                EXPECTED,
            ));
        }
    }
    Ok(Table::of_map(map))
}

fn trec(path: &Path, error: &TrecError) -> Error {
    wrong(path, &error.to_string(), error.hint().unwrap_or_default())
}
