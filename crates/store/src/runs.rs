//! Runs: what was measured, item by item, under the content address of the outcome.
//!
//! A run is begun under its plan, the hash of everything that decides its outcome, so that one which was interrupted is
//! found and gone on with. Once finished it has an id and is never edited.

use engraft_core::content_hash;
use rusqlite::{OptionalExtension, Row, Transaction};

use crate::{Store, StoreError};

/// The number of a run within this file.
pub type RunNo = u32;

/// What is to be measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRun {
    /// The hash of everything that decides the outcome.
    pub plan: String,
    /// `retrieval`, `answers` or `model`.
    pub kind: String,
    /// What people know it by, such as the arm or the model.
    pub name: String,
    /// JSON: configuration, seed, index version, hashes of the files read.
    pub about: String,
    /// How many items there are to measure.
    pub items: usize,
}

/// A run, finished or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRow {
    /// Its number.
    pub no: RunNo,
    /// The content address of its outcome, 64 hex digits; `None` while it is not finished.
    pub id: Option<String>,
    /// What it measures.
    pub run: NewRun,
    /// When it was begun.
    pub started: String,
    /// When it was finished.
    pub finished: Option<String>,
    /// JSON: the measures, once finished.
    pub report: Option<String>,
}

/// What became of one item of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunItemRow {
    /// Its place in the run, from 0.
    pub ordinal: u32,
    /// The item, such as a question's id.
    pub item: String,
    /// The document it was made from; items of one document are not independent. Its own id where none is known.
    pub document: String,
    /// The training seed it was measured with; 0 where nothing was trained.
    pub seed: u64,
    /// A state's word, such as `scored`.
    pub state: String,
    /// Milliseconds it took.
    pub ms: Option<f64>,
    /// JSON: by measure a number, or a state's word where there is none.
    pub scores: String,
    /// JSON: what else is worth keeping, such as the trace or the failure.
    pub detail: String,
}

const COLUMNS: &str = "no, id, plan, kind, name, about, started, finished, items, report";

impl Store {
    /// Begins a run, or finds the one with this plan that was not finished; with the places of the items it has.
    pub fn begin_run(&self, run: &NewRun, now: &str) -> Result<(RunNo, Vec<u32>), StoreError> {
        self.write(|tx| {
            let known: Option<RunNo> = tx
                .prepare_cached("SELECT no FROM run WHERE plan = ?1 AND id IS NULL")?
                .query_row([&run.plan], |row| row.get(0))
                .optional()?;
            if let Some(no) = known {
                let mut done = tx.prepare_cached("SELECT ordinal FROM run_item WHERE run = ?1 ORDER BY ordinal")?;
                let done = done.query_map([no], |row| row.get(0))?.collect::<Result<_, _>>()?;
                return Ok((no, done));
            }
            let mut add = tx.prepare_cached(
                "INSERT INTO run (plan, kind, name, about, started, items) VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING no",
            )?;
            let values = (&run.plan, &run.kind, &run.name, &run.about, now, run.items);
            Ok((add.query_row(values, |row| row.get(0))?, Vec::new()))
        })
    }

    /// Keeps items of a run that is not finished. A crash of the process loses none; a power cut may lose the last.
    pub fn put_run_items(&self, run: RunNo, items: &[RunItemRow]) -> Result<(), StoreError> {
        self.write_soon(|tx| {
            open(tx, run)?;
            let mut put = tx.prepare_cached(
                "INSERT OR REPLACE INTO run_item (run, ordinal, item, document, seed, state, ms, scores, detail)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?;
            for row in items {
                // Seeds use all 64 bits; SQLite's numbers have a sign.
                let seed = row.seed.cast_signed();
                let (item, document, state) = (&row.item, &row.document, &row.state);
                put.execute((run, row.ordinal, item, document, seed, state, row.ms, &row.scores, &row.detail))?;
            }
            Ok(())
        })
    }

    /// Finishes a run: its id is the hash of its plan and of every item's state and scores; times and details
    /// are no part of it. A run with the same
    /// outcome that is there already stays, and this one is dropped.
    pub fn finish_run(&self, run: RunNo, report: &str, now: &str) -> Result<String, StoreError> {
        self.write(|tx| {
            let plan = open(tx, run)?;
            let mut address = plan;
            for_each(tx, run, |row| {
                let RunItemRow { ordinal, item, document, seed, state, scores, .. } = row;
                let line = format!("{ordinal}\t{item}\t{document}\t{seed}\t{state}\t{scores}");
                address = content_hash(format!("{address}\n{line}").as_bytes());
            })?;
            let id = content_hash(format!("run\n{address}").as_bytes());
            let known: Option<RunNo> =
                tx.query_row("SELECT no FROM run WHERE id = ?1", [&id], |row| row.get(0)).optional()?;
            match known {
                Some(_) => {
                    tx.execute("DELETE FROM run_item WHERE run = ?1", [run])?;
                    tx.execute("DELETE FROM run WHERE no = ?1", [run])?;
                }
                None => {
                    let finish = "UPDATE run SET id = ?2, report = ?3, finished = ?4 WHERE no = ?1";
                    tx.execute(finish, (run, &id, report, now))?;
                }
            }
            Ok(id)
        })
    }

    /// Every run, oldest first.
    pub fn runs(&self) -> Result<Vec<RunRow>, StoreError> {
        self.read(|tx| {
            let mut all = tx.prepare_cached(&format!("SELECT {COLUMNS} FROM run ORDER BY no"))?;
            Ok(all.query_map([], run_from)?.collect::<Result<_, _>>()?)
        })
    }

    /// The finished run of that id, or the only one whose id begins so.
    pub fn run_by_id(&self, id: &str) -> Result<Option<RunRow>, StoreError> {
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        self.read(|tx| {
            let mut find = tx.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM run WHERE id >= ?1 AND id < ?1 || 'g' ORDER BY id LIMIT 2"
            ))?;
            let mut found = find.query_map([id], run_from)?.collect::<Result<Vec<_>, _>>()?;
            Ok(if found.len() == 1 { found.pop() } else { None })
        })
    }

    /// The items of a run, in order.
    pub fn run_items(&self, run: RunNo) -> Result<Vec<RunItemRow>, StoreError> {
        self.read(|tx| {
            let mut rows = Vec::new();
            for_each(tx, run, |row| rows.push(row))?;
            Ok(rows)
        })
    }
}

/// The plan of a run that is not finished.
fn open(tx: &Transaction<'_>, run: RunNo) -> Result<String, StoreError> {
    let plan: Option<String> = tx
        .prepare_cached("SELECT plan FROM run WHERE no = ?1 AND id IS NULL")?
        .query_row([run], |row| row.get(0))
        .optional()?;
    plan.ok_or_else(|| StoreError::NoSuch { what: "unfinished run", name: run.to_string() })
}

fn for_each(tx: &Transaction<'_>, run: RunNo, mut each: impl FnMut(RunItemRow)) -> Result<(), StoreError> {
    let mut items = tx.prepare_cached(
        "SELECT ordinal, item, document, seed, state, ms, scores, detail FROM run_item WHERE run = ?1 ORDER BY ordinal",
    )?;
    let mut items = items.query([run])?;
    while let Some(row) = items.next()? {
        each(RunItemRow {
            ordinal: row.get(0)?,
            item: row.get(1)?,
            document: row.get(2)?,
            seed: row.get::<_, i64>(3)?.cast_unsigned(),
            state: row.get(4)?,
            ms: row.get(5)?,
            scores: row.get(6)?,
            detail: row.get(7)?,
        });
    }
    Ok(())
}

fn run_from(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    Ok(RunRow {
        no: row.get(0)?,
        id: row.get(1)?,
        run: NewRun {
            plan: row.get(2)?,
            kind: row.get(3)?,
            name: row.get(4)?,
            about: row.get(5)?,
            items: row.get(8)?,
        },
        started: row.get(6)?,
        finished: row.get(7)?,
        report: row.get(9)?,
    })
}
