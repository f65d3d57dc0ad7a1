//! `[endpoint]` of `engraft.toml`: which language model may be asked, where, how fast and at what price.

use serde::{Deserialize, Serialize};

use crate::Error;

/// A language model that may be asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// The base address, such as `http://localhost:8000/v1`; `/chat/completions` is put behind it.
    pub url: String,
    /// The model, as the endpoint calls it.
    pub model: String,
    /// The same model tuned on the team's examples, as the endpoint calls it; for the tuned arms of `decide`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tuned_model: Option<String>,
    /// The model that judges; by default `model`. One of another family does not prefer its own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge_model: Option<String>,
    /// The environment variable that holds the key; none: no key is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_env: Option<String>,
    /// Seconds one request may take.
    #[serde(default = "timeout_s")]
    pub timeout_s: f64,
    /// How many requests may be under way at once.
    #[serde(default = "concurrency")]
    pub concurrency: usize,
    /// How often a request is sent before it counts as failed.
    #[serde(default = "tries")]
    pub tries: u32,
    /// The most tokens a reply may have.
    #[serde(default = "max_tokens")]
    pub max_tokens: u32,
    /// How replies in JSON are asked for.
    #[serde(default)]
    pub json: Constrained,
    /// The model thinks before it replies: `max_completion_tokens` is sent instead of `max_tokens`, and no temperature.
    #[serde(default)]
    pub reasoning: bool,
    /// Whether a reply by another model than the one asked is an error.
    #[serde(default = "yes")]
    pub check_model: bool,
    /// Whether the endpoint is on the team's own machines.
    #[serde(default)]
    pub on_premises: bool,
    /// What a million tokens of prompts cost, in `currency`; zero is a price, nothing said is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_in: Option<f64>,
    /// What a million tokens of replies cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_out: Option<f64>,
    /// What prices are in.
    #[serde(default = "currency")]
    pub currency: String,
}

/// How replies in JSON are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Constrained {
    /// `response_format` with the schema: the endpoint lets nothing else through.
    #[default]
    Schema,
    /// `response_format` `json_object`: any JSON; the prompt says which.
    Object,
    /// In words alone, for endpoints that know no `response_format`.
    Words,
}

fn timeout_s() -> f64 {
    60.0
}
fn concurrency() -> usize {
    4
}
fn tries() -> u32 {
    4
}
fn max_tokens() -> u32 {
    1024
}
fn yes() -> bool {
    true
}
fn currency() -> String {
    "$".into()
}

impl Endpoint {
    /// What is wrong with it, in words for people.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !(self.url.starts_with("http://") || self.url.starts_with("https://")) {
            return Err(format!(
                "endpoint.url is `{}`, it must be an address such as `http://localhost:8000/v1`",
                self.url
            ));
        }
        let mut named = vec![("endpoint.model", self.model.as_str())];
        named.extend(self.tuned_model.as_deref().map(|name| ("endpoint.tuned_model", name)));
        named.extend(self.judge_model.as_deref().map(|name| ("endpoint.judge_model", name)));
        named.extend(self.key_env.as_deref().map(|name| ("endpoint.key_env", name)));
        if let Some((key, _)) = named.iter().find(|(_, name)| name.trim().is_empty()) {
            return Err(format!("{key} is empty: give it a name or leave it out"));
        }
        if !(self.timeout_s > 0.0 && self.timeout_s <= 3600.0) {
            return Err(format!(
                "endpoint.timeout_s is {}, it must be above 0 and at most 3600",
                self.timeout_s
            ));
        }
        let counts = [
            ("endpoint.concurrency", self.concurrency as u64),
            ("endpoint.tries", u64::from(self.tries)),
            ("endpoint.max_tokens", u64::from(self.max_tokens)),
        ];
        if let Some((key, _)) = counts.iter().find(|(_, count)| *count == 0) {
            return Err(format!("{key} is 0, it must be at least 1"));
        }
        for (key, price) in [("endpoint.price_in", self.price_in), ("endpoint.price_out", self.price_out)] {
            if let Some(price) = price.filter(|price| !(*price >= 0.0 && price.is_finite())) {
                return Err(format!("{key} is {price}, it must be 0 or more"));
            }
        }
        if self.price_in.is_some() != self.price_out.is_some() {
            return Err("endpoint.price_in and endpoint.price_out go together: say both or neither".into());
        }
        Ok(())
    }

    /// What so many tokens cost; `None` where nobody said what they do.
    pub(crate) fn cost(&self, tokens_in: u64, tokens_out: u64) -> Option<f64> {
        let (price_in, price_out) = self.price_in.zip(self.price_out)?;
        Some((tokens_in as f64 * price_in + tokens_out as f64 * price_out) / 1e6)
    }

    /// The model that judges.
    pub(crate) fn judge(&self) -> &str {
        self.judge_model.as_deref().unwrap_or(&self.model)
    }
}

/// The endpoint of a workspace, or an error that says for what it is needed and how to name one.
pub(crate) fn configured<'a>(endpoint: Option<&'a Endpoint>, what_for: &str) -> Result<&'a Endpoint, Error> {
    endpoint.ok_or_else(|| Error::Unavailable {
        message: format!("{what_for} needs a language model, and engraft.toml names none"),
        hint: "add `[endpoint]` with `url` and `model` to the workspace's engraft.toml; docs/reference/config.md lists its keys"
            .into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(more: &str, expected: &str) {
        let text = format!("url = 'http://localhost:8000/v1'\nmodel = 'small'\n{more}");
        let read: Result<Endpoint, _> = toml::from_str(&text);
        let said = match read.map_err(|error| error.to_string()).and_then(|endpoint| endpoint.check()) {
            Ok(()) => "fine".to_string(),
            Err(message) => message,
        };
        assert!(said.contains(expected), "{said}");
    }

    #[test]
    fn an_address_and_a_model_are_enough() {
        check("", "fine");
        check("json = 'words'\nreasoning = true\nkey_env = 'KEY'", "fine");
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        check("concurrency = 0", "endpoint.concurrency is 0");
        check("timeout_s = -1.0", "endpoint.timeout_s is -1");
        check("price_in = -0.5", "endpoint.price_in is -0.5");
        check("price_in = 0.5", "go together");
        check("judge_model = ' '", "endpoint.judge_model is empty");
        check("api_key = 'secret'", "api_key");
    }

    #[test]
    fn an_address_without_a_scheme_is_refused_with_an_example() {
        let text = "url = 'localhost'\nmodel = 'm'";
        let endpoint: Endpoint = toml::from_str(text).unwrap();
        assert!(endpoint.check().unwrap_err().contains("http://localhost:8000/v1"));
    }
}
