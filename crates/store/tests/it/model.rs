//! Laws: after any sequence of writes, the store shows what a naive model in memory shows.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use engraft_core::{ChunkNo, DocNo};
use engraft_store::{Changes, Store, Write};
use proptest::prelude::*;

use crate::support::{MODEL, NOW, document, file_in, fresh, vectors};

/// One operation on one of four uris.
#[derive(Clone, Debug)]
enum Op {
    Put(u8, Vec<u8>),
    Remove(u8, bool),
    Acl(u8, u8),
}

fn ops() -> impl Strategy<Value = Vec<Vec<Op>>> {
    let op = prop_oneof![
        5 => (0u8..4, prop::collection::vec(0u8..6, 0..5)).prop_map(|(uri, words)| Op::Put(uri, words)),
        2 => (0u8..4, any::<bool>()).prop_map(|(uri, purge)| Op::Remove(uri, purge)),
        1 => (0u8..4, 0u8..3).prop_map(|(uri, who)| Op::Acl(uri, who)),
    ];
    prop::collection::vec(prop::collection::vec(op, 1..5), 1..10)
}

/// One line a chunk; some of more than one byte a character, some written alike in several documents.
fn text(words: &[u8]) -> String {
    const LINES: [&str; 6] = ["alpha", "beta gamma", "añb", "漢字かな", "👩‍👩‍👧 family", "alpha beta"];
    words.iter().map(|&word| LINES[word as usize].to_string() + "\n").collect()
}

/// What ought to be there.
#[derive(Default)]
struct Model {
    /// By uri: every version's text, `None` once erased.
    versions: BTreeMap<String, Vec<Option<String>>>,
    /// By uri, while it exists: who may read it.
    live: BTreeMap<String, Vec<String>>,
}

impl Model {
    fn write(&mut self, op: &Op) -> Write {
        match op {
            Op::Put(uri, words) => {
                let (uri, text) = (format!("u{uri}"), text(words));
                let versions = self.versions.entry(uri.clone()).or_default();
                let current = versions.last().cloned().flatten();
                if !self.live.contains_key(&uri) || current.as_ref() != Some(&text) {
                    versions.push(Some(text.clone()));
                }
                self.live.insert(uri.clone(), vec![]);
                Write::Put(Box::new(document(&uri, &text)))
            }
            Op::Remove(uri, purge) => {
                let uri = format!("u{uri}");
                self.live.remove(&uri);
                if *purge && let Some(versions) = self.versions.get_mut(&uri) {
                    versions.fill(None);
                }
                Write::Remove { source: 1, uri, purge: *purge }
            }
            Op::Acl(uri, who) => {
                let (uri, acl) = (format!("u{uri}"), vec![format!("p{who}")]);
                if let Some(old) = self.live.get_mut(&uri) {
                    old.clone_from(&acl);
                }
                Write::Acl { source: 1, uri, acl }
            }
        }
    }

    /// The lines of the live documents: uri, version, who, words.
    fn seen(&self) -> BTreeMap<String, (usize, Vec<String>, Vec<String>)> {
        let live = self.live.iter().map(|(uri, acl)| {
            let versions = &self.versions[uri];
            let text = versions.last().cloned().flatten().unwrap_or_default();
            (uri.clone(), (versions.len(), acl.clone(), text.lines().map(str::to_string).collect()))
        });
        live.collect()
    }
}

fn seen(store: &Store) -> BTreeMap<String, (usize, Vec<String>, Vec<String>)> {
    let rows = store.documents(None).expect("the rows").into_iter();
    let mut seen: BTreeMap<_, _> =
        rows.map(|row| (row.uri, (row.version as usize, row.acl, Vec::new()))).collect();
    let show = &mut |chunk: engraft_store::LiveChunk<'_>| {
        assert!(chunk.vector.is_some(), "{} has no vector", chunk.row.no);
        seen.get_mut(&chunk.doc.uri).expect("a row for its document").2.push(chunk.text.to_string());
        ControlFlow::Continue(())
    };
    store.for_each_live_chunk(MODEL, show).expect("the chunks");
    seen
}

/// An index that only ever hears of changes: which chunks it holds, and whose.
#[derive(Default, Debug, PartialEq)]
struct Follower {
    chunks: BTreeSet<ChunkNo>,
    docs: BTreeSet<DocNo>,
}

impl Follower {
    fn hear(&mut self, changes: &Changes) {
        changes.removed.iter().for_each(|no| assert!(self.chunks.remove(no), "{no} was never added"));
        changes.added.iter().for_each(|&no| assert!(self.chunks.insert(no), "{no} was added twice"));
        changes.forgotten.iter().for_each(|no| _ = self.docs.remove(no));
        self.docs.extend(&changes.changed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_store_shows_what_the_model_shows(batches in ops(), catch_up in 1usize..4) {
        let (folder, store) = fresh();
        let (mut model, mut eager, mut lazy, mut heard) = (Model::default(), Follower::default(), Follower::default(), 0);
        for (i, batch) in batches.iter().enumerate() {
            let writes: Vec<Write> = batch.iter().map(|op| model.write(op)).collect();
            let (before, version) = (seen(&store), store.index_version().unwrap());
            let receipt = store.apply(&writes, &vectors(&writes), MODEL, NOW).unwrap();
            prop_assert_eq!(seen(&store), model.seen());
            prop_assert_eq!(receipt.changes.is_empty(), receipt.index_version == version);
            prop_assert_eq!(store.index_version().unwrap(), receipt.index_version);
            prop_assert!(before == model.seen() || !receipt.changes.is_empty());
            eager.hear(&receipt.changes);
            if i % catch_up == 0 {
                let changes = store.changes_since(heard).unwrap().unwrap();
                heard = changes.upto;
                lazy.hear(&changes);
                prop_assert_eq!(&lazy, &eager);
            }
        }
        for (uri, versions) in &model.versions {
            let history = store.history(None, uri).unwrap();
            let texts: Vec<_> = history.iter().map(|v| store.text(v.doc, v.version).unwrap()).collect();
            prop_assert_eq!(&texts, versions);
            let current = history.iter().filter(|v| v.superseded_at.is_none()).count();
            prop_assert_eq!(current, usize::from(model.live.contains_key(uri)));
        }
        prop_assert_eq!(store.check().unwrap(), Vec::<String>::new());
        drop(store);
        let store = Store::open(&file_in(&folder)).unwrap();
        prop_assert_eq!(seen(&store), model.seen());
    }
}
