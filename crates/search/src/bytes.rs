//! The file format shared by all parts of an index: named sections behind a checked table.
//!
//! ```text
//! "engraft\n"  kind u32  format u32  zeros to 64           head
//! section, each starting at a multiple of 64                body
//! { id u32, crc32 u32, offset u64, length u64 } …           table
//! table offset u64, entries u32, crc32 of the table u32,
//! kind u32, format u32, "engraft\n"                         tail, 32 bytes
//! ```
//! All numbers are little-endian. A reader checks both marks, the table and every section but those it names as
//! checked elsewhere; then a changed or missing byte cannot go unnoticed.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Write};
use std::ops::{Deref, Range};
use std::path::Path;

use bytemuck::{AnyBitPattern, NoUninit};

use crate::error::OpenError;

const _: () =
    assert!(cfg!(target_endian = "little"), "index files hold numbers as a little-endian machine does");

/// Changes whenever the bytes or the analysis of text do.
pub(crate) const FORMAT: u32 = 1;
const MARK: &[u8; 8] = b"engraft\n";
const ALIGN: u64 = 64;
const TAIL: usize = 32;
const ENTRY: usize = 24;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    Segment = 1,
    Facts = 2,
    Manifest = 3,
}

/// Bytes in memory or mapped from a file, aligned for any number.
pub(crate) enum Bytes {
    Heap {
        words: Vec<u64>,
        len: usize,
    },
    Mapped {
        map: memmap2::Mmap,
        /// For what is looked at once.
        #[cfg(unix)]
        file: File,
    },
}

impl Bytes {
    pub(crate) fn copied(bytes: &[u8]) -> Bytes {
        let mut words = vec![0u64; bytes.len().div_ceil(8)];
        bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..bytes.len()].copy_from_slice(bytes);
        Bytes::Heap { words, len: bytes.len() }
    }

    pub(crate) fn map(path: &Path) -> Result<Bytes, OpenError> {
        let failed = |source| OpenError::Read { path: path.to_path_buf(), source };
        let file = File::open(path).map_err(failed)?;
        if file.metadata().map_err(failed)?.len() == 0 {
            return Ok(Bytes::copied(&[]));
        }
        // SAFETY: index files are written under another name, renamed into place and never changed afterwards, only
        // unlinked, which leaves a mapping intact. A file cut short by somebody else while mapped would end the process.
        let map = unsafe { memmap2::Mmap::map(&file) }.map_err(failed)?;
        Ok(Bytes::Mapped {
            map,
            #[cfg(unix)]
            file,
        })
    }
}

impl Deref for Bytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        match self {
            Bytes::Heap { words, len } => &bytemuck::cast_slice(words)[..*len],
            Bytes::Mapped { map, .. } => map,
        }
    }
}

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Bytes({})", self.len())
    }
}

/// Writes sections one after the other, without going back.
pub(crate) struct SectionWriter<W> {
    out: W,
    at: u64,
    kind: FileKind,
    table: Vec<(u32, u32, u64, u64)>,
    open: Option<(u32, u64, crc32fast::Hasher)>,
}

impl<W: Write> SectionWriter<W> {
    pub(crate) fn new(out: W, kind: FileKind) -> io::Result<SectionWriter<W>> {
        let mut writer = SectionWriter { out, at: 0, kind, table: Vec::new(), open: None };
        writer.put(MARK)?;
        writer.put(&(kind as u32).to_le_bytes())?;
        writer.put(&FORMAT.to_le_bytes())?;
        Ok(writer)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    fn pad(&mut self) -> io::Result<()> {
        let zeros = [0; ALIGN as usize];
        self.put(&zeros[..((ALIGN - self.at % ALIGN) % ALIGN) as usize])
    }

    /// Ends the section before, if any, and begins another.
    pub(crate) fn begin(&mut self, id: u32) -> io::Result<()> {
        self.end();
        self.pad()?;
        self.open = Some((id, self.at, crc32fast::Hasher::new()));
        Ok(())
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Some((_, _, crc)) = &mut self.open {
            crc.update(bytes);
        }
        self.put(bytes)
    }

    pub(crate) fn section<T: NoUninit>(&mut self, id: u32, values: &[T]) -> io::Result<()> {
        self.begin(id)?;
        self.write(bytemuck::cast_slice(values))
    }

    /// How many bytes the current section holds so far.
    pub(crate) fn written(&self) -> u64 {
        self.open.as_ref().map_or(0, |(_, start, _)| self.at - start)
    }

    fn end(&mut self) {
        if let Some((id, start, crc)) = self.open.take() {
            self.table.push((id, crc.finalize(), start, self.at - start));
        }
    }

    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.end();
        self.pad()?;
        let mut table = Vec::with_capacity(self.table.len() * ENTRY);
        for (id, crc, start, len) in &self.table {
            table.extend(id.to_le_bytes());
            table.extend(crc.to_le_bytes());
            table.extend(start.to_le_bytes());
            table.extend(len.to_le_bytes());
        }
        let start = self.at;
        self.put(&table)?;
        self.put(&start.to_le_bytes())?;
        let entries = self.table.len() as u32;
        for number in [entries, crc32fast::hash(&table), self.kind as u32, FORMAT] {
            self.put(&number.to_le_bytes())?;
        }
        self.put(MARK)?;
        Ok(self.out)
    }
}

/// Bytes whose table and sections have been checked.
#[derive(Debug)]
pub(crate) struct Sections {
    bytes: Bytes,
    table: Vec<(u32, Range<usize>)>,
}

fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

impl Sections {
    /// Checks `bytes`; sections in `unchecked` are taken on trust. `path` is for the error only.
    pub(crate) fn read(
        bytes: Bytes,
        kind: FileKind,
        unchecked: &[u32],
        path: &Path,
    ) -> Result<Sections, OpenError> {
        let damaged =
            |detail: &str| OpenError::Damaged { path: path.to_path_buf(), detail: detail.to_string() };
        let foreign = |found| OpenError::Format { path: path.to_path_buf(), found, wanted: FORMAT };
        if bytes.len() < 16 || bytes[..8] != MARK[..] {
            return Err(foreign(0));
        }
        let word = |at| number::<4>(&bytes, at).map_or(0, u32::from_le_bytes);
        let long = |at| number::<8>(&bytes, at).map_or(0, u64::from_le_bytes);
        if word(12) != FORMAT {
            return Err(foreign(word(12)));
        }
        let tail = bytes
            .len()
            .checked_sub(TAIL)
            .filter(|&tail| tail >= 16)
            .ok_or_else(|| damaged("it is cut short"))?;
        if bytes[tail + 24..] != MARK[..] {
            return Err(damaged("its end is missing"));
        }
        if word(8) != kind as u32 || word(tail + 16) != kind as u32 || word(tail + 20) != FORMAT {
            return Err(damaged("it is another kind of file"));
        }
        let (start, entries) = (long(tail) as usize, word(tail + 8) as usize);
        let table = bytes.get(start..tail).filter(|table| table.len() == entries * ENTRY);
        let table = table.ok_or_else(|| damaged("its table is misplaced"))?;
        if crc32fast::hash(table) != word(tail + 12) {
            return Err(damaged("its table has changed"));
        }
        let mut sections = Vec::with_capacity(entries);
        for at in (start..tail).step_by(ENTRY) {
            let (id, crc) = (word(at), word(at + 4));
            let (from, len) = (long(at + 8) as usize, long(at + 16) as usize);
            let range = from..from.saturating_add(len);
            let body = bytes.get(range.clone()).filter(|_| (from as u64).is_multiple_of(ALIGN));
            let body = body.ok_or_else(|| damaged("a section lies outside"))?;
            if !unchecked.contains(&id) && crc32fast::hash(body) != crc {
                return Err(damaged(&format!("section {id} has changed")));
            }
            sections.push((id, range));
        }
        Ok(Sections { bytes, table: sections })
    }

    /// The numbers of a section; empty when it is absent or of odd length.
    pub(crate) fn get<T: AnyBitPattern>(&self, id: u32) -> &[T] {
        let found = self.table.iter().find(|(section, _)| *section == id);
        found.and_then(|(_, range)| bytemuck::try_cast_slice(&self.bytes[range.clone()]).ok()).unwrap_or(&[])
    }

    /// So many numbers of a section from the `from`th on, which are looked at once: read from a file and not mapped, so that
    /// they do not stay in this process's memory. `None` where the file no longer has them.
    pub(crate) fn once(&self, id: u32, from: usize, count: usize) -> Option<Cow<'_, [f32]>> {
        let (_, section) = self.table.iter().find(|(section, _)| *section == id)?;
        let start = section.start + from * size_of::<f32>();
        let end = Some(start + count * size_of::<f32>()).filter(|end| *end <= section.end)?;
        match &self.bytes {
            #[cfg(unix)]
            Bytes::Mapped { file, .. } => {
                let mut numbers = vec![0f32; count];
                let bytes = bytemuck::cast_slice_mut(&mut numbers);
                std::os::unix::fs::FileExt::read_exact_at(file, bytes, start as u64).ok()?;
                Some(Cow::Owned(numbers))
            }
            bytes => bytemuck::try_cast_slice(&bytes[start..end]).ok().map(Cow::Borrowed),
        }
    }

    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }
}
