//! Resolutions: what an item came to, as a layer of its own with its provenance; earlier ones stay on file.

use rusqlite::{OptionalExtension, Row, Transaction};
use serde::{Deserialize, Serialize};

use super::responses::{ResponseRow, Status};
use super::slots::{Change, change, task, ticks};
use super::{DatasetNo, ItemNo, Millis, NewEvent, append_event};
use crate::people::UserNo;
use crate::{Store, StoreError};

/// How a resolution came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Source {
    /// People agreed as far as the merge policy asks.
    Agreed,
    /// Computed from disagreeing answers.
    Aggregated,
    /// A reviewer decided; responses can no longer be changed.
    Adjudicated,
}

impl Source {
    pub(crate) fn from_sql(number: u8) -> Source {
        match number {
            0 => Source::Agreed,
            1 => Source::Aggregated,
            _ => Source::Adjudicated,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Source::Agreed => "agreed",
            Source::Aggregated => "aggregated",
            Source::Adjudicated => "adjudicated",
        }
    }
}

/// What an item comes to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewResolution {
    /// JSON.
    pub answers: String,
    /// How it came about.
    pub source: Source,
    /// Who decided.
    pub by: Option<UserNo>,
    /// The probability of the answers, in `(0, 1]`, where a model of the annotators gave one.
    pub posterior: Option<f64>,
}

/// What an item came to.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolutionRow {
    /// From 1; goes on counting when one was taken back.
    pub version: u32,
    /// JSON.
    pub answers: String,
    /// How it came about.
    pub source: Source,
    /// Who decided.
    pub by: Option<UserNo>,
    /// The probability of the answers.
    pub posterior: Option<f64>,
    /// When.
    pub at: Millis,
}

/// What a resolution was worked out from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The submitted responses: who gave them, and their versions.
    responses: Vec<(UserNo, u32)>,
    /// The version of the resolution before it.
    resolution: Option<u32>,
}

impl Seen {
    /// A number below 2^52 that differs from what any other state of the item gives.
    pub fn version(&self) -> u64 {
        let hash =
            engraft_core::content_hash(format!("{:?} {:?}", self.responses, self.resolution).as_bytes());
        hash.get(..13).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0)
    }

    /// Somebody saw these responses to an item, and this resolution of it.
    pub fn new(responses: &[ResponseRow], resolution: Option<&ResolutionRow>) -> Seen {
        let submitted = responses.iter().filter(|row| row.status == Status::Submitted);
        let mut responses: Vec<_> = submitted.map(|row| (row.user, row.version)).collect();
        responses.sort_unstable();
        Seen { responses, resolution: resolution.map(|row| row.version) }
    }

    pub(crate) fn is_so(
        &self,
        tx: &Transaction<'_>,
        dataset: DatasetNo,
        item: ItemNo,
    ) -> Result<bool, StoreError> {
        let mut find =
            tx.prepare_cached("SELECT version FROM resolution WHERE dataset = ?1 AND item = ?2")?;
        let resolution: Option<u32> = find.query_row((dataset, item), |row| row.get(0)).optional()?;
        let mut all = tx.prepare_cached(
            "SELECT user, version FROM response WHERE dataset = ?1 AND item = ?2 AND status = 1 ORDER BY user",
        )?;
        let responses = all.query_map((dataset, item), |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(resolution == self.resolution && responses.collect::<Result<Vec<_>, _>>()? == self.responses)
    }
}

pub(crate) const COLUMNS: &str = "z.item, z.version, z.answers, z.source, z.by, z.posterior, z.at";

impl Store {
    /// Resolves items, in one transaction; how many were set. A computed resolution never replaces an adjudicated one, and
    /// none is set that was worked out from something else than what is there now; without `Seen`, from whatever is there.
    pub fn resolve(
        &self,
        dataset: DatasetNo,
        resolutions: &[(ItemNo, NewResolution, Option<Seen>)],
        now: Millis,
    ) -> Result<usize, StoreError> {
        self.write(|tx| {
            let mut set = 0;
            for (item, resolution, seen) in resolutions {
                if let Some(seen) = seen
                    && !seen.is_so(tx, dataset, *item)?
                {
                    continue;
                }
                let computed = resolution.source != Source::Adjudicated;
                if computed && source_of(tx, dataset, *item)? == Some(Source::Adjudicated) {
                    continue;
                }
                put(tx, dataset, *item, resolution, now)?;
                let before = task(tx, dataset, *item)?;
                if !before.resolved {
                    let tick = ticks(tx, 1)?;
                    change(tx, dataset, *item, tick, Change { resolved: Some(true), ..Change::default() })?;
                }
                set += 1;
            }
            Ok(set)
        })
    }

    /// Takes a resolution back, so that the item is open or complete again; whether there was one.
    pub fn unresolve(
        &self,
        dataset: DatasetNo,
        item: ItemNo,
        by: Option<UserNo>,
        now: Millis,
    ) -> Result<bool, StoreError> {
        self.write(|tx| {
            let dropped = drop_resolution(tx, dataset, item, by, now)?;
            if dropped {
                let tick = ticks(tx, 1)?;
                change(tx, dataset, item, tick, Change { resolved: Some(false), ..Change::default() })?;
            }
            Ok(dropped)
        })
    }

    /// What an item came to.
    pub fn resolution(&self, dataset: DatasetNo, item: ItemNo) -> Result<Option<ResolutionRow>, StoreError> {
        self.read(|tx| {
            let sql = format!("SELECT {COLUMNS} FROM resolution z WHERE z.dataset = ?1 AND z.item = ?2");
            let mut find = tx.prepare_cached(&sql)?;
            Ok(find.query_row((dataset, item), resolution_from).optional()?)
        })
    }

    /// Everything an item ever came to, oldest first.
    pub fn resolutions(&self, dataset: DatasetNo, item: ItemNo) -> Result<Vec<ResolutionRow>, StoreError> {
        self.read(|tx| {
            let which = "z WHERE z.dataset = ?1 AND z.item = ?2";
            let sql = format!(
                "SELECT {COLUMNS} FROM past_resolution {which} UNION ALL SELECT {COLUMNS} FROM resolution {which} ORDER BY 2"
            );
            let mut all = tx.prepare_cached(&sql)?;
            let rows = all.query_map((dataset, item), resolution_from)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

/// Sets the resolution, moving the one before to the past; the task is the caller's.
pub(crate) fn put(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    item: ItemNo,
    new: &NewResolution,
    now: Millis,
) -> Result<(), StoreError> {
    retire(tx, dataset, item, now)?;
    let NewResolution { answers, source, by, posterior } = new;
    let mut add = tx.prepare_cached(
        "INSERT INTO resolution (dataset, item, version, answers, source, by, posterior, at)
         SELECT ?1, ?2, 1 + ifnull((SELECT max(version) FROM past_resolution WHERE dataset = ?1 AND item = ?2), 0),
             ?3, ?4, ?5, ?6, ?7
         RETURNING version",
    )?;
    let version: u32 =
        add.query_row((dataset, item, answers, *source as u8, by, posterior, now), |row| row.get(0))?;
    let hash = engraft_core::content_hash(answers.as_bytes());
    let body = serde_json::json!({"version": version, "source": source.name(), "answers": hash}).to_string();
    let (dataset, item) = (Some(dataset), Some(item));
    append_event(
        tx,
        &NewEvent { at: now, user: *by, dataset, item, kind: "resolved", body: &body, ..NewEvent::default() },
    )?;
    Ok(())
}

/// Moves the resolution to the past and says so in the log; whether there was one. The task is the caller's.
pub(crate) fn drop_resolution(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    item: ItemNo,
    by: Option<UserNo>,
    now: Millis,
) -> Result<bool, StoreError> {
    let dropped = retire(tx, dataset, item, now)?;
    if dropped {
        let (dataset, item) = (Some(dataset), Some(item));
        append_event(
            tx,
            &NewEvent {
                at: now,
                user: by,
                dataset,
                item,
                kind: "unresolved",
                body: "{}",
                ..NewEvent::default()
            },
        )?;
    }
    Ok(dropped)
}

/// As [`drop_resolution`], but for what a reviewer decided, which stays.
pub(crate) fn drop_computed(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    item: ItemNo,
    now: Millis,
) -> Result<bool, StoreError> {
    match source_of(tx, dataset, item)? {
        Some(Source::Adjudicated) => Ok(false),
        _ => drop_resolution(tx, dataset, item, None, now),
    }
}

/// Whether a reviewer's decision closes an item to somebody who spoke of it last at `said`, if they did.
///
/// A gold item is asked after it was decided, too. To those who spoke only then it is as open as an item that nobody
/// decided: closed, it would be known for gold.
pub(crate) fn is_closed(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    item: ItemNo,
    said: Option<Millis>,
) -> Result<bool, StoreError> {
    let mut find = tx.prepare_cached(
        "SELECT 1 FROM resolution z JOIN task t ON t.dataset = z.dataset AND t.item = z.item
         WHERE z.dataset = ?1 AND z.item = ?2 AND z.source = 2 AND (t.gold = 0 OR z.at >= ?3)",
    )?;
    Ok(find.exists((dataset, item, said))?)
}

fn retire(tx: &Transaction<'_>, dataset: DatasetNo, item: ItemNo, now: Millis) -> Result<bool, StoreError> {
    let mut keep = tx.prepare_cached(
        "INSERT INTO past_resolution (dataset, item, version, answers, source, by, posterior, at, ended_at)
         SELECT dataset, item, version, answers, source, by, posterior, at, ?3
         FROM resolution WHERE dataset = ?1 AND item = ?2",
    )?;
    if keep.execute((dataset, item, now))? == 0 {
        return Ok(false);
    }
    tx.prepare_cached("DELETE FROM resolution WHERE dataset = ?1 AND item = ?2")?.execute((dataset, item))?;
    Ok(true)
}

pub(crate) fn source_of(
    tx: &Transaction<'_>,
    dataset: DatasetNo,
    item: ItemNo,
) -> Result<Option<Source>, StoreError> {
    let mut find = tx.prepare_cached("SELECT source FROM resolution WHERE dataset = ?1 AND item = ?2")?;
    let source: Option<u8> = find.query_row((dataset, item), |row| row.get(0)).optional()?;
    Ok(source.map(Source::from_sql))
}

/// The resolution whose columns after the item are those of [`COLUMNS`].
pub(crate) fn resolution_from(row: &Row<'_>) -> rusqlite::Result<ResolutionRow> {
    Ok(ResolutionRow {
        version: row.get(1)?,
        answers: row.get(2)?,
        source: Source::from_sql(row.get(3)?),
        by: row.get(4)?,
        posterior: row.get(5)?,
        at: row.get(6)?,
    })
}
