//! Deleting a dataset for good, by somebody who typed its name.

use engraft_annotate::Schema;
use engraft_store::{ItemWords, StoreError};
use serde::Serialize;
use serde_json::Value;

use crate::dataset::{opened, words};
use crate::people::{Act, Principal, users};
use crate::work::item::fields_of;
use crate::{Context, Error, Workspace, when};

/// What went, or would go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deleted {
    /// The dataset.
    pub dataset: String,
    /// Its items.
    pub items: u64,
    /// The responses to them.
    pub responses: u64,
    /// Its snapshots.
    pub snapshots: u64,
}

/// Deletes a dataset with its items, answers and snapshots; `confirm` must be its name. The log keeps that it was there.
pub fn delete(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    name: &str,
    confirm: &str,
) -> Result<Deleted, Error> {
    who.must(Act::Delete)?;
    let dataset = opened::row(workspace, name)?;
    if confirm != dataset.name {
        return Err(Error::Request {
            message: format!("{name} was not deleted, for its name was not repeated"),
            hint: format!("take a copy with `engraft dataset export`, then repeat the name: {name}"),
        });
    }
    let by = users::by(workspace, who)?;
    let gone = workspace.store.delete_dataset(dataset.no, by, when::millis(context), &found_by)?;
    if gone.residue {
        context.progress.say("traces of it stay in the write-ahead log until other processes stop reading");
    }
    let [items, responses, snapshots] = [gone.items, gone.responses, gone.snapshots].map(|n| n as u64);
    Ok(Deleted { dataset: dataset.name, items, responses, snapshots })
}

/// What [`delete`] would take; its schema need not be one that can be read.
pub fn to_delete(
    _context: Context,
    workspace: &Workspace,
    who: &Principal,
    name: &str,
) -> Result<Deleted, Error> {
    who.must(Act::Delete)?;
    let dataset = opened::row(workspace, name)?;
    let tally = workspace.store.tally(dataset.no, 0)?;
    let snapshots = workspace.store.snapshots(dataset.no)?.len() as u64;
    Ok(Deleted { dataset: dataset.name, items: tally.items, responses: tally.submitted, snapshots })
}

/// By which words the items of a dataset with this schema are found; where it cannot be read, by all there are: one broken
/// dataset must not keep another from being deleted.
fn found_by(schema: &str) -> Result<ItemWords, StoreError> {
    let words: ItemWords = match Schema::read(schema) {
        Ok(schema) => Box::new(move |fields: &str| words::text(&schema, &fields_of(fields))),
        Err(_) => {
            Box::new(|fields: &str| fields_of(fields).values().map(every).collect::<Vec<_>>().join("\n"))
        }
    };
    Ok(words)
}

fn every(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(every).collect::<Vec<_>>().join("\n"),
        Value::Object(entries) => entries.values().map(every).collect::<Vec<_>>().join("\n"),
        _ => String::new(),
    }
}
