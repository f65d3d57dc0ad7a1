//! What a reader finds in a file, in the file's own terms: what is between a format and the records.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::ResponseStatus;

/// One item of a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// The file it is in, where there are several.
    pub(crate) file: Option<String>,
    /// Its name in the file; without one, the content address of its fields.
    pub(crate) id: Option<String>,
    /// Its one text, in formats that have but one and no name for it.
    pub(crate) text: Option<String>,
    /// Its values: fields, where the schema knows them, else metadata.
    pub(crate) data: Map<String, Value>,
    /// Whether the values may be answers, too: those whose names are a question's.
    pub(crate) flat: bool,
    /// What is metadata for certain.
    pub(crate) metadata: BTreeMap<String, Value>,
    /// What people said.
    pub(crate) responses: Vec<FoundResponse>,
    /// What models said.
    pub(crate) suggestions: Vec<FoundSuggestion>,
    /// What is known to be right.
    pub(crate) gold: Vec<Said>,
}

/// One person's answers.
#[derive(Clone, Debug)]
pub(crate) struct FoundResponse {
    /// Who, where the file says.
    pub(crate) user: Option<String>,
    pub(crate) status: ResponseStatus,
    pub(crate) at: Option<String>,
    pub(crate) active_ms: Option<u64>,
    pub(crate) accepted: Vec<String>,
    pub(crate) said: Vec<Said>,
    /// Whether no span at all means that there is none to mark.
    pub(crate) complete: bool,
}

impl FoundResponse {
    /// A submitted response of nobody in particular.
    pub(crate) fn submitted(said: Vec<Said>) -> FoundResponse {
        FoundResponse {
            user: None,
            status: ResponseStatus::Submitted,
            at: None,
            active_ms: None,
            accepted: Vec::new(),
            said,
            complete: true,
        }
    }
}

/// One model's answers.
#[derive(Clone, Debug)]
pub(crate) struct FoundSuggestion {
    pub(crate) model: String,
    pub(crate) score: Option<f64>,
    pub(crate) said: Vec<Said>,
}

/// One answer.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// The question's name; where the file has none, it goes to the first question that takes such an answer.
    pub(crate) question: Option<String>,
    /// The field it is about, where the file says.
    pub(crate) field: Option<String>,
    /// Whether it goes without saying: nothing is lost where nobody asks.
    pub(crate) idle: bool,
    pub(crate) what: What,
}

impl Said {
    /// An answer to whichever question takes it.
    pub(crate) fn nameless(what: What) -> Said {
        Said { question: None, field: None, idle: false, what }
    }

    /// An answer to the question of this name.
    pub(crate) fn to(question: &str, what: What) -> Said {
        Said { question: Some(question.to_string()), field: None, idle: false, what }
    }
}

/// An answer's content.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// Options chosen.
    Choices(Vec<String>),
    /// Paths chosen in a tree.
    Paths(Vec<Vec<String>>),
    /// Labelled parts of a text.
    Spans(Vec<FoundSpan>),
    /// From, to, label.
    Arrows(Vec<(String, String, String)>),
    /// A rating.
    Number(f64),
    /// Options with their rank, from 1.
    Order(Vec<(String, u64)>),
    /// Named groups of options.
    Buckets(BTreeMap<String, Vec<String>>),
    /// Which of the answers is better, from 0, and where the file says, how much.
    Side(usize, Option<u64>),
    /// Turns from 0 with one label each.
    Turns(Vec<(usize, String)>),
    /// Words.
    Text(String),
    /// Our own JSON for an answer.
    Ours(Value),
}

/// A labelled part of a text, in the file's unit of offsets.
#[derive(Clone, Debug)]
pub(crate) struct FoundSpan {
    pub(crate) id: String,
    pub(crate) label: String,
    /// At least one.
    pub(crate) parts: Vec<(usize, usize)>,
    /// The text it covers, where the file repeats it.
    pub(crate) quote: Option<String>,
    /// Anything else of ours that goes with it: passages of a sentence's support.
    pub(crate) passages: Vec<String>,
}
