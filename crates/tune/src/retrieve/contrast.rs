//! Fine-tuning of the encoder itself: each question nearer to its own passage than to those of all others in the batch and to
//! mined wrong ones (multiple negatives ranking; Henderson et al. 2017, arXiv:1705.00652).
//!
//! Large batches fit any memory (`two_passes.rs`).

use std::collections::BTreeSet;

use engraft_nn::train::loss::in_batch;
use engraft_nn::train::{Body, Draw, Parameter, Sequence, unit, unit_grad};

use crate::TuneError;
use crate::retrieve::batches::batches;
use crate::trainer::Task;
use crate::two_passes::{MOST_TOKENS, two_passes};

/// A question, a passage that answers it and some that do not, as token ids with special tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contrast {
    /// The question.
    pub question: Vec<u32>,
    /// A passage that answers it.
    pub answer: Vec<u32>,
    /// Passages that seem to and do not.
    pub wrong: Vec<Vec<u32>>,
    /// Names its texts and everything that answers its question: rows that share one never meet in a batch.
    pub keys: BTreeSet<u64>,
}

/// How vectors are compared, and how much passes through the encoder at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct ContrastOptions {
    /// Tokens that pass through together, which bounds the memory: about 110 KB each; 8,192 by default.
    pub tokens: usize,
    /// One over the temperature; 20 by default.
    pub scale: f32,
    /// The lengths at which vectors should be good; the loss is the sum over them (Matryoshka; Kusupati et al. 2022,
    /// arXiv:2205.13147). Empty: the whole vector alone.
    pub dims: Vec<usize>,
}

impl Default for ContrastOptions {
    fn default() -> ContrastOptions {
        ContrastOptions { tokens: MOST_TOKENS, scale: 20.0, dims: Vec::new() }
    }
}

/// An encoder in training on contrasts.
#[derive(Debug)]
pub struct ContrastTask<'a> {
    /// The encoder.
    pub body: Body,
    /// What it learns from.
    pub rows: &'a [Contrast],
    /// How.
    pub options: ContrastOptions,
}

impl Task for ContrastTask<'_> {
    fn examples(&self) -> usize {
        self.rows.len()
    }

    fn step(&mut self, batch: &[usize]) -> Result<f64, TuneError> {
        let batch: Vec<&Contrast> = batch.iter().map(|&row| &self.rows[row]).collect();
        step(&mut self.body, &batch, &self.options)
    }

    fn groups(&mut self) -> Vec<(Vec<&mut Parameter>, f64)> {
        vec![(self.body.parameters_mut().iter_mut().collect(), 1.0)]
    }

    fn batches(&self, size: usize, draw: &mut Draw) -> Vec<Vec<usize>> {
        batches(self.rows, size, draw)
    }
}

/// The loss of a batch; its gradients are added to those of the body.
fn step(body: &mut Body, batch: &[&Contrast], options: &ContrastOptions) -> Result<f64, TuneError> {
    let dim = body.config().hidden;
    let questions = batch.iter().map(|row| &row.question);
    let answers = batch.iter().map(|row| &row.answer);
    let wrong = batch.iter().flat_map(|row| &row.wrong);
    let all: Vec<Sequence> =
        questions.chain(answers).chain(wrong).map(|ids| Sequence::single(ids.clone())).collect();
    two_passes(body, &all, options.tokens, |vectors| ranking_loss(vectors, batch.len(), dim, options))
}

/// The loss of pooled vectors, the first `n` of which are questions and the next `n` their answers, and its gradient.
fn ranking_loss(vectors: &[f32], n: usize, dim: usize, options: &ContrastOptions) -> (f64, Vec<f32>) {
    let whole = [dim];
    let dims = if options.dims.is_empty() { &whole[..] } else { &options.dims };
    let (mut total, mut grads) = (0.0, vec![0.0; vectors.len()]);
    for &short in dims {
        let mut heads: Vec<f32> =
            vectors.chunks_exact(dim).flat_map(|vector| &vector[..short.min(dim)]).copied().collect();
        let short = short.min(dim);
        let norms = unit(&mut heads, short);
        let (questions, passages) = heads.split_at(n * short);
        let (loss, question_grads, passage_grads) = in_batch(questions, passages, short, options.scale);
        let mut own = [question_grads, passage_grads].concat();
        unit_grad(&heads, &norms, &mut own);
        for (sum, grad) in grads.chunks_exact_mut(dim).zip(own.chunks_exact(short)) {
            sum.iter_mut().zip(grad).for_each(|(x, g)| *x += g);
        }
        total += loss;
    }
    (total, grads)
}

#[cfg(test)]
mod tests {
    use engraft_core::Cancel;
    use engraft_nn::train::{BodyOptions, zero_gradients};

    use super::*;
    use crate::Watch;
    use crate::trainer::{Plan, laws, train};

    fn body() -> Option<Body> {
        Some(Body::open(&engraft_testkit::model()?, BodyOptions::default()).unwrap())
    }

    fn rows() -> Vec<Contrast> {
        let ids = |seed: u32, len: u32| {
            let middle = (0..len).map(|n| 2000 + (seed * 131 + n * 17) % 900);
            std::iter::once(101).chain(middle).chain([102]).collect::<Vec<u32>>()
        };
        let row = |n: u32| Contrast {
            question: ids(n, 4 + n % 3),
            answer: ids(n + 50, 9 + n % 5),
            wrong: vec![ids(n + 90, 7)],
            keys: [u64::from(n)].into(),
        };
        (0..6).map(row).collect()
    }

    #[test]
    fn gradients_are_slopes_and_parts_add_up_at_one_length_and_at_several() {
        // One or two wrong passages each.
        let row = |n: u32| Contrast {
            question: vec![1, 5 + n, 9 + 2 * n, 2],
            answer: vec![1, 20 + n, 30 - n, 40 - n, 7, 2],
            wrong: (0..=n % 2).map(|m| vec![1, 12 + n, 33 + m, 44 - n, 2]).collect(),
            keys: [u64::from(n)].into(),
        };
        let rows: Vec<Contrast> = (0..4).map(row).collect();
        for dims in [vec![], vec![24, 8]] {
            let body = Body::open(&laws::base(), BodyOptions::default()).unwrap();
            // Less sharp than in use, so that the loss hardly curves within a step of the laws.
            let options = ContrastOptions { scale: 5.0, dims, ..ContrastOptions::default() };
            let mut task = ContrastTask { body, rows: &rows, options };
            laws::gradients_are_slopes(&mut task, &[0, 1, 2, 3]);
            laws::parts_add_up(&mut task, &[0, 1, 2, 3], |task, tokens| task.options.tokens = tokens);
        }
    }

    #[test]
    fn a_batch_in_parts_has_the_gradient_of_the_whole() {
        let Some(mut body) = body() else { return };
        let rows = rows();
        let batch: Vec<&Contrast> = rows.iter().collect();
        let mut gradients = |tokens: usize| {
            let options = ContrastOptions { tokens, dims: vec![384, 64], ..ContrastOptions::default() };
            zero_gradients(body.parameters_mut());
            let loss = step(&mut body, &batch, &options).unwrap();
            let all: Vec<Vec<f32>> = body.parameters().iter().map(|one| one.gradient.clone()).collect();
            (loss, all)
        };
        let ((whole, grads), (cached, parts)) = (gradients(10_000), gradients(24));
        assert!((whole - cached).abs() < 1e-6, "{whole} {cached}");
        for (a, b) in grads.iter().zip(&parts) {
            let most = a.iter().map(|x| x.abs()).fold(0.0, f32::max);
            let off = a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max);
            assert!(off <= 1e-5 * (1.0 + most), "{off} of {most}");
        }
    }

    #[test]
    fn training_brings_questions_nearer_to_their_answers() {
        let Some(body) = body() else { return };
        let rows = rows();
        let mut task = ContrastTask { body, rows: &rows, options: ContrastOptions::default() };
        let plan = Plan { epochs: 5, batch: 6, rate: 1e-4, ..Plan::default() };
        let done = train(&mut task, &plan, Watch::quiet(&Cancel::default()), |_| Ok(None)).unwrap();
        assert!(done.losses[4] < 0.7 * done.losses[0], "{:?}", done.losses);
    }

    #[test]
    fn the_loss_of_several_lengths_is_the_sum_of_theirs() {
        let vectors: Vec<f32> = (0..6 * 8).map(|n| ((n * 37) % 11) as f32 - 5.0).collect();
        let at = |dims: &[usize]| {
            let options = ContrastOptions { dims: dims.to_vec(), ..ContrastOptions::default() };
            ranking_loss(&vectors, 3, 8, &options).0
        };
        assert!((at(&[8, 4]) - at(&[]) - at(&[4])).abs() < 1e-9);
    }
}
