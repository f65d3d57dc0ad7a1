//! A posted form as a schema again.

use serde_json::{Map, Value};

use super::posted::Posted;
use super::{condition, edit, types};

/// What the parts are called in this form: references go by place, so that a name can be changed.
pub(super) struct Names {
    pub(super) fields: Vec<String>,
    pub(super) questions: Vec<String>,
    /// The questions' names when the form was drawn.
    pub(super) before: Vec<String>,
}

/// The schema that a form's controls say, without guidelines; `None` when it has none of them.
pub(crate) fn read(posted: &Posted) -> Option<Value> {
    let Some(Value::Object(mut schema)) = posted.json("keep") else { return None };
    let names = Names {
        fields: names(posted, "fields"),
        questions: names(posted, "questions"),
        before: kept_names(posted, "questions"),
    };
    let fields: Vec<Value> = parts(posted, "fields")
        .map(|(at, part)| whole(&at, part, &|at, part| common(posted, at, part)))
        .collect();
    let mut retyped = Vec::new();
    let mut questions = Vec::new();
    for (at, part) in parts(posted, "questions") {
        let before = part["type"].clone();
        questions.push(whole(&at, part, &|at, part| question(posted, at, part, &names)));
        let now = posted.get(&format!("{at}.type")).unwrap_or_default();
        if before.as_str().is_some_and(|before| before != now) && !now.is_empty() {
            retyped.push((questions.len() - 1, now));
        }
    }
    for (key, list) in [("fields", fields), ("questions", questions)] {
        schema.entry(key).or_insert(Value::Array(list));
    }
    overlap(posted, &mut schema);
    let mut schema = Value::Object(schema);
    for (n, kind) in retyped {
        edit::retype(&mut schema, n, kind);
    }
    Some(schema)
}

/// The parts of a list, by their place in the form and as they were drawn.
fn parts<'p>(posted: &'p Posted, list: &'p str) -> impl Iterator<Item = (String, Value)> + 'p {
    (0..)
        .map(move |n| format!("{list}.{n}"))
        .map_while(|at| Some((at.clone(), posted.json(&format!("{at}.keep"))?)))
}

/// A part with what its controls say; one that is no object had none.
fn whole(at: &str, part: Value, say: &dyn Fn(&str, &mut Map<String, Value>)) -> Value {
    match part {
        Value::Object(mut map) => {
            say(at, &mut map);
            Value::Object(map)
        }
        other => other,
    }
}

fn common(posted: &Posted, at: &str, part: &mut Map<String, Value>) {
    let name = posted.get(&format!("{at}.name")).unwrap_or_default().trim();
    part.insert("name".into(), name.into());
    posted.words(at, "title", part);
    posted.flag(at, "required", true, part);
    if at.starts_with("fields") {
        posted.words(at, "type", part);
    }
}

/// Under the type it was drawn with; another one comes after everything is read.
fn question(posted: &Posted, at: &str, part: &mut Map<String, Value>, names: &Names) {
    common(posted, at, part);
    posted.words(at, "help", part);
    let kind = part.get("type").and_then(Value::as_str).unwrap_or_default().to_string();
    types::settings(&kind).iter().for_each(|setting| setting.read(posted, at, part, names));
    condition::read(posted, at, part, names);
}

/// How many people answer an item, where it is said.
fn overlap(posted: &Posted, schema: &mut Map<String, Value>) {
    let Some(people) = posted.get("overlap").map(str::trim).filter(|people| !people.is_empty()) else {
        return;
    };
    let people = people.parse::<u32>().map_or_else(|_| people.into(), Value::from);
    let said = schema.get("distribution").and_then(|rule| rule.get("overlap"));
    if people == 1 && said.is_none() {
        return;
    }
    if let Value::Object(rule) = schema.entry("distribution").or_insert_with(|| Map::new().into()) {
        rule.insert("overlap".into(), people);
    }
}

fn names(posted: &Posted, list: &str) -> Vec<String> {
    let name = |(at, _)| posted.get(&format!("{at}.name")).unwrap_or_default().trim().to_string();
    parts(posted, list).map(name).collect()
}

fn kept_names(posted: &Posted, list: &str) -> Vec<String> {
    parts(posted, list).map(|(_, part)| part["name"].as_str().unwrap_or_default().to_string()).collect()
}
