//! Answers: what a person or a model says to one question, as it travels in JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A response's answers by question name. Questions not asked, or skipped where that is allowed, are absent.
pub type Answers = BTreeMap<String, Answer>;

/// An answer, typed by its question. Its JSON carries no type: the question knows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// `"billing"`.
    Label(String),
    /// `["billing","angry"]`.
    Labels(BTreeSet<String>),
    /// `[["Finance","Invoices"]]`: paths from a root.
    Taxonomy(BTreeSet<Vec<String>>),
    /// `[{"id","label","char_start","char_end","quote"}]`, in order of their start.
    Spans(Vec<LabelledSpan>),
    /// `[{"from","to","label"}]`: ids of spans.
    Relations(Vec<Relation>),
    /// `4`.
    Rating(i64),
    /// `[{"value","rank"}]`: rank 1 is best, equal ranks are ties.
    Ranking(Vec<Placed>),
    /// `{"choice","strength"}`.
    Preference(Preference),
    /// `"free words"`.
    Text(String),
    /// `"the better version"`.
    Correction(String),
    /// `[{"turn","labels"}]`: turns count from 0.
    Turns(Vec<Turn>),
    /// `[{"id","grade"}]`.
    Relevance(Vec<Graded>),
    /// `[{"char_start","char_end","quote","verdict"}]`: one entry a sentence.
    Support(Vec<Supported>),
    /// `{…}`: follows the question's JSON Schema.
    Form(Value),
}

/// A labelled part of a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelledSpan {
    /// The first code point of the first part.
    pub char_start: usize,
    /// One past the last code point of the last part.
    pub char_end: usize,
    /// What it is.
    pub label: String,
    /// The text of `[char_start, char_end)` to the letter, or of the parts joined by ` … `.
    #[serde(default)]
    pub quote: String,
    /// Names it within the response, for relations; given by order when empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// The parts of a span with gaps, in order, at least two; empty for one without.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<(usize, usize)>,
}

/// An arrow between two spans.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relation {
    /// The id of the span it starts at.
    pub from: String,
    /// The id of the span it points to.
    pub to: String,
    /// What it says.
    pub label: String,
}

/// An option's place in a ranking.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placed {
    /// From 1, best first; equal for ties.
    pub rank: u32,
    /// The option's value, or the id of the answer or passage.
    pub value: String,
}

/// Which answer is better.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preference {
    /// The winner, or none.
    pub choice: Choice,
    /// How much better, from 1; absent when not asked, and for a tie or "both bad".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strength: Option<u8>,
}

/// A preference's outcome: `"tie"`, `"both_bad"`, or the id of the better answer as `{"id": …}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// Equally good.
    Tie,
    /// None is any good.
    BothBad,
    /// The id of the better answer.
    Id(String),
}

/// The labels of one turn of a chat.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    /// Which turn, from 0.
    pub turn: usize,
    /// Its labels; at least one.
    pub labels: BTreeSet<String>,
}

/// A passage's grade.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graded {
    /// The passage's id.
    pub id: String,
    /// 0 not relevant, 1 related, 2 relevant, 3 perfect.
    pub grade: u8,
    /// The sentences that make it so, as spans of the passage.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<(usize, usize)>,
}

/// What a sentence's citations are worth.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Supported {
    /// The sentence's first code point in the answer.
    pub char_start: usize,
    /// One past its last.
    pub char_end: usize,
    /// The sentence to the letter.
    #[serde(default)]
    pub quote: String,
    /// What was found.
    pub verdict: Verdict,
    /// The ids of the passages that support it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passages: Vec<String>,
}

/// Whether a sentence is supported by what it cites.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every part of it.
    Supported,
    /// Some of it.
    Partly,
    /// None of it, or the opposite is said.
    Not,
    /// It cites nothing.
    NoCitation,
}
