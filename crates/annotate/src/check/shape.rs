//! The shape of a schema file: which keys may stand where, and what their values look like.

use serde_json::Value;

use crate::distance::suggest;
use crate::problem::Problem;

/// An object's keys: its own, and those all of its sort have.
pub(super) struct Fit {
    sort: String,
    keys: Vec<Key>,
}

/// A key, whether it must be there, and what its value looks like.
type Key = (&'static str, bool, Shape);

#[derive(Clone, Copy)]
enum Shape {
    Text,
    Flag,
    /// A whole number within these.
    Whole(i64, i64),
    Number,
    List,
    /// A string of one character.
    Letter,
    /// Words by whole number.
    Meaning,
    /// Strings, or objects with the keys of an option.
    Options,
    /// The nodes of a tree.
    Nodes,
    Object(&'static [Key]),
    /// Any object: its keys are somebody else's matter.
    Free,
}

const CONDITION: [Key; 2] = [("question", true, Shape::Text), ("any_of", false, Shape::List)];
const OPTION: [Key; 6] = [
    ("value", true, Shape::Text),
    ("text", false, Shape::Text),
    ("description", false, Shape::Text),
    ("example", false, Shape::Text),
    ("key", false, Shape::Letter),
    ("color", false, Shape::Text),
];
const NODE: [Key; 2] = [("value", true, Shape::Text), ("children", false, Shape::Nodes)];
const COUNT: Shape = Shape::Whole(0, u32::MAX as i64);
const DISTRIBUTION: [Key; 4] = [
    ("overlap", false, COUNT),
    ("max_overlap", false, COUNT),
    ("until_posterior", false, Shape::Number),
    ("lease_seconds", false, COUNT),
];
const GOLD: [Key; 5] = [
    ("rate", false, Shape::Number),
    ("onboarding", false, COUNT),
    ("pause_below", false, Shape::Number),
    ("least", false, COUNT),
    ("feedback", false, Shape::Flag),
];
const POLICIES: [(&str, &[Key]); 4] = [
    ("unanimous", &[]),
    ("quorum", &[("quorum", true, COUNT)]),
    ("posterior", &[("least", true, Shape::Number)]),
    ("never", &[]),
];
const FIELD_TYPES: [&str; 6] = ["text", "markdown", "chat", "document", "passages", "answers"];
const OPTIONS: Key = ("options", true, Shape::Options);
const FIELD: Key = ("field", true, Shape::Text);
const MULTIPLE: Key = ("multiple", false, Shape::Flag);
const QUESTION_TYPES: [(&str, &[Key]); 14] = [
    ("label", &[OPTIONS]),
    ("labels", &[OPTIONS]),
    ("taxonomy", &[("options", true, Shape::Nodes), MULTIPLE]),
    ("spans", &[FIELD, OPTIONS, ("overlapping", false, Shape::Flag), ("discontinuous", false, Shape::Flag)]),
    ("relations", &[("spans", true, Shape::Text), OPTIONS]),
    (
        "rating",
        &[
            ("min", true, Shape::Whole(i64::MIN, i64::MAX)),
            ("max", true, Shape::Whole(i64::MIN, i64::MAX)),
            ("meaning", false, Shape::Meaning),
        ],
    ),
    ("ranking", &[("field", false, Shape::Text), ("options", false, Shape::Options)]),
    (
        "preference",
        &[
            FIELD,
            ("strength", false, Shape::Whole(0, 9)),
            ("tie", false, Shape::Flag),
            ("both_bad", false, Shape::Flag),
        ],
    ),
    ("text", &[("max_chars", false, COUNT)]),
    ("correction", &[FIELD]),
    ("turns", &[FIELD, OPTIONS, MULTIPLE, ("role", false, Shape::Text)]),
    ("relevance", &[FIELD, ("query", true, Shape::Text)]),
    ("support", &[("answer", true, Shape::Text), ("passages", true, Shape::Text)]),
    ("form", &[("schema", true, Shape::Free)]),
];

const SCHEMA: [Key; 7] = [
    ("fields", true, Shape::List),
    ("questions", true, Shape::List),
    ("guidelines", false, Shape::Text),
    ("distribution", false, Shape::Object(&DISTRIBUTION)),
    ("gold", false, Shape::Object(&GOLD)),
    ("merge", false, Shape::Free),
    ("hide_suggestions", false, Shape::Flag),
];

/// The shape of a whole schema file.
pub(super) fn schema() -> Fit {
    Fit { sort: "a schema".to_string(), keys: SCHEMA.to_vec() }
}

/// The shape of a field of this type.
pub(super) fn field(value: &Value) -> Result<Fit, Problem> {
    let known: Vec<(&str, &[Key])> = FIELD_TYPES.iter().map(|name| (*name, [].as_slice())).collect();
    let common =
        [("name", true, Shape::Text), ("title", false, Shape::Text), ("required", false, Shape::Flag)];
    typed(value, "type", "field", &known, &common)
}

/// The shape of a question of this type.
pub(super) fn question(value: &Value) -> Result<Fit, Problem> {
    let common = [
        ("name", true, Shape::Text),
        ("title", false, Shape::Text),
        ("help", false, Shape::Text),
        ("required", false, Shape::Flag),
        ("visible_when", false, Shape::Object(&CONDITION)),
    ];
    typed(value, "type", "question", &QUESTION_TYPES, &common)
}

/// The shape of a merge policy.
pub(super) fn policy(value: &Value) -> Result<Fit, Problem> {
    typed(value, "policy", "merge policy", &POLICIES, &[])
}

fn typed(
    value: &Value,
    tag: &'static str,
    what: &str,
    known: &[(&str, &[Key])],
    common: &[Key],
) -> Result<Fit, Problem> {
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let Some(entries) = value.as_object() else {
        return Err(Problem::new(
            "",
            format!("is {}, not an object", kind(value)),
            format!("write {{\"{tag}\": …}}"),
        ));
    };
    let Some(given) = entries.get(tag) else {
        let hint = format!("give it one of {}", names.join(", "));
        return Err(Problem::new("", format!("has no `{tag}`"), hint));
    };
    let given = given.as_str().unwrap_or_default();
    let Some((name, keys)) = known.iter().find(|(name, _)| *name == given) else {
        return Err(Problem::new(tag, format!("`{given}` is no type of {what}"), suggest(given, &names)));
    };
    let mut all = vec![(tag, true, Shape::Text)];
    all.extend(common);
    all.extend(keys.iter());
    Ok(Fit { sort: format!("a {what} of type `{name}`"), keys: all })
}

/// Collects where `value` does not have the shape.
pub(super) fn fit(at: &str, value: &Value, shape: &Fit, problems: &mut Vec<Problem>) {
    object(at, value, &shape.sort, &shape.keys, problems);
}

fn object(at: &str, value: &Value, sort: &str, keys: &[Key], problems: &mut Vec<Problem>) {
    let Some(entries) = value.as_object() else {
        let what = format!("is {}, not an object", kind(value));
        return problems.push(Problem::new(at, what, "write { … }"));
    };
    let names: Vec<&str> = keys.iter().map(|(name, ..)| *name).collect();
    for (key, value) in entries {
        match keys.iter().find(|(name, ..)| name == key) {
            Some((_, _, shape)) => inside(&join(at, key), value, *shape, problems),
            None => problems.push(Problem::new(
                join(at, key),
                format!("is no setting of {sort}"),
                suggest(key, &names),
            )),
        }
    }
    for (name, required, _) in keys {
        if *required && !entries.contains_key(*name) {
            problems.push(Problem::new(at, format!("has no `{name}`"), format!("{sort} needs it")));
        }
    }
}

fn inside(at: &str, value: &Value, shape: Shape, problems: &mut Vec<Problem>) {
    let wanted = match shape {
        Shape::Text if !value.is_string() => "a string",
        Shape::Flag if !value.is_boolean() => "true or false",
        Shape::Number if !value.is_number() => "a number",
        Shape::List | Shape::Options | Shape::Nodes if !value.is_array() => "a list",
        Shape::Free if !value.is_object() => "an object",
        Shape::Letter if value.as_str().is_none_or(|text| text.chars().count() != 1) => "one character",
        Shape::Meaning => return meaning(at, value, problems),
        Shape::Whole(least, most) => {
            if value.as_i64().is_some_and(|number| (least..=most).contains(&number)) {
                return;
            }
            let range = if most == i64::MAX { String::new() } else { format!(" from {least} to {most}") };
            let what = format!("is {}, not a whole number{range}", shown(value));
            return problems.push(Problem::new(at, what, "correct the number"));
        }
        Shape::Object(keys) => return object(at, value, at.rsplit('.').next().unwrap_or(at), keys, problems),
        Shape::Options => return list(at, value, "an option", &OPTION, true, problems),
        Shape::Nodes => return list(at, value, "a class", &NODE, false, problems),
        _ => return,
    };
    problems.push(Problem::new(at, format!("is {}, not {wanted}", kind(value)), format!("write {wanted}")));
}

fn meaning(at: &str, value: &Value, problems: &mut Vec<Problem>) {
    let Some(entries) = value.as_object() else {
        let what = format!("is {}, not an object", kind(value));
        return problems.push(Problem::new(at, what, "write { \"1\": \"what 1 means\", … }"));
    };
    for (number, words) in entries {
        if number.parse::<i64>().is_err() || !words.is_string() {
            let at = format!("{at}.{number}");
            problems.push(Problem::new(at, "is not words by whole number", "write \"1\": \"what 1 means\""));
        }
    }
}

fn list(at: &str, value: &Value, sort: &str, keys: &[Key], strings: bool, problems: &mut Vec<Problem>) {
    for (number, entry) in value.as_array().into_iter().flatten().enumerate() {
        if !(strings && entry.is_string()) {
            object(&format!("{at}[{number}]"), entry, sort, keys, problems);
        }
    }
}

/// `a.b`, or whichever of the two is there.
pub(super) fn join(at: &str, key: &str) -> String {
    if at.is_empty() || key.is_empty() { format!("{at}{key}") } else { format!("{at}.{key}") }
}

fn shown(value: &Value) -> String {
    if value.is_number() { value.to_string() } else { kind(value).to_string() }
}

/// A value's type, as people say it.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
