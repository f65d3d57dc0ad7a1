//! The best few of many scores, in an order that no thread count or segment layout can change.

use engraft_core::ChunkNo;

/// A scored chunk and where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Scored {
    // Orders by score, then by lower chunk number; see `key`.
    key: u64,
    /// Which segment of the snapshot.
    pub(crate) segment: u32,
    /// Which row of that segment.
    pub(crate) row: u32,
}

/// The bits of a float, ordered as the floats are; NaN sorts outside the numbers.
fn ordered(score: f32) -> u32 {
    let bits = score.to_bits();
    if bits >> 31 == 0 { bits | 1 << 31 } else { !bits }
}

impl Scored {
    pub(crate) fn new(score: f32, chunk: ChunkNo, segment: u32, row: u32) -> Scored {
        Scored { key: u64::from(ordered(score)) << 32 | u64::from(!chunk), segment, row }
    }

    pub(crate) fn score(self) -> f32 {
        let bits = (self.key >> 32) as u32;
        f32::from_bits(if bits >> 31 == 1 { bits & !(1 << 31) } else { !bits })
    }

    pub(crate) fn chunk(self) -> ChunkNo {
        !(self.key as u32)
    }
}

/// Keeps the best `limit` of what is pushed.
#[derive(Debug)]
pub(crate) struct Best {
    limit: usize,
    kept: Vec<Scored>,
    // Nothing at or below this score can still enter; minus infinity until `limit` are kept.
    floor: f32,
}

impl Best {
    pub(crate) fn new(limit: usize) -> Best {
        Best { limit, kept: Vec::with_capacity((2 * limit).min(4096)), floor: f32::NEG_INFINITY }
    }

    /// Scores below this cannot enter; equal ones may, by chunk number.
    pub(crate) fn floor(&self) -> f32 {
        self.floor
    }

    pub(crate) fn push(&mut self, scored: Scored) {
        self.kept.push(scored);
        if self.kept.len() >= 2 * self.limit.max(32) {
            self.shrink();
        }
    }

    fn shrink(&mut self) {
        if self.limit == 0 {
            self.kept.clear();
            self.floor = f32::INFINITY;
        } else if self.kept.len() > self.limit {
            self.kept.select_nth_unstable_by(self.limit - 1, |a, b| b.cmp(a));
            self.kept.truncate(self.limit);
            self.floor = self.kept[self.limit - 1].score();
        }
    }

    pub(crate) fn merge(mut self, other: Best) -> Best {
        self.kept.extend(other.kept);
        self.shrink();
        self
    }

    /// Best first.
    pub(crate) fn into_sorted(mut self) -> Vec<Scored> {
        self.kept.sort_unstable_by(|a, b| b.cmp(a));
        self.kept.truncate(self.limit);
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_best_are_those_that_sorting_finds(scores in prop::collection::vec(-3i32..3, 0..300), limit in 0usize..90) {
            let all: Vec<Scored> = scores.iter().enumerate()
                .map(|(at, &score)| Scored::new(score as f32 / 2.0, at as u32, 0, at as u32)).collect();
            let mut best = Best::new(limit);
            all.iter().for_each(|&one| best.push(one));
            let mut sorted = all.clone();
            sorted.sort_by(|a, b| b.score().total_cmp(&a.score()).then(a.chunk().cmp(&b.chunk())));
            sorted.truncate(limit);
            prop_assert_eq!(best.into_sorted(), sorted);
        }
    }
}
