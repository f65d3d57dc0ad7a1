//! Records as JSON lines: what the `jsonl` format writes, and what reads it back.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::canonical::{canonical_json, item_id};
use crate::check::kind;
use crate::distance::suggest;
use crate::item::check_item;
use crate::problem::Problem;
use crate::read::{Stage, read_answers, read_kept};
use crate::{
    Answers, Comment, Given, Record, Resolution, ResolutionSource, ResponseStatus, Schema, Suggestion,
};

/// Answers that a schema does not hold any more, by question: an object for each set of answers that has any.
pub type LeftOut = Vec<Map<String, Value>>;

impl Record {
    /// Reads a record, its fields and answers checked against the schema; of one with mistakes, all of them.
    pub fn read(schema: &Schema, value: &Value) -> Result<Record, Vec<Problem>> {
        let mut reader = Reader { schema, fields: Map::new(), problems: Vec::new(), kept: None };
        let record = reader.record(value);
        match record {
            Some(record) if reader.problems.is_empty() => Ok(record),
            _ => Err(reader.problems),
        }
    }

    /// Reads a record that was right when it was written, whatever the schema asks now; with the answers that it does not
    /// hold any more.
    pub fn read_kept(schema: &Schema, value: &Value) -> Result<(Record, LeftOut), Vec<Problem>> {
        let mut reader = Reader { schema, fields: Map::new(), problems: Vec::new(), kept: Some(Vec::new()) };
        let record = reader.record(value);
        match record {
            Some(record) if reader.problems.is_empty() => Ok((record, reader.kept.unwrap_or_default())),
            _ => Err(reader.problems),
        }
    }

    /// The record's canonical JSON, on one line and without a line break. Reading it gives the same record.
    pub fn canonical(&self) -> String {
        canonical_json(self)
    }
}

/// What a record that is kept for good says besides: the answers that its schema did not hold, an object for each set of them.
pub const EARLIER: &str = "earlier";
const KEYS: [&str; 8] =
    ["id", "fields", "metadata", "responses", "suggestions", "gold", "resolution", "comments"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenWords {
    user: String,
    status: ResponseStatus,
    #[serde(default)]
    answers: Value,
    #[serde(default)]
    at: Option<String>,
    #[serde(default)]
    active_ms: Option<u64>,
    #[serde(default)]
    guideline: Option<String>,
    #[serde(default)]
    accepted: Vec<String>,
    #[serde(default)]
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SuggestionWords {
    model: String,
    #[serde(default)]
    score: Option<f64>,
    answers: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResolutionWords {
    answers: Value,
    source: ResolutionSource,
    #[serde(default)]
    by: Option<String>,
    #[serde(default)]
    posterior: Option<f64>,
}

struct Reader<'a> {
    schema: &'a Schema,
    fields: Map<String, Value>,
    problems: Vec<Problem>,
    /// The questions whose answers are left out; absent: each of them is a mistake.
    kept: Option<LeftOut>,
}

impl Reader<'_> {
    fn record(&mut self, value: &Value) -> Option<Record> {
        let Some(entries) = value.as_object() else {
            self.problem("", format!("is {}", kind(value)), "write one object a line");
            return None;
        };
        let is_known = |key: &str| KEYS.contains(&key) || (self.kept.is_some() && key == EARLIER);
        let strangers: Vec<&String> = entries.keys().filter(|key| !is_known(key)).collect();
        for key in strangers {
            self.problem(key, "is no part of a record".to_string(), &suggest(key, &KEYS));
        }
        let part = |key: &str| entries.get(key).filter(|value| !value.is_null());
        if let (Some(left_out), Some(earlier)) = (&mut self.kept, part(EARLIER)) {
            let sets = earlier.as_array().into_iter().flatten().filter_map(Value::as_object);
            left_out.extend(sets.cloned());
        }
        let Some(fields) = part("fields").and_then(Value::as_object) else {
            self.problem("fields", "is no object".to_string(), "write {\"fields\": {\"name\": value}}");
            return None;
        };
        self.fields =
            fields.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), v.clone())).collect();
        if self.kept.is_none() {
            self.problems.extend(check_item(self.schema, &self.fields));
        }
        let id = match part("id") {
            None => item_id(&self.fields),
            Some(Value::String(id)) if !id.is_empty() => id.clone(),
            Some(Value::Number(id)) => id.to_string(),
            Some(_) => {
                self.problem("id", "is no name".to_string(), "write a string, or leave it out");
                String::new()
            }
        };
        let metadata = match part("metadata") {
            None => BTreeMap::new(),
            Some(Value::Object(entries)) => entries.clone().into_iter().collect(),
            Some(_) => {
                self.problem("metadata", "is no object".to_string(), "write {\"key\": value}");
                BTreeMap::new()
            }
        };
        let gold = part("gold").and_then(|gold| self.answers("gold", gold, Stage::Part));
        let resolution = part("resolution").and_then(|value| self.resolution(value));
        let responses = self.each("responses", part("responses"), Reader::given);
        let suggestions = self.each("suggestions", part("suggestions"), Reader::suggestion);
        let comments = self.each("comments", part("comments"), Reader::comment);
        for (number, response) in responses.iter().enumerate() {
            if responses[..number].iter().any(|earlier| earlier.user == response.user) {
                let what = format!("`{}` has responded before", response.user);
                self.problem(&format!("responses[{number}].user"), what, "keep one response a person");
            }
        }
        let fields = self.fields.clone();
        Some(Record { id, fields, metadata, responses, suggestions, gold, resolution, comments })
    }

    fn each<T>(
        &mut self,
        key: &str,
        value: Option<&Value>,
        read: fn(&mut Self, &str, &Value) -> Option<T>,
    ) -> Vec<T> {
        match value {
            None => Vec::new(),
            Some(Value::Array(entries)) => {
                let places = entries.iter().enumerate();
                places.filter_map(|(number, entry)| read(self, &format!("{key}[{number}]"), entry)).collect()
            }
            Some(_) => {
                self.problem(key, "is no list".to_string(), "write [ … ]");
                Vec::new()
            }
        }
    }

    fn given(&mut self, at: &str, value: &Value) -> Option<Given> {
        let words: GivenWords = self.words(at, value, "write {\"user\", \"status\", \"answers\"}")?;
        let answers = match words.status {
            ResponseStatus::Submitted => self.answers(at, &words.answers, Stage::Submit)?,
            // Somebody who skips may leave what they had.
            ResponseStatus::Draft | ResponseStatus::Skipped if words.answers.is_null() => Answers::new(),
            ResponseStatus::Draft | ResponseStatus::Skipped => {
                self.answers(at, &words.answers, Stage::Draft)?
            }
        };
        let GivenWords { user, status, at, active_ms, guideline, accepted, reason, .. } = words;
        Some(Given { user, status, answers, at, active_ms, guideline, accepted, reason })
    }

    fn suggestion(&mut self, at: &str, value: &Value) -> Option<Suggestion> {
        let words: SuggestionWords = self.words(at, value, "write {\"model\", \"score\", \"answers\"}")?;
        self.share(&format!("{at}.score"), words.score);
        let answers = self.answers(at, &words.answers, Stage::Part)?;
        Some(Suggestion { model: words.model, score: words.score, answers })
    }

    fn resolution(&mut self, value: &Value) -> Option<Resolution> {
        let words: ResolutionWords =
            self.words("resolution", value, "write {\"answers\", \"source\", \"by\"}")?;
        self.share("resolution.posterior", words.posterior);
        let answers = self.answers("resolution", &words.answers, Stage::Part)?;
        let ResolutionWords { source, by, posterior, .. } = words;
        Some(Resolution { answers, source, by, posterior })
    }

    fn comment(&mut self, at: &str, value: &Value) -> Option<Comment> {
        let comment: Comment = self.words(at, value, "write {\"user\", \"text\", \"flag\", \"at\"}")?;
        if comment.text.is_empty() && !comment.flag {
            self.problem(at, "says nothing".to_string(), "write a text, or leave it out");
        }
        Some(comment)
    }

    fn words<T: for<'a> Deserialize<'a>>(&mut self, at: &str, value: &Value, hint: &str) -> Option<T> {
        let read = T::deserialize(value);
        read.map_err(|error| self.problem(at, format!("cannot be read: {error}"), hint)).ok()
    }

    fn answers(&mut self, at: &str, value: &Value, stage: Stage) -> Option<Answers> {
        if let Some(left_out) = &mut self.kept {
            let (answers, gone) = read_kept(self.schema, &self.fields, value);
            left_out.extend(Some(gone).filter(|gone| !gone.is_empty()));
            return Some(answers);
        }
        let at = if at == "gold" { at.to_string() } else { format!("{at}.answers") };
        let read = read_answers(self.schema, &self.fields, value, stage);
        let place = |problem: Problem| Problem { at: format!("{at}.{}", problem.at), ..problem };
        read.map_err(|problems| self.problems.extend(problems.into_iter().map(place))).ok()
    }

    fn share(&mut self, at: &str, value: Option<f64>) {
        if let Some(value) = value.filter(|value| !(0.0..=1.0).contains(value)) {
            self.problem(at, format!("is {value}"), "write a share from 0 to 1");
        }
    }

    fn problem(&mut self, at: &str, what: String, hint: &str) {
        self.problems.push(Problem::new(at, what, hint));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::any_json;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;
    use serde_json::json;

    fn schema() -> Schema {
        let schema = r#"{
            "fields": [{"name": "text", "type": "text"}],
            "questions": [
                {"name": "topic", "type": "label", "options": ["billing", "other"]},
                {"name": "names", "type": "spans", "field": "text", "options": ["PER"], "required": false}
            ]
        }"#;
        Schema::read(schema).unwrap()
    }

    #[track_caller]
    fn check(value: &Value, expected: &Expect) {
        let shown = match Record::read(&schema(), value) {
            Ok(record) => {
                let again = serde_json::from_str(&record.canonical()).unwrap();
                assert_eq!(Record::read(&schema(), &again), Ok(record.clone()));
                record.canonical()
            }
            Err(problems) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn a_record_is_read_and_written_in_one_normal_form() {
        let names = json!([{"char_start": 0, "char_end": 3, "label": "PER"}]);
        check(
            &json!({
                "id": 7,
                "fields": {"text": "Zoë pays"},
                "metadata": {"lang": "en"},
                "responses": [
                    {"user": "ann", "status": "submitted", "answers": {"topic": "billing", "names": names}},
                    {"user": "bob", "status": "skipped"},
                    {"user": "eve", "status": "draft", "answers": {}, "active_ms": 900}
                ],
                "suggestions": [{"model": "m1", "score": 0.5, "answers": {"topic": "other"}}],
                "gold": {"topic": "billing"},
                "resolution": {"answers": {"topic": "billing"}, "source": "adjudicated", "by": "lea"},
                "comments": [
                    {"user": "ann", "text": "Who is she?", "at": "2026-11-01T10:00:00.000Z"},
                    {"user": "bob", "flag": true, "settled_at": "2026-11-02T10:00:00.000Z"}
                ]
            }),
            &expect![[
                r#"{"comments":[{"at":"2026-11-01T10:00:00.000Z","flag":false,"text":"Who is she?","user":"ann"},{"flag":true,"settled_at":"2026-11-02T10:00:00.000Z","text":"","user":"bob"}],"fields":{"text":"Zoë pays"},"gold":{"topic":"billing"},"id":"7","metadata":{"lang":"en"},"resolution":{"answers":{"topic":"billing"},"by":"lea","source":"adjudicated"},"responses":[{"answers":{"names":[{"char_end":3,"char_start":0,"id":"s1","label":"PER","quote":"Zoë"}],"topic":"billing"},"status":"submitted","user":"ann"},{"answers":{},"status":"skipped","user":"bob"},{"active_ms":900,"answers":{},"status":"draft","user":"eve"}],"suggestions":[{"answers":{"topic":"other"},"model":"m1","score":0.5}]}"#
            ]],
        );
    }

    proptest! {
        #[test]
        fn no_json_makes_it_panic(parts in prop::collection::vec((0usize..KEYS.len(), any_json()), 0..5)) {
            let value: Value = parts.into_iter().map(|(key, value)| (KEYS[key].to_string(), value)).collect();
            if let Ok(record) = Record::read(&schema(), &value) {
                let again = serde_json::from_str(&record.canonical()).unwrap();
                prop_assert_eq!(Record::read(&schema(), &again), Ok(record));
            }
        }
    }

    #[test]
    fn a_record_without_an_id_is_named_by_its_fields() {
        check(
            &json!({"fields": {"text": "hi"}}),
            &expect![[
                r#"{"fields":{"text":"hi"},"id":"5d6f21f325e08f7a590ae93436c7c2605bc582260956b73241a5d4492dc93c01"}"#
            ]],
        );
    }

    #[test]
    fn everything_wrong_with_a_record_is_said_at_once() {
        check(
            &json!({
                "id": [],
                "fields": {"text": "Zoë pays", "txt": "?"},
                "metdata": {},
                "responses": [
                    {"user": "ann", "status": "submitted", "answers": {"topic": "biling"}},
                    {"user": "bob", "status": "submitted", "answers": {}},
                    {"user": "bob", "status": "done"}
                ],
                "suggestions": [{"model": "m1", "score": 50, "answers": {"topics": "other"}}],
                "comments": [{"user": "ann", "text": ""}, {"text": "hm"}]
            }),
            &expect![[r#"
                metdata: is no part of a record; did you mean `metadata`?
                fields.txt: is no field of the schema; did you mean `text`?; what is not shown belongs into the metadata
                id: is no name; write a string, or leave it out
                responses[0].answers.topic: `biling` is no option; did you mean `billing`?
                responses[1].answers.topic: has no answer; answer it: it is required
                responses[2]: cannot be read: unknown variant `done`, expected one of `draft`, `submitted`, `skipped`; write {"user", "status", "answers"}
                suggestions[0].score: is 50; write a share from 0 to 1
                suggestions[0].answers.topics: is no question of the schema; did you mean `topic`?
                comments[0]: says nothing; write a text, or leave it out
                comments[1]: cannot be read: missing field `user`; write {"user", "text", "flag", "at"}
            "#]],
        );
    }
}
