//! Prompt and response read together by an encoder of their own: one number, trained so that chosen responses score above
//! rejected ones.

use std::path::Path;

use engraft_nn::train::{Body, BodyOptions, Head, Parameter, Sequence, loss, pool, pool_grad};
use engraft_nn::{Encoder, EncoderOptions, Pooling, Tokenizer};

use super::rows::{PreferenceRow, Said};
use crate::TuneError;
use crate::export::{TOKENIZER_FILES, copy};
use crate::still::hold_last_bias;
use crate::trainer::{Task, parts};

/// Ids of a prompt with its response at most: what does not fit is the beginning of the prompt, then that of the response.
pub const LONGEST: usize = 160;
/// Ids that a prompt keeps beside a long response.
const PROMPT: usize = 48;
/// Tokens of a pass; more are taken in parts whose gradients add up.
const TOKENS: usize = 4096;
/// The layer on top starts from nothing: it moves by so many times the rate of the encoder.
const HEAD: f64 = 30.0;

/// What did not fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// Responses whose beginning was left out.
    pub responses: usize,
    /// Tokens of responses left out.
    pub tokens: usize,
    /// Prompts whose beginning was left out.
    pub prompts: usize,
    /// Tokens of prompts left out.
    pub prompt_tokens: usize,
}

/// The ids of a prompt and a response, `[CLS] … [SEP] … [SEP]`, both keeping their end where they do not fit.
pub fn pair_ids(tokenizer: &Tokenizer, said: &Said, lost: &mut Lost) -> Vec<u32> {
    let (mut prompt, mut response) = (Vec::new(), Vec::new());
    let asked: Vec<&str> = said.prompt.iter().map(|turn| turn.1.as_str()).collect();
    tokenizer.pieces(&asked.join(" "), &mut prompt);
    tokenizer.pieces(&said.response, &mut response);
    let (before, behind) = tokenizer.around();
    let room = LONGEST - before.len() - 2 * behind.len();
    let kept = response.len().min(room - prompt.len().min(PROMPT));
    if kept < response.len() {
        lost.responses += 1;
        lost.tokens += response.len() - kept;
    }
    let kept_prompt = prompt.len().min(room - kept);
    lost.prompts += usize::from(kept_prompt < prompt.len());
    lost.prompt_tokens += prompt.len() - kept_prompt;
    let mut ids = before.to_vec();
    ids.extend(&prompt[prompt.len() - kept_prompt..]);
    ids.extend(behind);
    ids.extend(&response[response.len() - kept..]);
    ids.extend(behind);
    ids
}

/// A pair encoder in training.
#[derive(Debug)]
pub struct PairTask {
    body: Body,
    head: Head,
    /// Ids of each chosen response and of the rejected one.
    pairs: Vec<[Vec<u32>; 2]>,
    margins: Vec<f32>,
    /// Tokens that pass through the encoder together, which bounds the memory.
    tokens: usize,
}

impl PairTask {
    /// The encoder in `base` with a fresh layer on top, drawn by `seed`, to learn from `rows`; `ids` holds for each of them those
    /// of the chosen response and those of the rejected one, side by side.
    pub fn new(
        base: &Path,
        rows: &[PreferenceRow],
        ids: &[Vec<u32>],
        seed: u64,
    ) -> Result<PairTask, TuneError> {
        let mut body = Body::open(base, BodyOptions { embeddings: false, ..BodyOptions::default() })?;
        hold_last_bias(&mut body);
        let head = Head::new("score", body.config().hidden, 1, seed);
        let pairs = ids.chunks_exact(2).map(|pair| [pair[0].clone(), pair[1].clone()]).collect();
        let margins = rows.iter().map(|row| row.margin as f32).collect();
        Ok(PairTask { body, head, pairs, margins, tokens: TOKENS })
    }

    /// The scores of prompts with their responses, as it is now.
    pub fn scores(&mut self, ids: &[Vec<u32>]) -> Result<Vec<f64>, TuneError> {
        let all: Vec<usize> = (0..ids.len()).collect();
        let mut scores = Vec::with_capacity(ids.len());
        for part in parts(&all, TOKENS, |at| ids[at].len()) {
            let sequences: Vec<Sequence> = part.iter().map(|&at| Sequence::single(ids[at].clone())).collect();
            let forward = self.body.forward(&sequences)?;
            let vectors = pool(&forward, Pooling::Mean);
            scores.extend(self.head.forward(&vectors).into_iter().map(f64::from));
            self.body.forget(forward);
        }
        Ok(scores)
    }

    /// The weights of the layer on top.
    pub fn head(&self) -> Vec<f32> {
        self.head.parameters()[0].values.clone()
    }

    /// Writes the encoder into a folder; `base` is where the body came from.
    pub fn save(&self, base: &Path, dir: &Path) -> Result<(), TuneError> {
        std::fs::create_dir_all(dir).map_err(TuneError::io("create", dir))?;
        copy(base, dir, &TOKENIZER_FILES)?;
        copy(
            base,
            dir,
            &["config.json", "sentence_bert_config.json", "1_Pooling/config.json", "modules.json"],
        )?;
        Ok(self.body.save(dir)?)
    }

    /// The part's share of the mean loss of a batch of `size` pairs; gradients add up.
    fn part(&mut self, part: &[usize], size: usize) -> Result<f64, TuneError> {
        let side = |side: usize| part.iter().map(move |&at| (at, side));
        let sequences: Vec<Sequence> =
            side(0).chain(side(1)).map(|(at, side)| Sequence::single(self.pairs[at][side].clone())).collect();
        let forward = self.body.forward(&sequences)?;
        let vectors = pool(&forward, Pooling::Mean);
        let scores = self.head.forward(&vectors);
        let (chosen, rejected) = scores.split_at(part.len());
        let margins: Vec<f32> = part.iter().map(|&at| self.margins[at]).collect();
        let (loss, pull, push) = loss::bradley_terry(chosen, rejected, &margins);
        // The loss is a mean over the part; the batch wants one over all of it.
        let share = part.len() as f32 / size as f32;
        let grads: Vec<f32> = pull.into_iter().chain(push).map(|grad| grad * share).collect();
        let back = self.head.backward(&vectors, &grads);
        let states = pool_grad(&forward, Pooling::Mean, &back);
        self.body.backward(forward, states);
        Ok(loss * f64::from(share))
    }
}

impl Task for PairTask {
    fn examples(&self) -> usize {
        self.pairs.len()
    }

    fn step(&mut self, batch: &[usize]) -> Result<f64, TuneError> {
        let tokens = |at: usize| self.pairs[at].iter().map(Vec::len).sum();
        let parts = parts(batch, self.tokens, tokens);
        parts.iter().map(|part| self.part(part, batch.len())).sum()
    }

    fn groups(&mut self) -> Vec<(Vec<&mut Parameter>, f64)> {
        let trained = self.body.parameters_mut().iter_mut().filter(|parameter| parameter.trained);
        // The bias of the layer on top is the same for both sides of a pair, so it has no gradient.
        let [weight, _] = self.head.parameters_mut();
        vec![(trained.collect(), 1.0), (vec![weight], HEAD)]
    }
}

/// A trained pair encoder, on the fast kernels.
#[derive(Debug)]
pub struct PairScorer {
    tokenizer: Tokenizer,
    encoder: Encoder,
    head: Vec<f32>,
}

impl PairScorer {
    /// Opens the encoder in a folder, with the layer on top.
    pub fn open(dir: &Path, head: Vec<f32>, threads: usize) -> Result<PairScorer, TuneError> {
        let tokenizer = Tokenizer::open(dir).map_err(engraft_nn::ModelError::from)?;
        let encoder = Encoder::open(dir, EncoderOptions { threads, ..EncoderOptions::default() })?;
        if head.len() != encoder.config().hidden {
            let reason = format!("its layer has {} weights, not {}", head.len(), encoder.config().hidden);
            return Err(TuneError::Damaged { path: dir.into(), reason });
        }
        Ok(PairScorer { tokenizer, encoder, head })
    }

    /// The score of each response, of which only differences mean something, and how many tokens of it and its prompt were not read.
    pub fn scores(&self, said: &[Said]) -> Result<Vec<(f64, usize)>, TuneError> {
        let read = |said: &Said| {
            let mut lost = Lost::default();
            (pair_ids(&self.tokenizer, said, &mut lost), lost.tokens + lost.prompt_tokens)
        };
        let (ids, lost): (Vec<Vec<u32>>, Vec<usize>) = said.iter().map(read).unzip();
        let states = self.encoder.encode_states(&ids)?;
        let hidden = self.head.len();
        let mut rest = states.as_slice();
        let score = |ids: &Vec<u32>| {
            let (own, behind) = rest.split_at(ids.len() * hidden);
            rest = behind;
            let dot = |row: &[f32]| row.iter().zip(&self.head).map(|(x, w)| f64::from(x * w)).sum::<f64>();
            own.chunks_exact(hidden).map(dot).sum::<f64>() / ids.len() as f64
        };
        Ok(ids.iter().map(score).zip(lost).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trainer::laws;

    #[test]
    fn gradients_are_slopes_and_parts_add_up() {
        let row = |n: usize| PreferenceRow {
            id: n.to_string(),
            line: 0,
            prompt: Vec::new(),
            chosen: String::new(),
            rejected: String::new(),
            margin: [0.0, 0.5, 1.0, 0.0][n],
            group: None,
        };
        let rows: Vec<PreferenceRow> = (0..4).map(row).collect();
        let sides = |n: u32| {
            [vec![1, 5 + n, 9 + 2 * n, 2, 20 + n, 30 - n, 2], vec![1, 5 + n, 9 + 2 * n, 2, 41 - n, 33, 31, 2]]
        };
        let ids: Vec<Vec<u32>> = (0..4).flat_map(sides).collect();
        let mut task = PairTask::new(&laws::base(), &rows, &ids, 3).unwrap();
        // A layer that says something, so that the encoder below it hears of it.
        task.head.parameters_mut()[0].values.iter_mut().for_each(|x| *x *= 20.0);
        laws::gradients_are_slopes(&mut task, &[0, 1, 2, 3]);
        laws::parts_add_up(&mut task, &[0, 1, 2, 3], |task, tokens| task.tokens = tokens);
    }
}
