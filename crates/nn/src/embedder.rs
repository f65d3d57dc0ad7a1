//! Texts in, vectors out: the tokenizer and the encoder of one model folder together.

use std::path::Path;

use engraft_core::{CountTokens, Embed, EmbedError};

use crate::{Encoder, EncoderOptions, ModelError, Precision, Tokenizer};

/// A sentence embedding model.
#[derive(Debug)]
pub struct Embedder {
    name: String,
    tokenizer: Tokenizer,
    encoder: Encoder,
}

impl Embedder {
    /// Opens a model folder in the layout of sentence-transformers.
    ///
    /// `name` is what people call the model. What [`Embed::name`] says adds a fingerprint of the weights, and the
    /// precision where that is not `f32`, so that vectors which should not be compared never share a name.
    pub fn open(dir: &Path, name: &str, options: EncoderOptions) -> Result<Embedder, ModelError> {
        let tokenizer = Tokenizer::open(dir)?;
        let encoder = Encoder::open(dir, options)?;
        let rounding = match encoder.precision() {
            Precision::F32 => "",
            Precision::Bf16 => "+bf16",
            Precision::Int8 => "+int8",
        };
        let name = format!("{name}@{}{rounding}", encoder.fingerprint());
        Ok(Embedder { name, tokenizer, encoder })
    }

    /// The tokenizer.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// The encoder.
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }
}

impl Embed for Embedder {
    fn name(&self) -> &str {
        &self.name
    }

    fn dim(&self) -> usize {
        self.encoder.config().hidden
    }

    fn window(&self) -> usize {
        self.encoder.config().window
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut sequences = Vec::with_capacity(texts.len());
        for text in texts {
            let mut ids = Vec::new();
            self.tokenizer.encode(text, &mut ids);
            if ids.len() > self.window() {
                let (tokens, window, model) = (ids.len(), self.window(), self.name.clone());
                return Err(EmbedError::TooLong { tokens, window, model });
            }
            sequences.push(ids);
        }
        let failed =
            |error: ModelError| EmbedError::Engine { model: self.name.clone(), message: error.to_string() };
        self.encoder.encode_ids(&sequences).map_err(failed)
    }
}

impl CountTokens for Embedder {
    fn count(&self, text: &str) -> usize {
        self.tokenizer.count(text)
    }
}
