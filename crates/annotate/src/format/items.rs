//! JSON items of a file of any size: of one array, of lines, or written one after the other.
//!
//! The file is cut where items end, without being parsed, so that a bad item is one bad item, its line is known, and no
//! more than one is in memory. An array `[…]` is cut at its commas. Otherwise every line is an item – unless the first
//! line ends inside an object: then objects may span lines.

use std::io::{self, BufRead};

use serde_json::Value;

use crate::format::lines::LONGEST;

/// Bytes that are kept from item to item.
const ROOM: usize = 1 << 16;

/// The line an item begins on, or its mistake is on, and its value or what is wrong with it.
pub(crate) type Item = (u64, Result<Value, String>);

/// Reads item by item.
pub(crate) struct Items<R> {
    reader: R,
    cutter: Cutter,
    done: bool,
}

impl<R: BufRead> Items<R> {
    pub(crate) fn new(reader: R) -> Items<R> {
        Items { reader, cutter: Cutter::new(), done: false }
    }

    /// The next item; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Item>> {
        while !self.done {
            let bytes = self.reader.fill_buf()?;
            if bytes.is_empty() {
                self.done = true;
                return Ok(self.cutter.last());
            }
            let end = self.cutter.cut(bytes);
            let used = end.map_or(bytes.len(), |at| at + 1);
            self.reader.consume(used);
            if end.is_some()
                && let Some(item) = self.cutter.take()
            {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Unknown,
    Array,
    ClosedArray,
    FirstLine,
    Lines,
    Values,
}

/// Finds where items end, byte by byte.
struct Cutter {
    layout: Layout,
    line: u64,
    item: Vec<u8>,
    item_line: u64,
    too_long: bool,
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Cutter {
    fn new() -> Cutter {
        Cutter {
            layout: Layout::Unknown,
            line: 1,
            item: Vec::new(),
            item_line: 1,
            too_long: false,
            depth: 0,
            in_string: false,
            escaped: false,
        }
    }

    /// Takes in bytes up to the one an item ends with, and where that is; all of them when none does.
    fn cut(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            if self.in_string && !self.escaped {
                // Most of a file lies inside strings: what cannot end one is taken in at once.
                let rest = &bytes[at..];
                let special = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | b'\n'));
                let plain = special.unwrap_or(rest.len());
                self.push(&rest[..plain]);
                at += plain;
                if at == bytes.len() {
                    break;
                }
            }
            if self.step(bytes[at]) {
                return Some(at);
            }
            at += 1;
        }
        None
    }

    /// Takes in one byte; whether an item ends with it.
    fn step(&mut self, byte: u8) -> bool {
        let newline = byte == b'\n';
        self.line += u64::from(newline);
        if self.item.is_empty() && !self.too_long {
            if byte.is_ascii_whitespace() {
                return false;
            }
            match (self.layout, byte) {
                (Layout::Unknown, b'[') => {
                    self.layout = Layout::Array;
                    return false;
                }
                // A byte order mark; no JSON begins with one of its bytes.
                (Layout::Unknown, 0xef | 0xbb | 0xbf) => return false,
                (Layout::Unknown, _) => self.layout = Layout::FirstLine,
                (Layout::Array | Layout::Values, b',') => return false,
                (Layout::Array, b']') => {
                    self.layout = Layout::ClosedArray;
                    return false;
                }
                _ => {}
            }
            self.item_line = self.line;
        }
        if newline && matches!(self.layout, Layout::FirstLine | Layout::Lines | Layout::ClosedArray) {
            if self.layout == Layout::FirstLine && self.depth > 0 {
                self.layout = Layout::Values;
            } else {
                if self.layout == Layout::FirstLine {
                    self.layout = Layout::Lines;
                }
                return true;
            }
        }
        self.track(byte)
    }

    fn track(&mut self, byte: u8) -> bool {
        if self.in_string {
            self.in_string = self.escaped || byte != b'"';
            self.escaped = byte == b'\\' && !self.escaped;
            self.push(&[byte]);
            return false;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b',' if self.depth == 0 && self.layout == Layout::Array => return true,
            b']' if self.depth == 0 && self.layout == Layout::Array => {
                self.layout = Layout::ClosedArray;
                return true;
            }
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.push(&[byte]);
                return self.depth == 0 && self.layout == Layout::Values;
            }
            _ => {}
        }
        self.push(&[byte]);
        false
    }

    fn push(&mut self, bytes: &[u8]) {
        let room = LONGEST - self.item.len();
        self.too_long |= bytes.len() > room;
        self.item.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// The item that just ended, unless it is blank. Its room stays for the next one, unless it was a rare long one.
    fn take(&mut self) -> Option<Item> {
        let found = self.found();
        self.item.clear();
        self.item.shrink_to(ROOM);
        (self.too_long, self.depth, self.in_string, self.escaped) = (false, 0, false, false);
        found
    }

    fn found(&self) -> Option<Item> {
        if self.too_long {
            return Some((self.item_line, Err("the item is longer than 32 MiB".to_string())));
        }
        let text = self.item.trim_ascii();
        if text.is_empty() {
            return None;
        }
        Some(match serde_json::from_slice(text) {
            Ok(value) => (self.item_line, Ok(value)),
            Err(error) => {
                let words = error.to_string();
                let words = words.split(" at line ").next().unwrap_or(&words);
                let line = self.item_line + (error.line() as u64).saturating_sub(1);
                (line, Err(format!("this is no JSON: {words}")))
            }
        })
    }

    /// What is left when the file ends.
    fn last(&mut self) -> Option<Item> {
        let open = self.layout == Layout::Array;
        let item = self.take();
        let unclosed = || (self.line, Err("the file ends inside its array".to_string()));
        item.or_else(|| open.then(unclosed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[track_caller]
    fn check(file: &str, expected: Expect) {
        // From one byte at a time, so that every border of the buffer is tried, to all at once.
        let seen = |size| {
            let mut items = Items::new(io::BufReader::with_capacity(size, file.as_bytes()));
            let mut seen = Vec::new();
            while let Some((line, item)) = items.next().unwrap() {
                seen.push(match item {
                    Ok(value) => format!("{line} {value}"),
                    Err(message) => format!("{line} ! {message}"),
                });
            }
            seen.join("\n")
        };
        for size in 2..=file.len() {
            assert_eq!(seen(size), seen(1), "{size} bytes at a time");
        }
        expected.assert_eq(&seen(1));
    }

    #[test]
    fn an_array_is_cut_at_its_commas() {
        check(
            "[{\"a\":\"x, ]\\\"\"},\n [1,[2]] ,\n3]\n",
            expect![[r#"
            1 {"a":"x, ]\""}
            2 [1,[2]]
            3 3"#]],
        );
    }

    #[test]
    fn each_line_is_an_item_and_a_bad_one_costs_only_itself() {
        check(
            "\u{feff}{\"a\":1}\r\n\r\n{\"a\":\n{\"a\":2}",
            expect![[r#"
                1 {"a":1}
                3 ! this is no JSON: EOF while parsing a value
                4 {"a":2}"#]],
        );
    }

    #[test]
    fn an_object_over_several_lines_is_one_item() {
        check(
            "{\n\"a\": 1\n}\n{\n\"a\": ]\n}\n",
            expect![[r#"
                1 {"a":1}
                5 ! this is no JSON: expected value
                6 ! this is no JSON: expected value"#]],
        );
    }

    #[test]
    fn an_array_cut_short_says_so() {
        check(
            "[{\"a\":1},",
            expect![[r#"
            1 {"a":1}
            1 ! the file ends inside its array"#]],
        );
        check(
            "[{\"a\":1},\n{\"a",
            expect![[r#"
            1 {"a":1}
            2 ! this is no JSON: EOF while parsing a string"#]],
        );
    }

    #[test]
    fn words_after_the_array_are_no_item() {
        check(
            "[1]\n]] x\n",
            expect![[r#"
            1 1
            2 ! this is no JSON: expected value"#]],
        );
    }
}
