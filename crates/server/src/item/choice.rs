//! Questions answered by picking: one label, several, a taxonomy, a rating, labels for the turns of a chat.

use std::collections::BTreeMap;

use engraft_app::annotate::{Answer, LabelOption, Question, TaxonomyNode, option_keys};
use maud::{Markup, html};
use serde_json::Value;

use super::markup::{list, string};
use super::{Sheet, field, palette};

/// More options than this are filtered by typing.
const MANY: usize = 20;

/// The keys of a taxonomy's nodes, from the first.
const KEYS: &str = "1234567890abcdefghijklmnopqrstuvwxyz";

/// Radio buttons for one, boxes for any number.
pub(crate) fn options(sheet: &Sheet, question: &Question, options: &[LabelOption], several: bool) -> Markup {
    let name = format!("q.{}", question.name);
    let answer = sheet.given(question);
    let given = |value: &str| match answer {
        Some(Answer::Label(label)) => label == value,
        Some(Answer::Labels(labels)) => labels.contains(value),
        _ => false,
    };
    html! {
        @if options.len() > MANY { (filter(question)) }
        div.options role=(if several { "group" } else { "radiogroup" }) aria-label=(question.title()) {
            @for (place, (option, key)) in options.iter().zip(option_keys(options)).enumerate() {
                (pick(&name, option, (place, key), several, given(&option.value)))
            }
        }
    }
}

/// One option: a native control, its words, and the key that picks it.
fn pick(
    name: &str,
    option: &LabelOption,
    (place, key): (usize, Option<char>),
    several: bool,
    given: bool,
) -> Markup {
    html! {
        label.option.(palette::class(place)) data-key=[key] data-colour=[palette::own(option)]
            title=[option.meaning()] {
            input type=(if several { "checkbox" } else { "radio" }) name=(name) value=(option.value) checked[given];
            span.words dir="auto" { (option.words()) }
            @if let Some(key) = key { kbd aria-hidden="true" { (key) } }
        }
    }
}

/// A tree as a list with depths: every node can be picked, by key while keys last.
pub(crate) fn taxonomy(sheet: &Sheet, question: &Question, roots: &[TaxonomyNode], several: bool) -> Markup {
    let mut nodes = Vec::new();
    flatten(roots, &mut Vec::new(), &mut nodes);
    let given = match sheet.given(question) {
        Some(Answer::Taxonomy(paths)) => Some(paths),
        _ => None,
    };
    html! {
        @if nodes.len() > MANY { (filter(question)) }
        div.options.tree role=(if several { "group" } else { "radiogroup" }) aria-label=(question.title()) {
            @for (place, path) in nodes.iter().enumerate() {
                @let key = KEYS.chars().nth(place);
                label.option.{ "depth" (path.len().min(6)) } data-key=[key] title=(path.join(" › ")) {
                    input type=(if several { "checkbox" } else { "radio" }) name={ "q." (question.name) }
                        value=(Value::from(path.clone())) checked[given.is_some_and(|paths| paths.contains(path))];
                    span.words dir="auto" { (path.last().map_or("", String::as_str)) }
                    span.path.visually-hidden { (path[..path.len() - 1].join(" › ")) }
                    @if let Some(key) = key { kbd aria-hidden="true" { (key) } }
                }
            }
        }
    }
}

fn flatten(nodes: &[TaxonomyNode], above: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    for node in nodes {
        above.push(node.value.clone());
        found.push(above.clone());
        flatten(&node.children, above, found);
        above.pop();
    }
}

/// One button for each whole number.
pub(crate) fn rating(
    sheet: &Sheet,
    question: &Question,
    min: i64,
    max: i64,
    meaning: &BTreeMap<i64, String>,
) -> Markup {
    let given = match sheet.given(question) {
        Some(Answer::Rating(rating)) => Some(*rating),
        _ => None,
    };
    html! {
        div.options.rating role="radiogroup" aria-label=(question.title()) {
            @for value in min..=max {
                label.option data-key=[(0..=9).contains(&value).then_some(value)] {
                    input type="radio" name={ "q." (question.name) } value=(value) checked[given == Some(value)];
                    span.words { (value) }
                    @if let Some(words) = meaning.get(&value) { small dir="auto" { (words) } }
                }
            }
        }
    }
}

/// A chat whose turns carry their own options.
pub(crate) fn turns(
    sheet: &Sheet,
    question: &Question,
    field: &str,
    options: &[LabelOption],
    several: bool,
    role: Option<&str>,
) -> Markup {
    let given = |turn: usize, label: &str| match sheet.given(question) {
        Some(Answer::Turns(turns)) => turns.iter().any(|one| one.turn == turn && one.labels.contains(label)),
        _ => false,
    };
    html! {
        ol.chat {
            @for (at, turn) in list(sheet.view.fields.get(field)).iter().enumerate() {
                @let asked = role.is_none_or(|role| role == string(turn, "role"));
                li.turn data-role=(string(turn, "role")) data-unit[asked] {
                    (field::said(turn))
                    @if asked {
                        div.options.chips role=(if several { "group" } else { "radiogroup" }) aria-label={ "Turn " (at + 1) } {
                            @for (place, (option, key)) in options.iter().zip(option_keys(options)).enumerate() {
                                (pick(&format!("q.{}/{at}", question.name), option, (place, key), several, given(at, &option.value)))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn filter(question: &Question) -> Markup {
    html! {
        div.filter {
            input type="search" data-filter aria-label={ "Filter " (question.title()) } placeholder="Filter";
            kbd data-command="filter" {}
        }
    }
}
