//! Units: the sentences and table rows an answer is put together from.

use engraft_core::{CharMap, Span, sentences};

use crate::Source;

/// A sentence or a table row of a source's chunk.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Unit<'a> {
    /// Which source, from 0.
    pub(crate) source: usize,
    /// Which unit of that source, from 0.
    pub(crate) place: usize,
    /// Where it is in the source's text.
    pub(crate) span: Span,
    /// Its words.
    pub(crate) text: &'a str,
    /// Whether it is a row of a table.
    pub(crate) row: bool,
}

/// The units of one source, in order; those without letters or digits, such as `|---|`, left out.
pub(crate) fn units<'a>(index: usize, source: &Source<'a>) -> Vec<Unit<'a>> {
    let passage = source.passage();
    let map = CharMap::new(passage);
    let mut found = Vec::new();
    let mut add = |start: usize, text: &'a str, row: bool| {
        let lead = text.chars().take_while(|c| c.is_whitespace()).count();
        let text = text.trim();
        let start = source.span.start() + start + lead;
        if text.contains(char::is_alphanumeric)
            && let Some(span) = Span::new(start, start + text.chars().count())
        {
            found.push(Unit { source: index, place: found.len(), span, text, row });
        }
    };
    for span in sentences(passage) {
        let Some(text) = map.quote(span) else { continue };
        if !text.lines().any(is_row) {
            add(span.start(), text, false);
            continue;
        }
        // Rows one by one; the lines of prose between them together.
        let mut at = span.start();
        let mut prose: Option<(usize, usize)> = None;
        for line in text.split_inclusive('\n') {
            let end = at + line.chars().count();
            if is_row(line) {
                if let Some((start, end)) = prose.take() {
                    add(start, quote(&map, start, end), false);
                }
                add(at, line, true);
            } else {
                prose = Some((prose.map_or(at, |(start, _)| start), end));
            }
            at = end;
        }
        if let Some((start, end)) = prose {
            add(start, quote(&map, start, end), false);
        }
    }
    found
}

fn quote<'a>(map: &CharMap<'a>, start: usize, end: usize) -> &'a str {
    Span::new(start, end).and_then(|span| map.quote(span)).unwrap_or_default()
}

/// Whether a line is a row of a table: cells parted by tabs or bars.
fn is_row(line: &str) -> bool {
    let line = line.trim();
    line.contains('\t') || line.starts_with('|') && line.len() > 1 || line.matches(" | ").count() >= 1
}

/// The first row of the table that the row at `unit` is in, unless it is that row itself.
pub(crate) fn header_of(unit: &Unit<'_>, source: &Source<'_>) -> Option<Span> {
    let map = CharMap::new(source.text);
    let before = &source.text[..map.byte_of(unit.span.start())?];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let mut header = None;
    for line in before[..line_start].lines().rev() {
        if !is_row(line) {
            break;
        }
        header = Some(line);
    }
    let header = header?.trim();
    let start = header.as_ptr() as usize - source.text.as_ptr() as usize;
    map.span_of_bytes(start, start + header.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source<'_> {
        Source {
            uri: "a".into(),
            title: None,
            heading: Vec::new(),
            page: None,
            text,
            span: Span::new(2, text.chars().count()).unwrap(),
            updated_at: String::new(),
            superseded: false,
            score: 0.0,
            dense: None,
            lexical: None,
        }
    }

    #[test]
    fn rows_and_sentences_are_told_apart_and_quote_exactly() {
        let text = "# Leave is täglich. Ask!\n\n| Country | Days |\n|---|---|\n| Chile | 15 |\n\nThe end.";
        let source = source(text);
        let map = CharMap::new(text);
        let found = units(0, &source);
        let shown: Vec<(&str, bool)> = found.iter().map(|unit| (unit.text, unit.row)).collect();
        assert_eq!(
            shown,
            [
                ("Leave is täglich.", false),
                ("Ask!", false),
                ("| Country | Days |", true),
                ("| Chile | 15 |", true),
                ("The end.", false)
            ]
        );
        assert!(found.iter().all(|unit| map.quote(unit.span) == Some(unit.text)));
        let header = header_of(&found[3], &source).unwrap();
        assert_eq!(map.quote(header), Some("| Country | Days |"));
        assert_eq!(header_of(&found[2], &source), None);
    }
}
