//! A whole response: which questions are asked, what is missing, and what does not fit together.

use serde_json::{Map, Value};

use super::{AnswerError, shape};
use crate::check::kind;
use crate::distance::suggest;
use crate::problem::Problem;
use crate::{Answer, Answers, Choice, Condition, Question, QuestionKind, Schema, Verdict};

/// How far a response is, and so how much of it must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Kept while somebody works: anything may be missing or half done.
    Draft,
    /// Answers to some questions, each of them whole: a suggestion, a gold answer, a resolution.
    Part,
    /// Every question that is asked and required has its whole answer, and no other question has one.
    Submit,
}

/// Reads a response's answers; of one with mistakes, all of them.
pub fn read_answers(
    schema: &Schema,
    fields: &Map<String, Value>,
    value: &Value,
    stage: Stage,
) -> Result<Answers, Vec<Problem>> {
    let Some(given) = value.as_object() else {
        let what = format!("is {}", kind(value));
        return Err(vec![Problem::new("answers", what, "write {\"question\": answer, …}")]);
    };
    let (mut answers, mut problems) = (Answers::new(), unknown(schema, given));
    for question in &schema.questions {
        // Null is how a form says that a question was left open.
        let Some(value) = given.get(&question.name).filter(|value| !value.is_null()) else { continue };
        let read = if stage == Stage::Draft { Answer::read_draft } else { Answer::read };
        match read(question, value, fields) {
            Ok(answer) => {
                answers.insert(question.name.clone(), answer);
            }
            Err(error) => problems.push(error.problem(&question.name)),
        }
    }
    let is_given = |name: &str| given.get(name).is_some_and(|value| !value.is_null());
    for question in &schema.questions {
        // What hangs on an answer that could not be read is not judged: one mistake is complained about once.
        if leans_on(question).any(|name| is_given(name) && !answers.contains_key(name)) {
            continue;
        }
        if let Err(error) = joined(question, &answers) {
            problems.push(error.problem(&question.name));
        }
        if stage == Stage::Submit {
            problems.extend(asked_and_answered(schema, question, fields, &answers, is_given(&question.name)));
        }
    }
    if problems.is_empty() { Ok(answers) } else { Err(problems) }
}

fn unknown(schema: &Schema, given: &Map<String, Value>) -> Vec<Problem> {
    let names: Vec<&str> = schema.questions.iter().map(|question| question.name.as_str()).collect();
    let strangers = given.keys().filter(|name| !names.contains(&name.as_str()));
    strangers.map(|name| Problem::new(name, "is no question of the schema", suggest(name, &names))).collect()
}

/// The questions whose answers decide about this one's.
fn leans_on(question: &Question) -> impl Iterator<Item = &str> {
    let spans = match &question.kind {
        QuestionKind::Relations { spans, .. } => Some(spans.as_str()),
        _ => None,
    };
    spans.into_iter().chain(question.visible_when.iter().map(|condition| condition.question.as_str()))
}

/// Whether a relation's ends are spans of the same response.
fn joined(question: &Question, answers: &Answers) -> Result<(), AnswerError> {
    let QuestionKind::Relations { spans, .. } = &question.kind else { return Ok(()) };
    let Some(Answer::Relations(relations)) = answers.get(&question.name) else { return Ok(()) };
    let ids: Vec<&str> = match answers.get(spans) {
        Some(Answer::Spans(spans)) => spans.iter().map(|span| span.id.as_str()).collect(),
        _ => Vec::new(),
    };
    for (number, relation) in relations.iter().enumerate() {
        for (end, id) in [("from", &relation.from), ("to", &relation.to)] {
            if !ids.contains(&id.as_str()) {
                return shape::unknown(&format!("[{number}].{end}"), id, &ids, "span of this response");
            }
        }
    }
    Ok(())
}

fn asked_and_answered(
    schema: &Schema,
    question: &Question,
    fields: &Map<String, Value>,
    answers: &Answers,
    is_given: bool,
) -> Option<Problem> {
    match (is_asked(schema, question, fields, answers), is_given) {
        (true, false) if question.required => {
            Some(Problem::new(&question.name, "has no answer", "answer it: it is required"))
        }
        (false, true) => Some(Problem::new(
            &question.name,
            "was answered though it is not asked here",
            "leave it out: its condition is not met, or the item lacks its field",
        )),
        _ => None,
    }
}

/// Whether a response with these answers so far is asked `question`: its condition is met, the item has what it is about.
pub fn is_asked(
    schema: &Schema,
    question: &Question,
    fields: &Map<String, Value>,
    answers: &Answers,
) -> bool {
    let has = |field: &String| fields.get(field).is_some_and(|value| !value.is_null());
    let about = match &question.kind {
        QuestionKind::Spans { field, .. }
        | QuestionKind::Preference { field, .. }
        | QuestionKind::Correction { field }
        | QuestionKind::Turns { field, .. } => has(field),
        QuestionKind::Ranking { field, .. } => field.as_ref().is_none_or(has),
        QuestionKind::Relevance { field, query } => has(field) && has(query),
        QuestionKind::Support { answer, passages } => has(answer) && has(passages),
        QuestionKind::Relations { spans, .. } => {
            schema.question(spans).is_some_and(|spans| is_asked(schema, spans, fields, answers))
        }
        QuestionKind::Label { .. }
        | QuestionKind::Labels { .. }
        | QuestionKind::Taxonomy { .. }
        | QuestionKind::Rating { .. }
        | QuestionKind::Text { .. }
        | QuestionKind::Form { .. } => true,
    };
    about && question.visible_when.as_ref().is_none_or(|condition| is_met(condition, answers))
}

fn is_met(condition: &Condition, answers: &Answers) -> bool {
    let Some(answer) = answers.get(&condition.question) else { return false };
    condition.any_of.is_empty() || condition.any_of.iter().any(|value| says(answer, value))
}

/// Whether an answer is, or contains, this value.
fn says(answer: &Answer, value: &Value) -> bool {
    let is = |word: &str| value.as_str() == Some(word);
    match answer {
        Answer::Label(label) => is(label),
        Answer::Labels(labels) => labels.iter().any(|label| is(label)),
        Answer::Taxonomy(paths) => paths.iter().flatten().any(|class| is(class)),
        Answer::Spans(spans) => spans.iter().any(|span| is(&span.label)),
        Answer::Relations(relations) => relations.iter().any(|relation| is(&relation.label)),
        Answer::Rating(rating) => value.as_i64() == Some(*rating),
        Answer::Preference(preference) => match preference.choice {
            Choice::Tie => is("tie"),
            Choice::BothBad => is("both_bad"),
            Choice::Id(_) => false,
        },
        Answer::Turns(turns) => turns.iter().flat_map(|turn| &turn.labels).any(|label| is(label)),
        Answer::Relevance(graded) => graded.iter().any(|graded| value.as_u64() == Some(graded.grade.into())),
        Answer::Support(verdicts) => verdicts.iter().any(|supported| is(supported.verdict.name())),
        Answer::Ranking(_) | Answer::Text(_) | Answer::Correction(_) | Answer::Form(_) => false,
    }
}

impl Verdict {
    /// Its name as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Supported => "supported",
            Verdict::Partly => "partly",
            Verdict::Not => "not",
            Verdict::NoCitation => "no_citation",
        }
    }
}
