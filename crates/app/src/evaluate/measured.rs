//! What became of one item under every measure, and its row in the store.

use std::collections::BTreeMap;

use engraft_eval::{Score, State};
use engraft_store::RunItemRow;
use serde_json::{Value, json};

use crate::Error;

/// One item of a run, scored or not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Measured {
    /// Such as a question's id.
    pub(crate) item: String,
    /// The document it was made from; its own id where none is known.
    pub(crate) document: String,
    /// The training seed; 0 where nothing was trained.
    pub(crate) seed: u64,
    /// What became of it as a whole.
    pub(crate) state: State,
    /// Milliseconds it took.
    pub(crate) ms: Option<f64>,
    /// By measure.
    pub(crate) scores: BTreeMap<String, Score>,
    /// What else is worth keeping.
    pub(crate) detail: Value,
}

impl Measured {
    /// An item that has no score under any of the measures, and why.
    pub(crate) fn without(
        item: &str,
        document: &str,
        state: State,
        measures: &[String],
        why: &str,
    ) -> Measured {
        Measured {
            item: item.to_string(),
            document: document.to_string(),
            seed: 0,
            state,
            ms: None,
            scores: measures.iter().map(|measure| (measure.clone(), Score::None(state))).collect(),
            detail: json!({ "message": why }),
        }
    }

    pub(crate) fn row(&self, ordinal: u32) -> RunItemRow {
        let scores = self.scores.iter().map(|(name, score)| (name.clone(), score_json(*score)));
        RunItemRow {
            ordinal,
            item: self.item.clone(),
            document: self.document.clone(),
            seed: self.seed,
            state: word(self.state),
            ms: self.ms,
            scores: Value::Object(scores.collect()).to_string(),
            detail: self.detail.to_string(),
        }
    }

    pub(crate) fn from_row(row: RunItemRow) -> Result<Measured, Error> {
        let broken = || Error::Bug(format!("item {} of a run cannot be read", row.item));
        let scores: BTreeMap<String, Value> = serde_json::from_str(&row.scores).map_err(|_| broken())?;
        let scores = scores.into_iter().map(|(name, score)| Some((name, score_from(&score)?)));
        Ok(Measured {
            state: state(&row.state).ok_or_else(broken)?,
            scores: scores.collect::<Option<_>>().ok_or_else(broken)?,
            detail: serde_json::from_str(&row.detail).map_err(|_| broken())?,
            item: row.item,
            document: row.document,
            seed: row.seed,
            ms: row.ms,
        })
    }
}

/// A number, or the word of a state.
pub(crate) fn score_json(score: Score) -> Value {
    match score {
        Score::Value(value) => json!(value),
        Score::None(state) => json!(state),
    }
}

/// The opposite of [`score_json`]; `null` is undefined.
pub(crate) fn score_from(value: &Value) -> Option<Score> {
    match value {
        Value::Null => Some(Score::None(State::Undefined)),
        Value::Bool(right) => Some(Score::Value(f64::from(u8::from(*right)))),
        Value::Number(number) => number.as_f64().map(Score::of),
        Value::String(word) => state(word).filter(|state| *state != State::Scored).map(Score::None),
        _ => None,
    }
}

/// The state of that word.
pub(crate) fn state(word: &str) -> Option<State> {
    serde_json::from_value(word.into()).ok()
}

fn word(state: State) -> String {
    json!(state).as_str().unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_the_store_says_the_same() {
        let scores =
            [("RR".to_string(), Score::Value(0.1)), ("AP".to_string(), Score::None(State::Undefined))];
        let measured = Measured {
            seed: u64::MAX,
            ms: Some(1.5),
            scores: scores.into(),
            ..Measured::without("q1", "d1", State::Scored, &[], "")
        };
        let row = measured.row(3);
        assert_eq!((row.scores.as_str(), row.state.as_str()), (r#"{"AP":"undefined","RR":0.1}"#, "scored"));
        assert_eq!(Measured::from_row(row).unwrap(), measured);
    }
}
