//! The manifest: which files make up an index at which version, and what is dead in them.

use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::bits::Bits;
use crate::bytes::{Bytes, FileKind, SectionWriter, Sections};
use crate::error::OpenError;
use crate::settings::Settings;

const HEAD: u32 = 1;
const DEAD_ROWS: u32 = 16;

/// A part of the index and its dead rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    pub(crate) id: u64,
    pub(crate) dead: Bits,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Manifest {
    pub(crate) version: u64,
    pub(crate) settings: Settings,
    pub(crate) next_id: u64,
    pub(crate) segments: Vec<Part>,
    pub(crate) facts: Vec<Part>,
}

/// The first section, as JSON; parts are (id, rows).
#[derive(Serialize, Deserialize)]
struct Head {
    version: u64,
    settings: Settings,
    next_id: u64,
    segments: Vec<(u64, usize)>,
    facts: Vec<(u64, usize)>,
}

impl Manifest {
    pub(crate) fn write<W: Write>(&self, out: W) -> io::Result<W> {
        let sizes = |parts: &[Part]| parts.iter().map(|part| (part.id, part.dead.len())).collect();
        let head = Head {
            version: self.version,
            settings: self.settings,
            next_id: self.next_id,
            segments: sizes(&self.segments),
            facts: sizes(&self.facts),
        };
        let mut writer = SectionWriter::new(out, FileKind::Manifest)?;
        writer.section(HEAD, &serde_json::to_vec(&head).map_err(io::Error::other)?)?;
        for (id, part) in (DEAD_ROWS..).zip(self.segments.iter().chain(&self.facts)) {
            writer.section(id, part.dead.words())?;
        }
        writer.finish()
    }

    pub(crate) fn read(path: &Path) -> Result<Manifest, OpenError> {
        let sections = Sections::read(Bytes::map(path)?, FileKind::Manifest, &[], path)?;
        let head: Head = serde_json::from_slice(sections.get(HEAD))
            .map_err(|error| OpenError::Damaged { path: path.to_path_buf(), detail: error.to_string() })?;
        let parts = head.segments.iter().chain(&head.facts).zip(DEAD_ROWS..);
        let mut parts = parts
            .map(|(&(id, rows), section)| Part { id, dead: Bits::from_words(sections.get(section), rows) });
        let segments = parts.by_ref().take(head.segments.len()).collect();
        let facts = parts.collect();
        Ok(Manifest {
            version: head.version,
            settings: head.settings,
            next_id: head.next_id,
            segments,
            facts,
        })
    }
}
