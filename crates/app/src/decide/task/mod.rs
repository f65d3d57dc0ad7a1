//! `TASK.toml`: what is to be decided, on which data, under which terms; everything but the data has a default.

mod judging;
mod part;
mod scaling;
mod slicing;
mod words;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use engraft_decide::{Amount, Basis, Prices, Terms, Volume, Weights};
use engraft_tune::extractor::ExtractorMethod;
use serde::Deserialize;

pub use self::judging::Judging;
pub use self::part::Part;
pub use self::scaling::Scaling;
pub use self::slicing::{RouteBy, Slices};
use self::words::{DecisionWords, LimitWords, PriceWords, VolumeWords, WeightWords};
use crate::Error;

/// With fewer resamples there is no telling how sure a verdict is.
const RESAMPLES: usize = 100;
/// More resamples fill the memory and tell no more.
const MOST_RESAMPLES: usize = 1_000_000;
/// More of anything else that is counted takes years.
const MOST: usize = 100_000;
/// More seconds, or minutes, than these nobody waits: thirty years.
const MOST_TIME: f64 = 1e9;

/// What is to be decided.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// What people call it; by default the file's name.
    #[serde(default)]
    pub name: String,
    /// What an answer is.
    pub kind: TaskKind,
    /// Questions with right answers; never trained on.
    pub evaluation: Option<PathBuf>,
    /// Labelled examples to retrieve from and to train on.
    pub training: Option<PathBuf>,
    /// One labelled file for both; half of it becomes the evaluation set.
    pub labelled: Option<PathBuf>,
    /// The folder of documents that answers come from.
    pub documents: Option<PathBuf>,
    /// The encoder, by name or folder.
    #[serde(default = "words::encoder")]
    pub encoder: String,
    /// Chooses resamples, subsets and changes.
    #[serde(default)]
    pub seed: u64,
    /// How many times labelled examples are drawn anew, where `shots` is set.
    #[serde(default = "words::seeds")]
    pub seeds: usize,
    /// Resamples behind every interval.
    #[serde(default = "words::resamples")]
    pub resamples: usize,
    /// Labelled examples a label, drawn from the training set; by default all.
    pub shots: Option<usize>,
    /// At most so many questions, drawn from the evaluation set; by default all.
    pub limit: Option<usize>,
    /// What to do with questions that nearly repeat a training example.
    #[serde(default)]
    pub leakage: Leakage,
    /// How questions are sliced.
    #[serde(default)]
    pub slices: Slices,
    /// What is known of a question before it is answered, by which a router may choose an arm.
    #[serde(default)]
    pub route_by: RouteBy,
    /// For `answer`: the parts that are tuned on the training questions; by default what those allow.
    pub tuned: Option<Vec<Part>>,
    /// The label that means none of the others.
    pub out_of_scope: Option<String>,
    /// What labels mean, in words, for the arm that knows nothing else.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Values known of labels without annotations, for the arm that knows nothing else.
    #[serde(default)]
    pub values: BTreeMap<String, Vec<String>>,
    /// How the tuned extractor is made: `crf` or `frozen`.
    #[serde(default = "words::extractor")]
    pub extractor: ExtractorMethod,
    /// Labelled examples retrieved for a question.
    #[serde(default = "words::neighbours")]
    pub neighbours: usize,
    /// Whether the tuned arms are also trained on a half, a quarter and an eighth of the labels.
    #[serde(default = "words::yes")]
    pub learning_curve: bool,
    /// For `answer`: seconds that training on fewer questions may take for the learning curve; a training that would go beyond is
    /// left out, and those after it.
    #[serde(default = "words::curve_budget")]
    pub curve_budget_s: f64,
    /// Who answers in a task of kind `answer`: the reader of sentences, or the language model of engraft.toml.
    #[serde(default)]
    pub generator: Generator,
    /// Whether a language model is also asked in ways that show a limit and cannot be chosen.
    #[serde(default = "words::yes")]
    pub diagnostics: bool,
    /// How texts are asked for and compared in a task of kind `write`.
    #[serde(default)]
    pub writing: Writing,
    /// Scripted changes.
    #[serde(default)]
    pub updates: Updates,
    /// Growth and load.
    #[serde(default)]
    pub scale: Scaling,
    /// The sheet in which people said which of two answers is better.
    pub preference: Option<PathBuf>,
    /// The judge whose card the report shows.
    pub judge: Option<Judging>,
    /// Limits that drop an arm.
    #[serde(default)]
    must: LimitWords,
    /// Values beyond which more is not worth more.
    #[serde(default)]
    nice: LimitWords,
    /// How much each criterion counts.
    #[serde(default)]
    weights: WeightWords,
    /// What things cost.
    #[serde(default)]
    prices: PriceWords,
    /// How much is asked and changed.
    #[serde(default)]
    volume: VolumeWords,
    /// How sure a recommendation has to be.
    #[serde(default)]
    decision: DecisionWords,
    /// The folder that relative paths start from.
    #[serde(skip)]
    pub root: PathBuf,
}

/// What an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskKind {
    /// A cited answer from documents.
    Answer,
    /// One label of a list.
    Classify,
    /// Spans of a text.
    Extract,
    /// A written text.
    Write,
}

impl TaskKind {
    /// As in the file.
    pub fn name(self) -> &'static str {
        match self {
            TaskKind::Answer => "answer",
            TaskKind::Classify => "classify",
            TaskKind::Extract => "extract",
            TaskKind::Write => "write",
        }
    }
}

/// What to do with questions that nearly repeat a training example.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Leakage {
    /// Stop and list the pairs.
    #[default]
    Refuse,
    /// Leave those questions out, and say how many.
    Drop,
}

/// Who answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Generator {
    /// Quotes of the sentences that answer.
    #[default]
    Extractive,
    /// The language model that `[endpoint]` of engraft.toml names.
    Endpoint,
}

/// How texts are asked for and compared.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Writing {
    /// What the model is told before anything else.
    #[serde(default)]
    pub instructions: String,
    /// How many of the nearest examples it is shown.
    #[serde(default = "words::examples")]
    pub examples: usize,
    /// Which measure is the quality.
    #[serde(default)]
    pub measure: WritingMeasure,
    /// A regular expression that every text must match.
    pub pattern: Option<String>,
    /// A JSON Schema that every text must fit.
    pub json_schema: Option<PathBuf>,
}

impl Default for Writing {
    fn default() -> Writing {
        Writing {
            instructions: String::new(),
            examples: words::examples(),
            measure: WritingMeasure::default(),
            pattern: None,
            json_schema: None,
        }
    }
}

/// How like its reference a text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WritingMeasure {
    /// Letters and words in common.
    #[default]
    Chrf,
    /// Words in common, in order.
    RougeL,
    /// Content words in common.
    #[serde(rename = "content_f1")]
    ContentF1,
}

impl WritingMeasure {
    /// As in the file.
    pub fn name(self) -> &'static str {
        match self {
            WritingMeasure::Chrf => "chrf",
            WritingMeasure::RougeL => "rouge_l",
            WritingMeasure::ContentF1 => "content_f1",
        }
    }
}

/// Scripted changes that show how fast an arm follows.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Updates {
    /// How many; half are changes, three in ten additions, two in ten deletions.
    #[serde(default = "words::trials")]
    pub trials: usize,
    /// An arm that is slow to change stops after this long, but not before three changes.
    #[serde(default = "words::budget")]
    pub budget_s: f64,
    /// Minutes a person looks at a model trained anew before it goes live.
    #[serde(default = "words::review")]
    pub review_minutes: f64,
}

impl Default for Updates {
    fn default() -> Updates {
        Updates { trials: words::trials(), budget_s: words::budget(), review_minutes: words::review() }
    }
}

impl Task {
    /// Reads a task file; relative paths in it start from its folder.
    pub fn read(path: &Path) -> Result<Task, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::io("read", path))?;
        let root = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        let name = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        Task::parse(&text, root, &name).map_err(|message| {
            request(format!("{}: {message}", path.display()), "docs/reference/decide.md lists every key")
        })
    }

    /// Reads the text of a task file; `name` is used where it has none. The error is for people.
    pub fn parse(text: &str, root: PathBuf, name: &str) -> Result<Task, String> {
        let mut task: Task = toml::from_str(text).map_err(|error| error.to_string().trim().to_string())?;
        if task.name.is_empty() {
            task.name = name.into();
        }
        task.root = root;
        // A model in a folder lies beside the task like its other files; a name alone is looked for where models are.
        let beside = task.root.join(&task.encoder);
        if beside.join("config.json").is_file() {
            task.encoder = std::path::absolute(&beside).unwrap_or(beside).display().to_string();
        }
        task.check()?;
        Ok(task)
    }

    fn check(&self) -> Result<(), String> {
        for (name, value, least, most) in [
            ("seeds", self.seeds, 1, MOST),
            ("resamples", self.resamples, RESAMPLES, MOST_RESAMPLES),
            ("neighbours", self.neighbours, 1, MOST),
            ("updates.trials", self.updates.trials, 0, MOST),
        ] {
            if value < least {
                return Err(format!("{name} is {value}: it is {least} or more"));
            }
            if value > most {
                return Err(format!("{name} is {value}: it is {most} or less"));
            }
        }
        if self.limit == Some(0) {
            return Err("limit is 0: leave it out to ask every question".into());
        }
        if self.writing.examples == 0 {
            return Err("writing.examples is 0: it is 1 or more".into());
        }
        for (name, seconds) in [
            ("scale.load_s", self.scale.load_s),
            ("scale.paid_load_s", self.scale.paid_load_s),
            ("curve_budget_s", self.curve_budget_s),
            ("updates.budget_s", self.updates.budget_s),
            ("updates.review_minutes", self.updates.review_minutes),
        ] {
            if !seconds.is_finite() || seconds < 0.0 {
                return Err(format!("{name} is {seconds}: it is 0 or more"));
            }
            if seconds > MOST_TIME {
                return Err(format!("{name} is {seconds:e}: it is {MOST_TIME:e} or less"));
            }
        }
        if let Some(seconds) = self.prices.label_seconds.filter(|seconds| !(0.0..1e9).contains(seconds)) {
            return Err(format!("prices.label_seconds is {seconds}: it is 0 or more"));
        }
        if self.judge.as_ref().is_some_and(|judge| judge.run.trim().is_empty()) {
            return Err("judge.run is empty: name a run of `eval answers`, or a file of answers".into());
        }
        if self.shots == Some(0) {
            return Err("shots is 0: leave it out to use every example".into());
        }
        if !matches!(self.extractor, ExtractorMethod::Crf | ExtractorMethod::Frozen) {
            return Err(format!("extractor is {}: it is \"crf\" or \"frozen\" here", self.extractor));
        }
        if self.tuned.is_some() && self.kind != TaskKind::Answer {
            return Err(format!(
                "tuned names the parts of an `answer` task, and this is a `{}` task",
                self.kind.name()
            ));
        }
        if self.slices == Slices::Tail && self.kind != TaskKind::Classify {
            return Err(format!(
                "slices = \"tail\" goes by the examples of a label, and this is a `{}` task",
                self.kind.name()
            ));
        }
        if self.slices == Slices::Hops && self.kind != TaskKind::Answer {
            return Err(format!(
                "slices = \"hops\" goes by the documents that answer a question, and this is a `{}` task",
                self.kind.name()
            ));
        }
        let found = self.terms().contradictions();
        if found.is_empty() { Ok(()) } else { Err(found.join("; ")) }
    }

    /// A path of the file, from its folder.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.root.join(path)
    }

    /// Prices, must-haves and weights, with what was not said filled in and marked as assumed.
    pub fn terms(&self) -> Terms {
        let amount = |said: Option<f64>, default: Amount| said.map_or(default, Amount::given);
        let (p, v, defaults) = (&self.prices, &self.volume, Prices::default());
        let volume = Volume::default();
        let weights = Weights::default();
        // Weights are said together or not at all: one alone says nothing about the others.
        let w = &self.weights;
        let said = [w.quality, w.groundedness, w.latency, w.cost, w.update_lag];
        let weights = match said.iter().all(Option::is_none) {
            true => weights,
            false => {
                let [quality, groundedness, latency, cost, update_lag] =
                    said.map(|weight| weight.unwrap_or(0.0));
                Weights { quality, groundedness, latency, cost, update_lag }
            }
        };
        let base = Terms::default();
        Terms {
            prices: Prices {
                currency: p.currency.clone().unwrap_or(defaults.currency),
                core_hour: amount(p.core_hour, defaults.core_hour),
                utilisation: amount(p.utilisation, defaults.utilisation),
                tokens_in: amount(p.tokens_in, defaults.tokens_in),
                tokens_out: amount(p.tokens_out, defaults.tokens_out),
                label: amount(p.label, defaults.label),
                person_hour: amount(p.person_hour, defaults.person_hour),
                gigabyte_month: amount(p.gigabyte_month, defaults.gigabyte_month),
                hosting_month: amount(p.hosting_month, defaults.hosting_month),
                months: amount(p.months, defaults.months),
            },
            volume: Volume {
                queries_per_month: amount(v.queries_per_month, volume.queries_per_month),
                updates_per_month: amount(v.updates_per_month, volume.updates_per_month),
            },
            must: self.must.limits(),
            nice: self.nice.limits(),
            weights,
            weight_certainty: self.decision.weight_certainty.unwrap_or(base.weight_certainty),
            margin: self.decision.margin.unwrap_or(base.margin),
            confidence: self.decision.confidence.unwrap_or(base.confidence),
        }
    }

    /// Seconds that a person takes for a label: as said, as `measured`, or what the price of a label is in a person's time. A price of
    /// zero says nothing of time: then what the defaults say.
    pub(super) fn label_s(&self, measured: Option<f64>) -> Amount {
        let worth = |prices: &Prices| 3600.0 * prices.label.value / prices.person_hour.value;
        let paid = Some(worth(&self.terms().prices)).filter(|worth| worth.is_finite() && *worth > 0.0);
        match (self.prices.label_seconds, measured) {
            (Some(said), _) => Amount::given(said),
            (None, Some(value)) => Amount { value, basis: Basis::Measured },
            (None, None) => Amount::assumed(paid.unwrap_or_else(|| worth(&Prices::default()))),
        }
    }

    /// The dataset that a data key names as `dataset:NAME`.
    pub(super) fn dataset(path: &Path) -> Option<&str> {
        path.to_str()?.strip_prefix("dataset:")
    }

    /// Whether it asks a language model.
    pub fn asks_a_model(&self) -> bool {
        match self.kind {
            TaskKind::Write => true,
            TaskKind::Answer => self.generator == Generator::Endpoint,
            TaskKind::Classify | TaskKind::Extract => false,
        }
    }

    /// Whether any of its data is in a workspace: a dataset, or what a judge ruled.
    pub fn wants_workspace(&self) -> bool {
        let mut data = [&self.training, &self.evaluation, &self.labelled].into_iter().flatten();
        self.judge.is_some() || data.any(|path| Task::dataset(path).is_some())
    }

    /// Whether any price or volume is a default.
    pub fn assumes(&self) -> bool {
        self.terms().prices.list().iter().any(|(_, _, amount)| amount.basis == Basis::Assumed)
    }
}

/// The user's error, with what to do.
pub(super) fn request(message: impl Into<String>, hint: impl Into<String>) -> Error {
    Error::Request { message: message.into(), hint: hint.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let said = match Task::parse(text, PathBuf::new(), "task") {
            Ok(task) => format!("{} {}", task.name, task.kind.name()),
            Err(message) => message,
        };
        assert!(said.contains(expected), "{said}");
    }

    #[test]
    fn a_kind_and_a_file_are_enough() {
        check("kind = 'classify'\nlabelled = 'rows.jsonl'", "task classify");
    }

    #[test]
    fn an_unknown_key_or_kind_is_named() {
        check("kind = 'classify'\nlabeled = 'rows.jsonl'", "labeled");
        check("kind = 'guess'", "guess");
        check("kind = 'extract'\nextractor = 'full'", "it is \"crf\" or \"frozen\" here");
        check("kind = 'write'\nwriting = { examples = 0 }", "writing.examples is 0");
        check("kind = 'write'\nwriting = { measure = 'bleu' }", "bleu");
        check("kind = 'extract'\nslices = 'tail'", "this is a `extract` task");
        check("kind = 'classify'\nscale = { load_s = -1.0 }", "scale.load_s is -1");
        check("kind = 'answer'\ncurve_budget_s = -1.0", "curve_budget_s is -1");
        check("kind = 'extract'\nslices = 'hops'", "this is a `extract` task");
        check("kind = 'classify'\nresamples = 1", "resamples is 1: it is 100 or more");
        check("kind = 'classify'\nneighbours = 9223372036854775807", "it is 100000 or less");
        check("kind = 'classify'\nupdates = { review_minutes = nan }", "updates.review_minutes is NaN");
        check("kind = 'classify'\nupdates = { review_minutes = -10.0 }", "updates.review_minutes is -10");
        check("kind = 'classify'\nupdates = { review_minutes = 1e308 }", "is 1e308: it is 1e9 or less");
        check("kind = 'classify'\nlimit = 0", "limit is 0: leave it out");
    }

    #[test]
    fn parts_are_those_of_an_answering_task() {
        check("kind = 'answer'\ntuned = ['retriever', 'fusion']", "task answer");
        check("kind = 'answer'\ntuned = ['decoder']", "decoder");
        check("kind = 'classify'\ntuned = ['reader']", "this is a `classify` task");
    }

    #[test]
    fn contradictory_constraints_are_named() {
        check(
            "kind = 'classify'\n[must]\np95_ms = 100\n[nice]\np95_ms = 500",
            "nice.p95_ms (500) is worse than must.p95_ms (100)",
        );
        check("kind = 'classify'\n[must]\nquality = 1.5", "must.quality is 1.5");
        check("kind = 'classify'\n[prices]\nlabel = -1.0", "prices.label is -1");
        check("kind = 'classify'\n[prices]\nlabel = 1e308", "prices.label is 1e308: it is 1e12 or less");
        check("kind = 'classify'\n[prices]\nlabel_seconds = -1", "prices.label_seconds is -1");
    }

    #[test]
    fn a_label_takes_as_long_as_said_else_as_measured_else_as_it_is_paid() {
        let task = |more: &str| {
            Task::parse(&format!("kind = 'classify'\n[prices]\n{more}"), PathBuf::new(), "t").unwrap()
        };
        assert_eq!(task("label_seconds = 12").label_s(Some(20.0)), Amount::given(12.0));
        assert_eq!(task("").label_s(Some(20.0)), Amount { value: 20.0, basis: Basis::Measured });
        assert_eq!(task("label = 1.0\nperson_hour = 90.0").label_s(None), Amount::assumed(40.0));
        assert_eq!(task("person_hour = 0.0").label_s(None), Amount::assumed(30.0));
        assert_eq!(task("label = 0.0").label_s(None), Amount::assumed(30.0));
    }

    #[test]
    fn a_price_of_zero_is_fine_and_given() {
        let task = Task::parse("kind = 'classify'\n[prices]\nlabel = 0.0", PathBuf::new(), "t").unwrap();
        assert_eq!(task.terms().prices.label, Amount::given(0.0));
        assert!(task.assumes());
    }
}
