//! Files that could not be read are remembered with their state, so that the next `sync` says so again without parsing
//! them again.

use std::collections::{BTreeMap, BTreeSet};

use engraft_core::Diagnostic;
use engraft_store::{FileStamp, Store};
use serde::{Deserialize, Serialize};

use crate::Error;

/// Another build may read what this one cannot.
const BUILD: &str = env!("CARGO_PKG_VERSION");

/// What of one source could not be read.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    key: String,
    known: BTreeMap<String, Failed>,
    // Remembered by another build, or asked to be tried again.
    stale: bool,
    changed: bool,
}

/// One file and what was said of it.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Failed {
    size: u64,
    mtime_ns: i64,
    hash: String,
    failures: Vec<Diagnostic>,
}

#[derive(Serialize, Deserialize)]
struct Remembered {
    build: String,
    files: BTreeMap<String, Failed>,
}

impl Failures {
    /// What is remembered of a source; with `retry` everything in it is read again.
    pub(crate) fn load(store: &Store, source: u32, retry: bool) -> Result<Failures, Error> {
        let key = format!("failed/{source}");
        let text = store.meta(&key)?;
        // It is a help, not a truth: what cannot be read is forgotten.
        let remembered = text.and_then(|text| serde_json::from_str::<Remembered>(&text).ok());
        let Some(Remembered { build, files }) = remembered else {
            return Ok(Failures { key, ..Failures::default() });
        };
        Ok(Failures { key, known: files, stale: retry || build != BUILD, changed: false })
    }

    /// Writes what is to be remembered, without the files that are no longer `here`.
    pub(crate) fn save(mut self, store: &Store, here: &BTreeSet<&str>) -> Result<(), Error> {
        let before = self.known.len();
        self.known.retain(|uri, _| here.contains(uri.as_str()));
        if self.changed || self.stale || self.known.len() != before {
            let remembered = Remembered { build: BUILD.into(), files: self.known };
            let text = serde_json::to_string(&remembered).map_err(|error| Error::Bug(error.to_string()))?;
            store.set_meta(&self.key, &text)?;
        }
        Ok(())
    }

    /// Whether the file is to be read though it has not changed.
    pub(crate) fn reads_again(&self, uri: &str) -> bool {
        self.stale && self.known.contains_key(uri)
    }

    /// Whether a file of that size and time stamp failed and is not to be tried again.
    pub(crate) fn failed_as(&self, uri: &str, size: u64, mtime_ns: i64) -> bool {
        let same =
            |failed: &Failed| failed.mtime_ns != 0 && (failed.size, failed.mtime_ns) == (size, mtime_ns);
        !self.stale && self.known.get(uri).is_some_and(same)
    }

    /// Whether a file of that content failed and is not to be tried again.
    pub(crate) fn failed_with(&self, uri: &str, hash: &str) -> bool {
        !self.stale && self.known.get(uri).is_some_and(|failed| failed.hash == hash)
    }

    /// What is remembered of a file, with a hint at how it is read again.
    pub(crate) fn told(&self, uri: &str) -> Vec<Diagnostic> {
        let known = self.known.get(uri).into_iter().flat_map(|failed| &failed.failures);
        let again = "it has not changed since; `engraft sync --retry` reads it again";
        let told = known.map(|failure| {
            let between = if failure.hint.is_empty() { "" } else { "; " };
            Diagnostic { hint: format!("{}{between}{again}", failure.hint), ..failure.clone() }
        });
        told.collect()
    }

    /// Notes what reading a file gave: nothing is remembered of one that was read in full, or that failed for a reason
    /// outside it.
    pub(crate) fn note(&mut self, uri: &str, stamp: &FileStamp, failures: &[Diagnostic]) {
        let own =
            failures.iter().filter(|failure| !["warning", "unavailable"].contains(&failure.kind.as_str()));
        let failures: Vec<Diagnostic> = own.cloned().collect();
        let before = self.known.remove(uri);
        if !failures.is_empty() {
            let FileStamp { size, mtime_ns, hash, .. } = stamp.clone();
            self.known.insert(uri.to_string(), Failed { size, mtime_ns, hash, failures });
        }
        self.changed |= before.as_ref() != self.known.get(uri);
    }
}
