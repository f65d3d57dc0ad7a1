//! Enough chunks for the dense leg to look at signs first, and for the lexical leg to use all cores.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use engraft_core::Mode;
use engraft_search::{Change, DocFacts, Entry, Filter, Index, Request, Settings};
use serde_json::json;

const DIM: usize = 64;
const CHUNKS: u32 = 42_000;

fn vector(seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut number = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 24) as f32 - 0.5
    };
    // Directions bunch around a few hundred centres, as those of texts do.
    let mut centre = seed % 300;
    let middle: Vec<f32> = (0..DIM)
        .map(|_| {
            centre = centre.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            (centre >> 40) as f32 / (1 << 24) as f32 - 0.5
        })
        .collect();
    let raw: Vec<f32> = middle.iter().map(|x| x + number() * 0.8).collect();
    let norm = raw.iter().map(|x| x * x).sum::<f32>().sqrt();
    raw.iter().map(|x| x / norm).collect()
}

fn index(step: u32) -> Index {
    let index = Index::in_memory(&Settings::new(DIM)).unwrap();
    for (at, from) in (0..CHUNKS).step_by(step as usize).enumerate() {
        let chunks = from..CHUNKS.min(from + step);
        let entry =
            |chunk| Entry { chunk, doc: chunk, vector: Some(vector(u64::from(chunk))), ..Entry::default() };
        let docs = chunks.clone().map(|doc| DocFacts {
            doc,
            metadata: [("third".into(), json!(doc % 3))].into(),
            ..DocFacts::default()
        });
        let change = Change {
            version: at as u64 + 1,
            docs: docs.collect(),
            add: chunks.map(entry).collect(),
            ..Change::default()
        };
        index.apply(&change).unwrap();
    }
    index
}

#[test]
fn a_scan_of_signs_finds_the_nearest_whatever_the_segments() {
    let (one, many) = (index(CHUNKS).snapshot(), index(7_000).snapshot());
    assert!(many.segments() > 3);
    let mostly = Filter::parse(&json!({"third": {"$lt": 2}})).unwrap();
    let few = Filter::parse(&json!({"third": 1})).unwrap();
    let all: Vec<Vec<f32>> = (0..CHUNKS).map(|chunk| vector(u64::from(chunk))).collect();
    let (mut found, mut wanted) = (0, 0);
    for question in (0..8).map(|at| vector(1_000_000 + at * 37)) {
        for (filter, passes) in [(None, 3), (Some(&mostly), 2), (Some(&few), 0)] {
            let request =
                Request { vector: Some(&question), mode: Mode::Dense, filter, ..Request::default() };
            let hits = one.search(&request);
            assert!(hits == many.search(&request), "segments change the result");
            assert_eq!(hits.explain.dense, hits.explain.allowed);
            let allowed = |chunk: u32| if passes == 0 { chunk % 3 == 1 } else { chunk % 3 < passes };
            let mut exact: Vec<(f32, u32)> = (0..CHUNKS)
                .filter(|&chunk| allowed(chunk))
                .map(|chunk| (question.iter().zip(&all[chunk as usize]).map(|(a, b)| a * b).sum(), chunk))
                .collect();
            exact.sort_by(|a, b| b.0.total_cmp(&a.0));
            wanted += 10;
            found += hits.hits.iter().filter(|hit| exact[..10].iter().any(|one| one.1 == hit.chunk)).count();
        }
    }
    assert!(found * 100 >= wanted * 99, "{found} of {wanted} nearest found");
}

/// More rows than one thread ranks by words, and not a whole number of tasks or windows.
const MANY: u32 = 170_001;

fn words(step: u32) -> Index {
    let index = Index::in_memory(&Settings::new(2)).unwrap();
    for (at, from) in (0..MANY).step_by(step as usize).enumerate() {
        let entry = |chunk: u32| {
            let often = if chunk.is_multiple_of(3) { "common " } else { "other " };
            let rare = if chunk % 4_001 == 7 { "rare " } else { "" };
            let body = format!(
                "{}{rare}{}",
                often.repeat(1 + chunk as usize % 5),
                "filler ".repeat(chunk as usize % 7)
            );
            let angle = chunk as f32;
            Entry {
                chunk,
                doc: chunk,
                body,
                vector: Some(vec![angle.cos(), angle.sin()]),
                ..Entry::default()
            }
        };
        let chunks = from..MANY.min(from + step);
        let docs = chunks.clone().map(|doc| DocFacts {
            doc,
            acl: vec![if doc % 10 == 0 { "board" } else { "staff" }.into()],
            ..DocFacts::default()
        });
        let docs = docs.collect();
        let add = chunks.map(entry).collect();
        index.apply(&Change { version: at as u64 + 1, docs, add, ..Change::default() }).unwrap();
    }
    index
}

#[test]
fn ranking_by_words_on_all_cores_gives_what_one_gives() {
    // One part is ranked on all cores, each of the others on the thread that asks.
    let (one, many) = (words(MANY).snapshot(), words(30_000).snapshot());
    assert!(one.segments() == 1 && many.segments() > 3);
    let staff = ["staff".to_string()];
    for text in ["common rare", "rare", "filler other", "other rare common"] {
        for principals in [None, Some(&staff[..])] {
            for mode in [Mode::Lexical, Mode::Hybrid] {
                let request = Request {
                    text,
                    vector: Some(&[0.6, 0.8]),
                    mode,
                    principals,
                    k: 50,
                    count: true,
                    ..Request::default()
                };
                let found = one.search(&request);
                assert!(found == many.search(&request), "{text} {mode:?}: segments change the result");
                for index in [&one, &many] {
                    let hits = index.search(&Request { count: false, ..request }).hits;
                    assert!(hits == found.hits, "{text} {mode:?}: not counting changes the result");
                }
                let board = found.hits.iter().filter(|hit| hit.doc % 10 == 0).count();
                let there = if mode == Mode::Lexical {
                    found.explain.lexical.unwrap()
                } else {
                    found.explain.allowed
                };
                assert_eq!(found.hits.len(), 50.min(there), "{text} {mode:?}");
                assert!(
                    principals.is_none() || board == 0,
                    "{text} {mode:?}: {board} hits are not for staff"
                );
            }
        }
    }
    let rare =
        one.search(&Request { text: "rare", mode: Mode::Lexical, k: 100, count: true, ..Request::default() });
    let wanted = (0..MANY).filter(|chunk| chunk % 4_001 == 7).count();
    assert_eq!((rare.hits.len(), rare.explain.lexical), (wanted, Some(wanted)));
}
