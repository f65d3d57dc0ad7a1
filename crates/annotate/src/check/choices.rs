//! Options and classes: values, keys and colours, and whether a value is one an answer could be.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::distance::suggest;
use crate::problem::Problem;
use crate::{LabelOption, QuestionKind, TaxonomyNode};

/// Collects what is wrong with a list of options.
pub(super) fn options(at: &str, options: &[LabelOption], problems: &mut Vec<Problem>) {
    if options.is_empty() {
        problems.push(Problem::new(at, "is empty", "list at least one option"));
    }
    let (mut values, mut keys) = (BTreeSet::new(), BTreeSet::new());
    for (number, option) in options.iter().enumerate() {
        let at = |key: &str| format!("{at}[{number}].{key}");
        value(&at("value"), &option.value, &mut values, problems);
        if let Some(key) = option.key {
            if !key.is_alphanumeric() {
                problems.push(Problem::new(
                    at("key"),
                    format!("`{key}` is no letter or digit"),
                    "pick a letter or digit",
                ));
            } else if !keys.insert(key.to_ascii_lowercase()) {
                let what = format!("`{key}` is the key of an earlier option");
                problems.push(Problem::new(at("key"), what, "pick another letter or digit"));
            }
        }
        if let Some(color) = option.color.as_deref().filter(|color| !is_color(color)) {
            let hint = "write # and six hexadecimal digits, such as `#0072b2`";
            problems.push(Problem::new(at("color"), format!("`{color}` is no colour"), hint));
        }
    }
}

/// Collects what is wrong with a tree of classes.
pub(super) fn nodes(at: &str, nodes: &[TaxonomyNode], problems: &mut Vec<Problem>) {
    if nodes.is_empty() {
        problems.push(Problem::new(at, "is empty", "list at least one class"));
    }
    let mut values = BTreeSet::new();
    for (number, node) in nodes.iter().enumerate() {
        let at = format!("{at}[{number}]");
        value(&format!("{at}.value"), &node.value, &mut values, problems);
        if !node.children.is_empty() {
            self::nodes(&format!("{at}.children"), &node.children, problems);
        }
    }
}

fn value<'a>(at: &str, value: &'a str, seen: &mut BTreeSet<&'a str>, problems: &mut Vec<Problem>) {
    if value.trim() != value || value.is_empty() {
        problems.push(Problem::new(at, "is blank or has space around it", "write the bare word"));
    } else if !seen.insert(value) {
        problems.push(Problem::new(at, format!("`{value}` is there twice"), "leave one out"));
    }
}

fn is_color(color: &str) -> bool {
    color
        .strip_prefix('#')
        .is_some_and(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// What is wrong with `value` as a possible answer, and what to do; for conditions.
pub(super) fn can_be_answered(kind: &QuestionKind, value: &Value) -> Result<(), (String, String)> {
    let known: Vec<&str> = match kind {
        QuestionKind::Label { options }
        | QuestionKind::Labels { options }
        | QuestionKind::Spans { options, .. }
        | QuestionKind::Relations { options, .. }
        | QuestionKind::Turns { options, .. } => options.iter().map(|option| option.value.as_str()).collect(),
        QuestionKind::Taxonomy { options, .. } => {
            let mut all = Vec::new();
            collect(options, &mut all);
            all
        }
        QuestionKind::Preference { tie, both_bad, .. } => {
            let outcomes = [(*tie, "tie"), (*both_bad, "both_bad")];
            outcomes.into_iter().filter_map(|(asked, name)| asked.then_some(name)).collect()
        }
        QuestionKind::Support { .. } => vec!["supported", "partly", "not", "no_citation"],
        QuestionKind::Rating { min, max, .. } => return number(value, *min, *max),
        QuestionKind::Relevance { .. } => return number(value, 0, 3),
        QuestionKind::Ranking { .. }
        | QuestionKind::Text { .. }
        | QuestionKind::Correction { .. }
        | QuestionKind::Form { .. } => {
            let what = format!("{value} is compared with the free answer");
            return Err((what, "leave `any_of` empty: any answer will do".to_string()));
        }
    };
    match value.as_str() {
        Some(word) if known.contains(&word) => Ok(()),
        Some(word) => Err((format!("`{word}` is no answer"), suggest(word, &known))),
        None => Err((format!("{value} is no answer"), suggest("", &known))),
    }
}

fn number(value: &Value, min: i64, max: i64) -> Result<(), (String, String)> {
    let inside = value.as_i64().is_some_and(|number| (min..=max).contains(&number));
    let hint = format!("write a whole number from {min} to {max}");
    inside.then_some(()).ok_or_else(|| (format!("{value} is no answer"), hint))
}

fn collect<'a>(nodes: &'a [TaxonomyNode], all: &mut Vec<&'a str>) {
    for node in nodes {
        all.push(&node.value);
        collect(&node.children, all);
    }
}
