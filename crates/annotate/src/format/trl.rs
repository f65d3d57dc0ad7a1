//! TRL's preference data: DPO, KTO and reward rows, conversational throughout; DPO is read, too.
//!
//! A text prompt is one turn of the user, so that a trainer applies its chat template. Where a question asks how much better
//! an answer is, every row has a `margin`: that strength, or 0 where none was given.

use serde_json::{Map, Value, json};

use crate::format::chat::{Turn, messages};
use crate::format::export::RowWriter;
use crate::format::found::{Found, FoundResponse, Said, What};
use crate::format::import::{Find, Tell};
use crate::format::items::Items;
use crate::format::pairs::Comparing;
use crate::format::report::Losses;
use crate::format::{ExportOptions, Format, FormatError, Input};
use crate::{Record, Schema};
use engraft_core::content_hash;

/// Writes one JSON object a pair or verdict.
pub(crate) struct Rows {
    format: Format,
    comparing: Comparing,
}

impl Rows {
    pub(crate) fn new(format: Format, schema: &Schema, options: &ExportOptions) -> Result<Rows, FormatError> {
        Ok(Rows { format, comparing: Comparing::new(format, schema, options)? })
    }
}

impl RowWriter for Rows {
    fn group(&self, record: &Record) -> Option<String> {
        self.comparing.group(record)
    }

    fn rows(&mut self, record: &Record, losses: &mut Losses) -> Vec<String> {
        let line = |value: Value| format!("{value}\n");
        let answer = |text: &str| Turn::new("assistant", text);
        if self.format == Format::TrlKto {
            let verdicts = self.comparing.verdicts(record, losses).into_iter();
            let row = |prompt: &[Turn], text: &str, good: bool| json!({ "prompt": messages(prompt), "completion": messages(&[answer(text)]), "label": good });
            return verdicts
                .map(|verdict| line(row(&verdict.prompt, &verdict.completion, verdict.good)))
                .collect();
        }
        let with_margin = self.comparing.asks_strength();
        let whole = self.format == Format::TrlReward;
        let pairs = self.comparing.pairs(record, losses).into_iter();
        let row = |pair: crate::format::pairs::Pair| {
            let said = |text: &str| {
                let mut turns = if whole { pair.prompt.clone() } else { Vec::new() };
                turns.push(answer(text));
                messages(&turns)
            };
            let mut row = json!({ "chosen": said(&pair.chosen), "rejected": said(&pair.rejected) });
            if !whole {
                row["prompt"] = messages(&pair.prompt);
            }
            if with_margin {
                row["margin"] = json!(f64::from(pair.strength.unwrap_or(0)));
            }
            line(row)
        };
        pairs.map(row).collect()
    }
}

/// Tells of every pair, its two answers in an order that does not say which was chosen.
pub(crate) fn read(input: Input, tell: &mut Tell, losses: &mut Losses) -> Result<(), FormatError> {
    let mut items = Items::new(input.open()?);
    while let Some((line, item)) = items.next().map_err(|source| input.failed(source))? {
        tell(match item {
            Ok(Value::Object(row)) => match found(row, losses) {
                Some(found) => Find::Item(line, Box::new(found)),
                None => {
                    Find::Bad(line, "a row has `prompt`, `chosen` and `rejected`, texts or chats".to_string())
                }
            },
            Ok(_) => Find::Bad(line, "a row is an object".to_string()),
            Err(message) => Find::Bad(line, message),
        })?;
    }
    Ok(())
}

fn found(mut row: Map<String, Value>, losses: &mut Losses) -> Option<Found> {
    let (chosen, rejected) = (row.remove("chosen")?, row.remove("rejected")?);
    let (prompt, chosen, rejected) = match row.remove("prompt").or_else(|| row.remove("messages")) {
        Some(prompt) => (prompt, last_text(&chosen)?, last_text(&rejected)?),
        None => implicit(&chosen, &rejected)?,
    };
    // The better one is first as often as not.
    let swapped = content_hash(chosen.as_bytes()) > content_hash(rejected.as_bytes());
    let (first, second) = if swapped { (&rejected, &chosen) } else { (&chosen, &rejected) };
    let answers = json!([{ "id": "a", "text": first }, { "id": "b", "text": second }]);
    let margin = row.remove("margin").and_then(|margin| margin.as_f64());
    let strength = margin.filter(|margin| (1.0..=255.0).contains(margin) && margin.fract() == 0.0);
    let lost = u64::from(strength.is_none() && margin.is_some_and(|margin| margin != 0.0));
    losses.add_many("a margin", "a strength is a whole number from 1", lost);
    let mut data = Map::new();
    data.insert("prompt".to_string(), prompt);
    data.insert("answers".to_string(), answers);
    data.extend(row);
    let said = Said::nameless(What::Side(usize::from(swapped), strength.map(|strength| strength as u64)));
    let response = FoundResponse { complete: false, ..FoundResponse::submitted(vec![said]) };
    Some(Found { data, responses: vec![response], ..Found::default() })
}

/// A text, or the last turn of a chat.
fn last_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(turns) => turns.last()?.get("content")?.as_str().map(str::to_string),
        _ => None,
    }
}

/// The prompt that two whole chats share.
fn implicit(chosen: &Value, rejected: &Value) -> Option<(Value, String, String)> {
    match (chosen, rejected) {
        (Value::Array(one), Value::Array(other)) => {
            let shared = one.iter().zip(other).take_while(|(one, other)| one == other).count();
            let before = shared.min(one.len().saturating_sub(1));
            Some((Value::Array(one.get(..before)?.to_vec()), last_text(chosen)?, last_text(rejected)?))
        }
        (Value::String(one), Value::String(other)) => {
            // As in HH-RLHF: turns marked in the text.
            const MARK: &str = "\n\nAssistant:";
            let at = one.rfind(MARK)? + MARK.len();
            let prompt = one.get(..at)?;
            Some((
                json!(prompt),
                one[at..].trim_start().to_string(),
                other.strip_prefix(prompt)?.trim_start().to_string(),
            ))
        }
        _ => None,
    }
}
