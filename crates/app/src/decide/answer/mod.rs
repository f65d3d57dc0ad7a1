//! `answer`: extractive answers from documents, as they come and tuned on questions; cells without retrieval need a language
//! model and say so.

mod edits;
pub(super) mod generated;
mod how;
mod lessons;
mod parts;
mod questions;
mod weighing;

use std::path::{Path, PathBuf};

use engraft_core::content_hash;
use engraft_decide::{
    Arm, ArmRun, DataFact, Experiment, FALSE_ANSWER, GROUNDEDNESS, Measure, Question, Role, Row, Upkeep,
};
use engraft_eval::State;

use self::edits::Edited;
use self::how::How;
use self::parts::Tuned;
use self::questions::{Posed, Questions};
use super::asking::Asking;
use super::frame::{Frame, Measured};
use super::kept::Kept;
use super::meter::metered;
use super::task::{Part, Task, request};
use crate::isolate::Parsers;
use crate::serving::Serving;
use crate::{AskReport, Context, Error, IngestRequest, Workspace, ask, ingest, init};

/// Measures every arm that can be measured without a language model.
pub(super) fn measure(
    context: Context,
    task: &Task,
    frame: &Frame,
    parsers: &Parsers,
    out: &Path,
    kept: &Kept,
) -> Result<Measured, Error> {
    let questions = Questions::read(task)?;
    let (mut workspace, documents, built) = library(context, task, frame, parsers, out)?;
    let fingerprint = questions.fingerprint(&format!("{} {}", task.encoder, built.version));
    // What is tuned depends on the same, and on what the task tunes.
    let tuning = content_hash(format!("{fingerprint} {:?} {}", task.tuned, task.seed).as_bytes());
    let usual = How::usual(&workspace);
    let mut asker = Asker { asking: Asking::new(context, kept, &fingerprint) };
    let base = asker.run(&mut workspace, "retrieval", &usual, &questions.asked)?;
    let mut tutored = Asker { asking: Asking::new(context, kept, &tuning) };
    let enough = questions.training.len() >= parts::LEAST;
    let tuned = match enough {
        true => Some(tutored.tune(&mut workspace, task, &questions.training, &out.join("work"))?),
        false => None,
    };
    let better = match tuned.as_ref().filter(|tuned| tuned.differs()) {
        Some(tuned) => Some(tutored.run(&mut workspace, "both", &tuned.how, &questions.asked)?),
        None => None,
    };
    let script = (task.updates.trials, task.seed);
    let mut edit = |name: &str, fingerprint: &str, how: &How| {
        how.apply(&mut workspace);
        edits::edits(context, &workspace, parsers, &documents, (kept, name), fingerprint, how, script)
    };
    let edited = edit("retrieval", &fingerprint, &usual)?;
    let edited_better = match tuned.as_ref().filter(|_| better.is_some()) {
        Some(tuned) => edit("both", &tuning, &tuned.how)?,
        None => Vec::new(),
    };
    let upkeep = |edited: &[Edited]| {
        let update_cpu_s = edited.iter().map(|edit| edit.cpu_s).sum::<f64>() / edited.len().max(1) as f64;
        Upkeep { build_cpu_s: built.cpu_s, update_cpu_s, bytes: built.bytes, ..Upkeep::default() }
    };
    let arm = |name: &str, description: String, retrieval: bool, tuned: bool| Arm {
        name: name.into(),
        description,
        retrieval,
        tuned,
        role: Role::Candidate,
        on_premises: true,
        absent: None,
        runs: Vec::new(),
        upkeep: Upkeep::default(),
        updates: Vec::new(),
        updates_how: String::new(),
    };
    let absent = |name: &str, tuned: bool| Arm {
        absent: Some("without retrieval an answer needs a language model, and none is configured".into()),
        ..arm(name, "A language model answers from memory".into(), false, tuned)
    };
    let measured = |arm: Arm, rows: Vec<Row>, upkeep: Upkeep, edited: &[Edited]| Arm {
        runs: vec![ArmRun { seed: 0, rows }],
        upkeep,
        updates: edited.iter().map(|edit| edit.trial.clone()).collect(),
        updates_how: "A document is edited and taken in, and a question is asked until the answer cites it"
            .into(),
        ..arm
    };
    let described = "Finds passages and quotes the sentences that answer, or abstains".to_string();
    let retrieval = arm("retrieval", described, true, false);
    let mut arms = vec![absent("base", false), measured(retrieval, base, upkeep(&edited), &edited)];
    arms.push(absent("tuned", true));
    let told = tuned.as_ref().map_or_else(Vec::new, Tuned::facts);
    arms.push(match (better, tuned) {
        (Some(rows), Some(tuned)) => {
            let described = format!(
                "The same with what was tuned on {} questions and proven: {}; meaning weighs {:.2}, and below a support of {:.3} it abstains",
                questions.training.len(),
                tuned.named(),
                tuned.how.dense_weight,
                tuned.how.min_support
            );
            let build_cpu_s = built.cpu_s + tuned.cpu_s();
            let upkeep =
                Upkeep { labels: questions.training.len(), build_cpu_s, ..upkeep(&edited_better) };
            measured(arm("both", described, true, true), rows, upkeep, &edited_better)
        }
        (_, tuned) => Arm {
            absent: Some(match tuned {
                Some(_) => "no part of it was proven to help on the training questions; the data of the report say why".into(),
                None => format!("it takes {} training questions to tune on", parts::LEAST),
            }),
            ..arm("both", "Retrieval tuned on the team's questions".into(), true, true)
        },
    });
    let reused = asker.asking.reused + tutored.asking.reused;
    let asked = asker.asking.asked + tutored.asking.asked;
    let mut facts = questions.facts.clone();
    facts.push(DataFact { what: "Documents".into(), value: built.words });
    facts.extend(told);
    let experiment = Experiment {
        data: facts,
        measures: measures(),
        stages: vec!["answer".into()],
        questions: questions.asked.iter().map(|posed| question(posed, task)).collect(),
        arms,
        notes: vec![
            "An answer is right when its quotes hold the gold passage, or the gold answer, to the letter (case and spacing aside).".into(),
            "Edits are made to a copy of the documents.".into(),
        ],
        ..frame.experiment()
    };
    Ok(Measured { experiment, reused, asked })
}

fn question(posed: &Posed, task: &Task) -> Question {
    let gold = posed.answer.clone().or_else(|| posed.gold.first().map(|gold| gold.quote.clone()));
    Question {
        id: posed.id.clone(),
        text: posed.question.clone(),
        gold: gold.unwrap_or_else(|| "no answer in the documents".into()),
        cluster: posed.cluster().unwrap_or(&posed.id).to_string(),
        slice: posed.slice(task.slices),
    }
}

fn measures() -> Vec<Measure> {
    let measure = Measure::new;
    vec![
        measure(
            "right",
            "the share of questions answered with a quote that holds the answer, or left unanswered where there is none.",
            true,
        ),
        measure(
            GROUNDEDNESS,
            "every sentence answered is a quote that was found in its document to the letter",
            true,
        ),
        measure(FALSE_ANSWER, "a question the documents do not answer was answered all the same", false),
        measure("answered", "an answer was given", true),
    ]
}

/// The documents in a workspace of their own.
struct Built {
    /// A hash of their names and bytes.
    version: String,
    cpu_s: f64,
    bytes: u64,
    words: String,
}

fn library(
    context: Context,
    task: &Task,
    frame: &Frame,
    parsers: &Parsers,
    out: &Path,
) -> Result<(Workspace, PathBuf, Built), Error> {
    let Some(named) = &task.documents else {
        return Err(request(
            "the task names no documents",
            "name the folder that answers come from: `documents = \"handbook\"`",
        ));
    };
    let source = task.path(named);
    let root = out.join("work").join("library");
    let documents = root.join("documents");
    // Edits of an earlier run must not be found by this one.
    if documents.exists() {
        std::fs::remove_dir_all(&documents).map_err(Error::io("replace", &documents))?;
    }
    copy(&source, &documents)?;
    let version = version(&documents)?;
    init(&root, Some(&task.name), Some(&task.encoder))?;
    let mut workspace = Workspace::open(&root, frame.threads)?;
    // Models of an earlier run are there, and are taken up when their turn comes.
    workspace.use_only(&Serving::default());
    let ingesting =
        IngestRequest { paths: vec![documents.display().to_string()], ..IngestRequest::default() };
    let (report, used) = metered(|| ingest(context, &workspace, parsers, &ingesting));
    let report = report?;
    let words = format!(
        "{}: {} documents, {} passages",
        named.display(),
        report.documents.added + report.documents.unchanged + report.documents.updated,
        report.chunks.total
    );
    Ok((workspace, documents, Built { version, cpu_s: used.cpu_s, bytes: report.bytes, words }))
}

/// A hash of the names and bytes of every file below `folder`.
fn version(folder: &Path) -> Result<String, Error> {
    let (mut lines, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).map_err(Error::io("read", &next))? {
            let path = entry.map_err(Error::io("read", &next))?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).map_err(Error::io("read", &path))?;
            let name = path.strip_prefix(folder).unwrap_or(&path).display();
            lines.push(format!("{} {name}", content_hash(&bytes)));
        }
    }
    lines.sort_unstable();
    Ok(content_hash(lines.join("\n").as_bytes()))
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(to).map_err(Error::io("create", to))?;
    for entry in std::fs::read_dir(from).map_err(Error::io("read", from))? {
        let entry = entry.map_err(Error::io("read", from))?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            std::fs::copy(&path, &target).map_err(Error::io("copy", &path))?;
        }
    }
    Ok(())
}

/// Asks the workspace.
struct Asker<'a> {
    asking: Asking<'a>,
}

impl Asker<'_> {
    fn tune(
        &mut self,
        workspace: &mut Workspace,
        task: &Task,
        training: &[Posed],
        work: &Path,
    ) -> Result<Tuned, Error> {
        parts::tune(&mut self.asking, workspace, task, training, work)
    }

    /// Every question, answered in one way.
    fn run(
        &mut self,
        workspace: &mut Workspace,
        name: &str,
        how: &How,
        asked: &[Posed],
    ) -> Result<Vec<Row>, Error> {
        how.apply(workspace);
        let set = format!("rows-{name}-{}", how.name());
        let context = self.asking.context;
        context.progress.stage(&format!("ask {name}"), Some(asked.len() as u64));
        self.asking.all(&set, asked.len(), |at| {
            // Abstaining is decided here, so that a report can show what would have been quoted.
            let request = how.request(&asked[at].question, Some(0.0));
            let (report, used) = metered(|| ask(context, workspace, &request));
            match report {
                Err(Error::Cancelled) => Err(Error::Cancelled),
                Err(error) => {
                    let why = Some(error.to_string());
                    Ok(Row { state: State::Failed, why, ..empty(used.ms, used.cpu_s) })
                }
                Ok(report) => Ok(row(&asked[at], &report, how.min_support, empty(used.ms, used.cpu_s))),
            }
        })
    }
}

fn empty(ms: f64, cpu_s: f64) -> Row {
    Row {
        state: State::Scored,
        values: vec![None; 4],
        confidence: None,
        stage_ms: vec![ms],
        cpu_s,
        tokens_in: 0,
        tokens_out: 0,
        said: String::new(),
        evidence: Vec::new(),
        why: None,
    }
}

fn row(posed: &Posed, report: &AskReport, min_support: f32, base: Row) -> Row {
    let answered = report.answerable && report.support >= min_support;
    let number = |truth: bool| f64::from(u8::from(truth));
    let Some(right) = posed.right(report, answered) else {
        return Row { state: State::Undefined, why: Some("nobody said what is right".into()), ..base };
    };
    let cited = report.citations.iter().map(|citation| format!("{}: {}", citation.uri, citation.quote));
    Row {
        state: if answered { State::Scored } else { State::Abstained },
        values: vec![
            Some(number(right)),
            answered.then_some(number(!report.citations.is_empty())),
            (!posed.answerable).then_some(number(answered)),
            Some(number(answered)),
        ],
        confidence: Some(f64::from(report.support).clamp(0.0, 1.0)).filter(|_| answered),
        said: if answered { report.answer.clone() } else { "(no answer)".into() },
        evidence: cited.collect(),
        ..base
    }
}

/// What [`measure`] would do.
pub(super) fn plan(task: &Task, out: &Path) -> Result<super::Plan, Error> {
    let questions = Questions::read(task)?;
    let parts = match questions.training.len() >= parts::LEAST {
        true => parts::wanted(task),
        false => Vec::new(),
    };
    let arms: &[&str] = if parts.is_empty() { &["retrieval"] } else { &["retrieval", "both"] };
    let tuning = if parts.contains(&Part::Fusion) { weighing::most(questions.training.len()) } else { 0 };
    Ok(super::Plan {
        name: task.name.clone(),
        kind: task.kind.name(),
        questions: questions.asked.len(),
        examples: questions.training.len(),
        labels: 0,
        seeds: 1,
        arms: arms.iter().map(|arm| (*arm).to_string()).collect(),
        tuned: parts,
        changes: task.updates.trials,
        answers: questions.asked.len() * arms.len() + tuning,
        paid_tokens: 0,
        out: out.to_path_buf(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_of_other_words_or_names_are_another_version() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("a.md"), folder.path().join("b.md"));
        std::fs::write(&one, "seats 10").unwrap();
        let first = version(folder.path()).unwrap();
        assert_eq!(first, version(folder.path()).unwrap());
        std::fs::write(&one, "seats 11").unwrap();
        let changed = version(folder.path()).unwrap();
        std::fs::rename(&one, &other).unwrap();
        let renamed = version(folder.path()).unwrap();
        assert!(first != changed && changed != renamed && first != renamed);
    }
}
