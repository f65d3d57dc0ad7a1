//! Label, labels, taxonomy and rating.

use std::collections::BTreeSet;

use serde_json::Value;

use super::shape::{list, option, unknown, wrong};
use super::{Amount, AnswerError};
use crate::{Answer, LabelOption, TaxonomyNode};

pub(super) fn label(options: &[LabelOption], value: &Value) -> Result<Answer, AnswerError> {
    let Some(label) = value.as_str() else { return wrong("", value, "one option as a string") };
    option("", label, options, "option")?;
    Ok(Answer::Label(label.to_string()))
}

pub(super) fn labels(options: &[LabelOption], value: &Value) -> Result<Answer, AnswerError> {
    Ok(Answer::Labels(set("", options, value)?))
}

/// Options without repetition. None of them is an answer too.
pub(super) fn set(at: &str, options: &[LabelOption], value: &Value) -> Result<BTreeSet<String>, AnswerError> {
    let wanted = "a list of options, such as [\"a\", \"b\"]";
    let mut chosen = BTreeSet::new();
    for (number, value) in list(at, value, wanted)?.iter().enumerate() {
        let at = format!("{at}[{number}]");
        let Some(label) = value.as_str() else { return wrong(&at, value, "one option as a string") };
        option(&at, label, options, "option")?;
        if !chosen.insert(label.to_string()) {
            return Err(AnswerError::Twice { at, what: format!("`{label}`") });
        }
    }
    Ok(chosen)
}

pub(super) fn taxonomy(
    roots: &[TaxonomyNode],
    multiple: bool,
    value: &Value,
    amount: Amount,
) -> Result<Answer, AnswerError> {
    let wanted = "a list of paths from a root, such as [[\"Finance\", \"Invoices\"]]";
    let mut paths = BTreeSet::new();
    for (number, value) in list("", value, wanted)?.iter().enumerate() {
        let at = format!("[{number}]");
        let path = path(&at, roots, value)?;
        if !paths.insert(path) {
            return Err(AnswerError::Twice { at, what: "the path".to_string() });
        }
    }
    if paths.len() > 1 && !multiple {
        let what = format!("{} paths were given where one may be", paths.len());
        return Err(AnswerError::Forbidden {
            at: String::new(),
            what,
            hint: "keep one, or let the question allow `multiple`",
        });
    }
    if paths.is_empty() && amount == Amount::Whole {
        let hint = "choose a class, or leave the question out";
        return Err(AnswerError::Missing {
            at: String::new(),
            what: "no class was chosen".to_string(),
            hint,
        });
    }
    Ok(Answer::Taxonomy(paths))
}

fn path(at: &str, roots: &[TaxonomyNode], value: &Value) -> Result<Vec<String>, AnswerError> {
    let wanted = "a path from a root, such as [\"Finance\", \"Invoices\"]";
    let (mut nodes, mut path) = (roots, Vec::new());
    for (depth, step) in list(at, value, wanted)?.iter().enumerate() {
        let at = format!("{at}[{depth}]");
        let Some(step) = step.as_str() else { return wrong(&at, step, "the name of a class") };
        let Some(node) = nodes.iter().find(|node| node.value == step) else {
            let known: Vec<&str> = nodes.iter().map(|node| node.value.as_str()).collect();
            return unknown(&at, step, &known, "class there");
        };
        path.push(step.to_string());
        nodes = &node.children;
    }
    if path.is_empty() {
        return Err(AnswerError::Missing {
            at: at.to_string(),
            what: "is an empty path".to_string(),
            hint: wanted,
        });
    }
    Ok(path)
}

pub(super) fn rating(min: i64, max: i64, value: &Value) -> Result<Answer, AnswerError> {
    // Many tools write whole numbers as 4.0; below 2^53 nothing is lost.
    let whole = value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 9.0e15);
    let Some(rating) = value.as_i64().or_else(|| whole.map(|number| number as i64)) else {
        return wrong("", value, "a whole number");
    };
    if !(min..=max).contains(&rating) {
        return Err(AnswerError::Range { at: String::new(), value: rating, min, max });
    }
    Ok(Answer::Rating(rating))
}
