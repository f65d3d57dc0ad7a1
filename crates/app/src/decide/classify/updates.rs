//! Scripted changes: labels added, moved and dropped; for each arm the time until it answers by them.

use engraft_core::Embed;
use engraft_decide::{Arm, UpdateTrial};
use engraft_eval::SplitMix;
use engraft_nn::Embedder;
use engraft_tune::{Matrix, dot};
use serde::{Deserialize, Serialize};

use super::data::Data;
use super::models::{Head, Memory, best, by_meaning};
use crate::decide::kept::Kept;
use crate::decide::meter::metered;
use crate::decide::task::Task;
use crate::{Context, Error};

/// New examples a change brings.
const NEW: usize = 10;
/// Changes every arm is put through, however slow it is.
const LEAST: usize = 3;

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

/// A trial with the processor time it took.
#[derive(Clone, Serialize, Deserialize)]
struct Tried {
    trial: UpdateTrial,
    cpu_s: f64,
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
    /// Tries the changes on `arm` and writes into it how long they took and what one costs.
    pub(super) fn try_on(
        &self,
        context: Context,
        kept: &Kept,
        fingerprint: &str,
        arm: &mut Arm,
    ) -> Result<(), Error> {
        let changes = self.changes();
        let (mut tried, mut more) = kept.results::<Tried>(&format!("changes-{}", arm.name), fingerprint)?;
        tried.truncate(changes.len());
        context.progress.stage(&format!("change {}", arm.name), Some(changes.len() as u64));
        context.progress.advance(tried.len() as u64);
        let mut spent: f64 = tried.iter().filter_map(|tried| tried.trial.seconds).sum();
        for change in &changes[tried.len()..] {
            if context.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            if spent > self.task.updates.budget_s && tried.len() >= LEAST {
                break;
            }
            let (shown, used) = metered(|| self.shows(arm, change));
            let seconds = Some(used.ms / 1e3).filter(|_| shown.as_ref().is_ok_and(|shown| *shown));
            shown?;
            spent += used.ms / 1e3;
            let trial = UpdateTrial {
                what: change.what.into(),
                probe: self.data.questions[change.probe].text.clone(),
                seconds,
                limit_s: used.ms / 1e3,
            };
            let one = Tried { trial, cpu_s: used.cpu_s };
            more.keep(&one)?;
            tried.push(one);
            context.progress.advance(1);
        }
        let n = tried.len().max(1) as f64;
        arm.upkeep.update_cpu_s = tried.iter().map(|tried| tried.cpu_s).sum::<f64>() / n;
        arm.upkeep.update_person_min = if arm.tuned { self.task.updates.review_minutes } else { 0.0 };
        arm.updates = tried.into_iter().map(|tried| tried.trial).collect();
        arm.updates_how = match (arm.tuned, arm.retrieval) {
            (true, _) => "The examples change, the head is trained again from where it stood, and the question is asked",
            (false, true) => "The examples change and the question is asked",
            (false, false) => "The list of labels changes and the question is asked",
        }
        .into();
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
            let what = match changes.len() % 10 {
                0 | 2 | 4 | 6 | 8 => "change",
                1 | 5 | 9 => "add",
                _ => "delete",
            };
            let examples = with(label);
            let Some(probe) = self.probe(label, &examples) else { continue };
            changes.push(Change { what, label, to, probe, examples });
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

    /// Makes the change in a copy of what the arm knows, asks the probe, and says whether the answer follows the change.
    fn shows(&self, arm: &Arm, change: &Change) -> Result<bool, Error> {
        let labels = self.data.labels.len();
        let question = self.questions.row(change.probe);
        let wanted = |answer: usize| match change.what {
            "add" => answer == change.label,
            "change" => answer == change.to,
            _ => answer != change.label,
        };
        if !arm.retrieval && !arm.tuned {
            return self.meaning_shows(change, wanted);
        }
        let mut memory = Memory::of(self.data, &self.data.draws[0]);
        match change.what {
            "add" => {
                memory.rows.retain(|(_, label)| *label != change.label);
                // What is new has to be encoded; the vectors are the same as those at hand.
                let new: Vec<usize> = change.examples.iter().copied().take(NEW).collect();
                let texts: Vec<&str> = new.iter().map(|&at| self.data.examples[at].text.as_str()).collect();
                self.encoder.embed(&texts)?;
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
        let found = || memory.look_up(self.examples, question, self.task.neighbours, labels).probabilities;
        if !arm.tuned {
            return Ok(wanted(best(&found())));
        }
        let head = self.head.again(self.examples, &memory, labels);
        let answer = head.predict(question);
        Ok(wanted(best(&if arm.retrieval { head.together(&answer, &found()) } else { answer })))
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
