//! Ranks documents instead of chunks, for runs that are judged by document.

use std::collections::{BTreeMap, HashMap};

use engraft_core::{ChunkNo, DocNo, Legs, Mode};

use crate::fuse::{self, Fusion};
use crate::leg::allowed::Allowed;
use crate::leg::bm25::{self, Curve, Weighted};
use crate::leg::{dense, lexical};
use crate::request::{Explain, FoundDocs, Pooling, Range, Request};
use crate::snapshot::Snapshot;
use crate::{analyze, kernel};

/// A document found, best first in any list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DocHit {
    /// The document.
    pub doc: DocNo,
    /// The fused score; comparable within one result list.
    pub score: f32,
    /// The chunk that speaks best for it: by meaning where that leg ran, else by words.
    pub best: ChunkNo,
    /// What led to the score.
    pub legs: Legs,
}

/// The live documents and their weighted lengths; counted once a snapshot.
#[derive(Debug, Default)]
pub(crate) struct DocStats {
    lengths: HashMap<DocNo, u32>,
    total: u64,
}

/// How many chunks are looked at for each document wanted.
const CHUNKS_PER_DOC: usize = 8;

/// A document's best chunk and its score.
type BestOf = HashMap<DocNo, (f32, ChunkNo)>;

impl Snapshot {
    fn doc_stats(&self) -> &DocStats {
        self.documents.get_or_init(|| {
            let mut stats = DocStats { total: self.length, ..DocStats::default() };
            for view in &self.views {
                for run in view.segment.runs() {
                    let live = (run.start..run.end).filter(|&row| !view.dead.has(row));
                    let (rows, length) = live
                        .fold((0, 0u32), |(rows, sum), row| (rows + 1, sum + view.segment.lengths()[row]));
                    if rows > 0 {
                        *stats.lengths.entry(run.doc).or_default() += length;
                    }
                }
            }
            stats
        })
    }

    /// The best documents for a question; `request.k` and `request.candidates` count documents.
    ///
    /// # Panics
    /// When the question's vector is not as long as the index's.
    pub fn search_documents(&self, request: &Request<'_>, pooling: Pooling) -> FoundDocs {
        let found = self.search_documents_by(request, pooling, &[request.fusion]);
        found.into_iter().next().unwrap_or_default()
    }

    /// As [`Self::search_documents`], once for each way to combine the legs, which run only once; the way in `request` has no
    /// say.
    pub fn search_documents_by(
        &self,
        request: &Request<'_>,
        pooling: Pooling,
        fusions: &[Fusion],
    ) -> Vec<FoundDocs> {
        let allowed = Allowed::new(self, request.filter, request.principals);
        let mut explain = Explain {
            live: self.live,
            allowed: allowed.count,
            dropped_by_acl: allowed.dropped_by_acl,
            dropped_by_filter: allowed.dropped_by_filter,
            ..Explain::default()
        };
        let mut words = BestOf::new();
        if request.mode != Mode::Dense {
            let (terms, found) = match pooling {
                Pooling::Best => self.best_by_words(request, &allowed),
                Pooling::Whole => self.whole_by_words(request, &allowed),
            };
            explain.lexical = Some(found.len());
            explain.terms = terms.into_iter().map(|weighted| weighted.term).collect();
            words = found;
        }
        let mut nearest = BestOf::new();
        if let Some(vector) = request.vector.filter(|_| request.mode != Mode::Lexical) {
            let depth = request.k.max(request.candidates).saturating_mul(CHUNKS_PER_DOC);
            let ranking = dense::rank(self, vector, &allowed, depth, depth);
            explain.dense = ranking.matched;
            explain.damaged = ranking.damaged;
            for (scored, score) in ranking.rows {
                nearest.entry(self.doc_of(scored)).or_insert((score, scored.chunk()));
            }
        }
        let lexical = top(&words, request.candidates.max(request.k));
        let dense = top(&nearest, request.candidates.max(request.k));
        let mut candidates = fuse::side_by_side(&lexical, &dense);
        explain.lexical_scores = Range::of(lexical.iter().map(|one| one.1));
        explain.dense_scores = Range::of(dense.iter().map(|one| one.1));
        self.complete_documents(request, &words, &nearest, &mut candidates);
        let best = |doc: DocNo| nearest.get(&doc).or_else(|| words.get(&doc)).map_or(0, |best| best.1);
        let one = |&fusion: &Fusion| {
            let fused = match (lexical.is_empty(), dense.is_empty()) {
                (_, true) => lexical.clone(),
                (true, false) => dense.clone(),
                (false, false) => fuse::fuse(&candidates, fusion),
            };
            let hits = fused.into_iter().take(request.k);
            let hits = hits
                .map(|(doc, score)| DocHit { doc, score, best: best(doc), legs: candidates[&doc].legs })
                .collect();
            let fusion = request.fuses().then_some(fusion);
            FoundDocs { hits, explain: Explain { fusion, ..explain.clone() } }
        };
        fusions.iter().map(one).collect()
    }

    fn complete_documents(
        &self,
        request: &Request<'_>,
        words: &BestOf,
        nearest: &BestOf,
        candidates: &mut BTreeMap<u32, fuse::Candidate>,
    ) {
        let missing: Vec<DocNo> =
            candidates.iter().filter(|(_, c)| c.dense.is_none()).map(|(&doc, _)| doc).collect();
        let exact = request.vector.map_or_else(HashMap::new, |vector| self.best_products(&missing, vector));
        for (doc, candidate) in candidates.iter_mut() {
            candidate.lexical = words.get(doc).map_or(0.0, |best| best.0);
            let known = nearest.get(doc).map(|best| best.0).or_else(|| exact.get(doc).copied());
            candidate.dense = candidate.dense.or(known);
        }
    }

    /// The exact best product of each document; `docs` is sorted.
    fn best_products(&self, docs: &[DocNo], vector: &[f32]) -> HashMap<DocNo, f32> {
        let mut best: HashMap<DocNo, f32> = HashMap::new();
        for view in &self.views {
            for run in view.segment.runs().filter(|run| docs.binary_search(&run.doc).is_ok()) {
                let live = (run.start..run.end).filter(|&row| !view.dead.has(row));
                for exact in live.filter_map(|row| view.segment.vector(row)) {
                    let product = kernel::inner(&exact, vector);
                    best.entry(run.doc).and_modify(|best| *best = best.max(product)).or_insert(product);
                }
            }
        }
        best
    }

    fn best_by_words(&self, request: &Request<'_>, allowed: &Allowed) -> (Vec<Weighted>, BestOf) {
        let terms = bm25::weighted(self, request.text);
        let rows = lexical::rank(self, &terms, allowed, self.live, false).rows;
        let mut found = BestOf::new();
        for scored in rows {
            found.entry(self.doc_of(scored)).or_insert((scored.score(), scored.chunk()));
        }
        (terms, found)
    }

    fn whole_by_words(&self, request: &Request<'_>, allowed: &Allowed) -> (Vec<Weighted>, BestOf) {
        let stats = self.doc_stats();
        let curve = Curve::new(&self.settings, stats.total, stats.lengths.len());
        let mut found = BestOf::new();
        let mut weighted = Vec::new();
        for (term, count) in analyze::terms(request.text) {
            // Frequencies over all live chunks of a document; whether it may be shown; its first chunk with the term.
            let mut docs: BTreeMap<DocNo, (u32, Option<ChunkNo>)> = BTreeMap::new();
            for (at, view) in self.views.iter().enumerate() {
                let Some(id) = view.segment.find_term(&term) else { continue };
                let mask = allowed.masks[at].as_ref();
                view.segment.postings(id).each(|row, tf| {
                    let row = row as usize;
                    if !view.dead.has(row) {
                        let entry = docs.entry(view.segment.doc_of(row)).or_default();
                        entry.0 += tf;
                        if mask.is_none_or(|mask| mask.has(row)) {
                            let chunk = view.segment.chunks()[row];
                            entry.1 = Some(entry.1.map_or(chunk, |first| first.min(chunk)));
                        }
                    }
                });
            }
            let term = Weighted::new(term, count, docs.len(), stats.lengths.len(), &self.settings);
            for (doc, (tf, chunk)) in docs {
                let Some(chunk) = chunk else { continue };
                let length = stats.lengths.get(&doc).copied().unwrap_or(0);
                found.entry(doc).or_insert((0.0, chunk)).0 += term.adds(curve.share(tf, length));
            }
            weighted.push(term);
        }
        (weighted, found)
    }
}

fn top(scores: &BestOf, limit: usize) -> Vec<(DocNo, f32)> {
    let mut ranking: Vec<(DocNo, f32)> = scores.iter().map(|(&doc, best)| (doc, best.0)).collect();
    ranking.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranking.truncate(limit);
    ranking
}
