//! Texts as vectors: examples in batches, questions one by one with what each took; kept, so that none is encoded twice.

use engraft_core::Embed;
use engraft_nn::Embedder;
use engraft_tune::Matrix;
use engraft_tune::data::{OverLength, pieces};
use serde::{Deserialize, Serialize};

use crate::decide::kept::Kept;
use crate::decide::meter::{Used, metered};
use crate::{Context, Error};

/// Texts encoded between two looks at whether to stop.
const BATCH: usize = 64;

/// Vectors with what they took.
pub(super) struct Encoded {
    pub(super) vectors: Matrix,
    /// One a text, when encoded one by one; else the mean of its batch.
    pub(super) used: Vec<Used>,
    /// Texts that were cut to the encoder's window.
    pub(super) cut: usize,
}

#[derive(Serialize, Deserialize)]
struct Line {
    ms: f64,
    cpu_s: f64,
    cut: bool,
    /// The vector's bits, so that reading it back is exact.
    bits: Vec<u32>,
}

/// Encodes `texts` in batches of `batch`; results called `name` are kept.
fn encode(
    context: Context,
    encoder: &Embedder,
    kept: &Kept,
    name: &str,
    fingerprint: &str,
    texts: &[&str],
    batch: usize,
) -> Result<Encoded, Error> {
    let (lines, mut more) = kept.results::<Line>(name, fingerprint)?;
    let done = lines.len().min(texts.len());
    let mut all = Encoded {
        vectors: Matrix { columns: encoder.dim(), data: Vec::with_capacity(texts.len() * encoder.dim()) },
        used: Vec::with_capacity(texts.len()),
        cut: 0,
    };
    let take = |all: &mut Encoded, line: &Line| {
        all.vectors.data.extend(line.bits.iter().map(|bits| f32::from_bits(*bits)));
        all.used.push(Used { ms: line.ms, cpu_s: line.cpu_s });
        all.cut += usize::from(line.cut);
    };
    lines.iter().take(done).for_each(|line| take(&mut all, line));
    context.progress.stage(&format!("encode {name}"), Some(texts.len() as u64));
    context.progress.advance(done as u64);
    // The first text of all warms the encoder up.
    if done < texts.len() {
        encoder.embed(&["warm"])?;
    }
    for batch in texts[done..].chunks(batch) {
        if context.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let fitting: Vec<&str> = batch.iter().map(|text| beginning(encoder, text)).collect();
        let (vectors, used) = metered(|| encoder.embed(&fitting));
        let n = batch.len() as f64;
        for ((vector, text), fit) in vectors?.into_iter().zip(batch).zip(&fitting) {
            let line = Line {
                ms: used.ms / n,
                cpu_s: used.cpu_s / n,
                cut: fit.len() < text.trim_end().len(),
                bits: vector.into_iter().map(f32::to_bits).collect(),
            };
            more.keep(&line)?;
            take(&mut all, &line);
        }
        context.progress.advance(batch.len() as u64);
    }
    Ok(all)
}

/// What of a text the encoder reads.
pub(super) fn beginning<'a>(encoder: &Embedder, text: &'a str) -> &'a str {
    let parts = pieces(text, encoder, encoder.window(), OverLength::Truncate);
    parts.first().copied().unwrap_or("")
}

/// Encodes questions one after another, as they come in.
pub(super) fn one_by_one(
    context: Context,
    encoder: &Embedder,
    kept: &Kept,
    fingerprint: &str,
    texts: &[&str],
) -> Result<Encoded, Error> {
    encode(context, encoder, kept, "questions", fingerprint, texts, 1)
}

/// Encodes examples, many at once.
pub(super) fn in_batches(
    context: Context,
    encoder: &Embedder,
    kept: &Kept,
    name: &str,
    fingerprint: &str,
    texts: &[&str],
) -> Result<Encoded, Error> {
    encode(context, encoder, kept, name, fingerprint, texts, BATCH)
}
