//! The examples most like what is asked for: by vectors, or by the words they share where the task has no encoder.

use std::collections::{BTreeMap, BTreeSet};

use engraft_core::{Embed, terms};
use engraft_nn::Embedder;

use super::data::Data;
use crate::decide::kept::Kept;
use crate::decide::meter::{Used, metered};
use crate::decide::nearest::nearest;
use crate::decide::vectors::{self, Encoded, beginning};
use crate::{Context, Error};

/// The examples near each row asked.
pub(super) struct Nearest<'a> {
    /// For each row the places of the nearest examples, nearest first, and what finding them took.
    pub(super) rows: Vec<(Vec<usize>, Used)>,
    /// What it took to make the examples ready to be found.
    pub(super) built: Used,
    known: Known<'a>,
    k: usize,
}

/// Examples that can be found.
enum Known<'a> {
    Vectors(&'a Embedder, Encoded),
    Words(Words),
}

impl<'a> Nearest<'a> {
    /// Finds the `k` nearest examples to every row.
    pub(super) fn find(
        context: Context,
        data: &Data,
        encoder: Option<&'a Embedder>,
        kept: &Kept,
        (fingerprint, k): (&str, usize),
    ) -> Result<Nearest<'a>, Error> {
        let Some(encoder) = encoder else {
            let (words, built) = metered(|| Words::of(data));
            let rows = data.asked.iter().map(|row| metered(|| words.nearest(&row.input, k))).collect();
            return Ok(Nearest { rows, built, known: Known::Words(words), k });
        };
        let texts: Vec<&str> = data.asked.iter().map(|row| row.input.as_str()).collect();
        let asked = vectors::one_by_one(context, encoder, kept, fingerprint, &texts)?;
        let texts: Vec<&str> = data.examples.iter().map(|row| row.input.as_str()).collect();
        let known = vectors::in_batches(context, encoder, kept, "examples", fingerprint, &texts)?;
        let find = |at: usize| {
            let (found, used) = metered(|| near(&known, asked.vectors.row(at), k));
            let encoding = asked.used[at];
            (found, Used { ms: encoding.ms + used.ms, cpu_s: encoding.cpu_s + used.cpu_s })
        };
        let rows = (0..data.asked.len()).map(find).collect();
        let built = Used::sum(&known.used);
        Ok(Nearest { rows, built, known: Known::Vectors(encoder, known), k })
    }

    /// Finds the examples nearest to a text once more, as it would come in.
    pub(super) fn again(&self, input: &str) -> Result<Vec<usize>, Error> {
        match &self.known {
            Known::Words(words) => Ok(words.nearest(input, self.k)),
            Known::Vectors(encoder, known) => {
                let found = encoder.embed(&[beginning(encoder, input)])?;
                Ok(near(known, &found[0], self.k))
            }
        }
    }
}

/// The places of the nearest examples by vectors.
fn near(known: &Encoded, question: &[f32], k: usize) -> Vec<usize> {
    let found = nearest(&known.vectors, 0..known.used.len(), question, k);
    found.into_iter().map(|(_, place)| place).collect()
}

/// The words of examples, and how many of them have each.
struct Words {
    known: Vec<BTreeSet<String>>,
    with: BTreeMap<String, usize>,
}

impl Words {
    fn of(data: &Data) -> Words {
        let known: Vec<BTreeSet<String>> =
            data.examples.iter().map(|row| terms(&row.input).into_iter().collect()).collect();
        let mut with: BTreeMap<String, usize> = BTreeMap::new();
        known.iter().flatten().for_each(|word| *with.entry(word.clone()).or_default() += 1);
        Words { known, with }
    }

    /// Words in common, rare ones more: the sum of log(1 + n / number of examples with the word), over the root of the
    /// example's number of words.
    fn nearest(&self, input: &str, k: usize) -> Vec<usize> {
        let n = self.known.len() as f64;
        let asked: BTreeSet<String> = terms(input).into_iter().collect();
        let likeness = |words: &BTreeSet<String>| {
            let shared = words.intersection(&asked).map(|word| (1.0 + n / self.with[word] as f64).ln());
            shared.sum::<f64>() / (words.len().max(1) as f64).sqrt()
        };
        let mut order: Vec<(f64, usize)> = self.known.iter().map(likeness).zip(0..).collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        order.into_iter().take(k).map(|(_, place)| place).collect()
    }
}
