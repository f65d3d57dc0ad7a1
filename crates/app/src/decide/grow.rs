//! Less and more to look through: how much of it, and made-up vectors where there is not enough.

pub(super) mod sized;

use engraft_tune::Matrix;

/// Sizes this close are not told apart, as a ratio.
const CLOSE: (usize, usize) = (3, 2);

fn apart(small: usize, large: usize) -> bool {
    small * CLOSE.0 <= large * CLOSE.1
}

/// Parts of `all` to look through, smallest first and `all` last: a tenth and its root, none smaller than `least`.
pub(super) fn parts(all: usize, least: usize) -> Vec<usize> {
    let mut sizes = vec![all];
    for part in [over_root_ten(all), all / 10] {
        let size = part.max(least).max(1);
        if apart(size, sizes[sizes.len() - 1]) {
            sizes.push(size);
        }
    }
    sizes.reverse();
    sizes
}

/// More than `all`: the root of ten times as much and ten times as much, with at most `made_up` added.
pub(super) fn beyond(all: usize, made_up: usize) -> Vec<usize> {
    let (most, mut sizes) = (all + made_up, Vec::new());
    for size in [over_root_ten(10 * all), 10 * all] {
        let size = size.min(most);
        if apart(sizes.last().copied().unwrap_or(all), size) {
            sizes.push(size);
        }
    }
    sizes
}

fn over_root_ten(n: usize) -> usize {
    (n as f64 / 10f64.sqrt()) as usize
}

/// The vectors and, where there are fewer than `rows`, as many made-up ones: the same numbers in another order, so that they
/// take as long to compare and are like no question.
pub(super) fn padded(vectors: &Matrix, rows: usize) -> Matrix {
    let (real, columns) = (vectors.rows(), vectors.columns);
    let mut data = Vec::with_capacity(rows * columns);
    for row in 0..rows {
        let numbers = vectors.row(row % real);
        let turn = row / real * 37 % columns;
        data.extend_from_slice(&numbers[turn..]);
        data.extend_from_slice(&numbers[..turn]);
    }
    Matrix { columns, data }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_a_tenth_a_third_and_all_where_the_least_allows() {
        assert_eq!(parts(10_000, 90), [1000, 3162, 10_000]);
        assert_eq!(parts(10_000, 2000), [2000, 3162, 10_000]);
        assert_eq!(parts(80, 42), [42, 80]);
        assert_eq!(parts(80, 70), [80]);
        assert_eq!(parts(3, 0), [1, 3]);
    }

    #[test]
    fn more_is_tenfold_unless_that_is_too_much_to_make_up() {
        assert_eq!(beyond(100, 1000), [316, 1000]);
        assert_eq!(beyond(500, 1000), [1500]);
        assert_eq!(beyond(10_000, 1000), [0; 0]);
        assert_eq!(beyond(100, 0), [0; 0]);
    }

    #[test]
    fn made_up_vectors_hold_the_same_numbers_in_another_order() {
        let vectors = Matrix { columns: 3, data: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0] };
        let more = padded(&vectors, 3);
        assert_eq!(more.data[..6], vectors.data);
        assert_eq!(more.row(2), [2.0, 3.0, 1.0]);
        assert_eq!(padded(&vectors, 1).rows(), 1);
    }
}
