//! Cosine similarity over the chunks of a snapshot: a scan of quantised vectors, then exact products of the best.
//!
//! Nothing is skipped but rows that are not allowed, so a filter costs no recall.

use rayon::prelude::*;

use crate::bits::Ones;
use crate::kernel::{self, Quantised};
use crate::leg::allowed::Allowed;
use crate::rank::{Best, Scored};
use crate::segment::stride;
use crate::snapshot::{Snapshot, View};

/// Rows in one task of a parallel scan; a multiple of [`STEP`].
const TASK: usize = 1 << 14;
/// Snapshots with fewer allowed rows are scanned on the calling thread.
const PARALLEL: usize = 150_000;
/// Rows multiplied at a time.
const STEP: usize = 64;
/// Below this many allowed rows of a step, each is multiplied alone.
const SPARSE: u32 = 24;

/// What the dense leg found.
pub(crate) struct Ranking {
    /// Best first: as many as were rescored, then, when more were asked for, the rest in order of the quantised product.
    pub(crate) rows: Vec<(Scored, f32)>,
    /// How many allowed rows have a vector.
    pub(crate) matched: usize,
    /// How many exact vectors no longer have the bytes they were written with.
    pub(crate) damaged: usize,
}

/// How many rows are rescored so that the best `candidates` are the exact ones.
fn rescored(candidates: usize) -> usize {
    candidates + candidates / 4 + 40
}

/// The nearest chunks, best first: exactly ordered through `candidates`, and on to `limit`.
pub(crate) fn rank(
    snapshot: &Snapshot,
    vector: &[f32],
    allowed: &Allowed,
    candidates: usize,
    limit: usize,
) -> Ranking {
    assert_eq!(vector.len(), snapshot.settings.dim, "the question's vector must be as long as the index's");
    let question = Quantised::new(vector);
    let exact = rescored(candidates);
    let keep = if limit > candidates { limit.saturating_add(exact) } else { exact };
    let scan = |at: usize, from: usize, to: usize| {
        let mut best = Best::new(keep.min(to - from));
        let matched =
            Scan { at, view: &snapshot.views[at], allowed, question: &question }.run(from, to, &mut best);
        (best, matched)
    };
    let tasks: Vec<(usize, usize, usize)> = tasks(snapshot, allowed);
    let start = || (Best::new(keep), 0);
    let join = |a: (Best, usize), b: (Best, usize)| (a.0.merge(b.0), a.1 + b.1);
    let (best, matched) = if allowed.count < PARALLEL {
        let mut best = Best::new(keep);
        let each = tasks.iter().map(|&(at, from, to)| {
            Scan { at, view: &snapshot.views[at], allowed, question: &question }.run(from, to, &mut best)
        });
        let matched = each.sum();
        (best, matched)
    } else {
        tasks.par_iter().map(|&(at, from, to)| scan(at, from, to)).reduce(start, join)
    };
    let mut damaged = 0;
    let mut rows: Vec<(Scored, f32)> =
        best.into_sorted().into_iter().map(|scored| (scored, scored.score())).collect();
    let sure = exact.min(rows.len());
    for (scored, score) in &mut rows[..sure] {
        match product(snapshot, *scored, vector) {
            Some(product) => *score = product,
            None => damaged += 1,
        }
    }
    rows[..sure].sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.chunk().cmp(&b.0.chunk())));
    rows.truncate(limit.max(candidates));
    Ranking { rows, matched, damaged }
}

/// The exact cosine of one row; `None` when it has no (sound) vector.
pub(crate) fn product(snapshot: &Snapshot, scored: Scored, vector: &[f32]) -> Option<f32> {
    let exact = snapshot.views[scored.segment as usize].segment.vector(scored.row as usize)?;
    Some(kernel::inner(exact, vector))
}

fn tasks(snapshot: &Snapshot, allowed: &Allowed) -> Vec<(usize, usize, usize)> {
    let step = if allowed.count < PARALLEL { usize::MAX } else { TASK };
    let views = snapshot.views.iter().enumerate();
    views
        .flat_map(|(at, view)| {
            let rows = view.segment.rows();
            (0..rows).step_by(step).map(move |from| (at, from, rows.min(from.saturating_add(step))))
        })
        .collect()
}

struct Scan<'a> {
    at: usize,
    view: &'a View,
    allowed: &'a Allowed,
    question: &'a Quantised,
}

impl Scan<'_> {
    /// Ranks the allowed rows of `from..to`; `from` is a multiple of [`STEP`]. Returns how many have a vector.
    fn run(&self, from: usize, to: usize, best: &mut Best) -> usize {
        let segment = &self.view.segment;
        let (codes, scales, chunks) = (segment.codes(), segment.scales(), segment.chunks());
        let width = stride(segment.dim());
        let mask = self.allowed.masks[self.at].as_ref().map(|mask| mask.words());
        let mut sums = [0i32; STEP];
        let mut products = [0f32; STEP];
        let mut matched = 0;
        for first in (from..to).step_by(STEP) {
            let rows = STEP.min(to - first);
            let whole = !0u64 >> (64 - rows);
            let wanted = mask.map_or(whole, |mask| mask[first / STEP] & whole);
            if wanted == 0 {
                continue;
            }
            if wanted.count_ones() >= SPARSE {
                let codes = &codes[first * width..(first + rows) * width];
                self.question.products(codes, &mut sums[..rows], &mut products[..rows]);
            } else {
                for i in Ones(wanted) {
                    let codes = &codes[(first + i) * width..][..width];
                    self.question.products(codes, &mut sums[i..=i], &mut products[i..=i]);
                }
            }
            let floor = best.floor();
            let mut promising = 0u64;
            for (i, (product, &scale)) in products[..rows].iter_mut().zip(&scales[first..]).enumerate() {
                *product *= scale;
                matched += usize::from(scale > 0.0 && wanted >> i & 1 == 1);
                promising |= u64::from(*product >= floor && scale > 0.0) << i;
            }
            for i in Ones(promising & wanted) {
                best.push(Scored::new(products[i], chunks[first + i], self.at as u32, (first + i) as u32));
            }
        }
        matched
    }
}
