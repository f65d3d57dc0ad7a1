//! A process that is killed while people work in it: what was acknowledged is there, and no item has an answer too many.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use engraft_store::{Ask, Leased, Status, Store, Submission, Submit};

use crate::desk::{Desk, LEASE};
use crate::support::file_in;

const FILE: &str = "ENGRAFT_STORE_TEST_DESK";
const SEED: &str = "ENGRAFT_STORE_TEST_SEED";
const PEOPLE: u32 = 8;
const ITEMS: u32 = 6000;

/// Not a test: the body of a child process. Eight threads work; each answer is told once it is acknowledged.
#[test]
fn child() {
    let (Ok(file), Ok(seed)) = (std::env::var(FILE), std::env::var(SEED)) else { return };
    let now: i64 = seed.parse().unwrap();
    let store = Store::open(Path::new(&file)).unwrap();
    let guideline = store.dataset("tickets").unwrap().unwrap().guideline;
    thread::scope(|scope| {
        for user in 1..=PEOPLE {
            let (store, guideline) = (&store, &guideline);
            scope.spawn(move || {
                for round in 0.. {
                    let ask =
                        Ask { dataset: 1, user, how_many: 3, gold: false, seed: 0, lease_ms: LEASE, now };
                    for Leased { item, token, .. } in store.next(&ask).unwrap().leased {
                        let answers = format!("\"{user} {item}\"");
                        let submit = Submit {
                            dataset: 1,
                            item,
                            user,
                            token: Some(token),
                            expected: 0,
                            answers: &answers,
                            labels: &[],
                            accepted: &[],
                            guideline,
                            active_ms: 1,
                            gold_right: None,
                            presented: None,
                            now,
                        };
                        let said = store.submit(&submit).unwrap();
                        assert!(matches!(said, Submission::Accepted(_)), "{said:?}");
                        let mut out = std::io::stdout().lock();
                        writeln!(out, "={user} {item}").and_then(|()| out.flush()).unwrap();
                        if (round + item) % 7 == 0 {
                            break;
                        }
                    }
                }
            });
        }
    });
}

fn spawn(file: &Path, seed: i64) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command.args(["--exact", "crashes::child", "--nocapture"]).env(FILE, file).env(SEED, seed.to_string());
    command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("a child")
}

#[test]
fn nothing_acknowledged_is_lost_and_no_item_has_too_many_over_20_kills() {
    let desk = Desk::new(PEOPLE as usize, ITEMS as usize, 2);
    let Desk { folder, store, dataset, .. } = desk;
    drop(store);
    let file = file_in(&folder);
    let mut acknowledged: BTreeSet<(u32, u32)> = BTreeSet::new();
    for kill in 0..20u64 {
        // Every life begins after the leases of the one before have ended.
        let now = kill.cast_signed() * 2 * LEASE;
        let mut victim = spawn(&file, now);
        let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines().map_while(Result::ok);
        let before = acknowledged.len();
        let mut hear = |line: String| {
            let Some(said) = line.strip_prefix('=') else { return };
            let (user, item) = said.split_once(' ').unwrap();
            acknowledged.insert((item.parse().unwrap(), user.parse().unwrap()));
        };
        for line in lines.by_ref().take(20 + (kill as usize * 13) % 60) {
            hear(line);
        }
        thread::sleep(Duration::from_micros(kill * 7919 % 9000));
        victim.kill().unwrap();
        victim.wait().unwrap();
        lines.for_each(hear);
        assert!(acknowledged.len() > before, "kill {kill} came before the first answer");

        let store = Store::open(&file).unwrap();
        let mut kept = BTreeSet::new();
        let mut responses = 0;
        store
            .for_each_record(dataset, &mut |record| {
                assert!(record.responses.len() <= 2, "item {} has too many after kill {kill}", record.no);
                for row in &record.responses {
                    assert_eq!((row.status, row.version), (Status::Submitted, 1));
                    assert_eq!(row.answers, format!("\"{} {}\"", row.user, row.item));
                    kept.insert((row.item, row.user));
                    responses += 1;
                }
                std::ops::ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(kept.len(), responses, "nobody answered an item twice");
        let lost: Vec<_> = acknowledged.difference(&kept).collect();
        assert!(lost.is_empty(), "lost by kill {kill}: {lost:?}");
        assert_eq!(store.tally(dataset, now).unwrap().submitted, kept.len() as u64);
        assert_eq!(store.verify_events().unwrap().problems, Vec::<String>::new(), "after kill {kill}");
        assert_eq!(store.check().unwrap(), Vec::<String>::new(), "after kill {kill}");
        // What the victim held comes back, and nothing else is held.
        store.expire(now + LEASE).unwrap();
        assert_eq!(store.tally(dataset, now + LEASE).unwrap().leased, 0);
    }
}
