//! watch: what is written, moved and removed on disk is told, one object a line, and is what the next query sees.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use expect_test::expect;
use serde_json::Value;

use crate::bench::{Bench, shape};

/// Longer than anything here takes, so that a watcher that hears nothing fails instead of waiting for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `watch` and what it says.
struct Watcher {
    child: Child,
    lines: Receiver<Value>,
}

impl Watcher {
    /// Starts it, and returns once it follows.
    fn start(bench: &Bench) -> Watcher {
        let mut child = bench.command(&["--json", "watch"]).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if send.send(serde_json::from_str(&line).unwrap()).is_err() {
                    return;
                }
            }
        });
        let watcher = Watcher { child, lines };
        // It says nothing when it is ready, so a file is written again until it is heard.
        for n in 0.. {
            put(bench, "ready.md", &format!("Ready, notice {n}.\n"));
            match watcher.lines.recv_timeout(Duration::from_millis(500)) {
                Ok(heard) => {
                    assert_eq!(heard["uri"], "ready.md", "{heard}");
                    break;
                }
                Err(_) => assert!(n < 120, "the watcher hears nothing"),
            }
        }
        watcher
    }

    /// The next change but those of the notices of readiness, the last of which may come late.
    #[track_caller]
    fn next(&self) -> Value {
        loop {
            let heard = self.lines.recv_timeout(PATIENCE).unwrap();
            if heard["uri"] != "ready.md" {
                return heard;
            }
        }
    }

    /// Hears each of `wanted` (`change uri`) once, in any order, and nothing else.
    #[track_caller]
    fn hears(&self, wanted: &[&str]) {
        let mut missing: Vec<&str> = wanted.to_vec();
        while !missing.is_empty() {
            let heard = self.next();
            assert!(heard["lag_ms"].as_f64() > Some(0.0), "{heard}");
            let said = format!("{} {}", heard["change"].as_str().unwrap(), heard["uri"].as_str().unwrap());
            let place = missing.iter().position(|wanted| *wanted == said);
            missing.remove(place.unwrap_or_else(|| panic!("{heard}, not one of {missing:?}")));
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Puts a document there in one step, so that no half of it is ever seen.
fn put(bench: &Bench, name: &str, text: &str) {
    let aside = bench.path("aside");
    std::fs::write(&aside, text).unwrap();
    std::fs::rename(aside, bench.docs().join(name)).unwrap();
}

#[test]
fn a_new_and_a_changed_file_are_taken_up_at_once() {
    let bench = Bench::lexical();
    bench.write("leave.md", "Everybody has 28 days of leave.\n");
    bench.ingest();
    let watcher = Watcher::start(&bench);
    put(&bench, "news.md", "The canteen opens again.\n");
    let heard = watcher.next();
    assert_eq!((&heard["uri"], &heard["change"]), (&"news.md".into(), &"added".into()));
    expect!["{change index_version lag_ms uri}"].assert_eq(&shape(&heard));
    put(&bench, "leave.md", "Everybody has 30 days of holiday.\n");
    watcher.hears(&["updated leave.md"]);
    assert_eq!(bench.found(&["canteen"]), ["news.md"]);
    assert_eq!(bench.found(&["holiday"]), ["leave.md"]);
    assert!(bench.found(&["28"]).is_empty());
}

#[test]
fn a_file_that_is_renamed_is_found_under_its_new_name_alone() {
    let bench = Bench::lexical();
    bench.write("leave.md", "Everybody has 28 days of leave.\n");
    bench.write("it/laptops.md", "A laptop is replaced every four years.\n");
    bench.write("it/phones.md", "A phone is replaced every two years.\n");
    bench.ingest();
    let watcher = Watcher::start(&bench);
    let docs = bench.docs();
    std::fs::rename(docs.join("leave.md"), docs.join("holiday.md")).unwrap();
    watcher.hears(&["removed leave.md", "added holiday.md"]);
    assert_eq!(bench.found(&["days of leave"]), ["holiday.md"]);
    // A folder, with all it holds.
    std::fs::rename(docs.join("it"), docs.join("tools")).unwrap();
    watcher.hears(&[
        "removed it/laptops.md",
        "removed it/phones.md",
        "added tools/laptops.md",
        "added tools/phones.md",
    ]);
    assert_eq!(bench.found(&["laptop"]), ["tools/laptops.md"]);
    // Out of the folder altogether.
    std::fs::rename(docs.join("holiday.md"), bench.path("holiday.md")).unwrap();
    watcher.hears(&["removed holiday.md"]);
    assert!(bench.found(&["days of leave"]).is_empty());
}

#[test]
fn a_file_that_is_removed_is_gone_from_the_next_answer() {
    let bench = Bench::lexical();
    bench.write("leave.md", "Everybody has 28 days of leave.\n");
    bench.write("old/rules.md", "Nobody smokes in the lift.\n");
    bench.ingest();
    let watcher = Watcher::start(&bench);
    std::fs::remove_file(bench.docs().join("leave.md")).unwrap();
    watcher.hears(&["removed leave.md"]);
    assert!(bench.found(&["days of leave"]).is_empty());
    std::fs::remove_dir_all(bench.docs().join("old")).unwrap();
    watcher.hears(&["removed old/rules.md"]);
    assert!(bench.found(&["lift"]).is_empty());
    assert_eq!(bench.json_status(&["docs", "show", "old/rules.md"]).0, 2);
}

#[test]
#[cfg(unix)]
fn a_watcher_that_is_asked_to_stop_ends_well_and_leaves_everything_readable() {
    let bench = Bench::lexical();
    bench.write("leave.md", "Everybody has 28 days of leave.\n");
    bench.ingest();
    let mut watcher = Watcher::start(&bench);
    let asked = Command::new("kill").arg(watcher.child.id().to_string()).status().unwrap();
    assert!(asked.success());
    assert_eq!(watcher.child.wait().unwrap().code(), Some(0));
    assert_eq!(bench.found(&["leave"]), ["leave.md"]);
    assert_eq!(bench.found(&["ready"]), ["ready.md"]);
}
