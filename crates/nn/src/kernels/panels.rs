//! Weights laid out for the product: panels of neighbouring columns, one line of a panel per step.

use rayon::prelude::*;

use super::round;
use super::{Isa, Precision};

/// A buffer whose first element stands on a cache line.
#[derive(Debug)]
struct Aligned<W> {
    buffer: Vec<W>,
    // The slack before the first element of use; a Vec that never grows never moves.
    skip: usize,
}

/// Bytes of a cache line, and of the widest register.
const LINE: usize = 64;

impl<W: Copy + Default> Aligned<W> {
    fn new(len: usize) -> Aligned<W> {
        let slack = LINE / size_of::<W>();
        let buffer = vec![W::default(); len + slack];
        let skip = buffer.as_ptr().align_offset(LINE).min(slack);
        Aligned { buffer, skip }
    }
}

/// The weights of one linear layer, packed for one instruction set and arithmetic.
#[derive(Debug)]
pub(crate) struct Panels<W> {
    words: Aligned<W>,
    /// Columns of a panel.
    wide: usize,
    /// Words of a row: the layer's inputs, divided by the values in a word, rounded up.
    pub(super) steps: usize,
    /// The layer's outputs.
    pub(super) columns: usize,
    /// Added to each output. This and the next two are padded to whole panels.
    pub(super) bias: Vec<f32>,
    /// For `i8` words, what one step of each column is worth.
    pub(super) scale: Vec<f32>,
    /// For `i8` words, minus the sum of what the offset of unsigned rows adds to each column.
    pub(super) shift: Vec<i32>,
}

/// Turns the weights of one output into words and says their scale and shift.
type Encode<'a, W> = &'a dyn Fn(&[f32], &mut [W]) -> (f32, i32);

impl<W: Copy + Default> Panels<W> {
    /// Packs `weights`, which hands out the weights of one output after the other, as words by `encode`.
    fn pack(
        isa: Isa,
        steps: usize,
        bias: &[f32],
        weights: &mut dyn FnMut(usize, &mut [f32]),
        inputs: usize,
        encode: Encode<'_, W>,
    ) -> Panels<W> {
        let wide = isa.panel();
        let columns = bias.len();
        let padded = columns.next_multiple_of(wide);
        let mut panels = Panels {
            words: Aligned::new(padded * steps),
            wide,
            steps,
            columns,
            bias: bias.to_vec(),
            scale: vec![0.0; padded],
            shift: vec![0; padded],
        };
        panels.bias.resize(padded, 0.0);
        let skip = panels.words.skip;
        let mut row = vec![0.0; inputs];
        let mut encoded = vec![W::default(); wide * steps];
        let packed = panels.words.buffer[skip..].chunks_exact_mut(wide * steps);
        for (panel, into) in packed.take(padded / wide).enumerate() {
            encoded.fill(W::default());
            for (within, words) in encoded.chunks_exact_mut(steps).enumerate() {
                let column = panel * wide + within;
                if column < columns {
                    weights(column, &mut row);
                    (panels.scale[column], panels.shift[column]) = encode(&row, words);
                }
            }
            transpose(&encoded, steps, into);
        }
        panels
    }
}

impl Panels<f32> {
    /// Panels of `columns` columns, to be filled.
    pub(crate) fn blank(isa: Isa, columns: usize) -> Panels<f32> {
        let padded = columns.next_multiple_of(isa.panel());
        Panels {
            words: Aligned::new(0),
            wide: isa.panel(),
            steps: 0,
            columns,
            bias: vec![0.0; padded],
            scale: vec![0.0; padded],
            shift: vec![0; padded],
        }
    }

    /// Takes `parts` for its columns, each part a row of `steps` weights per column, and the bias of each column.
    pub(crate) fn fill_columns(&mut self, steps: usize, parts: &[&[f32]], bias: &[&[f32]]) {
        let wide = self.fit(steps);
        let biases = bias.iter().flat_map(|part| part.iter());
        for (to, from) in self.bias.iter_mut().zip(biases) {
            *to = *from;
        }
        let rows: Vec<&[f32]> = parts.iter().flat_map(|part| part.chunks_exact(steps)).collect();
        let skip = self.words.skip;
        let panels = self.words.buffer[skip..].par_chunks_exact_mut(wide * steps).zip(rows.par_chunks(wide));
        panels.for_each(|(panel, rows)| {
            // A few steps at a time: their lines stay in the nearest cache while all rows are read.
            const AT_ONCE: usize = 16;
            for first in (0..steps).step_by(AT_ONCE) {
                let last = steps.min(first + AT_ONCE);
                for (column, row) in rows.iter().enumerate() {
                    for step in first..last {
                        panel[step * wide + column] = row[step];
                    }
                }
            }
        });
    }

    /// Takes `parts` for its steps, one below the other, each step a row of one weight per column; there is no bias.
    pub(crate) fn fill_steps(&mut self, parts: &[&[f32]]) {
        let columns = self.columns;
        let steps = parts.iter().map(|part| part.len() / columns).sum();
        let wide = self.fit(steps);
        let skip = self.words.skip;
        let panels =
            self.words.buffer[skip..].par_chunks_exact_mut(wide * steps).take(columns.div_ceil(wide));
        panels.enumerate().for_each(|(panel, lines)| {
            let from = panel * wide;
            let some = wide.min(columns - from);
            let rows = parts.iter().flat_map(|part| part.chunks_exact(columns));
            for (line, row) in lines.chunks_exact_mut(wide).zip(rows) {
                line[..some].copy_from_slice(&row[from..from + some]);
            }
        });
    }

    /// Makes room for so many steps; the columns of a panel.
    fn fit(&mut self, steps: usize) -> usize {
        let padded = self.bias.len();
        if self.words.buffer.len() < padded * steps + LINE / size_of::<f32>() {
            self.words = Aligned::new(padded * steps);
        }
        self.steps = steps;
        self.wide
    }
}

impl<W> Panels<W> {
    /// All panels, the first on a cache line.
    #[inline(always)]
    pub(super) fn words(&self) -> &[W] {
        &self.words.buffer[self.words.skip..]
    }

    /// The layer's outputs.
    pub(crate) fn columns(&self) -> usize {
        self.columns
    }
}

/// Writes the rows of `from`, each `steps` long, as the columns of `into`.
fn transpose<W: Copy>(from: &[W], steps: usize, into: &mut [W]) {
    // A few steps at a time: their lines of `into` stay in the nearest cache while all rows are read.
    const AT_ONCE: usize = 16;
    let wide = from.len() / steps;
    for first in (0..steps).step_by(AT_ONCE) {
        let last = steps.min(first + AT_ONCE);
        for (column, row) in from.chunks_exact(steps).enumerate() {
            for step in first..last {
                into[step * wide + column] = row[step];
            }
        }
    }
}

/// A layer's weights in the arithmetic they are multiplied with.
#[derive(Debug)]
pub(crate) enum Packed {
    /// As they are.
    F32(Panels<f32>),
    /// Two `bf16` in a word.
    Bf16(Panels<u32>),
    /// Four `i8` in a word, one scale an output.
    Int8(Panels<u32>),
}

impl Packed {
    /// Packs the layer that has `inputs` inputs and an output per bias; `weights(output, row)` fills in its weights.
    pub(crate) fn new(
        isa: Isa,
        precision: Precision,
        inputs: usize,
        bias: &[f32],
        weights: &mut dyn FnMut(usize, &mut [f32]),
    ) -> Packed {
        match isa.offered(precision) {
            Precision::F32 => {
                let encode = |row: &[f32], words: &mut [f32]| {
                    words.copy_from_slice(row);
                    (1.0, 0)
                };
                Packed::F32(Panels::pack(isa, inputs, bias, weights, inputs, &encode))
            }
            Precision::Bf16 => {
                let encode = |row: &[f32], words: &mut [u32]| {
                    round::to_bf16(row, words);
                    (1.0, 0)
                };
                Packed::Bf16(Panels::pack(isa, inputs.div_ceil(2), bias, weights, inputs, &encode))
            }
            Precision::Int8 => {
                let offset = i32::from(isa.row_offset());
                let encode = |row: &[f32], words: &mut [u32]| {
                    let scale = round::to_int8(row, 0, words);
                    let bytes = words.iter().flat_map(|word| word.to_le_bytes());
                    let sum: i32 = bytes.map(|byte| i32::from(byte.cast_signed())).sum();
                    (scale, -offset * sum)
                };
                Packed::Int8(Panels::pack(isa, inputs.div_ceil(4), bias, weights, inputs, &encode))
            }
        }
    }

    /// The layer's outputs.
    pub(crate) fn columns(&self) -> usize {
        match self {
            Packed::F32(panels) => panels.columns(),
            Packed::Bf16(panels) | Packed::Int8(panels) => panels.columns(),
        }
    }
}
