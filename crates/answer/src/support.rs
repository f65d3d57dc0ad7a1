//! Support: how likely the quotes hold the answer.
//!
//! A logistic model over what the reader saw. It was fitted by `examples/fit.rs` on questions whose passage is known,
//! each once with the sources that retrieval gives and once with the passages that answer taken away; that file says on
//! which data, how well it separates the two, and how the threshold was chosen.

use std::collections::BTreeSet;

use crate::Source;
use crate::rank::{Question, Ranked};
use crate::words::terms;

/// What support is computed from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Whether anything is quoted.
    pub quoted: bool,
    /// The best quoted sentence's cosine to the question; `None` without an embedding.
    pub cosine: Option<f32>,
    /// Weighted share of the question's content words in the quotes and the headings above them.
    pub covered: f32,
    /// The same for the whole passage of the best quote.
    pub passage: f32,
    /// The share of the question's names and numbers in that passage; 1 when it has none.
    pub names: f32,
    /// The best share any single sentence has, with the headings left out.
    pub sentence: f32,
    /// The share of its neighbouring words that stand near each other in a quote.
    pub paired: f32,
    /// Whether a quote offers the sort of thing that is asked for.
    pub cue: f32,
    /// The best passage's cosine; 0 when unknown.
    pub dense: f32,
    /// How far that is above the mean of the other passages; 0 when there are none.
    pub lead: f32,
}

/// The evidence of the chosen units.
pub(crate) fn evidence(
    question: &Question<'_>,
    chosen: &[&Ranked<'_>],
    ranked: &[Ranked<'_>],
    sources: &[Source<'_>],
) -> Evidence {
    let Some(best) = chosen.first() else {
        return Evidence::default();
    };
    let mut quoted: BTreeSet<String> = BTreeSet::new();
    for ranked in chosen {
        let source = &sources[ranked.unit.source];
        let above = source.title.iter().chain(&source.heading).flat_map(|line| terms(line));
        quoted.extend(ranked.terms.iter().cloned().chain(above));
    }
    let most = |value: &dyn Fn(&Ranked<'_>) -> f32| chosen.iter().map(|ranked| value(ranked)).fold(0.0, f32::max);
    let dense: Vec<f32> = sources.iter().map(|source| source.dense.unwrap_or(0.0)).collect();
    let top = dense.iter().copied().fold(0.0, f32::max);
    let rest = (dense.len() as f32 - 1.0).max(1.0);
    let others = (dense.iter().sum::<f32>() - top) / rest;
    Evidence {
        quoted: true,
        cosine: ranked.iter().filter_map(|ranked| ranked.signals.cosine).reduce(f32::max),
        covered: question.covered(&quoted),
        passage: question.covered_by(best.unit.source),
        names: question.named_by(best.unit.source),
        sentence: most(&|ranked| ranked.signals.covered),
        paired: most(&|ranked| ranked.signals.paired),
        cue: most(&|ranked| ranked.signals.cue),
        dense: top,
        lead: if dense.len() > 1 { top - others } else { 0.0 },
    }
}

impl Evidence {
    /// The evidence in the order of the weights, the cosine left out.
    pub fn values(&self) -> [f32; 8] {
        [self.covered, self.passage, self.names, self.sentence, self.paired, self.cue, self.dense, self.lead]
    }

    /// How likely the quotes hold the answer, in `[0, 1]`; 0 when nothing is quoted.
    pub fn support(&self) -> f32 {
        if !self.quoted {
            return 0.0;
        }
        let (weights, start) = match self.cosine {
            Some(cosine) => (&WITH_COSINE, WITH_COSINE_START + WITH_COSINE_FACTOR * cosine),
            None => (&WORDS_ONLY, WORDS_ONLY_START),
        };
        let log_odds = start + weights.iter().zip(self.values()).map(|(weight, value)| weight * value).sum::<f32>();
        1.0 / (1.0 + (-log_odds).exp())
    }
}

// Fitted by `examples/fit.rs`; the order is that of `Evidence::values`.
const WITH_COSINE_START: f32 = -6.0;
const WITH_COSINE_FACTOR: f32 = 5.0;
const WITH_COSINE: [f32; 8] = [2.0, 2.0, 1.0, 1.0, 0.5, 0.5, 2.0, 2.0];
const WORDS_ONLY_START: f32 = -4.0;
const WORDS_ONLY: [f32; 8] = [3.0, 3.0, 1.0, 1.0, 0.5, 0.5, 1.0, 1.0];
