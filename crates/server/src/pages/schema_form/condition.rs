//! When a question is asked: always, or after certain answers to an earlier one.

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::draw::{Whole, choice, field};
use super::posted::Posted;
use super::read::Names;
use super::setting::{called, plain};

/// A scale with more numbers is left to the JSON.
const MOST: i64 = 30;
const AS_IT_IS: &str = "?";

pub(super) fn draw(at: &str, n: usize, part: &Map<String, Value>, schema: &Whole) -> Markup {
    let condition = part.get("visible_when");
    if n == 0 && condition.is_none() {
        return Markup::default();
    }
    let earlier = &schema.questions[..n];
    let of = condition.map(|condition| &condition["question"]);
    let found =
        of.and_then(|of| earlier.iter().position(|question| of.is_string() && question["name"] == *of));
    let mut options = vec![(String::new(), "Always".to_string(), condition.is_none())];
    if let Some(of) = of.filter(|_| found.is_none()) {
        options.push((AS_IT_IS.into(), format!("After “{}”, which is not above", plain(of)), true));
    }
    options.extend(earlier.iter().enumerate().map(|(place, question)| {
        (place.to_string(), format!("After an answer to “{}”", called(question)), found == Some(place))
    }));
    let name = format!("{at}.when");
    let said = condition.and_then(|condition| condition["any_of"].as_array()).map_or(&[][..], Vec::as_slice);
    html! {
        div.stack data-follows=(name) {
            (field("When it is asked", &choice(&name, &options), None))
            div data-follows={ (at) ".any" } {
                @if let Some(found) = found {
                    @let answers = answers(&earlier[found], said);
                    @if !answers.is_empty() {
                        fieldset.choice {
                            legend { "After these answers only (after any when none is ticked)" }
                            @for (value, words) in &answers {
                                label { input type="checkbox" name={ (at) ".any" } value=(value) checked[said.contains(value)]; " " (words) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Takes it from the form. The answers are those of the question that they were drawn for.
pub(super) fn read(posted: &Posted, at: &str, part: &mut Map<String, Value>, names: &Names) {
    let Some(place) = posted.get(&format!("{at}.when")) else { return };
    let Ok(place) = place.parse::<usize>() else {
        if place.is_empty() {
            part.remove("visible_when");
        }
        return;
    };
    let Some(name) = names.questions.get(place) else { return };
    let before = part.get("visible_when").and_then(|condition| condition["question"].as_str());
    let is_same = before.is_some() && before == names.before.get(place).map(String::as_str);
    let any: Vec<Value> =
        posted.all(&format!("{at}.any")).filter_map(|text| serde_json::from_str(text).ok()).collect();
    let mut condition = json!({ "question": name });
    if is_same && !any.is_empty() {
        condition["any_of"] = any.into();
    }
    part.insert("visible_when".into(), condition);
}

/// The answers that a question may have, with words for each; what is asked for besides is there too.
fn answers(question: &Value, said: &[Value]) -> Vec<(Value, String)> {
    let mut answers = possible(question);
    for value in said
        .iter()
        .filter(|value| !answers.iter().any(|(known, _)| known == *value))
        .cloned()
        .collect::<Vec<_>>()
    {
        let words = plain(&value);
        answers.push((value, words));
    }
    answers
}

fn possible(question: &Value) -> Vec<(Value, String)> {
    let pair = |value: &str, words: &str| (Value::from(value), words.to_string());
    let may = |key: &str| question[key] != Value::Bool(false);
    match question["type"].as_str().unwrap_or_default() {
        "rating" | "relevance" => {
            let is_scale = question["type"] == "rating";
            let end =
                |key: &str, otherwise: i64| if is_scale { question[key].as_i64() } else { Some(otherwise) };
            let (Some(min), Some(max)) = (end("min", 0), end("max", 3)) else { return Vec::new() };
            if max.saturating_sub(min) >= MOST {
                return Vec::new();
            }
            (min..=max).map(|number| (number.into(), number.to_string())).collect()
        }
        "preference" => {
            let outcomes = [("tie", "Equally good"), ("both_bad", "All bad")];
            outcomes.iter().filter(|(key, _)| may(key)).map(|(value, words)| pair(value, words)).collect()
        }
        "support" => vec![
            pair("supported", "Supported"),
            pair("partly", "Partly"),
            pair("not", "Not supported"),
            pair("no_citation", "No citation"),
        ],
        "ranking" => Vec::new(),
        _ => {
            let mut all = Vec::new();
            collect(&question["options"], &mut all);
            all
        }
    }
}

fn collect(options: &Value, all: &mut Vec<(Value, String)>) {
    for option in options.as_array().into_iter().flatten() {
        let value = option.as_str().or(option["value"].as_str()).unwrap_or_default();
        let words = option["text"].as_str().unwrap_or(value);
        all.push((value.into(), words.to_string()));
        collect(&option["children"], all);
    }
}
