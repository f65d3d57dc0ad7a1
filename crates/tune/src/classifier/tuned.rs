//! The tiers that move the encoder: once a seed, mixed with what stands below, weighed on rows that training did not see.

use crate::classifier::body::{BaseModel, Lesson, Moved, Recipe, move_body};
use crate::classifier::held_out::{Assembled, Candidate, Material};
use crate::classifier::logistic::Logistic;
use crate::classifier::member::{Model, Space};
use crate::classifier::method::Method;
use crate::data::{Labelling, Labels};
use crate::dense::Matrix;
use crate::embed::embed;
use crate::{TuneError, Watch};

/// The share of the rows that weighs the members, and is not trained on.
const HELD: f64 = 0.1;
/// The same with few rows: all are trained on in the end, and fewer would say little.
const HELD_OF_FEW: f64 = 0.2;
/// With fewer rows, every row counts: weights are found once without some of them, then all are trained on.
const FEW: usize = 2000;

/// A model of one seed.
pub(crate) struct Made {
    pub(crate) assembled: Assembled,
    /// What its own encoder makes of the evaluation texts.
    pub(crate) eval_vectors: Option<Matrix>,
    /// Where that encoder is.
    pub(crate) folder: Option<tempfile::TempDir>,
    pub(crate) steps: usize,
}

/// What is moved, and on which ground.
pub(crate) struct Moving<'a> {
    pub(crate) watch: Watch<'a>,
    pub(crate) method: Method,
    pub(crate) base: BaseModel<'a>,
    pub(crate) material: &'a Material<'a>,
    /// The members of the tier below.
    pub(crate) below: &'a [Candidate],
    pub(crate) labels: &'a Labels,
    pub(crate) eval_texts: &'a [&'a str],
    pub(crate) out_of_scope: Option<&'a str>,
    /// Weighs a row in a head of a contrast.
    pub(crate) c: f64,
}

impl Moving<'_> {
    /// One model a seed.
    pub(crate) fn make(&self, seeds: &[u64]) -> Result<Vec<Made>, TuneError> {
        if self.method == Method::Setfit && self.material.labelling == Labelling::Multi {
            return Err(TuneError::Request {
                message: "the method setfit needs one class a text".into(),
                hint: "use `--method full` or `--method lora` where a text may have several".into(),
            });
        }
        if self.material.given.len() >= FEW {
            let held = self.material.hold_out(HELD);
            return seeds.iter().map(|&seed| self.on_most(seed, &held)).collect();
        }
        self.on_all(seeds, &self.material.hold_out(HELD_OF_FEW))
    }

    /// Trained on all rows but the held ones, which weigh its members.
    fn on_most(&self, seed: u64, held: &[bool]) -> Result<Made, TuneError> {
        let (moved, own) = self.moved(seed, held, held)?;
        let assembled = self.assemble(&own);
        self.finish(moved, assembled)
    }

    /// The weights as found without the held rows by the first seed; the models of all rows.
    fn on_all(&self, seeds: &[u64], held: &[bool]) -> Result<Vec<Made>, TuneError> {
        let first = seeds.first().copied().unwrap_or(0);
        let (weighed, own) = self.moved(first, held, held)?;
        let Assembled { classifier, calibration, rows, probabilities } = self.assemble(&own);
        let nothing = vec![false; held.len()];
        let mut made = Vec::new();
        for &seed in seeds {
            let (moved, own) = self.moved(seed, &nothing, held)?;
            let mut classifier = classifier.clone();
            for candidate in own {
                let member = classifier.members.iter_mut().find(|member| member.name == candidate.name);
                if let Some(member) = member {
                    member.model = candidate.model;
                }
            }
            let (rows, probabilities) = (rows.clone(), probabilities.clone());
            made.push(self.finish(moved, Assembled { classifier, calibration, rows, probabilities })?);
        }
        if let Some(first) = made.first_mut() {
            first.steps += weighed.steps;
        }
        Ok(made)
    }

    fn assemble(&self, own: &[Candidate]) -> Assembled {
        let all: Vec<&Candidate> = self.below.iter().chain(own).collect();
        self.material.assemble(self.labels, &all, self.out_of_scope)
    }

    fn finish(&self, moved: Moved, assembled: Assembled) -> Result<Made, TuneError> {
        let eval_vectors = Some(embed(self.watch, &moved.encoder, self.eval_texts)?);
        Ok(Made { assembled, eval_vectors, folder: Some(moved.folder), steps: moved.steps })
    }

    /// Moves the encoder on all rows but `left_out`; its members are heard on `heard`.
    fn moved(
        &self,
        seed: u64,
        left_out: &[bool],
        heard: &[bool],
    ) -> Result<(Moved, Vec<Candidate>), TuneError> {
        let material = self.material;
        let rows: Vec<usize> = material.train(None).into_iter().filter(|&row| !left_out[row]).collect();
        let recipe = Recipe::of(self.method, rows.len(), material.classes, seed);
        let lesson = Lesson {
            texts: rows.iter().map(|&row| material.seen.texts[row]).collect(),
            given: material.given_at(&rows),
            classes: material.classes,
            labelling: material.labelling,
            start: self.start()?,
        };
        let moved = move_body(self.watch, self.base, &recipe, &lesson)?;
        let vectors = embed(self.watch, &moved.encoder, &material.seen.texts)?;
        let head = match &moved.head {
            Some(head) => head.clone(),
            None => {
                let of = vectors.pick(&rows);
                Logistic::train(&of, &lesson.given, material.classes, material.labelling, self.c, None)
            }
        };
        let own = material.moved(&vectors, head, heard);
        Ok((moved, own))
    }

    /// The head on the encoder as it was.
    fn start(&self) -> Result<&Logistic, TuneError> {
        let found = self.below.iter().find_map(|candidate| match &candidate.model {
            Model::Logistic(head) if candidate.space == Some(Space::Base) => Some(head),
            _ => None,
        });
        found.ok_or_else(|| TuneError::Bug("an encoder is moved before it was tried as it is".into()))
    }
}
