//! Batches in which no two rows have a text or an answer in common: another row's answer is then always a wrong one.

use std::collections::BTreeSet;

use engraft_nn::train::Draw;

use crate::retrieve::Contrast;

/// Puts the rows of an epoch in batches of up to `size`, in an order drawn by `draw`; rows that share a key never meet.
///
/// Rows that found no place wait for the next batch, so all rows come once, and only the last batches may be smaller. A row that is
/// left alone with no wrong passage of its own has nothing to be told from, and is not asked, unless all are like that.
pub(crate) fn batches(rows: &[Contrast], size: usize, draw: &mut Draw) -> Vec<Vec<usize>> {
    let mut waiting: Vec<usize> = (0..rows.len()).collect();
    draw.shuffle(&mut waiting);
    let mut batches = Vec::new();
    while !waiting.is_empty() {
        let mut taken: BTreeSet<u64> = BTreeSet::new();
        let (mut batch, mut left) = (Vec::new(), Vec::new());
        for row in waiting {
            if batch.len() < size.max(1) && rows[row].keys.is_disjoint(&taken) {
                taken.extend(&rows[row].keys);
                batch.push(row);
            } else {
                left.push(row);
            }
        }
        batches.push(batch);
        waiting = left;
    }
    let tells = |batch: &Vec<usize>| batch.len() > 1 || batch.iter().any(|&row| !rows[row].wrong.is_empty());
    if batches.iter().any(tells) {
        batches.retain(tells);
    }
    batches
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_row_that_is_left_alone_is_asked_only_where_it_has_a_wrong_passage() {
        let row = |wrong: usize| Contrast {
            question: vec![],
            answer: vec![],
            wrong: vec![vec![]; wrong],
            keys: [0].into(),
        };
        let sizes = |rows: &[Contrast]| -> Vec<usize> {
            batches(rows, 4, &mut Draw::new(0, 0)).iter().map(Vec::len).collect()
        };
        assert_eq!(sizes(&[row(1), row(0), row(2)]), [1, 1]);
        assert_eq!(sizes(&[row(0), row(0)]), [1, 1], "then training says that nothing is there to learn");
    }

    proptest! {
        #[test]
        fn every_row_comes_once_and_never_meets_its_like(
            keys in prop::collection::vec(prop::collection::btree_set(0u64..20, 1..4), 0..40),
            size in 1usize..9, seed in 0u64..9,
        ) {
            let row = |keys| Contrast { question: vec![], answer: vec![], wrong: vec![vec![]], keys };
            let rows: Vec<Contrast> = keys.iter().cloned().map(row).collect();
            let found = batches(&rows, size, &mut Draw::new(seed, 0));
            let mut all: Vec<usize> = found.iter().flatten().copied().collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..keys.len()).collect::<Vec<_>>());
            for batch in &found {
                prop_assert!(!batch.is_empty() && batch.len() <= size);
                let total: usize = batch.iter().map(|&row| keys[row].len()).sum();
                let united: BTreeSet<u64> = batch.iter().flat_map(|&row| keys[row].clone()).collect();
                prop_assert_eq!(total, united.len(), "a key twice");
            }
            prop_assert_eq!(found, batches(&rows, size, &mut Draw::new(seed, 0)));
        }
    }
}
