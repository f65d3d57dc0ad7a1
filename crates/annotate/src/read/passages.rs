//! Relevance of passages, and support of sentences by passages.

use std::collections::BTreeMap;

use engraft_core::{CharMap, Span, sentences};
use serde_json::{Map, Value};

use super::shape::{entries, field_text, ids, unknown};
use super::{Amount, AnswerError};
use crate::{Answer, Graded, Supported, Verdict};

/// Grades in the order of the passages.
pub(super) fn relevance(
    field: &str,
    value: &Value,
    fields: &Map<String, Value>,
    amount: Amount,
) -> Result<Answer, AnswerError> {
    let known = ids(fields, field)?;
    let given: Vec<Graded> = entries(value, "[{\"id\", \"grade\"}], grades from 0 to 3")?;
    let mut by_id: BTreeMap<String, Graded> = BTreeMap::new();
    for (number, mut graded) in given.into_iter().enumerate() {
        let at = format!("[{number}]");
        let Some(place) = known.iter().position(|id| *id == graded.id) else {
            return unknown(&format!("{at}.id"), &graded.id, &known, "passage of the item");
        };
        if graded.grade > 3 {
            return Err(AnswerError::Range {
                at: format!("{at}.grade"),
                value: graded.grade.into(),
                min: 0,
                max: 3,
            });
        }
        let text = fields.get(field).and_then(|passages| passages.get(place)?.get("text")?.as_str());
        evidence(&at, &mut graded.evidence, text.unwrap_or_default())?;
        let id = graded.id.clone();
        if by_id.insert(id.clone(), graded).is_some() {
            return Err(AnswerError::Twice { at, what: format!("passage `{id}`") });
        }
    }
    if let Some(missing) =
        known.iter().find(|id| !by_id.contains_key(**id)).filter(|_| amount == Amount::Whole)
    {
        let what = format!("passage `{missing}` has no grade");
        return Err(AnswerError::Missing {
            at: String::new(),
            what,
            hint: "grade every passage, 0 for not relevant",
        });
    }
    Ok(Answer::Relevance(known.iter().filter_map(|id| by_id.remove(*id)).collect()))
}

fn evidence(at: &str, evidence: &mut Vec<(usize, usize)>, text: &str) -> Result<(), AnswerError> {
    if evidence.is_empty() {
        return Ok(());
    }
    let chars = CharMap::new(text).chars();
    if let Some(&(start, end)) = evidence.iter().find(|(start, end)| start >= end || *end > chars) {
        return Err(AnswerError::Outside { at: format!("{at}.evidence"), start, end, chars });
    }
    evidence.sort_unstable();
    evidence.dedup();
    Ok(())
}

/// One verdict a sentence, in their order.
pub(super) fn support(
    answer: &str,
    passages: &str,
    value: &Value,
    fields: &Map<String, Value>,
    amount: Amount,
) -> Result<Answer, AnswerError> {
    let text = field_text(fields, answer)?;
    let known = ids(fields, passages)?;
    let map = CharMap::new(text);
    let parts = sentences(text);
    let wanted = "[{\"char_start\", \"char_end\", \"verdict\"}], one a sentence";
    let mut given: Vec<Supported> = entries(value, wanted)?;
    for (number, supported) in given.iter_mut().enumerate() {
        let at = format!("[{number}]");
        let (start, end) = (supported.char_start, supported.char_end);
        let span = Span::new(start, end).filter(|span| parts.contains(span));
        let Some(found) = span.and_then(|span| map.quote(span)) else {
            let what = format!("[{start}, {end}) is no sentence of the answer");
            return Err(AnswerError::Forbidden {
                at,
                what,
                hint: "judge whole sentences, as the item shows them",
            });
        };
        if supported.quote.is_empty() {
            supported.quote = found.to_string();
        } else if supported.quote != found {
            let (quote, found) = (supported.quote.clone(), found.to_string());
            let hint = "leave the quote out, or correct the offsets".to_string();
            return Err(AnswerError::Quote { at, quote, found, hint });
        }
        if let Some(id) = supported.passages.iter().find(|id| !known.contains(&id.as_str())) {
            return unknown(&format!("{at}.passages"), id, &known, "passage of the item");
        }
        if supported.verdict == Verdict::NoCitation && !supported.passages.is_empty() {
            let what = "names passages for a sentence that cites nothing".to_string();
            return Err(AnswerError::Forbidden { at, what, hint: "leave them out, or change the verdict" });
        }
        supported.passages.sort();
        supported.passages.dedup();
    }
    given.sort();
    if let Some(pair) = given.windows(2).find(|pair| pair[0].char_start == pair[1].char_start) {
        let what = format!("the sentence at {}", pair[0].char_start);
        return Err(AnswerError::Twice { at: String::new(), what });
    }
    let judged = |span: &&Span| given.iter().any(|supported| supported.char_start == span.start());
    if let Some(missing) = parts.iter().find(|span| !judged(span)).filter(|_| amount == Amount::Whole) {
        let what = format!("the sentence at [{}, {}) has no verdict", missing.start(), missing.end());
        return Err(AnswerError::Missing { at: String::new(), what, hint: "judge every sentence" });
    }
    Ok(Answer::Support(given))
}
