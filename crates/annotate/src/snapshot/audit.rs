//! What is wrong with a dataset before anybody trains on it: duplicates, leaks, blank and over-long items, balance.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::resolve::tallied;
use crate::split::{normalised, words_of};
use crate::{Record, ResponseStatus, Schema, Shares, group_key, split_of};

/// What to look for.
#[derive(Clone, Debug)]
pub struct AuditOptions {
    /// The splits the dataset will be cut into, and the seed; leaks are looked for between them.
    pub splits: Option<(Shares, u64)>,
    /// More code points than this in one field are over-long; 0 for never.
    pub long: usize,
}

/// What was found. All lists are in the order of the records.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Audit {
    /// How many records there are.
    pub items: u64,
    /// Items whose fields are the same but for case, spacing and compatible characters.
    pub duplicates: Vec<Duplicate>,
    /// The same prompt on two sides of the splits.
    pub leakage: Vec<Leak>,
    /// Items with a field that is blank.
    pub empty: Vec<String>,
    /// Items with a field that is too long.
    pub over_long: Vec<String>,
    /// How often each class is used, by question.
    pub balance: BTreeMap<String, Balance>,
}

/// Items that are the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Duplicate {
    /// Two or more.
    pub items: Vec<String>,
}

/// Items with the same prompt in different splits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Leak {
    /// The items by split; two or more splits.
    pub splits: BTreeMap<String, Vec<String>>,
}

/// How often each class of a question is used.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Balance {
    /// Items with an answer.
    pub items: u64,
    /// Items by class; an item may have several. Classes that nobody used are there with 0.
    pub classes: BTreeMap<String, u64>,
}

/// Audits records, keeping of each its id and two hashes.
///
/// The answers counted for balance are an item's resolution, else those of its submitted responses. A record's metadata may
/// name its `split`; that is used where it does, else `options.splits` by its group. A group is what [`group_key`] says,
/// so that leaks by groups named in the metadata are seen by their normalised prompt.
pub fn audit(schema: &Schema, records: impl Iterator<Item = Record>, options: &AuditOptions) -> Audit {
    let mut audit = Audit { balance: balances(schema), ..Audit::default() };
    // By hash, in the order of first sight.
    let mut same: Groups = Groups::default();
    let mut prompts: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for record in records {
        audit.items += 1;
        let texts: Vec<String> = record.fields.values().map(words_of).collect();
        let same_words = record.fields.keys().zip(&texts);
        let fields: Vec<String> =
            same_words.map(|(name, text)| format!("{name}\u{1f}{}", normalised(text))).collect();
        same.add(address(&fields.join("\u{1e}")), &record.id);
        let named = split_named(&record);
        if named.is_some() || options.splits.is_some() {
            let group = group_key(schema, &record);
            let drawn =
                options.splits.as_ref().map(|(shares, seed)| split_of(&group, shares, *seed).to_string());
            // A group that the metadata names may hide a prompt that another group has too.
            let prompt = if record.metadata.contains_key("group") {
                group_key(schema, &Record { metadata: BTreeMap::new(), ..record.clone() })
            } else {
                group
            };
            if let Some(split) = named.or(drawn) {
                prompts.entry(address(&prompt)).or_default().push((split, record.id.clone()));
            }
        }
        if texts.iter().any(|text| text.trim().is_empty()) {
            audit.empty.push(record.id.clone());
        }
        if options.long > 0 && texts.iter().any(|text| text.chars().count() > options.long) {
            audit.over_long.push(record.id.clone());
        }
        count(schema, &record, &mut audit.balance);
    }
    audit.duplicates = same.repeated().map(|items| Duplicate { items }).collect();
    audit.leakage = prompts.into_values().filter_map(leak).collect();
    audit.leakage.sort_by(|a, b| a.splits.cmp(&b.splits));
    audit
}

/// Items by hash; groups in the order of their first item.
#[derive(Default)]
struct Groups {
    places: BTreeMap<String, usize>,
    items: Vec<Vec<String>>,
}

impl Groups {
    fn add(&mut self, hash: String, id: &str) {
        let place = *self.places.entry(hash).or_insert(self.items.len());
        match self.items.get_mut(place) {
            Some(items) => items.push(id.to_string()),
            None => self.items.push(vec![id.to_string()]),
        }
    }

    fn repeated(self) -> impl Iterator<Item = Vec<String>> {
        self.items.into_iter().filter(|items| items.len() > 1)
    }
}

/// 128 bits are enough for any dataset, and half the memory.
fn address(text: &str) -> String {
    engraft_core::content_hash(text.as_bytes())[..32].to_string()
}

fn split_named(record: &Record) -> Option<String> {
    record.metadata.get("split").and_then(|split| split.as_str()).map(str::to_string)
}

fn leak(items: Vec<(String, String)>) -> Option<Leak> {
    let mut splits: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (split, item) in items {
        splits.entry(split).or_default().push(item);
    }
    (splits.len() > 1).then_some(Leak { splits })
}

fn balances(schema: &Schema) -> BTreeMap<String, Balance> {
    let classes = schema.questions.iter().filter_map(|question| {
        let classes = crate::resolve::known_classes(question)?;
        let classes = classes.into_iter().map(|class| (class, 0)).collect();
        Some((question.name.clone(), Balance { items: 0, classes }))
    });
    classes.collect()
}

fn count(schema: &Schema, record: &Record, balances: &mut BTreeMap<String, Balance>) {
    let submitted = record.responses.iter().filter(|given| given.status == ResponseStatus::Submitted);
    let answers: Vec<_> = match &record.resolution {
        Some(resolution) => vec![&resolution.answers],
        None => submitted.map(|given| &given.answers).collect(),
    };
    for question in &schema.questions {
        let Some(balance) = balances.get_mut(&question.name) else { continue };
        let said = answers.iter().filter_map(|answers| answers.get(&question.name));
        let mut used = BTreeSet::new();
        let mut answered = false;
        for answer in said {
            answered = true;
            used.extend(tallied(answer));
        }
        balance.items += u64::from(answered);
        for class in used {
            *balance.classes.entry(class).or_default() += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use serde_json::json;

    #[test]
    fn an_audit_finds_what_is_planted() {
        let schema = r#"{"fields":[{"name":"t","type":"text"},{"name":"note","type":"text","required":false}],
            "questions":[{"name":"q","type":"label","options":["a","b","c"]}]}"#;
        let schema = Schema::read(schema).unwrap();
        let record = |id: &str, text: &str, label: &str, split: &str| {
            let record = json!({
                "id": id, "fields": {"t": text}, "metadata": {"split": split},
                "responses": [{"user": "ann", "status": "submitted", "answers": {"q": label}}]
            });
            Record::read(&schema, &record).unwrap()
        };
        let records = [
            record("1", "What is tax?", "a", "train"),
            record("2", "what  is TAX?", "a", "test"),
            record("3", "What is VAT?", "b", "train"),
            record("4", " ", "a", "train"),
            record("5", &"long ".repeat(9), "a", "dev"),
        ];
        let found = audit(&schema, records.into_iter(), &AuditOptions { splits: None, long: 40 });
        expect![[r#"
            {
              "items": 5,
              "duplicates": [
                {
                  "items": [
                    "1",
                    "2"
                  ]
                }
              ],
              "leakage": [
                {
                  "splits": {
                    "test": [
                      "2"
                    ],
                    "train": [
                      "1"
                    ]
                  }
                }
              ],
              "empty": [
                "4"
              ],
              "over_long": [
                "5"
              ],
              "balance": {
                "q": {
                  "items": 5,
                  "classes": {
                    "a": 4,
                    "b": 1,
                    "c": 0
                  }
                }
              }
            }"#]]
        .assert_eq(&serde_json::to_string_pretty(&found).unwrap());
    }

    #[test]
    fn splits_by_group_do_not_leak() {
        let schema = r#"{"fields":[{"name":"t","type":"text"}],"questions":[{"name":"q","type":"text"}]}"#;
        let schema = Schema::read(schema).unwrap();
        let record = |n: u32| {
            let fields = json!({"t": format!("prompt {}", n % 40)}).as_object().unwrap().clone();
            Record { id: n.to_string(), fields, ..Record::default() }
        };
        let splits = Some((Shares::read("train=.5,test=.5").unwrap(), 0));
        let found = audit(&schema, (0..200).map(record), &AuditOptions { splits, long: 0 });
        assert_eq!((found.items, found.duplicates.len(), found.leakage.len()), (200, 40, 0));
    }
}
