//! Vectors by model and content hash: a text is encoded once, wherever it stands, and forgotten with its last chunk.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{OptionalExtension, Row, Transaction};

use crate::{Store, StoreError};

impl Store {
    /// Which of these hashes have no vector under `model`, each once, in the order given.
    pub fn missing_vectors(&self, model: &str, hashes: &[String]) -> Result<Vec<String>, StoreError> {
        self.read(|tx| {
            let model = model_id(tx, model)?.map(|(id, _)| id);
            let mut find = tx.prepare_cached("SELECT 1 FROM vector WHERE hash = ?1 AND model = ?2")?;
            let (mut seen, mut missing) = (BTreeSet::new(), Vec::new());
            for hash in hashes {
                if seen.insert(hash) && !find.exists((hash, model))? {
                    missing.push(hash.clone());
                }
            }
            Ok(missing)
        })
    }

    /// The vectors of these hashes under `model`; hashes without one are absent.
    pub fn vectors(&self, model: &str, hashes: &[String]) -> Result<BTreeMap<String, Vec<f32>>, StoreError> {
        self.read(|tx| {
            let model = model_id(tx, model)?.map(|(id, _)| id);
            let mut find = tx.prepare_cached("SELECT body FROM vector WHERE hash = ?1 AND model = ?2")?;
            let mut found = BTreeMap::new();
            for hash in hashes {
                let read = |row: &Row<'_>| {
                    let mut vector = Vec::new();
                    Ok(read_vector(row, 0, &mut vector).map(|_| vector))
                };
                if let Some(vector) = find.query_row((hash, model), read).optional()? {
                    found.insert(hash.clone(), vector?);
                }
            }
            Ok(found)
        })
    }

    /// The models that have vectors here, with the length of each one's.
    pub fn vector_models(&self) -> Result<BTreeMap<String, usize>, StoreError> {
        self.read(|tx| {
            let mut all = tx.prepare_cached("SELECT name, dim FROM model")?;
            let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Deletes the vectors of every model but `keep`, and any that no live chunk uses; returns how many.
    ///
    /// Vectors of deleted text go in the transaction that deletes it; this frees what an old model left.
    pub fn collect_garbage(&self, keep: &str) -> Result<usize, StoreError> {
        self.write(|tx| {
            let deleted = tx.execute(
                "DELETE FROM vector WHERE model NOT IN (SELECT id FROM model WHERE name = ?1)
                 OR NOT EXISTS (SELECT 1 FROM chunk WHERE embed_hash = vector.hash)",
                [keep],
            )?;
            tx.execute("DELETE FROM model WHERE name <> ?1", [keep])?;
            Ok(deleted)
        })
    }
}

/// The row number of a model and the length of its vectors.
pub(crate) fn model_id(tx: &Transaction<'_>, name: &str) -> Result<Option<(u32, usize)>, StoreError> {
    let mut find = tx.prepare_cached("SELECT id, dim FROM model WHERE name = ?1")?;
    Ok(find.query_row([name], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

/// The row number of a model, which is added if new; its vectors must all have `dim` numbers.
pub(crate) fn model_for(tx: &Transaction<'_>, name: &str, dim: usize) -> Result<u32, StoreError> {
    match model_id(tx, name)? {
        Some((id, wanted)) if wanted == dim => Ok(id),
        Some((_, wanted)) => Err(StoreError::BadVector { model: name.to_string(), found: dim, wanted }),
        None => {
            tx.execute("INSERT INTO model (name, dim) VALUES (?1, ?2)", (name, dim))?;
            Ok(u32::try_from(tx.last_insert_rowid()).map_err(|_| StoreError::TooLarge)?)
        }
    }
}

/// How a vector lies in its row: little-endian `f32`s.
pub(crate) fn body_of(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// Reads a vector into `into`; false when the column is null.
pub(crate) fn read_vector(row: &Row<'_>, column: usize, into: &mut Vec<f32>) -> Result<bool, StoreError> {
    let Some(body) = row.get_ref(column)?.as_blob_or_null().map_err(rusqlite::Error::from)? else {
        return Ok(false);
    };
    let (numbers, rest) = body.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(StoreError::Damaged { what: format!("a vector has {} bytes", body.len()) });
    }
    into.clear();
    into.extend(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)));
    Ok(true)
}
