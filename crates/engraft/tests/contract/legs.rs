//! The reference encoder through the binary: what an edit embeds again, and how a hybrid hit explains itself.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::bench::Bench;

const SECTIONS: usize = 12;

/// A handbook of one chunk a section, with `changed` in place of the paragraph of section 5.
fn handbook(changed: Option<&str>) -> String {
    let section = |number: usize| {
        let usual = format!("Room {number} is cleaned on day {number} of the month.");
        let text = changed.filter(|_| number == 5).unwrap_or(&usual);
        format!("## Room {number}\n\n{text}\n\n")
    };
    (0..SECTIONS).map(section).collect()
}

/// The text of every chunk.
fn chunks(bench: &Bench) -> BTreeSet<String> {
    let report = bench.json(&["search", "room", "-k", "1000", "--mode", "dense"]);
    let hits = report["hits"].as_array().unwrap().iter();
    hits.map(|hit| hit["text"].as_str().unwrap().to_string()).collect()
}

#[test]
fn a_changed_paragraph_embeds_only_its_chunks_again() {
    let Some(bench) = Bench::full() else { return };
    bench.write("handbook.md", &handbook(None));
    let first = bench.ingest();
    assert_eq!((&first["embedded"], &first["chunks"]["total"]), (&SECTIONS.into(), &SECTIONS.into()));
    let before = chunks(&bench);
    bench.write("handbook.md", &handbook(Some("Room five is now the bicycle shed of the staff.")));
    let second = bench.ingest();
    let after = chunks(&bench);
    let changed = after.difference(&before).count();
    assert_eq!((before.len(), after.len(), changed), (SECTIONS, SECTIONS, 1));
    assert_eq!(second["embedded"], changed, "{second}");
    let third = bench.ingest();
    assert_eq!((&third["embedded"], &third["documents"]["unchanged"]), (&0.into(), &1.into()), "{third}");
}

#[test]
fn a_hybrid_hit_explains_itself_and_what_was_held_back() {
    let Some(bench) = Bench::full() else { return };
    let page = |year: u64, what: &str| format!("---\nyear: {year}\n---\nThe salary bands of {what}.\n");
    for (name, year) in [("open/a", 2025), ("open/b", 2025), ("open/c", 2023), ("hr/d", 2025), ("hr/e", 2023)]
    {
        bench.write(&format!("{name}.md"), &page(year, name));
    }
    for (source, acl) in [("open", "*"), ("hr", "anna")] {
        let folder = bench.docs().join(source);
        bench.json(&["ingest", folder.to_str().unwrap(), "--source", source, "--acl", acl]);
    }
    let ask = |principal: &str| {
        let filter = r#"{"year":2025}"#;
        let words = ["search", "salary", "--as", principal, "--filter", filter, "--explain"];
        bench.json(&words)
    };
    let counts = |report: &Value| {
        ["live", "dropped_by_acl", "dropped_by_filter", "allowed"]
            .map(|name| report["explain"][name].as_u64().unwrap())
    };
    let ben = ask("ben");
    // Page e is held back from Ben by its list, so the filter does not count it again.
    assert_eq!((counts(&ben), counts(&ask("anna"))), ([5, 2, 1, 2], [5, 0, 2, 3]));
    let hits = ben["hits"].as_array().unwrap();
    assert_eq!(hits.len(), 2, "{ben}");
    for leg in ["lexical", "dense"] {
        let ranks: BTreeSet<u64> =
            hits.iter().map(|hit| hit["legs"][leg]["rank"].as_u64().unwrap()).collect();
        assert_eq!(ranks, BTreeSet::from([1, 2]), "{leg}: {ben}");
        for hit in hits {
            assert!(hit["legs"][leg]["score"].as_f64().unwrap() > 0.0, "{leg}: {hit}");
        }
    }
}
