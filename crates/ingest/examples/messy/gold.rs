//! Reads the reference outputs of other projects' test suites, each in its own form.

use std::path::Path;

use anyhow::Result;
use encoding_rs::Encoding;
use serde_json::Value;

use crate::similar::{Similarity, compare as compare_texts};

/// Compares `words` with the reference of a manifest row, if it has one: the sort of reference and the likeness.
pub(crate) fn compare(folder: &Path, row: &Value, words: &str) -> Result<Option<(&'static str, Similarity)>> {
    let golds = row.get("gold").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    for gold in golds {
        let sort = match gold {
            _ if gold.ends_with(".md") => "docling",
            _ if gold.ends_with(".exp.html") => "readability",
            _ if gold.ends_with(".segments.json") => "trafilatura",
            _ if gold.contains("csv-spectrum") => "csv-spectrum",
            _ if gold.contains("mail-parser") => "mail-parser",
            _ => continue,
        };
        let text = std::fs::read_to_string(folder.join(gold))?;
        let similarity = match sort {
            "docling" => compare_texts(words, &unmarked(&text)),
            "readability" => compare_texts(words, &untagged(&text)),
            "trafilatura" => segments(words, &serde_json::from_str(&text)?),
            "csv-spectrum" => compare_texts(words, &cells(&serde_json::from_str(&text)?)),
            _ => match mail_text(&serde_json::from_str(&text)?) {
                Some(text) => compare_texts(words, &text),
                None => continue,
            },
        };
        return Ok(Some((sort, similarity)));
    }
    Ok(None)
}

/// Markdown without link targets, image comments and escapes.
fn unmarked(markdown: &str) -> String {
    let mut text = untagged(markdown).replace('\\', "");
    while let Some(at) = text.find("](") {
        let end = text[at..].find([')', '\n']).map_or(text.len(), |end| at + end);
        text.replace_range(at..end, " ");
    }
    text
}

fn untagged(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        text.push_str(&rest[..open]);
        let is_tag = rest[open + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || "/!?".contains(c));
        let close = if is_tag { rest[open..].find('>').map(|at| open + at + 1) } else { None };
        text.push(' ');
        rest = &rest[close.unwrap_or(open + 1)..];
    }
    text.push_str(rest);
    let entities =
        [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    entities.iter().fold(text, |text, (name, value)| text.replace(name, value))
}

/// Names of columns once, then all values.
fn cells(gold: &Value) -> String {
    let rows: Vec<_> = gold.as_array().into_iter().flatten().filter_map(Value::as_object).collect();
    let names = rows.first().into_iter().flat_map(|row| row.keys().cloned());
    let values =
        rows.iter().flat_map(|row| row.values()).filter_map(|value| value.as_str().map(str::to_string));
    names.chain(values).collect::<Vec<_>>().join(" ")
}

/// Which of the wanted and the unwanted segments are found.
fn segments(words: &str, gold: &Value) -> Similarity {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = plain(words);
    let share = |key: &str| {
        let all: Vec<&str> =
            gold.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let found = all.iter().filter(|segment| words.contains(&plain(segment))).count();
        (found as f64, all.len().max(1) as f64)
    };
    let (wanted, all_wanted) = share("with");
    let (unwanted, _) = share("without");
    let recall = wanted / all_wanted;
    let precision = if wanted + unwanted > 0.0 { wanted / (wanted + unwanted) } else { 0.0 };
    let f1 = if recall + precision > 0.0 { 2.0 * recall * precision / (recall + precision) } else { 0.0 };
    Similarity { f1, ordered: f1, recall, precision }
}

/// The text parts of a mail; `None` when it has none.
fn mail_text(gold: &Value) -> Option<String> {
    let parts = gold.get("parts")?.as_array()?;
    let bodies = gold.get("text_body")?.as_array()?.iter().filter_map(Value::as_u64);
    let texts = bodies.filter_map(|index| {
        let body = parts.get(index as usize)?.get("body")?;
        let html = body.get("Html").and_then(Value::as_str).map(untagged);
        body.get("Text").and_then(Value::as_str).map(str::to_string).or(html)
    });
    let text = texts.collect::<Vec<_>>().join("\n");
    (!text.trim().is_empty()).then_some(text)
}

/// What bytes in the encoding a manifest names say; `None` for encodings outside the WHATWG standard.
pub(crate) fn decoded(encoding: &str, bytes: &[u8]) -> Option<String> {
    if let Some(order) = encoding.strip_prefix("UTF-32") {
        let big = order == "BE" || bytes.starts_with(b"\0\0\xfe\xff");
        let number = if big { u32::from_be_bytes } else { u32::from_le_bytes };
        let signs = bytes.as_chunks::<4>().0.iter().map(|unit| char::from_u32(number(*unit)));
        let text: Option<String> = signs.collect();
        return text.map(|text| text.trim_start_matches('\u{feff}').to_string());
    }
    // Languages and `-sig` are behind the name: the longest label that is known counts.
    let parts: Vec<&str> = encoding.split('-').collect();
    let labels = (1..=parts.len()).rev().map(|length| parts[..length].join("-"));
    let known = |label: String| match label.to_ascii_lowercase().as_str() {
        "maccyrillic" => Encoding::for_label(b"x-mac-cyrillic"),
        "cp932" => Encoding::for_label(b"shift_jis"),
        "cp949" => Encoding::for_label(b"euc-kr"),
        "iso" | "utf" | "windows" | "euc" | "iso-2022-kr" => None,
        label => Encoding::for_label(label.as_bytes()),
    };
    let encoding = labels.filter(|label| !label.is_empty()).find_map(known)?;
    Some(encoding.decode(bytes).0.into_owned())
}
