//! Hostile files, damaged derived data, other processes.

use crate::bench::Bench;

#[test]
fn one_bad_file_never_stops_the_rest() {
    let bench = Bench::lexical();
    bench.write("good.md", "The good page.\n");
    bench.write("broken.pdf", "%PDF-1.7\nnot really");
    bench.write("broken.docx", "PK\u{3}\u{4}nothing");
    bench.write("empty.md", "");
    let report = bench.ingest();
    assert_eq!(report["documents"]["added"], 1, "{report}");
    let failures = report["failures"].as_array().unwrap();
    assert_eq!(failures.len(), 3, "{report}");
    for failure in failures {
        assert!(!failure["hint"].as_str().unwrap().is_empty(), "{failure}");
    }
    assert_eq!(bench.found(&["good"]), ["good.md"]);
}

#[test]
fn where_all_that_was_asked_for_failed_the_answer_is_no() {
    let bench = Bench::lexical();
    bench.write("good.md", "The good page.\n");
    bench.write("broken.pdf", "%PDF-1.7\nnot really");
    let place = |name: &str| bench.docs().join(name).to_str().unwrap().to_string();
    let (good, broken) = (place("good.md"), place("broken.pdf"));
    let (status, report) = bench.json_status(&["ingest", &broken]);
    assert_eq!((status, &report["documents"]["failed"]), (1, &1.into()), "{report}");
    assert_eq!(bench.json_status(&["sync"]).0, 1, "nothing is in");
    assert_eq!(bench.json_status(&["ingest", &broken, &good]).0, 0, "one bad file never stops the rest");
    assert_eq!(bench.json_status(&["sync"]).0, 0, "what was in already is in");
    let (status, report) = bench.json_status(&["ingest", &broken]);
    assert_eq!(
        (status, &report["documents"]["unchanged"]),
        (1, &1.into()),
        "another file is not what was asked for"
    );
    assert_eq!(bench.json_status(&["ingest", bench.docs().to_str().unwrap()]).0, 0);
    std::fs::remove_file(&good).unwrap();
    assert_eq!(bench.json_status(&["sync", "docs"]).0, 1);
    bench.write("empty/.hidden", "");
    assert_eq!(bench.json_status(&["ingest", &place("empty")]).0, 0, "nothing was there, and nothing failed");
}

#[test]
fn a_deleted_or_damaged_index_is_made_anew() {
    let bench = Bench::lexical();
    bench.write("page.md", "The lighthouse keeper sleeps at noon.\n");
    bench.ingest();
    let index = bench.path("kb/.engraft/index");
    std::fs::remove_dir_all(&index).unwrap();
    assert_eq!(bench.found(&["lighthouse"]), ["page.md"]);
    let mut files = vec![index];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(std::fs::read_dir(path).unwrap().flatten().map(|entry| entry.path()));
        } else {
            std::fs::write(&path, b"scribble").unwrap();
        }
    }
    assert_eq!(bench.found(&["lighthouse"]), ["page.md"]);
}

#[test]
fn a_changed_file_that_cannot_be_read_is_not_answered_from_its_old_text() {
    let bench = Bench::lexical();
    bench.write("page.md", "The old policy allows dogs.\n");
    bench.ingest();
    bench.write("page.md", "");
    let (status, report) = bench.json_status(&["sync"]);
    assert_eq!((status, &report["documents"]["removed"]), (1, &1.into()), "{report}");
    assert!(bench.found(&["dogs"]).is_empty());
}

#[test]
fn two_processes_may_write_at_once() {
    let bench = Bench::lexical();
    let children: Vec<_> = (0..3)
        .map(|n| {
            for page in 0..20 {
                bench.write(
                    &format!("part{n}/page{page}.md"),
                    &format!("Part {n} holds page {page} on beacons.\n"),
                );
            }
            let folder = bench.docs().join(format!("part{n}"));
            bench.command(&["ingest", folder.to_str().unwrap()]).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(bench.found(&["beacons", "-k", "100"]).len(), 60);
}

#[test]
fn a_missing_folder_does_not_empty_the_knowledge_base() {
    let bench = Bench::lexical();
    bench.write("page.md", "The boiler is checked in May.\n");
    bench.ingest();
    std::fs::rename(bench.docs(), bench.path("unmounted")).unwrap();
    let (status, error) = bench.json_status(&["sync"]);
    assert_eq!(status, 2, "{error}");
    assert_eq!(bench.found(&["boiler"]), ["page.md"]);
}
