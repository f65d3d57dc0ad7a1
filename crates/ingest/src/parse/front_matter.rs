//! The metadata block at the top of a Markdown file: the flat part of YAML (`---`) and TOML (`+++`).
//!
//! Scalars and lists of scalars are read, for filters can ask about nothing else; anchors and nested maps are left out.

use engraft_core::Metadata;
use serde_json::Value;

/// Splits `text` into what its front matter says and the byte at which the body begins.
///
/// Without front matter, or when it is not closed, the body begins at 0.
pub(crate) fn split(text: &str) -> (Metadata, usize) {
    let none = (Metadata::new(), 0);
    let mut lines = text.split_inclusive('\n');
    let Some(first) = lines.next() else { return none };
    let fence = first.trim_end();
    if fence != "---" && fence != "+++" {
        return none;
    }
    let mut at = first.len();
    let mut inside = Vec::new();
    for line in lines {
        at += line.len();
        let bare = line.trim_end();
        if bare == fence || (fence == "---" && bare == "...") {
            let metadata = if fence == "---" { yaml(&inside) } else { toml(&inside) };
            // A rule, then prose, then another rule looks the same but holds no keys.
            return if metadata.is_empty() && inside.iter().any(|line| !line.is_empty()) {
                none
            } else {
                (metadata, at)
            };
        }
        inside.push(bare);
    }
    none
}

fn yaml(lines: &[&str]) -> Metadata {
    let mut metadata = Metadata::new();
    let mut rest = lines.iter().peekable();
    while let Some(line) = rest.next() {
        let Some((key, value)) = key_value(line, ": ", ':') else { continue };
        // What belongs to the key is indented, or a list right below it.
        let mut below = Vec::new();
        while let Some(next) = rest.next_if(|next| next.is_empty() || next.starts_with([' ', '\t', '-'])) {
            below.push(*next);
        }
        let value = value.trim();
        let parsed = if value.starts_with(['|', '>']) {
            let gap = if value.starts_with('|') { "\n" } else { " " };
            let words: Vec<&str> = below.iter().map(|line| line.trim()).collect();
            Some(Value::String(words.join(gap).trim().to_string()))
        } else if value.is_empty() || value.starts_with('#') {
            let items: Vec<Value> = below
                .iter()
                .filter_map(|line| line.trim_start().strip_prefix('-'))
                .filter(|item| key_value(item.trim(), ": ", ':').is_none())
                .filter_map(|item| scalar(item.trim()))
                .collect();
            (!items.is_empty()).then_some(Value::Array(items))
        } else {
            let folded = below.iter().map(|line| line.trim()).filter(|line| !line.is_empty());
            let whole = std::iter::once(value).chain(folded).collect::<Vec<_>>().join(" ");
            scalar_or_list(&whole)
        };
        if let Some(parsed) = parsed {
            metadata.insert(key, parsed);
        }
    }
    metadata
}

fn toml(lines: &[&str]) -> Metadata {
    let mut metadata = Metadata::new();
    for line in lines {
        if line.trim_start().starts_with('[') {
            break;
        }
        let Some((key, value)) = key_value(line, " = ", '=') else { continue };
        if let Some(value) = scalar_or_list(value.trim()) {
            metadata.insert(key, value);
        }
    }
    metadata
}

/// `key: value` or `key = value` at the start of a line; a colon must end the line or be followed by a blank.
fn key_value<'a>(line: &'a str, separator: &str, mark: char) -> Option<(String, &'a str)> {
    let (key, value) = line.split_once(separator).or_else(|| {
        let (key, value) = line.split_once(mark)?;
        (value.trim().is_empty() || mark == '=').then_some((key, value))
    })?;
    let key = key.trim_end().trim_matches(['"', '\'']);
    let fits = !key.is_empty() && key.len() <= 100 && !key.starts_with([' ', '\t', '#', '-', '{', '[']);
    (fits && !line.starts_with([' ', '\t'])).then(|| (key.to_string(), value))
}

fn scalar_or_list(value: &str) -> Option<Value> {
    let Some(inside) = value.strip_prefix('[').and_then(|rest| rest.trim_end().strip_suffix(']')) else {
        return scalar(value);
    };
    if let Ok(Value::Array(items)) = serde_json::from_str::<Value>(value) {
        return Some(Value::Array(
            items.into_iter().filter(|item| !item.is_array() && !item.is_object()).collect(),
        ));
    }
    Some(Value::Array(inside.split(',').filter_map(|item| scalar(item.trim())).collect()))
}

/// A number, a truth value or a string, quoted or bare; `None` for null, nothing, maps and anchors.
fn scalar(value: &str) -> Option<Value> {
    if let Some(quoted) = value.strip_prefix('"') {
        let end = quoted.rfind('"')?;
        return serde_json::from_str(&value[..end + 2])
            .ok()
            .or(Some(Value::String(quoted[..end].to_string())));
    }
    if let Some(quoted) = value.strip_prefix('\'') {
        return Some(Value::String(quoted[..quoted.rfind('\'')?].replace("''", "'")));
    }
    let bare = value.split(" #").next().unwrap_or(value).trim();
    match bare {
        "" | "~" | "null" | "Null" | "NULL" => None,
        "true" | "True" | "yes" => Some(Value::Bool(true)),
        "false" | "False" | "no" => Some(Value::Bool(false)),
        _ if bare.starts_with(['{', '&', '*', '!']) => None,
        _ => match serde_json::from_str::<Value>(bare) {
            Ok(number @ Value::Number(_)) => Some(number),
            _ => Some(Value::String(bare.to_string())),
        },
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let (metadata, body) = split(text);
        expected.assert_eq(&format!("{}|{}", serde_json::to_string(&metadata).unwrap(), &text[body..]));
    }

    #[test]
    fn yaml_scalars_and_lists_are_read() {
        check(
            "---\r\ntitle: \"Leave: policy\"\r\ntags: [hr, 'time off']\r\nweight: 3\r\ndraft: false\r\nlist:\r\n  - a\r\n- b\r\n---\r\nBody",
            expect![[
                r#"{"draft":false,"list":["a","b"],"tags":["hr","time off"],"title":"Leave: policy","weight":3}|Body"#
            ]],
        );
    }

    #[test]
    fn block_scalars_nested_maps_and_comments() {
        check(
            "---\nabout: >\n  two\n  lines\nurl: https://a.example/x#y\nauthor:\n  name: Ann\n# remark\ndate: 2024-05-06 # day\n---\n",
            expect![[r#"{"about":"two lines","date":"2024-05-06","url":"https://a.example/x#y"}|"#]],
        );
    }

    #[test]
    fn toml_is_read_up_to_its_first_table() {
        check(
            "+++\ntitle = \"T\"\nn=1\ntags = [\"a\", \"b\"]\n[extra]\nx = 1\n+++\nBody",
            expect![[r#"{"n":1,"tags":["a","b"],"title":"T"}|Body"#]],
        );
    }

    #[test]
    fn rules_and_unclosed_fences_are_body() {
        check(
            "---\nJust prose.\n---\nmore",
            expect![[r#"{}|---
Just prose.
---
more"#]],
        );
        check(
            "---\ntitle: x\n",
            expect![[r#"{}|---
title: x
"#]],
        );
    }
}
