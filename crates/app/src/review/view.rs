//! What a lead and a reviewer are shown: progress, people, disagreement, and the cases to decide.

use std::collections::BTreeMap;

use engraft_annotate::{Answers, Field, Question, Resolution, Suggestion};
use engraft_eval::Metric;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::review::cost::Cost;
use crate::work::CommentView;

/// A dataset at a glance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dashboard {
    /// The dataset.
    pub dataset: String,
    /// How many items there are, of each state.
    pub items: ItemCounts,
    /// Submitted responses.
    pub responses: u64,
    /// Responses still needed to complete every item, without extra people.
    pub responses_needed: u64,
    /// What they take at the people's median speed together; `None` before the first response.
    pub hours_left: Option<f64>,
    /// Active hours that everybody's submitted responses took together.
    pub hours_spent: f64,
    /// What that costs; `None` without an hourly rate, and for those who may not see who answered what.
    pub cost: Option<Cost>,
    /// How far people agree, by question.
    pub agreement: Vec<QuestionAgreement>,
    /// The people, by name. Empty for those who may not see who answered what.
    pub people: Vec<PersonRow>,
    /// How often each answer was given, by question.
    pub labels: Vec<LabelCounts>,
    /// Who was confused with what, by question.
    pub matrices: Vec<Matrix>,
    /// The items that agreement and matrices were computed on: the latest ones answered by two people or more.
    pub window: u64,
}

/// Items by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ItemCounts {
    /// All.
    pub total: u64,
    /// More answers are needed.
    pub open: u64,
    /// Enough answers that do not agree: a reviewer is needed.
    pub conflicts: u64,
    /// With a resolution.
    pub resolved: u64,
    /// With a flag that nobody settled.
    pub flagged: u64,
}

/// How far people agree on a question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuestionAgreement {
    /// The question.
    pub question: String,
    /// Which coefficient, such as `alpha_nominal`.
    pub measure: String,
    /// Its value with its interval; `n` units, all of them places of `items`.
    pub metric: Metric,
    /// Units it could use; where an item has several places, each is one.
    pub used: usize,
    /// Units there were.
    pub of: usize,
    /// Items that two people or more answered it on.
    pub items: usize,
}

/// One person's work on a dataset.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PersonRow {
    /// Who.
    pub user: String,
    /// Whether they are paused, and why.
    pub paused: Option<String>,
    /// Submitted responses.
    pub submitted: u64,
    /// Submitted since midnight UTC.
    pub today: u64,
    /// Skipped items.
    pub skipped: u64,
    /// Drafts.
    pub drafts: u64,
    /// Active hours that the submitted responses took together.
    pub hours: f64,
    /// What they cost; `None` without an hourly rate.
    pub cost: Option<f64>,
    /// Median active seconds an item; `None` before the first.
    pub median_seconds: Option<f64>,
    /// The share of gold answered right; `n` gold answers.
    pub gold: Option<Metric>,
    /// The share of the others' answers that were the same; `n` answers of others, the interval over items.
    pub agrees: Option<Metric>,
    /// The items that those answers are to.
    pub agrees_items: u64,
    /// The share of the answers suggested to them that they took over unchanged, on the latest items answered; `n` answers,
    /// the interval over items.
    pub accepted: Option<Metric>,
    /// The items that those answers are to.
    pub accepted_items: u64,
}

/// How often each answer was given.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelCounts {
    /// The question.
    pub question: String,
    /// Answer and how many responses gave it, most first.
    pub counts: Vec<LabelCount>,
}

/// An answer and how often it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabelCount {
    /// The answer in one word.
    pub label: String,
    /// How often.
    pub count: u64,
}

/// Which answers were confused.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Matrix {
    /// The question.
    pub question: String,
    /// Rows and columns.
    pub labels: Vec<String>,
    /// The pairs of answers given to the same item, `a` before `b` in `labels` or the same; only those that occur.
    pub cells: Vec<Cell>,
}

/// A pair of answers to the same item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// One answer.
    pub a: String,
    /// The other.
    pub b: String,
    /// How many pairs of people.
    pub pairs: u64,
    /// The items behind it.
    pub items: Vec<String>,
}

/// Items in want of a decision.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conflicts {
    /// How many in all.
    pub total: u64,
    /// A page of them, oldest first.
    pub items: Vec<ConflictRow>,
    /// Pass it as `after` for the next page; `None` at the end.
    pub after: Option<String>,
}

/// An item people disagree on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConflictRow {
    /// The item.
    pub item: String,
    /// The first words of its first field.
    pub title: String,
    /// The questions in dispute.
    pub questions: Vec<String>,
    /// How many answered.
    pub responses: usize,
}

/// One conflict, blinded: whose answers these are cannot be told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConflictView {
    /// Its dataset.
    pub dataset: String,
    /// The item.
    pub item: String,
    /// What is shown, by field name.
    pub fields: Map<String, Value>,
    /// How the fields are shown, in order.
    pub layout: Vec<Field>,
    /// What is asked, in order.
    pub questions: Vec<Question>,
    /// The answers side by side, under names such as `A`, in an order of their own for every item.
    pub sides: Vec<Side>,
    /// What all agree on, merged already.
    pub agreed: Answers,
    /// The questions left to decide.
    pub open: Vec<String>,
    /// What models say.
    pub suggestions: Vec<Suggestion>,
    /// Whether whoever looks may not decide it: one of the answers is theirs.
    pub barred: bool,
    /// The decision, when it was made already; deciding again replaces it.
    pub resolution: Option<Resolution>,
    /// Send it along with the decision: responses that came meanwhile make it stale.
    pub version: u64,
    /// The next conflict after this one.
    pub next: Option<String>,
    /// The guideline version now in force.
    pub guideline: String,
}

/// One person's answers without their name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    /// `A`, `B`, …
    pub name: String,
    /// What they said.
    pub answers: Answers,
    /// Active seconds it took.
    pub seconds: Option<f64>,
    /// What they said about the item besides, oldest first.
    pub comments: Vec<String>,
}

/// A decision made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Decided {
    /// The item.
    pub item: String,
    /// What it came to.
    pub resolution: Resolution,
    /// The next conflict.
    pub next: Option<String>,
    /// How many are left.
    pub left: u64,
}

/// A page of a dataset's items.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Items {
    /// In order of their id.
    pub items: Vec<ItemRow>,
    /// Pass it as `after` for the next page; `None` at the end.
    pub after: Option<String>,
    /// Where a label is asked for: how many responses gave it.
    pub said: Option<u64>,
}

/// An item in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ItemRow {
    /// The item.
    pub item: String,
    /// The first words of its first field.
    pub title: String,
    /// Submitted responses.
    pub responses: u64,
    /// `untouched`, `begun`, `conflict`, `resolved` or `gold`.
    pub state: &'static str,
    /// Whether somebody flagged it.
    pub flagged: bool,
    /// The metadata.
    pub metadata: BTreeMap<String, Value>,
}

/// Everything there is about an item, for those who may see who answered what.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ItemDetail {
    /// Its dataset.
    pub dataset: String,
    /// The item.
    pub item: String,
    /// What is shown, by field name.
    pub fields: Map<String, Value>,
    /// How the fields are shown, in order.
    pub layout: Vec<Field>,
    /// What is asked, in order.
    pub questions: Vec<Question>,
    /// The metadata.
    pub metadata: BTreeMap<String, Value>,
    /// What people said, with names, times and the guideline version they read.
    pub responses: Vec<ResponseView>,
    /// What models said.
    pub suggestions: Vec<Suggestion>,
    /// The known right answers.
    pub gold: Option<Answers>,
    /// What it came to.
    pub resolution: Option<Resolution>,
    /// What was said about it.
    pub comments: Vec<CommentView>,
}

/// One person's response.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResponseView {
    /// Names it.
    pub response_id: String,
    /// Who.
    pub user: String,
    /// `draft`, `submitted` or `skipped`.
    pub status: &'static str,
    /// Its version.
    pub version: u64,
    /// What they said.
    pub answers: Answers,
    /// What they said before the questions changed and none of today's holds, by question.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub earlier: Map<String, Value>,
    /// When, RFC 3339.
    pub at: String,
    /// Active seconds it took.
    pub seconds: Option<f64>,
    /// The guideline version they read.
    pub guideline: Option<String>,
    /// The questions whose suggestion they took over unchanged.
    pub accepted: Vec<String>,
    /// The reason given, for skipped and returned ones.
    pub reason: Option<String>,
}
