//! Answers come in: accepted against a live lease, or kept as a draft and refused. Nothing is overwritten or thrown away.

use rusqlite::{OptionalExtension, Transaction};

use super::datasets::guideline_no;
use super::drafts::{SaveDraft, discard, draft, keep};
use super::events::append_vouched;
use super::labels::{Label, Labels};
use super::lease::end;
use super::members::{Did, count};
use super::resolutions::{drop_computed, is_closed};
use super::responses::{ResponseRow, Status, current, digest, last_past, retire};
use super::slots::{Change, State, Task, change, task, ticks};
use super::spent::most_ms;
use super::{DatasetNo, ItemNo, Millis, NewEvent, counts};
use crate::people::UserNo;
use crate::{Store, StoreError};

/// Answers to an item.
#[derive(Clone, Copy, Debug)]
pub struct Submit<'a> {
    /// The dataset.
    pub dataset: DatasetNo,
    /// The item.
    pub item: ItemNo,
    /// Who answers.
    pub user: UserNo,
    /// The lease's token; not needed to change an own response.
    pub token: Option<u64>,
    /// The version of the response the person saw, 0 for none.
    pub expected: u32,
    /// JSON.
    pub answers: &'a str,
    /// What filters and counts should know of it.
    pub labels: &'a [Label],
    /// The questions whose suggestion was taken over unchanged.
    pub accepted: &'a [String],
    /// The guideline version the person had.
    pub guideline: &'a str,
    /// Milliseconds the person says they were active on it, those of earlier versions among them; no more are kept than there
    /// can have been.
    pub active_ms: u64,
    /// On a gold item, whether the answers are right.
    pub gold_right: Option<bool>,
    /// The order in which things stood before the person, JSON; it goes into the log.
    pub presented: Option<&'a str>,
    /// When.
    pub now: Millis,
}

/// Somebody will not answer an item.
#[derive(Clone, Copy, Debug)]
pub struct Skip<'a> {
    /// The dataset.
    pub dataset: DatasetNo,
    /// The item.
    pub item: ItemNo,
    /// Who.
    pub user: UserNo,
    /// The lease's token.
    pub token: u64,
    /// Why.
    pub reason: &'a str,
    /// The guideline version the person had.
    pub guideline: &'a str,
    /// Milliseconds the person says they were active on it; no more are kept than there can have been.
    pub active_ms: u64,
    /// When.
    pub now: Millis,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Submission {
    /// It counts, and the disk has it.
    Accepted(Accepted),
    /// It does not count; the answers are kept as a draft.
    Refused(Refused),
}

/// A response that counts. How far the item is, is nothing for the eyes of whoever answered: `state` may be gold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The response's version.
    pub version: u32,
    /// Submitted responses the item has now.
    pub submitted: u32,
    /// How many it wants.
    pub wanted: u32,
    /// How far it is.
    pub state: State,
    /// It had come in before: the same answers were sent twice.
    pub replayed: bool,
}

/// Answers that do not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Why not.
    pub why: Why,
    /// The version of the draft that holds them now; 0 for a skip, which has none.
    pub draft: u32,
    /// The response that does count, if there is one.
    pub current: Option<ResponseRow>,
}

/// Why answers do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The lease ended, was given back, or was somebody else's.
    NoLease,
    /// The person's response was changed elsewhere since they saw it.
    Version,
    /// A reviewer has decided the item since.
    Reviewed,
    /// The person skipped the item.
    Skipped,
    /// The item was given to others meanwhile.
    NoRoom,
}

impl Store {
    /// Answers an item, or changes an own answer until a reviewer has decided it.
    ///
    /// Sending the same again is answered as the first time. A change of an answer takes an automatic resolution of the item
    /// back.
    pub fn submit(&self, submit: &Submit<'_>) -> Result<Submission, StoreError> {
        self.write(|tx| {
            let Submit { dataset, item, user, now, .. } = *submit;
            let active_ms = submit.active_ms.min(most_ms(tx, dataset, item, user, now)?);
            let submit = &Submit { active_ms, ..*submit };
            let task = task(tx, dataset, item)?;
            let found = current(tx, dataset, item, user)?;
            let refuse = |why, current: Option<ResponseRow>| {
                let Submit { answers, active_ms, now, .. } = *submit;
                let guideline = Some(submit.guideline);
                let save =
                    SaveDraft { dataset, item, user, expected: None, answers, guideline, active_ms, now };
                Ok(Submission::Refused(Refused { why, draft: keep(tx, &save)?, current }))
            };
            let Some(found) = found else {
                if !holds(tx, dataset, item, user, submit.token, submit.now)? {
                    return refuse(Why::NoLease, None);
                }
                end(tx, dataset, item, user)?;
                let put = Put {
                    submit,
                    version: last_past(tx, dataset, item, user)? + 1,
                    token: submit.token,
                    task,
                };
                return put.first(tx).map(Submission::Accepted);
            };
            let same = found.row.status == Status::Submitted && found.row.answers == submit.answers;
            if same
                && (submit.token.is_some() && submit.token == found.token
                    || submit.expected.checked_add(1) == Some(found.row.version))
            {
                // A draft of the same answers that was under way when they came in first would look like work to do.
                if draft(tx, dataset, item, user)?.is_some_and(|draft| draft.answers == submit.answers) {
                    discard(tx, dataset, item, user)?;
                }
                return Ok(Submission::Accepted(accepted(found.row.version, &task, true)));
            }
            if found.row.status == Status::Skipped {
                return refuse(Why::Skipped, Some(found.row));
            }
            if found.row.version != submit.expected {
                return refuse(Why::Version, Some(found.row));
            }
            if is_closed(tx, dataset, item, Some(found.row.at))? {
                return refuse(Why::Reviewed, Some(found.row));
            }
            let mut labels = Labels::default();
            labels.remove(tx, item, user, &found.labels)?;
            retire(tx, dataset, item, user, submit.now)?;
            let put = Put { submit, version: found.row.version + 1, token: found.token, task };
            put.again(tx, labels, (found.gold_right, found.row.active_ms)).map(Submission::Accepted)
        })
    }

    /// Takes an item off somebody's hands for good: others get it, this person never again.
    pub fn skip(&self, skip: &Skip<'_>) -> Result<Submission, StoreError> {
        self.write(|tx| {
            let Skip { dataset, item, user, now, .. } = *skip;
            let before = task(tx, dataset, item)?;
            let found = current(tx, dataset, item, user)?;
            if let Some(found) = found.filter(|found| found.token == Some(skip.token) && found.row.status == Status::Skipped) {
                return Ok(Submission::Accepted(accepted(found.row.version, &before, true)));
            }
            if !holds(tx, dataset, item, user, Some(skip.token), now)? {
                let current = current(tx, dataset, item, user)?.map(|found| found.row);
                return Ok(Submission::Refused(Refused { why: Why::NoLease, draft: 0, current }));
            }
            let active_ms = skip.active_ms.min(most_ms(tx, dataset, item, user, now)?);
            end(tx, dataset, item, user)?;
            discard(tx, dataset, item, user)?;
            let tick = ticks(tx, 1)?;
            let version = last_past(tx, dataset, item, user)? + 1;
            let guideline = guideline_no(tx, dataset, skip.guideline, now)?;
            let mut add = tx.prepare_cached(
                "INSERT INTO response (dataset, item, user, version, status, answers, labels, accepted, reason, guideline,
                     active_ms, token, tick, at)
                 VALUES (?1, ?2, ?3, ?4, 2, '{}', '[]', '[]', ?5, ?6, ?7, ?8, ?9, ?10)",
            )?;
            add.execute((dataset, item, user, version, skip.reason, guideline, active_ms, skip.token, tick, now))?;
            let task = change(tx, dataset, item, tick, Change { held: -1, ..Change::default() })?;
            if !task.gold {
                counts::add(tx, dataset, &counts::Delta { skipped: 1, ..counts::Delta::default() })?;
            }
            count(tx, dataset, user, &Did { skipped: 1, ..Did::default() })?;
            note(tx, "skipped", (dataset, item, user), None, now)?;
            Ok(Submission::Accepted(accepted(version, &task, false)))
        })
    }
}

/// Whether this person holds this item by this token now.
fn holds(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    item: ItemNo,
    user: UserNo,
    token: Option<u64>,
    now: Millis,
) -> Result<bool, StoreError> {
    let mut find = tx.prepare_cached(
        "SELECT 1 FROM lease WHERE dataset = ?1 AND item = ?2 AND user = ?3 AND token = ?4 AND expires_at > ?5",
    )?;
    Ok(find.query_row((dataset, item, user, token, now), |_| Ok(())).optional()?.is_some())
}

fn accepted(version: u32, task: &Task, replayed: bool) -> Accepted {
    let Task { submitted, wanted, .. } = *task;
    Accepted { version, submitted, wanted, state: task.state(), replayed }
}

/// A response on its way in.
struct Put<'a> {
    submit: &'a Submit<'a>,
    version: u32,
    token: Option<u64>,
    task: Task,
}

impl Put<'_> {
    /// The first response: it takes the place that the lease held.
    fn first(&self, tx: &Transaction<'_>) -> Result<Accepted, StoreError> {
        let Submit { dataset, item, user, active_ms, gold_right, .. } = *self.submit;
        let tick = ticks(tx, 1)?;
        self.insert(tx, Labels::default(), tick)?;
        let task = change(tx, dataset, item, tick, Change { held: -1, submitted: 1, ..Change::default() })?;
        let did = Did {
            submitted: 1,
            active_ms: active_ms.cast_signed(),
            gold_answered: i64::from(task.gold && gold_right.is_some()),
            gold_right: i64::from(task.gold && gold_right == Some(true)),
            ..Did::default()
        };
        count(tx, dataset, user, &did)?;
        self.finish(tx, "submitted", &task)
    }

    /// A changed response: it has its place already.
    fn again(
        &self,
        tx: &Transaction<'_>,
        labels: Labels,
        (before, spent): (Option<bool>, u64),
    ) -> Result<Accepted, StoreError> {
        let Submit { dataset, item, user, active_ms, gold_right, now, .. } = *self.submit;
        let tick = ticks(tx, 1)?;
        self.insert(tx, labels, tick)?;
        let now_task = match drop_computed(tx, dataset, item, now)? {
            true => change(tx, dataset, item, tick, Change { resolved: Some(false), ..Change::default() })?,
            false => self.task,
        };
        let gold_right = i64::from(gold_right == Some(true)) - i64::from(before == Some(true));
        let did = Did {
            active_ms: active_ms.cast_signed() - spent.cast_signed(),
            gold_right: if self.task.gold { gold_right } else { 0 },
            ..Did::default()
        };
        count(tx, dataset, user, &did)?;
        self.finish(tx, "edited", &now_task)
    }

    fn insert(&self, tx: &Transaction<'_>, mut labels: Labels, tick: u64) -> Result<(), StoreError> {
        let Submit { dataset, item, user, answers, accepted, guideline, active_ms, gold_right, now, .. } =
            *self.submit;
        let given = if self.task.gold { &[] } else { self.submit.labels };
        let numbers = labels.add(tx, dataset, item, user, given)?;
        labels.finish(tx)?;
        let guideline = guideline_no(tx, dataset, guideline, now)?;
        let accepted = serde_json::to_string(accepted)?;
        let mut add = tx.prepare_cached(
            "INSERT INTO response (dataset, item, user, version, status, answers, labels, accepted, guideline, active_ms,
                 gold_right, token, tick, at)
             VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?;
        let (version, token) = (self.version, self.token);
        add.execute((
            dataset, item, user, version, answers, numbers, accepted, guideline, active_ms, gold_right,
            token, tick, now,
        ))?;
        discard(tx, dataset, item, user)
    }

    fn finish(&self, tx: &Transaction<'_>, kind: &str, task: &Task) -> Result<Accepted, StoreError> {
        let Submit { dataset, item, user, presented, now, .. } = *self.submit;
        note(tx, kind, (dataset, item, user), presented, now)?;
        Ok(accepted(self.version, task, false))
    }
}

/// Logs what just became of a person's current response, and in which order they saw what they compared.
pub(crate) fn note(
    tx: &Transaction<'_>,
    kind: &str,
    (dataset, item, user): (DatasetNo, ItemNo, UserNo),
    presented: Option<&str>,
    now: Millis,
) -> Result<(), StoreError> {
    let Some(found) = current(tx, dataset, item, user)? else { return Ok(()) };
    let digest = digest(tx, &found.row)?.unwrap_or_default();
    let mut body = serde_json::json!({"version": found.row.version});
    if let Some(presented) = presented {
        body["presented"] = serde_json::from_str(presented)?;
    }
    let body = body.to_string();
    let about = (user, digest.as_str());
    let (dataset, item, user) = (Some(dataset), Some(item), Some(user));
    append_vouched(
        tx,
        &NewEvent { at: now, user, dataset, item, kind, body: &body, personal: None },
        Some(about),
    )?;
    Ok(())
}
