//! A schema as people write it: keys in the order of thought, no defaults, an option that is only a value as that value.

use engraft_app::annotate::Schema;
use serde_json::Value;

/// Keys in this order; others follow by name.
const ORDER: [&str; 14] = [
    "name",
    "type",
    "value",
    "title",
    "text",
    "help",
    "fields",
    "questions",
    "field",
    "query",
    "options",
    "distribution",
    "gold",
    "merge",
];
const WIDTH: usize = 110;

/// The schema without its guidelines, which are Markdown and edited by themselves.
pub(super) fn write(schema: &Schema) -> String {
    let mut value = serde_json::to_value(schema).unwrap_or_default();
    if let Some(map) = value.as_object_mut() {
        map.remove("guidelines");
        let plain =
            Schema { fields: Vec::new(), questions: Vec::new(), guidelines: String::new(), ..defaults() };
        let defaults = serde_json::to_value(plain).unwrap_or_default();
        for key in ["distribution", "gold", "merge", "hide_suggestions"] {
            match (map.get_mut(key), &defaults[key]) {
                (Some(given), default) if *given == *default => drop(map.remove(key)),
                (Some(Value::Object(given)), default) => {
                    given.retain(|name, value| key == "merge" || *value != default[name.as_str()]);
                }
                _ => {}
            }
        }
    }
    let mut out = String::new();
    put(&shorter(value), 0, &mut out);
    out
}

/// The same of a schema that may have mistakes; they stay.
pub(super) fn write_value(value: &Value) -> String {
    if let Ok(schema) = Schema::read_value(value) {
        return write(&schema);
    }
    let mut out = String::new();
    put(&shorter(value.clone()), 0, &mut out);
    out
}

fn defaults() -> Schema {
    Schema {
        fields: Vec::new(),
        questions: Vec::new(),
        guidelines: String::new(),
        distribution: Default::default(),
        gold: Default::default(),
        merge: Default::default(),
        hide_suggestions: false,
    }
}

fn shorter(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(shorter).collect(),
        Value::Object(mut map) => {
            // Fields and questions are required unless they say otherwise.
            if map.contains_key("type") && map.get("required") == Some(&Value::Bool(true)) {
                map.remove("required");
            }
            for key in ["overlapping", "discontinuous", "multiple"] {
                if map.get(key) == Some(&Value::Bool(false)) {
                    map.remove(key);
                }
            }
            let is_tree = map.get("type").is_some_and(|kind| kind == "taxonomy");
            if let Some(Value::Array(options)) = map.get_mut("options").filter(|_| !is_tree) {
                options.iter_mut().for_each(bare);
            }
            map.into_iter().map(|(key, value)| (key, shorter(value))).collect()
        }
        other => other,
    }
}

/// An option that is only a value becomes that value.
fn bare(option: &mut Value) {
    if let Some(map) = option.as_object_mut().filter(|map| map.len() == 1)
        && let Some(value) = map.remove("value")
    {
        *option = value;
    }
}

fn put(value: &Value, depth: usize, out: &mut String) {
    let line = one_line(value);
    if 2 * depth + line.chars().count() <= WIDTH && depth > 0 {
        out.push_str(&line);
        return;
    }
    let indent = "  ".repeat(depth + 1);
    let parts: Vec<(String, &Value)> = match value {
        Value::Array(items) => items.iter().map(|item| (String::new(), item)).collect(),
        Value::Object(_) => {
            sorted(value).into_iter().map(|(key, value)| (format!("{key:?}: "), value)).collect()
        }
        _ => return out.push_str(&line),
    };
    let (open, close) = if value.is_array() { ('[', ']') } else { ('{', '}') };
    out.push(open);
    for (place, (key, part)) in parts.iter().enumerate() {
        out.push_str(if place == 0 { "\n" } else { ",\n" });
        out.push_str(&indent);
        out.push_str(key);
        put(part, depth + 1, out);
    }
    out.push('\n');
    out.push_str(&indent[2..]);
    out.push(close);
}

fn one_line(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(one_line).collect::<Vec<_>>().join(", ")),
        Value::Object(map) if map.is_empty() => "{}".into(),
        Value::Object(_) => {
            let parts = sorted(value).into_iter().map(|(key, value)| format!("{key:?}: {}", one_line(value)));
            format!("{{ {} }}", parts.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

fn sorted(value: &Value) -> Vec<(&String, &Value)> {
    let mut pairs: Vec<_> = value.as_object().into_iter().flatten().collect();
    pairs.sort_by_key(|(key, _)| ORDER.iter().position(|known| known == key).unwrap_or(ORDER.len()));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn a_schema_reads_as_somebody_would_write_it() {
        let json = r#"{"fields":[{"name":"text","type":"text"}],"questions":[{"name":"topic","type":"label","options":["bug",{"value":"praise","key":"p"}]},
            {"name":"why","type":"text","required":false}],"distribution":{"overlap":2},"guidelines":"x"}"#;
        expect![[r#"
            {
              "fields": [{ "name": "text", "type": "text" }],
              "questions": [
                { "name": "topic", "type": "label", "options": ["bug", { "value": "praise", "key": "p" }] },
                { "name": "why", "type": "text", "required": false }
              ],
              "distribution": { "overlap": 2 }
            }"#]]
        .assert_eq(&write(&Schema::read(json).unwrap()));
    }

    #[test]
    fn nothing_is_lost_in_writing() {
        for (name, _, json) in crate::pages::templates::all() {
            let schema = Schema::read(&json.to_string()).unwrap();
            let mut back = Schema::read(&write(&schema)).unwrap();
            back.guidelines.clone_from(&schema.guidelines);
            assert_eq!(back, schema, "{name}");
        }
    }
}
