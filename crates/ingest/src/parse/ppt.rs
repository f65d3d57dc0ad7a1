//! PowerPoint 97-2003 (.ppt): the current slides by way of the persist directory, their texts in order.
//!
//! Layout after [MS-PPT].

use std::collections::BTreeMap;

use encoding_rs::WINDOWS_1252;
use engraft_core::{BlockKind, Content};
use serde_json::Value;

use super::ParseError;
use super::build::Builder;
use super::compound::{Compound, u16_at, u32_at};
use super::job::Job;

// Types of records.
const DOCUMENT: u16 = 0x03e8;
const SLIDE_PERSIST: u16 = 0x03f3;
const TEXT_HEADER: u16 = 0x0f9f;
const TEXT_WIDE: u16 = 0x0fa0;
const TEXT_NARROW: u16 = 0x0fa8;
const SLIDE_LIST: u16 = 0x0ff0;
const USER_EDIT: u16 = 0x0ff5;
const PERSIST_DIRECTORY: u16 = 0x1772;
const DRAWING_TEXT: u16 = 0xf00d;

/// Containers nested deeper than this are an attack.
const MAX_DEPTH: usize = 24;

/// Reads a PPT file.
pub(crate) fn parse(bytes: &[u8], job: &Job) -> Result<Content, ParseError> {
    let file = Compound::open(bytes)?;
    let user = file.stream("Current User").unwrap_or_default();
    if u32_at(&user, 12) == 0xf3d1_c4df {
        return Err(ParseError::Encrypted);
    }
    let missing = || ParseError::Malformed("its slides are missing".to_string());
    let stream = file.stream("PowerPoint Document").ok_or_else(missing)?;
    let (places, document) = persist(&stream, u32_at(&user, 16) as usize);
    let document = document.and_then(|id| places.get(&id)).and_then(|&at| record(&stream, at));
    let document = document.or_else(|| records(&stream).filter(|record| record.kind == DOCUMENT).last());
    let document = document.ok_or_else(missing)?;
    let mut builder = Builder::new("application/vnd.ms-powerpoint", job.limits);
    let (title, author) = file.summary();
    builder.title = title.filter(|title| title != "PowerPoint Presentation");
    builder.metadata.extend(author.map(|author| ("author".to_string(), Value::String(author))));
    let lists = |instance: u16| {
        records(document.body).filter(move |r| r.kind == SLIDE_LIST && r.instance == instance)
    };
    let mut page = 0;
    for list in lists(0) {
        let mut texts: Vec<(u32, Vec<Text>)> = Vec::new();
        let mut header = 4;
        for record in records(list.body) {
            match record.kind {
                SLIDE_PERSIST => texts.push((u32_at(record.body, 0), Vec::new())),
                TEXT_HEADER => header = u32_at(record.body, 0),
                _ => {
                    let text = record.text().map(|words| Text { role: header, words });
                    texts.last_mut().into_iter().for_each(|(_, slide)| slide.extend(text.clone()));
                }
            }
        }
        for (id, mut slide) in texts {
            page += 1;
            if page as usize > job.limits.max_pages {
                return Err(ParseError::too_large("slides", job.limits.max_pages));
            }
            builder.page = Some(page);
            if let Some(drawing) = places.get(&id).and_then(|&at| record(&stream, at)) {
                drawn(drawing.body, 0, &mut slide);
            }
            push_slide(&mut builder, slide);
        }
    }
    builder.finish()
}

/// A text and what it is for: 0 and 6 are titles, 1 and 5, 7, 8 bodies, 2 notes, 4 anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Text {
    role: u32,
    words: String,
}

fn push_slide(builder: &mut Builder, texts: Vec<Text>) {
    let mut seen: Vec<&str> = Vec::new();
    let is_title = |text: &&Text| matches!(text.role, 0 | 6);
    for text in texts.iter().filter(is_title).chain(texts.iter().filter(|text| !is_title(text))) {
        // Outline and drawing repeat each other.
        if seen.contains(&text.words.as_str()) || text.words.trim() == "*" {
            continue;
        }
        seen.push(&text.words);
        let paragraphs: Vec<&str> = text.words.split('\r').filter(|words| !words.trim().is_empty()).collect();
        let kind = match text.role {
            0 | 6 => BlockKind::Heading(2),
            1 | 5 | 7 | 8 if paragraphs.len() > 1 => BlockKind::ListItem,
            _ => BlockKind::Paragraph,
        };
        if matches!(kind, BlockKind::Heading(_)) {
            builder.push(kind, &paragraphs.join(" ").replace('\u{b}', " "));
        } else {
            for words in paragraphs {
                builder.push(kind, &words.replace('\u{b}', "\n"));
            }
        }
    }
}

/// Adds the texts of shapes that are no placeholders of the outline.
fn drawn(body: &[u8], depth: usize, texts: &mut Vec<Text>) {
    for record in records(body) {
        if record.kind == DRAWING_TEXT {
            let mut role = 4;
            for inner in records(record.body) {
                if inner.kind == TEXT_HEADER {
                    role = u32_at(inner.body, 0);
                }
                texts.extend(inner.text().map(|words| Text { role, words }));
            }
        } else if record.is_container && depth < MAX_DEPTH {
            drawn(record.body, depth + 1, texts);
        }
    }
}

/// Where every object of the newest version stands, and which object is the document.
fn persist(stream: &[u8], newest: usize) -> (BTreeMap<u32, usize>, Option<u32>) {
    let mut places = BTreeMap::new();
    let mut document = None;
    let mut at = newest;
    // Older versions are chained behind; what a newer one says holds.
    for _ in 0..1_000 {
        let Some(edit) = record(stream, at).filter(|record| record.kind == USER_EDIT) else { break };
        document = document.or(Some(u32_at(edit.body, 16)));
        if let Some(list) =
            record(stream, u32_at(edit.body, 12) as usize).filter(|r| r.kind == PERSIST_DIRECTORY)
        {
            read_directory(list.body, &mut places);
        }
        let previous = u32_at(edit.body, 8) as usize;
        if previous == 0 || previous >= at {
            break;
        }
        at = previous;
    }
    (places, document)
}

fn read_directory(list: &[u8], places: &mut BTreeMap<u32, usize>) {
    let mut at = 0;
    while at + 4 <= list.len() {
        let head = u32_at(list, at);
        let (first, count) = (head & 0xf_ffff, head >> 20);
        at += 4;
        for index in 0..count {
            places.entry(first + index).or_insert(u32_at(list, at) as usize);
            at += 4;
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Record<'a> {
    kind: u16,
    instance: u16,
    is_container: bool,
    body: &'a [u8],
}

impl Record<'_> {
    fn text(&self) -> Option<String> {
        match self.kind {
            TEXT_WIDE => {
                let units: Vec<u16> = (0..self.body.len() / 2).map(|at| u16_at(self.body, at * 2)).collect();
                Some(String::from_utf16_lossy(&units))
            }
            TEXT_NARROW => Some(WINDOWS_1252.decode_without_bom_handling(self.body).0.into_owned()),
            _ => None,
        }
    }
}

/// The record at `at`, cut where the bytes end.
fn record(bytes: &[u8], at: usize) -> Option<Record<'_>> {
    let head = bytes.get(at..at.checked_add(8)?)?;
    let version = u16_at(head, 0);
    let length = u32_at(head, 4) as usize;
    let body = bytes.get(at + 8..(at + 8).saturating_add(length).min(bytes.len()))?;
    Some(Record { kind: u16_at(head, 2), instance: version >> 4, is_container: version & 0xf == 0xf, body })
}

/// The records that follow each other in `bytes`.
fn records(bytes: &[u8]) -> impl Iterator<Item = Record<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let found = record(bytes, at)?;
        at += 8 + found.body.len();
        Some(found)
    })
}
