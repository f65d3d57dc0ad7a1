//! Cosine similarity over the chunks of a snapshot: a scan of signs, quantised products of the rows with the most equal
//! signs, exact products of the best of those. Few rows skip the first step, so a filter costs no recall.

use rayon::prelude::*;

use crate::bits::Ones;
use crate::kernel::{self, Quantised};
use crate::leg::allowed::Allowed;
use crate::rank::{Best, Scored};
use crate::segment::{sign_words, stride};
use crate::snapshot::{Snapshot, View};

/// Rows in one task of a parallel scan; a multiple of [`STEP`].
const TASK: usize = 1 << 14;
/// Snapshots with fewer allowed rows are scanned on the calling thread.
const PARALLEL: usize = 150_000;
/// Rows multiplied at a time.
const STEP: usize = 64;
/// Below this many allowed rows of a step, each is multiplied alone.
const SPARSE: u32 = 24;

/// Rows are counted in turn in so many histograms: most fall into the same few bins, and adding to one waits for itself.
const SIDES: usize = 4;
/// Rows are asked for this many before they are multiplied.
const AHEAD: usize = 12;

/// With fewer allowed rows, all of them are multiplied.
const CASCADE: usize = 40_000;
/// Otherwise at least this many rows are, those with the most equal signs…
const SIGNED: usize = 4096;
/// …and at least one in this many of the allowed ones.
const SIGNED_SHARE: usize = 48;

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
    let tasks = tasks(snapshot, allowed);
    let scan =
        |task: &Task| Scan { task: *task, view: &snapshot.views[task.segment], allowed, question: &question };
    let (best, matched) = if allowed.count < CASCADE || keep > SIGNED / 2 {
        over(&tasks, allowed, keep, |task, best| scan(task).products(best))
    } else {
        by_signs(&tasks, allowed, keep, &scan)
    };
    let mut damaged = 0;
    let mut rows: Vec<(Scored, f32)> =
        best.into_sorted().into_iter().map(|scored| (scored, scored.score())).collect();
    let sure = exact.min(rows.len());
    let exact = products(snapshot, rows[..sure].iter().map(|row| row.0).collect(), vector);
    for ((_, score), exact) in rows.iter_mut().zip(exact) {
        match exact {
            Some(exact) => *score = exact,
            None => damaged += 1,
        }
    }
    rows[..sure].sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.chunk().cmp(&b.0.chunk())));
    rows.truncate(limit.max(candidates));
    Ranking { rows, matched, damaged }
}

/// Runs `each` over all tasks, in parallel where there is much to do, and keeps the best.
fn over(
    tasks: &[Task],
    allowed: &Allowed,
    keep: usize,
    each: impl Fn(&Task, &mut Best) -> usize + Sync,
) -> (Best, usize) {
    if allowed.count < PARALLEL {
        let mut best = Best::new(keep);
        let matched = tasks.iter().map(|task| each(task, &mut best)).sum();
        return (best, matched);
    }
    let one = |task: &Task| {
        let mut best = Best::new(keep);
        let matched = each(task, &mut best);
        (best, matched)
    };
    tasks.par_iter().map(one).reduce(|| (Best::new(keep), 0), |a, b| (a.0.merge(b.0), a.1 + b.1))
}

/// Multiplies only the rows whose signs differ least from the question's.
///
/// How many that are depends on the allowed rows alone, and rows that differ equally are in or out together, so the
/// layout of segments has no say.
fn by_signs<'a>(
    tasks: &[Task],
    allowed: &Allowed,
    keep: usize,
    scan: &(impl Fn(&Task) -> Scan<'a> + Sync),
) -> (Best, usize) {
    let count = |task: &Task| scan(task).differences();
    let counted: Vec<Differences> = if allowed.count < PARALLEL {
        tasks.iter().map(count).collect()
    } else {
        tasks.par_iter().map(count).collect()
    };
    let wanted = SIGNED.max(allowed.count / SIGNED_SHARE);
    let bins = counted.iter().map(|counted| counted.histogram.len()).max().unwrap_or(0);
    let mut within = 0;
    let mut most = 0;
    while most < bins && within < wanted {
        within += counted.iter().map(|counted| counted.histogram[most]).sum::<usize>();
        most += 1;
    }
    let numbered: Vec<Task> = tasks.iter().enumerate().map(|(at, task)| Task { at, ..*task }).collect();
    let (best, _) = over(&numbered, allowed, keep, |task, best| {
        scan(task).nearest(&counted[task.at].rows, most as u16, best)
    });
    (best, counted.iter().map(|counted| counted.histogram.iter().sum::<usize>()).sum())
}

/// The exact products of rows; `None` where a row has no vector or its bytes have changed on disk.
pub(crate) fn products(snapshot: &Snapshot, rows: Vec<Scored>, vector: &[f32]) -> Vec<Option<f32>> {
    let product = |scored: Scored| {
        let exact = snapshot.views[scored.segment as usize].segment.vector(scored.row as usize)?;
        Some(kernel::inner(&exact, vector))
    };
    if snapshot.live < PARALLEL {
        return rows.into_iter().map(product).collect();
    }
    // Each waits for memory that nothing else has touched.
    rows.into_par_iter().with_min_len(16).map(product).collect()
}

/// A stretch of rows of one segment; `from` is a multiple of [`STEP`].
#[derive(Clone, Copy)]
struct Task {
    at: usize,
    segment: usize,
    from: usize,
    to: usize,
}

fn tasks(snapshot: &Snapshot, allowed: &Allowed) -> Vec<Task> {
    let step = if allowed.count < PARALLEL { usize::MAX } else { TASK };
    let views = snapshot.views.iter().enumerate();
    let stretch = |segment: usize, rows: usize| {
        (0..rows).step_by(step).map(move |from| Task {
            at: 0,
            segment,
            from,
            to: rows.min(from.saturating_add(step)),
        })
    };
    views.flat_map(|(segment, view)| stretch(segment, view.segment.rows())).collect()
}

/// How many signs of each row of a task differ; `u16::MAX` where a row is not allowed or has no vector.
struct Differences {
    rows: Vec<u16>,
    /// How many rows have each number of differences.
    histogram: Vec<usize>,
}

struct Scan<'a> {
    task: Task,
    view: &'a View,
    allowed: &'a Allowed,
    question: &'a Quantised,
}

impl Scan<'_> {
    /// Which of the up to [`STEP`] rows from `first` on are allowed.
    fn wanted(&self, first: usize) -> u64 {
        let whole = !0u64 >> (64 - STEP.min(self.task.to - first));
        self.allowed.masks[self.task.segment]
            .as_ref()
            .map_or(whole, |mask| mask.words()[first / STEP] & whole)
    }

    /// Ranks the allowed rows by their quantised products. Returns how many have a vector.
    fn products(&self, best: &mut Best) -> usize {
        let segment = &self.view.segment;
        let (codes, scales) = (segment.codes(), segment.scales());
        let width = stride(segment.dim());
        let mut sums = [0i32; STEP];
        let mut products = [0f32; STEP];
        let mut matched = 0;
        for first in (self.task.from..self.task.to).step_by(STEP) {
            let rows = STEP.min(self.task.to - first);
            let wanted = self.wanted(first);
            if wanted.count_ones() >= SPARSE {
                let codes = &codes[first * width..(first + rows) * width];
                self.question.products(codes, &mut sums[..rows], &mut products[..rows]);
                let mut sound = 0u64;
                let floor = best.floor();
                let mut promising = 0u64;
                for (i, (product, &scale)) in products[..rows].iter_mut().zip(&scales[first..]).enumerate() {
                    *product *= scale;
                    sound |= u64::from(scale > 0.0) << i;
                    promising |= u64::from(*product >= floor) << i;
                }
                matched += (sound & wanted).count_ones() as usize;
                Ones(promising & sound & wanted).for_each(|i| self.push(products[i], first + i, best));
            } else {
                for row in Ones(wanted).map(|i| first + i).filter(|&row| scales[row] > 0.0) {
                    matched += 1;
                    self.multiply(row, best);
                }
            }
        }
        matched
    }

    fn multiply(&self, row: usize, best: &mut Best) {
        let (mut sum, mut product) = ([0], [0.0]);
        self.question.products(self.view.segment.code(row), &mut sum, &mut product);
        let product = product[0] * self.view.segment.scales()[row];
        if product >= best.floor() {
            self.push(product, row, best);
        }
    }

    fn push(&self, product: f32, row: usize, best: &mut Best) {
        best.push(Scored::new(
            product,
            self.view.segment.chunks()[row],
            self.task.segment as u32,
            row as u32,
        ));
    }

    fn differences(&self) -> Differences {
        let Task { from, to, .. } = self.task;
        let segment = &self.view.segment;
        let (signs, scales) = (segment.signs(), segment.scales());
        let width = sign_words(segment.dim());
        let mut rows = vec![u16::MAX; to - from];
        let mut histogram = [(); SIDES].map(|()| vec![0; segment.dim() + 1]);
        let mut counts = [0u16; STEP];
        for first in (from..to).step_by(STEP) {
            let last = to.min(first + STEP);
            let wanted = self.wanted(first);
            if wanted == 0 {
                continue;
            }
            kernel::differences(
                &self.question.signs,
                &signs[first * width..last * width],
                &mut counts[..last - first],
            );
            let wanted = wanted & kernel::greater(&scales[first..last], 0.0);
            for (i, (row, &count)) in rows[first - from..last - from].iter_mut().zip(&counts).enumerate() {
                if wanted >> i & 1 == 1 {
                    *row = count;
                    histogram[i % SIDES][usize::from(count)] += 1;
                }
            }
        }
        let (one, others) = histogram.split_at_mut(1);
        for other in others {
            one[0].iter_mut().zip(other).for_each(|(sum, count)| *sum += *count);
        }
        Differences { rows, histogram: std::mem::take(&mut one[0]) }
    }

    /// Ranks the rows with fewer than `limit` differences by their quantised products.
    fn nearest(&self, differences: &[u16], limit: u16, best: &mut Best) -> usize {
        let segment = &self.view.segment;
        let rows: Vec<u32> = (self.task.from as u32..)
            .zip(differences)
            .filter_map(|(row, &count)| (count < limit).then_some(row))
            .collect();
        for (at, &row) in rows.iter().enumerate() {
            if let Some(&later) = rows.get(at + AHEAD) {
                kernel::prefetch(segment.code(later as usize));
            }
            self.multiply(row as usize, best);
        }
        rows.len()
    }
}
