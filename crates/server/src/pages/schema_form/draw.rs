//! The form of a schema: what an item shows, what is asked, and the controls of each part.

use engraft_app::annotate::Problem;
use maud::{Markup, html};
use serde_json::{Map, Value};

use super::setting::plain;
use super::{condition, told, types};

/// The parts of the schema that is drawn.
pub(super) struct Whole<'a> {
    pub(super) fields: &'a [Value],
    pub(super) questions: &'a [Value],
    pub(super) problems: &'a [Problem],
}

/// The controls for a schema with its problems. A place with `data-follows` depends on what is set elsewhere.
pub(crate) fn draw(schema: &Map<String, Value>, problems: &[Problem]) -> Markup {
    let list = |key: &str| schema.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let whole = Whole { fields: list("fields"), questions: list("questions"), problems };
    let mut rest = schema.clone();
    rest.retain(|key, value| !(matches!(key.as_str(), "fields" | "questions") && value.is_array()));
    let people = rest.get("distribution").map_or(&Value::Null, |rule| &rule["overlap"]);
    let people = if people.is_null() { "1".to_string() } else { plain(people) };
    html! {
        input type="hidden" name="keep" value=(Value::Object(rest)) data-follows="keep";
        h2 { "What an item shows" }
        @for (n, field) in whole.fields.iter().enumerate() { (part("fields", n, field, &whole)) }
        div.row { button.button name="do" value="add.fields" formnovalidate { "Add a field" } }
        h2 { "What is asked" }
        @for (n, question) in whole.questions.iter().enumerate() { (part("questions", n, question, &whole)) }
        div.row { button.button name="do" value="add.questions" formnovalidate { "Add a question" } }
        (input("overlap", "How many people answer each item", &people, Some("numeric")))
    }
}

fn part(list: &str, n: usize, value: &Value, whole: &Whole) -> Markup {
    let (at, is_field) = (format!("{list}.{n}"), list == "fields");
    let (noun, count) =
        if is_field { ("Field", whole.fields.len()) } else { ("Question", whole.questions.len()) };
    let named = format!("{} {}", noun.to_lowercase(), n + 1);
    let button = |verb: &str, words: &str, dead: bool| {
        html! {
            button.button.small name="do" value={ (verb) "." (at) } formnovalidate disabled[dead] { (words) span.visually-hidden { " " (named) } }
        }
    };
    html! {
        fieldset.part id=(at) data-part=(at) aria-describedby={ (at) ".told" } {
            legend { (noun) " " (n + 1) }
            div.row.moves { (button("up", "Move up", n == 0)) (button("down", "Move down", n + 1 == count)) (button("remove", "Remove", false)) }
            (kept(&at, value))
            (told::at(whole.problems, list, n, value))
            @match value.as_object() {
                None => { p.muted { (as_json()) } }
                Some(part) if is_field => (field_controls(&at, part)),
                Some(part) => (question_controls(&at, n, part, whole)),
            }
        }
    }
}

fn field_controls(at: &str, part: &Map<String, Value>) -> Markup {
    let kind = part.get("type").map(plain).unwrap_or_default();
    let mut kinds: Vec<(String, String, bool)> = types::FIELDS
        .iter()
        .map(|(name, words)| (name.to_string(), words.to_string(), kind == *name))
        .collect();
    if !types::FIELDS.iter().any(|(name, _)| kind == *name) {
        kinds.push((kind.clone(), kind, true));
    }
    html! {
        div.pairs {
            (words(at, part, "title", "What people read above it"))
            (words(at, part, "name", "Name in files"))
            (field("Type", &choice(&format!("{at}.type"), &kinds), None))
        }
        (check(&format!("{at}.required"), "Every item has it", is_required(part)))
    }
}

fn question_controls(at: &str, n: usize, part: &Map<String, Value>, whole: &Whole) -> Markup {
    let kind = part.get("type").map(plain).unwrap_or_default();
    let is_known = types::QUESTIONS.iter().any(|(_, kinds)| kinds.iter().any(|(name, _)| *name == kind));
    html! {
        div.pairs {
            (words(at, part, "title", "What people are asked"))
            (words(at, part, "name", "Name in files"))
            (field("Type", &html! {
                select name={ (at) ".type" } {
                    @for (group, kinds) in types::QUESTIONS {
                        optgroup label=(group) { @for (name, words) in kinds { option value=(name) selected[kind == *name] { (words) } } }
                    }
                    @if !is_known { option value=(kind) selected { (kind) } }
                }
            }, None))
            (words(at, part, "help", "A sentence of help"))
        }
        (check(&format!("{at}.required"), "Must be answered", is_required(part)))
        @for setting in types::settings(&kind) { (setting.draw(at, n, part, whole)) }
        (condition::draw(at, n, part, whole))
    }
}

fn is_required(part: &Map<String, Value>) -> bool {
    part.get("required").and_then(Value::as_bool).unwrap_or(true)
}

fn words(at: &str, part: &Map<String, Value>, key: &str, words: &str) -> Markup {
    input(&format!("{at}.{key}"), words, &part.get(key).map(plain).unwrap_or_default(), None)
}

/// The part as it is, for what has no control.
pub(super) fn kept(at: &str, value: &Value) -> Markup {
    html! { input type="hidden" name={ (at) ".keep" } value=(value) data-follows={ (at) ".keep" }; }
}

/// A control under its words.
pub(super) fn field(words: &str, control: &Markup, help: Option<&str>) -> Markup {
    html! { label.field { span { (words) } (control) @if let Some(help) = help { small.help { (help) } } } }
}

pub(super) fn input(name: &str, words: &str, value: &str, mode: Option<&str>) -> Markup {
    field(words, &html! { input name=(name) value=(value) inputmode=[mode] autocomplete="off"; }, None)
}

pub(super) fn check(name: &str, words: &str, ticked: bool) -> Markup {
    html! { label.check { input type="checkbox" name=(name) checked[ticked]; " " (words) } }
}

/// One of these: what is sent, what is read, whether it is chosen.
pub(super) fn choice(name: &str, options: &[(String, String, bool)]) -> Markup {
    html! {
        select name=(name) {
            @for (value, words, chosen) in options { option value=(value) selected[*chosen] { (words) } }
        }
    }
}

pub(super) fn as_json() -> &'static str {
    "what stands here can be edited as JSON only, below."
}
