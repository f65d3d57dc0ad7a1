//! CSV for spreadsheets: `id`, the fields, `metadata`, `user`, `status`, `at`, then the questions; one row a response. A field
//! or a question whose name another column has stands under `fields.NAME` or `answers.NAME`.
//!
//! Strings stand as they are, everything else as JSON. Any other table with a header is read too: its columns are fields
//! and questions by name, the rest metadata.

use csv::{ByteRecord, ReaderBuilder, WriterBuilder};
use serde_json::{Map, Value, json};

use crate::ResponseStatus;
use crate::format::export::RowWriter;
use crate::format::found::{Found, FoundResponse, Said, What};
use crate::format::import::{Find, Tell};
use crate::format::jsonl;
use crate::format::report::Losses;
use crate::format::{FormatError, Input};
use crate::{Answer, Record, Schema};

/// The columns that are there whatever the schema says.
const FIXED: [&str; 5] = ["id", "metadata", "user", "status", "at"];
const FIELD: &str = "fields.";
const ANSWER: &str = "answers.";

/// The column of a field.
fn field_column(name: &str) -> String {
    let is_taken = FIXED.contains(&name) || name.starts_with(FIELD) || name.starts_with(ANSWER);
    if is_taken { format!("{FIELD}{name}") } else { name.to_string() }
}

/// The column of a question.
fn answer_column(schema: &Schema, name: &str) -> String {
    let is_field = schema.fields.iter().any(|field| field_column(&field.name) == name);
    let is_taken = is_field || FIXED.contains(&name) || name.starts_with(FIELD) || name.starts_with(ANSWER);
    if is_taken { format!("{ANSWER}{name}") } else { name.to_string() }
}

pub(crate) fn read(input: Input, tell: &mut Tell, _losses: &mut Losses) -> Result<(), FormatError> {
    let mut reader = input.open()?;
    let start = reader.fill_buf().map_err(|source| input.failed(source))?;
    if start.starts_with(b"\xef\xbb\xbf") {
        reader.consume(3);
    }
    let mut rows = ReaderBuilder::new().flexible(true).from_reader(reader);
    let broken = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        FormatError::Broken { line, message: error.to_string() }
    };
    let header = rows.headers().map_err(broken)?.clone();
    let names: Vec<String> = header.iter().map(str::to_string).collect();
    let mut row = ByteRecord::new();
    let mut line = 1;
    loop {
        // The reader counts a line too few on the second row and after.
        if !rows.read_byte_record(&mut row).map_err(broken)? {
            return Ok(());
        }
        line = row.position().map_or(line, csv::Position::line);
        tell(match cells(&names, &row) {
            Ok(cells) => Find::Item(line, Box::new(found(&names, cells))),
            Err(message) => Find::Bad(line, message),
        })?;
    }
}

fn cells(names: &[String], row: &ByteRecord) -> Result<Map<String, Value>, String> {
    if row.len() != names.len() {
        return Err(format!("the row has {} cells, the header {}", row.len(), names.len()));
    }
    let mut cells = Map::new();
    for (name, cell) in names.iter().zip(row) {
        let text = std::str::from_utf8(cell).map_err(|_| format!("the cell `{name}` is not UTF-8"))?;
        if !text.is_empty() {
            cells.insert(name.clone(), json!(text));
        }
    }
    Ok(cells)
}

fn found(names: &[String], mut cells: Map<String, Value>) -> Found {
    let place = |name: &str| names.iter().position(|other| other == name);
    let (Some(user), Some(status)) = (place("user"), place("status")) else {
        return jsonl::flat(cells);
    };
    // One of our own: what stands behind `status` and `at` are answers.
    let first = place("at").unwrap_or(status).max(user).max(status) + 1;
    let mut said = Vec::new();
    for name in &names[first..] {
        if let Some(value) = cells.remove(name) {
            said.push(Said::to(name.strip_prefix(ANSWER).unwrap_or(name), What::Ours(value)));
        }
    }
    let mut word = |name: &str| match cells.remove(name) {
        Some(Value::String(word)) => Some(word),
        _ => None,
    };
    let (user, status, at) = (word("user"), word("status"), word("at"));
    let metadata = word("metadata").and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
    let status = match status.as_deref() {
        Some("draft") => Some(ResponseStatus::Draft),
        Some("skipped") => Some(ResponseStatus::Skipped),
        Some(_) => Some(ResponseStatus::Submitted),
        None => (!said.is_empty()).then_some(ResponseStatus::Submitted),
    };
    let response = status.map(|status| FoundResponse {
        user,
        status,
        at,
        complete: false,
        ..FoundResponse::submitted(said)
    });
    let mut found = jsonl::flat(cells);
    found.flat = false;
    let named = |(name, value): (String, Value)| match name.strip_prefix(FIELD) {
        Some(field) => (field.to_string(), value),
        None => (name, value),
    };
    found.data = std::mem::take(&mut found.data).into_iter().map(named).collect();
    found.metadata = metadata;
    found.responses.extend(response);
    found
}

/// Writes one row a response, and one for an item without any.
pub(crate) struct Rows {
    schema: Schema,
}

impl Rows {
    pub(crate) fn new(schema: &Schema) -> Rows {
        Rows { schema: schema.clone() }
    }

    fn questions(&self) -> impl Iterator<Item = &str> {
        self.schema.questions.iter().map(|question| question.name.as_str())
    }
}

impl RowWriter for Rows {
    fn head(&self) -> String {
        let [id, rest @ ..] = FIXED.map(str::to_string);
        let fields = self.schema.fields.iter().map(|field| field_column(&field.name));
        let questions = self.questions().map(|name| answer_column(&self.schema, name));
        row(std::iter::once(id).chain(fields).chain(rest).chain(questions))
    }

    fn rows(&mut self, record: &Record, losses: &mut Losses) -> Vec<String> {
        const NONE: &str = "a table has no column for it";
        losses.add_many("a suggestion", NONE, record.suggestions.len() as u64);
        losses.add_many("a known answer", NONE, u64::from(record.gold.is_some()));
        losses.add_many("a resolution", NONE, u64::from(record.resolution.is_some()));
        let mut item = vec![record.id.clone()];
        for field in &self.schema.fields {
            let value = record.fields.get(&field.name);
            let empty = value.and_then(Value::as_str) == Some("");
            losses.add_many(
                format!("an empty `{}`", field.name),
                "an empty cell is no value",
                u64::from(empty),
            );
            item.push(match value {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            });
        }
        item.push(if record.metadata.is_empty() {
            String::new()
        } else {
            json!(record.metadata).to_string()
        });
        if record.responses.is_empty() {
            let blank = vec![String::new(); 3 + self.schema.questions.len()];
            return vec![row(item.into_iter().chain(blank))];
        }
        let mut rows = Vec::new();
        for response in &record.responses {
            losses.add_many("how long a response took", NONE, u64::from(response.active_ms.is_some()));
            losses.add_many(
                "the guideline version of a response",
                NONE,
                u64::from(response.guideline.is_some()),
            );
            losses.add_many("that an answer is a model's, unchanged", NONE, response.accepted.len() as u64);
            let status = match response.status {
                ResponseStatus::Draft => "draft",
                ResponseStatus::Submitted => "submitted",
                ResponseStatus::Skipped => "skipped",
            };
            let mut cells = item.clone();
            cells.extend([
                response.user.clone(),
                status.to_string(),
                response.at.clone().unwrap_or_default(),
            ]);
            for question in self.questions() {
                cells.push(match response.answers.get(question) {
                    None => String::new(),
                    Some(Answer::Label(text) | Answer::Text(text) | Answer::Correction(text)) => {
                        let what = format!("an empty answer to `{question}`");
                        losses.add_many(what, "an empty cell is no answer", u64::from(text.is_empty()));
                        text.clone()
                    }
                    Some(answer) => json!(answer).to_string(),
                });
            }
            rows.push(row(cells));
        }
        rows
    }
}

fn row(cells: impl IntoIterator<Item = String>) -> String {
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    // Writing to memory cannot fail, and the cells are UTF-8.
    let _ = writer.write_record(cells);
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}
