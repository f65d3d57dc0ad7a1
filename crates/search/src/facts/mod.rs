//! Facts of documents as sorted columns, so that a filter is a few binary searches and a few runs of bits.
//!
//! Like chunks, facts live in immutable parts; a later part's facts of a document replace all earlier ones.

mod file;

use std::collections::BTreeMap;

use engraft_core::DocNo;
use serde_json::Value;

use crate::bits::Bits;
use crate::change::DocFacts;
use crate::filter::{Bound, Node};

/// Whom a document is open to when everybody may see it.
const EVERYBODY: &str = "*";

/// The bytes a value sorts by: its type, then itself; `None` for lists and objects.
///
/// Numbers compare as 64-bit floats, so integers beyond 2^53 may fall together.
pub(crate) fn key_of(value: &Value) -> Option<Vec<u8>> {
    Some(match value {
        Value::Null => vec![1],
        Value::Bool(flag) => vec![2, u8::from(*flag)],
        Value::Number(number) => {
            let number = number.as_f64()? + 0.0;
            let bits = number.to_bits();
            let ordered = if bits >> 63 == 0 { bits | 1 << 63 } else { !bits };
            let mut key = vec![3];
            key.extend(ordered.to_be_bytes());
            key
        }
        Value::String(text) => {
            let mut key = vec![4];
            key.extend(text.as_bytes());
            key
        }
        Value::Array(_) | Value::Object(_) => return None,
    })
}

/// All values of one field: sorted keys, and for each the rows that have it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Column {
    blob: Vec<u8>,
    // Where each key ends in `blob`.
    ends: Vec<u32>,
    // Where each key's rows end in `rows`.
    row_ends: Vec<u32>,
    rows: Vec<u32>,
}

impl Column {
    /// From (key, row) pairs in any order.
    fn new(mut pairs: Vec<(&[u8], u32)>) -> Column {
        pairs.sort_unstable();
        pairs.dedup();
        let mut column = Column::default();
        let mut before = None;
        for (key, row) in pairs {
            if before != Some(key) {
                column.blob.extend_from_slice(key);
                column.ends.push(column.blob.len() as u32);
                column.row_ends.push(column.rows.len() as u32);
                before = Some(key);
            }
            column.rows.push(row);
            if let Some(end) = column.row_ends.last_mut() {
                *end = column.rows.len() as u32;
            }
        }
        column
    }

    fn key(&self, at: usize) -> &[u8] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize };
        &self.blob[start..self.ends[at] as usize]
    }

    /// The first key at or past `key`.
    fn seek(&self, key: &[u8]) -> usize {
        let (mut low, mut high) = (0, self.ends.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.key(middle) < key { low = middle + 1 } else { high = middle }
        }
        low
    }

    fn rows_of(&self, from: usize, to: usize) -> &[u32] {
        let start = |at: usize| if at == 0 { 0 } else { self.row_ends[at - 1] as usize };
        &self.rows[start(from)..start(to.max(from))]
    }

    fn within(&self, bound: &Bound) -> &[u32] {
        self.rows_of(self.seek(&bound.from), self.seek(&bound.to))
    }

    fn pairs(&self) -> impl Iterator<Item = (&[u8], u32)> {
        (0..self.ends.len())
            .flat_map(move |at| self.rows_of(at, at + 1).iter().map(move |&row| (self.key(at), row)))
    }

    fn fits(&self, rows: usize) -> bool {
        self.ends.is_sorted()
            && self.row_ends.is_sorted()
            && self.ends.len() == self.row_ends.len()
            && self.ends.last().map_or(0, |&end| end as usize) == self.blob.len()
            && self.row_ends.last().map_or(0, |&end| end as usize) == self.rows.len()
            && self.rows.iter().all(|&row| (row as usize) < rows)
    }
}

/// An immutable set of documents' facts. Rows are documents in ascending order of their number.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Facts {
    docs: Vec<DocNo>,
    fields: BTreeMap<String, Column>,
    acl: Column,
}

type Pairs<'a> = BTreeMap<String, Vec<(std::borrow::Cow<'a, [u8]>, u32)>>;

fn flatten(field: &str, value: &Value, see: &mut impl FnMut(&str, Vec<u8>)) {
    match value {
        Value::Array(values) => {
            values.iter().filter(|value| !value.is_object()).for_each(|value| flatten(field, value, see))
        }
        Value::Object(values) => {
            values.iter().for_each(|(name, value)| flatten(&format!("{field}.{name}"), value, see));
        }
        scalar => see(field, key_of(scalar).unwrap_or_default()),
    }
}

impl Facts {
    /// Of two facts of one document, the later counts.
    pub(crate) fn new(facts: &[DocFacts]) -> Facts {
        let latest: BTreeMap<DocNo, &DocFacts> = facts.iter().map(|facts| (facts.doc, facts)).collect();
        let mut fields: Pairs<'_> = BTreeMap::new();
        let mut acl: Vec<(&[u8], u32)> = Vec::new();
        for (row, facts) in latest.values().enumerate() {
            for (field, value) in &facts.metadata {
                flatten(field, value, &mut |field, key| match fields.get_mut(field) {
                    Some(pairs) => pairs.push((key.into(), row as u32)),
                    None => {
                        fields.insert(field.to_string(), vec![(key.into(), row as u32)]);
                    }
                });
            }
            acl.extend(facts.acl.iter().map(|principal| (principal.as_bytes(), row as u32)));
        }
        let fields = fields.iter().map(|(field, pairs)| (field.clone(), column(pairs))).collect();
        Facts { docs: latest.into_keys().collect(), fields, acl: Column::new(acl) }
    }

    /// The live facts of several parts as one; no document is live in two.
    pub(crate) fn merge(parts: &[(&Facts, &Bits)]) -> Facts {
        let mut docs: Vec<(DocNo, usize, usize)> = Vec::new();
        for (part, (facts, dead)) in parts.iter().enumerate() {
            let live = facts.docs.iter().enumerate().filter(|(row, _)| !dead.has(*row));
            docs.extend(live.map(|(row, &doc)| (doc, part, row)));
        }
        docs.sort_unstable();
        let mut moved: Vec<Vec<Option<u32>>> =
            parts.iter().map(|(facts, _)| vec![None; facts.docs.len()]).collect();
        for (new, &(_, part, row)) in docs.iter().enumerate() {
            moved[part][row] = Some(new as u32);
        }
        let mut fields: BTreeMap<&str, Vec<(&[u8], u32)>> = BTreeMap::new();
        let mut acl = Vec::new();
        for ((facts, _), moved) in parts.iter().zip(&moved) {
            let place = |(key, row): (_, u32)| moved[row as usize].map(|new| (key, new));
            for (field, column) in &facts.fields {
                fields.entry(field).or_default().extend(column.pairs().filter_map(place));
            }
            acl.extend(facts.acl.pairs().filter_map(place));
        }
        let fields = fields.into_iter().filter(|(_, pairs)| !pairs.is_empty());
        let fields = fields.map(|(field, pairs)| (field.to_string(), Column::new(pairs))).collect();
        Facts { docs: docs.into_iter().map(|(doc, ..)| doc).collect(), fields, acl: Column::new(acl) }
    }

    pub(crate) fn docs(&self) -> &[DocNo] {
        &self.docs
    }

    pub(crate) fn row_of(&self, doc: DocNo) -> Option<usize> {
        self.docs.binary_search(&doc).ok()
    }

    /// The rows, dead ones included, that `node` holds for.
    pub(crate) fn matching(&self, node: &Node) -> Bits {
        match node {
            Node::All(nodes) => nodes.iter().fold(Bits::all(self.docs.len()), |mut bits, node| {
                bits.keep(&self.matching(node));
                bits
            }),
            Node::Any(nodes) => nodes.iter().fold(Bits::none(self.docs.len()), |mut bits, node| {
                bits.join(&self.matching(node));
                bits
            }),
            Node::Not(node) => {
                let mut bits = self.matching(node);
                bits.invert();
                bits
            }
            Node::Within { field, bounds } => {
                let mut bits = Bits::none(self.docs.len());
                if let Some(column) = self.fields.get(field) {
                    bounds
                        .iter()
                        .flat_map(|bound| column.within(bound))
                        .for_each(|&row| bits.set(row as usize));
                }
                bits
            }
            Node::Exists { field } => {
                let mut bits = Bits::none(self.docs.len());
                if let Some(column) = self.fields.get(field) {
                    column.rows.iter().for_each(|&row| bits.set(row as usize));
                }
                bits
            }
        }
    }

    /// The rows, dead ones included, that somebody with these principals may see.
    pub(crate) fn visible(&self, principals: &[String]) -> Bits {
        let mut bits = Bits::none(self.docs.len());
        for principal in principals.iter().map(String::as_str).chain([EVERYBODY]) {
            let at = self.acl.seek(principal.as_bytes());
            if at < self.acl.ends.len() && self.acl.key(at) == principal.as_bytes() {
                self.acl.rows_of(at, at + 1).iter().for_each(|&row| bits.set(row as usize));
            }
        }
        bits
    }
}

fn column(pairs: &[(std::borrow::Cow<'_, [u8]>, u32)]) -> Column {
    Column::new(pairs.iter().map(|(key, row)| (&**key, *row)).collect())
}
