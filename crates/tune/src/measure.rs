//! How good a model is on evaluation rows, each number with its interval.

use engraft_eval::{Metric, Resampling, SplitMix, quantile};

/// Any statistic of rows with its percentile bootstrap interval. `statistic` gets how often each row was drawn; `None` where it
/// is undefined, and there is no interval when that is so in more than one resample of ten.
pub fn bootstrap(rows: usize, resampling: &Resampling, statistic: impl Fn(&[f64]) -> Option<f64>) -> Metric {
    let bare = |value, why: &str| Metric { value, low: None, high: None, n: rows, why: Some(why.into()) };
    let Some(value) = (rows > 0).then(|| statistic(&vec![1.0; rows])).flatten() else {
        return bare(None, "nothing to measure");
    };
    let mut weights = vec![0.0; rows];
    let mut drawn: Vec<f64> = (0..resampling.resamples)
        .filter_map(|resample| {
            weights.fill(0.0);
            let mut draw = SplitMix::new(resampling.seed, resample as u64);
            (0..rows).for_each(|_| weights[draw.below(rows)] += 1.0);
            statistic(&weights)
        })
        .collect();
    if drawn.is_empty() || drawn.len() * 10 < resampling.resamples * 9 {
        return bare(Some(value), "undefined in more than one resample of ten: too few rows");
    }
    drawn.sort_by(f64::total_cmp);
    if drawn[0] == drawn[drawn.len() - 1] {
        return bare(Some(value), "all resamples have the same value, so they show no spread");
    }
    let (low, high) = (quantile(&drawn, 0.025), quantile(&drawn, 0.975));
    Metric { value: Some(value), low: Some(low), high: Some(high), n: rows, why: None }
}

/// The mean of the F1 of every class that was given or found, in `[0, 1]`. `given` and `found` are each row's classes.
pub fn macro_f1(
    given: &[Vec<usize>],
    found: &[Vec<usize>],
    classes: usize,
    resampling: &Resampling,
) -> Metric {
    bootstrap(given.len(), resampling, |weights| {
        let counts = counts(given, found, classes, weights);
        let each: Vec<f64> = counts.iter().filter_map(|count| f1(*count)).collect();
        (!each.is_empty()).then(|| each.iter().sum::<f64>() / each.len() as f64)
    })
}

/// The F1 over all classes together, in `[0, 1]`.
pub fn micro_f1(
    given: &[Vec<usize>],
    found: &[Vec<usize>],
    classes: usize,
    resampling: &Resampling,
) -> Metric {
    bootstrap(given.len(), resampling, |weights| {
        let counts = counts(given, found, classes, weights);
        let sum = |at: usize| counts.iter().map(|count| count[at]).sum::<f64>();
        f1([sum(0), sum(1), sum(2)])
    })
}

/// Weights of rows where a class was found rightly, was given, was found.
fn counts(given: &[Vec<usize>], found: &[Vec<usize>], classes: usize, weights: &[f64]) -> Vec<[f64; 3]> {
    let mut counts = vec![[0.0; 3]; classes];
    for ((given, found), weight) in given.iter().zip(found).zip(weights) {
        for class in given {
            counts[*class][1] += weight;
            if found.contains(class) {
                counts[*class][0] += weight;
            }
        }
        found.iter().for_each(|class| counts[*class][2] += weight);
    }
    counts
}

fn f1([both, given, found]: [f64; 3]) -> Option<f64> {
    (given + found > 0.0).then(|| 2.0 * both / (given + found))
}

/// The F1 of one row's classes: 1 when both are empty.
pub(crate) fn row_f1(given: &[usize], found: &[usize]) -> f64 {
    if given.is_empty() && found.is_empty() {
        return 1.0;
    }
    let both = given.iter().filter(|class| found.contains(class)).count();
    2.0 * both as f64 / (given.len() + found.len()) as f64
}

/// The chance that a row which is so scores above one which is not, ties counting half: the area under the ROC curve.
pub fn auroc(scores: &[f64], is_so: &[bool], resampling: &Resampling) -> Metric {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    bootstrap(scores.len(), resampling, |weights| {
        let (mut below, mut area, mut so, mut at) = (0.0, 0.0, 0.0, 0);
        while at < order.len() {
            let tied = order[at..].iter().take_while(|&&row| scores[row] == scores[order[at]]).count();
            let (mut yes, mut no) = (0.0, 0.0);
            for &row in &order[at..at + tied] {
                if is_so[row] { yes += weights[row] } else { no += weights[row] }
            }
            area += yes * (below + no / 2.0);
            (below, so, at) = (below + no, so + yes, at + tied);
        }
        (below > 0.0 && so > 0.0).then(|| area / (below * so))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEW: Resampling = Resampling { seed: 0, resamples: 300 };

    #[test]
    fn f1_by_class_and_together() {
        let given = [vec![0], vec![0], vec![1], vec![2]];
        let found = [vec![0], vec![1], vec![1], vec![2]];
        let value = |metric: Metric| metric.value.unwrap();
        assert!(
            (value(macro_f1(&given, &found, 4, &FEW)) - (2.0 / 3.0 + 2.0 / 3.0 + 1.0) / 3.0).abs() < 1e-12
        );
        assert!((value(micro_f1(&given, &found, 4, &FEW)) - 0.75).abs() < 1e-12);
        assert_eq!((row_f1(&[], &[]), row_f1(&[0, 1], &[1]), row_f1(&[], &[1])), (1.0, 2.0 / 3.0, 0.0));
    }

    #[test]
    fn the_area_counts_pairs_and_halves_ties() {
        let area = auroc(&[0.1, 0.4, 0.4, 0.9], &[false, true, false, true], &FEW);
        assert!((area.value.unwrap() - 3.5 / 4.0).abs() < 1e-12);
        assert_eq!(auroc(&[0.1], &[true], &FEW).value, None);
    }

    #[test]
    fn a_mean_has_the_interval_of_the_plain_bootstrap() {
        let values: Vec<f64> = (0..50).map(|row| f64::from(row % 3 == 0)).collect();
        let ours = bootstrap(50, &FEW, |weights| {
            Some(weights.iter().zip(&values).map(|(w, x)| w * x).sum::<f64>() / 50.0)
        });
        let plain = Metric::mean(&values, &FEW);
        assert!((ours.low.unwrap() - plain.low.unwrap()).abs() < 1e-12);
    }
}
