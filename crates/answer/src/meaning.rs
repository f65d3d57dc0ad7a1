//! Meaning: the question as a vector, and who turns sentences into such.

use engraft_core::Embed;

/// What sentences are compared with by meaning.
#[derive(Clone, Copy)]
pub struct Meaning<'a> {
    /// The question's vector, of norm 1.
    pub question: &'a [f32],
    /// Encodes sentences into the same space; it may round more coarsely than what encoded the question.
    pub encoder: &'a dyn Embed,
}

impl Meaning<'_> {
    /// The cosine of the question and each text; `None` for a text that the encoder does not take.
    pub(crate) fn cosines(&self, texts: &[&str]) -> Vec<Option<f32>> {
        let cosine = |vector: &Vec<f32>| self.question.iter().zip(vector).map(|(a, b)| a * b).sum();
        match self.encoder.embed(texts) {
            Ok(vectors) => vectors.iter().map(cosine).map(Some).collect(),
            // One text that is too long must not cost the others their vectors.
            Err(_) => texts
                .iter()
                .map(|text| self.encoder.embed(&[text]).ok().and_then(|vectors| vectors.first().map(cosine)))
                .collect(),
        }
    }
}
