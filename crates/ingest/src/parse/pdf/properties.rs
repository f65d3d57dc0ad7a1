//! What a PDF says about itself: title, author, dates, and its outline.

use std::collections::{BTreeMap, BTreeSet};

use lopdf::{Dictionary, Document, Object, ObjectId, decode_text_string};
use serde_json::json;

use super::flow::key;
use crate::parse::build::{Builder, one_line};

/// Outline entries looked at, and levels of them.
const MAX_ENTRIES: usize = 5_000;
const MAX_LEVELS: u8 = 12;

/// Fills in title and metadata from the document information dictionary.
pub(super) fn describe(doc: &Document, pages: usize, builder: &mut Builder) {
    builder.metadata.insert("pages".to_string(), json!(pages));
    let Ok(info) = doc.trailer.get_deref(b"Info", doc).and_then(Object::as_dict) else { return };
    builder.title = text(info, b"Title", doc).filter(|title| is_title(title));
    for (from, to) in [(b"Author".as_slice(), "author"), (b"Subject", "subject"), (b"Keywords", "keywords")] {
        if let Some(value) = text(info, from, doc) {
            builder.metadata.insert(to.to_string(), json!(value));
        }
    }
    for (from, to) in [(b"CreationDate".as_slice(), "created"), (b"ModDate", "modified")] {
        if let Some(date) = text(info, from, doc).as_deref().and_then(date) {
            builder.metadata.insert(to.to_string(), json!(date));
        }
    }
}

fn text(dict: &Dictionary, name: &[u8], doc: &Document) -> Option<String> {
    let value = dict.get_deref(name, doc).ok()?;
    let text = decode_text_string(value).ok()?;
    let text: String = text.chars().filter(|c| !c.is_control() && *c != '\u{feff}').take(1000).collect();
    Some(one_line(&text)).filter(|text| !text.is_empty())
}

/// Many programs write the name of the source file, or of nothing, as the title.
fn is_title(title: &str) -> bool {
    let lower = title.to_lowercase();
    let file = [
        ".doc", ".docx", ".pdf", ".tex", ".dvi", ".indd", ".xls", ".xlsx", ".ppt", ".pptx", ".rtf", ".qxd",
        ".ps",
    ];
    !(file.iter().any(|end| lower.ends_with(end))
        || lower.starts_with("untitled")
        || lower.starts_with("microsoft "))
}

/// `D:20240131120000+01'00'` as `2024-01-31`; `None` for what is no date.
fn date(text: &str) -> Option<String> {
    let digits = text.strip_prefix("D:").unwrap_or(text).get(..8)?;
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (year, month, day) = (&digits[..4], &digits[4..6], &digits[6..]);
    ((b"01".as_slice()..=b"12").contains(&month.as_bytes())
        && (b"01".as_slice()..=b"31").contains(&day.as_bytes()))
    .then(|| format!("{year}-{month}-{day}"))
}

/// The titles of the outline in the form of [`key`], with their levels from 1.
pub(super) fn outline(doc: &Document) -> BTreeMap<String, u8> {
    let mut titles = BTreeMap::new();
    let mut seen: BTreeSet<ObjectId> = BTreeSet::new();
    let root =
        doc.catalog().ok().and_then(|c| c.get_deref(b"Outlines", doc).ok()).and_then(|o| o.as_dict().ok());
    let mut open: Vec<(ObjectId, u8)> = Vec::new();
    let reference = |dict: &Dictionary, name: &[u8]| dict.get(name).and_then(Object::as_reference).ok();
    open.extend(root.and_then(|root| reference(root, b"First")).map(|first| (first, 1)));
    while let Some((id, level)) = open.pop() {
        if !seen.insert(id) || seen.len() > MAX_ENTRIES || level > MAX_LEVELS {
            continue;
        }
        let Ok(entry) = doc.get_dictionary(id) else { continue };
        if let Some(title) = text(entry, b"Title", doc) {
            let title = key(&title);
            if title.len() > 2 {
                titles.entry(title).or_insert(level);
            }
        }
        open.extend(reference(entry, b"Next").map(|next| (next, level)));
        open.extend(reference(entry, b"First").map(|first| (first, level + 1)));
    }
    titles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_and_a_non_date_is_not() {
        assert_eq!(date("D:20240131120000+01'00'").as_deref(), Some("2024-01-31"));
        assert_eq!(date("D:20241331"), None);
        assert_eq!(date("yesterday"), None);
    }
}
