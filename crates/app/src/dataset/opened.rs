//! A dataset by its name, with its schema read, and a person of it.

use engraft_annotate::{Schema, canonical_json};
use engraft_store::{DatasetNo, DatasetRow, ItemNo, UserNo};

use crate::people::{Principal, users};
use crate::{Error, Workspace};

/// A dataset ready for use.
pub(crate) struct Opened {
    /// Its number in the store.
    pub(crate) no: DatasetNo,
    /// Its name.
    pub(crate) name: String,
    /// The guideline version in force.
    pub(crate) guideline: String,
    /// When it was created, milliseconds since 1970.
    pub(crate) created_at: i64,
    /// What it shows and asks.
    pub(crate) schema: Schema,
}

/// The dataset of that name.
pub(crate) fn open(workspace: &Workspace, name: &str) -> Result<Opened, Error> {
    let row = row(workspace, name)?;
    let schema = stored_schema(&row.schema).map_err(|error| match error {
        Error::Bug(why) => Error::Bug(format!(
            "{why}; give {name} another with `engraft dataset schema {name} --schema FILE`, or delete it"
        )),
        other => other,
    })?;
    let (guideline, created_at) = (row.guideline, row.created_at);
    Ok(Opened { no: row.no, name: row.name, guideline, created_at, schema })
}

/// The dataset of that name as the store keeps it, its schema not read.
pub(crate) fn row(workspace: &Workspace, name: &str) -> Result<DatasetRow, Error> {
    workspace.store.dataset(name)?.ok_or_else(|| Error::Missing {
        what: "dataset",
        name: name.into(),
        hint: format!("run `engraft dataset create {name} --schema FILE`, or `engraft dataset list`"),
    })
}

/// The schema, when [`stored_schema`] will read what is stored of it: a tool's configuration, or a file of items, may describe
/// what is no schema here.
pub(crate) fn storable(schema: Schema) -> Result<Schema, Error> {
    match Schema::read(&canonical_json(&schema)) {
        Ok(_) => Ok(schema),
        Err(error) => Err(Error::problems("the schema cannot be used", error.problems)),
    }
}

/// A schema as the store keeps it; it was checked before it was written.
pub(crate) fn stored_schema(text: &str) -> Result<Schema, Error> {
    Schema::read(text).map_err(|error| Error::Bug(format!("a stored schema cannot be read: {error}")))
}

impl Opened {
    /// The number of an item.
    pub(crate) fn item(&self, workspace: &Workspace, item: &str) -> Result<ItemNo, Error> {
        let row = workspace.store.item_by_external(self.no, item)?;
        row.map(|row| row.no).ok_or_else(|| self.no_item(item))
    }

    /// The error for an item that is not there, or not this person's to see.
    pub(crate) fn no_item(&self, item: &str) -> Error {
        Error::Missing {
            what: "item",
            name: item.into(),
            hint: format!("run `engraft queue next --dataset {} --as USER` for one to answer", self.name),
        }
    }

    /// How long an item is held without a sign of life, in milliseconds.
    pub(crate) fn lease_ms(&self) -> i64 {
        i64::from(self.schema.distribution.lease_seconds) * 1000
    }
}

/// The number of the person who asks; whoever sits at the machine must be somebody to have answers of their own.
pub(crate) fn person(workspace: &Workspace, who: &Principal) -> Result<UserNo, Error> {
    Ok(users::known(workspace, &who.user)?.no)
}
