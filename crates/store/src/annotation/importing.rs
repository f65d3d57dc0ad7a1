//! A whole import in one transaction: many batches, new people, even a new dataset, all of it or nothing.

use rusqlite::{OptionalExtension, Transaction};

use super::datasets::{add_dataset, no_dataset};
use super::import::{Batch, Imported, NewRecord};
use super::{DatasetNo, Millis};
use crate::people::{NewUser, Role, UserNo, add_user};
use crate::{Store, StoreError};

/// Where an import goes.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// A dataset that is there.
    Existing(DatasetNo),
    /// One that is made in the same transaction.
    New {
        /// Its name.
        name: &'a str,
        /// Its schema, JSON.
        schema: &'a str,
    },
}

/// An import under way. Nobody else sees anything of it, and nobody else writes, until it ends.
pub struct Importing<'t> {
    tx: &'t Transaction<'t>,
    dataset: DatasetNo,
    by: Option<UserNo>,
    now: Millis,
    salt: &'t str,
}

impl Store {
    /// Runs an import. An error of `work`, or a crash, leaves nothing of it. `salt`: at least 16 random hex digits, from
    /// which the secrets of people it adds are drawn.
    pub fn import_with<T, E: From<StoreError>>(
        &self,
        target: Target<'_>,
        by: Option<UserNo>,
        salt: &str,
        now: Millis,
        work: impl FnOnce(&mut Importing<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut failed = None;
        let outcome = self.write(|tx| {
            let dataset = match target {
                Target::Existing(dataset) => dataset,
                Target::New { name, schema } => add_dataset(tx, name, schema, by, now)?.no,
            };
            if !tx.prepare_cached("SELECT 1 FROM dataset WHERE no = ?1")?.exists([dataset])? {
                return Err(no_dataset(dataset));
            }
            work(&mut Importing { tx, dataset, by, now, salt }).map_err(|error| {
                failed = Some(error);
                // Never seen: `failed` is returned in its place. It only makes the transaction roll back.
                no_dataset(dataset)
            })
        });
        match (outcome, failed) {
            (Ok(done), _) => Ok(done),
            (Err(_), Some(error)) => Err(error),
            (Err(error), None) => Err(E::from(error)),
        }
    }
}

impl Importing<'_> {
    /// Adds records, as [`Store::import`] does.
    pub fn add(&mut self, records: &[NewRecord]) -> Result<Imported, StoreError> {
        let mut batch = Batch::new(self.tx, self.dataset, self.now);
        for record in records {
            batch.record(record)?;
        }
        batch.finish(self.by)
    }

    /// Whether somebody has that name.
    pub fn knows(&self, name: &str) -> Result<bool, StoreError> {
        Ok(self.tx.prepare_cached("SELECT 1 FROM user WHERE name = ?1")?.exists([name])?)
    }

    /// The number of the person of that name. Somebody unknown becomes an annotator without a password.
    pub fn person(&mut self, name: &str) -> Result<UserNo, StoreError> {
        let mut find = self.tx.prepare_cached("SELECT no FROM user WHERE name = ?1")?;
        if let Some(known) = find.query_row([name], |row| row.get(0)).optional()? {
            return Ok(known);
        }
        let salt = engraft_core::content_hash(format!("{}\n{name}", self.salt).as_bytes());
        let new = NewUser { name, role: Role::Annotator, password: None, salt: &salt };
        add_user(self.tx, &new, self.by, self.now)
    }
}
