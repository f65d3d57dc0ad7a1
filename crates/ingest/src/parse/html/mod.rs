//! HTML to stored text: the main content with its headings, lists, tables and code.
//!
//! The page is parsed as browsers parse it; what is content is decided by [`boilerplate`].

mod boilerplate;
mod dom;
mod grid;
mod head;
mod measure;
mod write;

use engraft_core::Content;

use super::ParseError;
use super::build::Builder;
use super::decode;
use super::job::Job;
use boilerplate::Keep;
use dom::Dom;

/// The warning on a mail whose quoted replies were cut.
pub(crate) const QUOTE_LEFT_OUT: &str = "quoted replies were left out";

/// Reads a page in any encoding.
pub(crate) fn parse(bytes: &[u8], job: &Job) -> Result<Content, ParseError> {
    let decoded = decode::decode(bytes, None)?;
    let mut content = parse_text(&decoded.text, job, Keep::Main)?;
    content.warnings.splice(0..0, decoded.warnings);
    Ok(content)
}

/// Reads the HTML form of a mail. Unless it `forwards` another, what it answers is left out where it is marked.
pub(crate) fn parse_mail(html: &str, job: &Job, forwards: bool) -> Result<Content, ParseError> {
    parse_text(html, job, if forwards { Keep::All } else { Keep::Own })
}

fn parse_text(html: &str, job: &Job, keep: Keep) -> Result<Content, ParseError> {
    let dom = Dom::parse(html);
    let mut builder = Builder::new("text/html", job.limits);
    if dom.cut {
        builder.warnings.push("the page is nested too deeply or too large; its end was left out".to_string());
    }
    head::describe(&dom, &mut builder);
    let selection = boilerplate::select(&dom, keep);
    if selection.quote {
        builder.warnings.push(QUOTE_LEFT_OUT.to_string());
    }
    write::write(&dom, &selection, &mut builder);
    if dom.cut && builder.is_empty() {
        return Err(ParseError::too_large("levels of nested tags", dom::MAX_DEPTH));
    }
    builder.finish()
}
