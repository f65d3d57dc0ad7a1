//! How alike two texts are: the words they share, and the words they share in the same order.

use std::collections::BTreeMap;

use serde::Serialize;

/// How much of the reference is found; all in `[0, 1]`.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Similarity {
    /// The harmonic mean of precision and recall over bags of words.
    pub(crate) f1: f64,
    /// Twice the longest common subsequence of words over the number of words of both.
    pub(crate) ordered: f64,
    /// The share of the reference's words (or segments) that are found.
    pub(crate) recall: f64,
    /// The share of the found words (or segments) that the reference wants.
    pub(crate) precision: f64,
}

/// Words compared in order; longer texts are cut, the bags of words are not.
const ORDERED: usize = 20_000;

/// Compares `found` with the reference `wanted`.
pub(crate) fn compare(found: &str, wanted: &str) -> Similarity {
    let (found, wanted) = (words(found), words(wanted));
    if wanted.is_empty() || found.is_empty() {
        let same = if wanted.is_empty() && found.is_empty() { 1.0 } else { 0.0 };
        return Similarity { f1: same, ordered: same, recall: same, precision: same };
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    wanted.iter().for_each(|word| *counts.entry(word).or_default() += 1);
    let mut shared = 0;
    for word in &found {
        if let Some(count) = counts.get_mut(word.as_str()).filter(|count| **count > 0) {
            *count -= 1;
            shared += 1;
        }
    }
    let (recall, precision) = (shared as f64 / wanted.len() as f64, shared as f64 / found.len() as f64);
    let (a, b) = (&found[..found.len().min(ORDERED)], &wanted[..wanted.len().min(ORDERED)]);
    let ordered = 2.0 * common_subsequence(a, b) as f64 / (a.len() + b.len()) as f64;
    let f1 = if shared == 0 { 0.0 } else { 2.0 * recall * precision / (recall + precision) };
    Similarity { f1, ordered, recall, precision }
}

/// The mean of each part.
pub(crate) fn mean(all: &[Similarity]) -> Similarity {
    let mean = |part: fn(&Similarity) -> f64| all.iter().map(part).sum::<f64>() / all.len().max(1) as f64;
    Similarity {
        f1: mean(|one| one.f1),
        ordered: mean(|one| one.ordered),
        recall: mean(|one| one.recall),
        precision: mean(|one| one.precision),
    }
}

/// Runs of letters and digits in lower case; CJK signs one by one.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for c in text.chars() {
        let is_cjk = matches!(c as u32, 0x3040..=0x30ff | 0x3400..=0x9fff | 0xac00..=0xd7af);
        if c.is_alphanumeric() && !is_cjk {
            word.extend(c.to_lowercase());
            continue;
        }
        if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if is_cjk {
            words.push(c.to_string());
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// The length of the longest common subsequence, 64 columns at a time.
///
/// Hyyrö: Bit-parallel LCS-length computation revisited (2004).
fn common_subsequence(a: &[String], b: &[String]) -> usize {
    let blocks = a.len().div_ceil(64);
    let mut places: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (at, word) in a.iter().enumerate() {
        places.entry(word).or_insert_with(|| vec![0; blocks])[at / 64] |= 1 << (at % 64);
    }
    let mut row = vec![u64::MAX; blocks];
    for word in b {
        let Some(matches) = places.get(word.as_str()) else { continue };
        let mut carry = false;
        for (bits, matched) in row.iter_mut().zip(matches) {
            let hit = *bits & matched;
            let (sum, over) = bits.overflowing_add(hit);
            let (sum, over_again) = sum.overflowing_add(u64::from(carry));
            carry = over || over_again;
            *bits = sum | (*bits - hit);
        }
    }
    let zeros = |(index, bits): (usize, &u64)| {
        let used = (a.len() - index * 64).min(64) as u32;
        let mask = if used == 64 { u64::MAX } else { (1 << used) - 1 };
        (!bits & mask).count_ones() as usize
    };
    row.iter().enumerate().map(zeros).sum()
}
