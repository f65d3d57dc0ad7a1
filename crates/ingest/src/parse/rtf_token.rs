//! The words RTF is made of, and the code pages its bytes are in.

use std::collections::BTreeMap;

use encoding_rs::{Encoding, WINDOWS_1252};

/// A piece of an RTF file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    Open,
    Close,
    /// A control word or sign, without its backslash, and its number; `'` has the byte as its number.
    Word(&'a str, Option<i32>),
    /// A byte of text in the current code page.
    Byte(u8),
}

/// Splits a file into tokens. Line breaks mean nothing and are left out; binary data after `\bin` is skipped.
pub(crate) fn tokens(bytes: &[u8]) -> impl Iterator<Item = Token<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let byte = *bytes.get(at)?;
            at += 1;
            return Some(match byte {
                b'{' => Token::Open,
                b'}' => Token::Close,
                b'\r' | b'\n' | 0 => continue,
                b'\\' => {
                    let (token, length) = control(&bytes[at..]);
                    at += length;
                    if let Token::Word("bin", Some(count)) = token {
                        at = at.saturating_add(count.max(0) as usize).min(bytes.len());
                    }
                    token
                }
                byte => Token::Byte(byte),
            });
        }
    })
}

/// The control word at the start of `rest`, and how many bytes it takes.
fn control(rest: &[u8]) -> (Token<'_>, usize) {
    let letters = rest.iter().take(32).take_while(|byte| byte.is_ascii_alphabetic()).count();
    if letters == 0 {
        return match rest {
            [b'\'', high, low, ..] => {
                let digit = |byte: u8| (byte as char).to_digit(16);
                let code = digit(*high).zip(digit(*low)).map(|(high, low)| (high * 16 + low) as i32);
                (Token::Word("'", Some(code.unwrap_or(i32::from(b'?')))), 3)
            }
            // A break after a backslash ends the paragraph.
            [b'\r' | b'\n', ..] => (Token::Word("par", None), 1),
            [sign, ..] if sign.is_ascii() => {
                (Token::Word(std::str::from_utf8(&rest[..1]).unwrap_or(""), None), 1)
            }
            _ => (Token::Word("", None), 0),
        };
    }
    let name = std::str::from_utf8(&rest[..letters]).unwrap_or("");
    let minus = usize::from(rest.get(letters) == Some(&b'-'));
    let from = letters + minus;
    let digits = rest[from..].iter().take(10).take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 {
        return (Token::Word(name, None), letters + usize::from(rest.get(letters) == Some(&b' ')));
    }
    let number = rest[from..from + digits].iter().fold(0i64, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    let number = if minus == 1 { -number } else { number };
    let number = number.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
    let end = from + digits;
    (Token::Word(name, Some(number)), end + usize::from(rest.get(end) == Some(&b' ')))
}

/// Which code page the bytes of each font are in.
#[derive(Debug, Default)]
pub(crate) struct CodePages {
    default: Option<&'static Encoding>,
    fonts: BTreeMap<i32, &'static Encoding>,
}

impl CodePages {
    /// The document's own code page, by its Windows number.
    pub(crate) fn set_default(&mut self, number: i32) {
        self.default = by_number(number);
    }

    /// The character set of a font, by its Windows number.
    pub(crate) fn set_font(&mut self, font: i32, charset: i32) {
        let number = match charset {
            77 => 10_000,
            128 => 932,
            129 => 949,
            134 => 936,
            136 => 950,
            161 => 1253,
            162 => 1254,
            163 => 1258,
            177 => 1255,
            178 => 1256,
            186 => 1257,
            204 => 1251,
            222 => 874,
            238 => 1250,
            _ => return,
        };
        self.fonts.extend(by_number(number).map(|encoding| (font, encoding)));
    }

    /// The text of `bytes` set in `font`.
    pub(crate) fn decode(&self, font: i32, bytes: &[u8]) -> String {
        let encoding = self.fonts.get(&font).copied().or(self.default).unwrap_or(WINDOWS_1252);
        encoding.decode_without_bom_handling(bytes).0.into_owned()
    }
}

fn by_number(number: i32) -> Option<&'static Encoding> {
    let label = match number {
        10_000 => "macintosh".to_string(),
        10_007 => "x-mac-cyrillic".to_string(),
        932 => "shift_jis".to_string(),
        936 => "gbk".to_string(),
        949 => "euc-kr".to_string(),
        950 => "big5".to_string(),
        866 => "ibm866".to_string(),
        65_001 => "utf-8".to_string(),
        number => format!("windows-{number}"),
    };
    Encoding::for_label(label.as_bytes())
}
