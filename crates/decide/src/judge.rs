//! A language model that judged answers, as far as people agree with it; nothing in a decision rests on what it says.

use engraft_eval::{Metric, Validated};
use serde::{Deserialize, Serialize};

use crate::words::number;

/// A judge that the task names, with what may be said on its word.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judge {
    /// The run, or the file of answers, that it judged.
    pub run: String,
    /// What it compared them with; `null`: it judged claims one by one.
    pub against: Option<String>,
    /// The model, as the endpoint calls it.
    pub model: String,
    /// The hash of what it is told beside the answers.
    pub prompt: String,
    /// Claims, or pairs of answers, that it was asked about.
    pub judged: usize,
    /// Among them those on which nothing could be read in its reply.
    pub unparsed: usize,
    /// Answers that could have been judged and were not.
    pub left: usize,
    /// Labels, agreement, and the mean that people would give, as far as there are labels enough.
    #[serde(flatten)]
    pub validated: Validated,
    /// Pairs whose verdict depends on the order they are shown in.
    pub position_flips: Option<Metric>,
    /// Tokens of all that it was told and replied.
    pub tokens: [u64; 2],
    /// What they cost; `null` without prices.
    pub cost: Option<f64>,
    /// In this.
    pub currency: String,
}

impl Judge {
    /// What may be shown as quality: nothing before there are labels enough.
    pub(crate) fn quality(&self) -> Option<&Metric> {
        self.validated.quality.as_ref().filter(|_| self.validated.labels_needed == 0)
    }

    /// What it judged, in two sentences.
    pub(crate) fn what(&self) -> String {
        let (run, left) = (&self.run, self.left);
        let judged = match &self.against {
            None => format!("{} of `{run}`", counted(self.judged, "claim", "claims")),
            Some(other) => {
                format!(
                    "{} of `{run}` and `{other}`",
                    counted(self.judged, "pair of answers", "pairs of answers")
                )
            }
        };
        let left = match left {
            0 => String::new(),
            left => format!("; {} it has not judged", counted(left, "answer", "answers")),
        };
        format!("`{}` judged {judged}{left}. Nothing in this decision rests on it.", self.model)
    }

    /// Why no score of it is shown; `None` where one is.
    pub(crate) fn withheld(&self) -> Option<String> {
        let (have, more) = (self.validated.labels, self.validated.labels_needed);
        if more > 0 {
            return Some(format!(
                "No score of it is shown: it takes {} labels of people on what it judged. There are {have}, and {more} more are needed.",
                have + more
            ));
        }
        let refused = || format!("No score of it is shown: {}.", self.validated.status);
        self.quality().is_none().then(refused)
    }
}

fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}
