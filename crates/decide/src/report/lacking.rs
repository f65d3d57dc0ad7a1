//! Diagnostics that a kind of task has none of, and why.

use crate::{Decision, Experiment};

const NO_ORACLE: &str = "There is no arm of perfect retrieval: a text that is asked for has no gold passage, so that nobody \
                         can say which examples are the right ones to show.";
const FEW_SHOTS_ARE_RETRIEVAL: &str = "There is no few-shot arm: labelled examples beside the question are what `retrieval` \
                                       goes by, and it takes the nearest of them.";
const NOTHING_TO_SHOW_SHOTS_TO: &str = "There is no few-shot arm: what quotes sentences of passages has no prompt that answered \
                                        questions could stand in; they are what `both` is tuned on.";

/// What of the usual diagnostics cannot be asked in a task of this kind, in a sentence each; nothing where no arm looks anything up.
pub(crate) fn lacking(experiment: &Experiment, decision: &Decision) -> Option<&'static str> {
    let measured = || decision.arms.iter().filter(|arm| arm.candidate && arm.quality.value.is_some());
    if !measured().any(|arm| arm.retrieval) {
        return None;
    }
    // Only a language model answers from memory, and only a language model is shown anything.
    let from_memory = measured().any(|arm| !arm.retrieval);
    match experiment.kind.as_str() {
        "write" => Some(NO_ORACLE),
        "classify" | "extract" => Some(FEW_SHOTS_ARE_RETRIEVAL),
        "answer" if !from_memory => Some(NOTHING_TO_SHOW_SHOTS_TO),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use crate::worlds::{measured, truths};
    use crate::{decide, html, markdown};

    /// What is said in a task of that kind, in which these of base, retrieval, tuned and both were measured.
    #[track_caller]
    fn check(kind: &str, arms: std::ops::Range<usize>, expected: &str) {
        let mut random = Random::new(9, 9);
        let mut experiment = measured(&truths(&mut random), 60, 1, 1, &mut random);
        experiment.kind = kind.into();
        experiment.arms = experiment.arms.drain(arms).collect();
        let decision = decide(&experiment, "").unwrap();
        let said = lacking(&experiment, &decision).unwrap_or("nothing");
        assert!(said.contains(expected), "{said}");
        let (page, text) = (html(&experiment, &decision), markdown(&experiment, &decision));
        let told = expected != "nothing";
        assert_eq!(
            (page.contains("<p>There is no "), text.contains("- There is no ")),
            (told, told),
            "{text}"
        );
    }

    #[test]
    fn what_a_kind_of_task_cannot_be_asked_is_said_with_the_reason() {
        check("write", 0..4, "no arm of perfect retrieval: a text that is asked for has no gold passage");
        check("classify", 0..4, "no few-shot arm: labelled examples");
        check("extract", 0..2, "no few-shot arm: labelled examples");
        check("answer", 1..2, "no few-shot arm: what quotes sentences");
    }

    #[test]
    fn nothing_is_lacking_where_a_model_answers_from_memory_or_nothing_is_looked_up() {
        check("answer", 0..4, "nothing");
        check("classify", 0..1, "nothing");
    }
}
