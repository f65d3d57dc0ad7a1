//! Scripted changes: labels added, moved and dropped; for each arm the time until it answers by them.

use std::path::Path;

use engraft_core::Embed;
use engraft_decide::{Arm, Role};
use engraft_eval::SplitMix;
use engraft_nn::Embedder;
use engraft_tune::artefact::Base;
use engraft_tune::{Matrix, dot};

use super::data::Data;
use super::live::Live;
use super::models::{Head, Memory, best, by_meaning};
use crate::Error;
use crate::decide::asking::Asking;
use crate::decide::changes::{Scripted, Shown, renewed, try_on, what};
use crate::decide::meter::metered;
use crate::decide::task::Task;
use crate::decide::vectors::beginning;

/// New examples a change brings.
const NEW: usize = 10;

/// A change and the question that shows it.
struct Change {
    what: &'static str,
    label: usize,
    /// Where its questions go, for a change.
    to: usize,
    probe: usize,
    /// Examples of the label, by place.
    examples: Vec<usize>,
}

/// What the changes are tried on.
pub(super) struct Stage<'a> {
    pub(super) data: &'a Data,
    pub(super) encoder: &'a Embedder,
    pub(super) examples: &'a Matrix,
    pub(super) questions: &'a Matrix,
    pub(super) meanings: &'a Matrix,
    pub(super) head: &'a Head,
    pub(super) task: &'a Task,
}

impl Stage<'_> {
    /// Tries the same changes on every arm that could be chosen.
    pub(super) fn try_on(&self, asking: &Asking, arms: &mut [Arm]) -> Result<(), Error> {
        let changes = self.changes();
        let scripted = |change: &Change| Scripted {
            what: change.what,
            probe: self.data.questions[change.probe].text.clone(),
        };
        let script: Vec<Scripted> = changes.iter().map(scripted).collect();
        let shows = |arm: &Arm, number: usize, folder: &Path| self.shows(arm, &changes[number], folder);
        for arm in arms.iter_mut().filter(|arm| arm.role == Role::Candidate) {
            try_on(asking, &self.task.updates, arm, &script, &shows)?;
            arm.updates_how = match (arm.tuned, arm.retrieval) {
                (true, false) => {
                    "The examples change, the head is trained again from where it stood, written to disk as `tune classifier` \
                     writes a model and opened from there, and the question is asked of what was opened"
                }
                (true, true) => {
                    "The examples change, the head is trained again from where it stood, written to disk with the vectors of the \
                     examples as `tune classifier` writes a model and opened from there, and the question is asked of what was opened"
                }
                (false, true) => "The examples change and the question is asked",
                (false, false) => "The list of labels changes and the question is asked",
            }
            .into();
        }
        Ok(())
    }

    /// The same changes for every arm: of ten, five move a label's questions, three add a label, two drop one.
    fn changes(&self) -> Vec<Change> {
        let labels = self.data.labels.len();
        let memory = &self.data.draws[0];
        let mut random = SplitMix::new(self.task.seed, 0x7570_6474);
        let with = |label: usize| -> Vec<usize> {
            memory.iter().copied().filter(|&at| self.data.examples[at].label == label).collect()
        };
        let mut changes = Vec::new();
        // Labels without examples or questions cannot show anything; the draw goes on, but not forever.
        for _ in 0..20 * self.task.updates.trials {
            if changes.len() == self.task.updates.trials {
                break;
            }
            let label = random.below(labels);
            let to = (label + 1 + random.below(labels - 1)) % labels;
            let examples = with(label);
            let Some(probe) = self.probe(label, &examples) else { continue };
            changes.push(Change { what: what(changes.len()), label, to, probe, examples });
        }
        changes
    }

    /// The question of `label` that is most like one of the examples a change would bring.
    fn probe(&self, label: usize, examples: &[usize]) -> Option<usize> {
        let likeness = |question: usize| {
            let rows = examples.iter().take(NEW);
            rows.map(|&row| dot(self.examples.row(row), self.questions.row(question))).fold(-1.0f32, f32::max)
        };
        let asked = (0..self.data.questions.len()).filter(|&at| self.data.questions[at].gold == label);
        asked.filter(|_| !examples.is_empty()).max_by(|&a, &b| likeness(a).total_cmp(&likeness(b)))
    }

    /// Makes the change in a copy of what the arm knows, asks the probe, and says whether the answer follows the change. A head is
    /// trained again, deployed in `folder`, and asked as it was opened there.
    fn shows(&self, arm: &Arm, change: &Change, folder: &Path) -> Result<Shown, Error> {
        let labels = self.data.labels.len();
        let question = self.questions.row(change.probe);
        let wanted = |answer: usize| match change.what {
            "add" => answer == change.label,
            "change" => answer == change.to,
            _ => answer != change.label,
        };
        let at_once = |follows: bool| Shown { follows, renewed: None };
        if !arm.retrieval && !arm.tuned {
            return Ok(at_once(self.meaning_shows(change, wanted)?));
        }
        let mut memory = Memory::of(self.data, &self.data.draws[0]);
        match change.what {
            "add" => {
                memory.rows.retain(|(_, label)| *label != change.label);
                // What is new has to be encoded; the vectors are the same as those at hand.
                let new: Vec<usize> = change.examples.iter().copied().take(NEW).collect();
                let text = |at: &usize| beginning(self.encoder, &self.data.examples[*at].text);
                self.encoder.embed(&new.iter().map(text).collect::<Vec<_>>())?;
                memory.rows.extend(new.into_iter().map(|at| (at, change.label)));
            }
            "change" => {
                memory
                    .rows
                    .iter_mut()
                    .filter(|(_, label)| *label == change.label)
                    .for_each(|row| row.1 = change.to);
            }
            _ => memory.rows.retain(|(_, label)| *label != change.label),
        }
        if !arm.tuned {
            let found = memory.look_up(self.examples, question, self.task.neighbours, labels);
            return Ok(at_once(wanted(best(&found.probabilities))));
        }
        let (head, retrain) = metered(|| self.head.again(self.examples, &memory, labels));
        let beside = arm.retrieval.then_some((self.examples, &memory));
        let (live, deploy) = metered(|| {
            let (name, fingerprint) = (self.encoder.name().into(), self.encoder.encoder().fingerprint());
            let on = (Base { name, fingerprint }, &self.data.labels[..]);
            Live::deploy(folder, (&head, beside), on, question)
        });
        let answer = live?.answer(question, self.task.neighbours);
        Ok(Shown { follows: wanted(best(&answer)), renewed: Some(renewed(retrain, deploy)) })
    }

    fn meaning_shows(&self, change: &Change, wanted: impl Fn(usize) -> bool) -> Result<bool, Error> {
        let labels = self.data.labels.len();
        let mut known: Vec<usize> = (0..labels).collect();
        let mut meanings = self.meanings.clone();
        match change.what {
            "add" => {
                let new = self.encoder.embed(&[self.data.meanings[change.label].as_str()])?;
                let columns = meanings.columns;
                meanings.data[change.label * columns..][..columns].copy_from_slice(&new[0]);
            }
            "change" => known[change.label] = change.to,
            _ => {
                let rest: Vec<usize> = (0..labels).filter(|label| *label != change.label).collect();
                (meanings, known) = (meanings.pick(&rest), rest);
            }
        }
        let answer = by_meaning(&meanings, &known, self.questions.row(change.probe), labels);
        Ok(wanted(best(&answer)))
    }
}
