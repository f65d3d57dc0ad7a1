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

#[cfg(test)]
mod tests {
    use engraft_search::{Entry, Settings};

    use super::*;

    /// A passage is as near to it as the first number of its vector says.
    const QUESTION: [f32; 2] = [1.0, 0.0];

    /// Passages, each of a document and so near to the question.
    fn ground(passages: &[(DocNo, f32)]) -> Ground {
        let mut ground = Ground::default();
        for (chunk, &(doc, near)) in (0..).zip(passages) {
            let vector = Some(vec![near, (1.0 - near * near).sqrt()]);
            let entry = Entry { chunk, doc, body: "Words.".into(), vector, ..Entry::default() };
            ground.push(entry, String::new());
        }
        ground
    }

    /// Which passages are wrong for a question whose right one is the first.
    #[track_caller]
    fn check(passages: &[(DocNo, f32)], gains: &[(DocNo, i64)], count: usize, expected: &[usize]) {
        let ground = ground(passages);
        let snapshot = ground.index(&Settings::new(QUESTION.len()), None).unwrap();
        let gains = gains.iter().copied().collect();
        let asked = Asked { id: "1".into(), text: "Which way?".into(), gains };
        let found = wrong(&ground, &snapshot, &asked, &QUESTION, Fusion::default(), 0, count);
        assert_eq!(found, expected);
    }

    #[test]
    fn what_was_judged_irrelevant_comes_before_what_search_finds() {
        check(&[(1, 0.9), (2, 0.8), (3, 0.1)], &[(1, 1), (3, 0)], 2, &[2, 1]);
    }

    #[test]
    fn a_document_gives_its_nearest_passage_alone() {
        check(&[(1, 0.9), (2, 0.6), (2, 0.8), (3, 0.7)], &[(1, 1)], 3, &[2, 3]);
        check(&[(1, 0.9), (2, 0.1), (2, 0.3)], &[(1, 1), (2, 0)], 3, &[2]);
    }

    #[test]
    fn a_passage_nearly_as_near_as_the_right_one_is_left_out() {
        // 0.95 of 0.8 is 0.76.
        check(&[(1, 0.8), (2, 0.95), (3, 0.77), (4, 0.75)], &[(1, 1)], 3, &[3]);
    }

    #[test]
    fn a_document_judged_relevant_is_never_wrong() {
        check(&[(1, 0.9), (1, 0.5), (2, 0.4), (3, 0.3)], &[(1, 2), (2, 1)], 3, &[3]);
    }

    #[test]
    fn no_more_come_than_are_asked_for() {
        let passages = [(1, 0.9), (2, 0.8), (3, 0.7), (4, 0.6)];
        for count in 0..3 {
            check(&passages, &[(1, 1)], count, &[1, 2][..count]);
            check(&passages, &[(1, 1), (3, 0), (4, 0)], count, &[2, 3][..count]);
        }
    }

    #[test]
    fn of_passages_equally_near_the_first_is_the_nearest() {
        let ground = ground(&[(1, 0.9), (2, 0.3), (2, 0.6), (2, 0.6)]);
        assert_eq!(nearest(&ground, 2, &QUESTION), Some(2));
        assert_eq!(nearest(&ground, 3, &QUESTION), None);
    }
}
