//! Fonts: from the bytes a PDF shows to characters and their widths.

use std::collections::BTreeMap;

use encoding_rs::Encoding;
use lopdf::{Dictionary, Document, Object};

use super::cmap::CMap;
use super::encoding::{self, Table};
use super::metrics::standard_width;
use super::program;

/// One shown code.
pub(super) struct Shown<'a> {
    /// Its characters; empty when nobody knows them.
    pub(super) text: &'a str,
    /// How far it advances, in ems.
    pub(super) width: f32,
    /// Whether it is the single byte 32, to which word spacing applies.
    pub(super) is_space: bool,
}

/// A font as far as reading needs it.
pub(super) struct Font {
    /// Drawn heavier than running text.
    pub(super) bold: bool,
    /// Every glyph as wide as the next: program code.
    pub(super) mono: bool,
    /// Written from top to bottom.
    pub(super) vertical: bool,
    codes: Codes,
    to_unicode: Option<CMap>,
}

enum Codes {
    Simple {
        table: Table,
        widths: Vec<f32>,
    },
    Composite {
        cmap: Option<CMap>,
        charset: Option<&'static Encoding>,
        widths: BTreeMap<u32, f32>,
        usual: f32,
        glyphs: BTreeMap<u32, String>,
    },
}

impl Font {
    /// The font that `dict` describes; `budget` bounds the bytes of each stream it unpacks.
    pub(super) fn load(dict: &Dictionary, doc: &Document, budget: usize) -> Font {
        let stream = |dict: &Dictionary, key: &[u8]| {
            let stream = dict.get_deref(key, doc).ok()?.as_stream().ok()?;
            stream.get_plain_content_with_limit(budget).ok()
        };
        let name = name_of(dict, b"BaseFont", doc).unwrap_or_default();
        let to_unicode = stream(dict, b"ToUnicode").map(|bytes| CMap::parse(&bytes)).filter(CMap::has_text);
        let descendant = dict
            .get_deref(b"DescendantFonts", doc)
            .and_then(Object::as_array)
            .ok()
            .and_then(|fonts| fonts.first())
            .and_then(|font| doc.dereference(font).ok())
            .and_then(|(_, font)| font.as_dict().ok());
        let descriptor =
            descendant.unwrap_or(dict).get_deref(b"FontDescriptor", doc).and_then(Object::as_dict).ok();
        let flags = descriptor
            .and_then(|d| d.get_deref(b"Flags", doc).ok())
            .and_then(|f| f.as_i64().ok())
            .unwrap_or(0);
        let weight = descriptor.and_then(|d| number(d, b"FontWeight", doc)).unwrap_or(400.0);
        let program = descriptor.and_then(|d| {
            [b"FontFile".as_slice(), b"FontFile2", b"FontFile3"].into_iter().find_map(|key| stream(d, key))
        });
        let lower = name.to_ascii_lowercase();
        let heavy = ["bold", "black", "heavy", "cmbx", "-bd"].iter().any(|word| lower.contains(word));
        let encoding_name = name_of(dict, b"Encoding", doc).unwrap_or_default();
        let codes = match descendant {
            Some(descendant) => {
                let cmap = stream(dict, b"Encoding").map(|bytes| CMap::parse(&bytes));
                let embedded = program.filter(|_| to_unicode.is_none());
                Codes::Composite {
                    cmap,
                    charset: charset(&encoding_name),
                    widths: composite_widths(descendant, doc),
                    usual: number(descendant, b"DW", doc).unwrap_or(1000.0) / 1000.0,
                    glyphs: embedded.map(|bytes| program::characters_of_glyphs(&bytes)).unwrap_or_default(),
                }
            }
            None => simple_codes(dict, doc, &name, flags, descriptor, program.as_deref()),
        };
        Font {
            bold: heavy || weight >= 600.0 || flags & (1 << 18) != 0,
            mono: flags & 1 != 0
                || ["courier", "mono", "consol", "cmtt", "typewriter"].iter().any(|w| lower.contains(w)),
            vertical: descendant.is_some() && encoding_name.ends_with("-V"),
            codes,
            to_unicode,
        }
    }

    /// Hands every code of `bytes` to `show`.
    pub(super) fn decode(&self, bytes: &[u8], mut show: impl FnMut(Shown)) {
        match &self.codes {
            Codes::Simple { table, widths } => {
                for &byte in bytes {
                    let code = u32::from(byte);
                    let mapped =
                        self.to_unicode.as_ref().and_then(|map| map.text(code)).filter(|t| is_readable(t));
                    let text = mapped.as_deref().unwrap_or(&table[usize::from(byte)]);
                    show(Shown { text, width: widths[usize::from(byte)], is_space: byte == 32 });
                }
            }
            Codes::Composite { cmap, charset, widths, usual, glyphs } => {
                let mut rest = bytes;
                while !rest.is_empty() {
                    let len = code_len(cmap.as_ref(), *charset, rest).clamp(1, rest.len());
                    let (code_bytes, tail) = rest.split_at(len);
                    rest = tail;
                    let code = code_bytes.iter().fold(0u32, |n, &b| (n << 8) | u32::from(b));
                    let cid = cmap.as_ref().and_then(|map| map.cid(code)).unwrap_or(code);
                    let mapped =
                        self.to_unicode.as_ref().and_then(|map| map.text(code)).filter(|t| is_readable(t));
                    let text = match (mapped, charset) {
                        (Some(text), _) => text,
                        (None, Some(charset)) => {
                            charset.decode_without_bom_handling(code_bytes).0.into_owned()
                        }
                        (None, None) => glyphs.get(&cid).cloned().unwrap_or_default(),
                    };
                    let width = widths.get(&cid).copied().unwrap_or(*usual);
                    show(Shown { text: &text, width, is_space: len == 1 && code == 32 });
                }
            }
        }
    }
}

fn is_readable(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(|c| c == '\0' || c == '\u{fffd}')
}

fn simple_codes(
    dict: &Dictionary,
    doc: &Document,
    name: &str,
    flags: i64,
    descriptor: Option<&Dictionary>,
    program: Option<&[u8]>,
) -> Codes {
    let symbolic = flags & 4 != 0;
    let lower = name.to_ascii_lowercase();
    let own = || match program.map(program::built_in_encoding) {
        Some(table) if !table.is_empty() => table,
        _ if lower.contains("symbol") && !lower.contains("segoe") => encoding::symbol(),
        _ if lower.contains("dingbat") => encoding::dingbats(),
        _ if symbolic => encoding::named(b"WinAnsiEncoding"),
        _ => encoding::named(b"StandardEncoding"),
    };
    let table = match dict.get_deref(b"Encoding", doc) {
        Ok(Object::Name(named)) if !(symbolic && lower.contains("symbol")) => encoding::named(named),
        Ok(Object::Dictionary(described)) => {
            let mut table = match described.get_deref(b"BaseEncoding", doc) {
                Ok(Object::Name(named)) => encoding::named(named),
                _ => own(),
            };
            if let Ok(Object::Array(differences)) = described.get_deref(b"Differences", doc) {
                encoding::apply_differences(&mut table, differences, doc);
            }
            table
        }
        _ => own(),
    };
    let type3 = dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|subtype| subtype == b"Type3");
    // A Type 3 font measures in its own glyph space.
    let unit =
        if type3 { numbers(dict, b"FontMatrix", doc).first().copied().unwrap_or(0.001).abs() } else { 0.001 };
    let first = number(dict, b"FirstChar", doc).unwrap_or(0.0).max(0.0) as usize;
    let given = numbers(dict, b"Widths", doc);
    let missing = descriptor.and_then(|d| number(d, b"MissingWidth", doc));
    let width = |code: usize| match code.checked_sub(first).and_then(|at| given.get(at)) {
        Some(width) => width * unit,
        None => match missing {
            Some(width) if width > 0.0 => width / 1000.0,
            _ => standard_width(name, table[code].chars().next().unwrap_or(' ')),
        },
    };
    let widths = (0..256).map(width).collect();
    Codes::Simple { table, widths }
}

/// The character set that a predefined CMap's codes belong to (ISO 32000-1, table 118).
fn charset(cmap: &str) -> Option<&'static Encoding> {
    let has = |part: &str| cmap.contains(part);
    match () {
        () if has("UTF16") || has("UCS2") => Some(encoding_rs::UTF_16BE),
        () if cmap.starts_with("GB") => Some(encoding_rs::GB18030),
        () if has("RKSJ") => Some(encoding_rs::SHIFT_JIS),
        () if has("B5") => Some(encoding_rs::BIG5),
        () if cmap.starts_with("KSC") => Some(encoding_rs::EUC_KR),
        () if cmap == "EUC-H" || cmap == "EUC-V" => Some(encoding_rs::EUC_JP),
        () => None,
    }
}

fn code_len(cmap: Option<&CMap>, charset: Option<&'static Encoding>, bytes: &[u8]) -> usize {
    if let Some(len) = cmap.and_then(|map| map.code_len(bytes)) {
        return len;
    }
    match charset {
        // The first half of a surrogate pair.
        Some(set) if set == encoding_rs::UTF_16BE && (0xd8..0xdc).contains(&bytes[0]) => 4,
        Some(set) if set == encoding_rs::UTF_16BE => 2,
        // Half-width katakana are single bytes of Shift JIS.
        Some(set) if set == encoding_rs::SHIFT_JIS && (0xa1..=0xdf).contains(&bytes[0]) => 1,
        Some(_) if bytes[0] < 0x80 => 1,
        _ => 2,
    }
}

fn composite_widths(font: &Dictionary, doc: &Document) -> BTreeMap<u32, f32> {
    let mut widths = BTreeMap::new();
    let Ok(Object::Array(list)) = font.get_deref(b"W", doc) else { return widths };
    let item = |at: usize| list.get(at).and_then(|o| doc.dereference(o).ok()).map(|(_, o)| o);
    let int = |o: Option<&Object>| o.and_then(|o| o.as_float().ok()).map(|n| n.clamp(0.0, 100_000.0) as u32);
    let mut at = 0;
    while let Some(first) = int(item(at)) {
        match item(at + 1) {
            Some(Object::Array(each)) => {
                for (code, width) in (first..).zip(each.iter().filter_map(|o| o.as_float().ok())) {
                    widths.insert(code, width / 1000.0);
                }
                at += 2;
            }
            last => {
                let (Some(last), Some(width)) = (int(last), item(at + 2).and_then(|o| o.as_float().ok()))
                else {
                    break;
                };
                for code in first..=last.min(first.saturating_add(65_535)) {
                    widths.insert(code, width / 1000.0);
                }
                at += 3;
            }
        }
    }
    widths
}

/// The name under `key`.
pub(super) fn name_of(dict: &Dictionary, key: &[u8], doc: &Document) -> Option<String> {
    let name = dict.get_deref(key, doc).and_then(Object::as_name).ok()?;
    Some(String::from_utf8_lossy(name).into_owned())
}

/// The number under `key`.
pub(super) fn number(dict: &Dictionary, key: &[u8], doc: &Document) -> Option<f32> {
    dict.get_deref(key, doc).and_then(Object::as_float).ok()
}

/// The numbers of the array under `key`; empty when there is none.
pub(super) fn numbers(dict: &Dictionary, key: &[u8], doc: &Document) -> Vec<f32> {
    let Ok(Object::Array(list)) = dict.get_deref(key, doc) else { return Vec::new() };
    let value = |o: &Object| doc.dereference(o).ok().and_then(|(_, o)| o.as_float().ok()).unwrap_or(0.0);
    list.iter().take(70_000).map(value).collect()
}
