//! What an extracted answer looks like.

use std::sync::Arc;

use engraft_core::{CharMap, Span};
use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::unit::units;

pub(crate) fn source<'a>(uri: &str, day: &str, text: &'a str) -> Source<'a> {
    Source {
        uri: uri.into(),
        title: None,
        heading: Vec::new(),
        page: None,
        text: Arc::new(CharMap::new(text)),
        span: Span::new(0, text.chars().count()).unwrap(),
        updated_at: format!("{day}T00:00:00Z"),
        superseded: false,
        score: 1.0,
        dense: None,
        lexical: None,
    }
}

const ANY: ExtractOptions = ExtractOptions { sentences: 4, margin: 0.4, threshold: 0.0, embed_units: 12 };

#[track_caller]
fn check(question: &str, sources: &[Source<'_>], expected: Expect) {
    let answer = answer(question, sources, &ANY, None);
    let mut shown = format!("{}\n", answer.message);
    answer.citations.iter().for_each(|c| shown.push_str(&format!("[{}] {}\n", c.n, sources[c.source].uri)));
    answer.notes.iter().for_each(|note| shown.push_str(&format!("note: {note}\n")));
    expected.assert_eq(&shown);
}

const LEAVE: &str =
    "Everyone works from home on Fridays. You get 30 days of annual leave a year. Ask your manager early.";

#[test]
fn the_sentence_that_answers_is_quoted() {
    check(
        "How many days of annual leave do I get?",
        &[source("a.md", "2024-01-01", LEAVE)],
        expect![[r#"
        You get 30 days of annual leave a year. [1]
        [1] a.md
    "#]],
    );
}

#[test]
fn a_superseded_source_is_never_cited() {
    let old = Source {
        superseded: true,
        ..source("old.md", "2023-01-01", "You get 25 days of annual leave a year.")
    };
    check(
        "How many days of annual leave do I get?",
        &[old.clone(), source("a.md", "2024-01-01", LEAVE)],
        expect![[r#"
        You get 30 days of annual leave a year. [1]
        [1] a.md
    "#]],
    );
    check(
        "How many days of annual leave do I get?",
        &[old],
        expect![[r#"
        The documents do not answer this question.
    "#]],
    );
}

#[test]
fn copies_are_cited_once_from_the_newest() {
    let copies = [source("a.md", "2023-01-01", LEAVE), source("b.md", "2024-01-01", LEAVE)];
    check(
        "How many days of annual leave do I get?",
        &copies,
        expect![[r#"
        You get 30 days of annual leave a year. [1]
        [1] b.md
    "#]],
    );
}

#[test]
fn sources_that_disagree_are_both_quoted_newest_first() {
    let other = "Parking is free. You get 25 days of annual leave a year.";
    let sources = [source("a.md", "2022-01-01", LEAVE), source("b.md", "2024-05-02", other)];
    check(
        "How many days of annual leave do I get?",
        &sources,
        expect![[r#"
        You get 25 days of annual leave a year. [1]
        You get 30 days of annual leave a year. [2]
        [1] b.md
        [2] a.md
        note: sources disagree: 25 days (b.md, 2024-05-02) against 30 days (a.md, 2022-01-01)
    "#]],
    );
}

#[test]
fn a_row_comes_with_the_header_of_its_table() {
    let table = "Prices per night:\n\n| City | Limit |\n|---|---|\n| Lima | 90 € |\n| Oslo | 150 € |\n";
    check(
        "What is the hotel limit in Oslo?",
        &[source("a.md", "2024-01-01", table)],
        expect![[r#"
        | City | Limit | [1]
        | Oslo | 150 € | [2]
        [1] a.md
        [2] a.md
    "#]],
    );
}

#[test]
fn a_row_right_below_the_header_is_one_quote_with_it() {
    let table = "Prices per night:\n\n| City | Limit |\n|---|---|\n| Lima | 90 € |\n| Oslo | 150 € |\n";
    check(
        "What is the hotel limit in Lima?",
        &[source("a.md", "2024-01-01", table)],
        expect![[r#"
        | City | Limit |
        |---|---|
        | Lima | 90 € | [1]
        [1] a.md
    "#]],
    );
}

#[test]
fn a_sentence_that_points_back_brings_the_one_before() {
    let text = "The badge opens every door of the building. It costs 20 euros to replace a lost one. Lunch is at noon.";
    check(
        "What does it cost to replace a lost one?",
        &[source("a.md", "2024-01-01", text)],
        expect![[r#"
        The badge opens every door of the building. It costs 20 euros to replace a lost one. [1]
        [1] a.md
    "#]],
    );
}

#[test]
fn nothing_to_quote_is_an_abstention() {
    check(
        "Anything?",
        &[],
        expect![[r#"
        The documents do not answer this question.
    "#]],
    );
    check(
        "Anything?",
        &[source("a.md", "2024-01-01", "--- ***")],
        expect![[r#"
        The documents do not answer this question.
    "#]],
    );
}

#[test]
fn a_question_the_sources_do_not_touch_has_little_support() {
    let sources = [source("a.md", "2024-01-01", LEAVE)];
    let support = |question| extract(question, &sources, &ANY, None).support;
    assert!(
        support("How many days of annual leave do I get?")
            > support("Who won the chess championship in Reykjavik?") + 0.3
    );
}

proptest! {
    #[test]
    fn every_quote_is_found_to_the_letter(
        texts in proptest::collection::vec("([a-e]{1,3}[ .]|\\| [a-c] \\| [0-9] \\|\n|\n\n|[\u{4e00}-\u{4e05}]。|é|\r\n|\u{1f600}|It ){1,40}", 1..4),
        question in "([a-e]{1,3} ){0,6}",
    ) {
        let sources: Vec<Source<'_>> = texts.iter().map(|text| source("a.md", "2024-01-01", text)).collect();
        let found = extract(&question, &sources, &ANY, None);
        let message: Vec<char> = found.draft.message.chars().collect();
        for marker in &found.draft.markers {
            let words: String = message[marker.message.start()..marker.message.end()].iter().collect();
            prop_assert_eq!(&words, &marker.quote);
            prop_assert_eq!(sources[marker.source].text.quote(marker.span.unwrap()), Some(words.as_str()));
        }
        // The first row of a table comes along with another one and does not count.
        let all: Vec<Unit<'_>> =
            sources.iter().enumerate().flat_map(|(at, source)| units(at, source)).collect();
        let header = |unit: &Unit<'_>| Some((unit.source, unit.header_span(&sources[unit.source].text)?));
        let headers: Vec<(usize, Span)> = all.iter().filter_map(header).collect();
        let counts = |unit: &&Unit<'_>| {
            !headers.iter().any(|(source, header)| *source == unit.source && header.contains(unit.span))
        };
        let quoted = |unit: &&Unit<'_>| {
            let markers = found.draft.markers.iter().filter(|marker| marker.source == unit.source);
            markers.filter_map(|marker| marker.span).any(|span| span.contains(unit.span))
        };
        let said = all.iter().filter(counts).filter(quoted).count();
        prop_assert!(said <= ANY.sentences, "{said} sentences and rows");
        let verified = verify(&found.draft, &sources, found.support);
        prop_assert_eq!(verified.citations.len(), found.draft.markers.len());
        if verified.answerable {
            prop_assert_eq!(verified.message, found.draft.message);
        }
        prop_assert!((0.0..=1.0).contains(&found.support));
    }
}
