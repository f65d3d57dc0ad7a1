//! The examples nearest to a question, by the vectors of both.

use engraft_tune::{Matrix, dot};

/// The `k` of `rows` (rows of `vectors`) that are most like the question, nearest first: likeness, and the place in `rows`.
/// Of equally near ones the first come first.
pub(super) fn nearest(
    vectors: &Matrix,
    rows: impl Iterator<Item = usize>,
    question: &[f32],
    k: usize,
) -> Vec<(f32, usize)> {
    let mut best: Vec<(f32, usize)> = Vec::with_capacity(k + 1);
    for (place, row) in rows.enumerate() {
        let likeness = dot(vectors.row(row), question);
        if best.len() == k && best.last().is_some_and(|last| likeness <= last.0) {
            continue;
        }
        let at = best.partition_point(|kept| kept.0 >= likeness);
        best.insert(at, (likeness, place));
        best.truncate(k);
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_come_first_and_equals_in_order() {
        let vectors = Matrix { columns: 1, data: vec![0.1, 0.9, 0.5, 0.9] };
        let found = nearest(&vectors, [3, 0, 1, 2].into_iter(), &[1.0], 3);
        assert_eq!(found, [(0.9, 0), (0.9, 2), (0.5, 3)]);
    }
}
