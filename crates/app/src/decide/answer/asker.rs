//! Asking the workspace: every question in one way, and what each answer is worth.

use engraft_decide::Row;
use engraft_eval::State;

use super::found::{MEASURES, Read, found};
use super::fresh::{Cited, fresh};
use super::grounds::Grounds;
use super::how::How;
use super::measures;
use super::parts::{self, Course, Tuned};
use super::questions::Posed;
use super::right::right;
use crate::among::Among;
use crate::ask::{STAGES, Told, ask_among};
use crate::decide::asking::Asking;
use crate::decide::meter::metered;
use crate::{AskReport, Error, Workspace};

/// Asks the workspace.
pub(super) struct Asker<'a> {
    pub(super) asking: Asking<'a>,
}

impl Asker<'_> {
    pub(super) fn tune(&mut self, workspace: &mut Workspace, course: Course) -> Result<Tuned, Error> {
        parts::tune(&mut self.asking, workspace, course)
    }

    /// Every question, answered in one way; from the passages of `among`, one a question, where it has any.
    pub(super) fn run(
        &mut self,
        workspace: &mut Workspace,
        name: &str,
        how: &How,
        (asked, among): (&[Posed], &[Option<Among>]),
    ) -> Result<Vec<Row>, Error> {
        how.apply(workspace);
        let set = format!("rows-{name}-{}", how.name());
        let context = self.asking.context;
        context.progress.stage(&format!("ask {name}"), Some(asked.len() as u64));
        self.asking.all(&set, asked.len(), |at| {
            // Abstaining is decided here, so that a report can show what would have been quoted.
            let request = how.request(&asked[at].question, Some(0.0));
            let among = among.get(at).and_then(Option::as_ref);
            let (told, used) = metered(|| ask_among(context, workspace, &request, among));
            match told {
                Err(Error::Cancelled) => Err(Error::Cancelled),
                Err(error) => {
                    let why = Some(error.to_string());
                    Ok(Row { state: State::Failed, why, ..empty([0.0, 0.0, 0.0, used.ms], used.cpu_s) })
                }
                Ok(Told { report, ms, seen }) => {
                    let fresh = fresh(workspace, &Cited::of(&report))?;
                    let read: Vec<Read> = seen.iter().map(Read::Found).collect();
                    let found = found(workspace, &asked[at], &read)?;
                    let answered = report.answerable && report.support >= how.min_support;
                    let right = right(&asked[at], workspace, &report, answered)?;
                    let base = empty(ms, used.cpu_s);
                    Ok(row(&asked[at], (&report, answered), right, (fresh, found), base))
                }
            }
        })
    }
}

fn empty(ms: [f64; STAGES.len()], cpu_s: f64) -> Row {
    Row {
        state: State::Scored,
        values: vec![None; measures().len()],
        confidence: None,
        stage_ms: ms.to_vec(),
        cpu_s,
        tokens_in: 0,
        tokens_out: 0,
        said: String::new(),
        evidence: Vec::new(),
        why: None,
    }
}

/// `fresh`: the share of what is cited that is current; `found`: what search brought the reader.
fn row(
    posed: &Posed,
    (report, answered): (&AskReport, bool),
    right: Option<bool>,
    (fresh, found): (Option<f64>, [Option<f64>; MEASURES]),
    base: Row,
) -> Row {
    let number = |truth: bool| f64::from(u8::from(truth));
    let Some(right) = right else {
        return Row { state: State::Undefined, why: Some("nobody said what is right".into()), ..base };
    };
    let cited = report.citations.iter().map(|citation| format!("{}: {}", citation.uri, citation.quote));
    let grounds = if answered { Grounds::of_report(report) } else { Grounds::default() };
    let values = [
        Some(number(right)),
        grounds.grounded,
        (!posed.answerable).then_some(number(answered)),
        Some(number(answered)),
        fresh.filter(|_| answered),
    ];
    Row {
        state: if answered { State::Scored } else { State::Abstained },
        values: values.into_iter().chain(found).chain(grounds.cited).collect(),
        confidence: Some(f64::from(report.support).clamp(0.0, 1.0)).filter(|_| answered),
        said: if answered { report.answer.clone() } else { "(no answer)".into() },
        evidence: cited.collect(),
        ..base
    }
}
