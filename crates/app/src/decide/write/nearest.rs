//! The examples most like what is asked for: by vectors, or by the words they share where the task has no encoder.

use std::collections::{BTreeMap, BTreeSet};

use engraft_core::terms;
use engraft_nn::Embedder;

use super::data::Data;
use crate::decide::kept::Kept;
use crate::decide::meter::{Used, metered};
use crate::decide::nearest::nearest;
use crate::decide::vectors;
use crate::{Context, Error};

/// For each row asked, the places of the nearest examples, nearest first, and what finding them took.
pub(super) fn examples(
    context: Context,
    data: &Data,
    encoder: Option<&Embedder>,
    kept: &Kept,
    (fingerprint, k): (&str, usize),
) -> Result<Vec<(Vec<usize>, Used)>, Error> {
    let Some(encoder) = encoder else { return Ok(by_words(data, k)) };
    let texts: Vec<&str> = data.asked.iter().map(|row| row.input.as_str()).collect();
    let asked = vectors::one_by_one(context, encoder, kept, fingerprint, &texts)?;
    let texts: Vec<&str> = data.examples.iter().map(|row| row.input.as_str()).collect();
    let known = vectors::in_batches(context, encoder, kept, "examples", fingerprint, &texts)?;
    let find = |at: usize| {
        let rows = 0..data.examples.len();
        let (found, used) = metered(|| nearest(&known.vectors, rows, asked.vectors.row(at), k));
        let encoding = asked.used[at];
        let used = Used { ms: encoding.ms + used.ms, cpu_s: encoding.cpu_s + used.cpu_s };
        (found.into_iter().map(|(_, place)| place).collect(), used)
    };
    Ok((0..data.asked.len()).map(find).collect())
}

/// Words in common, rare ones more: the sum of log(1 + n / number of examples with the word), over the root of the
/// example's number of words.
fn by_words(data: &Data, k: usize) -> Vec<(Vec<usize>, Used)> {
    let known: Vec<BTreeSet<String>> =
        data.examples.iter().map(|row| terms(&row.input).into_iter().collect()).collect();
    let mut with: BTreeMap<&str, usize> = BTreeMap::new();
    known.iter().flatten().for_each(|word| *with.entry(word).or_default() += 1);
    let n = known.len() as f64;
    let find = |input: &str| {
        let asked: BTreeSet<String> = terms(input).into_iter().collect();
        let likeness = |words: &BTreeSet<String>| {
            let shared = words.intersection(&asked).map(|word| (1.0 + n / with[word.as_str()] as f64).ln());
            shared.sum::<f64>() / (words.len().max(1) as f64).sqrt()
        };
        let mut order: Vec<(f64, usize)> = known.iter().map(likeness).zip(0..).collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        order.into_iter().take(k).map(|(_, place)| place).collect()
    };
    data.asked.iter().map(|row| metered(|| find(&row.input))).collect()
}
