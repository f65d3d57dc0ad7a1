//! watch: what is written, moved and removed on disk is told, one object a line, and is what the next query sees.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use expect_test::expect;
use serde_json::Value;

use crate::bench::{Bench, shape};

/// Longer than anything here takes, so that a watcher that hears nothing fails instead of waiting for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running `watch` and what it says.
pub(crate) struct Watcher {
    child: Child,
    lines: Receiver<Value>,
    talk: Receiver<String>,
}

impl Watcher {
    /// Starts it on one source or all, and returns once it follows.
    pub(crate) fn start(bench: &Bench, source: Option<&str>) -> Watcher {
        let kb = bench.path("kb");
        let words = ["--workspace", kb.to_str().unwrap(), "--json", "watch"].into_iter().chain(source);
        let mut command = bench.bare(&words.collect::<Vec<_>>());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = each_line(child.stdout.take().unwrap(), |line| serde_json::from_str(&line).unwrap());
        let talk = each_line(child.stderr.take().unwrap(), |line| line);
        let watcher = Watcher { child, lines, talk };
        watcher.says("following");
        watcher
    }

    /// Waits until it says that on stderr.
    #[track_caller]
    pub(crate) fn says(&self, wanted: &str) {
        while !self.talk.recv_timeout(PATIENCE).unwrap().contains(wanted) {}
    }

    /// Sends it a signal.
    #[cfg(unix)]
    #[track_caller]
    fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal).unwrap();
    }

    /// The next change.
    #[track_caller]
    fn next(&self) -> Value {
        self.lines.recv_timeout(PATIENCE).unwrap()
    }

    /// Hears each of `wanted` (`change uri`) once, in any order, and nothing else.
    #[track_caller]
    pub(crate) fn hears(&self, wanted: &[&str]) {
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

/// Reads to the end, so that the other side never waits.
fn each_line<T: Send + 'static>(
    from: impl Read + Send + 'static,
    read: impl Fn(String) -> T + Send + 'static,
) -> Receiver<T> {
    let (send, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            // Nobody listens once the test has ended.
            let _ = send.send(read(line));
        }
    });
    lines
}

/// Puts a document there in one step, so that no half of it is ever seen.
pub(crate) fn put(bench: &Bench, name: &str, text: &str) {
    let aside = bench.path("aside");
    std::fs::write(&aside, text).unwrap();
    std::fs::rename(aside, bench.docs().join(name)).unwrap();
}

#[test]
fn a_new_and_a_changed_file_are_taken_up_at_once() {
    let bench = Bench::lexical();
    bench.write("leave.md", "Everybody has 28 days of leave.\n");
    bench.ingest();
    let watcher = Watcher::start(&bench, None);
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
    let watcher = Watcher::start(&bench, None);
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
    let watcher = Watcher::start(&bench, None);
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
    let mut watcher = Watcher::start(&bench, None);
    put(&bench, "news.md", "The canteen opens again.\n");
    watcher.hears(&["added news.md"]);
    watcher.signal(rustix::process::Signal::TERM);
    assert_eq!(watcher.child.wait().unwrap().code(), Some(0));
    assert_eq!(bench.found(&["leave"]), ["leave.md"]);
    assert_eq!(bench.found(&["canteen"]), ["news.md"]);
}

#[test]
fn a_loose_file_is_followed_however_often_it_is_saved_anew() {
    let bench = Bench::lexical();
    bench.write("note.md", "The ferry leaves at noon.\n");
    bench.json(&["ingest", bench.docs().join("note.md").to_str().unwrap()]);
    let watcher = Watcher::start(&bench, None);
    for hour in ["one", "two", "three"] {
        put(&bench, "note.md", &format!("The ferry leaves at {hour}.\n"));
        put(&bench, "beside.md", &format!("The tram leaves at {hour}.\n"));
        watcher.hears(&["updated note.md"]);
    }
    std::fs::remove_file(bench.docs().join("note.md")).unwrap();
    watcher.hears(&["removed note.md"]);
    put(&bench, "note.md", "The ferry leaves again.\n");
    watcher.hears(&["added note.md"]);
    assert!(bench.found(&["tram"]).is_empty());
}

#[test]
fn only_the_source_that_is_named_is_followed() {
    let bench = Bench::lexical();
    for source in ["north", "south"] {
        bench.write(&format!("{source}/page.md"), &format!("The {source} gate opens at nine.\n"));
        bench.json(&["ingest", bench.docs().join(source).to_str().unwrap(), "--source", source]);
    }
    let watcher = Watcher::start(&bench, Some("south"));
    put(&bench, "north/news.md", "The canteen opens again.\n");
    put(&bench, "south/news.md", "The library opens again.\n");
    watcher.hears(&["added news.md"]);
    assert_eq!(bench.found(&["library"]), ["news.md"]);
    assert!(bench.found(&["canteen"]).is_empty());
    let (status, report) = bench.json_status(&["watch", "west"]);
    assert_eq!((status, &report["error"]["kind"]), (2, &"missing".into()), "{report}");
}

#[test]
fn a_file_that_is_written_without_end_is_taken_up_while_it_is() {
    let bench = Bench::lexical();
    bench.write("leave.md", "Everybody has 28 days of leave.\n");
    bench.ingest();
    let watcher = Watcher::start(&bench, None);
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let begun = Instant::now();
            for line in 0.. {
                if ended.load(Ordering::Relaxed) || begun.elapsed() > PATIENCE / 2 {
                    break;
                }
                put(&bench, "log.md", &format!("Line {line} of the log.\n"));
                std::thread::sleep(Duration::from_millis(5));
            }
            ended.store(true, Ordering::Relaxed);
        });
        let heard = watcher.next();
        assert_eq!(heard["uri"], "log.md", "{heard}");
        assert!(!ended.swap(true, Ordering::Relaxed), "it was heard only once the writing ended: {heard}");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn changes_that_are_more_than_the_system_tells_are_found_all_the_same() {
    let bench = Bench::lexical();
    bench.write("leave.md", "Everybody has 28 days of leave.\n");
    bench.ingest();
    let most = std::fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
    let most: usize = most.trim().parse().unwrap();
    if most > 200_000 {
        return engraft_testkit::skip(&format!("the system queues {most} notices"));
    }
    let watcher = Watcher::start(&bench, None);
    watcher.signal(rustix::process::Signal::STOP);
    // Two files in turn, since a notice that repeats the last one is not queued.
    for n in 0..most {
        std::fs::write(bench.docs().join([".odd", ".even"][n % 2]), "").unwrap();
    }
    put(&bench, "news.md", "The canteen opens again.\n");
    std::fs::remove_file(bench.docs().join("leave.md")).unwrap();
    watcher.signal(rustix::process::Signal::CONT);
    watcher.says("lost count");
    watcher.hears(&["added news.md", "removed leave.md"]);
    put(&bench, "late.md", "The library opens again.\n");
    watcher.hears(&["added late.md"]);
}

#[test]
fn a_lock_that_is_held_too_long_is_told_and_the_change_comes_in_after_it() {
    let bench = Bench::lexical();
    bench.write("leave.md", "Everybody has 28 days of leave.\n");
    bench.ingest();
    let watcher = Watcher::start(&bench, None);
    let other = rusqlite::Connection::open(bench.path("kb/.engraft/truth.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    put(&bench, "news.md", "The canteen opens again.\n");
    watcher.says("is tried again");
    other.execute_batch("ROLLBACK").unwrap();
    watcher.hears(&["added news.md"]);
    assert_eq!(bench.found(&["canteen"]), ["news.md"]);
}

#[test]
fn a_file_that_is_left_out_for_its_uri_never_takes_the_place_of_the_one_that_has_it() {
    let bench = Bench::lexical();
    bench.write("a/README.md", "The mill grinds oats.\n");
    bench.write("b/README.md", "The kiln dries tiles.\n");
    let places = ["a", "b/README.md"].map(|place| bench.docs().join(place).display().to_string());
    bench.json(&["ingest", &places[0], &places[1], "--source", "both"]);
    let watcher = Watcher::start(&bench, None);
    put(&bench, "b/README.md", "The kiln dries bricks.\n");
    let heard = watcher.next();
    assert_eq!((&heard["uri"], &heard["change"]), (&"README.md".into(), &"failed".into()), "{heard}");
    assert!(heard["message"].as_str().unwrap().contains("goes by the same uri"), "{heard}");
    assert_eq!((bench.found(&["mill"]), bench.found(&["kiln"])), (vec!["README.md".into()], Vec::new()));
    put(&bench, "a/README.md", "The mill grinds rye.\n");
    watcher.hears(&["updated README.md"]);
    // It is gone: what was left out comes in its place, as a sync would have it.
    std::fs::remove_file(bench.docs().join("a/README.md")).unwrap();
    watcher.hears(&["updated README.md"]);
    assert_eq!((bench.found(&["mill"]), bench.found(&["kiln"])), (Vec::new(), vec!["README.md".into()]));
    put(&bench, "a/README.md", "The mill grinds spelt.\n");
    watcher.hears(&["updated README.md"]);
    // What was left out goes: nothing changes, and the next thing heard is of another file.
    std::fs::remove_file(bench.docs().join("b/README.md")).unwrap();
    put(&bench, "a/news.md", "The mill is painted.\n");
    watcher.hears(&["added news.md"]);
    assert_eq!(bench.found(&["spelt"]), ["README.md"]);
    let synced = bench.json(&["sync"]);
    assert_eq!(synced["documents"]["unchanged"], 2, "{synced}");
}
