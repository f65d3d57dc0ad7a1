//! Questions that nearly repeat a training example: what an arm knows of them it may know by heart.

use std::collections::BTreeMap;

use engraft_tune::data::near_groups;

use super::task::{Leakage, request};
use crate::Error;

/// Pairs shown in the error.
const SHOWN: usize = 10;

/// For each question the training example that says nearly the same, if any. Two texts nearly repeat each other when they
/// share nine tenths of their words.
pub(super) fn repeats(training: &[&str], questions: &[&str]) -> Vec<Option<usize>> {
    let all: Vec<&str> = training.iter().chain(questions).copied().collect();
    let groups = near_groups(&all);
    let mut known: BTreeMap<usize, usize> = BTreeMap::new();
    for (at, group) in groups[..training.len()].iter().enumerate() {
        known.entry(*group).or_insert(at);
    }
    groups[training.len()..].iter().map(|group| known.get(group).copied()).collect()
}

/// Which questions stay: all, or those that repeat nothing; an error with the pairs where leakage is refused.
pub(super) fn kept(training: &[&str], questions: &[&str], policy: Leakage) -> Result<Vec<usize>, Error> {
    let repeats = repeats(training, questions);
    let leaked = repeats.iter().flatten().count();
    if leaked == 0 || policy == Leakage::Drop {
        return Ok((0..questions.len()).filter(|&at| repeats[at].is_none()).collect());
    }
    let pairs = repeats.iter().enumerate().filter_map(|(at, example)| Some((at, (*example)?)));
    let shown: Vec<String> = pairs
        .take(SHOWN)
        .map(|(question, example)| {
            format!("  \"{}\" repeats \"{}\"", flat(questions[question]), flat(training[example]))
        })
        .collect();
    let more = if leaked > SHOWN { format!("\n  and {} more", leaked - SHOWN) } else { String::new() };
    Err(request(
        format!("{leaked} questions nearly repeat a training example:\n{}{more}", shown.join("\n")),
        "take them out of one of the files, or leave them out of the evaluation with `leakage = \"drop\"`",
    ))
}

fn flat(text: &str) -> String {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if flat.chars().count() <= 80 {
        flat
    } else {
        format!("{}…", flat.chars().take(79).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_known_from_training_is_refused_with_its_pair() {
        let (training, questions) = (["Where is my card?", "Hello"], ["where IS my card", "Goodbye"]);
        let error = kept(&training, &questions, Leakage::Refuse).unwrap_err().to_string();
        assert!(error.contains("\"where IS my card\" repeats \"Where is my card?\""), "{error}");
        assert_eq!(kept(&training, &questions, Leakage::Drop).unwrap(), [1]);
    }
}
