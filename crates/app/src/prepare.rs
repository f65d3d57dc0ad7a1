//! One file's bytes to what the store takes: parsed, chunked, addressed by content.

use std::collections::BTreeMap;

use engraft_core::{CharMap, Chunk, Content, CountTokens, Diagnostic, content_hash, short_id};
use engraft_ingest::{ChunkLimits, dedupe};
use engraft_store::{FileStamp, NewChunk, PutDocument, SourceRow};

use crate::isolate::Parsers;

/// How documents of one source are made.
pub(crate) struct Recipe<'a> {
    pub(crate) parsers: &'a Parsers,
    pub(crate) count: &'a dyn CountTokens,
    pub(crate) limits: ChunkLimits,
    pub(crate) source: &'a SourceRow,
}

/// What some files gave.
#[derive(Default)]
pub(crate) struct Prepared {
    /// Its documents.
    pub(crate) documents: Vec<PutDocument>,
    /// What the encoder reads for each distinct chunk, by hash.
    pub(crate) encoder_texts: BTreeMap<String, String>,
    /// What could not be read of it.
    pub(crate) failures: Vec<Diagnostic>,
}

impl Prepared {
    /// Takes over what `other` gave.
    pub(crate) fn absorb(&mut self, other: Prepared) {
        self.documents.extend(other.documents);
        self.encoder_texts.extend(other.encoder_texts);
        self.failures.extend(other.failures);
    }
}

impl Recipe<'_> {
    /// Parses and chunks the file `uri`.
    pub(crate) fn prepare(&self, uri: &str, bytes: &[u8], stamp: &FileStamp) -> Prepared {
        let mut reply = self.parsers.parse(uri, bytes);
        for failure in &mut reply.failures {
            failure.uri = format!("{uri}{}", failure.uri);
        }
        let mut prepared = Prepared { failures: reply.failures, ..Prepared::default() };
        for parsed in reply.documents {
            let document =
                self.document(&format!("{uri}{}", parsed.suffix), parsed.content, stamp, &mut prepared);
            prepared.documents.push(document);
        }
        prepared
    }

    /// A document whose content is there already, such as a record of a collection.
    pub(crate) fn document(
        &self,
        uri: &str,
        content: Content,
        stamp: &FileStamp,
        into: &mut Prepared,
    ) -> PutDocument {
        let chunks = engraft_ingest::chunk(&content, self.count, &self.limits);
        let map = CharMap::new(&content.text);
        let doc_id = short_id(&[&self.source.name, uri]);
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let chunks = chunks
            .into_iter()
            .map(|chunk| {
                let body = body(&chunk, &map);
                let title = content.title.as_deref();
                let context = engraft_ingest::context(title, &chunk.heading, self.count, &self.limits);
                let text = engraft_ingest::encoder_text(&context, body);
                let embed_hash = content_hash(text.as_bytes());
                let nth = seen.entry(embed_hash.clone()).or_default();
                *nth += 1;
                let chunk_id = short_id(&[&doc_id, &embed_hash, &nth.to_string()]);
                into.encoder_texts.insert(embed_hash.clone(), text);
                NewChunk { chunk, chunk_id, embed_hash, context }
            })
            .collect();
        let language = engraft_ingest::language(&content.text).map(str::to_string);
        let signature =
            dedupe::signature(&content.text).map(|signature| signature.to_bytes()).unwrap_or_default();
        let mut metadata = content.metadata;
        metadata.extend(self.source.metadata.clone());
        for warning in content.warnings {
            let hint = "compare it with the original".to_string();
            into.failures.push(Diagnostic {
                uri: uri.into(),
                kind: "warning".into(),
                message: warning,
                hint,
            });
        }
        PutDocument {
            source: self.source.id,
            uri: uri.to_string(),
            title: content.title,
            mime: content.mime,
            text: content.text,
            chunks,
            language,
            metadata,
            acl: self.source.acl.clone(),
            file: Some(stamp.clone()),
            signature,
        }
    }
}

/// What is indexed of a chunk: its plain form, or the text of its span.
pub(crate) fn body<'a>(chunk: &'a Chunk, map: &CharMap<'a>) -> &'a str {
    chunk.plain.as_deref().or_else(|| map.quote(chunk.span)).unwrap_or("")
}
