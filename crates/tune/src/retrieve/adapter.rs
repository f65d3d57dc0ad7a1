//! A matrix that moves questions towards the passages that answer them; passages and their index stay as they are.
//!
//! The cheapest retriever there is to tune: vectors are computed once, and only `dim × dim` numbers are trained. It learns what
//! a team's questions mean by their words, and which passages they are about; it cannot change what the encoder makes of a
//! passage it never saw asked for.

use std::path::Path;

use engraft_core::{Cancel, Progress};
use engraft_nn::train::{AdamW, Draw, Head, Parameter, gradient_norm, unit, unit_grad};
use engraft_nn::{Weights, write_tensors};
use rayon::prelude::*;

use crate::TuneError;
use crate::guard::{check_loss, check_moves, check_norm};

/// The tensor's name in its file.
const TENSOR: &str = "question.weight";

/// What a question's vector goes through before it is compared with passages.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapter {
    dim: usize,
    // `[dim, dim]`, a row an input: what a question becomes is `question · matrix`, brought to norm 1.
    matrix: Vec<f32>,
}

impl Adapter {
    /// Leaves every question as it is.
    pub fn identity(dim: usize) -> Adapter {
        let mut matrix = vec![0.0; dim * dim];
        matrix.iter_mut().step_by(dim + 1).for_each(|x| *x = 1.0);
        Adapter { dim, matrix }
    }

    /// The length of the vectors it takes.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// A question as it is searched for; of norm 1.
    pub fn apply(&self, question: &[f32]) -> Vec<f32> {
        let mut moved = project(question, &self.matrix, self.dim);
        unit(&mut moved, self.dim);
        moved
    }

    /// Reads what [`Self::save`] wrote; `dim` is that of the encoder at hand.
    pub fn open(path: &Path, dim: usize) -> Result<Adapter, TuneError> {
        let weights = Weights::open(path)?;
        let tensor = weights.tensor(TENSOR, &[dim, dim])?;
        let mut matrix = vec![0.0; dim * dim];
        for (n, row) in matrix.chunks_exact_mut(dim).enumerate() {
            weights.row(tensor, n, row);
        }
        Ok(Adapter { dim, matrix })
    }

    /// Writes it as one tensor, `[dim, dim]`.
    pub fn save(&self, path: &Path) -> Result<(), TuneError> {
        let tensor = (TENSOR.to_string(), vec![self.dim, self.dim], self.matrix.clone());
        Ok(write_tensors(path, &[tensor])?)
    }
}

/// `rows · matrix`, row by row.
fn project(rows: &[f32], matrix: &[f32], dim: usize) -> Vec<f32> {
    let mut out = vec![0.0; rows.len()];
    for (row, out) in rows.chunks_exact(dim).zip(out.chunks_exact_mut(dim)) {
        for (x, line) in row.iter().zip(matrix.chunks_exact(dim)) {
            out.iter_mut().zip(line).for_each(|(y, m)| *y += x * m);
        }
    }
    out
}

/// What is learnt from: questions, passages, and which answer which.
#[derive(Clone, Copy, Debug)]
pub struct Lessons<'a> {
    /// The length of every vector.
    pub dim: usize,
    /// The questions' vectors, end to end, of norm 1.
    pub questions: &'a [f32],
    /// The passages' vectors, end to end, of norm 1.
    pub passages: &'a [f32],
    /// A question and the passages of one document that answers it, at least one.
    pub pairs: &'a [(usize, Vec<usize>)],
}

/// How an adapter is trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdapterOptions {
    /// The rate of AdamW; 0.001 by default.
    pub rate: f64,
    /// The pull back to the identity; 0.01 by default.
    pub ridge: f32,
    /// Pairs a step; 128 by default.
    pub batch: usize,
    /// One over the temperature of the softmax over all passages; 20 by default.
    pub scale: f32,
    /// Orders the pairs.
    pub seed: u64,
}

impl Default for AdapterOptions {
    fn default() -> AdapterOptions {
        AdapterOptions { rate: 1e-3, ridge: 0.01, batch: 128, scale: 20.0, seed: 0 }
    }
}

/// Trains an adapter, and returns it as it was after each of these numbers of passes over the pairs (ascending; 0 is the
/// identity). Each question should be nearer to a passage that answers it than to all others, by the softmax over every
/// passage. Of a document's passages the one nearest to the question is the answer; the rest of what answers the question counts
/// neither for nor against it. Stops with an error when a loss or a gradient is no number, and when the first step moves nothing.
pub fn train_adapter(
    lessons: &Lessons<'_>,
    epochs: &[usize],
    options: &AdapterOptions,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Vec<Adapter>, TuneError> {
    let Lessons { dim, passages, pairs, .. } = *lessons;
    if pairs.is_empty() || passages.is_empty() {
        return Err(TuneError::data("there is nothing to learn from", "judge some questions first"));
    }
    let related = related(lessons);
    // The passages stand still: as the weights of a linear layer they go through the fast kernels.
    let count = passages.len() / dim;
    let fixed = Head::of("passages", dim, passages.to_vec(), vec![0.0; count]);
    let start = Adapter::identity(dim).matrix;
    let mut matrix = Parameter::new(TENSOR, &[dim, dim], start.clone());
    let mut optimiser = AdamW::default();
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    let mut states = Vec::with_capacity(epochs.len());
    let mut keep = |epoch: usize, matrix: &Parameter| {
        let wanted = epochs.iter().filter(|&&wanted| wanted == epoch);
        states.extend(wanted.map(|_| Adapter { dim, matrix: matrix.values.clone() }));
    };
    keep(0, &matrix);
    for epoch in 0..epochs.iter().copied().max().unwrap_or(0) {
        Draw::new(options.seed, epoch as u64).shuffle(&mut order);
        for batch in order.chunks(options.batch.max(1)) {
            if cancel.is_cancelled() {
                return Err(TuneError::Cancelled);
            }
            let batch: Vec<&(usize, Vec<usize>)> = batch.iter().map(|&pair| &pairs[pair]).collect();
            let loss = step(lessons, &related, &fixed, &batch, options, &mut matrix);
            let number = optimiser.steps + 1;
            check_loss(number, loss)?;
            if number == 1 {
                check_moves(number, [&matrix], |_| false)?;
            }
            check_norm(number, gradient_norm([&matrix]))?;
            for ((g, x), x0) in matrix.gradient.iter_mut().zip(&matrix.values).zip(&start) {
                *g += options.ridge * (x - x0);
            }
            optimiser.next_step();
            optimiser.update([&mut matrix], options.rate);
            progress.advance(1);
        }
        keep(epoch + 1, &matrix);
    }
    Ok(states)
}

/// How many steps [`train_adapter`] takes for so many passes.
pub fn adapter_steps(pairs: usize, epochs: usize, options: &AdapterOptions) -> usize {
    epochs * pairs.div_ceil(options.batch.max(1))
}

/// For each question all passages that answer it, sorted.
fn related(lessons: &Lessons<'_>) -> Vec<Vec<usize>> {
    let mut related = vec![Vec::new(); lessons.questions.len() / lessons.dim];
    for (question, rows) in lessons.pairs {
        related[*question].extend(rows);
    }
    related.iter_mut().for_each(|rows: &mut Vec<usize>| rows.sort_unstable());
    related
}

/// The mean loss of a batch; its gradient replaces that of the matrix.
fn step(
    lessons: &Lessons<'_>,
    related: &[Vec<usize>],
    fixed: &Head,
    batch: &[&(usize, Vec<usize>)],
    options: &AdapterOptions,
    matrix: &mut Parameter,
) -> f64 {
    let dim = lessons.dim;
    let asked: Vec<f32> =
        batch.iter().flat_map(|pair| &lessons.questions[pair.0 * dim..][..dim]).copied().collect();
    let mut moved = project(&asked, &matrix.values, dim);
    let norms = unit(&mut moved, dim);
    let products = fixed.forward(&moved);
    let count = lessons.passages.len() / dim;
    let share = options.scale / batch.len() as f32;
    let each: Vec<(f64, Vec<f32>)> = products
        .par_chunks_exact(count)
        .zip(batch)
        .map(|(products, (question, answers))| {
            let (loss, pulls) = pulls(products, answers, &related[*question], options.scale);
            let mut grad = vec![0.0; dim];
            for (passage, pull) in pulls {
                let vector = &lessons.passages[passage * dim..][..dim];
                grad.iter_mut().zip(vector).for_each(|(g, x)| *g += share * pull * x);
            }
            (loss, grad)
        })
        .collect();
    let loss = each.iter().map(|one| one.0).sum::<f64>() / batch.len() as f64;
    let mut grads: Vec<f32> = each.into_iter().flat_map(|one| one.1).collect();
    unit_grad(&moved, &norms, &mut grads);
    matrix.gradient.fill(0.0);
    for (row, grad) in asked.chunks_exact(dim).zip(grads.chunks_exact(dim)) {
        for (x, line) in row.iter().zip(matrix.gradient.chunks_exact_mut(dim)) {
            line.iter_mut().zip(grad).for_each(|(m, g)| *m += x * g);
        }
    }
    loss
}

/// The loss of one question, and how strongly each passage pulls at it: its probability, less one for the answer. Passages that
/// hardly pull are left out.
fn pulls(products: &[f32], answers: &[usize], related: &[usize], scale: f32) -> (f64, Vec<(usize, f32)>) {
    let best = |a: &&usize, b: &&usize| products[**a].total_cmp(&products[**b]).then(b.cmp(a));
    let Some(&answer) = answers.iter().max_by(best) else { return (0.0, Vec::new()) };
    let counts = |passage: usize| passage == answer || related.binary_search(&passage).is_err();
    let top =
        products.iter().enumerate().filter(|(n, _)| counts(*n)).map(|(_, x)| *x).fold(f32::MIN, f32::max);
    let power = |x: f32| f64::from(scale * (x - top)).exp();
    let total: f64 = products.iter().enumerate().filter(|(n, _)| counts(*n)).map(|(_, x)| power(*x)).sum();
    let mut pulls = Vec::new();
    for (passage, &product) in products.iter().enumerate().filter(|(n, _)| counts(*n)) {
        let probability = power(product) / total;
        let pull = if passage == answer { probability - 1.0 } else { probability };
        if pull.abs() > 1e-7 {
            pulls.push((passage, pull as f32));
        }
    }
    (-(power(products[answer]) / total).ln(), pulls)
}

#[cfg(test)]
mod tests {
    use engraft_core::Silent;

    use super::*;

    type Pairs = Vec<(usize, Vec<usize>)>;

    /// Passages along the axes; questions that mean the next axis than the one they lie on.
    fn world(dim: usize) -> (Vec<f32>, Vec<f32>, Pairs) {
        let passages = Adapter::identity(dim).matrix;
        let mut questions = passages.clone();
        questions.iter_mut().for_each(|x| *x += 0.01);
        unit(&mut questions, dim);
        let pairs = (0..dim - 2).map(|n| (n, vec![(n + 1) % dim])).collect();
        (questions, passages, pairs)
    }

    fn trained(seed: u64) -> (Adapter, Vec<f32>) {
        let (questions, passages, pairs) = world(8);
        let lessons = Lessons { dim: 8, questions: &questions, passages: &passages, pairs: &pairs };
        let options = AdapterOptions { ridge: 0.0, batch: 3, seed, ..AdapterOptions::default() };
        let trained = train_adapter(&lessons, &[0, 400], &options, &Silent, &Cancel::default()).unwrap();
        assert_eq!(trained[0], Adapter::identity(8));
        (trained[1].clone(), questions)
    }

    fn nearest(vector: &[f32]) -> usize {
        (0..vector.len()).max_by(|&a, &b| vector[a].total_cmp(&vector[b])).unwrap()
    }

    #[test]
    fn questions_move_to_what_answers_them_and_the_rest_stays() {
        let (adapter, questions) = trained(0);
        for n in 0..6 {
            assert_eq!(nearest(&adapter.apply(&questions[n * 8..][..8])), n + 1);
        }
        assert_eq!(nearest(&adapter.apply(&questions[7 * 8..])), 7);
    }

    #[test]
    fn the_same_seed_gives_the_same_matrix_to_the_bit() {
        assert_eq!(trained(3).0, trained(3).0);
        assert_ne!(trained(3).0, trained(4).0);
    }

    #[test]
    fn the_gradient_is_that_of_the_loss() {
        let (questions, passages, _) = world(6);
        let pairs = vec![(0, vec![1, 2]), (3, vec![5]), (0, vec![4])];
        let lessons = Lessons { dim: 6, questions: &questions, passages: &passages, pairs: &pairs };
        let (related, options) =
            (related(&lessons), AdapterOptions { scale: 3.0, ..AdapterOptions::default() });
        let fixed = Head::of("passages", 6, passages.clone(), vec![0.0; 6]);
        let batch: Vec<_> = pairs.iter().collect();
        let values: Vec<f32> =
            Adapter::identity(6).matrix.iter().enumerate().map(|(n, x)| x + (n % 7) as f32 * 0.03).collect();
        let mut matrix = Parameter::new(TENSOR, &[6, 6], values);
        step(&lessons, &related, &fixed, &batch, &options, &mut matrix);
        let gradient = matrix.gradient.clone();
        for (n, &wanted) in gradient.iter().enumerate() {
            let at = |by: f32| {
                let mut moved = matrix.clone();
                moved.values[n] += by;
                step(&lessons, &related, &fixed, &batch, &options, &mut moved)
            };
            let slope = (at(1e-2) - at(-1e-2)) / 2e-2;
            assert!((slope - f64::from(wanted)).abs() < 2e-3, "{n}: {slope} {wanted}");
        }
    }

    #[test]
    fn what_is_saved_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("adapter.safetensors");
        let (adapter, _) = trained(0);
        adapter.save(&path).unwrap();
        assert_eq!(Adapter::open(&path, 8).unwrap(), adapter);
        assert!(Adapter::open(&path, 9).is_err());
    }

    #[track_caller]
    fn refused(questions: &[f32], passages: &[f32], message: &str) {
        let lessons = Lessons { dim: 2, questions, passages, pairs: &[(0, vec![0])] };
        let trained = train_adapter(&lessons, &[1], &AdapterOptions::default(), &Silent, &Cancel::default());
        assert_eq!(trained.unwrap_err().to_string(), message);
    }

    #[test]
    fn what_is_no_number_or_moves_nothing_stops_it() {
        let axes = [1.0, 0.0, 0.0, 1.0];
        refused(&[f32::NAN, 1.0], &axes, "training failed: the loss of step 1 is NaN");
        // There is nothing but the answer, so the question is as near to it as can be asked.
        let still = "training failed: question.weight has no gradient in step 1, so nothing would move it";
        refused(&[0.6, 0.8], &axes[..2], still);
    }

    #[test]
    fn without_judgements_there_is_nothing_to_learn() {
        let lessons = Lessons { dim: 2, questions: &[1.0, 0.0], passages: &[1.0, 0.0], pairs: &[] };
        let trained = train_adapter(&lessons, &[1], &AdapterOptions::default(), &Silent, &Cancel::default());
        assert!(trained.is_err());
    }
}
