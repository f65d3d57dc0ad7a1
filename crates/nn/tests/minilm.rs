//! The encoder on all-MiniLM-L6-v2 against vectors of sentence-transformers (made by `xtask/golden/embeddings.py`).

#![expect(clippy::unwrap_used, reason = "a test that cannot prepare its input has failed")]

use engraft_core::{CountTokens, Embed, EmbedError};
use engraft_nn::{Embedder, Encoder, EncoderOptions, Precision};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    text: String,
    ids: Vec<u32>,
    vector: Vec<f32>,
}

fn golden() -> Vec<Case> {
    let golden: Golden = serde_json::from_str(include_str!("golden/minilm.json")).unwrap();
    golden.cases
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&x, &y)| f64::from(x) * f64::from(y)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// The largest difference of a number.
fn farthest(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max)
}

/// The least and the mean cosine to the golden vectors, and the largest difference from one of their numbers.
fn likeness(precision: Precision, instructions: Option<&'static str>) -> Option<(f64, f64, f32)> {
    let dir = engraft_testkit::model()?;
    let encoder =
        Encoder::open(&dir, EncoderOptions { precision, threads: 2, instructions, layers: None }).unwrap();
    let mut cases = golden();
    if instructions == Some("portable") {
        // Slow; one in seven will do.
        cases = cases.into_iter().step_by(7).collect();
    }
    let ids: Vec<Vec<u32>> = cases.iter().map(|case| case.ids.clone()).collect();
    let vectors = encoder.encode_ids(&ids).unwrap();
    let cosines: Vec<f64> =
        vectors.iter().zip(&cases).map(|(vector, case)| cosine(vector, &case.vector)).collect();
    let least = cosines.iter().copied().fold(1.0, f64::min);
    let off = vectors.iter().zip(&cases).map(|(vector, case)| farthest(vector, &case.vector));
    Some((least, cosines.iter().sum::<f64>() / cosines.len() as f64, off.fold(0.0, f32::max)))
}

#[test]
fn f32_is_exact_with_every_instruction_set() {
    for set in Encoder::instruction_sets() {
        let Some((least, _, off)) = likeness(Precision::F32, Some(set)) else { return };
        assert!(least >= 0.999_999_9 && off <= 1e-4, "{set}: {least}, {off}");
    }
}

#[test]
fn bf16_is_nearly_exact() {
    let Some((least, mean, _)) = likeness(Precision::Bf16, None) else { return };
    assert!(least >= 0.9999 && mean >= 0.99995, "least {least}, mean {mean}");
}

#[test]
fn int8_is_close_with_every_instruction_set() {
    for set in Encoder::instruction_sets() {
        let Some((least, mean, _)) = likeness(Precision::Int8, Some(set)) else { return };
        assert!(least >= 0.98 && mean >= 0.99, "{set}: least {least}, mean {mean}");
    }
}

#[test]
fn texts_become_the_vectors_of_sentence_transformers() {
    let Some(dir) = engraft_testkit::model() else { return };
    let embedder = Embedder::open(&dir, "all-MiniLM-L6-v2", EncoderOptions::default()).unwrap();
    assert_eq!((embedder.dim(), embedder.window()), (384, 256));
    assert!(embedder.name().starts_with("all-MiniLM-L6-v2@"));
    let cases = golden();
    let texts: Vec<&str> = cases.iter().map(|case| case.text.as_str()).collect();
    for (vector, case) in embedder.embed(&texts).unwrap().iter().zip(&cases) {
        assert!(cosine(vector, &case.vector) >= 0.999_999_9, "{}", case.text);
        assert!(farthest(vector, &case.vector) <= 1e-4, "{}", case.text);
        assert_eq!(embedder.count(&case.text) + 2, case.ids.len());
    }
}

#[test]
fn a_text_beyond_the_window_is_refused_not_cut() {
    let Some(dir) = engraft_testkit::model() else { return };
    let embedder = Embedder::open(&dir, "MiniLM", EncoderOptions::default()).unwrap();
    let fits = "word ".repeat(254);
    let too_long = "word ".repeat(255);
    assert!(embedder.embed(&[&fits]).is_ok());
    let error = embedder.embed(&["short", &too_long]).unwrap_err();
    assert!(matches!(error, EmbedError::TooLong { tokens: 257, window: 256, .. }), "{error}");
}

#[test]
#[cfg(target_os = "linux")]
fn the_weights_are_mapped_into_memory() {
    let Some(dir) = engraft_testkit::model() else { return };
    let encoder = Embedder::open(&dir, "minilm", EncoderOptions::default()).unwrap();
    let weights = dir.canonicalize().unwrap().join("model.safetensors");
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    assert!(maps.lines().any(|line| line.ends_with(weights.to_str().unwrap())), "{maps}");
    drop(encoder);
}
