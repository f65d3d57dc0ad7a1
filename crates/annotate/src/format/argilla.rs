//! Argilla: records with suggestions and responses, and the settings that say what they mean.
//!
//! Three shapes are read: what its SDK writes (`responses` by question), what its server sends (`responses` in a list, each
//! with `values`) and the flattened columns of a data set (`QUESTION.responses.users`). The first is written, each response
//! with its `status` beside it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::format::export::RowWriter;
use crate::format::found::{Found, FoundResponse, FoundSuggestion, Said, What};
use crate::format::import::{Find, Tell};
use crate::format::items::Items;
use crate::format::report::Losses;
use crate::format::{FormatError, Input};
use crate::{Answer, Choice, Question, Record, ResponseStatus, Schema};

pub(crate) fn read(input: Input, tell: &mut Tell, losses: &mut Losses) -> Result<(), FormatError> {
    let mut items = Items::new(input.open()?);
    while let Some((line, item)) = items.next().map_err(|source| input.failed(source))? {
        tell(match item {
            Ok(Value::Object(row)) => Find::Item(line, Box::new(found(row, losses))),
            Ok(_) => Find::Bad(line, "a record is an object with `fields`".to_string()),
            Err(message) => Find::Bad(line, message),
        })?;
    }
    Ok(())
}

fn found(mut row: Map<String, Value>, losses: &mut Losses) -> Found {
    let mut found = Found {
        id: ["id", "external_id"].iter().find_map(|key| match row.remove(*key) {
            Some(Value::String(id)) if !id.is_empty() => Some(id),
            Some(Value::Number(id)) => Some(id.to_string()),
            _ => None,
        }),
        ..Found::default()
    };
    let vectors = row.remove("vectors").and_then(|vectors| vectors.as_object().map(Map::len)).unwrap_or(0);
    losses.add_many("a vector", "items have none of their own", vectors as u64);
    let mut people = People::default();
    if let Some(Value::Object(fields)) = row.remove("fields") {
        found.data = fields;
        if let Some(Value::Object(metadata)) = row.remove("metadata") {
            found.metadata = metadata.into_iter().collect();
        }
        match row.remove("responses") {
            Some(Value::Object(by_question)) => people.by_question(by_question),
            Some(Value::Array(responses)) => people.as_sent(responses),
            _ => {}
        }
        match row.remove("suggestions") {
            Some(Value::Object(by_question)) => {
                for (question, suggestion) in by_question {
                    suggested(&mut found.suggestions, &question, &suggestion);
                }
            }
            Some(Value::Array(suggestions)) => {
                for suggestion in &suggestions {
                    let question =
                        suggestion.get("question_name").and_then(Value::as_str).unwrap_or_default();
                    suggested(&mut found.suggestions, question, suggestion);
                }
            }
            _ => {}
        }
    } else {
        flattened(row, &mut found, &mut people);
    }
    found.responses = people.responses;
    found
}

/// Responses put together from what each person said to each question.
#[derive(Default)]
struct People {
    responses: Vec<FoundResponse>,
}

impl People {
    fn of(&mut self, user: Option<String>, status: ResponseStatus) -> &mut FoundResponse {
        let at = self.responses.iter().position(|response| response.user == user).unwrap_or_else(|| {
            let new = FoundResponse { user, complete: false, ..FoundResponse::submitted(Vec::new()) };
            self.responses.push(new);
            self.responses.len() - 1
        });
        let response = &mut self.responses[at];
        response.status = status;
        response
    }

    fn by_question(&mut self, questions: Map<String, Value>) {
        for (question, answers) in questions {
            for answer in answers.as_array().into_iter().flatten() {
                let response = self.of(name(answer.get("user_id")), status(answer.get("status")));
                say(response, &question, answer.get("value").unwrap_or(&Value::Null));
            }
        }
    }

    fn as_sent(&mut self, responses: Vec<Value>) {
        for sent in responses {
            let response = self.of(name(sent.get("user_id")), status(sent.get("status")));
            let at = sent.get("updated_at").or_else(|| sent.get("inserted_at"));
            response.at = at
                .and_then(Value::as_str)
                .map(|at| if at.len() == 26 { format!("{at}Z") } else { at.to_string() });
            for (question, answer) in sent.get("values").and_then(Value::as_object).into_iter().flatten() {
                say(response, question, answer.get("value").unwrap_or(&Value::Null));
            }
        }
    }
}

fn say(response: &mut FoundResponse, question: &str, value: &Value) {
    if !value.is_null() {
        response.said.push(Said::to(question, What::Ours(value.clone())));
    }
}

fn name(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_string)
}

fn status(value: Option<&Value>) -> ResponseStatus {
    match value.and_then(Value::as_str) {
        Some("draft") => ResponseStatus::Draft,
        Some("discarded") => ResponseStatus::Skipped,
        _ => ResponseStatus::Submitted,
    }
}

/// Suggestions of one agent and score are one model's.
fn suggested(suggestions: &mut Vec<FoundSuggestion>, question: &str, suggestion: &Value) {
    let value = suggestion.get("value").cloned().unwrap_or_default();
    if value.is_null() {
        return;
    }
    let model = suggestion.get("agent").and_then(Value::as_str).unwrap_or("argilla").to_string();
    let score = suggestion.get("score").and_then(Value::as_f64);
    let said = Said::to(question, What::Ours(value));
    match suggestions.iter_mut().find(|other| other.model == model && other.score == score) {
        Some(other) => other.said.push(said),
        None => suggestions.push(FoundSuggestion { model, score, said: vec![said] }),
    }
}

/// Columns `Q.responses`, `Q.responses.users`, `Q.responses.status`, `Q.suggestion`, `.score`, `.agent`; the rest is data.
fn flattened(row: Map<String, Value>, found: &mut Found, people: &mut People) {
    for (column, value) in &row {
        if let Some(question) = column.strip_suffix(".responses") {
            let beside = |suffix: &str, at: usize| {
                row.get(&format!("{column}.{suffix}")).and_then(|list| list.get(at))
            };
            for (at, value) in value.as_array().into_iter().flatten().enumerate() {
                let response = people.of(name(beside("users", at)), status(beside("status", at)));
                say(response, question, value);
            }
        } else if let Some(question) = column.strip_suffix(".suggestion") {
            let part = |suffix: &str| row.get(&format!("{column}.{suffix}")).cloned().unwrap_or_default();
            let suggestion = json!({ "value": value, "score": part("score"), "agent": part("agent") });
            suggested(&mut found.suggestions, question, &suggestion);
        } else if !column.contains(".responses.")
            && !column.contains(".suggestion.")
            && !column.starts_with('_')
            && column != "status"
        {
            found.data.insert(column.clone(), value.clone());
        }
    }
}

/// Writes one JSON array of records, one a line.
pub(crate) struct Records {
    schema: Schema,
}

const NO_PLACE: &str = "Argilla has no place for it";

impl Records {
    pub(crate) fn new(schema: &Schema) -> Records {
        Records { schema: schema.clone() }
    }
}

impl RowWriter for Records {
    fn head(&self) -> String {
        "[\n".to_string()
    }

    fn between(&self) -> &'static str {
        ",\n"
    }

    fn tail(&self) -> &'static str {
        "\n]\n"
    }

    fn rows(&mut self, record: &Record, losses: &mut Losses) -> Vec<String> {
        let mut responses: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for response in &record.responses {
            let status = match response.status {
                ResponseStatus::Draft => "draft",
                ResponseStatus::Submitted => "submitted",
                ResponseStatus::Skipped => "discarded",
            };
            let mut said = 0;
            for question in &self.schema.questions {
                let Some(answer) = response.answers.get(&question.name) else { continue };
                let Some(value) = value(question, answer, losses) else { continue };
                said += 1;
                let entry = json!({ "value": value, "user_id": response.user, "status": status });
                responses.entry(&question.name).or_default().push(entry);
            }
            losses.add_many(
                "a response without answers",
                "responses stand with the questions they answer",
                u64::from(said == 0),
            );
            losses.add_many("when somebody responded", NO_PLACE, u64::from(response.at.is_some()));
            losses.add_many("how long a response took", NO_PLACE, u64::from(response.active_ms.is_some()));
            losses.add_many(
                "the guideline version of a response",
                NO_PLACE,
                u64::from(response.guideline.is_some()),
            );
            losses.add_many(
                "that an answer is a model's, unchanged",
                NO_PLACE,
                response.accepted.len() as u64,
            );
        }
        let mut suggestions: BTreeMap<&str, Value> = BTreeMap::new();
        for suggestion in &record.suggestions {
            for question in &self.schema.questions {
                let Some(answer) = suggestion.answers.get(&question.name) else { continue };
                if suggestions.contains_key(question.name.as_str()) {
                    losses.add(
                        format!("another suggestion for `{}`", question.name),
                        "Argilla holds one a question",
                    );
                } else if let Some(value) = value(question, answer, losses) {
                    let entry =
                        json!({ "value": value, "score": suggestion.score, "agent": suggestion.model });
                    suggestions.insert(&question.name, entry);
                }
            }
        }
        losses.add_many("a known answer", NO_PLACE, u64::from(record.gold.is_some()));
        losses.add_many("a resolution", NO_PLACE, u64::from(record.resolution.is_some()));
        let done = record.responses.iter().any(|response| response.status == ResponseStatus::Submitted);
        let row = json!({
            "id": record.id, "status": if done { "completed" } else { "pending" }, "fields": record.fields,
            "metadata": record.metadata, "vectors": {}, "suggestions": suggestions, "responses": responses,
        });
        vec![row.to_string()]
    }
}

fn value(question: &Question, answer: &Answer, losses: &mut Losses) -> Option<Value> {
    Some(match answer {
        Answer::Label(label) => json!(label),
        Answer::Labels(labels) => json!(labels),
        Answer::Rating(rating) => json!(rating),
        Answer::Text(text) | Answer::Correction(text) => json!(text),
        // Argilla has no forms; a text question can hold one.
        Answer::Form(form) => json!(form.to_string()),
        Answer::Ranking(placed) => {
            json!(
                placed
                    .iter()
                    .map(|place| json!({"value": place.value, "rank": place.rank}))
                    .collect::<Vec<_>>()
            )
        }
        Answer::Spans(spans) => {
            let whole: Vec<Value> = spans
                .iter()
                .filter(|span| span.parts.is_empty())
                .map(|span| json!({"label": span.label, "start": span.char_start, "end": span.char_end}))
                .collect();
            let gaps = (spans.len() - whole.len()) as u64;
            losses.add_many(
                format!("a span with gaps in `{}`", question.name),
                "an Argilla span has one start and one end",
                gaps,
            );
            json!(whole)
        }
        Answer::Preference(preference) => {
            losses.add_many(
                "the strength of a preference",
                NO_PLACE,
                u64::from(preference.strength.is_some()),
            );
            match &preference.choice {
                Choice::Tie => json!("tie"),
                Choice::BothBad => json!("both_bad"),
                Choice::Id(id) => json!(id),
            }
        }
        Answer::Taxonomy(_)
        | Answer::Relations(_)
        | Answer::Turns(_)
        | Answer::Relevance(_)
        | Answer::Support(_) => {
            losses.add(format!("an answer to `{}` ({})", question.name, question.kind.name()), NO_PLACE);
            return None;
        }
    })
}
