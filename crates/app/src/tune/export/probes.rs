//! What an exported part makes of a few texts, by the same kernels that answer here.

use std::path::Path;

use engraft_core::Embed;
use engraft_nn::{Embedder, EncoderOptions};
use engraft_tune::artefact::Probe;
use engraft_tune::export::Dense;
use engraft_tune::extractor::Extractor;
use engraft_tune::reader::Reader;
use engraft_tune::rerank::Reranker;
use engraft_tune::reward::{PairScorer, Said};
use serde_json::{Value, json};

use crate::Error;

/// Short and longer, with marks, digits and letters beyond ASCII.
pub(super) const TEXTS: [&str; 4] = [
    "How do I get a new badge?",
    "The office opens at eight in the morning, on Fridays at nine.",
    "Zoë's invoice no. 5,021 (€ 1.250,00) is due on 3 May; it wasn't paid.",
    "Return the form.",
];

pub(super) const PAIRS: [(&str, &str); 3] = [
    ("How do I get a new badge?", "Ask at the front desk; a new badge takes a day."),
    ("When does the office open?", "Zoë's invoice no. 5,021 (€ 1.250,00) is due on 3 May."),
    ("Who approves travel?", "The team lead approves travel. Book it yourself, at least two weeks ahead."),
];

/// Vectors of norm 1.
pub(super) fn vectors(encoder: &Path) -> Result<Vec<Probe>, Error> {
    let read = embed(encoder)?;
    Ok(TEXTS.iter().zip(read).map(|(text, vector)| probe(json!(text), &vector)).collect())
}

/// Logits of a layer on vectors of norm 1.
pub(super) fn logits(encoder: &Path, layer: Dense<'_>) -> Result<Vec<Probe>, Error> {
    let logits = |vector: Vec<f32>| -> Vec<f32> {
        let rows = layer.weight.chunks_exact(vector.len()).zip(layer.bias);
        rows.map(|(row, bias)| row.iter().zip(&vector).map(|(w, x)| w * x).sum::<f32>() + bias).collect()
    };
    let read = embed(encoder)?;
    Ok(TEXTS.iter().zip(read).map(|(text, vector)| probe(json!(text), &logits(vector))).collect())
}

/// One logit a pair.
pub(super) fn pairs(model: &Reranker) -> Result<Vec<Probe>, Error> {
    let one = |(question, passage): &(&str, &str)| -> Result<Probe, Error> {
        Ok(probe(json!([question, passage]), &model.score(question, &[passage])?))
    };
    PAIRS.iter().map(one).collect()
}

/// Two logits a token: to be the first of the answer, all of them, then to be the last.
pub(super) fn tokens(model: &Reader) -> Result<Vec<Probe>, Error> {
    let one = |(question, passage): &(&str, &str)| -> Result<Probe, Error> {
        Ok(probe(json!([question, passage]), &model.logits(question, passage)?))
    };
    PAIRS.iter().map(one).collect()
}

/// One logit a tag, token by token.
pub(super) fn tags(model: &Extractor) -> Result<Vec<Probe>, Error> {
    let one = |text: &&str| -> Result<Probe, Error> { Ok(probe(json!(text), &model.token_logits(text)?)) };
    TEXTS.iter().map(one).collect()
}

/// One score a response; the text is the prompt and the response with the separator between them.
pub(super) fn responses(model: &PairScorer) -> Result<Vec<Probe>, Error> {
    let said = PAIRS.map(|(prompt, response)| Said {
        prompt: vec![("user".into(), prompt.into())],
        response: response.into(),
    });
    let scores = model.scores(&said)?;
    let one = |((prompt, response), (score, _)): (&(&str, &str), (f64, usize))| {
        probe(json!(format!("{prompt} [SEP] {response}")), &[score as f32])
    };
    Ok(PAIRS.iter().zip(scores).map(one).collect())
}

fn embed(encoder: &Path) -> Result<Vec<Vec<f32>>, Error> {
    let failed = engraft_tune::TuneError::from;
    let encoder = Embedder::open(encoder, "exported", EncoderOptions::default()).map_err(failed)?;
    Ok(encoder.embed(&TEXTS)?)
}

fn probe(input: Value, output: &[f32]) -> Probe {
    Probe { input, output: output.iter().copied().map(f64::from).collect() }
}
