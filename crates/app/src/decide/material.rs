//! Labelled rows of a task, whatever is labelled in them: read, halved, checked for leaks, limited, sliced.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use engraft_core::Diagnostic;
use engraft_decide::{DataFact, LEAST_CLUSTERS, LEAST_QUESTIONS, Missing, Unfit};
use engraft_eval::State;
use engraft_tune::data::{Rows, split};
use serde::Deserialize;

use super::draw::at_most;
use super::leak;
use super::route::{Routes, length};
use super::shared::Shared;
use super::task::{Slices, Task, request};
use super::unfit;
use crate::people::Principal;
use crate::tune::rows::Source;
use crate::{Context, Error, Workspace};

/// Where rows may come from besides files.
#[derive(Clone, Copy)]
pub(super) struct From<'a> {
    pub(super) context: Context<'a>,
    pub(super) workspace: Option<&'a Workspace>,
    pub(super) task: &'a Task,
}

/// A text with what people said of it.
pub(super) trait Labelled: Clone {
    /// Reads a file, a row a line.
    fn read(path: &Path) -> Result<Rows<Self>, Error>;
    /// The resolutions of a dataset, frozen in a snapshot.
    fn resolved(
        context: Context,
        workspace: &Workspace,
        who: &Principal,
        name: &str,
    ) -> Result<Source<Self>, Error>;
    /// What an error says that rows should have.
    fn needed() -> &'static str;
    fn id(&self) -> &str;
    fn text(&self) -> &str;
    /// What it is not independent of.
    fn group(&self) -> Option<&str>;
    /// The document it is of, where the row names one.
    fn document(&self) -> Option<&str> {
        self.group()
    }
    /// What both halves of a file should have in the same proportions.
    fn stratum(&self) -> Vec<String>;
}

/// Rows to learn from or look up, and rows to ask.
pub(super) struct Material<R> {
    pub(super) training: Vec<R>,
    pub(super) asked: Vec<R>,
    /// The cluster of each row that is asked.
    pub(super) clusters: Vec<String>,
    /// Where the rows come from: evaluation, then training.
    pub(super) facts: [String; 2],
    /// Rows of the evaluation set that nobody can be asked, each with why.
    pub(super) unasked: Vec<Missing>,
    /// Questions left out because they nearly repeat a training row.
    pub(super) leaked: usize,
    /// Seconds that people took for a training row, where the workspace knows.
    pub(super) label_s: Option<f64>,
    slices: BTreeMap<String, String>,
}

impl<R: Labelled> Material<R> {
    /// Reads what the task names.
    pub(super) fn read(from: From) -> Result<Material<R>, Error> {
        let task = from.task;
        let (training, evaluation) = files::<R>(from)?;
        fn texts<R: Labelled>(file: &File<R>) -> Vec<&str> {
            file.rows.iter().map(Labelled::text).collect()
        }
        let kept = leak::kept(&texts(&training), &texts(&evaluation), task.leakage)?;
        if training.rows.is_empty() {
            return Err(request("there is no labelled example", R::needed()));
        }
        let leaked = evaluation.rows.len() - kept.len();
        let kept = at_most(kept, task.limit, task.seed);
        if kept.len() < LEAST_QUESTIONS {
            let message = format!(
                "{} questions are too few for any verdict: at least {LEAST_QUESTIONS} are needed, 200 show differences of \
                 about 9 points, 600 of about 5",
                kept.len()
            );
            return Err(request(message, "label more questions for the evaluation set"));
        }
        let asked: Vec<R> = kept.iter().map(|&at| evaluation.rows[at].clone()).collect();
        let cluster = |(row, at): (&R, &usize)| row.group().map_or_else(|| format!("q{at}"), str::to_string);
        let clusters: Vec<String> = asked.iter().zip(&kept).map(cluster).collect();
        // Said before anything is measured, and not after.
        let have = clusters.iter().collect::<BTreeSet<_>>().len();
        if have < LEAST_CLUSTERS {
            return Err(unfit(Unfit::FewClusters { have, need: LEAST_CLUSTERS }));
        }
        Ok(Material {
            clusters,
            training: training.rows,
            label_s: training.label_s,
            facts: [evaluation.fact, training.fact],
            slices: evaluation.slices,
            unasked: evaluation.unasked,
            leaked,
            asked,
        })
    }

    /// Questions of a document that training rows of any draw are of, too; `None` where rows name no documents.
    fn shared(&self, draws: &[Vec<usize>]) -> Option<Shared> {
        let drawn: BTreeSet<usize> = draws.iter().flatten().copied().collect();
        let documents = drawn.iter().map(|&at| self.training[at].document());
        Shared::of_rows(documents, self.asked.iter().map(Labelled::document))
    }

    /// What the report says of the rows; `draws` has the places of the training rows that are used with each seed.
    pub(super) fn told(&self, task: &Task, draws: &[Vec<usize>], a_shot: &str) -> Vec<DataFact> {
        let [evaluation, training] = &self.facts;
        let (leaked, seeds) = (self.leaked, draws.len());
        let used = draws.iter().map(Vec::len).max().unwrap_or(0);
        let mut facts = vec![
            ("Evaluation", format!("{evaluation}; {} asked", self.asked.len())),
            ("Training", format!("{training}; {used} used a seed")),
            ("Leakage", format!("every question compared with every example by words; {leaked} left out")),
        ];
        if let Some(shots) = task.shots {
            facts.push(("Examples", format!("{shots} {a_shot}, drawn anew for each of {seeds} seeds")));
        }
        let facts = facts.into_iter().map(|(what, value)| DataFact { what: what.into(), value });
        facts.chain(self.shared(draws).as_ref().map(Shared::fact)).collect()
    }

    /// What the report has to warn of; `draws` as above.
    pub(super) fn notes(&self, draws: &[Vec<usize>]) -> Vec<String> {
        let left_out =
            format!("{} questions that nearly repeat a training example were left out.", self.leaked);
        let left_out = (self.leaked > 0).then_some(left_out);
        left_out.into_iter().chain(self.shared(draws).as_ref().and_then(Shared::note)).collect()
    }

    /// The slice of each question; `apart` names that of a question in a class of its own.
    pub(super) fn slices(&self, task: &Task, apart: &dyn Fn(&R) -> Option<&'static str>) -> Vec<String> {
        let named = self.asked.iter().any(|row| self.slices.contains_key(row.id()));
        let given = Some(&self.slices).filter(|_| named && task.slices == Slices::Auto);
        let slice = |row: &R| -> String {
            if let Some(given) = given {
                return given.get(row.id()).cloned().unwrap_or_else(|| "other".into());
            }
            match (apart(row), task.slices) {
                (Some(apart), _) => apart.into(),
                (_, Slices::None) => "all".into(),
                _ => length(row.text()).into(),
            }
        };
        self.asked.iter().map(slice).collect()
    }

    /// What is known of each question before it is answered.
    pub(super) fn routes(&self, task: &Task) -> Routes {
        let known = |row: &R| self.slices.get(row.id()).map(String::as_str);
        Routes::of(task, self.asked.iter().map(|row| (row.text(), known(row))))
    }
}

/// One file of rows.
struct File<R> {
    rows: Vec<R>,
    slices: BTreeMap<String, String>,
    unasked: Vec<Missing>,
    fact: String,
    /// Seconds that people took for a row, where the workspace knows.
    label_s: Option<f64>,
}

impl From<'_> {
    fn read<R: Labelled>(&self, named: &Path) -> Result<File<R>, Error> {
        match Task::dataset(named) {
            Some(dataset) => self.dataset(dataset),
            None => file(&self.task.path(named)),
        }
    }

    fn dataset<R: Labelled>(&self, name: &str) -> Result<File<R>, Error> {
        let Some(workspace) = self.workspace else {
            return Err(request(
                format!("the task reads the dataset `{name}`, and there is no workspace"),
                "run it inside a workspace, or name one with `--workspace DIR`",
            ));
        };
        let who = Principal::at_the_machine();
        let source = R::resolved(self.context, workspace, &who, name)?;
        let fact =
            format!("dataset {name}, {} resolved items, snapshot `{}`", source.rows.len(), source.snapshot);
        let label_s = label_s(workspace, name, source.rows.len())?;
        Ok(File { rows: source.rows, slices: BTreeMap::new(), unasked: Vec::new(), fact, label_s })
    }
}

fn file<R: Labelled>(path: &Path) -> Result<File<R>, Error> {
    let rows = R::read(path)?;
    let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
    let sha256 = rows.sha256.get(..16).unwrap_or(&rows.sha256);
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let rejected = match rows.rejected.len() {
        0 => String::new(),
        n => format!(", {n} lines unreadable"),
    };
    let fact = format!("{name}, {} rows{rejected}, sha256 `{sha256}`", rows.rows.len());
    let unasked = rows.rejected.iter().map(|bad| unasked(bad, &bytes)).collect();
    Ok(File { rows: rows.rows, slices: slices(&bytes), unasked, fact, label_s: None })
}

/// A row that cannot be asked, by its id where its line in `bytes` has one.
fn unasked(bad: &Diagnostic, bytes: &[u8]) -> Missing {
    let number = bad.uri.rsplit_once(':').and_then(|(_, number)| number.parse::<usize>().ok());
    let line = number.and_then(|number| bytes.split(|byte| *byte == b'\n').nth(number.checked_sub(1)?));
    let row = line.and_then(|line| serde_json::from_slice::<SliceLine>(line).ok());
    let id = row.and_then(|row| row.id).map(|id| match id {
        serde_json::Value::String(id) => format!("{id} ({})", bad.uri),
        other => format!("{other} ({})", bad.uri),
    });
    Missing {
        arm: "every arm".into(),
        seed: 0,
        id: id.unwrap_or_else(|| bad.uri.clone()),
        state: State::Undefined,
        why: bad.message.clone(),
    }
}

/// Seconds that all people together were at work on a dataset, for each of its `rows`; `None` where no time was noted.
fn label_s(workspace: &Workspace, name: &str, rows: usize) -> Result<Option<f64>, Error> {
    let Some(dataset) = workspace.store.dataset(name)? else { return Ok(None) };
    let members = workspace.store.members(dataset.no)?;
    let seconds = members.iter().map(|(_, member)| member.active_ms as f64).sum::<f64>() / 1e3;
    Ok((seconds > 0.0 && rows > 0).then(|| seconds / rows as f64))
}

#[derive(Deserialize)]
struct SliceLine {
    id: Option<serde_json::Value>,
    slice: Option<String>,
}

/// The `slice` of each row of a JSONL file by its id; empty for other formats.
fn slices(bytes: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(bytes);
    let mut found = BTreeMap::new();
    for (number, line) in text.lines().enumerate() {
        let Ok(SliceLine { id, slice: Some(slice) }) = serde_json::from_str(line) else { continue };
        let id = match id {
            Some(serde_json::Value::String(id)) => id,
            Some(other) => other.to_string(),
            None => (number + 1).to_string(),
        };
        found.insert(id, slice);
    }
    found
}

fn files<R: Labelled>(from: From) -> Result<(File<R>, File<R>), Error> {
    let task = from.task;
    match (&task.training, &task.evaluation, &task.labelled) {
        (Some(training), Some(evaluation), _) => Ok((from.read(training)?, from.read(evaluation)?)),
        (_, _, Some(one)) | (Some(one), None, None) | (None, Some(one), None) => {
            Ok(halves(from.read(one)?, task.seed))
        }
        (None, None, None) => Err(request(
            "the task names no data",
            "name `evaluation` and `training`, or one `labelled` file that is split in half",
        )),
    }
}

/// Half to train on, half to ask; what nearly repeats or belongs together stays on one side.
fn halves<R: Labelled>(file: File<R>, seed: u64) -> (File<R>, File<R>) {
    let texts: Vec<&str> = file.rows.iter().map(Labelled::text).collect();
    let groups: Vec<Option<&str>> = file.rows.iter().map(Labelled::group).collect();
    let of_rows: Vec<Vec<String>> = file.rows.iter().map(Labelled::stratum).collect();
    let mut names: Vec<&Vec<String>> = of_rows.iter().collect();
    names.sort_unstable();
    names.dedup();
    let strata: Vec<usize> = of_rows.iter().map(|own| names.binary_search(&own).unwrap_or(0)).collect();
    let parts = split(&texts, &groups, &strata, 0.5, seed);
    let side = |places: &[usize], what: &str| File {
        rows: places.iter().map(|&at| file.rows[at].clone()).collect(),
        slices: file.slices.clone(),
        unasked: file.unasked.clone(),
        fact: format!("{what} half of {}", file.fact),
        label_s: file.label_s,
    };
    (side(&parts.train, "one"), side(&parts.held, "the other"))
}

#[cfg(test)]
mod tests {
    use engraft_tune::data::Example;

    use super::*;

    fn row(document: &str) -> Example {
        Example {
            id: document.into(),
            text: "a text".into(),
            labels: vec!["a label".into()],
            group: Some(document.into()),
        }
    }

    #[test]
    fn documents_are_in_common_with_the_examples_that_are_drawn_and_not_with_those_left_over() {
        let material = Material {
            training: ["a", "b", "c"].map(row).to_vec(),
            asked: ["a", "b", "c", "d"].map(row).to_vec(),
            clusters: Vec::new(),
            facts: ["evaluation.jsonl".into(), "training.jsonl".into()],
            unasked: Vec::new(),
            leaked: 0,
            label_s: None,
            slices: BTreeMap::new(),
        };
        let task = Task::parse("kind = 'classify'\nshots = 1", "".into(), "task").unwrap();
        let told = |draws: &[Vec<usize>]| {
            let facts = material.told(&task, draws, "a label");
            let found = facts.iter().find(|fact| fact.what == "Documents in common").unwrap();
            (facts[1].value.clone(), found.value.clone(), material.notes(draws).len())
        };
        let (used, shared, notes) = told(&[vec![1], vec![1, 2]]);
        assert_eq!(used, "training.jsonl; 2 used a seed");
        assert_eq!(
            (shared.as_str(), notes),
            ("2 of 4 questions come from a document that training names", 1)
        );
    }
}
