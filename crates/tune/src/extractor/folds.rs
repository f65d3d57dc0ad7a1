//! Cross-validation of an extractor: stretches of the file, so that sentences of one document stay on one side.

use crate::data::ExtractionRow;

/// Folds of the training rows.
pub(crate) const FOLDS: usize = 3;

/// The fold of each row: the file cut into stretches of about equal length, and no group torn apart but one that all rows are of.
///
/// Rows that are neighbours mostly come from one document. Dealt out singly they would let a name that is learned in one
/// fold be found in the next, and a model that only remembers names would look good.
pub(crate) fn folds(rows: &[ExtractionRow], groups: &[usize]) -> Vec<usize> {
    let count = groups.iter().max().map_or(0, |most| most + 1);
    let stretch = |at: usize| at * FOLDS / rows.len().max(1);
    let mut of_group = vec![None; count];
    let mut folds = Vec::with_capacity(rows.len());
    for (at, &group) in groups.iter().enumerate() {
        let fold = *of_group[group].get_or_insert(stretch(at));
        folds.push(fold);
    }
    if folds.iter().any(|fold| *fold != folds[0]) {
        return folds;
    }
    // One fold of all rows would leave nothing to learn from: a few groups are dealt out, the rows of a single one cut.
    match count {
        1 => (0..rows.len()).map(stretch).collect(),
        _ => groups.iter().map(|group| group % FOLDS).collect(),
    }
}

/// The places of a fold, and of all others.
pub(crate) fn sides(folds: &[usize], fold: usize) -> (Vec<usize>, Vec<usize>) {
    (0..folds.len()).partition(|&row| folds[row] == fold)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(groups: &[usize], expected: &[usize]) {
        let row = ExtractionRow {
            id: String::new(),
            text: String::new(),
            context: Vec::new(),
            group: String::new(),
            spans: Vec::new(),
        };
        assert_eq!(folds(&vec![row; groups.len()], groups), expected);
    }

    #[test]
    fn a_file_is_cut_into_stretches_and_no_group_is_torn() {
        check(&[0, 1, 2, 3, 4, 5], &[0, 0, 1, 1, 2, 2]);
        check(&[0, 1, 1, 1, 2, 2], &[0, 0, 0, 0, 2, 2]);
        check(&[], &[]);
    }

    #[test]
    fn there_is_always_another_fold_to_learn_from() {
        check(&[0; 6], &[0, 0, 1, 1, 2, 2]);
        check(&[0, 1, 1, 1, 1, 1], &[0, 1, 1, 1, 1, 1]);
    }
}
