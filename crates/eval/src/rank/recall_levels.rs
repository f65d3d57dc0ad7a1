//! Precision at given recall, interpolated: the best precision at that recall or beyond it.

use super::Ranking;
use super::hits::share;

/// The interpolated precision where `recall` of the relevant documents are found; 0 when they never are.
pub(super) fn interpolated_precision(ranking: &Ranking, recall: f64) -> f64 {
    let wanted = ranking.rules.ties.documents(recall, ranking.relevant);
    let found = ranking.hits(None);
    if wanted > found {
        return 0.0;
    }
    // Between two relevant documents precision only falls, so that the best is at one of them or at the end of the ranking.
    let at_hits = ranking.found(None).filter(|(_, before)| before + 1 >= wanted);
    let precisions = at_hits.map(|(place, before)| share(before + 1, place + 1));
    precisions.fold(share(found, ranking.returned.len()), f64::max)
}

/// Its mean at recall 0, 0.1 and so on to 1.
pub(super) fn eleven_point(ranking: &Ranking) -> f64 {
    (0..=10).map(|tenth| interpolated_precision(ranking, f64::from(tenth) / 10.0)).sum::<f64>() / 11.0
}
