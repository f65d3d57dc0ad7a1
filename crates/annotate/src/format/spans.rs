//! Spans of a file put to their place in the text, and held to their quotes.

use crate::format::OffsetUnit;
use crate::format::found::FoundSpan;
use crate::format::ruler::Ruler;
use crate::read::JOIN;
use crate::{Repair, repair};

/// A span in code points, verified.
pub(crate) struct Located {
    /// Its name in the file.
    pub(crate) id: String,
    pub(crate) label: String,
    /// In order; at least one.
    pub(crate) parts: Vec<(usize, usize)>,
    pub(crate) quote: String,
    pub(crate) passages: Vec<String>,
}

impl Located {
    pub(crate) fn start(&self) -> usize {
        self.parts.first().map_or(0, |part| part.0)
    }

    pub(crate) fn end(&self) -> usize {
        self.parts.last().map_or(0, |part| part.1)
    }
}

/// Places all spans of one text, in order of their start, and counts those whose offsets were wrong.
///
/// A span whose quote is not where the offsets say is taken to count in UTF-16 if that fits, else goes to the only place
/// where its quote is; where there is none or several, the whole answer is refused.
pub(crate) fn locate(
    text: &str,
    unit: OffsetUnit,
    spans: Vec<FoundSpan>,
) -> Result<(Vec<Located>, u64), String> {
    let ruler = Ruler::new(text, unit);
    let mut utf16 = None;
    let mut repaired = 0;
    let mut located = Vec::with_capacity(spans.len());
    for span in spans {
        let as_given = convert(&ruler, &span.parts);
        let mut placed = fitting(&ruler, as_given.clone(), &span);
        if placed.is_none() && span.quote.is_some() {
            let ruler = utf16.get_or_insert_with(|| Ruler::new(text, OffsetUnit::Utf16));
            placed = fitting(ruler, convert(ruler, &span.parts), &span);
            if placed.is_none() {
                placed = search(text, hint(&span, &as_given), &span)?;
            }
            repaired += u64::from(placed.is_some());
        }
        let Some((parts, found)) = placed else {
            return Err(format!("the span {} is not inside its text", shown(&span)));
        };
        let quote = found.join(JOIN);
        located.push(Located { id: span.id, label: span.label, parts, quote, passages: span.passages });
    }
    located.sort_by(|one, other| {
        (one.start(), one.end(), &one.label, &one.parts).cmp(&(
            other.start(),
            other.end(),
            &other.label,
            &other.parts,
        ))
    });
    Ok((located, repaired))
}

/// The parts with their texts, where those are what the span quotes.
fn fitting<'a>(
    ruler: &Ruler<'a>,
    parts: Option<Vec<(usize, usize)>>,
    span: &FoundSpan,
) -> Option<Placed<'a>> {
    let parts = parts?;
    let found = quotes(ruler, &parts)?;
    let fits = span.quote.as_ref().is_none_or(|quote| same(quote, &found));
    fits.then_some((parts, found))
}

/// The code point near which a quote is looked for first.
fn hint(span: &FoundSpan, as_given: &Option<Vec<(usize, usize)>>) -> usize {
    let given = as_given.as_ref().and_then(|parts| parts.first());
    given.or(span.parts.first()).map_or(0, |part| part.0)
}

type Placed<'a> = (Vec<(usize, usize)>, Vec<&'a str>);

fn search<'a>(text: &'a str, near: usize, span: &FoundSpan) -> Result<Option<Placed<'a>>, String> {
    let Some(quote) = span.quote.as_deref().filter(|_| span.parts.len() == 1) else {
        return Ok(None);
    };
    match repair(text, quote, near) {
        Repair::Found(place) => {
            let ruler = Ruler::new(text, OffsetUnit::Codepoint);
            let found = ruler.between(place.start(), place.end()).unwrap_or_default();
            Ok(Some((vec![(place.start(), place.end())], vec![found])))
        }
        Repair::Ambiguous(times) => {
            Err(format!("the quote of the span {} is not there, and {times} times elsewhere", shown(span)))
        }
        Repair::Absent => Err(format!("the quote of the span {} is nowhere in its text", shown(span))),
    }
}

fn convert(ruler: &Ruler, parts: &[(usize, usize)]) -> Option<Vec<(usize, usize)>> {
    let mut parts: Vec<(usize, usize)> = parts
        .iter()
        .map(|&(start, end)| Some((ruler.char_of(start)?, ruler.char_of(end)?)))
        .collect::<Option<_>>()?;
    parts.sort_unstable();
    Some(parts)
}

fn quotes<'a>(ruler: &Ruler<'a>, parts: &[(usize, usize)]) -> Option<Vec<&'a str>> {
    parts.iter().map(|&(start, end)| ruler.between(start, end)).collect()
}

/// Whether a tool's quote is this text: tools write line breaks as spaces or as `\n` in letters, and trim.
fn same(quote: &str, found: &[&str]) -> bool {
    if let [found] = found
        && *found == quote
    {
        return true;
    }
    let flat = |text: &str| text.replace("\\n", " ").split_whitespace().collect::<Vec<_>>().join(" ");
    let quote = flat(quote);
    quote == flat(&found.join(" ")) || quote == flat(&found.join(JOIN))
}

fn shown(span: &FoundSpan) -> String {
    let (start, end) = span.parts.first().copied().unwrap_or_default();
    let quote: String = span.quote.as_deref().unwrap_or_default().chars().take(40).collect();
    format!("{start}..{end} `{}` {quote:?}", span.label)
}
