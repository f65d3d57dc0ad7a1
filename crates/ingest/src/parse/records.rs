//! JSON and JSON Lines: a document per record, or the file to the letter where there are no records.

use std::collections::BTreeSet;

use engraft_core::{BlockKind, Content, Metadata};
use serde_json::{Map, Value};

use super::build::{Builder, one_line};
use super::decode::decode;
use super::job::Job;
use super::{Outcome, ParseError, Parsed, plain};

/// The names under which records keep what we look for, the best first.
const IDS: [&str; 6] = ["_id", "id", "doc_id", "docid", "uuid", "key"];
const TITLES: [&str; 5] = ["title", "headline", "subject", "name", "heading"];
const TEXTS: [&str; 10] = [
    "text",
    "body",
    "content",
    "contents",
    "passage",
    "page_content",
    "document",
    "abstract",
    "markdown",
    "description",
];

/// Reads a JSON file: an array of objects is records, anything else one document.
pub(crate) fn parse(bytes: &[u8], job: &Job) -> Result<Outcome, ParseError> {
    let decoded = decode(bytes, None)?;
    let value: Value = match serde_json::from_str(&decoded.text) {
        Ok(value) => value,
        // Several values one after the other are lines, whatever the name says.
        Err(error) if error.to_string().starts_with("trailing characters") => {
            return lines_of(&decoded.text, job);
        }
        Err(error) => return Err(ParseError::Malformed(error.to_string())),
    };
    if let Value::Array(items) = &value
        && !items.is_empty()
        && items.iter().all(Value::is_object)
    {
        let mut collector = Collector::new(job);
        for (index, item) in items.iter().enumerate() {
            collector.take(item, &format!("{}", index + 1))?;
        }
        return collector.finish();
    }
    let mut content = plain::of_text(decoded.text, job)?;
    content.mime = "application/json".to_string();
    content.warnings = decoded.warnings;
    if let Value::Object(fields) = &value {
        content.title = first(fields, &TITLES).map(|(_, title)| one_line(&title));
    }
    Ok(Outcome::of(content))
}

/// Reads a JSON Lines file: a record a line; lines that are no JSON are reported and skipped.
pub(crate) fn parse_lines(bytes: &[u8], job: &Job) -> Result<Outcome, ParseError> {
    lines_of(&decode(bytes, None)?.text, job)
}

fn lines_of(text: &str, job: &Job) -> Result<Outcome, ParseError> {
    let mut collector = Collector::new(job);
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let name = format!("line-{}", index + 1);
        match serde_json::from_str::<Value>(line) {
            Ok(value) => collector.take(&value, &name)?,
            Err(error) => collector.fail(&name, &ParseError::Malformed(error.to_string())),
        }
    }
    collector.finish()
}

struct Collector<'a> {
    job: &'a Job<'a>,
    outcome: Outcome,
    suffixes: BTreeSet<String>,
    last: Option<ParseError>,
}

impl<'a> Collector<'a> {
    fn new(job: &'a Job<'a>) -> Collector<'a> {
        Collector { job, outcome: Outcome::default(), suffixes: BTreeSet::new(), last: None }
    }

    /// Adds the record `value`, known by its id or else by `place`.
    fn take(&mut self, value: &Value, place: &str) -> Result<(), ParseError> {
        let limit = self.job.limits.max_records;
        if self.outcome.documents.len() >= limit {
            return Err(ParseError::too_large("records", limit));
        }
        let id = value.as_object().and_then(|fields| first(fields, &IDS)).map(|(_, id)| one_line(&id));
        let name =
            id.filter(|id| !id.is_empty() && id.chars().count() <= 200).unwrap_or_else(|| place.to_string());
        // Ids should be unique; where they are not, the place in the file tells records apart.
        let mut suffix = format!("#{name}");
        if !self.suffixes.insert(suffix.clone()) {
            suffix = format!("#{name}-{place}");
            self.suffixes.insert(suffix.clone());
        }
        match record(value, self.job) {
            Ok(content) => self.outcome.documents.push(Parsed { suffix, content }),
            Err(error) => self.fail(&suffix[1..], &error),
        }
        Ok(())
    }

    fn fail(&mut self, name: &str, error: &ParseError) {
        self.outcome.failures.push(error.diagnostic(&format!("#{name}")));
        self.last = Some(error.clone());
    }

    /// An error when not one record could be read.
    fn finish(self) -> Result<Outcome, ParseError> {
        if self.outcome.documents.is_empty() {
            return Err(self.last.unwrap_or(ParseError::NoText));
        }
        Ok(self.outcome)
    }
}

/// One record as a document: its text field to the letter, or its fields one below the other.
fn record(value: &Value, job: &Job) -> Result<Content, ParseError> {
    let Value::Object(fields) = value else {
        return match value {
            Value::String(words) => plain::of_text(words.clone(), job),
            other => plain::of_text(other.to_string(), job),
        };
    };
    let title = first(fields, &TITLES);
    let text = first(fields, &TEXTS);
    let mut metadata = Metadata::new();
    for (name, value) in fields {
        let is_taken =
            |taken: &Option<(&str, String)>| taken.as_ref().is_some_and(|(taken, _)| taken == name);
        if !is_taken(&title) && !is_taken(&text) {
            flatten(name, value, 0, &mut metadata);
        }
    }
    let mut content = match text {
        Some((_, words)) if !words.trim().is_empty() => plain::of_text(words, job)?,
        // A title alone is still something to find.
        Some(_) => plain::of_text(title.as_ref().map(|(_, title)| title.clone()).unwrap_or_default(), job)?,
        None => fields_below_each_other(fields, job)?,
    };
    content.title = title.map(|(_, title)| one_line(&title)).filter(|title| !title.is_empty());
    content.mime = "application/json".to_string();
    content.metadata = metadata;
    Ok(content)
}

fn fields_below_each_other(fields: &Map<String, Value>, job: &Job) -> Result<Content, ParseError> {
    let mut flat = Metadata::new();
    fields.iter().for_each(|(name, value)| flatten(name, value, 0, &mut flat));
    let mut builder = Builder::new("application/json", job.limits);
    for (name, value) in &flat {
        let words = match value {
            Value::String(words) => words.clone(),
            other => other.to_string(),
        };
        builder.push(BlockKind::Paragraph, &format!("{name}: {words}"));
    }
    builder.finish()
}

/// Adds scalars and lists of scalars, inner ones as `outer.inner`.
fn flatten(name: &str, value: &Value, depth: usize, metadata: &mut Metadata) {
    match value {
        Value::Null => {}
        Value::Object(fields) if depth < 8 => {
            fields
                .iter()
                .for_each(|(inner, value)| flatten(&format!("{name}.{inner}"), value, depth + 1, metadata));
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            if depth < 8 {
                let named = items.iter().enumerate().take(100);
                named.for_each(|(index, value)| {
                    flatten(&format!("{name}.{index}"), value, depth + 1, metadata)
                });
            }
        }
        Value::Object(_) => {}
        other => drop(metadata.insert(name.to_string(), other.clone())),
    }
}

/// The first of `names` that `fields` has with words or a number, whatever its case.
fn first<'n>(fields: &Map<String, Value>, names: &[&'n str]) -> Option<(&'n str, String)> {
    names.iter().find_map(|&name| {
        let words = match fields.get(name)? {
            Value::String(words) => words.clone(),
            Value::Number(number) => number.to_string(),
            Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_string) => {
                items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n\n")
            }
            _ => return None,
        };
        Some((name, words))
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::super::{Limits, parse};
    use super::*;

    #[track_caller]
    fn check(name: &str, text: &str, expected: Expect) {
        let shown = match parse(name, text.as_bytes(), &Limits::default()) {
            Err(error) => error.code().to_string(),
            Ok(outcome) => {
                let documents = outcome.documents.iter().map(|Parsed { suffix, content }| {
                    let metadata = serde_json::to_string(&content.metadata).unwrap();
                    format!(
                        "{suffix} {:?} {:?} {metadata}",
                        content.title.as_deref().unwrap_or(""),
                        content.text
                    )
                });
                let failures =
                    outcome.failures.iter().map(|failure| format!("! {} {}", failure.uri, failure.kind));
                documents.chain(failures).collect::<Vec<_>>().join("\n")
            }
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn an_array_of_objects_is_records() {
        check(
            "a.json",
            r#"[{"_id":"x","title":"T","text":"One.\n\nTwo.","year":2024,"by":{"name":"Ann"}},{"name":"N","note":"only fields"}]"#,
            expect![[r##"
                #x "T" "One.\n\nTwo." {"_id":"x","by.name":"Ann","year":2024}
                #2 "N" "name: N\n\nnote: only fields" {"note":"only fields"}"##]],
        );
    }

    #[test]
    fn a_bad_line_is_reported_and_the_rest_is_read() {
        check(
            "a.jsonl",
            "{\"id\":7,\"body\":\"b\"}\n{oops\n\n{\"id\":7,\"body\":\"c\"}\n",
            expect![[r##"
            #7 "" "b" {"id":7}
            #7-line-4 "" "c" {"id":7}
            ! #line-2 malformed"##]],
        );
    }

    #[test]
    fn anything_else_is_one_document_to_the_letter() {
        check(
            "a.json",
            "{\n  \"title\": \"T\",\n  \"on\": true\n}\n",
            expect![[r#" "T" "{\n  \"title\": \"T\",\n  \"on\": true\n}\n" {}"#]],
        );
    }

    #[test]
    fn deep_nesting_is_refused_not_overflowed() {
        check("a.json", &"[".repeat(100_000), expect!["malformed"]);
    }
}
