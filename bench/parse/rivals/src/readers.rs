//! The text of a file as each library gives it, asked for in the way its own documentation shows first.

use anyhow::{Context, Result, bail};
use dom_smoothie::{Config, Readability, TextMode};
use engraft_core::{Block, BlockKind, CharMap};
use engraft_ingest::parse::{Limits, decode_text, parse};
use mailparse::{DispositionType, ParsedMail};
use undoc::render::RenderOptions;

/// Columns that html2text fills before it breaks a line; words are compared, not lines.
const COLUMNS: usize = 1_000;

/// What `library` reads in `bytes`; the name of the file matters to Engraft alone.
pub(crate) fn read(library: &str, name: &str, bytes: &[u8]) -> Result<String> {
    match library {
        "engraft" => engraft(name, bytes),
        "pdf-extract" => Ok(pdf_extract::extract_text_from_mem(bytes)?),
        "lopdf" => {
            let document = lopdf::Document::load_mem(bytes)?;
            let pages: Vec<u32> = document.get_pages().into_keys().collect();
            Ok(document.extract_text(&pages)?)
        }
        "unpdf" => Ok(unpdf::parse_bytes(bytes)?.plain_text()),
        "dom_smoothie" => {
            let config = Config { text_mode: TextMode::Formatted, ..Config::default() };
            let article = Readability::new(decode_text(bytes)?.0, None, Some(config))?.parse()?;
            Ok(article.text_content.to_string())
        }
        "rs-trafilatura" => Ok(rs_trafilatura::extract_bytes(bytes)?.content_text),
        "html2text" => whole_page(&decode_text(bytes)?.0),
        // The one leaves out the numbers of lists, the other puts in names of slides and pictures.
        "undoc plain_text" => Ok(undoc::parse_bytes(bytes)?.plain_text()),
        "undoc to_text" => {
            Ok(undoc::render::to_text(&undoc::parse_bytes(bytes)?, &RenderOptions::default())?)
        }
        "mailparse" => mail(&mailparse::parse_mail(bytes)?),
        _ => bail!("no library is called {library}"),
    }
}

/// The blocks one below the other, as the `messy` example of `engraft-ingest` compares them.
fn engraft(name: &str, bytes: &[u8]) -> Result<String> {
    let outcome = parse(name, bytes, &Limits::default())?;
    let content = &outcome.documents.first().context("it holds no document")?.content;
    let map = CharMap::new(&content.text);
    let block = |block: &Block| match &block.plain {
        Some(plain) if block.kind != BlockKind::TableRow => plain.clone(),
        _ => map.quote(block.span).unwrap_or_default().to_string(),
    };
    Ok(content.blocks.iter().map(block).collect::<Vec<_>>().join("\n"))
}

fn whole_page(html: &str) -> Result<String> {
    let config = html2text::config::plain_no_decorate().no_table_borders();
    Ok(config.string_from_read(html.as_bytes(), COLUMNS)?)
}

/// The parts that are shown as text: of alternatives the plain one, attachments left out.
fn mail(part: &ParsedMail<'_>) -> Result<String> {
    if part.get_content_disposition().disposition == DispositionType::Attachment {
        return Ok(String::new());
    }
    if part.subparts.is_empty() {
        return match part.ctype.mimetype.as_str() {
            "text/html" => whole_page(&part.get_body()?),
            kind if kind.starts_with("text/") => Ok(part.get_body()?),
            _ => Ok(String::new()),
        };
    }
    if part.ctype.mimetype == "multipart/alternative" {
        let plain = part.subparts.iter().find(|part| part.ctype.mimetype == "text/plain");
        return mail(plain.unwrap_or(&part.subparts[0]));
    }
    let texts = part.subparts.iter().map(mail).collect::<Result<Vec<_>>>()?;
    Ok(texts.join("\n"))
}
