//! Collections: sources whose documents come from one file of records rather than a folder of files.

use std::collections::BTreeSet;
use std::path::Path;

use engraft_core::{Content, content_hash};
use engraft_store::{FileStamp, SourceRow};
use rayon::prelude::*;
use serde_json::json;

use crate::Error;
use crate::ingest::{Bringing, removals};
use crate::prepare::Prepared;

impl Bringing<'_> {
    /// The source of a collection kept in `file`; `sync` does not follow it.
    pub(crate) fn collection(&self, name: &str, file: &Path) -> Result<SourceRow, Error> {
        let store = &self.workspace.store;
        let root = file.display().to_string();
        let before = store.source(name)?;
        if before.as_ref().is_some_and(|source| source.kind != "collection") {
            let message = format!("`{name}` is a source of files already");
            return Err(Error::Request { message, hint: "name the collection: `--source NAME`".into() });
        }
        let acl = before.map(|source| source.acl).unwrap_or_default();
        let row = SourceRow {
            id: 0,
            name: name.into(),
            root,
            kind: "collection".into(),
            acl,
            metadata: Default::default(),
            settings: json!({}),
        };
        Ok(SourceRow { id: store.upsert_source(&row)?, ..row })
    }

    /// Brings in some records, by uri; those whose content is as it was are counted unchanged.
    pub(crate) fn contents(
        &mut self,
        source: &SourceRow,
        contents: Vec<(String, Content)>,
    ) -> Result<(), Error> {
        let recipe = self.recipe(source)?;
        let made: Vec<Prepared> = contents
            .into_par_iter()
            .map(|(uri, content)| {
                let hash = content_hash(content.text.as_bytes());
                let stamp =
                    FileStamp { size: content.text.len() as u64, mtime_ns: 0, hash, container: uri.clone() };
                let mut prepared = Prepared::default();
                let document = recipe.document(&uri, content, &stamp, &mut prepared);
                prepared.documents.push(document);
                prepared
            })
            .collect();
        let mut all = Prepared::default();
        for prepared in made {
            self.report.bytes +=
                prepared.documents.iter().map(|document| document.text.len() as u64).sum::<u64>();
            all.absorb(prepared);
        }
        self.apply(Vec::new(), all)
    }

    /// Removes the records that are not `kept`.
    pub(crate) fn keep_only(&mut self, source: &SourceRow, kept: &BTreeSet<String>) -> Result<(), Error> {
        let held = self.workspace.store.uris_by_container(source.id)?;
        let writes = held.values().flat_map(|uris| removals(source, uris, kept)).collect();
        self.apply(writes, Prepared::default())
    }
}
