//! The rows of a classification task as labels with numbers, examples drawn for each seed, and questions.

use std::collections::BTreeSet;
use std::path::Path;

use engraft_core::content_hash;
use engraft_decide::{DataFact, Missing};
use engraft_tune::data::{Example, Labelling, Rows, read_classified};

use crate::decide::draw::{draws, only_drawn};
use crate::decide::material::{From, Labelled, Material};
use crate::decide::route::Routes;
use crate::decide::task::{Slices, Task, request};
use crate::people::Principal;
use crate::tune::rows::{Source, classified};
use crate::{Context, Error, Workspace};

/// Labels an error names.
const SHOWN: usize = 10;

/// Everything the arms are made from and asked.
pub(super) struct Data {
    /// Every label, in order of name.
    pub(super) labels: Vec<String>,
    /// What each label means, in words.
    pub(super) meanings: Vec<String>,
    /// Labelled examples.
    pub(super) examples: Vec<Known>,
    /// The examples used under each training seed.
    pub(super) draws: Vec<Vec<usize>>,
    /// Questions with their right label.
    pub(super) questions: Vec<Asked>,
    /// What is known of each question before it is answered.
    pub(super) routes: Routes,
    /// The label that means none of the others.
    pub(super) outside: Option<usize>,
    /// Where all this comes from.
    pub(super) facts: Vec<DataFact>,
    /// Rows of the evaluation set that nobody can be asked.
    pub(super) unasked: Vec<Missing>,
    /// What the report has to say about it.
    pub(super) notes: Vec<String>,
    /// Seconds that people took for an example, where the workspace knows.
    pub(super) label_s: Option<f64>,
}

/// A labelled example.
pub(super) struct Known {
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

impl Labelled for Example {
    fn read(path: &Path) -> Result<Rows<Example>, Error> {
        let (rows, labelling) = read_classified(path)?;
        single(labelling, &path.display().to_string())?;
        Ok(rows)
    }

    fn resolved(
        context: Context,
        workspace: &Workspace,
        who: &Principal,
        name: &str,
    ) -> Result<Source<Example>, Error> {
        let (source, labelling) = classified(context, workspace, who, name, None)?;
        single(labelling, name)?;
        Ok(source)
    }

    fn needed() -> &'static str {
        "bring rows with `text` and `label` to look up and to train on"
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn text(&self) -> &str {
        &self.text
    }

    fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    fn stratum(&self) -> Vec<String> {
        self.labels.clone()
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

/// Where the label that means none of the others stands.
fn place(labels: &[String], outside: &str) -> Result<usize, Error> {
    let found = labels.iter().position(|label| label == outside);
    found.ok_or_else(|| {
        let some: Vec<&str> = labels.iter().take(SHOWN).map(String::as_str).collect();
        let more = if labels.len() > SHOWN { ", …" } else { "" };
        request(
            format!("out_of_scope names the label `{outside}`, and no row has it"),
            format!("labels are {}{more}", some.join(", ")),
        )
    })
}

impl Data {
    pub(super) fn read(from: From) -> Result<Data, Error> {
        let task = from.task;
        let material = Material::<Example>::read(from)?;
        let rows = || material.training.iter().chain(&material.asked);
        let names: BTreeSet<&str> = rows().filter_map(|row| row.labels.first()).map(String::as_str).collect();
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
        let known = |row: &Example| Known { text: row.text.clone(), label: number(row) };
        let examples: Vec<Known> = material.training.iter().map(known).collect();
        let outside = match &task.out_of_scope {
            Some(name) => Some(place(&labels, name)?),
            None => None,
        };
        let rare = rare(&examples, labels.len());
        let apart = |row: &Example| match (outside == Some(number(row)), task.slices) {
            (true, _) => Some("unanswerable"),
            (_, Slices::Tail) => Some(if rare[number(row)] { "long tail" } else { "common" }),
            _ => None,
        };
        let places = material.asked.iter().zip(&material.clusters).zip(material.slices(task, &apart));
        let question = |((row, cluster), slice): ((&Example, &String), String)| Asked {
            id: row.id.clone(),
            text: row.text.clone(),
            gold: number(row),
            cluster: cluster.clone(),
            slice,
        };
        let questions: Vec<Asked> = places.map(question).collect();
        let routes = material.routes(task);
        let strata: Vec<usize> = examples.iter().map(|example| example.label).collect();
        let drawn = draws(task, &strata);
        let (examples, draws) = only_drawn(examples, &drawn);
        let used: BTreeSet<usize> = draws.iter().flatten().map(|&at| examples[at].label).collect();
        let mut notes = Vec::new();
        let unseen = (0..labels.len()).filter(|label| !used.contains(label)).count();
        if unseen > 0 {
            notes.push(format!("{unseen} labels of the evaluation set have no labelled example."));
        }
        let unheard: Vec<&str> =
            task.labels.keys().filter(|label| !labels.contains(label)).map(String::as_str).collect();
        if !unheard.is_empty() {
            notes.push(format!("`[labels]` says what {} means, and no row has it.", unheard.join(", ")));
        }
        notes.extend(material.notes(&drawn));
        let mut facts = material.told(task, &drawn, "a label");
        facts.push(DataFact { what: "Labels".into(), value: labels.len().to_string() });
        let meanings = labels.iter().map(|label| meaning(task, label)).collect();
        let label_s = material.label_s;
        let unasked = material.unasked;
        Ok(Data {
            unasked,
            labels,
            meanings,
            examples,
            draws,
            questions,
            routes,
            outside,
            facts,
            notes,
            label_s,
        })
    }

    /// The label of each example.
    pub(super) fn strata(&self) -> Vec<usize> {
        self.examples.iter().map(|example| example.label).collect()
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

/// Whether each of `labels` labels has fewer than half as many examples as a label has on average.
fn rare(examples: &[Known], labels: usize) -> Vec<bool> {
    let mut many = vec![0; labels];
    examples.iter().for_each(|example| many[example.label] += 1);
    many.into_iter().map(|many| 2 * many * labels < examples.len()).collect()
}

/// What a label means: what the task says, else its name as words.
fn meaning(task: &Task, label: &str) -> String {
    task.labels.get(label).cloned().unwrap_or_else(|| label.replace(['_', '-'], " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_rare_below_half_the_average() {
        let known = |label: usize| Known { text: String::new(), label };
        let examples: Vec<Known> = [0, 0, 0, 0, 0, 0, 1, 1, 2].map(known).into_iter().collect();
        assert_eq!(rare(&examples, 3), [false, false, true]);
    }
}
