//! The matrix product: a tile of rows against a packed panel of columns, and what happens before the result is stored.

use super::panels::Panels;
use super::simd::{MOST_LANES, Simd, gelu, load_some, store_some};

/// Rows of the tallest tile of any set.
pub(super) const MOST_ROWS: usize = 12;

/// Bytes by which a panel is asked for ahead of its turn: the processor by itself stops at the end of every page.
const AHEAD: usize = 4096;

/// Rows of the next tile, of those that are left.
#[inline(always)]
pub(super) fn tile_rows<S: Simd>(left: usize) -> usize {
    if left >= S::ROWS { S::ROWS } else { left.min(6) }
}

/// How one pair of words is multiplied and summed: `f32`, two `bf16`, or four `i8` in a word.
pub(super) trait Arithmetic<S: Simd>: Copy {
    /// What a step of the inner dimension is stored as.
    type Word: Copy;
    /// A register of words of a panel.
    type Column: Copy;
    /// One word of a row, in every lane.
    type Spread: Copy;
    /// A register of running sums.
    type Sum: Copy;

    /// The sums before the first step; `shift` is the panels' correction for these columns.
    fn start(self, s: S, shift: &[i32]) -> Self::Sum;
    /// One register of a panel.
    fn load(self, s: S, panel: &[Self::Word]) -> Self::Column;
    /// One word of a row.
    fn spread(self, s: S, word: Self::Word) -> Self::Spread;
    /// `sum` plus the products of this step.
    fn step(self, s: S, sum: Self::Sum, row: Self::Spread, column: Self::Column) -> Self::Sum;
    /// The sums in real units, bias added.
    fn value(self, s: S, sum: Self::Sum, row_scale: f32, column_scale: &[f32], bias: &[f32]) -> S::F;
}

/// `f32` arithmetic, the same on every set.
#[derive(Clone, Copy)]
pub(super) struct Exact;

impl<S: Simd> Arithmetic<S> for Exact {
    type Word = f32;
    type Column = S::F;
    type Spread = S::F;
    type Sum = S::F;

    #[inline(always)]
    fn start(self, s: S, _shift: &[i32]) -> S::F {
        s.splat(0.0)
    }
    #[inline(always)]
    fn load(self, s: S, panel: &[f32]) -> S::F {
        s.load(panel)
    }
    #[inline(always)]
    fn spread(self, s: S, word: f32) -> S::F {
        s.splat(word)
    }
    #[inline(always)]
    fn step(self, s: S, sum: S::F, row: S::F, column: S::F) -> S::F {
        s.fma(row, column, sum)
    }
    #[inline(always)]
    fn value(self, s: S, sum: S::F, _row_scale: f32, _column_scale: &[f32], bias: &[f32]) -> S::F {
        s.add(sum, s.load(bias))
    }
}

/// What is done to `rows · panels + bias` on the way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    /// It is stored.
    Store,
    /// Its GELU is stored.
    Gelu,
    /// It is added to what is there: the residual.
    Add,
    /// It is stored plane by plane.
    Split(Planes),
}

/// Where columns go that are split into planes: the first `width` to the first plane, and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Planes {
    /// Columns of a plane.
    pub(crate) width: usize,
    /// Rows of a plane, of which a product may write a part.
    pub(crate) rows: usize,
    /// The first row written.
    pub(crate) first: usize,
}

impl Planes {
    /// Writes the columns from `column` on of one row.
    #[inline(always)]
    fn store<S: Simd>(self, s: S, value: S::F, row: usize, column: usize, columns: usize, out: &mut [f32]) {
        let at = |column: usize| {
            (column / self.width * self.rows + self.first + row) * self.width + column % self.width
        };
        if self.width.is_multiple_of(S::LANES) {
            return s.store(value, &mut out[at(column)..]);
        }
        let mut lanes = [0.0; MOST_LANES];
        s.store(value, &mut lanes);
        for (lane, x) in lanes.into_iter().enumerate().take(S::LANES.min(columns - column)) {
            out[at(column + lane)] = x;
        }
    }
}

/// Rows in the words of one arithmetic.
pub(crate) struct Rows<'a, W> {
    /// All rows, one after the other.
    pub(crate) words: &'a [W],
    /// For `i8` words, what one step of each row is worth.
    pub(crate) scales: &'a [f32],
    /// Which row of the outputs the first one makes.
    pub(crate) first: usize,
}

/// Writes `finish(rows · panels + bias)` to `out`, whose rows are as wide as the panels have columns, if not split.
#[inline(always)]
pub(super) fn multiply<S: Simd, A: Arithmetic<S>, const NV: usize>(
    s: S,
    arithmetic: A,
    rows: &Rows<'_, A::Word>,
    panels: &Panels<A::Word>,
    finish: Finish,
    out: &mut [f32],
) {
    let (steps, width) = (panels.steps, panels.columns);
    for panel in 0..width.div_ceil(NV * S::LANES) {
        let mut done = 0;
        while done < rows.words.len() / steps {
            let left = rows.words.len() / steps - done;
            let (words, scales) = (&rows.words[done * steps..], rows.scales.get(done..).unwrap_or(&[]));
            let part = Rows { words, scales, first: rows.first + done };
            let taken = left.min(S::ROWS);
            match taken {
                1 => block::<S, A, 1, NV>(s, arithmetic, &part, panels, panel, finish, out),
                2 => block::<S, A, 2, NV>(s, arithmetic, &part, panels, panel, finish, out),
                3 => block::<S, A, 3, NV>(s, arithmetic, &part, panels, panel, finish, out),
                4 => block::<S, A, 4, NV>(s, arithmetic, &part, panels, panel, finish, out),
                5 => block::<S, A, 5, NV>(s, arithmetic, &part, panels, panel, finish, out),
                6 => block::<S, A, 6, NV>(s, arithmetic, &part, panels, panel, finish, out),
                7 => block::<S, A, 7, NV>(s, arithmetic, &part, panels, panel, finish, out),
                8 => block::<S, A, 8, NV>(s, arithmetic, &part, panels, panel, finish, out),
                9 => block::<S, A, 9, NV>(s, arithmetic, &part, panels, panel, finish, out),
                10 => block::<S, A, 10, NV>(s, arithmetic, &part, panels, panel, finish, out),
                11 => block::<S, A, 11, NV>(s, arithmetic, &part, panels, panel, finish, out),
                _ => block::<S, A, MOST_ROWS, NV>(s, arithmetic, &part, panels, panel, finish, out),
            }
            done += taken;
        }
    }
}

/// The first `R` rows against one panel.
#[expect(
    clippy::needless_range_loop,
    reason = "counted loops over registers unroll; iterators need not inline here"
)]
#[inline(always)]
fn block<S: Simd, A: Arithmetic<S>, const R: usize, const NV: usize>(
    s: S,
    arithmetic: A,
    rows: &Rows<'_, A::Word>,
    panels: &Panels<A::Word>,
    panel: usize,
    finish: Finish,
    out: &mut [f32],
) {
    let (steps, wide) = (panels.steps, NV * S::LANES);
    let from = panel * wide;
    let mut a = [&rows.words[..steps]; R];
    let mut start = [arithmetic.start(s, &panels.shift[from..]); NV];
    for r in 1..R {
        a[r] = &rows.words[r * steps..][..steps];
    }
    for v in 1..NV {
        start[v] = arithmetic.start(s, &panels.shift[from + v * S::LANES..]);
    }
    let sums = tile(s, arithmetic, a, &panels.words()[from * steps..][..wide * steps], start);
    for r in 0..R {
        let row = rows.first + r;
        let row_scale = rows.scales.get(r).copied().unwrap_or(1.0);
        for v in 0..NV {
            let column = from + v * S::LANES;
            if column >= panels.columns {
                break;
            }
            let (scale, bias) = (&panels.scale[column..], &panels.bias[column..]);
            let value = arithmetic.value(s, sums[r][v], row_scale, scale, bias);
            let end = panels.columns.min(column + S::LANES);
            let place = row * panels.columns + column..row * panels.columns + end;
            match finish {
                Finish::Store => store_some(s, value, &mut out[place]),
                Finish::Gelu => store_some(s, gelu(s, value), &mut out[place]),
                Finish::Add => {
                    let place = &mut out[place];
                    store_some(s, s.add(value, load_some(s, place)), place);
                }
                Finish::Split(planes) => planes.store(s, value, row, column, panels.columns, out),
            }
        }
    }
}

/// `R` rows times a panel of `NV` registers a step, the sums kept in registers throughout.
///
/// Each sum runs over the steps in order, so a row's result does not depend on the rows beside it.
#[inline(always)]
pub(super) fn tile<S: Simd, A: Arithmetic<S>, const R: usize, const NV: usize>(
    s: S,
    arithmetic: A,
    rows: [&[A::Word]; R],
    panel: &[A::Word],
    start: [A::Sum; NV],
) -> [[A::Sum; NV]; R] {
    let mut sums = [start; R];
    let steps = rows[0].len();
    let mut a = rows;
    for r in 0..R {
        a[r] = &rows[r][..steps];
    }
    for (step, line) in (0..steps).zip(panel.chunks_exact(NV * S::LANES)) {
        let mut columns = [arithmetic.load(s, line); NV];
        s.prefetch(line, AHEAD);
        for v in 1..NV {
            columns[v] = arithmetic.load(s, &line[v * S::LANES..]);
            s.prefetch(&line[v * S::LANES..], AHEAD);
        }
        for r in 0..R {
            let row = arithmetic.spread(s, a[r][step]);
            for v in 0..NV {
                sums[r][v] = arithmetic.step(s, sums[r][v], row, columns[v]);
            }
        }
    }
    sums
}
