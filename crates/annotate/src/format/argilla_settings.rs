//! Argilla's settings: read as a schema, and written for the records of an export.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::format::infer::{option, question};
use crate::format::report::Losses;
use crate::format::untold::{Configured, Untold};
use crate::format::{FormatError, Inferred};
use crate::{
    Distribution, Field, FieldKind, GoldRule, LabelOption, MergePolicy, Question, QuestionKind, Schema,
};

/// Whether a JSON file is Argilla's settings rather than a schema of ours.
pub(crate) fn is_settings(value: &Value) -> bool {
    let questions = value.get("questions").and_then(Value::as_array);
    questions.is_some_and(|questions| questions.iter().any(|question| question.get("settings").is_some()))
}

/// The schema of settings.
pub(crate) fn read_settings(value: &Value) -> Result<Inferred, FormatError> {
    let mut losses = Losses::default();
    let list = |key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut fields = Vec::new();
    for entry in list("fields") {
        let name = text(&entry, "name").ok_or_else(|| unnamed("field"))?;
        let settings = entry.get("settings").cloned().unwrap_or_default();
        let markdown = settings.get("use_markdown") == Some(&Value::Bool(true));
        let kind = match settings.get("type").and_then(Value::as_str) {
            Some("chat") => FieldKind::Chat,
            Some("text") | None if markdown => FieldKind::Markdown,
            Some("text") | None => FieldKind::Text,
            Some(other) => {
                losses.add(format!("the field `{name}` ({other})"), "items show text and chats");
                continue;
            }
        };
        let title = text(&entry, "title").filter(|title| *title != name);
        let required = entry.get("required").and_then(Value::as_bool).unwrap_or(false);
        fields.push(Field { name, title, required, kind });
    }
    let mut questions = Vec::new();
    for entry in list("questions") {
        let name = text(&entry, "name").ok_or_else(|| unnamed("question"))?;
        let settings = entry.get("settings").cloned().unwrap_or_default();
        let first = fields.first().map(|field| field.name.clone()).unwrap_or_default();
        let Some(kind) = kind(&settings, first) else {
            losses.add(format!("the question `{name}`"), "no type of question stands for it");
            continue;
        };
        let required = entry.get("required").and_then(Value::as_bool).unwrap_or(true);
        let mut question = question(&name, kind, required);
        question.title = text(&entry, "title").filter(|title| *title != name);
        question.help = text(&entry, "description");
        questions.push(question);
    }
    let metadata = list("metadata").len() + list("metadata_properties").len();
    losses.add_many("a declared metadata property", "metadata needs no declaration", metadata as u64);
    let vectors = list("vectors").len() + list("vectors_settings").len();
    losses.add_many("a declared vector", "items have none of their own", vectors as u64);
    let overlap = value.pointer("/distribution/min_submitted").and_then(Value::as_u64).unwrap_or(1);
    let schema = Schema {
        fields,
        questions,
        guidelines: text(value, "guidelines").unwrap_or_default(),
        distribution: Distribution {
            overlap: u32::try_from(overlap).unwrap_or(1).max(1),
            ..Distribution::default()
        },
        gold: GoldRule::default(),
        merge: MergePolicy::default(),
        hide_suggestions: false,
    };
    Ok(Inferred { schema, losses: losses.listed() })
}

fn unnamed(what: &str) -> FormatError {
    FormatError::Config { message: format!("a {what} has no `name`") }
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().filter(|text| !text.is_empty()).map(str::to_string)
}

fn kind(settings: &Value, first: String) -> Option<QuestionKind> {
    let flag = |key: &str| settings.get(key) == Some(&Value::Bool(true));
    let options = || -> Vec<LabelOption> {
        let entries = settings.get("options").and_then(Value::as_array);
        let one = |entry: &Value| {
            let value = text(entry, "value")?;
            let mut option = option(&value);
            option.text = text(entry, "text").filter(|text| *text != value);
            option.description = text(entry, "description");
            Some(option)
        };
        entries.into_iter().flatten().filter_map(one).collect()
    };
    Some(match settings.get("type")?.as_str()? {
        "text" => QuestionKind::Text { max_chars: None },
        "label_selection" => QuestionKind::Label { options: options() },
        "multi_label_selection" => QuestionKind::Labels { options: options() },
        "ranking" => QuestionKind::Ranking { field: None, options: options() },
        "span" => QuestionKind::Spans {
            field: text(settings, "field").unwrap_or(first),
            options: options(),
            overlapping: flag("allow_overlapping"),
            discontinuous: false,
        },
        "rating" => {
            let entries = settings.get("options")?.as_array()?;
            let numbers: Vec<i64> = entries.iter().filter_map(|entry| entry.get("value")?.as_i64()).collect();
            QuestionKind::Rating {
                min: *numbers.iter().min()?,
                max: *numbers.iter().max()?,
                meaning: BTreeMap::new(),
            }
        }
        _ => return None,
    })
}

/// Settings under which Argilla takes the records of an export of a dataset with this schema.
///
/// Questions of types that Argilla does not have are left out, as are their answers from the records.
pub fn argilla_settings(schema: &Schema) -> Configured {
    let mut untold = Untold::new("Argilla's settings have no place for it");
    let fields: Vec<Value> = schema.fields.iter().map(|field| shown(field, &mut untold)).collect();
    let questions: Vec<Value> =
        schema.questions.iter().filter_map(|question| asked(question, &mut untold)).collect();
    let settings = json!({
        "guidelines": schema.guidelines,
        "fields": fields,
        "questions": questions,
        "metadata": [],
        "vectors": [],
        "distribution": { "strategy": "overlap", "min_submitted": schema.distribution.overlap },
        "allow_extra_metadata": true,
    });
    Configured { text: format!("{settings:#}\n"), losses: untold.listed() }
}

fn shown(field: &Field, untold: &mut Untold) -> Value {
    let settings = match field.kind {
        FieldKind::Text => json!({ "type": "text", "use_markdown": false }),
        FieldKind::Markdown => json!({ "type": "text", "use_markdown": true }),
        FieldKind::Chat => json!({ "type": "chat", "use_markdown": true }),
        FieldKind::Document | FieldKind::Passages | FieldKind::Answers => {
            untold.add(format!("that `{}` is of type {}, not any JSON", field.name, field.kind.name()), 1);
            json!({ "type": "custom", "template": "<pre>{{json record.fields}}</pre>", "advanced_mode": false })
        }
    };
    let title = field.title.as_ref().unwrap_or(&field.name);
    json!({ "name": field.name, "title": title, "required": field.required, "settings": settings })
}

fn asked(question: &Question, untold: &mut Untold) -> Option<Value> {
    let name = &question.name;
    let Some(settings) = settings(&question.kind) else {
        untold.add(format!("the question `{name}` ({})", question.kind.name()), 1);
        return None;
    };
    untold.settings(question);
    untold.options("the key", question, |option| option.key.is_some());
    untold.options("the colour", question, |option| option.color.is_some());
    untold.add(format!("when `{name}` is asked"), usize::from(question.visible_when.is_some()));
    let graded = matches!(question.kind, QuestionKind::Preference { strength: 1.., .. });
    untold.add(format!("how much better, asked by `{name}`"), usize::from(graded));
    let of_an_item = matches!(
        question.kind,
        QuestionKind::Preference { .. } | QuestionKind::Ranking { field: Some(_), .. }
    );
    untold.add(format!("that `{name}` is about what each item shows"), usize::from(of_an_item));
    let required = question.required && question.visible_when.is_none();
    Some(json!({
        "name": name, "title": question.title(), "description": question.help, "required": required,
        "settings": settings,
    }))
}

fn settings(kind: &QuestionKind) -> Option<Value> {
    let options = |options: &[LabelOption]| -> Vec<Value> {
        let one = |option: &LabelOption| {
            let shown = option.text.as_ref().unwrap_or(&option.value);
            json!({ "value": option.value, "text": shown, "description": option.description })
        };
        options.iter().map(one).collect()
    };
    Some(match kind {
        QuestionKind::Label { options: list } => {
            json!({ "type": "label_selection", "options": options(list) })
        }
        QuestionKind::Labels { options: list } => {
            json!({ "type": "multi_label_selection", "options": options(list), "options_order": "natural" })
        }
        QuestionKind::Ranking { options: list, .. } => json!({ "type": "ranking", "options": options(list) }),
        QuestionKind::Rating { min, max, .. } => {
            json!({ "type": "rating", "options": (*min..=*max).map(|value| json!({"value": value})).collect::<Vec<_>>() })
        }
        QuestionKind::Text { .. } | QuestionKind::Correction { .. } | QuestionKind::Form { .. } => {
            json!({ "type": "text", "use_markdown": false })
        }
        QuestionKind::Spans { field, options: list, overlapping, .. } => json!({
            "type": "span", "field": field, "options": options(list), "allow_overlapping": overlapping,
            "allow_character_annotation": true,
        }),
        QuestionKind::Preference { .. } => {
            let outcomes =
                ["a", "b", "tie", "both_bad"].map(|value| json!({ "value": value, "text": value }));
            json!({ "type": "label_selection", "options": outcomes })
        }
        QuestionKind::Taxonomy { .. }
        | QuestionKind::Relations { .. }
        | QuestionKind::Turns { .. }
        | QuestionKind::Relevance { .. }
        | QuestionKind::Support { .. } => return None,
    })
}
