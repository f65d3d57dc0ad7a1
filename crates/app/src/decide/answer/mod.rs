//! `answer`: extractive answers from documents, as they come and tuned on questions; cells without retrieval need a language
//! model and say so.

mod arms;
mod asker;
mod built;
mod curve;
mod diagnostic;
mod edits;
mod folded;
mod found;
mod fresh;
pub(super) mod generated;
mod grounds;
mod growing;
mod how;
mod lessons;
mod limits;
mod parts;
mod questions;
mod right;
mod script;
mod shared;
mod undistracted;
mod unproven;
mod weighing;

use std::path::Path;

use engraft_core::content_hash;
use engraft_decide::{Arm, CurvePoint, DataFact, Experiment, FALSE_ANSWER, GROUNDEDNESS, Measure, Question};

use self::arms::Cells;
use self::asker::Asker;
use self::built::library;
use self::curve::{Curve, Whole};
use self::how::How;
use self::lessons::Library;
use self::parts::{Course, Tuned};
use self::questions::{Posed, Questions};
use self::script::take_back;
use self::shared::shared;
use super::asking::Asking;
use super::frame::{Frame, Measured};
use super::kept::Kept;
use super::shared::Shared;
use super::task::{Part, Slices, Task};
use crate::ask::STAGES;
use crate::isolate::Parsers;
use crate::{Context, Error, Workspace, sync};

/// Measures every arm that can be measured without a language model.
pub(super) fn measure(
    context: Context,
    task: &Task,
    frame: &Frame,
    parsers: &Parsers,
    out: &Path,
    kept: &Kept,
) -> Result<Measured, Error> {
    let mut questions = Questions::read(task)?;
    let (mut workspace, documents, built) = library(context, task, frame, parsers, (out, kept))?;
    let (posed, shared) = placed(task, &workspace, &mut questions)?;
    let routes = questions.routes(task);
    let fingerprint = questions.fingerprint(&format!("{} {} {}", task.encoder, built.version, judged_by()));
    // What is tuned depends on the same, and on what the task tunes.
    let tuning = content_hash(format!("{fingerprint} {:?} {}", task.tuned, task.seed).as_bytes());
    let usual = How::usual(&workspace);
    let mut asker = Asker { asking: Asking::new(context, kept, &fingerprint) };
    let base = asker.run(&mut workspace, "retrieval", &usual, (&questions.asked, &[]))?;
    let mut tutored = Asker { asking: Asking::new(context, kept, &tuning) };
    let enough = questions.training.len() >= parts::LEAST;
    let work = out.join("work");
    let named = parts::wanted(task);
    let course = Course { task, parts: &named, training: &questions.training, work: &work };
    let tuned = match enough {
        true => Some(tutored.tune(&mut workspace, course)?),
        false => None,
    };
    let better = match tuned.as_ref().filter(|tuned| tuned.differs()) {
        Some(tuned) => Some(tutored.run(&mut workspace, "both", &tuned.how, (&questions.asked, &[]))?),
        None => None,
    };
    let better_how = tuned.as_ref().filter(|_| better.is_some()).map(|tuned| tuned.how.clone());
    let setup = how::setup(context, &workspace, &usual, better_how.as_ref())?;
    let mut told = tuned.as_ref().map_or_else(Vec::new, Tuned::facts);
    let once = tuned.as_ref().filter(|tuned| tuned.trained()).map(|_| trained_once(task));
    let mut diagnostics = match task.diagnostics {
        true => {
            let ways = (&usual, better_how.as_ref());
            limits::arms((&mut asker, &mut tutored), &mut workspace, &questions.asked, ways)?
        }
        false => Vec::new(),
    };
    if let Some(tuned) = tuned.as_ref().filter(|_| task.diagnostics && better.is_some()) {
        let (arm, fact) = undistracted::arm(&mut tutored, &mut workspace, (course, tuned), &questions.asked)?;
        diagnostics.extend(arm);
        told.push(fact);
    }
    if let Some(tuned) = tuned.as_ref().filter(|_| task.diagnostics) {
        diagnostics.extend(unproven::arm(&mut tutored, &mut workspace, tuned, &questions.asked)?);
    }
    let cells = Cells {
        built: &built,
        base: &base,
        better: better.as_deref(),
        tuned: tuned.as_ref(),
        training: questions.training.len(),
        diagnostics: task.diagnostics,
    };
    // Training for the curve and the edits take long, and who watches sees meanwhile what was answered.
    let show = |arms: Vec<Arm>, curve: &[CurvePoint]| {
        kept.show(&Experiment {
            measures: measures(),
            stages: STAGES.map(str::to_string).to_vec(),
            questions: posed.clone(),
            arms: [arms, diagnostics.clone()].concat(),
            curve: curve.to_vec(),
            ..frame.experiment()
        });
    };
    if kept.is_watched() {
        show(cells.arms([&[], &[]]), &[]);
    }
    let grown = match (&better, &tuned) {
        (Some(rows), Some(tuned)) if task.learning_curve => {
            let arms = [&base, rows].map(Vec::as_slice);
            let whole = Whole { course, tuned, usual: &usual, asked: &questions.asked, arms };
            curve::curve(&tutored.asking, &mut workspace, &whole)?
        }
        _ => Curve::default(),
    };
    if kept.is_watched() && !grown.points.is_empty() {
        show(cells.arms([&[], &[]]), &grown.points);
    }
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
    let mut arms = cells.arms([&edited, &edited_better]);
    if kept.is_watched() {
        show(arms.clone(), &grown.points);
    }
    arms.extend(diagnostics);
    let ways: Vec<(&str, &How)> =
        [("retrieval", &usual)].into_iter().chain(better_how.as_ref().map(|how| ("both", how))).collect();
    if take_back(&documents)? {
        sync(context, &workspace, parsers, None, false)?;
    }
    let stage = growing::Stage {
        asking: &tutored.asking,
        parsers,
        documents: &documents,
        task,
        workers: frame.threads,
        asked: &questions.asked,
        ways: &ways,
    };
    let scale = stage.scale(&mut workspace, &arms)?;
    let reused = asker.asking.reused + tutored.asking.reused;
    let asked = asker.asking.asked + tutored.asking.asked;
    let mut facts = questions.facts.clone();
    facts.extend(shared.as_ref().map(Shared::fact));
    facts.push(DataFact { what: "Documents".into(), value: built.words });
    facts.extend(told);
    let mut notes = vec![right::NOTE.into(), "Edits are made to a copy of the documents.".into()];
    notes.extend(once);
    notes.extend(shared.as_ref().and_then(Shared::note));
    notes.extend(grown.notes);
    let experiment = Experiment {
        setup,
        data: facts,
        measures: measures(),
        stages: STAGES.map(str::to_string).to_vec(),
        questions: posed,
        routed_by: routes.by,
        arms,
        curve: grown.points,
        scale,
        notes,
        ..frame.experiment()
    };
    Ok(Measured { experiment, reused, asked })
}

/// The questions as the experiment has them, each with the documents that hold its gold, and which documents training names too; the
/// workspace holds the documents as they came.
fn placed(
    task: &Task,
    workspace: &Workspace,
    questions: &mut Questions,
) -> Result<(Vec<Question>, Option<Shared>), Error> {
    let library = Library::of(workspace)?;
    questions.place(&library);
    let question = |(posed, route): (&Posed, Option<String>)| {
        let gold = posed.answer.clone().or_else(|| posed.gold.first().map(|gold| gold.quote.clone()));
        let spreads = matches!(task.slices, Slices::Hops) && library.spreads(posed);
        let none = if posed.answerable { "nobody said what is right" } else { "no answer in the documents" };
        Question {
            id: posed.id.clone(),
            text: posed.question.clone(),
            gold: gold.unwrap_or_else(|| none.into()),
            cluster: posed.cluster().unwrap_or(&posed.id).to_string(),
            slice: posed.slice(task.slices, spreads),
            route,
        }
    };
    let asked = questions.asked.iter().zip(questions.routes(task).of);
    Ok((asked.map(question).collect(), shared(&library, questions)))
}

/// What the intervals of tuned arms leave out.
fn trained_once(task: &Task) -> String {
    format!(
        "What is tuned was trained once, with seed {}: intervals are over questions and hold for this training; how far another one \
         would differ was not measured.",
        task.seed
    )
}

/// What rows are judged by: those that were judged by something else are judged again.
fn judged_by() -> String {
    format!("{STAGES:?} {} {} {}", measures().len(), right::RULE, grounds::RULE)
}

/// Why every sentence is supported.
const QUOTES: &str = "an answer is nothing but quotes that were looked up in their documents to the letter, and each quote is its own evidence";

fn measures() -> Vec<Measure> {
    let measure = Measure::new;
    let answer = vec![
        measure(
            "right",
            "the share of questions answered with a quote that holds the answer, or left unanswered where there is none.",
            true,
        ),
        measure(GROUNDEDNESS, "the share of an answer's sentences that what it cites supports", true)
            .by_construction(QUOTES),
        measure(FALSE_ANSWER, "a question the documents do not answer was answered all the same", false),
        measure("answered", "an answer was given", true),
        fresh::measure(),
    ];
    let cited = grounds::measures().map(|measure| measure.by_construction(QUOTES));
    answer.into_iter().chain(found::measures()).chain(cited).collect()
}

/// What [`measure`] would do.
pub(super) fn plan(task: &Task, out: &Path) -> Result<super::Plan, Error> {
    let questions = Questions::read(task)?;
    let parts = match questions.training.len() >= parts::LEAST {
        true => parts::wanted(task),
        false => Vec::new(),
    };
    let mut arms = vec!["retrieval"];
    arms.extend((!parts.is_empty()).then_some("both"));
    if task.diagnostics {
        arms.extend(limits::has_gold(&questions.asked).then_some("perfect-retrieval"));
        arms.push("random-passages");
    }
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
    fn rows_judged_by_another_rule_of_what_is_right_or_grounded_are_judged_again() {
        let judged = judged_by();
        assert!(judged.contains(right::RULE) && judged.contains(grounds::RULE), "{judged}");
    }
}
