//! From scores of tags to spans with a probability: the best path, after the balance between finding and letting be, and
//! how sure the chain is of each span on it, at a temperature.

use serde::{Deserialize, Serialize};

use crate::calibrate::{Calibration, sigmoid};
use crate::data::ExtractionRow;
use crate::extractor::FoundSpan;
use crate::extractor::chain::Chain;
use crate::extractor::score::{Share, counts};
use crate::extractor::tags;
use crate::extractor::text::Text;

/// How scores are read.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decoding {
    /// Taken from the score of no span, in nats: above 0 finds more.
    pub(crate) eagerness: f32,
    /// Divides the log-odds of a span.
    pub(crate) temperature: f64,
}

/// The eagernesses tried.
const EAGERNESSES: [f32; 11] = [0.0, 0.25, -0.25, 0.5, -0.5, 0.75, -0.75, 1.0, -1.0, 1.5, 2.0];
/// Spans that a temperature needs at least.
const LEAST: usize = 20;
/// A probability is never further from 0 and 1 than this lets it be.
const EDGE: f64 = 1e-9;

/// Scores of texts that the chain giving them was not trained on.
pub(crate) struct HeldOut {
    /// Words × tags of each text.
    pub(crate) unary: Vec<Vec<f32>>,
    /// The moves of the chain that read each text, as its number among `moves`.
    pub(crate) read_by: Vec<usize>,
    /// From × to, one for each chain.
    pub(crate) moves: Vec<Vec<f32>>,
}

impl HeldOut {
    /// The eagerness with the best span F1, the temperature that then fits where there is enough to tell, and the spans found.
    pub(crate) fn settle(
        &self,
        chain: &Chain,
        texts: &[Text],
        labels: &[String],
    ) -> (Decoding, Option<Calibration>, Vec<Vec<FoundSpan>>) {
        let rows: Vec<&ExtractionRow> = texts.iter().map(|text| text.row).collect();
        let spans = |eagerness: f32| -> Vec<Vec<FoundSpan>> {
            let each = texts.iter().zip(&self.unary).zip(&self.read_by);
            each.map(|((text, unary), &by)| {
                let unary = eager(unary, chain.tags(), eagerness);
                let path = chain.best(&unary, &self.moves[by]);
                let found = tags::spans(&path).into_iter().filter_map(|(range, label)| {
                    Some(FoundSpan { span: text.span(&range)?, label: labels[label].clone(), score: 1.0 })
                });
                found.collect()
            })
            .collect()
        };
        let mut best = (f64::NEG_INFINITY, 0.0);
        for eagerness in EAGERNESSES {
            let f1 = Share::F1.pooled(&counts(&rows, &spans(eagerness), None)).unwrap_or(0.0);
            if f1 > best.0 {
                best = (f1, eagerness);
            }
        }
        let plain = Decoding { eagerness: best.1, temperature: 1.0 };
        let decoders: Vec<Decoder> =
            self.moves.iter().map(|moves| Decoder::new(chain.clone(), moves, plain)).collect();
        let mut found: Vec<Vec<FoundSpan>> = texts
            .iter()
            .zip(&self.unary)
            .zip(&self.read_by)
            .map(|((text, unary), &by)| decoders[by].spans(text, unary, labels))
            .collect();
        let mut scores = Vec::new();
        let mut right = Vec::new();
        for (text, found) in texts.iter().zip(&found) {
            for one in found {
                scores.push(log_odds(one.score));
                right
                    .push(text.row.spans.iter().any(|gold| gold.span == one.span && gold.label == one.label));
            }
        }
        // Where all are right, or all wrong, any temperature that makes them surer would fit better.
        let tells = right.len() >= LEAST && right.contains(&true) && right.contains(&false);
        let calibration = tells.then(|| Calibration::of_truths(&scores, &right));
        let temperature = calibration.as_ref().map_or(1.0, |calibration| calibration.temperature);
        for one in found.iter_mut().flatten() {
            one.score = sigmoid(log_odds(one.score) / temperature);
        }
        (Decoding { temperature, ..plain }, calibration, found)
    }
}

/// Reads the scores of one chain.
#[derive(Clone, Debug)]
pub(crate) struct Decoder {
    pub(crate) chain: Chain,
    pub(crate) moves: Vec<f32>,
    pub(crate) decoding: Decoding,
    exp_moves: Vec<f64>,
}

impl Decoder {
    pub(crate) fn new(chain: Chain, moves: &[f32], decoding: Decoding) -> Decoder {
        let exp_moves = moves.iter().map(|&x| f64::from(x).exp()).collect();
        Decoder { chain, moves: moves.to_vec(), decoding, exp_moves }
    }

    /// The spans of a text, in order.
    pub(crate) fn spans(&self, text: &Text, unary: &[f32], labels: &[String]) -> Vec<FoundSpan> {
        let unary = eager(unary, self.chain.tags(), self.decoding.eagerness);
        let path = self.chain.best(&unary, &self.moves);
        let ranges = tags::spans(&path);
        if ranges.is_empty() {
            return Vec::new();
        }
        let inferred = self.chain.infer(&unary, &self.exp_moves);
        let found = ranges.into_iter().filter_map(|(range, label)| {
            let span = text.span(&range)?;
            let p = self.chain.span_probability(&inferred, &self.exp_moves, range, label);
            let score = sigmoid(log_odds(p) / self.decoding.temperature);
            Some(FoundSpan { span, label: labels[label].clone(), score })
        });
        found.collect()
    }
}

fn eager(unary: &[f32], tags: usize, eagerness: f32) -> Vec<f32> {
    let mut unary = unary.to_vec();
    unary.iter_mut().step_by(tags).for_each(|x| *x -= eagerness);
    unary
}

fn log_odds(p: f64) -> f64 {
    let p = p.clamp(EDGE, 1.0 - EDGE);
    (p / (1.0 - p)).ln()
}
