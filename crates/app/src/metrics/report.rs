//! What measuring came to, with every item accounted for.

use std::collections::BTreeMap;

use engraft_eval::Metric;
use serde::{Serialize, Serializer};

use crate::Error;

/// Values by name, in an order of their own.
#[derive(Clone, Debug, PartialEq)]
pub struct Named<T>(pub Vec<(String, T)>);

impl<T: Serialize> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// Metrics of one file against another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MetricsReport {
    /// Each measure, in the order asked.
    pub measures: Named<Metric>,
    /// By query or item, each measure's value; null where it is undefined.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_query: Option<Named<Named<Option<f64>>>>,
    /// How many queries or items ended in which state.
    pub states: BTreeMap<&'static str, usize>,
    /// Those that lack an answer; they score 0.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// What to know before comparing these numbers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Each of them once, in their order: a name given twice is shown once.
pub(super) fn distinct<T: PartialEq>(all: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut distinct = Vec::new();
    for one in all {
        if !distinct.contains(&one) {
            distinct.push(one);
        }
    }
    distinct
}

/// The measures with these names, in their order; all when no name is given.
pub(super) fn chosen(all: Vec<(String, Metric)>, names: &[String]) -> Result<Named<Metric>, Error> {
    if names.is_empty() {
        return Ok(Named(all));
    }
    let known: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    let find = |wanted: &String| {
        let found = all.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted.trim()));
        found.cloned().ok_or_else(|| Error::Request {
            message: format!("`{wanted}` cannot be measured on these files"),
            hint: format!("use {}", known.join(", ")),
        })
    };
    let found: Vec<(String, Metric)> = names.iter().map(find).collect::<Result<_, _>>()?;
    Ok(Named(distinct(found)))
}
