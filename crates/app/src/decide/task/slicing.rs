//! What sorts of questions a task tells apart: to report on, and to route by.

use serde::Deserialize;

/// How questions are sliced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Slices {
    /// By the `slice` of each question where there is one, by length otherwise.
    #[default]
    Auto,
    /// By length: at most eight words are short.
    Length,
    /// By how many examples the right label has.
    Tail,
    /// By the `slice` of each question where there is one, else by whether one document holds all of its gold.
    Hops,
    /// Not at all.
    None,
}

/// What a router may go by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RouteBy {
    /// Their length, where questions are told apart at all.
    #[default]
    Auto,
    /// Their length.
    Length,
    /// The `slice` that every row brings: whoever asks knows it before the right answer is known.
    Slice,
    /// Nothing.
    None,
}
