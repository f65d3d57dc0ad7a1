//! How much there is, in total and by source.

use std::collections::BTreeMap;

use crate::{Store, StoreError};

/// How much the store holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Live documents.
    pub documents: usize,
    /// Live chunks.
    pub chunks: usize,
    /// Their texts, UTF-8, before compression.
    pub text_bytes: u64,
    /// Vectors, over all models.
    pub vectors: usize,
    /// The file and its write-ahead log.
    pub file_bytes: u64,
    /// By source name; sources without documents too.
    pub by_source: BTreeMap<String, SourceStats>,
}

/// How much one source holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceStats {
    /// Live documents.
    pub documents: usize,
    /// Live chunks.
    pub chunks: usize,
    /// Their texts, UTF-8, before compression.
    pub text_bytes: u64,
}

impl Store {
    /// Whether there is no live document.
    pub fn is_empty(&self) -> Result<bool, StoreError> {
        self.read(|tx| Ok(tx.query_row("SELECT NOT EXISTS (SELECT 1 FROM live)", [], |row| row.get(0))?))
    }

    /// Counts everything.
    pub fn stats(&self) -> Result<Stats, StoreError> {
        let mut stats = self.read(|tx| {
            let mut stats = Stats::default();
            let mut by_source = tx.prepare_cached(
                "SELECT s.name, count(l.doc), ifnull(sum(l.chunks), 0), ifnull(sum(v.bytes), 0)
                 FROM source s
                 LEFT JOIN (document d JOIN live l ON l.doc = d.no
                            JOIN version v ON v.doc = l.doc AND v.version = l.version) ON d.source = s.id
                 GROUP BY s.id",
            )?;
            let mut rows = by_source.query([])?;
            while let Some(row) = rows.next()? {
                let part =
                    SourceStats { documents: row.get(1)?, chunks: row.get(2)?, text_bytes: row.get(3)? };
                stats.documents += part.documents;
                stats.chunks += part.chunks;
                stats.text_bytes += part.text_bytes;
                stats.by_source.insert(row.get(0)?, part);
            }
            stats.vectors = tx.query_row("SELECT count(*) FROM vector", [], |row| row.get(0))?;
            Ok(stats)
        })?;
        let mut log = self.path().as_os_str().to_owned();
        log.push("-wal");
        for file in [self.path().as_os_str(), &log] {
            stats.file_bytes += std::fs::metadata(file).map_or(0, |found| found.len());
        }
        Ok(stats)
    }
}
