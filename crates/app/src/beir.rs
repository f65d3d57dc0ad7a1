//! `import beir`: a published collection's corpus as documents, so that any run can be scored by other tools.

use std::path::Path;

use engraft_core::{Block, BlockKind, CharMap, Content};
use serde::Deserialize;

use crate::ingest::{Bringing, IngestReport};
use crate::isolate::Parsers;
use crate::search::read_lines;
use crate::workspace::Workspace;
use crate::{Context, Error};

/// How many records make one transaction.
const BATCH: usize = 500;

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "_id")]
    id: String,
    #[serde(default)]
    title: String,
    text: String,
    #[serde(default)]
    metadata: serde_json::Map<String, serde_json::Value>,
}

/// Brings in `corpus.jsonl` of `dir`; a record's uri is its `_id`. Records that left the corpus are removed.
pub fn import(
    context: Context,
    workspace: &Workspace,
    parsers: &Parsers,
    dir: &Path,
    name: Option<&str>,
) -> Result<IngestReport, Error> {
    let corpus = dir.join("corpus.jsonl");
    let records: Vec<Record> = read_lines(&corpus, "{\"_id\":\"d1\",\"title\":\"…\",\"text\":\"…\"}")?;
    let own = dir.canonicalize().map_err(Error::io("find", dir))?;
    let own = own.file_name().map_or_else(|| "beir".into(), |name| name.to_string_lossy().into_owned());
    let mut bringing = Bringing::new(context, workspace, parsers)?;
    let source = bringing.collection(name.unwrap_or(&own), &corpus)?;
    context.progress.stage(&source.name, Some(records.len() as u64));
    let mut kept = std::collections::BTreeSet::new();
    for batch in records.chunks(BATCH) {
        kept.extend(batch.iter().map(|record| record.id.clone()));
        bringing
            .contents(&source, batch.iter().map(|record| (record.id.clone(), content(record))).collect())?;
        context.progress.advance(batch.len() as u64);
    }
    bringing.keep_only(&source, &kept)?;
    bringing.finish()
}

/// The stored text is the record's text; its title is context, as in the collection.
fn content(record: &Record) -> Content {
    let map = CharMap::new(&record.text);
    let (start, end) = trimmed(&record.text);
    let block = map.span_of_bytes(start, end).map(|span| Block {
        span,
        kind: BlockKind::Paragraph,
        page: None,
        place: None,
        plain: None,
    });
    Content {
        title: (!record.title.trim().is_empty()).then(|| record.title.trim().to_string()),
        mime: "text/plain".into(),
        text: record.text.clone(),
        blocks: block.into_iter().collect(),
        metadata: record.metadata.clone().into_iter().collect(),
        warnings: Vec::new(),
    }
}

fn trimmed(text: &str) -> (usize, usize) {
    let start = text.len() - text.trim_start().len();
    (start, start + text.trim().len())
}
