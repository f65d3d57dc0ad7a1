//! Passages that seem to answer a question and do not: what search itself puts near the top.

use std::collections::BTreeSet;

use engraft_core::DocNo;
use engraft_search::{Fusion, Request, Snapshot};

use crate::search::CANDIDATES;
use crate::tune::ground::{Asked, Ground};

/// How deep wrong passages are looked for.
const DEPTH: usize = 50;
/// A wrong passage is at most this part as near to the question as the right one; nearer ones are often right and were not judged
/// (Moreira et al. 2024, arXiv:2407.15831).
const MARGIN: f32 = 0.95;

/// The place of a document's passage that is nearest to the question.
pub(crate) fn nearest(ground: &Ground, doc: DocNo, question: &[f32]) -> Option<usize> {
    let near = |at: &usize| cosine(ground, *at, question);
    ground.rows(doc).max_by(|a, b| near(a).total_cmp(&near(b)).then(b.cmp(a)))
}

fn cosine(ground: &Ground, at: usize, question: &[f32]) -> f32 {
    let vector = ground.entries[at].vector.as_deref().unwrap_or_default();
    vector.iter().zip(question).map(|(a, b)| a * b).sum()
}

/// Up to `count` wrong passages for a question whose right one is at `right`: those judged irrelevant first, then the best of
/// search. One a document.
pub(crate) fn wrong(
    ground: &Ground,
    snapshot: &Snapshot,
    asked: &Asked,
    question: &[f32],
    fusion: Fusion,
    right: usize,
    count: usize,
) -> Vec<usize> {
    let judged = asked.gains.iter().filter(|(_, gain)| **gain <= 0).map(|(doc, _)| *doc);
    let mut found: Vec<usize> = judged.filter_map(|doc| nearest(ground, doc, question)).take(count).collect();
    let mut docs: BTreeSet<DocNo> = asked.gains.keys().copied().collect();
    let request = Request {
        text: &asked.text,
        vector: Some(question),
        k: DEPTH,
        candidates: CANDIDATES,
        fusion,
        ..Request::default()
    };
    let most = MARGIN * cosine(ground, right, question);
    for hit in snapshot.search(&request).hits {
        if found.len() >= count {
            break;
        }
        let at = ground.rows(hit.doc).find(|&at| ground.entries[at].chunk == hit.chunk);
        let Some(at) = at.filter(|&at| cosine(ground, at, question) <= most) else { continue };
        if docs.insert(hit.doc) {
            found.push(at);
        }
    }
    found
}
