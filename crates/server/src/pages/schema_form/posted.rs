//! The pairs of a posted form, by name.

use serde_json::{Map, Value};

/// What a form holds. Lines end as in a schema, whatever the browser sent.
pub(crate) struct Posted(Vec<(String, String)>);

impl Posted {
    /// The pairs of a form's body; none when it is no form.
    pub(crate) fn of(form: &str) -> Posted {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(form).unwrap_or_default();
        Posted(pairs.into_iter().map(|(name, value)| (name, value.replace("\r\n", "\n"))).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    pub(super) fn all<'p>(&'p self, name: &str) -> impl Iterator<Item = &'p str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|pair| pair.1.as_str())
    }

    /// A value that travelled as JSON.
    pub(super) fn json(&self, name: &str) -> Option<Value> {
        serde_json::from_str(self.get(name)?).ok()
    }

    /// An object that travelled as JSON; empty when there is none.
    pub(super) fn kept(&self, at: &str) -> Map<String, Value> {
        match self.json(&format!("{at}.keep")) {
            Some(Value::Object(map)) => map,
            _ => Map::new(),
        }
    }

    /// The lines that say something.
    pub(super) fn lines(&self, name: &str) -> Vec<&str> {
        self.get(name).unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty()).collect()
    }

    /// Puts words at a key of a part; none are no setting.
    pub(super) fn words(&self, at: &str, key: &str, part: &mut Map<String, Value>) {
        if let Some(words) = self.get(&format!("{at}.{key}")) {
            match words.trim() {
                "" => drop(part.remove(key)),
                words => drop(part.insert(key.to_string(), words.into())),
            }
        }
    }

    /// Puts what a box says at a key of a part, where it is not what goes without saying.
    pub(super) fn flag(&self, at: &str, key: &str, default: bool, part: &mut Map<String, Value>) {
        let ticked = self.get(&format!("{at}.{key}")).is_some();
        if ticked == default {
            part.remove(key);
        } else {
            part.insert(key.to_string(), ticked.into());
        }
    }
}
