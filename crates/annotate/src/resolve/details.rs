//! What goes with a vote without being one: how much better, which passages support it, where the evidence is.

use std::collections::BTreeMap;

use crate::{Answer, Answers, Question};

/// The answer with the details that those who gave it agree on.
///
/// The strength of a preference is the lower median of its supporters'; passages and evidence are what more than half of
/// those name who gave the verdict or the grade, evidence character by character.
pub(super) fn with_details(question: &Question, answer: Answer, given: &[&Answers]) -> Answer {
    let answers = given.iter().filter_map(|answers| answers.get(&question.name));
    match answer {
        Answer::Preference(mut won) => {
            let strength = |answer: &Answer| match answer {
                Answer::Preference(given) if given.choice == won.choice => given.strength,
                _ => None,
            };
            let mut strengths: Vec<u8> = answers.filter_map(strength).collect();
            strengths.sort_unstable();
            won.strength = strengths.len().checked_sub(1).map(|last| strengths[last / 2]);
            Answer::Preference(won)
        }
        Answer::Support(mut won) => {
            for said in &mut won {
                let same = |answer: &Answer| match answer {
                    Answer::Support(given) => given
                        .iter()
                        .find(|one| one.char_start == said.char_start && one.verdict == said.verdict)
                        .map(|one| one.passages.clone()),
                    _ => None,
                };
                let named: Vec<Vec<String>> = answers.clone().filter_map(same).collect();
                said.passages = majority(&named);
            }
            Answer::Support(won)
        }
        Answer::Relevance(mut won) => {
            for graded in &mut won {
                let same = |answer: &Answer| match answer {
                    Answer::Relevance(given) => given
                        .iter()
                        .find(|one| one.id == graded.id && one.grade == graded.grade)
                        .map(|one| one.evidence.iter().flat_map(|(start, end)| *start..*end).collect()),
                    _ => None,
                };
                let marked: Vec<Vec<usize>> = answers.clone().filter_map(same).collect();
                graded.evidence = runs(&majority(&marked));
            }
            Answer::Relevance(won)
        }
        other => other,
    }
}

/// What more than half of the lists hold, in order. A list that holds it twice counts once.
fn majority<T: Ord + Clone>(lists: &[Vec<T>]) -> Vec<T> {
    let mut counts: BTreeMap<&T, usize> = BTreeMap::new();
    for list in lists {
        let own: std::collections::BTreeSet<&T> = list.iter().collect();
        for entry in own {
            *counts.entry(entry).or_default() += 1;
        }
    }
    counts.into_iter().filter(|(_, count)| *count > lists.len() / 2).map(|(entry, _)| entry.clone()).collect()
}

/// Stretches of following numbers as half-open ranges.
fn runs(sorted: &[usize]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for at in sorted {
        match runs.last_mut() {
            Some((_, end)) if end == at => *end += 1,
            _ => runs.push((*at, at + 1)),
        }
    }
    runs
}
