//! What differs between two snapshots, item by item.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::Record;
use crate::canonical::canonical_json;

/// What one snapshot has that the other has not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SnapshotDiff {
    /// Items only in the second.
    pub added: Vec<String>,
    /// Items only in the first.
    pub removed: Vec<String>,
    /// Items in both that differ.
    pub changed: Vec<Change>,
    /// How many items are the same in both.
    pub unchanged: u64,
}

/// An item that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its id.
    pub item: String,
    /// In what: `fields.text`, `metadata.lang`, `responses.ann`, `suggestions.m1`, `gold.topic`, `resolution.topic`,
    /// `resolution` when only its provenance differs; in this order.
    pub what: Vec<String>,
}

/// Compares two snapshots, each in the order of its ids, holding one record of each at a time.
pub fn diff(before: impl Iterator<Item = Record>, after: impl Iterator<Item = Record>) -> SnapshotDiff {
    let (mut before, mut after) = (before.peekable(), after.peekable());
    let mut diff = SnapshotDiff::default();
    loop {
        let order = match (before.peek(), after.peek()) {
            (Some(old), Some(new)) => old.id.cmp(&new.id),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return diff,
        };
        let old = before.next_if(|_| order != Ordering::Greater);
        let new = after.next_if(|_| order != Ordering::Less);
        match (old, new) {
            (Some(old), Some(new)) => {
                let what = changes(&old, &new);
                if what.is_empty() {
                    diff.unchanged += 1;
                } else {
                    diff.changed.push(Change { item: new.id, what });
                }
            }
            (Some(old), None) => diff.removed.push(old.id),
            (None, Some(new)) => diff.added.push(new.id),
            (None, None) => return diff,
        }
    }
}

fn changes(old: &Record, new: &Record) -> Vec<String> {
    if old == new {
        return Vec::new();
    }
    let parts = |record: &Record| {
        let mut parts: BTreeMap<(usize, String), String> = BTreeMap::new();
        let mut note = |order: usize, name: String, value: String| {
            // Several suggestions of one model: all of them are the part.
            let part: &mut String = parts.entry((order, name)).or_default();
            part.push_str(&value);
        };
        for (name, value) in &record.fields {
            note(0, format!("fields.{name}"), canonical_json(value));
        }
        for (name, value) in &record.metadata {
            note(1, format!("metadata.{name}"), canonical_json(value));
        }
        for given in &record.responses {
            note(2, format!("responses.{}", given.user), canonical_json(given));
        }
        for suggestion in &record.suggestions {
            note(3, format!("suggestions.{}", suggestion.model), canonical_json(suggestion));
        }
        for (name, answer) in record.gold.iter().flatten() {
            note(4, format!("gold.{name}"), canonical_json(answer));
        }
        if let Some(resolution) = &record.resolution {
            for (name, answer) in &resolution.answers {
                note(5, format!("resolution.{name}"), canonical_json(answer));
            }
            let provenance = (resolution.source, &resolution.by, resolution.posterior);
            note(6, "resolution".to_string(), canonical_json(&provenance));
        }
        parts
    };
    let (old, new) = (parts(old), parts(new));
    let mut what: Vec<&(usize, String)> =
        old.iter().filter(|(key, value)| new.get(*key) != Some(*value)).map(|(key, _)| key).collect();
    what.extend(new.keys().filter(|key| !old.contains_key(*key)));
    what.sort();
    let answers = what.iter().any(|(order, _)| *order == 5);
    what.into_iter().filter(|(order, _)| *order < 6 || !answers).map(|(_, name)| name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Schema;
    use expect_test::{Expect, expect};
    use serde_json::{Value, json};

    #[track_caller]
    fn check(before: &[Value], after: &[Value], expected: &Expect) {
        let schema = r#"{"fields":[{"name":"t","type":"text"}],
            "questions":[{"name":"q","type":"label","options":["a","b"]},{"name":"r","type":"text","required":false}]}"#;
        let schema = Schema::read(schema).unwrap();
        let read = |values: &[Value]| -> Vec<Record> {
            values.iter().map(|value| Record::read(&schema, value).unwrap()).collect()
        };
        let diff = diff(read(before).into_iter(), read(after).into_iter());
        expected.assert_eq(&serde_json::to_string_pretty(&diff).unwrap());
    }

    #[test]
    fn items_are_added_removed_and_changed_in_named_parts() {
        let item = |id: &str, rest: Value| {
            let mut item = json!({"id": id, "fields": {"t": id}});
            item.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
            item
        };
        let said = |label: &str| json!([{"user": "ann", "status": "submitted", "answers": {"q": label}}]);
        let came =
            |label: &str, by: &str| json!({"answers": {"q": label}, "source": "adjudicated", "by": by});
        check(
            &[
                item("a", json!({})),
                item("b", json!({"responses": said("a"), "metadata": {"lang": "en"}, "gold": {"q": "a"}})),
                item("c", json!({"resolution": came("a", "lea")})),
                item("d", json!({"resolution": came("a", "lea")})),
                item("e", json!({})),
            ],
            &[
                item("b", json!({"responses": said("b"), "fields": {"t": "B"}, "gold": {"r": "x"}})),
                item("c", json!({"resolution": came("b", "max")})),
                item("d", json!({"resolution": came("a", "max")})),
                item("e", json!({})),
                item("f", json!({})),
            ],
            &expect![[r#"
                {
                  "added": [
                    "f"
                  ],
                  "removed": [
                    "a"
                  ],
                  "changed": [
                    {
                      "item": "b",
                      "what": [
                        "fields.t",
                        "metadata.lang",
                        "responses.ann",
                        "gold.q",
                        "gold.r"
                      ]
                    },
                    {
                      "item": "c",
                      "what": [
                        "resolution.q"
                      ]
                    },
                    {
                      "item": "d",
                      "what": [
                        "resolution"
                      ]
                    }
                  ],
                  "unchanged": 1
                }"#]],
        );
    }

    #[test]
    fn nothing_differs_from_itself() {
        let item = json!({"id": "a", "fields": {"t": "x"}});
        let items = [item];
        check(
            &items,
            &items,
            &expect![[r#"
            {
              "added": [],
              "removed": [],
              "changed": [],
              "unchanged": 1
            }"#]],
        );
        check(
            &[],
            &[],
            &expect![[r#"
            {
              "added": [],
              "removed": [],
              "changed": [],
              "unchanged": 0
            }"#]],
        );
    }
}
