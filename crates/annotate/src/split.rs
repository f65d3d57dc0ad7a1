//! Splits: which share of a dataset an item belongs to, by the hash of its group, so that no prompt is on two sides.

use std::borrow::Cow;

use engraft_core::{Fault, Kind};
use serde_json::Value;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

use crate::{FieldKind, Record, Schema};

/// Named shares of a dataset, such as `train=.8,dev=.1,test=.1`.
#[derive(Clone, Debug, PartialEq)]
pub struct Shares {
    // Not empty; names differ; shares are above 0 and sum to 1.
    shares: Vec<(String, f64)>,
}

/// Why shares cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SharesError {
    /// A part is no `name=share`.
    #[error("`{0}` is no `name=share`")]
    Shape(String),
    /// A name is there twice.
    #[error("`{0}` is there twice")]
    Twice(String),
    /// They do not sum to 1.
    #[error("the shares sum to {0}, not 1")]
    Sum(f64),
}

impl Fault for SharesError {
    fn kind(&self) -> Kind {
        Kind::User
    }

    fn hint(&self) -> Option<String> {
        Some("write shares that sum to 1, such as `train=.8,dev=.1,test=.1`".to_string())
    }
}

impl Shares {
    /// Reads `name=share,…`: names of letters, digits, `-` and `_`, shares above 0 that sum to 1 within a millionth.
    pub fn read(text: &str) -> Result<Shares, SharesError> {
        let mut shares: Vec<(String, f64)> = Vec::new();
        for part in text.split(',') {
            let pair = part
                .split_once('=')
                .and_then(|(name, share)| Some((name.trim(), share.trim().parse().ok()?)));
            let fits = |name: &str| {
                !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "-_".contains(c))
            };
            let Some((name, share)) =
                pair.filter(|(name, share)| fits(name) && *share > 0.0 && *share <= 1.0)
            else {
                return Err(SharesError::Shape(part.trim().to_string()));
            };
            if shares.iter().any(|(earlier, _)| earlier == name) {
                return Err(SharesError::Twice(name.to_string()));
            }
            shares.push((name.to_string(), share));
        }
        let sum: f64 = shares.iter().map(|(_, share)| share).sum();
        if (sum - 1.0).abs() > 1e-6 {
            return Err(SharesError::Sum(sum));
        }
        Ok(Shares { shares })
    }

    /// The names, as they were written.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.shares.iter().map(|(name, _)| name.as_str())
    }
}

/// The split of everything with this group key. Depends on nothing else: what is added later moves nothing.
pub fn split_of<'a>(key: &str, shares: &'a Shares, seed: u64) -> &'a str {
    let place = uniform(&[key], seed);
    let mut end = 0.0;
    for (name, share) in &shares.shares {
        end += share;
        if place < end {
            return name;
        }
    }
    // Shares may sum to a hair less than 1.
    shares.shares.last().map_or("", |(name, _)| name)
}

/// A number in `[0, 1)` that these words and the seed always lead to, and that nothing simpler predicts.
pub(crate) fn uniform(words: &[&str], seed: u64) -> f64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_le_bytes());
    for word in words {
        hasher.update(&(word.len() as u64).to_le_bytes());
        hasher.update(word.as_bytes());
    }
    let bytes = hasher.finalize();
    let first = bytes.as_bytes().iter().take(8).fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    // 53 bits: all that a double holds.
    (first >> 11) as f64 / (1u64 << 53) as f64
}

/// What must stay together: the metadata's `group` where there is one, else the prompt – the item's texts, Markdown, chats
/// and documents, normalised –, else all that is shown.
pub fn group_key(schema: &Schema, record: &Record) -> String {
    if let Some(Value::String(group)) = record.metadata.get("group") {
        return group.clone();
    }
    let answers = |kind: FieldKind| matches!(kind, FieldKind::Answers | FieldKind::Passages);
    let prompts = schema.fields.iter().filter(|field| !answers(field.kind));
    let shown: Vec<&Value> = prompts.filter_map(|field| record.fields.get(&field.name)).collect();
    let all = || record.fields.values().collect();
    let shown = if shown.is_empty() { all() } else { shown };
    let texts: Vec<String> = shown.into_iter().map(words_of).collect();
    normalised(&texts.join("\n"))
}

/// The words people read of a field's value.
pub(crate) fn words_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(entries) => entries.iter().map(words_of).collect::<Vec<String>>().join("\n"),
        Value::Object(entries) => {
            let shown = entries.get("text").or_else(|| entries.get("content"));
            shown.map(words_of).unwrap_or_default()
        }
        _ => String::new(),
    }
}

/// The same for texts that people would call the same: compatible characters, case and runs of white space are one.
pub(crate) fn normalised(text: &str) -> String {
    let lower = compatible(text).to_lowercase();
    let folded = compatible(&lower);
    let mut words = String::with_capacity(folded.len());
    for word in folded.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    words
}

/// In normal form KC (Unicode Standard Annex 15), which most texts are in already.
fn compatible(text: &str) -> Cow<'_, str> {
    match is_nfkc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(text.nfkc().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn shares_sum_to_one_under_different_names() {
        assert_eq!(
            Shares::read("train=.8, dev=.1,test=.1").unwrap().names().collect::<Vec<_>>(),
            ["train", "dev", "test"]
        );
        assert_eq!(Shares::read("train=.8,dev=.1"), Err(SharesError::Sum(0.9)));
        assert_eq!(Shares::read("a=.5,a=.5"), Err(SharesError::Twice("a".to_string())));
        for bad in ["", "train", "train=", "train=x", "=1", "a/b=1", "a=0,b=1", "a=-1,b=2", "a=NaN"] {
            assert!(matches!(Shares::read(bad), Err(SharesError::Shape(_))), "{bad}");
        }
    }

    #[test]
    fn shares_come_out_as_asked_and_what_is_added_moves_nothing() {
        let shares = Shares::read("train=.8,dev=.1,test=.1").unwrap();
        let count =
            |name| (0..20_000).filter(|n| split_of(&format!("prompt {n}"), &shares, 0) == name).count();
        assert!((15_800..16_200).contains(&count("train")), "{}", count("train"));
        assert!((1_850..2_150).contains(&count("test")), "{}", count("test"));
        // Written down, so that a dataset split years ago is split the same way today.
        let test: Vec<u32> =
            (0..60).filter(|n| split_of(&format!("prompt {n}"), &shares, 0) == "test").collect();
        expect_test::expect!["[19, 23]"].assert_eq(&format!("{test:?}"));
        assert!(
            (0..50).any(|n| split_of(&format!("prompt {n}"), &shares, 1)
                != split_of(&format!("prompt {n}"), &shares, 0))
        );
    }

    #[test]
    fn what_people_call_the_same_is_normalised_alike() {
        assert_eq!(normalised(" Ｗhat\u{a0}is\r\nＴＡＸ "), "what is tax");
        assert_eq!(normalised("Cafe\u{301} Ω"), normalised("CAFÉ \u{2126}"));
        assert_ne!(normalised("tax"), normalised("ta x"));
    }

    #[test]
    fn items_with_one_prompt_are_one_group_whatever_their_answers() {
        let schema = Schema::read(
            r#"{"fields":[{"name":"prompt","type":"chat"},{"name":"replies","type":"answers"}],
            "questions":[{"name":"better","type":"preference","field":"replies"}]}"#,
        )
        .unwrap();
        let key = |prompt: &str, reply: &str, group: Option<&str>| {
            let fields = json!({"prompt": [{"role": "user", "content": prompt}], "replies": [{"id": "a", "text": reply}]});
            let metadata = group.map(|group| ("group".to_string(), json!(group))).into_iter().collect();
            let fields = fields.as_object().unwrap().clone();
            group_key(&schema, &Record { fields, metadata, ..Record::default() })
        };
        assert_eq!(key("What is  TAX?", "x", None), key("what is tax?\n", "y", None));
        assert_ne!(key("What is tax?", "x", None), key("What is VAT?", "x", None));
        assert_eq!(key("What is tax?", "x", Some("g7")), "g7");
    }
}
