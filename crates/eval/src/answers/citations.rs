//! Whether what is cited supports what is said, given who supports what (Gao et al. 2023, ALCE).

use crate::{Metric, Resampling, means};

/// One sentence of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CitedSentence {
    /// Whether it claims anything; a greeting does not. Only [`Citing::Strict`] looks at it.
    pub claims: bool,
    /// The places of the passages it cites, from 0, in order; one past the passages there are is invalid.
    pub cites: Vec<usize>,
}

/// An answer with citations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CitedAnswer {
    /// How many passages there were to cite.
    pub passages: usize,
    /// Its sentences.
    pub sentences: Vec<CitedSentence>,
}

/// How invalid citations and sentences without a claim count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Citing {
    /// As ALCE's script: every sentence counts; a sentence with an invalid citation is unsupported, and its citations are
    /// not counted.
    Alce,
    /// Sentences without a claim are left out; an invalid citation is a wrong one, and the valid ones beside it still count.
    Strict,
}

/// Citation recall and precision, in `[0, 1]`.
#[derive(Clone, Debug, PartialEq)]
pub struct CitationScores {
    /// The share of an answer's sentences that their citations support, mean over answers.
    pub recall: Metric,
    /// The share of an answer's citations that are right and needed, mean over answers; 0 for one that cites nothing.
    pub precision: Metric,
    /// Recall over all sentences together; `None` without any.
    pub micro_recall: Option<f64>,
    /// Precision over all citations together; `None` without any.
    pub micro_precision: Option<f64>,
    /// Sentences left out because they claim nothing.
    pub skipped: usize,
    /// Answers that claim nothing at all: a state of their own, in no mean.
    pub no_claims: usize,
}

/// Counts of one answer.
#[derive(Clone, Copy, Default)]
struct Counts {
    sentences: usize,
    supported: usize,
    citations: usize,
    right: usize,
}

/// Scores answers; `entails(answer, sentence, passages)` says whether those passages together support that sentence.
pub fn citations(
    answers: &[CitedAnswer],
    entails: &mut dyn FnMut(usize, usize, &[usize]) -> bool,
    citing: Citing,
    resampling: &Resampling,
) -> CitationScores {
    let mut all = Vec::new();
    let (mut skipped, mut no_claims) = (0, 0);
    for (place, answer) in answers.iter().enumerate() {
        let mut counts = Counts::default();
        for (at, sentence) in answer.sentences.iter().enumerate() {
            if citing == Citing::Strict && !sentence.claims {
                skipped += 1;
                continue;
            }
            add(&mut counts, sentence, answer.passages, citing, &mut |passages| entails(place, at, passages));
        }
        if counts.sentences == 0 { no_claims += 1 } else { all.push(counts) }
    }
    let share = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let recalls = all.iter().map(|one| share(one.supported, one.sentences)).collect();
    let precisions = all.iter().map(|one| share(one.right, one.citations)).collect();
    let metrics = means(&[recalls, precisions], resampling);
    let sum = |part: fn(&Counts) -> usize| all.iter().map(part).sum::<usize>();
    let micro = |part: usize, whole: usize| (whole > 0).then(|| share(part, whole));
    CitationScores {
        micro_recall: micro(sum(|one| one.supported), sum(|one| one.sentences)),
        micro_precision: micro(sum(|one| one.right), sum(|one| one.citations)),
        recall: metrics[0].clone(),
        precision: metrics[1].clone(),
        skipped,
        no_claims,
    }
}

fn add(
    counts: &mut Counts,
    sentence: &CitedSentence,
    passages: usize,
    citing: Citing,
    entails: &mut dyn FnMut(&[usize]) -> bool,
) {
    counts.sentences += 1;
    let valid: Vec<usize> = sentence.cites.iter().copied().filter(|cited| *cited < passages).collect();
    let invalid = sentence.cites.len() - valid.len();
    if citing == Citing::Alce && invalid > 0 {
        return;
    }
    counts.citations += sentence.cites.len();
    if valid.is_empty() || !entails(&valid) {
        return;
    }
    counts.supported += 1;
    for (at, cited) in valid.iter().enumerate() {
        // A citation is needed when it supports alone, or when the others do not support without it.
        let mut others = valid.clone();
        others.remove(at);
        let needed = others.is_empty() || entails(&[*cited]) || !entails(&others);
        counts.right += usize::from(needed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Passage 0 supports everything, 1 nothing, 2 and 3 only together.
    fn entails(_: usize, _: usize, passages: &[usize]) -> bool {
        passages.contains(&0) || (passages.contains(&2) && passages.contains(&3))
    }

    fn score(citing: Citing, sentences: &[(bool, &[usize])]) -> CitationScores {
        let sentence =
            |(claims, cites): &(bool, &[usize])| CitedSentence { claims: *claims, cites: cites.to_vec() };
        let answer = CitedAnswer { passages: 4, sentences: sentences.iter().map(sentence).collect() };
        citations(&[answer], &mut entails, citing, &Resampling { seed: 0, resamples: 10 })
    }

    #[track_caller]
    fn check(citing: Citing, sentences: &[(bool, &[usize])], recall: f64, precision: f64) {
        let found = score(citing, sentences);
        assert_eq!((found.recall.value, found.precision.value), (Some(recall), Some(precision)));
    }

    #[test]
    fn a_needless_citation_costs_precision_and_a_joint_one_does_not() {
        check(Citing::Alce, &[(true, &[0, 1])], 1.0, 0.5);
        check(Citing::Alce, &[(true, &[2, 3])], 1.0, 1.0);
        check(Citing::Alce, &[(true, &[1]), (true, &[])], 0.0, 0.0);
    }

    #[test]
    fn an_invalid_citation_is_free_for_alce_and_wrong_when_strict() {
        check(Citing::Alce, &[(true, &[0]), (true, &[0, 9])], 0.5, 1.0);
        check(Citing::Strict, &[(true, &[0]), (true, &[0, 9])], 1.0, 2.0 / 3.0);
    }

    #[test]
    fn what_claims_nothing_is_skipped_and_counted_when_strict() {
        check(Citing::Alce, &[(false, &[]), (true, &[0])], 0.5, 1.0);
        check(Citing::Strict, &[(false, &[]), (true, &[0])], 1.0, 1.0);
        let found = score(Citing::Strict, &[(false, &[])]);
        assert_eq!(
            (found.skipped, found.no_claims, found.recall.value, found.micro_recall),
            (1, 1, None, None)
        );
    }

    proptest! {
        #[test]
        fn scores_are_shares(sentences in prop::collection::vec((any::<bool>(), prop::collection::vec(0usize..6, 0..4)), 0..6)) {
            let sentences: Vec<(bool, &[usize])> = sentences.iter().map(|(claims, cites)| (*claims, cites.as_slice())).collect();
            for citing in [Citing::Alce, Citing::Strict] {
                let found = score(citing, &sentences);
                for value in [found.recall.value, found.precision.value, found.micro_recall, found.micro_precision] {
                    prop_assert!(value.is_none_or(|value| (0.0..=1.0).contains(&value)));
                }
            }
        }
    }
}
