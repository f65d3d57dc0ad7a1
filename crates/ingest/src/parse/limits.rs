//! How much of anything one file may cost us.

use serde::{Deserialize, Serialize};

/// Bounds on one call of [`parse`](crate::parse::parse); what exceeds them is refused or cut with a warning,
/// never silently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of the file itself.
    pub max_input_bytes: usize,
    /// Code points of the stored text of one document; a longer text is refused.
    pub max_text_chars: usize,
    /// Bytes unpacked from all archives, attachments and packages of one file together.
    pub max_expanded_bytes: usize,
    /// Unpacked bytes per packed byte of one archive member; counted from 1 MiB unpacked on.
    pub max_ratio: usize,
    /// Levels of nested elements: lists, tags, quotes, objects.
    pub max_depth: usize,
    /// Levels of archives within archives and mails within mails.
    pub max_archive_depth: usize,
    /// Pages and slides.
    pub max_pages: usize,
    /// Archive members, attachments and messages of one file together.
    pub max_members: usize,
    /// Records of one JSON or JSON Lines file.
    pub max_records: usize,
    /// Cells of one workbook, empty ones between used ones included.
    pub max_cells: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_input_bytes: 64 << 20,
            max_text_chars: 8_000_000,
            max_expanded_bytes: 256 << 20,
            max_ratio: 400,
            max_depth: 64,
            max_archive_depth: 3,
            max_pages: 5_000,
            max_members: 10_000,
            max_records: 1_000_000,
            max_cells: 4_000_000,
        }
    }
}
