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
    /// The first row of its table, when it is another row.
    pub(crate) header: Option<&'a str>,
    /// Whether it only names what stands elsewhere: a heading, a table's first row, a link.
    pub(crate) label: bool,
}

/// The units of one source, in order; those without letters or digits, such as `|---|`, left out.
pub(crate) fn units<'a>(index: usize, source: &Source<'a>) -> Vec<Unit<'a>> {
    let passage = source.passage();
    let map = CharMap::new(passage);
    let mut found = Vec::new();
    let mut add = |start: usize, text: &'a str, row: bool, header: Option<&'a str>| {
        let lead = text.chars().take_while(|c| c.is_whitespace()).count();
        let text = text.trim();
        let start = source.span.start() + start + lead;
        if text.contains(char::is_alphanumeric)
            && let Some(span) = Span::new(start, start + text.chars().count())
        {
            let label = !row && is_label(text, source);
            found.push(Unit { source: index, place: found.len(), span, text, row, header, label });
        }
    };
    let mut table: Option<&'a str> = None;
    for span in sentences(passage) {
        let Some(text) = map.quote(span) else { continue };
        if !text.lines().any(is_row) {
            table = None;
            add(span.start(), text, false, None);
            continue;
        }
        // Rows one by one; the lines of prose between them together.
        let mut at = span.start();
        let mut prose: Option<(usize, usize)> = None;
        for line in text.split_inclusive('\n') {
            let end = at + line.chars().count();
            if is_row(line) {
                if let Some((start, end)) = prose.take() {
                    add(start, quote(&map, start, end), false, None);
                }
                let above = table.or_else(|| first_row_above(line, source.text.text()));
                add(at, line, true, above);
                table = above.or(Some(line.trim()));
            } else {
                table = None;
                prose = Some((prose.map_or(at, |(start, _)| start), end));
            }
            at = end;
        }
        if let Some((start, end)) = prose {
            add(start, quote(&map, start, end), false, None);
        }
    }
    // The first row of a table names its columns, unless it holds figures or stands alone.
    for i in 0..found.len() {
        let followed = found.get(i + 1).is_some_and(|next| next.header == Some(found[i].text));
        let names = found[i].row && found[i].header.is_none() && !found[i].text.contains(char::is_numeric);
        found[i].label |= names && followed;
    }
    found
}

/// Whether a text says nothing itself: a heading, a link, or a pointer to another page.
fn is_label(text: &str, source: &Source<'_>) -> bool {
    let bare = text.trim_matches(|c: char| c == '#' || c == '*' || c == ':' || c.is_whitespace());
    let mut above = source.title.iter().chain(&source.heading);
    text.starts_with('#')
        || text.starts_with("See ")
        || above.any(|heading| heading.trim() == bare)
        || only_links(text)
}

fn only_links(text: &str) -> bool {
    let mut outside = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('[') {
        outside.push_str(before);
        rest = link.split_once(')').map_or("", |(_, after)| after);
    }
    outside.push_str(rest);
    text.contains("](") && !outside.contains(char::is_alphanumeric)
}

fn quote<'a>(map: &CharMap<'a>, start: usize, end: usize) -> &'a str {
    Span::new(start, end).and_then(|span| map.quote(span)).unwrap_or_default()
}

/// Whether a line is a row of a table: cells parted by tabs or bars.
fn is_row(line: &str) -> bool {
    let line = line.trim();
    line.contains('\t') || line.starts_with('|') && line.len() > 1 || line.matches(" | ").count() >= 1
}

/// The first row of the table that `line`, a row of `text`, is in, unless it is that row itself.
fn first_row_above<'a>(line: &str, text: &'a str) -> Option<&'a str> {
    let line_start = (line.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    let line_start = text.get(..line_start)?.rfind('\n').map_or(0, |at| at + 1);
    let above = text[..line_start].lines().rev().take_while(|line| is_row(line));
    above.last().map(str::trim)
}

impl Unit<'_> {
    /// Where the first row of its table is in the text that the unit is a part of.
    pub(crate) fn header_span(&self, map: &CharMap<'_>) -> Option<Span> {
        let header = self.header?;
        let start = (header.as_ptr() as usize).checked_sub(map.text().as_ptr() as usize)?;
        map.span_of_bytes(start, start + header.len())
    }

    /// What the unit says read on its own: a row with the names of its columns, a sentence as it is.
    pub(crate) fn told(&self) -> String {
        let cells = |row: &str| -> Vec<String> {
            row.trim().trim_matches('|').split(['|', '\t']).map(|cell| cell.trim().to_string()).collect()
        };
        let Some(header) = self.header.filter(|_| self.row) else {
            return self.text.to_string();
        };
        let names = cells(header);
        let told = cells(self.text).into_iter().enumerate().filter(|(_, cell)| !cell.is_empty());
        let told = told.map(|(i, cell)| match names.get(i) {
            Some(name) if !name.is_empty() => format!("{name}: {cell}"),
            _ => cell,
        });
        told.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn source(text: &str) -> Source<'_> {
        Source {
            uri: "a".into(),
            title: None,
            heading: Vec::new(),
            page: None,
            text: Arc::new(CharMap::new(text)),
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
        let header = found[3].header_span(&map).unwrap();
        assert_eq!(map.quote(header), Some("| Country | Days |"));
        assert_eq!(found[3].told(), "Country: Chile, Days: 15");
        assert_eq!((found[2].header, found[2].label), (None, true));
    }

    #[test]
    fn a_table_that_began_in_the_chunk_before_keeps_its_header() {
        let text = "| A | B |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\n";
        let source = Source { span: Span::new(20, text.len()).unwrap(), ..source(text) };
        let found = units(0, &source);
        assert!(!found.is_empty() && found.iter().all(|unit| unit.header == Some("| A | B |")));
    }

    #[test]
    fn headings_links_and_pointers_say_nothing_themselves() {
        let text = "\n\n# Travel\n\n[Booking](booking.md)\n\nSee [Booking](booking.md) for the rate.\n\nAsk [Ana](ana.md) first.";
        let labels: Vec<bool> = units(0, &source(text)).iter().map(|unit| unit.label).collect();
        assert_eq!(labels, [true, true, true, false]);
    }
}
