//! What it brings that the reader of `both` learns from distractors, passages that seem to answer and do not: the same reader, trained
//! without them, beside it.

use engraft_decide::{Arm, DataFact};

use super::asker::Asker;
use super::diagnostic::diagnostic;
use super::how::How;
use super::lessons::{Beside, Halves};
use super::parts::{Course, Done, Tuned, Tutor};
use super::questions::Posed;
use crate::decide::task::Part;
use crate::{Error, Workspace};

/// The diagnostic.
const ARM: &str = "both-without-distractors";

/// The diagnostic where there is one, and what the report has to say about it.
pub(super) fn arm(
    asker: &mut Asker,
    workspace: &mut Workspace,
    (course, tuned): (Course, &Tuned),
    asked: &[Posed],
) -> Result<(Option<Arm>, DataFact), Error> {
    let told = |value: String| DataFact { what: "Reader without distractors".into(), value };
    let left_out = |why: String| Ok((None, told(format!("not trained, because {why}"))));
    let reader = tuned.parts.iter().find(|done| done.part == Part::Reader && done.takes_part);
    let Some(reader) = reader else { return left_out("no reader takes part in `both`".into()) };
    let budget = course.task.curve_budget_s;
    if reader.s > budget {
        return left_out(format!(
            "the reader of `both` took {:.0} s, and `curve_budget_s` is {budget} s",
            reader.s
        ));
    }
    let done = train(asker, workspace, course, tuned)?;
    let Some(model) = done.model else { return left_out(done.why) };
    let how = exchanged(tuned, model, workspace)?;
    let rows = asker.run(workspace, ARM, &how, (asked, &[]))?;
    let described =
        "The same as `both`, with a reader that learned from no passages that seem to answer and do not";
    let arm = diagnostic(ARM, described, "both", true, rows);
    let value = format!("trained in {:.0} s beside that of `both`, which took {:.0} s", done.s, reader.s);
    Ok((Some(arm), told(value)))
}

/// Trains the reader on top of the other parts; what is kept is not trained again.
fn train(asker: &Asker, workspace: &mut Workspace, course: Course, tuned: &Tuned) -> Result<Done, Error> {
    let asking = &asker.asking;
    let (kept, mut more) = asking.kept.results::<Done>("reader-alone", asking.fingerprint)?;
    if let Some(done) = kept.into_iter().next() {
        return Ok(done);
    }
    asking.go_on()?;
    let mut serving = tuned.how.serving.clone();
    serving.used.remove(Part::Reader.name());
    workspace.use_only(&serving);
    let halves = Halves::of(course.training, course.task.seed);
    let tutor = Tutor { asking, workspace, course, halves: &halves, beside: Beside::Nothing };
    let done = tutor.teach(Part::Reader)?;
    more.keep(&done)?;
    Ok(done)
}

/// As `both` answers, with another reader; where nothing was weighed, from the support on that this reader says.
fn exchanged(tuned: &Tuned, model: String, workspace: &mut Workspace) -> Result<How, Error> {
    let mut serving = tuned.how.serving.clone();
    serving.used.insert(Part::Reader.name().into(), vec![model]);
    let weighed = tuned.parts.iter().any(|done| done.part == Part::Fusion && done.takes_part);
    match weighed {
        true => Ok(How { serving, ..tuned.how.clone() }),
        false => tuned.how.with(serving, workspace),
    }
}
