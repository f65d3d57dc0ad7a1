//! The extractive reader: an answer in the sources' own words, without a language model.
//!
//! Sentences and table rows are ranked, the best one to four are quoted to the letter, and how far they support an
//! answer is estimated. Near-identical sources count once, superseded ones never, and where two sources give different
//! figures for the same thing, both are quoted with their dates.

use std::collections::BTreeMap;
use std::sync::Arc;

use engraft_core::{Answer, Draft, Marker, Span};

use crate::conflict::{Conflict, conflicts};
use crate::distinct::distinct;
use crate::found::{Found, put_first};
use crate::rank::{Question, Ranked, Signals, rank};
use crate::support::{Evidence, evidence};
use crate::unit::Unit;
use crate::{Meaning, Source, abstain, verify};

/// How an answer is extracted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExtractOptions {
    /// The most sentences or rows that are quoted, at least 1; neighbours quoted for their context count.
    pub sentences: usize,
    /// A further sentence is quoted when its log-odds of holding the answer are at most this far below the best one's.
    pub margin: f32,
    /// Below this support, in `[0, 1]`, there is no answer.
    pub threshold: f32,
    /// The most sentences that are embedded per question: what an answer costs in time.
    pub embed_units: usize,
}

impl Default for ExtractOptions {
    /// One half parts what has enough evidence from what has not; what that reaches is told in `support.rs`.
    fn default() -> ExtractOptions {
        ExtractOptions { sentences: 4, margin: 2.0, threshold: 0.5, embed_units: 16 }
    }
}

/// What the reader found, before it is verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Extraction {
    /// The quoted sentences with their markers; empty when there is nothing to quote.
    pub draft: Draft,
    /// How likely the quotes hold the answer, in `[0, 1]`.
    pub support: f32,
    /// What `support` was computed from.
    pub evidence: Evidence,
    /// Conflicts between sources, in words for the user.
    pub notes: Vec<String>,
}

/// The answer to `question` from `sources` (best first), verified; an abstention when its support is too low.
pub fn answer(
    question: &str,
    sources: &[Source<'_>],
    options: &ExtractOptions,
    meaning: Option<Meaning<'_>>,
) -> Answer {
    let found = extract(question, sources, options, meaning);
    if found.support < options.threshold {
        return abstain(found.support, Vec::new());
    }
    let support = found.support;
    verified(found, sources, support)
}

/// The answer of an extraction once its citations were checked, with its notes before those of the verifier.
pub(crate) fn verified(extraction: Extraction, sources: &[Source<'_>], support: f32) -> Answer {
    let mut answer = verify(&extraction.draft, sources, support);
    answer.notes.splice(0..0, extraction.notes);
    answer
}

/// The sentences of `sources` (best first) that answer `question` best, quoted exactly, each with a marker.
///
/// The draft is made whatever its support; [`answer`] abstains. Without `meaning`, and where a text is too long for its
/// encoder, words alone decide.
pub fn extract(
    question: &str,
    sources: &[Source<'_>],
    options: &ExtractOptions,
    meaning: Option<Meaning<'_>>,
) -> Extraction {
    drafted(question, sources, options, meaning, None)
}

/// The same; where a reader found words, what holds them comes first.
pub(crate) fn drafted(
    question: &str,
    sources: &[Source<'_>],
    options: &ExtractOptions,
    meaning: Option<Meaning<'_>>,
    found: Option<&Found>,
) -> Extraction {
    let (places, live): (Vec<usize>, Vec<Source<'_>>) = distinct(sources).into_iter().unzip();
    let asked = Question::read(question, &live);
    let mut ranked = ranking(&asked, &live, options, meaning);
    if let Some(found) = found {
        put_first(&mut ranked, found, &places);
    }
    let disputes = conflicts(&asked, &ranked, &live);
    let chosen = choose(&ranked, &disputes, options);
    let evidence = evidence(&asked, &chosen, &ranked, &live);
    let quotes = quotes(&chosen, &disputes, &live);
    let notes = disputes.iter().map(|dispute| dispute.note(&ranked, &live)).collect();
    Extraction { draft: draft(&quotes, &live, &places), support: evidence.support(), evidence, notes }
}

/// A sentence or table row with the reasons for its score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// Which of the sources, from 0.
    pub source: usize,
    /// Where it is in the source's text.
    pub span: Span,
    /// What the score is made of.
    pub signals: Signals,
    /// Log-odds that it holds the answer.
    pub score: f32,
}

/// Every sentence and row the reader considers for `question`, best first.
pub fn explain(
    question: &str,
    sources: &[Source<'_>],
    options: &ExtractOptions,
    meaning: Option<Meaning<'_>>,
) -> Vec<Scored> {
    let (places, live): (Vec<usize>, Vec<Source<'_>>) = distinct(sources).into_iter().unzip();
    let ranked = ranking(&Question::read(question, &live), &live, options, meaning);
    let scored = |ranked: Ranked<'_>| Scored {
        source: places[ranked.unit.source],
        span: ranked.unit.span,
        signals: ranked.signals,
        score: ranked.score,
    };
    ranked.into_iter().map(scored).collect()
}

/// The units of the sources, best first.
fn ranking<'a>(
    question: &Question<'_>,
    sources: &[Source<'a>],
    options: &ExtractOptions,
    meaning: Option<Meaning<'_>>,
) -> Vec<Ranked<'a>> {
    let mut ranked = rank(question, sources, options, meaning);
    let place = |ranked: &Ranked<'_>| (ranked.unit.source, ranked.unit.place);
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(place(a).cmp(&place(b))));
    ranked
}

/// The units to quote, best first.
fn choose<'r, 'a>(
    ranked: &'r [Ranked<'a>],
    disputes: &[Conflict],
    options: &ExtractOptions,
) -> Vec<&'r Ranked<'a>> {
    let Some(best) = ranked.first() else {
        return Vec::new();
    };
    let most = options.sentences.max(1);
    let mut chosen: Vec<&Ranked<'_>> = vec![best];
    let disputed = disputes.iter().flat_map(|dispute| [dispute.one, dispute.other]);
    for unit in disputed.map(|i| &ranked[i]) {
        if chosen.len() < most && !chosen.iter().any(|held| held.unit == unit.unit) {
            chosen.push(unit);
        }
    }
    for next in &ranked[1..] {
        if chosen.len() >= most || next.score < best.score - options.margin {
            break;
        }
        if next.unit.label {
            continue;
        }
        let said = |held: &&Ranked<'_>| {
            held.unit == next.unit || held.unit.source != next.unit.source && alike(held, next)
        };
        if !chosen.iter().any(said) {
            chosen.push(next);
        }
    }
    // A sentence that leans on the one before it is not understood alone.
    for i in 0..chosen.len() {
        let unit = &chosen[i].unit;
        if chosen.len() < most && !unit.row && leans_back(unit.text) {
            let before =
                |other: &&Ranked<'_>| other.unit.source == unit.source && other.unit.place + 1 == unit.place;
            let before = ranked
                .iter()
                .find(before)
                .filter(|before| !chosen.iter().any(|held| held.unit == before.unit));
            chosen.extend(before);
        }
    }
    chosen
}

/// Whether two units say the same in almost the same words.
fn alike(a: &Ranked<'_>, b: &Ranked<'_>) -> bool {
    let shared = a.terms.intersection(&b.terms).count();
    let all = a.terms.len() + b.terms.len() - shared;
    all > 0 && shared * 5 >= all * 4
}

/// Whether a sentence begins with a word that points back.
fn leans_back(text: &str) -> bool {
    static POINTERS: [&str; 22] = [
        "It",
        "They",
        "He",
        "She",
        "This",
        "That",
        "These",
        "Those",
        "Its",
        "Their",
        "His",
        "Her",
        "Such",
        "However,",
        "But",
        "Then",
        "Therefore,",
        "Otherwise,",
        "Instead,",
        "Er",
        "Sie",
        "Dies",
    ];
    text.split_whitespace().next().is_some_and(|word| POINTERS.contains(&word))
}

/// A stretch of one source that is quoted as a whole.
struct Quote {
    source: usize,
    span: Span,
    row: bool,
}

/// The chosen units as quotes, neighbours joined: disputed ones newest first, then by the source of the best unit.
fn quotes(chosen: &[&Ranked<'_>], disputes: &[Conflict], sources: &[Source<'_>]) -> Vec<Quote> {
    // A source's turn is that of its best unit.
    let mut turns: BTreeMap<usize, usize> = BTreeMap::new();
    for ranked in chosen {
        let next = turns.len();
        turns.entry(ranked.unit.source).or_insert(next);
    }
    let mut order: Vec<usize> = turns.keys().copied().collect();
    order.sort_by_key(|source| turns[source]);
    if !disputes.is_empty() {
        order.sort_by(|a, b| sources[*b].updated_at.cmp(&sources[*a].updated_at));
    }
    let mut quotes: Vec<Quote> = Vec::new();
    for source in order {
        let mut units: Vec<_> =
            chosen.iter().map(|ranked| &ranked.unit).filter(|unit| unit.source == source).collect();
        units.sort_by_key(|unit| unit.place);
        let mut last: Option<usize> = None;
        for unit in units {
            let follows = last.is_some_and(|last| last + 1 == unit.place);
            last = Some(unit.place);
            match quotes.last_mut() {
                Some(quote) if follows && unit.row == quote.row => quote.reach(unit.span),
                _ => add(&mut quotes, unit, sources),
            }
        }
    }
    quotes
}

impl Quote {
    /// Makes the quote end where `span` ends.
    fn reach(&mut self, span: Span) {
        self.span = Span::new(self.span.start(), span.end()).unwrap_or(self.span);
    }
}

/// Adds a unit as a quote of its own: a row below its table's first one, in one quote when nothing else lies between.
fn add(quotes: &mut Vec<Quote>, unit: &Unit<'_>, sources: &[Source<'_>]) {
    let (source, row) = (unit.source, unit.row);
    let map = &sources[source].text;
    let shown = |header: &Span| {
        let same = |quote: &&Quote| Arc::ptr_eq(&sources[quote.source].text, map);
        quotes.iter().filter(same).any(|quote| quote.span.contains(*header))
    };
    let header = unit.header_span(map).filter(|header| !shown(header));
    let Some(header) = header else {
        return quotes.push(Quote { source, span: unit.span, row });
    };
    let between = Span::new(header.end(), unit.span.start()).and_then(|between| map.quote(between));
    let apart = between.is_some_and(|between| between.contains(char::is_alphanumeric));
    let mut quote = Quote { source, span: header, row };
    if apart {
        quotes.extend([quote, Quote { source, span: unit.span, row }]);
    } else {
        quote.reach(unit.span);
        quotes.push(quote);
    }
}

/// The message: each quote with its marker, prose on one line, rows and other sources on lines of their own.
fn draft(quotes: &[Quote], sources: &[Source<'_>], places: &[usize]) -> Draft {
    let mut draft = Draft::default();
    let mut length = 0;
    for (i, quote) in quotes.iter().enumerate() {
        let Some(words) = sources[quote.source].text.quote(quote.span) else {
            continue;
        };
        if let Some(before) = i.checked_sub(1).and_then(|before| quotes.get(before)) {
            let apart = quote.row || before.row || quote.source != before.source;
            draft.message.push(if apart { '\n' } else { ' ' });
            length += 1;
        }
        let marker = format!(" [{}]", draft.markers.len() + 1);
        draft.markers.extend(Span::new(length, length + quote.span.len()).map(|message| Marker {
            message,
            source: places[quote.source],
            quote: words.to_string(),
            span: Some(quote.span),
        }));
        draft.message.push_str(words);
        draft.message.push_str(&marker);
        length += quote.span.len() + marker.len();
    }
    draft
}

#[cfg(test)]
pub(crate) mod tests;
