//! `ask`: an answer whose every citation was verified, or an honest abstention.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use engraft_answer::{ExtractOptions, Meaning, Source};
use engraft_core::{Answer, CharMap, DocNo, Hit, LegScore, Mode, Span, short_id};
use engraft_search::{Explain, Fusion, Range};
use engraft_store::ChunkHit;
use serde::{Deserialize, Serialize};

use crate::among::Among;
use crate::dated::{dated, is_superseded};
use crate::reranking::DEPTH;
use crate::search::{Ranking, SearchRequest, ranked, read_lines};
use crate::workspace::Workspace;
use crate::{Context, Error};

/// The one arm that answers until others are trained.
pub const ARM: &str = "extractive";

/// What to answer, and for whom.
#[derive(Clone, Debug, Default)]
pub struct AskRequest {
    /// The question.
    pub question: String,
    /// How many passages the reader sees; `None`: the workspace's choice.
    pub k: Option<usize>,
    /// The trained reader that answers, or `none`; `None`: the one in use, where there is one.
    pub reader: Option<String>,
    /// Whether the workspace's reranker takes a second look at the passages.
    pub rerank: bool,
    /// Below this support, in `[0, 1]`, there is no answer; `None`: the trained reader's threshold, without one the workspace's.
    pub min_support: Option<f32>,
    /// The arm; `None`: [`ARM`].
    pub arm: Option<String>,
    /// `None`: the workspace's owner, who sees all.
    pub principals: Option<Vec<String>>,
}

/// What `ask` answered.
#[derive(Clone, Debug, Serialize)]
pub struct AskReport {
    /// What was answered, with `[n]` markers; or the abstention.
    pub answer: String,
    /// False: the documents do not answer it, and there are no citations.
    pub answerable: bool,
    /// How likely the cited passages hold the answer, in `[0, 1]`.
    pub support: f32,
    /// One a marker.
    pub citations: Vec<CitationView>,
    /// Conflicts between sources, and what the verifier dropped.
    pub notes: Vec<String>,
    /// Which arm answered.
    pub arm: String,
    /// The trained reader that found the words, where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reader: Option<String>,
    /// Where the inputs of this answer are kept.
    pub trace_id: String,
    /// The state of the workspace that answered.
    pub index_version: u64,
    /// Milliseconds.
    pub took_ms: f64,
}

/// A citation, as people and scripts see it.
#[derive(Clone, Debug, Serialize)]
pub struct CitationView {
    /// The number of its marker.
    pub n: usize,
    /// Where the document is.
    pub uri: String,
    /// The document.
    pub doc_id: String,
    /// Its version.
    pub doc_version: u32,
    /// What it is called.
    pub title: Option<String>,
    /// The headings above the quote, outermost first.
    pub heading: String,
    /// The page, from 1.
    pub page: Option<u32>,
    /// When the document says it was updated, else when it came in.
    pub updated_at: String,
    /// First code point of the quote in the stored text.
    pub char_start: usize,
    /// One past the last.
    pub char_end: usize,
    /// The quote.
    pub quote: String,
    /// First code point, in the answer, of the words it supports.
    pub message_start: usize,
    /// One past the last.
    pub message_end: usize,
}

/// An answer with how it came about.
pub(crate) struct Told {
    pub(crate) report: AskReport,
    /// Milliseconds of each of [`STAGES`].
    pub(crate) ms: [f64; STAGES.len()],
    /// The passages it was read from, best first.
    pub(crate) seen: Vec<Seen>,
}

/// A passage that the reader was given: code points of a version of a document.
#[derive(Clone)]
pub(crate) struct Seen {
    pub(crate) uri: String,
    pub(crate) doc: DocNo,
    pub(crate) version: u32,
    pub(crate) span: Span,
}

/// What is noted where there is no document to answer from.
const NOTHING_YET: &str = "there is no document yet: bring some in with `engraft ingest FOLDER`";

/// What an answer's time was spent on, in milliseconds, in order.
pub(crate) const STAGES: [&str; 4] = ["encode", "look up", "look again", "read"];

/// Answers one question.
pub fn ask(context: Context, workspace: &Workspace, request: &AskRequest) -> Result<AskReport, Error> {
    Ok(ask_among(context, workspace, request, None)?.report)
}

/// The same, with how it came about; from the passages of `among` alone where they are given.
///
/// Given passages stand as high as those that a search finds, so that the reader sees other words and the same scores.
pub(crate) fn ask_among(
    context: Context,
    workspace: &Workspace,
    request: &AskRequest,
    among: Option<&Among>,
) -> Result<Told, Error> {
    let began = Instant::now();
    let arm = request.arm.clone().unwrap_or_else(|| ARM.into());
    if arm != ARM {
        let hint = format!("the arm there is: {ARM}");
        return Err(Error::Missing { what: "arm", name: arm, hint });
    }
    if request.question.trim().is_empty() {
        return Err(Error::Request {
            message: "the question is empty".into(),
            hint: "write a question".into(),
        });
    }
    if request.k == Some(0) {
        return Err(Error::Request {
            message: "-k is 0".into(),
            hint: "let the reader see at least one passage".into(),
        });
    }
    let reader = workspace.reader(request.reader.as_deref())?;
    let reranking = request.rerank.then(|| workspace.reranking()).transpose()?;
    let passages = request.k.unwrap_or(workspace.config.answer.passages);
    let search = SearchRequest {
        query: request.question.clone(),
        k: if reranking.is_some() { passages.max(DEPTH) } else { passages },
        mode: Mode::Hybrid,
        principals: request.principals.clone(),
        ..SearchRequest::default()
    };
    let Ranking { mut hits, index_version, vector, explain, encode_ms } =
        ranked(context, workspace, &search)?;
    let stand = |hits: &[(Hit, ChunkHit)]| -> Vec<f32> {
        hits.iter().map(|(hit, _)| standing(hit, &explain)).collect()
    };
    let found = among.map(|_| stand(&hits));
    if let Some(among) = among {
        hits = among.hits(context, workspace, &search)?;
        hits.truncate(search.k);
    }
    let texts = texts(workspace, &mut hits)?;
    let mut standings = match found {
        Some(found) => as_high(found, hits.len()),
        None => stand(&hits),
    };
    let found_ms = began.elapsed().as_secs_f64() * 1e3;
    if let Some(reranking) = reranking {
        let again = reranking.look_again(&request.question, hits)?;
        hits = again.into_iter().map(|(hit, _)| hit).take(passages).collect();
        // A blended score is on another scale than the one the reader was fitted on: the new first stands as the best did.
        standings.sort_by(|a, b| b.total_cmp(a));
    }
    let looked_again_ms = began.elapsed().as_secs_f64() * 1e3;
    let maps: BTreeMap<DocNo, Arc<CharMap<'_>>> =
        texts.iter().map(|(no, text)| (*no, Arc::new(CharMap::new(&text.text)))).collect();
    let sources: Vec<Source> = hits
        .iter()
        .zip(standings)
        .map(|((hit, view), score)| Source {
            score,
            ..source(hit, view, &texts[&view.row.doc], Arc::clone(&maps[&view.row.doc]))
        })
        .collect();
    let read = match &reader {
        Some(reader) => reader.answer(&request.question, &sources, request.min_support)?,
        None => None,
    };
    let reader = reader.map(|reader| reader.name.clone());
    let (mut answer, reader) = match read {
        Some(answer) => (answer, reader),
        None => {
            let mut answer = by_sentences(context, workspace, request, &sources, vector.as_deref())?;
            let long =
                |name| format!("the question is too long for the reader {name}: sentences were ranked");
            answer.notes.extend(reader.map(long));
            (answer, None)
        }
    };
    if hits.is_empty() && workspace.store.is_empty()? {
        answer.notes.push(NOTHING_YET.into());
    }
    let citations = citations(&answer, &sources, &hits);
    let trace_id = short_id(&[&request.question, &(context.now)(), &index_version.to_string()]);
    let report = AskReport {
        answer: answer.message,
        answerable: answer.answerable,
        support: answer.support,
        citations,
        notes: answer.notes,
        arm,
        reader,
        trace_id,
        index_version,
        took_ms: began.elapsed().as_secs_f64() * 1e3,
    };
    let trace = serde_json::json!({
        "question": request.question,
        "principals": request.principals,
        "hits": hits.iter().map(|(hit, view)| serde_json::json!({"chunk_id": view.row.chunk_id, "doc_id": view.doc_id,
            "doc_version": view.version, "score": hit.score, "legs": hit.legs})).collect::<Vec<_>>(),
        "answer": report,
    });
    workspace.store.put_trace(&report.trace_id, &trace, &(context.now)())?;
    let seen = hits.iter().map(|(_, view)| {
        let (uri, doc, version) = (view.uri.clone(), view.row.doc, view.version);
        Seen { uri, doc, version, span: view.row.chunk.span }
    });
    let seen = seen.collect();
    let read_ms = began.elapsed().as_secs_f64() * 1e3 - looked_again_ms;
    let ms = [encode_ms, found_ms - encode_ms, looked_again_ms - found_ms, read_ms];
    Ok(Told { report, ms, seen })
}

/// What the reader of sentences answers; `vector` is the question's.
fn by_sentences(
    context: Context,
    workspace: &Workspace,
    request: &AskRequest,
    sources: &[Source<'_>],
    vector: Option<&[f32]>,
) -> Result<Answer, Error> {
    let threshold = request.min_support.unwrap_or(workspace.config.answer.min_support);
    let options = ExtractOptions { threshold, ..ExtractOptions::default() };
    let meaning = match (vector, workspace.sentence_encoder(context)?) {
        (Some(question), Some(encoder)) => Some(Meaning { question, encoder }),
        _ => None,
    };
    Ok(engraft_answer::answer(&request.question, sources, &options, meaning))
}

/// The stored text and the date of a document.
struct Text {
    text: String,
    dated: String,
    superseded: bool,
}

/// The texts behind `hits`; a hit whose document changed since it was found is dropped.
fn texts(workspace: &Workspace, hits: &mut Vec<(Hit, ChunkHit)>) -> Result<BTreeMap<DocNo, Text>, Error> {
    let mut texts = BTreeMap::new();
    let wanted: BTreeSet<(DocNo, u32)> = hits.iter().map(|(_, view)| (view.row.doc, view.version)).collect();
    for (no, version) in wanted {
        let Some(row) = workspace.store.document(no)?.filter(|row| row.version == version) else { continue };
        let Some(text) = workspace.store.text(no, version)? else { continue };
        let superseded = is_superseded(&row.metadata);
        texts.insert(no, Text { text, dated: dated(&row.metadata, &row.updated_at), superseded });
    }
    hits.retain(|(_, view)| texts.contains_key(&view.row.doc));
    Ok(texts)
}

fn source<'a>(hit: &Hit, view: &'a ChunkHit, text: &Text, map: Arc<CharMap<'a>>) -> Source<'a> {
    Source {
        uri: view.uri.clone(),
        title: view.title.clone(),
        heading: view.row.chunk.heading.clone(),
        page: view.row.chunk.page,
        text: map,
        span: view.row.chunk.span,
        updated_at: text.dated.clone(),
        superseded: text.superseded,
        score: hit.score,
        dense: hit.legs.dense.map(|leg| leg.score),
        lexical: hit.legs.lexical.map(|leg| leg.score),
    }
}

/// The score the reader was fitted on: each leg from its worst candidate to its best, then weighed.
fn standing(hit: &Hit, explain: &Explain) -> f32 {
    let Some(Fusion::Convex { alpha, .. }) = explain.fusion else { return hit.score };
    let share = |leg: Option<LegScore>, range: Option<Range>| {
        leg.zip(range).map_or(0.0, |(leg, range)| range.share(leg.score))
    };
    alpha * share(hit.legs.dense, explain.dense_scores)
        + (1.0 - alpha) * share(hit.legs.lexical, explain.lexical_scores)
}

/// So many standings, best first: those of what was found, the last of them again where they do not suffice.
fn as_high(mut found: Vec<f32>, many: usize) -> Vec<f32> {
    found.sort_by(|a, b| b.total_cmp(a));
    let last = found.last().copied().unwrap_or(1.0);
    found.resize(many, last);
    found
}

fn citations(answer: &Answer, sources: &[Source], hits: &[(Hit, ChunkHit)]) -> Vec<CitationView> {
    let shown = answer.citations.iter().map(|citation| {
        let (source, (_, view)) = (&sources[citation.source], &hits[citation.source]);
        CitationView {
            n: citation.n,
            uri: view.uri.clone(),
            doc_id: view.doc_id.clone(),
            doc_version: view.version,
            title: view.title.clone(),
            heading: view.row.chunk.heading_path(),
            page: view.row.chunk.page,
            updated_at: source.updated_at.to_string(),
            char_start: citation.span.start(),
            char_end: citation.span.end(),
            quote: citation.quote.clone(),
            message_start: citation.message.start(),
            message_end: citation.message.end(),
        }
    });
    shown.collect()
}

#[derive(Deserialize)]
struct QuestionLine {
    #[serde(alias = "_id")]
    id: String,
    #[serde(alias = "text")]
    question: String,
}

/// Answers every question of a JSONL file, in order; `each` hears the id and the answer.
pub fn ask_batch(
    context: Context,
    workspace: &Workspace,
    questions: &Path,
    request: &AskRequest,
    each: &mut dyn FnMut(&str, AskReport),
) -> Result<usize, Error> {
    let lines: Vec<QuestionLine> = read_lines(questions, "{\"id\":\"q1\",\"question\":\"…\"}")?;
    context.progress.stage("ask", Some(lines.len() as u64));
    for line in &lines {
        if context.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let report =
            ask(context, workspace, &AskRequest { question: line.question.clone(), ..request.clone() })?;
        each(&line.id, report);
        context.progress.advance(1);
    }
    Ok(lines.len())
}
