//! Exports waiting to be downloaded: files in a temporary folder, each for the person who made it.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use engraft_app::dataset::ExportReport;
use hyper::body::{Body, Frame};
use tempfile::TempDir;
use tokio::fs::File;
use tokio::io::{AsyncRead, ReadBuf};

/// How many are kept; the oldest goes first. A download under way keeps its file until it is through.
const KEPT: usize = 16;
/// How long, in nanoseconds: an hour.
const KEPT_NS: i64 = 3600 * 1_000_000_000;

/// Made and not yet forgotten, oldest first.
#[derive(Default)]
pub(crate) struct Exports {
    made: Mutex<Vec<Arc<Made>>>,
}

/// One export.
pub(crate) struct Made {
    /// Names it; nobody guesses it.
    pub(crate) id: String,
    /// Who made it, and alone may fetch it.
    pub(crate) user: String,
    /// What it holds and what its format could not.
    pub(crate) report: ExportReport,
    at_ns: i64,
    folder: TempDir,
}

impl Exports {
    /// Keeps an export's folder for its maker.
    pub(crate) fn keep(
        &self,
        id: String,
        user: &str,
        report: ExportReport,
        folder: TempDir,
        now_ns: i64,
    ) -> Arc<Made> {
        let made = Arc::new(Made { id, user: user.to_string(), report, at_ns: now_ns, folder });
        let mut all = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|old| now_ns - old.at_ns < KEPT_NS);
        all.push(Arc::clone(&made));
        let surplus = all.len().saturating_sub(KEPT);
        all.drain(..surplus);
        made
    }

    /// The export of that name, if this person made it and it is still there.
    pub(crate) fn find(&self, id: &str, user: &str, now_ns: i64) -> Option<Arc<Made>> {
        let all = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let found = all.iter().find(|made| made.id == id && made.user == user);
        found.filter(|made| now_ns - made.at_ns < KEPT_NS).map(Arc::clone)
    }
}

impl Made {
    /// The names of its files; a folder was packed into one.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(self.folder.path())
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.path().is_file())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Where one of its files lies; only names that [`Made::names`] gives lead anywhere.
    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        self.names().iter().any(|known| known == name).then(|| self.folder.path().join(name))
    }
}

/// Bytes read at a time.
const PIECE: usize = 64 * 1024;

/// A part of a file on its way out.
pub(crate) struct Sending {
    file: File,
    left: u64,
    // Keeps the folder while somebody downloads from it.
    _made: Arc<Made>,
}

impl Sending {
    /// The next `left` bytes of `file`.
    pub(crate) fn new(file: File, left: u64, made: Arc<Made>) -> Sending {
        Sending { file, left, _made: made }
    }
}

impl Body for Sending {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context,
    ) -> Poll<Option<std::io::Result<Frame<Bytes>>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let mut piece = vec![0; PIECE.min(usize::try_from(self.left).unwrap_or(PIECE))];
        let mut buffer = ReadBuf::new(&mut piece);
        ready!(Pin::new(&mut self.file).poll_read(context, &mut buffer))?;
        let read = buffer.filled().len();
        if read == 0 {
            let short =
                std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the file is shorter than it was");
            return Poll::Ready(Some(Err(short)));
        }
        self.left -= read as u64;
        piece.truncate(read);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(piece)))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(exports: &Exports, id: &str, user: &str, now_ns: i64) -> Arc<Made> {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("out.jsonl"), "{}\n").unwrap();
        exports.keep(id.into(), user, ExportReport::default(), folder, now_ns)
    }

    #[test]
    fn only_its_maker_finds_an_export_and_only_for_an_hour() {
        let exports = Exports::default();
        keep(&exports, "a", "ana", 0);
        assert!(exports.find("a", "ana", 1).is_some());
        assert!(exports.find("a", "ben", 1).is_none());
        assert!(exports.find("b", "ana", 1).is_none());
        assert!(exports.find("a", "ana", KEPT_NS).is_none());
    }

    #[test]
    fn the_oldest_of_many_goes_with_its_files() {
        let exports = Exports::default();
        let path = keep(&exports, "first", "ana", 0).path("out.jsonl").unwrap();
        for number in 0..KEPT {
            keep(&exports, &number.to_string(), "ana", 1);
        }
        assert!(exports.find("first", "ana", 1).is_none());
        assert!(!path.exists());
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let made = keep(&Exports::default(), "a", "ana", 0);
        assert!(made.path("out.jsonl").is_some());
        for name in ["../etc/passwd", "..", "", ".", "/etc/passwd", "out.jsonl/.."] {
            assert!(made.path(name).is_none(), "{name:?}");
        }
    }
}
