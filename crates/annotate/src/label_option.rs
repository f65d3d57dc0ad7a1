//! Options: what is stored, what people read, what it means, and the key that picks it.

use serde::{Deserialize, Serialize};

/// An option to choose, or a label to give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "OptionWords")]
pub struct LabelOption {
    /// What is stored.
    pub value: String,
    /// What people read; by default the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// A text that it fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
    /// The key that picks it; by default the next free of 1–9, 0 and letters, see [`option_keys`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<char>,
    /// `#rrggbb`; by default chosen from a palette that colour-blind people can tell apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
}

impl LabelOption {
    /// What people read on it.
    pub fn words(&self) -> &str {
        self.text.as_deref().unwrap_or(&self.value)
    }

    /// What it means, with a text that it fits; `None` where the schema does not say.
    pub fn meaning(&self) -> Option<String> {
        let example = self.example.as_ref().map(|example| format!("For example: {example}"));
        let told: Vec<String> = self.description.clone().into_iter().chain(example).collect();
        (!told.is_empty()).then(|| told.join(" · "))
    }
}

/// The letters that are commands of the studio by default; only a schema that names one gives it to an option.
pub const COMMAND_LETTERS: &str = "cdefgijknprt";

/// The keys that pick the options, in their order: those given, and for the rest the next free of 1–9, 0, a–z without
/// the [`COMMAND_LETTERS`].
///
/// `None` when there are more options than keys.
pub fn option_keys(options: &[LabelOption]) -> Vec<Option<char>> {
    let given: Vec<char> =
        options.iter().filter_map(|option| option.key).map(|key| key.to_ascii_lowercase()).collect();
    let mut free = free_keys().filter(|key| !given.contains(key));
    options.iter().map(|option| option.key.or_else(|| free.next())).collect()
}

/// The keys for whatever can be picked, in their order: 1–9, 0, then [`free_letters`].
pub fn free_keys() -> impl Iterator<Item = char> {
    "1234567890".chars().chain(free_letters())
}

/// The letters that are no command of the studio.
pub fn free_letters() -> impl Iterator<Item = char> {
    ('a'..='z').filter(|letter| !COMMAND_LETTERS.contains(*letter))
}

/// A bare string is an option with that value.
#[derive(Deserialize)]
#[serde(untagged)]
enum OptionWords {
    Value(String),
    Full {
        value: String,
        #[serde(default)]
        text: Option<String>,
        #[serde(default)]
        description: Option<String>,
        #[serde(default)]
        example: Option<String>,
        #[serde(default)]
        key: Option<char>,
        #[serde(default)]
        color: Option<String>,
    },
}

impl From<OptionWords> for LabelOption {
    fn from(words: OptionWords) -> LabelOption {
        match words {
            OptionWords::Value(value) => {
                LabelOption { value, text: None, description: None, example: None, key: None, color: None }
            }
            OptionWords::Full { value, text, description, example, key, color } => {
                LabelOption { value, text, description, example, key, color }
            }
        }
    }
}
