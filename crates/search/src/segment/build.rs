//! New chunks become a segment in memory.

use std::collections::HashMap;
use std::path::Path;

use rayon::prelude::*;

use crate::analyze::Analyzer;
use crate::bytes::Bytes;
use crate::change::Entry;
use crate::kernel;
use crate::segment::Segment;
use crate::segment::assemble::{Assembler, Columns, RowVector};
use crate::settings::Settings;

/// Entries below this are analysed on the calling thread.
const PARALLEL: usize = 64;

/// What analysis finds in one entry.
#[derive(Default)]
struct Analysed {
    terms: HashMap<String, u32>,
    length: u32,
}

/// The segment of `entries`, whose chunk numbers differ and whose vectors have been checked.
pub(crate) fn build(entries: &[Entry], settings: &Settings) -> Segment {
    let mut order: Vec<&Entry> = entries.iter().collect();
    order.sort_unstable_by_key(|entry| entry.chunk);
    let analysed: Vec<Analysed> = if order.len() < PARALLEL {
        let mut analyzer = Analyzer::default();
        order.iter().map(|entry| analyse(&mut analyzer, entry, settings)).collect()
    } else {
        let each = order.par_iter().with_min_len(PARALLEL);
        each.map_init(Analyzer::default, |analyzer, entry| analyse(analyzer, entry, settings)).collect()
    };
    let columns = Columns {
        chunks: order.iter().map(|entry| entry.chunk).collect(),
        docs: order.iter().map(|entry| entry.doc).collect(),
        lengths: analysed.iter().map(|entry| entry.length).collect(),
    };
    let mut lists: HashMap<String, Vec<(u32, u32)>> = HashMap::new();
    for (row, entry) in analysed.into_iter().enumerate() {
        for (term, tf) in entry.terms {
            lists.entry(term).or_default().push((row as u32, tf));
        }
    }
    let mut sorted: Vec<(String, Vec<(u32, u32)>)> = lists.into_iter().collect();
    sorted.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    let quantised: Vec<Option<(Vec<u8>, f32)>> =
        order.iter().map(|entry| entry.vector.as_deref().map(kernel::quantise)).collect();
    let vector = |row: usize| {
        let (codes, scale) = quantised[row].as_ref()?;
        let exact = order[row].vector.as_deref()?;
        Some(RowVector { codes, scale: *scale, exact, check: crc32fast::hash(bytemuck::cast_slice(exact)) })
    };
    let assembled = Assembler::new(Vec::new()).and_then(|mut assembler| {
        for (term, list) in &sorted {
            assembler.term(term.as_bytes(), list)?;
        }
        assembler.finish(&columns, settings.dim, &vector)
    });
    let bytes = assembled.expect("writing to memory cannot fail");
    Segment::read(Bytes::copied(&bytes), settings.dim, Path::new("memory"))
        .expect("what was just assembled is sound")
}

fn analyse(analyzer: &mut Analyzer, entry: &Entry, settings: &Settings) -> Analysed {
    let mut analysed = Analysed::default();
    let weights = &settings.weights;
    let fields = [
        (&entry.title, weights.title),
        (&entry.heading, weights.heading),
        (&entry.body, weights.body.max(1)),
    ];
    for (text, weight) in fields {
        let weight = u32::from(weight);
        if weight == 0 {
            continue;
        }
        let counted = analyzer.index(text, |term| match analysed.terms.get_mut(term) {
            Some(tf) => *tf += weight,
            None => {
                analysed.terms.insert(term.to_string(), weight);
            }
        });
        analysed.length = analysed.length.saturating_add(counted.saturating_mul(weight));
    }
    analysed
}
