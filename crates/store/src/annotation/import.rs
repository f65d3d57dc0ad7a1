//! Many items at once, with what was said about them elsewhere.

use std::collections::BTreeMap;
use std::ops::Range;

use rusqlite::{OptionalExtension, Transaction};
use serde::{Deserialize, Serialize};

use super::comments::{self, NewComment};
use super::counts::{self, Delta};
use super::datasets::{guideline_no, no_dataset};
use super::drafts::{self, SaveDraft};
use super::labels::{Label, Labels};
use super::members::{Did, count};
use super::resolutions::{self, NewResolution};
use super::responses::current;
use super::slots::{Change, Task, change, task, ticks};
use super::suggestions::{self, NewSuggestion};
use super::{DatasetNo, ItemNo, Millis, NewEvent, Status, append_event, gold};
use crate::people::UserNo;
use crate::{Store, StoreError};

/// Code points of an item's text that lists show.
const PREVIEW: usize = 160;

/// Numbers of the queue's counter taken at a time; those left over are never used.
const TICKS: usize = 1024;

/// An item on its way in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NewRecord {
    /// Its name within the dataset.
    pub external: String,
    /// What is shown, JSON.
    pub fields: String,
    /// JSON.
    pub metadata: String,
    /// The words it can be found by; lists show their beginning.
    pub text: String,
    /// How many answers it wants; at least as many as it comes with.
    pub wanted: u32,
    /// Its known answers, JSON, when people are measured on it.
    pub gold: Option<String>,
    /// What people said.
    pub responses: Vec<NewResponse>,
    /// What models said.
    pub suggestions: Vec<NewSuggestion>,
    /// What it came to.
    pub resolution: Option<NewResolution>,
    /// What people said about it beside their answers.
    pub comments: Vec<NewComment>,
}

/// A response given elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewResponse {
    /// Whose.
    pub user: UserNo,
    /// How far it is.
    pub status: Status,
    /// JSON.
    pub answers: String,
    /// What filters and counts should know of it.
    pub labels: Vec<Label>,
    /// The questions whose suggestion was taken over unchanged.
    pub accepted: Vec<String>,
    /// Why it was skipped.
    pub reason: Option<String>,
    /// The guideline version the person had, if it is known.
    pub guideline: Option<String>,
    /// Milliseconds the person was active on it.
    pub active_ms: u64,
    /// When.
    pub at: Millis,
}

impl NewResponse {
    /// Whether it says nothing but what this response does.
    fn is(&self, status: Status, answers: &str) -> bool {
        (self.status == status || self.status == Status::Draft) && self.answers == answers
    }
}

/// What came in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// New items.
    pub items: usize,
    /// Items that were there before; what is new about them was added.
    pub existing: usize,
    /// Responses, drafts not among them; a person's second response to an item is left out.
    pub responses: usize,
    /// Drafts.
    pub drafts: usize,
    /// Suggestions, replaced ones among them.
    pub suggestions: usize,
    /// Resolutions; an item that has one keeps it.
    pub resolutions: usize,
    /// Known answers, changed ones among them.
    pub gold: usize,
    /// Comments and flags.
    pub comments: usize,
    /// Responses left out because the person's response to the item is another one.
    pub other_responses: usize,
    /// Drafts left out because the person's draft of the item is another one.
    pub other_drafts: usize,
    /// Resolutions left out because the item came to something else, or in another way.
    pub other_resolutions: usize,
    /// Items that were there before and show something else than the record says; they were left alone.
    pub differing: Vec<String>,
}

impl Store {
    /// Adds records, in one durable transaction. Doing it again changes nothing: items go by their names.
    ///
    /// Responses beyond what an item wants raise what it wants. A few thousand records a call keep memory small and other
    /// writers moving.
    pub fn import(
        &self,
        dataset: DatasetNo,
        records: &[NewRecord],
        by: Option<UserNo>,
        now: Millis,
    ) -> Result<Imported, StoreError> {
        self.write(|tx| {
            let mut batch = Batch::new(tx, dataset, now);
            if !tx.prepare_cached("SELECT 1 FROM dataset WHERE no = ?1")?.exists([dataset])? {
                return Err(no_dataset(dataset));
            }
            let items = stage(tx, dataset, records.iter())?;
            for (record, item) in records.iter().zip(items) {
                batch.record(record, item)?;
            }
            batch.finish(by)
        })
    }
}

/// Records on their way in, in one transaction.
pub(crate) struct Batch<'t> {
    tx: &'t Transaction<'t>,
    dataset: DatasetNo,
    now: Millis,
    imported: Imported,
    delta: Delta,
    labels: Labels,
    did: BTreeMap<UserNo, Did>,
    /// Row numbers of guideline versions by address.
    known: BTreeMap<String, u32>,
    /// Numbers of the queue's counter taken and not used yet.
    ticks: Range<u64>,
}

impl<'t> Batch<'t> {
    pub(crate) fn new(tx: &'t Transaction<'t>, dataset: DatasetNo, now: Millis) -> Batch<'t> {
        Batch {
            tx,
            dataset,
            now,
            imported: Imported::default(),
            delta: Delta::default(),
            labels: Labels::default(),
            did: BTreeMap::new(),
            known: BTreeMap::new(),
            ticks: 0..0,
        }
    }

    /// Adds a record; `staged` is its item where [`stage`] made it, and `None` where its name was known.
    pub(crate) fn record(&mut self, record: &NewRecord, staged: Option<ItemNo>) -> Result<(), StoreError> {
        let (tx, dataset, now) = (self.tx, self.dataset, self.now);
        let item = match staged {
            Some(item) => {
                self.add(record, item)?;
                item
            }
            None => match self.existing(record)? {
                Some(item) => item,
                None => return Ok(()),
            },
        };
        for suggestion in &record.suggestions {
            self.delta.suggestions += i64::from(suggestions::put(tx, dataset, item, suggestion, now)?);
            self.imported.suggestions += 1;
        }
        self.comments(item, &record.comments)
    }

    /// Adds what was said about an item and is not there yet.
    fn comments(&mut self, item: ItemNo, all: &[NewComment]) -> Result<(), StoreError> {
        let (mut comments, mut flags) = (0, 0);
        for new in all {
            let (more, open) = comments::put(self.tx, self.dataset, item, new, self.now)?;
            comments += more;
            flags += open;
        }
        if (comments, flags) != (0, 0) {
            comments::counted(self.tx, self.dataset, item, comments, flags)?;
        }
        self.imported.comments += comments as usize;
        Ok(())
    }

    /// Makes a staged item one to work on, with all that came with it but suggestions.
    fn add(&mut self, record: &NewRecord, item: ItemNo) -> Result<(), StoreError> {
        let (tx, dataset) = (self.tx, self.dataset);
        let (mut submitted, mut said) = (0, false);
        for (at, response) in record.responses.iter().enumerate() {
            let theirs = |it: &&NewResponse| it.status != Status::Draft && it.user == response.user;
            if let Some(first) = record.responses[..at].iter().find(theirs) {
                let known = response.is(first.status, &first.answers);
                self.imported.other_responses += usize::from(!known);
                continue;
            }
            self.respond(item, response, record.gold.is_some())?;
            said |= response.status != Status::Draft;
            submitted += u32::from(response.status == Status::Submitted);
        }
        if let Some(answers) = &record.gold {
            gold::put(tx, dataset, item, answers)?;
            self.imported.gold += 1;
        }
        if let Some(resolution) = &record.resolution {
            resolutions::put(tx, dataset, item, resolution, self.now)?;
            self.imported.resolutions += 1;
        }
        let task = Task {
            wanted: record.wanted.max(submitted),
            submitted,
            held: 0,
            gold: record.gold.is_some(),
            resolved: record.resolution.is_some(),
        };
        let begun = said || task.gold || task.resolved;
        let place = if begun { self.tick()? } else { 0 };
        let mut queue = tx.prepare_cached(
            "INSERT INTO task (dataset, item, wanted, submitted, begun, place, gold, resolved)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        queue.execute((dataset, item, task.wanted, submitted, begun, place, task.gold, task.resolved))?;
        self.delta.task(&task, 1);
        self.delta.items += 1;
        self.imported.items += 1;
        Ok(())
    }

    /// Adds what is new about an item that is there; `None` when it shows something else.
    fn existing(&mut self, record: &NewRecord) -> Result<Option<ItemNo>, StoreError> {
        let (tx, dataset) = (self.tx, self.dataset);
        let mut find =
            tx.prepare_cached("SELECT no, fields FROM item WHERE dataset = ?1 AND external = ?2")?;
        let (item, fields): (ItemNo, String) =
            find.query_row((dataset, &record.external), |row| Ok((row.get(0)?, row.get(1)?)))?;
        if fields != record.fields {
            self.imported.differing.push(record.external.clone());
            return Ok(None);
        }
        self.imported.existing += 1;
        let before = task(tx, dataset, item)?;
        let gold = self.new_gold(item, record)?;
        let mut submitted = 0;
        for response in &record.responses {
            if let Some(known) = current(tx, dataset, item, response.user)? {
                let known = response.is(known.row.status, &known.row.answers);
                self.imported.other_responses += usize::from(!known);
                continue;
            }
            self.respond(item, response, before.gold || gold)?;
            submitted += u32::from(response.status == Status::Submitted);
        }
        let resolution = self.new_resolution(item, record, before.resolved)?;
        if submitted > 0 || resolution || gold {
            let needed = if submitted > 0 { before.submitted + before.held + submitted } else { 0 };
            let wanted = needed.saturating_sub(before.wanted).cast_signed();
            let submitted = submitted.cast_signed();
            let tick = self.tick()?;
            let (gold, resolved) = (gold.then_some(true), resolution.then_some(true));
            change(
                tx,
                dataset,
                item,
                tick,
                Change { wanted, submitted, gold, resolved, ..Change::default() },
            )?;
        }
        Ok(Some(item))
    }

    /// Sets the known answers of an item that is there; false when it has the same already, or the record has none.
    fn new_gold(&mut self, item: ItemNo, record: &NewRecord) -> Result<bool, StoreError> {
        let Some(answers) = &record.gold else { return Ok(false) };
        let mut same =
            self.tx.prepare_cached("SELECT 1 FROM gold WHERE dataset = ?1 AND item = ?2 AND answers = ?3")?;
        if same.exists((self.dataset, item, answers))? {
            return Ok(false);
        }
        gold::put(self.tx, self.dataset, item, answers)?;
        self.imported.gold += 1;
        Ok(true)
    }

    /// Resolves an item that is there and has no resolution; whether it did.
    fn new_resolution(
        &mut self,
        item: ItemNo,
        record: &NewRecord,
        resolved: bool,
    ) -> Result<bool, StoreError> {
        let Some(resolution) = &record.resolution else { return Ok(false) };
        if resolved {
            let mut same = self.tx.prepare_cached(
                "SELECT 1 FROM resolution WHERE dataset = ?1 AND item = ?2 AND answers = ?3 AND source = ?4",
            )?;
            let known = same.exists((self.dataset, item, &resolution.answers, resolution.source as u8))?;
            self.imported.other_resolutions += usize::from(!known);
            return Ok(false);
        }
        resolutions::put(self.tx, self.dataset, item, resolution, self.now)?;
        self.imported.resolutions += 1;
        Ok(true)
    }

    fn tick(&mut self) -> Result<u64, StoreError> {
        if self.ticks.is_empty() {
            let first = ticks(self.tx, TICKS)?;
            self.ticks = first..first + TICKS as u64;
        }
        let tick = self.ticks.start;
        self.ticks.start += 1;
        Ok(tick)
    }

    /// Adds the response of somebody who has none; a draft only where they have none of that either, for it may be newer. The
    /// task is the caller's.
    fn respond(&mut self, item: ItemNo, new: &NewResponse, gold: bool) -> Result<(), StoreError> {
        let (tx, dataset) = (self.tx, self.dataset);
        let guideline = match &new.guideline {
            None => None,
            Some(hash) => Some(match self.known.get(hash) {
                Some(no) => *no,
                None => {
                    let no = guideline_no(tx, dataset, hash, self.now)?;
                    self.known.insert(hash.clone(), no);
                    no
                }
            }),
        };
        if new.status == Status::Draft {
            if let Some(known) = drafts::draft(tx, dataset, item, new.user)? {
                self.imported.other_drafts += usize::from(known.answers != new.answers);
                return Ok(());
            }
            let save = SaveDraft {
                dataset,
                item,
                user: new.user,
                expected: None,
                answers: &new.answers,
                guideline: new.guideline.as_deref(),
                active_ms: new.active_ms,
                now: new.at,
            };
            drafts::keep(tx, &save)?;
            self.imported.drafts += 1;
            return Ok(());
        }
        let submitted = new.status == Status::Submitted;
        let labels = if submitted && !gold { new.labels.as_slice() } else { &[] };
        let numbers = self.labels.add(tx, dataset, item, new.user, labels)?;
        let accepted = serde_json::to_string(&new.accepted)?;
        let mut add = tx.prepare_cached(
            "INSERT INTO response (dataset, item, user, version, status, answers, labels, accepted, reason, guideline,
                 active_ms, tick, at)
             VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?;
        let tick = self.tick()?;
        let status = new.status.to_sql();
        let (reason, active_ms, at) = (&new.reason, new.active_ms, new.at);
        add.execute((
            dataset,
            item,
            new.user,
            status,
            &new.answers,
            numbers,
            accepted,
            reason,
            guideline,
            active_ms,
            tick,
            at,
        ))?;
        let did = self.did.entry(new.user).or_default();
        if submitted {
            did.submitted += 1;
            did.active_ms += active_ms.cast_signed();
        } else {
            did.skipped += 1;
            self.delta.skipped += i64::from(!gold);
        }
        self.imported.responses += 1;
        Ok(())
    }

    /// Notes what came in; once, at the end of the transaction.
    pub(crate) fn finish(self, by: Option<UserNo>) -> Result<Imported, StoreError> {
        let (tx, dataset) = (self.tx, self.dataset);
        self.labels.finish(tx)?;
        counts::add(tx, dataset, &self.delta)?;
        gold::hide(tx, dataset)?;
        for (user, did) in &self.did {
            count(tx, dataset, *user, did)?;
        }
        let Imported { items, responses, suggestions, resolutions, gold, comments, .. } = &self.imported;
        let body = serde_json::json!({
            "items": items, "responses": responses, "suggestions": suggestions, "resolutions": resolutions,
            "gold": gold, "comments": comments,
        });
        let body = body.to_string();
        append_event(
            tx,
            &NewEvent {
                at: self.now,
                user: by,
                dataset: Some(dataset),
                kind: "imported",
                body: &body,
                ..NewEvent::default()
            },
        )?;
        Ok(self.imported)
    }
}

/// Keeps what items show and the words they are found by; `None` for one whose name is known. Without a task nobody sees
/// them.
pub(crate) fn stage<'r>(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    records: impl Iterator<Item = &'r NewRecord> + Clone,
) -> Result<Vec<Option<ItemNo>>, StoreError> {
    let mut add = tx.prepare_cached(
        "INSERT INTO item (dataset, external, preview, metadata, fields) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (dataset, external) DO NOTHING RETURNING no",
    )?;
    let keep = |record: &NewRecord| -> Result<Option<ItemNo>, StoreError> {
        let end = record.text.char_indices().nth(PREVIEW).map_or(record.text.len(), |(at, _)| at);
        let row = (dataset, &record.external, &record.text[..end], &record.metadata, &record.fields);
        Ok(add.query_row(row, |row| row.get(0)).optional()?)
    };
    let items = records.clone().map(keep).collect::<Result<Vec<_>, _>>()?;
    // The words come after all items: FTS5 writes out what it gathered whenever another statement that can be undone alone
    // begins, which the one above is. Taking turns would make a piece of the index for each item, and merge them all.
    let mut find_by = tx.prepare_cached("INSERT INTO item_text (rowid, text) VALUES (?1, ?2)")?;
    for (record, item) in records.zip(&items) {
        if let Some(item) = item {
            find_by.execute((item, &record.text))?;
        }
    }
    Ok(items)
}
