//! Snapshots: a dataset's content at a time, named by what it holds, never changed.

use std::collections::BTreeMap;

use engraft_annotate::{LeftOut, Record, Schema, SnapshotDiff, diff as diff_records};
use engraft_store::SnapshotRow as Row;
use serde_json::Value;

use crate::dataset::opened::{self, Opened};
use crate::dataset::record::{self, Names};
use crate::dataset::view::{SnapshotRow, Snapshotted};
use crate::people::{Act, Principal, users};
use crate::{Context, Error, Workspace, when};

/// Takes a snapshot. The same content gives the same snapshot, however often it is taken.
pub fn snapshot(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    name: &str,
) -> Result<Snapshotted, Error> {
    who.must(Act::Manage)?;
    let dataset = opened::open(workspace, name)?;
    let before = workspace.store.snapshots(dataset.no)?;
    let by = users::by(workspace, who)?;
    let responses = workspace.store.tally(dataset.no, 0)?.submitted;
    let counts = serde_json::json!({ "responses": responses }).to_string();
    let row = workspace
        .store
        .snapshot(dataset.no, by, when::millis(context), &counts, &mut |row| record::line(&dataset, row))?;
    let created = before.iter().all(|earlier| earlier.id != row.id);
    let row = self::row(row);
    Ok(Snapshotted {
        dataset: name.into(),
        snapshot: row.snapshot,
        items: row.items,
        responses: row.responses,
        created,
    })
}

/// What is different in snapshot `b` from snapshot `a`; both of one dataset, or of two that ask the same.
pub fn diff(
    _context: Context,
    workspace: &Workspace,
    who: &Principal,
    a: &str,
    b: &str,
) -> Result<SnapshotDiff, Error> {
    who.must(Act::SeeAnswers)?;
    let (a, b) = (load(workspace, a)?, load(workspace, b)?);
    Ok(diff_records(a.into_values(), b.into_values()))
}

/// The records of a snapshot by their id, the order in which two are compared.
fn load(workspace: &Workspace, id: &str) -> Result<BTreeMap<String, Record>, Error> {
    let row = workspace.store.snapshot_by_id(id)?.ok_or_else(|| missing(id))?;
    let kept = workspace.store.dataset_by_no(row.dataset)?.ok_or_else(|| missing(id))?;
    let mut dataset = opened::open(workspace, &kept.name)?;
    dataset.schema = schema(workspace, &dataset, &row.guideline)?;
    let mut records = BTreeMap::new();
    super::export::each_of_snapshot(workspace, &dataset, &row.id, &mut |record| {
        records.insert(record.id.clone(), record.clone());
        Ok(())
    })?;
    Ok(records)
}

/// The snapshot of this dataset that an id, or the beginning of one, names.
pub(crate) fn find(workspace: &Workspace, dataset: &Opened, id: &str) -> Result<Row, Error> {
    let row = workspace.store.snapshot_by_id(id)?.filter(|row| row.dataset == dataset.no);
    row.ok_or_else(|| missing(id))
}

fn missing(id: &str) -> Error {
    Error::Missing {
        what: "snapshot",
        name: id.into(),
        hint: "take one with `engraft dataset snapshot NAME`, or see them with `engraft dataset show NAME`"
            .into(),
    }
}

/// The schema that was in force under that guideline version.
pub(crate) fn schema(workspace: &Workspace, dataset: &Opened, guideline: &str) -> Result<Schema, Error> {
    let rows = workspace.store.guidelines(dataset.no)?;
    match rows.iter().find(|row| row.hash == guideline).and_then(|row| row.schema.as_ref()) {
        Some(text) => opened::stored_schema(text),
        None => Err(Error::Bug(format!("the guideline version {guideline} is gone"))),
    }
}

/// A record of a snapshot, with names for the numbers of people, and the answers that the schema does not hold.
pub(crate) fn read_line(dataset: &Opened, line: &str, names: &Names) -> Result<(Record, LeftOut), Error> {
    let broken = |why: String| Error::Bug(format!("a snapshot of {} is damaged: {why}", dataset.name));
    let value: Value = serde_json::from_str(line).map_err(|error| broken(error.to_string()))?;
    let (mut record, left_out) = Record::read_kept(&dataset.schema, &value)
        .map_err(|problems| broken(problems.first().map(ToString::to_string).unwrap_or_default()))?;
    let name = |number: &mut String| {
        if let Some(name) = number.parse().ok().and_then(|user| names.get(&user)) {
            *number = name.clone();
        }
    };
    record.responses.iter_mut().for_each(|given| name(&mut given.user));
    if let Some(by) = record.resolution.as_mut().and_then(|resolution| resolution.by.as_mut()) {
        name(by);
    }
    Ok((record, left_out))
}

pub(crate) fn row(row: Row) -> SnapshotRow {
    let counts: Value = serde_json::from_str(&row.counts).unwrap_or_default();
    SnapshotRow {
        snapshot: row.id,
        created_at: when::rfc3339(row.at),
        items: row.rows,
        responses: counts["responses"].as_u64().unwrap_or(0),
    }
}
