//! Numbers that are none: serde writes NaN and infinity as `null`, so that no report ever says NaN, and a test has to look for a
//! `null` that nothing explains.

use serde_json::{Map, Value};

/// Fields in which a report says why something beside them is `null`.
const REASONS: [&str; 3] = ["why", "absent", "left_out"];

/// Fields of a decision whose `null` has a meaning of its own, which they document: there is none of it.
pub const IN_A_DECISION: [&str; 17] = [
    "recommendation",
    "front",
    "against",
    "no_router",
    "broken",
    "quality_bounds",
    "lag",
    "reliability",
    "confidence",
    "need_n",
    "needed",
    "updates_per_month",
    "last_doubling",
    "most_per_second",
    "too_many_per_second",
    "busy",
    "better",
];

/// Where a report holds a `null` without a reason beside it, such as `arms[2].utility`; none where a field is among `meant`.
///
/// What stands in a list is explained by what stands beside the list.
pub fn unexplained(report: &Value, meant: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    walk(report, false, String::new(), meant, &mut found);
    found
}

fn walk(value: &Value, explained: bool, path: String, meant: &[&str], found: &mut Vec<String>) {
    match value {
        Value::Null if !explained => found.push(path),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                walk(item, explained, format!("{path}[{at}]"), meant, found);
            }
        }
        Value::Object(fields) => {
            let explained = explains(fields);
            let told = |name: &str| REASONS.contains(&name) || meant.contains(&name);
            for (name, field) in fields.iter().filter(|(name, field)| !(field.is_null() && told(name))) {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                walk(field, explained, path, meant, found);
            }
        }
        _ => {}
    }
}

fn explains(fields: &Map<String, Value>) -> bool {
    REASONS.iter().filter_map(|name| fields.get(*name)?.as_str()).any(|words| !words.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(report: Value, expected: &[&str]) {
        assert_eq!(unexplained(&report, &["stopped"]), expected);
    }

    #[test]
    fn a_number_that_is_none_is_found_wherever_it_stands() {
        check(json!({ "p": f64::NAN, "n": 3 }), &["p"]);
        check(json!({ "arms": [{ "name": "base", "ms": [1.0, f64::INFINITY] }] }), &["arms[0].ms[1]"]);
        check(json!([f64::NAN]), &["[0]"]);
    }

    #[test]
    fn a_reason_beside_it_explains_it_and_one_elsewhere_does_not() {
        check(json!({ "value": null, "why": "nothing to measure" }), &[]);
        check(json!({ "values": [null, 1.0], "why": "it broke" }), &[]);
        check(json!({ "value": null, "why": "" }), &["value"]);
        check(json!({ "why": "it broke", "quality": { "value": null } }), &["quality.value"]);
    }

    #[test]
    fn fields_that_may_be_null_and_reasons_that_are_not_needed_are_no_numbers() {
        check(json!({ "stopped": null, "absent": null, "p": 0.5 }), &[]);
        check(json!({ "stopped": [null] }), &["stopped[0]"]);
    }
}
