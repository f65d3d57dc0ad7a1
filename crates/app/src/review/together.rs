//! What people and a model say together about one question, where the model's suggestions came in with the items.

use std::collections::{BTreeMap, BTreeSet};

use engraft_eval::{Consensus, Labels, crowdlab};
use serde::Serialize;

/// People weighed together with a model (CROWDLAB), on the items that the model says something about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Together {
    /// The model.
    pub model: String,
    /// The consensus; its least sure items come first.
    #[serde(flatten)]
    pub consensus: Consensus,
}

/// What a model says of an item: its answer in one word, and how sure it is.
pub(crate) struct Suggested {
    pub(crate) item: String,
    pub(crate) model: String,
    pub(crate) word: String,
    pub(crate) score: f64,
}

/// The consensus with each model; none with a model that says nothing about an item that two people answered.
///
/// `rows` are item, person and answer in one word. What a model's score leaves is shared by the other answers that are given
/// to the question at all. A model that learnt from these answers would be believed too much.
pub(crate) fn together(rows: &[(&str, &str, String)], suggested: &[Suggested]) -> Vec<Together> {
    let models: BTreeSet<&str> = suggested.iter().map(|one| one.model.as_str()).collect();
    let with = |model: &str| {
        let says: BTreeMap<&str, &Suggested> =
            suggested.iter().filter(|one| one.model == model).map(|one| (one.item.as_str(), one)).collect();
        let given = rows.iter().filter(|(item, ..)| says.contains_key(item));
        let given: Vec<(&str, &str, &str)> =
            given.map(|(item, person, word)| (*item, *person, word.as_str())).collect();
        let words = given.iter().map(|(.., word)| *word).chain(says.values().map(|one| one.word.as_str()));
        let words: Vec<&str> = words.collect::<BTreeSet<_>>().into_iter().collect();
        let labels = Labels::with_order(given, &words);
        let rest = (words.len().max(2) - 1) as f64;
        let row = |task: &String| -> Vec<f64> {
            let one = says[task.as_str()];
            let probable =
                |label: &String| if *label == one.word { one.score } else { (1.0 - one.score) / rest };
            labels.labels().iter().map(probable).collect()
        };
        let probabilities: Vec<Vec<f64>> = labels.tasks().iter().map(row).collect();
        let mut consensus = crowdlab(&labels, &probabilities)?;
        consensus.items.sort_by(|a, b| a.quality.total_cmp(&b.quality));
        Some(Together { model: model.to_string(), consensus })
    };
    models.into_iter().filter_map(with).collect()
}
