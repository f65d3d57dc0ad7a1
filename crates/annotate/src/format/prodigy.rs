//! Prodigy's JSON lines: one line a response, and one without `answer` for a model's.
//!
//! `accept` is a submitted response, `ignore` a skip. `reject` says that what the line shows is wrong: that becomes a
//! suggestion, which the response turns down by answering the question `answer` with `reject`.

use serde_json::{Map, Value, json};

use crate::format::export::RowWriter;
use crate::format::found::{Found, FoundResponse, FoundSpan, FoundSuggestion, Said, What};
use crate::format::import::{Find, Tell};
use crate::format::items::Items;
use crate::format::one_text::{OneText, Slot};
use crate::format::report::Losses;
use crate::format::time::{rfc3339, unix_seconds};
use crate::format::tokens::{Token, tokens};
use crate::format::{ExportOptions, Format, FormatError, Input};
use crate::{Answer, Answers, Given, LabelledSpan, QuestionKind, Record, ResponseStatus, Schema};

/// The question that says whether what was shown is right.
const VERDICT: &str = "answer";

/// Whose suggestions are in lines that name no model.
const MODEL: &str = "prodigy";

pub(crate) fn read(input: Input, tell: &mut Tell, losses: &mut Losses) -> Result<(), FormatError> {
    let mut items = Items::new(input.open()?);
    while let Some((line, item)) = items.next().map_err(|source| input.failed(source))? {
        let found = match item {
            Ok(Value::Object(row)) => found(row, losses),
            Ok(_) => Err("a line is an object".to_string()),
            Err(message) => Err(message),
        };
        tell(match found {
            Ok(found) => Find::Item(line, Box::new(found)),
            Err(message) => Find::Bad(line, message),
        })?;
    }
    Ok(())
}

fn found(mut row: Map<String, Value>, losses: &mut Losses) -> Result<Found, String> {
    let mut found = Found::default();
    if let Some(Value::String(text)) = row.remove("text") {
        found.text = Some(text);
    }
    found.id = match row.remove("id").or_else(|| row.get("_input_hash").cloned()) {
        Some(Value::String(id)) if !id.is_empty() => Some(id),
        Some(Value::Number(id)) => Some(id.to_string()),
        _ => None,
    };
    if let Some(Value::Object(meta)) = row.remove("meta") {
        found.metadata = meta.into_iter().collect();
    }
    let said = said(&mut row)?;
    if row.remove("versions").is_some() {
        losses.add("the versions of a reviewed line", "only what was decided is read");
    }
    let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_string));
    let annotator = text(row.remove("_annotator_id"));
    let session = text(row.remove("_session_id"));
    let at = row.remove("_timestamp").and_then(|seconds| rfc3339(seconds.as_f64()? as i64));
    let given = |status, said| FoundResponse {
        user: annotator.clone().or_else(|| session.clone()),
        status,
        at: at.clone(),
        complete: false,
        ..FoundResponse::submitted(said)
    };
    let verdict =
        |word: &str, idle| Said { idle, ..Said::to(VERDICT, What::Choices(vec![word.to_string()])) };
    match text(row.remove("answer")).as_deref() {
        Some("ignore") => found.responses.push(given(ResponseStatus::Skipped, said)),
        Some("reject") => {
            found.responses.push(given(ResponseStatus::Submitted, vec![verdict("reject", false)]));
            found.suggestions.push(FoundSuggestion { model: MODEL.to_string(), score: None, said });
        }
        Some(_) => {
            let said = said.into_iter().chain([verdict("accept", true)]).collect();
            found.responses.push(given(ResponseStatus::Submitted, said));
        }
        None if said.is_empty() => {}
        None => {
            let score = found.metadata.remove("score").and_then(|score| score.as_f64());
            let model = text(found.metadata.remove("source")).unwrap_or_else(|| MODEL.to_string());
            found.suggestions.push(FoundSuggestion { model, score, said });
        }
    }
    row.retain(|key, _| !key.starts_with('_') && !matches!(key.as_str(), "tokens" | "options" | "config"));
    found.data = row;
    Ok(found)
}

fn said(row: &mut Map<String, Value>) -> Result<Vec<Said>, String> {
    let mut said = Vec::new();
    if let Some(spans) = row.remove("spans") {
        let spans = spans.as_array().and_then(|spans| spans.iter().map(span).collect::<Option<Vec<_>>>());
        said.push(Said::nameless(What::Spans(
            spans.ok_or("`spans` are no spans with `start`, `end` and `label`")?,
        )));
    }
    if let Some(Value::Array(relations)) = row.remove("relations") {
        let arrow = |relation: &Value| {
            let end = |key: &str| span(relation.get(key)?).map(|span| span.id);
            Some((end("head_span")?, end("child_span")?, relation.get("label")?.as_str()?.to_string()))
        };
        let arrows = relations.iter().map(arrow).collect::<Option<Vec<_>>>();
        said.push(Said::nameless(What::Arrows(
            arrows.ok_or("`relations` have no `head_span` and `child_span`")?,
        )));
    }
    let label = row.remove("label");
    match (row.remove("accept"), label) {
        (Some(accept), _) => {
            let words = accept.as_array().cloned().unwrap_or_default();
            let word = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_string);
            said.push(Said::nameless(What::Choices(words.into_iter().map(word).collect())));
        }
        (None, Some(Value::String(label))) => said.push(Said::nameless(What::Choices(vec![label]))),
        (None, _) => {}
    }
    if let Some(Value::String(words)) = row.remove("user_input") {
        said.push(Said::nameless(What::Text(words)));
    }
    Ok(said)
}

/// A span; its name is its place and label, by which relations find it.
fn span(value: &Value) -> Option<FoundSpan> {
    let offset = |key: &str| usize::try_from(value.get(key)?.as_u64()?).ok();
    let (start, end) = (offset("start")?, offset("end")?);
    let label = value.get("label")?.as_str()?.to_string();
    let quote = value.get("text").and_then(Value::as_str).map(str::to_string);
    Some(FoundSpan {
        id: format!("{start} {end} {label}"),
        label,
        parts: vec![(start, end)],
        quote,
        passages: Vec::new(),
    })
}

/// Writes one line a response and a suggestion.
pub(crate) struct Rows {
    item: OneText,
    has_verdict: bool,
}

impl Rows {
    pub(crate) fn new(schema: &Schema, options: &ExportOptions) -> Result<Rows, FormatError> {
        // The verdict is a key of its own, not one of the choices on show.
        let is_verdict = schema.question(VERDICT).is_some_and(|question| {
            matches!(&question.kind, QuestionKind::Label { options } if options.iter().any(|o| o.value == "reject"))
        });
        let mut others = schema.clone();
        others.questions.retain(|question| !is_verdict || question.name != VERDICT);
        let slots = [Slot::Spans, Slot::Relations, Slot::Choice, Slot::Words];
        let needs = "a text with a question for a label, labels, spans or words";
        let item = OneText::new(Format::Prodigy, &others, options, &slots, needs)?;
        Ok(Rows { item, has_verdict: is_verdict })
    }

    fn add_answers(&self, row: &mut Map<String, Value>, text: &str, answers: &Answers, losses: &mut Losses) {
        let given = |slot: Slot| self.item.question(slot).and_then(|question| answers.get(&question.name));
        if let Some(Answer::Spans(spans)) = given(Slot::Spans) {
            let tokens = tokens(text);
            let whole: Vec<&LabelledSpan> = spans.iter().filter(|span| span.parts.is_empty()).collect();
            let gaps = (spans.len() - whole.len()) as u64;
            losses.add_many("a span with gaps", "a Prodigy span has one start and one end", gaps);
            row.insert("spans".to_string(), whole.iter().map(|span| span_json(span, &tokens)).collect());
            if let Some(Answer::Relations(relations)) = given(Slot::Relations) {
                let mut arrows = Vec::new();
                for relation in relations {
                    let end = |id: &String| whole.iter().find(|span| span.id == *id);
                    let (Some(from), Some(to)) = (end(&relation.from), end(&relation.to)) else {
                        losses.add(
                            "a relation of a span with gaps",
                            "a Prodigy span has one start and one end",
                        );
                        continue;
                    };
                    arrows.push(json!({
                        "head": last_token(from, &tokens), "child": last_token(to, &tokens), "label": relation.label,
                        "head_span": span_json(from, &tokens), "child_span": span_json(to, &tokens),
                    }));
                }
                row.insert("relations".to_string(), json!(arrows));
            }
            row.insert("tokens".to_string(), tokens_json(text, &tokens));
        }
        match given(Slot::Choice) {
            Some(Answer::Label(label)) => _ = row.insert("accept".to_string(), json!([label])),
            Some(Answer::Labels(labels)) => _ = row.insert("accept".to_string(), json!(labels)),
            _ => {}
        }
        if let Some(Answer::Text(words) | Answer::Correction(words)) = given(Slot::Words) {
            row.insert("user_input".to_string(), json!(words));
        }
    }

    fn response(
        &self,
        row: &Map<String, Value>,
        record: &Record,
        response: &Given,
        losses: &mut Losses,
    ) -> String {
        const NO_PLACE: &str = "Prodigy has no place for it";
        let text = row.get("text").and_then(Value::as_str).unwrap_or_default().to_string();
        let mut row = row.clone();
        let rejected =
            self.has_verdict && response.answers.get(VERDICT) == Some(&Answer::Label("reject".to_string()));
        let shown = record.suggestions.iter().find(|suggestion| suggestion.model == MODEL);
        match (rejected, shown) {
            (true, Some(shown)) => self.add_answers(&mut row, &text, &shown.answers, losses),
            _ => self.add_answers(&mut row, &text, &response.answers, losses),
        }
        let mut counted = response.answers.clone();
        counted
            .remove(VERDICT)
            .filter(|_| !self.has_verdict)
            .map(|answer| counted.insert(VERDICT.to_string(), answer));
        self.item.count_answers(&counted, losses);
        let answer = match response.status {
            ResponseStatus::Skipped => "ignore",
            _ if rejected => "reject",
            _ => "accept",
        };
        row.insert("answer".to_string(), json!(answer));
        row.insert("_annotator_id".to_string(), json!(response.user));
        row.insert("_session_id".to_string(), json!(response.user));
        if let Some((seconds, exact)) = response.at.as_deref().and_then(unix_seconds) {
            row.insert("_timestamp".to_string(), json!(seconds));
            losses.add_many(
                "the part of a second and the zone of a time",
                "a timestamp has whole seconds",
                u64::from(!exact),
            );
        }
        losses.add_many("how long a response took", NO_PLACE, u64::from(response.active_ms.is_some()));
        losses.add_many(
            "the guideline version of a response",
            NO_PLACE,
            u64::from(response.guideline.is_some()),
        );
        losses.add_many("that an answer is a model's, unchanged", NO_PLACE, response.accepted.len() as u64);
        format!("{}\n", Value::Object(row))
    }
}

impl RowWriter for Rows {
    fn rows(&mut self, record: &Record, losses: &mut Losses) -> Vec<String> {
        const NO_PLACE: &str = "Prodigy has no place for it";
        let Some(text) = self.item.text_of(record, losses) else { return Vec::new() };
        self.item.count_fields(record, &[], true, losses);
        losses.add_many("a known answer", NO_PLACE, u64::from(record.gold.is_some()));
        losses.add_many("a resolution", NO_PLACE, u64::from(record.resolution.is_some()));
        let meta: Map<String, Value> = record.metadata.clone().into_iter().collect();
        let mut row = Map::new();
        row.insert("id".to_string(), json!(record.id));
        row.insert("text".to_string(), json!(text));
        row.insert("meta".to_string(), Value::Object(meta));
        if let Some(question) = self.item.question(Slot::Choice)
            && let QuestionKind::Label { options } | QuestionKind::Labels { options } = &question.kind
        {
            let option = |option: &crate::LabelOption| json!({ "id": option.value, "text": option.text.as_ref().unwrap_or(&option.value) });
            row.insert("options".to_string(), options.iter().map(option).collect());
        }
        let mut rows = Vec::new();
        let mut turned_down = false;
        for response in &record.responses {
            if response.status == ResponseStatus::Draft {
                losses.add("a draft", "Prodigy keeps no drafts");
                continue;
            }
            turned_down |=
                self.has_verdict && response.answers.get(VERDICT) == Some(&Answer::Label("reject".into()));
            rows.push(self.response(&row, record, response, losses));
        }
        let shown =
            record.suggestions.iter().filter(|suggestion| !(turned_down && suggestion.model == MODEL));
        for suggestion in shown {
            let mut row = row.clone();
            self.add_answers(&mut row, text, &suggestion.answers, losses);
            self.item.count_answers(&suggestion.answers, losses);
            for (key, value) in [("source", json!(suggestion.model)), ("score", json!(suggestion.score))] {
                if !value.is_null()
                    && let Some(Some(_)) = row
                        .get_mut("meta")
                        .map(|meta| meta.as_object_mut().and_then(|meta| meta.insert(key.to_string(), value)))
                {
                    losses.add(
                        format!("metadata `{key}`"),
                        "a suggestion's line means something else by that name",
                    );
                }
            }
            rows.push(format!("{}\n", Value::Object(row)));
        }
        if rows.is_empty() {
            rows.push(format!("{}\n", Value::Object(row)));
        }
        rows
    }
}

fn span_json(span: &LabelledSpan, tokens: &[Token]) -> Value {
    let mut value = json!({ "start": span.char_start, "end": span.char_end, "label": span.label });
    let first = tokens.iter().position(|token| token.start == span.char_start);
    let last = tokens.iter().position(|token| token.end == span.char_end);
    if let (Some(first), Some(last)) = (first, last) {
        value["token_start"] = json!(first);
        value["token_end"] = json!(last);
    }
    value
}

fn last_token(span: &LabelledSpan, tokens: &[Token]) -> usize {
    tokens.partition_point(|token| token.start < span.char_end).saturating_sub(1)
}

fn tokens_json(text: &str, tokens: &[Token]) -> Value {
    let spaced: Vec<bool> = text.chars().map(char::is_whitespace).collect();
    let token = |(id, token): (usize, &Token)| {
        let ws = spaced.get(token.end).copied().unwrap_or(false);
        json!({ "text": token.text, "start": token.start, "end": token.end, "id": id, "ws": ws })
    };
    tokens.iter().enumerate().map(token).collect()
}
