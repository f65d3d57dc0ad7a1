//! Two hundred times kill -9 while documents come, change and go.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::bench::Bench;

const KILLS: u64 = 200;
const PAGES: u64 = 30;

/// The text of a page in some round; every page of the round has the same mark.
fn page(page: u64, round: u64) -> String {
    format!("# Page {page}\n\nBeacons of page {page} carry mark{round}.\n")
}

/// The rounds that search finds, by uri.
fn seen(bench: &Bench) -> BTreeMap<String, u64> {
    let (status, report) = bench.json_status(&["search", "beacons", "-k", "1000", "--mode", "lexical"]);
    assert!(status <= 1, "the start after a kill repairs by itself: {report}");
    let hits = report["hits"].as_array().unwrap().iter();
    let each = hits.map(|hit| {
        let text = hit["text"].as_str().unwrap();
        let mark = text.split("mark").nth(1).unwrap().trim_end_matches(['.', '\n']);
        (hit["uri"].as_str().unwrap().to_string(), mark.parse().unwrap())
    });
    let all: Vec<(String, u64)> = each.collect();
    let found: BTreeMap<String, u64> = all.iter().cloned().collect();
    assert_eq!(found.len(), all.len(), "two versions of one page are visible at once");
    found
}

#[test]
fn a_kill_at_any_moment_loses_nothing_and_shows_nothing_half() {
    let bench = Bench::lexical();
    let mut on_disk: BTreeMap<String, u64> = BTreeMap::new();
    let mut acknowledged: BTreeMap<String, u64> = BTreeMap::new();
    let mut before: BTreeMap<String, u64> = BTreeMap::new();
    let docs = bench.docs();
    for round in 0..KILLS {
        for number in (0..PAGES).filter(|number| (number + round) % 3 != 0) {
            let uri = format!("page{number}.md");
            if (number + round) % 7 == 0 {
                let _ = std::fs::remove_file(docs.join(&uri));
                on_disk.remove(&uri);
                acknowledged.remove(&uri);
            } else {
                bench.write(&uri, &page(number, round));
                on_disk.insert(uri, round);
            }
        }
        let mut child = bench.command(&["ingest", docs.to_str().unwrap()]).spawn().unwrap();
        std::thread::sleep(Duration::from_micros((round * 7_919) % 120_000));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            acknowledged = on_disk.clone();
        }
        let now = seen(&bench);
        // Every visible page is as it was before or as it is on disk, and never older than what was acknowledged.
        for (uri, mark) in &now {
            let possible = [before.get(uri), on_disk.get(uri)];
            assert!(
                possible.contains(&Some(mark)),
                "round {round}: {uri} shows mark{mark}, not one of {possible:?}"
            );
        }
        for uri in acknowledged.keys().filter(|uri| on_disk.contains_key(*uri)) {
            assert!(now.contains_key(uri), "round {round}: {uri} was acknowledged and is lost");
        }
        before = now;
    }
    bench.ingest();
    assert_eq!(seen(&bench), on_disk);
}
