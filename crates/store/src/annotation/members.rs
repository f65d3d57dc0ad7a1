//! A person within a dataset: what they were served and gave, how they did on gold, whether they are paused.

use rusqlite::{OptionalExtension, Row, Transaction};

use super::datasets::guideline_no;
use super::{DatasetNo, Millis, NewEvent, append_event};
use crate::people::UserNo;
use crate::{Store, StoreError};

/// What a person did in a dataset; all zero for somebody who never came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemberRow {
    /// Items they were given, gold among them.
    pub served: u64,
    /// Their submitted responses, gold among them.
    pub submitted: u64,
    /// Items they would not answer.
    pub skipped: u64,
    /// Milliseconds they were active on submitted responses.
    pub active_ms: u64,
    /// Gold items they were given.
    pub gold_served: u64,
    /// Gold items they answered.
    pub gold_answered: u64,
    /// Of those, right.
    pub gold_right: u64,
    /// Why they get nothing more, while they do not.
    pub paused: Option<String>,
    /// The guideline version they acknowledged last.
    pub guideline: Option<String>,
    /// When they came last.
    pub last_visit: Option<Millis>,
}

/// Numbers to add to a person's counts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Did {
    pub(crate) served: i64,
    pub(crate) submitted: i64,
    pub(crate) skipped: i64,
    pub(crate) active_ms: i64,
    pub(crate) gold_served: i64,
    pub(crate) gold_answered: i64,
    pub(crate) gold_right: i64,
}

pub(crate) fn count(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    user: UserNo,
    did: &Did,
) -> Result<(), StoreError> {
    let mut add = tx.prepare_cached(
        "INSERT INTO member (dataset, user, served, submitted, skipped, active_ms, gold_served, gold_answered, gold_right)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (dataset, user) DO UPDATE SET served = served + ?3, submitted = submitted + ?4,
             skipped = skipped + ?5, active_ms = active_ms + ?6, gold_served = gold_served + ?7,
             gold_answered = gold_answered + ?8, gold_right = gold_right + ?9",
    )?;
    let Did { served, submitted, skipped, active_ms, gold_served, gold_answered, gold_right } = *did;
    add.execute((
        dataset,
        user,
        served,
        submitted,
        skipped,
        active_ms,
        gold_served,
        gold_answered,
        gold_right,
    ))?;
    Ok(())
}

const COLUMNS: &str =
    "m.served, m.submitted, m.skipped, m.active_ms, m.gold_served, m.gold_answered, m.gold_right,
    m.paused, (SELECT hash FROM guideline g WHERE g.no = m.guideline), m.last_visit";

impl Store {
    /// What a person did in a dataset.
    pub fn member(&self, dataset: DatasetNo, user: UserNo) -> Result<MemberRow, StoreError> {
        self.read(|tx| member(tx, dataset, user))
    }

    /// What everybody did in a dataset, by user number.
    pub fn members(&self, dataset: DatasetNo) -> Result<Vec<(UserNo, MemberRow)>, StoreError> {
        self.read(|tx| {
            let sql = format!("SELECT {COLUMNS}, m.user FROM member m WHERE m.dataset = ?1 ORDER BY m.user");
            let mut all = tx.prepare_cached(&sql)?;
            let rows = all.query_map([dataset], |row| Ok((row.get(10)?, member_from(row)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Gives a person nothing more from this dataset, saying why; `None`: lets them go on. What they hold they may finish.
    pub fn pause(
        &self,
        dataset: DatasetNo,
        user: UserNo,
        why: Option<&str>,
        by: Option<UserNo>,
        now: Millis,
    ) -> Result<(), StoreError> {
        self.write(|tx| {
            count(tx, dataset, user, &Did::default())?;
            let mut set =
                tx.prepare_cached("UPDATE member SET paused = ?3 WHERE dataset = ?1 AND user = ?2")?;
            set.execute((dataset, user, why))?;
            let kind = if why.is_some() { "paused" } else { "resumed" };
            let body = serde_json::json!({ "user": user }).to_string();
            let personal = serde_json::json!({ "why": why }).to_string();
            let event = NewEvent {
                at: now,
                user: by,
                dataset: Some(dataset),
                kind,
                body: &body,
                personal: Some((user, &personal)),
                ..NewEvent::default()
            };
            append_event(tx, &event)?;
            Ok(())
        })
    }

    /// Notes that a person has read this version of the guidelines.
    pub fn acknowledge(
        &self,
        dataset: DatasetNo,
        user: UserNo,
        guideline: &str,
        now: Millis,
    ) -> Result<(), StoreError> {
        self.write(|tx| {
            count(tx, dataset, user, &Did::default())?;
            let no = guideline_no(tx, dataset, guideline, now)?;
            let mut set =
                tx.prepare_cached("UPDATE member SET guideline = ?3 WHERE dataset = ?1 AND user = ?2")?;
            set.execute((dataset, user, no))?;
            let body = serde_json::json!({"guideline": guideline}).to_string();
            let kind = "guidelines_read";
            let user = Some(user);
            append_event(
                tx,
                &NewEvent { at: now, user, dataset: Some(dataset), kind, body: &body, ..NewEvent::default() },
            )?;
            Ok(())
        })
    }

    /// Notes that a person came; when they came before.
    pub fn visit(&self, dataset: DatasetNo, user: UserNo, now: Millis) -> Result<Option<Millis>, StoreError> {
        self.write_soon(|tx| {
            count(tx, dataset, user, &Did::default())?;
            let before = member(tx, dataset, user)?.last_visit;
            let mut set =
                tx.prepare_cached("UPDATE member SET last_visit = ?3 WHERE dataset = ?1 AND user = ?2")?;
            set.execute((dataset, user, now))?;
            Ok(before)
        })
    }
}

pub(crate) fn member(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    user: UserNo,
) -> Result<MemberRow, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM member m WHERE m.dataset = ?1 AND m.user = ?2");
    let mut one = tx.prepare_cached(&sql)?;
    Ok(one.query_row((dataset, user), member_from).optional()?.unwrap_or_default())
}

fn member_from(row: &Row<'_>) -> rusqlite::Result<MemberRow> {
    Ok(MemberRow {
        served: row.get(0)?,
        submitted: row.get(1)?,
        skipped: row.get(2)?,
        active_ms: row.get(3)?,
        gold_served: row.get(4)?,
        gold_answered: row.get(5)?,
        gold_right: row.get(6)?,
        paused: row.get(7)?,
        guideline: row.get(8)?,
        last_visit: row.get(9)?,
    })
}
