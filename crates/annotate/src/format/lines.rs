//! Lines of a file of any size, none of them longer than memory allows.

use std::io::{self, BufRead};

/// The most bytes of one line or one JSON item that are held in memory.
pub(crate) const LONGEST: usize = 32 << 20;

/// One line, without its ending.
pub(crate) enum Line<'a> {
    /// Its text. A byte order mark at the very start of the file is left out.
    Text(&'a str),
    /// It is longer than [`LONGEST`] or no UTF-8: why.
    Bad(&'static str),
}

/// Reads line by line, counting from 1.
pub(crate) struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(reader: R) -> Lines<R> {
        Lines { reader, buffer: Vec::new(), number: 0 }
    }

    /// The next line and its number; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<(u64, Line<'_>)>> {
        self.buffer.clear();
        let mut too_long = false;
        let mut any = false;
        loop {
            let bytes = self.reader.fill_buf()?;
            if bytes.is_empty() {
                break;
            }
            any = true;
            let end = bytes.iter().position(|&byte| byte == b'\n');
            let take = end.map_or(bytes.len(), |at| at + 1);
            too_long |= self.buffer.len() + take > LONGEST;
            if !too_long {
                self.buffer.extend_from_slice(&bytes[..take]);
            }
            self.reader.consume(take);
            if end.is_some() {
                break;
            }
        }
        if !any {
            return Ok(None);
        }
        self.number += 1;
        if too_long {
            return Ok(Some((self.number, Line::Bad("the line is longer than 32 MiB"))));
        }
        let mut bytes = self.buffer.as_slice();
        bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        if self.number == 1 {
            bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        }
        let line = std::str::from_utf8(bytes).map_or(Line::Bad("the line is not UTF-8"), Line::Text);
        Ok(Some((self.number, line)))
    }
}
