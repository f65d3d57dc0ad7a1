//! Spans by vote: whole spans that most marked alike, else the characters that most marked; and arrows between them.

use std::collections::{BTreeMap, BTreeSet};

use engraft_core::{CharMap, Span};

use crate::{LabelledSpan, Relation};

/// The aggregated spans and the share of votes on marked characters that they agree with; 1 when nobody marked any.
///
/// A vote is one response's yes or no to a label at a character that anybody gave that label. Where more than half of the
/// responses mark the very same span, that span is taken; elsewhere the stretches of characters that more than half gave the
/// label, so that each border lies where the majority puts it.
pub(super) fn vote(text: &str, responses: &[&[LabelledSpan]]) -> (Vec<LabelledSpan>, f64) {
    let map = CharMap::new(text);
    let half = responses.len() / 2;
    let mut spans = alike(responses, half);
    let mut counts: BTreeMap<(&str, usize), usize> = BTreeMap::new();
    for response in responses {
        // Two overlapping spans of one label in one response are still one vote a character.
        let marked: BTreeSet<(&str, usize)> = response.iter().flat_map(characters).collect();
        for cell in marked {
            *counts.entry(cell).or_default() += 1;
        }
    }
    let taken: BTreeSet<(&str, usize)> = spans.iter().flat_map(characters).collect();
    let open = counts.iter().filter(|(cell, count)| **count > half && !taken.contains(*cell));
    let mut runs: Vec<(&str, usize, usize)> = Vec::new();
    for ((label, at), _) in open {
        match runs.last_mut() {
            Some((last, _, end)) if last == label && end == at => *end += 1,
            _ => runs.push((label, *at, at + 1)),
        }
    }
    spans.extend(runs.into_iter().map(|(label, char_start, char_end)| LabelledSpan {
        char_start,
        char_end,
        label: label.to_string(),
        quote: String::new(),
        id: String::new(),
        parts: Vec::new(),
    }));
    spans.sort_by(|a, b| {
        (a.char_start, a.char_end, &a.label, &a.parts).cmp(&(b.char_start, b.char_end, &b.label, &b.parts))
    });
    for (number, span) in spans.iter_mut().enumerate() {
        span.id = format!("s{}", number + 1);
        let quote = |(start, end): (usize, usize)| {
            Span::new(start, end).and_then(|span| map.quote(span)).unwrap_or("")
        };
        span.quote = parts(span).into_iter().map(quote).collect::<Vec<&str>>().join(crate::read::JOIN);
    }
    let won: BTreeSet<(&str, usize)> = spans.iter().flat_map(characters).collect();
    let votes = counts.len() * responses.len();
    let agreeing = |(cell, count): (&(&str, usize), &usize)| {
        if won.contains(cell) { *count } else { responses.len() - count }
    };
    let support = counts.iter().map(agreeing).sum::<usize>();
    let support = if votes == 0 { 1.0 } else { support as f64 / votes as f64 };
    (spans, support)
}

/// A label and its parts.
type Place<'a> = (&'a str, Vec<(usize, usize)>);

/// Spans of which more than `half` of the responses have the very same.
fn alike(responses: &[&[LabelledSpan]], half: usize) -> Vec<LabelledSpan> {
    let mut counts: BTreeMap<Place, usize> = BTreeMap::new();
    for response in responses {
        let own: BTreeSet<Place> = response.iter().map(|span| (span.label.as_str(), parts(span))).collect();
        for place in own {
            *counts.entry(place).or_default() += 1;
        }
    }
    let most = counts.into_iter().filter(|(_, count)| *count > half);
    most.filter_map(|((label, parts), _)| {
        let (char_start, char_end) = (parts.first()?.0, parts.last()?.1);
        let parts = if parts.len() > 1 { parts } else { Vec::new() };
        let (quote, id) = (String::new(), String::new());
        Some(LabelledSpan { char_start, char_end, label: label.to_string(), quote, id, parts })
    })
    .collect()
}

fn parts(span: &LabelledSpan) -> Vec<(usize, usize)> {
    if span.parts.is_empty() { vec![(span.char_start, span.char_end)] } else { span.parts.clone() }
}

fn characters(span: &LabelledSpan) -> impl Iterator<Item = (&str, usize)> {
    parts(span).into_iter().flat_map(|(start, end)| start..end).map(|at| (span.label.as_str(), at))
}

/// The arrows that more than half of the responses drew between the aggregated spans, and the share of votes on arrows that
/// they agree with; 1 when nobody drew any.
///
/// A response's span stands for the aggregated one of the same label with which it shares most characters.
pub(super) fn vote_arrows(
    won: &[LabelledSpan],
    responses: &[(&[LabelledSpan], &[Relation])],
) -> (Vec<Relation>, f64) {
    let mut counts: BTreeMap<Relation, usize> = BTreeMap::new();
    let mut lost = 0;
    for (spans, relations) in responses {
        let stands_for = |id: &str| {
            let own = spans.iter().find(|span| span.id == id)?;
            let shared = |span: &LabelledSpan| {
                let own: BTreeSet<(&str, usize)> = characters(own).collect();
                characters(span).filter(|cell| own.contains(cell)).count()
            };
            let best = won.iter().map(|span| (shared(span), span)).filter(|(n, _)| *n > 0);
            // The first of equals: `max_by_key` alone would take the last.
            best.rev().max_by_key(|(n, _)| *n).map(|(_, span)| span.id.clone())
        };
        let mut own = BTreeSet::new();
        for relation in *relations {
            match (stands_for(&relation.from), stands_for(&relation.to)) {
                (Some(from), Some(to)) if from != to => {
                    own.insert(Relation { from, to, label: relation.label.clone() });
                }
                _ => lost += 1,
            }
        }
        for relation in own {
            *counts.entry(relation).or_default() += 1;
        }
    }
    let n = responses.len();
    let is_won = |count: usize| count > n / 2;
    let agreeing: usize = counts.values().map(|count| if is_won(*count) { *count } else { n - count }).sum();
    // An arrow whose ends nobody else marked has one vote for it and the rest against.
    let votes = (counts.len() + lost) * n;
    let support = if votes == 0 { 1.0 } else { (agreeing + lost * (n - 1)) as f64 / votes as f64 };
    (counts.into_iter().filter(|(_, count)| is_won(*count)).map(|(relation, _)| relation).collect(), support)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: usize, end: usize, label: &str) -> LabelledSpan {
        let (quote, id, parts) = (String::new(), format!("{start}"), Vec::new());
        LabelledSpan { char_start: start, char_end: end, label: label.to_string(), quote, id, parts }
    }

    #[track_caller]
    fn check(responses: &[&[LabelledSpan]], expected: &[(usize, usize, &str)], support: f64) {
        let (spans, found) = vote("Ann Lee lives in New York now", responses);
        let shown: Vec<(usize, usize, &str)> =
            spans.iter().map(|span| (span.char_start, span.char_end, span.quote.as_str())).collect();
        assert_eq!(shown, expected);
        assert!((found - support).abs() < 1e-12, "{found}");
    }

    #[test]
    fn borders_lie_where_the_majority_puts_them() {
        let (short, long, longer) = ([span(0, 3, "PER")], [span(0, 7, "PER")], [span(0, 13, "PER")]);
        check(&[&short, &long, &long], &[(0, 7, "Ann Lee")], (9.0 + 8.0) / 21.0);
        check(&[&short, &long, &longer], &[(0, 7, "Ann Lee")], (9.0 + 8.0 + 12.0) / 39.0);
    }

    #[test]
    fn half_is_no_majority() {
        check(&[&[span(0, 3, "PER")], &[]], &[], 0.5);
        check(
            &[&[span(0, 3, "PER")], &[span(0, 3, "ORG")], &[span(0, 3, "PER")]],
            &[(0, 3, "Ann")],
            2.0 / 3.0,
        );
    }

    #[test]
    fn two_touching_spans_that_most_marked_stay_two() {
        let two = [span(17, 21, "LOC"), span(21, 25, "LOC")];
        let one = [span(17, 25, "LOC")];
        check(&[&two, &two, &one], &[(17, 21, "New "), (21, 25, "York")], 1.0);
        check(&[], &[], 1.0);
    }

    #[test]
    fn arrows_follow_the_aggregated_spans() {
        let wide = [span(0, 7, "PER"), span(17, 25, "LOC")];
        let narrow = [span(0, 3, "PER"), span(17, 25, "LOC")];
        let arrow = [Relation { from: "0".to_string(), to: "17".to_string(), label: "lives in".to_string() }];
        let (won, _) = vote("Ann Lee lives in New York now", &[&wide, &wide, &narrow]);
        let (arrows, support) = vote_arrows(&won, &[(&wide, &arrow), (&wide, &[]), (&narrow, &arrow)]);
        assert_eq!(
            arrows,
            [Relation { from: "s1".to_string(), to: "s2".to_string(), label: "lives in".to_string() }]
        );
        assert!((support - 2.0 / 3.0).abs() < 1e-12);
    }
}
