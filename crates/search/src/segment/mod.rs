//! A segment: chunks, their postings and their vectors, written once and only read afterwards.
//!
//! In memory or mapped from a file, a segment is the same bytes. Rows are chunks in ascending order of their number.

mod assemble;
mod build;
mod merge;
mod postings;

use std::borrow::Cow;
use std::path::Path;

use engraft_core::{ChunkNo, DocNo};

pub(crate) use build::build;
pub(crate) use merge::merge;
pub(crate) use postings::{BLOCK, Cursor};

use crate::bytes::{Bytes, FileKind, Sections};
use crate::error::OpenError;

/// The sections of a segment file.
pub(crate) mod section {
    /// Postings lists, one after the other, and slack.
    pub(crate) const POSTINGS: u32 = 1;
    /// The terms, sorted, without separators.
    pub(crate) const TERMS: u32 = 2;
    /// Where each term ends in `TERMS`, u32.
    pub(crate) const TERM_ENDS: u32 = 3;
    /// How many rows hold each term, u32.
    pub(crate) const TERM_ROWS: u32 = 4;
    /// Where each term's list starts in `POSTINGS`, u64.
    pub(crate) const TERM_STARTS: u32 = 5;
    /// Chunk numbers, ascending, u32.
    pub(crate) const CHUNKS: u32 = 6;
    /// Documents of runs of rows: (document, first row), u32 each.
    pub(crate) const RUNS: u32 = 7;
    /// Weighted lengths, u32.
    pub(crate) const LENGTHS: u32 = 8;
    /// Quantised vectors: one byte a dimension, 128 more than the signed code, padded to the stride with 128.
    pub(crate) const CODES: u32 = 9;
    /// What a code of 1 stands for, f32; 0 where a row has no vector.
    pub(crate) const SCALES: u32 = 10;
    /// Exact vectors, f32. The table's checksum of this section is not verified on opening: that would read it all.
    pub(crate) const ROWS: u32 = 11;
    /// The CRC-32 of each exact vector, verified when it is used.
    pub(crate) const ROW_CHECKS: u32 = 12;
    /// Format facts: dim, stride, u32 each.
    pub(crate) const SHAPE: u32 = 13;
    /// The signs of each vector, one bit a dimension, set where the code is positive; u64 words.
    pub(crate) const SIGNS: u32 = 14;
}

/// Bytes between one row's code and the next for vectors of length `dim`.
pub(crate) fn stride(dim: usize) -> usize {
    dim.next_multiple_of(64)
}

/// Words of signs of one vector of length `dim`.
pub(crate) fn sign_words(dim: usize) -> usize {
    dim.div_ceil(64)
}

/// An immutable set of chunks; see the module.
#[derive(Debug)]
pub(crate) struct Segment {
    sections: Sections,
    dim: usize,
}

/// A run of rows of one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) doc: DocNo,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Segment {
    /// Checks the bytes of a segment. `path` is for the error only.
    pub(crate) fn read(bytes: Bytes, dim: usize, path: &Path) -> Result<Segment, OpenError> {
        let sections = Sections::read(bytes, FileKind::Segment, &[section::ROWS], path)?;
        let segment = Segment { sections, dim };
        match segment.misfit() {
            None => Ok(segment),
            Some(detail) => Err(OpenError::Damaged { path: path.to_path_buf(), detail: detail.to_string() }),
        }
    }

    /// What does not fit together, if anything: later code relies on it.
    fn misfit(&self) -> Option<&'static str> {
        let rows = self.rows();
        let chunks = self.chunks();
        let ends: &[u32] = self.sections.get(section::TERM_ENDS);
        let blob: &[u8] = self.sections.get(section::TERMS);
        let starts: &[u64] = self.sections.get(section::TERM_STARTS);
        let postings: &[u8] = self.sections.get(section::POSTINGS);
        let runs = self.run_starts();
        let shape: &[u32] = self.sections.get(section::SHAPE);
        if shape != [self.dim as u32, stride(self.dim) as u32] {
            return Some("its vectors have another length");
        }
        if !chunks.is_sorted_by(|a, b| a < b) {
            return Some("its chunks are out of order");
        }
        let runs_fit = runs.is_sorted_by(|a, b| a[1] < b[1])
            && runs.first().is_none_or(|run| run[1] == 0)
            && runs.last().is_none_or(|run| (run[1] as usize) < rows)
            && (rows == 0 || !runs.is_empty());
        if !runs_fit {
            return Some("its documents do not fit its chunks");
        }
        let columns_fit = self.lengths().len() == rows
            && self.scales().len() == rows
            && self.row_checks().len() == rows
            && self.codes().len() == rows * stride(self.dim)
            && self.signs().len() == rows * sign_words(self.dim)
            && self.sections.get::<f32>(section::ROWS).len() == rows * self.dim;
        if !columns_fit {
            return Some("its columns differ in length");
        }
        let terms_fit = ends.is_sorted()
            && ends.last().is_none_or(|&end| end as usize == blob.len())
            && starts.len() == ends.len()
            && self.sections.get::<u32>(section::TERM_ROWS).len() == ends.len()
            && starts.iter().all(|&start| start as usize <= postings.len());
        (!terms_fit).then_some("its terms do not fit its postings")
    }

    pub(crate) fn rows(&self) -> usize {
        self.chunks().len()
    }

    pub(crate) fn dim(&self) -> usize {
        self.dim
    }

    pub(crate) fn size(&self) -> usize {
        self.sections.size()
    }

    pub(crate) fn chunks(&self) -> &[ChunkNo] {
        self.sections.get(section::CHUNKS)
    }

    pub(crate) fn row_of(&self, chunk: ChunkNo) -> Option<usize> {
        self.chunks().binary_search(&chunk).ok()
    }

    fn run_starts(&self) -> &[[u32; 2]] {
        self.sections.get(section::RUNS)
    }

    pub(crate) fn runs(&self) -> impl Iterator<Item = Run> + '_ {
        let starts = self.run_starts();
        let rows = self.rows();
        starts.iter().enumerate().map(move |(at, &[doc, start])| Run {
            doc,
            start: start as usize,
            end: starts.get(at + 1).map_or(rows, |next| next[1] as usize),
        })
    }

    pub(crate) fn doc_of(&self, row: usize) -> DocNo {
        let runs = self.run_starts();
        let after = runs.partition_point(|run| run[1] as usize <= row);
        runs[after - 1][0]
    }

    pub(crate) fn lengths(&self) -> &[u32] {
        self.sections.get(section::LENGTHS)
    }

    pub(crate) fn codes(&self) -> &[u8] {
        self.sections.get(section::CODES)
    }

    pub(crate) fn code(&self, row: usize) -> &[u8] {
        let stride = stride(self.dim);
        &self.codes()[row * stride..][..stride]
    }

    pub(crate) fn signs(&self) -> &[u64] {
        self.sections.get(section::SIGNS)
    }

    /// 0 where a row has no vector.
    pub(crate) fn scales(&self) -> &[f32] {
        self.sections.get(section::SCALES)
    }

    fn row_checks(&self) -> &[u32] {
        self.sections.get(section::ROW_CHECKS)
    }

    /// The exact vector as stored, unchecked, and its checksum.
    pub(crate) fn raw_vector(&self, row: usize) -> (&[f32], u32) {
        let rows: &[f32] = self.sections.get(section::ROWS);
        (&rows[row * self.dim..][..self.dim], self.row_checks()[row])
    }

    /// The exact vector; `None` when the row has none or its bytes have changed on disk.
    pub(crate) fn vector(&self, row: usize) -> Option<Cow<'_, [f32]>> {
        if self.scales()[row] <= 0.0 {
            return None;
        }
        let vector: Cow<'_, [f32]> = self.sections.once(section::ROWS, row * self.dim, self.dim)?;
        let sound = crc32fast::hash(bytemuck::cast_slice(&vector)) == self.row_checks()[row];
        sound.then_some(vector)
    }

    pub(crate) fn term_count(&self) -> usize {
        self.sections.get::<u32>(section::TERM_ENDS).len()
    }

    pub(crate) fn term(&self, at: usize) -> &[u8] {
        let ends: &[u32] = self.sections.get(section::TERM_ENDS);
        let start = if at == 0 { 0 } else { ends[at - 1] as usize };
        &self.sections.get::<u8>(section::TERMS)[start..ends[at] as usize]
    }

    pub(crate) fn find_term(&self, term: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.term_count());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.term(middle).cmp(term.as_bytes()) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// How many rows hold a term, dead ones included.
    pub(crate) fn term_rows(&self, at: usize) -> usize {
        self.sections.get::<u32>(section::TERM_ROWS)[at] as usize
    }

    pub(crate) fn postings(&self, at: usize) -> Cursor<'_> {
        let start = self.sections.get::<u64>(section::TERM_STARTS)[at] as usize;
        Cursor::new(&self.sections.get::<u8>(section::POSTINGS)[start..], self.term_rows(at))
    }
}
