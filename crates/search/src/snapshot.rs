//! One version of the index, as a reader sees it.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use engraft_core::{ChunkNo, DocNo, Hit, LegScore, Legs, Mode};

use crate::bits::Bits;
use crate::documents::DocStats;
use crate::facts::Facts;
use crate::fuse::{self, Fusion};
use crate::leg::allowed::{Allowed, Askers};
use crate::leg::bm25::Weighted;
use crate::leg::{bm25, dense, lexical};
use crate::rank::Scored;
use crate::request::{Explain, Found, Range, Request};
use crate::segment::Segment;
use crate::settings::Settings;

/// A segment and what has died in it.
#[derive(Debug)]
pub(crate) struct View {
    /// Names the segment for as long as the index lives, and its file once it has one.
    pub(crate) id: u64,
    /// Whether it is in a file.
    pub(crate) sealed: bool,
    pub(crate) segment: Arc<Segment>,
    pub(crate) dead: Bits,
    pub(crate) live: usize,
    /// The summed weighted length of the live rows.
    pub(crate) length: u64,
    // Live rows by term, counted when first asked for; only where rows have died.
    counted: Mutex<HashMap<usize, usize>>,
}

impl View {
    pub(crate) fn new(id: u64, sealed: bool, segment: Arc<Segment>, dead: Bits) -> View {
        let live = segment.rows() - dead.count();
        let all: u64 = segment.lengths().iter().map(|&length| u64::from(length)).sum();
        let gone: u64 = dead.iter().map(|row| u64::from(segment.lengths()[row])).sum();
        View { id, sealed, segment, dead, live, length: all - gone, counted: Mutex::default() }
    }

    /// The same segment with more rows dead.
    pub(crate) fn without(&self, rows: &[usize]) -> View {
        let mut dead = self.dead.clone();
        let (mut live, mut length) = (self.live, self.length);
        for &row in rows {
            if !dead.has(row) {
                dead.set(row);
                live -= 1;
                length -= u64::from(self.segment.lengths()[row]);
            }
        }
        let segment = Arc::clone(&self.segment);
        View { id: self.id, sealed: self.sealed, segment, dead, live, length, counted: Mutex::default() }
    }

    /// How many live rows hold a term.
    pub(crate) fn live_rows_with(&self, term: &str) -> usize {
        let Some(at) = self.segment.find_term(term) else { return 0 };
        if self.live == self.segment.rows() {
            return self.segment.term_rows(at);
        }
        let known = self.counted.lock().unwrap_or_else(PoisonError::into_inner).get(&at).copied();
        known.unwrap_or_else(|| {
            let mut live = 0;
            self.segment.postings(at).each(|row, _| live += usize::from(!self.dead.has(row as usize)));
            self.counted.lock().unwrap_or_else(PoisonError::into_inner).insert(at, live);
            live
        })
    }
}

/// Facts of documents and which of them have been replaced.
#[derive(Debug)]
pub(crate) struct FactsView {
    pub(crate) id: u64,
    pub(crate) sealed: bool,
    pub(crate) facts: Arc<Facts>,
    pub(crate) dead: Bits,
    pub(crate) live: usize,
}

impl FactsView {
    pub(crate) fn new(id: u64, sealed: bool, facts: Arc<Facts>, dead: Bits) -> FactsView {
        let live = facts.docs().len() - dead.count();
        FactsView { id, sealed, facts, dead, live }
    }
}

/// An unchanging view of the index at one version; cheap to hold, never blocked by writers.
#[derive(Debug)]
pub struct Snapshot {
    pub(crate) version: u64,
    pub(crate) settings: Settings,
    pub(crate) views: Vec<Arc<View>>,
    pub(crate) facts: Vec<Arc<FactsView>>,
    /// Live chunks.
    pub(crate) live: usize,
    /// Their summed weighted length.
    pub(crate) length: u64,
    pub(crate) documents: OnceLock<DocStats>,
    pub(crate) askers: Askers,
}

impl Snapshot {
    pub(crate) fn new(
        version: u64,
        settings: Settings,
        views: Vec<Arc<View>>,
        facts: Vec<Arc<FactsView>>,
    ) -> Snapshot {
        let live = views.iter().map(|view| view.live).sum();
        let length = views.iter().map(|view| view.length).sum();
        Snapshot {
            version,
            settings,
            views,
            facts,
            live,
            length,
            documents: OnceLock::new(),
            askers: Askers::default(),
        }
    }

    /// The version of the last change this snapshot knows of.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// How many chunks there are.
    pub fn chunks(&self) -> usize {
        self.live
    }

    /// How many immutable parts the chunks are in.
    pub fn segments(&self) -> usize {
        self.views.len()
    }

    /// How many bytes the parts take, in memory or in files.
    pub fn size(&self) -> usize {
        self.views.iter().map(|view| view.segment.size()).sum()
    }

    /// Whether a chunk is in the index.
    pub fn has_chunk(&self, chunk: ChunkNo) -> bool {
        self.views.iter().any(|view| view.segment.row_of(chunk).is_some_and(|row| !view.dead.has(row)))
    }

    /// The exact vector of a chunk, if it has one.
    pub fn vector(&self, chunk: ChunkNo) -> Option<Cow<'_, [f32]>> {
        self.views.iter().find_map(|view| {
            let row = view.segment.row_of(chunk).filter(|&row| !view.dead.has(row))?;
            view.segment.vector(row)
        })
    }

    /// The documents whose live facts are among the rows that `rows` picks.
    pub(crate) fn docs_where(&self, rows: impl Fn(&Facts) -> Bits) -> Bits {
        let last = self.facts.iter().filter_map(|view| view.facts.docs().last()).max();
        let mut docs = Bits::none(last.map_or(0, |&last| last as usize + 1));
        for view in &self.facts {
            let mut rows = rows(&view.facts);
            rows.drop_all(&view.dead);
            rows.iter().for_each(|row| docs.set(view.facts.docs()[row] as usize));
        }
        docs
    }

    pub(crate) fn doc_of(&self, scored: Scored) -> DocNo {
        self.views[scored.segment as usize].segment.doc_of(scored.row as usize)
    }

    /// The best chunks for a question.
    ///
    /// In dense and hybrid mode there are `k` hits, or as many as there are allowed chunks with a vector or a word of
    /// the question, whatever the filter.
    ///
    /// # Panics
    /// When the question's vector is not as long as the index's.
    pub fn search(&self, request: &Request<'_>) -> Found {
        let allowed = Allowed::new(self, request.filter, request.principals);
        let mut explain = Explain {
            live: self.live,
            allowed: allowed.count,
            dropped_by_acl: allowed.dropped_by_acl,
            dropped_by_filter: allowed.dropped_by_filter,
            fusion: request.fuses().then_some(request.fusion),
            ..Explain::default()
        };
        let limit = request.k.max(request.candidates);
        let mut nearest: Vec<(Scored, f32)> = Vec::new();
        if let Some(vector) = request.vector.filter(|_| request.mode != Mode::Lexical) {
            let ranking = dense::rank(self, vector, &allowed, request.candidates, limit);
            explain.dense = ranking.matched;
            explain.damaged = ranking.damaged;
            nearest = ranking.rows;
        }
        let terms = if request.mode == Mode::Dense { Vec::new() } else { bm25::weighted(self, request.text) };
        let words = lexical::rank(self, &terms, &allowed, limit, request.count);
        explain.lexical = words.matched;
        explain.lexical_scores = Range::of(words.rows.iter().take(request.candidates).map(|one| one.score()));
        explain.dense_scores = Range::of(nearest.iter().take(request.candidates).map(|one| one.1));
        let hits = self.fused(request, &terms, &words.rows, &nearest);
        explain.terms = terms.into_iter().map(|weighted| weighted.term).collect();
        Found { hits, explain }
    }

    fn fused(
        &self,
        request: &Request<'_>,
        terms: &[Weighted],
        words: &[Scored],
        nearest: &[(Scored, f32)],
    ) -> Vec<Hit> {
        let both = request.fuses();
        let depth = if both { request.candidates } else { usize::MAX };
        let place: HashMap<ChunkNo, Scored> = words
            .iter()
            .copied()
            .chain(nearest.iter().map(|near| near.0))
            .map(|scored| (scored.chunk(), scored))
            .collect();
        let lexical: Vec<(ChunkNo, f32)> =
            words.iter().take(depth).map(|one| (one.chunk(), one.score())).collect();
        let dense: Vec<(ChunkNo, f32)> =
            nearest.iter().take(depth).map(|(one, score)| (one.chunk(), *score)).collect();
        let hit = |chunk, score, legs| Hit { chunk, doc: self.doc_of(place[&chunk]), score, legs };
        if !both {
            let (ranking, lexical_only) =
                if request.mode == Mode::Dense { (&dense, false) } else { (&lexical, true) };
            let hits = ranking.iter().take(request.k).enumerate().map(|(at, &(chunk, score))| {
                let leg = Some(LegScore { rank: at + 1, score });
                let legs = if lexical_only {
                    Legs { lexical: leg, dense: None }
                } else {
                    Legs { lexical: None, dense: leg }
                };
                hit(chunk, score, legs)
            });
            return hits.collect();
        }
        let mut candidates = fuse::side_by_side(&lexical, &dense);
        if matches!(request.fusion, Fusion::Convex { .. }) {
            self.complete(request, terms, &place, &mut candidates);
        }
        let fused = fuse::fuse(&candidates, request.fusion);
        let mut hits: Vec<Hit> = fused
            .iter()
            .take(request.k)
            .map(|&(chunk, score)| hit(chunk, score, candidates[&chunk].legs))
            .collect();
        // Past the candidates: by the dense leg, then by the lexical one.
        let mut seen: BTreeMap<ChunkNo, ()> = candidates.keys().map(|&chunk| (chunk, ())).collect();
        let tail = nearest.iter().map(|(one, score)| (*one, *score, true)).enumerate().skip(depth);
        let tail = tail.chain(words.iter().map(|&one| (one, one.score(), false)).enumerate().skip(depth));
        for (at, (one, score, dense)) in tail {
            if hits.len() >= request.k {
                break;
            }
            if seen.insert(one.chunk(), ()).is_none() {
                let leg = Some(LegScore { rank: at + 1, score });
                let legs = if dense {
                    Legs { lexical: None, dense: leg }
                } else {
                    Legs { lexical: leg, dense: None }
                };
                let fused = match request.fusion {
                    Fusion::Rrf { k } if dense => 1.0 / (k + (at + 1) as f32),
                    _ => 0.0,
                };
                hits.push(hit(one.chunk(), fused, legs));
            }
        }
        hits
    }

    /// Gives every candidate its score in the leg that did not bring it forward.
    fn complete(
        &self,
        request: &Request<'_>,
        terms: &[Weighted],
        place: &HashMap<ChunkNo, Scored>,
        candidates: &mut BTreeMap<ChunkNo, fuse::Candidate>,
    ) {
        let mut unscored: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (chunk, _) in candidates.iter().filter(|(_, candidate)| candidate.legs.lexical.is_none()) {
            unscored.entry(place[chunk].segment).or_default().push(place[chunk].row);
        }
        let lexical = lexical::scores(self, terms, &unscored);
        for (chunk, candidate) in candidates.iter_mut().filter(|(_, one)| one.legs.lexical.is_none()) {
            candidate.lexical = lexical.get(chunk).copied().unwrap_or(0.0);
        }
        let Some(vector) = request.vector else { return };
        let (mut unknown, mut rows) = (Vec::new(), Vec::new());
        for (chunk, candidate) in candidates.iter_mut().filter(|(_, one)| one.dense.is_none()) {
            unknown.push(candidate);
            rows.push(place[chunk]);
        }
        for (candidate, product) in unknown.into_iter().zip(dense::products(self, rows, vector)) {
            candidate.dense = product;
        }
    }
}
