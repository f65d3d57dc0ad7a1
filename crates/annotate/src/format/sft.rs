//! Chats to imitate: `messages`, ShareGPT and Alpaca rows; the latter two also as preferences.
//!
//! Rows come from corrections and, where a schema asks for none, from required free texts: what a person wrote. A schema that
//! only compares answers makes preference rows of ShareGPT and Alpaca.

use serde_json::{Map, Value, json};

use crate::format::chat::{Turn, group, messages, prompt, shown};
use crate::format::export::RowWriter;
use crate::format::pairs::Comparing;
use crate::format::report::Losses;
use crate::format::voice::{count_fields, for_rows};
use crate::format::{ExportOptions, Format, FormatError, Voices};
use crate::{Answer, Question, QuestionKind, Record, Schema};

/// Writes one JSON object a chat.
pub(crate) struct Rows {
    format: Format,
    schema: Schema,
    voices: Voices,
    // The questions whose answers are a turn to imitate; when there is none, answers are compared instead.
    written: Vec<Question>,
    comparing: Option<Comparing>,
}

/// The questions whose answers people wrote for others to imitate.
fn written(schema: &Schema, wanted: Option<&str>) -> Vec<Question> {
    let asked = |keep: fn(&Question) -> bool| -> Vec<Question> {
        let named = |question: &&Question| wanted.is_none_or(|name| question.name == name);
        schema.questions.iter().filter(named).filter(|question| keep(question)).cloned().collect()
    };
    let corrections = asked(|question| matches!(question.kind, QuestionKind::Correction { .. }));
    if !corrections.is_empty() {
        return corrections;
    }
    let texts = asked(|question| matches!(question.kind, QuestionKind::Text { .. }));
    texts.into_iter().filter(|question| question.required || wanted.is_some()).collect()
}

/// Whether ShareGPT and Alpaca rows are preferences.
pub(crate) fn writes_preferences(schema: &Schema, wanted: Option<&str>) -> bool {
    written(schema, wanted).is_empty()
}

impl Rows {
    pub(crate) fn new(format: Format, schema: &Schema, options: &ExportOptions) -> Result<Rows, FormatError> {
        let written = written(schema, options.question.as_deref());
        let comparing = if !written.is_empty() {
            None
        } else if format == Format::SftMessages {
            let needs = "a correction question, or a required text question";
            return Err(FormatError::NoPlace { format, needs });
        } else {
            Some(Comparing::new(format, schema, options)?)
        };
        Ok(Rows { format, schema: schema.clone(), voices: options.voices, written, comparing })
    }

    fn chat(&self, prompt: &[Turn], answer: &str) -> Value {
        match self.format {
            Format::Sharegpt => {
                let mut turns = prompt.to_vec();
                turns.push(Turn::new("assistant", answer));
                sharegpt(&turns)
            }
            Format::Alpaca => {
                let mut row = alpaca(prompt);
                row.insert("output".to_string(), json!(answer));
                Value::Object(row)
            }
            _ => {
                let mut turns = prompt.to_vec();
                turns.push(Turn::new("assistant", answer));
                json!({ "messages": messages(&turns) })
            }
        }
    }
}

impl RowWriter for Rows {
    fn group(&self, record: &Record) -> Option<String> {
        match &self.comparing {
            Some(comparing) => comparing.group(record),
            None => self.written.iter().find_map(|question| group(&self.schema, record, about(question))),
        }
    }

    fn rows(&mut self, record: &Record, losses: &mut Losses) -> Vec<String> {
        let mut rows = Vec::new();
        if let Some(comparing) = &self.comparing {
            for pair in comparing.pairs(record, losses) {
                losses.add_many(
                    "the strength of a preference",
                    "the format has no margin",
                    u64::from(pair.strength.is_some()),
                );
                rows.push(match self.format {
                    Format::Alpaca => {
                        let mut row = alpaca(&pair.prompt);
                        row.insert("chosen".to_string(), json!(pair.chosen));
                        row.insert("rejected".to_string(), json!(pair.rejected));
                        Value::Object(row)
                    }
                    _ => {
                        let mut row = sharegpt(&pair.prompt);
                        row["chosen"] = json!({ "from": "gpt", "value": pair.chosen });
                        row["rejected"] = json!({ "from": "gpt", "value": pair.rejected });
                        row
                    }
                });
            }
        }
        if self.written.is_empty() {
            return rows.into_iter().map(|row| format!("{row}\n")).collect();
        }
        let used: Vec<&str> = self.written.iter().map(|question| question.name.as_str()).collect();
        let sets = for_rows(self.format, &self.schema, record, self.voices, &used, losses);
        let is_written = |question: &&Question| sets.iter().any(|said| said.contains_key(&question.name));
        let answered: Vec<&Question> = self.written.iter().filter(is_written).collect();
        if !answered.is_empty() {
            // What a correction improves is in no row.
            let fields = answered.iter().flat_map(|question| shown(&self.schema, about(question)));
            let fields: Vec<&str> = fields.collect();
            count_fields(
                &self.schema,
                record,
                &fields,
                "a row is a prompt and the answer to imitate",
                losses,
            );
        }
        for answers in &sets {
            for question in &self.written {
                let Some(Answer::Correction(text) | Answer::Text(text)) = answers.get(&question.name) else {
                    continue;
                };
                if let Some(prompt) = prompt(&self.schema, record, about(question), losses) {
                    rows.push(self.chat(&prompt, text));
                }
            }
        }
        rows.into_iter().map(|row| format!("{row}\n")).collect()
    }
}

/// The field that a question's answers improve.
fn about(question: &Question) -> &str {
    match &question.kind {
        QuestionKind::Correction { field } => field,
        _ => "",
    }
}

/// `conversations` of `human` and `gpt`, the system turn by itself.
fn sharegpt(turns: &[Turn]) -> Value {
    let (system, turns) = without_system(turns);
    let turn = |turn: &Turn| {
        let from = match turn.role.as_str() {
            "user" => "human",
            "assistant" => "gpt",
            "tool" => "observation",
            other => other,
        };
        json!({ "from": from, "value": turn.content })
    };
    let mut row = json!({ "conversations": turns.iter().map(turn).collect::<Vec<_>>() });
    if let Some(system) = system {
        row["system"] = json!(system);
    }
    row
}

/// The last turn as `instruction`, those before as `history`.
fn alpaca(prompt: &[Turn]) -> Map<String, Value> {
    let (system, turns) = without_system(prompt);
    let (last, before) = turns.split_last().map_or((None, turns), |(last, before)| (Some(last), before));
    let mut row = Map::new();
    row.insert("instruction".to_string(), json!(last.map(|turn| turn.content.as_str()).unwrap_or_default()));
    row.insert("input".to_string(), json!(""));
    if let Some(system) = system {
        row.insert("system".to_string(), json!(system));
    }
    if !before.is_empty() {
        // Pairs of what the user said and what was answered.
        let mut history: Vec<[String; 2]> = Vec::new();
        for turn in before {
            match history.last_mut() {
                Some(pair) if turn.role == "assistant" && pair[1].is_empty() => {
                    pair[1].clone_from(&turn.content)
                }
                _ => history.push([turn.content.clone(), String::new()]),
            }
        }
        row.insert("history".to_string(), json!(history));
    }
    row
}

fn without_system(turns: &[Turn]) -> (Option<&str>, &[Turn]) {
    match turns.split_first() {
        Some((first, rest)) if first.role == "system" => (Some(&first.content), rest),
        _ => (None, turns),
    }
}
