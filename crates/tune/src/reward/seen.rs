//! A response as reward models see it.

use engraft_core::Embed;
use rayon::prelude::*;

use super::rows::Said;
use super::style::{STYLE, style};
use crate::TuneError;
use crate::halves::vectors;

/// What is read of a response: its style, its words, and where there is an encoder its meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The response.
    pub text: String,
    /// See [`STYLE`].
    pub style: [f32; STYLE.len()],
    /// Its vector, then that times the vector of what it answers, then the cosine of both; empty without an encoder.
    pub meaning: Vec<f32>,
    /// What a pair encoder says of it beside its prompt; 0 without one.
    pub pair: f64,
}

/// Responses encoded between two looks at whether to stop.
const BATCH: usize = 64;

/// Reads responses. The vector of a prompt is that of the last thing said. `go_on` is asked between batches and hears how many
/// were read.
pub fn see(
    said: &[Said],
    encoder: Option<&dyn Embed>,
    go_on: &mut dyn FnMut(usize) -> Result<(), TuneError>,
) -> Result<Vec<Seen>, TuneError> {
    let mut seen: Vec<Seen> = said
        .par_iter()
        .map(|said| Seen { text: said.response.clone(), style: style(said), meaning: Vec::new(), pair: 0.0 })
        .collect();
    let Some(encoder) = encoder else {
        go_on(said.len())?;
        return Ok(seen);
    };
    for (said, seen) in said.chunks(BATCH).zip(seen.chunks_mut(BATCH)) {
        let asked = |said: &Said| said.prompt.last().map_or(String::new(), |turn| turn.1.clone());
        let prompts: Vec<String> = said.iter().map(asked).collect();
        // Many responses answer the same prompt, and so do neighbours most often.
        let mut distinct: Vec<&str> = prompts.iter().map(String::as_str).collect();
        distinct.sort_unstable();
        distinct.dedup();
        let asked = vectors(&distinct, encoder)?;
        let responses: Vec<&str> = said.iter().map(|said| said.response.as_str()).collect();
        let answered = vectors(&responses, encoder)?;
        for ((seen, prompt), vector) in seen.iter_mut().zip(&prompts).zip(answered) {
            let prompt = distinct.binary_search(&prompt.as_str()).map_or(&[][..], |at| &asked[at]);
            seen.meaning = meaning(vector, prompt);
        }
        go_on(said.len())?;
    }
    Ok(seen)
}

/// A vector, its product with another brought to about the same length, and their cosine.
fn meaning(mut vector: Vec<f32>, prompt: &[f32]) -> Vec<f32> {
    let even = (vector.len() as f32).sqrt();
    let product: Vec<f32> = vector.iter().zip(prompt).map(|(x, y)| x * y * even).collect();
    let cosine = product.iter().sum::<f32>() / even;
    vector.extend(product);
    vector.push(cosine);
    vector
}
