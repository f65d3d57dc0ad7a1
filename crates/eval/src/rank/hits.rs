//! Measures that only ask whether a document is relevant.

use super::Ranking;

/// A share of two counts; 0 of nothing is 0.
pub(super) fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// One over the rank of the first relevant document; 0 when none is ranked.
pub(super) fn reciprocal_rank(ranking: &Ranking, k: Option<usize>) -> f64 {
    ranking.found(k).next().map_or(0.0, |(place, _)| 1.0 / (place + 1) as f64)
}

/// The mean, over all relevant documents there are, of the precision at each one's rank; those not ranked count 0.
pub(super) fn average_precision(ranking: &Ranking, k: Option<usize>) -> f64 {
    let precisions = ranking.found(k).map(|(place, before)| (before + 1) as f64 / (place + 1) as f64);
    precisions.sum::<f64>() / ranking.relevant as f64
}

/// The precision at `multiple` times as many documents as are relevant (Buckley and Voorhees 2000).
pub(super) fn r_precision(ranking: &Ranking, multiple: f64) -> f64 {
    // Both versions of trec_eval round these numbers up.
    let k = (multiple * ranking.relevant as f64 + 0.9) as usize;
    share(ranking.hits(Some(k)), k)
}

/// The precision of the first `k` over the best it could be: `k`, or all relevant documents where there are fewer.
pub(super) fn relative_precision(ranking: &Ranking, k: usize) -> f64 {
    share(ranking.hits(Some(k)), k.min(ranking.relevant))
}

/// The harmonic mean of precision and recall of all that was returned.
pub(super) fn set_f(ranking: &Ranking) -> f64 {
    share(2 * ranking.hits(None), ranking.returned.len() + ranking.relevant)
}

/// Precision times recall of all that was returned.
pub(super) fn set_ap(ranking: &Ranking) -> f64 {
    let hits = ranking.hits(None);
    share(hits, ranking.returned.len()) * share(hits, ranking.relevant)
}

/// Relevant documents returned less all others returned; not normalised.
pub(super) fn utility(ranking: &Ranking) -> f64 {
    2.0 * ranking.hits(None) as f64 - ranking.returned.len() as f64
}

/// The mean over all relevant documents of `1 / log2(2 + others ranked before it)`; Buckley's binary G.
pub(super) fn binary_gain(ranking: &Ranking) -> f64 {
    let gains = ranking.found(None).map(|(place, before)| 1.0 / ((2 + place - before) as f64).log2());
    gains.sum::<f64>() / ranking.relevant as f64
}
