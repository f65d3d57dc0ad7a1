//! Items that got the same labels the same number of times, counted together.
//!
//! Few labels and few people make few patterns, so that a coefficient of a hundred thousand items is a sum over some
//! hundreds, which is what makes resampling cheap.

use std::collections::HashMap;

use crate::Labels;
use crate::draws::{Block, LANES, Lanes, tally};

/// How often a label was given to an item.
pub(super) type Count = (u32, u32);

/// The distinct ways in which items were labelled.
pub(super) struct Patterns {
    /// How many labels there are.
    pub(super) labels: usize,
    /// The labels of each pattern with their counts, by label.
    pub(super) counts: Vec<Vec<Count>>,
    /// How many labels an item of each pattern got in all.
    pub(super) sizes: Vec<f64>,
    /// The pattern of each item.
    pub(super) of_item: Vec<u32>,
}

impl Patterns {
    pub(super) fn of(labels: &Labels) -> Patterns {
        let mut known: HashMap<Vec<Count>, u32> = HashMap::new();
        let mut counts: Vec<Vec<Count>> = Vec::new();
        let mut scratch = Vec::new();
        let of_item = (0..labels.tasks().len())
            .map(|task| {
                count(labels, task, &mut scratch);
                if let Some(&pattern) = known.get(&scratch) {
                    return pattern;
                }
                let pattern = counts.len() as u32;
                known.insert(scratch.clone(), pattern);
                counts.push(scratch.clone());
                pattern
            })
            .collect();
        let sizes = counts.iter().map(|counts| counts.iter().map(|(_, n)| f64::from(*n)).sum()).collect();
        Patterns { labels: labels.labels().len(), counts, sizes, of_item }
    }

    /// What `values` gives for each lane, told how often each pattern was drawn in it.
    pub(super) fn each_lane(
        &self,
        block: &Block,
        values: impl Fn(&[f64]) -> Vec<Option<f64>>,
    ) -> Vec<Lanes<Option<f64>>> {
        let mut counts = vec![[0; LANES]; self.counts.len()];
        tally(&mut counts, block, (0..).zip(self.of_item.iter().copied()));
        let mut drawn = vec![0.0; counts.len()];
        let mut all = Vec::new();
        for lane in 0..LANES {
            drawn.iter_mut().zip(&counts).for_each(|(drawn, counts)| *drawn = f64::from(counts[lane]));
            let found = values(&drawn);
            all.resize(found.len(), [None; LANES]);
            all.iter_mut().zip(found).for_each(|(lanes, value)| lanes[lane] = value);
        }
        all
    }

    /// How many items have a size that fits.
    pub(super) fn items(&self, fits: impl Fn(f64) -> bool) -> usize {
        self.of_item.iter().filter(|pattern| fits(self.sizes[**pattern as usize])).count()
    }
}

fn count(labels: &Labels, task: usize, counts: &mut Vec<Count>) {
    counts.clear();
    counts.extend(labels.of_task(task).iter().map(|given| (given.label, 1)));
    counts.sort_unstable();
    counts.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        kept.1 += u32::from(same) * next.1;
        same
    });
}
