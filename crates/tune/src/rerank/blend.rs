//! A reranker's scores and those of the search before it, on one scale.

/// For each hit `weight` × its reranker score + (1 − `weight`) × its search score, both in standard deviations from the mean of the
/// hits; `weight` in `[0, 1]`.
///
/// The reranker corrects the search instead of replacing it: a small one that saw a few hundred judgements knows less than words
/// and meaning together.
pub fn blend(search: &[f32], reranker: &[f32], weight: f32) -> Vec<f32> {
    let (search, reranker) = (deviations(search), deviations(reranker));
    search.iter().zip(&reranker).map(|(s, r)| weight * r + (1.0 - weight) * s).collect()
}

fn deviations(scores: &[f32]) -> Vec<f32> {
    let n = scores.len().max(1) as f64;
    let mean = scores.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
    let variance = scores.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / n;
    let deviation = variance.sqrt();
    let one = |&x: &f32| if deviation > 1e-9 { ((f64::from(x) - mean) / deviation) as f32 } else { 0.0 };
    scores.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(weight: f32) -> Vec<usize> {
        let scores = blend(&[1.0, 0.9, 0.0], &[-3.0, 4.0, 4.1], weight);
        let mut order: Vec<usize> = (0..3).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        order
    }

    #[test]
    fn the_weight_decides_between_search_and_reranker() {
        assert_eq!(order(0.0), [0, 1, 2]);
        assert_eq!(order(0.5), [1, 0, 2]);
        assert_eq!(order(1.0), [2, 1, 0]);
    }

    #[test]
    fn scores_that_are_all_alike_say_nothing() {
        assert_eq!(blend(&[2.0, 2.0], &[0.0, 1.0], 0.5), [-0.5, 0.5]);
        assert!(blend(&[], &[], 0.5).is_empty());
    }
}
