//! Dense rows of numbers and the two products a linear head is trained with.

use engraft_nn::Weights;
use rayon::prelude::*;

use crate::TuneError;

/// Rows of equal length, end to end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    /// The length of a row.
    pub columns: usize,
    /// The rows.
    pub data: Vec<f32>,
}

impl Matrix {
    /// Vectors as rows; they must be of one length.
    pub fn of(rows: Vec<Vec<f32>>, columns: usize) -> Matrix {
        Matrix { columns, data: rows.into_iter().flatten().collect() }
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.data.len().checked_div(self.columns).unwrap_or(0)
    }

    /// One row.
    pub fn row(&self, row: usize) -> &[f32] {
        &self.data[row * self.columns..][..self.columns]
    }

    /// The rows at `places`.
    pub fn pick(&self, places: &[usize]) -> Matrix {
        Matrix {
            columns: self.columns,
            data: places.iter().flat_map(|&row| self.row(row)).copied().collect(),
        }
    }
}

/// A tensor of that shape.
pub(crate) fn read_matrix(
    from: &Weights,
    name: &str,
    rows: usize,
    columns: usize,
) -> Result<Matrix, TuneError> {
    let tensor = from.tensor(name, &[rows, columns])?;
    let mut data = vec![0.0; rows * columns];
    if columns > 0 {
        for (row, out) in data.chunks_exact_mut(columns).enumerate() {
            from.row(tensor, row, out);
        }
    }
    Ok(Matrix { columns, data })
}

/// The scalar product. Eight sums run side by side, so that it is the same on every machine and still fast.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 8];
    let (a_eights, a_rest) = a.as_chunks::<8>();
    let (b_eights, b_rest) = b.as_chunks::<8>();
    for (x, y) in a_eights.iter().zip(b_eights) {
        for lane in 0..8 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f32>() + rest
}

/// Rows handled together, so that one reading of the weights serves them all.
const BLOCK: usize = 4;

/// Adds `rows · weights` to `out`: `rows` is `[n, d]`, `weights` `[d, k]`, `out` `[n, k]`.
pub(crate) fn add_product(rows: &[f32], d: usize, weights: &[f32], k: usize, out: &mut [f32]) {
    for (rows, out) in rows.chunks(BLOCK * d).zip(out.chunks_mut(BLOCK * k)) {
        if rows.len() == BLOCK * d {
            let (a, rest) = out.split_at_mut(k);
            let (b, rest) = rest.split_at_mut(k);
            let (c, e) = rest.split_at_mut(k);
            for at in 0..d {
                let x = [rows[at], rows[d + at], rows[2 * d + at], rows[3 * d + at]];
                let w = &weights[at * k..][..k];
                for j in 0..k {
                    a[j] += x[0] * w[j];
                    b[j] += x[1] * w[j];
                    c[j] += x[2] * w[j];
                    e[j] += x[3] * w[j];
                }
            }
            continue;
        }
        for (row, out) in rows.chunks(d).zip(out.chunks_mut(k)) {
            for (x, w) in row.iter().zip(weights.chunks(k)) {
                out.iter_mut().zip(w).for_each(|(out, w)| *out += x * w);
            }
        }
    }
}

/// Adds `rowsᵀ · errors` to `out`: `rows` is `[n, d]`, `errors` `[n, k]`, `out` `[d, k]`.
pub(crate) fn add_transposed(rows: &[f32], d: usize, errors: &[f32], k: usize, out: &mut [f32]) {
    for (rows, errors) in rows.chunks(BLOCK * d).zip(errors.chunks(BLOCK * k)) {
        if rows.len() == BLOCK * d {
            let (a, rest) = errors.split_at(k);
            let (b, rest) = rest.split_at(k);
            let (c, e) = rest.split_at(k);
            for at in 0..d {
                let x = [rows[at], rows[d + at], rows[2 * d + at], rows[3 * d + at]];
                let out = &mut out[at * k..][..k];
                for j in 0..k {
                    out[j] += (x[0] * a[j] + x[1] * b[j]) + (x[2] * c[j] + x[3] * e[j]);
                }
            }
            continue;
        }
        for (row, errors) in rows.chunks(d).zip(errors.chunks(k)) {
            for (x, out) in row.iter().zip(out.chunks_mut(k)) {
                out.iter_mut().zip(errors).for_each(|(out, error)| *out += x * error);
            }
        }
    }
}

/// For each row of `of` what its likeness to every row of `to` comes to in `each`, in parallel.
pub(crate) fn each_likeness<T: Send>(
    of: &Matrix,
    to: &Matrix,
    each: impl Fn(usize, &[f32]) -> T + Sync,
) -> Vec<T> {
    const ROWS: usize = 16;
    let n = to.rows();
    let blocks: Vec<usize> = (0..of.rows()).step_by(ROWS).collect();
    let done: Vec<Vec<T>> = blocks
        .into_par_iter()
        .map(|first| {
            let rows = ROWS.min(of.rows() - first);
            let mut all = vec![0.0f32; rows * n];
            for other in 0..n {
                let there = to.row(other);
                for row in 0..rows {
                    all[row * n + other] = dot(of.row(first + row), there);
                }
            }
            (0..rows).map(|row| each(first + row, &all[row * n..][..n])).collect()
        })
        .collect();
    done.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use engraft_eval::SplitMix;

    use super::*;

    #[test]
    fn the_products_are_those_of_the_schoolbook() {
        let mut draw = SplitMix::new(1, 0);
        let mut numbers =
            |n: usize| -> Vec<f32> { (0..n).map(|_| draw.below(200) as f32 / 100.0 - 1.0).collect() };
        let (n, d, k) = (7, 5, 3);
        let (rows, weights, errors) = (numbers(n * d), numbers(d * k), numbers(n * k));
        let (mut out, mut back) = (vec![0.0; n * k], vec![0.0; d * k]);
        add_product(&rows, d, &weights, k, &mut out);
        add_transposed(&rows, d, &errors, k, &mut back);
        for i in 0..n {
            for j in 0..k {
                let sum: f32 = (0..d).map(|at| rows[i * d + at] * weights[at * k + j]).sum();
                assert!((out[i * k + j] - sum).abs() < 1e-5);
            }
        }
        for at in 0..d {
            for j in 0..k {
                let sum: f32 = (0..n).map(|i| rows[i * d + at] * errors[i * k + j]).sum();
                assert!((back[at * k + j] - sum).abs() < 1e-5);
            }
        }
        let (a, b) = (numbers(19), numbers(19));
        let sum: f32 = a.iter().zip(&b).map(|(x, y)| x * y).sum();
        assert!((dot(&a, &b) - sum).abs() < 1e-5);
    }
}
