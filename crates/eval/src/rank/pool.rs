//! Measures that tell a document nobody judged from one judged not relevant.

use super::Ranking;
use super::hits::share;

/// Plus this much, so that nothing is divided by nothing; `trec_eval`'s.
const EPSILON: f64 = 0.00001;

/// The share of preferences for relevant over non-relevant documents that the ranking keeps; documents nobody judged are
/// passed over (Buckley and Voorhees 2004).
pub(super) fn bpref(ranking: &Ranking) -> f64 {
    let most = ranking.nonrelevant.min(ranking.relevant);
    let (mut nonrelevant, mut sum) = (0, 0.0);
    for grade in ranking.returned.iter().filter(|grade| grade.is_some_and(|grade| grade >= 0)) {
        if ranking.is_relevant(*grade) {
            sum += 1.0 - share(nonrelevant.min(ranking.relevant), most);
        } else {
            nonrelevant += 1;
        }
    }
    sum / ranking.relevant as f64
}

/// Average precision estimated from a pool of which only a sample was judged; grades below 0 mark the rest of the pool
/// (Yilmaz and Aslam 2006).
pub(super) fn inferred_ap(ranking: &Ranking) -> f64 {
    let (mut relevant, mut nonrelevant, mut unjudged, mut sum) = (0.0, 0.0, 0.0, 0.0);
    for (place, grade) in ranking.returned.iter().enumerate() {
        let Some(grade) = grade else { continue };
        let above = place as f64;
        if *grade < 0 {
            unjudged += 1.0;
        } else if !ranking.is_relevant(Some(*grade)) {
            nonrelevant += 1.0;
        } else if place == 0 {
            relevant += 1.0;
            sum += 1.0;
        } else {
            let pooled = (relevant + nonrelevant + unjudged) / above;
            let precision = (relevant + EPSILON) / (relevant + nonrelevant + 2.0 * EPSILON);
            sum += 1.0 / (above + 1.0) + above / (above + 1.0) * pooled * precision;
            relevant += 1.0;
        }
    }
    sum / ranking.relevant as f64
}

/// The share of the first `k` that was judged, over as many as were returned of them; 0 when nothing was returned.
pub(super) fn judged(ranking: &Ranking, k: usize) -> f64 {
    let first = ranking.first(Some(k));
    share(first.iter().filter(|grade| grade.is_some_and(|grade| grade >= 0)).count(), first.len())
}

/// What a reader gains who goes on to the next rank with chance `p` (Moffat and Zobel 2008); any relevant document gains 1.
pub(super) fn rank_biased_precision(ranking: &Ranking, p: f64) -> f64 {
    (1.0 - p) * ranking.found(None).map(|(place, _)| p.powi(place as i32)).sum::<f64>()
}

/// How much higher rank-biased precision would be, were every document relevant that nobody judged, returned or not.
pub(super) fn rank_biased_residual(ranking: &Ranking, p: f64) -> f64 {
    let unjudged =
        ranking.returned.iter().enumerate().filter(|(_, grade)| grade.is_none_or(|grade| grade < 0));
    let ranked: f64 = unjudged.map(|(place, _)| p.powi(place as i32)).sum();
    (1.0 - p) * ranked + p.powi(ranking.returned.len() as i32)
}
