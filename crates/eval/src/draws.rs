//! Resamples drawn side by side, so that one walk over the items serves sixteen of them.
//!
//! What is counted over items is a sum of small numbers: with the counts of sixteen resamples next to each other a
//! processor adds them up at once, and the items are fetched once instead of sixteen times.

use crate::Resampling;
use crate::interval::SplitMix;

/// How many resamples lie side by side.
pub(crate) const LANES: usize = 16;

/// One number for each resample of a block.
pub(crate) type Lanes<T> = [T; LANES];

/// How often each item was drawn in each resample of a block.
///
/// A byte holds it: of `n` draws from `n` items, none takes more than `n`, and where `n` is large the chance that one takes
/// 256 is below one in 10^500.
pub(crate) type Block = [Lanes<u8>];

/// How many draws make a resample of so many items. `groups` is the group of each item, numbered from 0, all of which is
/// drawn together; empty, where each item is drawn by itself.
pub(crate) fn draws(items: usize, groups: &[u32]) -> usize {
    groups.iter().max().map_or(items, |most| *most as usize + 1)
}

/// Calls `take` with blocks of resamples; the last one of which only the first `usize` lanes count. `groups` as for
/// [`draws`].
///
/// Resample `r` is what [`SplitMix`] draws from stream `r`, whatever block it falls into.
pub(crate) fn blocks(
    items: usize,
    groups: &[u32],
    resampling: &Resampling,
    mut take: impl FnMut(&Block, usize),
) {
    let resamples = if items == 0 { 0 } else { resampling.resamples };
    let mut block = vec![[0; LANES]; items];
    let many = draws(items, groups);
    let mut drawn = vec![0u8; many];
    for first in (0..resamples).step_by(LANES) {
        let lanes = LANES.min(resamples - first);
        for lane in 0..lanes {
            drawn.fill(0);
            let mut draw = SplitMix::new(resampling.seed, (first + lane) as u64);
            for _ in 0..many {
                let times = &mut drawn[draw.below(many)];
                *times = times.saturating_add(1);
            }
            match groups {
                [] => block.iter_mut().zip(&drawn).for_each(|(lanes, times)| lanes[lane] = *times),
                _ => block
                    .iter_mut()
                    .zip(groups)
                    .for_each(|(lanes, group)| lanes[lane] = drawn[*group as usize]),
            }
        }
        take(&block, lanes);
    }
}

/// Adds up, over the items, how often each of their cells was drawn. `of` names the cell of an item.
pub(crate) fn tally(cells: &mut [Lanes<u32>], block: &Block, of: impl Iterator<Item = (u32, u32)>) {
    cells.fill([0; LANES]);
    for (item, cell) in of {
        let cell = &mut cells[cell as usize];
        cell.iter_mut().zip(&block[item as usize]).for_each(|(sum, times)| *sum += u32::from(*times));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_resample_draws_as_many_as_there_are_and_is_the_same_in_any_block() {
        let mut all: Vec<Vec<u8>> = Vec::new();
        blocks(7, &[], &Resampling { seed: 5, resamples: 20 }, |block, lanes| {
            all.extend((0..lanes).map(|lane| block.iter().map(|item| item[lane]).collect()));
        });
        assert_eq!(all.len(), 20);
        assert!(all.iter().all(|drawn| drawn.iter().map(|times| u32::from(*times)).sum::<u32>() == 7));
        let mut draw = SplitMix::new(5, 17);
        let mut alone = vec![0; 7];
        (0..7).for_each(|_| alone[draw.below(7)] += 1);
        assert_eq!(all[17], alone);
    }

    #[test]
    fn cells_add_up_what_was_drawn_of_their_items() {
        let block = [[2; LANES], [0; LANES], [3; LANES]];
        let mut cells = [[9; LANES]; 2];
        tally(&mut cells, &block, [(0, 1), (1, 0), (2, 1), (2, 1)].into_iter());
        assert_eq!(cells, [[0; LANES], [8; LANES]]);
    }
}
