//! The keys of `[search]` in engraft.toml do what they say.

use serde_json::Value;

use crate::bench::Bench;

/// The hits of a query under those settings, with or without an encoder.
fn found(bench: &Bench, encoder: &str, search: &str) -> Vec<Value> {
    let text = format!("[encoder]\nmodel = '{encoder}'\n\n[search]\n{search}\n");
    std::fs::write(bench.path("kb/engraft.toml"), text).unwrap();
    bench.json(&["search", "kiln"])["hits"].as_array().unwrap().clone()
}

fn pages(bench: &Bench) {
    bench.write("short.md", "The kiln dries tiles.\n");
    let rest =
        "It is warm there, and the cats of the town sleep on the floor in front of the door.\n".repeat(5);
    bench.write("long.md", &format!("A kiln is beside the kiln behind the kiln.\n{rest}"));
    bench.write("other.md", "The mill grinds oats.\n");
    bench.ingest();
}

#[test]
fn k1_and_b_weigh_repetition_and_length() {
    let bench = Bench::lexical();
    pages(&bench);
    let first = |search: &str| found(&bench, "none", search)[0]["uri"].as_str().unwrap().to_string();
    assert_eq!(first("b = 0.0"), "long.md");
    assert_eq!(first("b = 1.0"), "short.md");
    let score = |k1: &str| found(&bench, "none", k1)[0]["legs"]["lexical"]["score"].as_f64().unwrap();
    assert!(score("b = 0.0\nk1 = 2.0") > score("b = 0.0\nk1 = 0.5"), "repetition counts for more");
}

#[test]
fn reciprocal_ranks_are_fused_where_that_is_asked_for() {
    let Some(bench) = Bench::full() else { return };
    pages(&bench);
    let model = engraft_testkit::model().unwrap();
    let hits = found(&bench, model.to_str().unwrap(), "fusion = 'rrf'");
    assert_eq!(hits.len(), 3, "{hits:?}");
    for hit in &hits {
        let share = |leg: &str| hit["legs"][leg]["rank"].as_f64().map_or(0.0, |rank| 1.0 / (60.0 + rank));
        let (expected, score) = (share("lexical") + share("dense"), hit["score"].as_f64().unwrap());
        assert!((score - expected).abs() < 1e-6, "{hit}");
    }
    let convex = found(&bench, model.to_str().unwrap(), "fusion = 'convex'");
    assert_ne!(convex[0]["score"], hits[0]["score"]);
}
