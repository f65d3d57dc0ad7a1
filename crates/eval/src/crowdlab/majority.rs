//! The label most people gave, with ties broken as CROWDLAB's authors do: by the model, then for the rarer label, then by
//! how good the people are who gave it, then for the first.

use crate::Labels;

pub(super) fn majority(labels: &Labels, probabilities: &[Vec<f64>]) -> Vec<usize> {
    let width = labels.labels().len();
    let votes: Vec<Vec<f64>> = (0..labels.tasks().len())
        .map(|task| {
            let mut votes = vec![0.0; width];
            labels.of_task(task).iter().for_each(|given| votes[given.label as usize] += 1.0);
            votes
        })
        .collect();
    let mut frequency = vec![0.0; width];
    votes.iter().for_each(|votes| frequency.iter_mut().zip(votes).for_each(|(sum, n)| *sum += n));
    let most: Vec<Vec<usize>> =
        votes.iter().map(|votes| keep(&(0..width).collect::<Vec<_>>(), |label| votes[label])).collect();
    let agreement = agreement_where_clear(labels, &most);
    let broken = |(task, tied): (usize, &Vec<usize>)| {
        let tied = keep(tied, |label| probabilities[task][label]);
        let tied = keep(&tied, |label| -frequency[label]);
        keep(&tied, |label| {
            let who = labels.of_task(task).iter().filter(|given| given.label as usize == label);
            let of: Vec<f64> = who.map(|given| agreement[given.worker as usize]).collect();
            of.iter().sum::<f64>() / of.len() as f64
        })[0]
    };
    most.iter().enumerate().map(broken).collect()
}

/// Those that score highest, in order; `of` is not empty.
fn keep(of: &[usize], score: impl Fn(usize) -> f64) -> Vec<usize> {
    if of.len() == 1 {
        return of.to_vec();
    }
    let most = of.iter().map(|&label| score(label)).fold(f64::MIN, f64::max);
    of.iter().copied().filter(|&label| score(label) == most).collect()
}

/// How often each person is with the majority where it is clear; the mean of the others for who never met such a task.
fn agreement_where_clear(labels: &Labels, most: &[Vec<usize>]) -> Vec<f64> {
    let (mut with, mut answers) = (vec![0.0; labels.workers().len()], vec![0.0; labels.workers().len()]);
    for (task, most) in most.iter().enumerate().filter(|(_, most)| most.len() == 1) {
        for given in labels.of_task(task) {
            with[given.worker as usize] += f64::from(given.label as usize == most[0]);
            answers[given.worker as usize] += 1.0;
        }
    }
    let known: Vec<f64> =
        with.iter().zip(&answers).filter(|(_, n)| **n > 0.0).map(|(with, n)| with / n).collect();
    let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
    with.iter().zip(&answers).map(|(with, n)| if *n > 0.0 { with / n } else { mean }).collect()
}
