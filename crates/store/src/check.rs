//! A full check: the file, the references, and that everything visible is whole.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::{Store, StoreError};

impl Store {
    /// Everything that is wrong with the contents, in words; empty when all is well. Reads the whole file.
    ///
    /// Checks SQLite's own structure, references between rows, that every live chunk finds its text, that counts agree,
    /// that no vector outlived its chunks, that the change log, where complete, leads to exactly the live chunks, and that
    /// the counts of the queue are those of its rows.
    pub fn check(&self) -> Result<Vec<String>, StoreError> {
        let mut wrong = self.read(|tx| {
            let mut wrong = Vec::new();
            let mut integrity = tx.prepare("PRAGMA integrity_check")?;
            for line in integrity.query_map([], |row| row.get::<_, String>(0))? {
                wrong.push(line?);
            }
            wrong.retain(|line| line != "ok");
            let mut references = tx.prepare("PRAGMA foreign_key_check")?;
            for table in references.query_map([], |row| row.get::<_, String>(0))? {
                wrong.push(format!("a row of {} refers to nothing", table?));
            }
            for (what, sql) in CONTRADICTIONS {
                let found: u64 =
                    tx.query_row(&format!("SELECT count(*) FROM {sql}"), [], |row| row.get(0))?;
                if found > 0 {
                    wrong.push(format!("{found} {what}"));
                }
            }
            Ok(wrong)
        })?;
        let mut live = BTreeSet::new();
        let upto = self.for_each_live_chunk("", &mut |chunk| {
            live.insert(chunk.row.no);
            ControlFlow::Continue(())
        });
        let logged = self.changes_since(0)?;
        match (upto, logged) {
            (Err(StoreError::Damaged { what }), _) => wrong.push(what),
            (Err(error), _) => return Err(error),
            (Ok(upto), Some(log)) if log.upto == upto && log.added != live => {
                wrong.push(format!(
                    "the change log leads to {} chunks, {} are live",
                    log.added.len(),
                    live.len()
                ));
            }
            _ => {}
        }
        Ok(wrong)
    }
}

const CONTRADICTIONS: &[(&str, &str)] = &[
    (
        "live documents with another number of chunks than they claim",
        "live l WHERE l.chunks <> (SELECT count(*) FROM chunk c WHERE c.doc = l.doc)",
    ),
    (
        "live documents whose version is superseded",
        "live l JOIN version v ON v.doc = l.doc AND v.version = l.version WHERE v.superseded_at IS NOT NULL",
    ),
    (
        "current versions without a live document",
        "version v WHERE v.superseded_at IS NULL AND NOT EXISTS (SELECT 1 FROM live l WHERE l.doc = v.doc)",
    ),
    (
        "vectors of text that is gone",
        "vector x WHERE NOT EXISTS (SELECT 1 FROM chunk c WHERE c.embed_hash = x.hash)",
    ),
    (
        "items with another number of leases than they count",
        "task t WHERE held <> (SELECT count(*) FROM lease l WHERE l.dataset = t.dataset AND l.item = t.item)",
    ),
    (
        "items with another number of answers than they count",
        "task t WHERE submitted <> (SELECT count(*) FROM response r WHERE r.dataset = t.dataset AND r.item = t.item
             AND r.status = 1)",
    ),
    (
        "items that are resolved without a resolution, or the other way round",
        "task t WHERE resolved <> EXISTS (SELECT 1 FROM resolution z WHERE z.dataset = t.dataset AND z.item = t.item)",
    ),
    (
        "datasets with other items than they count",
        "dataset d WHERE (items, gold, open, complete, resolved, wanted, submitted) <> (
             SELECT count(*), ifnull(sum(state = 3), 0), ifnull(sum(state = 0), 0), ifnull(sum(state = 1), 0),
                 ifnull(sum(state = 2), 0), ifnull(sum(wanted * (1 - gold)), 0), ifnull(sum(submitted * (1 - gold)), 0)
             FROM task t WHERE t.dataset = d.no)",
    ),
    (
        "people with another number of responses than they count",
        "member m WHERE (submitted, skipped) <> (
             SELECT ifnull(sum(status = 1), 0), ifnull(sum(status = 2), 0) FROM response r INDEXED BY response_user
             WHERE r.user = m.user AND r.dataset = m.dataset)",
    ),
    (
        "labels with another number of responses than they count",
        "label l WHERE responses <> (SELECT count(*) FROM labelled d WHERE d.label = l.no)",
    ),
];
