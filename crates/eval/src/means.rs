//! Many means of the same items at once.

use std::collections::BTreeMap;

use crate::interval::{SplitMix, quantile};
use crate::threads::in_parts;
use crate::{Metric, Resampling};

/// From so many items on, columns of one length are resampled together.
const MANY: usize = 1000;

/// The mean of each column with its 95 % bootstrap interval, as [`Metric::mean`] has it.
///
/// Drawing items is most of the work. Long columns of the same length share their draws; that does not change what any
/// one interval means.
pub fn means(columns: &[Vec<f64>], resampling: &Resampling) -> Vec<Metric> {
    let mut metrics = Vec::with_capacity(columns.len());
    let mut drawn: BTreeMap<usize, Intervals> = BTreeMap::new();
    for (place, column) in columns.iter().enumerate() {
        let n = column.len();
        let constant = column.windows(2).all(|pair| pair[0] == pair[1]);
        if n < MANY || resampling.resamples == 0 || constant {
            metrics.push(Metric::mean(column, resampling));
            continue;
        }
        let intervals = drawn.entry(n).or_insert_with(|| {
            let same: Vec<&[f64]> =
                columns.iter().map(|column| if column.len() == n { &column[..] } else { &[] }).collect();
            intervals(&same, n, resampling)
        });
        let interval = intervals[place];
        let (low, high) = interval.unzip();
        let value = Some(column.iter().sum::<f64>() / n as f64);
        metrics.push(Metric { value, low, high, n, why: None });
    }
    metrics
}

/// By column, its low and high end; `None` for a column of another length.
type Intervals = Vec<Option<(f64, f64)>>;

/// The percentile interval of each column that is not empty; those have `n` values.
fn intervals(columns: &[&[f64]], n: usize, resampling: &Resampling) -> Intervals {
    let parts = in_parts(resampling.resamples, |part| {
        let mut times = vec![0u32; n];
        let mut means = Vec::with_capacity(part.len() * columns.len());
        for resample in part {
            times.fill(0);
            let mut draw = SplitMix::new(resampling.seed, resample as u64);
            for _ in 0..n {
                times[draw.below(n)] += 1;
            }
            means.extend(columns.iter().map(|column| weighted_sum(&times, column) / n as f64));
        }
        means
    });
    let means = parts.concat();
    let of_column = |place: usize| {
        let mut sample: Vec<f64> = means[place..].iter().step_by(columns.len()).copied().collect();
        sample.sort_unstable_by(f64::total_cmp);
        (quantile(&sample, 0.025), quantile(&sample, 0.975))
    };
    columns.iter().enumerate().map(|(place, column)| (!column.is_empty()).then(|| of_column(place))).collect()
}

/// In eight sums, so that they can be added side by side; in the same order on every machine.
fn weighted_sum(times: &[u32], values: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (eights, rest) = values.as_chunks::<8>();
    let (eight_times, rest_times) = times.as_chunks::<8>();
    for (times, values) in eight_times.iter().zip(eights) {
        for lane in 0..8 {
            sums[lane] += f64::from(times[lane]) * values[lane];
        }
    }
    let tail: f64 = rest_times.iter().zip(rest).map(|(times, value)| f64::from(*times) * value).sum();
    sums.iter().sum::<f64>() + tail
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::threads::with_threads;

    fn columns(n: usize) -> Vec<Vec<f64>> {
        let column = |step: usize| (0..n).map(|i| ((i * step) % 97) as f64 / 97.0).collect();
        vec![column(1), column(13), vec![0.25; n], Vec::new(), vec![0.5; 20]]
    }

    #[test]
    fn together_they_are_what_each_is_alone() {
        let resampling = Resampling { seed: 4, resamples: 300 };
        let together = means(&columns(1003), &resampling);
        for (metric, column) in together.iter().zip(columns(1003)) {
            let alone = Metric::mean(&column, &resampling);
            let close = |a: Option<f64>, b: Option<f64>| a.zip(b).is_none_or(|(a, b)| (a - b).abs() < 1e-12);
            assert!(close(metric.low, alone.low) && close(metric.high, alone.high), "{metric:?} {alone:?}");
            assert_eq!((metric.value, metric.n, &metric.why), (alone.value, alone.n, &alone.why));
        }
    }

    #[test]
    fn the_threads_do_not_show() {
        let resampling = Resampling { seed: 4, resamples: 301 };
        let of = |threads| with_threads(threads, || means(&columns(1001), &resampling));
        assert_eq!(of(1), of(3));
    }
}
