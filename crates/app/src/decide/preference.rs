//! House preference: a sheet of pairs of answers without names for people to fill in, and what they said.

use std::collections::BTreeMap;
use std::path::Path;

use engraft_decide::{Arm, Decision, Experiment, Row, Vote};
use engraft_eval::{SplitMix, State};
use serde::{Deserialize, Serialize};

use super::draw::shuffle;
use super::task::{Task, request};
use crate::Error;
use crate::search::read_lines;

/// The name of the sheet.
pub(super) const SHEET: &str = "pairs.jsonl";
/// Pairs of a sheet, at most.
const PAIRS: usize = 100;
const SHAPE: &str = "{\"id\":\"q1\",\"question\":\"…\",\"first\":\"…\",\"second\":\"…\",\"label\":\"first\"}: `first`, `second`, `tie` or null";

/// Two answers to a question, and which is better.
#[derive(Debug, Serialize, Deserialize)]
struct Pair {
    id: String,
    question: String,
    first: String,
    second: String,
    label: Option<Better>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Better {
    First,
    Second,
    Tie,
}

/// Writes a sheet of pairs of what the arm in front said and what the best of those said that answer otherwise; unless there is
/// one: people may be at work on it.
///
/// Questions come in an order drawn by the seed, so that whoever stops early has labelled a fair sample, and so do the sides.
pub(super) fn sheet(out: &Path, experiment: &Experiment, decision: &Decision) -> Result<(), Error> {
    let path = out.join(SHEET);
    let said = |name: &str| rows(experiment.arms.iter().find(|arm| arm.name == name)?);
    let Some(front) = decision.front.as_deref().and_then(said) else { return Ok(()) };
    if path.exists() || !matches!(experiment.kind.as_str(), "write" | "answer") {
        return Ok(());
    }
    let differing = |rival: &[Row]| -> Vec<usize> {
        let each = front.iter().zip(rival).enumerate();
        let differs = each.filter(|(_, (a, b))| answered(a) && answered(b) && a.said != b.said);
        differs.map(|(at, _)| at).collect()
    };
    let mut rivals: Vec<_> = decision.arms.iter().filter(|arm| arm.candidate).collect();
    rivals.sort_by(|a, b| b.utility.unwrap_or(-1.0).total_cmp(&a.utility.unwrap_or(-1.0)));
    let mut pairs = rivals.iter().filter_map(|arm| said(&arm.name)).map(|rival| (rival, differing(rival)));
    let Some((rival, mut places)) = pairs.find(|(_, places)| !places.is_empty()) else { return Ok(()) };
    let mut random = SplitMix::new(experiment.seed, 0x7061_6972);
    shuffle(&mut places, &mut random);
    let mut lines = String::new();
    for at in places.into_iter().take(PAIRS) {
        let mut sides = [&front[at].said, &rival[at].said];
        shuffle(&mut sides, &mut random);
        let (question, [first, second]) = (&experiment.questions[at], sides.map(String::clone));
        let (id, question) = (question.id.clone(), question.text.clone());
        let pair = Pair { id, question, first, second, label: None };
        lines += &serde_json::to_string(&pair).map_err(|error| Error::Bug(error.to_string()))?;
        lines.push('\n');
    }
    std::fs::write(&path, lines).map_err(Error::io("write", &path))
}

/// What people said, from the sheet that the task names. A pair is known by its answers: it is a vote on every two arms that gave
/// them to its question.
pub(super) fn votes(task: &Task, experiment: &Experiment) -> Result<Vec<Vote>, Error> {
    let Some(named) = &task.preference else { return Ok(Vec::new()) };
    let path = task.path(named);
    let pairs: Vec<Pair> = read_lines(&path, SHAPE)?;
    let places: BTreeMap<&str, usize> =
        experiment.questions.iter().enumerate().map(|(at, question)| (question.id.as_str(), at)).collect();
    let (mut votes, mut unknown) = (Vec::new(), 0);
    for pair in &pairs {
        let Some(label) = pair.label else { continue };
        let better = match label {
            Better::First => Some(0),
            Better::Second => Some(1),
            Better::Tie => None,
        };
        let of = |text: &str| -> Vec<&str> {
            let Some(&at) = places.get(pair.id.as_str()) else { return Vec::new() };
            let gave = |arm: &&Arm| rows(arm).is_some_and(|rows| rows[at].said == text);
            experiment.arms.iter().filter(gave).map(|arm| arm.name.as_str()).collect()
        };
        let before = votes.len();
        for first in of(&pair.first) {
            for second in of(&pair.second).into_iter().filter(|second| *second != first) {
                let (question, arms) = (places[pair.id.as_str()], [first, second].map(str::to_string));
                votes.push(Vote { question, arms, better });
            }
        }
        unknown += usize::from(votes.len() == before);
    }
    if votes.is_empty() && unknown > 0 {
        return Err(request(
            format!("{}: none of {unknown} labelled pairs are answers of this task's arms", path.display()),
            format!(
                "label the `{SHEET}` that this task wrote; where answers have changed since, delete it and write it anew"
            ),
        ));
    }
    Ok(votes)
}

fn rows(arm: &Arm) -> Option<&[Row]> {
    arm.runs.first().map(|run| run.rows.as_slice())
}

fn answered(row: &Row) -> bool {
    row.state == State::Scored && !row.said.is_empty()
}
