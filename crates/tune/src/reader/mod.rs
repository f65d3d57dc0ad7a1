//! Readers: where in a passage the answer to a question stands, or that it does not.
//!
//! Question and passage go through the encoder together; a layer on the states gives every word of the passage a logit to be the
//! first of the answer and one to be its last, and the first token both logits of there being none (Devlin et al. 2019, as for
//! SQuAD 2.0, Rajpurkar et al. 2018). [`tune_reader`] compares what was trained with the reader below it, row by row.

mod model;
mod rows;
mod score;
mod spans;
mod task;
mod threshold;
mod tuner;
mod windows;

pub use model::{Reader, Reading, Settings};
pub use rows::{Question, QuestionRow, read_answers, read_questions};
pub use score::Answered;
pub use threshold::{PASSAGES, leading};
pub use tuner::{ReaderBase, ReaderMethod, ReaderOptions, SaysBelow, TunedReader, tune_reader};
