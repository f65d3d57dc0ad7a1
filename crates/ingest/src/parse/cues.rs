//! Subtitles (WebVTT, SubRip): the file to the letter, a paragraph per cue, its time as its place.

use engraft_core::{Block, BlockKind, CharMap, Content};

use super::build::one_line;
use super::decode::decode;
use super::job::Job;
use super::plain::paragraphs;
use super::{ParseError, plain, tags};

/// Reads a file of subtitles; one without times is plain text.
pub(crate) fn parse(bytes: &[u8], job: &Job) -> Result<Content, ParseError> {
    let decoded = decode(bytes, None)?;
    let text = decoded.text;
    let map = CharMap::new(&text);
    if map.chars() > job.limits.max_text_chars {
        return Err(ParseError::too_large("characters of text", job.limits.max_text_chars));
    }
    let cues = paragraphs(&text).into_iter().filter_map(|(start, end)| cue(&text, start, end, &map));
    let blocks: Vec<Block> = cues.collect();
    let mime = if text.starts_with("WEBVTT") { "text/vtt" } else { "application/x-subrip" };
    if blocks.is_empty() {
        return Ok(Content { warnings: decoded.warnings, ..plain::of_text(text, job)? });
    }
    Ok(Content { mime: mime.to_string(), text, blocks, warnings: decoded.warnings, ..Content::default() })
}

/// The cue in the byte range `[start, end)`: what follows its line of times.
fn cue(text: &str, start: usize, end: usize, map: &CharMap) -> Option<Block> {
    let arrow = start + text[start..end].find("-->")?;
    let line = text[..arrow].rfind('\n').map_or(0, |at| at + 1);
    let from = text[line.max(start)..arrow].trim().to_string();
    let words = arrow + text[arrow..end].find('\n')? + 1;
    let quote = text[words..end].trim();
    let words = words + (text[words..end].len() - text[words..end].trim_start().len());
    let plain = one_line(&tags::strip(quote));
    let span = map.span_of_bytes(words, words + quote.len())?;
    let is_same = plain == quote;
    (!plain.is_empty()).then(|| Block {
        span,
        kind: BlockKind::Paragraph,
        page: None,
        place: Some(from),
        plain: (!is_same).then_some(plain),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Limits, parse};

    #[test]
    fn cues_lose_their_tags_and_keep_their_times() {
        let text = "WEBVTT\n\n1\n00:11.000 --> 00:13.000\n<v Ann>We are\nhere\n\nNOTE none\n";
        let outcome = parse("a.vtt", text.as_bytes(), &Limits::default()).unwrap();
        let block = &outcome.documents[0].content.blocks[0];
        assert_eq!(block.place.as_deref(), Some("00:11.000"));
        assert_eq!(block.plain.as_deref(), Some("We are here"));
        assert_eq!(outcome.documents[0].content.blocks.len(), 1);
    }
}
