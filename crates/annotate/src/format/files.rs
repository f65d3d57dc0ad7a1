//! Files under way: hashed as they are written, beside their place until they are whole.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::format::{Exported, FormatError};

/// A file that appears under its name when finished, and not before.
pub(crate) struct NewFile {
    path: PathBuf,
    partial: PathBuf,
    out: BufWriter<File>,
    hash: Sha256,
    pub(crate) rows: u64,
    done: bool,
}

impl NewFile {
    pub(crate) fn create(path: &Path) -> Result<NewFile, FormatError> {
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(".partial");
        let partial = path.with_file_name(name);
        let file = File::create(&partial).map_err(|source| unwritable(&partial, source))?;
        let out = BufWriter::with_capacity(1 << 16, file);
        Ok(NewFile { path: path.to_path_buf(), partial, out, hash: Sha256::new(), rows: 0, done: false })
    }

    pub(crate) fn write(&mut self, text: &str) -> Result<(), FormatError> {
        self.hash.update(text.as_bytes());
        self.out.write_all(text.as_bytes()).map_err(|source| unwritable(&self.partial, source))
    }

    pub(crate) fn finish(mut self) -> Result<Exported, FormatError> {
        self.out.flush().map_err(|source| unwritable(&self.partial, source))?;
        fs::rename(&self.partial, &self.path).map_err(|source| unwritable(&self.path, source))?;
        self.done = true;
        let (path, hash) = (std::mem::take(&mut self.path), std::mem::take(&mut self.hash));
        Ok(Exported { path, rows: self.rows, sha256: hex(hash) })
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.done {
            // Nobody waits for what was not finished, nor for news of it.
            let _ = fs::remove_file(&self.partial);
        }
    }
}

/// The hash of many files by name: of their `sha256  name` lines.
#[derive(Default)]
pub(crate) struct Listing {
    hash: Sha256,
}

impl Listing {
    pub(crate) fn add(&mut self, name: &str, sha256: &str) {
        self.hash.update(format!("{sha256}  {name}\n").as_bytes());
    }

    pub(crate) fn finish(self) -> String {
        hex(self.hash)
    }
}

/// Writes a small file at once; its hash.
pub(crate) fn write_whole(path: &Path, text: &str) -> Result<String, FormatError> {
    fs::write(path, text).map_err(|source| unwritable(path, source))?;
    Ok(hex(Sha256::new().chain_update(text.as_bytes())))
}

pub(crate) fn create_folder(path: &Path) -> Result<(), FormatError> {
    fs::create_dir_all(path).map_err(|source| unwritable(path, source))
}

pub(crate) fn unwritable(path: &Path, source: std::io::Error) -> FormatError {
    FormatError::Write { path: path.to_path_buf(), source }
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
