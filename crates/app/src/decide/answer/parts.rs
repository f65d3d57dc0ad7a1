//! The tuned arm: its parts are tuned one after another on the training questions, and each takes part only if it is proven to help.

use std::path::Path;

use engraft_core::{Fault, Kind};
use engraft_decide::DataFact;
use engraft_nn::Embedder;
use engraft_tune::TuneError;
use engraft_tune::artefact::Artefact;
use serde::{Deserialize, Serialize};

use super::how::How;
use super::lessons::{Beside, Files, Halves, Library, judgements, readings};
use super::questions::Posed;
use super::weighing::weigh;
use crate::decide::asking::Asking;
use crate::decide::meter::metered;
use crate::decide::task::{Part, Task};
use crate::people::Principal;
use crate::serving::{READER, Serving};
use crate::tune::{
    ReaderRequest, RerankerRequest, RetrieverMethod, RetrieverRequest, TuneReport, TuneRequest, tune_reader,
    tune_reranker, tune_retriever,
};
use crate::{Error, Workspace};

/// Fewer training questions tune nothing.
pub(super) const LEAST: usize = 20;
/// Beyond so many questions to learn from, a part that trains an encoder is tuned only where the task names it: minutes become hours.
const AFFORDABLE: usize = 1000;
/// Tokens of a question that a reader reads.
const QUESTION: usize = 64;

/// What became of a part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Done {
    pub(super) part: Part,
    /// Whether it takes part.
    pub(super) takes_part: bool,
    /// The model, where there is one.
    pub(super) model: Option<String>,
    /// Why it takes part or does not, with numbers.
    pub(super) why: String,
    /// Processor seconds that tuning it took.
    pub(super) cpu_s: f64,
    /// The same on the clock.
    #[serde(default)]
    pub(super) s: f64,
}

/// What tuning came to.
pub(super) struct Tuned {
    /// The arm with every part that was proven.
    pub(super) how: How,
    /// The arm with every part that was tried, proven or not; `None` where that is the same.
    pub(super) tried: Option<How>,
    pub(super) parts: Vec<Done>,
}

impl Tuned {
    /// Whether any part takes part.
    pub(super) fn differs(&self) -> bool {
        self.parts.iter().any(|done| done.takes_part)
    }

    /// The parts that take part, as they are tuned, and the seconds that tuning them took.
    pub(super) fn carrying(&self) -> (Vec<Part>, f64) {
        let carrying = || self.parts.iter().filter(|done| done.takes_part);
        (carrying().map(|done| done.part).collect(), carrying().map(|done| done.s).sum())
    }

    pub(super) fn cpu_s(&self) -> f64 {
        self.parts.iter().map(|done| done.cpu_s).sum()
    }

    pub(super) fn s(&self) -> f64 {
        self.parts.iter().map(|done| done.s).sum()
    }

    /// The names of the parts that take part, in words.
    pub(super) fn named(&self) -> String {
        let names = self.parts.iter().filter(|done| done.takes_part).map(|done| done.part.name());
        names.collect::<Vec<_>>().join(", ")
    }

    /// The names of the parts that were tried, those that are not proven marked as such.
    pub(super) fn tried_named(&self) -> String {
        let tried = self.parts.iter().filter(|done| done.model.is_some() || done.part == Part::Fusion);
        let named = |done: &Done| match done.takes_part {
            true => done.part.name().to_string(),
            false => format!("{} (not proven)", done.part.name()),
        };
        tried.map(named).collect::<Vec<_>>().join(", ")
    }

    /// Whether anything was trained.
    pub(super) fn trained(&self) -> bool {
        self.parts.iter().any(|done| done.model.is_some())
    }

    /// For each part whether it takes part, and why.
    pub(super) fn facts(&self) -> Vec<DataFact> {
        let fact = |done: &Done| {
            let verb = if done.takes_part { "takes part" } else { "takes no part" };
            DataFact {
                what: format!("Tuned part {}", done.part.name()),
                value: format!("{verb}; {}", done.why),
            }
        };
        self.parts.iter().map(fact).collect()
    }
}

/// What is tuned, and on which questions.
#[derive(Clone, Copy)]
pub(super) struct Course<'c> {
    pub(super) task: &'c Task,
    /// In the order in which they are tuned.
    pub(super) parts: &'c [Part],
    pub(super) training: &'c [Posed],
    /// The folder for files that parts learn from.
    pub(super) work: &'c Path,
}

/// Tunes the parts of a course. Kept results are not made again.
pub(super) fn tune(asking: &mut Asking, workspace: &mut Workspace, course: Course) -> Result<Tuned, Error> {
    let Course { task, training, .. } = course;
    let usual = How::usual(workspace);
    let halves = Halves::of(training, task.seed);
    let (mut parts, mut more) = asking.kept.results::<Done>("parts", asking.fingerprint)?;
    // What is proven, and whatever was trained.
    let (mut serving, mut all) = (Serving::default(), Serving::default());
    for &part in course.parts {
        asking.go_on()?;
        let done = match parts.iter().find(|done: &&Done| done.part == part) {
            Some(done) => done.clone(),
            None if part == Part::Fusion => continue,
            None => {
                workspace.use_only(&serving);
                let tutor = Tutor { asking, workspace, course, halves: &halves, beside: Beside::Distractor };
                let done = tutor.teach(part)?;
                more.keep(&done)?;
                parts.push(done.clone());
                done
            }
        };
        if let Some(model) = done.model {
            if done.takes_part {
                serving.used.insert(part.name().into(), vec![model.clone()]);
            }
            all.used.insert(part.name().into(), vec![model]);
        }
    }
    let learned = !serving.used.is_empty();
    let mut tried = usual.with(all, workspace)?;
    let mut how = usual.with(serving, workspace)?;
    if course.parts.contains(&Part::Fusion) {
        // A model is surer of what it learned from: that must not choose from when on it answers.
        let all: Vec<&Posed> = training.iter().collect();
        let asked = if learned { &halves.prove } else { &all };
        let weighed = weigh(asking, workspace, &how, asked, task.seed)?;
        let stays = match weighed.unanswerable {
            0 => format!(
                "; the support below which it abstains stays {:.3}, because none of them is unanswerable",
                how.min_support
            ),
            _ => String::new(),
        };
        let why = format!("{} ({} questions chose){stays}", weighed.verdict.why, weighed.labels);
        let takes_part = weighed.verdict.ship;
        parts.push(Done {
            part: Part::Fusion,
            takes_part,
            model: None,
            why,
            cpu_s: weighed.cpu_s,
            s: weighed.s,
        });
        tried.dense_weight = weighed.how.dense_weight;
        // Another reader is sure on a scale of its own, which nothing was weighed on.
        if tried.serving.model(READER) == how.serving.model(READER) {
            tried.min_support = weighed.how.min_support;
        }
        if takes_part {
            how = weighed.how;
        }
    }
    how.apply(workspace);
    let tried = Some(tried).filter(|tried| *tried != how);
    Ok(Tuned { how, tried, parts })
}

/// The parts that the task names, in the order in which they are tuned; all of them where it names none.
pub(super) fn wanted(task: &Task) -> Vec<Part> {
    let named = |part: &Part| task.tuned.as_ref().is_none_or(|named| named.contains(part));
    Part::ALL.into_iter().filter(named).collect()
}

/// Tunes one part on top of those before it.
pub(super) struct Tutor<'t, 'a> {
    pub(super) asking: &'t Asking<'a>,
    /// With the parts before it in use.
    pub(super) workspace: &'t Workspace,
    pub(super) course: Course<'t>,
    pub(super) halves: &'t Halves<'t>,
    /// What a reader learns from beside passages that answer.
    pub(super) beside: Beside,
}

impl Tutor<'_, '_> {
    /// What cannot be learned from these questions, or is not proven, is no error: the part takes no part, and says why.
    pub(super) fn teach(&self, part: Part) -> Result<Done, Error> {
        let none = |why: String| Done { part, takes_part: false, model: None, why, cpu_s: 0.0, s: 0.0 };
        let Some(encoder) = self.workspace.encoder(self.asking.context)? else {
            return Ok(none("it needs an encoder, and the task has none".into()));
        };
        let alone = if self.beside == Beside::Nothing { "-alone" } else { "" };
        let name = format!("{}{alone}-{}", part.name(), &self.asking.fingerprint[..12]);
        // A model that was registered just before an interruption is there to stay.
        if let Ok(artefact) = Artefact::open(&self.workspace.models(), &name) {
            let manifest = artefact.manifest;
            let (takes_part, why, s) = (manifest.ship, manifest.why, manifest.train.seconds);
            return Ok(Done { part, takes_part, model: Some(name), why, cpu_s: s, s });
        }
        let learn = self.halves.learn.len();
        if part != Part::Retriever && learn > AFFORDABLE && self.course.task.tuned.is_none() {
            let why = format!("{learn} questions would take it long: name it in `tuned` to have it");
            return Ok(none(why));
        }
        let what = if part == Part::Reader { "read" } else { "judged" };
        let files = Files::below(self.course.work, &format!("{what}{alone}"));
        let usable = self.lessons(part, encoder, &files)?;
        if usable < LEAST {
            let what = match part {
                Part::Reader => "have an answer of a few words that stands in a passage to the letter",
                _ => "say which documents answer them",
            };
            return Ok(none(format!("{usable} training questions {what}, {LEAST} are needed")));
        }
        let (report, used) = metered(|| self.train(part, &files, &name));
        match report {
            Ok(TuneReport { ship, why, .. }) => {
                let (cpu_s, s) = (used.cpu_s, used.ms / 1e3);
                Ok(Done { part, takes_part: ship, model: Some(name), why, cpu_s, s })
            }
            Err(Error::Cancelled | Error::Tune(TuneError::Cancelled)) => Err(Error::Cancelled),
            Err(error) if matches!(error.kind(), Kind::User | Kind::Missing) => Ok(none(error.to_string())),
            Err(error) => Err(error),
        }
    }

    /// Writes what a part learns from and what it is judged by; how many questions there are to learn from.
    fn lessons(&self, part: Part, encoder: &Embedder, files: &Files) -> Result<usize, Error> {
        let library = Library::of(self.workspace)?;
        let (Halves { learn, prove }, workspace) = (self.halves, self.workspace);
        if part != Part::Reader {
            judgements(&library, prove, &files.prove)?;
            return judgements(&library, learn, &files.learn);
        }
        let fits = |question: &str| {
            let mut tokens = Vec::new();
            encoder.tokenizer().pieces(question, &mut tokens);
            (1..=QUESTION).contains(&tokens.len())
        };
        let context = self.asking.context;
        context.progress.stage("mark answers", None);
        let from = (workspace, &library);
        readings(context, from, prove, &fits, Beside::Distractor, &files.prove)?;
        readings(context, from, learn, &fits, self.beside, &files.learn)
    }

    fn train(&self, part: Part, files: &Files, name: &str) -> Result<TuneReport, Error> {
        let (context, workspace, me) = (self.asking.context, self.workspace, Principal::at_the_machine());
        let tune = TuneRequest {
            data: files.learn.display().to_string(),
            question: None,
            eval: Some(files.prove.clone()),
            base: None,
            name: Some(name.into()),
            seeds: 1,
            seed: self.course.task.seed,
            over_length: "truncate".into(),
        };
        match part {
            Part::Retriever => {
                let (method, dims) = (RetrieverMethod::Adapter, Vec::new());
                let request =
                    RetrieverRequest { tune, method, epochs: 1, batch: 16, rate: 2e-5, dims, window: None };
                tune_retriever(context, workspace, &me, &request)
            }
            Part::Reader => {
                tune_reader(context, workspace, &me, &ReaderRequest { tune, method: "full".into() })
            }
            Part::Reranker | Part::Fusion => {
                let method = "cross-encoder".into();
                let request =
                    RerankerRequest { tune, method, epochs: 2, batch: 32, rate: 2e-5, wrong: 4, window: 256 };
                tune_reranker(context, workspace, &me, &request)
            }
        }
    }
}
