//! The encoder itself moved: its token states feed the chain, beside what a chain over word features says already.
//!
//! While training, what the word features say of a text comes from a chain that never saw that text (Wolpert 1992: stacked
//! generalisation); one that did would leave the encoder nothing to learn. The encoder is uncased, so that is also where it
//! hears of capitals and shapes.

use std::path::Path;

use engraft_nn::train::{Adapt, Body, BodyOptions, Head, Parameter, Sequence};

use crate::TuneError;
use crate::export::save_adapter;
use crate::extractor::chain::{Chain, path_score};
use crate::extractor::pieces::Pieced;
use crate::extractor::states::means;
use crate::trainer::{Task, parts};

/// Head and moves start from nothing, or from another chain: they go so many times as fast as the encoder.
const FASTER: f64 = 20.0;
/// Tokens of one pass, at most, where there is more than one text.
const READING: usize = 4096;

/// One text to learn from.
#[derive(Clone, Debug)]
pub(crate) struct Lesson<'a> {
    /// Its windows.
    pub(crate) pieced: Pieced,
    /// The right tag of each word.
    pub(crate) gold: &'a [usize],
    /// Words × tags: what the word features say, from a chain that never saw the text.
    pub(crate) said: &'a [f32],
}

/// A moved encoder with its head and moves.
#[derive(Debug)]
pub(crate) struct Tuned<'a> {
    body: Body,
    head: Head,
    moves: Parameter,
    chain: Chain,
    lessons: &'a [Lesson<'a>],
    /// Tokens that pass through the encoder together, which bounds the memory.
    tokens: usize,
}

impl Task for Tuned<'_> {
    fn examples(&self) -> usize {
        self.lessons.len()
    }

    fn step(&mut self, batch: &[usize]) -> Result<f64, TuneError> {
        let lessons = self.lessons;
        let words: usize = batch.iter().map(|&at| lessons[at].gold.len()).sum();
        let tokens = |at: usize| lessons[at].pieced.tokens();
        let mut loss = 0.0;
        for part in parts(batch, self.tokens, tokens) {
            let part: Vec<&Lesson> = part.iter().map(|&at| &lessons[at]).collect();
            loss += self.learn(&part, words.max(1))?;
        }
        Ok(loss)
    }

    fn groups(&mut self) -> Vec<(Vec<&mut Parameter>, f64)> {
        let mut outer: Vec<&mut Parameter> = self.head.parameters_mut().iter_mut().collect();
        outer.push(&mut self.moves);
        vec![(self.body.parameters_mut().iter_mut().collect(), 1.0), (outer, FASTER)]
    }
}

impl<'a> Tuned<'a> {
    /// The encoder in `dir` under a new head, with the moves of a trained chain, to learn from `lessons`; texts without
    /// words are no lessons.
    pub(crate) fn new(
        dir: &Path,
        adapt: Adapt,
        labels: usize,
        moves: &[f32],
        lessons: &'a [Lesson<'a>],
        seed: u64,
    ) -> Result<Tuned<'a>, TuneError> {
        let body = Body::open(dir, BodyOptions { adapt, ..BodyOptions::default() })?;
        let chain = Chain::new(labels);
        let tags = chain.tags();
        let head = Head::new("classifier", body.config().hidden, tags, seed);
        let moves = Parameter::new("moves.bias", &[tags, tags], moves.to_vec());
        Ok(Tuned { body, head, moves, chain, lessons, tokens: READING })
    }

    /// Adds the gradients of a part of a batch of so many words; its share of the mean loss, in nats a word.
    fn learn(&mut self, batch: &[&Lesson], words: usize) -> Result<f64, TuneError> {
        let (tags, width) = (self.chain.tags(), self.body.config().hidden);
        let windows = batch.iter().flat_map(|lesson| &lesson.pieced.windows);
        let sequences: Vec<Sequence> = windows.map(|window| Sequence::single(window.clone())).collect();
        let forward = self.body.forward(&sequences)?;
        let texts = batch.iter().map(|lesson| &lesson.pieced);
        let states = word_states(texts, &forward.starts, &forward.hidden, width);
        let mut slopes = self.head.forward(&states);
        let moves = &self.moves.values;
        let exp_moves: Vec<f64> = moves.iter().map(|&x| f64::from(x).exp()).collect();
        let mut move_slopes = vec![0.0_f64; tags * tags];
        let (mut loss, mut from) = (0.0, 0);
        for lesson in batch {
            let unary = &mut slopes[from * tags..(from + lesson.gold.len()) * tags];
            unary.iter_mut().zip(lesson.said).for_each(|(x, said)| *x += said);
            let inferred = self.chain.infer(unary, &exp_moves);
            loss += inferred.log_sum - path_score(lesson.gold, unary, moves, tags);
            self.chain.expected_moves(&inferred, &exp_moves, &mut move_slopes);
            lesson.gold.windows(2).for_each(|pair| move_slopes[pair[0] * tags + pair[1]] -= 1.0);
            unary.iter_mut().zip(&inferred.at).for_each(|(x, p)| *x = *p as f32);
            for (at, &tag) in lesson.gold.iter().enumerate() {
                unary[at * tags + tag] -= 1.0;
            }
            from += lesson.gold.len();
        }
        let share = 1.0 / words as f32;
        slopes.iter_mut().for_each(|slope| *slope *= share);
        for (gradient, slope) in self.moves.gradient.iter_mut().zip(&move_slopes) {
            *gradient += *slope as f32 * share;
        }
        let word_slopes = self.head.backward(&states, &slopes);
        let mut token_slopes = vec![0.0; forward.hidden.len()];
        scatter(batch, &forward.starts, &word_slopes, width, &mut token_slopes);
        self.body.backward(forward, token_slopes);
        Ok(loss / words as f64)
    }

    /// Words × tags of each text: what the encoder says, without what the word features say.
    pub(crate) fn unary(&mut self, texts: &[&Pieced]) -> Result<Vec<Vec<f32>>, TuneError> {
        let width = self.body.config().hidden;
        let tags = self.chain.tags();
        let mut unary = Vec::with_capacity(texts.len());
        let mut rest = texts;
        while !rest.is_empty() {
            let mut tokens = 0;
            let fitting = rest.iter().take_while(|text| {
                tokens += text.tokens();
                tokens <= READING
            });
            let (batch, after) = rest.split_at(fitting.count().max(1));
            rest = after;
            let windows = batch.iter().flat_map(|text| &text.windows);
            let sequences: Vec<Sequence> = windows.map(|window| Sequence::single(window.clone())).collect();
            if sequences.is_empty() {
                unary.extend(batch.iter().map(|_| Vec::new()));
                continue;
            }
            let forward = self.body.forward(&sequences)?;
            let states = word_states(batch.iter().copied(), &forward.starts, &forward.hidden, width);
            self.body.forget(forward);
            let scores = self.head.forward(&states);
            let mut from = 0;
            for text in batch {
                let to = from + text.words.len() * tags;
                unary.push(scores[from..to].to_vec());
                from = to;
            }
        }
        Ok(unary)
    }

    /// The moves, from × to.
    pub(crate) fn moves(&self) -> &[f32] {
        &self.moves.values
    }

    /// The head's weights, tags × width, and its biases.
    pub(crate) fn head(&self) -> (&[f32], &[f32]) {
        let [weight, bias] = self.head.parameters();
        (&weight.values, &bias.values)
    }

    /// Writes the encoder's weights, adapters merged and, where there are any, beside them, into a folder that holds the other
    /// files of `base`.
    pub(crate) fn save(&self, base: &Path, dir: &Path) -> Result<(), TuneError> {
        self.body.save(dir)?;
        save_adapter(&self.body, base, dir)
    }
}

/// The states of the words of several texts, end to end.
fn word_states<'a>(
    texts: impl Iterator<Item = &'a Pieced>,
    starts: &[usize],
    states: &[f32],
    width: usize,
) -> Vec<f32> {
    let mut first = 0;
    let mut all = Vec::new();
    for text in texts {
        let own = &starts[first..first + text.windows.len()];
        all.extend(means(text, own, states, width));
        first += text.windows.len();
    }
    all
}

/// The way back of [`word_states`]: each token gets its share of its word's slope.
fn scatter(batch: &[&Lesson], starts: &[usize], word_slopes: &[f32], width: usize, token_slopes: &mut [f32]) {
    let mut first = 0;
    let mut slopes = word_slopes.chunks_exact(width);
    for lesson in batch {
        for (window, tokens) in &lesson.pieced.words {
            let Some(slope) = slopes.next() else { return };
            let share = 1.0 / tokens.len().max(1) as f32;
            for token in tokens.clone() {
                let row = &mut token_slopes[(starts[first + window] + token) * width..][..width];
                row.iter_mut().zip(slope).for_each(|(x, slope)| *x += share * slope);
            }
        }
        first += lesson.pieced.windows.len();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use engraft_core::{Cancel, Span};

    use super::*;
    use crate::Watch;
    use crate::data::{ExtractionRow, MarkedSpan};
    use crate::extractor::crf::Crf;
    use crate::extractor::files::beside;
    use crate::extractor::lessons::lessons;
    use crate::extractor::model::attach;
    use crate::extractor::states::States;
    use crate::extractor::tags;
    use crate::extractor::text::Text;
    use crate::trainer::{Plan, laws, train};

    /// Numbers within ±.5 that only depend on `n`.
    fn numbers(n: usize, count: usize) -> Vec<f32> {
        (0..count).map(|at| ((at * 7 + n * 5) % 11) as f32 / 10.0 - 0.5).collect()
    }

    #[test]
    fn gradients_are_slopes_and_parts_add_up_through_words_of_several_tokens_and_of_none() {
        // A text of two windows, whose second word begins a span and whose third ends it; one with a word that has no token; one
        // of a single word.
        let pieced = [
            Pieced {
                windows: vec![vec![1, 5, 6, 7, 8, 2], vec![1, 8, 9, 10, 2]],
                words: vec![(0, 1..3), (0, 3..4), (1, 1..2), (1, 2..4)],
            },
            Pieced {
                windows: vec![vec![1, 15, 16, 17, 18, 2]],
                words: vec![(0, 1..2), (0, 2..2), (0, 2..5)],
            },
            Pieced { windows: vec![vec![1, 30, 31, 2]], words: vec![(0, 1..3)] },
        ];
        let gold = [tags::path(4, &[(1..3, 0)]), tags::path(3, &[(0..1, 0)]), tags::path(1, &[])];
        let tags = Chain::new(1).tags();
        let said: Vec<Vec<f32>> = (0..3).map(|n| numbers(n, gold[n].len() * tags)).collect();
        let lessons: Vec<Lesson> =
            (0..3).map(|n| Lesson { pieced: pieced[n].clone(), gold: &gold[n], said: &said[n] }).collect();
        let moves = numbers(3, tags * tags);
        let mut task = Tuned::new(&laws::base(), Adapt::Full, 1, &moves, &lessons, 3).unwrap();
        // A head that says something, so that the encoder below it hears of it.
        task.head.parameters_mut()[0].values.iter_mut().for_each(|x| *x *= 20.0);
        laws::gradients_are_slopes(&mut task, &[0, 1, 2]);
        laws::parts_add_up(&mut task, &[0, 1, 2], |task, tokens| task.tokens = tokens);
    }

    /// An order, with how many are wanted marked.
    fn row(n: usize) -> ExtractionRow {
        let text = format!("We would like to order {} chairs, if you have them.", 10 + n * 7);
        let spans = vec![MarkedSpan { span: Span::new(23, 25).unwrap(), label: "COUNT".into() }];
        ExtractionRow { id: n.to_string(), text, context: Vec::new(), group: n.to_string(), spans }
    }

    /// Trains a few steps, and compares what the written encoder and the chain on it say of words with the pass of training.
    #[track_caller]
    fn check_read(base: &Path) {
        let labels = ["COUNT".to_string()];
        let rows: Vec<ExtractionRow> = (0..8).map(row).collect();
        let read = || -> Vec<Text> { rows.iter().map(|row| Text::new(row, &labels)).collect() };
        let texts = read();
        let chain = Chain::new(1);
        let tags = chain.tags();
        let said: Vec<Vec<f32>> = texts.iter().map(|text| vec![0.0; text.words.len() * tags]).collect();
        let (texts, said): (Vec<&Text>, Vec<&[f32]>) =
            texts.iter().zip(said.iter().map(Vec::as_slice)).unzip();
        let states = States::open(base, 1).unwrap();
        let lessons = lessons(&texts, &said, &states, tags).unwrap();
        let mut tuned = Tuned::new(base, Adapt::Full, 1, &vec![0.0; tags * tags], &lessons, 3).unwrap();
        let plan = Plan { epochs: 4, batch: 8, rate: 1e-4, ..Plan::default() };
        let done = train(&mut tuned, &plan, Watch::quiet(&Cancel::default()), |_| Ok(None)).unwrap();
        assert!(done.losses[3] < done.losses[0], "{:?}", done.losses);

        let folder = tempfile::tempdir().unwrap();
        beside(base, folder.path()).unwrap();
        tuned.save(base, folder.path()).unwrap();
        let mut served = read();
        attach(&States::open(folder.path(), 1).unwrap(), &mut served).unwrap();
        let (weights, bias) = tuned.head();
        let crf = Crf {
            chain,
            features: HashMap::new(),
            sparse: Vec::new(),
            dense: weights.to_vec(),
            bias: bias.to_vec(),
            moves: tuned.moves().to_vec(),
            width: weights.len() / bias.len(),
        };
        let pieced: Vec<&Pieced> = lessons.iter().map(|lesson| &lesson.pieced).collect();
        let trained = tuned.unary(&pieced).unwrap();
        assert_eq!(trained.len(), served.len());
        for (text, trained) in served.iter().zip(&trained) {
            let said = crf.unary(&text.reading);
            assert_eq!(said.len(), trained.len());
            for (served, trained) in said.iter().zip(trained) {
                let off = (served - trained).abs();
                assert!(off < 1e-4 * trained.abs().max(1.0), "{served} {trained}");
            }
        }
    }

    #[test]
    fn an_encoder_that_was_written_reads_words_as_training_did() {
        let made_up = tempfile::tempdir().unwrap();
        engraft_testkit::tiny_encoder(made_up.path()).unwrap();
        for base in [Some(made_up.path().to_path_buf()), engraft_testkit::model()].into_iter().flatten() {
            check_read(&base);
        }
    }
}
