//! Sources of several files and folders: what their uris are, and that they stay.

use serde_json::Value;

use crate::bench::Bench;

/// The uris of every document, in order.
fn uris(bench: &Bench) -> Vec<String> {
    let report = bench.json(&["docs", "list"]);
    let documents = report["documents"].as_array().unwrap().iter();
    let mut uris: Vec<String> = documents.map(|row| row["uri"].as_str().unwrap().to_string()).collect();
    uris.sort();
    uris
}

/// Brings in paths under the documents, with more words.
fn ingest(bench: &Bench, paths: &[&str], more: &[&str]) -> Value {
    let paths: Vec<String> = paths.iter().map(|path| bench.docs().join(path).display().to_string()).collect();
    let words: Vec<&str> = paths.iter().map(String::as_str).chain(more.iter().copied()).collect();
    bench.json(&[&["ingest"], &words[..]].concat())
}

fn two_readmes() -> Bench {
    let bench = Bench::lexical();
    bench.write("a/README.md", "The mill grinds oats.\n");
    bench.write("b/README.md", "The kiln dries tiles.\n");
    bench
}

#[test]
fn two_files_of_one_name_are_two_documents() {
    let bench = two_readmes();
    let report = ingest(&bench, &["a/README.md", "b/README.md"], &[]);
    assert_eq!(report["documents"]["added"], 2, "{report}");
    assert_eq!(uris(&bench), ["a/README.md", "b/README.md"]);
    assert_eq!(bench.found(&["kiln"]), ["b/README.md"]);
}

#[test]
fn a_file_keeps_its_uri_when_another_of_its_name_comes() {
    let bench = two_readmes();
    ingest(&bench, &["a/README.md"], &[]);
    let report = ingest(&bench, &["b/README.md"], &[]);
    let counts = &report["documents"];
    assert_eq!((&counts["added"], &counts["unchanged"]), (&1.into(), &1.into()), "{report}");
    assert_eq!(uris(&bench), ["README.md", "b/README.md"]);
    let again = bench.json(&["sync"]);
    assert_eq!((&again["documents"]["unchanged"], &again["documents"]["failed"]), (&2.into(), &0.into()));
}

#[test]
fn two_folders_of_one_name_under_one_source_are_told_apart() {
    let bench = two_readmes();
    for town in ["a", "b"] {
        bench.write(&format!("{town}/notes/today.md"), &format!("Town {town} mends its bridge.\n"));
    }
    let report = ingest(&bench, &["a/notes", "b/notes"], &["--source", "towns"]);
    assert_eq!(report["documents"]["added"], 2, "{report}");
    assert_eq!(uris(&bench), ["a/notes/today.md", "b/notes/today.md"]);
}

#[test]
fn a_file_whose_uri_another_has_is_reported_with_what_to_do() {
    let bench = two_readmes();
    let report = ingest(&bench, &["a", "b/README.md"], &["--source", "both"]);
    assert_eq!((&report["documents"]["added"], &report["documents"]["failed"]), (&1.into(), &1.into()));
    let failure = &report["failures"][0];
    assert_eq!((&failure["uri"], &failure["kind"]), (&"README.md".into(), &"same_uri".into()), "{report}");
    assert!(failure["hint"].as_str().unwrap().contains("engraft ingest PATH --source NAME"), "{report}");
    assert_eq!(bench.found(&["mill"]), ["README.md"]);
    // A file that is named twice is one file.
    let report = ingest(&bench, &["b", "b/README.md"], &["--source", "twice"]);
    assert_eq!((&report["documents"]["added"], &report["documents"]["failed"]), (&1.into(), &0.into()));
}

#[test]
fn a_loose_file_that_is_deleted_takes_only_itself_along() {
    let bench = two_readmes();
    bench.write("loose.md", "The ferry is repaired.\n");
    bench.write("plain", "The lock is repaired.\n");
    let report = ingest(&bench, &["a", "loose.md", "plain"], &["--source", "mixed"]);
    assert_eq!(report["documents"]["added"], 3, "{report}");
    let before = uris(&bench);
    assert_eq!(before, ["README.md", "loose.md", "plain"]);
    for gone in ["loose.md", "plain"] {
        std::fs::remove_file(bench.docs().join(gone)).unwrap();
        let report = bench.json(&["sync"]);
        let counts = &report["documents"];
        assert_eq!((&counts["removed"], &counts["added"]), (&1.into(), &0.into()), "{gone}: {report}");
    }
    assert_eq!(uris(&bench), ["README.md"]);
}

#[test]
fn a_folder_with_a_dot_in_its_name_that_is_gone_does_not_empty_its_source() {
    let bench = two_readmes();
    bench.write("site.d/page.md", "The tram runs to the harbour.\n");
    ingest(&bench, &["a", "site.d"], &["--source", "mixed"]);
    std::fs::rename(bench.docs().join("site.d"), bench.path("unmounted")).unwrap();
    let (status, report) = bench.json_status(&["sync"]);
    assert_eq!((status, &report["error"]["kind"]), (2, &"missing".into()), "{report}");
    assert_eq!(uris(&bench), ["a/README.md", "site.d/page.md"]);
}
