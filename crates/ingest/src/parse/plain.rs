//! Plain text: the decoded file to the letter, its paragraphs split at blank lines.

use engraft_core::{Block, BlockKind, CharMap, Content};

use super::ParseError;
use super::decode::decode;
use super::job::Job;

/// Reads a plain text file.
pub(crate) fn parse(bytes: &[u8], job: &Job) -> Result<Content, ParseError> {
    let decoded = decode(bytes, None)?;
    let content = of_text(decoded.text, job)?;
    Ok(Content { warnings: decoded.warnings, ..content })
}

/// The content whose stored text is `text`.
pub(crate) fn of_text(text: String, job: &Job) -> Result<Content, ParseError> {
    let map = CharMap::new(&text);
    if map.chars() > job.limits.max_text_chars {
        return Err(ParseError::too_large("characters of text", job.limits.max_text_chars));
    }
    let blocks: Vec<Block> = paragraphs(&text)
        .into_iter()
        .filter_map(|(start, end)| {
            let span = map.span_of_bytes(start, end)?;
            Some(Block { span, kind: BlockKind::Paragraph, page: None, place: None, plain: None })
        })
        .collect();
    if blocks.is_empty() {
        return Err(ParseError::NoText);
    }
    Ok(Content { mime: "text/plain".to_string(), text, blocks, ..Content::default() })
}

/// The byte ranges of the stretches between blank lines, without blanks at their ends.
pub(crate) fn paragraphs(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive(['\n', '\u{c}', '\u{2029}']) {
        let words = line.trim();
        if words.is_empty() {
            found.extend(open.take());
        } else {
            let start = at + (line.len() - line.trim_start().len());
            let first = open.map_or(start, |(first, _)| first);
            open = Some((first, start + words.len()));
        }
        if line.ends_with(['\u{c}', '\u{2029}']) {
            found.extend(open.take());
        }
        at += line.len();
    }
    found.extend(open);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let quotes: Vec<_> = paragraphs(text).into_iter().map(|(start, end)| &text[start..end]).collect();
        assert_eq!(quotes, expected);
    }

    #[test]
    fn a_blank_line_ends_a_paragraph() {
        check("one\nmore\n\n  two ", &["one\nmore", "two"]);
    }

    #[test]
    fn windows_line_ends_stay_inside() {
        check("one\r\nmore\r\n \r\ntwo\r\n", &["one\r\nmore", "two"]);
    }

    #[test]
    fn a_form_feed_ends_a_paragraph() {
        check("one\u{c}two", &["one", "two"]);
    }
}
