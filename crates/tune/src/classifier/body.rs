//! Moving the encoder itself: a head on its pooled states (full or LoRA), or pairs of one class among pairs of others.

use std::path::Path;

use engraft_core::Embed;
use engraft_nn::train::{
    Adapt, Body, BodyOptions, Draw, Head, Lora, Parameter, Sequence, loss, pool, pool_grad, unit, unit_grad,
};
use engraft_nn::{Embedder, EncoderOptions, Tokenizer};

use crate::classifier::logistic::Logistic;
use crate::classifier::method::Method;
use crate::classifier::pairs::{contrast, pair_batches};
use crate::data::Labelling;
use crate::export::save_adapter;
use crate::trainer::{Plan, Task, parts, train};
use crate::two_passes::{MOST_TOKENS, two_passes};
use crate::{TuneError, Watch};

/// Tokens of a pass under a head; more are taken in parts whose gradients add up.
const TOKENS: usize = 4096;
/// Part of the target that every class gets.
const SMOOTHING: f64 = 0.05;

/// An encoder to start from.
#[derive(Clone, Copy)]
pub struct BaseModel<'a> {
    /// Its folder.
    pub dir: &'a Path,
    /// Threads of the encoder once it is trained.
    pub threads: usize,
}

/// How a method trains.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Recipe {
    adapt: Adapt,
    contrast: bool,
    plan: Plan,
    /// The head's rate as a multiple of the body's.
    head_rate: f64,
}

impl Recipe {
    /// What suits `rows` rows of `classes` classes.
    pub(crate) fn of(method: Method, rows: usize, classes: usize, seed: u64) -> Recipe {
        let few = rows < 40 * classes.max(1);
        let plan = Plan { seed, warmup: 0.1, ..Plan::default() };
        match method {
            Method::Setfit => Recipe {
                adapt: Adapt::Full,
                contrast: true,
                // An epoch sees every text about once.
                plan: Plan { epochs: 8, batch: 48, rate: 5e-5, ..plan },
                head_rate: 1.0,
            },
            Method::Lora => Recipe {
                adapt: Adapt::Lora(Lora { rank: 16, alpha: 32.0, all_linear: true, seed }),
                contrast: false,
                plan: Plan { epochs: if few { 16 } else { 4 }, batch: 32, rate: 5e-4, ..plan },
                head_rate: 4.0,
            },
            _ => Recipe {
                adapt: Adapt::Full,
                contrast: false,
                // Every step costs the same for the weights themselves, whatever is in its batch.
                plan: match few {
                    true => Plan { epochs: 16, batch: 32, rate: 8e-5, ..plan },
                    false => Plan { epochs: 3, batch: 64, rate: 1.6e-4, ..plan },
                },
                head_rate: 20.0,
            },
        }
    }
}

/// An encoder that was moved, saved in a folder and open for use.
pub(crate) struct Moved {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) encoder: Embedder,
    /// Trained along with it; none after a contrast.
    pub(crate) head: Option<Logistic>,
    pub(crate) steps: usize,
}

/// What of the rows a body learns from.
pub(crate) struct Lesson<'a> {
    pub(crate) texts: Vec<&'a str>,
    pub(crate) given: Vec<Vec<usize>>,
    pub(crate) classes: usize,
    pub(crate) labelling: Labelling,
    /// Where the head starts.
    pub(crate) start: &'a Logistic,
}

/// Moves the encoder in `base` as the recipe says.
pub(crate) fn move_body(
    watch: Watch,
    base: BaseModel,
    recipe: &Recipe,
    lesson: &Lesson,
) -> Result<Moved, TuneError> {
    let mut task = Classes::new(base.dir, recipe, lesson)?;
    let trained = train(&mut task, &recipe.plan, watch, |_| Ok(None))?;
    task.moved(base, trained.steps as usize)
}

/// The places of each class's texts.
fn members(given: &[Vec<usize>], classes: usize) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); classes];
    for (place, given) in given.iter().enumerate() {
        given.iter().for_each(|&class| members[class].push(place));
    }
    members
}

fn head_of(start: &Logistic) -> Head {
    let (k, d) = (start.bias.len(), start.weights.len() / start.bias.len().max(1));
    let weight = (0..k * d).map(|place| start.weights[place % d * k + place / d]).collect();
    Head::of("classifier", d, weight, start.bias.clone())
}

fn logistic_of(head: &Head, d: usize) -> Logistic {
    let [weight, bias] = head.parameters();
    let k = bias.values.len();
    let weights = (0..d * k).map(|place| weight.values[place % k * d + place / k]).collect();
    Logistic { weights, bias: bias.values.clone() }
}

/// Every file of the base but its weights.
fn copy_base(from: &Path, to: &Path) -> Result<(), TuneError> {
    const FILES: [&str; 9] = [
        "config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "vocab.txt",
        "modules.json",
        "sentence_bert_config.json",
        "config_sentence_transformers.json",
        "1_Pooling/config.json",
    ];
    for file in FILES {
        let (source, target) = (from.join(file), to.join(file));
        if !source.is_file() {
            continue;
        }
        let parent = target.parent().unwrap_or(to);
        std::fs::create_dir_all(parent).map_err(TuneError::io("create", parent))?;
        // Read and written, so that a base nobody may write to does not make a copy nobody may write to.
        let bytes = std::fs::read(&source).map_err(TuneError::io("read", &source))?;
        crate::artefact::write(&target, &bytes)?;
    }
    Ok(())
}

/// Texts with classes, as the training loop sees them.
struct Classes {
    body: Body,
    head: Option<Head>,
    head_rate: f64,
    sequences: Vec<Sequence>,
    given: Vec<Vec<usize>>,
    /// The texts of each class.
    members: Vec<Vec<usize>>,
    labelling: Labelling,
    /// Tokens that pass through the encoder together, which bounds the memory.
    tokens: usize,
}

impl Classes {
    /// The encoder in `dir` under the head that the lesson starts with, or under none where the recipe is a contrast.
    fn new(dir: &Path, recipe: &Recipe, lesson: &Lesson) -> Result<Classes, TuneError> {
        let tokenizer = Tokenizer::open(dir).map_err(engraft_nn::ModelError::from)?;
        let sequence = |text: &&str| {
            let mut ids = Vec::new();
            tokenizer.encode(text, &mut ids);
            Sequence::single(ids)
        };
        Ok(Classes {
            body: Body::open(dir, BodyOptions { adapt: recipe.adapt, ..BodyOptions::default() })?,
            head: (!recipe.contrast).then(|| head_of(lesson.start)),
            head_rate: recipe.head_rate,
            sequences: lesson.texts.iter().map(sequence).collect(),
            members: members(&lesson.given, lesson.classes),
            given: lesson.given.clone(),
            labelling: lesson.labelling,
            tokens: if recipe.contrast { MOST_TOKENS } else { TOKENS },
        })
    }

    /// Written to a folder of its own and opened for use; it came from `base`.
    fn moved(&self, base: BaseModel, steps: usize) -> Result<Moved, TuneError> {
        let folder =
            tempfile::tempdir().map_err(TuneError::io("create a folder in", &std::env::temp_dir()))?;
        copy_base(base.dir, folder.path())?;
        self.body.save(folder.path())?;
        save_adapter(&self.body, base.dir, folder.path())?;
        let options = EncoderOptions { threads: base.threads, ..EncoderOptions::default() };
        let encoder = Embedder::open(folder.path(), "tuned", options)?;
        let head = self.head.as_ref().map(|head| logistic_of(head, encoder.dim()));
        Ok(Moved { folder, encoder, head, steps })
    }
}

impl Task for Classes {
    fn examples(&self) -> usize {
        self.sequences.len()
    }

    fn step(&mut self, batch: &[usize]) -> Result<f64, TuneError> {
        let dim = self.body.config().hidden;
        let pooling = self.body.config().pooling;
        let Some(head) = &mut self.head else {
            let texts: Vec<Sequence> = batch.iter().map(|&place| self.sequences[place].clone()).collect();
            return two_passes(&mut self.body, &texts, self.tokens, |pooled| contrast(pooled, dim));
        };
        let mut sum = 0.0;
        for part in parts(batch, self.tokens, |place| self.sequences[place].ids.len()) {
            let sequences: Vec<Sequence> = part.iter().map(|&place| self.sequences[place].clone()).collect();
            let forward = self.body.forward(&sequences)?;
            let mut vectors = pool(&forward, pooling);
            let norms = unit(&mut vectors, dim);
            let logits = head.forward(&vectors);
            let given: Vec<&[usize]> = part.iter().map(|&place| &self.given[place][..]).collect();
            let (loss, grads) = class_loss(&logits, &given, self.labelling, batch.len());
            let mut grads = head.backward(&vectors, &grads);
            unit_grad(&vectors, &norms, &mut grads);
            let states = pool_grad(&forward, pooling, &grads);
            self.body.backward(forward, states);
            sum += loss;
        }
        Ok(sum)
    }

    fn groups(&mut self) -> Vec<(Vec<&mut Parameter>, f64)> {
        let mut groups = vec![(self.body.parameters_mut().iter_mut().collect(), 1.0)];
        if let Some(head) = &mut self.head {
            groups.push((head.parameters_mut().iter_mut().collect(), self.head_rate));
        }
        groups
    }

    fn batches(&self, size: usize, draw: &mut Draw) -> Vec<Vec<usize>> {
        if self.head.is_some() {
            let mut order: Vec<usize> = (0..self.sequences.len()).collect();
            draw.shuffle(&mut order);
            return order.chunks(size).map(<[usize]>::to_vec).collect();
        }
        pair_batches(&self.members, size, draw)
    }
}

fn class_loss(logits: &[f32], given: &[&[usize]], labelling: Labelling, rows: usize) -> (f64, Vec<f32>) {
    let classes = logits.len() / given.len().max(1);
    match labelling {
        Labelling::Single => {
            let targets: Vec<Option<usize>> = given.iter().map(|given| given.first().copied()).collect();
            loss::cross_entropy(logits, &targets, SMOOTHING, rows as f64)
        }
        Labelling::Multi => {
            let mut targets = vec![0.0; logits.len()];
            for (row, given) in given.iter().enumerate() {
                given.iter().for_each(|&class| targets[row * classes + class] = 1.0);
            }
            loss::binary(logits, &targets, 1.0, rows as f64)
        }
    }
}

#[cfg(test)]
mod tests;
