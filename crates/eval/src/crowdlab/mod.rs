//! The consensus of several people and a model: CROWDLAB (Goh, Tkachenko and Mueller 2022).
//!
//! People and the model vote with weights that say how much better than a blind guess each is: a person by how often the
//! others agree, the model by how often the majority does.

mod majority;

use serde::Serialize;

use crate::Labels;
use majority::majority;

/// The least error of a blind guess, and the least weight of anybody.
const LEAST: f64 = 1e-6;

/// What people and the model say together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Consensus {
    /// By task, in the table's order.
    pub items: Vec<ConsensusItem>,
    /// By worker, in the table's order.
    pub workers: Vec<ConsensusWorker>,
    /// The weight of the model's vote; a person's is at most 1.
    pub model_weight: f64,
}

/// What they say of one task.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConsensusItem {
    /// Which task.
    pub task: String,
    /// Its label.
    pub label: String,
    /// How probably it is right, in `[0, 1]`; the lowest are worth another look or another person.
    pub quality: f64,
    /// The share of its people who gave it.
    pub agreement: f64,
    /// How many people there were.
    pub answers: usize,
}

/// How good one person is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConsensusWorker {
    /// Who.
    pub worker: String,
    /// How good their labels are, in `[0, 1]`.
    pub quality: f64,
    /// The share of their labels that is the consensus.
    pub agreement: f64,
    /// How many labels they gave.
    pub answers: usize,
}

/// The consensus; `None` where no task has two labels, because nothing then says how good anybody is, or where there are
/// fewer than two labels to choose from.
///
/// `probabilities` are the model's, one row a task in the order of [`Labels::tasks`], one column a label in the order of
/// [`Labels::labels`], from a model that did not train on the task.
pub fn crowdlab(labels: &Labels, probabilities: &[Vec<f64>]) -> Option<Consensus> {
    let shared = (0..labels.tasks().len()).any(|task| labels.of_task(task).len() > 1);
    if !shared || labels.labels().len() < 2 {
        return None;
    }
    let majority = majority(labels, probabilities);
    let first = Vote::of(labels, probabilities, &majority);
    let best = |(of, &majority): (&Vec<f64>, &usize)| {
        let most = of.iter().copied().fold(f64::MIN, f64::max);
        let mut best = (0..of.len()).filter(|&label| of[label] == most);
        best.next().filter(|_| best.next().is_none()).unwrap_or(majority)
    };
    let consensus: Vec<usize> = first.posterior.iter().zip(&majority).map(best).collect();
    let vote = Vote::of(labels, probabilities, &consensus);
    Some(vote.told(labels, &consensus))
}

/// Everybody's weights against a consensus, and what they say by them.
struct Vote {
    posterior: Vec<Vec<f64>>,
    model: f64,
    workers: Vec<f64>,
}

impl Vote {
    fn of(labels: &Labels, probabilities: &[Vec<f64>], consensus: &[usize]) -> Vote {
        let width = labels.labels().len();
        let shared: Vec<usize> =
            (0..labels.tasks().len()).filter(|&task| labels.of_task(task).len() > 1).collect();
        let mean = |of: &dyn Fn(usize) -> f64| {
            shared.iter().map(|&task| of(task)).sum::<f64>() / shared.len() as f64
        };
        let likely = mean(&|task| share(labels, task, consensus[task]));
        let unlikely = (1.0 - likely) / (width - 1) as f64;
        let mut times = vec![0; width];
        shared.iter().for_each(|&task| times[consensus[task]] += 1);
        let most = times.into_iter().max().unwrap_or(0);
        let guess_error = (1.0 - most as f64 / shared.len() as f64).max(LEAST);
        let agreements = with_the_others(labels);
        let workers: Vec<f64> =
            agreements.iter().map(|agreement| (1.0 - (1.0 - agreement) / guess_error).max(LEAST)).collect();
        let model_error = mean(&|task| f64::from(first_most(&probabilities[task]) != consensus[task]));
        let answers = labels.len() as f64 / labels.tasks().len() as f64;
        let model = (1.0 - model_error / guess_error).max(LEAST) * answers.sqrt();
        let posterior = probabilities.iter().enumerate().map(|(task, of)| {
            let given = labels.of_task(task);
            let all = model + given.iter().map(|given| workers[given.worker as usize]).sum::<f64>();
            let voted = |label: usize| -> f64 {
                let vote = |given: &crate::Given| {
                    let says = if given.label as usize == label { likely } else { unlikely };
                    workers[given.worker as usize] * says
                };
                given.iter().map(vote).sum()
            };
            (0..width).map(|label| (of[label] * model + voted(label)) / all).collect()
        });
        Vote { posterior: posterior.collect(), model, workers }
    }

    fn told(&self, labels: &Labels, consensus: &[usize]) -> Consensus {
        let item = |(task, name): (usize, &String)| ConsensusItem {
            task: name.clone(),
            label: labels.labels()[consensus[task]].clone(),
            quality: self.posterior[task][consensus[task]],
            agreement: share(labels, task, consensus[task]),
            answers: labels.of_task(task).len(),
        };
        let mut records = vec![Record::default(); labels.workers().len()];
        for (task, consensus) in consensus.iter().enumerate() {
            let given = labels.of_task(task);
            for one in given {
                let record = &mut records[one.worker as usize];
                let agrees = f64::from(one.label as usize == *consensus);
                record.answers += 1;
                record.probability += self.posterior[task][one.label as usize];
                record.agreeing += agrees;
                if given.len() > 1 {
                    record.shared += 1.0;
                    record.agreeing_on_shared += agrees;
                }
            }
        }
        let answers = labels.len() as f64 / labels.tasks().len() as f64;
        let people = self.workers.iter().sum::<f64>() * answers / self.workers.len() as f64;
        let trust_in_model = self.model / (self.model + people);
        let worker = |(name, record): (&String, &Record)| {
            let n = record.answers as f64;
            let by_model = record.probability / n;
            let by_people =
                if record.shared > 0.0 { record.agreeing_on_shared / record.shared } else { by_model };
            ConsensusWorker {
                worker: name.clone(),
                quality: trust_in_model * by_model + (1.0 - trust_in_model) * by_people,
                agreement: record.agreeing / n,
                answers: record.answers,
            }
        };
        Consensus {
            items: labels.tasks().iter().enumerate().map(item).collect(),
            workers: labels.workers().iter().zip(&records).map(worker).collect(),
            model_weight: self.model,
        }
    }
}

/// What one person's labels came to.
#[derive(Clone, Default)]
struct Record {
    answers: usize,
    probability: f64,
    agreeing: f64,
    shared: f64,
    agreeing_on_shared: f64,
}

/// The share of a task's people who gave a label.
fn share(labels: &Labels, task: usize, label: usize) -> f64 {
    let given = labels.of_task(task);
    given.iter().filter(|given| given.label as usize == label).count() as f64 / given.len() as f64
}

fn first_most(of: &[f64]) -> usize {
    (1..of.len()).fold(0, |best, label| if of[label] > of[best] { label } else { best })
}

/// How often the others agree with each person, over all pairs on shared tasks; the mean of the rest for who shares none.
fn with_the_others(labels: &Labels) -> Vec<f64> {
    let (mut agreeing, mut pairs) = (vec![0.0; labels.workers().len()], vec![0.0; labels.workers().len()]);
    for task in 0..labels.tasks().len() {
        let given = labels.of_task(task);
        for one in given {
            let same = given.iter().filter(|other| other.label == one.label).count() - 1;
            agreeing[one.worker as usize] += same as f64;
            pairs[one.worker as usize] += (given.len() - 1) as f64;
        }
    }
    let known: Vec<f64> =
        agreeing.iter().zip(&pairs).filter(|(_, n)| **n > 0.0).map(|(a, n)| a / n).collect();
    let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
    agreeing.iter().zip(&pairs).map(|(agreeing, n)| if *n > 0.0 { agreeing / n } else { mean }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_model_settles_a_tie() {
        let mut rows = Vec::new();
        for task in ["1", "2", "3", "4"] {
            let label = if task < "3" { "x" } else { "y" };
            rows.extend([(task, "a", label), (task, "b", label)]);
        }
        rows.extend([("5", "a", "x"), ("5", "b", "y")]);
        let sure = |x: f64| vec![x, 1.0 - x];
        let probabilities = [sure(0.9), sure(0.9), sure(0.1), sure(0.1), sure(0.2)];
        let consensus = crowdlab(&Labels::from_rows(rows), &probabilities).unwrap();
        let settled = &consensus.items[4];
        assert_eq!((settled.label.as_str(), settled.agreement, settled.answers), ("y", 0.5, 2));
        assert!(settled.quality < consensus.items[0].quality);
        assert!(consensus.workers[0].quality < consensus.workers[1].quality, "{consensus:?}");
    }

    #[test]
    fn without_a_shared_task_nothing_is_known_of_anybody() {
        let labels = Labels::from_rows([("1", "a", "x"), ("2", "b", "y")]);
        assert_eq!(crowdlab(&labels, &[vec![0.5, 0.5], vec![0.5, 0.5]]), None);
    }
}
