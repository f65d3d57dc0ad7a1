//! What a reply says: with those citations whose quote is in its passage, and how right that is.

use std::sync::Arc;

use engraft_answer::{Source, read_answer, read_draft, verify};
use engraft_core::{Answer, CharMap, Draft, Marker, Span};
use engraft_decide::Row;
use engraft_eval::{Resampling, State, TextItem, TextMeasure, text_metrics};

use super::super::folded::{folded, says};
use super::super::found::MEASURES;
use super::super::fresh::Cited;
use super::super::grounds::{Cite, Grounds};
use super::super::questions::Posed;
use super::ways::Passage;

/// How many values of a row tell of what was said, before those of what was found.
pub(super) const SAID: usize = 5;

/// What a cell said; no words: it abstained.
#[derive(Default)]
pub(super) struct Said<'p> {
    words: Option<String>,
    /// How far its sentences rest on what it cites.
    grounds: Grounds,
    /// The share of claims with a quote that is there.
    exact: Option<f64>,
    evidence: Vec<String>,
    /// The documents of the passages that are cited, one a citation; a passage that was not searched for is of none.
    pub(super) cited: Vec<Cited<'p>>,
}

/// What a reply from memory says.
pub(super) fn remembered(reply: &str) -> Result<Said<'static>, String> {
    Ok(Said { words: read_answer(reply)?, ..Said::default() })
}

/// What a reply says, with only those citations whose quote is in its passage.
pub(super) fn cited<'p>(reply: &str, passages: &'p [Passage]) -> Result<Said<'p>, String> {
    let Some(draft) = read_draft(reply)? else {
        return Ok(Said::default());
    };
    let (passages, sources): (Vec<&Passage>, Vec<Source>) =
        passages.iter().filter_map(|passage| Some((passage, source(passage)?))).unzip();
    let Answer { message, answerable, citations, .. } = verify(&draft, &sources, 1.0);
    let exact = answerable.then(|| citations.len() as f64 / draft.markers.len() as f64);
    let grounds = if answerable { grounds(&draft, &sources) } else { Grounds::default() };
    let shown =
        citations.iter().map(|citation| format!("{}: {}", sources[citation.source].uri, citation.quote));
    let evidence = shown.collect();
    let cited = citations.iter().filter_map(|citation| passages[citation.source].cited()).collect();
    Ok(Said { words: answerable.then_some(message), grounds, exact, evidence, cited })
}

/// How far the claims of a draft rest on their quotes; one whose quote is not in its passage cites what is not there.
fn grounds(draft: &Draft, sources: &[Source]) -> Grounds {
    let quoted = |marker: &Marker| {
        let alone = Draft { message: draft.message.clone(), markers: vec![marker.clone()] };
        verify(&alone, sources, 1.0).citations.into_iter().next().map(|citation| citation.quote)
    };
    let quotes: Vec<Option<String>> = draft.markers.iter().map(quoted).collect();
    let cites = draft.markers.iter().zip(&quotes);
    let cites: Vec<Cite> =
        cites.map(|(marker, quote)| Cite { words: marker.message, quote: quote.as_deref() }).collect();
    Grounds::of(&draft.message, &cites)
}

/// A passage as the verifier looks quotes up in it: by itself, as it was sent.
fn source(passage: &Passage) -> Option<Source<'_>> {
    Some(Source {
        uri: passage.uri.clone(),
        title: None,
        heading: Vec::new(),
        page: None,
        text: Arc::new(CharMap::new(&passage.text)),
        span: Span::new(0, passage.text.chars().count())?,
        updated_at: String::new(),
        superseded: false,
        score: 0.0,
        dense: None,
        lexical: None,
    })
}

/// When what was said is right, in short: what was judged by another rule is judged again.
pub(super) const RULE: &str =
    "says the answer as whole words, sigmas alike, or the content words of a passage";

/// What that is worth, put into the row, whose values of what was found stay.
pub(super) fn score(row: &mut Row, posed: &Posed, said: Said, fresh: Option<f64>) {
    let number = |truth: bool| f64::from(u8::from(truth));
    let answered = said.words.is_some();
    let Some(right) = right(posed, said.words.as_deref()) else {
        row.state = State::Undefined;
        row.why = Some("nobody said what is right".into());
        return;
    };
    row.state = if answered { State::Scored } else { State::Abstained };
    let values: [Option<f64>; SAID] = [
        Some(right),
        said.grounds.grounded,
        (!posed.answerable).then_some(number(answered)),
        Some(number(answered)),
        fresh.filter(|_| answered),
    ];
    row.values[..SAID].copy_from_slice(&values);
    let cited = said.grounds.cited.into_iter().chain([said.exact]);
    row.values[SAID + MEASURES..].iter_mut().zip(cited).for_each(|(value, measured)| *value = measured);
    row.said = said.words.unwrap_or_else(|| "(no answer)".into());
    row.evidence = said.evidence;
}

/// How right it is, in `[0, 1]`; `None`: nobody said what is right.
fn right(posed: &Posed, said: Option<&str>) -> Option<f64> {
    let number = |truth: bool| f64::from(u8::from(truth));
    if !posed.answerable {
        return Some(number(said.is_none()));
    }
    match (&posed.answer, posed.gold.is_empty(), said) {
        (None, true, _) => None,
        (_, _, None) => Some(0.0),
        (Some(answer), _, Some(said)) => {
            Some(number(says(&folded(said), folded(answer).trim_end_matches(['.', ' ']))))
        }
        (None, false, Some(said)) => {
            let quotes: Vec<String> = posed.gold.iter().map(|gold| gold.quote.clone()).collect();
            let references = if posed.takes_all() { vec![quotes.join(" ")] } else { quotes };
            let item = TextItem { prediction: said, references: &references };
            let bare = Resampling { seed: 0, resamples: 0 };
            let found = text_metrics(&[item], &[TextMeasure::ContentRecall], &bare);
            found.first().and_then(|metric| metric.items.first().copied())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posed(text: &str) -> Posed {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn an_answer_is_right_by_its_words_and_silence_where_there_is_none() {
        let known =
            posed("{\"id\":\"a\",\"question\":\"?\",\"answer\":\"28 days.\",\"gold\":[{\"quote\":\"x\"}]}");
        assert_eq!(right(&known, Some("You have 28  Days of leave [1].")), Some(1.0));
        assert_eq!((right(&known, Some("Many.")), right(&known, None)), (Some(0.0), Some(0.0)));
        let passage = posed(
            "{\"id\":\"a\",\"question\":\"?\",\"gold\":[{\"quote\":\"Hotels are booked by the travel desk.\"}]}",
        );
        let half = right(&passage, Some("The hotel desk.")).unwrap();
        assert!(half > 0.2 && half < 1.0, "{half}");
        assert_eq!(right(&passage, Some("Hotels are booked by the travel desk.")), Some(1.0));
        let two = |needs: &str| {
            let gold =
                r#"[{"quote":"Hotels are booked by the travel desk."},{"quote":"Flights need approval."}]"#;
            let row = format!(r#"{{"id":"a","question":"?","gold":{gold},"needs":"{needs}"}}"#);
            right(&posed(&row), Some("Hotels are booked by the travel desk.")).unwrap()
        };
        assert!(two("any") == 1.0 && two("all") < 0.9 && two("all") > 0.3, "{}", two("all"));
        let silent = posed("{\"id\":\"a\",\"question\":\"?\",\"answerable\":false}");
        assert_eq!((right(&silent, None), right(&silent, Some("Yes."))), (Some(1.0), Some(0.0)));
        assert_eq!(right(&posed("{\"id\":\"a\",\"question\":\"?\"}"), Some("Yes.")), None);
    }
}
