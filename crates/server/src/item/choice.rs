//! Questions answered by picking: one label, several, a taxonomy, a rating, labels for the turns of a chat.

use std::collections::BTreeMap;
use std::iter::repeat;

use engraft_app::annotate::{
    Answer, LabelOption, Question, TaxonomyNode, free_keys, free_letters, option_keys,
};
use maud::{Markup, html};
use serde_json::Value;

use super::markup::{list, string};
use super::{Sheet, field, palette};

/// More options than this are filtered by typing.
const MANY: usize = 20;

/// The key of the answer that nothing applies, whatever else there is to choose from.
const NONE_KEY: char = '-';

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
        (filter(question, options.len()))
        div.options role=(if several { "group" } else { "radiogroup" }) aria-label=(question.title()) {
            @for (place, (option, key)) in options.iter().zip(option_keys(options)).enumerate() {
                (pick(&name, option, (place, key), several, given(&option.value)))
            }
        }
        @if several { (none(question, answer)) }
    }
}

/// That none of the options applies: an answer of its own, unlike a question left open.
fn none(question: &Question, answer: Option<&Answer>) -> Markup {
    let is_given = matches!(answer, Some(Answer::Labels(labels)) if labels.is_empty());
    html! {
        div.options.none {
            label.option data-none data-key=(NONE_KEY) {
                input type="checkbox" name={ "n." (question.name) } value="none" checked[is_given];
                span.words { "None of these" }
                kbd aria-hidden="true" { (NONE_KEY) }
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
        (filter(question, nodes.len()))
        div.options.tree role=(if several { "group" } else { "radiogroup" }) aria-label=(question.title()) {
            @for (path, key) in nodes.iter().zip(free_keys().map(Some).chain(repeat(None))) {
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

/// The key of each number of a scale: itself where it has one digit, 0 for ten where no zero is on the scale, and letters
/// for the others, the least first; `None` when there are more of them than letters.
fn rating_keys(min: i64, max: i64) -> impl Iterator<Item = (i64, Option<char>)> {
    let mut letters = free_letters();
    (min..=max).map(move |value| {
        let digit = if value == 10 && min > 0 {
            Some('0')
        } else {
            u32::try_from(value).ok().and_then(|value| char::from_digit(value, 10))
        };
        (value, digit.or_else(|| letters.next()))
    })
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
            @for (value, key) in rating_keys(min, max) {
                label.option data-key=[key] {
                    input type="radio" name={ "q." (question.name) } value=(value) checked[given == Some(value)];
                    span.words { (value) }
                    @if let Some(key) = key.filter(|key| key.to_string() != value.to_string()) { kbd aria-hidden="true" { (key) } }
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
        (filter(question, options.len()))
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

/// Where to type what is looked for among so many options, if they are many.
pub(super) fn filter(question: &Question, options: usize) -> Markup {
    html! {
        @if options > MANY {
            div.filter {
                input type="search" data-filter aria-label={ "Filter " (question.title()) } placeholder="Filter";
                kbd data-command="filter" {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(min: i64, max: i64, expected: &str) {
        let keys: String = rating_keys(min, max).map(|(_, key)| key.unwrap_or('-')).collect();
        assert_eq!(keys, expected);
    }

    #[test]
    fn every_number_of_a_scale_has_a_key_of_its_own_while_letters_last() {
        check(1, 5, "12345");
        check(1, 10, "1234567890");
        check(0, 10, "0123456789a");
        check(-3, 3, "abh0123");
        check(-20, 0, "abhlmoqsuvwxyz------0");
    }
}
