//! Random histories of an index against a plain reimplementation that keeps everything in a map and recomputes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use engraft_core::{ChunkNo, DocNo, Mode};
use engraft_search::{
    Change, DocFacts, Entry, Filter, Fusion, Index, Pooling, Request, Scaling, Settings, terms,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const DIM: usize = 24;
const WORDS: [&str; 12] = [
    "refund",
    "policy",
    "travel",
    "G100",
    "COVID-19",
    "书店",
    "running",
    "the",
    "отпуск",
    "leave",
    "cat",
    "mat",
];

fn vector(seed: u32) -> Vec<f32> {
    let raw: Vec<f32> = (0..DIM).map(|i| ((seed as f32 + 1.0) * (i as f32 + 1.3)).sin()).collect();
    let norm = raw.iter().map(|x| x * x).sum::<f32>().sqrt();
    raw.iter().map(|x| x / norm).collect()
}

#[derive(Clone, Debug)]
enum Step {
    Put { doc: u32, chunks: Vec<(Vec<usize>, bool)>, acl: Vec<usize>, year: i64 },
    Acl { doc: u32, acl: Vec<usize>, year: i64 },
    Drop { doc: u32 },
    RemoveOne { nth: usize },
    Merge,
    Persist,
    Reopen,
}

const PRINCIPALS: [&str; 4] = ["ann", "bob", "staff", "*"];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let acl = || prop::collection::vec(0usize..4, 0..3);
    let chunk = (prop::collection::vec(0usize..WORDS.len(), 0..9), prop::bool::weighted(0.8));
    let put = (0u32..30, prop::collection::vec(chunk, 1..4), acl(), 2020i64..2026);
    let step = prop_oneof![
        8 => put.prop_map(|(doc, chunks, acl, year)| Step::Put { doc, chunks, acl, year }),
        2 => (0u32..30, acl(), 2020i64..2026).prop_map(|(doc, acl, year)| Step::Acl { doc, acl, year }),
        2 => (0u32..30).prop_map(|doc| Step::Drop { doc }),
        2 => (0usize..60).prop_map(|nth| Step::RemoveOne { nth }),
        1 => Just(Step::Merge),
        1 => Just(Step::Persist),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..50)
}

/// Everything that should be in the index.
#[derive(Default)]
struct Oracle {
    chunks: BTreeMap<ChunkNo, Entry>,
    facts: BTreeMap<DocNo, (BTreeSet<String>, i64)>,
    next: ChunkNo,
    version: u64,
}

impl Oracle {
    fn change(&mut self, step: &Step) -> Option<Change> {
        self.version += 1;
        let mut change = Change { version: self.version, ..Change::default() };
        match step {
            Step::Put { doc, chunks, acl, year } => {
                change.remove =
                    self.chunks.values().filter(|entry| entry.doc == *doc).map(|entry| entry.chunk).collect();
                self.chunks.retain(|_, entry| entry.doc != *doc);
                for (words, embedded) in chunks {
                    let body: Vec<&str> = words.iter().map(|&word| WORDS[word]).collect();
                    let entry = Entry {
                        chunk: self.next,
                        doc: *doc,
                        title: WORDS[*doc as usize % WORDS.len()].to_string(),
                        heading: WORDS[(*doc as usize * 5 + words.len()) % WORDS.len()].to_string(),
                        body: body.join(" "),
                        vector: embedded.then(|| vector(self.next % 40)),
                    };
                    self.next += 1;
                    self.chunks.insert(entry.chunk, entry.clone());
                    change.add.push(entry);
                }
                change.docs.push(self.facts(*doc, acl, *year));
            }
            Step::Acl { doc, acl, year } => change.docs.push(self.facts(*doc, acl, *year)),
            Step::Drop { doc } => {
                self.chunks.retain(|_, entry| entry.doc != *doc);
                self.facts.remove(doc);
                change.forget.push(*doc);
            }
            Step::RemoveOne { nth } => {
                let chunk = *self.chunks.keys().nth(*nth)?;
                self.chunks.remove(&chunk);
                change.remove.push(chunk);
            }
            _ => return None,
        }
        Some(change)
    }

    fn facts(&mut self, doc: DocNo, acl: &[usize], year: i64) -> DocFacts {
        let acl: BTreeSet<String> = acl.iter().map(|&at| PRINCIPALS[at].to_string()).collect();
        self.facts.insert(doc, (acl.clone(), year));
        let metadata =
            BTreeMap::from([("year".to_string(), json!(year)), ("doc".to_string(), json!([doc, "any"]))]);
        DocFacts { doc, acl: acl.into_iter().collect(), metadata }
    }

    fn allowed(&self, since: Option<i64>, who: Option<&str>) -> BTreeSet<ChunkNo> {
        let sees = |doc: DocNo| {
            let facts = self.facts.get(&doc);
            let year = since.is_none_or(|since| facts.is_some_and(|facts| facts.1 >= since));
            year && who
                .is_none_or(|who| facts.is_some_and(|facts| facts.0.contains(who) || facts.0.contains("*")))
        };
        self.chunks.values().filter(|entry| sees(entry.doc)).map(|entry| entry.chunk).collect()
    }

    /// Built anew in one step.
    fn rebuilt(&self) -> Index {
        let index = Index::in_memory(&Settings::new(DIM)).unwrap();
        let docs = self.facts.iter().map(|(&doc, (acl, year))| DocFacts {
            doc,
            acl: acl.iter().cloned().collect(),
            metadata: BTreeMap::from([
                ("year".to_string(), json!(year)),
                ("doc".to_string(), json!([doc, "any"])),
            ]),
        });
        let change = Change {
            version: 1,
            docs: docs.collect(),
            add: self.chunks.values().cloned().collect(),
            ..Change::default()
        };
        index.apply(&change).unwrap();
        index
    }
}

fn since(year: Option<i64>) -> Option<Filter> {
    year.map(|year| Filter::parse(&json!({"year": {"$gte": year}})).unwrap())
}

fn compare(index: &Index, oracle: &Oracle) {
    let (snapshot, rebuilt) = (index.snapshot(), oracle.rebuilt().snapshot());
    assert_eq!(snapshot.chunks(), oracle.chunks.len());
    let question = vector(7);
    for who in [None, Some("ann"), Some("nobody")] {
        for year in [None, Some(2023), Some(2030)] {
            let allowed = oracle.allowed(year, who);
            let filter = since(year);
            let principals = who.map(|who| vec![who.to_string()]);
            for (mode, text, scaling) in [
                (Mode::Hybrid, "refund policy 书店", Scaling::MinMax),
                (Mode::Hybrid, "refund policy 书店", Scaling::Standard),
                (Mode::Lexical, "cat covid running", Scaling::MinMax),
                (Mode::Dense, "", Scaling::MinMax),
            ] {
                let request = Request {
                    text,
                    vector: Some(&question),
                    mode,
                    k: 10_000,
                    candidates: 5,
                    filter: filter.as_ref(),
                    principals: principals.as_deref(),
                    fusion: Fusion::Convex { alpha: 0.5, scaling },
                    count: false,
                };
                let found = snapshot.search(&request);
                assert!(found == rebuilt.search(&request), "incremental differs from rebuilt");
                let hits: BTreeSet<ChunkNo> = found.hits.iter().map(|hit| hit.chunk).collect();
                assert_eq!(hits.len(), found.hits.len(), "a chunk is found twice");
                assert_eq!(found.explain.allowed, allowed.len());
                let words = terms(text);
                let matches = |entry: &Entry| {
                    let has = [&entry.title, &entry.heading, &entry.body].iter().any(|field| {
                        // A question made of the field has the field's terms, but for stop words among others.
                        terms(field).keys().any(|term| words.contains_key(term))
                    });
                    mode != Mode::Lexical && entry.vector.is_some() || mode != Mode::Dense && has
                };
                let expected: BTreeSet<ChunkNo> =
                    allowed.iter().copied().filter(|chunk| matches(&oracle.chunks[chunk])).collect();
                assert!(hits == expected, "{mode:?} {who:?} {year:?} misses or adds chunks");
                for hit in &found.hits {
                    assert_eq!(hit.doc, oracle.chunks[&hit.chunk].doc);
                }
                for k in [1, 3, 7] {
                    let fewer = snapshot.search(&Request { k, ..request }).hits;
                    assert!(fewer == found.hits[..k.min(found.hits.len())], "top {k} is not a prefix");
                }
                for pooling in [Pooling::Best, Pooling::Whole] {
                    let request = Request { candidates: 10_000, ..request };
                    let docs = snapshot.search_documents(&request, pooling);
                    assert!(
                        docs == rebuilt.search_documents(&request, pooling),
                        "incremental differs from rebuilt"
                    );
                    let found: BTreeSet<DocNo> = docs.hits.iter().map(|hit| hit.doc).collect();
                    assert!(
                        found == hits.iter().map(|chunk| oracle.chunks[chunk].doc).collect::<BTreeSet<_>>()
                    );
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn any_history_searches_like_a_fresh_build(steps in steps()) {
        let folder = tempfile::tempdir().unwrap();
        let mut index = Index::create(folder.path(), &Settings::new(DIM)).unwrap();
        let mut oracle = Oracle::default();
        for step in &steps {
            match step {
                Step::Merge => while index.merge().unwrap() {},
                Step::Persist => prop_assert_eq!(index.persist().unwrap(), index.version()),
                Step::Reopen => {
                    index.persist().unwrap();
                    let version = index.version();
                    index = Index::open(folder.path(), &Settings::new(DIM)).unwrap();
                    prop_assert_eq!(index.version(), version);
                }
                _ => if let Some(change) = oracle.change(step) {
                    index.apply(&change).unwrap();
                },
            }
        }
        compare(&index, &oracle);
    }
}

#[test]
fn many_small_changes_stay_few_segments() {
    let index = Index::in_memory(&Settings::new(DIM)).unwrap();
    let mut oracle = Oracle::default();
    for doc in 0..3000u32 {
        let step =
            Step::Put { doc, chunks: vec![(vec![doc as usize % 12, 3], true)], acl: vec![3], year: 2024 };
        index.apply(&oracle.change(&step).unwrap()).unwrap();
    }
    assert!(index.snapshot().segments() < 40, "{} segments", index.snapshot().segments());
    while index.merge().unwrap() {}
    assert!(index.snapshot().segments() < 24, "{} segments", index.snapshot().segments());
    compare(&index, &oracle);
}

#[test]
fn filters_select_what_they_say() {
    let index = Index::in_memory(&Settings::new(DIM)).unwrap();
    let doc = |doc: u32, metadata: Value| DocFacts {
        doc,
        acl: vec!["*".into()],
        metadata: serde_json::from_value(metadata).unwrap(),
    };
    let docs = vec![
        doc(1, json!({"source": "handbook", "year": 2023, "tags": ["hr", "leave"], "date": "2023-05-01"})),
        doc(
            2,
            json!({"source": "wiki", "year": 2024.5, "tags": ["it"], "date": "2024-01-31", "owner": null}),
        ),
        doc(3, json!({"source": "wiki", "year": -1, "draft": true, "mail": {"from": "ann"}})),
    ];
    let add =
        (1..4).map(|n| Entry { chunk: n * 10, doc: n, body: "word".into(), ..Entry::default() }).collect();
    index.apply(&Change { version: 1, docs, add, ..Change::default() }).unwrap();
    let check = |filter: Value, expected: &[u32]| {
        let parsed = Filter::parse(&filter).unwrap();
        let request = Request { text: "word", filter: Some(&parsed), ..Request::default() };
        let docs: Vec<u32> = index.snapshot().search(&request).hits.iter().map(|hit| hit.doc).collect();
        assert_eq!(docs, expected, "{filter}");
    };
    check(json!({}), &[1, 2, 3]);
    check(json!({"source": "wiki"}), &[2, 3]);
    check(json!({"source": "wiki", "year": {"$gt": 0}}), &[2]);
    check(json!({"tags": "leave"}), &[1]);
    check(json!({"tags": {"$in": ["it", "hr"]}}), &[1, 2]);
    check(json!({"tags": {"$nin": ["it", "hr"]}}), &[3]);
    check(json!({"year": {"$lte": 2023}}), &[1, 3]);
    check(json!({"year": {"$lt": 2023}}), &[3]);
    check(json!({"year": {"$gte": "2023"}}), &[]);
    check(json!({"date": {"$gte": "2023-05-01", "$lt": "2024-02"}}), &[1, 2]);
    check(json!({"date": {"$exists": false}}), &[3]);
    check(json!({"owner": null}), &[1, 2, 3]);
    check(json!({"owner": {"$exists": true}}), &[2]);
    check(json!({"draft": true}), &[3]);
    check(json!({"draft": {"$ne": true}}), &[1, 2]);
    check(json!({"mail.from": "ann"}), &[3]);
    check(json!({"$or": [{"year": 2023}, {"draft": true}]}), &[1, 3]);
    check(json!({"$not": {"$or": [{"year": 2023}, {"draft": true}]}}), &[2]);
    check(json!({"year": {"$not": {"$gt": 0}}}), &[3]);
    check(json!({"$and": [{"source": "wiki"}, {"year": {"$in": [2024.5, 7]}}]}), &[2]);
    check(json!({"source": "Wiki"}), &[]);
}
