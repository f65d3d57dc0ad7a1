//! What a person at work is shown: items, their own answers, what is left; never another's answer, nor what is gold.

use std::collections::BTreeMap;

use engraft_annotate::{Answers, Field, Question, Suggestion};
use serde::Serialize;
use serde_json::{Map, Value};

/// An item as the person who answers it sees it. Gold and other items give the same payload.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ItemView {
    /// Its dataset.
    pub dataset: String,
    /// Names it within the dataset.
    pub item: String,
    /// Proves that the item is held for this person; absent for one that is only looked at.
    pub lease: Option<String>,
    /// When the lease ends, RFC 3339.
    pub expires_at: Option<String>,
    /// The version of this person's response; 0 when nothing was submitted yet.
    pub version: u64,
    /// The version of this person's draft; 0 when there is none.
    pub draft_version: u64,
    /// How far this person is with it.
    pub status: Tab,
    /// What is shown, by field name.
    pub fields: Map<String, Value>,
    /// How the fields are shown, in order.
    pub layout: Vec<Field>,
    /// What is asked, in order.
    pub questions: Vec<Question>,
    /// What models say; empty while the schema hides them until the person has answered.
    pub suggestions: Vec<Suggestion>,
    /// This person's own draft or answers.
    pub answers: Option<Answers>,
    /// Milliseconds they were active on it so far.
    pub active_ms: u64,
    /// The order in which the answers of a field are shown, by field: ids, shuffled for each person and item alike.
    pub presented: BTreeMap<String, Vec<String>>,
    /// Why a reviewer gave it back.
    pub returned: Option<String>,
    /// Whether it may no longer be changed, because it was reviewed or is only looked at.
    pub read_only: bool,
    /// The guideline version it is answered under.
    pub guideline: String,
}

impl ItemView {
    /// A sheet with these fields and questions that is nobody's work: no dataset, lease, version or answers.
    pub fn bare(layout: &[Field], questions: &[Question], fields: &Map<String, Value>) -> ItemView {
        ItemView {
            dataset: String::new(),
            item: String::new(),
            lease: None,
            expires_at: None,
            version: 0,
            draft_version: 0,
            status: Tab::Pending,
            fields: fields.clone(),
            layout: layout.to_vec(),
            questions: questions.to_vec(),
            suggestions: Vec::new(),
            answers: None,
            active_ms: 0,
            presented: BTreeMap::new(),
            returned: None,
            read_only: false,
            guideline: String::new(),
        }
    }
}

/// The piles of a person's own work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tab {
    /// Held or still to come.
    Pending,
    /// Begun.
    Draft,
    /// Answered.
    Submitted,
    /// Left to others.
    Skipped,
    /// Given back by a reviewer.
    Returned,
}

/// How many items lie in each pile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TabCounts {
    /// Held or still to come for this person.
    pub pending: u64,
    /// There are fewer than `pending`; the last ones are not counted one by one where known items are among them.
    pub pending_fewer: bool,
    /// Begun.
    pub draft: u64,
    /// Answered.
    pub submitted: u64,
    /// Left to others.
    pub skipped: u64,
    /// Given back.
    pub returned: u64,
}

/// The next items, held for the person who asked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Next {
    /// In the order they are to be answered; those held already come first.
    pub items: Vec<ItemView>,
    /// Why there is none, when there is none.
    pub finished: Option<Finished>,
    /// The person's piles.
    pub counts: TabCounts,
}

/// Why a queue has nothing for somebody now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finished {
    /// In one word.
    pub why: Why,
    /// In a sentence for the person.
    pub message: String,
    /// When something may come free, RFC 3339.
    pub until: Option<String>,
}

/// Why there is nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Why {
    /// The dataset has no item.
    Empty,
    /// Everything is answered.
    Done,
    /// This person did all they can; others are needed for the rest.
    Waiting,
    /// What is left is held by others.
    Reserved,
    /// This person is paused.
    Paused,
}

/// A queue on the landing page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QueueView {
    /// The dataset.
    pub dataset: String,
    /// The person's piles.
    pub counts: TabCounts,
    /// Submitted since midnight UTC.
    pub done_today: u64,
    /// The person's median active seconds an item; `None` before the first.
    pub median_seconds: Option<f64>,
    /// What is pending at that speed.
    pub minutes_left: Option<f64>,
    /// Whether the guidelines changed since this person acknowledged them.
    pub guidelines_changed: bool,
    /// Whether this person is paused.
    pub paused: bool,
}

/// A response kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Saved {
    /// Names the response.
    pub response_id: String,
    /// Its version now.
    pub version: u64,
    /// When, RFC 3339.
    pub saved_at: String,
}

/// A response submitted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Submitted {
    /// Names the response.
    pub response_id: String,
    /// Its version now.
    pub version: u64,
    /// When, RFC 3339.
    pub saved_at: String,
    /// The person's piles after it.
    pub counts: TabCounts,
    /// Only when the lead wants people to hear of missed gold, and this was missed.
    pub gold: Option<MissedGold>,
}

/// A gold item answered otherwise, for a person who may hear of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MissedGold {
    /// The known right answers.
    pub expected: Answers,
    /// The questions answered otherwise.
    pub missed: Vec<String>,
    /// What people read of them.
    pub titles: Vec<String>,
}

/// An item put aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The item.
    pub item: String,
    /// Names the response that says so.
    pub response_id: String,
    /// Its version now.
    pub version: u64,
    /// The person's piles after it.
    pub counts: TabCounts,
}

/// A lease that goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Renewed {
    /// The item.
    pub item: String,
    /// The lease; `None` when it was lost: the item is somebody else's now.
    pub lease: Option<String>,
    /// When it ends.
    pub expires_at: Option<String>,
}

/// What whoever is at work hears from time to time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Heartbeat {
    /// The leases they hold, and those they lost.
    pub items: Vec<Renewed>,
    /// The guideline version that counts now.
    pub guideline: String,
}

/// One page of a pile, newest first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct History {
    /// The items.
    pub items: Vec<HistoryRow>,
    /// Ask for what is before this for the next page; `None` at the end.
    pub before: Option<u64>,
    /// The person's piles.
    pub counts: TabCounts,
}

/// An item of a pile.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HistoryRow {
    /// The item.
    pub item: String,
    /// Which pile.
    pub status: Tab,
    /// When it came there, RFC 3339.
    pub at: String,
    /// The first words of its first field.
    pub title: String,
    /// The reason given, for skipped and returned ones.
    pub reason: Option<String>,
}

/// How to answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GuidelinesView {
    /// The version: the schema's content address.
    pub version: String,
    /// In Markdown.
    pub markdown: String,
    /// What options mean and which texts they fit, by question; only where the schema says so.
    pub meanings: Vec<Meanings>,
    /// All that people go by, a line each: guidelines, questions with their help, options with their meanings.
    #[serde(skip)]
    pub text: String,
    /// The same as this person acknowledged it last, when it differs.
    pub before: Option<String>,
    /// Whether any of it changed since they acknowledged it, or they never did.
    pub changed: bool,
}

/// What the options of a question mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Meanings {
    /// What people read of the question.
    pub question: String,
    /// What people read of an option, and what it means.
    pub options: Vec<(String, String)>,
}

/// What was said about an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CommentView {
    /// Names it.
    pub id: String,
    /// Who said it.
    pub by: String,
    /// When, RFC 3339.
    pub at: String,
    /// What.
    pub text: String,
    /// Whether it flags the item for a lead.
    pub flag: bool,
}

/// An item that resembles another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SimilarItem {
    /// The item.
    pub item: String,
    /// How alike, at most 1.
    pub score: f64,
    /// The first words of its first field.
    pub title: String,
}

/// What labelling many items at once did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BulkReport {
    /// Those answered.
    pub submitted: Vec<String>,
    /// Those not, and why; the others went on.
    pub refused: Vec<Refused>,
    /// Undoes all of it.
    pub undo: String,
    /// The person's piles after it.
    pub counts: TabCounts,
}

/// An item that could not be answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The item.
    pub item: String,
    /// Why.
    pub message: String,
}
