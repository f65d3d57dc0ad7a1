//! What one item of a source holds now, compared with what was known of it.

use engraft_core::{Diagnostic, Fault, Kind, content_hash};
use engraft_ingest::parse::Limits;
use engraft_store::FileStamp;

use crate::failed::Failures;
use crate::fetch;
use crate::prepare::{Prepared, Recipe};
use crate::sources::{Item, unreachable};

/// A file changed this recently before it was read may change again within its own time stamp.
const RACY_NS: i64 = 2_000_000_000;

/// What reading an item gave.
pub(crate) enum Read {
    /// It is as it was.
    Unchanged,
    /// Its bytes are as they were; only its time stamp moved.
    Touched(FileStamp),
    /// A new file; what it holds takes the place of all that was there, also when it cannot be parsed.
    New(FileStamp, Prepared),
    /// It could not be read before and has not changed.
    FailedBefore,
    /// It could not be read now, which says nothing about what it holds: what is known of it stays.
    OutOfReach(Diagnostic),
}

impl Read {
    /// Reads `item` when its size or time stamp differs from what is `known`, and parses it when its bytes do.
    pub(crate) fn of(
        recipe: &Recipe,
        item: &Item,
        known: Option<&FileStamp>,
        failures: &Failures,
        now_ns: i64,
    ) -> Read {
        if matches!(item, Item::Kept(_)) {
            return Read::Unchanged;
        }
        let known = known.filter(|_| !failures.reads_again(item.uri()));
        let (size, mtime_ns) = match item {
            Item::File(found) => (found.size, found.mtime_ns),
            Item::Page(_) | Item::Kept(_) => (0, 0),
        };
        if known.is_some_and(|stamp| stamp.mtime_ns != 0 && (stamp.size, stamp.mtime_ns) == (size, mtime_ns))
        {
            return Read::Unchanged;
        }
        if known.is_none() && failures.failed_as(item.uri(), size, mtime_ns) {
            return Read::FailedBefore;
        }
        let bytes = match bytes_of(item) {
            Ok(bytes) => bytes,
            Err((failure, Standing::Kept)) => return Read::OutOfReach(failure),
            Err((failure, Standing::Gone)) => {
                let prepared = Prepared { failures: vec![failure], ..Prepared::default() };
                return Read::New(FileStamp::default(), prepared);
            }
        };
        let trusted = if now_ns - mtime_ns > RACY_NS { mtime_ns } else { 0 };
        let (container, hash) = (item.uri().to_string(), content_hash(&bytes));
        let same = known.is_some_and(|stamp| stamp.hash == hash);
        let stamp = FileStamp { container, size: bytes.len() as u64, mtime_ns: trusted, hash };
        match (same, trusted) {
            (true, 0) => Read::Unchanged,
            (true, _) => Read::Touched(stamp),
            (false, _) if known.is_none() && failures.failed_with(item.uri(), &stamp.hash) => {
                Read::FailedBefore
            }
            (false, _) => {
                let prepared = recipe.prepare(item.uri(), &bytes, &stamp);
                Read::New(stamp, prepared)
            }
        }
    }
}

/// What a failure to read means for what was known.
enum Standing {
    Kept,
    Gone,
}

fn bytes_of(item: &Item) -> Result<Vec<u8>, (Diagnostic, Standing)> {
    let most = Limits::default().max_input_bytes as u64;
    let failed = |kind: &str, message: String, hint: &str| {
        let [kind, hint] = [kind, hint].map(str::to_string);
        Diagnostic { uri: item.uri().to_string(), kind, message, hint }
    };
    match item {
        Item::File(found) if found.size > most => {
            let message = format!("it has {} MiB, at most {} are read", found.size >> 20, most >> 20);
            Err((failed("too_large", message, "split it"), Standing::Gone))
        }
        Item::File(found) => std::fs::read(&found.path).map_err(|error| {
            let hint = "check that the file is there and may be read";
            (failed("unreadable", error.to_string(), hint), Standing::Kept)
        }),
        Item::Page(url) | Item::Kept(url) => fetch::get(url, most).map_err(|error| {
            let standing = if error.kind() == Kind::Missing { Standing::Gone } else { Standing::Kept };
            (unreachable(url, &error), standing)
        }),
    }
}
