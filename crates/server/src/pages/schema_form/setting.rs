//! What a type of question lets a lead set: drawn as a control, read back, and with something to begin with.

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::draw::{Whole as Schema, as_json, check, choice, field, input};
use super::posted::Posted;
use super::read::Names;
use super::{choices, record, types};

/// A setting: its key in the schema, and what it is called.
pub(super) enum Setting {
    /// Options, one a line.
    Options,
    /// A tree of classes, by indentation.
    Classes,
    /// Yes or no, and which of them goes without saying.
    Flag(&'static str, &'static str, bool),
    /// A field of one of these types, and what to say while there is none.
    Field(&'static str, &'static str, &'static [&'static str], &'static str),
    /// An earlier question that marks parts.
    Spans,
    /// A whole number, and what it begins with.
    Whole(&'static str, &'static str, Option<i64>),
    /// What the numbers of a scale mean.
    Meaning,
    /// A word.
    Word(&'static str, &'static str),
    /// The entries of a record.
    Record,
}

/// A reference that leads nowhere and stays as it is.
const AS_IT_IS: &str = "?";

impl Setting {
    pub(super) fn key(&self) -> &'static str {
        match self {
            Setting::Options | Setting::Classes => "options",
            Setting::Spans => "spans",
            Setting::Meaning => "meaning",
            Setting::Record => "schema",
            Setting::Flag(key, ..)
            | Setting::Field(key, ..)
            | Setting::Whole(key, ..)
            | Setting::Word(key, ..) => key,
        }
    }

    pub(super) fn words(&self) -> &'static str {
        match self {
            Setting::Options => "Options, one a line",
            Setting::Classes => {
                "Classes, one a line; two spaces before it make one narrower than the line above"
            }
            Setting::Spans => "Between the parts of which question",
            Setting::Meaning => "What the numbers mean, such as `1 = not at all`, one a line",
            Setting::Record => "Entries",
            Setting::Flag(_, words, _)
            | Setting::Field(_, words, ..)
            | Setting::Whole(_, words, _)
            | Setting::Word(_, words) => words,
        }
    }

    /// Its control in the question at `at`, the `n`th.
    pub(super) fn draw(&self, at: &str, n: usize, part: &Map<String, Value>, schema: &Schema) -> Markup {
        let (name, words) = (format!("{at}.{}", self.key()), self.words());
        let value = part.get(self.key()).unwrap_or(&Value::Null);
        match self {
            Setting::Options => choices::draw_options(&name, words, value),
            Setting::Classes => choices::draw_classes(&name, words, value),
            Setting::Meaning => choices::draw_meaning(&name, words, value),
            Setting::Record => record::draw(at, value),
            Setting::Flag(_, _, default) => check(&name, words, value.as_bool().unwrap_or(*default)),
            Setting::Whole(..) => input(&name, words, &plain(value), Some("numeric")),
            Setting::Word(..) => input(&name, words, &plain(value), None),
            Setting::Field(_, _, kinds, none) => {
                let fits = |field: &Value| kinds.contains(&field["type"].as_str().unwrap_or_default());
                let help = (!schema.fields.iter().any(fits) && *none == "Choose a field").then(|| {
                    let wanted: Vec<&str> = kinds.iter().map(|kind| types::field_words(kind)).collect();
                    format!("Add such a field above: {}.", wanted.join(", or "))
                });
                refer(&name, words, value, schema.fields, &fits, none, help.as_deref())
            }
            Setting::Spans => {
                let fits = |question: &Value| question["type"] == "spans";
                let earlier = &schema.questions[..n];
                let help = (!earlier.iter().any(fits)).then_some("Ask for parts of a text above.");
                refer(&name, words, value, earlier, &fits, "Choose a question", help)
            }
        }
    }

    /// Takes it from the form. A control that was not drawn leaves it as it was.
    pub(super) fn read(&self, posted: &Posted, at: &str, part: &mut Map<String, Value>, names: &Names) {
        let (key, name) = (self.key(), format!("{at}.{}", self.key()));
        let said = match self {
            Setting::Flag(_, _, default) => return posted.flag(at, key, *default, part),
            Setting::Word(..) => return posted.words(at, key, part),
            Setting::Record => return record::read(posted, &name, part),
            Setting::Options => choices::read_options(posted, &name),
            Setting::Classes => choices::read_classes(posted, &name),
            Setting::Meaning => choices::read_meaning(posted, &name),
            Setting::Whole(..) => posted.get(&name).map(|text| match text.trim() {
                "" => Value::Null,
                text => text.parse().map_or_else(|_| text.into(), |number: i64| number.into()),
            }),
            Setting::Field(..) => named(posted, &name, &names.fields),
            Setting::Spans => named(posted, &name, &names.questions),
        };
        match said {
            None => {}
            Some(Value::Null) => drop(part.remove(key)),
            // An order of a field has no options, and their control is empty.
            Some(Value::Array(none)) if none.is_empty() && part.get("type") == Some(&"ranking".into()) => {
                drop(part.remove(key));
            }
            Some(value) => drop(part.insert(key.to_string(), value)),
        }
    }

    /// What a question begins with that becomes one of this type; `was` is what it was before.
    pub(super) fn begin(
        &self,
        was: &Map<String, Value>,
        fields: &[Value],
        earlier: &[Value],
    ) -> Option<Value> {
        let before = was.get(self.key());
        match self {
            Setting::Options => {
                let old = types::settings(was.get("type").and_then(Value::as_str).unwrap_or_default());
                let had = old.iter().any(|setting| matches!(setting, Setting::Options));
                Some(before.filter(|_| had).cloned().unwrap_or_else(|| json!(["yes", "no"])))
            }
            Setting::Classes => Some(json!([{ "value": "General", "children": [{ "value": "Special" }] }])),
            Setting::Record => {
                Some(json!({ "type": "object", "properties": { "name": { "type": "string" } } }))
            }
            Setting::Whole(_, _, begin) => begin.map(Value::from),
            Setting::Field(_, _, kinds, _) => {
                let fits = |field: &&Value| kinds.contains(&field["type"].as_str().unwrap_or_default());
                let same = |field: &&Value| before.is_some_and(|name| field["name"] == *name);
                let fitting = || fields.iter().filter(fits);
                Some(fitting().find(same).or(fitting().next())?["name"].clone())
            }
            Setting::Spans => {
                Some(earlier.iter().rev().find(|question| question["type"] == "spans")?["name"].clone())
            }
            Setting::Flag(..) | Setting::Meaning | Setting::Word(..) => None,
        }
    }
}

/// A choice among the parts that fit, by place; what is named and does not fit is there too.
fn refer(
    name: &str,
    words: &str,
    value: &Value,
    parts: &[Value],
    fits: &dyn Fn(&Value) -> bool,
    none: &str,
    help: Option<&str>,
) -> Markup {
    let named = value.as_str();
    let is_named = |part: &Value| named.is_some() && part["name"].as_str() == named;
    let shown: Vec<(usize, &Value)> =
        parts.iter().enumerate().filter(|(_, part)| fits(part) || is_named(part)).collect();
    let found = shown.iter().find(|(_, part)| is_named(part)).map(|(place, _)| *place);
    let mut options = vec![(String::new(), none.to_string(), value.is_null())];
    if found.is_none() && !value.is_null() {
        options.push((AS_IT_IS.to_string(), format!("“{}”, which is not there", plain(value)), true));
    }
    options
        .extend(shown.iter().map(|(place, part)| (place.to_string(), called(part), found == Some(*place))));
    html! { div data-follows=(name) { (field(words, &choice(name, &options), help)) } }
}

/// The name of the part whose place a choice says; `null` for none of them.
fn named(posted: &Posted, name: &str, names: &[String]) -> Option<Value> {
    match posted.get(name)? {
        "" => Some(Value::Null),
        place => Some(names.get(place.parse::<usize>().ok()?)?.as_str().into()),
    }
}

/// What people call a field or a question.
pub(super) fn called(part: &Value) -> String {
    let title = part["title"].as_str().filter(|title| !title.is_empty());
    title.or(part["name"].as_str()).unwrap_or("without a name").to_string()
}

/// A value as it is typed.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// In place of a control that cannot hold what is there.
pub(super) fn only_json(words: &str) -> Markup {
    html! { p.muted { (words) ": " (as_json()) } }
}
