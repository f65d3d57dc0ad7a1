//! Choosing a method: by its accuracy on gold where there is enough, else by a stated rule.

use serde::Serialize;

use super::em::Em;
use super::method::Method;
use super::{Right, correct, posterior};
use crate::interval::SplitMix;
use crate::{Labels, Metric, Resampling};

/// Fewer gold tasks cannot tell methods apart.
const LEAST_GOLD: usize = 30;
const FOLDS: usize = 5;
/// A worker's matrix of mistakes is worth estimating from this many labels for each possible label.
const LABELS_A_COLUMN: f64 = 5.0;

/// Which method was taken and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Choice {
    /// In a sentence.
    pub why: String,
    /// Every method with its accuracy on all gold; empty without enough gold. Choosing the best of them flatters it, which
    /// is why [`crate::Resolved::accuracy`] is measured on gold that did not take part in choosing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub compared: Vec<Compared>,
}

/// A method's accuracy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// Which method.
    pub method: Method,
    /// The share of gold tasks it resolves rightly.
    pub accuracy: Metric,
}

/// The method, its posterior, the accuracy of choosing like this, and the reasons.
pub(super) fn choose(
    labels: &Labels,
    answers: Option<&[Right]>,
    resampling: &Resampling,
) -> (Method, Vec<f64>, Option<Metric>, Choice) {
    let em = Em::default();
    match answers {
        Some(answers) if answers.len() >= LEAST_GOLD => by_gold(labels, answers, resampling),
        _ => {
            let (method, why) = by_rule(labels);
            let posterior = posterior(labels, method, &em);
            let accuracy =
                answers.map(|answers| Metric::mean(&correct(labels, &posterior, answers), resampling));
            let few = answers.map_or(String::from("no gold; "), |answers| {
                format!("{} gold tasks, fewer than {LEAST_GOLD}; ", answers.len())
            });
            (method, posterior, accuracy, Choice { why: few + &why, compared: Vec::new() })
        }
    }
}

fn by_gold(
    labels: &Labels,
    answers: &[Right],
    resampling: &Resampling,
) -> (Method, Vec<f64>, Option<Metric>, Choice) {
    let all = Method::ALL.map(|method| posterior(labels, method, &Em::default()));
    let scores: Vec<Vec<f64>> = all.iter().map(|posterior| correct(labels, posterior, answers)).collect();
    let fold = folds(answers.len(), resampling.seed);
    // Chosen on the other folds, scored on this one: what choosing is worth on tasks that did not help to choose.
    let chosen_without: Vec<usize> =
        (0..FOLDS).map(|held| best(&scores, |task| fold[task] != held)).collect();
    let held_out: Vec<f64> =
        (0..answers.len()).map(|task| scores[chosen_without[fold[task]]][task]).collect();
    let chosen = best(&scores, |_| true);
    let compared: Vec<Compared> = Method::ALL
        .into_iter()
        .zip(&scores)
        .map(|(method, scores)| Compared { method, accuracy: Metric::mean(scores, resampling) })
        .collect();
    let right = |at: usize| scores[at].iter().sum::<f64>();
    let why = format!(
        "{} gets {} of {} gold tasks right, majority {}; no other method gets more",
        Method::ALL[chosen],
        right(chosen),
        answers.len(),
        right(0),
    );
    let of_chosen = all.into_iter().nth(chosen).unwrap_or_default();
    (Method::ALL[chosen], of_chosen, Some(Metric::mean(&held_out, resampling)), Choice { why, compared })
}

/// The method that is right most often on the tasks that count; of several the simplest.
fn best(scores: &[Vec<f64>], counts: impl Fn(usize) -> bool) -> usize {
    let right = |scores: &Vec<f64>| -> f64 {
        scores.iter().enumerate().filter(|(task, _)| counts(*task)).map(|(_, score)| score).sum()
    };
    let right: Vec<f64> = scores.iter().map(right).collect();
    super::most_probable(&right)
}

/// A fold for each task, as many tasks in one as in another, give or take one.
fn folds(tasks: usize, seed: u64) -> Vec<usize> {
    let mut folds: Vec<usize> = (0..tasks).map(|task| task % FOLDS).collect();
    let mut draw = SplitMix::new(seed, tasks as u64);
    for at in (1..tasks).rev() {
        folds.swap(at, draw.below(at + 1));
    }
    folds
}

/// Without gold: majority where tasks have too few labels to learn from one another, Dawid–Skene where workers gave enough
/// to learn their mistakes, else one coin.
fn by_rule(labels: &Labels) -> (Method, String) {
    let (tasks, width) = (labels.tasks().len().max(1), labels.labels().len());
    let a_task = labels.len() as f64 / tasks as f64;
    if a_task < 2.0 || width < 2 {
        return (Method::Majority, format!("majority, because a task has {a_task:.1} labels on average"));
    }
    let typical = typical_load(labels);
    let needed = LABELS_A_COLUMN * width as f64;
    let (method, than) = if typical as f64 >= needed {
        (Method::DawidSkene, "at least")
    } else {
        (Method::OneCoin, "fewer than")
    };
    let why = format!(
        "{method}, because half of the labels are of workers who gave {typical} or more, {than} {needed}"
    );
    (method, why)
}

/// Half of all labels are of workers who gave this many or more.
fn typical_load(labels: &Labels) -> usize {
    let mut loads = vec![0; labels.workers().len()];
    labels.all().0.iter().for_each(|given| loads[given.worker as usize] += 1);
    loads.sort_unstable_by(|a, b| b.cmp(a));
    let mut seen = 0;
    let reaches_half = |load: &&usize| {
        seen += **load;
        2 * seen >= labels.len()
    };
    loads.iter().find(reaches_half).copied().unwrap_or(0)
}
