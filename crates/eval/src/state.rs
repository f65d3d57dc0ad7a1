//! What became of each item: a value, or a named reason why there is none. Never NaN.

use serde::{Deserialize, Serialize};

/// What became of an item that was to be scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It has a value.
    Scored,
    /// The system said that it does not answer.
    Abstained,
    /// The answer claims nothing that could be checked.
    NoClaims,
    /// The measure is not defined for this item, such as recall without any relevant document.
    Undefined,
    /// The system or the scorer failed.
    Failed,
    /// It took too long.
    Timeout,
    /// It was not tried, such as after a budget was spent.
    Skipped,
}

impl State {
    /// Every state, in the order in which they are shown.
    pub const ALL: [State; 7] = [
        State::Scored,
        State::Abstained,
        State::NoClaims,
        State::Undefined,
        State::Failed,
        State::Timeout,
        State::Skipped,
    ];

    /// Whether a value exists that nobody knows: the item would have one, had nothing gone wrong.
    pub fn is_missing(self) -> bool {
        matches!(self, State::Failed | State::Timeout | State::Skipped)
    }
}

/// One item's score under one measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Score {
    /// A finite value.
    Value(f64),
    /// Why there is none; never [`State::Scored`].
    None(State),
}

impl Score {
    /// The value as a score; a number that is not finite is [`State::Undefined`].
    pub fn of(value: f64) -> Score {
        if value.is_finite() { Score::Value(value) } else { Score::None(State::Undefined) }
    }

    /// What became of the item.
    pub fn state(self) -> State {
        match self {
            Score::Value(_) => State::Scored,
            Score::None(state) => state,
        }
    }

    /// The value, where there is one.
    pub fn value(self) -> Option<f64> {
        match self {
            Score::Value(value) => Some(value),
            Score::None(_) => None,
        }
    }
}

/// How many items are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct States {
    /// With a value.
    pub scored: usize,
    /// Declined by the system.
    pub abstained: usize,
    /// Without anything to check.
    pub no_claims: usize,
    /// Where the measure is not defined.
    pub undefined: usize,
    /// Where something failed.
    pub failed: usize,
    /// That took too long.
    pub timeout: usize,
    /// That were not tried.
    pub skipped: usize,
}

impl States {
    /// Counts them.
    pub fn of(states: impl IntoIterator<Item = State>) -> States {
        let mut counts = States::default();
        for state in states {
            *counts.count_mut(state) += 1;
        }
        counts
    }

    /// How many are in that state.
    pub fn count(mut self, state: State) -> usize {
        *self.count_mut(state)
    }

    /// How many there are altogether.
    pub fn total(self) -> usize {
        State::ALL.into_iter().map(|state| self.count(state)).sum()
    }

    /// How many would have a value, had nothing gone wrong.
    pub fn missing(self) -> usize {
        State::ALL.into_iter().filter(|state| state.is_missing()).map(|state| self.count(state)).sum()
    }

    fn count_mut(&mut self, state: State) -> &mut usize {
        match state {
            State::Scored => &mut self.scored,
            State::Abstained => &mut self.abstained,
            State::NoClaims => &mut self.no_claims,
            State::Undefined => &mut self.undefined,
            State::Failed => &mut self.failed,
            State::Timeout => &mut self.timeout,
            State::Skipped => &mut self.skipped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_counted_once() {
        let states = States::of(State::ALL.into_iter().chain([State::Failed]));
        assert_eq!((states.total(), states.failed, states.missing()), (8, 2, 4));
        assert_eq!(Score::of(f64::NAN).state(), State::Undefined);
        assert_eq!(Score::of(0.5).value(), Some(0.5));
    }

    #[test]
    fn states_are_written_in_the_words_of_the_contract() {
        let words = serde_json::to_string(&State::ALL).unwrap();
        let expected = r#"["scored","abstained","no_claims","undefined","failed","timeout","skipped"]"#;
        assert_eq!(words, expected);
    }
}
