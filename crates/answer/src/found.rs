//! An answer whose words a trained reader found: the sentences or rows that hold them, quoted whole.

use engraft_core::{Answer, Span};

use crate::distinct::distinct;
use crate::extract::{drafted, verified};
use crate::rank::Ranked;
use crate::{ExtractOptions, Source, abstain};

/// Words that a reader says are the answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Which of the sources, from 0; one of [`live`].
    pub source: usize,
    /// Where the words stand in that source's text, in code points.
    pub span: Span,
    /// How likely they are the answer, in `[0, 1]`.
    pub support: f32,
}

/// How far what holds the found words is put above everything else, in log-odds.
const AHEAD: f32 = 0.01;

/// The places of the sources that may be quoted, best first: superseded ones and older copies are left out. A reader reads these.
pub fn live(sources: &[Source<'_>]) -> Vec<usize> {
    distinct(sources).into_iter().map(|(place, _)| place).collect()
}

/// The answer to `question` in the sentences that hold the words found, verified; an abstention when nothing was found or its
/// support is below the threshold.
///
/// Where another source gives another figure for the same thing, that is quoted too, and so is the sentence before one that leans
/// on it; nothing else is.
pub fn answer_found(
    question: &str,
    sources: &[Source<'_>],
    options: &ExtractOptions,
    found: Option<&Found>,
) -> Answer {
    let support = found.map_or(0.0, |found| found.support);
    let Some(found) = found.filter(|found| found.support >= options.threshold) else {
        return abstain(support, Vec::new());
    };
    let only = ExtractOptions { margin: 0.0, ..*options };
    verified(drafted(question, sources, &only, None, Some(found)), sources, support)
}

/// Puts what holds the found words first, in the order of the text; where nothing does, nothing is left.
///
/// `places` says for each live source which of all sources it is.
pub(crate) fn put_first(ranked: &mut Vec<Ranked<'_>>, found: &Found, places: &[usize]) {
    let holds =
        |one: &Ranked<'_>| places[one.unit.source] == found.source && one.unit.span.overlap(found.span) > 0;
    let best = ranked.first().map_or(0.0, |best| best.score) + AHEAD;
    let (mut first, rest): (Vec<_>, Vec<_>) = std::mem::take(ranked).into_iter().partition(holds);
    first.sort_by_key(|one| one.unit.place);
    first.iter_mut().for_each(|one| one.score = best);
    *ranked = first;
    if !ranked.is_empty() {
        ranked.extend(rest);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use engraft_core::CharMap;

    use super::*;

    fn source<'a>(uri: &str, day: &str, text: &'a str) -> Source<'a> {
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
        }
    }

    const TEXT: &str =
        "Zoë painted the bridge. The bridge was painted green by Ana. Nobody paints in winter.";

    /// What is answered when `words` of the source at that place were found.
    #[track_caller]
    fn check(sources: &[Source<'_>], (place, words): (usize, &str), support: f32, expected: &str) {
        let text = sources[place].text.text();
        let start = text[..text.find(words).unwrap()].chars().count();
        let span = Span::new(start, start + words.chars().count()).unwrap();
        let options = ExtractOptions { threshold: 0.4, ..ExtractOptions::default() };
        let found = Found { source: place, span, support };
        let answer = answer_found("Who painted the bridge green?", sources, &options, Some(&found));
        assert_eq!(answer.message, expected);
        for citation in &answer.citations {
            assert_eq!(sources[citation.source].text.quote(citation.span), Some(citation.quote.as_str()));
        }
    }

    #[test]
    fn the_sentence_with_the_words_is_quoted_whole_and_alone() {
        let sources = [source("a.md", "2024-01-01", "Paint dries."), source("b.md", "2024-01-01", TEXT)];
        check(&sources, (1, "Ana"), 0.5, "The bridge was painted green by Ana. [1]");
        check(&sources, (1, "winter"), 0.4, "Nobody paints in winter. [1]");
        check(
            &sources,
            (1, "Ana. Nobody"),
            0.9,
            "The bridge was painted green by Ana. Nobody paints in winter. [1]",
        );
    }

    #[test]
    fn too_little_support_or_nothing_found_is_no_answer() {
        let sources = [source("b.md", "2024-01-01", TEXT)];
        check(&sources, (0, "Ana"), 0.39, crate::verify::ABSTENTION);
        let nothing = answer_found("Who?", &sources, &ExtractOptions::default(), None);
        assert!(!nothing.answerable && nothing.support == 0.0);
    }

    #[test]
    fn a_row_keeps_its_header_and_a_rival_figure_is_quoted_too() {
        let table = "| City | Limit |\n|---|---|\n| Lima | 90 € |\n| Oslo | 150 € |\n";
        check(
            &[source("a.md", "2024-01-01", table)],
            (0, "150 €"),
            0.8,
            "| City | Limit | [1]\n| Oslo | 150 € | [2]",
        );
        let (old, new) =
            ("You get 25 days of annual leave a year.", "You get 30 days of annual leave a year.");
        let sources = [source("a.md", "2022-01-01", old), source("b.md", "2024-01-01", new)];
        check(&sources, (0, "25 days"), 0.8, &format!("{new} [1]\n{old} [2]"));
    }

    #[test]
    fn superseded_sources_and_older_copies_are_not_read() {
        let gone = Source { superseded: true, ..source("old.md", "2020-01-01", "Leave is long.") };
        let copies = [gone, source("a.md", "2023-01-01", TEXT), source("b.md", "2024-01-01", TEXT)];
        assert_eq!(live(&copies), [2]);
    }
}
