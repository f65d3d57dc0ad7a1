//! What every annotation test needs: a dataset, some people, and a short way to let them work.

use engraft_store::{
    Ask, DatasetNo, ItemNo, Label, Leased, Millis, NewRecord, NewUser, Role, Served, Skip, Store, Submission,
    Submit, Undone, UserNo,
};
use tempfile::TempDir;

use crate::support::file_in;

/// How long a lease lives in these tests, milliseconds.
pub(crate) const LEASE: i64 = 1000;

pub(crate) const SCHEMA: &str = r#"{"questions":["topic"]}"#;

/// A store with one dataset and people numbered from 1.
pub(crate) struct Desk {
    pub(crate) folder: TempDir,
    pub(crate) store: Store,
    pub(crate) dataset: DatasetNo,
    pub(crate) guideline: String,
}

pub(crate) fn record(n: usize, wanted: u32) -> NewRecord {
    NewRecord {
        external: format!("item-{n:06}"),
        fields: format!(r#"{{"text":"text number {n}"}}"#),
        metadata: "{}".into(),
        text: format!("text number {n}"),
        wanted,
        ..NewRecord::default()
    }
}

impl Desk {
    /// So many people, and so many items that want so many answers each.
    pub(crate) fn new(people: usize, items: usize, wanted: u32) -> Desk {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::create_or_open(&file_in(&folder)).expect("a new store");
        let row = store.create_dataset("tickets", SCHEMA, None, 0).expect("a dataset");
        for n in 1..=people {
            let name = format!("person {n}");
            let salt = format!("{n:016x}");
            let new = NewUser { name: &name, role: Role::Annotator, password: None, salt: &salt };
            assert_eq!(store.create_user(&new, None, 0).expect("a user"), n as UserNo);
        }
        let desk = Desk { folder, store, dataset: row.no, guideline: row.guideline };
        let records: Vec<NewRecord> = (1..=items).map(|n| record(n, wanted)).collect();
        desk.import(&records);
        desk
    }

    pub(crate) fn import(&self, records: &[NewRecord]) {
        self.store.import(self.dataset, records, None, 0).expect("an import");
    }

    pub(crate) fn ask(&self, user: UserNo, how_many: usize, now: Millis) -> Ask {
        Ask { dataset: self.dataset, user, how_many, gold: false, seed: 7, lease_ms: LEASE, now }
    }

    pub(crate) fn next(&self, user: UserNo, how_many: usize, now: Millis) -> Served {
        self.store.next(&self.ask(user, how_many, now)).expect("an answer")
    }

    /// The one item this person gets.
    #[track_caller]
    pub(crate) fn one(&self, user: UserNo, now: Millis) -> Leased {
        let served = self.next(user, 1, now);
        assert_eq!(served.leased.len(), 1, "{served:?}");
        served.leased[0]
    }

    pub(crate) fn submit<'a>(
        &'a self,
        user: UserNo,
        lease: Leased,
        answers: &'a str,
        now: Millis,
    ) -> Submit<'a> {
        Submit {
            dataset: self.dataset,
            item: lease.item,
            user,
            token: Some(lease.token),
            expected: 0,
            answers,
            labels: &[],
            accepted: &[],
            guideline: &self.guideline,
            active_ms: 100,
            gold_right: None,
            presented: None,
            now,
        }
    }

    pub(crate) fn say(&self, user: UserNo, lease: Leased, answers: &str, now: Millis) -> Submission {
        self.store.submit(&self.submit(user, lease, answers, now)).expect("a submission")
    }

    /// Answers with one label, which filters and counts know.
    #[track_caller]
    pub(crate) fn label(&self, user: UserNo, lease: Leased, value: &str, now: Millis) {
        let answers = format!(r#"{{"topic":"{value}"}}"#);
        let submit = Submit { labels: &[topic(value)], ..self.submit(user, lease, &answers, now) };
        let outcome = self.store.submit(&submit).expect("a submission");
        assert!(matches!(outcome, Submission::Accepted(_)), "{outcome:?}");
    }

    pub(crate) fn skip(&self, user: UserNo, lease: Leased, now: Millis) -> Submission {
        let Leased { item, token, .. } = lease;
        let guideline = &self.guideline;
        let skip = Skip {
            dataset: self.dataset,
            item,
            user,
            token,
            reason: "unclear",
            guideline,
            active_ms: 5,
            now,
        };
        self.store.skip(&skip).expect("a skip")
    }

    pub(crate) fn undo(&self, user: UserNo, now: Millis) -> Undone {
        self.store.undo_last(self.dataset, user, LEASE, now).expect("an undo")
    }

    /// How many answers an item has and how many people hold it.
    pub(crate) fn counts(&self, item: ItemNo) -> (u32, u32) {
        let row = self.store.item(self.dataset, item).expect("a read").expect("an item");
        (row.submitted, row.held)
    }
}

pub(crate) fn topic(value: &str) -> Label {
    Label { question: "topic".into(), value: value.into() }
}
