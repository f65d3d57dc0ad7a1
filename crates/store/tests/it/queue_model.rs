//! The law of the queue: after any sequence of steps by anybody, the store gives and counts what a naive model allows.

use std::collections::{BTreeMap, BTreeSet};

use engraft_store::{
    Ask, ItemNo, Leased, Millis, NewRecord, NewResolution, Source, State, Submission, Submit, Undone, UserNo,
};
use proptest::prelude::*;

use crate::desk::{Desk, LEASE, record, topic};

const PEOPLE: UserNo = 3;
const ITEMS: usize = 24;
const GOLD: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    Next(UserNo, usize, bool),
    /// Answers the n-th item they ever held, with the token they got then.
    Submit(UserNo, usize),
    Skip(UserNo, usize),
    Edit(UserNo, usize),
    /// Takes and answers so many in a row.
    Work(UserNo, usize),
    Take(UserNo, ItemNo),
    Release(UserNo),
    Heartbeat(UserNo),
    Undo(UserNo),
    WantMore(ItemNo),
    Resolve(ItemNo, bool),
    Unresolve(ItemNo),
    Wait(Millis),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = 1..=PEOPLE;
    let item = 1..=(ITEMS as ItemNo);
    let step = prop_oneof![
        6 => (who.clone(), 1usize..4, any::<bool>()).prop_map(|(who, n, gold)| Step::Next(who, n, gold)),
        6 => (who.clone(), 0usize..8).prop_map(|(who, n)| Step::Submit(who, n)),
        2 => (who.clone(), 0usize..8).prop_map(|(who, n)| Step::Skip(who, n)),
        1 => (who.clone(), 0usize..8).prop_map(|(who, n)| Step::Edit(who, n)),
        2 => (who.clone(), 1usize..24).prop_map(|(who, n)| Step::Work(who, n)),
        1 => (who.clone(), item.clone()).prop_map(|(who, item)| Step::Take(who, item)),
        1 => who.clone().prop_map(Step::Release),
        1 => who.clone().prop_map(Step::Heartbeat),
        2 => who.prop_map(Step::Undo),
        1 => item.clone().prop_map(Step::WantMore),
        1 => (item.clone(), any::<bool>()).prop_map(|(item, reviewer)| Step::Resolve(item, reviewer)),
        1 => item.prop_map(Step::Unresolve),
        3 => (1..LEASE + 200).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..60)
}

#[derive(Clone, Default, Debug)]
struct Item {
    wanted: u32,
    gold: bool,
    /// None, computed, or a reviewer's.
    resolved: Option<Source>,
    /// By user: submitted (true) or skipped, the version, the answers, and the order in which they came.
    said: BTreeMap<UserNo, (bool, u32, String, usize)>,
    /// By user: token and end.
    held: BTreeMap<UserNo, (u64, Millis)>,
    versions: BTreeMap<UserNo, u32>,
}

impl Item {
    fn submitted(&self) -> u32 {
        self.said.values().filter(|said| said.0).count() as u32
    }

    fn missing(&self, now: Millis) -> u32 {
        let live = self.held.values().filter(|held| held.1 > now).count() as u32;
        self.wanted.saturating_sub(self.submitted() + live)
    }

    fn holds(&self, user: UserNo, now: Millis) -> bool {
        self.held.get(&user).is_some_and(|held| held.1 > now)
    }

    fn free_for(&self, user: UserNo, now: Millis) -> bool {
        self.resolved.is_none() && !self.said.contains_key(&user) && !self.holds(user, now)
    }

    fn state(&self) -> State {
        match self {
            Item { gold: true, .. } => State::Gold,
            Item { resolved: Some(_), .. } => State::Resolved,
            item if item.submitted() >= item.wanted => State::Complete,
            _ => State::Open,
        }
    }
}

struct Model {
    desk: Desk,
    items: BTreeMap<ItemNo, Item>,
    /// Every lease a person ever got.
    ever: BTreeMap<UserNo, Vec<Leased>>,
    now: Millis,
    count: usize,
    newest_token: u64,
}

impl Model {
    fn new(wanted: u32) -> Model {
        let desk = Desk::new(PEOPLE as usize, ITEMS, wanted);
        let gold: Vec<NewRecord> =
            (0..GOLD).map(|n| NewRecord { gold: Some("{}".into()), ..record(ITEMS + 1 + n, 1) }).collect();
        desk.import(&gold);
        let item = |no: usize| {
            let gold = no > ITEMS;
            (no as ItemNo, Item { wanted: if gold { 1 } else { wanted }, gold, ..Item::default() })
        };
        let items = (1..=ITEMS + GOLD).map(item).collect();
        Model { desk, items, ever: BTreeMap::new(), now: 0, count: 0, newest_token: 0 }
    }

    fn got(&mut self, user: UserNo, lease: Leased) {
        assert!(lease.token > self.newest_token, "tokens grow");
        self.newest_token = lease.token;
        self.items.get_mut(&lease.item).unwrap().held.insert(user, (lease.token, lease.expires_at));
        self.ever.entry(user).or_default().push(lease);
    }

    fn next(&mut self, user: UserNo, how_many: usize, gold: bool) -> Vec<Leased> {
        let now = self.now;
        let seed = (self.count as u64) << 32;
        let ask = Ask { gold, seed, ..self.desk.ask(user, how_many, now) };
        let leased = self.desk.store.next(&ask).unwrap().leased;
        let (own, new): (Vec<Leased>, Vec<Leased>) = leased.iter().partition(|lease| lease.again);
        let held: BTreeSet<(ItemNo, u64)> = self
            .items
            .iter()
            .filter(|(_, item)| item.holds(user, now))
            .map(|(no, item)| (*no, item.held[&user].0))
            .collect();
        assert_eq!(own.iter().map(|lease| (lease.item, lease.token)).collect::<BTreeSet<_>>(), held);
        for lease in &own {
            self.items.get_mut(&lease.item).unwrap().held.insert(user, (lease.token, lease.expires_at));
        }
        let free: BTreeMap<ItemNo, u32> = self
            .items
            .iter()
            .filter(|(_, item)| !item.gold && item.free_for(user, now) && item.missing(now) > 0)
            .map(|(no, item)| (*no, item.missing(now)))
            .collect();
        let room = how_many.saturating_sub(own.len());
        let golden: Vec<ItemNo> =
            new.iter().map(|lease| lease.item).filter(|no| self.items[no].gold).collect();
        let gold_left = self.items.values().any(|item| item.gold && item.free_for(user, now));
        let gold_due = gold && room > 0 && gold_left && !free.is_empty();
        assert_eq!(golden.len(), usize::from(gold_due));
        let plain: Vec<ItemNo> =
            new.iter().map(|lease| lease.item).filter(|no| !self.items[no].gold).collect();
        assert_eq!(plain.len(), free.len().min(room - golden.len()), "nothing is stranded: {free:?}");
        let missing: Vec<u32> = plain.iter().map(|no| free[no]).collect();
        let mut best: Vec<u32> = free.values().copied().collect();
        best.sort_unstable();
        assert_eq!(missing, best[..missing.len()], "those that miss the fewest come first");
        for lease in &new {
            assert!(self.items[&lease.item].free_for(user, now));
            self.got(user, *lease);
        }
        leased
    }

    fn submit(&mut self, user: UserNo, lease: Leased) {
        self.count += 1;
        let answers = format!("\"answer {}\"", self.count);
        let labels = [topic(if self.count.is_multiple_of(2) { "even" } else { "odd" })];
        let submit = Submit { labels: &labels, ..self.desk.submit(user, lease, &answers, self.now) };
        let outcome = self.desk.store.submit(&submit).unwrap();
        let (now, count) = (self.now, self.count);
        let item = self.items.get_mut(&lease.item).unwrap();
        let good =
            item.holds(user, now) && item.held[&user].0 == lease.token && !item.said.contains_key(&user);
        match outcome {
            Submission::Accepted(accepted) => {
                assert!(good, "a stale token was taken");
                item.held.remove(&user);
                let version = item.versions.entry(user).or_default();
                *version += 1;
                assert_eq!(accepted.version, *version);
                item.said.insert(user, (true, *version, answers, count));
                assert_eq!((accepted.submitted, accepted.state), (item.submitted(), item.state()));
            }
            Submission::Refused(refused) => {
                assert!(!good, "{:?}", refused.why);
                let work = self.desk.store.work(self.desk.dataset, lease.item, user).unwrap().unwrap();
                assert_eq!(work.draft.unwrap().answers, answers, "what was written is kept");
            }
        }
    }

    fn edit(&mut self, user: UserNo, item: ItemNo) {
        let Some((true, version, ..)) = self.items[&item].said.get(&user).cloned() else { return };
        self.count += 1;
        let answers = format!("\"answer {}\"", self.count);
        let lease = Leased { item, token: 0, expires_at: 0, again: false };
        let submit = self.desk.submit(user, lease, &answers, self.now);
        let submit = Submit { token: None, expected: version, ..submit };
        let accepted = matches!(self.desk.store.submit(&submit).unwrap(), Submission::Accepted(_));
        let count = self.count;
        let item = self.items.get_mut(&item).unwrap();
        assert_eq!(accepted, item.resolved != Some(Source::Adjudicated));
        if accepted {
            item.resolved = None;
            item.versions.insert(user, version + 1);
            item.said.insert(user, (true, version + 1, answers, count));
        }
    }

    fn skip(&mut self, user: UserNo, lease: Leased) {
        self.count += 1;
        let accepted =
            matches!(self.desk.skip(user, lease, self.now), Submission::Accepted(ref it) if !it.replayed);
        let (now, count) = (self.now, self.count);
        let item = self.items.get_mut(&lease.item).unwrap();
        let good =
            item.holds(user, now) && item.held[&user].0 == lease.token && !item.said.contains_key(&user);
        assert_eq!(accepted, good);
        if accepted {
            item.held.remove(&user);
            let version = item.versions.entry(user).or_default();
            *version += 1;
            item.said.insert(user, (false, *version, "{}".into(), count));
        }
    }

    fn undo(&mut self, user: UserNo) {
        let outcome = self.desk.undo(user, self.now);
        let said = |item: &Item| item.said.get(&user).map(|said| said.3);
        let latest =
            self.items.iter().filter(|(_, item)| said(item).is_some()).max_by_key(|(_, item)| said(item));
        let Some((&no, item)) = latest else { return assert_eq!(outcome, Undone::Nothing) };
        let submitted = item.said[&user].0;
        let room = item.resolved.is_none() && (item.gold || item.missing(self.now) > 0);
        let may = item.resolved != Some(Source::Adjudicated) && (submitted || room);
        match outcome {
            Undone::Back { item, token, expires_at } => {
                assert!(may && item == no);
                let lease = Leased { item, token, expires_at, again: false };
                let undone = self.items.get_mut(&no).unwrap();
                undone.said.remove(&user);
                undone.resolved = None;
                self.got(user, lease);
            }
            other => assert!(!may, "{other:?}"),
        }
    }

    fn step(&mut self, step: &Step) {
        let dataset = self.desk.dataset;
        let nth = |model: &Model, user: UserNo, n: usize| {
            let ever = model.ever.get(&user).map_or(&[][..], Vec::as_slice);
            ever.len().checked_sub(n + 1).map(|at| ever[at])
        };
        match *step {
            Step::Next(user, n, gold) => _ = self.next(user, n, gold),
            Step::Submit(user, n) => {
                if let Some(lease) = nth(self, user, n) {
                    self.submit(user, lease);
                }
            }
            Step::Skip(user, n) => {
                if let Some(lease) = nth(self, user, n) {
                    self.skip(user, lease);
                }
            }
            Step::Edit(user, n) => {
                if let Some(lease) = nth(self, user, n) {
                    self.edit(user, lease.item);
                }
            }
            Step::Work(user, n) => {
                for _ in 0..n {
                    let Some(lease) = self.next(user, 1, false).first().copied() else { break };
                    self.submit(user, lease);
                }
            }
            Step::Take(user, item) => {
                let found = self.desk.store.take(dataset, item, user, LEASE, self.now).unwrap();
                let held = &self.items[&item];
                let may =
                    held.holds(user, self.now) || held.free_for(user, self.now) && held.missing(self.now) > 0;
                assert_eq!(found.is_some(), may);
                match found {
                    Some(lease) if lease.again => {
                        let held = self.items.get_mut(&item).unwrap();
                        held.held.insert(user, (lease.token, lease.expires_at.max(held.held[&user].1)));
                    }
                    Some(lease) => self.got(user, lease),
                    None => {}
                }
            }
            Step::Release(user) => {
                let live = self.items.values().filter(|item| item.holds(user, self.now)).count();
                assert_eq!(self.desk.store.release(dataset, user, None, self.now).unwrap(), live);
                self.items.values_mut().for_each(|item| _ = item.held.remove(&user));
            }
            Step::Heartbeat(user) => {
                let tokens: Vec<u64> =
                    self.ever.get(&user).into_iter().flatten().map(|it| it.token).collect();
                let alive = self.desk.store.heartbeat(dataset, user, &tokens, LEASE, self.now).unwrap();
                let now = self.now;
                for item in self.items.values_mut() {
                    if let Some(held) = item.held.get_mut(&user) {
                        assert_eq!(held.1 > now, alive.contains(&held.0));
                        if held.1 > now {
                            held.1 = held.1.max(now + LEASE);
                        }
                    }
                }
            }
            Step::Undo(user) => self.undo(user),
            Step::WantMore(item) => {
                self.desk.store.want_more(dataset, item, 1, None, None, self.now).unwrap();
                self.items.get_mut(&item).unwrap().wanted += 1;
            }
            Step::Resolve(item, reviewer) => {
                let source = if reviewer { Source::Adjudicated } else { Source::Agreed };
                let new = NewResolution { answers: "{}".into(), source, by: None, posterior: None };
                let set = self.desk.store.resolve(dataset, &[(item, new, None)], self.now).unwrap();
                let item = self.items.get_mut(&item).unwrap();
                assert_eq!(set == 1, reviewer || item.resolved != Some(Source::Adjudicated));
                if set == 1 {
                    item.resolved = Some(source);
                }
            }
            Step::Unresolve(item) => {
                let dropped = self.desk.store.unresolve(dataset, item, None, self.now).unwrap();
                assert_eq!(dropped, self.items.get_mut(&item).unwrap().resolved.take().is_some());
            }
            Step::Wait(ms) => self.now += ms,
        }
    }

    fn compare(&self) {
        let (store, dataset) = (&self.desk.store, self.desk.dataset);
        store.expire(self.now).unwrap();
        let tally = store.tally(dataset, self.now).unwrap();
        let plain = || self.items.values().filter(|item| !item.gold);
        let in_state = |state| self.items.values().filter(|item| item.state() == state).count() as u64;
        assert_eq!(
            (tally.open, tally.complete, tally.resolved, tally.gold),
            (in_state(State::Open), in_state(State::Complete), in_state(State::Resolved), GOLD as u64)
        );
        assert_eq!(tally.submitted, plain().map(|item| u64::from(item.submitted())).sum::<u64>());
        assert_eq!(tally.wanted, plain().map(|item| u64::from(item.wanted)).sum::<u64>());
        let skipped = plain().map(|item| item.said.values().filter(|said| !said.0).count());
        assert_eq!(tally.skipped, skipped.sum::<usize>() as u64);
        for (no, item) in &self.items {
            let row = store.item(dataset, *no).unwrap().unwrap();
            let held = item.held.values().filter(|held| held.1 > self.now).count() as u32;
            assert_eq!(
                (row.state, row.wanted, row.submitted, row.held),
                (item.state(), item.wanted, item.submitted(), held)
            );
            assert!(item.gold || row.held == 0 || row.submitted + row.held <= row.wanted);
            let said: BTreeMap<UserNo, (bool, u32, String)> = store
                .responses(dataset, *no)
                .unwrap()
                .into_iter()
                .map(|row| {
                    (row.user, (row.status == engraft_store::Status::Submitted, row.version, row.answers))
                })
                .collect();
            let expected = item.said.iter().map(|(user, it)| (*user, (it.0, it.1, it.2.clone()))).collect();
            assert_eq!(said, expected, "acknowledged answers are kept");
        }
        for user in 1..=PEOPLE {
            let member = store.member(dataset, user).unwrap();
            let mine = |submitted| {
                let said = self.items.values().filter_map(|item| item.said.get(&user));
                said.filter(|said| said.0 == submitted).count() as u64
            };
            assert_eq!((member.submitted, member.skipped), (mine(true), mine(false)));
        }
        let mut labels: BTreeMap<String, u64> = BTreeMap::new();
        store
            .for_each_label(dataset, "topic", &mut |_, _, value| {
                *labels.entry(value.to_string()).or_default() += 1;
                std::ops::ControlFlow::Continue(())
            })
            .unwrap();
        let counts = store.label_counts(dataset).unwrap();
        assert_eq!(counts.into_iter().map(|it| (it.value, it.responses)).collect::<BTreeMap<_, _>>(), labels);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_queue_gives_what_the_model_allows(steps in steps(), wanted in 1u32..4) {
        let mut model = Model::new(wanted);
        for step in &steps {
            model.step(step);
        }
        model.compare();
        // Everybody works until nothing is left: every item that may be finished is finished.
        model.now += 2 * LEASE;
        for user in 1..=PEOPLE {
            model.step(&Step::Work(user, 2 * ITEMS));
        }
        model.compare();
        prop_assert_eq!(model.desk.store.check().unwrap(), Vec::<String>::new());
        let found = model.desk.store.verify_events().unwrap();
        prop_assert_eq!(found.problems, Vec::<String>::new());
    }
}
