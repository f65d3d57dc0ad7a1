//! Whether what an answer says rests on what it cites, sentence by sentence and without a language model: groundedness, and how many of
//! its citations support the sentences that they stand behind.

use std::collections::BTreeSet;

use engraft_answer::{claims, without_markers};
use engraft_core::{CharMap, Span, sentences};
use engraft_decide::Measure;
use engraft_eval::{CitedAnswer, CitedSentence, Citing, Resampling, citations};
use engraft_tune::groundedness::{Claim, Groundedness, UNSURE, measures as measured, shipped};

use super::folded::{folded, says};
use crate::AskReport;

/// How many measures of citations there are.
pub(super) const MEASURES: usize = 4;

/// The rule in short: what was judged by another one is judged again.
pub(super) const RULE: &str = "said to the letter, or two thirds likely by the weights that ship";

/// What is supported, in words.
pub(super) const SUPPORTED: &str = "a sentence is supported where what is cited says it to the letter, or where words, figures and names in \
    common make that likely (two thirds or more, by weights that were fitted on no label of yours); no language model judges";

/// The measures of citations.
pub(super) fn measures() -> [Measure; MEASURES] {
    let recall = format!("the share of an answer's sentences that what they cite supports; {SUPPORTED}");
    let precision = "the share of an answer's citations that support their sentence and are needed for it; one whose quote is not in \
                     its passage is wrong";
    let measure = |name: &str, meaning: &str| Measure::new(name, meaning, true);
    [
        measure("citation_recall", &recall),
        measure("citation_precision", precision),
        measure(
            "citation_recall_alce",
            "the same as ALCE counts it: sentences that claim nothing count, too",
        ),
        measure(
            "citation_precision_alce",
            "the same as ALCE counts it: a sentence with a citation that is wrong is unsupported, and its citations are not counted",
        ),
    ]
}

/// A citation of an answer.
pub(super) struct Cite<'a> {
    /// The words of the message that it stands behind.
    pub(super) words: Span,
    /// What it quotes; `None`: that is not where it should be.
    pub(super) quote: Option<&'a str>,
}

/// What became of the sentences of an answer; `None` where it claims nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Grounds {
    /// The share of its claims that all it cites together supports.
    pub(super) grounded: Option<f64>,
    /// One a measure of citations.
    pub(super) cited: [Option<f64>; MEASURES],
}

/// A sentence of an answer, without markers.
struct Sentence {
    text: String,
    claims: bool,
    /// Places of the citations that stand behind it.
    cites: Vec<usize>,
}

impl Grounds {
    /// Of a message with its citations.
    pub(super) fn of(message: &str, cites: &[Cite]) -> Grounds {
        let (said, model) = (spoken(message, cites), shipped());
        let all: Vec<&str> = cites.iter().filter_map(|cite| cite.quote).collect();
        let claims: Vec<&Sentence> = said.iter().filter(|sentence| sentence.claims).collect();
        let held = claims.iter().filter(|sentence| supports(&model, &sentence.text, &all)).count();
        // A citation whose quote is not there points beyond all passages, as the measures have it.
        let place = |&at: &usize| if cites[at].quote.is_some() { at } else { cites.len() };
        let sentence = |sentence: &Sentence| CitedSentence {
            claims: sentence.claims,
            cites: sentence.cites.iter().map(place).collect(),
        };
        let answer = CitedAnswer { passages: cites.len(), sentences: said.iter().map(sentence).collect() };
        let mut entails = |_: usize, at: usize, places: &[usize]| {
            let quotes: Vec<&str> = places.iter().filter_map(|&place| cites.get(place)?.quote).collect();
            supports(&model, &said[at].text, &quotes)
        };
        let bare = Resampling { seed: 0, resamples: 0 };
        let [strict, alce] = [Citing::Strict, Citing::Alce]
            .map(|citing| citations(std::slice::from_ref(&answer), &mut entails, citing, &bare));
        Grounds {
            grounded: (!claims.is_empty()).then(|| held as f64 / claims.len() as f64),
            cited: [strict.recall, strict.precision, alce.recall, alce.precision].map(|metric| metric.value),
        }
    }

    /// Of quotes alone, each behind its own words.
    pub(super) fn of_report(report: &AskReport) -> Grounds {
        let cites = report.citations.iter().filter_map(|citation| {
            let words = Span::new(citation.message_start, citation.message_end)?;
            Some(Cite { words, quote: Some(citation.quote.as_str()) })
        });
        Grounds::of(&report.answer, &cites.collect::<Vec<_>>())
    }
}

/// The sentences of a message, cut also where words that a citation stands behind begin and end.
fn spoken(message: &str, cites: &[Cite]) -> Vec<Sentence> {
    let map = CharMap::new(message);
    let ends = cites.iter().flat_map(|cite| [cite.words.start(), cite.words.end()]);
    let borders: BTreeSet<usize> = ends.chain([0, map.chars()]).collect();
    let borders: Vec<usize> = borders.into_iter().collect();
    let mut said = Vec::new();
    for ends in borders.windows(2) {
        let Some(part) = Span::new(ends[0], ends[1]) else { continue };
        let Some(words) = map.quote(part) else { continue };
        let behind: Vec<usize> = (0..cites.len()).filter(|&at| cites[at].words.contains(part)).collect();
        let inner = CharMap::new(words);
        for text in sentences(words).into_iter().filter_map(|span| inner.quote(span)).map(without_markers) {
            // What is left of a marker or between two quotes is no sentence.
            if text.contains(char::is_alphanumeric) {
                said.push(Sentence { claims: !claims(&text).is_empty(), text, cites: behind.clone() });
            }
        }
    }
    said
}

/// Whether evidence supports a sentence.
fn supports(model: &Groundedness, sentence: &str, evidence: &[&str]) -> bool {
    let evidence: Vec<String> = evidence.iter().map(|quote| without_markers(quote)).collect();
    let words = folded(sentence);
    if says(&folded(&evidence.join(" ")), words.trim_matches(|letter: char| !letter.is_alphanumeric())) {
        return true;
    }
    let claim = Claim { text: sentence.into(), evidence };
    // Without an encoder there is nothing that could fail.
    let found = measured(std::slice::from_ref(&claim), None).unwrap_or_default();
    found.first().is_some_and(|features| model.judge(features, 0.0).score >= UNSURE.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAVE: &str = "Leave is 28 days a year.";
    const DESK: &str = "Ask the front desk for a form.";

    /// The grounds of a message made of claims with the quote that each cites.
    fn grounds(claims: &[(&str, Option<&str>)]) -> Grounds {
        let (mut message, mut cites) = (String::new(), Vec::new());
        for (at, (text, quote)) in claims.iter().enumerate() {
            let start = message.chars().count();
            message.push_str(text);
            cites.push(Cite { words: Span::new(start, message.chars().count()).unwrap(), quote: *quote });
            message.push_str(&format!(" [{}] ", at + 1));
        }
        Grounds::of(&message, &cites)
    }

    /// Groundedness, then recall and precision, strict and as ALCE has them.
    #[track_caller]
    fn check(claims: &[(&str, Option<&str>)], grounded: Option<f64>, cited: [f64; MEASURES]) {
        assert_eq!(grounds(claims), Grounds { grounded, cited: cited.map(Some) }, "{claims:?}");
    }

    #[test]
    fn quotes_to_the_letter_rest_on_themselves() {
        check(&[(LEAVE, Some(LEAVE)), (DESK, Some(DESK))], Some(1.0), [1.0; 4]);
        let two = "Leave is 28 days a year. It is asked for in writing, see [12].";
        check(&[(two, Some(two))], Some(1.0), [1.0; 4]);
        check(
            &[("| City | Limit |\n| Oslo | 150 € |", Some("| City | Limit |\n| Oslo | 150 € |"))],
            Some(1.0),
            [1.0; 4],
        );
    }

    #[test]
    fn what_the_evidence_does_not_say_is_not_grounded() {
        let made_up = "The bishop paints seven boats in Oslo.";
        check(&[(LEAVE, Some(LEAVE)), (made_up, Some(DESK))], Some(0.5), [0.5; 4]);
        check(&[(made_up, Some(DESK))], Some(0.0), [0.0; 4]);
    }

    #[test]
    fn what_another_citation_says_grounds_a_sentence_and_is_no_citation_of_it() {
        check(&[(LEAVE, Some(DESK)), (DESK, Some(LEAVE))], Some(1.0), [0.0; 4]);
    }

    #[test]
    fn a_quote_that_is_not_there_is_wrong_and_frees_its_sentence_of_citations_as_alce_counts() {
        check(&[(LEAVE, Some(LEAVE)), (DESK, None)], Some(0.5), [0.5, 0.5, 0.5, 1.0]);
    }

    #[test]
    fn words_that_nothing_is_cited_for_count_as_unsupported() {
        let cites = [Cite { words: Span::new(0, LEAVE.len()).unwrap(), quote: Some(LEAVE) }];
        let message = format!("{LEAVE} [1] The bishop paints seven boats in Oslo.");
        let found = Grounds::of(&message, &cites);
        assert_eq!((found.grounded, found.cited), (Some(0.5), [0.5, 1.0, 0.5, 1.0].map(Some)));
    }

    #[test]
    fn what_claims_nothing_has_no_groundedness() {
        let found = Grounds::of("And so?", &[]);
        assert_eq!((found.grounded, found.cited[0]), (None, None));
        assert_eq!(Grounds::of("", &[]), Grounds::default());
    }
}
