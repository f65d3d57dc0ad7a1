//! The best chunks of a snapshot by BM25, whatever the segments and the threads: every score is the sum over the
//! question's sorted terms.
//!
//! Common words cost most and decide least. Once enough chunks are known that no chunk with common words alone can enter
//! any more, their lists are read only where a rarer word has been found (MaxScore: Turtle and Flood, 1995,
//! doi:10.1016/0306-4573(95)00020-H, over windows of rows).

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use engraft_core::ChunkNo;
use rayon::prelude::*;

use crate::bits::Ones;
use crate::kernel;
use crate::leg::allowed::Allowed;
use crate::leg::bm25::{Curve, Weighted};
use crate::leg::list::{List, lists};
use crate::rank::{Best, Scored};
use crate::segment::BLOCK;
use crate::snapshot::{Snapshot, View};

/// Rows scored at a time: their sums stay in the fastest caches.
const WINDOW: usize = 1 << 14;
/// Rows in one task of a parallel scan; a multiple of [`WINDOW`].
const TASK: usize = 4 * WINDOW;
/// Segments with fewer rows are scanned on the calling thread.
const PARALLEL: usize = 150_000;
/// Sums of the same numbers in another order differ by less than this share of the floor, up to a thousand terms and more.
const ROUNDING: f32 = 1e-4;

/// What the lexical leg found.
pub(crate) struct Ranking {
    /// Best first.
    pub(crate) rows: Vec<Scored>,
    /// How many allowed rows hold any term; `None` when they were not counted.
    pub(crate) matched: Option<usize>,
}

/// The best `limit` chunks. With `count`, every chunk that holds a term is looked at and counted; the ranking is the same.
pub(crate) fn rank(
    snapshot: &Snapshot,
    terms: &[Weighted],
    allowed: &Allowed,
    limit: usize,
    count: bool,
) -> Ranking {
    let curve = Curve::new(&snapshot.settings, snapshot.length, snapshot.live);
    let floor = Floor::default();
    let mut found = Part::new(limit);
    for (at, view) in snapshot.views.iter().enumerate() {
        let lists = lists(view, terms);
        if lists.is_empty() {
            continue;
        }
        let mask = allowed.masks[at].as_ref().map(|mask| mask.words());
        let scan = Scan { at: at as u32, view, mask, curve, count, floor: &floor };
        let rows = view.segment.rows();
        if rows < PARALLEL {
            scan.run(lists, 0..rows, &mut found);
            continue;
        }
        let some = |from| {
            let mut part = Part::new(limit);
            scan.run(lists.clone(), from..rows.min(from + TASK), &mut part);
            part
        };
        let tasks: Vec<usize> = (0..rows).step_by(TASK).collect();
        found = found.and(tasks.into_par_iter().map(some).reduce(|| Part::new(limit), Part::and));
    }
    Ranking { rows: found.best.into_sorted(), matched: count.then_some(found.matched) }
}

/// The scores of some rows, ascending in every segment, that hold any term.
pub(crate) fn scores(
    snapshot: &Snapshot,
    terms: &[Weighted],
    asked: &BTreeMap<u32, Vec<u32>>,
) -> HashMap<ChunkNo, f32> {
    let curve = Curve::new(&snapshot.settings, snapshot.length, snapshot.live);
    let mut scores = HashMap::new();
    for (&at, rows) in asked {
        let segment = &snapshot.views[at as usize].segment;
        let lists = lists(&snapshot.views[at as usize], terms);
        let some = |rows: &[u32]| {
            let mut lists = lists.clone();
            let score = |&row: &u32| {
                let score = exact(&mut lists, row, segment.lengths()[row as usize], curve);
                (segment.chunks()[row as usize], score)
            };
            rows.iter().map(score).collect::<Vec<(ChunkNo, f32)>>()
        };
        let scored = if segment.rows() < PARALLEL {
            some(rows)
        } else {
            rows.par_chunks(32).flat_map_iter(some).collect()
        };
        scores.extend(scored.into_iter().filter(|one| one.1 > 0.0));
    }
    scores
}

fn exact(lists: &mut [List<'_>], row: u32, length: u32, curve: Curve) -> f32 {
    lists
        .iter_mut()
        .map(|list| (list.weight, list.tf(row)))
        .fold(0.0, |sum, (weight, tf)| if tf == 0 { sum } else { sum + weight * curve.share(tf, length) })
}

/// A score that as many chunks as are wanted reach, known to all threads; 0 until there are.
#[derive(Default)]
struct Floor(AtomicU32);

impl Floor {
    /// Scores are not negative, so their bits are in their order.
    fn raise(&self, to: f32) -> f32 {
        let bits = to.max(0.0).to_bits();
        f32::from_bits(self.0.fetch_max(bits, Ordering::Relaxed).max(bits))
    }
}

/// What was found in some of the rows.
struct Part {
    best: Best,
    matched: usize,
    /// The sums of a window, zero between two windows.
    sums: Vec<f32>,
}

impl Part {
    fn new(limit: usize) -> Part {
        Part { best: Best::new(limit), matched: 0, sums: Vec::new() }
    }

    fn and(self, other: Part) -> Part {
        Part { best: self.best.merge(other.best), matched: self.matched + other.matched, sums: Vec::new() }
    }
}

struct Scan<'a> {
    at: u32,
    view: &'a View,
    mask: Option<&'a [u64]>,
    curve: Curve,
    count: bool,
    floor: &'a Floor,
}

impl Scan<'_> {
    /// Scores `within`, which begins at a multiple of 64.
    fn run(&self, mut lists: Vec<List<'_>>, within: Range<usize>, found: &mut Part) {
        let lengths = self.view.segment.lengths();
        found.sums.clear();
        found.sums.resize(WINDOW.min(within.len().next_multiple_of(64)), 0.0);
        let mut rest = Rest { probes: lists.clone(), spare: Vec::new(), bound: 0.0 };
        lists.retain_mut(|list| list.begin(within.start as u32));
        let mut start = within.start;
        loop {
            let floor = if self.count { found.best.floor() } else { self.floor.raise(found.best.floor()) };
            if !self.count {
                rest.spare_from(&mut lists, floor);
            }
            // Windows begin where the next posting is: rare terms skip most of a segment.
            let Some(first) = lists.iter().map(List::next).min() else { break };
            start = (first as usize / 64 * 64).max(start);
            if start >= within.end {
                break;
            }
            let end = within.end.min(start + WINDOW);
            lists.retain_mut(|list| self.add(list, start, end, lengths, &mut found.sums));
            let filled = (end - start).min(found.sums.len());
            self.sweep(start, filled, floor, &mut rest, found);
            start = end;
        }
    }

    /// Adds what one term gives the rows in `start..end`; false when the list has ended.
    fn add(&self, list: &mut List<'_>, start: usize, end: usize, lengths: &[u32], sums: &mut [f32]) -> bool {
        loop {
            let cursor = &list.cursor;
            if cursor.filled == 0 {
                return false;
            }
            let rows = &cursor.rows[list.at..cursor.filled];
            let inside = if (cursor.rows[cursor.filled - 1] as usize) < end {
                rows.len()
            } else {
                rows.partition_point(|&row| (row as usize) < end)
            };
            // In three steps, so that the arithmetic between runs on whole vectors.
            let mut adds = [0f32; BLOCK];
            for (add, &row) in adds.iter_mut().zip(&rows[..inside]) {
                *add = lengths.get(row as usize).copied().unwrap_or(u32::MAX) as f32;
            }
            for (add, &tf) in adds[..inside].iter_mut().zip(&cursor.tfs[list.at..]) {
                *add = list.weight * self.curve.of(tf, *add);
            }
            for (add, &row) in adds.iter().zip(&rows[..inside]) {
                if let Some(sum) = sums.get_mut((row as usize).wrapping_sub(start)) {
                    *sum += add;
                }
            }
            list.at += inside;
            if list.at < cursor.filled {
                return true;
            }
            list.at = 0;
            if !list.cursor.advance() {
                return false;
            }
        }
    }

    /// Takes the sums of the rows from `start` on, and zeroes them.
    fn sweep(&self, start: usize, filled: usize, floor: f32, rest: &mut Rest<'_>, found: &mut Part) {
        let (chunks, lengths) = (self.view.segment.chunks(), self.view.segment.lengths());
        let Part { best, matched, sums } = found;
        for (block, sums) in sums[..filled].chunks_mut(64).enumerate() {
            let scored = kernel::greater(sums, 0.0);
            if scored == 0 {
                continue;
            }
            let first = start + block * 64;
            let allowed = scored & self.mask.map_or(!0, |mask| mask[first / 64]);
            *matched += allowed.count_ones() as usize;
            let floor = floor.max(best.floor());
            // Equal ones may enter too.
            for i in Ones(allowed & kernel::greater(sums, rest.needed(floor).next_down())) {
                let row = first + i;
                let score = rest.complete(sums[i], row as u32, lengths[row], self.curve, floor);
                if score >= floor {
                    best.push(Scored::new(score, chunks[row], self.at, row as u32));
                }
            }
            sums.fill(0.0);
        }
    }
}

/// What the lists that are read from row to row leave out.
struct Rest<'a> {
    /// Every term's list, to look at single rows.
    probes: Vec<List<'a>>,
    /// Which terms are only looked at, the lightest first.
    spare: Vec<usize>,
    /// They add less than this to any row.
    bound: f32,
}

impl<'a> Rest<'a> {
    /// Takes the lightest lists, as long as rows with their terms alone stay below `floor`.
    fn spare_from(&mut self, driving: &mut Vec<List<'a>>, floor: f32) {
        while let Some(at) =
            (0..driving.len()).min_by(|&a, &b| driving[a].weight.total_cmp(&driving[b].weight))
        {
            let bound = self.bound + driving[at].weight;
            if bound >= floor * (1.0 - ROUNDING) {
                break;
            }
            self.bound = bound;
            self.spare.push(driving.remove(at).term);
        }
    }

    /// What the other lists must give a row that may reach `floor`.
    fn needed(&self, floor: f32) -> f32 {
        if self.spare.is_empty() { floor } else { floor * (1.0 - ROUNDING) - self.bound }
    }

    /// The score of a row, or something below `floor`; `sum` is what the other lists gave it.
    fn complete(&mut self, mut sum: f32, row: u32, length: u32, curve: Curve, floor: f32) -> f32 {
        if self.spare.is_empty() {
            return sum;
        }
        let mut bound = self.bound;
        for &term in self.spare.iter().rev() {
            let list = &mut self.probes[term];
            bound -= list.weight;
            match list.tf(row) {
                0 => {}
                tf => sum += list.weight * curve.share(tf, length),
            }
            if sum + bound < floor * (1.0 - ROUNDING) {
                return f32::NEG_INFINITY;
            }
        }
        exact(&mut self.probes, row, length, curve)
    }
}
