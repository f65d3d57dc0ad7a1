//! Decisions: where each is written and how far it is. What was measured stays in files; this is for those who watch.

use rusqlite::{OptionalExtension, Row};

use crate::{Store, StoreError};

/// The number of a decision within this file.
pub type DecisionNo = i64;

/// How far a decision is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecisionState {
    /// Arms are being measured, or the process died and nobody said so.
    Running,
    /// It is made.
    Decided,
    /// It was stopped, or failed.
    Stopped,
}

impl DecisionState {
    /// As stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            DecisionState::Running => "running",
            DecisionState::Decided => "decided",
            DecisionState::Stopped => "stopped",
        }
    }

    fn named(name: &str) -> DecisionState {
        match name {
            "decided" => DecisionState::Decided,
            "stopped" => DecisionState::Stopped,
            _ => DecisionState::Running,
        }
    }
}

/// A decision, made or in the making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionRow {
    /// Its number.
    pub no: DecisionNo,
    /// The task's name.
    pub name: String,
    /// `classify`, `extract`, `answer` or `write`.
    pub kind: String,
    /// The folder with its record and its report.
    pub out: String,
    /// When it was begun, RFC 3339.
    pub begun: String,
    /// When it last told how far it is.
    pub told: String,
    /// What it does just now.
    pub stage: String,
    /// How much of that is done.
    pub done: u64,
    /// Of how much, where that is known.
    pub total: Option<u64>,
    /// How far it is.
    pub state: DecisionState,
    /// The verdict, or why it stopped.
    pub words: String,
}

const COLUMNS: &str = "no, name, kind, out, begun, told, stage, done, total, state, words";

impl Store {
    /// Begins a decision in a folder, or the same one anew.
    pub fn begin_decision(
        &self,
        name: &str,
        kind: &str,
        out: &str,
        now: &str,
    ) -> Result<DecisionNo, StoreError> {
        self.write_soon(|tx| {
            let mut put = tx.prepare_cached(
                "INSERT INTO decision (name, kind, out, begun, told, stage) VALUES (?1, ?2, ?3, ?4, ?4, 'read')
                 ON CONFLICT (out) DO UPDATE SET name = ?1, kind = ?2, begun = ?4, told = ?4, stage = 'read', done = 0,
                     total = NULL, state = 'running', words = ''
                 RETURNING no",
            )?;
            Ok(put.query_row((name, kind, out, now), |row| row.get(0))?)
        })
    }

    /// Says how far a decision is.
    pub fn tell_decision(
        &self,
        no: DecisionNo,
        stage: &str,
        done: u64,
        total: Option<u64>,
        now: &str,
    ) -> Result<(), StoreError> {
        self.write_soon(|tx| {
            let mut set = tx.prepare_cached(
                "UPDATE decision SET stage = ?2, done = ?3, total = ?4, told = ?5 WHERE no = ?1",
            )?;
            set.execute((no, stage, done, total, now))?;
            Ok(())
        })
    }

    /// Says what a decision came to.
    pub fn end_decision(
        &self,
        no: DecisionNo,
        state: DecisionState,
        words: &str,
        now: &str,
    ) -> Result<(), StoreError> {
        self.write_soon(|tx| {
            let mut set =
                tx.prepare_cached("UPDATE decision SET state = ?2, words = ?3, told = ?4 WHERE no = ?1")?;
            set.execute((no, state.name(), words, now))?;
            Ok(())
        })
    }

    /// All decisions, the last begun first.
    pub fn decisions(&self) -> Result<Vec<DecisionRow>, StoreError> {
        self.read(|tx| {
            let mut all =
                tx.prepare_cached(&format!("SELECT {COLUMNS} FROM decision ORDER BY begun DESC, no DESC"))?;
            Ok(all.query_map([], row)?.collect::<Result<_, _>>()?)
        })
    }

    /// One of them.
    pub fn decision(&self, no: DecisionNo) -> Result<Option<DecisionRow>, StoreError> {
        self.read(|tx| {
            let mut one = tx.prepare_cached(&format!("SELECT {COLUMNS} FROM decision WHERE no = ?1"))?;
            Ok(one.query_row([no], row).optional()?)
        })
    }
}

fn row(row: &Row<'_>) -> rusqlite::Result<DecisionRow> {
    Ok(DecisionRow {
        no: row.get(0)?,
        name: row.get(1)?,
        kind: row.get(2)?,
        out: row.get(3)?,
        begun: row.get(4)?,
        told: row.get(5)?,
        stage: row.get(6)?,
        done: row.get(7)?,
        total: row.get(8)?,
        state: DecisionState::named(&row.get::<_, String>(9)?),
        words: row.get(10)?,
    })
}
