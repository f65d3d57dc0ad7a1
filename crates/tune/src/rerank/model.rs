//! A cross-encoder: question and passage are read together, and one number says how well they fit.

use std::path::Path;

use engraft_nn::train::{Body, Head};
use engraft_nn::{Encoder, EncoderOptions, Tokenizer, Weights, write_tensors};
use serde_json::json;

use crate::TuneError;
use crate::export::{TOKENIZER_FILES, copy, inside, read_config, write_json};

/// The heads' names in a transformers file.
const POOLER: &str = "bert.pooler.dense";
const CLASSIFIER: &str = "classifier";

/// A question and a passage as one sequence of ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairIds {
    /// `[CLS] question [SEP] passage [SEP]`.
    pub ids: Vec<u32>,
    /// Where the passage begins.
    pub second: usize,
    /// How many tokens of question and passage did not fit.
    pub lost: usize,
}

/// Puts a question and a passage into one sequence of at most `window` ids. What is too long is cut from the passage's end, and
/// from the question's only where it alone is longer than half the window.
pub fn pair_ids(tokenizer: &Tokenizer, question: &str, passage: &str, window: usize) -> PairIds {
    let (before, after) = tokenizer.around();
    let mut ids = before.to_vec();
    tokenizer.pieces(question, &mut ids);
    let mut lost = ids.len().saturating_sub(before.len() + window / 2);
    ids.truncate(ids.len() - lost);
    ids.extend_from_slice(after);
    let second = ids.len();
    tokenizer.pieces(passage, &mut ids);
    let room = window.saturating_sub(after.len()).max(second);
    lost += ids.len().saturating_sub(room);
    ids.truncate(room);
    ids.extend_from_slice(after);
    PairIds { ids, second, lost }
}

/// The two linear layers on the state of the first token, with tanh between them, as in `BertForSequenceClassification`.
#[derive(Debug)]
pub(crate) struct Heads {
    pub(crate) pooler: Head,
    pub(crate) classifier: Head,
}

impl Heads {
    pub(crate) fn new(hidden: usize, seed: u64) -> Heads {
        Heads {
            pooler: Head::new(POOLER, hidden, hidden, seed),
            classifier: Head::new(CLASSIFIER, hidden, 1, seed),
        }
    }

    /// The states after tanh, and the logits.
    pub(crate) fn forward(&self, first: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let mut pooled = self.pooler.forward(first);
        pooled.iter_mut().for_each(|x| *x = x.tanh());
        let logits = self.classifier.forward(&pooled);
        (pooled, logits)
    }

    /// Adds to the heads' gradients, and returns that of the first states.
    pub(crate) fn backward(&mut self, first: &[f32], pooled: &[f32], grads: &[f32]) -> Vec<f32> {
        let mut back = self.classifier.backward(pooled, grads);
        back.iter_mut().zip(pooled).for_each(|(g, y)| *g *= 1.0 - y * y);
        self.pooler.backward(first, &back)
    }

    fn open(weights: &Weights, hidden: usize) -> Result<Heads, TuneError> {
        let head = |name: &str, outputs: usize| -> Result<Head, TuneError> {
            let tensor = weights.tensor(&format!("{name}.weight"), &[outputs, hidden])?;
            let mut weight = vec![0.0; outputs * hidden];
            for (n, row) in weight.chunks_exact_mut(hidden).enumerate() {
                weights.row(tensor, n, row);
            }
            let bias = weights.vector(&format!("{name}.bias"), outputs)?;
            Ok(Head::of(name, hidden, weight, bias))
        };
        Ok(Heads { pooler: head(POOLER, hidden)?, classifier: head(CLASSIFIER, 1)? })
    }
}

/// A cross-encoder ready to score pairs.
#[derive(Debug)]
pub struct Reranker {
    tokenizer: Tokenizer,
    encoder: Encoder,
    heads: Heads,
    window: usize,
}

impl Reranker {
    /// Opens a folder that [`crate::rerank::RerankTask::save`] wrote, or any BERT cross-encoder with one label in the layout of transformers.
    pub fn open(dir: &Path, options: EncoderOptions) -> Result<Reranker, TuneError> {
        let tokenizer = Tokenizer::open(dir).map_err(engraft_nn::ModelError::from)?;
        let encoder = Encoder::open(dir, options)?;
        let heads = Heads::open(&Weights::open(&dir.join("model.safetensors"))?, encoder.config().hidden)?;
        let window = encoder.config().window;
        Ok(Reranker { tokenizer, encoder, heads, window })
    }

    /// The most ids a pair has.
    pub fn window(&self) -> usize {
        self.window
    }

    /// For each passage the logit that it answers the question; higher is better, 0 is undecided.
    pub fn score(&self, question: &str, passages: &[&str]) -> Result<Vec<f32>, TuneError> {
        let pairs = passages.iter().map(|passage| pair_ids(&self.tokenizer, question, passage, self.window));
        self.score_pairs(&pairs.collect::<Vec<_>>())
    }

    /// The logits of pairs.
    pub fn score_pairs(&self, pairs: &[PairIds]) -> Result<Vec<f32>, TuneError> {
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<Vec<u32>> = pairs.iter().map(|pair| pair.ids.clone()).collect();
        let seconds: Vec<usize> = pairs.iter().map(|pair| pair.second).collect();
        let first = self.encoder.encode_pairs(&ids, &seconds)?;
        Ok(self.heads.forward(&first).1)
    }

    /// The tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }
}

/// Writes a cross-encoder in the classic layout: a `BertForSequenceClassification` with one label whose score is the raw logit.
pub(crate) fn save(
    body: &Body,
    heads: &Heads,
    base: &Path,
    window: usize,
    dir: &Path,
) -> Result<(), TuneError> {
    copy(base, dir, &TOKENIZER_FILES)?;
    let mut config = read_config(base)?;
    config["architectures"] = json!(["BertForSequenceClassification"]);
    config["id2label"] = json!({ "0": "LABEL_0" });
    config["label2id"] = json!({ "LABEL_0": 0 });
    config["sentence_transformers"] =
        json!({ "activation_fn": "torch.nn.modules.linear.Identity", "version": "5.1.0" });
    write_json(&dir.join("config.json"), &config)?;
    write_json(
        &dir.join("sentence_bert_config.json"),
        &json!({ "max_seq_length": window, "do_lower_case": false }),
    )?;
    // The pooler is trained anew, as a head.
    let mut tensors = inside(body.merged());
    for parameter in heads.pooler.parameters().iter().chain(heads.classifier.parameters()) {
        tensors.push((parameter.name.clone(), parameter.shape.clone(), parameter.values.clone()));
    }
    Ok(write_tensors(&dir.join("model.safetensors"), &tensors)?)
}

#[cfg(test)]
mod tests {
    use engraft_nn::train::Draw;

    use super::*;

    /// Every gradient of both layers and of what goes into them, with the tanh between, against differences.
    #[test]
    fn the_gradients_of_the_layers_on_top_are_the_slopes() {
        let (rows, hidden) = (3, 5);
        let mut draw = Draw::new(7, 0);
        let mut numbers = |n: usize| -> Vec<f32> { (0..n).map(|_| 2.0 * draw.unit() as f32 - 1.0).collect() };
        let at =
            [numbers(hidden * hidden), numbers(hidden), numbers(hidden), numbers(1), numbers(rows * hidden)];
        let weights = numbers(rows);
        let heads = |at: &[Vec<f32>; 5]| Heads {
            pooler: Head::of(POOLER, hidden, at[0].clone(), at[1].clone()),
            classifier: Head::of(CLASSIFIER, hidden, at[2].clone(), at[3].clone()),
        };
        let sum = |at: &[Vec<f32>; 5]| -> f64 {
            let (_, logits) = heads(at).forward(&at[4]);
            logits.iter().zip(&weights).map(|(y, weight)| f64::from(*y) * f64::from(*weight)).sum()
        };
        let mut trained = heads(&at);
        let (pooled, _) = trained.forward(&at[4]);
        let of_rows = trained.backward(&at[4], &pooled, &weights);
        let [of_pooler, of_pooler_bias] = trained.pooler.parameters();
        let [of_classifier, of_classifier_bias] = trained.classifier.parameters();
        let gradients = [
            &of_pooler.gradient,
            &of_pooler_bias.gradient,
            &of_classifier.gradient,
            &of_classifier_bias.gradient,
            &of_rows,
        ];
        let step = 1e-2;
        for (part, gradient) in gradients.into_iter().enumerate() {
            assert_eq!(gradient.len(), at[part].len());
            let most = gradient.iter().fold(0.0, |most: f64, x| most.max(f64::from(x.abs())));
            assert!(most > 0.01, "{part}: there is nothing to check");
            for (n, &found) in gradient.iter().enumerate() {
                let side = |step: f32| {
                    let mut moved = at.clone();
                    moved[part][n] += step;
                    sum(&moved)
                };
                let slope = (side(step) - side(-step)) / f64::from(2.0 * step);
                let allowed = 2e-3 * slope.abs().max(0.1 * most);
                let off = (slope - f64::from(found)).abs();
                assert!(off <= allowed, "{part}: [{n}]: slope {slope}, gradient {found}");
            }
        }
    }
}
