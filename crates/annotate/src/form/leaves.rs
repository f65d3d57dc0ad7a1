//! A form as its leaves, and back: what lets people agree on a part of a form.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A step from the root: a key, or a place in a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Step {
    Key(String),
    Place(usize),
}

/// Where a leaf is.
pub(crate) type Leaf = Vec<Step>;

/// Every scalar, and every empty list or object, by where it is. An empty form is one leaf at the root.
pub(crate) fn leaves(form: &Value) -> BTreeMap<Leaf, Value> {
    let mut found = BTreeMap::new();
    walk(form, &mut Vec::new(), &mut found);
    found
}

fn walk(value: &Value, path: &mut Leaf, found: &mut BTreeMap<Leaf, Value>) {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                path.push(Step::Key(key.clone()));
                walk(value, path, found);
                path.pop();
            }
        }
        Value::Array(values) if !values.is_empty() => {
            for (place, value) in values.iter().enumerate() {
                path.push(Step::Place(place));
                walk(value, path, found);
                path.pop();
            }
        }
        leaf => {
            found.insert(path.clone(), leaf.clone());
        }
    }
}

/// The form with these leaves. Lists close ranks where a place is missing; of two leaves that exclude one another (a list
/// empty here and filled there), the one with more below it stays.
pub(crate) fn build(leaves: &BTreeMap<Leaf, Value>) -> Value {
    let whole: Vec<(&[Step], &Value)> = leaves.iter().map(|(leaf, value)| (leaf.as_slice(), value)).collect();
    if whole.iter().all(|(leaf, _)| leaf.is_empty()) {
        return whole.first().map_or_else(|| Value::Object(Map::new()), |(_, value)| (*value).clone());
    }
    part(&whole)
}

fn part(leaves: &[(&[Step], &Value)]) -> Value {
    let mut keys: BTreeMap<&str, Vec<(&[Step], &Value)>> = BTreeMap::new();
    let mut places: BTreeMap<usize, Vec<(&[Step], &Value)>> = BTreeMap::new();
    for (leaf, value) in leaves {
        match leaf.split_first() {
            Some((Step::Key(key), rest)) => keys.entry(key).or_default().push((rest, value)),
            Some((Step::Place(place), rest)) => places.entry(*place).or_default().push((rest, value)),
            None => {}
        }
    }
    if !keys.is_empty() {
        return keys.into_iter().map(|(key, below)| (key.to_string(), part(&below))).collect();
    }
    if !places.is_empty() {
        return places.into_values().map(|below| part(&below)).collect();
    }
    leaves.first().map_or(Value::Null, |(_, value)| (*value).clone())
}
