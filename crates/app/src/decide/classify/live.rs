//! A head as it answers once it is deployed: what is written of it, and what is read back.

use std::path::Path;

use engraft_tune::Matrix;
use engraft_tune::artefact::Base;
use engraft_tune::classifier::{Classifier, Member, Method, Model, Neighbours, Reading, Seen, Space};
use engraft_tune::data::{Labelling, Labels, OverLength};
use serde_json::json;

use super::models::{Head, Memory};
use crate::Error;
use crate::decide::deploy::NewModel;

/// A head that was opened from disk.
pub(super) struct Live {
    head: Head,
    /// The examples that vote beside it, from the same files.
    examples: Option<(Matrix, Memory)>,
}

impl Live {
    /// Writes a head below `folder` as `tune classifier` writes a model, and opens it from there. With `examples` the model is the
    /// mixture of both: their vectors, their labels and the weights are written and read, too.
    ///
    /// The encoder, which no change moves, is open already; that the model stands on it is checked.
    pub(super) fn deploy(
        folder: &Path,
        (head, examples): (&Head, Option<(&Matrix, &Memory)>),
        (base, labels): (Base, &[String]),
        question: &[f32],
    ) -> Result<Live, Error> {
        let asked = Matrix { columns: question.len(), data: question.to_vec() };
        let seen = Seen { texts: vec![""], base: Some(asked), own: None };
        let new = NewModel {
            model: mixture(head, examples, labels),
            kind: "classifier",
            method: Method::Frozen.name(),
            base: Some(base.clone()),
            labels,
        };
        let opened = new.deploy(
            folder,
            |classifier, dir| classifier.save(dir, OverLength::Truncate),
            |read| {
                read.must_fit(&base.name, &base.fingerprint)?;
                Ok(Classifier::load(read)?.0)
            },
            |classifier| {
                let said = classifier.predict(&seen)?;
                let probabilities: Vec<&Vec<f64>> = said.iter().map(|one| &one.probabilities).collect();
                Ok(json!(probabilities))
            },
        )?;
        Live::of(opened)
    }

    fn of(opened: Classifier) -> Result<Live, Error> {
        let (mut head, mut examples) = (None, None);
        for Member { weight, temperature, model, .. } in opened.members {
            match model {
                Model::Logistic(logistic) => head = Some(Head { logistic, temperature, weight }),
                Model::Neighbours(Neighbours { vectors, given }) => {
                    let labelled = given.iter().enumerate();
                    let rows = labelled.filter_map(|(row, given)| Some((row, *given.first()?))).collect();
                    examples = Some((vectors, Memory { rows }));
                }
                Model::Linear(_) => {}
            }
        }
        let head = head.ok_or_else(|| Error::Bug("a head was written and is not in its files".into()))?;
        Ok(Live { head, examples })
    }

    /// Probabilities of the labels; where examples vote, the `k` nearest do.
    pub(super) fn answer(&self, question: &[f32], k: usize) -> Vec<f64> {
        let own = self.head.predict(question);
        let Some((vectors, memory)) = &self.examples else { return own };
        let found = memory.look_up(vectors, question, k, own.len());
        self.head.together(&own, &found.probabilities)
    }
}

/// The head as the classifier it is in files: alone, or beside the nearest examples.
fn mixture(head: &Head, examples: Option<(&Matrix, &Memory)>, labels: &[String]) -> Classifier {
    let member = |name: &str, weight: f64, temperature: f64, model: Model| Member {
        name: name.into(),
        space: Some(Space::Base),
        weight,
        temperature,
        model,
    };
    let weight = if examples.is_some() { head.weight } else { 1.0 };
    let mut members =
        vec![member("logistic", weight, head.temperature, Model::Logistic(head.logistic.clone()))];
    if let Some((vectors, memory)) = examples {
        let rows: Vec<usize> = memory.rows.iter().map(|(row, _)| *row).collect();
        let given = memory.rows.iter().map(|(_, label)| vec![*label]).collect();
        let neighbours = Neighbours { vectors: vectors.pick(&rows), given };
        members.push(member("neighbours", 1.0 - weight, 1.0, Model::Neighbours(neighbours)));
    }
    Classifier {
        labels: Labels::named(labels.to_vec()),
        labelling: Labelling::Single,
        members,
        temperature: 1.0,
        scope: None,
        reading: Reading::default(),
    }
}

#[cfg(test)]
mod tests {
    use engraft_tune::classifier::Logistic;

    use super::*;

    /// Holds what a head says after it was written and opened against `expected` of it and the two examples, with one neighbour.
    #[track_caller]
    fn check(beside: bool, expected: impl Fn(&Head, &[f64]) -> Vec<f64>) {
        let logistic = Logistic { weights: vec![2.0, -1.0, 0.5, 1.0], bias: vec![0.1, -0.2] };
        let head = Head { logistic, temperature: 1.5, weight: 0.7 };
        // The second vector is no example, and is nearest.
        let vectors = Matrix { columns: 2, data: vec![1.0, 0.0, 0.6, 0.8, 0.0, 1.0] };
        let memory = Memory { rows: vec![(0, 0), (2, 1)] };
        let question = [0.6, 0.8];
        let labels = ["card", "fee"].map(str::to_string);
        let base = Base { name: "mini".into(), fingerprint: "abc".into() };
        let folder = tempfile::tempdir().unwrap();
        let examples = beside.then_some((&vectors, &memory));
        let live = Live::deploy(folder.path(), (&head, examples), (base, &labels[..]), &question).unwrap();
        let found = memory.look_up(&vectors, &question, 1, 2).probabilities;
        let (said, expected) = (live.answer(&question, 1), expected(&head, &found));
        let near = said.iter().zip(&expected).all(|(said, expected)| (said - expected).abs() < 1e-9);
        assert!(said.len() == 2 && near, "{said:?} {expected:?}");
    }

    #[test]
    fn a_head_says_after_it_was_opened_what_it_said_before_it_was_written() {
        check(false, |head, _| head.predict(&[0.6, 0.8]));
    }

    #[test]
    fn examples_beside_a_head_are_written_and_opened_with_it() {
        check(true, |head, found| head.together(&head.predict(&[0.6, 0.8]), found));
    }
}
