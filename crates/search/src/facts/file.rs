//! Facts of documents, to bytes and back.
//!
//! Section 1 is the documents; section 2 the field names, as JSON; then four sections a column, the access list first.

use std::io::{self, Write};
use std::path::Path;

use crate::bytes::{Bytes, FileKind, SectionWriter, Sections};
use crate::error::OpenError;
use crate::facts::{Column, Facts};

const DOCS: u32 = 1;
const NAMES: u32 = 2;
const COLUMNS: u32 = 16;

impl Facts {
    pub(crate) fn write<W: Write>(&self, out: W) -> io::Result<W> {
        let mut writer = SectionWriter::new(out, FileKind::Facts)?;
        writer.section(DOCS, &self.docs)?;
        let names: Vec<&String> = self.fields.keys().collect();
        writer.section(NAMES, &serde_json::to_vec(&names).map_err(io::Error::other)?)?;
        for (at, column) in std::iter::once(&self.acl).chain(self.fields.values()).enumerate() {
            let id = COLUMNS + 4 * at as u32;
            writer.section(id, &column.blob)?;
            writer.section(id + 1, &column.ends)?;
            writer.section(id + 2, &column.row_ends)?;
            writer.section(id + 3, &column.rows)?;
        }
        writer.finish()
    }

    pub(crate) fn read(bytes: Bytes, path: &Path) -> Result<Facts, OpenError> {
        let damaged =
            |detail: &str| OpenError::Damaged { path: path.to_path_buf(), detail: detail.to_string() };
        let sections = Sections::read(bytes, FileKind::Facts, &[], path)?;
        let names: Vec<String> = serde_json::from_slice(sections.get(NAMES))
            .map_err(|_| damaged("its field names do not read"))?;
        let column = |at: usize| {
            let id = COLUMNS + 4 * at as u32;
            Column {
                blob: sections.get(id).to_vec(),
                ends: sections.get(id + 1).to_vec(),
                row_ends: sections.get(id + 2).to_vec(),
                rows: sections.get(id + 3).to_vec(),
            }
        };
        let fields = names.into_iter().enumerate().map(|(at, name)| (name, column(at + 1))).collect();
        let facts = Facts { docs: sections.get(DOCS).to_vec(), fields, acl: column(0) };
        let fits = facts.docs.is_sorted_by(|a, b| a < b)
            && facts.acl.fits(facts.docs.len())
            && facts.fields.values().all(|column| column.fits(facts.docs.len()));
        if fits { Ok(facts) } else { Err(damaged("its columns do not fit")) }
    }
}
