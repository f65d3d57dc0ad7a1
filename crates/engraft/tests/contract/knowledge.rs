//! ingest, sync, docs, search, import: what a folder becomes and how it is found.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use expect_test::expect;

use crate::bench::{Bench, cut, shape};

fn two_pages() -> Bench {
    let bench = Bench::lexical();
    bench.write(
        "leave.md",
        "# Leave\n\nEverybody has 28 days of annual leave.\n\n## Carry over\n\nFive days carry over.\n",
    );
    bench.write("it/laptops.md", "# Laptops\r\n\r\nA laptop is replaced every four years. \u{1f4bb}\r\n");
    bench
}

#[test]
fn ingest_counts_what_it_did_and_a_second_run_does_nothing() {
    let bench = two_pages();
    let first = bench.ingest();
    expect![[r#"{bytes chunks{added removed total} documents{added failed removed unchanged updated} duplicates embedded failures index_version seconds warnings}"#]]
        .assert_eq(&shape(&first));
    assert_eq!(first["documents"]["added"], 2);
    let second = bench.ingest();
    assert_eq!((&second["documents"]["unchanged"], &second["bytes"]), (&2.into(), &0.into()), "{second}");
    assert_eq!(second["index_version"], first["index_version"]);
}

#[test]
fn an_edit_a_new_file_and_a_removal_are_seen_by_the_next_query() {
    let bench = two_pages();
    bench.ingest();
    bench.write("leave.md", "# Leave\n\nEverybody has 30 days of annual leave.\n");
    bench.write("bikes.md", "# Bikes\n\nBikes stand behind the hall.\n");
    std::fs::remove_file(bench.docs().join("it/laptops.md")).unwrap();
    let report = bench.json(&["sync"]);
    let counts = &report["documents"];
    assert_eq!(
        (&counts["added"], &counts["updated"], &counts["removed"]),
        (&1.into(), &1.into(), &1.into()),
        "{report}"
    );
    assert_eq!(bench.found(&["laptop"]), Vec::<String>::new());
    assert_eq!(bench.found(&["carry over"]), Vec::<String>::new());
    assert_eq!(bench.found(&["bikes"]), ["bikes.md"]);
    let history = bench.json(&["docs", "history", "leave.md"]);
    assert_eq!(history["versions"].as_array().unwrap().len(), 2);
}

#[test]
fn a_hit_says_where_it_is_to_the_letter() {
    let bench = two_pages();
    bench.ingest();
    let report = bench.json(&["search", "laptop replaced", "-k", "1"]);
    let hit = &report["hits"][0];
    expect!["{char_end char_start chunk_id doc_id doc_version heading legs{dense lexical{rank score}} page place rank score text title uri}"]
        .assert_eq(&shape(hit));
    assert_eq!(hit["uri"], "it/laptops.md");
    assert_eq!(hit["text"], cut(&bench.docs().join("it/laptops.md"), hit).as_str());
    assert!(hit["text"].as_str().unwrap().ends_with('\u{1f4bb}'));
}

#[test]
fn a_word_that_only_a_title_or_a_heading_has_is_found() {
    let bench = Bench::lexical();
    bench.write("titled.md", "---\ntitle: Submarines\n---\nThey are painted every spring.\n");
    bench.write("headed.md", "# Start\n\n## Periscopes\n\nThey go up and down.\n");
    bench.ingest();
    assert_eq!(bench.found(&["submarine"]), ["titled.md"]);
    assert_eq!(bench.found(&["periscope"]), ["headed.md"]);
}

#[test]
fn docs_show_gives_the_file_to_the_letter() {
    let bench = two_pages();
    bench.ingest();
    let shown = bench.json(&["docs", "show", "it/laptops.md"]);
    assert_eq!(shown["text"], std::fs::read_to_string(bench.docs().join("it/laptops.md")).unwrap().as_str());
    let listed = bench.json(&["docs", "list"]);
    expect![
        "{documents[{acl chars chunks doc_id language metadata{} mime source title updated_at uri version}]}"
    ]
    .assert_eq(&shape(&listed));
}

#[test]
fn a_removed_document_is_gone_from_search_and_from_docs() {
    let bench = two_pages();
    bench.ingest();
    bench.json(&["docs", "rm", "leave.md", "--purge"]);
    assert_eq!(bench.found(&["annual leave"]), Vec::<String>::new());
    assert_eq!(bench.json_status(&["docs", "show", "leave.md"]).0, 2);
}

#[test]
fn a_removed_document_says_whether_the_next_sync_brings_it_back() {
    let bench = two_pages();
    bench.write(
        "mail.jsonl",
        "{\"id\":\"a\",\"text\":\"The mill.\"}\n{\"id\":\"b\",\"text\":\"The kiln.\"}\n",
    );
    bench.ingest();
    let said = bench.run(&["docs", "rm", "leave.md"]).stdout;
    assert!(said.contains("still in the source `docs`") && said.contains("engraft sync"), "{said}");
    std::fs::remove_file(bench.docs().join("it/laptops.md")).unwrap();
    assert_eq!(bench.json(&["docs", "rm", "it/laptops.md"])["returns"], false, "its file is gone");
    assert_eq!(
        bench.json(&["docs", "rm", "mail.jsonl#a"])["returns"],
        false,
        "its file is known by the other"
    );
    assert_eq!(bench.json(&["sync"])["documents"]["added"], 1);
    let listed = bench.json(&["docs", "list"]);
    let uris = listed["documents"].as_array().unwrap().iter().map(|row| row["uri"].as_str().unwrap());
    assert_eq!(uris.collect::<Vec<_>>(), ["leave.md", "mail.jsonl#b"]);
    assert_eq!(bench.json(&["docs", "rm", "leave.md"])["returns"], true);
    assert_eq!(bench.json(&["docs", "rm", "mail.jsonl#b"])["returns"], true, "nothing of its file is left");
    assert_eq!(bench.json(&["sync"])["documents"]["added"], 3);
}

#[test]
fn access_lists_deny_by_default() {
    let bench = Bench::lexical();
    for (name, acl) in [("open", "*"), ("hr", "anna,board"), ("none", "")] {
        bench.write(&format!("{name}/page.md"), "The salary bands are listed here.\n");
        let folder = bench.docs().join(name);
        let words = ["ingest", folder.to_str().unwrap(), "--source", name, "--acl", acl];
        bench.json(if acl.is_empty() { &words[..4] } else { &words });
    }
    let seen = |principal: &str| {
        bench.json(&["search", "salary", "--as", principal])["hits"].as_array().unwrap().len()
    };
    assert_eq!((seen("anna"), seen("ben")), (2, 1));
    assert_eq!(bench.found(&["salary"]).len(), 3);
}

#[test]
fn filters_choose_by_metadata() {
    let bench = Bench::lexical();
    bench.write("a.md", "---\nyear: 2023\nteam: it\n---\nPrinters are on every floor.\n");
    bench.write("b.md", "---\nyear: 2025\nteam: it\n---\nPrinters are in the basement.\n");
    bench.ingest();
    assert_eq!(bench.found(&["printers", "--filter", r#"{"year":{"$gte":2024},"team":"it"}"#]), ["b.md"]);
    let (status, error) = bench.json_status(&["search", "printers", "--filter", r#"{"year":{"$near":1}}"#]);
    assert_eq!(status, 2);
    assert!(error["error"]["message"].as_str().unwrap().contains("$near"), "{error}");
}

#[test]
fn a_collection_comes_in_and_a_run_goes_out() {
    let bench = Bench::lexical();
    let beir = bench.path("mini");
    std::fs::create_dir(&beir).unwrap();
    std::fs::write(beir.join("corpus.jsonl"), "{\"_id\":\"d1\",\"title\":\"Cats\",\"text\":\"Cats purr.\"}\n{\"_id\":\"d2\",\"title\":\"\",\"text\":\"Dogs bark.\"}\n").unwrap();
    std::fs::write(bench.path("q.jsonl"), "{\"_id\":\"q1\",\"text\":\"who barks\"}\n").unwrap();
    assert_eq!(bench.json(&["import", "beir", beir.to_str().unwrap()])["documents"]["added"], 2);
    let run = bench.path("run.trec");
    let report = bench.json(&[
        "search",
        "--batch",
        bench.path("q.jsonl").to_str().unwrap(),
        "--out",
        run.to_str().unwrap(),
    ]);
    expect!["{qps queries seconds}"].assert_eq(&shape(&report));
    let text = std::fs::read_to_string(run).unwrap();
    let fields: Vec<&str> = text.lines().next().unwrap().split(' ').collect();
    assert_eq!((&fields[..4], fields.len()), (&["q1", "Q0", "d2", "1"][..], 6));
}

#[test]
fn copies_are_reported() {
    let bench = Bench::lexical();
    let text = "The ferry leaves the northern pier every morning at seven and comes back in the evening.\n"
        .repeat(3);
    bench.write("one.md", &text);
    bench.ingest();
    bench.write("two.md", &text);
    let report = bench.json(&["sync"]);
    assert_eq!(report["duplicates"][0]["uri"], "two.md");
    assert_eq!(report["duplicates"][0]["of"], "one.md");
}

#[test]
fn near_copies_are_reported_with_how_near_they_are_and_other_pages_are_not() {
    let bench = Bench::lexical();
    let line = |n: usize| {
        format!("Ferry {n} leaves pier {n} at gate {n} with crew {n} and mail {n} for isle {n}.\n")
    };
    let text: String = (0..12).map(line).collect();
    bench.write("one.md", &text);
    bench.write(
        "other.md",
        &"Bikes stand behind the hall, where the roof keeps them dry in winter.\n".repeat(4),
    );
    bench.ingest();
    bench.write("two.md", &text.replace("with crew 7", "with staff 7"));
    let report = bench.json(&["sync"]);
    let pairs = report["duplicates"].as_array().unwrap();
    assert_eq!(pairs.len(), 1, "{report}");
    assert_eq!((&pairs[0]["uri"], &pairs[0]["of"]), (&"two.md".into(), &"one.md".into()));
    let similarity = pairs[0]["similarity"].as_f64().unwrap();
    assert!((0.8..1.0).contains(&similarity), "{report}");
    let read = bench.run(&["sync"]);
    assert!(!read.stdout.contains("says the same"), "a pair is told when it comes in: {}", read.stdout);
}

#[test]
fn a_run_over_files_names_documents_by_their_uri() {
    let bench = two_pages();
    bench.ingest();
    std::fs::write(bench.path("q.jsonl"), "{\"_id\":\"q1\",\"text\":\"laptop\"}\n").unwrap();
    let (queries, run) = (bench.path("q.jsonl"), bench.path("run.trec"));
    bench.json(&["search", "--batch", queries.to_str().unwrap(), "--out", run.to_str().unwrap()]);
    let text = std::fs::read_to_string(run).unwrap();
    let documents: Vec<&str> = text.lines().map(|line| line.split(' ').nth(2).unwrap()).collect();
    assert_eq!(documents, ["it/laptops.md"]);
}

#[test]
fn an_index_that_is_rebuilt_finds_what_the_old_one_found() {
    let bench = two_pages();
    bench.ingest();
    bench.write("leave.md", "# Leave\n\nEverybody has 30 days of annual leave, and a laptop.\n");
    bench.write("bikes.md", "# Bikes\n\nBikes and laptops stand behind the hall.\n");
    bench.json(&["sync"]);
    let found = || {
        let report = bench.json(&["search", "laptop leave", "-k", "50"]);
        (report["hits"].clone(), report["index_version"].clone())
    };
    let (before, version) = found();
    assert_eq!(before.as_array().unwrap().len(), 3, "{before}");
    let written = || files(&bench.path("kb/.engraft/index"));
    let old = written();
    assert_eq!(bench.json(&["index", "rebuild"])["index_version"], version);
    assert_ne!(written(), old);
    assert_eq!(found(), (before, version));
}

/// Every file below a folder, and when it was last written.
fn files(folder: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            match entry.metadata().unwrap() {
                meta if meta.is_dir() => folders.push(entry.path()),
                meta => drop(found.insert(entry.path(), meta.modified().unwrap())),
            }
        }
    }
    assert!(!found.is_empty());
    found
}
