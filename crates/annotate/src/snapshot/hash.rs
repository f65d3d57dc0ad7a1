//! The content address of a dataset: the hash of its schema and its records, one canonical line each.

use engraft_core::{Fault, Kind};

use crate::canonical::canonical_json;
use crate::{Record, Schema};

/// Hashes a dataset record by record, in the order of their ids, without keeping any.
///
/// The bytes hashed are the schema's canonical JSON and each record's, every one followed by a line feed; their BLAKE3 hash
/// is the address. Whoever has the lines can check it with any BLAKE3 tool.
#[derive(Debug)]
pub struct SnapshotHasher {
    hasher: blake3::Hasher,
    last: Option<String>,
    records: u64,
}

/// A record that came out of order, or twice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record `{id}` came after `{after}`: a snapshot is hashed in the order of ids, each once")]
pub struct SnapshotError {
    /// The record.
    pub id: String,
    /// The one before it.
    pub after: String,
}

impl Fault for SnapshotError {
    fn kind(&self) -> Kind {
        Kind::Bug
    }
}

impl SnapshotHasher {
    /// Begins with the schema.
    pub fn new(schema: &Schema) -> SnapshotHasher {
        let mut hasher = blake3::Hasher::new();
        hasher.update(canonical_json(schema).as_bytes());
        hasher.update(b"\n");
        SnapshotHasher { hasher, last: None, records: 0 }
    }

    /// Adds a record and returns its line, without the line feed. Ids are ordered by their bytes.
    pub fn push(&mut self, record: &Record) -> Result<String, SnapshotError> {
        if let Some(after) = self.last.take_if(|last| *last >= record.id) {
            return Err(SnapshotError { id: record.id.clone(), after });
        }
        let line = record.canonical();
        self.hasher.update(line.as_bytes());
        self.hasher.update(b"\n");
        self.last = Some(record.id.clone());
        self.records += 1;
        Ok(line)
    }

    /// How many records it has seen.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The address: 64 hex digits.
    pub fn finish(self) -> String {
        self.hasher.finalize().to_hex().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Schema {
        Schema::read(r#"{"fields":[{"name":"t","type":"text"}],"questions":[{"name":"q","type":"text"}]}"#)
            .unwrap()
    }

    fn record(id: &str, text: &str) -> Record {
        let fields = json!({"t": text}).as_object().unwrap().clone();
        Record { id: id.to_string(), fields, ..Record::default() }
    }

    #[test]
    fn the_address_is_the_hash_of_the_lines() {
        let mut hasher = SnapshotHasher::new(&schema());
        let mut file = canonical_json(&schema()) + "\n";
        for record in [record("a", "one"), record("b", "zwö")] {
            file.push_str(&hasher.push(&record).unwrap());
            file.push('\n');
        }
        assert_eq!(hasher.records(), 2);
        assert_eq!(hasher.finish(), engraft_core::content_hash(file.as_bytes()));
    }

    #[test]
    fn order_and_repetition_are_refused() {
        let mut hasher = SnapshotHasher::new(&schema());
        hasher.push(&record("b", "one")).unwrap();
        let error = hasher.push(&record("a", "two")).unwrap_err();
        assert_eq!(error, SnapshotError { id: "a".to_string(), after: "b".to_string() });
        let mut hasher = SnapshotHasher::new(&schema());
        hasher.push(&record("b", "one")).unwrap();
        assert!(hasher.push(&record("b", "one")).is_err());
    }
}
