//! BM25 over the chunks of a snapshot.
//!
//! Robertson and Zaragoza (2009), doi:10.1561/1500000019, with the always positive idf of Lucene. Document
//! frequencies and lengths are those of the live chunks at this version, so deleting is as good as never having added,
//! to the last bit: every chunk's score is the sum over the question's sorted terms, whatever segment it is in.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use engraft_core::ChunkNo;
use rayon::prelude::*;

use crate::analyze;
use crate::bits::Ones;
use crate::kernel;
use crate::leg::allowed::Allowed;
use crate::rank::{Best, Scored};
use crate::request::Term;
use crate::segment::{BLOCK, Cursor};
use crate::settings::Settings;
use crate::snapshot::{Snapshot, View};

/// Rows scored at a time: their sums stay in the fastest caches.
const WINDOW: usize = 1 << 14;
/// Rows in one task of a parallel scan; a multiple of [`WINDOW`].
const TASK: usize = 4 * WINDOW;
/// Segments with fewer rows are scanned on the calling thread.
const PARALLEL: usize = 150_000;

/// A term with what it adds at most to a score.
pub(crate) struct Weighted {
    pub(crate) term: Term,
    /// `count · idf · (k1 + 1)`.
    weight: f32,
}

/// The saturation curve at one average length.
#[derive(Clone, Copy)]
pub(crate) struct Curve {
    unit: f32,
    base: f32,
    slope: f32,
}

impl Curve {
    /// For `count` texts whose weighted lengths sum to `length`.
    pub(crate) fn new(settings: &Settings, length: u64, count: usize) -> Curve {
        let average = (length as f64 / count.max(1) as f64).max(1.0);
        let slope = f64::from(settings.k1) * f64::from(settings.b) / average;
        Curve {
            unit: 1.0 / f32::from(settings.weights.body.max(1)),
            base: settings.k1 * (1.0 - settings.b),
            slope: slope as f32,
        }
    }

    /// In `[0, 1)`.
    #[inline]
    pub(crate) fn share(self, tf: u32, length: u32) -> f32 {
        self.of(tf, length as f32)
    }

    #[inline]
    fn of(self, tf: u32, length: f32) -> f32 {
        let tf = tf as f32 * self.unit;
        tf / (tf + (self.base + self.slope * length))
    }
}

pub(crate) fn idf(df: usize, count: usize) -> f32 {
    let (df, count) = (df as f64, count as f64);
    (1.0 + (count - df + 0.5) / (df + 0.5)).ln() as f32
}

impl Weighted {
    pub(crate) fn new(term: String, count: u32, df: usize, total: usize, settings: &Settings) -> Weighted {
        let idf = idf(df, total);
        let weight = count as f32 * idf * (settings.k1 + 1.0);
        Weighted { term: Term { term, count, df, idf }, weight }
    }

    #[inline]
    pub(crate) fn adds(&self, share: f32) -> f32 {
        self.weight * share
    }
}

/// What a question asks for, in sorted order.
pub(crate) fn weighted(snapshot: &Snapshot, text: &str) -> Vec<Weighted> {
    let terms: BTreeMap<String, u32> = analyze::terms(text);
    let weigh = |(term, count): (String, u32)| {
        let df = snapshot.views.iter().map(|view| view.live_rows_with(&term)).sum();
        Weighted::new(term, count, df, snapshot.live, &snapshot.settings)
    };
    terms.into_iter().map(weigh).collect()
}

/// What the lexical leg found.
pub(crate) struct Ranking {
    /// Best first.
    pub(crate) rows: Vec<Scored>,
    /// How many allowed rows hold any term.
    pub(crate) matched: usize,
    /// The scores of the rows that were asked for and hold any term.
    pub(crate) asked: HashMap<ChunkNo, f32>,
}

/// The best `limit` chunks; `asked` names rows, ascending, of segments whose scores are wanted in any case.
pub(crate) fn rank(
    snapshot: &Snapshot,
    terms: &[Weighted],
    allowed: &Allowed,
    limit: usize,
    asked: &BTreeMap<u32, Vec<u32>>,
) -> Ranking {
    let curve = Curve::new(&snapshot.settings, snapshot.length, snapshot.live);
    let mut found = Part::new(limit);
    for (at, view) in snapshot.views.iter().enumerate() {
        let lists = lists(view, terms);
        if lists.is_empty() {
            continue;
        }
        let asked = asked.get(&(at as u32)).map_or(&[][..], Vec::as_slice);
        let mask = allowed.masks[at].as_ref().map(|mask| mask.words());
        let scan = Scan { at: at as u32, view, mask, asked, curve };
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
    Ranking { rows: found.best.into_sorted(), matched: found.matched, asked: found.asked }
}

/// What was found in some of the rows.
struct Part {
    best: Best,
    matched: usize,
    asked: HashMap<ChunkNo, f32>,
    /// The sums of a window, zero between two windows.
    sums: Vec<f32>,
}

impl Part {
    fn new(limit: usize) -> Part {
        Part { best: Best::new(limit), matched: 0, asked: HashMap::new(), sums: Vec::new() }
    }

    fn and(mut self, other: Part) -> Part {
        self.asked.extend(other.asked);
        let best = self.best.merge(other.best);
        Part { best, matched: self.matched + other.matched, ..self }
    }
}

/// A term's postings in one segment, and how far they have been read.
#[derive(Clone)]
struct List<'a> {
    weight: f32,
    cursor: Cursor<'a>,
    at: usize,
}

fn lists<'a>(view: &'a View, terms: &[Weighted]) -> Vec<List<'a>> {
    let found = terms.iter().filter_map(|term| Some((term, view.segment.find_term(&term.term.term)?)));
    found.map(|(term, id)| List { weight: term.weight, cursor: view.segment.postings(id), at: 0 }).collect()
}

impl List<'_> {
    /// Goes to the first row from `row` on; false where there is none.
    fn begin(&mut self, row: u32) -> bool {
        self.cursor.skip_to(row);
        while self.cursor.advance() {
            self.at = self.cursor.rows[..self.cursor.filled].partition_point(|&at| at < row);
            if self.at < self.cursor.filled {
                return true;
            }
        }
        false
    }
}

struct Scan<'a> {
    at: u32,
    view: &'a View,
    mask: Option<&'a [u64]>,
    asked: &'a [u32],
    curve: Curve,
}

impl Scan<'_> {
    /// Scores `within`, which begins at a multiple of 64.
    fn run(&self, mut lists: Vec<List<'_>>, within: Range<usize>, found: &mut Part) {
        let lengths = self.view.segment.lengths();
        found.sums.clear();
        found.sums.resize(WINDOW.min(within.len().next_multiple_of(64)), 0.0);
        lists.retain_mut(|list| list.begin(within.start as u32));
        let mut start = within.start;
        while !lists.is_empty() {
            // Windows begin where the next posting is: rare terms skip most of a segment.
            let first = lists.iter().map(|list| list.cursor.rows[list.at] as usize).min().unwrap_or(0);
            start = (first / 64 * 64).max(start);
            if start >= within.end {
                break;
            }
            let end = within.end.min(start + WINDOW);
            lists.retain_mut(|list| self.add(list, start, end, lengths, &mut found.sums));
            let filled = (end - start).min(found.sums.len());
            let from = self.asked.partition_point(|&row| (row as usize) < start);
            for &row in self.asked[from..].iter().take_while(|&&row| (row as usize) < start + filled) {
                let sum = found.sums[row as usize - start];
                if sum > 0.0 {
                    found.asked.insert(self.view.segment.chunks()[row as usize], sum);
                }
            }
            found.matched += self.sweep(start, &mut found.sums[..filled], &mut found.best);
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
    fn sweep(&self, start: usize, sums: &mut [f32], best: &mut Best) -> usize {
        let chunks = self.view.segment.chunks();
        let mut matched = 0;
        for (block, sums) in sums.chunks_mut(64).enumerate() {
            let scored = kernel::greater(sums, 0.0);
            if scored == 0 {
                continue;
            }
            let first = start + block * 64;
            let allowed = scored & self.mask.map_or(!0, |mask| mask[first / 64]);
            matched += allowed.count_ones() as usize;
            // Equal ones may enter too.
            for i in Ones(allowed & kernel::greater(sums, best.floor().next_down())) {
                best.push(Scored::new(sums[i], chunks[first + i], self.at, (first + i) as u32));
            }
            sums.fill(0.0);
        }
        matched
    }
}
