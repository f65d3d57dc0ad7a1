//! Spans and relations: in order, named, and each saying what its quote says.

use std::collections::BTreeSet;

use engraft_core::{CharMap, Span};
use serde_json::{Map, Value};

use super::AnswerError;
use super::repair::{Repair, repair};
use super::shape::{entries, field_text, option};
use crate::{Answer, LabelOption, LabelledSpan, Relation};

/// Between the parts of a quote with gaps.
pub(crate) const JOIN: &str = " … ";

pub(super) struct Rules<'a> {
    pub(super) options: &'a [LabelOption],
    pub(super) overlapping: bool,
    pub(super) discontinuous: bool,
}

pub(super) fn text<'a>(fields: &'a Map<String, Value>, field: &str) -> Result<&'a str, AnswerError> {
    field_text(fields, field)
}

pub(super) fn spans(rules: &Rules, text: &str, value: &Value) -> Result<Answer, AnswerError> {
    let wanted = "[{\"char_start\", \"char_end\", \"label\"}], and \"quote\" to have it verified";
    let mut spans: Vec<LabelledSpan> = entries(value, wanted)?;
    let map = CharMap::new(text);
    for (number, span) in spans.iter_mut().enumerate() {
        let at = format!("[{number}]");
        option(&format!("{at}.label"), &span.label, rules.options, "label")?;
        parts(&at, span, rules.discontinuous)?;
        quote(&at, span, &map, text)?;
    }
    check_ids(&spans)?;
    sort(&mut spans);
    twice(&spans)?;
    if !rules.overlapping {
        apart(&spans)?;
    }
    name(&mut spans);
    Ok(Answer::Spans(spans))
}

/// Order of place, then label; the id decides nothing, or a span named later would move.
fn sort(spans: &mut [LabelledSpan]) {
    spans.sort_by(|a, b| {
        let key = |span: &LabelledSpan| (span.char_start, span.char_end);
        key(a).cmp(&key(b)).then_with(|| a.label.cmp(&b.label)).then_with(|| a.parts.cmp(&b.parts))
    });
}

fn parts(at: &str, span: &mut LabelledSpan, gaps_allowed: bool) -> Result<(), AnswerError> {
    let outside = |(start, end): (usize, usize)| AnswerError::Shape {
        at: format!("{at}.parts"),
        what: format!("[{start}, {end}) is empty, or not behind the part before it"),
        wanted: "parts in order, the first from `char_start`, the last to `char_end`",
    };
    let mut joined: Vec<(usize, usize)> = Vec::new();
    for &(start, end) in &span.parts {
        match joined.last_mut() {
            _ if start >= end => return Err(outside((start, end))),
            Some(last) if start < last.1 => return Err(outside((start, end))),
            // Parts that touch have no gap between them: they are one.
            Some(last) if start == last.1 => last.1 = end,
            _ => joined.push((start, end)),
        }
    }
    let hull = joined.first().zip(joined.last()).map(|(first, last)| (first.0, last.1));
    if let Some(hull) = hull.filter(|hull| *hull != (span.char_start, span.char_end)) {
        return Err(outside(hull));
    }
    if joined.len() > 1 && !gaps_allowed {
        let what = "has gaps".to_string();
        let hint = "mark it in one piece, or let the question allow `discontinuous`";
        return Err(AnswerError::Forbidden { at: at.to_string(), what, hint });
    }
    span.parts = if joined.len() > 1 { joined } else { Vec::new() };
    Ok(())
}

fn quote(at: &str, span: &mut LabelledSpan, map: &CharMap, text: &str) -> Result<(), AnswerError> {
    let words = |(start, end): (usize, usize)| Span::new(start, end).and_then(|span| map.quote(span));
    let whole = [(span.char_start, span.char_end)];
    let parts = if span.parts.is_empty() { &whole[..] } else { &span.parts[..] };
    let Some(found) = parts.iter().map(|part| words(*part)).collect::<Option<Vec<&str>>>() else {
        let (start, end) = (span.char_start, span.char_end);
        return Err(AnswerError::Outside { at: at.to_string(), start, end, chars: map.chars() });
    };
    let found = found.join(JOIN);
    if span.quote.is_empty() {
        span.quote = found;
    } else if span.quote != found {
        let hint = match repair(text, &span.quote, span.char_start) {
            Repair::Found(place) => format!("the quote stands at [{}, {})", place.start(), place.end()),
            Repair::Ambiguous(places) => format!("the quote stands in {places} places; correct the offsets"),
            Repair::Absent => "the quote is nowhere in the text; offsets count code points".to_string(),
        };
        return Err(AnswerError::Quote { at: at.to_string(), quote: span.quote.clone(), found, hint });
    }
    Ok(())
}

fn check_ids(spans: &[LabelledSpan]) -> Result<(), AnswerError> {
    let mut seen = BTreeSet::new();
    for (number, span) in spans.iter().enumerate().filter(|(_, span)| !span.id.is_empty()) {
        if !seen.insert(&span.id) {
            let what = format!("the id `{}`", span.id);
            return Err(AnswerError::Twice { at: format!("[{number}].id"), what });
        }
    }
    Ok(())
}

/// `s1`, `s2`… in order, past the ids that are taken.
fn name(spans: &mut [LabelledSpan]) {
    let taken: BTreeSet<String> = spans.iter().map(|span| span.id.clone()).collect();
    let mut free = (1..).map(|number| format!("s{number}")).filter(|id| !taken.contains(id));
    for span in spans.iter_mut().filter(|span| span.id.is_empty()) {
        span.id = free.next().unwrap_or_default();
    }
}

fn twice(sorted: &[LabelledSpan]) -> Result<(), AnswerError> {
    let same = |pair: &&[LabelledSpan]| {
        let key = |span: &LabelledSpan| (span.char_start, span.char_end, span.parts.clone());
        key(&pair[0]) == key(&pair[1]) && pair[0].label == pair[1].label
    };
    match sorted.windows(2).find(same) {
        Some(pair) => {
            let what = format!("the {} at [{}, {})", pair[0].label, pair[0].char_start, pair[0].char_end);
            Err(AnswerError::Twice { at: String::new(), what })
        }
        None => Ok(()),
    }
}

/// No two share a character; in the gaps of one, another may stand.
fn apart(spans: &[LabelledSpan]) -> Result<(), AnswerError> {
    let mut parts: Vec<(usize, usize, usize)> = Vec::new();
    for (number, span) in spans.iter().enumerate() {
        if span.parts.is_empty() {
            parts.push((span.char_start, span.char_end, number));
        }
        parts.extend(span.parts.iter().map(|&(start, end)| (start, end, number)));
    }
    parts.sort_unstable();
    match parts.windows(2).find(|pair| pair[1].0 < pair[0].1) {
        Some(pair) => {
            let (one, other) = (&spans[pair[1].2], &spans[pair[0].2]);
            let at = format!(" at [{}, {})", one.char_start, one.char_end);
            Err(AnswerError::Overlap { at, other: other.char_start })
        }
        None => Ok(()),
    }
}

pub(super) fn relations(options: &[LabelOption], value: &Value) -> Result<Answer, AnswerError> {
    let wanted = "[{\"from\", \"to\", \"label\"}]: the ids of two spans and a label";
    let mut relations: Vec<Relation> = entries(value, wanted)?;
    for (number, relation) in relations.iter().enumerate() {
        option(&format!("[{number}].label"), &relation.label, options, "label")?;
        if relation.from == relation.to {
            let what = format!("joins `{}` with itself", relation.from);
            let hint = "join two different spans";
            return Err(AnswerError::Forbidden { at: format!("[{number}]"), what, hint });
        }
    }
    relations.sort();
    if let Some(pair) = relations.windows(2).find(|pair| pair[0] == pair[1]) {
        let what = format!("{} from `{}` to `{}`", pair[0].label, pair[0].from, pair[0].to);
        return Err(AnswerError::Twice { at: String::new(), what });
    }
    Ok(Answer::Relations(relations))
}
