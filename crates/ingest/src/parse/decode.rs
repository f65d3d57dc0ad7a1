//! Bytes to text, whatever the encoding: marks first, then what the file declares, then statistics.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::ParseError;

/// Text and how it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    /// The text, without a byte order mark.
    pub(crate) text: String,
    /// The name of the encoding, as the WHATWG Encoding Standard spells it, or `UTF-32LE`, `UTF-32BE`.
    pub(crate) encoding: &'static str,
    /// What was repaired, in words for the user.
    pub(crate) warnings: Vec<String>,
}

/// How many bytes statistics look at: enough to be sure, little enough to be quick.
const SAMPLE: usize = 64 << 10;
/// Encodings outside the Encoding Standard that files declare: read as another one they are gibberish.
const UNREAD: [&str; 12] = [
    "iso-2022-kr",
    "iso-2022-cn",
    "iso-2022-cn-ext",
    "hz-gb-2312",
    "euc-tw",
    "johab",
    "ibm437",
    "cp437",
    "ibm850",
    "cp850",
    "ibm855",
    "cp855",
];

/// Decodes `bytes`; `declared` is what the container or transport says of them, believed unless it fits badly.
///
/// An error means that the bytes are no text, or text in an encoding that nothing here reads.
pub(crate) fn decode(bytes: &[u8], declared: Option<&str>) -> Result<Decoded, ParseError> {
    if let Some(decoded) = by_mark(bytes) {
        return finish(decoded);
    }
    if let Some(decoded) = wide_without_mark(bytes) {
        return finish(decoded);
    }
    let escapes = bytes.windows(2).take(SAMPLE).any(|pair| pair == b"\x1b$" || pair == b"\x1b(");
    if !escapes && let Ok(text) = std::str::from_utf8(bytes) {
        return finish(Decoded::of(text.to_string(), "UTF-8"));
    }
    let declared = declared.map(str::to_string).or_else(|| declaration(bytes));
    if let Some(name) = shifted(bytes).or_else(|| unread(declared.as_deref()?)) {
        return Err(ParseError::Encoding(name.to_uppercase()));
    }
    if let Some(encoding) = declared.and_then(|label| by_label(&label)) {
        let (text, broken) = encoding.decode_without_bom_handling(bytes);
        if !broken {
            return finish(Decoded::of(text.into_owned(), encoding.name()));
        }
        // A few bad bytes in what is clearly UTF-8 otherwise are repaired; a wrong claim is not believed.
        if encoding == UTF_8 && few_replaced(&text) {
            return finish(Decoded::of(text.into_owned(), "UTF-8"));
        }
    }
    finish(by_statistics(bytes))
}

impl Decoded {
    fn of(text: String, encoding: &'static str) -> Decoded {
        Decoded { text, encoding, warnings: Vec::new() }
    }
}

/// The name of a 7-bit encoding of Korean or Chinese, which opens a line by naming the set that it shifts to (RFC 1557, RFC 1922).
fn shifted(bytes: &[u8]) -> Option<&'static str> {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    let opens = |mark: &[u8]| {
        sample.starts_with(mark) || sample.windows(5).any(|part| part.strip_prefix(b"\n") == Some(mark))
    };
    let sets: [(&[u8], &str); 3] =
        [(b"\x1b$)C", "iso-2022-kr"), (b"\x1b$)A", "iso-2022-cn"), (b"\x1b$)G", "iso-2022-cn")];
    let named = sets.into_iter().find(|(mark, _)| sample.is_ascii() && opens(mark));
    named.map(|(_, name)| name)
}

fn unread(label: &str) -> Option<&'static str> {
    UNREAD.into_iter().find(|name| name.eq_ignore_ascii_case(label.trim()))
}

/// Reads what a byte order mark announces.
fn by_mark(bytes: &[u8]) -> Option<Decoded> {
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe\0\0") {
        return Some(Decoded::of(utf32(rest, u32::from_le_bytes), "UTF-32LE"));
    }
    if let Some(rest) = bytes.strip_prefix(b"\0\0\xfe\xff") {
        return Some(Decoded::of(utf32(rest, u32::from_be_bytes), "UTF-32BE"));
    }
    let (encoding, length) = Encoding::for_bom(bytes)?;
    let (text, _) = encoding.decode_without_bom_handling(&bytes[length..]);
    Some(Decoded::of(text.into_owned(), encoding.name()))
}

fn utf32(bytes: &[u8], number: fn([u8; 4]) -> u32) -> String {
    let units = bytes.as_chunks::<4>().0;
    units.iter().map(|&unit| char::from_u32(number(unit)).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// UTF-16 and UTF-32 without a mark: zero bytes stand where Latin letters, digits and blanks leave them.
fn wide_without_mark(bytes: &[u8]) -> Option<Decoded> {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    if sample.len() < 4 || !sample.contains(&0) {
        return None;
    }
    let quads = sample.as_chunks::<4>().0;
    let all_quads = |test: fn(&[u8; 4]) -> bool| quads.iter().all(test) && bytes.len().is_multiple_of(4);
    if all_quads(|quad| quad[3] == 0 && quad[2] <= 0x10 && quad[..3] != [0; 3]) {
        return Some(Decoded::of(utf32(bytes, u32::from_le_bytes), "UTF-32LE"));
    }
    if all_quads(|quad| quad[0] == 0 && quad[1] <= 0x10 && quad[1..] != [0; 3]) {
        return Some(Decoded::of(utf32(bytes, u32::from_be_bytes), "UTF-32BE"));
    }
    // Of the pairs that look like an ASCII letter or a line break, nearly all must agree on the order.
    let pairs = sample.as_chunks::<2>().0;
    let ascii = |byte: u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    let little = pairs.iter().filter(|pair| pair[1] == 0 && ascii(pair[0])).count();
    let big = pairs.iter().filter(|pair| pair[0] == 0 && ascii(pair[1])).count();
    let (encoding, votes, against) =
        if little >= big { (UTF_16LE, little, big) } else { (UTF_16BE, big, little) };
    if votes * 20 < pairs.len() || against * 20 > votes {
        return None;
    }
    let (text, broken) = encoding.decode_without_bom_handling(bytes);
    (!broken || few_replaced(&text)).then(|| Decoded::of(text.into_owned(), encoding.name()))
}

/// What an XML declaration, a `<meta charset>` or a `coding:` comment in the first kilobyte names.
fn declaration(bytes: &[u8]) -> Option<String> {
    let head: String = bytes.iter().take(1024).map(|&byte| (byte as char).to_ascii_lowercase()).collect();
    let marks: &[&str] =
        if head.trim_start().starts_with("<?xml") { &["encoding"] } else { &["charset", "coding:"] };
    for mark in marks {
        let Some((_, rest)) = head.split_once(mark) else { continue };
        let rest = rest.trim_start_matches(['=', ' ', '"', '\'', ':']);
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"-_:".contains(c)).unwrap_or(rest.len());
        if end > 0 {
            return Some(rest[..end].to_string());
        }
    }
    None
}

/// The encoding a label names, also by names outside the Encoding Standard.
fn by_label(label: &str) -> Option<&'static Encoding> {
    let label = label.trim().to_ascii_lowercase();
    let usual = match label.as_str() {
        "maccyrillic" => "x-mac-cyrillic",
        "macroman" => "macintosh",
        "cp932" => "shift_jis",
        "cp936" => "gbk",
        "cp949" | "ms949" | "uhc" => "euc-kr",
        "cp950" => "big5",
        other => other,
    };
    Encoding::for_label(usual.as_bytes())
}

/// The most likely encoding of text that is no UTF-8.
pub(crate) fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Deny)
}

fn by_statistics(bytes: &[u8]) -> Decoded {
    let (text, _) = UTF_8.decode_without_bom_handling(bytes);
    if few_replaced(&text) {
        return Decoded::of(text.into_owned(), "UTF-8");
    }
    let encoding = guess(bytes);
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    Decoded::of(text.into_owned(), encoding.name())
}

/// Whether hardly anything was lost, and far more than was lost could be read as more than ASCII.
fn few_replaced(text: &str) -> bool {
    let lost = text.chars().filter(|&c| c == char::REPLACEMENT_CHARACTER).count();
    let foreign = text.chars().filter(|&c| !c.is_ascii() && c != char::REPLACEMENT_CHARACTER).count();
    lost * 20 < foreign
}

/// Refuses what is no text, and notes what was lost.
fn finish(mut decoded: Decoded) -> Result<Decoded, ParseError> {
    let sample = || decoded.text.chars().take(SAMPLE);
    let length = sample().count();
    let odd = |c: char| {
        c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}' | '\u{1b}' | '\u{85}' | '\u{1a}')
    };
    let strange = sample().filter(|&c| c != '\0' && (odd(c) || c == char::REPLACEMENT_CHARACTER)).count();
    let zeros = sample().filter(|&c| c == '\0').count();
    // Zeros alone may pad a text; with other signs of no meaning they are a program's data.
    if strange * 10 > length - zeros || (strange > 0 && zeros * 10 > length) {
        return Err(ParseError::Unsupported("this binary format".to_string()));
    }
    if decoded.text.contains('\0') {
        decoded.text.retain(|c| c != '\0');
        decoded.warnings.push("NUL characters were dropped".to_string());
    }
    let lost = decoded.text.matches(char::REPLACEMENT_CHARACTER).count();
    if lost > 0 {
        decoded.warnings.push(format!("{lost} bytes are no valid {} and show as \u{fffd}", decoded.encoding));
    }
    if decoded.text.trim().is_empty() {
        return Err(ParseError::Empty);
    }
    Ok(decoded)
}

#[cfg(test)]
mod tests {
    use encoding_rs::{EUC_JP, ISO_2022_JP, ISO_8859_2, KOI8_R, SHIFT_JIS, WINDOWS_1251, WINDOWS_1252};
    use engraft_core::Fault;

    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], encoding: &str, text: &str) {
        let decoded = decode(bytes, None).unwrap();
        assert_eq!((decoded.encoding, decoded.text.as_str()), (encoding, text));
    }

    fn wide<const N: usize>(text: &str, unit: fn(char) -> [u8; N]) -> Vec<u8> {
        text.chars().flat_map(unit).collect()
    }

    #[test]
    fn byte_order_marks_are_believed_and_dropped() {
        check("\u{feff}Grüße".as_bytes(), "UTF-8", "Grüße");
        check(&wide("\u{feff}Grüße", |c| (c as u16).to_le_bytes()), "UTF-16LE", "Grüße");
        check(&wide("\u{feff}Grüße", |c| (c as u16).to_be_bytes()), "UTF-16BE", "Grüße");
        check(&wide("\u{feff}Gr🎉", |c| (c as u32).to_le_bytes()), "UTF-32LE", "Gr🎉");
        check(&wide("\u{feff}Gr🎉", |c| (c as u32).to_be_bytes()), "UTF-32BE", "Gr🎉");
    }

    #[test]
    fn wide_text_without_a_mark_is_recognised() {
        let text = "Der Zug fährt um acht.\r\n";
        check(&wide(text, |c| (c as u16).to_le_bytes()), "UTF-16LE", text);
        check(&wide(text, |c| (c as u16).to_be_bytes()), "UTF-16BE", text);
        check(&wide(text, |c| (c as u32).to_be_bytes()), "UTF-32BE", text);
    }

    #[test]
    fn legacy_encodings_are_guessed() {
        let russian = "Съешь же ещё этих мягких французских булок, да выпей чаю. Широкая электрификация.";
        let japanese = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。";
        let german = "Falsches Üben von Xylophonmusik quält jeden größeren Zwerg – Ärger für Öl.";
        check(&KOI8_R.encode(russian).0, "KOI8-U", russian);
        check(&WINDOWS_1251.encode(russian).0, "windows-1251", russian);
        check(&SHIFT_JIS.encode(japanese).0, "Shift_JIS", japanese);
        check(&EUC_JP.encode(japanese).0, "EUC-JP", japanese);
        check(&ISO_2022_JP.encode(japanese).0, "ISO-2022-JP", japanese);
        check(&WINDOWS_1252.encode(german).0, "windows-1252", german);
    }

    #[test]
    fn a_declaration_that_fits_beats_a_guess() {
        let text = "<?xml version=\"1.0\" encoding=\"iso-8859-2\"?><a>Žluťoučký</a>";
        check(&ISO_8859_2.encode(text).0, "ISO-8859-2", text);
    }

    #[test]
    fn one_bad_byte_in_utf8_is_replaced_and_reported() {
        let mut bytes = "Grüße aus Köln, schöne Füße, äöüäöüäöüäöüäöüäöüäöü".as_bytes().to_vec();
        bytes.push(0xff);
        let decoded = decode(&bytes, None).unwrap();
        assert_eq!(decoded.encoding, "UTF-8");
        assert_eq!(decoded.warnings.len(), 1);
    }

    #[track_caller]
    fn refused(bytes: &[u8], message: &str) {
        let error = decode(bytes, None).unwrap_err();
        assert_eq!((error.code(), error.to_string().as_str()), ("unsupported", message));
        assert_eq!(error.hint().as_deref(), Some("save it again as UTF-8 and ingest it once more"));
    }

    #[test]
    fn an_encoding_that_is_not_read_is_named() {
        let korean =
            b"\x1b$)C\x0e1983\x0f \x0e9Z900|@:\x0f \x0e>FH)\x0f \x0e=C?!\x0f \x0e9.@;\x0f \x0e?,4Y\x0f.\n";
        refused(korean, "cannot read text in ISO-2022-KR");
        refused(&[b"Subject\n".as_slice(), korean].concat(), "cannot read text in ISO-2022-KR");
        let russian = b"<?xml version='1.0' encoding='IBM855'?><a>\xab\xd6\xe1\xe7\xd2\xf1</a>";
        refused(russian, "cannot read text in IBM855");
    }

    #[test]
    fn a_declaration_of_such_an_encoding_is_not_believed_of_utf8() {
        let text = "<?xml version=\"1.0\" encoding=\"IBM855\"?><a>Форумы</a>";
        check(text.as_bytes(), "UTF-8", text);
    }

    #[test]
    fn binary_data_is_no_text() {
        let noise: Vec<u8> = (0..4000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        assert_eq!(decode(&noise, None).unwrap_err().code(), "unsupported");
    }
}
