//! Canonical JSON: one text for one value, so that its hash can be its address.

use std::collections::BTreeMap;

use engraft_core::content_hash;
use serde::Serialize;
use serde_json::{Map, Value};

/// `value` on one line, keys in the order of their code points, no space, numbers as serde_json prints them.
///
/// Two values are equal exactly when these texts are, whatever order their keys were written in.
pub fn canonical_json(value: &impl Serialize) -> String {
    // Only a map with keys that are no strings, or a failing `Serialize`, cannot become a value; no type here has either.
    let value = serde_json::to_value(value).unwrap_or(Value::Null);
    let mut text = Vec::new();
    write(&value, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// The content address of an item's fields: its id where the source gave none.
pub fn item_id(fields: &Map<String, Value>) -> String {
    content_hash(canonical_json(fields).as_bytes())
}

fn write(value: &Value, text: &mut Vec<u8>) {
    match value {
        Value::Array(values) => {
            text.push(b'[');
            for (at, value) in values.iter().enumerate() {
                if at > 0 {
                    text.push(b',');
                }
                write(value, text);
            }
            text.push(b']');
        }
        Value::Object(entries) => {
            let sorted: BTreeMap<&String, &Value> = entries.iter().collect();
            text.push(b'{');
            for (at, (key, value)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    text.push(b',');
                }
                scalar(key, text);
                text.push(b':');
                write(value, text);
            }
            text.push(b'}');
        }
        scalar_value => scalar(scalar_value, text),
    }
}

fn scalar(value: &impl Serialize, text: &mut Vec<u8>) {
    // Writing to memory cannot fail, nor can a scalar or a string.
    let _ = serde_json::to_writer(text, value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let value = json!({"b": [1, 2.5, "ü\n"], "a": {"z": null, "y": true}});
        assert_eq!(canonical_json(&value), r#"{"a":{"y":true,"z":null},"b":[1,2.5,"ü\n"]}"#);
    }

    #[test]
    fn an_items_address_forgets_the_order_of_its_keys() {
        let one = json!({"text": "hello", "lang": "en"});
        let other = json!({"lang": "en", "text": "hello"});
        let id = |value: &Value| item_id(value.as_object().unwrap());
        assert_eq!(id(&one), id(&other));
        assert_ne!(id(&one), id(&json!({"lang": "de", "text": "hello"})));
    }
}
