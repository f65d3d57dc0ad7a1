//! Many means at once under the same resamples: the joint draws from which every contrast can be read.
//!
//! Documents are drawn with replacement, one fewer than there are, so that the spread of the draws is that of the mean and
//! not smaller (Rao and Wu 1988); training seeds likewise. What is added up before drawing is one row of sums for each
//! document and seed, so a resample is one product of weights and sums.

use rayon::prelude::*;

use crate::statistics::units::Units;
use crate::{Metric, Resampling, SplitMix, quantile};

/// Resamples that share one pass over the sums.
const BLOCK: usize = 8;

/// A column without a single value: it has no mean to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column} has no value")]
pub struct EmptyColumn {
    /// Which, from 0.
    pub column: usize,
}

/// The means of several columns, and what they would have been had other documents and seeds been drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Draws {
    means: Vec<f64>,
    n: Vec<usize>,
    /// Resamples x columns.
    drawn: Vec<f64>,
    /// By column, how many resamples held none of its values.
    undrawn: Vec<usize>,
}

/// Draws the mean of every column `resampling.resamples` times. All columns share each draw, so differences of columns are
/// paired. A row without a value in a column does not count there.
///
/// 80 columns of 1,000 rows take about a second of one core for 10,000 resamples.
///
/// # Panics
/// When a column has not one entry a row of `units`.
pub fn resample(
    units: &Units,
    columns: &[Vec<Option<f64>>],
    resampling: &Resampling,
) -> Result<Draws, EmptyColumn> {
    assert!(columns.iter().all(|column| column.len() == units.rows()), "every column has one entry a row");
    let n: Vec<usize> = columns.iter().map(|column| column.iter().flatten().count()).collect();
    if let Some(column) = n.iter().position(|&n| n == 0) {
        return Err(EmptyColumn { column });
    }
    let sums = Sums::of(units, columns);
    let means = sums.means(&sums.product(&vec![1.0; sums.cells()], 1), &[]);
    let width = columns.len();
    let mut drawn = vec![0.0; resampling.resamples * width];
    let undrawn = drawn
        .par_chunks_mut((BLOCK * width).max(1))
        .enumerate()
        .map(|(block, out)| {
            let resamples = out.len() / width;
            let weights = sums.weights(units, resampling.seed, block * BLOCK, resamples);
            let product = sums.product(&weights, resamples);
            let mut undrawn = vec![0; width];
            for (row, out) in product.chunks_exact(sums.width).zip(out.chunks_exact_mut(width)) {
                out.copy_from_slice(&sums.means(row, &means));
                for (column, undrawn) in undrawn.iter_mut().enumerate() {
                    *undrawn += usize::from(row[sums.mask[column]] == 0.0);
                }
            }
            undrawn
        })
        .reduce(|| vec![0; width], |a, b| a.iter().zip(&b).map(|(a, b)| a + b).collect());
    Ok(Draws { means, n, drawn, undrawn })
}

impl Draws {
    /// How many columns there are.
    pub fn columns(&self) -> usize {
        self.means.len()
    }

    /// How many resamples.
    pub fn resamples(&self) -> usize {
        self.drawn.len() / self.means.len().max(1)
    }

    /// The mean of a column as measured.
    pub fn mean(&self, column: usize) -> f64 {
        self.means[column]
    }

    /// The means of every column in each resample.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.drawn.chunks_exact(self.means.len().max(1))
    }

    /// The mean of a column with the 95 % percentile interval of its draws.
    pub fn metric(&self, column: usize) -> Metric {
        let bare = |why: &str| Metric {
            value: Some(self.means[column]),
            low: None,
            high: None,
            n: self.n[column],
            why: Some(why.to_string()),
        };
        if self.undrawn[column] * 10 > self.resamples() {
            return bare("absent from more than one resample of ten: too few items");
        }
        let mut weights = vec![0.0; self.columns()];
        weights[column] = 1.0;
        let contrast = self.contrast(&weights);
        let [Some(low), Some(high)] = [0.025, 0.975].map(|q| contrast.quantile(q)) else {
            return bare("no resamples were asked for");
        };
        if low == high {
            return bare("all resamples have the same value, so they show no spread");
        }
        Metric {
            value: Some(self.means[column]),
            low: Some(low),
            high: Some(high),
            n: self.n[column],
            why: None,
        }
    }

    /// A weighted sum of columns, such as `[-1, 1, 0, 0]` for the second less the first; `weights` has one entry a column.
    pub fn contrast(&self, weights: &[f64]) -> Contrast {
        let sum = |row: &[f64]| row.iter().zip(weights).map(|(mean, weight)| mean * weight).sum::<f64>();
        let mut sorted: Vec<f64> = self.rows().map(sum).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        Contrast { value: sum(&self.means), sorted }
    }
}

/// A weighted sum of means with its draws.
#[derive(Clone, Debug, PartialEq)]
pub struct Contrast {
    /// As measured.
    pub value: f64,
    /// Its draws, the smallest first.
    pub sorted: Vec<f64>,
}

impl Contrast {
    /// The `q`-quantile of the draws; `None` without draws.
    pub fn quantile(&self, q: f64) -> Option<f64> {
        (!self.sorted.is_empty()).then(|| quantile(&self.sorted, q))
    }

    /// The share of draws above `threshold`; 0 without draws.
    pub fn share_above(&self, threshold: f64) -> f64 {
        let below = self.sorted.partition_point(|&value| value <= threshold);
        (self.sorted.len() - below) as f64 / self.sorted.len().max(1) as f64
    }
}

/// Sums of every column, and of the rows that have a value in it, for each document and seed.
struct Sums {
    /// Cells (documents x seeds) x width.
    values: Vec<f64>,
    /// Columns, then the masks.
    width: usize,
    /// By column, where its number of values is; columns that lack the same rows share it.
    mask: Vec<usize>,
    seeds: usize,
}

impl Sums {
    fn of(units: &Units, columns: &[Vec<Option<f64>>]) -> Sums {
        let mut masks: Vec<Vec<bool>> = Vec::new();
        let mask = columns.iter().map(|column| {
            let present: Vec<bool> = column.iter().map(Option::is_some).collect();
            let known = masks.iter().position(|mask| *mask == present);
            known.unwrap_or_else(|| {
                masks.push(present);
                masks.len() - 1
            })
        });
        let mask: Vec<usize> = mask.map(|mask| columns.len() + mask).collect();
        let (seeds, width) = (units.seed_count(), columns.len() + masks.len());
        let mut values = vec![0.0; units.document_count() * seeds * width];
        for row in 0..units.rows() {
            let cell = units.document_of(row) * seeds + units.seed_of(row);
            let sums = &mut values[cell * width..][..width];
            for (sum, column) in sums.iter_mut().zip(columns) {
                *sum += column[row].unwrap_or(0.0);
            }
            for (count, mask) in sums[columns.len()..].iter_mut().zip(&masks) {
                *count += f64::from(u8::from(mask[row]));
            }
        }
        Sums { values, width, mask, seeds }
    }

    fn cells(&self) -> usize {
        self.values.len() / self.width.max(1)
    }

    /// How often each cell is drawn: cells x resamples.
    fn weights(&self, units: &Units, seed: u64, first: usize, resamples: usize) -> Vec<f64> {
        let mut weights = vec![0.0; self.cells() * resamples];
        for at in 0..resamples {
            let mut draw = SplitMix::new(seed, (first + at) as u64);
            let documents = counts(units.document_count(), &mut draw);
            let seeds = counts(self.seeds, &mut draw);
            for (document, &times) in documents.iter().enumerate().filter(|(_, times)| **times > 0.0) {
                for (seed, &also) in seeds.iter().enumerate() {
                    weights[(document * self.seeds + seed) * resamples + at] = times * also;
                }
            }
        }
        weights
    }

    /// Resamples x width.
    fn product(&self, weights: &[f64], resamples: usize) -> Vec<f64> {
        let mut product = vec![0.0; resamples * self.width];
        for (sums, weights) in
            self.values.chunks_exact(self.width.max(1)).zip(weights.chunks_exact(resamples))
        {
            for (row, &weight) in product.chunks_exact_mut(self.width.max(1)).zip(weights) {
                if weight != 0.0 {
                    for (total, sum) in row.iter_mut().zip(sums) {
                        *total += weight * sum;
                    }
                }
            }
        }
        product
    }

    /// The means of one row of the product; where nothing was drawn, those given.
    fn means(&self, row: &[f64], otherwise: &[f64]) -> Vec<f64> {
        let mean = |(column, &mask): (usize, &usize)| match row[mask] {
            0.0 => otherwise.get(column).copied().unwrap_or(0.0),
            count => row[column] / count,
        };
        self.mask.iter().enumerate().map(mean).collect()
    }
}

/// How often each of `n` is drawn when `n - 1` are drawn with replacement; the only one is drawn once.
pub(crate) fn counts(n: usize, draw: &mut SplitMix) -> Vec<f64> {
    let mut counts = vec![0.0; n];
    for _ in 0..n.saturating_sub(1).max(usize::from(n == 1)) {
        counts[draw.below(n)] += 1.0;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uniform(n: usize, seed: u64) -> Vec<Option<f64>> {
        let mut draw = SplitMix::new(seed, 0);
        (0..n).map(|_| Some(draw.below(1000) as f64 / 1000.0)).collect()
    }

    fn spread(draws: &Draws, weights: &[f64]) -> f64 {
        let contrast = draws.contrast(weights);
        let mean = contrast.sorted.iter().sum::<f64>() / contrast.sorted.len() as f64;
        let square = |value: &f64| (value - mean).powi(2);
        (contrast.sorted.iter().map(square).sum::<f64>() / contrast.sorted.len() as f64).sqrt()
    }

    #[track_caller]
    fn check(found: f64, expected: f64, tolerance: f64) {
        assert!((found - expected).abs() <= tolerance * expected.abs(), "{found} is not {expected}");
    }

    const MANY: Resampling = Resampling { seed: 1, resamples: 20_000 };

    #[test]
    fn draws_spread_as_the_mean_does_even_of_few_items() {
        let column = uniform(6, 4);
        let values: Vec<f64> = column.iter().copied().flatten().collect();
        let mean = values.iter().sum::<f64>() / 6.0;
        let error = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 5.0 / 6.0).sqrt();
        let draws = resample(&Units::independent(6), &[column], &MANY).unwrap();
        check(spread(&draws, &[1.0]), error, 0.02);
        check(draws.mean(0), mean, 1e-12);
    }

    #[test]
    fn columns_share_each_draw_so_a_constant_difference_has_no_spread() {
        let first = uniform(50, 2);
        let second = first.iter().map(|value| value.map(|value| value + 0.25)).collect();
        let draws = resample(&Units::independent(50), &[first, second], &MANY).unwrap();
        let contrast = draws.contrast(&[-1.0, 1.0]);
        assert!(contrast.sorted.iter().all(|difference| (difference - 0.25).abs() < 1e-12));
        assert_eq!((contrast.share_above(0.2), contrast.share_above(0.3)), (1.0, 0.0));
    }

    #[test]
    fn copies_of_a_question_in_one_document_add_nothing() {
        let single = uniform(40, 3);
        let copied: Vec<Option<f64>> = single.iter().flat_map(|value| [*value; 5]).collect();
        let documents: Vec<usize> = (0..200).map(|row| row / 5).collect();
        let of = |units: &Units, column| resample(units, &[column], &MANY).unwrap();
        let together = spread(&of(&Units::documents(&documents), copied.clone()), &[1.0]);
        check(together, spread(&of(&Units::independent(40), single), &[1.0]), 1e-9);
        let apart = spread(&of(&Units::independent(200), copied), &[1.0]);
        check(apart, together / 5f64.sqrt(), 0.05);
    }

    #[test]
    fn seeds_that_differ_widen_every_draw() {
        let rows: Vec<(usize, u64)> = (0..300).map(|row| (row / 3, (row % 3) as u64)).collect();
        let column: Vec<Option<f64>> = rows.iter().map(|row| Some(row.1 as f64)).collect();
        let draws = resample(&Units::with_seeds(&rows), &[column], &MANY).unwrap();
        // Three seeds of value 0, 1 and 2: the standard error of their mean is 1 over the root of 3.
        check(spread(&draws, &[1.0]), 1.0 / 3f64.sqrt(), 0.02);
    }

    #[test]
    fn absent_values_do_not_count_and_an_empty_column_is_named() {
        let mut column = uniform(100, 5);
        let half: Vec<Option<f64>> = column.split_off(50);
        column.extend(vec![None; 50]);
        let draws = resample(&Units::independent(100), &[column.clone(), half.repeat(2)], &MANY).unwrap();
        let values: Vec<f64> = column.iter().copied().flatten().collect();
        check(draws.mean(0), values.iter().sum::<f64>() / 50.0, 1e-12);
        assert_eq!((draws.metric(0).n, draws.metric(1).n), (50, 100));
        let empty = resample(&Units::independent(2), &[vec![Some(1.0); 2], vec![None; 2]], &MANY);
        assert_eq!(empty.unwrap_err(), EmptyColumn { column: 1 });
        let rare = resample(&Units::independent(2), &[vec![Some(1.0), None]], &MANY).unwrap();
        assert_eq!(rare.metric(0).why.unwrap(), "absent from more than one resample of ten: too few items");
    }

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        let columns = [uniform(101, 1), uniform(101, 2)];
        let resampling = Resampling { seed: 9, resamples: 501 };
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| resample(&Units::independent(101), &columns, &resampling).unwrap())
        };
        let bits = |draws: &Draws| draws.drawn.iter().map(|value| value.to_bits()).collect::<Vec<u64>>();
        assert_eq!(bits(&with(1)), bits(&with(2)));
    }
}
