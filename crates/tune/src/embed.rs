//! Texts as rows of vectors, in batches, so that progress shows and a person can stop it.

use engraft_core::{CountTokens, Embed, EmbedError};
use engraft_nn::Embedder;

use crate::data::{OverLength, pieces};
use crate::dense::Matrix;
use crate::{TuneError, Watch};

/// Texts encoded between two looks at whether to stop.
const BATCH: usize = 128;

/// One vector of length 1 a text.
pub fn embed(watch: Watch, encoder: &dyn Embed, texts: &[&str]) -> Result<Matrix, TuneError> {
    watch.progress.stage("encode", Some(texts.len() as u64));
    let mut data = Vec::with_capacity(texts.len() * encoder.dim());
    for batch in texts.chunks(BATCH) {
        watch.go_on()?;
        data.extend(encoder.embed(batch)?.into_iter().flatten());
        watch.progress.advance(batch.len() as u64);
    }
    Ok(Matrix { columns: encoder.dim(), data })
}

/// An encoder that does with texts beyond its window what the policy says: reads their parts and averages the vectors, or their
/// beginning alone. Under the other policies it refuses them.
#[derive(Debug)]
pub struct LongTexts<'a> {
    /// The encoder.
    pub encoder: &'a Embedder,
    /// What becomes of long texts.
    pub policy: OverLength,
}

impl Embed for LongTexts<'_> {
    fn name(&self) -> &str {
        self.encoder.name()
    }

    fn dim(&self) -> usize {
        self.encoder.dim()
    }

    fn window(&self) -> usize {
        self.encoder.window()
    }

    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, EmbedError> {
        if !matches!(self.policy, OverLength::Split | OverLength::Truncate) {
            return self.encoder.embed(texts);
        }
        let parts: Vec<Vec<&str>> =
            texts.iter().map(|text| pieces(text, self.encoder, self.window(), self.policy)).collect();
        let flat: Vec<&str> = parts.iter().flatten().copied().collect();
        let mut vectors = self.encoder.embed(&flat)?.into_iter();
        let one = |parts: &Vec<&str>| {
            let own: Vec<Vec<f32>> = vectors.by_ref().take(parts.len()).collect();
            if own.len() == 1 { own.into_iter().next().unwrap_or_default() } else { mean(&own) }
        };
        Ok(parts.iter().map(one).collect())
    }
}

impl CountTokens for LongTexts<'_> {
    fn count(&self, text: &str) -> usize {
        self.encoder.count(text)
    }
}

/// The mean of vectors, brought to length 1.
fn mean(vectors: &[Vec<f32>]) -> Vec<f32> {
    let mut sum = vec![0.0; vectors.first().map_or(0, Vec::len)];
    for vector in vectors {
        sum.iter_mut().zip(vector).for_each(|(sum, x)| *sum += x);
    }
    let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::EPSILON);
    sum.into_iter().map(|x| x / length).collect()
}
