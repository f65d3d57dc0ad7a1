//! What was measured before an interruption: one file a set of results, a line a result, never measured twice.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use engraft_decide::Experiment;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::task::request;
use crate::Error;

/// The file with what is measured so far.
const SO_FAR: &str = "so-far.json";
/// The file that is locked while a decision is measured.
const LOCK: &str = "lock";

/// What is measured so far of the decision that is written to `out`, where somebody may watch it.
pub(super) fn so_far(out: &Path) -> PathBuf {
    out.join("work").join(SO_FAR)
}

/// The folder of kept results.
pub(super) struct Kept {
    dir: PathBuf,
    watched: bool,
    // Results have no names but their order: two processes that append to one file would mix them up.
    _lock: File,
}

impl Kept {
    /// Refused while another process measures a decision there.
    pub(super) fn open(dir: &Path) -> Result<Kept, Error> {
        std::fs::create_dir_all(dir).map_err(Error::io("create", dir))?;
        let path = dir.join(LOCK);
        let lock = OpenOptions::new().create(true).append(true).open(&path);
        let lock = lock.map_err(Error::io("open", &path))?;
        // Where files cannot be locked, whoever starts two sees to it.
        if let Err(TryLockError::WouldBlock) = lock.try_lock() {
            let out = dir.parent().unwrap_or(dir).display();
            return Err(request(
                format!("another `engraft decide` is at work in {out}"),
                "wait until it is done, or name another folder with `--out`",
            ));
        }
        Ok(Kept { dir: dir.to_path_buf(), watched: false, _lock: lock })
    }

    /// The same, where somebody may watch.
    pub(super) fn watched(self, watched: bool) -> Kept {
        Kept { watched, ..self }
    }

    /// Whether somebody may watch: where nobody does, there is nothing to make ready.
    pub(super) fn is_watched(&self) -> bool {
        self.watched
    }

    /// Leaves an experiment that is not whole yet to those who watch. Nobody's decision fails because it cannot be watched.
    pub(super) fn show(&self, experiment: &Experiment) {
        if !self.watched {
            return;
        }
        let written = serde_json::to_vec(experiment).ok().and_then(|bytes| {
            let mut scratch = tempfile::NamedTempFile::new_in(&self.dir).ok()?;
            scratch.write_all(&bytes).ok()?;
            scratch.persist(self.dir.join(SO_FAR)).ok()
        });
        if written.is_none() {
            self.hide();
        }
    }

    /// Takes back what was left to those who watch.
    pub(super) fn hide(&self) {
        // Mostly there is none.
        let _ = std::fs::remove_file(self.dir.join(SO_FAR));
    }

    /// A new folder for what is written and read again while something is measured; it goes when it is dropped.
    pub(super) fn scratch(&self) -> Result<tempfile::TempDir, Error> {
        let folder = tempfile::Builder::new().prefix("scratch-").tempdir_in(&self.dir);
        folder.map_err(Error::io("create a folder in", &self.dir))
    }

    /// The results called `name` that were made from what `made_from` hashes, in order; more can be appended.
    ///
    /// A line that was cut off by an interruption is measured again.
    pub(super) fn results<T: DeserializeOwned>(
        &self,
        name: &str,
        made_from: &str,
    ) -> Result<(Vec<T>, Appender), Error> {
        let path = self.dir.join(format!("{name}-{}.jsonl", &made_from[..made_from.len().min(16)]));
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Error::io("read", &path)(error)),
        };
        let mut results = Vec::new();
        let mut whole = 0;
        for line in text.split_inclusive('\n').take_while(|line| line.ends_with('\n')) {
            let Ok(result) = serde_json::from_str(line) else { break };
            results.push(result);
            whole += line.len();
        }
        let file =
            OpenOptions::new().create(true).append(true).open(&path).map_err(Error::io("open", &path))?;
        file.set_len(whole as u64).map_err(Error::io("write", &path))?;
        Ok((results, Appender { file, path }))
    }
}

/// Where more results go.
pub(super) struct Appender {
    file: File,
    path: PathBuf,
}

impl Appender {
    /// Keeps one more result.
    pub(super) fn keep<T: Serialize>(&mut self, result: &T) -> Result<(), Error> {
        let mut line = serde_json::to_vec(result).map_err(|error| Error::Bug(error.to_string()))?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(Error::io("write", &self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::frame::Frame;
    use crate::decide::task::Task;

    #[test]
    fn what_is_measured_so_far_is_there_where_somebody_may_watch_and_goes_again() {
        let out = tempfile::tempdir().unwrap();
        let task = Task::parse("kind = 'classify'", "".into(), "topics").unwrap();
        let frame = Frame { task: &task, created: String::new(), command: String::new(), threads: 1 };
        let kept = |watched: bool| Kept::open(&out.path().join("work")).unwrap().watched(watched);
        assert!(kept(true).is_watched());
        assert!(!kept(false).is_watched());
        kept(false).show(&frame.experiment());
        assert!(!so_far(out.path()).exists());
        kept(true).show(&frame.experiment());
        let left: Experiment = serde_json::from_slice(&std::fs::read(so_far(out.path())).unwrap()).unwrap();
        assert_eq!(left, frame.experiment());
        kept(true).hide();
        assert!(!so_far(out.path()).exists());
    }

    #[test]
    fn one_process_at_a_time_measures_what_is_kept_in_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::open(dir.path()).unwrap();
        let error = Kept::open(dir.path()).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("another `engraft decide` is at work"), "{error}");
        drop(kept);
        assert!(Kept::open(dir.path()).is_ok());
    }

    #[test]
    fn what_was_kept_comes_back_and_a_torn_line_does_not() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept::open(dir.path()).unwrap();
        let (before, mut more) = kept.results::<u32>("rows", "abc").unwrap();
        assert!(before.is_empty());
        more.keep(&1).unwrap();
        more.keep(&2).unwrap();
        more.file.write_all(b"3").unwrap();
        let (again, mut more) = kept.results::<u32>("rows", "abc").unwrap();
        assert_eq!(again, [1, 2]);
        more.keep(&4).unwrap();
        assert_eq!(kept.results::<u32>("rows", "abc").unwrap().0, [1, 2, 4]);
        assert!(kept.results::<u32>("rows", "other").unwrap().0.is_empty());
    }
}
