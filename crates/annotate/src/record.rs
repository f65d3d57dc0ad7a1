//! Records: an item with everything people and models said about it; what importers make and exporters read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Answers;

/// An item of a dataset with its responses, suggestions and resolution.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Record {
    /// Names the item within its dataset; the content address of its fields when the source had none.
    pub id: String,
    /// What is shown, by field name.
    pub fields: Map<String, Value>,
    /// What filters and splits can ask about.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, Value>,
    /// What people said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub responses: Vec<Given>,
    /// What models said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<Suggestion>,
    /// The known right answers, when people are measured on this item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gold: Option<Answers>,
    /// What it came to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution: Option<Resolution>,
    /// What people said about it beside their answers, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub comments: Vec<Comment>,
}

/// One person's response.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Given {
    /// Who.
    pub user: String,
    /// How far it is.
    pub status: ResponseStatus,
    /// What they said.
    pub answers: Answers,
    /// When, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Active milliseconds it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_ms: Option<u64>,
    /// The guideline version they read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guideline: Option<String>,
    /// Whether they took over a model's suggestion unchanged, by question.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<String>,
    /// Why they skipped it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How far a response is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseStatus {
    /// Kept while they work; counts for nothing.
    Draft,
    /// Counts.
    Submitted,
    /// They would not answer; the item went to somebody else.
    Skipped,
}

/// A model's answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Suggestion {
    /// Which model.
    pub model: String,
    /// How sure it is, in `[0, 1]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    /// What it says.
    pub answers: Answers,
}

/// The final answers of an item.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Resolution {
    /// What they are.
    pub answers: Answers,
    /// How they came about.
    pub source: ResolutionSource,
    /// Who decided, for an adjudicated one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The probability of the answers, where a model of the annotators gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub posterior: Option<f64>,
}

/// Words about an item, or a flag on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comment {
    /// Whose.
    pub user: String,
    /// What they say; only a flag may go without.
    #[serde(default)]
    pub text: String,
    /// They ask somebody to look.
    #[serde(default)]
    pub flag: bool,
    /// When, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// When somebody had looked, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<String>,
}

/// How a resolution came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResolutionSource {
    /// People agreed as far as the merge policy asks.
    Agreed,
    /// Computed from disagreeing answers.
    Aggregated,
    /// A reviewer decided.
    Adjudicated,
}
