//! Word 6 to 2003 (.doc): the text by its pieces, headings and table rows by their paragraph properties.
//!
//! Layout after [MS-DOC].

use encoding_rs::WINDOWS_1252;
use engraft_core::{BlockKind, Content};
use serde_json::Value;

use super::ParseError;
use super::build::Builder;
use super::compound::{Compound, u16_at, u32_at};
use super::decode::guess;
use super::job::Job;
use super::table::{Row, push_table};

/// Reads a DOC file.
pub(crate) fn parse(bytes: &[u8], job: &Job) -> Result<Content, ParseError> {
    let file = Compound::open(bytes)?;
    let word = file
        .stream("WordDocument")
        .ok_or_else(|| ParseError::Malformed("its text is missing".to_string()))?;
    let flags = u16_at(&word, 0x0a);
    if flags & 0x0100 != 0 {
        return Err(ParseError::Encrypted);
    }
    let mut builder = Builder::new("application/msword", job.limits);
    let (title, author) = file.summary();
    builder.title = title;
    builder.metadata.extend(author.map(|author| ("author".to_string(), Value::String(author))));
    // Before Word 97 the text is one run of bytes.
    if u16_at(&word, 2) < 193 {
        let (from, to) = (u32_at(&word, 0x18) as usize, u32_at(&word, 0x1c) as usize);
        let text = word.get(from..to.min(word.len())).unwrap_or_default();
        let text = guess(text).decode_without_bom_handling(text).0;
        let units = text.encode_utf16().map(|unit| (unit, from)).collect();
        let mut writer = Writer { builder, marks: Marks::default(), cells: Vec::new(), rows: Vec::new() };
        writer.write(units);
        return writer.finish();
    }
    let table = file.stream(if flags & 0x0200 != 0 { "1Table" } else { "0Table" }).unwrap_or_default();
    let units = units(&word, &table);
    let marks = Marks::read(&word, &table);
    let length = |at: usize| u32_at(&word, at) as usize;
    let (main, footnotes, headers) = (length(0x4c), length(0x50), length(0x54));
    let (macros, comments, endnotes, boxes) = (length(0x58), length(0x5c), length(0x60), length(0x64));
    let mut writer = Writer { builder, marks, cells: Vec::new(), rows: Vec::new() };
    // Headers and comments are no part of the text.
    let after = main
        .saturating_add(footnotes)
        .saturating_add(headers)
        .saturating_add(macros)
        .saturating_add(comments);
    for (from, count) in [(0, main), (main, footnotes), (after, endnotes.saturating_add(boxes))] {
        let part = units.get(from.min(units.len())..from.saturating_add(count).min(units.len()));
        writer.write(part.unwrap_or_default().to_vec());
    }
    writer.finish()
}

/// The sign of a byte in the code page of the West.
fn letter(byte: u8) -> u16 {
    // Signs below the first printable one mean the same in both.
    let text = WINDOWS_1252.decode_without_bom_handling(std::slice::from_ref(&byte)).0;
    text.encode_utf16().next().unwrap_or(u16::from(byte))
}

/// Every UTF-16 unit of the document in logical order, and where in the file it stands.
fn units(word: &[u8], table: &[u8]) -> Vec<(u16, usize)> {
    let (start, length) = (u32_at(word, 0x1a2) as usize, u32_at(word, 0x1a6) as usize);
    let clx = table.get(start..start.saturating_add(length).min(table.len())).unwrap_or_default();
    let mut at = 0;
    while clx.get(at) == Some(&1) {
        at += 3 + u16_at(clx, at + 1) as usize;
    }
    if clx.get(at) != Some(&2) {
        return Vec::new();
    }
    let plc = clx.get(at + 5..).unwrap_or_default();
    let plc = &plc[..plc.len().min(u32_at(clx, at + 1) as usize)];
    let count = plc.len().saturating_sub(4) / 12;
    let mut units = Vec::new();
    for piece in 0..count {
        let (from, to) = (u32_at(plc, piece * 4) as usize, u32_at(plc, piece * 4 + 4) as usize);
        let place = u32_at(plc, (count + 1) * 4 + piece * 8 + 2);
        let is_narrow = place & 0x4000_0000 != 0;
        let place = (place & 0x3fff_ffff) as usize;
        let fits = |unit: usize| (to.saturating_sub(from)).min(word.len() / unit);
        if is_narrow {
            let bytes = word.get(place / 2..).unwrap_or_default();
            let letters = bytes.iter().take(fits(1)).enumerate();
            units.extend(letters.map(|(index, &byte)| (letter(byte), place / 2 + index)));
        } else {
            let bytes = word.get(place..).unwrap_or_default();
            let wide =
                (0..fits(2).min(bytes.len() / 2)).map(|index| (u16_at(bytes, index * 2), place + index * 2));
            units.extend(wide);
        }
        // Pieces that overlap without end are an attack.
        if units.len() > word.len().saturating_mul(2) {
            break;
        }
    }
    units
}

/// What the properties of a paragraph say.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    // Built-in styles 1 to 9 are the headings, in every language.
    style: u16,
    is_row_end: bool,
    is_item: bool,
}

/// The properties of all paragraphs, by where they end in the file.
#[derive(Debug, Default)]
struct Marks(Vec<(usize, usize, Mark)>);

impl Marks {
    fn read(word: &[u8], table: &[u8]) -> Marks {
        let (start, length) = (u32_at(word, 0x102) as usize, u32_at(word, 0x106) as usize);
        let plc = table.get(start..start.saturating_add(length).min(table.len())).unwrap_or_default();
        let count = plc.len().saturating_sub(4) / 8;
        let mut marks = Vec::new();
        for index in 0..count {
            let page = u32_at(plc, (count + 1) * 4 + index * 4) as usize & 0x3f_ffff;
            let Some(page) = word.get(page * 512..page * 512 + 512) else { continue };
            let runs = (page[511] as usize).min(29);
            for run in 0..runs {
                let (from, to) = (u32_at(page, run * 4) as usize, u32_at(page, run * 4 + 4) as usize);
                let place = page[(runs + 1) * 4 + run * 13] as usize * 2;
                marks.push((from, to, if place == 0 { Mark::default() } else { read_mark(page, place) }));
            }
        }
        marks.sort_by_key(|&(from, to, _)| (from, to));
        Marks(marks)
    }

    fn at(&self, place: usize) -> Mark {
        let after = self.0.partition_point(|&(from, ..)| from <= place);
        let found = after.checked_sub(1).map(|index| self.0[index]);
        found.filter(|&(_, to, _)| place < to).map(|(_, _, mark)| mark).unwrap_or_default()
    }
}

/// The properties that begin at `place` of a page: a count, the style, changes to it.
fn read_mark(page: &[u8], place: usize) -> Mark {
    let (first, start) = match page.get(place) {
        Some(0) => (page.get(place + 1).copied().unwrap_or(0) as usize * 2, place + 2),
        Some(&count) => (count as usize * 2 - 1, place + 1),
        None => return Mark::default(),
    };
    let bytes = page.get(start..(start + first).min(page.len())).unwrap_or_default();
    let mut mark = Mark { style: u16_at(bytes, 0), ..Mark::default() };
    let mut at = 2;
    while at + 2 < bytes.len() {
        let change = u16_at(bytes, at);
        let value = bytes.get(at + 2).copied().unwrap_or(0);
        match change {
            0x2417 => mark.is_row_end = value != 0,
            0x460b => mark.is_item = u16_at(bytes, at + 2) != 0,
            _ => {}
        }
        // The size of a change's value is in its top three bits.
        let size = match change >> 13 {
            0 | 1 => 1,
            2 | 4 | 5 => 2,
            3 => 4,
            7 => 3,
            _ if change == 0xd608 => u16_at(bytes, at + 2) as usize + 1,
            _ => value as usize + 1,
        };
        at += 2 + size;
    }
    mark
}

struct Writer {
    builder: Builder,
    marks: Marks,
    cells: Vec<String>,
    rows: Vec<Row>,
}

impl Writer {
    fn write(&mut self, units: Vec<(u16, usize)>) {
        let mut text: Vec<u16> = Vec::new();
        // For every field that is open, whether its code is still being read.
        let mut fields: Vec<bool> = Vec::new();
        for (unit, place) in units {
            match unit {
                0x13 => fields.push(true),
                0x14 => fields.last_mut().into_iter().for_each(|is_code| *is_code = false),
                0x15 => drop(fields.pop()),
                0x0d | 0x0c | 0x07 => self.end_paragraph(&mut text, unit, place),
                _ if fields.iter().any(|&is_code| is_code) => {}
                0x0b => text.push(u16::from(b'\n')),
                0x1e => text.push(u16::from(b'-')),
                0x09 => text.push(unit),
                0..0x20 => {}
                _ => text.push(unit),
            }
        }
        self.end_paragraph(&mut text, 0x0d, usize::MAX);
        self.end_table();
    }

    fn end_paragraph(&mut self, text: &mut Vec<u16>, mark: u16, place: usize) {
        let words = String::from_utf16_lossy(&std::mem::take(text));
        let properties = self.marks.at(place);
        if mark == 0x07 {
            // Without properties to ask, an empty cell ends the row.
            if properties.is_row_end || (self.marks.0.is_empty() && words.is_empty()) {
                let row = Row::of(std::mem::take(&mut self.cells));
                self.rows.extend(Some(row).filter(|row| row.filled() > 0));
            } else {
                self.cells.push(words);
            }
            return;
        }
        if words.trim().is_empty() {
            return;
        }
        self.end_table();
        let kind = match properties.style {
            level @ 1..=9 => BlockKind::Heading((level as u8).min(6)),
            _ if properties.is_item => BlockKind::ListItem,
            _ => BlockKind::Paragraph,
        };
        self.builder.push(kind, &words);
    }

    fn end_table(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        self.rows.extend(Some(Row::of(cells)).filter(|row| row.filled() > 0));
        let rows = std::mem::take(&mut self.rows);
        if !rows.is_empty() {
            push_table(&mut self.builder, &rows, None);
        }
    }

    fn finish(mut self) -> Result<Content, ParseError> {
        self.end_table();
        self.builder.finish()
    }
}
