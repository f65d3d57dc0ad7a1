//! A response against the known right answers.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::resolve::likeness;
use crate::{Answers, Schema};

/// How alike an answer must be to the known one to count as right; classes are right only when equal.
const RIGHT: f64 = 0.8;

/// One answer against the known one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct GoldScore {
    /// How alike they are, in `[0, 1]`.
    pub score: f64,
    /// Whether it counts as right.
    pub right: bool,
}

/// A response against the known answers of its item.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct GoldResult {
    /// Whether every question with a known answer was answered right.
    pub right: bool,
    /// Each of these questions.
    pub questions: BTreeMap<String, GoldScore>,
}

/// Compares a response with the known answers; `None` when no question has one.
///
/// | question | score | right from |
/// |---|---|---|
/// | label, preference (whatever the strength) | equal or not | 1 |
/// | labels, taxonomy | Jaccard; of a tree with all broader classes | .8 |
/// | spans, relations | F1 of exact matches | .8 |
/// | rating | 1 – distance / length of the scale | .8 |
/// | ranking | share of pairs in the same order | .8 |
/// | text, correction | 1 – edit distance in words / words of the longer | .8 |
/// | turns, support, form | share of turns, sentences, leaves that are equal | .8 |
/// | relevance | mean of 1 – distance / 3 over passages | .8 |
///
/// A question left open that has a known answer is wrong at 0.
pub fn compare_with_gold(
    schema: &Schema,
    fields: &Map<String, Value>,
    given: &Answers,
    gold: &Answers,
) -> Option<GoldResult> {
    let known = schema.questions.iter().filter(|question| gold.contains_key(&question.name));
    let questions: BTreeMap<String, GoldScore> = known
        .map(|question| {
            let score = likeness(question, fields, given, gold).unwrap_or(0.0);
            (question.name.clone(), GoldScore { score, right: score >= RIGHT })
        })
        .collect();
    let right = questions.values().all(|score| score.right);
    (!questions.is_empty()).then_some(GoldResult { right, questions })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{Stage, answers, fields, read_answers, schema};
    use serde_json::json;

    /// The score of the good answers with this change against the good answers.
    #[track_caller]
    fn check(question: &str, value: &Value, expected: f64, right: bool) {
        let gold = read_answers(&schema(), &fields(), &answers(), Stage::Part).unwrap();
        let mut given = answers();
        given[question] = value.clone();
        let given = read_answers(&schema(), &fields(), &given, Stage::Part).unwrap();
        let result = compare_with_gold(&schema(), &fields(), &given, &gold).unwrap();
        let found = result.questions[question];
        assert!((found.score - expected).abs() < 1e-9, "{question}: {}", found.score);
        assert_eq!((found.right, result.right), (right, right), "{question}");
    }

    #[test]
    fn the_known_answers_are_right() {
        let gold = read_answers(&schema(), &fields(), &answers(), Stage::Part).unwrap();
        let result = compare_with_gold(&schema(), &fields(), &gold, &gold).unwrap();
        assert!(result.right && result.questions.len() == 14);
        assert!(result.questions.values().all(|score| score.score == 1.0));
        assert_eq!(compare_with_gold(&schema(), &fields(), &gold, &Answers::new()), None);
    }

    #[test]
    fn each_type_is_scored_its_own_way() {
        check("topic", &json!("refund"), 0.0, false);
        check("moods", &json!(["happy"]), 0.5, false);
        // Of Legal, Finance and Taxes, two are named.
        check("class", &json!([["Legal"], ["Finance"]]), 2.0 / 3.0, false);
        check("stars", &json!(5), 0.75, false);
        check("order", &json!([{"value": "p1", "rank": 1}, {"value": "p2", "rank": 2}]), 0.0, false);
        check("better", &json!({"choice": "a", "strength": 1}), 1.0, true);
        check("better", &json!({"choice": "tie"}), 0.0, false);
        check("why", &json!(" It is  ODD"), 1.0, true);
        check("why", &json!("it is even"), 2.0 / 3.0, false);
        check("fixed", &json!("She lives in Brazil, in a town."), 6.0 / 7.0, true);
        check("acts", &json!([{"turn": 0, "labels": ["asks"]}]), 0.5, false);
        check("grades", &json!([{"id": "p1", "grade": 1}, {"id": "p2", "grade": 2}]), 5.0 / 6.0, true);
        check("facts", &json!({"party": "Zoë", "signed": "2024-02-29", "sums": [1]}), 0.75, false);
    }
}
