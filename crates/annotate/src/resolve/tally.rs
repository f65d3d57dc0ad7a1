//! What of an answer is counted, filtered by and charted.

use std::collections::BTreeSet;

use crate::{Answer, Choice, Question, QuestionKind};

/// The classes that an answer uses, each once: labels, the classes of a tree as `Finance/Invoices`, a rating or the grades
/// as numbers, verdicts, the outcome of a preference (`tie`, `both_bad`, or the winner's id). None for rankings, texts, forms.
pub fn tallied(answer: &Answer) -> BTreeSet<String> {
    match answer {
        Answer::Label(label) => [label.clone()].into(),
        Answer::Labels(labels) => labels.clone(),
        Answer::Taxonomy(paths) => paths.iter().map(|path| path.join("/")).collect(),
        Answer::Spans(spans) => spans.iter().map(|span| span.label.clone()).collect(),
        Answer::Relations(relations) => relations.iter().map(|relation| relation.label.clone()).collect(),
        Answer::Rating(rating) => [rating.to_string()].into(),
        Answer::Preference(preference) => [match &preference.choice {
            Choice::Tie => "tie".to_string(),
            Choice::BothBad => "both_bad".to_string(),
            Choice::Id(id) => id.clone(),
        }]
        .into(),
        Answer::Turns(turns) => turns.iter().flat_map(|turn| turn.labels.clone()).collect(),
        Answer::Relevance(graded) => graded.iter().map(|graded| graded.grade.to_string()).collect(),
        Answer::Support(verdicts) => verdicts.iter().map(|said| said.verdict.name().to_string()).collect(),
        Answer::Ranking(_) | Answer::Text(_) | Answer::Correction(_) | Answer::Form(_) => BTreeSet::new(),
    }
}

/// The classes a question has, used or not; empty where they depend on the item, `None` where nothing is counted.
pub(crate) fn known_classes(question: &Question) -> Option<Vec<String>> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_string()).collect();
    match &question.kind {
        QuestionKind::Label { options }
        | QuestionKind::Labels { options }
        | QuestionKind::Spans { options, .. }
        | QuestionKind::Relations { options, .. }
        | QuestionKind::Turns { options, .. } => {
            Some(options.iter().map(|option| option.value.clone()).collect())
        }
        QuestionKind::Rating { min, max, .. } => {
            Some((*min..=*max).map(|rating| rating.to_string()).collect())
        }
        QuestionKind::Relevance { .. } => Some(words(&["0", "1", "2", "3"])),
        QuestionKind::Support { .. } => Some(words(&["supported", "partly", "not", "no_citation"])),
        QuestionKind::Taxonomy { .. } | QuestionKind::Preference { .. } => Some(Vec::new()),
        QuestionKind::Ranking { .. }
        | QuestionKind::Text { .. }
        | QuestionKind::Correction { .. }
        | QuestionKind::Form { .. } => None,
    }
}
