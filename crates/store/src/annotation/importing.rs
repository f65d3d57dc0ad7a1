//! A whole import: many batches, new people, even a new dataset, all of it or nothing, while others go on working.
//!
//! What is long about an item, its fields and its words, is written batch by batch as *staged* items: they have no task, so
//! no list, queue or export shows them. What is short, such as who answered what, waits in a file. When everything has been
//! read, one transaction gives the items their tasks and adds the rest; until then nobody is held up for longer than a
//! batch takes. What a failed import staged is taken away at once, what a crash left by the next import.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{BufRead, BufReader, BufWriter, Seek, Write};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{OptionalExtension, Transaction};

use super::datasets::{UNNAMED, add_unnamed, name_dataset, no_dataset};
use super::import::{Batch, Imported, NewRecord, stage};
use super::{DatasetNo, ItemNo, Millis};
use crate::people::{NewUser, Role, UserNo, add_user};
use crate::{Store, StoreError};

/// How long to wait for another import to end.
const PATIENCE: Duration = Duration::from_secs(600);
/// The pause between two batches.
const BREATH: Duration = Duration::from_millis(4);
/// Numbers from here on stand for people who are not there yet, in the order of their first mention.
const NEWCOMERS: UserNo = 1 << 31;

/// Where an import goes.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// A dataset that is there.
    Existing(DatasetNo),
    /// One that is there once the import has ended.
    New {
        /// Its name.
        name: &'a str,
        /// Its schema, JSON.
        schema: &'a str,
    },
}

/// An import under way. Nobody else sees anything of it until it ends. Its two halves may be used by two threads.
pub struct Importing<'s> {
    /// Who is mentioned.
    pub people: Mentioned<'s>,
    /// What comes in.
    pub items: Staged<'s>,
}

/// People by name.
pub struct Mentioned<'s> {
    store: &'s Store,
    known: BTreeMap<String, UserNo>,
    newcomers: Vec<String>,
}

/// Items that nobody sees yet.
pub struct Staged<'s> {
    store: &'s Store,
    dataset: DatasetNo,
    rest: BufWriter<&'s File>,
}

/// A record on its way in: what its item holds, and what waits in the file once that is staged. Making one is work that can
/// be done on another thread than [`Staged::add`].
pub struct Prepared {
    item: NewRecord,
    /// The record without what its item holds, JSON.
    rest: Vec<u8>,
}

impl TryFrom<NewRecord> for Prepared {
    type Error = StoreError;

    fn try_from(mut record: NewRecord) -> Result<Prepared, StoreError> {
        let NewRecord { fields, metadata, text, .. } = &mut record;
        let [fields, metadata, text] = [fields, metadata, text].map(std::mem::take);
        let rest = serde_json::to_vec(&record)?;
        // Thousands of these are in memory at a time: nothing is in them twice.
        let item = NewRecord { external: record.external, fields, metadata, text, ..NewRecord::default() };
        Ok(Prepared { item, rest })
    }
}

impl Store {
    /// Runs an import: `read` brings the records, `accept` sees what became of them while it can still be undone. An error of
    /// either, or a crash, leaves nothing. `salt`: at least 16 random hex digits, from which the secrets of people it adds
    /// are drawn.
    ///
    /// One import at a time; another waits. Errors: [`StoreError::Busy`] when the other takes longer than ten minutes.
    pub fn import_with<T, U, E: From<StoreError>>(
        &self,
        target: Target<'_>,
        by: Option<UserNo>,
        salt: &str,
        now: Millis,
        read: impl FnOnce(&mut Importing<'_>) -> Result<T, E>,
        accept: impl FnOnce(T, Imported) -> Result<U, E>,
    ) -> Result<U, E> {
        let file = self.import_alone()?;
        self.clear_staged()?;
        let dataset = self.begin(target, by, now)?;
        let run = || {
            let mut importing = Importing {
                people: Mentioned { store: self, known: BTreeMap::new(), newcomers: Vec::new() },
                items: Staged { store: self, dataset, rest: BufWriter::with_capacity(1 << 16, &file) },
            };
            let found = read(&mut importing)?;
            let Importing { people, items } = importing;
            items.rest.into_inner().map_err(|error| unwritable(self, error.into_error()))?;
            let publish = Publish { target, dataset, by, salt, now, newcomers: &people.newcomers };
            self.publish(&publish, &file, |imported| accept(found, imported))
        };
        let outcome = run();
        // Emptied, not removed: another import may be waiting for this very file. A failure to empty it is no failure of the
        // import, whose data is there by now; whoever takes the file next empties it first, and hears of it.
        let _ = file.set_len(0);
        if outcome.is_err() {
            // The first failure is what the caller should hear of; the next import tries to clear again.
            let _ = self.clear_staged();
        }
        outcome
    }

    /// Waits for the file that only one import holds, and empties it.
    pub(crate) fn import_alone(&self) -> Result<File, StoreError> {
        let path = waiting_room(self);
        let open = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let file = open.map_err(|error| unwritable(self, error))?;
        let began = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(unwritable(self, error)),
                Err(TryLockError::WouldBlock) if began.elapsed() > PATIENCE => {
                    let busy = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
                    let words = "another import is under way".to_string();
                    let source = rusqlite::Error::SqliteFailure(busy, Some(words));
                    return Err(StoreError::Sql(source).at(self.path()));
                }
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(20)),
            }
        }
        file.set_len(0).map_err(|error| unwritable(self, error))?;
        Ok(file)
    }

    fn begin(&self, target: Target<'_>, by: Option<UserNo>, now: Millis) -> Result<DatasetNo, StoreError> {
        self.write_soon(|tx| {
            let dataset = match target {
                Target::Existing(dataset) => {
                    if !tx.prepare_cached("SELECT 1 FROM dataset WHERE no = ?1")?.exists([dataset])? {
                        return Err(no_dataset(dataset));
                    }
                    dataset
                }
                Target::New { name, schema } => add_unnamed(tx, name, schema, by, now)?,
            };
            tx.execute(
                "INSERT INTO staging (one, first, dataset)
                 SELECT 1, ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'item'), 0) + 1, ?1",
                [dataset],
            )?;
            Ok(dataset)
        })
    }

    /// Takes away what an import left that did not end. Its words stay in the index of words, where they lead nowhere:
    /// numbers of items are never used again.
    pub(crate) fn clear_staged(&self) -> Result<(), StoreError> {
        self.write_soon(|tx| {
            let mut find = tx.prepare_cached("SELECT first, dataset FROM staging")?;
            let found: Option<(ItemNo, DatasetNo)> =
                find.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            let Some((first, dataset)) = found else { return Ok(()) };
            tx.execute(
                "DELETE FROM item WHERE no >= ?1 AND NOT EXISTS
                     (SELECT 1 FROM task t WHERE t.dataset = item.dataset AND t.item = item.no)",
                [first],
            )?;
            if tx.execute("DELETE FROM dataset WHERE no = ?1 AND name = ?2", (dataset, UNNAMED))? > 0 {
                tx.execute("DELETE FROM guideline WHERE dataset = ?1", [dataset])?;
            }
            tx.execute("DELETE FROM staging", [])?;
            Ok(())
        })
    }

    fn publish<U, E: From<StoreError>>(
        &self,
        publish: &Publish<'_>,
        file: &File,
        accept: impl FnOnce(Imported) -> Result<U, E>,
    ) -> Result<U, E> {
        let mut failed = None;
        let outcome = self.write(|tx| {
            let imported = publish.all(self, tx, file)?;
            accept(imported).map_err(|error| {
                failed = Some(error);
                // Never seen: `failed` is returned in its place. It only makes the transaction roll back.
                no_dataset(publish.dataset)
            })
        });
        match (outcome, failed) {
            (Ok(done), _) => Ok(done),
            (Err(_), Some(error)) => Err(error),
            (Err(error), None) => Err(E::from(error)),
        }
    }
}

impl Mentioned<'_> {
    /// Whether somebody has that name, or is mentioned by it.
    pub fn knows(&self, name: &str) -> Result<bool, StoreError> {
        Ok(self.known.contains_key(name) || self.find(name)?.is_some())
    }

    /// A number for the person of that name, good within this import. Somebody unknown becomes an annotator without a
    /// password when it ends.
    pub fn number(&mut self, name: &str) -> Result<UserNo, StoreError> {
        if let Some(known) = self.known.get(name) {
            return Ok(*known);
        }
        let number = match self.find(name)? {
            Some(there) => there,
            None => {
                self.newcomers.push(name.to_string());
                NEWCOMERS + self.newcomers.len() as UserNo - 1
            }
        };
        self.known.insert(name.to_string(), number);
        Ok(number)
    }

    fn find(&self, name: &str) -> Result<Option<UserNo>, StoreError> {
        self.store.read(|tx| user_no(tx, name))
    }
}

impl Staged<'_> {
    /// Takes records in. What became of them is known when the import ends.
    pub fn add(&mut self, records: Vec<NewRecord>) -> Result<(), StoreError> {
        let prepared = records.into_iter().map(Prepared::try_from).collect::<Result<Vec<_>, _>>()?;
        self.add_prepared(&prepared)
    }

    /// As [`Self::add`], of records that were prepared elsewhere.
    pub fn add_prepared(&mut self, records: &[Prepared]) -> Result<(), StoreError> {
        let dataset = self.dataset;
        let items = self.store.write_soon(|tx| stage(tx, dataset, records.iter().map(|it| &it.item)))?;
        let free = Instant::now();
        for (Prepared { item: record, rest }, item) in records.iter().zip(items) {
            let line = match item {
                Some(item) => write!(self.rest, "[{item},null,"),
                // Its name is known: the end compares what it shows.
                None => write!(self.rest, "[null,{},", serde_json::json!(record.fields)),
            };
            let line = line.and_then(|()| self.rest.write_all(rest));
            line.and_then(|()| self.rest.write_all(b"]\n")).map_err(|error| unwritable(self.store, error))?;
        }
        // The lock is free for a moment longer than others take to try for it again.
        thread::sleep(BREATH.saturating_sub(free.elapsed()));
        Ok(())
    }
}

/// All that makes an import visible.
struct Publish<'a> {
    target: Target<'a>,
    dataset: DatasetNo,
    by: Option<UserNo>,
    salt: &'a str,
    now: Millis,
    newcomers: &'a [String],
}

impl Publish<'_> {
    fn all(&self, store: &Store, tx: &Transaction<'_>, mut file: &File) -> Result<Imported, StoreError> {
        if let Target::New { name, .. } = self.target {
            name_dataset(tx, self.dataset, name, self.by, self.now)?;
        }
        let numbers = self.newcomers.iter().map(|name| self.add_person(tx, name));
        let numbers = numbers.collect::<Result<Vec<UserNo>, _>>()?;
        let person = |no: UserNo| match no.checked_sub(NEWCOMERS) {
            Some(place) => numbers.get(place as usize).copied().unwrap_or(no),
            None => no,
        };
        let mut batch = Batch::new(tx, self.dataset, self.now);
        file.rewind().map_err(|error| unwritable(store, error))?;
        let (mut lines, mut line) = (BufReader::with_capacity(1 << 16, file), Vec::new());
        while lines.read_until(b'\n', &mut line).map_err(|error| unwritable(store, error))? > 0 {
            let (item, shows, mut record): (Option<ItemNo>, Option<String>, NewRecord) =
                serde_json::from_slice(&line)?;
            line.clear();
            record.fields = shows.unwrap_or_default();
            record.responses.iter_mut().for_each(|response| response.user = person(response.user));
            if let Some(resolution) = &mut record.resolution {
                resolution.by = resolution.by.map(person);
            }
            record.comments.iter_mut().for_each(|comment| comment.user = person(comment.user));
            batch.record(&record, item)?;
        }
        tx.execute("DELETE FROM staging", [])?;
        batch.finish(self.by)
    }

    fn add_person(&self, tx: &Transaction<'_>, name: &str) -> Result<UserNo, StoreError> {
        if let Some(there) = user_no(tx, name)? {
            return Ok(there);
        }
        let salt = engraft_core::content_hash(format!("{}\n{name}", self.salt).as_bytes());
        let new = NewUser { name, role: Role::Annotator, password: None, salt: &salt };
        add_user(tx, &new, self.by, self.now)
    }
}

fn user_no(tx: &Transaction<'_>, name: &str) -> Result<Option<UserNo>, StoreError> {
    let mut find = tx.prepare_cached("SELECT no FROM user WHERE name = ?1")?;
    Ok(find.query_row([name], |row| row.get(0)).optional()?)
}

/// The file beside the database that an import holds, and that keeps what waits for its end.
fn waiting_room(store: &Store) -> PathBuf {
    let mut name = store.path().as_os_str().to_os_string();
    name.push("-import");
    PathBuf::from(name)
}

fn unwritable(store: &Store, error: std::io::Error) -> StoreError {
    let code = match error.kind() {
        std::io::ErrorKind::StorageFull => rusqlite::ffi::SQLITE_FULL,
        std::io::ErrorKind::PermissionDenied => rusqlite::ffi::SQLITE_PERM,
        std::io::ErrorKind::ReadOnlyFilesystem => rusqlite::ffi::SQLITE_READONLY,
        _ => rusqlite::ffi::SQLITE_IOERR,
    };
    let source = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), Some(error.to_string()));
    StoreError::Sql(source).at(&waiting_room(store))
}
