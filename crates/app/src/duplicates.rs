//! Documents that say the same as another, found when they come in.

use std::collections::BTreeSet;

use engraft_ingest::dedupe::{DuplicateIndex, Signature};
use engraft_store::Store;
use serde::Serialize;

use crate::Error;

/// At most this many are reported.
const SHOWN: usize = 50;
/// Share of common shingles from which two documents say the same.
const ALIKE: f32 = 0.8;

/// A document and the one it repeats.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Duplicate {
    /// The document that came in.
    pub uri: String,
    /// The one that says the same.
    pub of: String,
    /// The estimated share of common shingles, in `[0, 1]`; 1 for exact copies.
    pub similarity: f32,
}

/// Which of the documents `touched` repeat another live document.
pub(crate) fn of(store: &Store, touched: &BTreeSet<u32>) -> Result<Vec<Duplicate>, Error> {
    if touched.is_empty() {
        return Ok(Vec::new());
    }
    let signatures = store.signatures()?;
    let mut index = DuplicateIndex::new(ALIKE);
    let mut found = Vec::new();
    // Documents that were there before come first, so that the newcomer is called the copy.
    let (new, old): (Vec<_>, Vec<_>) = signatures.iter().partition(|row| touched.contains(&row.doc));
    for (is_new, row) in old.into_iter().map(|row| (false, row)).chain(new.into_iter().map(|row| (true, row)))
    {
        let Ok(signature) = Signature::from_bytes(&row.bytes) else { continue };
        let near = if is_new && found.len() < SHOWN { index.near(&signature) } else { Vec::new() };
        let closest = near.into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((no, similarity)) = closest {
            let of = signatures
                .iter()
                .find(|other| other.doc == no)
                .map(|other| other.uri.clone())
                .unwrap_or_default();
            found.push(Duplicate { uri: row.uri.clone(), of, similarity });
        }
        index.add(row.doc, signature);
    }
    Ok(found)
}
