//! Lexical quality on public collections, where they are present: a drop means that analysis or scoring broke.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use engraft_core::Mode;
use engraft_search::{Change, Entry, Index, Pooling, Request, Settings};
use serde_json::Value;

fn lines(path: &Path) -> Vec<Value> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The mean nDCG@10 of BM25 over (question, gains by document) pairs.
fn ndcg(corpus: &[Value], questions: &[(String, HashMap<String, f64>)]) -> f64 {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_string();
    let entry = |(at, doc): (usize, &Value)| Entry {
        chunk: at as u32,
        doc: at as u32,
        title: text(doc, "title"),
        body: text(doc, "text"),
        ..Entry::default()
    };
    let index = Index::in_memory(&Settings { k1: 0.9, b: 0.4, ..Settings::new(1) }).unwrap();
    let add = corpus.iter().enumerate().map(entry).collect();
    index.apply(&Change { version: 1, add, ..Change::default() }).unwrap();
    let snapshot = index.snapshot();
    let discount = |rank: usize| 1.0 / (rank as f64 + 2.0).log2();
    let one = |(words, gains): &(String, HashMap<String, f64>)| {
        let request = Request { text: words, mode: Mode::Lexical, ..Request::default() };
        let hits = snapshot.search_documents(&request, Pooling::Whole).hits;
        let gain =
            |doc: u32| gains.get(corpus[doc as usize]["_id"].as_str().unwrap()).copied().unwrap_or(0.0);
        let found: f64 = hits.iter().enumerate().map(|(rank, hit)| gain(hit.doc) * discount(rank)).sum();
        let mut best: Vec<f64> = gains.values().copied().collect();
        best.sort_by(|a, b| b.total_cmp(a));
        found / best.iter().take(10).enumerate().map(|(rank, gain)| gain * discount(rank)).sum::<f64>()
    };
    questions.iter().map(one).sum::<f64>() / questions.len() as f64
}

fn judged(folder: &Path, qrels: &str) -> Vec<(String, HashMap<String, f64>)> {
    let mut gains: BTreeMap<String, HashMap<String, f64>> = BTreeMap::new();
    for line in fs::read_to_string(folder.join(qrels)).unwrap().lines().skip(1) {
        let parts: Vec<&str> = line.split('\t').collect();
        gains.entry(parts[0].into()).or_default().insert(parts[1].into(), parts[2].parse().unwrap());
    }
    let queries = lines(&folder.join("queries.jsonl"));
    let judged = queries.iter().filter_map(|query| {
        let id = query["_id"].as_str().unwrap();
        Some((query["text"].as_str().unwrap().to_string(), gains.get(id)?.clone()))
    });
    judged.collect()
}

#[track_caller]
fn at_least(name: &str, floor: f64, found: f64) {
    println!("{name}: nDCG@10 {found:.4}");
    assert!(found >= floor, "{name}: nDCG@10 {found:.4} is below {floor}");
}

#[test]
fn english_claims_find_their_abstracts() {
    let Some(folder) = engraft_testkit::data("rag-scifact") else { return };
    at_least(
        "SciFact",
        0.685,
        ndcg(&lines(&folder.join("corpus.jsonl")), &judged(&folder, "qrels/test.tsv")),
    );
}

#[test]
fn english_questions_find_their_reports() {
    let Some(folder) = engraft_testkit::data("rag-cranfield") else { return };
    at_least("Cranfield", 0.345, ndcg(&lines(&folder.join("corpus.jsonl")), &judged(&folder, "qrels.tsv")));
}

#[test]
fn questions_in_seven_languages_find_their_passages() {
    let Some(folder) = engraft_testkit::data("rag-xquad") else { return };
    for (language, floor) in
        [("en", 0.95), ("de", 0.91), ("es", 0.93), ("zh", 0.94), ("ar", 0.91), ("hi", 0.93), ("ru", 0.93)]
    {
        let corpus = lines(&folder.join(format!("{language}.passages.jsonl")));
        let questions = lines(&folder.join(format!("{language}.questions.jsonl")));
        let wanted =
            |question: &Value| HashMap::from([(question["passage"].as_str().unwrap().to_string(), 1.0)]);
        let questions: Vec<_> = questions
            .iter()
            .map(|question| (question["text"].as_str().unwrap().to_string(), wanted(question)))
            .collect();
        at_least(language, floor, ndcg(&corpus, &questions));
    }
}
