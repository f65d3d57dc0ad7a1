//! A schema's problems where they concern something: at the field or question, in the words of its controls; the rest together.

use engraft_app::annotate::Problem;
use maud::{Markup, html};
use serde_json::Value;

use super::types;

/// The controls that all parts have.
const COMMON: [(&str, &str); 5] = [
    ("name", "Name in files"),
    ("title", "What people read"),
    ("type", "Type"),
    ("help", "Help"),
    ("visible_when", "When it is asked"),
];

/// What stands in the way: what concerns no single part in full, for the others which parts are marked.
pub(crate) fn told(problems: &[Problem]) -> Markup {
    let (parts, rest): (Vec<_>, Vec<_>) = problems.iter().partition(|problem| part_of(&problem.at).is_some());
    let mut marked: Vec<(String, String)> =
        parts.iter().filter_map(|problem| part_of(&problem.at)).map(named).collect();
    marked.dedup();
    html! {
        @if !problems.is_empty() {
            div.notice.bad {
                p { "It cannot be used yet:" }
                ul {
                    @for (at, words) in &marked { li { a href={ "#" (at) } { (words) } ": what is wrong is said there." } }
                    @for problem in rest { li { @if !problem.at.is_empty() { code { (problem.at) } " " } (sentence(problem)) } }
                }
            }
        }
    }
}

/// The problems of one part.
pub(super) fn at(problems: &[Problem], list: &str, n: usize, part: &Value) -> Markup {
    let of = |problem: &&Problem| {
        part_of(&problem.at).is_some_and(|(place, number, _)| (place, number) == (list, n))
    };
    let mine: Vec<&Problem> = problems.iter().filter(of).collect();
    let kind = part["type"].as_str().unwrap_or_default();
    html! {
        div data-follows={ (list) "." (n) ".told" } id={ (list) "." (n) ".told" } {
            @if !mine.is_empty() {
                ul.error { @for problem in mine {
                    @let tail = part_of(&problem.at).map(|(.., tail)| tail).unwrap_or_default();
                    li { @if !tail.is_empty() { b { (control(tail, kind)) } ": " } (sentence(problem)) }
                } }
            }
        }
    }
}

/// `questions[1].options[0].value` is the second question's `options[0].value`.
fn part_of(at: &str) -> Option<(&str, usize, &str)> {
    let (list, rest) = at.split_once('[')?;
    let (number, tail) = rest.split_once(']')?;
    let known = matches!(list, "fields" | "questions");
    Some((list, number.parse().ok()?, tail.strip_prefix('.').unwrap_or(tail))).filter(|_| known)
}

fn named((list, n, _): (&str, usize, &str)) -> (String, String) {
    let noun = if list == "fields" { "Field" } else { "Question" };
    (format!("{list}.{n}"), format!("{noun} {}", n + 1))
}

/// The control that a key of a part is set with.
fn control(tail: &str, kind: &str) -> String {
    let key = tail.split(['.', '[']).next().unwrap_or_default();
    let number = tail.split(['[', ']']).nth(1).and_then(|number| number.parse::<usize>().ok());
    match (key, number) {
        ("options", Some(number)) if kind != "taxonomy" => return format!("Option {}", number + 1),
        ("options", _) if kind == "taxonomy" => return "Classes".to_string(),
        ("options", None) => return "Options".to_string(),
        ("schema", _) => return format!("Entries, {}", tail.trim_start_matches("schema.")),
        _ => {}
    }
    let common = COMMON.iter().find(|(known, _)| *known == key).map(|(_, words)| *words);
    let own =
        || types::settings(kind).iter().find(|setting| setting.key() == key).map(|setting| setting.words());
    common.or_else(own).unwrap_or(tail).to_string()
}

fn sentence(problem: &Problem) -> Markup {
    html! { (problem.what) @if !problem.hint.is_empty() { ": " (problem.hint) } }
}
