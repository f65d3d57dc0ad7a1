//! What a verified answer never does, whatever the draft says.

use std::sync::Arc;

use engraft_core::CharMap;
use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

const HANDBOOK: &str =
    "Leave is 30 days. Ask early.\nSick leave is paid. Ask early. It’s “full” pay – always.";
const OLD: &str = "Leave is 25 days.";

fn source(text: &str, superseded: bool) -> Source<'_> {
    let chars = text.chars().count();
    Source {
        uri: if superseded { "old.md".into() } else { "handbook.md".into() },
        title: None,
        heading: Vec::new(),
        page: None,
        text: Arc::new(CharMap::new(text)),
        span: Span::new(0, chars).unwrap(),
        updated_at: String::new(),
        superseded,
        score: 1.0,
        dense: None,
        lexical: None,
    }
}

/// A marker: source, quote, and where it is claimed to be.
type Claim<'a> = (usize, &'a str, Option<(usize, usize)>);

/// The words of `message` that a marker supports stand between `<` and `>`.
fn draft(message: &str, claims: &[Claim<'_>]) -> Draft {
    let (mut plain, mut starts, mut spans) = (String::new(), Vec::new(), Vec::new());
    for c in message.chars() {
        let at = plain.chars().count();
        match c {
            '<' => starts.push(at),
            '>' => spans.push(Span::new(starts.pop().unwrap(), at).unwrap()),
            c => plain.push(c),
        }
    }
    let markers = claims.iter().zip(spans).map(|((source, quote, span), message)| Marker {
        message,
        source: *source,
        quote: quote.to_string(),
        span: span.and_then(|(start, end)| Span::new(start, end)),
    });
    Draft { message: plain, markers: markers.collect() }
}

#[track_caller]
fn check(message: &str, claims: &[Claim<'_>], expected: Expect) {
    let answer = verify(&draft(message, claims), &[source(HANDBOOK, false), source(OLD, true)], 0.5);
    let chars: Vec<char> = answer.message.chars().collect();
    let mut shown = format!("{}\n", answer.message);
    for citation in &answer.citations {
        let words: String = chars[citation.message.start()..citation.message.end()].iter().collect();
        let (start, end) = citation.span.into();
        shown.push_str(&format!("[{}] {words} = {start}..{end} {:?}\n", citation.n, citation.quote));
    }
    answer.notes.iter().for_each(|note| shown.push_str(&format!("note: {note}\n")));
    expected.assert_eq(&shown);
}

#[test]
fn a_true_quote_keeps_its_marker() {
    check(
        "<Leave is 30 days.> [1]",
        &[(0, "Leave is 30 days.", Some((0, 17)))],
        expect![[r#"
        Leave is 30 days. [1]
        [1] Leave is 30 days. = 0..17 "Leave is 30 days."
    "#]],
    );
}

#[test]
fn a_wrong_span_is_repaired_when_the_quote_is_unique() {
    check(
        "You get <30 days> [1].",
        &[(0, "30 days", Some((3, 9)))],
        expect![[r#"
        You get 30 days [1].
        [1] 30 days = 9..16 "30 days"
    "#]],
    );
    check(
        "<Sick leave is paid> [4].",
        &[(0, "Sick leave is paid.", None)],
        expect![[r#"
        Sick leave is paid [1].
        [1] Sick leave is paid = 29..48 "Sick leave is paid."
    "#]],
    );
}

#[test]
fn a_quote_found_twice_is_dropped_unless_its_span_says_which() {
    check(
        "<Ask early> [1].",
        &[(0, "Ask early.", None)],
        expect![[r#"
        The documents do not answer this question.
        note: a citation of handbook.md was dropped: its quote is not found there, or in several places
    "#]],
    );
    check(
        "<Ask early> [1].",
        &[(0, "Ask early.", Some((49, 59)))],
        expect![[r#"
        Ask early [1].
        [1] Ask early = 49..59 "Ask early."
    "#]],
    );
}

#[test]
fn spaces_and_quotation_marks_are_forgiven_and_the_source_spelling_is_cited() {
    check(
        "<Paid.> [1]",
        &[(0, "It's  \"full\" pay - always.", None)],
        expect![[r#"
        Paid. [1]
        [1] Paid. = 60..85 "It’s “full” pay – always."
    "#]],
    );
}

#[test]
fn altered_quotes_unknown_and_superseded_sources_lead_to_an_abstention() {
    check(
        "<Leave is 31 days.> [1]",
        &[(0, "Leave is 31 days.", Some((0, 17)))],
        expect![[r#"
        The documents do not answer this question.
        note: a citation of handbook.md was dropped: its quote is not found there, or in several places
    "#]],
    );
    check(
        "<Leave is 25 days.> [2] <So.> [9]",
        &[(1, "Leave is 25 days.", None), (8, "So.", None)],
        expect![[r#"
        The documents do not answer this question.
        note: a citation of old.md was dropped: it is superseded
        note: a citation of source 9 was dropped: only 2 were sent
    "#]],
    );
}

#[test]
fn what_is_dropped_leaves_no_marker_and_the_rest_is_renumbered() {
    check(
        "<Wrong> [1]. <Leave is 30 days.> [2] <Also sick leave> [3], [7].",
        &[(0, "no such words", None), (0, "Leave is 30 days.", None), (0, "Sick leave is paid.", None)],
        expect![[r#"
            Wrong. Leave is 30 days. [1] Also sick leave [2],.
            [1] Leave is 30 days. = 0..17 "Leave is 30 days."
            [2] Also sick leave = 29..48 "Sick leave is paid."
            note: a citation of handbook.md was dropped: its quote is not found there, or in several places
            note: markers without a verified citation were removed from the message
        "#]],
    );
}

#[test]
fn a_marker_that_is_not_shown_is_put_in_and_the_same_quote_shares_a_number() {
    check(
        "<Thirty days> of leave. <A month>, <paid when sick> [5][6].",
        &[(0, "Leave is 30 days.", None), (0, "Leave is 30 days.", None), (0, "Sick leave is paid.", None)],
        expect![[r#"
            Thirty days [1] of leave. A month [1], paid when sick [2].
            [1] Thirty days = 0..17 "Leave is 30 days."
            [1] A month = 0..17 "Leave is 30 days."
            [2] paid when sick = 29..48 "Sick leave is paid."
            note: markers without a verified citation were removed from the message
        "#]],
    );
}

#[test]
fn overlapping_markers_do_not_both_stay() {
    check(
        "<Leave <is 30> days.> [1]",
        &[(0, "is 30", None), (0, "Leave is 30 days.", None)],
        expect![[r#"
        Leave is 30 days. [1]
        [1] Leave is 30 days. = 0..17 "Leave is 30 days."
        note: a citation of handbook.md was dropped: it overlaps another
    "#]],
    );
}

fn lies() -> impl Strategy<Value = (Vec<(String, bool)>, Draft)> {
    let text = "([a-c ]|[1-3]|\\[[0-9]\\]|[\u{e9}\u{1f600}\u{4e00}]|\n){1,40}";
    let sources = proptest::collection::vec((text, proptest::bool::weighted(0.2)), 0..4);
    let marker = (
        0usize..50,
        1usize..12,
        0usize..5,
        "[a-c1 \u{e9}]{0,6}",
        proptest::option::of((0usize..50, 1usize..9)),
    );
    (sources, text, proptest::collection::vec((marker, any::<bool>()), 0..6)).prop_map(
        |(sources, message, markers)| {
            let markers = markers.into_iter().map(|((start, len, source, words, span), honest)| {
                let span = span.and_then(|(start, len)| Span::new(start, start + len));
                let truth = sources.get(source).and_then(|(text, _)| CharMap::new(text).quote(span?));
                let quote = truth.filter(|_| honest).map_or(words, str::to_string);
                Marker { message: Span::new(start, start + len).unwrap(), source, quote, span }
            });
            let markers = markers.collect();
            (sources, Draft { message, markers })
        },
    )
}

proptest! {
    #[test]
    fn no_draft_gets_a_citation_that_does_not_quote((texts, draft) in lies()) {
        let sources: Vec<Source<'_>> = texts.iter().map(|(text, superseded)| source(text, *superseded)).collect();
        let answer = verify(&draft, &sources, 0.7);
        prop_assert_eq!(answer.answerable, !answer.citations.is_empty());
        if !answer.answerable {
            prop_assert_eq!(&answer.message, ABSTENTION);
        }
        let chars: Vec<char> = answer.message.chars().collect();
        for citation in &answer.citations {
            let source = &sources[citation.source];
            prop_assert!(!source.superseded);
            prop_assert_eq!(source.text.quote(citation.span), Some(citation.quote.as_str()));
            prop_assert!(citation.message.end() <= chars.len());
            let shown = format!("[{}]", citation.n);
            let from: String = chars[citation.message.start()..].iter().collect();
            prop_assert!(from.contains(&shown), "{} in {:?}", shown, answer.message);
            prop_assert!(citation.n >= 1 && citation.n <= answer.citations.len());
        }
        let verified = |bracket: &Bracket| {
            let n: String = chars[bracket.start + 1..bracket.end - 1].iter().collect();
            let inside = |citation: &Citation| citation.message.start() <= bracket.start && bracket.end <= citation.message.end();
            answer.citations.iter().any(|citation| citation.n.to_string() == n || inside(citation))
        };
        prop_assert!(brackets(&chars).iter().all(verified), "{:?}", answer.message);
    }
}
