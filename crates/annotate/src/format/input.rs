//! Where an import reads from.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::format::FormatError;

/// A file or folder, or bytes that are already here.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A file, or for brat and BEIR a folder.
    Path(&'a Path),
    /// The content of a file.
    Bytes(&'a [u8]),
}

impl<'a> Input<'a> {
    pub(crate) fn open(&self) -> Result<Box<dyn BufRead + 'a>, FormatError> {
        match *self {
            Input::Bytes(bytes) => Ok(Box::new(bytes)),
            Input::Path(path) => {
                let file = File::open(path).map_err(|source| unreadable(path, source))?;
                Ok(Box::new(BufReader::with_capacity(1 << 16, file)))
            }
        }
    }

    /// The error of a read that failed half-way.
    pub(crate) fn failed(&self, source: std::io::Error) -> FormatError {
        match *self {
            Input::Path(path) => unreadable(path, source),
            Input::Bytes(_) => unreadable(Path::new("the input"), source),
        }
    }
}

pub(crate) fn unreadable(path: &Path, source: std::io::Error) -> FormatError {
    FormatError::Read { path: path.to_path_buf(), source }
}
