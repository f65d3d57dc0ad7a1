//! Documents with a number each, by query: a run or judgements, borrowed from the text or the maps they are in.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use crate::threads::in_parts;

/// A document of a query, and its score or grade.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Row<'t, V> {
    pub(crate) doc: &'t str,
    pub(crate) value: V,
}

/// Rows as they were read, and where a query begins in them.
pub(super) struct Part<'t, V> {
    pub(super) rows: Vec<Row<'t, V>>,
    pub(super) starts: Vec<(&'t str, usize)>,
}

impl<'t, V> Part<'t, V> {
    pub(super) fn with_capacity(rows: usize) -> Part<'t, V> {
        Part { rows: Vec::with_capacity(rows), starts: Vec::new() }
    }

    pub(super) fn push(&mut self, query: &'t str, doc: &'t str, value: V) {
        if self.starts.last().is_none_or(|(last, _)| *last != query) {
            self.starts.push((query, self.rows.len()));
        }
        self.rows.push(Row { doc, value });
    }
}

/// A query's rows: which part they are in, and where. More than one place when the file comes back to a query.
type Places = Vec<(usize, Range<usize>)>;

/// Documents by query, each at most once; queries are in byte order.
pub struct Table<'t, V> {
    parts: Vec<Part<'t, V>>,
    queries: Vec<(&'t str, Places)>,
}

impl<'t, V: Copy + Sync> Table<'t, V> {
    pub(super) fn of(parts: Vec<Part<'t, V>>) -> Table<'t, V> {
        let mut at: HashMap<&str, usize> = HashMap::new();
        let mut queries: Vec<(&str, Places)> = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            for (index, (query, start)) in part.starts.iter().enumerate() {
                let end = part.starts.get(index + 1).map_or(part.rows.len(), |next| next.1);
                let place = *at.entry(query).or_insert_with(|| {
                    queries.push((query, Vec::with_capacity(1)));
                    queries.len() - 1
                });
                queries[place].1.push((number, *start..end));
            }
        }
        queries.sort_unstable_by_key(|(query, _)| *query);
        Table { parts, queries }
    }

    /// The same, of maps.
    pub fn of_map(map: &'t BTreeMap<String, BTreeMap<String, V>>) -> Table<'t, V> {
        let mut part = Part::with_capacity(map.values().map(BTreeMap::len).sum());
        for (query, docs) in map {
            // Here even a query without documents is known.
            part.starts.push((query, part.rows.len()));
            part.rows.extend(docs.iter().map(|(doc, value)| Row { doc, value: *value }));
        }
        Table::of(vec![part])
    }

    /// As maps.
    pub fn to_map(&self) -> BTreeMap<String, BTreeMap<String, V>> {
        let docs = |at| self.rows(at).map(|row| (row.doc.to_string(), row.value)).collect();
        self.queries.iter().enumerate().map(|(at, (query, _))| (query.to_string(), docs(at))).collect()
    }

    /// How many queries there are.
    pub fn len(&self) -> usize {
        self.queries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.queries.is_empty()
    }

    /// The query at a place, from 0, in byte order.
    pub fn query(&self, at: usize) -> &'t str {
        self.queries[at].0
    }

    /// Where a query is.
    pub fn place(&self, query: &str) -> Option<usize> {
        self.queries.binary_search_by_key(&query, |(name, _)| name).ok()
    }

    /// The rows of the query at a place, in the order they were read.
    pub(crate) fn rows(&self, at: usize) -> impl Iterator<Item = Row<'t, V>> {
        self.queries[at]
            .1
            .iter()
            .flat_map(|(part, range)| self.parts[*part].rows[range.clone()].iter().copied())
    }

    /// A query and a document it has twice; of several, the one whose second mention comes first.
    pub(super) fn twice(&self) -> Option<(&'t str, &'t str)> {
        let found = in_parts(self.len(), |part| {
            let mut seen = Vec::new();
            let twice = part.flat_map(|at| Some((self.query(at), self.twice_in(at, &mut seen)?)));
            twice.min_by_key(|(_, doc)| doc.as_ptr())
        });
        found.into_iter().flatten().min_by_key(|(_, doc)| doc.as_ptr())
    }

    fn twice_in(&self, at: usize, seen: &mut Vec<(u64, &'t str)>) -> Option<&'t str> {
        seen.clear();
        seen.extend(self.rows(at).map(|row| (hash(row.doc), row.doc)));
        // Equal names side by side, the later in the text behind.
        seen.sort_unstable_by_key(|(hash, doc)| (*hash, *doc, doc.as_ptr()));
        let second = seen.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[1].1);
        second.min_by_key(|doc| doc.as_ptr())
    }
}

/// FNV-1a: sorting by it is quicker than by names.
fn hash(name: &str) -> u64 {
    name.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
