//! The rows of a job, checked and numbered.

use std::collections::BTreeSet;

use crate::TuneError;
use crate::classifier::names::spelled;
use crate::data::{Example, Labelling, Labels};

/// Rows with their classes by number.
pub(crate) struct Numbered<'a> {
    pub(crate) labels: Labels,
    pub(crate) train_texts: Vec<&'a str>,
    /// Empty for a row out of scope.
    pub(crate) train_given: Vec<Vec<usize>>,
    pub(crate) inside: Vec<bool>,
    /// Classes whose names have words, and those words.
    pub(crate) names: Vec<(usize, String)>,
    pub(crate) eval_texts: Vec<&'a str>,
    /// `None` for a row out of scope.
    pub(crate) eval_given: Vec<Option<Vec<usize>>>,
}

/// Numbers the classes of training rows and finds those of evaluation rows among them. Refuses data nothing can be learned of.
pub(crate) fn number<'a>(
    train: &'a [Example],
    eval: &'a [Example],
    labelling: Labelling,
    out_of_scope: Option<&str>,
) -> Result<Numbered<'a>, TuneError> {
    let outside = |example: &Example| out_of_scope.is_some_and(|label| example.labels == [label]);
    let learned: Vec<Example> = train.iter().filter(|example| !outside(example)).cloned().collect();
    if learned.is_empty() {
        return Err(TuneError::data("there is no row to train on", "bring rows with `text` and `label`"));
    }
    let labels = Labels::of(&learned);
    match (labels.names(), labelling) {
        ([], _) => {
            return Err(TuneError::data("no row has a label", "give rows labels"));
        }
        ([only], Labelling::Single) => {
            let message =
                format!("all {} rows have the label `{only}`: there is nothing to tell apart", learned.len());
            return Err(TuneError::data(message, "bring rows with at least two labels"));
        }
        _ => {}
    }
    let judged: Vec<Example> = eval.iter().filter(|example| !outside(example)).cloned().collect();
    if judged.is_empty() {
        return Err(TuneError::data(
            "there is no row to evaluate on",
            "bring more rows, of several documents where rows belong together, or name a file of them with `--eval`",
        ));
    }
    let mut judged = labels.numbers(&judged)?.into_iter();
    let mut numbers = labels.numbers(&learned)?.into_iter();
    let several = |given: &Vec<usize>| labelling == Labelling::Single && given.len() != 1;
    if learned.iter().zip(labels.numbers(&learned)?).any(|(_, given)| several(&given)) {
        return Err(TuneError::Bug("a row has not exactly one label".into()));
    }
    Ok(Numbered {
        train_texts: train.iter().map(|example| example.text.as_str()).collect(),
        train_given: train
            .iter()
            .map(|example| if outside(example) { Vec::new() } else { numbers.next().unwrap_or_default() })
            .collect(),
        inside: train.iter().map(|example| !outside(example)).collect(),
        names: labels
            .names()
            .iter()
            .enumerate()
            .filter_map(|(class, name)| Some((class, spelled(name)?)))
            .collect(),
        eval_texts: eval.iter().map(|example| example.text.as_str()).collect(),
        eval_given: eval.iter().map(|example| if outside(example) { None } else { judged.next() }).collect(),
        labels,
    })
}

/// Evaluation rows that say nearly the same as a training row: what a model knows of them it may know by heart.
pub fn leaked(train: &[Example], eval: &[Example]) -> usize {
    let words =
        |example: &Example| -> Vec<String> { crate::data::words_of(&example.text).into_iter().collect() };
    let known: BTreeSet<Vec<String>> = train.iter().map(words).collect();
    eval.iter().filter(|example| known.contains(&words(example))).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(labels: &[&str]) -> Vec<Example> {
        let row = |(place, label): (usize, &&str)| Example {
            id: place.to_string(),
            text: format!("text {place}"),
            labels: vec![(*label).to_string()],
            group: None,
        };
        labels.iter().enumerate().map(row).collect()
    }

    #[track_caller]
    fn check(train: &[&str], eval: &[&str], message: &str) {
        match number(&rows(train), &rows(eval), Labelling::Single, Some("oos")) {
            Ok(numbered) => assert_eq!(numbered.labels.names().join(" "), message),
            Err(error) => assert_eq!(error.to_string(), message),
        }
    }

    #[test]
    fn data_nothing_can_be_learned_of_is_refused() {
        check(&[], &["a"], "there is no row to train on");
        check(&["oos"], &["a"], "there is no row to train on");
        check(&["a", "a"], &["a"], "all 2 rows have the label `a`: there is nothing to tell apart");
        check(&["a", "b"], &["oos"], "there is no row to evaluate on");
        check(&["a", "b"], &["c"], "labels that training never saw: `c` (1)");
    }

    #[test]
    fn a_row_out_of_scope_has_no_class() {
        check(&["b", "oos", "a"], &["a", "oos"], "a b");
        let (train, eval) = (rows(&["b", "oos", "a"]), rows(&["a", "oos"]));
        let numbered = number(&train, &eval, Labelling::Single, Some("oos")).unwrap();
        assert_eq!(numbered.train_given, [vec![1], vec![], vec![0]]);
        assert_eq!(numbered.eval_given, [Some(vec![0]), None]);
    }

    #[test]
    fn an_evaluation_row_known_from_training_is_counted() {
        let (train, mut eval) = (rows(&["a", "b"]), rows(&["a", "b"]));
        eval[1].text = "something else".into();
        assert_eq!(leaked(&train, &eval), 1);
    }
}
