//! The matrix product alone, to measure what this CPU can do with these kernels.

use crate::Precision;
use crate::kernels::{Finish, Isa, Job, Linear, Packed, Rounded};

/// A product of `rows × inputs` with `inputs × outputs` numbers, as a linear layer of the encoder does it.
#[derive(Debug)]
pub struct Peak {
    isa: Isa,
    inputs: usize,
    layer: Packed,
    rows: Vec<f32>,
    out: Vec<f32>,
    scratch: Rounded,
}

/// Rows that are multiplied together, as in the encoder.
const BLOCK: usize = 96;

impl Peak {
    /// Makes up some numbers. `instructions` is one of [`crate::Encoder::instruction_sets`]; others get the fastest.
    pub fn new(precision: Precision, instructions: &str, rows: usize, inputs: usize, outputs: usize) -> Peak {
        let named = Isa::all().into_iter().find(|isa| isa.name() == instructions);
        let isa = named.unwrap_or_else(|| Isa::best(precision));
        let number = |i: usize| ((i * 7919) % 1009) as f32 / 504.5 - 1.0;
        let mut weights = |output: usize, row: &mut [f32]| {
            for (input, x) in row.iter_mut().enumerate() {
                *x = number(output * inputs + input);
            }
        };
        let layer = Packed::new(isa, precision, inputs, &vec![0.0; outputs], &mut weights);
        Peak {
            isa,
            inputs,
            layer,
            rows: (0..rows * inputs).map(number).collect(),
            out: vec![0.0; rows * outputs],
            scratch: Rounded::default(),
        }
    }

    /// Multiplies once and returns the number of floating-point operations: two per weight and row.
    pub fn run(&mut self) -> f64 {
        let outputs = self.layer.columns();
        let blocks = self.rows.chunks(BLOCK * self.inputs).zip(self.out.chunks_mut(BLOCK * outputs));
        for (rows, out) in blocks {
            let (layer, scratch, finish) = (&self.layer, &mut self.scratch, Finish::Store);
            let count = rows.len() / self.inputs;
            self.isa.run(Job::Linear(Linear { rows, count, layer, finish, out, scratch }));
        }
        2.0 * self.rows.len() as f64 * outputs as f64
    }
}
