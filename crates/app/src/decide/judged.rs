//! The judge that a task names, as far as people agree with it: what it ruled before. Nothing is asked.

use std::path::Path;

use engraft_decide::Judge;

use super::task::{Judging, Task, request};
use crate::judge::{JudgeReport, JudgeRequest, Ruled, recall};
use crate::{Error, Workspace};

/// The judge of `task` with its card; `None` where the task names none.
///
/// An error where it has ruled on nothing of what the task names, or where no label is of anything it ruled on.
pub(super) fn judge(task: &Task, workspace: Option<&Workspace>) -> Result<Option<Judge>, Error> {
    let Some(named) = &task.judge else { return Ok(None) };
    let Some(workspace) = workspace else {
        return Err(request(
            "the task names a judge, and there is no workspace, where its rulings would be",
            "run it inside the workspace of `engraft eval judge`, or name that with `--workspace DIR`",
        ));
    };
    let command = match &named.against {
        None => format!("engraft eval judge {}", named.run),
        Some(other) => format!("engraft eval judge {} --against {other}", named.run),
    };
    let report = recall(workspace, &wanted(task, named))?;
    if report.cached == 0 {
        return Err(Error::Missing {
            what: "ruling of a judge on",
            name: named.run.clone(),
            hint: format!(
                "run `{command}` first: a decision asks no judge, and rulings count for the `[endpoint]` that gave them"
            ),
        });
    }
    if report.labels_unused > 0 && report.validated.labels == 0 {
        return Err(request(
            format!(
                "none of the {} labels of the task's judge is of anything it ruled on",
                report.labels_unused
            ),
            format!("label the sheet that `{command} --sheet FILE` writes, with the ids as they are"),
        ));
    }
    Ok(Some(card(named, report)))
}

/// What the task names, with files from its folder.
fn wanted(task: &Task, named: &Judging) -> JudgeRequest {
    let place = |name: &str| {
        let file = task.path(Path::new(name));
        if file.is_file() { file.display().to_string() } else { name.to_string() }
    };
    JudgeRequest {
        run: place(&named.run),
        against: named.against.as_deref().map(place),
        labels: named.labels.as_ref().map(|labels| task.path(labels)),
        seed: task.seed,
        ..JudgeRequest::default()
    }
}

fn card(named: &Judging, report: JudgeReport) -> Judge {
    Judge {
        run: named.run.clone(),
        against: named.against.clone(),
        model: report.model,
        prompt: report.prompt,
        judged: report.verdicts.values().sum(),
        unparsed: report.verdicts.get(Ruled(None).word()).copied().unwrap_or(0),
        left: report.states.states.skipped,
        validated: report.validated,
        position_flips: report.position_flips,
        tokens: [report.spent.tokens_in, report.spent.tokens_out],
        cost: report.cost,
        currency: report.currency,
    }
}
