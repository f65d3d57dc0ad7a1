//! What the one-byte codes of simple PDF fonts stand for.

use lopdf::{Dictionary, Document, Object};

/// Characters per code; empty: unknown.
pub(super) type Table = Vec<String>;

/// The Latin letters that the Symbol font draws as Greek, and the Greek.
const SYMBOL: [(&str, &str); 2] = [
    ("ABCDEFGHIKLMNOPQRSTUWXYZ", "ΑΒΧΔΕΦΓΗΙΚΛΜΝΟΠΘΡΣΤΥΩΞΨΖ"),
    ("abcdefghijklmnopqrstuwxyz", "αβχδεφγηιϕκλμνοπθρστυωξψζ"),
];

/// One of the encodings that PDF names; an unknown name gives the standard encoding.
pub(super) fn named(name: &[u8]) -> Table {
    let mut font = Dictionary::new();
    font.set("Type", Object::Name(b"Font".to_vec()));
    font.set("Encoding", Object::Name(name.to_vec()));
    let nothing = Document::new();
    let Ok(encoding) = font.get_font_encoding(&nothing) else { return vec![String::new(); 256] };
    (0..=255u8).map(|code| clean(encoding.bytes_to_string(&[code]).unwrap_or_default())).collect()
}

fn clean(text: String) -> String {
    if text.chars().any(|c| c.is_control() || c == '\u{fffd}') { String::new() } else { text }
}

/// The built-in encoding of the Symbol font: letters and the signs most used.
pub(super) fn symbol() -> Table {
    let mut table = named(b"StandardEncoding");
    for (latin, greek) in SYMBOL {
        for (l, g) in latin.bytes().zip(greek.chars()) {
            table[usize::from(l)] = g.to_string();
        }
    }
    for (code, c) in [
        (0xa3, '≤'),
        (0xa5, '∞'),
        (0xac, '←'),
        (0xad, '↑'),
        (0xae, '→'),
        (0xaf, '↓'),
        (0xb0, '°'),
        (0xb1, '±'),
        (0xb3, '≥'),
        (0xb4, '×'),
        (0xb6, '∂'),
        (0xb7, '•'),
        (0xb8, '÷'),
        (0xb9, '≠'),
        (0xba, '≡'),
        (0xbb, '≈'),
        (0xbc, '…'),
        (0xce, '∈'),
        (0xd5, '∏'),
        (0xd6, '√'),
        (0xe5, '∑'),
        (0xf2, '∫'),
    ] {
        table[code] = c.to_string();
    }
    table
}

/// The built-in encoding of Zapf Dingbats, as far as text needs it: check marks, crosses and bullets.
pub(super) fn dingbats() -> Table {
    let sign = |code: u8| match code {
        0x33 | 0x34 => "✓",
        0x35..=0x38 => "✗",
        0x00..=0x20 => "",
        _ => "•",
    };
    (0..=255).map(|code| sign(code).to_string()).collect()
}

/// Puts the `Differences` of an encoding dictionary over `table`.
pub(super) fn apply_differences(table: &mut Table, differences: &[Object], doc: &Document) {
    let mut code = 0usize;
    for item in differences {
        let Ok((_, item)) = doc.dereference(item) else { continue };
        match item {
            Object::Integer(n) => code = usize::try_from(*n).unwrap_or(256),
            Object::Name(name) => {
                if let Some(slot) = table.get_mut(code) {
                    *slot = glyph_text(name);
                }
                code += 1;
            }
            _ => {}
        }
    }
}

/// The characters a glyph name stands for, by the rules of the Adobe Glyph List Specification; empty: none known.
pub(super) fn glyph_text(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    let base = name.split('.').next().unwrap_or_default();
    base.split('_').map(component_text).collect()
}

fn component_text(name: &str) -> String {
    let hex = |digits: &str| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
    let listed = listed_glyph(name);
    if !listed.is_empty() {
        return listed;
    }
    if let Some(digits) = name.strip_prefix("uni")
        && digits.len() >= 4
        && digits.is_ascii()
    {
        let units = digits.as_bytes().chunks_exact(4).filter_map(|d| std::str::from_utf8(d).ok());
        return units.filter_map(hex).collect();
    }
    if let Some(digits) = name.strip_prefix('u')
        && (4..=6).contains(&digits.len())
    {
        return hex(digits).map(String::from).unwrap_or_default();
    }
    match name {
        "f_f_i" | "ffi" => "ffi".into(),
        "f_f_l" | "ffl" => "ffl".into(),
        "ff" | "fi" | "fl" => name.into(),
        _ => String::new(),
    }
}

fn listed_glyph(name: &str) -> String {
    // The library keeps its glyph list private; an encoding that puts the name at a code that is otherwise
    // unassigned reads it.
    const FREE: i64 = 1;
    let mut differences = Dictionary::new();
    let entries = vec![Object::Integer(FREE), Object::Name(name.as_bytes().to_vec())];
    differences.set("Differences", Object::Array(entries));
    let mut font = Dictionary::new();
    font.set("Type", Object::Name(b"Font".to_vec()));
    font.set("Encoding", Object::Dictionary(differences));
    let nothing = Document::new();
    font.get_font_encoding(&nothing)
        .and_then(|encoding| encoding.bytes_to_string(&[FREE as u8]))
        .map(clean)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_all_sorts_lead_to_characters() {
        assert_eq!(glyph_text(b"eacute"), "é");
        assert_eq!(glyph_text(b"uni20AC"), "€");
        assert_eq!(glyph_text(b"u1F600"), "😀");
        assert_eq!(glyph_text(b"f_i.alt"), "fi");
        assert_eq!(glyph_text(b"g123"), "");
    }

    #[test]
    fn the_named_encodings_differ_where_they_should() {
        assert_eq!(named(b"WinAnsiEncoding")[0xe9], "é");
        assert_eq!(named(b"MacRomanEncoding")[0x8e], "é");
        assert_eq!(named(b"StandardEncoding")[0x27], "’");
        assert_eq!(symbol()[usize::from(b'm')], "μ");
    }
}
