//! `engraft.toml`: the few things a workspace may decide.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::endpoint::Endpoint;

/// A workspace's configuration, as written in `engraft.toml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What people call the workspace.
    pub name: String,
    /// The encoder.
    pub encoder: Encoder,
    /// Ranking.
    pub search: Search,
    /// Answering.
    pub answer: Answering,
    /// A language model that may be asked; none unless it is named here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Endpoint>,
}

/// Which encoder reads the chunks, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Encoder {
    /// A model name or a folder; `none` leaves only lexical search.
    pub model: String,
    /// `f32` (exact), `bf16` or `int8` (faster; `docs/reference/models.md` states what they lose).
    pub precision: String,
}

impl Default for Encoder {
    fn default() -> Encoder {
        Encoder { model: "all-MiniLM-L6-v2".into(), precision: "f32".into() }
    }
}

/// How hits are ranked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Search {
    /// BM25 term saturation, above 0.
    pub k1: f32,
    /// BM25 length normalisation, in `[0, 1]`.
    pub b: f32,
    /// `convex` or `rrf`.
    pub fusion: String,
    /// Weight of the dense leg in `convex`, in `[0, 1]`.
    pub dense_weight: f32,
}

impl Default for Search {
    fn default() -> Search {
        let base = engraft_search::Settings::new(1);
        Search { k1: base.k1, b: base.b, fusion: "convex".into(), dense_weight: DENSE_WEIGHT }
    }
}

/// The weight of the dense leg that measured best on three collections together; see `bench/results/quality.json`.
pub(crate) const DENSE_WEIGHT: f32 = 0.55;

/// When to answer and when to abstain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answering {
    /// Below this support an answer becomes an abstention, in `[0, 1]`.
    pub min_support: f32,
    /// How many passages the reader sees.
    pub passages: usize,
}

impl Default for Answering {
    fn default() -> Answering {
        Answering { min_support: engraft_answer::ExtractOptions::default().threshold, passages: 8 }
    }
}

impl Encoder {
    /// The model's own name, without the folder it lies in.
    pub(crate) fn name(&self) -> String {
        let file = Path::new(&self.model).file_name();
        file.map_or_else(|| self.model.clone(), |name| name.to_string_lossy().into_owned())
    }
}

impl Config {
    /// Reads and checks `path`.
    pub fn read(path: &Path) -> Result<Config, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::io("read", path))?;
        let config: Config = toml::from_str(&text)
            .map_err(|error| Error::Config { path: path.into(), message: unread(&error) })?;
        config.check().map_err(|message| Error::Config { path: path.into(), message })?;
        Ok(config)
    }

    /// The text of a new `engraft.toml`.
    pub fn text(&self) -> Result<String, Error> {
        toml::to_string_pretty(self)
            .map_err(|error| Error::Bug(format!("cannot write configuration: {error}")))
    }

    fn check(&self) -> Result<(), String> {
        let search = &self.search;
        if search.k1 <= 0.0 || !search.k1.is_finite() {
            return Err(format!("search.k1 is {}, it must be above 0", search.k1));
        }
        for (key, value) in [
            ("search.b", search.b),
            ("search.dense_weight", search.dense_weight),
            ("answer.min_support", self.answer.min_support),
        ] {
            if !(0.0..=1.0).contains(&value) {
                return Err(format!("{key} is {value}, it must lie in 0 to 1"));
            }
        }
        if !["convex", "rrf"].contains(&search.fusion.as_str()) {
            return Err(format!("search.fusion is `{}`, it must be `convex` or `rrf`", search.fusion));
        }
        if !["f32", "bf16", "int8"].contains(&self.encoder.precision.as_str()) {
            let given = &self.encoder.precision;
            return Err(format!("encoder.precision is `{given}`, it must be `f32`, `bf16` or `int8`"));
        }
        if self.answer.passages == 0 {
            return Err("answer.passages is 0, it must be at least 1".into());
        }
        self.endpoint.as_ref().map_or(Ok(()), Endpoint::check)
    }
}

/// What is wrong with the text; of a key that does not exist the name alone, as its value may be a secret.
fn unread(error: &toml::de::Error) -> String {
    if error.message().starts_with("unknown field") { error.message().to_string() } else { error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<Config, String> {
        let config: Config = toml::from_str(text).map_err(|error| unread(&error))?;
        config.check().map(|()| config)
    }

    #[test]
    fn an_empty_file_means_the_defaults() {
        assert_eq!(check(""), Ok(Config::default()));
    }

    #[test]
    fn what_is_written_reads_back() {
        let text = Config { name: "handbook".into(), ..Config::default() }.text().unwrap();
        assert_eq!(check(&text).unwrap().name, "handbook");
    }

    #[test]
    fn a_misspelt_key_is_named() {
        assert!(check("[search]\nk2 = 1").unwrap_err().contains("k2"));
    }

    #[test]
    fn a_key_written_into_the_file_is_refused_and_not_repeated() {
        let text = "[endpoint]\nurl = 'http://x/v1'\nmodel = 'm'\nkey = 'sk-secret'";
        let said = check(text).unwrap_err();
        assert!(said.contains("`key`") && !said.contains("sk-secret"), "{said}");
    }

    #[test]
    fn an_endpoint_reads_back_and_is_checked() {
        let text = "[endpoint]\nurl = 'http://x/v1'\nmodel = 'm'\nconcurrency = 9";
        let config = check(text).unwrap();
        assert_eq!(check(&config.text().unwrap()), Ok(config));
        assert!(check(&text.replace('9', "0")).unwrap_err().contains("endpoint.concurrency"));
    }

    #[test]
    fn a_value_out_of_range_is_refused() {
        assert!(check("[search]\nb = 1.5").unwrap_err().contains("search.b"));
        assert!(check("[answer]\npassages = 0").unwrap_err().contains("at least 1"));
    }
}
