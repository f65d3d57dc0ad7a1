//! Which labels are taken for which: Krippendorff's matrix of coincidences.

use crate::Labels;

/// How often one of two labels on an item was the row's and the other the column's; an item with m labels counts m times.
///
/// Symmetric; rows and columns are in the order of [`Labels::labels`]. The diagonal is agreement. Items with one label say
/// nothing. Its sum is the number of labels on shared items.
pub fn coincidences(labels: &Labels) -> Vec<Vec<f64>> {
    let mut matrix = vec![vec![0.0; labels.labels().len()]; labels.labels().len()];
    for task in 0..labels.tasks().len() {
        let given = labels.of_task(task);
        for (at, one) in given.iter().enumerate() {
            for other in &given[at + 1..] {
                let share = 1.0 / (given.len() - 1) as f64;
                matrix[one.label as usize][other.label as usize] += share;
                matrix[other.label as usize][one.label as usize] += share;
            }
        }
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_counts_both_ways() {
        let rows = [
            ("1", "a", "x"),
            ("1", "b", "x"),
            ("1", "c", "y"),
            ("2", "a", "y"),
            ("2", "b", "y"),
            ("3", "a", "x"),
        ];
        assert_eq!(coincidences(&Labels::from_rows(rows)), [[1.0, 1.0], [1.0, 2.0]]);
    }
}
