//! A prompt as the body of `POST /v1/chat/completions`, and what its response says.

use engraft_answer::{Prompt, Turn};
use serde::Deserialize;
use serde_json::{Value, json};

use super::failure::Failure;
use super::settings::{Constrained, Endpoint};

/// The body of a request to `model`.
pub(super) fn body(endpoint: &Endpoint, model: &str, prompt: &Prompt) -> Value {
    let mut messages = Vec::new();
    if !prompt.system.is_empty() {
        messages.push(json!({ "role": "system", "content": prompt.system }));
    }
    messages.extend(prompt.turns.iter().map(|turn| match turn {
        Turn::User(text) => json!({ "role": "user", "content": text }),
        Turn::Model(text) => json!({ "role": "assistant", "content": text }),
    }));
    let mut body = json!({ "model": model, "messages": messages });
    if endpoint.reasoning {
        body["max_completion_tokens"] = endpoint.max_tokens.into();
    } else {
        body["max_tokens"] = endpoint.max_tokens.into();
        body["temperature"] = 0.into();
    }
    if let Some(shape) = &prompt.shape {
        match endpoint.json {
            Constrained::Schema => {
                let schema: Value = serde_json::from_str(&shape.schema).unwrap_or_default();
                body["response_format"] = json!({ "type": "json_schema",
                    "json_schema": { "name": shape.name, "strict": true, "schema": schema } });
            }
            Constrained::Object => body["response_format"] = json!({ "type": "json_object" }),
            Constrained::Words => {}
        }
    }
    body
}

#[derive(Deserialize)]
struct Completion {
    #[serde(default)]
    model: String,
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct Usage {
    #[serde(default)]
    prompt_tokens: u32,
    #[serde(default)]
    completion_tokens: u32,
}

/// What a response says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Said {
    pub(super) text: String,
    /// The reply ended because it may not be longer.
    pub(super) cut: bool,
    /// Tokens in and out, where the endpoint counts them.
    pub(super) usage: Option<[u32; 2]>,
}

/// Reads the response to a request to `asked`.
pub(super) fn read(endpoint: &Endpoint, asked: &str, bytes: &[u8]) -> Result<Said, Failure> {
    let completion: Completion = serde_json::from_slice(bytes)
        .map_err(|error| Failure::Broken(format!("what came is no chat completion: {error}")))?;
    if endpoint.check_model && !same(asked, &completion.model) {
        return Err(Failure::WrongModel { asked: asked.into(), replied: completion.model });
    }
    let usage = completion.usage.map(|usage| [usage.prompt_tokens, usage.completion_tokens]);
    let Some(choice) = completion.choices.into_iter().next() else {
        return Err(Failure::Broken("what came holds no choice".into()));
    };
    let finish = choice.finish_reason.unwrap_or_default();
    if let Some(refusal) = choice.message.refusal.filter(|words| !words.is_empty()) {
        return Err(Failure::Declined(refusal));
    }
    if finish == "content_filter" {
        return Err(Failure::Declined("a content filter stepped in".into()));
    }
    let text = choice.message.content.unwrap_or_default();
    Ok(Said { text: without_thoughts(&text).to_string(), cut: finish == "length", usage })
}

/// Whether a reply by `replied` is one by `asked`: endpoints add dates and tags, and leave out who made a model.
fn same(asked: &str, replied: &str) -> bool {
    let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_lowercase();
    let (wanted, came) = (last(asked), last(replied));
    if came.is_empty() || wanted == came {
        return true;
    }
    let rest = came.strip_prefix(&wanted);
    rest.is_some_and(|rest| {
        rest.starts_with(['-', ':', '@'])
            && rest[1..].starts_with(|c: char| c.is_ascii_digit() || "latest".starts_with(c))
    })
}

/// The reply proper: what a reasoning model thought aloud before it is no part of it.
fn without_thoughts(text: &str) -> &str {
    let trimmed = text.trim();
    match trimmed.strip_prefix("<think>").and_then(|rest| rest.split_once("</think>")) {
        Some((_, reply)) => reply.trim(),
        None => trimmed,
    }
}

/// The words in which an endpoint says what is wrong, wherever it puts them, at most a few lines of them.
pub(super) fn complaint(bytes: &[u8]) -> String {
    let words = match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => {
            let places = [&value["error"]["message"], &value["error"], &value["message"], &value["detail"]];
            let said = places.iter().find_map(|place| place.as_str());
            said.map_or_else(|| value.to_string(), str::to_string)
        }
        Err(_) => String::from_utf8_lossy(bytes).into_owned(),
    };
    let flat = words.split_whitespace().collect::<Vec<_>>().join(" ");
    match flat.char_indices().nth(300) {
        _ if flat.is_empty() => "it gave no reason".into(),
        Some((end, _)) => format!("{}…", &flat[..end]),
        None => flat,
    }
}

#[cfg(test)]
mod tests {
    use engraft_answer::Shape;

    use super::*;

    fn endpoint(more: &str) -> Endpoint {
        toml::from_str(&format!("url = 'http://x'\nmodel = 'm'\n{more}")).unwrap()
    }

    fn prompt() -> Prompt {
        Prompt {
            system: "Judge.".into(),
            turns: vec![Turn::User("Is it so?".into()), Turn::Model("no json".into())],
            shape: Some(Shape { name: "verdicts".into(), schema: r#"{"type":"object"}"#.into() }),
        }
    }

    #[test]
    fn a_prompt_becomes_messages_and_its_shape_a_response_format() {
        let body = body(&endpoint(""), "m", &prompt());
        assert_eq!(
            body.to_string(),
            r#"{"max_tokens":1024,"messages":[{"content":"Judge.","role":"system"},{"content":"Is it so?","role":"user"},{"content":"no json","role":"assistant"}],"model":"m","response_format":{"json_schema":{"name":"verdicts","schema":{"type":"object"},"strict":true},"type":"json_schema"},"temperature":0}"#
        );
    }

    #[test]
    fn endpoints_that_know_less_are_asked_for_less() {
        let plain = body(&endpoint("json = 'words'\nreasoning = true"), "m", &prompt());
        assert!(plain.get("response_format").is_none() && plain.get("temperature").is_none());
        assert_eq!(plain["max_completion_tokens"], 1024);
        let object = body(&endpoint("json = 'object'"), "m", &prompt());
        assert_eq!(object["response_format"], json!({ "type": "json_object" }));
    }

    #[track_caller]
    fn check(response: Value, expected: &str) {
        let said = match read(&endpoint(""), "m", response.to_string().as_bytes()) {
            Ok(said) => format!("{said:?}"),
            Err(failure) => failure.words(),
        };
        assert!(said.contains(expected), "{said}");
    }

    #[test]
    fn a_completion_is_read_and_what_is_none_is_named() {
        let choice = |message: Value, finish: &str| {
            json!({ "model": "m", "choices": [{ "message": message, "finish_reason": finish }],
                "usage": { "prompt_tokens": 3, "completion_tokens": 2 } })
        };
        check(
            choice(json!({ "content": "Yes." }), "stop"),
            r#"text: "Yes.", cut: false, usage: Some([3, 2])"#,
        );
        check(
            choice(json!({ "content": "<think>Hm.</think> Yes." }), "length"),
            r#"text: "Yes.", cut: true"#,
        );
        check(choice(json!({ "content": null, "refusal": "I cannot." }), "stop"), "declined: I cannot.");
        check(choice(json!({ "content": "" }), "content_filter"), "a content filter");
        check(json!({ "model": "m", "choices": [] }), "no choice");
        check(json!({ "hello": 1 }), "no chat completion");
        check(json!({ "model": "other", "choices": [] }), "`m` was asked and `other` replied");
    }

    #[test]
    fn a_model_may_reply_under_a_fuller_or_a_shorter_name() {
        for (asked, replied) in [
            ("m", ""),
            ("Qwen/Qwen3-8B", "qwen3-8b"),
            ("gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
            ("openai/m", "m"),
            ("llama3", "llama3:latest"),
        ] {
            assert!(same(asked, replied), "{asked} {replied}");
        }
        for (asked, replied) in [("m", "m-tuned"), ("gpt-4o", "gpt-4o-mini"), ("qwen", "llama"), ("m", "m2")]
        {
            assert!(!same(asked, replied), "{asked} {replied}");
        }
    }

    #[test]
    fn complaints_are_found_wherever_they_are() {
        assert_eq!(complaint(br#"{"error":{"message":"too\nlong"}}"#), "too long");
        assert_eq!(complaint(br#"{"detail":"no such model"}"#), "no such model");
        assert_eq!(complaint(b""), "it gave no reason");
        assert!(complaint(&[b'x'; 900]).chars().count() == 301);
    }
}
