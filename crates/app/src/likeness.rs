//! Likeness of texts: the cosine of what the encoder makes of them, or of their weighted words where there is none.

use std::collections::BTreeMap;
use std::sync::Arc;

use engraft_core::{Embed, EmbedError, content_hash};
use rayon::prelude::*;

use crate::{Context, Error, Workspace};

/// Texts encoded between two looks at whether to stop.
const BATCH: usize = 64;
/// Dimensions of a vector of words.
const FOLDED: usize = 1024;
/// Vectors kept in memory from one question to the next.
pub(crate) const KEPT: usize = 20_000;

/// Texts as points.
pub(crate) enum Points {
    /// By meaning, of unit length.
    Meaning(Vec<Arc<[f32]>>),
    /// By words: word numbers in order with weights, of unit length.
    Words(Vec<Vec<(u32, f32)>>),
}

impl Points {
    /// How alike two of them are, in `[-1, 1]`.
    pub(crate) fn likeness(&self, a: usize, b: usize) -> f64 {
        match self {
            Points::Meaning(points) => {
                points[a].iter().zip(points[b].iter()).map(|(x, y)| f64::from(x * y)).sum()
            }
            Points::Words(points) => joint(&points[a], &points[b]),
        }
    }

    /// One of them as a vector; words share dimensions where there are more than [`FOLDED`] of them.
    pub(crate) fn vector(&self, one: usize) -> Vec<f32> {
        match self {
            Points::Meaning(points) => points[one].to_vec(),
            Points::Words(points) => {
                let mut folded = vec![0.0; FOLDED];
                for (number, weight) in &points[one] {
                    folded[*number as usize % FOLDED] += weight;
                }
                folded
            }
        }
    }

    /// What it goes by, in words.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Points::Meaning(_) => "embeddings",
            Points::Words(_) => "words",
        }
    }
}

/// The points of texts.
pub(crate) fn points(context: Context, workspace: &Workspace, texts: &[String]) -> Result<Points, Error> {
    match workspace.encoder(context)? {
        Some(encoder) => Ok(Points::Meaning(meanings(context, workspace, encoder, texts)?)),
        None => Ok(Points::Words(words(texts))),
    }
}

/// How alike each text is to the wanted one.
pub(crate) fn compare(
    context: Context,
    workspace: &Workspace,
    wanted: &str,
    texts: &[String],
) -> Result<Vec<f64>, Error> {
    let all: Vec<String> = std::iter::once(wanted.to_string()).chain(texts.iter().cloned()).collect();
    let points = points(context, workspace, &all)?;
    Ok((1..all.len()).map(|place| points.likeness(0, place)).collect())
}

fn meanings(
    context: Context,
    workspace: &Workspace,
    encoder: &dyn Embed,
    texts: &[String],
) -> Result<Vec<Arc<[f32]>>, Error> {
    let keys: Vec<String> = texts.iter().map(|text| content_hash(text.as_bytes())).collect();
    let mut known: BTreeMap<String, Arc<[f32]>> = {
        let kept = workspace.meanings.lock();
        let kept = kept.unwrap_or_else(std::sync::PoisonError::into_inner);
        keys.iter().filter_map(|key| Some((key.clone(), Arc::clone(kept.get(key)?)))).collect()
    };
    let new: BTreeMap<&String, &str> = keys
        .iter()
        .zip(texts)
        .filter(|(key, _)| !known.contains_key(*key))
        .map(|(key, text)| (key, text.as_str()))
        .collect();
    if !new.is_empty() {
        context.progress.stage("compare", Some(new.len() as u64));
    }
    let new: Vec<(&String, &str)> = new.into_iter().collect();
    for batch in new.chunks(BATCH) {
        if context.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        for ((key, _), vector) in batch.iter().zip(embed(encoder, batch)?) {
            known.insert((*key).clone(), vector.into());
        }
        context.progress.advance(batch.len() as u64);
    }
    let found = keys.iter().filter_map(|key| known.get(key).map(Arc::clone)).collect();
    let mut kept = workspace.meanings.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if kept.len() + known.len() > KEPT {
        kept.clear();
    }
    kept.extend(known.into_iter().take(KEPT));
    Ok(found)
}

fn embed(encoder: &dyn Embed, batch: &[(&String, &str)]) -> Result<Vec<Vec<f32>>, Error> {
    let texts: Vec<&str> = batch.iter().map(|(_, text)| *text).collect();
    match encoder.embed(&texts) {
        Err(EmbedError::TooLong { .. }) => texts.iter().map(|text| embed_long(encoder, text)).collect(),
        done => Ok(done?),
    }
}

/// The vector of a text of any length: one that does not fit is read in halves, whose vectors are averaged.
fn embed_long(encoder: &dyn Embed, text: &str) -> Result<Vec<f32>, Error> {
    match encoder.embed(&[text]) {
        Err(EmbedError::TooLong { .. }) => {
            let middle = text.chars().count() / 2;
            let cut = text.char_indices().nth(middle).map_or(text.len(), |(place, _)| place);
            let (a, b) = (embed_long(encoder, &text[..cut])?, embed_long(encoder, &text[cut..])?);
            let sum: Vec<f32> = a.iter().zip(&b).map(|(x, y)| x + y).collect();
            let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::EPSILON);
            Ok(sum.into_iter().map(|x| x / length).collect())
        }
        done => Ok(done?.pop().unwrap_or_default()),
    }
}

/// TF-IDF: a word weighs by how often it stands in the text and how few texts have it.
fn words(texts: &[String]) -> Vec<Vec<(u32, f32)>> {
    let split: Vec<BTreeMap<String, u32>> = texts.par_iter().map(|text| counted(text)).collect();
    let mut known: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for word in split.iter().flat_map(BTreeMap::keys) {
        let next = known.len() as u32;
        known.entry(word).or_insert((next, 0)).1 += 1;
    }
    let all = texts.len() as f32;
    let weigh = |counts: &BTreeMap<String, u32>| {
        let mut point: Vec<(u32, f32)> = counts
            .iter()
            .filter_map(|(word, count)| {
                let (number, texts) = known.get(word.as_str())?;
                Some((*number, (1.0 + (*count as f32).ln()) * (1.0 + all / *texts as f32).ln()))
            })
            .collect();
        point.sort_by_key(|(number, _)| *number);
        let length = point.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt().max(f32::EPSILON);
        point.iter_mut().for_each(|(_, weight)| *weight /= length);
        point
    };
    split.iter().map(weigh).collect()
}

fn counted(text: &str) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for word in text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()) {
        *counts.entry(word.to_lowercase()).or_insert(0) += 1;
    }
    counts
}

fn joint(a: &[(u32, f32)], b: &[(u32, f32)]) -> f64 {
    let (mut i, mut j, mut sum) = (0, 0, 0.0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        match x.0.cmp(&y.0) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                sum += f64::from(x.1 * y.1);
                i += 1;
                j += 1;
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_words_make_texts_alike() {
        let texts = ["the rain gauge", "a Rain gauge!", "the bus", "the train"].map(str::to_string);
        let points = Points::Words(words(&texts));
        assert!((points.likeness(0, 0) - 1.0).abs() < 1e-6);
        assert!(points.likeness(0, 1) > points.likeness(0, 2));
        assert_eq!(points.likeness(1, 3), 0.0);
    }
}
