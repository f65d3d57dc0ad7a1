//! Scripted changes: a value's annotations come, change their label or go; for each arm the time until it reads by them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use engraft_core::{CharMap, Embed, Span};
use engraft_decide::{Arm, Renewed, Role};
use engraft_eval::SplitMix;
use engraft_nn::Embedder;
use engraft_tune::artefact::Base;
use engraft_tune::data::ExtractionRow;
use engraft_tune::extractor::{BaseEncoder, Extractor, FoundSpan};
use engraft_tune::{TuneError, Watch, dot};
use serde_json::json;

use super::data::Data;
use super::lookup::Memory;
use super::models::{Schema, Tuned};
use crate::Error;
use crate::decide::asking::Asking;
use crate::decide::changes::{Scripted, Shown, renewed, try_on, what};
use crate::decide::deploy::NewModel;
use crate::decide::meter::metered;
use crate::decide::task::Task;
use crate::decide::vectors::{Encoded, beginning};

/// New examples a change brings, at most.
const NEW: usize = 10;

/// What the changes are tried on.
pub(super) struct Stage<'a> {
    pub(super) watch: Watch<'a>,
    pub(super) data: &'a Data,
    pub(super) task: &'a Task,
    pub(super) encoder: &'a Embedder,
    pub(super) examples: &'a Encoded,
    pub(super) questions: &'a Encoded,
    pub(super) schema: &'a Schema,
    pub(super) tuned: &'a Tuned,
    /// The encoder that the extractor reads, where it reads one.
    pub(super) base: Option<BaseEncoder<'a>>,
}

/// A change of a value's annotations, and the text that shows it.
struct Change {
    what: &'static str,
    value: Value,
    /// What it becomes, for a change.
    to: String,
    probe: usize,
    /// Where the value stands in the probe.
    span: Span,
}

/// A value as written, and what it is marked as.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Value {
    written: String,
    label: String,
}

impl Stage<'_> {
    /// Tries the same changes on every arm that could be chosen.
    pub(super) fn try_on(&self, asking: &Asking, arms: &mut [Arm]) -> Result<(), Error> {
        let changes = self.changes();
        let scripted = |change: &Change| Scripted {
            what: change.what,
            probe: format!("{}: {}", change.value.label, change.value.written),
        };
        let script: Vec<Scripted> = changes.iter().map(scripted).collect();
        let shows = |arm: &Arm, number: usize, folder: &Path| self.shows(arm, &changes[number], folder);
        for arm in arms.iter_mut().filter(|arm| arm.role == Role::Candidate) {
            try_on(asking, &self.task.updates, arm, &script, &shows)?;
            arm.updates_how = match (arm.tuned, arm.retrieval) {
                (true, false) => {
                    "A value's annotations change, the extractor is trained again, written to disk as `tune extractor` writes a \
                     model and opened from there, and a text with the value is read by what was opened"
                }
                (true, true) => {
                    "A value's annotations change, the extractor is trained again, written to disk as `tune extractor` writes a \
                     model and opened from there, and a text with the value is read by what was opened; the annotated examples \
                     that are looked up stay in memory, as they do for `retrieval`"
                }
                (false, true) => "A value's annotations change and a text with the value is read",
                (false, false) => "The list of known values changes and a text with the value is read",
            }
            .into();
        }
        Ok(())
    }

    /// The same changes for every arm, each of a value that stands marked in an example and in a text to read. With one label
    /// there is nothing a value could change to, and it comes instead.
    fn changes(&self) -> Vec<Change> {
        let known = self.known();
        let mut shown: BTreeMap<&Value, (usize, Span, f32)> = BTreeMap::new();
        for (at, row) in self.data.asked.iter().enumerate() {
            for (value, span) in values(row) {
                let Some((value, examples)) = known.get_key_value(&value) else { continue };
                let like = examples
                    .iter()
                    .map(|&example| dot(self.examples.vectors.row(example), self.questions.vectors.row(at)));
                let likeness = like.fold(-1.0f32, f32::max);
                let best = shown.entry(value).or_insert((at, span, likeness));
                if likeness > best.2 {
                    *best = (at, span, likeness);
                }
            }
        }
        let shown: Vec<(&Value, (usize, Span, f32))> = shown.into_iter().collect();
        let labels = &self.data.labels;
        let mut random = SplitMix::new(self.task.seed, 0x7570_6474);
        let trials = if shown.is_empty() { 0 } else { self.task.updates.trials };
        let change = |number: usize| {
            let (value, (probe, span, _)) = shown[random.below(shown.len())];
            let others: Vec<&String> = labels.iter().filter(|label| **label != value.label).collect();
            let (what, to) = match others.is_empty() {
                true => (if number.is_multiple_of(2) { "add" } else { "delete" }, value.label.clone()),
                false => (what(number), others[random.below(others.len())].clone()),
            };
            Change { what, value: value.clone(), to, probe, span }
        };
        (0..trials).map(change).collect()
    }

    /// The values marked in the examples of the first draw, and where.
    fn known(&self) -> BTreeMap<Value, Vec<usize>> {
        let mut known: BTreeMap<Value, Vec<usize>> = BTreeMap::new();
        for &at in &self.data.draws[0] {
            for (value, _) in values(&self.data.examples[at]) {
                let places = known.entry(value).or_default();
                if places.last() != Some(&at) {
                    places.push(at);
                }
            }
        }
        known
    }

    /// Makes the change in a copy of what the arm knows, reads the probe, and says whether what is found follows the change. An
    /// extractor is trained again, deployed in `folder`, and reads as it was opened there.
    fn shows(&self, arm: &Arm, change: &Change, folder: &Path) -> Result<Shown, Error> {
        let row = &self.data.asked[change.probe];
        let (found, renewed) = match (arm.retrieval, arm.tuned) {
            (false, false) => (self.schema_after(change).find(row)?, None),
            cell => self.read_after(row, change, cell, folder)?,
        };
        let is = |label: &str| found.iter().any(|one| one.span == change.span && one.label == label);
        let follows = match change.what {
            "add" => is(&change.value.label),
            "change" => is(&change.to),
            _ => !is(&change.value.label),
        };
        Ok(Shown { follows, renewed })
    }

    fn schema_after(&self, change: &Change) -> Schema {
        let Value { written, label } = &change.value;
        let mut values = self.schema.values.clone();
        values.entry(label.clone()).or_default().retain(|value| value != written);
        match change.what {
            "add" => values.entry(label.clone()).or_default().push(written.clone()),
            "change" => values.entry(change.to.clone()).or_default().push(written.clone()),
            _ => {}
        }
        Schema::of(self.task, &self.data.labels, values)
    }

    fn read_after(
        &self,
        row: &ExtractionRow,
        change: &Change,
        (retrieval, tuned): (bool, bool),
        folder: &Path,
    ) -> Result<(Vec<FoundSpan>, Option<Renewed>), Error> {
        let memory = self.memory_after(change)?;
        let looked_up = || {
            let question = self.questions.vectors.row(change.probe);
            memory.look_up(&self.examples.vectors, question, self.task.neighbours).spans(&row.text)
        };
        if !tuned {
            return Ok((looked_up(), None));
        }
        let rows: Vec<&ExtractionRow> = memory.rows.iter().map(|(_, row)| &**row).collect();
        let (extractor, retrain) = metered(|| self.tuned.extractor.again(self.watch, &rows, self.task.seed));
        let extractor = extractor?;
        let (opened, deploy) = metered(|| self.deploy(extractor, row, folder));
        let again = Tuned { extractor: opened?, rule: self.tuned.rule };
        let own = again.find(row)?;
        let found = if retrieval { again.rule.together(&own, &looked_up()) } else { own };
        Ok((found, Some(renewed(retrain, deploy))))
    }

    /// The extractor as it comes from disk. The rule that joins looked-up spans to its own, which no change moves, and the annotated
    /// examples have no place in its files and stay in memory.
    fn deploy(&self, extractor: Extractor, probe: &ExtractionRow, folder: &Path) -> Result<Extractor, Error> {
        let remembered = |base: BaseEncoder| Base {
            name: base.name.into(),
            fingerprint: self.encoder.encoder().fingerprint(),
        };
        let encoder = || {
            let dir = self.base.map(|base| base.dir.to_path_buf());
            dir.ok_or_else(|| TuneError::Bug("an extractor reads an encoder that was not opened".into()))
        };
        let new = NewModel {
            model: extractor,
            kind: "extractor",
            method: self.task.extractor.name(),
            base: self.base.map(remembered),
            labels: &self.data.labels,
        };
        new.deploy(
            folder,
            |extractor, dir| extractor.save(dir),
            |read| Extractor::load(read, encoder, 1),
            |extractor| {
                let found = extractor.find(&[probe])?;
                let spans = found.iter().flatten();
                let spans = spans.map(|one| json!([one.span.start(), one.span.end(), one.label, one.score]));
                Ok(spans.collect())
            },
        )
    }

    /// The examples after the change: of a value that comes, at most so many as are new; marks renamed; marks gone.
    fn memory_after(&self, change: &Change) -> Result<Memory<'_>, Error> {
        let mut memory = Memory::of(&self.data.examples, self.data.draws[0].iter().copied());
        let holds = |row: &ExtractionRow| values(row).any(|(value, _)| value == change.value);
        if change.what == "add" {
            let mut new = Vec::new();
            memory.rows.retain(|(at, row)| {
                let comes = holds(row);
                if comes && new.len() < NEW {
                    new.push(*at);
                    return true;
                }
                !comes
            });
            // What is new has to be encoded; the vectors are the same as those at hand.
            let text = |at: &usize| beginning(self.encoder, &self.data.examples[*at].text);
            self.encoder.embed(&new.iter().map(text).collect::<Vec<_>>())?;
            return Ok(memory);
        }
        for (_, row) in memory.rows.iter_mut().filter(|(_, row)| holds(row)) {
            let of_value: Vec<Span> =
                values(row).filter(|(value, _)| *value == change.value).map(|(_, span)| span).collect();
            let mut changed = row.clone().into_owned();
            let own = |span: Span, label: &str| label == change.value.label && of_value.contains(&span);
            match change.what {
                "change" => changed
                    .spans
                    .iter_mut()
                    .filter(|one| own(one.span, &one.label))
                    .for_each(|one| one.label = change.to.clone()),
                _ => changed.spans.retain(|one| !own(one.span, &one.label)),
            }
            *row = Cow::Owned(changed);
        }
        Ok(memory)
    }
}

/// What is marked in a row, as written, with its place.
fn values(row: &ExtractionRow) -> impl Iterator<Item = (Value, Span)> {
    let map = CharMap::new(&row.text);
    let value = |one: &engraft_tune::data::MarkedSpan| {
        let written = map.quote(one.span)?.to_string();
        Some((Value { written, label: one.label.clone() }, one.span))
    };
    row.spans.iter().filter_map(value).collect::<Vec<_>>().into_iter()
}
