//! The rows of an extraction task: annotated examples drawn for each seed, and texts to read.

use std::collections::BTreeSet;
use std::path::Path;

use engraft_core::{CharMap, content_hash};
use engraft_decide::{DataFact, Missing, Question};
use engraft_tune::data::{ExtractionRow, Rows, read_extraction};

use crate::decide::draw::{draws, only_drawn};
use crate::decide::material::{From, Labelled, Material};
use crate::decide::route::Routes;
use crate::decide::task::{Slices, Task, request};
use crate::people::Principal;
use crate::tune::rows::Source;
use crate::tune::spans::marked;
use crate::{Context, Error, Workspace};

/// Fewer examples with something marked in them teach nothing.
const LEAST_MARKED: usize = 2;

/// Everything the arms are made from and asked.
pub(super) struct Data {
    /// Every label, in order of name.
    pub(super) labels: Vec<String>,
    /// Annotated examples.
    pub(super) examples: Vec<ExtractionRow>,
    /// The examples used under each training seed.
    pub(super) draws: Vec<Vec<usize>>,
    /// Texts to read, with what is marked in them.
    pub(super) asked: Vec<ExtractionRow>,
    /// Of each text to read.
    pub(super) clusters: Vec<String>,
    slices: Vec<String>,
    /// What is known of each text before it is read.
    pub(super) routes: Routes,
    /// Where all this comes from.
    pub(super) facts: Vec<DataFact>,
    /// Rows of the evaluation set that nobody can be asked.
    pub(super) unasked: Vec<Missing>,
    /// What the report has to say about it.
    pub(super) notes: Vec<String>,
    /// Seconds that people took for an example, where the workspace knows.
    pub(super) label_s: Option<f64>,
}

impl Labelled for ExtractionRow {
    fn read(path: &Path) -> Result<Rows<ExtractionRow>, Error> {
        Ok(read_extraction(path, true)?.0)
    }

    fn resolved(
        context: Context,
        workspace: &Workspace,
        who: &Principal,
        name: &str,
    ) -> Result<Source<ExtractionRow>, Error> {
        Ok(marked(context, workspace, who, name, None)?.source)
    }

    fn needed() -> &'static str {
        "bring rows with `text` and `spans` to look up and to train on"
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn text(&self) -> &str {
        &self.text
    }

    fn group(&self) -> Option<&str> {
        Some(&self.group)
    }

    fn document(&self) -> Option<&str> {
        // A row that names none is a group of its own, by its id.
        (self.group != self.id).then_some(&*self.group)
    }

    fn stratum(&self) -> Vec<String> {
        vec![self.spans.is_empty().to_string()]
    }
}

impl Data {
    pub(super) fn read(from: From) -> Result<Data, Error> {
        let task = from.task;
        let material = Material::<ExtractionRow>::read(from)?;
        let drawn = draws(task, &vec![0; material.training.len()]);
        let (examples, draws) = only_drawn(material.training.clone(), &drawn);
        let marked = |draw: &Vec<usize>| draw.iter().filter(|&&at| !examples[at].spans.is_empty()).count();
        let fewest = draws.iter().map(marked).min().unwrap_or(0);
        if fewest < LEAST_MARKED {
            return Err(request(
                format!("{fewest} of the examples used have anything marked in them: that teaches nothing"),
                format!(
                    "annotate more texts, or raise `shots`: {LEAST_MARKED} is the least, some tens are useful"
                ),
            ));
        }
        let rows = || examples.iter().chain(&material.asked);
        let labels: BTreeSet<&String> =
            rows().flat_map(|row| &row.spans).map(|marked| &marked.label).collect();
        let labels: Vec<String> = labels.into_iter().cloned().collect();
        let apart = |row: &ExtractionRow| {
            (task.slices == Slices::Auto).then_some(match row.spans.len() {
                0 => "nothing to mark",
                1 => "one span",
                _ => "several spans",
            })
        };
        let (slices, routes) = (material.slices(task, &apart), material.routes(task));
        let mut facts = material.told(task, &drawn, "texts");
        facts.push(DataFact { what: "Labels".into(), value: labels.join(", ") });
        let mut notes = material.notes(&drawn);
        let empty = material.asked.iter().filter(|row| row.spans.is_empty()).count();
        notes.push(format!(
            "Quality is the F1 of each text's spans, label and both ends right. In {empty} of {} texts nothing is marked: there \
             it is 1 when nothing is found and else 0.",
            material.asked.len()
        ));
        Ok(Data {
            label_s: material.label_s,
            unasked: material.unasked,
            labels,
            examples,
            draws,
            clusters: material.clusters,
            asked: material.asked,
            slices,
            routes,
            facts,
            notes,
        })
    }

    /// The texts as the experiment has them.
    pub(super) fn questions(&self) -> Vec<Question> {
        let places = self.asked.iter().zip(&self.clusters).zip(self.slices.iter().zip(&self.routes.of));
        let question =
            |((row, cluster), (slice, route)): ((&ExtractionRow, &String), (&String, &Option<String>))| {
                let marked = row.spans.iter().map(|one| (one.span, one.label.as_str()));
                Question {
                    id: row.id.clone(),
                    text: row.text.clone(),
                    gold: shown(&row.text, marked, "(nothing to mark)"),
                    cluster: cluster.clone(),
                    slice: slice.clone(),
                    route: route.clone(),
                }
            };
        places.map(question).collect()
    }

    /// A hash of all that answers depend on.
    pub(super) fn fingerprint(&self, task: &Task, encoder: &str) -> String {
        let settings = (encoder, task.neighbours, task.seed, &task.labels, &task.values, task.extractor);
        let mut parts = vec![format!("{settings:?} {:?} {:?}", self.labels, self.draws)];
        for row in self.examples.iter().chain(&self.asked) {
            parts.push(format!("{:?}", (&row.text, &row.context, &row.group, &row.spans)));
        }
        content_hash(parts.join("\u{1f}").as_bytes())
    }
}

/// Spans of a text in words: `ORG: Acme; PER: Jane`, or what stands for none.
pub(super) fn shown<'a>(
    text: &str,
    spans: impl Iterator<Item = (engraft_core::Span, &'a str)>,
    none: &str,
) -> String {
    let map = CharMap::new(text);
    let said: Vec<String> =
        spans.map(|(span, label)| format!("{label}: {}", map.quote(span).unwrap_or_default())).collect();
    if said.is_empty() { none.into() } else { said.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_of_the_document_it_names_and_without_one_of_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.jsonl");
        let rows = [
            r#"{"text":"one","spans":[]}"#,
            r#"{"id":"b","text":"two","spans":[],"group":"letter 7"}"#,
            r#"{"id":"c","text":"three","spans":[],"document":8}"#,
        ];
        std::fs::write(&path, rows.join("\n")).unwrap();
        let read = ExtractionRow::read(&path).unwrap().rows;
        let documents: Vec<Option<&str>> = read.iter().map(Labelled::document).collect();
        assert_eq!(documents, [None, Some("letter 7"), Some("8")]);
        assert_eq!(read[0].group(), Some("1"));
    }
}
