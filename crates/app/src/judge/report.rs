//! What `eval judge` tells: counts of verdicts always, a score only once people's labels allow it.

use std::collections::BTreeMap;

use engraft_answer::Verdict;
use engraft_core::Diagnostic;
use engraft_eval::{Metric, States, Validated};
use serde::Serialize;

use crate::endpoint::Spent;

/// The word for a verdict that could not be read.
pub(super) const UNPARSED: &str = "unparsed";

/// What the judge said, and how far it may be believed.
#[derive(Clone, Debug, Serialize)]
pub struct JudgeReport {
    /// `support` of claims, or `preference` between two runs.
    pub kind: &'static str,
    /// What was judged.
    pub run: String,
    /// What it was compared with.
    pub against: Option<String>,
    /// The model that judges.
    pub model: String,
    /// The hash of what it is told beside the answers: instructions, and the form of its reply.
    pub prompt: String,
    /// Status, card and corrected quality; for a preference, the rate at which people would prefer the run.
    #[serde(flatten)]
    pub validated: Validated,
    /// How many claims (or pairs) got which verdict.
    pub verdicts: BTreeMap<&'static str, usize>,
    /// Pairs whose verdict depends on the order they are shown in, over those judged in both; they count as ties. Only for a
    /// preference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position_flips: Option<Metric>,
    /// What became of the answers.
    pub states: JudgeStates,
    /// Labels of claims or pairs that were not judged.
    pub labels_unused: usize,
    /// What was asked and used now.
    pub spent: Spent,
    /// What that cost; `null` without prices.
    pub cost: Option<f64>,
    /// In this.
    pub currency: String,
    /// Questions to the judge that were asked before.
    pub cached: usize,
    /// Replies that could not be read at first.
    pub asked_again: usize,
    /// `budget`, when that ended it before everything was judged.
    pub stopped: Option<&'static str>,
    /// Answer by answer, in the order they were judged.
    pub items: Vec<JudgedItem>,
    /// One for each answer that could not be judged.
    pub failures: Vec<Diagnostic>,
}

/// What became of the answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct JudgeStates {
    /// As everywhere.
    #[serde(flatten)]
    pub states: States,
    /// Judged, but twice not in words that can be read.
    pub unparsed: usize,
}

/// One answer.
#[derive(Clone, Debug, Serialize)]
pub struct JudgedItem {
    /// The question's id.
    pub id: String,
    /// A state's word, or `unparsed`.
    pub state: String,
    /// Its claims.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<JudgedClaim>,
    /// Which answer is better: `run`, `against` or `tie`, in each order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred: Option<[&'static str; 2]>,
}

/// One claim.
#[derive(Clone, Debug, Serialize)]
pub struct JudgedClaim {
    /// The question's id, `#`, and its number: what labels name.
    pub id: String,
    /// The claim.
    pub text: String,
    /// What the judge says; `unparsed` where that cannot be read.
    pub verdict: Ruled,
    /// The passage it rests on.
    pub evidence: Option<String>,
}

/// A verdict, or that there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ruled(pub Option<Verdict>);

impl Ruled {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self.0 {
            Some(Verdict::Supported) => "supported",
            Some(Verdict::Partly) => "partly",
            Some(Verdict::Not) => "not",
            Some(Verdict::NoEvidence) => "no_evidence",
            None => UNPARSED,
        }
    }
}

impl Serialize for Ruled {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.word())
    }
}
