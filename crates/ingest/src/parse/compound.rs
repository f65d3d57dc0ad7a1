//! Compound files, the containers of Office 97-2003: a small file system of sectors.
//!
//! Layout after [MS-CFB] and, for the summary, [MS-OLEPS].

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use super::ParseError;

const END: u32 = 0xffff_fff0;

/// An open compound file.
#[derive(Debug)]
pub(crate) struct Compound<'a> {
    bytes: &'a [u8],
    sector: usize,
    mini_sector: usize,
    cutoff: usize,
    fat: Vec<u32>,
    mini_fat: Vec<u32>,
    mini: Vec<u8>,
    // The folder: 128 bytes for each stream and storage.
    folder: Vec<u8>,
}

/// A stream, or a storage that holds streams.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Its name, unique among its neighbours whatever the case.
    pub(crate) name: String,
    start: u32,
    size: usize,
    // The first of what a storage holds.
    child: u32,
}

/// The little-endian number of 2 bytes at `at`; 0 beyond the end.
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    let part = bytes.get(at..at.saturating_add(2)).and_then(|part| part.try_into().ok());
    u16::from_le_bytes(part.unwrap_or_default())
}

/// The little-endian number of 4 bytes at `at`; 0 beyond the end.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let part = bytes.get(at..at.saturating_add(4)).and_then(|part| part.try_into().ok());
    u32::from_le_bytes(part.unwrap_or_default())
}

impl<'a> Compound<'a> {
    /// Reads the allocation tables and the root folder of `bytes`.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Compound<'a>, ParseError> {
        let (shift, mini_shift) = (u16_at(bytes, 30), u16_at(bytes, 32));
        if bytes.len() < 512 || !matches!(shift, 9 | 12) || mini_shift != 6 {
            return Err(ParseError::Malformed("its header makes no sense".to_string()));
        }
        let cutoff = u32_at(bytes, 56) as usize;
        let (fat, mini_fat, mini, folder) = Default::default();
        let mut file =
            Compound { bytes, sector: 1 << shift, mini_sector: 64, cutoff, fat, mini_fat, mini, folder };
        file.fat = file.read_fat();
        let mini_fat = file.chain(u32_at(bytes, 60));
        file.mini_fat = mini_fat.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect();
        let folder = file.chain(u32_at(bytes, 48));
        if folder.len() < 128 {
            return Err(ParseError::Malformed("it has no folder".to_string()));
        }
        file.mini = file.chain(u32_at(&folder, 116));
        file.folder = folder;
        Ok(file)
    }

    fn read_fat(&self) -> Vec<u32> {
        let mut sectors: Vec<u32> = (0..109).map(|at| u32_at(self.bytes, 76 + at * 4)).collect();
        // Large files list more sectors of the table in a chain of their own.
        let mut next = u32_at(self.bytes, 68);
        let mut left = self.bytes.len() / self.sector;
        while next < END && left > 0 {
            let Some(part) = self.sector_at(next) else { break };
            let last = self.sector / 4 - 1;
            sectors.extend((0..last).map(|at| u32_at(part, at * 4)));
            next = u32_at(part, last * 4);
            left -= 1;
        }
        let parts =
            sectors.iter().filter(|&&sector| sector < END).filter_map(|&sector| self.sector_at(sector));
        parts
            .take(self.bytes.len() / self.sector + 1)
            .flat_map(|part| (0..part.len() / 4).map(|at| u32_at(part, at * 4)))
            .collect()
    }

    /// Whether some chain of sectors never ends: a reader that follows it fills all memory.
    pub(crate) fn runs_in_circles(&self) -> bool {
        // The walk that came by a sector, from 1.
        let mut passed = vec![0u32; self.fat.len()];
        for (walk, first) in (1..).zip(0..self.fat.len()) {
            let mut at = first;
            while passed[at] == 0 {
                passed[at] = walk;
                match passed.get(self.fat[at] as usize).filter(|_| self.fat[at] < END) {
                    Some(&before) if before == walk => return true,
                    Some(_) => at = self.fat[at] as usize,
                    None => break,
                }
            }
        }
        false
    }

    fn sector_at(&self, index: u32) -> Option<&'a [u8]> {
        let start = (index as usize).checked_add(1)?.checked_mul(self.sector)?;
        // The last sector may be cut short.
        self.bytes.get(start..(start + self.sector).min(self.bytes.len()))
    }

    /// The bytes of the chain of sectors that begins with `first`.
    fn chain(&self, first: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut next = first;
        let mut left = self.bytes.len() / self.sector + 1;
        while next < END && left > 0 {
            let Some(part) = self.sector_at(next) else { break };
            bytes.extend_from_slice(part);
            next = self.fat.get(next as usize).copied().unwrap_or(u32::MAX);
            left -= 1;
        }
        bytes
    }

    /// The content of the stream `name` right below the root: embedded documents have some of the same names.
    pub(crate) fn stream(&self, name: &str) -> Option<Vec<u8>> {
        let entries = self.entries();
        entries.iter().find(|entry| entry.name.eq_ignore_ascii_case(name)).map(|entry| self.content(entry))
    }

    /// What stands right below the root.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.tree(u32_at(&self.folder, 76))
    }

    /// What a storage holds.
    pub(crate) fn inside(&self, storage: &Entry) -> Vec<Entry> {
        self.tree(storage.child)
    }

    /// The content of a stream.
    pub(crate) fn content(&self, entry: &Entry) -> Vec<u8> {
        if entry.size >= self.cutoff {
            let mut bytes = self.chain(entry.start);
            bytes.truncate(entry.size);
            return bytes;
        }
        let mut bytes = Vec::new();
        let mut next = entry.start;
        let mut left = self.mini_fat.len() + 1;
        while next < END && left > 0 && bytes.len() < entry.size {
            let start = next as usize * self.mini_sector;
            let Some(part) = self.mini.get(start..(start + self.mini_sector).min(self.mini.len())) else {
                break;
            };
            bytes.extend_from_slice(part);
            next = self.mini_fat.get(next as usize).copied().unwrap_or(u32::MAX);
            left -= 1;
        }
        bytes.truncate(entry.size);
        bytes
    }

    /// The entries of the tree that begins with entry `first`.
    fn tree(&self, first: u32) -> Vec<Entry> {
        let mut found = Vec::new();
        let mut open = vec![first];
        let mut left = self.folder.len() / 128;
        while let Some(index) = open.pop()
            && left > 0
        {
            let start = (index as usize).saturating_mul(128);
            let Some(bytes) = self.folder.get(start..start.saturating_add(128)) else { continue };
            left -= 1;
            open.extend([u32_at(bytes, 68), u32_at(bytes, 72)]);
            let length = (u16_at(bytes, 64) as usize).clamp(2, 64) / 2 - 1;
            let units: Vec<u16> = (0..length).map(|at| u16_at(bytes, at * 2)).collect();
            let (start, size, child) = (u32_at(bytes, 116), u32_at(bytes, 120) as usize, u32_at(bytes, 76));
            found.push(Entry { name: String::from_utf16_lossy(&units), start, size, child });
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    /// The title and the author in the summary information.
    pub(crate) fn summary(&self) -> (Option<String>, Option<String>) {
        let Some(bytes) = self.stream("\u{5}SummaryInformation") else { return (None, None) };
        let set = u32_at(&bytes, 44) as usize;
        let count = u32_at(&bytes, set + 4).min(64) as usize;
        let place = |id: u32| {
            let mut entries = (0..count).map(|at| set + 8 + at * 8);
            entries
                .find(|&entry| u32_at(&bytes, entry) == id)
                .map(|entry| set + u32_at(&bytes, entry + 4) as usize)
        };
        let page = place(1).map_or(1252, |at| u16_at(&bytes, at + 4));
        let encoding = match page {
            65_001 => Some(UTF_8),
            page => Encoding::for_label(format!("windows-{page}").as_bytes()),
        };
        let text = |id: u32| {
            let at = place(id).filter(|&at| u32_at(&bytes, at) == 0x1e)?;
            let length = u32_at(&bytes, at + 4) as usize;
            let words = bytes.get(at + 8..(at + 8).checked_add(length)?)?;
            let words = encoding.unwrap_or(WINDOWS_1252).decode_without_bom_handling(words).0;
            let words = words.trim_matches(['\0', ' ']).to_string();
            (!words.is_empty()).then_some(words)
        };
        (text(2), text(4))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file whose first sector is its table and whose folder begins in the second.
    fn file(table: [u32; 4]) -> Vec<u8> {
        let mut bytes = vec![0; 512 * 5];
        let mut put = |at: usize, word: u32| bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
        put(30, 9 | 6 << 16);
        put(48, 1);
        put(60, u32::MAX);
        put(68, u32::MAX);
        (0..109).for_each(|at| put(76 + at * 4, u32::MAX));
        put(76, 0);
        (0..128).for_each(|at| put(512 + at * 4, u32::MAX));
        table.iter().enumerate().for_each(|(at, word)| put(512 + at * 4, *word));
        bytes
    }

    #[track_caller]
    fn check(table: [u32; 4], circles: bool) {
        let bytes = file(table);
        assert_eq!(Compound::open(&bytes).unwrap().runs_in_circles(), circles);
    }

    #[test]
    fn chains_that_end_are_sound() {
        check([u32::MAX, 2, 3, 0xffff_fffe], false);
        check([u32::MAX, 3, 3, 0xffff_fffe], false);
        check([u32::MAX, 900, 1, 2], false);
    }

    #[test]
    fn a_chain_that_comes_back_to_itself_is_found() {
        check([u32::MAX, 1, u32::MAX, u32::MAX], true);
        check([u32::MAX, 2, 3, 1], true);
        check([u32::MAX, 3, 2, u32::MAX], true);
    }
}
