//! Training of a cross-encoder on judged pairs: binary cross-entropy against how relevant each passage is.

use std::path::Path;

use engraft_nn::train::loss::binary;
use engraft_nn::train::{Body, Parameter, Sequence};

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
        let hidden = self.body.config().hidden;
        let part: Vec<&JudgedPair> = part.iter().map(|&n| &self.pairs[n]).collect();
        let sequences: Vec<Sequence> =
            part.iter().map(|one| Sequence { ids: one.pair.ids.clone(), second: one.pair.second }).collect();
        let forward = self.body.forward(&sequences)?;
        let places = &forward.starts[..part.len()];
        let first: Vec<f32> =
            places.iter().flat_map(|&start| &forward.hidden[start * hidden..][..hidden]).copied().collect();
        let (pooled, logits) = self.heads.forward(&first);
        let wanted: Vec<f32> = part.iter().map(|one| one.relevance).collect();
        let told: Vec<f32> = logits.iter().zip(&part).map(|(logit, one)| logit + one.prior).collect();
        let (loss, grads) = binary(&told, &wanted, self.positive, size as f64);
        let back = self.heads.backward(&first, &pooled, &grads);
        let mut states = vec![0.0; forward.hidden.len()];
        for (&start, grad) in places.iter().zip(back.chunks_exact(hidden)) {
            states[start * hidden..][..hidden].copy_from_slice(grad);
        }
        self.body.backward(forward, states);
        Ok(loss)
    }
}

#[cfg(test)]
mod tests {
    use engraft_core::Cancel;
    use engraft_nn::train::BodyOptions;
    use engraft_nn::{EncoderOptions, Tokenizer};

    use super::*;
    use crate::Watch;
    use crate::rerank::{Reranker, pair_ids};
    use crate::trainer::{Plan, train};

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
        let RerankTask { mut body, heads, .. } = task;
        let sequences: Vec<Sequence> =
            pairs.iter().map(|one| Sequence { ids: one.pair.ids.clone(), second: one.pair.second }).collect();
        let forward = body.forward(&sequences).unwrap();
        let first: Vec<f32> =
            forward.starts[..36].iter().flat_map(|&at| &forward.hidden[at * 384..][..384]).copied().collect();
        let trained_logits = heads.forward(&first).1;
        let all: Vec<PairIds> = pairs.iter().map(|one| one.pair.clone()).collect();
        for (a, b) in opened.score_pairs(&all).unwrap().iter().zip(&trained_logits) {
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
