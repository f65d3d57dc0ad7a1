//! What was measured before an interruption: one file a set of results, a line a result, never measured twice.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;

/// The folder of kept results.
pub(super) struct Kept {
    dir: PathBuf,
}

impl Kept {
    pub(super) fn open(dir: &Path) -> Result<Kept, Error> {
        std::fs::create_dir_all(dir).map_err(Error::io("create", dir))?;
        Ok(Kept { dir: dir.to_path_buf() })
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
    /// Forgets every result.
    pub(super) fn clear(&mut self) -> Result<(), Error> {
        self.file.set_len(0).map_err(Error::io("write", &self.path))
    }

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
