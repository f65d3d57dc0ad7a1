//! Support: how likely the quotes hold the answer.
//!
//! A logistic model over what the reader saw, fitted by `examples/fit` on XQuAD in English (612 questions) and PubMedQA
//! (500): each question is asked once with the six best passages and once with the passages that answer it taken away,
//! so that the rest of the same article remains. On halves of the articles it was not fitted on, it tells the two apart
//! with an AUROC of 0.96 with an encoder and 0.94 by words alone. Fitted on all and at the default threshold of 0.6, it
//! answers 84 % of the answerable XQuAD questions and 9 % of the others (PubMedQA: 91 % and 3 %; by words alone 82 % and
//! 9 %, 79 % and 4 %). It is calibrated for sets where half of the questions have an answer. On a staff handbook whose
//! pages repeat each other, taking one section away hardly changes it (AUROC 0.62).

use crate::Source;
use crate::rank::{Question, Ranked};

/// What support is computed from.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Whether anything is quoted.
    pub quoted: bool,
    /// The best quoted sentence's cosine to the question; `None` without an embedding.
    pub cosine: Option<f32>,
    /// Weighted share of the question's content words in the passage of the best quote, with title and headings.
    pub passage: f32,
    /// The share of the question's names and numbers there; 1 when it has none.
    pub names: f32,
    /// The same in the best sentence with its headings.
    pub near: f32,
    /// The best weighted share that a single quoted sentence has.
    pub sentence: f32,
    /// The same for the best sentence with its headings.
    pub placed: f32,
    /// The best share of neighbouring words of the question that stand near each other in a quote.
    pub paired: f32,
    /// Whether the best sentence offers the sort of thing the question asks for.
    pub cue: f32,
    /// Whether what the question asks for is named there: its first content word that is no name.
    pub focus: f32,
    /// The weight of the rarest content word that the passage lacks, over that of all.
    pub missed: f32,
    /// The best sentence's log-odds, over ten.
    pub score: f32,
    /// How far that is above the best one of another document, over ten.
    pub ahead: f32,
    /// The best passage's cosine; 0 when unknown.
    pub dense: f32,
    /// The same for the passage of the best sentence.
    pub own_dense: f32,
    /// How far the best passage's cosine is above the mean of the other passages; 0 when there are none.
    pub lead: f32,
}

/// The evidence of the chosen units, the best one first.
pub(crate) fn evidence(
    question: &Question<'_>,
    chosen: &[&Ranked<'_>],
    ranked: &[Ranked<'_>],
    sources: &[Source<'_>],
) -> Evidence {
    let Some(best) = chosen.first() else {
        return Evidence::default();
    };
    let most =
        |value: &dyn Fn(&Ranked<'_>) -> f32| chosen.iter().map(|ranked| value(ranked)).fold(0.0, f32::max);
    let dense: Vec<f32> = sources.iter().map(|source| source.dense.unwrap_or(0.0)).collect();
    let top = dense.iter().copied().fold(0.0, f32::max);
    let rest = (dense.len() as f32 - 1.0).max(1.0);
    let others = (dense.iter().sum::<f32>() - top) / rest;
    let uri = &sources[best.unit.source].uri;
    let rival = ranked.iter().find(|other| sources[other.unit.source].uri != *uri);
    Evidence {
        quoted: true,
        cosine: chosen.iter().filter_map(|ranked| ranked.signals.cosine).reduce(f32::max),
        passage: best.signals.passage,
        names: question.named_by(best.unit.source),
        near: question.named(&best.placed),
        sentence: most(&|ranked| ranked.signals.covered),
        placed: best.signals.placed,
        paired: most(&|ranked| ranked.signals.paired),
        cue: best.signals.cue,
        focus: f32::from(u8::from(question.focused(&best.placed))),
        missed: question.missed_by(best.unit.source),
        score: best.score / 10.0,
        ahead: rival.map_or(0.5, |rival| ((best.score - rival.score) / 10.0).min(0.5)),
        dense: top,
        own_dense: sources[best.unit.source].dense.unwrap_or(0.0),
        lead: if dense.len() > 1 { top - others } else { 0.0 },
    }
}

impl Evidence {
    /// The evidence in the order of the weights, the cosine left out.
    pub fn values(&self) -> [f32; 14] {
        [
            self.passage,
            self.names,
            self.near,
            self.sentence,
            self.placed,
            self.paired,
            self.cue,
            self.focus,
            self.missed,
            self.score,
            self.ahead,
            self.dense,
            self.own_dense,
            self.lead,
        ]
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
        let log_odds =
            start + weights.iter().zip(self.values()).map(|(weight, value)| weight * value).sum::<f32>();
        1.0 / (1.0 + (-log_odds).exp())
    }
}

// Fitted by `examples/fit`; the order is that of `Evidence::values`.
const WITH_COSINE_START: f32 = -7.08;
const WITH_COSINE_FACTOR: f32 = 4.83;
const WITH_COSINE: [f32; 14] = [0.0; 14];
const WORDS_ONLY_START: f32 = -3.93;
const WORDS_ONLY: [f32; 14] = [0.0; 14];
