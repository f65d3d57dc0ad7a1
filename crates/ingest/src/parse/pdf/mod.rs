//! PDF to stored text: characters with their places, then lines, columns, paragraphs, headings and tables.
//!
//! The object layer is lopdf's; reading order, fonts and layout are our own, for they decide the quality of the text.

mod annotation;
mod cmap;
mod column;
mod encoding;
mod flow;
mod font;
mod furniture;
mod line;
mod matrix;
mod metrics;
mod page;
mod program;
mod properties;
mod row;
mod table;

use engraft_core::Content;
use lopdf::{DecompressError, Document, LoadOptions};

use super::ParseError;
use super::build::Builder;
use super::job::Job;
use page::{Glyph, Reader};
use row::Row;

/// Drawing commands run in one document; a page of dense text has about 5,000, a map a million.
const MAX_COMMANDS: usize = 10_000_000;

/// Reads a PDF. One that opens with an empty password counts as open.
pub(crate) fn parse(bytes: &[u8], job: &Job) -> Result<Content, ParseError> {
    let limits = job.limits;
    let stream_bytes = job.bytes_left();
    let options = LoadOptions { max_decompressed_size: Some(stream_bytes), ..LoadOptions::default() };
    let doc = Document::load_mem_with_options(bytes, options).map_err(explain)?;
    if doc.is_encrypted() && doc.encryption_state.is_none() {
        return Err(ParseError::Encrypted);
    }
    let mut builder = Builder::new("application/pdf", limits);
    let pages: Vec<_> = doc.page_iter().take(limits.max_pages + 1).collect();
    if pages.is_empty() {
        return Err(ParseError::Malformed("it has no pages".to_string()));
    }
    if pages.len() > limits.max_pages {
        return Err(ParseError::too_large("pages", limits.max_pages));
    }
    let mut reader = Reader::new(&doc, MAX_COMMANDS, limits.max_text_chars, stream_bytes);
    let mut rows: Vec<Row> = Vec::new();
    let mut known = 0;
    for (number, id) in (1..).zip(&pages) {
        let glyphs = reader.glyphs(*id);
        known += glyphs.len();
        page_rows(&glyphs, number, &mut rows);
        if reader.exhausted {
            let of = pages.len();
            builder
                .warnings
                .push(format!("stopped on page {number} of {of}: too many characters or drawing commands"));
            break;
        }
    }
    if reader.unknown * 50 > known + reader.unknown {
        let lost = reader.unknown;
        builder.warnings.push(format!("{lost} characters are in a font that does not say which they are"));
    }
    if !furniture::remove(&mut rows, pages.len()).is_empty() {
        builder.warnings.push("running headers, footers and page numbers were left out".to_string());
    }
    if reader.oversized {
        if rows.is_empty() {
            return Err(ParseError::too_large("unpacked bytes", stream_bytes));
        }
        builder.warnings.push("a page that unpacks to too many bytes was left out".to_string());
    }
    flow::write(&rows, &properties::outline(&doc), &mut builder);
    properties::describe(&doc, pages.len(), &mut builder);
    builder.finish().map_err(|error| if error == ParseError::NoText { ParseError::Scan } else { error })
}

fn explain(error: lopdf::Error) -> ParseError {
    match error {
        lopdf::Error::InvalidPassword
        | lopdf::Error::Decryption(_)
        | lopdf::Error::UnsupportedSecurityHandler(_) => ParseError::Encrypted,
        lopdf::Error::Decompress(DecompressError::MemoryLimitExceeded { limit }) => {
            ParseError::too_large("unpacked bytes", limit)
        }
        other => ParseError::Malformed(other.to_string()),
    }
}

/// Appends the rows of a page in reading order; text in the page's main direction comes first.
fn page_rows(glyphs: &[Glyph], number: u32, rows: &mut Vec<Row>) {
    let mut turns: Vec<(u8, Vec<Glyph>)> = (0..4)
        .map(|turn| (turn, glyphs.iter().filter(|g| g.turn == turn).copied().collect::<Vec<_>>()))
        .filter(|(_, glyphs)| !glyphs.is_empty())
        .collect();
    turns.sort_by_key(|(turn, glyphs)| (std::cmp::Reverse(glyphs.len()), *turn));
    let mut next = rows.last().map_or(0, |row| row.region + 1);
    for (_, glyphs) in turns {
        let mut turned = Vec::new();
        for region in column::regions(line::segments(&glyphs)) {
            turned.extend(row::rows(region, number, next));
            next += 1;
        }
        row::mark_edges(&mut turned);
        rows.append(&mut turned);
    }
}
