//! What judged questions are ranked against: the documents of the workspace, or the passages that came with the judgements.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use engraft_core::{Block, BlockKind, CharMap, Content, CountTokens, DocNo, Embed};
use engraft_eval::{Measure, Rules};
use engraft_ingest::ChunkLimits;
use engraft_nn::Embedder;
use engraft_search::{Change, Entry, Fusion, Index, Pooling, Request, Settings, Snapshot};
use engraft_tune::TuneError;
use engraft_tune::data::{Judged, JudgedQuestion};
use rayon::prelude::*;

use crate::search::CANDIDATES;
use crate::{Context, Error, Workspace};

/// How deep rankings are measured.
const DEPTH: usize = 100;
/// Texts encoded between two looks at whether to stop.
const BATCH: usize = 256;

/// Every passage there is, in memory.
#[derive(Default)]
pub(crate) struct Ground {
    /// What is indexed; vectors where the encoder has them already.
    pub(crate) entries: Vec<Entry>,
    /// What the encoder reads of each.
    pub(crate) texts: Vec<String>,
    /// The vector's key in the store of each; empty for passages that came with the judgements.
    pub(crate) hashes: Vec<String>,
    /// Documents by uri and by id, passages by their words.
    names: BTreeMap<String, DocNo>,
    rows: BTreeMap<DocNo, Range<usize>>,
}

/// A judged question and what answers it here.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) id: String,
    pub(crate) text: String,
    /// The relevance of documents; 1 and more is relevant.
    pub(crate) gains: BTreeMap<DocNo, i64>,
}

impl Asked {
    /// The documents that answer it.
    pub(crate) fn answers(&self) -> impl Iterator<Item = DocNo> {
        self.gains.iter().filter(|(_, gain)| **gain > 0).map(|(doc, _)| *doc)
    }
}

impl Ground {
    /// What the judgements are about.
    pub(crate) fn of(
        context: Context,
        workspace: &Workspace,
        encoder: &Embedder,
        judged: &[&Judged],
    ) -> Result<Ground, Error> {
        if !judged.iter().any(|one| one.passages) {
            return Ground::of_workspace(workspace, encoder);
        }
        if !judged.iter().all(|one| one.passages) {
            return Err(Error::Request {
                message: "one file holds passages and the other names documents".into(),
                hint: "give both in the same form".into(),
            });
        }
        let questions = judged.iter().flat_map(|one| &one.questions);
        let passages: BTreeSet<&str> =
            questions.flat_map(|one| one.relevance.keys()).map(String::as_str).collect();
        Ground::of_passages(context, encoder, &passages)
    }

    /// All live documents of the workspace, with the vectors they have in the encoder's space.
    pub(crate) fn of_workspace(workspace: &Workspace, encoder: &Embedder) -> Result<Ground, Error> {
        let mut ground = Ground::default();
        workspace.store.for_each_live_chunk(encoder.name(), &mut |live| {
            let body = live.row.chunk.plain.as_deref().unwrap_or(live.text);
            let text = engraft_ingest::encoder_text(&live.row.context, body);
            ground.names.insert(live.doc.uri.clone(), live.doc.no);
            ground.names.entry(live.doc.doc_id.clone()).or_insert(live.doc.no);
            ground.hashes.push(live.row.embed_hash.clone());
            ground.push(crate::indexing::entry(&live), text);
            ControlFlow::Continue(())
        })?;
        Ok(ground)
    }

    /// Passages as documents of their own, cut as the workspace would cut them.
    fn of_passages(context: Context, encoder: &Embedder, passages: &BTreeSet<&str>) -> Result<Ground, Error> {
        let mut ground = Ground::default();
        let limits = ChunkLimits { window: encoder.window(), ..ChunkLimits::default() };
        for (doc, passage) in passages.iter().enumerate() {
            ground.names.insert((*passage).to_string(), doc as DocNo);
            for body in cut(passage, encoder, &limits) {
                let chunk = ground.entries.len() as u32;
                let entry = Entry { chunk, doc: doc as DocNo, body: body.clone(), ..Entry::default() };
                ground.push(entry, body);
            }
        }
        let vectors = ground.embed(context, encoder)?;
        ground.entries.iter_mut().zip(vectors).for_each(|(entry, vector)| entry.vector = Some(vector));
        Ok(ground)
    }

    /// Adds a passage; those of a document come one after the other.
    pub(crate) fn push(&mut self, entry: Entry, text: String) {
        let at = self.entries.len();
        self.rows.entry(entry.doc).or_insert(at..at).end = at + 1;
        self.entries.push(entry);
        self.texts.push(text);
    }

    /// The places of a document's passages among the entries.
    pub(crate) fn rows(&self, doc: DocNo) -> Range<usize> {
        self.rows.get(&doc).cloned().unwrap_or(0..0)
    }

    /// The vectors of all passages under an encoder.
    pub(crate) fn embed(&self, context: Context, encoder: &dyn Embed) -> Result<Vec<Vec<f32>>, Error> {
        context.progress.stage("embed", Some(self.texts.len() as u64));
        let mut vectors = Vec::with_capacity(self.texts.len());
        for batch in self.texts.chunks(BATCH) {
            if context.cancel.is_cancelled() {
                return Err(TuneError::Cancelled.into());
            }
            let texts: Vec<&str> = batch.iter().map(String::as_str).collect();
            vectors.extend(encoder.embed(&texts)?);
            context.progress.advance(batch.len() as u64);
        }
        Ok(vectors)
    }

    /// An index over all passages, with these vectors or their own.
    pub(crate) fn index(
        &self,
        settings: &Settings,
        vectors: Option<&[Vec<f32>]>,
    ) -> Result<Arc<Snapshot>, Error> {
        let failed =
            |error: &dyn std::fmt::Display| Error::Bug(format!("passages cannot be indexed: {error}"));
        let index = Index::in_memory(settings).map_err(|error| failed(&error))?;
        let mut add = self.entries.clone();
        if let Some(vectors) = vectors {
            add.iter_mut().zip(vectors).for_each(|(entry, vector)| entry.vector = Some(vector.clone()));
        }
        index.apply(&Change { version: 1, add, ..Change::default() }).map_err(|error| failed(&error))?;
        Ok(index.snapshot())
    }

    /// The questions with what answers them here, and how many have nothing here that does.
    pub(crate) fn asked(&self, judged: &[JudgedQuestion]) -> (Vec<Asked>, usize) {
        let resolve = |one: &JudgedQuestion| {
            let known = |(name, gain): (&String, &i64)| Some((*self.names.get(name)?, *gain));
            let gains = one.relevance.iter().filter_map(known).collect();
            Asked { id: one.id.clone(), text: one.text.clone(), gains }
        };
        let all: Vec<Asked> = judged.iter().map(resolve).collect();
        let (found, lost): (Vec<Asked>, Vec<Asked>) =
            all.into_iter().partition(|one| one.answers().next().is_some());
        (found, lost.len())
    }
}

/// The pieces of a passage that each fit the encoder's window.
fn cut(passage: &str, count: &dyn CountTokens, limits: &ChunkLimits) -> Vec<String> {
    let map = CharMap::new(passage);
    let block = map.span_of_bytes(0, passage.len()).map(|span| Block {
        span,
        kind: BlockKind::Paragraph,
        page: None,
        place: None,
        plain: None,
    });
    let content = Content {
        title: None,
        mime: "text/plain".into(),
        text: passage.to_string(),
        blocks: block.into_iter().collect(),
        metadata: BTreeMap::new(),
        warnings: Vec::new(),
    };
    let chunks = engraft_ingest::chunk(&content, count, limits);
    chunks.iter().filter_map(|chunk| map.quote(chunk.span)).map(str::to_string).collect()
}

/// The documents for a question, best first, with the passage that speaks for each.
pub(crate) type Ranking = Vec<engraft_search::DocHit>;

/// Ranks documents for every question, once for each way to combine the legs; `fusions` says which, question by question.
pub(crate) fn rank(
    snapshot: &Snapshot,
    asked: &[Asked],
    vectors: &[Vec<f32>],
    fusions: impl Fn(&Asked) -> Vec<Fusion> + Sync,
) -> Vec<Vec<Ranking>> {
    let one = |(asked, vector): (&Asked, &Vec<f32>)| {
        let request = Request {
            text: &asked.text,
            vector: Some(vector),
            k: DEPTH,
            candidates: CANDIDATES,
            ..Request::default()
        };
        let found = snapshot.search_documents_by(&request, Pooling::default(), &fusions(asked));
        found.into_iter().map(|found| found.hits).collect()
    };
    asked.par_iter().zip(vectors).map(one).collect()
}

/// nDCG@10 of a ranking.
pub(crate) fn ndcg(asked: &Asked, ranking: impl Iterator<Item = DocNo>) -> f64 {
    measure(Measure::Ndcg(Some(10)), asked, ranking)
}

/// Any measure of a ranking; 0 where it is not defined.
pub(crate) fn measure(measure: Measure, asked: &Asked, ranking: impl Iterator<Item = DocNo>) -> f64 {
    let returned = ranking.map(|doc| asked.gains.get(&doc).copied()).collect();
    let ranking = engraft_eval::Ranking::new(returned, asked.gains.values().copied(), Rules::default());
    measure.of(&ranking).unwrap_or(0.0)
}
