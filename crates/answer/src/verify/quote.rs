//! Finding a quote in its source.

use engraft_core::Span;

use crate::Source;

/// Where `quote` is in the source's text, and how the source spells it; `None` when nowhere or in several places.
///
/// Looked for to the letter at the `claimed` span, then in the chunk, then in the whole text; and then again in chunk
/// and text with white space, quotation marks and dashes taken as equal, as generators often change those.
pub(super) fn locate(quote: &str, claimed: Option<Span>, source: &Source<'_>) -> Option<(Span, String)> {
    let quote = quote.trim();
    if !quote.contains(char::is_alphanumeric) {
        return None;
    }
    let map = &source.text;
    if let Some(span) = claimed
        && let Some(words) = map.quote(span)
        && words.trim() == quote
    {
        let lead = words.chars().take_while(|c| c.is_whitespace()).count();
        let start = span.start() + lead;
        return Some((Span::new(start, start + quote.chars().count())?, quote.to_string()));
    }
    let chunk = map.byte_of(source.span.start()).zip(map.byte_of(source.span.end())).unwrap_or((0, 0));
    for search in [exactly, loosely] {
        for (start, end) in [chunk, (0, map.text().len())] {
            match search(&map.text()[start..end], quote)[..] {
                [] => continue,
                [(from, to)] => {
                    let span = map.span_of_bytes(start + from, start + to)?;
                    return Some((span, map.text()[start + from..start + to].to_string()));
                }
                _ => return None,
            }
        }
    }
    None
}

/// The first two places of `quote` in `text`, as byte ranges.
fn exactly(text: &str, quote: &str) -> Vec<(usize, usize)> {
    text.match_indices(quote).take(2).map(|(start, found)| (start, start + found.len())).collect()
}

/// The same, when only folded characters are compared.
fn loosely(text: &str, quote: &str) -> Vec<(usize, usize)> {
    let (folded, places) = fold(text);
    let (wanted, _) = fold(quote);
    let wanted = wanted.trim();
    if wanted.is_empty() {
        return Vec::new();
    }
    let place = |byte: usize| places[places.partition_point(|(folded, _, _)| *folded <= byte) - 1];
    let found = folded.match_indices(wanted).take(2);
    found.map(|(start, found)| (place(start).1, place(start + found.len() - 1).2)).collect()
}

/// `text` with runs of white space as one space and quotation marks and dashes in their plain form; and for each
/// character of that its byte, and the byte range it stands for.
fn fold(text: &str) -> (String, Vec<(usize, usize, usize)>) {
    let mut folded = String::with_capacity(text.len());
    let mut places: Vec<(usize, usize, usize)> = Vec::with_capacity(text.len());
    for (byte, c) in text.char_indices() {
        let plain = match c {
            c if c.is_whitespace() => ' ',
            '\u{2018}' | '\u{2019}' | '\u{201b}' => '\'',
            '\u{201c}' | '\u{201d}' | '\u{201e}' | '«' | '»' => '"',
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            '\u{ad}' | '\u{200b}' | '\u{feff}' => continue,
            c => c,
        };
        let end = byte + c.len_utf8();
        if plain == ' ' && folded.ends_with(' ') {
            if let Some(last) = places.last_mut() {
                last.2 = end;
            }
            continue;
        }
        places.push((folded.len(), byte, end));
        folded.push(plain);
    }
    (folded, places)
}
