//! Support: how likely the quotes hold the answer.
//!
//! Two logistic models. The first, the evidence, decides whether there is an answer: fitted by `examples/fit` on XQuAD in
//! English, the sample handbook with its near misses and questions on changed pages of a staff handbook, each question asked
//! as it is and once with the documents that answer it taken away. At the bound `ENOUGH` the sample has 62 of 109 questions
//! answered and 2 of the 24 near misses. Those counts are not held out: the near misses were read when question words were
//! added to `cue.rs`, and the bound and the deduction for an unmet cue were chosen with them in view.
//!
//! The second says how likely what is answered is right. It is fitted on other sets than the first: XQuAD in German and
//! Spanish (translations of the English questions), headings of a staff handbook that are questions, annual reports and
//! scientific claims, the same slopes for all and the level of XQuAD, whose questions can be understood alone. What it
//! reaches is measured by `bench/answers`; why it is not more is in `docs/design/0026-what-support-says.md`.

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
    /// Whether the best sentence offers the sort of thing the question asks for.
    pub cue: f32,
    /// The weight of the rarest content word that the passage lacks, over that of all.
    pub missed: f32,
    /// The best sentence's log-odds, over ten.
    pub score: f32,
    /// How far that is above the best one of another document, over ten.
    pub ahead: f32,
    /// The cosine of the passage of the best sentence; 0 when unknown.
    pub own_dense: f32,
    /// How far the best passage's cosine is above the mean of the other passages; 0 when there are none.
    pub lead: f32,
    /// How many of the question's content words the quotes hold, over five.
    pub words: f32,
    /// How far the passage's BM25 score is above the best one of another document, over twenty; 0 is that of a passage without a
    /// word of the question.
    pub lexical_lead: f32,
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
    let dense: Vec<f32> = sources.iter().map(|source| source.dense.unwrap_or(0.0)).collect();
    let top = dense.iter().copied().fold(0.0, f32::max);
    let rest = (dense.len() as f32 - 1.0).max(1.0);
    let others = (dense.iter().sum::<f32>() - top) / rest;
    let uri = &sources[best.unit.source].uri;
    let rival = ranked.iter().find(|other| sources[other.unit.source].uri != *uri);
    let lexical = |source: &Source<'_>| source.lexical.unwrap_or(0.0);
    let elsewhere = sources.iter().filter(|source| source.uri != *uri).map(lexical).fold(0.0, f32::max);
    let quoted = |term: &&String| chosen.iter().any(|ranked| ranked.terms.contains(*term));
    Evidence {
        quoted: true,
        cosine: chosen.iter().filter_map(|ranked| ranked.signals.cosine).reduce(f32::max),
        passage: question.covered_by(best.unit.source),
        names: question.named_by(best.unit.source),
        near: question.named(&best.placed),
        sentence: chosen.iter().map(|ranked| ranked.signals.covered).fold(0.0, f32::max),
        cue: best.signals.cue,
        missed: question.missed_by(best.unit.source),
        score: best.score / 10.0,
        ahead: rival.map_or(0.5, |rival| ((best.score - rival.score) / 10.0).min(0.5)),
        own_dense: sources[best.unit.source].dense.unwrap_or(0.0),
        lead: if dense.len() > 1 { top - others } else { 0.0 },
        words: question.terms.iter().filter(quoted).count() as f32 / 5.0,
        lexical_lead: (lexical(&sources[best.unit.source]) - elsewhere) / 20.0,
    }
}

impl Evidence {
    /// What the evidence is weighed by, in the order of the weights, the cosine and the cue left out.
    pub fn values(&self) -> [f32; 9] {
        [
            self.passage,
            self.names,
            self.near,
            self.sentence,
            self.missed,
            self.score,
            self.ahead,
            self.own_dense,
            self.lead,
        ]
    }

    /// What tells right answers from wrong ones, in the order of the weights.
    pub fn telling(&self) -> [f32; 3] {
        [self.log_odds(), self.words, self.lexical_lead]
    }

    /// Whether there is enough of it for an answer.
    pub fn is_enough(&self) -> bool {
        self.quoted && self.log_odds() >= ENOUGH
    }

    /// The log-odds, by the first model, that the quotes hold the answer.
    fn log_odds(&self) -> f32 {
        let (weights, start) = match self.cosine {
            Some(cosine) => (&WITH_COSINE, WITH_COSINE_START + WITH_COSINE_FACTOR * cosine),
            None => (&WORDS_ONLY, WORDS_ONLY_START),
        };
        let unmet = if self.cue == 0.0 { UNMET } else { 0.0 };
        start - unmet + weighed(weights, &self.values())
    }

    /// How likely the quotes hold the answer, in `[0, 1]`: at least one half where there is enough evidence and less
    /// where there is not; 0 when nothing is quoted.
    pub fn support(&self) -> f32 {
        if !self.quoted {
            return 0.0;
        }
        if !self.is_enough() {
            return likely(self.log_odds());
        }
        let (start, weights) = if self.cosine.is_some() { &TOLD_WITH_COSINE } else { &TOLD_BY_WORDS };
        likely(start + weighed(weights, &self.telling())).max(0.5)
    }
}

fn weighed(weights: &[f32], values: &[f32]) -> f32 {
    weights.iter().zip(values).map(|(weight, value)| weight * value).sum()
}

fn likely(log_odds: f32) -> f32 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// The log-odds from which on there is enough evidence. Chosen, not fitted.
const ENOUGH: f32 = -0.2;

/// What is taken off when the quote lacks the sort of thing that is asked for, such as a date: enough that it takes strong
/// evidence to answer all the same. Chosen, not fitted.
const UNMET: f32 = 4.0;

// Fitted by `examples/fit`; the order is that of `Evidence::values`.
const WITH_COSINE_START: f32 = -6.07;
const WITH_COSINE_FACTOR: f32 = 2.50;
const WITH_COSINE: [f32; 9] = [1.67, 1.33, 0.08, 0.18, 0.37, 1.63, 4.63, 2.26, 0.57];
const WORDS_ONLY_START: f32 = -3.99;
const WORDS_ONLY: [f32; 9] = [2.03, 1.47, 0.25, 0.54, -0.03, 1.52, 4.80, 0.0, 0.0];

// Fitted by `examples/fit`; the order is that of `Evidence::telling`.
const TOLD_WITH_COSINE: (f32, [f32; 3]) = (1.09, [0.74, 0.42, 0.86]);
const TOLD_BY_WORDS: (f32, [f32; 3]) = (0.83, [0.66, 0.89, 0.77]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_half_parts_what_is_answered_from_what_is_not() {
        let strong = Evidence {
            quoted: true,
            passage: 1.0,
            names: 1.0,
            ahead: 0.5,
            score: 0.1,
            cue: 1.0,
            ..Evidence::default()
        };
        let with = |words, lexical_lead| Evidence { words, lexical_lead, ..strong }.support();
        let all = [with(0.0, -2.0), with(0.0, 0.0), with(1.0, 0.0), with(1.0, 0.5), with(2.0, 2.0)];
        assert!(all.is_sorted() && all.iter().all(|support| (0.5..=1.0).contains(support)), "{all:?}");
        assert!(all[4] > all[1] + 0.05, "{all:?}");
        let weak = Evidence { cue: 0.0, ..strong };
        assert!(!weak.is_enough() && weak.support() < 0.45);
        assert_eq!(Evidence::default().support(), 0.0);
    }
}
