//! What an embedded font program itself says of its characters, for PDFs that do not say it.

use std::collections::BTreeMap;

use ttf_parser::{Face, cff};

use super::encoding::{Table, glyph_text};

/// The characters of a Type 1 or CFF font's own encoding, by code; empty when the program is of another kind.
pub(super) fn built_in_encoding(program: &[u8]) -> Table {
    if program.starts_with(b"%!") || program.starts_with(&[0x80, 1]) {
        return type1_encoding(program);
    }
    if let Some(table) = cff::Table::parse(program) {
        let text = |code: u8| {
            let name = table.glyph_index(code).and_then(|glyph| table.glyph_name(glyph));
            name.map(|name| glyph_text(name.as_bytes())).unwrap_or_default()
        };
        return (0..=255).map(text).collect();
    }
    Table::new()
}

/// Reads the `dup 65 /A put` lines before the encrypted part of a Type 1 font.
fn type1_encoding(program: &[u8]) -> Table {
    let clear = &program[..program.windows(5).position(|w| w == b"eexec").unwrap_or(program.len())];
    let text = String::from_utf8_lossy(&clear[..clear.len().min(1 << 20)]);
    let mut table = vec![String::new(); 256];
    let mut found = false;
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    for window in words.windows(3) {
        if let ["dup", code, name] = window
            && let (Ok(code), Some(name)) = (code.parse::<usize>(), name.strip_prefix('/'))
            && let Some(slot) = table.get_mut(code)
        {
            *slot = glyph_text(name.as_bytes());
            found = true;
        }
    }
    if found { table } else { Table::new() }
}

/// Glyph numbers to characters, from the `cmap` of a TrueType or OpenType font or the names of a CFF one.
pub(super) fn characters_of_glyphs(program: &[u8]) -> BTreeMap<u32, String> {
    let mut characters = BTreeMap::new();
    if let Ok(face) = Face::parse(program, 0) {
        for table in
            face.tables().cmap.iter().flat_map(|cmap| cmap.subtables).filter(|table| table.is_unicode())
        {
            let mut left = 200_000;
            table.codepoints(|code| {
                if left == 0 {
                    return;
                }
                left -= 1;
                if let (Some(glyph), Some(c)) = (table.glyph_index(code), char::from_u32(code)) {
                    characters.entry(u32::from(glyph.0)).or_insert_with(|| c.to_string());
                }
            });
        }
    } else if let Some(table) = cff::Table::parse(program) {
        for glyph in 0..table.number_of_glyphs() {
            let name = table.glyph_name(ttf_parser::GlyphId(glyph));
            let text = name.map(|name| glyph_text(name.as_bytes())).unwrap_or_default();
            if !text.is_empty() {
                characters.insert(u32::from(glyph), text);
            }
        }
    }
    characters
}
