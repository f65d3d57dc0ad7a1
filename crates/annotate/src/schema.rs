//! A dataset's schema: the fields people see, the questions they answer, and how many of them answer each item.

use serde::{Deserialize, Serialize};

use crate::Question;

/// What a dataset shows and asks. Written as one JSON file; its content address is the guideline version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// What is shown of an item, in order.
    pub fields: Vec<Field>,
    /// What is asked, in order.
    pub questions: Vec<Question>,
    /// How to answer, in Markdown.
    #[serde(default)]
    pub guidelines: String,
    /// How many people answer an item.
    #[serde(default)]
    pub distribution: Distribution,
    /// How people are measured on items whose answer is known.
    #[serde(default)]
    pub gold: GoldRule,
    /// When an item's answers become its resolution without a reviewer.
    #[serde(default)]
    pub merge: MergePolicy,
    /// Show a model's suggestion only after the person has answered, so that it does not anchor them.
    #[serde(default)]
    pub hide_suggestions: bool,
}

/// One thing an item shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// The key of its value in an item.
    pub name: String,
    /// What people read above it; by default the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Whether an item may lack it.
    #[serde(default = "yes")]
    pub required: bool,
    /// What its value looks like.
    #[serde(flatten)]
    pub kind: FieldKind,
}

/// What a field's value looks like, as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FieldKind {
    /// A string.
    Text,
    /// A string in Markdown; spans count in its source.
    Markdown,
    /// `[{"role","content"}]`.
    Chat,
    /// A part of a document: `{"text","uri","doc_id","doc_version","char_start","char_end","title"}`; only `text` is needed.
    Document,
    /// What a search returned, best first: `[{"id","text","title","uri"}]`; `id` and `text` are needed.
    Passages,
    /// Two or more answers side by side: `[{"id","text","model"}]`; `id` and `text` are needed.
    Answers,
}

impl FieldKind {
    /// Its name as in a schema file.
    pub fn name(self) -> &'static str {
        match self {
            FieldKind::Text => "text",
            FieldKind::Markdown => "markdown",
            FieldKind::Chat => "chat",
            FieldKind::Document => "document",
            FieldKind::Passages => "passages",
            FieldKind::Answers => "answers",
        }
    }
}

/// How many people answer an item.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// Submitted responses that complete an item; at least 1.
    #[serde(default = "one")]
    pub overlap: u32,
    /// The most that may be asked for while people disagree; at least `overlap`. Equal to it: nobody extra is asked.
    #[serde(default)]
    pub max_overlap: Option<u32>,
    /// Ask one person more while the most probable answer has less than this probability.
    #[serde(default)]
    pub until_posterior: Option<f64>,
    /// Seconds a person may hold an item without a sign of life.
    #[serde(default = "half_an_hour")]
    pub lease_seconds: u32,
}

/// How people are measured on items whose answer is known; nobody who answers can tell which those are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoldRule {
    /// The share of items served that are gold, in `[0, 1)`.
    #[serde(default)]
    pub rate: f64,
    /// How many gold items everybody starts with.
    #[serde(default)]
    pub onboarding: u32,
    /// Pause a person when the upper end of their accuracy's 95 % Wilson interval falls below this.
    #[serde(default = "seven_tenths")]
    pub pause_below: f64,
    /// Judge nobody on fewer gold answers than this.
    #[serde(default = "ten")]
    pub least: u32,
    /// Tell a person when they missed a gold item.
    #[serde(default)]
    pub feedback: bool,
}

/// When an item's answers become its resolution without a reviewer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "policy", rename_all = "snake_case")]
pub enum MergePolicy {
    /// When all agree on every question.
    #[default]
    Unanimous,
    /// When at least `quorum` people gave the same answer, and more than gave any other.
    Quorum {
        /// How many.
        quorum: u32,
    },
    /// When the most probable answer reaches this posterior probability.
    Posterior {
        /// In `(0, 1]`.
        least: f64,
    },
    /// Never: a reviewer sees every item.
    Never,
}

impl Distribution {
    /// The most people who may ever answer an item.
    pub fn most(&self) -> u32 {
        self.max_overlap.unwrap_or(self.overlap).max(self.overlap)
    }
}

impl Default for Distribution {
    fn default() -> Distribution {
        Distribution { overlap: 1, max_overlap: None, until_posterior: None, lease_seconds: half_an_hour() }
    }
}

impl Default for GoldRule {
    fn default() -> GoldRule {
        GoldRule { rate: 0.0, onboarding: 0, pause_below: seven_tenths(), least: ten(), feedback: false }
    }
}

fn yes() -> bool {
    true
}

fn one() -> u32 {
    1
}

fn ten() -> u32 {
    10
}

fn half_an_hour() -> u32 {
    1800
}

fn seven_tenths() -> f64 {
    0.7
}
