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
use crate::still::hold_last_bias;
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
    /// Tokens that pass through the encoder together, which bounds the memory.
    tokens: usize,
}

impl<'a> ReadTask<'a> {
    /// The encoder in `base` under a fresh layer, drawn by `seed`.
    pub(crate) fn new(
        base: &Path,
        adapt: Adapt,
        lessons: &'a [Lesson],
        seed: u64,
    ) -> Result<ReadTask<'a>, TuneError> {
        let mut body = Body::open(base, BodyOptions { adapt, ..BodyOptions::default() })?;
        hold_last_bias(&mut body);
        let head = Head::new(HEAD, body.config().hidden, 2, seed);
        Ok(ReadTask { body, head, lessons, tokens: TOKENS })
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
        let parts = parts(batch, self.tokens, |at| self.lessons[at].sequence.ids.len());
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
    use engraft_nn::train::Lora;
    use engraft_nn::{Config, Tokenizer};

    use super::*;
    use crate::Watch;
    use crate::reader::windows::Passage;
    use crate::reader::{Reader, Settings};
    use crate::trainer::{Plan, laws, train};

    const LORA: Adapt = Adapt::Lora(Lora { rank: 4, alpha: 8.0, all_linear: true, seed: 0 });

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

    #[test]
    fn gradients_are_slopes_and_parts_add_up() {
        let lessons = lessons();
        let batch: Vec<usize> = (0..lessons.len()).collect();
        let mut task = ReadTask::new(&laws::base(), Adapt::Full, &lessons, 3).unwrap();
        // A layer that says something, so that the encoder below it hears of it.
        task.head.parameters_mut()[0].values.iter_mut().for_each(|x| *x *= 20.0);
        laws::gradients_are_slopes(&mut task, &batch);
        laws::parts_add_up(&mut task, &batch, |task, tokens| task.tokens = tokens);
        let loss = task.step(&batch).unwrap();
        assert!((loss - task.loss(&lessons).unwrap()).abs() < 1e-6);
    }

    #[test]
    fn it_learns_where_answers_stand_and_that_there_are_none() {
        let lessons = lessons();
        for adapt in [Adapt::Full, LORA] {
            let mut task = ReadTask::new(&laws::base(), adapt, &lessons, 0).unwrap();
            let plan = Plan { epochs: 80, batch: 3, rate: 3e-3, ..Plan::default() };
            let done = train(&mut task, &plan, Watch::quiet(&Cancel::default()), |_| Ok(None)).unwrap();
            assert!(done.losses[79] < 0.3 * done.losses[0], "{adapt:?}: {:?}", done.losses);
        }
    }

    /// Trains a few steps, and compares the logits of the reader that was written with those of the pass of training.
    #[track_caller]
    fn check_read(base: &Path, adapt: Adapt) {
        let tokenizer = Tokenizer::open(base).unwrap();
        let positions = Config::open(base).unwrap().positions;
        // Each with the number of the word that answers it.
        let asked = [
            ("Where is the kettle?", "The kettle is in the kitchen.", Some(5)),
            ("Who has the key?", "Ana has the key of the garage.", Some(0)),
            ("When is lunch?", "The sofa came on Monday.", None),
        ];
        let lesson = |(question, passage, answer): &(&str, &str, Option<usize>)| {
            let laid = Passage::new(&tokenizer, positions, question, passage).unwrap();
            Lesson::new(&laid.windows[0], answer.map(|word| (word, word)))
        };
        let lessons: Vec<Lesson> = asked.iter().map(lesson).collect();
        let mut task = ReadTask::new(base, adapt, &lessons, 3).unwrap();
        let plan = Plan { epochs: 6, batch: 3, rate: 5e-5, ..Plan::default() };
        let done = train(&mut task, &plan, Watch::quiet(&Cancel::default()), |_| Ok(None)).unwrap();
        assert!(done.losses[5] < done.losses[0], "{:?}", done.losses);
        let folder = tempfile::tempdir().unwrap();
        task.save(base, folder.path()).unwrap();
        let settings = Settings { temperature: 1.0, longest: 8, threshold: 0.5 };
        let reader = Reader::open(folder.path(), settings, 1).unwrap();
        let sequences: Vec<Sequence> = lessons.iter().map(|lesson| lesson.sequence.clone()).collect();
        let forward = task.body.forward(&sequences).unwrap();
        let trained = task.head.forward(&forward.hidden);
        for ((question, passage, _), ends) in asked.iter().zip(forward.starts.windows(2)) {
            let own = &trained[ends[0] * 2..ends[1] * 2];
            let by_side = (0..2).flat_map(|side| own.iter().skip(side).step_by(2));
            let served = reader.logits(question, passage).unwrap();
            assert_eq!(served.len(), own.len());
            for (served, trained) in served.iter().zip(by_side) {
                let off = (served - trained).abs();
                assert!(off < 1e-4 * trained.abs().max(1.0), "{adapt:?}: {served} {trained}");
            }
        }
    }

    #[test]
    fn a_reader_that_was_written_says_what_training_said() {
        let made_up = tempfile::tempdir().unwrap();
        engraft_testkit::tiny_encoder(made_up.path()).unwrap();
        for base in [Some(made_up.path().to_path_buf()), engraft_testkit::model()].into_iter().flatten() {
            check_read(&base, Adapt::Full);
            check_read(&base, LORA);
        }
    }
}
