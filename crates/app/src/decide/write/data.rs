//! The rows of a writing task: what was asked for, and how the team wrote it.

use std::collections::BTreeSet;
use std::path::Path;

use engraft_core::content_hash;
use engraft_decide::{DataFact, Missing, Question};
use engraft_tune::data::{Rejection, Rows, read_rows};
use serde_json::Value;

use crate::decide::draw::{draws, only_drawn};
use crate::decide::material::{From, Labelled, Material};
use crate::decide::route::Routes;
use crate::decide::task::request;
use crate::people::Principal;
use crate::tune::rows::Source;
use crate::{Context, Error, Workspace};

/// Something that was asked for, with the text the team wrote.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Written {
    pub(super) id: String,
    pub(super) input: String,
    pub(super) output: String,
    group: Option<String>,
}

/// Everything the arms write from and are compared with.
pub(super) struct Data {
    /// What was written before.
    pub(super) examples: Vec<Written>,
    /// The examples at hand under each seed.
    pub(super) draws: Vec<Vec<usize>>,
    pub(super) asked: Vec<Written>,
    clusters: Vec<String>,
    slices: Vec<String>,
    /// What is known of each request before it is answered.
    pub(super) routes: Routes,
    pub(super) facts: Vec<DataFact>,
    /// Rows of the evaluation set that nobody can be asked.
    pub(super) unasked: Vec<Missing>,
    pub(super) notes: Vec<String>,
}

impl Labelled for Written {
    fn read(path: &Path) -> Result<Rows<Written>, Error> {
        let hint = "write {\"id\",\"input\",\"output\"} a line; `prompt` and `reference` are taken too";
        let mut seen = BTreeSet::new();
        Ok(read_rows(path, |line| {
            let text = |names: [&str; 2]| {
                let found = names.iter().find_map(|name| line.fields.get(*name)?.as_str());
                let found = found.map(str::trim).filter(|text| !text.is_empty());
                found.map(str::to_string).ok_or_else(|| {
                    Rejection::new(
                        "no_text",
                        format!("there is neither `{}` nor `{}`", names[0], names[1]),
                        hint,
                    )
                })
            };
            let word = |name: &str| match line.fields.get(name) {
                Some(Value::String(word)) => Some(word.clone()),
                Some(Value::Number(number)) => Some(number.to_string()),
                _ => None,
            };
            let id = word("id").unwrap_or_else(|| line.number.to_string());
            if !seen.insert(id.clone()) {
                let hint = "give every row an id of its own";
                return Err(Rejection::new("duplicate_id", format!("a second row has the id `{id}`"), hint));
            }
            let (input, output) = (text(["input", "prompt"])?, text(["output", "reference"])?);
            Ok(Written { id, input, output, group: word("group") })
        })?)
    }

    fn resolved(_: Context, _: &Workspace, _: &Principal, name: &str) -> Result<Source<Written>, Error> {
        Err(request(
            format!("a writing task does not read the dataset `{name}`"),
            "name a file with {\"id\",\"input\",\"output\"} a line",
        ))
    }

    fn needed() -> &'static str {
        "bring rows with `input` and `output` to show as examples"
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn text(&self) -> &str {
        &self.input
    }

    fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    fn stratum(&self) -> Vec<String> {
        Vec::new()
    }
}

impl Data {
    pub(super) fn read(from: From) -> Result<Data, Error> {
        let task = from.task;
        let material = Material::<Written>::read(from)?;
        let strata = vec![0; material.training.len()];
        let all = draws(task, &strata);
        // A model at temperature 0 has no seed: the first draw of examples stands for all.
        let drawn = &all[..1];
        let (examples, draws) = only_drawn(material.training.clone(), drawn);
        let facts = material.told(task, drawn, "in all");
        let (slices, notes) = (material.slices(task, &|_| None), material.notes(drawn));
        let routes = material.routes(task);
        let Material { asked, clusters, unasked, .. } = material;
        Ok(Data { unasked, examples, draws, asked, clusters, slices, routes, facts, notes })
    }

    pub(super) fn questions(&self) -> Vec<Question> {
        let places = self.asked.iter().zip(&self.clusters).zip(self.slices.iter().zip(&self.routes.of));
        let question =
            |((row, cluster), (slice, route)): ((&Written, &String), (&String, &Option<String>))| Question {
                id: row.id.clone(),
                text: row.input.clone(),
                gold: row.output.clone(),
                cluster: cluster.clone(),
                slice: slice.clone(),
                route: route.clone(),
            };
        places.map(question).collect()
    }

    /// A hash of all that is shown and asked.
    pub(super) fn fingerprint(&self, more: &str) -> String {
        let rows = self.examples.iter().chain(&self.asked);
        let parts: Vec<String> =
            rows.map(|row| format!("{:?}", (&row.id, &row.input, &row.output))).collect();
        content_hash(format!("{more}\u{1f}{}", parts.join("\u{1f}")).as_bytes())
    }
}
