//! Measures in which a better document counts more.

use super::Ranking;

/// What a grade is worth; none below 1 is worth anything.
#[derive(Clone, Copy)]
pub(super) enum Gain {
    /// The grade itself (Järvelin and Kekäläinen 2002).
    Linear,
    /// `2^grade - 1` (Burges et al. 2005).
    Exponential,
}

impl Gain {
    fn of(self, grade: i64) -> f64 {
        match self {
            Gain::Linear => grade.max(0) as f64,
            Gain::Exponential => (grade.max(0) as f64).exp2() - 1.0,
        }
    }
}

/// Discounted cumulated gain over the best possible, discount `log2(rank + 1)`; 0 when no judged document has a gain.
///
/// The best possible is that of all judged documents, returned or not, cut at the same `k`.
pub(super) fn ndcg(ranking: &Ranking, gain: Gain, k: Option<usize>) -> f64 {
    let ideal = &ranking.ideal[..k.unwrap_or(usize::MAX).min(ranking.ideal.len())];
    let best = discounted(ideal.iter().map(|grade| Some(*grade)), gain);
    if best == 0.0 { 0.0 } else { discounted(ranking.first(k).iter().copied(), gain) / best }
}

fn discounted(grades: impl Iterator<Item = Option<i64>>, gain: Gain) -> f64 {
    let graded =
        grades.enumerate().filter_map(|(place, grade)| Some((place, grade.filter(|grade| *grade > 0)?)));
    graded.map(|(place, grade)| gain.of(grade) / ((place + 2) as f64).log2()).sum()
}

/// The chance that a reader who stops at the first document that satisfies has stopped, weighed by one over its rank
/// (Chapelle et al. 2009). A grade satisfies with `(2^grade - 1) / 16`: grades go to 4, as in TREC's `gdeval`.
pub(super) fn expected_reciprocal_rank(ranking: &Ranking, k: Option<usize>) -> f64 {
    let (mut reading, mut sum) = (1.0, 0.0);
    for (place, grade) in ranking.first(k).iter().enumerate() {
        let satisfies = Gain::Exponential.of(grade.unwrap_or(0).min(4)) / 16.0;
        sum += reading * satisfies / (place + 1) as f64;
        reading *= 1.0 - satisfies;
    }
    sum
}

/// Buckley's G: each gain over `log2(2 + gain lost before it)`, over the sum of all gains there are.
pub(super) fn gain(ranking: &Ranking) -> f64 {
    let best: f64 = ranking.ideal.iter().map(|grade| *grade as f64).sum();
    let (mut sum, mut seen, mut possible) = (0.0, 0.0, 0.0);
    for (place, grade) in ranking.returned.iter().enumerate() {
        // A rank costs at least one, past the last relevant document too.
        possible += ranking.ideal.get(place).map_or(1.0, |grade| *grade as f64);
        let gain = Gain::Linear.of(grade.unwrap_or(0));
        seen += gain;
        if gain > 0.0 {
            sum += gain / (2.0 + possible - seen).log2();
        }
    }
    if best == 0.0 { 0.0 } else { sum / best }
}
