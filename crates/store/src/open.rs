//! Opening the file: one writer, a few readers, and what is checked before anything is trusted.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::StoreError;
use crate::migrations::{APPLICATION_ID, LATEST, migrate};

/// Readers kept open between calls; more are opened when needed and closed after.
const IDLE_READERS: usize = 4;

/// Large enough for five 384-number vectors a page.
const PAGE_BYTES: u64 = 8192;

/// How often to try for the write lock that another process holds.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// How patient the store is, and how large it may grow.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long to wait for another process's write before giving up with [`StoreError::Busy`].
    pub wait: Duration,
    /// Refuse with [`StoreError::Full`] to grow the file past this many bytes, rounded down to pages; `None`: the disk
    /// alone decides.
    pub max_bytes: Option<u64>,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { wait: Duration::from_secs(10), max_bytes: None }
    }
}

/// The database of one workspace. Share it by reference between threads; other processes may open the same file.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    limits: Limits,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
}

impl Store {
    /// Opens an existing database.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        Store::open_with(path, &Limits::default(), false)
    }

    /// Opens a database, making it and its folder if there is none.
    pub fn create_or_open(path: &Path) -> Result<Store, StoreError> {
        Store::open_with(path, &Limits::default(), true)
    }

    /// Opens a database with chosen limits; `create` says what to do when there is none.
    pub fn open_with(path: &Path, limits: &Limits, create: bool) -> Result<Store, StoreError> {
        if path.is_dir() {
            let why = "a folder has that name".to_string();
            return Err(StoreError::NoPlace { path: path.to_path_buf(), why });
        }
        if create {
            make_folder(path)?;
        } else if !path.exists() {
            return Err(StoreError::NoDatabase { path: path.to_path_buf() });
        }
        let writer = open_writer(path, limits, create).map_err(|error| error.at(path))?;
        let (writer, readers) = (Mutex::new(writer), Mutex::new(Vec::new()));
        Ok(Store { path: path.to_path_buf(), limits: *limits, writer, readers })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `work` on one committed state of the database, whatever is written meanwhile.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = held(&self.readers).pop();
        let run = || {
            let mut conn = match idle {
                Some(conn) => conn,
                None => open_reader(&self.path, &self.limits)?,
            };
            let tx = conn.transaction()?;
            let out = work(&tx)?;
            drop(tx);
            let mut readers = held(&self.readers);
            if readers.len() < IDLE_READERS {
                readers.push(conn);
            }
            Ok(out)
        };
        run().map_err(|error: StoreError| error.at(&self.path))
    }

    /// Runs `work` in one durable transaction: all of it happens, or none of it.
    pub(crate) fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.transact("FULL", work)
    }

    /// As [`Self::write`], but returns before the disk has it: a crash of the process loses nothing, a power cut may lose
    /// the last moments. For what costs nobody anything to repeat, such as a lease; the next durable write covers it.
    pub(crate) fn write_soon<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.transact("NORMAL", work)
    }

    fn transact<T>(
        &self,
        synchronous: &str,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut conn = held(&self.writer);
        let run = || {
            conn.pragma_update(None, "synchronous", synchronous)?;
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let out = work(&tx)?;
            tx.commit()?;
            Ok(out)
        };
        run().map_err(|error: StoreError| error.at(&self.path))
    }

    /// Moves everything from the write-ahead log into the file and empties the log, so that no erased text is left in
    /// it. False: another process was reading; try again later.
    pub fn scrub(&self) -> Result<bool, StoreError> {
        let conn = held(&self.writer);
        let busy = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        Ok(busy.map_err(|error| StoreError::Sql(error).at(&self.path))? == 0)
    }
}

/// A panic while the lock was held rolled its transaction back; the connection is fit for use.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn make_folder(path: &Path) -> Result<(), StoreError> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    let Err(error) = std::fs::create_dir_all(folder) else { return Ok(()) };
    let path = path.to_path_buf();
    Err(match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY);
            StoreError::ReadOnly {
                path,
                source: rusqlite::Error::SqliteFailure(code, Some(error.to_string())),
            }
        }
        _ => StoreError::NoPlace { path, why: format!("its folder cannot be made: {error}") },
    })
}

fn open_writer(path: &Path, limits: &Limits, create: bool) -> Result<Connection, StoreError> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, create);
    let mut conn = Connection::open_with_flags(path, flags)?;
    be_patient(&mut conn, limits.wait)?;
    let found = identify(&conn, path)?;
    conn.pragma_update(None, "page_size", PAGE_BYTES)?;
    use_write_ahead_log(&conn, limits.wait)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "secure_delete", true)?;
    conn.pragma_update(None, "cache_size", -16_000)?;
    // A checkpoint writes and syncs the file inside some commit: make that one commit in hundreds, not in dozens.
    conn.pragma_update(None, "wal_autocheckpoint", 4000)?;
    conn.pragma_update(None, "journal_size_limit", 64 << 20)?;
    conn.set_prepared_statement_cache_capacity(128);
    if found < LATEST {
        migrate(&mut conn)?;
    }
    if let Some(bytes) = limits.max_bytes {
        let page: u64 = conn.pragma_query_value(None, "page_size", |row| row.get(0))?;
        conn.pragma_update(None, "max_page_count", bytes / page)?;
    }
    Ok(conn)
}

fn open_reader(path: &Path, limits: &Limits) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = Connection::open_with_flags(path, flags)?;
    be_patient(&mut conn, limits.wait)?;
    conn.pragma_update(None, "query_only", true)?;
    conn.pragma_update(None, "cache_size", -8_000)?;
    conn.set_prepared_statement_cache_capacity(32);
    Ok(conn)
}

/// The schema number of a knowledge base or of an empty file (0); an error for anything else.
fn identify(conn: &Connection, path: &Path) -> Result<u32, StoreError> {
    // One snapshot: another process may be making the file right now.
    let tx = conn.unchecked_transaction()?;
    let application: i32 = tx.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let found: u32 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: u32 = tx.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    drop(tx);
    let empty = (application, found, tables) == (0, 0, 0);
    if !empty && application != APPLICATION_ID {
        let why = "it is an SQLite file of another program".to_string();
        return Err(StoreError::Foreign { path: path.to_path_buf(), why });
    }
    if found > LATEST {
        return Err(StoreError::Newer { path: path.to_path_buf(), found, wanted: LATEST });
    }
    Ok(found)
}

/// Lets a connection wait for another process's write. SQLite's own way of waiting looks ten times a second in the end, and
/// misses the moments between the batches of an import.
fn be_patient(conn: &mut Connection, wait: Duration) -> Result<(), StoreError> {
    let mut began = Instant::now();
    conn.busy_handler(Some(move |tries| {
        if tries == 0 {
            began = Instant::now();
        }
        let patient = began.elapsed() < wait;
        if patient {
            thread::sleep(LOOK_AGAIN);
        }
        patient
    }))?;
    Ok(())
}

/// SQLite does not wait its busy time for this switch when two processes make it at once, so we do.
fn use_write_ahead_log(conn: &Connection, wait: Duration) -> Result<(), StoreError> {
    let began = Instant::now();
    loop {
        let outcome =
            conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0));
        let busy = match outcome {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => {
                return Err(StoreError::Damaged { what: format!("journal mode {mode} instead of wal") });
            }
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => error,
            Err(error) => return Err(error.into()),
        };
        if began.elapsed() >= wait {
            return Err(busy.into());
        }
        thread::sleep(Duration::from_millis(5));
    }
}
