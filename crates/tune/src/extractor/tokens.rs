//! A linear layer on the states of tokens alone: what other tools know as a model for token classification.
//!
//! A text is cut as the encoder's own tokenizer cuts it, not into the finer words of the chain, and each word gets the tag with the
//! greatest logit at its first token. That is what the pipeline of transformers does under `aggregation_strategy="first"`.

use engraft_nn::train::Draw;

use crate::TuneError;
use crate::classifier::Logistic;
use crate::data::{ExtractionRow, Labelling};
use crate::dense::Matrix;
use crate::extractor::states::{Cut, States};
use crate::extractor::{FoundSpan, bio, text};

/// Texts whose states are in memory together.
const BATCH: usize = 128;
/// Tokens the layer is fitted to, about; where there are more, those outside of spans are thinned.
const MOST: usize = 1 << 16;
/// How strongly a token pulls against the length of the weights.
const C: f64 = 1.0;

/// The layer, and what its outputs mean.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tokens {
    /// The tag of each output, such as `O`, `B-ORG` and `I-ORG`.
    pub(crate) names: Vec<String>,
    /// Tags × width.
    pub(crate) weight: Vec<f32>,
    /// One a tag.
    pub(crate) bias: Vec<f32>,
}

impl Tokens {
    /// Fits the layer to the states of an encoder: the first token of a span begins it, all others of the span go on.
    pub(crate) fn fit(
        states: &States,
        rows: &[&ExtractionRow],
        labels: &[String],
        seed: u64,
    ) -> Result<Tokens, TuneError> {
        Tokens::fit_to(MOST, states, rows, labels, seed)
    }

    /// As [`Self::fit`], to about `most` tokens.
    fn fit_to(
        most: usize,
        states: &States,
        rows: &[&ExtractionRow],
        labels: &[String],
        seed: u64,
    ) -> Result<Tokens, TuneError> {
        let cuts: Vec<Cut> = rows.iter().map(|row| states.cut(&row.text)).collect::<Result<_, _>>()?;
        let gold = |(row, cut): (&&ExtractionRow, &Cut)| {
            bio::gold(cut.words.len(), &text::marked(row, labels, &cut.words))
        };
        let gold: Vec<Vec<usize>> = rows.iter().zip(&cuts).map(gold).collect();
        let tagged = gold.iter().flatten().zip(cuts.iter().flat_map(Cut::lengths));
        let (outside, inside) = tagged.fold((0, 0), |(outside, inside), (tag, tokens)| match *tag {
            bio::OUTSIDE => (outside + tokens, inside),
            _ => (outside, inside + tokens),
        });
        let room = most.saturating_sub(inside).max(most / 8);
        let kept = (room as f64 / outside.max(1) as f64).min(1.0);
        let mut draw = Draw::new(seed, 31);
        let (mut seen, mut right) = (Matrix { columns: states.width(), data: Vec::new() }, Vec::new());
        for (cuts, gold) in cuts.chunks(BATCH).zip(gold.chunks(BATCH)) {
            for ((cut, gold), read) in cuts.iter().zip(gold).zip(states.tokens(cuts)?) {
                let mut rows = read.chunks_exact(seen.columns);
                for (&tag, tokens) in gold.iter().zip(cut.lengths()) {
                    for (place, state) in rows.by_ref().take(tokens).enumerate() {
                        if tag == bio::OUTSIDE && kept < 1.0 && draw.unit() >= kept {
                            continue;
                        }
                        seen.data.extend_from_slice(state);
                        right.push(vec![if place == 0 { tag } else { bio::behind(tag) }]);
                    }
                }
            }
        }
        let names = bio::names(labels);
        let fitted = Logistic::train(&seen, &right, names.len(), Labelling::Single, C, None);
        let (width, tags) = (seen.columns, names.len());
        let weight = (0..tags * width).map(|at| fitted.weights[at % width * tags + at / width]).collect();
        let mut bias = fitted.bias;
        // Being outside is so much more frequent than in the sample (King and Zeng 2001).
        bias[bio::OUTSIDE] -= kept.ln() as f32;
        Ok(Tokens { names, weight, bias })
    }

    /// The spans of each row's text, in order; they never overlap. What was known before the text is not read.
    pub(crate) fn find(
        &self,
        states: &States,
        rows: &[&ExtractionRow],
    ) -> Result<Vec<Vec<FoundSpan>>, TuneError> {
        let mut found = Vec::with_capacity(rows.len());
        for batch in rows.chunks(BATCH) {
            let cuts: Vec<Cut> = batch.iter().map(|row| states.cut(&row.text)).collect::<Result<_, _>>()?;
            for (cut, read) in cuts.iter().zip(states.tokens(&cuts)?) {
                let mut rows = read.chunks_exact(states.width());
                let firsts = cut.lengths().filter_map(|tokens| {
                    let first = rows.next();
                    rows.by_ref().take(tokens - 1).for_each(drop);
                    first
                });
                let said: Vec<(&str, f64)> = firsts.map(|state| self.best(state)).collect();
                found.push(bio::spans(&cut.words, &said));
            }
        }
        Ok(found)
    }

    /// The tag with the greatest logit, the first of equals, and its probability.
    fn best(&self, state: &[f32]) -> (&str, f64) {
        let logits = self.logits(state);
        let best = (1..logits.len()).fold(0, |best, at| if logits[at] > logits[best] { at } else { best });
        let sum: f64 = logits.iter().map(|logit| f64::from(logit - logits[best]).exp()).sum();
        (&self.names[best], 1.0 / sum)
    }

    /// One logit a tag, for each of some states end to end.
    pub(crate) fn logits(&self, states: &[f32]) -> Vec<f32> {
        let width = self.weight.len() / self.bias.len().max(1);
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
        let one = |state| {
            let rows = self.weight.chunks_exact(width).zip(&self.bias);
            rows.map(move |(row, bias)| dot(row, state) + bias)
        };
        states.chunks_exact(width).flat_map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use engraft_core::Span;

    use super::*;
    use crate::data::MarkedSpan;

    fn states() -> States {
        let dir = tempfile::tempdir().unwrap();
        engraft_testkit::tiny_encoder(dir.path()).unwrap();
        States::open(dir.path(), 1).unwrap()
    }

    /// Orders, with how many are wanted marked.
    fn row(n: usize) -> ExtractionRow {
        let (count, thing) = (10 + n * 7 % 80, ["chairs", "lamps", "rugs"][n % 3]);
        let text = format!("We would like to order {count} {thing}, if you have them.");
        let span = Span::new(23, 25).unwrap();
        let spans = vec![MarkedSpan { span, label: "COUNT".into() }];
        ExtractionRow { id: n.to_string(), text, context: Vec::new(), group: n.to_string(), spans }
    }

    /// What a layer that was fitted to about `most` tokens of sixty orders finds in twenty others, and how many words it expects
    /// there to be marked.
    fn fitted_to(most: usize) -> (Vec<Vec<FoundSpan>>, f64) {
        let (states, labels) = (states(), ["COUNT".to_string()]);
        let rows: Vec<ExtractionRow> = (0..80).map(row).collect();
        let rows: Vec<&ExtractionRow> = rows.iter().collect();
        let tokens = Tokens::fit_to(most, &states, &rows[..60], &labels, 3).unwrap();
        let expected = rows[60..].iter().flat_map(|row| {
            let cut = states.cut(&row.text).unwrap();
            let mut read = states.tokens(std::slice::from_ref(&cut)).unwrap().remove(0);
            let each: Vec<f64> = cut
                .lengths()
                .map(|length| {
                    let rest = read.split_off(length * states.width());
                    let own = std::mem::replace(&mut read, rest);
                    let logits = tokens.logits(&own[..states.width()]);
                    let all: f64 = logits.iter().map(|logit| f64::from(*logit).exp()).sum();
                    1.0 - f64::from(logits[bio::OUTSIDE]).exp() / all
                })
                .collect();
            each
        });
        (tokens.find(&states, &rows[60..]).unwrap(), expected.sum())
    }

    #[test]
    fn what_is_marked_is_found_in_other_texts() {
        let (found, expected) = fitted_to(MOST);
        let span = Span::new(23, 25).unwrap();
        let right = found.iter().filter(|found| matches!(&found[..], [one] if one.span == span));
        assert!(right.count() >= 18, "{found:?}");
        assert!(found.iter().flatten().all(|one| one.label == "COUNT" && one.score > 0.3), "{found:?}");
        assert!((14.0..26.0).contains(&expected), "{expected}");
    }

    #[test]
    fn leaving_out_most_of_what_is_outside_expects_no_more_spans() {
        let (_, expected) = fitted_to(400);
        assert!((10.0..30.0).contains(&expected), "{expected}");
    }
}
