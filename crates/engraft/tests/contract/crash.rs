//! Two hundred times kill -9 while documents come, change and go, and others read them.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::bench::Bench;

const KILLS: u64 = 200;
const PAGES: u64 = 30;

/// The text of a page in some round; every page of the round has the same mark.
fn page(page: u64, round: u64) -> String {
    format!("# Page {page}\n\nBeacons of page {page} carry mark{round}.\n")
}

/// The rounds that search finds, by uri.
fn seen(bench: &Bench, mode: &str) -> BTreeMap<String, u64> {
    let (status, report) = bench.json_status(&["search", "beacons", "-k", "1000", "--mode", mode]);
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

/// The page's state in `now` is the one it had before or the one on disk; to be absent is a state too.
fn each_page_is_whole(
    now: &BTreeMap<String, u64>,
    before: &BTreeMap<String, u64>,
    on_disk: &BTreeMap<String, u64>,
    round: u64,
) {
    for number in 0..PAGES {
        let uri = format!("page{number}.md");
        let (shown, possible) = (now.get(&uri), [before.get(&uri), on_disk.get(&uri)]);
        assert!(possible.contains(&shown), "round {round}: {uri} shows {shown:?}, not one of {possible:?}");
    }
}

#[test]
fn a_kill_at_any_moment_loses_nothing_and_shows_nothing_half() {
    check(&Bench::lexical(), "lexical", KILLS);
}

#[test]
fn nor_does_it_with_an_encoder_by_meaning_alone() {
    let Some(bench) = Bench::full() else { return };
    check(&bench, "dense", KILLS / 10);
}

/// Kills so many runs, and looks at what search shows in that mode after each, and beside every fourth.
fn check(bench: &Bench, mode: &str, kills: u64) {
    let mut on_disk: BTreeMap<String, u64> = BTreeMap::new();
    // What search showed after the last round: never older than the last acknowledged run, as each round proves.
    let mut before: BTreeMap<String, u64> = BTreeMap::new();
    let docs = bench.docs();
    let (mut killed, mut acknowledged, mut round) = (0, 0, 0);
    // How long the last whole run took, so that kills fall within a run on slow and on fast machines.
    let mut whole = Duration::ZERO;
    while killed < kills {
        assert!(round < 3 * kills, "only {killed} of {round} runs could be killed");
        for number in (0..PAGES).filter(|number| (number + round) % 3 != 0) {
            let uri = format!("page{number}.md");
            if (number + round) % 7 == 0 {
                let _ = std::fs::remove_file(docs.join(&uri));
                on_disk.remove(&uri);
            } else {
                bench.write(&uri, &page(number, round));
                on_disk.insert(uri, round);
            }
        }
        let start = Instant::now();
        let mut child = bench.command(&["ingest", docs.to_str().unwrap()]).spawn().unwrap();
        let undisturbed = round % 10 == 0;
        let success = std::thread::scope(|scope| {
            let reader = (round % 4 == 1).then(|| scope.spawn(|| seen(bench, mode)));
            if !undisturbed {
                std::thread::sleep(whole.mul_f64((round * 7_919 % 1_000) as f64 / 1_000.0));
                child.kill().unwrap();
            }
            let success = child.wait().unwrap().success();
            if let Some(reader) = reader {
                each_page_is_whole(&reader.join().unwrap(), &before, &on_disk, round);
            }
            success
        });
        if undisturbed {
            whole = start.elapsed();
        }
        assert!(success || !undisturbed, "round {round}: an ingest after a kill fails");
        let now = seen(bench, mode);
        if success {
            assert_eq!(now, on_disk, "round {round}: what was acknowledged is not what is shown");
            acknowledged += 1;
        } else {
            each_page_is_whole(&now, &before, &on_disk, round);
            killed += 1;
        }
        before = now;
        round += 1;
    }
    assert!(acknowledged >= kills / 10, "only {acknowledged} runs were acknowledged");
}
