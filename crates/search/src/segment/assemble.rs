//! Writes a segment section by section, holding only its dictionary and one list of postings at a time.

use std::io::{self, Write};

use engraft_core::{ChunkNo, DocNo};

use crate::bytes::{FileKind, SectionWriter};
use crate::kernel;
use crate::segment::postings::{self, SLACK};
use crate::segment::{section, stride};

/// The small columns of a segment, one entry a row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Columns {
    pub(crate) chunks: Vec<ChunkNo>,
    pub(crate) docs: Vec<DocNo>,
    pub(crate) lengths: Vec<u32>,
}

/// The vector of a row, in both forms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowVector<'a> {
    /// Of length `stride(dim)`.
    pub(crate) codes: &'a [u8],
    pub(crate) scale: f32,
    /// Of length `dim`.
    pub(crate) exact: &'a [f32],
    pub(crate) check: u32,
}

/// Takes terms in ascending order.
pub(crate) struct Assembler<W> {
    writer: SectionWriter<W>,
    blob: Vec<u8>,
    ends: Vec<u32>,
    rows: Vec<u32>,
    starts: Vec<u64>,
    encoded: Vec<u8>,
}

impl<W: Write> Assembler<W> {
    pub(crate) fn new(out: W) -> io::Result<Assembler<W>> {
        let mut writer = SectionWriter::new(out, FileKind::Segment)?;
        writer.begin(section::POSTINGS)?;
        let (blob, encoded) = (Vec::new(), Vec::new());
        Ok(Assembler { writer, blob, ends: Vec::new(), rows: Vec::new(), starts: Vec::new(), encoded })
    }

    /// Adds a term that sorts after all before it, with its rows, ascending; a term without rows is left out.
    pub(crate) fn term(&mut self, term: &[u8], list: &[(u32, u32)]) -> io::Result<()> {
        if list.is_empty() {
            return Ok(());
        }
        self.blob.extend_from_slice(term);
        self.ends.push(self.blob.len() as u32);
        self.rows.push(list.len() as u32);
        self.starts.push(self.writer.written());
        self.encoded.clear();
        postings::encode(list, &mut self.encoded);
        self.writer.write(&self.encoded)
    }

    /// Writes the rest; `vector(row)` is asked for every row, once a section.
    pub(crate) fn finish<'a>(
        mut self,
        columns: &Columns,
        dim: usize,
        vector: &dyn Fn(usize) -> Option<RowVector<'a>>,
    ) -> io::Result<W> {
        let mut writer = self.writer;
        writer.write(&[0; SLACK])?;
        writer.section(section::TERMS, &self.blob)?;
        writer.section(section::TERM_ENDS, &self.ends)?;
        writer.section(section::TERM_ROWS, &self.rows)?;
        writer.section(section::TERM_STARTS, &self.starts)?;
        self.blob = Vec::new();
        writer.section(section::CHUNKS, &columns.chunks)?;
        writer.section(section::RUNS, &runs(&columns.docs))?;
        writer.section(section::LENGTHS, &columns.lengths)?;
        let rows = columns.chunks.len();
        let no_code = vec![128u8; stride(dim)];
        writer.begin(section::CODES)?;
        for row in 0..rows {
            writer.write(vector(row).map_or(&no_code, |vector| vector.codes))?;
        }
        writer.begin(section::SIGNS)?;
        for row in 0..rows {
            let codes = vector(row).map_or(&no_code[..], |vector| vector.codes);
            writer.write(bytemuck::cast_slice(&kernel::signs(&codes[..dim])))?;
        }
        let scales: Vec<f32> = (0..rows).map(|row| vector(row).map_or(0.0, |vector| vector.scale)).collect();
        writer.section(section::SCALES, &scales)?;
        let no_row = vec![0f32; dim];
        let no_check = crc32fast::hash(bytemuck::cast_slice(&no_row));
        let mut checks = Vec::with_capacity(rows);
        writer.begin(section::ROWS)?;
        for row in 0..rows {
            let (exact, check) =
                vector(row).map_or((&no_row[..], no_check), |vector| (vector.exact, vector.check));
            writer.write(bytemuck::cast_slice(exact))?;
            checks.push(check);
        }
        writer.section(section::ROW_CHECKS, &checks)?;
        writer.section(section::SHAPE, &[dim as u32, stride(dim) as u32])?;
        writer.finish()
    }
}

fn runs(docs: &[DocNo]) -> Vec<[u32; 2]> {
    let starts = (0..docs.len()).filter(|&row| row == 0 || docs[row] != docs[row - 1]);
    starts.map(|row| [docs[row], row as u32]).collect()
}
