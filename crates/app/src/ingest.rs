//! `ingest` and `sync`: bring sources in and keep step with them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::time::Instant;

use engraft_core::{CountTokens, Diagnostic, Embed};
use engraft_ingest::ChunkLimits;
use engraft_store::{DocumentRow, FileStamp, SourceRow, Write};
use rayon::prelude::*;
use serde::Serialize;

use crate::failed::Failures;
use crate::isolate::Parsers;
use crate::prepare::{Prepared, Recipe};
use crate::read::Read;
use crate::sources::{self, IngestRequest, Item};
use crate::workspace::{WordCount, Workspace};
use crate::{Context, Error, duplicates};

/// How many files make one transaction.
const BATCH: usize = 64;
/// How many texts are embedded between two looks at the cancel flag.
const EMBED_BATCH: usize = 256;

/// What happened to documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct DocumentCounts {
    pub added: usize,
    pub updated: usize,
    pub unchanged: usize,
    pub removed: usize,
    pub failed: usize,
}

/// What happened to chunks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct ChunkCounts {
    pub added: usize,
    pub removed: usize,
    pub total: usize,
}

/// What `ingest` and `sync` did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct IngestReport {
    /// What happened to documents; `failed` counts files and parts of files.
    pub documents: DocumentCounts,
    /// What happened to chunks; `total` is what the workspace now holds.
    pub chunks: ChunkCounts,
    /// How many chunks the encoder read.
    pub embedded: usize,
    /// Bytes of files read.
    pub bytes: u64,
    /// Wall time.
    pub seconds: f64,
    /// The state of the workspace after it.
    pub index_version: u64,
    /// One for each file or part that could not be read, with what to do.
    pub failures: Vec<Diagnostic>,
    /// What was read but repaired or left out on the way.
    pub warnings: Vec<Diagnostic>,
    /// Documents that say the same as another.
    pub duplicates: Vec<duplicates::Duplicate>,
    /// Whether something failed and nothing of what was asked for came in, or was in already, without failing.
    #[serde(skip)]
    pub all_failed: bool,
}

/// Brings in what `request` names. An address that was never named before and cannot be reached is no source afterwards.
pub fn ingest(
    context: Context,
    workspace: &Workspace,
    parsers: &Parsers,
    request: &IngestRequest,
) -> Result<IngestReport, Error> {
    let store = &workspace.store;
    let before = store.sources()?;
    let sources = sources::declare(store, request)?;
    let asked = request.paths.iter().map(|path| sources::root(path)).collect::<Result<BTreeSet<_>, _>>()?;
    let report = run(context, workspace, parsers, &sources, Some(&asked), request.retry)?;
    sources::forget_unreached(store, &before, &sources, &report.failures)?;
    Ok(report)
}

/// Brings one source, or all of them, up to date; with `retry` also files that failed and have not changed since.
pub fn sync(
    context: Context,
    workspace: &Workspace,
    parsers: &Parsers,
    name: Option<&str>,
    retry: bool,
) -> Result<IngestReport, Error> {
    run(context, workspace, parsers, &chosen(workspace, name)?, None, retry)
}

/// The source called `name`, or all; collections that were imported do not follow anything.
pub(crate) fn chosen(workspace: &Workspace, name: Option<&str>) -> Result<Vec<SourceRow>, Error> {
    let all: Vec<SourceRow> =
        workspace.store.sources()?.into_iter().filter(|source| source.kind != "collection").collect();
    let Some(name) = name else { return Ok(all) };
    let known: Vec<&str> = all.iter().map(|source| source.name.as_str()).collect();
    let hint = match known.is_empty() {
        true => "bring something in first: `engraft ingest PATH`".to_string(),
        false => format!("known sources: {}", known.join(", ")),
    };
    let found: Vec<SourceRow> = all.iter().filter(|source| source.name == name).cloned().collect();
    if found.is_empty() { Err(Error::Missing { what: "source", name: name.into(), hint }) } else { Ok(found) }
}

/// Brings `sources` up to date; `asked` are those of their roots that the outcome is judged by, or all.
fn run(
    context: Context,
    workspace: &Workspace,
    parsers: &Parsers,
    sources: &[SourceRow],
    asked: Option<&BTreeSet<String>>,
    retry: bool,
) -> Result<IngestReport, Error> {
    let mut bringing = Bringing::new(context, workspace, parsers)?;
    bringing.embed_what_lacks_a_vector()?;
    let mut came_in = false;
    for source in sources {
        let told = bringing.report.failures.len();
        let (items, unreadable) = sources::items(context, &workspace.store, source)?;
        bringing.report.failures.extend(unreadable);
        let found = !items.is_empty();
        bringing.source(source, items, retry)?;
        let failures = &bringing.report.failures[told..];
        let mut roots = sources::roots(source);
        roots.retain(|root| asked.is_none_or(|asked| asked.contains(*root)));
        came_in |= match failures.is_empty() {
            true => found,
            false => sources::came_in(&workspace.store, source, &roots, failures)?,
        };
    }
    let mut report = bringing.finish()?;
    report.all_failed = !came_in && !report.failures.is_empty();
    // Where other models were served meanwhile, what came in lacks the vectors that are searched for now.
    if let Some(next) = workspace.with_other_models()? {
        Bringing::new(context, &next, parsers)?.embed_what_lacks_a_vector()?;
    }
    Ok(report)
}

/// A running `ingest`: what it works with and what it has done so far.
pub(crate) struct Bringing<'a> {
    pub(crate) context: Context<'a>,
    pub(crate) workspace: &'a Workspace,
    parsers: &'a Parsers,
    began: Instant,
    touched: BTreeSet<u32>,
    pub(crate) report: IngestReport,
}

impl<'a> Bringing<'a> {
    pub(crate) fn new(
        context: Context<'a>,
        workspace: &'a Workspace,
        parsers: &'a Parsers,
    ) -> Result<Bringing<'a>, Error> {
        workspace.encoder(context)?;
        let report = IngestReport::default();
        Ok(Bringing { context, workspace, parsers, began: Instant::now(), touched: BTreeSet::new(), report })
    }

    /// Brings a source to hold exactly `items`.
    fn source(&mut self, source: &SourceRow, items: Vec<Item>, retry: bool) -> Result<(), Error> {
        self.apply(
            reassignments(&self.workspace.store.documents(Some(source.id))?, source),
            Prepared::default(),
        )?;
        let stamps = self.workspace.store.stamps(source.id)?;
        let here: BTreeSet<&str> = items.iter().map(Item::uri).collect();
        let held = self.workspace.store.uris_by_container(source.id)?;
        let gone = held.iter().filter(|(container, _)| !here.contains(container.as_str()));
        let removals = gone.flat_map(|(_, uris)| removals(source, uris, &BTreeSet::new())).collect();
        self.apply(removals, Prepared::default())?;
        let mut failures = Failures::load(&self.workspace.store, source.id, retry)?;
        self.context.progress.stage(&source.name, Some(items.len() as u64));
        for batch in items.chunks(BATCH) {
            self.items(source, batch, &stamps, &held, &mut failures)?;
            self.context.progress.advance(batch.len() as u64);
        }
        failures.save(&self.workspace.store, &here)
    }

    /// Brings in some items of a source: those that changed since `stamps`, whose documents are `held`.
    pub(crate) fn items(
        &mut self,
        source: &SourceRow,
        items: &[Item],
        stamps: &BTreeMap<String, FileStamp>,
        held: &BTreeMap<String, Vec<String>>,
        failures: &mut Failures,
    ) -> Result<(), Error> {
        if self.context.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let recipe = self.recipe(source)?;
        let now_ns = (self.context.now_ns)();
        let read: Vec<Read> = items
            .par_iter()
            .map(|item| Read::of(&recipe, item, stamps.get(item.uri()), failures, now_ns))
            .collect();
        let (mut writes, mut all) = (Vec::new(), Prepared::default());
        for (item, read) in items.iter().zip(read) {
            match read {
                Read::Unchanged => {
                    self.report.documents.unchanged += 1;
                    self.tell_again(item.uri(), stamps, failures);
                }
                Read::Touched(stamp) => {
                    self.report.documents.unchanged += 1;
                    self.tell_again(item.uri(), stamps, failures);
                    let stamped = held.get(item.uri()).into_iter().flatten().map(|uri| Write::Stamp {
                        source: source.id,
                        uri: uri.clone(),
                        file: stamp.clone(),
                    });
                    writes.extend(stamped);
                }
                Read::OutOfReach(failure) => self.report.failures.push(failure),
                Read::FailedBefore => self.report.failures.extend(failures.told(item.uri())),
                Read::New(stamp, prepared) => {
                    self.report.bytes += stamp.size;
                    failures.note(item.uri(), &stamp, &prepared.failures);
                    let kept = prepared.documents.iter().map(|document| document.uri.clone()).collect();
                    let before = held.get(item.uri()).map(Vec::as_slice).unwrap_or_default();
                    writes.extend(removals(source, before, &kept));
                    all.absorb(prepared);
                }
            }
        }
        self.apply(writes, all)
    }

    /// What could not be read of a file that was read in part and has not changed since.
    fn tell_again(&mut self, uri: &str, stamps: &BTreeMap<String, FileStamp>, failures: &Failures) {
        if stamps.get(uri).is_some_and(|stamp| failures.failed_with(uri, &stamp.hash)) {
            self.report.failures.extend(failures.told(uri));
        }
    }

    /// How documents of `source` are made.
    pub(crate) fn recipe<'s>(&self, source: &'s SourceRow) -> Result<Recipe<'s>, Error>
    where
        'a: 's,
    {
        let encoder = self.workspace.encoder(self.context)?;
        let window = encoder.map_or(ChunkLimits::default().window, |encoder| encoder.window());
        Ok(Recipe {
            parsers: self.parsers,
            count: encoder.map_or(&WordCount as &dyn CountTokens, |encoder| encoder),
            limits: ChunkLimits { window, ..ChunkLimits::default() },
            source,
        })
    }

    /// One transaction: truth, vectors, log; then the index follows.
    pub(crate) fn apply(&mut self, mut writes: Vec<Write>, prepared: Prepared) -> Result<(), Error> {
        for failure in prepared.failures {
            match failure.kind.as_str() {
                "warning" => self.report.warnings.push(failure),
                _ => self.report.failures.push(failure),
            }
        }
        writes.extend(prepared.documents.into_iter().map(|document| Write::Put(Box::new(document))));
        if writes.is_empty() {
            return Ok(());
        }
        let vectors = self.embed(&prepared.encoder_texts)?;
        let space = self.workspace.vector_space(self.workspace.encoder(self.context)?);
        let receipt = self.workspace.store.apply(&writes, &vectors, &space, &(self.context.now)())?;
        let counts = &mut self.report.documents;
        counts.added += receipt.documents.added;
        counts.updated += receipt.documents.updated;
        counts.unchanged += receipt.documents.unchanged;
        counts.removed += receipt.documents.removed;
        self.report.chunks.added += receipt.changes.added.len();
        self.report.chunks.removed += receipt.changes.removed.len();
        self.touched.extend(receipt.changes.changed);
        self.workspace.index(self.context)?;
        Ok(())
    }

    /// Vectors of the texts that have none yet.
    fn embed(&mut self, texts: &BTreeMap<String, String>) -> Result<Vec<(String, Vec<f32>)>, Error> {
        let Some(encoder) = self.workspace.encoder(self.context)? else { return Ok(Vec::new()) };
        let hashes: Vec<String> = texts.keys().cloned().collect();
        let missing = self.workspace.store.missing_vectors(encoder.name(), &hashes)?;
        let mut vectors = Vec::with_capacity(missing.len());
        for batch in missing.chunks(EMBED_BATCH) {
            if self.context.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let read: Vec<&str> = batch.iter().map(|hash| texts[hash.as_str()].as_str()).collect();
            vectors.extend(batch.iter().cloned().zip(encoder.embed(&read)?));
        }
        self.report.embedded += vectors.len();
        Ok(vectors)
    }

    /// After a change of encoder, or of none to one: every live chunk gets its vector before anything else happens.
    fn embed_what_lacks_a_vector(&mut self) -> Result<(), Error> {
        let Some(encoder) = self.workspace.encoder(self.context)? else { return Ok(()) };
        let mut lacking = BTreeMap::new();
        self.workspace.store.for_each_live_chunk(encoder.name(), &mut |live| {
            if live.vector.is_none() {
                let body = live.row.chunk.plain.as_deref().unwrap_or(live.text);
                let text = engraft_ingest::encoder_text(&live.row.context, body);
                lacking.insert(live.row.embed_hash.clone(), text);
            }
            ControlFlow::Continue(())
        })?;
        if lacking.is_empty() {
            return Ok(());
        }
        self.context.progress.stage("embed", Some(lacking.len() as u64));
        let lacking: Vec<(String, String)> = lacking.into_iter().collect();
        for batch in lacking.chunks(EMBED_BATCH) {
            let vectors = self.embed(&batch.iter().cloned().collect())?;
            self.workspace.store.apply(&[], &vectors, encoder.name(), &(self.context.now)())?;
            self.context.progress.advance(batch.len() as u64);
        }
        Ok(())
    }

    /// Writes the index, counts what there is and reports.
    pub(crate) fn finish(mut self) -> Result<IngestReport, Error> {
        let index = self.workspace.index(self.context)?;
        self.workspace.persist(&index)?;
        self.report.documents.failed = self.report.failures.len();
        self.report.chunks.total = self.workspace.store.stats()?.chunks;
        self.report.index_version = index.version();
        self.report.duplicates = duplicates::of(&self.workspace.store, &self.touched)?;
        self.report.seconds = self.began.elapsed().as_secs_f64();
        Ok(self.report)
    }
}

/// What documents that are there already need when their source's access list or metadata changed.
fn reassignments(documents: &[DocumentRow], source: &SourceRow) -> Vec<Write> {
    let mut writes = Vec::new();
    for row in documents {
        if row.acl != source.acl {
            writes.push(Write::Acl { source: source.id, uri: row.uri.clone(), acl: source.acl.clone() });
        }
        if source.metadata.iter().any(|(key, value)| row.metadata.get(key) != Some(value)) {
            let mut metadata = row.metadata.clone();
            metadata.extend(source.metadata.clone());
            writes.push(Write::Metadata { source: source.id, uri: row.uri.clone(), metadata });
        }
    }
    writes
}

/// Removals of those of `uris` that are not kept.
pub(crate) fn removals(source: &SourceRow, uris: &[String], kept: &BTreeSet<String>) -> Vec<Write> {
    let gone = uris.iter().filter(|uri| !kept.contains(*uri));
    gone.map(|uri| Write::Remove { source: source.id, uri: uri.clone(), purge: false }).collect()
}
