//! A reader in training: cross-entropy of where the answer begins and where it ends, among the words of a window and there being
//! none.

use std::path::Path;

use engraft_nn::train::loss::cross_entropy;
use engraft_nn::train::{Adapt, Body, BodyOptions, Head, Parameter, Sequence};
use engraft_nn::write_tensors;
use serde_json::json;

use super::model::HEAD;
use super::windows::{WINDOW, Window};
use crate::TuneError;
use crate::export::{TOKENIZER_FILES, copy, inside, read_config, save_adapter, write_json};
use crate::trainer::{Task, parts};

/// The layer on top starts from nothing: it moves by so many times the rate of the encoder.
const FASTER: f64 = 20.0;
/// Tokens of a pass; more are taken in parts whose gradients add up.
const TOKENS: usize = 4096;

/// A window to learn from.
#[derive(Clone, Debug)]
pub(crate) struct Lesson {
    pub(crate) sequence: Sequence,
    /// The tokens that speak for there being no answer and for each word: to be the first, to be the last.
    pub(crate) places: [Vec<usize>; 2],
    /// Which of them are right; 0 where there is no answer.
    pub(crate) right: [usize; 2],
}

impl Lesson {
    /// A window of a passage whose answer has these words; `None`: there is none.
    pub(crate) fn new(window: &Window, answer: Option<(usize, usize)>) -> Lesson {
        let tokens = |end: fn(&std::ops::Range<usize>) -> usize| -> Vec<usize> {
            std::iter::once(0).chain(window.words.iter().map(|(_, tokens)| end(tokens))).collect()
        };
        let right = answer.and_then(|answer| window.target(answer)).map_or([0, 0], |(a, b)| [a + 1, b + 1]);
        Lesson {
            sequence: Sequence { ids: window.ids.clone(), second: window.second },
            places: [tokens(|tokens| tokens.start), tokens(|tokens| tokens.end - 1)],
            right,
        }
    }
}

/// A reader in training.
#[derive(Debug)]
pub(crate) struct ReadTask<'a> {
    body: Body,
    head: Head,
    lessons: &'a [Lesson],
}

impl<'a> ReadTask<'a> {
    /// The encoder in `base` under a fresh layer, drawn by `seed`.
    pub(crate) fn new(
        base: &Path,
        adapt: Adapt,
        lessons: &'a [Lesson],
        seed: u64,
    ) -> Result<ReadTask<'a>, TuneError> {
        let body = Body::open(base, BodyOptions { adapt, ..BodyOptions::default() })?;
        let head = Head::new(HEAD, body.config().hidden, 2, seed);
        Ok(ReadTask { body, head, lessons })
    }

    /// The mean loss of windows, as it is now.
    pub(crate) fn loss(&mut self, lessons: &[Lesson]) -> Result<f64, TuneError> {
        let all: Vec<usize> = (0..lessons.len()).collect();
        let mut loss = 0.0;
        for part in parts(&all, TOKENS, |at| lessons[at].sequence.ids.len()) {
            let part: Vec<&Lesson> = part.iter().map(|&at| &lessons[at]).collect();
            let sequences: Vec<Sequence> = part.iter().map(|one| one.sequence.clone()).collect();
            let forward = self.body.forward(&sequences)?;
            loss += losses(&part, &forward.starts, &self.head.forward(&forward.hidden), lessons.len()).0;
            self.body.forget(forward);
        }
        Ok(loss)
    }

    /// Writes it as a `BertForQuestionAnswering`; `base` is the folder the body came from.
    pub(crate) fn save(&self, base: &Path, dir: &Path) -> Result<(), TuneError> {
        copy(base, dir, &TOKENIZER_FILES)?;
        let mut config = read_config(base)?;
        config["architectures"] = json!(["BertForQuestionAnswering"]);
        write_json(&dir.join("config.json"), &config)?;
        let window = WINDOW.min(self.body.config().positions);
        write_json(&dir.join("sentence_bert_config.json"), &json!({ "max_seq_length": window }))?;
        let mut tensors = inside(self.body.merged());
        for parameter in self.head.parameters() {
            tensors.push((parameter.name.clone(), parameter.shape.clone(), parameter.values.clone()));
        }
        write_tensors(&dir.join("model.safetensors"), &tensors)?;
        save_adapter(&self.body, base, dir)
    }

    /// The part's share of the mean loss of a batch of `size` windows; gradients add up.
    fn part(&mut self, part: &[usize], size: usize) -> Result<f64, TuneError> {
        let part: Vec<&Lesson> = part.iter().map(|&at| &self.lessons[at]).collect();
        let sequences: Vec<Sequence> = part.iter().map(|one| one.sequence.clone()).collect();
        let forward = self.body.forward(&sequences)?;
        let logits = self.head.forward(&forward.hidden);
        let (loss, grads) = losses(&part, &forward.starts, &logits, size);
        let states = self.head.backward(&forward.hidden, &grads);
        self.body.backward(forward, states);
        Ok(loss)
    }
}

/// The sum of the windows' losses over `size`, and the gradient of the logits, tokens × 2.
fn losses(part: &[&Lesson], starts: &[usize], logits: &[f32], size: usize) -> (f64, Vec<f32>) {
    let mut grads = vec![0.0; logits.len()];
    let mut loss = 0.0;
    for (lesson, start) in part.iter().zip(starts) {
        for side in 0..2 {
            let at = |place: &usize| (start + place) * 2 + side;
            let row: Vec<f32> = lesson.places[side].iter().map(|place| logits[at(place)]).collect();
            let (own, slopes) = cross_entropy(&row, &[Some(lesson.right[side])], 0.0, 2.0 * size as f64);
            loss += own;
            for (place, slope) in lesson.places[side].iter().zip(slopes) {
                grads[at(place)] += slope;
            }
        }
    }
    (loss, grads)
}

impl Task for ReadTask<'_> {
    fn examples(&self) -> usize {
        self.lessons.len()
    }

    fn step(&mut self, batch: &[usize]) -> Result<f64, TuneError> {
        let parts = parts(batch, TOKENS, |at| self.lessons[at].sequence.ids.len());
        parts.iter().map(|part| self.part(part, batch.len())).sum()
    }

    fn groups(&mut self) -> Vec<(Vec<&mut Parameter>, f64)> {
        // The biases of the layer on top are the same for every word, so they have no gradient.
        let [weight, _] = self.head.parameters_mut();
        vec![(self.body.parameters_mut().iter_mut().collect(), 1.0), (vec![weight], FASTER)]
    }
}

#[cfg(test)]
mod tests {
    use engraft_core::Cancel;
    use engraft_nn::train::{Lora, zero_gradients};

    use super::*;
    use crate::Watch;
    use crate::trainer::{Plan, train};

    /// Windows of the made-up encoder's fifty ids: the answer is where 40 stands, up to the next 41, if 40 stands anywhere.
    fn lessons() -> Vec<Lesson> {
        let passages: [&[u32]; 6] =
            [&[5, 40, 7, 41, 9], &[11, 12, 13], &[40, 41], &[20, 21, 40, 22, 23, 41], &[30, 41, 31], &[6, 6]];
        let window = |passage: &&[u32]| {
            let mut ids = vec![1, 3, 4, 2];
            ids.extend_from_slice(passage);
            ids.push(2);
            let words = (0..passage.len()).map(|word| (word, word + 4..word + 5)).collect();
            let at = |id: u32| passage.iter().position(|own| *own == id);
            let answer = at(40).zip(at(41));
            Lesson::new(&Window { ids, second: 4, words }, answer)
        };
        passages.iter().map(window).collect()
    }

    fn base() -> std::path::PathBuf {
        engraft_testkit::repository().join("crates/nn/tests/golden/training")
    }

    #[test]
    fn the_gradient_is_that_of_small_steps() {
        let lessons = lessons();
        let batch: Vec<usize> = (0..lessons.len()).collect();
        let mut task = ReadTask::new(&base(), Adapt::Full, &lessons, 3).unwrap();
        // A layer that says something, so that the encoder below it hears of it.
        task.head.parameters_mut()[0].values.iter_mut().for_each(|x| *x *= 20.0);
        for (parameters, _) in task.groups() {
            zero_gradients(parameters);
        }
        let loss = task.step(&batch).unwrap();
        assert!((loss - task.loss(&lessons).unwrap()).abs() < 1e-6);
        let names = [
            "qa_outputs.weight",
            "encoder.layer.0.attention.self.value.weight",
            "embeddings.token_type_embeddings.weight",
        ];
        for name in names {
            let probe = |task: &mut ReadTask, place: usize, by: f32| {
                let mut groups = task.groups();
                let mut all = groups.iter_mut().flat_map(|(parameters, _)| parameters.iter_mut());
                let parameter = all.find(|parameter| parameter.name == name).unwrap();
                parameter.values[place] += by;
                parameter.gradient[place]
            };
            for place in [0, 7, 40] {
                let step = 1e-2;
                let told = probe(&mut task, place, step);
                let above = task.loss(&lessons).unwrap();
                probe(&mut task, place, -2.0 * step);
                let below = task.loss(&lessons).unwrap();
                probe(&mut task, place, step);
                let slope = (above - below) / (2.0 * f64::from(step));
                let off = (slope - f64::from(told)).abs();
                assert!(off < 1e-3 + 2e-2 * slope.abs(), "{name} {place}: {slope} {told}");
            }
        }
    }

    #[test]
    fn small_parts_add_up_to_the_whole() {
        let lessons = lessons();
        let mut task = ReadTask::new(&base(), Adapt::Full, &lessons, 1).unwrap();
        let gradient = |task: &mut ReadTask, parts: &[&[usize]]| {
            for (parameters, _) in task.groups() {
                zero_gradients(parameters);
            }
            let loss: f64 = parts.iter().map(|part| task.part(part, 6).unwrap()).sum();
            (loss, task.head.parameters()[0].gradient.clone())
        };
        let (whole, at_once) = gradient(&mut task, &[&[0, 1, 2, 3, 4, 5]]);
        let (parts, in_parts) = gradient(&mut task, &[&[0, 1], &[2], &[3, 4, 5]]);
        assert!((whole - parts).abs() < 1e-6);
        assert!(at_once.iter().zip(&in_parts).all(|(a, b)| (a - b).abs() < 1e-5));
    }

    #[test]
    fn it_learns_where_answers_stand_and_that_there_are_none() {
        let lessons = lessons();
        for adapt in [Adapt::Full, Adapt::Lora(Lora { rank: 4, alpha: 8.0, all_linear: true, seed: 0 })] {
            let mut task = ReadTask::new(&base(), adapt, &lessons, 0).unwrap();
            let plan = Plan { epochs: 80, batch: 3, rate: 3e-3, ..Plan::default() };
            let done = train(&mut task, &plan, Watch::quiet(&Cancel::default()), |_| Ok(None)).unwrap();
            assert!(done.losses[79] < 0.3 * done.losses[0], "{adapt:?}: {:?}", done.losses);
        }
    }
}
