//! Datasets: made from a schema, listed, shown, given new guidelines, told what is gold.

use std::ops::ControlFlow;

use engraft_annotate::format::read_config;
use engraft_annotate::{Field, Schema, Stage, canonical_json, check_item, read_answers};
use engraft_store::DatasetNo;
use serde_json::Value;

use crate::dataset::opened;
use crate::dataset::view::{DatasetRow, DatasetView, GoldSet, SchemaCheck, SnapshotRow};
use crate::people::{Act, Principal, users};
use crate::work::item;
use crate::{Context, Error, Workspace, when};

/// Makes a dataset from a schema: our own, a Label Studio labelling configuration, or Argilla settings.
pub fn create(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    name: &str,
    schema: &str,
) -> Result<DatasetView, Error> {
    who.must(Act::Manage)?;
    check_name(name)?;
    let schema = read_schema(context, schema)?;
    let by = users::by(workspace, who)?;
    workspace.store.create_dataset(name, &canonical_json(&schema), by, when::millis(context))?;
    show(context, workspace, who, name)
}

/// Gives a dataset a new schema. Answers keep the version they were given under.
pub fn set_schema(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    name: &str,
    schema: &str,
) -> Result<DatasetView, Error> {
    who.must(Act::Manage)?;
    let dataset = opened::row(workspace, name)?;
    let schema = read_schema(context, schema)?;
    // Those that were required before are there.
    let before = opened::open(workspace, name).ok().map(|kept| kept.schema.fields).unwrap_or_default();
    let is_new = |field: &&Field| {
        field.required && !before.iter().any(|earlier| earlier.required && earlier.name == field.name)
    };
    for field in schema.fields.iter().filter(is_new) {
        if let Some(item) = first_without(workspace, dataset.no, &field.name)? {
            return Err(Error::Request {
                message: format!("items have no `{}`, {item} the first of them", field.name),
                hint: "name a field that items show, or make this one `\"required\": false`".into(),
            });
        }
    }
    let by = users::by(workspace, who)?;
    workspace.store.set_schema(dataset.no, &canonical_json(&schema), by, when::millis(context))?;
    show(context, workspace, who, name)
}

/// The first item that does not show this field.
fn first_without(workspace: &Workspace, dataset: DatasetNo, field: &str) -> Result<Option<String>, Error> {
    let mut first = None;
    workspace.store.for_each_record(dataset, &mut |row| {
        if item::fields_of(&row.fields).get(field).is_none_or(Value::is_null) {
            first = Some(row.external.clone());
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    })?;
    Ok(first)
}

/// What is wrong with a schema, and with an item as it would be shown.
pub fn check_schema(schema: &str, sample: Option<&Value>) -> SchemaCheck {
    let read = match Schema::read(schema) {
        Ok(read) => read,
        Err(error) => return SchemaCheck { problems: error.problems, schema: None, guideline: None },
    };
    let fields = sample.and_then(Value::as_object);
    let problems = fields.map(|fields| check_item(&read, fields)).unwrap_or_default();
    SchemaCheck { problems, guideline: Some(read.version()), schema: Some(read) }
}

fn read_schema(context: Context, text: &str) -> Result<Schema, Error> {
    let read = read_config(text).map_err(|error| match Schema::read(text) {
        // Our own schema is the likeliest, unless Argilla's settings are spelt out.
        Err(own) if text.trim_start().starts_with('{') && !text.contains("\"settings\"") => {
            Error::problems("the schema cannot be used", own.problems)
        }
        _ => Error::Format(error),
    })?;
    for loss in &read.losses {
        context.progress.say(&format!("not in the schema: {} ({})", loss.what, loss.why));
    }
    opened::storable(read.schema)
}

/// Every dataset, by name. How far each is, is for those who may see progress: whoever answers could tell from it what
/// others said.
pub fn list(_context: Context, workspace: &Workspace, who: &Principal) -> Result<Vec<DatasetRow>, Error> {
    who.must(Act::SeeDatasets)?;
    let progress = who.may(Act::SeeProgress);
    let mut rows = Vec::new();
    for row in workspace.store.datasets()? {
        let tally = workspace.store.tally(row.no, 0)?;
        let snapshot = workspace.store.snapshots(row.no)?.pop().map(|snapshot| snapshot.id);
        rows.push(DatasetRow {
            items: tally.items,
            responses: progress.then_some(tally.submitted),
            resolved: progress.then_some(tally.resolved),
            snapshot: snapshot.filter(|_| progress),
            created_at: when::rfc3339(row.created_at),
            dataset: row.name,
        });
    }
    rows.sort_by(|a, b| a.dataset.cmp(&b.dataset));
    Ok(rows)
}

/// One dataset with its schema and snapshots. How far it is, is for those who may see progress, how people are measured
/// and how many items are gold for those who may see answers.
pub fn show(
    _context: Context,
    workspace: &Workspace,
    who: &Principal,
    name: &str,
) -> Result<DatasetView, Error> {
    who.must(Act::SeeDatasets)?;
    let dataset = opened::open(workspace, name)?;
    let tally = workspace.store.tally(dataset.no, 0)?;
    let progress = who.may(Act::SeeProgress);
    let rows = if progress { workspace.store.snapshots(dataset.no)? } else { Vec::new() };
    let snapshots: Vec<SnapshotRow> = rows.into_iter().map(super::snapshot::row).collect();
    let mut schema = dataset.schema;
    let mut gold = None;
    if who.may(Act::SeeAnswers) {
        gold = Some(tally.gold);
    } else {
        // Who is measured how is not for those who are measured.
        schema.gold = Default::default();
    }
    Ok(DatasetView {
        dataset: dataset.name,
        items: tally.items,
        responses: progress.then_some(tally.submitted),
        resolved: progress.then_some(tally.resolved),
        gold,
        snapshot: snapshots.last().map(|row| row.snapshot.clone()),
        snapshots,
        created_at: when::rfc3339(dataset.created_at),
        guideline: dataset.guideline,
        schema,
    })
}

/// The schema of a dataset as it is stored, for whoever mends it: it need not be one that can be read.
pub fn written(
    _context: Context,
    workspace: &Workspace,
    who: &Principal,
    name: &str,
) -> Result<String, Error> {
    who.must(Act::Manage)?;
    Ok(opened::row(workspace, name)?.schema)
}

/// Makes an item gold by its right answers, or no longer gold.
pub fn set_gold(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    name: &str,
    item: &str,
    gold: Option<&Value>,
) -> Result<GoldSet, Error> {
    who.must(Act::Manage)?;
    let dataset = opened::open(workspace, name)?;
    let no = dataset.item(workspace, item)?;
    let fields = item::fields_of(&workspace.store.fields(dataset.no, no)?.unwrap_or_default());
    let read = |value: &Value| {
        read_answers(&dataset.schema, &fields, value, Stage::Part)
            .map_err(|problems| Error::problems("the gold does not fit", problems))
    };
    let gold = gold.map(read).transpose()?;
    if gold.as_ref().is_some_and(|gold| gold.is_empty()) {
        return Err(Error::Request {
            message: "the gold answers no question".into(),
            hint: "answer one at least, or say that the item is no longer gold".into(),
        });
    }
    let text = gold.as_ref().map(canonical_json);
    let by = users::by(workspace, who)?;
    workspace.store.set_gold(dataset.no, no, text.as_deref(), by, when::millis(context))?;
    Ok(GoldSet { item: item.into(), gold })
}

pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || ".-_".contains(letter);
    let starts = name.starts_with(|letter: char| letter.is_ascii_alphanumeric());
    if starts && name.len() <= 64 && name.chars().all(fits) {
        return Ok(());
    }
    Err(Error::Request {
        message: format!("`{name}` cannot be a dataset's name"),
        hint: "use up to 64 letters a-z, digits and . - _, the first a letter or digit".into(),
    })
}
