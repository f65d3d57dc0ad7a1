//! Search by itself: how much of a question's gold the passages hold that an answer is read from, and how high the documents stand that
//! hold it, whatever is made of them.

use std::iter::repeat_n;

use engraft_decide::{EVIDENCE_RECALL, Measure, RECALL};
use engraft_eval::{Passage, Ranking, Rules, evidence};

use super::folded::{Folded, folded};
use super::questions::{Gold, Posed};
use crate::ask::Seen;
use crate::decide::ranked;
use crate::{Error, Workspace};

/// How many measures of it there are.
pub(super) const MEASURES: usize = 4;

/// A passage that was read.
#[derive(Clone, Copy)]
pub(super) enum Read<'a> {
    /// A part of a document, as search found it.
    Found(&'a Seen),
    /// Words that were given, with what they are called.
    Given { uri: &'a str, text: &'a str },
}

/// The measures of it.
pub(super) fn measures() -> [Measure; MEASURES] {
    let whole = "the share of the gold passages an answer takes that one of the k passages read holds whole, where the gold is known; k is \
                 `answer.passages`. A question whose gold no passage there is holds whole is left out";
    let characters = "the same in characters: the share of the gold that the passages read hold together, however the documents were cut";
    let high = "how high the documents that hold the gold stand among those of the passages read, each where its first passage is, from 0 \
                to 1; a document of which no passage was read counts as not found";
    let judged = "the share of the first ten of these documents (of all, where fewer were read) that is known to hold gold; of the others \
                  nobody said whether they answer, and they count as if they did not";
    let [high, judged] = ranked::measures(high, judged);
    [Measure::new(RECALL, whole, true), Measure::new(EVIDENCE_RECALL, characters, true), high, judged]
}

/// All of them for one question, each in `[0, 1]`; `None` where there is no gold to find, and of ranks where passages were given.
pub(super) fn found(
    workspace: &Workspace,
    posed: &Posed,
    read: &[Read],
) -> Result<[Option<f64>; MEASURES], Error> {
    if !posed.answerable || posed.gold.is_empty() {
        return Ok([None; MEASURES]);
    }
    let golds = posed.gold.iter().map(|gold| Held::of(workspace, gold, read));
    let golds = golds.collect::<Result<Vec<Held>, Error>>()?;
    let [whole, share] = together(&golds, posed.takes_all());
    let [ndcg, judged] = high(posed, read);
    // Where no passage holds the gold whole, the best search of all would score 0.
    Ok([Some(whole).filter(|_| posed.fits), Some(share), ndcg, judged])
}

/// How high the documents that hold the gold stand, and how many of those read are judged.
fn high(posed: &Posed, read: &[Read]) -> [Option<f64>; 2] {
    let uri = |read: &Read| match *read {
        Read::Found(seen) => Some(seen.uri.clone()),
        Read::Given { .. } => None,
    };
    // What was given has no rank.
    let Some(uris) = read.iter().map(uri).collect::<Option<Vec<String>>>() else { return [None, None] };
    let grade = |uri: &String| posed.homes.contains(uri).then_some(1);
    let judged = repeat_n(1, posed.homes.len());
    ranked::of(&Ranking::of_names(uris, grade, judged, Rules::default()))
}

/// Both for all gold of a question: where not all of it is needed, for that which is held best.
fn together(golds: &[Held], all: bool) -> [f64; 2] {
    if !all {
        let whole = f64::from(u8::from(golds.iter().any(|gold| gold.whole)));
        return [whole, golds.iter().map(|gold| gold.share).fold(0.0, f64::max)];
    }
    let whole = golds.iter().filter(|gold| gold.whole).count() as f64;
    let wanted: f64 = golds.iter().map(|gold| gold.length).sum();
    let share: f64 = golds.iter().map(|gold| gold.share * gold.length).sum();
    [whole / golds.len() as f64, share / wanted]
}

/// How far passages hold one gold passage.
struct Held {
    /// Its characters, single spaces counted.
    length: f64,
    /// Whether one of them holds all of it.
    whole: bool,
    /// The share of its characters that they hold together.
    share: f64,
}

impl Held {
    /// Where a document says it several times, or several documents say it, the one place that is held best counts.
    fn of(workspace: &Workspace, gold: &Gold, read: &[Read]) -> Result<Held, Error> {
        let wanted = folded(&gold.quote);
        let mut held = Held { length: wanted.chars().count() as f64, whole: false, share: 0.0 };
        let named = |uri: &str| gold.uri.as_ref().is_none_or(|named| named == uri);
        let mut documents: Vec<&Seen> = Vec::new();
        for read in read {
            match *read {
                Read::Found(seen) if named(&seen.uri) => documents.push(seen),
                Read::Given { uri, text } if named(uri) => {
                    held.look(text, &wanted, &[(0, text.chars().count())]);
                }
                _ => {}
            }
        }
        documents.sort_by_key(|seen| seen.doc);
        for passages in documents.chunk_by(|a, b| a.doc == b.doc) {
            let Some(text) = workspace.store.text(passages[0].doc, passages[0].version)? else { continue };
            let spans: Vec<(usize, usize)> = passages.iter().map(|seen| seen.span.into()).collect();
            held.look(&text, &wanted, &spans);
        }
        Ok(held)
    }

    /// Looks through a document of which passages are at `spans`.
    fn look(&mut self, text: &str, wanted: &str, spans: &[(usize, usize)]) {
        let passage = |&(start, end): &(usize, usize)| Passage { doc: "", start, end };
        let passages: Vec<Passage> = spans.iter().map(passage).collect();
        for place in Folded::of(text).places(wanted) {
            self.whole |= spans.iter().any(|span| span.0 <= place.0 && place.1 <= span.1);
            let share = evidence(&passages, &[passage(&place)]).map_or(0.0, |found| found.recall);
            self.share = self.share.max(share);
        }
    }
}

#[cfg(test)]
mod tests {
    use engraft_core::Span;

    use super::*;

    /// How far passages at these places hold a gold passage.
    #[track_caller]
    fn check(text: &str, gold: &str, spans: &[(usize, usize)], whole: bool, share: f64) {
        let mut held = Held { length: 1.0, whole: false, share: 0.0 };
        held.look(text, &folded(gold), spans);
        assert_eq!((held.whole, held.share), (whole, share), "{gold:?} in {text:?}");
    }

    /// How high the documents of a question's gold stand where these were read, one a passage; and how many of them are judged.
    #[track_caller]
    fn ranks(homes: &[&str], read: &[&str], expected: [Option<f64>; 2]) {
        let seen =
            |uri: &&str| Seen { uri: uri.to_string(), doc: 1, version: 1, span: Span::new(0, 1).unwrap() };
        let seen: Vec<Seen> = read.iter().map(seen).collect();
        let mut posed: Posed = serde_json::from_str(r#"{"id":"q","question":"?"}"#).unwrap();
        posed.homes = homes.iter().map(|uri| uri.to_string()).collect();
        let read: Vec<Read> = seen.iter().map(Read::Found).collect();
        assert_eq!(high(&posed, &read), expected);
    }

    #[test]
    fn a_document_stands_where_the_first_of_its_passages_does() {
        let second = 1.0 / 3f64.log2();
        ranks(&["a"], &["a", "a", "b"], [Some(1.0), Some(0.5)]);
        ranks(&["b"], &["a", "a", "b"], [Some(second), Some(0.5)]);
        ranks(&["b", "c"], &["a", "b"], [Some(second / (1.0 + second)), Some(0.5)]);
        ranks(&["c"], &["a", "b"], [Some(0.0), Some(0.0)]);
        ranks(&["c"], &[], [Some(0.0), Some(0.0)]);
    }

    #[test]
    fn without_a_document_that_holds_gold_and_of_passages_that_were_given_there_is_no_rank() {
        ranks(&[], &["a", "b"], [None, None]);
        let mut posed: Posed = serde_json::from_str(r#"{"id":"q","question":"?"}"#).unwrap();
        posed.homes = ["a".to_string()].into();
        assert_eq!(high(&posed, &[Read::Given { uri: "a", text: "Six ten." }]), [None, None]);
    }

    #[test]
    fn any_gold_is_enough_unless_all_of_it_is_needed() {
        let golds = [(10.0, true, 1.0), (30.0, false, 0.5)];
        let golds = golds.map(|(length, whole, share)| Held { length, whole, share });
        assert_eq!(together(&golds, false), [1.0, 1.0]);
        assert_eq!(together(&golds, true), [0.5, 0.625]);
        assert_eq!(together(&golds[1..], false), [0.0, 0.5]);
    }

    #[test]
    fn gold_is_held_by_a_passage_or_by_several_together() {
        check("One two. Six ten.", "Six ten.", &[(9, 17)], true, 1.0);
        check("One two. Six ten.", "Six ten.", &[(0, 13), (13, 17)], false, 1.0);
        check("One two. Six ten.", "Six ten.", &[(0, 13)], false, 0.5);
        check("One two. Six ten.", "Six ten.", &[(0, 8)], false, 0.0);
        check("One two. Six ten.", "Six ten.", &[], false, 0.0);
        check("One two.", "Six ten.", &[(0, 8)], false, 0.0);
    }

    #[test]
    fn case_and_spacing_are_aside_and_code_points_are_counted() {
        check("Ä  ß\n\nÖl  IST da.", " öl ist  da.\n", &[(6, 17)], true, 1.0);
        check("Ä  ß\n\nÖl  IST da.", "öl ist da.", &[(0, 8)], false, 2.0 / 11.0);
        // One letter that becomes two, and no half of it.
        check("İstanbul it is.", "i\u{307}stanbul", &[(0, 8)], true, 1.0);
    }

    #[test]
    fn of_several_places_the_one_that_is_held_best_counts() {
        check("Six. Seven. Six.", "six.", &[(0, 2), (12, 16)], true, 1.0);
        check("Six. Seven. Six.", "six.", &[(0, 2), (12, 13)], false, 0.5);
    }
}
