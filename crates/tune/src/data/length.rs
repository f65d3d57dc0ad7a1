//! Texts longer than the model reads: what to do is said, and what was done is counted.

use std::fmt;
use std::str::FromStr;

use engraft_core::CountTokens;
use serde::{Deserialize, Serialize};

use crate::TuneError;
use crate::data::Example;

/// What becomes of a text that is longer than the model's window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverLength {
    /// Nothing is trained.
    Error,
    /// It is left out.
    Drop,
    /// It becomes several texts that each fit, all with its labels; their scores are averaged.
    Split,
    /// Its end is cut off.
    Truncate,
}

/// A word that is no policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not one of error, drop, split, truncate")]
pub struct UnknownPolicy(String);

impl FromStr for OverLength {
    type Err = UnknownPolicy;

    fn from_str(word: &str) -> Result<OverLength, UnknownPolicy> {
        match word {
            "error" => Ok(OverLength::Error),
            "drop" => Ok(OverLength::Drop),
            "split" => Ok(OverLength::Split),
            "truncate" => Ok(OverLength::Truncate),
            other => Err(UnknownPolicy(other.to_string())),
        }
    }
}

impl fmt::Display for OverLength {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str(match self {
            OverLength::Error => "error",
            OverLength::Drop => "drop",
            OverLength::Split => "split",
            OverLength::Truncate => "truncate",
        })
    }
}

/// What was done to fit a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fitted {
    /// Texts that were too long.
    pub too_long: usize,
    /// Of those, left out.
    pub dropped: usize,
    /// Of those, made several.
    pub split: usize,
    /// Of those, cut.
    pub truncated: usize,
    /// Tokens that no longer occur.
    pub tokens_lost: usize,
}

/// Makes every example fit `window` tokens, special tokens included.
pub fn fit(
    examples: Vec<Example>,
    counter: &dyn CountTokens,
    window: usize,
    policy: OverLength,
) -> Result<(Vec<Example>, Fitted), TuneError> {
    let mut kept = Vec::with_capacity(examples.len());
    let mut done = Fitted::default();
    let mut first_long = None;
    for example in examples {
        let tokens = counter.count(&example.text);
        if tokens <= room(window) {
            kept.push(example);
            continue;
        }
        done.too_long += 1;
        first_long.get_or_insert_with(|| (example.id.clone(), tokens));
        match policy {
            OverLength::Error => {}
            OverLength::Drop => {
                done.dropped += 1;
                done.tokens_lost += tokens;
            }
            OverLength::Split | OverLength::Truncate => {
                let pieces = pieces(&example.text, counter, window, policy);
                let left: usize = pieces.iter().map(|piece| counter.count(piece)).sum();
                done.tokens_lost += tokens.saturating_sub(left);
                done.split += usize::from(policy == OverLength::Split);
                done.truncated += usize::from(policy == OverLength::Truncate);
                for (number, piece) in pieces.iter().enumerate() {
                    let id =
                        if number == 0 { example.id.clone() } else { format!("{}#{number}", example.id) };
                    // The parts of a text never part in a split.
                    let group = example.group.clone().unwrap_or_else(|| example.id.clone());
                    let group = if policy == OverLength::Split { Some(group) } else { example.group.clone() };
                    kept.push(Example {
                        id,
                        text: (*piece).to_string(),
                        labels: example.labels.clone(),
                        group,
                    });
                }
            }
        }
    }
    match first_long {
        Some((id, tokens)) if policy == OverLength::Error => Err(TuneError::data(
            format!(
                "{} of the texts are longer than the model reads ({} tokens); `{id}` has {tokens}",
                done.too_long,
                room(window)
            ),
            "say what should become of them: `--over-length drop`, `split` or `truncate`",
        )),
        _ => Ok((kept, done)),
    }
}

/// Tokens a text may have beside the two special ones.
fn room(window: usize) -> usize {
    window.saturating_sub(2).max(1)
}

/// Parts of `text` that each fit `window` tokens, special tokens included, cut between words where that is possible: all of
/// them, or only the first to truncate. A text that fits is its only part.
pub fn pieces<'a>(
    text: &'a str,
    counter: &dyn CountTokens,
    window: usize,
    policy: OverLength,
) -> Vec<&'a str> {
    let mut rest = text;
    let mut pieces = Vec::new();
    while counter.count(rest) > room(window) {
        let cut = longest_fit(rest, counter, room(window));
        pieces.push(rest[..cut].trim_end());
        if policy != OverLength::Split {
            return pieces;
        }
        rest = rest[cut..].trim_start();
    }
    if !rest.is_empty() || pieces.is_empty() {
        pieces.push(rest);
    }
    pieces
}

/// The greatest cut, behind white space where there is any, before which the text has at most `room` tokens.
fn longest_fit(text: &str, counter: &dyn CountTokens, room: usize) -> usize {
    let cuts = |between: fn(char) -> bool| -> Vec<usize> {
        text.char_indices()
            .filter(|(_, letter)| between(*letter))
            .map(|(at, letter)| at + letter.len_utf8())
            .collect()
    };
    let best = |cuts: &[usize]| {
        let fitting = cuts.partition_point(|&cut| counter.count(&text[..cut]) <= room);
        fitting.checked_sub(1).map(|at| cuts[at])
    };
    // Leading white space has been trimmed, so a cut between words leaves something.
    let at = best(&cuts(char::is_whitespace)).or_else(|| best(&cuts(|_| true)));
    at.unwrap_or_else(|| text.chars().next().map_or(text.len(), char::len_utf8))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A token a letter.
    struct Letters;

    impl CountTokens for Letters {
        fn count(&self, text: &str) -> usize {
            text.chars().filter(|letter| !letter.is_whitespace()).count()
        }
    }

    fn examples() -> Vec<Example> {
        let example = |id: &str, text: &str| Example {
            id: id.into(),
            text: text.into(),
            labels: vec!["x".into()],
            group: None,
        };
        vec![example("short", "ab cd"), example("long", "abc def ghij")]
    }

    #[track_caller]
    fn check(policy: OverLength, texts: &[&str], lost: usize) {
        let (kept, done) = fit(examples(), &Letters, 8, policy).unwrap();
        assert_eq!(kept.iter().map(|one| one.text.as_str()).collect::<Vec<_>>(), texts);
        assert_eq!((done.too_long, done.tokens_lost), (1, lost));
    }

    #[test]
    fn a_long_text_is_dropped_split_or_cut_and_counted() {
        check(OverLength::Drop, &["ab cd"], 10);
        check(OverLength::Split, &["ab cd", "abc def", "ghij"], 0);
        check(OverLength::Truncate, &["ab cd", "abc def"], 4);
    }

    #[test]
    fn without_a_policy_nothing_is_trained_and_the_text_is_named() {
        let error = fit(examples(), &Letters, 8, OverLength::Error).unwrap_err();
        assert_eq!(
            error.to_string(),
            "1 of the texts are longer than the model reads (6 tokens); `long` has 10"
        );
    }

    #[test]
    fn a_word_that_does_not_fit_is_cut_inside() {
        assert_eq!(pieces("äbcdefghij", &Letters, 6, OverLength::Split), ["äbcd", "efgh", "ij"]);
        assert_eq!(pieces("", &Letters, 6, OverLength::Split), [""]);
    }
}
