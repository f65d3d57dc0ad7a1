//! Cross-validation of an extractor: stretches of the file, so that sentences of one document stay on one side.

use crate::data::ExtractionRow;

/// Folds of the training rows.
pub(crate) const FOLDS: usize = 3;

/// The fold of each row: the file cut into stretches of about equal length, and no group torn apart.
///
/// Rows that are neighbours mostly come from one document. Dealt out singly they would let a name that is learned in one
/// fold be found in the next, and a model that only remembers names would look good.
pub(crate) fn folds(rows: &[ExtractionRow], groups: &[usize]) -> Vec<usize> {
    let count = groups.iter().max().map_or(0, |most| most + 1);
    let mut of_group = vec![None; count];
    let mut folds = Vec::with_capacity(rows.len());
    for (at, &group) in groups.iter().enumerate() {
        let fold = *of_group[group].get_or_insert(at * FOLDS / rows.len().max(1));
        folds.push(fold);
    }
    folds
}

/// The places of a fold, and of all others.
pub(crate) fn sides(folds: &[usize], fold: usize) -> (Vec<usize>, Vec<usize>) {
    (0..folds.len()).partition(|&row| folds[row] == fold)
}
