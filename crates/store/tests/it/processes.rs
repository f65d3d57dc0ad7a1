//! Several processes and threads on one file, and processes that die in the middle of it.
//!
//! The children are this test binary again, told by an environment variable what to do.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write as _};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use engraft_store::{Store, Write};

use crate::support::{MODEL, NOW, file_in, fresh, put, remove, vectors};

const FILE: &str = "ENGRAFT_STORE_TEST_FILE";
const JOB: &str = "ENGRAFT_STORE_TEST_JOB";

/// Not a test: the body of a child process. Prints each uri once its write is acknowledged: `+uri` put, `-uri` removed.
#[test]
fn child() {
    let (Ok(file), Ok(job)) = (std::env::var(FILE), std::env::var(JOB)) else { return };
    let store = Store::open(Path::new(&file)).unwrap();
    let mut out = std::io::stdout().lock();
    let mut say = |line: String| {
        writeln!(out, "{line}").and_then(|()| out.flush()).unwrap();
    };
    let apply = |writes: &[Write]| store.apply(writes, &vectors(writes), MODEL, NOW).unwrap();
    match job.split_once(' ') {
        Some(("count", n)) => {
            for i in 0..n.parse().unwrap() {
                apply(&[put(&format!("child/{i}"), &body("child", i))]);
            }
        }
        // Puts three documents at a time and removes those of two rounds ago, until it is killed.
        Some(("churn", name)) => {
            for round in 0u32.. {
                let uris = |round: u32| (0..3).map(move |i| format!("{name}/{round}/{i}"));
                let mut writes: Vec<Write> = uris(round).map(|uri| put(&uri, &body(&uri, round))).collect();
                let old: Vec<String> = round.checked_sub(2).into_iter().flat_map(uris).collect();
                writes.extend(old.iter().map(|uri| remove(uri)));
                apply(&writes);
                uris(round).for_each(|uri| say(format!("+{uri}")));
                old.iter().for_each(|uri| say(format!("-{uri}")));
            }
        }
        _ => panic!("unknown job {job}"),
    }
}

fn body(name: &str, n: u32) -> String {
    format!("{name} says\nline {n} of many\nand the end, añb {n}")
}

fn spawn(file: &Path, job: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command.args(["--exact", "processes::child", "--nocapture"]).env(FILE, file).env(JOB, job);
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a child")
}

#[test]
fn two_processes_write_at_once_and_both_are_kept() {
    let (folder, store) = fresh();
    let mut other = spawn(&file_in(&folder), "count 150");
    for i in 0..150 {
        let writes = [put(&format!("parent/{i}"), &body("parent", i))];
        store.apply(&writes, &vectors(&writes), MODEL, NOW).unwrap();
    }
    assert!(other.wait().unwrap().success());
    assert_eq!(store.documents(None).unwrap().len(), 300);
    assert_eq!(store.index_version().unwrap(), 300, "every write got a version of its own");
    assert_eq!(store.changes_since(0).unwrap().unwrap().added.len(), 900);
    assert_eq!(store.check().unwrap(), Vec::<String>::new());
}

#[test]
fn several_processes_may_make_the_file_at_once() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let file = file_in(&folder);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| Store::create_or_open(&file).unwrap().set_meta("name", "x").unwrap());
            }
        });
        assert_eq!(Store::open(&file).unwrap().check().unwrap(), Vec::<String>::new());
    }
}

#[test]
fn readers_see_whole_transactions_while_a_writer_works() {
    let (_folder, store) = fresh();
    let pair =
        |round: u32| [put("left", &format!("round\n{round}")), put("right", &format!("round\n{round}"))];
    store.apply(&pair(0), &vectors(&pair(0)), MODEL, NOW).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let mut newest = 0;
                while !done.load(Ordering::Relaxed) {
                    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
                    let version = store.for_each_live_chunk(MODEL, &mut |chunk| {
                        assert!(chunk.vector.is_some());
                        texts.entry(chunk.doc.uri.clone()).or_default().push(chunk.text.to_string());
                        ControlFlow::Continue(())
                    });
                    assert_eq!(texts["left"], texts["right"]);
                    assert_eq!(texts["left"][1], (version.unwrap() - 1).to_string());
                    let version = version_of(&texts);
                    assert!(version >= newest, "time goes on");
                    newest = version;
                }
            });
        }
        for round in 1..200 {
            let receipt = store.apply(&pair(round), &vectors(&pair(round)), MODEL, NOW).unwrap();
            let seen = store.chunks_by_no(&receipt.changes.added.into_iter().collect::<Vec<_>>()).unwrap();
            assert!(seen.iter().any(|hit| hit.text == round.to_string()), "what was acknowledged is seen");
        }
        done.store(true, Ordering::Relaxed);
    });
}

fn version_of(texts: &BTreeMap<String, Vec<String>>) -> u32 {
    texts["left"][1].parse().expect("a number")
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_half_done_is_seen_over_200_kills() {
    let (folder, store) = fresh();
    drop(store);
    let file = file_in(&folder);
    let mut index: BTreeSet<u32> = BTreeSet::new();
    let mut heard = 0;
    let mut died_unheard = 0;
    for kill in 0..200u64 {
        let name = format!("k{kill}");
        let mut victim = spawn(&file, &format!("churn {name}"));
        let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines().map_while(Result::ok);
        // Half of them die around their first transactions, the others some way in.
        let patience = if kill % 2 == 0 { kill % 4 } else { 4 + kill % 23 };
        let mut acknowledged: Vec<String> = Vec::new();
        while (acknowledged.len() as u64) < patience {
            acknowledged.extend(lines.next().filter(|line| line.starts_with(['+', '-'])));
        }
        thread::sleep(Duration::from_micros(kill * 7919 % 9000));
        victim.kill().unwrap();
        victim.wait().unwrap();
        acknowledged.extend(lines.filter(|line| line.starts_with(['+', '-'])));

        let store = Store::open(&file).unwrap();
        let alive: BTreeSet<String> = store.documents(None).unwrap().into_iter().map(|row| row.uri).collect();
        let removed: BTreeSet<&str> = acknowledged.iter().filter_map(|line| line.strip_prefix('-')).collect();
        let put: BTreeSet<&str> = acknowledged.iter().filter_map(|line| line.strip_prefix('+')).collect();
        // Round n removes what round n - 2 put. It may have been committed without a word of it, or with half the words.
        let round_of = |uri: &str| uri.split('/').nth(1).unwrap().parse::<u32>().unwrap();
        let last = put.iter().map(|uri| round_of(uri)).max().unwrap_or(0);
        for uri in &put {
            let maybe_gone = round_of(uri) + 2 >= last && round_of(uri) < last;
            assert!(
                alive.contains(*uri) || removed.contains(uri) || maybe_gone,
                "{uri} was lost in kill {kill}"
            );
        }
        for uri in &removed {
            assert!(!alive.contains(*uri), "{uri} is still there after kill {kill}");
        }
        let mine: Vec<&String> = alive.iter().filter(|uri| uri.starts_with(&format!("{name}/"))).collect();
        assert!(
            mine.len().is_multiple_of(3) && mine.len() <= 6,
            "half a transaction in kill {kill}: {mine:?}"
        );
        died_unheard += usize::from(put.is_empty());

        let changes = store.changes_since(heard).unwrap().unwrap();
        heard = changes.upto;
        changes.removed.iter().for_each(|no| assert!(index.remove(no)));
        index.extend(&changes.added);
        let mut live = BTreeSet::new();
        let whole = store.for_each_live_chunk(MODEL, &mut |chunk| {
            live.insert(chunk.row.no);
            assert!(chunk.vector.is_some() && chunk.row.embed_hash.len() == 64);
            ControlFlow::Continue(())
        });
        assert_eq!(whole.unwrap(), heard);
        assert_eq!(live, index, "the change log leads elsewhere after kill {kill}");
        assert_eq!(store.check().unwrap(), Vec::<String>::new(), "after kill {kill}");
        let writes: Vec<Write> = mine.iter().map(|uri| remove(uri)).collect();
        let changes = store.apply(&writes, &[], MODEL, NOW).unwrap();
        heard = changes.index_version;
        changes.changes.removed.iter().for_each(|no| assert!(index.remove(no)));
    }
    assert!(died_unheard < 150, "most children got to write something");
}
