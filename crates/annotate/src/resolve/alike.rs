//! One id for each marked part, whoever marked it, so that one person's arrows can stand on another's parts.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Answer, Answers, LabelledSpan, QuestionKind, Schema};

/// Where a part stands and what it is, in the order of the text.
type Place = (usize, usize, String, Vec<(usize, usize)>);

/// Gives spans of the same place and label the same id in all responses to an item, `s1`, `s2`… in the order of the text, and
/// moves the ends of arrows along: what each response says stays what it was.
pub fn name_alike(schema: &Schema, responses: &mut [Answers]) {
    for question in &schema.questions {
        if !matches!(question.kind, QuestionKind::Spans { .. }) {
            continue;
        }
        let marked = responses.iter().filter_map(|answers| match answers.get(&question.name) {
            Some(Answer::Spans(spans)) => Some(spans.iter().map(place)),
            _ => None,
        });
        let places: BTreeSet<Place> = marked.flatten().collect();
        let names: BTreeMap<Place, String> =
            places.into_iter().zip(1..).map(|(place, number)| (place, format!("s{number}"))).collect();
        for answers in responses.iter_mut() {
            rename(schema, &question.name, answers, &names);
        }
    }
}

fn place(span: &LabelledSpan) -> Place {
    (span.char_start, span.char_end, span.label.clone(), span.parts.clone())
}

fn rename(schema: &Schema, spans: &str, answers: &mut Answers, names: &BTreeMap<Place, String>) {
    let Some(Answer::Spans(marked)) = answers.get_mut(spans) else { return };
    let mut moved: BTreeMap<String, String> = BTreeMap::new();
    for span in marked {
        if let Some(name) = names.get(&place(span)) {
            moved.insert(std::mem::replace(&mut span.id, name.clone()), name.clone());
        }
    }
    for question in &schema.questions {
        let QuestionKind::Relations { spans: of, .. } = &question.kind else { continue };
        let Some(Answer::Relations(arrows)) = answers.get_mut(&question.name).filter(|_| of == spans) else {
            continue;
        };
        for end in arrows.iter_mut().flat_map(|arrow| [&mut arrow.from, &mut arrow.to]) {
            if let Some(name) = moved.get(end) {
                *end = name.clone();
            }
        }
        arrows.sort();
    }
}
