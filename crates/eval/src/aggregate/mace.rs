//! MACE (Hovy et al. 2013, "Learning whom to trust with MACE"), fitted by variational Bayes.
//!
//! For each task a worker either knows, and gives the right label, or spams, and gives a label of their own liking. The
//! published method starts at random many times over; this starts once, with everybody as likely to know as not and
//! without favourite labels, so that the first round is a vote.

use super::em::{Em, Rows, normalise, run};
use crate::Labels;
use crate::digamma::digamma;

/// Counts that nobody made, for knowing and for spamming.
const KNOWING: f64 = 0.5;
/// The same for each label of a spammer.
const LIKING: f64 = 10.0;
/// MACE's likelihood creeps; its authors stop after 50 rounds.
const MOST_ROUNDS: usize = 50;

/// There are at least two labels.
pub(super) fn posterior(labels: &Labels, em: &Em) -> Vec<f64> {
    let rows = Rows::of(labels);
    let mut model = Model::new(labels, &rows);
    let mut posterior = vec![0.0; labels.tasks().len() * labels.labels().len()];
    model.expect(labels, &rows, &mut posterior);
    let em = Em { rounds: em.rounds.min(MOST_ROUNDS), ..*em };
    run(&em, labels.len(), || {
        model.maximise(&rows);
        model.expect(labels, &rows, &mut posterior)
    });
    posterior
}

struct Model {
    labels: usize,
    /// By worker: the weight of spamming, and of knowing.
    spams: Vec<f64>,
    knows: Vec<f64>,
    /// By row: how much a spamming worker likes the label.
    likes: Vec<f64>,
    /// What was expected: by row the labels spammed, by worker those known.
    spammed: Vec<f64>,
    known: Vec<f64>,
}

impl Model {
    fn new(labels: &Labels, rows: &Rows) -> Model {
        let (workers, width) = (labels.workers().len(), labels.labels().len());
        Model {
            labels: width,
            spams: vec![0.5; workers],
            knows: vec![0.5; workers],
            likes: vec![1.0 / width as f64; rows.worker.len()],
            spammed: vec![0.0; rows.worker.len()],
            known: vec![0.0; workers],
        }
    }

    /// Returns the log-likelihood.
    fn expect(&mut self, labels: &Labels, rows: &Rows, posterior: &mut [f64]) -> f64 {
        self.spammed.fill(0.0);
        self.known.fill(0.0);
        let by_row = rows.worker.iter().zip(&self.likes);
        let spam: Vec<f64> = by_row.map(|(worker, likes)| self.spams[*worker as usize] * likes).collect();
        let knows: Vec<f64> = rows.worker.iter().map(|worker| self.knows[*worker as usize]).collect();
        // What a label adds for its own sake, over what it adds to any.
        let (any, own): (Vec<f64>, Vec<f64>) =
            spam.iter().zip(&knows).map(|(spam, knows)| (spam.ln(), (spam + knows).ln() - spam.ln())).unzip();
        let (_, starts) = labels.all();
        let mut likelihood = 0.0;
        for (bounds, logs) in starts.windows(2).zip(posterior.chunks_exact_mut(self.labels)) {
            let task = &rows.of_given[bounds[0]..bounds[1]];
            logs.fill(task.iter().map(|row| any[*row as usize]).sum::<f64>() - (self.labels as f64).ln());
            for row in task {
                logs[rows.label[*row as usize] as usize] += own[*row as usize];
            }
            likelihood += normalise(logs);
            for row in task {
                let row = *row as usize;
                let right = logs[rows.label[row] as usize];
                let known = right * knows[row] / (spam[row] + knows[row]);
                self.known[rows.worker[row] as usize] += known;
                self.spammed[row] += 1.0 - known;
            }
        }
        likelihood
    }

    fn maximise(&mut self, rows: &Rows) {
        let mut spammed = vec![0.0; self.known.len()];
        for (worker, times) in rows.worker.iter().zip(&self.spammed) {
            spammed[*worker as usize] += times;
        }
        for (worker, (spammed, known)) in spammed.iter().zip(&self.known).enumerate() {
            let all = digamma(spammed + known + 2.0 * KNOWING);
            self.spams[worker] = (digamma(spammed + KNOWING) - all).exp();
            self.knows[worker] = (digamma(known + KNOWING) - all).exp();
        }
        let all: Vec<f64> =
            spammed.iter().map(|spammed| digamma(spammed + LIKING * self.labels as f64)).collect();
        for (row, worker) in rows.worker.iter().enumerate() {
            self.likes[row] = (digamma(self.spammed[row] + LIKING) - all[*worker as usize]).exp();
        }
    }
}
