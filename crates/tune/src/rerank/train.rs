//! Training of a cross-encoder on judged pairs: binary cross-entropy against how relevant each passage is.

use std::path::Path;

use engraft_nn::train::loss::binary;
use engraft_nn::train::{Body, Forward, Parameter, Sequence};

use crate::TuneError;
use crate::rerank::PairIds;
use crate::rerank::model::{Heads, save};
use crate::trainer::{Task, parts};

/// The two layers on top start from nothing: they move by so many times the rate of the encoder.
const HEADS: f64 = 50.0;

/// A pair and how relevant the passage is, in `[0, 1]`.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedPair {
    /// Question and passage.
    pub pair: PairIds,
    /// 1: answers it; 0: does not; grades between where judgements are graded.
    pub relevance: f32,
    /// The log-odds known without reading; the cross-encoder learns what to add. 0 where nothing is known.
    pub prior: f32,
}

/// A cross-encoder in training.
#[derive(Debug)]
pub struct RerankTask<'a> {
    body: Body,
    heads: Heads,
    pairs: &'a [JudgedPair],
    // How much more a relevant pair weighs.
    positive: f64,
    // Tokens that pass through the encoder together, which bounds the memory.
    tokens: usize,
}

impl<'a> RerankTask<'a> {
    /// `body` with two fresh layers on top, drawn by `seed`, to learn from `pairs`. Relevant pairs weigh as many times more as
    /// there are irrelevant ones for each. About 110 KB of memory are taken for each of `tokens`.
    pub fn new(
        body: Body,
        pairs: &'a [JudgedPair],
        tokens: usize,
        seed: u64,
    ) -> Result<RerankTask<'a>, TuneError> {
        let relevant: f64 = pairs.iter().map(|pair| f64::from(pair.relevance)).sum();
        if relevant <= 0.0 || relevant >= pairs.len() as f64 {
            let message = "all judged pairs are alike, so there is nothing to tell apart";
            return Err(TuneError::data(message, "judge relevant and irrelevant passages"));
        }
        let positive = (pairs.len() as f64 - relevant) / relevant;
        let heads = Heads::new(body.config().hidden, seed);
        Ok(RerankTask { body, heads, pairs, positive, tokens })
    }

    /// Relevant pairs weigh as much as irrelevant ones, however many there are of each: its logits are log-odds then.
    pub fn as_they_come(mut self) -> Self {
        self.positive = 1.0;
        self
    }

    /// Writes it in the classic layout of cross-encoders, for pairs of up to `window` ids; `base` is the folder the body came
    /// from.
    pub fn save(&self, base: &Path, window: usize, dir: &Path) -> Result<(), TuneError> {
        save(&self.body, &self.heads, base, window, dir)
    }
}

impl Task for RerankTask<'_> {
    fn examples(&self) -> usize {
        self.pairs.len()
    }

    fn step(&mut self, batch: &[usize]) -> Result<f64, TuneError> {
        let mut loss = 0.0;
        for part in parts(batch, self.tokens, |n| self.pairs[n].pair.ids.len()) {
            loss += self.part(&part, batch.len())?;
        }
        Ok(loss)
    }

    fn groups(&mut self) -> Vec<(Vec<&mut Parameter>, f64)> {
        let Heads { pooler, classifier } = &mut self.heads;
        let heads = pooler.parameters_mut().iter_mut().chain(classifier.parameters_mut());
        vec![(self.body.parameters_mut().iter_mut().collect(), 1.0), (heads.collect(), HEADS)]
    }
}

impl RerankTask<'_> {
    /// The part's share of the mean loss of a batch of `size` pairs; gradients add up.
    fn part(&mut self, part: &[usize], size: usize) -> Result<f64, TuneError> {
        let part: Vec<&JudgedPair> = part.iter().map(|&n| &self.pairs[n]).collect();
        let (forward, first) = first_states(&mut self.body, part.iter().map(|one| &one.pair))?;
        let (pooled, logits) = self.heads.forward(&first);
        let wanted: Vec<f32> = part.iter().map(|one| one.relevance).collect();
        let told: Vec<f32> = logits.iter().zip(&part).map(|(logit, one)| logit + one.prior).collect();
        let (loss, grads) = binary(&told, &wanted, self.positive, size as f64);
        let back = self.heads.backward(&first, &pooled, &grads);
        let hidden = self.body.config().hidden;
        let mut states = vec![0.0; forward.hidden.len()];
        for (&start, grad) in forward.starts.iter().zip(back.chunks_exact(hidden)) {
            states[start * hidden..][..hidden].copy_from_slice(grad);
        }
        self.body.backward(forward, states);
        Ok(loss)
    }

    /// The logits of pairs by the pass of training, whatever was known of them beforehand.
    #[cfg(test)]
    pub(crate) fn logits(&mut self, pairs: &[PairIds]) -> Result<Vec<f32>, TuneError> {
        let (forward, first) = first_states(&mut self.body, pairs.iter())?;
        self.body.forget(forward);
        Ok(self.heads.forward(&first).1)
    }
}

/// A pass of pairs, and the state of the first token of each: pairs × hidden.
fn first_states<'p>(
    body: &mut Body,
    pairs: impl Iterator<Item = &'p PairIds>,
) -> Result<(Forward, Vec<f32>), TuneError> {
    let sequences: Vec<Sequence> =
        pairs.map(|pair| Sequence { ids: pair.ids.clone(), second: pair.second }).collect();
    let forward = body.forward(&sequences)?;
    let hidden = body.config().hidden;
    let places = &forward.starts[..sequences.len()];
    let first =
        places.iter().flat_map(|&start| &forward.hidden[start * hidden..][..hidden]).copied().collect();
    Ok((forward, first))
}

#[cfg(test)]
mod tests {
    use engraft_core::Cancel;
    use engraft_nn::train::BodyOptions;
    use engraft_nn::{EncoderOptions, Tokenizer};

    use super::*;
    use crate::Watch;
    use crate::rerank::{Reranker, pair_ids};
    use crate::trainer::{Plan, laws, train};

    const FACTS: [(&str, &str); 6] = [
        ("How many days of leave are there?", "Everybody has thirty days of leave."),
        ("Who approves travel?", "The team lead approves travel."),
        ("When does the office open?", "The office opens at eight in the morning."),
        ("Where is the printer?", "The printer is on the second floor."),
        ("What does the insurance cover?", "The insurance covers accidents and illness."),
        ("Which bank is used?", "Salaries go through the savings bank."),
    ];

    fn pairs(tokenizer: &Tokenizer) -> Vec<JudgedPair> {
        let pair = |q: usize, p: usize| JudgedPair {
            pair: pair_ids(tokenizer, FACTS[q].0, FACTS[p].1, 64),
            relevance: f32::from(u8::from(q == p)),
            prior: 0.0,
        };
        (0..6).flat_map(|q| (0..6).map(move |p| (q, p))).map(|(q, p)| pair(q, p)).collect()
    }

    #[test]
    fn it_learns_to_tell_answers_from_the_rest_and_reads_back_as_it_was() {
        let Some(base) = engraft_testkit::model() else { return };
        let tokenizer = Tokenizer::open(&base).unwrap();
        let body = Body::open(&base, BodyOptions::default()).unwrap();
        let pairs = pairs(&tokenizer);
        let plan = Plan { epochs: 12, rate: 1e-4, batch: 36, ..Plan::default() };
        let mut task = RerankTask::new(body, &pairs, 8192, 0).unwrap();
        let done = train(&mut task, &plan, Watch::quiet(&Cancel::default()), |_| Ok(None)).unwrap();
        assert!(done.losses[11] < 0.6 * done.losses[0], "{:?}", done.losses);
        let folder = tempfile::tempdir().unwrap();
        task.save(&base, 64, folder.path()).unwrap();
        let opened = Reranker::open(folder.path(), EncoderOptions::default()).unwrap();
        assert_eq!(opened.window(), 64);
        // What was written is what was trained: the fast encoder gives the training pass's logits.
        let all: Vec<PairIds> = pairs.iter().map(|one| one.pair.clone()).collect();
        let trained = task.logits(&all).unwrap();
        for (a, b) in opened.score_pairs(&all).unwrap().iter().zip(&trained) {
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
        let mut right = 0;
        for (q, (question, _)) in FACTS.iter().enumerate() {
            let scores = opened.score(question, &FACTS.map(|fact| fact.1)).unwrap();
            right += usize::from((0..6).all(|p| p == q || scores[p] < scores[q]));
        }
        assert!(right >= 5, "{right} of 6");
    }

    #[test]
    fn gradients_are_slopes_and_parts_add_up_with_and_without_what_is_known_beforehand() {
        let pair = |n: u32| JudgedPair {
            pair: PairIds {
                ids: vec![1, 5 + n, 9 + 2 * n, 2, 20 + n, 30 - n, 40 - n, 2],
                second: 4,
                lost: 0,
            },
            relevance: [1.0, 0.0, 0.5, 0.0][n as usize],
            prior: 0.4 * n as f32 - 0.5,
        };
        let told: Vec<JudgedPair> = (0..4).map(pair).collect();
        let untold: Vec<JudgedPair> =
            told.iter().cloned().map(|one| JudgedPair { prior: 0.0, ..one }).collect();
        for (pairs, as_they_come) in [(&untold, false), (&told, true)] {
            let body = Body::open(&laws::base(), BodyOptions::default()).unwrap();
            let mut task = RerankTask::new(body, pairs, usize::MAX, 3).unwrap();
            if as_they_come {
                task = task.as_they_come();
            }
            // Layers that say something, so that tanh curves and the encoder hears of it.
            for head in [&mut task.heads.pooler, &mut task.heads.classifier] {
                head.parameters_mut()[0].values.iter_mut().for_each(|x| *x *= 15.0);
            }
            laws::gradients_are_slopes(&mut task, &[0, 1, 2, 3]);
            laws::parts_add_up(&mut task, &[0, 1, 2, 3], |task, tokens| task.tokens = tokens);
        }
    }

    #[test]
    fn pairs_that_are_all_alike_are_refused() {
        let Some(base) = engraft_testkit::model() else { return };
        let tokenizer = Tokenizer::open(&base).unwrap();
        let body = Body::open(&base, BodyOptions::default()).unwrap();
        let alike: Vec<JudgedPair> =
            pairs(&tokenizer).into_iter().filter(|pair| pair.relevance == 0.0).collect();
        let refused = RerankTask::new(body, &alike, 8192, 0);
        assert!(refused.unwrap_err().to_string().contains("all judged pairs are alike"));
    }

    #[test]
    fn what_is_too_long_is_cut_at_its_end_and_counted() {
        let Some(base) = engraft_testkit::model() else { return };
        let tokenizer = Tokenizer::open(&base).unwrap();
        let pair = pair_ids(&tokenizer, "who", &"word ".repeat(100), 20);
        assert_eq!((pair.ids.len(), pair.second, pair.lost), (20, 3, 84));
        assert_eq!((pair.ids[0], pair.ids[2], pair.ids[19]), (101, 102, 102));
        let long = pair_ids(&tokenizer, &"word ".repeat(100), "passage", 20);
        assert_eq!((long.second, long.ids.len(), long.lost), (12, 14, 90));
    }
}
