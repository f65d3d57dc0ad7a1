//! Questions: the fourteen types, their settings, and when one is asked at all.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

use crate::LabelOption;

/// One thing asked about an item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The key of its answer.
    pub name: String,
    /// What people read; by default the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A sentence of help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// Whether a response must answer it (when it is asked).
    #[serde(default = "yes")]
    pub required: bool,
    /// Ask it only when another question's answer fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visible_when: Option<Condition>,
    /// Its type and settings.
    #[serde(flatten)]
    pub kind: QuestionKind,
}

impl Question {
    /// What people read of it: its title, or else its name.
    pub fn title(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.name)
    }

    /// Its options that say what they mean, by what people read of them, with a text that each fits.
    pub fn meanings(&self) -> Vec<(&str, String)> {
        let told = |option| Some((LabelOption::words(option), LabelOption::meaning(option)?));
        self.kind.options().iter().filter_map(told).collect()
    }
}

/// Asks a question only when an earlier one has one of these answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The earlier question's name.
    pub question: String,
    /// Any of these: an option's value, a label that was used, a rating. Empty: any answer at all.
    #[serde(default)]
    pub any_of: Vec<Value>,
}

/// A class and its subclasses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxonomyNode {
    /// Its name among its siblings.
    pub value: String,
    /// Narrower classes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<TaxonomyNode>,
}

/// The fourteen types. Each says, in its settings, which field it is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum QuestionKind {
    /// Exactly one option.
    Label {
        /// To choose from.
        options: Vec<LabelOption>,
    },
    /// Any number of options.
    Labels {
        /// To choose from.
        options: Vec<LabelOption>,
    },
    /// One path, or several, from a root of the tree down to any node.
    Taxonomy {
        /// The roots.
        options: Vec<TaxonomyNode>,
        /// Whether several paths may be given.
        #[serde(default)]
        multiple: bool,
    },
    /// Labelled parts of a text, Markdown or document field.
    Spans {
        /// The field.
        field: String,
        /// The labels.
        options: Vec<LabelOption>,
        /// Whether two spans may share characters.
        #[serde(default)]
        overlapping: bool,
        /// Whether a span may have gaps.
        #[serde(default)]
        discontinuous: bool,
    },
    /// Labelled arrows between the spans of another question.
    Relations {
        /// The question whose spans they join.
        spans: String,
        /// The labels.
        options: Vec<LabelOption>,
    },
    /// A whole number.
    Rating {
        /// The least.
        min: i64,
        /// The most.
        max: i64,
        /// What the numbers mean, by number.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "by_number")]
        meaning: BTreeMap<i64, String>,
    },
    /// An order with ties, best first.
    Ranking {
        /// Rank the answers or passages of this field…
        #[serde(default, skip_serializing_if = "Option::is_none")]
        field: Option<String>,
        /// …or these options.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        options: Vec<LabelOption>,
    },
    /// Which of the answers of a field is better.
    Preference {
        /// A field of answers.
        field: String,
        /// Ask how much better, 1 to this; 0: do not ask.
        #[serde(default)]
        strength: u8,
        /// Whether "equally good" may be said.
        #[serde(default = "yes")]
        tie: bool,
        /// Whether "all bad" may be said.
        #[serde(default = "yes")]
        both_bad: bool,
    },
    /// Free text.
    Text {
        /// The most characters, if there is a most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_chars: Option<usize>,
    },
    /// A better version of a text field, or of the first answer of a field of answers.
    Correction {
        /// The field.
        field: String,
    },
    /// Labels for single turns of a chat.
    Turns {
        /// A chat field.
        field: String,
        /// The labels.
        options: Vec<LabelOption>,
        /// Whether a turn may have several.
        #[serde(default)]
        multiple: bool,
        /// Only turns of this role; all when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<String>,
    },
    /// How relevant each passage is to a query: 0 not, 1 related, 2 relevant, 3 perfect.
    Relevance {
        /// A field of passages.
        field: String,
        /// The field that holds the query.
        query: String,
    },
    /// Whether each sentence of an answer is supported by what it cites.
    Support {
        /// The field that holds the answer: text, Markdown, or the first of a field of answers.
        answer: String,
        /// The field that holds the cited passages.
        passages: String,
    },
    /// A record that follows a JSON Schema.
    Form {
        /// The schema, of type `object`.
        schema: Value,
    },
}

impl QuestionKind {
    /// The options or labels to choose from; none where there are none, or where they are classes of a tree.
    pub fn options(&self) -> &[LabelOption] {
        match self {
            QuestionKind::Label { options }
            | QuestionKind::Labels { options }
            | QuestionKind::Spans { options, .. }
            | QuestionKind::Relations { options, .. }
            | QuestionKind::Turns { options, .. }
            | QuestionKind::Ranking { options, .. } => options,
            _ => &[],
        }
    }

    /// Its name as in a schema file.
    pub fn name(&self) -> &'static str {
        match self {
            QuestionKind::Label { .. } => "label",
            QuestionKind::Labels { .. } => "labels",
            QuestionKind::Taxonomy { .. } => "taxonomy",
            QuestionKind::Spans { .. } => "spans",
            QuestionKind::Relations { .. } => "relations",
            QuestionKind::Rating { .. } => "rating",
            QuestionKind::Ranking { .. } => "ranking",
            QuestionKind::Preference { .. } => "preference",
            QuestionKind::Text { .. } => "text",
            QuestionKind::Correction { .. } => "correction",
            QuestionKind::Turns { .. } => "turns",
            QuestionKind::Relevance { .. } => "relevance",
            QuestionKind::Support { .. } => "support",
            QuestionKind::Form { .. } => "form",
        }
    }
}

/// JSON keys are strings, and below a tag serde no longer turns them into numbers by itself.
fn by_number<'a, D: Deserializer<'a>>(deserializer: D) -> Result<BTreeMap<i64, String>, D::Error> {
    let words = BTreeMap::<String, String>::deserialize(deserializer)?;
    let number =
        |key: &String| key.parse().map_err(|_| de::Error::custom(format!("`{key}` is no whole number")));
    words.into_iter().map(|(key, word)| Ok((number(&key)?, word))).collect()
}

fn yes() -> bool {
    true
}
