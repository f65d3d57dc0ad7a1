//! What was measured: questions, arms, and one row for each of both; the record from which a decision is replayed.

use engraft_eval::{Metric, State};
use serde::{Deserialize, Serialize};

use crate::draws::clusters;
use crate::failures::Missing;
use crate::terms::MOST;
use crate::{Amount, Judge, Scale, Terms, Vote};

/// Everything a decision is made from; the same experiment gives the same decision, byte for byte.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Experiment {
    /// What people call the task.
    pub name: String,
    /// `classify`, `extract`, `answer` or `write`.
    pub kind: String,
    /// When it was measured, RFC 3339.
    pub created: String,
    /// The build that measured it.
    pub build: String,
    /// The machine that measured it, in words.
    pub machine: String,
    /// The command that measures it again.
    pub command: String,
    /// Chooses the resamples.
    pub seed: u64,
    /// How many resamples.
    pub resamples: usize,
    /// What the arms are made with: models with hashes of their weights, and settings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub setup: Vec<DataFact>,
    /// Where questions and training rows come from.
    pub data: Vec<DataFact>,
    /// What is measured on every row; the first is the quality the decision is about, in `[0, 1]`, higher is better.
    pub measures: Vec<Measure>,
    /// What a row's time is split into, in order.
    pub stages: Vec<String>,
    /// The questions, in order.
    pub questions: Vec<Question>,
    /// What the routes of the questions are, in words, such as `the length of the question`; where they have none, why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub routed_by: String,
    /// Rows of the evaluation set that could not be asked, such as those without a right answer, with their ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unasked: Vec<Missing>,
    /// The arms; candidates and diagnostics.
    pub arms: Vec<Arm>,
    /// Quality of tuned arms trained on fewer labels.
    pub curve: Vec<CurvePoint>,
    /// What was not measured and could have been, each with why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_measured: Vec<DataFact>,
    /// How arms bear growth and load, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
    /// Seconds that a person takes for a label, where how long people take is to be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_s: Option<Amount>,
    /// How well each arm's texts can be told from the team's, where arms write.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub styles: Vec<Style>,
    /// What people said of two answers at a time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub votes: Vec<Vote>,
    /// The judge whose card is to be shown, where the task names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<Judge>,
    /// How reality could differ from what was measured, in plain words.
    pub notes: Vec<String>,
    /// Prices, must-haves and weights.
    pub terms: Terms,
}

/// One fact about the data, such as a file with its rows and hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataFact {
    /// Such as `evaluation`.
    pub what: String,
    /// Such as `banking77/test.csv, 3080 rows, sha256 …`.
    pub value: String,
}

/// One thing measured on every row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// Such as `accuracy`.
    pub name: String,
    /// What it means, in a sentence.
    pub meaning: String,
    /// Whether more is better.
    pub higher_is_better: bool,
    /// Why it cannot come out otherwise, where arms are made so that it holds; absent where it is a finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_construction: Option<String>,
}

impl Measure {
    /// A measure of that name, with what it means in a sentence.
    pub fn new(name: &str, meaning: &str, higher_is_better: bool) -> Measure {
        Measure { name: name.into(), meaning: meaning.into(), higher_is_better, by_construction: None }
    }

    /// The same, where it holds because of how arms are made.
    pub fn by_construction(self, why: &str) -> Measure {
        Measure { by_construction: Some(why.into()), ..self }
    }
}

/// The name of the measure that says how far answers stand on what was retrieved.
pub const GROUNDEDNESS: &str = "groundedness";
/// The name of the measure that is 1 where something unanswerable was answered, and absent where it was answerable.
pub const FALSE_ANSWER: &str = "false_answer";
/// The name of the measure that says how many of the gold passages were among those an answer was read from; of search, not of the answer.
pub const RECALL: &str = "recall@k";
/// The same in characters, however documents were cut into passages.
pub const EVIDENCE_RECALL: &str = "evidence_recall";
/// The name of the measure that says how high what is relevant stands among what was looked up; of search, not of the answer.
pub const NDCG: &str = "nDCG@10";
/// The name of the measure that says how many of the first ten of that carry a judgement; where few do, the other says little.
pub const JUDGED: &str = "Judged@10";

/// The name of the diagnostic with all that was tuned, proven to help or not.
pub const NOT_PROVEN: &str = "tuned (not proven)";

/// One question of the evaluation set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Unique.
    pub id: String,
    /// As asked.
    pub text: String,
    /// The right answer.
    pub gold: String,
    /// Questions of one cluster (a document, a conversation) are not independent of each other.
    pub cluster: String,
    /// What sort of question; to report on, and it may follow from the right answer.
    pub slice: String,
    /// What is known of it before it is answered, which alone a router may go by; `None`: nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
}

/// What an arm is in the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Could be chosen.
    Candidate,
    /// Shows a limit, such as perfect retrieval; never chosen.
    Diagnostic,
}

/// One way to answer, with everything measured on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arm {
    /// Such as `retrieval`.
    pub name: String,
    /// What it does, in a sentence.
    pub description: String,
    /// Whether it looks things up when asked.
    pub retrieval: bool,
    /// Whether its model was trained on the team's labels.
    pub tuned: bool,
    /// Candidate or diagnostic.
    pub role: Role,
    /// The arm that a diagnostic is held against, question by question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<String>,
    /// Whether everything stays on the team's machines.
    pub on_premises: bool,
    /// Why there are no rows, for a cell that cannot be filled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent: Option<String>,
    /// One a training seed (one alone for an arm without training), each with one row a question, in order.
    pub runs: Vec<ArmRun>,
    /// What it costs besides the questions.
    pub upkeep: Upkeep,
    /// How long changes took to show.
    pub updates: Vec<UpdateTrial>,
    /// How those times were taken, in words.
    pub updates_how: String,
}

/// One training seed's answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArmRun {
    /// The seed.
    pub seed: u64,
    /// One a question, in order.
    pub rows: Vec<Row>,
}

/// Whether a question tells nothing about an arm, so that it leaves the comparison for all arms.
pub(crate) fn leaves(state: State) -> bool {
    matches!(state, State::Undefined | State::Skipped)
}

/// A state as in JSON.
pub(crate) fn named(state: State) -> &'static str {
    match state {
        State::Scored => "scored",
        State::Abstained => "abstained",
        State::NoClaims => "no_claims",
        State::Undefined => "undefined",
        State::Failed => "failed",
        State::Timeout => "timeout",
        State::Skipped => "skipped",
    }
}

/// One arm's answer to one question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What became of it.
    pub state: State,
    /// One a measure of the experiment; `null` where it does not apply.
    pub values: Vec<Option<f64>>,
    /// How sure the arm was, in `[0, 1]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Milliseconds, one a stage of the experiment.
    pub stage_ms: Vec<f64>,
    /// Seconds of processor time.
    pub cpu_s: f64,
    /// Tokens sent to a paid model.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub tokens_in: u32,
    /// Tokens it wrote.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub tokens_out: u32,
    /// What the arm said.
    pub said: String,
    /// What it looked at, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// Why it is not scored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Row {
    /// The quality, in `[0, 1]`; 0 for an arm that broke. `None`: the question leaves the comparison.
    pub fn quality(&self) -> Option<f64> {
        match self.state {
            State::Undefined | State::Skipped => None,
            State::Failed | State::Timeout => Some(0.0),
            State::Scored | State::Abstained | State::NoClaims => {
                Some(self.values.first().copied().flatten().unwrap_or(0.0))
            }
        }
    }

    /// Milliseconds from question to answer.
    pub fn ms(&self) -> f64 {
        self.stage_ms.iter().sum()
    }
}

/// What an arm costs besides its questions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Upkeep {
    /// Labels it was trained on.
    pub labels: usize,
    /// Core-seconds of one training (or of building the index).
    pub build_cpu_s: f64,
    /// The same in seconds on the clock, where they were taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_s: Option<f64>,
    /// Core-seconds one change of the documents or labels costs.
    pub update_cpu_s: f64,
    /// Minutes of a person that one such change costs, beside writing it down.
    pub update_person_min: f64,
    /// Bytes kept on disk.
    pub bytes: u64,
}

/// One scripted change and how long it took until the arm answered by it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UpdateTrial {
    /// `change`, `add` or `delete`.
    pub what: String,
    /// The question that shows it.
    pub probe: String,
    /// Seconds until the first right answer; `null`: not within `limit_s`.
    pub seconds: Option<f64>,
    /// How long was waited.
    pub limit_s: f64,
    /// The share of citations, in the answers to the probe since the change, that pointed to the version that was current then;
    /// `null`: nothing was cited, or answers cite nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fresh: Option<f64>,
    /// Where the time went, of an arm that learns; `null`: it learns nothing, or this was not taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewed: Option<Renewed>,
}

/// The parts of a change's time in which an arm that learns is made anew: trained, then deployed. The question is asked after both.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Renewed {
    /// Seconds of training again.
    pub retrain_s: f64,
    /// Seconds of writing the model that came of it to disk and opening it from there.
    pub deploy_s: f64,
}

/// Quality of an arm trained on `labels` labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// The arm.
    pub arm: String,
    /// How many labels.
    pub labels: usize,
    /// The training seed.
    pub seed: u64,
    /// Mean quality on the evaluation set.
    pub quality: f64,
}

/// How an arm's texts sound beside the team's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Style {
    /// The arm.
    pub arm: String,
    /// The area under the curve of a classifier of words and letters that tells its texts from the team's, on texts it has not
    /// seen: 0.5 is not at all, 1 always.
    pub told_apart: Metric,
}

/// Why an experiment cannot be analysed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// A shape is wrong; a bug of whoever wrote it.
    Shape(String),
    /// Too few questions are left to say anything.
    TooFew {
        /// How many are left.
        have: usize,
        /// How many it takes.
        need: usize,
    },
    /// The questions come from too few documents or groups to say how others would go.
    FewClusters {
        /// How many there are.
        have: usize,
        /// How many it takes.
        need: usize,
    },
    /// No candidate has rows.
    NoArm,
}

impl std::fmt::Display for Unfit {
    fn fmt(&self, out: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Unfit::Shape(what) => write!(out, "the record is malformed: {what}"),
            Unfit::TooFew { have, need } => write!(
                out,
                "{have} questions can be compared, which is too few for any verdict: at least {need} are needed"
            ),
            Unfit::FewClusters { have, need } => {
                let from = match have {
                    1 => "one document or group".to_string(),
                    have => format!("{have} documents or groups"),
                };
                write!(out, "questions come from {from}; at least {need} are needed")
            }
            Unfit::NoArm => write!(out, "no arm that could be chosen has been measured"),
        }
    }
}

impl std::error::Error for Unfit {}

/// Below this many questions nothing is decided; 200 show differences of about 9 points, 600 of about 5.
pub const LEAST_QUESTIONS: usize = 30;

/// Below this many clusters nothing is decided: few of them resampled vary too little, whatever the number of questions.
pub const LEAST_CLUSTERS: usize = 10;

impl Experiment {
    /// Why a measure cannot come out otherwise than it does, where that is so.
    pub(crate) fn by_construction(&self, measure: &str) -> Option<&str> {
        self.measures.iter().find(|one| one.name == measure)?.by_construction.as_deref()
    }

    /// Checks that rows, measures, stages and terms fit together, and that enough questions of enough clusters are left to compare.
    pub fn check(&self) -> Result<(), Unfit> {
        let shape = |what: String| Err(Unfit::Shape(what));
        if self.measures.is_empty() {
            return shape("no measures".into());
        }
        if self.resamples == 0 {
            return shape("no resamples".into());
        }
        for arm in &self.arms {
            for run in &arm.runs {
                if run.rows.len() != self.questions.len() {
                    let (rows, questions) = (run.rows.len(), self.questions.len());
                    return shape(format!("{} has {rows} rows for {questions} questions", arm.name));
                }
                let fits = |row: &Row| {
                    let numbers = row.values.iter().flatten().chain(&row.stage_ms).chain(&row.confidence);
                    row.values.len() == self.measures.len()
                        && row.stage_ms.len() == self.stages.len()
                        && row.cpu_s.is_finite()
                        && numbers.into_iter().all(|number| number.is_finite())
                };
                if let Some(at) = run.rows.iter().position(|row| !fits(row)) {
                    return shape(format!(
                        "{}, question {}: numbers are missing",
                        arm.name, self.questions[at].id
                    ));
                }
            }
            let upkeep = [arm.upkeep.build_cpu_s, arm.upkeep.update_cpu_s, arm.upkeep.update_person_min];
            let spent = arm.runs.iter().flat_map(|run| &run.rows).map(|row| row.cpu_s);
            if let Some(time) = spent.chain(upkeep).find(|time| time.abs() > MOST) {
                return shape(format!("{}: nothing takes {time:e} of time", arm.name));
            }
        }
        if let Some(what) = self.scale.as_ref().and_then(|scale| scale.misfit(self.questions.len())) {
            return shape(what);
        }
        if self.votes.iter().any(|vote| vote.question >= self.questions.len()) {
            return shape("a vote is about no question".into());
        }
        if let Some(what) = self.terms.contradictions().into_iter().next() {
            return shape(what);
        }
        if !self.arms.iter().any(|arm| arm.role == Role::Candidate && !arm.runs.is_empty()) {
            return Err(Unfit::NoArm);
        }
        let kept = self.kept();
        let have = kept.len();
        if have < LEAST_QUESTIONS {
            return Err(Unfit::TooFew { have, need: LEAST_QUESTIONS });
        }
        let have = clusters(self, &kept).len();
        if have < LEAST_CLUSTERS {
            return Err(Unfit::FewClusters { have, need: LEAST_CLUSTERS });
        }
        Ok(())
    }

    /// The questions that every measured arm can be compared on, in order.
    pub fn kept(&self) -> Vec<usize> {
        let rows = || self.arms.iter().flat_map(|arm| &arm.runs);
        (0..self.questions.len()).filter(|&at| !rows().any(|run| leaves(run.rows[at].state))).collect()
    }
}
