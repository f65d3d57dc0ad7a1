//! Many people at one queue, measured; prints one JSON object.
//!
//! `cargo run --release -p engraft-store --example annotators -- exact FILE PEOPLE ITEMS WANTED` lets people who crash, skip
//! and come too late work until nothing is left, on simulated time, and counts what must not be.
//! `… -- load FILE PEOPLE ITEMS SECONDS` lets people who think a second work on a large dataset while somebody watches.

use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use engraft_store::{
    Ask, DatasetNo, Filter, ItemNo, Label, Leased, NewRecord, NewResponse, NewUser, Role, Skip, State,
    Status, Store, StoreError, Submission, Submit, Target, UserNo,
};
use serde_json::{Value, json};

/// Milliseconds of simulated time a lease lives.
const LEASE: i64 = 1000;

fn main() -> Result<(), StoreError> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| words.get(at).and_then(|word| word.parse().ok()).unwrap_or(1);
    let file = words.get(1).map_or("target/annotators.db", String::as_str);
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{file}{suffix}"));
    }
    let store = Store::create_or_open(Path::new(file))?;
    let (people, items) = (number(2) as UserNo, number(3));
    let report = match words.first().map(String::as_str) {
        Some("exact") => exact(&store, people, items, number(4) as u32)?,
        _ => load(&store, people, items, number(4))?,
    };
    println!("{report}");
    Ok(())
}

/// A generator good enough for a load test.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    /// Small numbers are common, as words are: about one in rank.
    fn rank(&mut self, most: u64) -> u64 {
        let unit = self.roll(1 << 24) as f64 / f64::from(1 << 24);
        ((most as f64).powf(unit) - 1.0) as u64
    }
}

/// A dataset whose items have about 40 words of a vocabulary of 30,000; the first `answered` have one response.
fn dataset(
    store: &Store,
    people: UserNo,
    items: u64,
    wanted: u32,
    answered: u64,
) -> Result<DatasetNo, StoreError> {
    let dataset = store.create_dataset("load", "{}", None, 0)?.no;
    for user in 1..=people {
        let (name, salt) = (format!("person {user}"), format!("{user:016x}"));
        store.create_user(
            &NewUser { name: &name, role: Role::Annotator, password: None, salt: &salt },
            None,
            0,
        )?;
    }
    let mut dice = Dice(1);
    let mut batch = Vec::new();
    for n in 0..items {
        let text: Vec<String> = (0..40).map(|_| format!("w{}", dice.rank(30_000))).collect();
        let text = text.join(" ");
        let response = (n < answered).then(|| NewResponse {
            user: 1 + (n % u64::from(people)) as UserNo,
            status: Status::Submitted,
            answers: r#"{"topic":"a"}"#.into(),
            labels: vec![label(dice.rank(20))],
            accepted: Vec::new(),
            reason: None,
            guideline: None,
            active_ms: 1000,
            at: 0,
        });
        batch.push(NewRecord {
            external: format!("item-{n:07}"),
            fields: json!({"text": text}).to_string(),
            metadata: "{}".into(),
            text,
            wanted,
            responses: response.into_iter().collect(),
            ..NewRecord::default()
        });
        if batch.len() == 5000 || n + 1 == items {
            store.import(dataset, &batch, None, 0)?;
            batch.clear();
        }
    }
    Ok(dataset)
}

fn label(n: u64) -> Label {
    Label { question: "topic".into(), value: format!("topic {n}") }
}

struct Worker<'a> {
    store: &'a Store,
    dataset: DatasetNo,
    user: UserNo,
    guideline: &'a str,
}

impl Worker<'_> {
    fn next(&self, how_many: usize, lease_ms: i64, now: i64) -> Result<engraft_store::Served, StoreError> {
        let (dataset, user) = (self.dataset, self.user);
        self.store.next(&Ask { dataset, user, how_many, gold: false, seed: 0, lease_ms, now })
    }

    fn say(&self, lease: Leased, labels: &[Label], now: i64) -> Result<bool, StoreError> {
        let said = self.store.submit(&Submit {
            dataset: self.dataset,
            item: lease.item,
            user: self.user,
            token: Some(lease.token),
            expected: 0,
            answers: r#"{"topic":"billing and money"}"#,
            labels,
            accepted: &[],
            guideline: self.guideline,
            active_ms: 1000,
            gold_right: None,
            presented: None,
            now,
        })?;
        Ok(matches!(said, Submission::Accepted(_)))
    }

    fn skip(&self, lease: Leased, now: i64) -> Result<bool, StoreError> {
        let skip = Skip {
            dataset: self.dataset,
            item: lease.item,
            user: self.user,
            token: lease.token,
            reason: "unclear",
            guideline: self.guideline,
            active_ms: 10,
            now,
        };
        Ok(matches!(self.store.skip(&skip)?, Submission::Accepted(_)))
    }
}

fn exact(store: &Store, people: UserNo, items: u64, wanted: u32) -> Result<Value, StoreError> {
    let dataset = dataset(store, people, items, wanted, 0)?;
    let guideline = store.dataset_by_no(dataset)?.map(|row| row.guideline).unwrap_or_default();
    let began = Instant::now();
    let clock = AtomicI64::new(1);
    let counts: [AtomicU64; 4] = Default::default();
    let [accepted, refused, skipped, crashed] = &counts;
    let outcome: Result<Vec<()>, StoreError> = thread::scope(|scope| {
        let workers: Vec<_> = (1..=people)
            .map(|user| {
                let (clock, guideline) = (&clock, guideline.as_str());
                scope.spawn(move || {
                    let worker = Worker { store, dataset, user, guideline };
                    let mut dice = Dice(u64::from(user));
                    let tick = |by: i64| clock.fetch_add(by, Ordering::Relaxed);
                    loop {
                        let now = tick(1);
                        let served = worker.next(1 + dice.roll(3) as usize, LEASE, now)?;
                        if served.idle.is_some() {
                            if store.tally(dataset, now)?.leased == 0
                                && worker.next(1, LEASE, now)?.idle.is_some()
                            {
                                return Ok(());
                            }
                            tick(LEASE / 4);
                            continue;
                        }
                        for lease in served.leased {
                            let now = tick(1);
                            match dice.roll(50) {
                                // Walks away; now and then for so long that every lease ends.
                                0 => {
                                    crashed.fetch_add(1, Ordering::Relaxed);
                                    tick(if dice.roll(8) == 0 { LEASE } else { 1 });
                                    break;
                                }
                                1 if user > wanted => {
                                    let done = worker.skip(lease, now)?;
                                    skipped.fetch_add(u64::from(done), Ordering::Relaxed);
                                }
                                _ => {
                                    let done = worker.say(lease, &[], now)?;
                                    (if done { accepted } else { refused }).fetch_add(1, Ordering::Relaxed);
                                }
                            }
                        }
                    }
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    outcome?;
    let seconds = began.elapsed().as_secs_f64();
    let (mut above, mut below, mut kept, mut last) = (0u64, 0u64, 0u64, (0, 0));
    let mut twice = 0;
    store.for_each_record(dataset, &mut |record| {
        let submitted: Vec<_> =
            record.responses.iter().filter(|row| row.status == Status::Submitted).collect();
        above += u64::from(submitted.len() > wanted as usize);
        below += u64::from(submitted.len() < wanted as usize);
        kept += submitted.len() as u64;
        for row in &record.responses {
            twice += u64::from((row.item, row.user) == last);
            last = (row.item, row.user);
        }
        std::ops::ControlFlow::Continue(())
    })?;
    let found = store.verify_events()?;
    let [accepted, refused, skipped, crashed] = counts.map(AtomicU64::into_inner);
    Ok(json!({
        "people": people, "items": items, "wanted": wanted, "accepted": accepted, "refused": refused,
        "skipped": skipped, "crashed": crashed, "items_above": above, "items_below": below, "duplicates": twice,
        "lost": accepted.saturating_sub(kept), "held_at_end": store.tally(dataset, i64::MAX - 1)?.leased,
        "events": found.events, "event_problems": found.problems.len(), "seconds": round(seconds),
    }))
}

fn load(store: &Store, people: UserNo, items: u64, seconds: u64) -> Result<Value, StoreError> {
    let (small, small_cpu) = dataset_of_fifty_thousand(people)?;
    let small = json!({"items": 50_000, "responses": 50_000, "seconds": round(small), "cpu_seconds": round(small_cpu)});

    let (began, cpu) = (Instant::now(), cpu_seconds());
    let dataset = dataset(store, people, items, 2, items / 5)?;
    let import = json!({"items": items, "responses": items / 5, "seconds": round(began.elapsed().as_secs_f64()),
        "cpu_seconds": round(cpu_seconds() - cpu), "peak_rss_mb": peak_rss_mb(),
        "file_mb": std::fs::metadata(store.path()).map_or(0, |file| file.len() >> 20)});
    let guideline = store.dataset_by_no(dataset)?.map(|row| row.guideline).unwrap_or_default();
    let done = AtomicBool::new(false);
    let began = Instant::now();
    let cpu = cpu_seconds();
    let now = || began.elapsed().as_millis() as i64 + 1;
    let (mut nexts, mut submits) = (Vec::new(), Vec::new());
    let mut watched = Watched::default();
    let outcome: Result<(), StoreError> = thread::scope(|scope| {
        let workers: Vec<_> = (1..=people)
            .map(|user| {
                let (done, guideline, now) = (&done, guideline.as_str(), &now);
                scope.spawn(move || {
                    let worker = Worker { store, dataset, user, guideline };
                    let mut dice = Dice(u64::from(user));
                    let (mut nexts, mut submits) = (Vec::new(), Vec::new());
                    while !done.load(Ordering::Relaxed) {
                        let one = Instant::now();
                        let leased = worker.next(3, 60_000, now())?.leased;
                        nexts.push(one.elapsed());
                        let Some(lease) = leased.first() else { break };
                        thread::sleep(Duration::from_millis(500 + dice.roll(1000)));
                        let labels = [label(dice.rank(20))];
                        let one = Instant::now();
                        worker.say(*lease, &labels, now())?;
                        submits.push(one.elapsed());
                    }
                    Ok::<_, StoreError>((nexts, submits))
                })
            })
            .collect();
        let watcher = scope.spawn(|| watch(store, dataset, &done, &now));
        thread::sleep(Duration::from_secs(seconds));
        done.store(true, Ordering::Relaxed);
        for worker in workers {
            let (next, submit) = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            nexts.extend(next);
            submits.extend(submit);
        }
        watched = watcher.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok(())
    });
    outcome?;
    let busy = round(cpu_seconds() - cpu);
    let began = Instant::now();
    let mut rows = 0u64;
    store.for_each_record(dataset, &mut |_| {
        rows += 1;
        std::ops::ControlFlow::Continue(())
    })?;
    let export =
        json!({"rows": rows, "seconds": round(began.elapsed().as_secs_f64()), "peak_rss_mb": peak_rss_mb()});
    Ok(json!({
        "people": people, "items": items, "seconds": seconds, "cpu_seconds": busy, "import_50k": small, "import": import,
        "next": spread(nexts), "submit": spread(submits), "dashboard": spread(watched.dashboard),
        "disk_sync_100_kb": spread(watched.sync),
        "filter": watched.filters.into_iter().map(|(name, times)| (name, spread(times))).collect::<serde_json::Map<_, _>>(),
        "export": export,
    }))
}

/// Seconds and CPU seconds to import 50,000 items with a response each, in a file of its own, durable; making the records is not counted.
fn dataset_of_fifty_thousand(people: UserNo) -> Result<(f64, f64), StoreError> {
    let file = std::env::temp_dir().join(format!("annotators-{}.db", std::process::id()));
    let store = Store::create_or_open(&file)?;
    let dataset = dataset(&store, people, 0, 1, 0)?;
    let mut dice = Dice(2);
    let records: Vec<NewRecord> = (0..50_000u64)
        .map(|n| {
            let text: Vec<String> = (0..40).map(|_| format!("w{}", dice.rank(30_000))).collect();
            let text = text.join(" ");
            let response = NewResponse {
                user: 1 + (n % u64::from(people)) as UserNo,
                status: Status::Submitted,
                answers: r#"{"topic":"a"}"#.into(),
                labels: vec![label(n % 20)],
                accepted: Vec::new(),
                reason: None,
                guideline: None,
                active_ms: 1000,
                at: 0,
            };
            NewRecord {
                external: format!("item-{n:07}"),
                fields: json!({"text": text}).to_string(),
                metadata: "{}".into(),
                text,
                wanted: 1,
                responses: vec![response],
                ..NewRecord::default()
            }
        })
        .collect();
    let (began, cpu) = (Instant::now(), cpu_seconds());
    store.import_with(
        Target::Existing(dataset),
        None,
        "0123456789abcdef",
        0,
        |importing| records.chunks(1000).try_for_each(|slice| importing.items.add(slice.to_vec())),
        |(), _| Ok::<_, StoreError>(()),
    )?;
    let seconds = (began.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    drop(store);
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
    }
    Ok(seconds)
}

#[derive(Default)]
struct Watched {
    dashboard: Vec<Duration>,
    sync: Vec<Duration>,
    filters: Vec<(String, Vec<Duration>)>,
}

/// A lead who looks at everything, four times a second; and what the disk alone takes to sync as much as an answer is.
fn watch(
    store: &Store,
    dataset: DatasetNo,
    done: &AtomicBool,
    now: &dyn Fn() -> i64,
) -> Result<Watched, StoreError> {
    let topic = label(3);
    let middle = store.tally(dataset, now())?.items as ItemNo / 2;
    let any = Filter { limit: 50, ..Filter::default() };
    let filters: [(&str, Filter<'_>); 10] = [
        ("a page in the middle", Filter { after: Some(middle), ..any }),
        ("state complete", Filter { state: Some(State::Complete), ..any }),
        ("label", Filter { label: Some(&topic), ..any }),
        ("person", Filter { user: Some(3), ..any }),
        ("common word", Filter { text: Some("w1"), ..any }),
        ("rare word", Filter { text: Some("w29000"), ..any }),
        ("two words", Filter { text: Some("w77 w1234"), ..any }),
        ("beginning of a word", Filter { text: Some("w12*"), ..any }),
        ("word and label", Filter { text: Some("w100"), label: Some(&topic), ..any }),
        ("word and state", Filter { text: Some("w100"), state: Some(State::Complete), ..any }),
    ];
    let times = filters.iter().map(|(name, _)| (name.to_string(), Vec::new())).collect();
    let mut watched = Watched { filters: times, ..Watched::default() };
    let mut disk = std::fs::File::create(store.path().with_extension("sync")).ok();
    while !done.load(Ordering::Relaxed) {
        let one = Instant::now();
        store.tally(dataset, now())?;
        store.members(dataset)?;
        store.label_counts(dataset)?;
        watched.dashboard.push(one.elapsed());
        for ((_, filter), (_, times)) in filters.iter().zip(&mut watched.filters) {
            let one = Instant::now();
            store.list(dataset, filter)?;
            times.push(one.elapsed());
        }
        if let Some(disk) = &mut disk {
            let one = Instant::now();
            let synced = disk.write_all(&[7; 100 << 10]).and_then(|()| disk.sync_data());
            watched.sync.extend(synced.ok().map(|()| one.elapsed()));
        }
        thread::sleep(Duration::from_millis(250));
    }
    Ok(watched)
}

/// Milliseconds.
fn spread(mut times: Vec<Duration>) -> Value {
    times.sort();
    let at = |share: f64| {
        let place = ((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1));
        times.get(place).map(|time| round(time.as_secs_f64() * 1e3))
    };
    json!({"n": times.len(), "p50_ms": at(0.5), "p95_ms": at(0.95), "p99_ms": at(0.99), "max_ms": at(1.0)})
}

fn round(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

/// Of this process so far; 0 where the system does not say.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn peak_rss_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) >> 10
}
