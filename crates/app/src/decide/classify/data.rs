//! The rows of a classification task: read, checked for leaks, drawn, sliced.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use engraft_core::content_hash;
use engraft_decide::{DataFact, LEAST_QUESTIONS};
use engraft_eval::SplitMix;
use engraft_tune::data::{Example, Labelling, read_classified, split};
use serde::Deserialize;

use crate::decide::draw::{at_most, shuffle};
use crate::decide::leak;
use crate::decide::task::{Slices, Task, request};
use crate::people::Principal;
use crate::tune::rows::classified;
use crate::{Context, Error, Workspace};

/// A short question has at most so many words.
const SHORT: usize = 8;

/// Everything the arms are made from and asked.
pub(super) struct Data {
    /// Every label, in order of name.
    pub(super) labels: Vec<String>,
    /// What each label means, in words.
    pub(super) meanings: Vec<String>,
    /// Labelled examples.
    pub(super) examples: Vec<Labelled>,
    /// The examples used under each training seed.
    pub(super) draws: Vec<Vec<usize>>,
    /// Questions with their right label.
    pub(super) questions: Vec<Asked>,
    /// The label that means none of the others.
    pub(super) outside: Option<usize>,
    /// Where all this comes from.
    pub(super) facts: Vec<DataFact>,
    /// What the report has to say about it.
    pub(super) notes: Vec<String>,
}

/// A labelled example.
pub(super) struct Labelled {
    pub(super) text: String,
    pub(super) label: usize,
}

/// A question of the evaluation set.
pub(super) struct Asked {
    pub(super) id: String,
    pub(super) text: String,
    pub(super) gold: usize,
    pub(super) cluster: String,
    pub(super) slice: String,
}

/// One file of rows.
struct File {
    rows: Vec<Example>,
    slices: BTreeMap<String, String>,
    fact: String,
}

/// Where rows may come from besides files.
#[derive(Clone, Copy)]
pub(super) struct From<'a> {
    pub(super) context: Context<'a>,
    pub(super) workspace: Option<&'a Workspace>,
    pub(super) task: &'a Task,
}

impl From<'_> {
    fn read(&self, named: &Path) -> Result<File, Error> {
        match Task::dataset(named) {
            Some(dataset) => self.dataset(dataset),
            None => file(&self.task.path(named)),
        }
    }

    /// The resolutions of a dataset, frozen in a snapshot.
    fn dataset(&self, name: &str) -> Result<File, Error> {
        let Some(workspace) = self.workspace else {
            return Err(request(
                format!("the task reads the dataset `{name}`, and there is no workspace"),
                "run it inside a workspace, or name one with `--workspace DIR`",
            ));
        };
        let who = Principal::at_the_machine();
        let (source, labelling) = classified(self.context, workspace, &who, name, None)?;
        single(labelling, name)?;
        let fact =
            format!("dataset {name}, {} resolved items, snapshot `{}`", source.rows.len(), source.snapshot);
        Ok(File { rows: source.rows, slices: BTreeMap::new(), fact })
    }
}

fn single(labelling: Labelling, name: &str) -> Result<(), Error> {
    if labelling == Labelling::Single {
        return Ok(());
    }
    Err(request(
        format!("{name}: some texts have a list of labels"),
        "decide compares arms that give one label a text: give each row one label",
    ))
}

fn file(path: &Path) -> Result<File, Error> {
    let (rows, labelling) = read_classified(path)?;
    single(labelling, &path.display().to_string())?;
    let bytes = std::fs::read(path).map_err(Error::io("read", path))?;
    let sha256 = rows.sha256.get(..16).unwrap_or(&rows.sha256);
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let rejected = match rows.rejected.len() {
        0 => String::new(),
        n => format!(", {n} lines unreadable"),
    };
    let fact = format!("{name}, {} rows{rejected}, sha256 `{sha256}`", rows.rows.len());
    Ok(File { rows: rows.rows, slices: slices(&bytes), fact })
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

impl Data {
    pub(super) fn read(from: From) -> Result<Data, Error> {
        let task = from.task;
        let (training, evaluation) = files(from)?;
        fn texts(file: &File) -> Vec<&str> {
            file.rows.iter().map(|row| row.text.as_str()).collect()
        }
        let kept = leak::kept(&texts(&training), &texts(&evaluation), task.leakage)?;
        if training.rows.is_empty() {
            return Err(request(
                "there is no labelled example",
                "bring rows with `text` and `label` to look up and to train on",
            ));
        }
        let leaked = evaluation.rows.len() - kept.len();
        let kept = at_most(kept, task.limit, task.seed);
        if kept.len() < LEAST_QUESTIONS {
            return Err(request(
                format!(
                    "{} questions are too few for any verdict: at least {LEAST_QUESTIONS} are needed, 200 show differences of \
                     about 9 points, 600 of about 5",
                    kept.len()
                ),
                "label more questions for the evaluation set",
            ));
        }
        let names: BTreeSet<&str> = training
            .rows
            .iter()
            .chain(kept.iter().map(|&at| &evaluation.rows[at]))
            .filter_map(|row| row.labels.first().map(String::as_str))
            .collect();
        let labels: Vec<String> = names.into_iter().map(str::to_string).collect();
        if labels.len() < 2 {
            return Err(request(
                "all rows have one label: there is nothing to tell apart",
                "bring rows with two labels or more",
            ));
        }
        let number = |row: &Example| -> usize {
            let name = row.labels.first().map_or("", String::as_str);
            labels.binary_search_by(|label| label.as_str().cmp(name)).unwrap_or(0)
        };
        let examples: Vec<Labelled> =
            training.rows.iter().map(|row| Labelled { text: row.text.clone(), label: number(row) }).collect();
        let outside =
            task.out_of_scope.as_ref().and_then(|name| labels.iter().position(|label| label == name));
        let slices = Slicer::of(task, &evaluation, &kept);
        let questions: Vec<Asked> = kept
            .iter()
            .map(|&at| {
                let row = &evaluation.rows[at];
                let gold = number(row);
                Asked {
                    id: row.id.clone(),
                    text: row.text.clone(),
                    gold,
                    cluster: row.group.clone().unwrap_or_else(|| format!("q{at}")),
                    slice: slices.slice(row, outside == Some(gold)),
                }
            })
            .collect();
        let draws = draws(task, &examples, labels.len());
        let (examples, draws) = only_drawn(examples, draws);
        let used: BTreeSet<usize> = draws.iter().flatten().map(|&at| examples[at].label).collect();
        let mut notes = Vec::new();
        let unseen = (0..labels.len()).filter(|label| !used.contains(label)).count();
        if unseen > 0 {
            notes.push(format!("{unseen} labels of the evaluation set have no labelled example."));
        }
        if leaked > 0 {
            notes.push(format!("{leaked} questions that nearly repeat a training example were left out."));
        }
        let used = draws.iter().map(Vec::len).max().unwrap_or(0);
        let mut facts = vec![
            DataFact {
                what: "Evaluation".into(),
                value: format!("{}; {} asked", evaluation.fact, questions.len()),
            },
            DataFact { what: "Training".into(), value: format!("{}; {used} used a seed", training.fact) },
            DataFact {
                what: "Leakage".into(),
                value: format!("every question compared with every example by words; {leaked} left out"),
            },
            DataFact { what: "Labels".into(), value: labels.len().to_string() },
        ];
        if let Some(shots) = task.shots {
            let value = format!("{shots} a label, drawn anew for each of {} seeds", draws.len());
            facts.push(DataFact { what: "Examples".into(), value });
        }
        let meanings = labels.iter().map(|label| meaning(task, label)).collect();
        Ok(Data { labels, meanings, examples, draws, questions, outside, facts, notes })
    }

    /// A hash of all that answers depend on.
    pub(super) fn fingerprint(&self, more: &str) -> String {
        let mut parts: Vec<&str> = vec![more];
        parts.extend(self.labels.iter().map(String::as_str));
        parts.extend(self.meanings.iter().map(String::as_str));
        parts.extend(self.examples.iter().map(|example| example.text.as_str()));
        parts.extend(self.questions.iter().map(|question| question.text.as_str()));
        let numbers: Vec<String> = self
            .examples
            .iter()
            .map(|example| example.label.to_string())
            .chain(self.questions.iter().map(|question| question.gold.to_string()))
            .chain(self.draws.iter().flatten().map(usize::to_string))
            .collect();
        let joined = numbers.join(" ");
        parts.push(&joined);
        content_hash(parts.join("\u{1f}").as_bytes())
    }
}

/// What a label means: what the task says, else its name as words.
fn meaning(task: &Task, label: &str) -> String {
    task.labels.get(label).cloned().unwrap_or_else(|| label.replace(['_', '-'], " "))
}

fn files(from: From) -> Result<(File, File), Error> {
    let task = from.task;
    match (&task.training, &task.evaluation, &task.labelled) {
        (Some(training), Some(evaluation), _) => Ok((from.read(training)?, from.read(evaluation)?)),
        (_, _, Some(one)) | (Some(one), None, None) | (None, Some(one), None) => {
            halves(from.read(one)?, task.seed)
        }
        (None, None, None) => Err(request(
            "the task names no data",
            "name `evaluation` and `training`, or one `labelled` file that is split in half",
        )),
    }
}

/// Half to train on, half to ask; what nearly repeats or belongs together stays on one side.
fn halves(file: File, seed: u64) -> Result<(File, File), Error> {
    let texts: Vec<&str> = file.rows.iter().map(|row| row.text.as_str()).collect();
    let groups: Vec<Option<&str>> = file.rows.iter().map(|row| row.group.as_deref()).collect();
    let names: BTreeSet<&[String]> = file.rows.iter().map(|row| row.labels.as_slice()).collect();
    let names: Vec<&[String]> = names.into_iter().collect();
    let strata: Vec<usize> =
        file.rows.iter().map(|row| names.binary_search(&row.labels.as_slice()).unwrap_or(0)).collect();
    let parts = split(&texts, &groups, &strata, 0.5, seed);
    let side = |places: &[usize], what: &str| File {
        rows: places.iter().map(|&at| file.rows[at].clone()).collect(),
        slices: file.slices.clone(),
        fact: format!("{what} half of {}", file.fact),
    };
    Ok((side(&parts.train, "one"), side(&parts.held, "the other")))
}

struct Slicer<'a> {
    given: Option<&'a BTreeMap<String, String>>,
    by_length: bool,
}

impl<'a> Slicer<'a> {
    fn of(task: &Task, file: &'a File, kept: &[usize]) -> Slicer<'a> {
        let named = kept.iter().any(|&at| file.slices.contains_key(&file.rows[at].id));
        let given = Some(&file.slices).filter(|_| named && task.slices == Slices::Auto);
        Slicer { given, by_length: given.is_none() && task.slices != Slices::None }
    }

    fn slice(&self, row: &Example, outside: bool) -> String {
        if let Some(given) = self.given {
            return given.get(&row.id).cloned().unwrap_or_else(|| "other".into());
        }
        match (outside, self.by_length, row.text.split_whitespace().count() <= SHORT) {
            (true, ..) => "unanswerable".into(),
            (_, false, _) => "all".into(),
            (_, _, true) => "short".into(),
            _ => "long".into(),
        }
    }
}

/// The examples of each training seed: `shots` a label drawn anew for each, or all of them once.
fn draws(task: &Task, examples: &[Labelled], labels: usize) -> Vec<Vec<usize>> {
    let Some(shots) = task.shots else { return vec![(0..examples.len()).collect()] };
    (0..task.seeds as u64)
        .map(|seed| {
            subset(examples, &(0..examples.len()).collect::<Vec<_>>(), labels, &|_| shots, task.seed + seed)
        })
        .collect()
}

/// The examples that any draw uses, and the draws among them: nothing else need be encoded.
fn only_drawn(examples: Vec<Labelled>, draws: Vec<Vec<usize>>) -> (Vec<Labelled>, Vec<Vec<usize>>) {
    let used: BTreeSet<usize> = draws.iter().flatten().copied().collect();
    let place: BTreeMap<usize, usize> = used.iter().enumerate().map(|(new, old)| (*old, new)).collect();
    let draws = draws.iter().map(|draw| draw.iter().map(|old| place[old]).collect()).collect();
    let kept = examples.into_iter().enumerate().filter(|(old, _)| used.contains(old)).map(|(_, row)| row);
    (kept.collect(), draws)
}

/// For each label so many of `from` as `wanted` says of how many there are, drawn by `seed`; nested as `wanted` grows.
pub(super) fn subset(
    examples: &[Labelled],
    from: &[usize],
    labels: usize,
    wanted: &dyn Fn(usize) -> usize,
    seed: u64,
) -> Vec<usize> {
    let mut by_label: Vec<Vec<usize>> = vec![Vec::new(); labels];
    from.iter().for_each(|&at| by_label[examples[at].label].push(at));
    let mut taken = Vec::new();
    for (label, mut places) in by_label.into_iter().enumerate() {
        let mut random = SplitMix::new(seed, label as u64);
        shuffle(&mut places, &mut random);
        let count = wanted(places.len()).min(places.len());
        taken.extend(places.into_iter().take(count));
    }
    taken.sort_unstable();
    taken
}
