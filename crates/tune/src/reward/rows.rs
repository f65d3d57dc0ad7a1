//! Rows of preferences: a prompt, the response that was chosen and the one that was not; JSONL, in the shapes of TRL.

use std::path::Path;

use serde_json::Value;

use crate::TuneError;
use crate::data::{Audited, Line, Rejection, Rows, read_rows, refuse_duplicate_ids};

/// What was said before, the oldest first: who, and what.
pub type Turns = Vec<(String, String)>;

/// A response to be scored, in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// What it answers; empty where that is not known.
    pub prompt: Turns,
    /// The response.
    pub response: String,
}

/// A response with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its id; the line number where the row has none.
    pub id: String,
    /// Its line in the file, from 1.
    pub line: u64,
    /// The response.
    pub said: Said,
}

/// Two responses to one prompt, one of them better.
#[derive(Clone, Debug, PartialEq)]
pub struct PreferenceRow {
    /// Its id; the line number where the row has none.
    pub id: String,
    /// Its line in the file, from 1.
    pub line: u64,
    /// What both answer; empty where that is not known.
    pub prompt: Turns,
    /// The better response.
    pub chosen: String,
    /// The other.
    pub rejected: String,
    /// By how much the scores should at least differ; 0 where nobody said.
    pub margin: f64,
    /// What it belongs to; pairs of one group are never parted by a split.
    pub group: Option<String>,
}

impl PreferenceRow {
    /// As an audit sees it: two responses to a prompt, of which one was chosen; as long as both.
    pub fn audited(&self) -> Audited {
        let mut responses = [self.chosen.clone(), self.rejected.clone()];
        responses.sort();
        let prompt = self.prompt.iter().map(|(role, content)| format!("{role}: {content}"));
        Audited {
            id: self.id.clone(),
            text: responses.concat(),
            key: prompt.chain(responses).collect(),
            said: self.chosen.clone(),
            labels: Vec::new(),
        }
    }

    /// What it is grouped by: its group, or else the first thing said, after what a system is told before all of them.
    pub fn grouped_by(&self) -> String {
        let told = |role: &str| ["system", "developer"].contains(&role);
        let said = self.prompt.iter().find(|(role, _)| !told(role)).or(self.prompt.first());
        let first = || said.map_or_else(|| self.chosen.clone(), |(_, content)| content.clone());
        self.group.clone().unwrap_or_else(first)
    }
}

/// Reads preferences: `{prompt, chosen, rejected}` where the prompt is a text or a list of `{role, content}`, the responses are
/// texts or such lists; or `{chosen, rejected}` alone, whole conversations (lists, or texts with `Human:` and `Assistant:`) that
/// begin alike. `messages` stands for `prompt` too. `margin` is optional.
pub fn read_preferences(path: &Path) -> Result<Rows<PreferenceRow>, TuneError> {
    let read = read_rows(path, preference)?;
    refuse_duplicate_ids(read.rows.iter().map(|row| (row.id.as_str(), row.line)), path)?;
    Ok(read)
}

const SHAPES: &str =
    "write {\"prompt\":…,\"chosen\":…,\"rejected\":…}, each a text or a list of {\"role\",\"content\"}";

fn preference(line: &Line) -> Result<PreferenceRow, Rejection> {
    let part = |name: &str| match line.fields.get(name) {
        Some(value) => turns(value, name),
        None => Err(Rejection::new("no_pair", format!("there is no `{name}`"), SHAPES)),
    };
    let (chosen, rejected) = (part("chosen")?, part("rejected")?);
    let (prompt, chosen, rejected) = match prompt(line)? {
        Some(prompt) => (prompt, chosen, rejected),
        None => {
            let alike = chosen.iter().zip(&rejected).take_while(|(a, b)| a == b).count();
            let (prompt, rest) = chosen.split_at(alike);
            (prompt.to_vec(), rest.to_vec(), rejected[alike..].to_vec())
        }
    };
    let joined = |turns: &Turns| turns.iter().map(|turn| turn.1.trim()).collect::<Vec<_>>().join("\n\n");
    let (chosen, rejected) = (joined(&chosen), joined(&rejected));
    if chosen == rejected {
        let hint = "leave out pairs that nobody could choose between";
        return Err(Rejection::new("same", "both responses are the same", hint));
    }
    let margin = match line.fields.get("margin") {
        None | Some(Value::Null) => 0.0,
        Some(value) => value.as_f64().filter(|margin| margin.is_finite()).ok_or_else(|| {
            Rejection::new("margin", "`margin` is no number", "give a number, or leave it out")
        })?,
    };
    Ok(PreferenceRow {
        id: id(line),
        line: line.number,
        prompt,
        chosen,
        rejected,
        margin,
        group: group(line),
    })
}

/// Reads responses to score: `{prompt, response}`, or `{messages}` that end with the response.
pub fn read_said(path: &Path) -> Result<Rows<Asked>, TuneError> {
    read_rows(path, |line| {
        let mut prompt = prompt(line)?.unwrap_or_default();
        let response = match line.fields.get("response").or_else(|| line.fields.get("text")) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => {
                turns(value, "response")?.into_iter().map(|turn| turn.1).collect::<Vec<_>>().join("\n\n")
            }
            None => match prompt.pop() {
                Some((role, content)) if is_assistant(&role) => content,
                _ => {
                    let hint = "write {\"prompt\":…,\"response\":…}, or {\"messages\":[…]} that end with the response";
                    return Err(Rejection::new("no_response", "there is no `response`", hint));
                }
            },
        };
        Ok(Asked { id: id(line), line: line.number, said: Said { prompt, response } })
    })
}

fn id(line: &Line) -> String {
    match line.fields.get("id") {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => line.number.to_string(),
    }
}

fn group(line: &Line) -> Option<String> {
    match line.fields.get("group")? {
        Value::String(group) => Some(group.clone()),
        Value::Number(group) => Some(group.to_string()),
        _ => None,
    }
}

fn prompt(line: &Line) -> Result<Option<Turns>, Rejection> {
    let found = ["prompt", "messages"].into_iter().find_map(|name| Some((name, line.fields.get(name)?)));
    found.map(|(name, value)| turns(value, name)).transpose()
}

/// Turns of a text (one turn, or several where `Human:` and `Assistant:` head its paragraphs) or of a list.
fn turns(value: &Value, name: &str) -> Result<Turns, Rejection> {
    let wrong = |what: &str| Rejection::new("no_pair", format!("`{name}` {what}"), SHAPES);
    let turns = match value {
        Value::String(text) if headed(text) => split_headed(text),
        Value::String(text) => vec![(String::new(), text.clone())],
        Value::Array(turns) => {
            let one = |turn: &Value| {
                let role = turn.get("role").or_else(|| turn.get("from"))?.as_str()?;
                let content = turn.get("content").or_else(|| turn.get("value"))?.as_str()?;
                Some((role.to_string(), content.to_string()))
            };
            let turns: Option<Turns> = turns.iter().map(one).collect();
            turns.ok_or_else(|| wrong("holds something other than {role, content}"))?
        }
        _ => return Err(wrong("is neither a text nor a list")),
    };
    Ok(turns)
}

const HEADS: [(&str, &str); 2] = [("Human:", "user"), ("Assistant:", "assistant")];

fn headed(text: &str) -> bool {
    text.trim_start().starts_with(HEADS[0].0) && text.contains("\n\nAssistant:")
}

/// A conversation in one text, as HH-RLHF writes it.
fn split_headed(text: &str) -> Turns {
    let mut turns: Turns = Vec::new();
    for paragraph in text.trim().split("\n\n") {
        let head = HEADS.iter().find_map(|(head, role)| Some((*role, paragraph.strip_prefix(head)?)));
        match (head, turns.last_mut()) {
            (Some((role, content)), _) => turns.push((role.to_string(), content.trim().to_string())),
            (None, Some(last)) => {
                last.1.push_str("\n\n");
                last.1.push_str(paragraph);
            }
            (None, None) => turns.push((String::new(), paragraph.to_string())),
        }
    }
    turns
}

fn is_assistant(role: &str) -> bool {
    matches!(role, "assistant" | "gpt" | "model")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<PreferenceRow, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pairs.jsonl");
        std::fs::write(&path, line).unwrap();
        let mut read = read_preferences(&path).unwrap();
        match read.rows.pop() {
            Some(row) => Ok(row),
            None => Err(read.rejected[0].kind.clone()),
        }
    }

    #[track_caller]
    fn check(line: &str, prompt: &[&str], chosen: &str, rejected: &str) {
        let row = read(line).unwrap();
        assert_eq!(row.prompt.iter().map(|turn| turn.1.as_str()).collect::<Vec<_>>(), prompt);
        assert_eq!((row.chosen.as_str(), row.rejected.as_str()), (chosen, rejected));
    }

    #[test]
    fn a_prompt_is_a_text_or_turns() {
        check(r#"{"prompt":"Hi","chosen":"a","rejected":"b"}"#, &["Hi"], "a", "b");
        let turns = r#"[{"role":"user","content":"Hi"}]"#;
        check(&format!(r#"{{"messages":{turns},"chosen":"a","rejected":"b"}}"#), &["Hi"], "a", "b");
        let said = r#"[{"role":"assistant","content":"a"}]"#;
        check(&format!(r#"{{"prompt":{turns},"chosen":{said},"rejected":"b"}}"#), &["Hi"], "a", "b");
    }

    #[test]
    fn what_a_system_is_told_before_every_prompt_brings_no_pairs_together() {
        let group = |asked: &str| {
            let turns = format!(
                r#"[{{"role":"system","content":"Be kind."}},{{"role":"user","content":"{asked}"}}]"#
            );
            read(&format!(r#"{{"prompt":{turns},"chosen":"a","rejected":"b"}}"#)).unwrap().grouped_by()
        };
        assert_eq!([group("Red?"), group("Tan?")], ["Red?", "Tan?"]);
    }

    #[test]
    fn whole_conversations_part_where_they_differ() {
        let turn = |role: &str, content: &str| format!(r#"{{"role":"{role}","content":"{content}"}}"#);
        let chat = |end: &str| format!("[{},{}]", turn("user", "Hi"), turn("assistant", end));
        check(&format!(r#"{{"chosen":{},"rejected":{}}}"#, chat("a"), chat("b")), &["Hi"], "a", "b");
        let text = |end: &str| format!(r"\n\nHuman: Hi\n\nyou\n\nAssistant: {end}");
        check(
            &format!(r#"{{"chosen":"{}","rejected":"{}"}}"#, text("a"), text("b")),
            &["Hi\n\nyou"],
            "a",
            "b",
        );
        check(r#"{"chosen":"a","rejected":"b"}"#, &[], "a", "b");
    }

    #[test]
    fn what_is_no_pair_is_rejected() {
        let kind = |line: &str| read(line).unwrap_err();
        assert_eq!(kind(r#"{"prompt":"p","chosen":"a"}"#), "no_pair");
        assert_eq!(kind(r#"{"prompt":"p","chosen":"a","rejected":"a"}"#), "same");
        assert_eq!(kind(r#"{"prompt":"p","chosen":"a","rejected":"b","margin":"x"}"#), "margin");
        assert_eq!(kind(r#"{"prompt":7,"chosen":"a","rejected":"b"}"#), "no_pair");
    }

    #[test]
    fn responses_come_alone_or_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("said.jsonl");
        let lines = r#"{"id":"x","prompt":"p","response":"r"}
{"messages":[{"role":"user","content":"p"},{"role":"assistant","content":"r"}]}
{"prompt":"p"}"#;
        std::fs::write(&path, lines).unwrap();
        let read = read_said(&path).unwrap();
        let shown: Vec<_> =
            read.rows.iter().map(|asked| (asked.id.as_str(), asked.said.response.as_str())).collect();
        assert_eq!(shown, [("x", "r"), ("2", "r")]);
        assert_eq!(read.rejected[0].kind, "no_response");
    }
}
