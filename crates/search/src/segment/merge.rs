//! Several segments become one, without their dead rows.

use std::collections::BinaryHeap;
use std::io::{self, Write};

use crate::bits::Bits;
use crate::segment::Segment;
use crate::segment::assemble::{Assembler, Columns, RowVector};

const GONE: u32 = u32::MAX;

/// Writes the live rows of `parts` (a segment and its dead rows) as one segment to `out`.
///
/// The result is the same as if the live chunks had been built together. Holds the dictionary, a few numbers a row and
/// one list of postings in memory; everything else goes through.
pub(crate) fn merge<W: Write>(parts: &[(&Segment, &Bits)], dim: usize, out: W) -> io::Result<W> {
    let mut rows: Vec<(u32, u32, u32)> = Vec::new();
    for (part, (segment, dead)) in parts.iter().enumerate() {
        let live = segment.chunks().iter().enumerate().filter(|(row, _)| !dead.has(*row));
        rows.extend(live.map(|(row, &chunk)| (chunk, part as u32, row as u32)));
    }
    rows.sort_unstable();
    let mut moved: Vec<Vec<u32>> = parts.iter().map(|(segment, _)| vec![GONE; segment.rows()]).collect();
    let mut columns = Columns::default();
    for (new, &(chunk, part, row)) in rows.iter().enumerate() {
        let (segment, _) = parts[part as usize];
        moved[part as usize][row as usize] = new as u32;
        columns.chunks.push(chunk);
        columns.docs.push(segment.doc_of(row as usize));
        columns.lengths.push(segment.lengths()[row as usize]);
    }
    let mut assembler = Assembler::new(out)?;
    merge_terms(parts, &moved, &mut assembler)?;
    drop(moved);
    let vector = |new: usize| {
        let (_, part, row) = rows[new];
        let (segment, row) = (parts[part as usize].0, row as usize);
        let scale = segment.scales()[row];
        let (exact, check) = segment.raw_vector(row);
        (scale > 0.0).then(|| RowVector { codes: segment.code(row), scale, exact, check })
    };
    assembler.finish(&columns, dim, &vector)
}

/// The next term of a part; a heap of these gives the smallest term first, then the lowest part.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Next<'a>(std::cmp::Reverse<(&'a [u8], usize, usize)>);

fn merge_terms<W: Write>(
    parts: &[(&Segment, &Bits)],
    moved: &[Vec<u32>],
    out: &mut Assembler<W>,
) -> io::Result<()> {
    let next = |part: usize, at: usize| {
        let segment = parts[part].0;
        (at < segment.term_count()).then(|| Next(std::cmp::Reverse((segment.term(at), part, at))))
    };
    let mut heap: BinaryHeap<Next<'_>> = (0..parts.len()).filter_map(|part| next(part, 0)).collect();
    let mut list: Vec<(u32, u32)> = Vec::new();
    while let Some(Next(std::cmp::Reverse((term, part, at)))) = heap.pop() {
        parts[part].0.postings(at).each(|row, tf| match moved[part].get(row as usize) {
            None | Some(&GONE) => {}
            Some(&new) => list.push((new, tf)),
        });
        heap.extend(next(part, at + 1));
        let ends = heap.peek().is_none_or(|Next(std::cmp::Reverse((other, ..)))| *other != term);
        if ends {
            if !list.is_sorted() {
                list.sort_unstable();
            }
            out.term(term, &list)?;
            list.clear();
        }
    }
    Ok(())
}
