//! The runs of a workspace, as people and scripts see them.

use std::collections::BTreeMap;

use engraft_eval::State;
use engraft_store::RunRow;
use serde::Serialize;
use serde_json::{Value, json};

use crate::Error;
use crate::evaluate::measured::{Measured, score_json};
use crate::workspace::Workspace;

/// A run.
#[derive(Clone, Debug, Serialize)]
pub struct RunView {
    /// Its id; `null` while it was interrupted.
    pub run_id: Option<String>,
    /// `retrieval`, `answers` or `model`.
    pub kind: String,
    /// The mode, the arm or the model.
    pub name: String,
    /// When it was begun.
    pub started: String,
    /// When it was finished.
    pub finished: Option<String>,
    /// How many items it has.
    pub items: usize,
    /// The measures with their intervals.
    pub measures: Value,
    /// What became of the items.
    pub states: Value,
    /// Everything that decided the outcome.
    pub about: Value,
    /// Item by item; only `eval show`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<Vec<ItemView>>,
}

/// One item of a run.
#[derive(Clone, Debug, Serialize)]
pub struct ItemView {
    /// Its id.
    pub id: String,
    /// The document it was made from.
    pub document: String,
    /// The training seed.
    pub seed: u64,
    /// What became of it.
    pub state: State,
    /// By measure, a number or a state.
    pub scores: BTreeMap<String, Value>,
    /// Milliseconds.
    pub ms: Option<f64>,
    /// What else was kept.
    pub detail: Value,
}

/// Every run, oldest first.
pub fn list(workspace: &Workspace) -> Result<Vec<RunView>, Error> {
    Ok(workspace.store.runs()?.into_iter().map(view).collect())
}

/// One run with its items, by its id or how that begins.
pub fn show(workspace: &Workspace, id: &str) -> Result<RunView, Error> {
    let Some(run) = workspace.store.run_by_id(id)? else {
        let hint = "run `engraft eval list` for the runs of this workspace".into();
        return Err(Error::Missing { what: "run", name: id.to_string(), hint });
    };
    let rows = workspace.store.run_items(run.no)?.into_iter().map(|row| Measured::from_row(row).map(item));
    Ok(RunView { rows: Some(rows.collect::<Result<_, _>>()?), ..view(run) })
}

fn view(run: RunRow) -> RunView {
    let report: Value =
        run.report.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    RunView {
        run_id: run.id,
        kind: run.run.kind,
        name: run.run.name,
        started: run.started,
        finished: run.finished,
        items: run.run.items,
        measures: report["measures"].clone(),
        states: report["states"].clone(),
        about: serde_json::from_str(&run.run.about).unwrap_or_else(|_| json!({})),
        rows: None,
    }
}

fn item(measured: Measured) -> ItemView {
    ItemView {
        scores: measured.scores.iter().map(|(name, score)| (name.clone(), score_json(*score))).collect(),
        id: measured.item,
        document: measured.document,
        seed: measured.seed,
        state: measured.state,
        ms: measured.ms,
        detail: measured.detail,
    }
}
