//! The second look: a cross-encoder reads the question with each of the best passages and corrects their order.

use engraft_core::Hit;
use engraft_nn::EncoderOptions;
use engraft_store::ChunkHit;
use engraft_tune::artefact::Artefact;
use engraft_tune::rerank::{Reranker, blend};
use serde::Serialize;

use crate::serving::RERANKER;
use crate::{Error, Workspace};

/// How many hits are read again.
pub(crate) const DEPTH: usize = 20;

/// What the reranker said of a hit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Reranked {
    /// The logit that the passage answers the question; above 0: rather yes.
    pub score: f32,
    /// The rank before.
    pub before: usize,
    /// The search's own score.
    pub search: f32,
    /// The weight of the reranker in the blend, in `[0, 1]`.
    pub weight: f32,
}

/// A reranker and how far it is trusted.
#[derive(Debug)]
pub(crate) struct Reranking {
    pub(crate) model: Reranker,
    pub(crate) weight: f32,
}

impl Workspace {
    /// The reranker in use, opened on first use.
    pub(crate) fn reranking(&self) -> Result<&Reranking, Error> {
        if let Some(open) = self.reranking.get() {
            return Ok(open);
        }
        let artefact = self.served(RERANKER)?.ok_or_else(|| Error::Missing {
            what: "reranker in use",
            name: self.config.name.clone(),
            hint: "run `engraft tune reranker --data JUDGEMENTS`: it is used once it is proven better".into(),
        })?;
        let opened = Reranking::open(&artefact, self.threads())?;
        Ok(self.reranking.get_or_init(|| opened))
    }
}

/// A hit where the second look put it, with its blended score and what the reranker said of it; those beyond its depth have none.
pub(crate) type SeenAgain = ((Hit, ChunkHit), Option<(f32, Reranked)>);

impl Reranking {
    pub(crate) fn open(artefact: &Artefact, threads: usize) -> Result<Reranking, Error> {
        let options = EncoderOptions { threads, ..EncoderOptions::default() };
        let model = Reranker::open(&artefact.dir.join("encoder"), options)?;
        let weight = artefact.manifest.settings["weight"].as_f64().unwrap_or(0.0) as f32;
        Ok(Reranking { model, weight })
    }

    /// The hits in the order of the blend; those beyond its depth follow as they were.
    pub(crate) fn look_again(
        &self,
        question: &str,
        mut hits: Vec<(Hit, ChunkHit)>,
    ) -> Result<Vec<SeenAgain>, Error> {
        let rest = hits.split_off(hits.len().min(DEPTH));
        let passages: Vec<String> = hits.iter().map(|(_, view)| passage(view)).collect();
        let passages: Vec<&str> = passages.iter().map(String::as_str).collect();
        let scores: Vec<f32> = hits.iter().map(|(hit, _)| hit.score).collect();
        let order = self.order(question, &scores, &passages)?;
        let mut hits: Vec<Option<(Hit, ChunkHit)>> = hits.into_iter().map(Some).collect();
        let mut seen: Vec<SeenAgain> = order
            .into_iter()
            .filter_map(|(at, score, told)| Some((hits[at].take()?, Some((score, told)))))
            .collect();
        seen.extend(rest.into_iter().map(|hit| (hit, None)));
        Ok(seen)
    }

    /// The new order of hits, given their search scores and passages, best first: for each its place before, its blended score
    /// and what the reranker said.
    pub(crate) fn order(
        &self,
        question: &str,
        search: &[f32],
        passages: &[&str],
    ) -> Result<Vec<(usize, f32, Reranked)>, Error> {
        let said = self.model.score(question, passages)?;
        let blended = blend(search, &said, self.weight);
        let mut order: Vec<usize> = (0..blended.len()).collect();
        order.sort_by(|&a, &b| blended[b].total_cmp(&blended[a]).then(a.cmp(&b)));
        let told = |at: usize| {
            let (score, search, weight) = (said[at], search[at], self.weight);
            (at, blended[at], Reranked { score, before: at + 1, search, weight })
        };
        Ok(order.into_iter().map(told).collect())
    }
}

/// A passage as encoders read it: below its title and headings.
pub(crate) fn passage(hit: &ChunkHit) -> String {
    let body = hit.row.chunk.plain.as_deref().unwrap_or(&hit.text);
    engraft_ingest::encoder_text(&hit.row.context, body)
}
