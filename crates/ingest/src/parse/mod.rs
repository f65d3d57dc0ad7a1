//! Bytes of any known format to stored text with its structure.
//!
//! [`parse`] looks at the bytes first, the file name second and the content third, hands the file to the parser of
//! its format and checks what comes back. A file may hold many documents: archives, mailboxes, record files.

mod archive;
mod build;
mod cell;
mod compound;
mod cues;
mod decode;
mod delimited;
mod doc;
mod docx;
mod epub;
mod error;
mod front_matter;
mod html;
mod job;
mod limits;
mod mail;
mod markdown;
mod notebook;
mod numbering;
mod odf;
mod office;
mod outlook;
mod package;
mod pdf;
mod plain;
mod ppt;
mod pptx;
mod records;
mod rtf;
mod rtf_token;
mod sheet;
mod sniff;
mod styles;
mod table;
mod tags;
mod xml;
mod xml_text;

use std::panic::{AssertUnwindSafe, catch_unwind};

use engraft_core::{CharMap, Content, Diagnostic};
use serde::{Deserialize, Serialize};

use job::{Job, Spent};
use sniff::Format;

pub use error::ParseError;
pub use limits::Limits;

/// One document found in a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parsed {
    /// Where in the file: empty for the file itself, `!/inner.docx` for an archive member or attachment,
    /// `#message-3` for a message of a mailbox, `#` and its id or line for a record. Suffixes of nested containers
    /// follow each other.
    pub suffix: String,
    /// What it says.
    pub content: Content,
}

/// What a file gave: its documents in the order they stand in it, and what could not be read of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The documents.
    pub documents: Vec<Parsed>,
    /// One per part that failed; `uri` is its suffix, to be put behind the file's own uri.
    pub failures: Vec<Diagnostic>,
}

impl Outcome {
    /// The outcome of a file that is one document.
    pub(crate) fn of(content: Content) -> Outcome {
        Outcome { documents: vec![Parsed { suffix: String::new(), content }], failures: Vec::new() }
    }
}

/// Reads the file `name` (or uri; only its extension counts) with the given bytes.
///
/// Never panics. An archive or record file of which some parts fail is `Ok` with their failures, even where all
/// parts fail for reasons of their own; an error is about the file as a whole, as where it has no parts.
pub fn parse(name: &str, bytes: &[u8], limits: &Limits) -> Result<Outcome, ParseError> {
    if bytes.len() > limits.max_input_bytes {
        return Err(ParseError::too_large("bytes", limits.max_input_bytes));
    }
    let spent = Spent::default();
    parse_at(name, bytes, &Job::new(limits, &spent))
}

/// Whether the file's format is one that other people's code reads (PDF, Office, HTML, mail, archives): the caller
/// should parse it in a process of its own, with bounds on memory and time.
pub fn is_risky(name: &str, bytes: &[u8]) -> bool {
    sniff::sniff(name, bytes).is_risky()
}

/// The text of `bytes` in whatever encoding, without a byte order mark, and the name of that encoding.
pub fn decode_text(bytes: &[u8]) -> Result<(String, &'static str), ParseError> {
    decode::decode(bytes, None).map(|decoded| (decoded.text, decoded.encoding))
}

/// [`parse`] at some depth of nesting.
fn parse_at(name: &str, bytes: &[u8], job: &Job) -> Result<Outcome, ParseError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(ParseError::Empty);
    }
    let format = sniff::sniff(name, bytes);
    let parsed = catch_unwind(AssertUnwindSafe(|| dispatch(format, name, bytes, job)));
    let outcome =
        parsed.unwrap_or_else(|_| Err(ParseError::Malformed("the reader gave up on it".to_string())))?;
    if outcome.documents.is_empty() && outcome.failures.is_empty() {
        return Err(ParseError::Empty);
    }
    for parsed in &outcome.documents {
        check(&parsed.content)?;
    }
    Ok(outcome)
}

fn dispatch(format: Format, name: &str, bytes: &[u8], job: &Job) -> Result<Outcome, ParseError> {
    match format {
        Format::Pdf => pdf::parse(bytes, job).map(Outcome::of),
        Format::Html => html::parse(bytes, job).map(Outcome::of),
        Format::Mail => mail::parse(bytes, job),
        Format::Outlook => outlook::parse(bytes, job),
        Format::Mbox => mail::parse_mbox(bytes, job),
        Format::Markdown => markdown::parse(bytes, job).map(Outcome::of),
        Format::Text => plain::parse(bytes, job).map(Outcome::of),
        Format::Delimited => delimited::parse(&sniff::extension(name), bytes, job).map(Outcome::of),
        Format::Json => records::parse(bytes, job),
        Format::JsonLines => records::parse_lines(bytes, job),
        Format::Docx => docx::parse(bytes, job).map(Outcome::of),
        Format::Pptx => pptx::parse(bytes, job).map(Outcome::of),
        Format::Sheet => sheet::parse(bytes, job).map(Outcome::of),
        Format::Doc => doc::parse(bytes, job).map(Outcome::of),
        Format::Ppt => ppt::parse(bytes, job).map(Outcome::of),
        Format::OpenDocument => odf::parse(bytes, job).map(Outcome::of),
        Format::Epub => epub::parse(bytes, job).map(Outcome::of),
        Format::Rtf => rtf::parse(bytes, job).map(Outcome::of),
        Format::Notebook => notebook::parse(bytes, job).map(Outcome::of),
        Format::Cues => cues::parse(bytes, job).map(Outcome::of),
        Format::Xml => xml_text::parse(bytes, job).map(Outcome::of),
        Format::Zip => archive::parse(bytes, job),
        Format::Image => Err(ParseError::Image),
        Format::Encrypted => Err(ParseError::Encrypted),
        Format::Other(what) => Err(ParseError::Unsupported(what.to_string())),
    }
}

/// Blocks must quote the text, in order and without overlap; a parser that breaks this is not trusted.
fn check(content: &Content) -> Result<(), ParseError> {
    let chars = CharMap::new(&content.text).chars();
    let mut end = 0;
    for block in &content.blocks {
        if block.span.start() < end || block.span.end() > chars {
            return Err(ParseError::Malformed("its parts overlap".to_string()));
        }
        end = block.span.end();
    }
    Ok(())
}
