//! Classifiers that transformers trained: one linear layer on a text's vector, which is pooled or read off its first token.

use std::path::Path;

use engraft_nn::train::Head;
use engraft_nn::{Config, Encoder, EncoderOptions, Tokenizer};

use crate::TuneError;
use crate::classifier::{Classifier, Logistic, Member, Model, Reading, Space};
use crate::data::{Labelling, Labels};
use crate::dense::Matrix;
use crate::import::{HEAD, POOLER, layer};

impl Classifier {
    /// The classifier in a folder of transformers; `names` are those of its outputs.
    pub fn of_folder(
        dir: &Path,
        names: &[String],
        labelling: Labelling,
        pooled: bool,
    ) -> Result<Classifier, TuneError> {
        let (width, outputs) = (Config::open(dir)?.hidden, names.len());
        let (weight, bias) = layer(dir, HEAD, outputs, width)?;
        // Classes stand in the order of their names here.
        let mut order: Vec<usize> = (0..outputs).collect();
        order.sort_by(|&a, &b| names[a].cmp(&names[b]));
        let weights = (0..width).flat_map(|at| order.iter().map(move |&class| (class, at)));
        let model = Logistic {
            weights: weights.map(|(class, at)| weight[class * width + at]).collect(),
            bias: order.iter().map(|&class| bias[class]).collect(),
        };
        let member = Member {
            name: "imported".into(),
            space: Some(Space::Own),
            weight: 1.0,
            temperature: 1.0,
            model: Model::Logistic(model),
        };
        Ok(Classifier {
            labels: Labels::named(order.iter().map(|&class| names[class].clone()).collect()),
            labelling,
            members: vec![member],
            temperature: 1.0,
            scope: None,
            reading: if pooled { Reading::Pooled } else { Reading::FirstToken },
        })
    }
}

/// Reads texts as `BertForSequenceClassification` does: the state of the first token through a layer and tanh.
#[derive(Debug)]
pub struct FirstToken {
    tokenizer: Tokenizer,
    encoder: Encoder,
    pooler: Head,
}

impl FirstToken {
    /// Opens a folder of transformers.
    pub fn open(dir: &Path, threads: usize) -> Result<FirstToken, TuneError> {
        let tokenizer = Tokenizer::open(dir).map_err(engraft_nn::ModelError::from)?;
        let encoder = Encoder::open(dir, EncoderOptions { threads, ..EncoderOptions::default() })?;
        let width = encoder.config().hidden;
        let (weight, bias) = layer(dir, POOLER, width, width)?;
        Ok(FirstToken { tokenizer, encoder, pooler: Head::of(POOLER, width, weight, bias) })
    }

    /// How many tokens of a text are beyond the window.
    pub fn lost(&self, text: &str) -> usize {
        let (before, after) = self.tokenizer.around();
        let tokens = before.len() + self.tokenizer.count(text) + after.len();
        tokens.saturating_sub(self.encoder.config().window)
    }

    /// A vector a text; of one beyond the window only the beginning is read, as transformers does.
    pub fn read(&self, texts: &[&str]) -> Result<Matrix, TuneError> {
        let window = self.encoder.config().window;
        let (_, after) = self.tokenizer.around();
        let ids = texts.iter().map(|text| {
            let mut ids = Vec::new();
            self.tokenizer.encode(text, &mut ids);
            if ids.len() > window {
                ids.truncate(window - after.len());
                ids.extend_from_slice(after);
            }
            ids
        });
        let first = self.encoder.encode_pairs(&ids.collect::<Vec<_>>(), &[])?;
        let mut data = self.pooler.forward(&first);
        data.iter_mut().for_each(|x| *x = x.tanh());
        Ok(Matrix { columns: self.encoder.config().hidden, data })
    }
}
