//! What varies together: the document a row was made from and the training seed it was measured with.

use std::collections::BTreeMap;

/// The document and the training seed of every row of scores.
///
/// Questions made from one document are not independent of one another, so documents are drawn with all their questions
/// (drawing questions again within a drawn document would count their spread twice; Davison and Hinkley 1997, §3.8). A
/// trained model answers every question, so a seed is drawn once for all rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Units {
    // One entry a row, below `documents` and `seeds`.
    document: Vec<usize>,
    seed: Vec<usize>,
    documents: usize,
    seeds: usize,
}

impl Units {
    /// Rows that have nothing to do with one another.
    pub fn independent(rows: usize) -> Units {
        Units {
            document: (0..rows).collect(),
            seed: vec![0; rows],
            documents: rows,
            seeds: usize::from(rows > 0),
        }
    }

    /// One document a row; rows of one document vary together.
    pub fn documents<D: Ord>(documents: &[D]) -> Units {
        let (document, documents) = numbered(documents.iter());
        let rows = document.len();
        Units { document, seed: vec![0; rows], documents, seeds: usize::from(rows > 0) }
    }

    /// The document and the training seed of each row: a question measured with three seeds is three rows.
    pub fn with_seeds<D: Ord>(rows: &[(D, u64)]) -> Units {
        let (document, documents) = numbered(rows.iter().map(|row| &row.0));
        let (seed, seeds) = numbered(rows.iter().map(|row| row.1));
        Units { document, seed, documents, seeds }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.document.len()
    }

    /// How many documents.
    pub fn document_count(&self) -> usize {
        self.documents
    }

    /// How many training seeds; 1 where nothing was trained.
    pub fn seed_count(&self) -> usize {
        self.seeds
    }

    pub(crate) fn document_of(&self, row: usize) -> usize {
        self.document[row]
    }

    pub(crate) fn seed_of(&self, row: usize) -> usize {
        self.seed[row]
    }
}

/// Numbers from 0 in the order of the names, so that the order of rows does not matter; and how many there are.
fn numbered<T: Ord>(names: impl Iterator<Item = T> + Clone) -> (Vec<usize>, usize) {
    let mut numbers: BTreeMap<T, usize> = names.clone().map(|name| (name, 0)).collect();
    for (at, number) in numbers.values_mut().enumerate() {
        *number = at;
    }
    (names.map(|name| numbers[&name]).collect(), numbers.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_numbered_by_name_and_not_by_order() {
        let units = Units::with_seeds(&[("b", 7), ("a", 7), ("b", 3)]);
        assert_eq!((units.document, units.seed), (vec![1, 0, 1], vec![1, 1, 0]));
        assert_eq!((units.documents, units.seeds), (2, 2));
        assert_eq!(Units::independent(0).seed_count(), 0);
    }
}
