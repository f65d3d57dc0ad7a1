//! One label for each task out of what several people said, with how sure it is and how good each of them is.

mod auto;
mod dawid_skene;
mod em;
mod glad;
mod mace;
mod method;
mod one_coin;
mod votes;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Labels, Metric, Resampling};
pub use auto::{Choice, Compared};
pub use em::Em;
pub use method::{Method, UnknownMethod};

/// Known right labels by task.
pub type Gold = BTreeMap<String, String>;

/// What the labels come to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Resolved {
    /// How it was computed; never `auto`.
    pub method: Method,
    /// By task, in the table's order.
    pub items: Vec<ResolvedItem>,
    /// By worker, in the table's order.
    pub workers: Vec<WorkerQuality>,
    /// What the entries of [`ResolvedItem::probabilities`] belong to.
    pub labels: Vec<String>,
    /// The share of gold tasks that got the right label; `None` without gold. Gold tasks that nobody labelled do not count.
    /// For `auto` the accuracy of choosing a method on four fifths of the gold, on the fifth.
    pub accuracy: Option<Metric>,
    /// Why this method, where it was to be chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choice: Option<Choice>,
}

/// What one task's labels come to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResolvedItem {
    /// Which task.
    pub task: String,
    /// Its most probable label; of several, the first in the table's order.
    pub label: String,
    /// That label's probability.
    pub posterior: f64,
    /// Every label's probability.
    pub probabilities: Vec<f64>,
}

/// How good a worker is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorkerQuality {
    /// Who.
    pub worker: String,
    /// The mean probability of the labels they gave: how many of their answers are expected to be right, in `[0, 1]`.
    pub quality: f64,
    /// How many labels they gave.
    pub answers: usize,
}

/// Resolves every task. The same table gives the same bytes; the seed of `resampling` moves intervals and the folds of
/// `auto` only. Gold is never shown to a method, so that its accuracy is that on tasks without gold.
pub fn resolve(labels: &Labels, method: Method, gold: Option<&Gold>, resampling: &Resampling) -> Resolved {
    let answers = gold.map(|gold| right_answers(labels, gold));
    if method == Method::Auto {
        let (method, posterior, accuracy, choice) = auto::choose(labels, answers.as_deref(), resampling);
        return resolved(labels, method, &posterior, accuracy, Some(choice));
    }
    let posterior = posterior(labels, method, &Em::default());
    let accuracy = answers.map(|answers| Metric::mean(&correct(labels, &posterior, &answers), resampling));
    resolved(labels, method, &posterior, accuracy, None)
}

/// The probability of each label of each task under one method, task by task; the steps and the tolerance are those of the
/// methods that iterate. [`Method::Auto`] is taken for majority here.
pub fn posterior(labels: &Labels, method: Method, em: &Em) -> Vec<f64> {
    if labels.labels().len() < 2 {
        return votes::majority(labels);
    }
    match method {
        Method::Majority | Method::Auto => votes::majority(labels),
        Method::Weighted => votes::weighted(labels),
        Method::DawidSkene => dawid_skene::posterior(labels, em),
        Method::OneCoin => one_coin::posterior(labels, em),
        Method::Mace => mace::posterior(labels, em),
        Method::Glad => glad::posterior(labels, em),
    }
}

/// The tasks whose right label is known, with its place among the labels; none where nobody gave it.
type Right = (usize, Option<usize>);

fn right_answers(labels: &Labels, gold: &Gold) -> Vec<Right> {
    let place = |right: &String| labels.labels().iter().position(|label| label == right);
    let known = |(task, name): (usize, &String)| gold.get(name).map(|right| (task, place(right)));
    labels.tasks().iter().enumerate().filter_map(known).collect()
}

/// 1 for each gold task resolved rightly, else 0.
fn correct(labels: &Labels, posterior: &[f64], answers: &[Right]) -> Vec<f64> {
    let width = labels.labels().len();
    let one = |(task, right): &Right| {
        f64::from(right.is_some_and(|right| right == most_probable(&posterior[task * width..][..width])))
    };
    answers.iter().map(one).collect()
}

/// The first place of the highest probability; `probabilities` is not empty.
fn most_probable(probabilities: &[f64]) -> usize {
    let better = |best: usize, at: usize| if probabilities[at] > probabilities[best] { at } else { best };
    (1..probabilities.len()).fold(0, better)
}

fn resolved(
    labels: &Labels,
    method: Method,
    posterior: &[f64],
    accuracy: Option<Metric>,
    choice: Option<Choice>,
) -> Resolved {
    let width = labels.labels().len();
    let mut right = vec![0.0; labels.workers().len()];
    let mut answers = vec![0; labels.workers().len()];
    let mut items = Vec::with_capacity(labels.tasks().len());
    for (task, name) in labels.tasks().iter().enumerate() {
        let probabilities = &posterior[task * width..][..width];
        for given in labels.of_task(task) {
            right[given.worker as usize] += probabilities[given.label as usize];
            answers[given.worker as usize] += 1;
        }
        let best = most_probable(probabilities);
        items.push(ResolvedItem {
            task: name.clone(),
            label: labels.labels()[best].clone(),
            posterior: probabilities[best],
            probabilities: probabilities.to_vec(),
        });
    }
    let named = labels.workers().iter().zip(right.into_iter().zip(answers));
    let workers = named
        .map(|(worker, (right, answers))| WorkerQuality {
            worker: worker.clone(),
            quality: right / answers as f64,
            answers,
        })
        .collect();
    Resolved { method, items, workers, labels: labels.labels().to_vec(), accuracy, choice }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FEW: Resampling = Resampling { seed: 0, resamples: 100 };

    fn every_method() -> impl Iterator<Item = Method> {
        Method::ALL.into_iter().chain([Method::Auto])
    }

    #[test]
    fn nothing_labelled_resolves_to_nothing() {
        for method in every_method() {
            let resolved = resolve(&Labels::from_rows([]), method, Some(&Gold::new()), &FEW);
            assert!(resolved.items.is_empty() && resolved.workers.is_empty(), "{resolved:?}");
            assert_eq!(resolved.accuracy.and_then(|accuracy| accuracy.value), None);
        }
    }

    #[test]
    fn a_single_label_is_certain() {
        let labels = Labels::from_rows([("1", "a", "x"), ("1", "b", "x"), ("2", "a", "x")]);
        for method in every_method() {
            let resolved = resolve(&labels, method, None, &FEW);
            assert!(
                resolved.items.iter().all(|item| item.label == "x" && item.posterior == 1.0),
                "{resolved:?}"
            );
        }
    }

    #[test]
    fn a_tie_goes_to_the_first_label_and_says_how_sure_it_is() {
        let labels = Labels::from_rows([("1", "a", "yes"), ("1", "b", "no")]);
        let item = resolve(&labels, Method::Majority, None, &FEW).items.remove(0);
        assert_eq!((item.label.as_str(), item.posterior, item.probabilities), ("no", 0.5, vec![0.5, 0.5]));
    }

    #[test]
    fn gold_that_is_too_little_to_choose_by_still_measures() {
        let labels = Labels::from_rows([("1", "a", "x"), ("1", "b", "x"), ("2", "a", "y"), ("2", "b", "y")]);
        let gold: Gold =
            [("1", "x"), ("2", "z"), ("3", "x")].map(|(t, l)| (t.to_string(), l.to_string())).into();
        let resolved = resolve(&labels, Method::Auto, Some(&gold), &FEW);
        let accuracy = resolved.accuracy.unwrap();
        assert_eq!((accuracy.value, accuracy.n), (Some(0.5), 2));
        let why = "2 gold tasks, fewer than 30; \
                   one-coin, because half of the labels are of workers who gave 2 or more, fewer than 10";
        assert_eq!(resolved.choice.unwrap().why, why);
    }

    proptest! {
        #[test]
        fn probabilities_are_probabilities_and_the_same_every_time(
            table in prop::collection::btree_map((0u8..12, 0u8..5), 0u8..4, 1..50)
        ) {
            let rows: Vec<[String; 3]> =
                table.into_iter().map(|((task, worker), label)| [task, worker, label].map(|n| n.to_string())).collect();
            let labels = Labels::from_rows(rows.iter().map(|[t, w, l]| (t.as_str(), w.as_str(), l.as_str())));
            for method in every_method() {
                let resolved = resolve(&labels, method, None, &FEW);
                for item in &resolved.items {
                    let sum: f64 = item.probabilities.iter().sum();
                    prop_assert!((sum - 1.0).abs() < 1e-9 && item.posterior <= 1.0 + 1e-9, "{} {:?}", method, item);
                    prop_assert!(item.probabilities.iter().all(|part| *part >= 0.0 && *part <= item.posterior));
                }
                for worker in &resolved.workers {
                    prop_assert!((0.0..=1.0 + 1e-9).contains(&worker.quality), "{method} {worker:?}");
                }
                prop_assert_eq!(resolve(&labels, method, None, &FEW), resolved);
            }
        }
    }
}
