//! CMaps: which bytes of a PDF string make one code, and which characters a code stands for.

use std::collections::BTreeMap;

/// Entries of one CMap; real ones have at most 65,536.
const MAX_ENTRIES: usize = 200_000;

/// A parsed CMap stream, either a `ToUnicode` map or the `Encoding` of a composite font.
#[derive(Clone, Debug, Default)]
pub(super) struct CMap {
    /// (bytes, low, high) of the code space.
    spaces: Vec<(usize, u32, u32)>,
    /// Single codes and short ranges, spelt out.
    chars: BTreeMap<u32, String>,
    /// Long ranges: low → (high, character of low).
    ranges: BTreeMap<u32, (u32, u32)>,
    /// Codes to glyph numbers: low → (high, glyph number of low).
    cids: BTreeMap<u32, (u32, u32)>,
}

enum Token {
    Hex(Vec<u8>),
    Number(u32),
    Word(Vec<u8>),
    Open,
    Close,
}

impl CMap {
    /// Reads what can be read; junk is passed over.
    pub(super) fn parse(bytes: &[u8]) -> CMap {
        let mut map = CMap::default();
        let mut tokens = Tokens { bytes, at: 0 };
        let mut pending: Vec<Token> = Vec::new();
        while let Some(token) = tokens.next() {
            let Token::Word(word) = &token else {
                if pending.len() < MAX_ENTRIES {
                    pending.push(token);
                }
                continue;
            };
            match word.as_slice() {
                b"endcodespacerange" => map.add_spaces(&pending),
                b"endbfchar" => map.add_chars(&pending),
                b"endbfrange" => map.add_ranges(&pending),
                b"endcidrange" => map.add_cids(&pending, 3),
                b"endcidchar" => map.add_cids(&pending, 2),
                _ => {}
            }
            pending.clear();
        }
        map
    }

    fn full(&self) -> bool {
        self.chars.len() + self.ranges.len() + self.cids.len() >= MAX_ENTRIES
    }

    fn add_spaces(&mut self, tokens: &[Token]) {
        for pair in tokens.chunks_exact(2) {
            if let [Token::Hex(low), Token::Hex(high)] = pair
                && (1..=4).contains(&low.len())
                && self.spaces.len() < 100
            {
                self.spaces.push((low.len(), number(low), number(high)));
            }
        }
    }

    fn add_chars(&mut self, tokens: &[Token]) {
        for pair in tokens.chunks_exact(2) {
            if let [Token::Hex(code), Token::Hex(target)] = pair
                && !self.full()
            {
                self.chars.insert(number(code), utf16(target));
            }
        }
    }

    fn add_ranges(&mut self, tokens: &[Token]) {
        let mut at = 0;
        while let (Some(Token::Hex(low)), Some(Token::Hex(high))) = (tokens.get(at), tokens.get(at + 1)) {
            let (low, high) = (number(low), number(high));
            match tokens.get(at + 2) {
                Some(Token::Hex(target)) => {
                    self.add_range(low, high, &utf16(target));
                    at += 3;
                }
                Some(Token::Open) => {
                    at += 3;
                    let mut code = low;
                    while let Some(Token::Hex(target)) = tokens.get(at) {
                        if code <= high && !self.full() {
                            self.chars.insert(code, utf16(target));
                        }
                        code = code.saturating_add(1);
                        at += 1;
                    }
                    at += usize::from(matches!(tokens.get(at), Some(Token::Close)));
                }
                _ => return,
            }
        }
    }

    fn add_range(&mut self, low: u32, high: u32, target: &str) {
        let mut chars = target.chars();
        let Some(last) = chars.next_back().filter(|_| low <= high && !self.full()) else { return };
        let prefix = chars.as_str();
        if prefix.is_empty() {
            self.ranges.insert(low, (high, u32::from(last)));
            return;
        }
        for code in low..=high.min(low.saturating_add(255)) {
            if let Some(c) = char::from_u32(u32::from(last) + (code - low)) {
                self.chars.insert(code, format!("{prefix}{c}"));
            }
        }
    }

    fn add_cids(&mut self, tokens: &[Token], arity: usize) {
        for entry in tokens.chunks_exact(arity) {
            let (low, high, cid) = match entry {
                [Token::Hex(low), Token::Hex(high), Token::Number(cid)] => (number(low), number(high), *cid),
                [Token::Hex(code), Token::Number(cid)] => (number(code), number(code), *cid),
                _ => continue,
            };
            if !self.full() {
                self.cids.insert(low, (high, cid));
            }
        }
    }

    /// Whether it maps any code to characters.
    pub(super) fn has_text(&self) -> bool {
        !self.chars.is_empty() || !self.ranges.is_empty()
    }

    /// The characters `code` stands for.
    pub(super) fn text(&self, code: u32) -> Option<String> {
        if let Some(text) = self.chars.get(&code) {
            return Some(text.clone());
        }
        let (low, &(high, first)) = self.ranges.range(..=code).next_back()?;
        if code > high {
            return None;
        }
        char::from_u32(first.checked_add(code - low)?).map(String::from)
    }

    /// The glyph number of `code`, where the map has one.
    pub(super) fn cid(&self, code: u32) -> Option<u32> {
        let (low, &(high, first)) = self.cids.range(..=code).next_back()?;
        (code <= high).then(|| first.saturating_add(code - low))
    }

    /// The bytes of the next code of `bytes`, at least 1; `None` where the map names no code space.
    pub(super) fn code_len(&self, bytes: &[u8]) -> Option<usize> {
        if self.spaces.is_empty() {
            return None;
        }
        let fits = |len: usize| {
            bytes.len() >= len
                && self.spaces.iter().any(|&(n, low, high)| n == len && in_space(&bytes[..len], n, low, high))
        };
        let shortest = self.spaces.iter().map(|s| s.0).min().unwrap_or(1);
        (1..=4).find(|&len| fits(len)).or(Some(shortest))
    }
}

/// A code lies in a space when each of its bytes lies between those of the ends (ISO 32000-1, 9.7.6.2).
fn in_space(code: &[u8], len: usize, low: u32, high: u32) -> bool {
    let bounds = low.to_be_bytes().into_iter().zip(high.to_be_bytes()).skip(4 - len);
    code.iter().zip(bounds).all(|(byte, (low, high))| (low..=high).contains(byte))
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |n, &b| (n << 8) | u32::from(b))
}

fn utf16(bytes: &[u8]) -> String {
    if let [byte] = bytes {
        return char::from(*byte).to_string();
    }
    let units = bytes.chunks_exact(2).take(64).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    char::decode_utf16(units).filter_map(Result::ok).collect()
}

struct Tokens<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Tokens<'_> {
    fn take_while(&mut self, keep: impl Fn(u8) -> bool) -> &[u8] {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(|&b| keep(b)) {
            self.at += 1;
        }
        &self.bytes[start..self.at]
    }

    fn next(&mut self) -> Option<Token> {
        loop {
            let &byte = self.bytes.get(self.at)?;
            self.at += 1;
            match byte {
                b'%' => {
                    self.take_while(|b| b != b'\n' && b != b'\r');
                }
                b'[' => return Some(Token::Open),
                b']' => return Some(Token::Close),
                b'<' if self.bytes.get(self.at) == Some(&b'<') => self.at += 1,
                b'<' => {
                    let digits: Vec<u8> = self
                        .take_while(|b| b != b'>')
                        .iter()
                        .filter_map(|&b| char::from(b).to_digit(16).map(|d| d as u8))
                        .collect();
                    let bytes = digits.chunks(2).map(|d| (d[0] << 4) | d.get(1).unwrap_or(&0)).collect();
                    return Some(Token::Hex(bytes));
                }
                b if b.is_ascii_alphanumeric() || b == b'/' || b == b'-' => {
                    self.at -= 1;
                    let word =
                        self.take_while(|b| b.is_ascii_alphanumeric() || b"/-_.+".contains(&b)).to_vec();
                    let parsed = std::str::from_utf8(&word).ok().and_then(|w| w.parse::<u32>().ok());
                    return Some(parsed.map_or(Token::Word(word), Token::Number));
                }
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_codes_ranges_and_lists_are_read() {
        let map = CMap::parse(
            b"/CIDInit begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange\n\
              1 beginbfchar <0003> <00660066> endbfchar\n\
              2 beginbfrange <0010> <0012> <0041> <0020> <0021> [<0061> <D83DDE00>] endbfrange endcmap",
        );
        assert_eq!(map.text(3).as_deref(), Some("ff"));
        assert_eq!(map.text(0x11).as_deref(), Some("B"));
        assert_eq!(map.text(0x13), None);
        assert_eq!(map.text(0x21).as_deref(), Some("😀"));
        assert_eq!(map.code_len(&[0, 3, 0]), Some(2));
    }

    #[test]
    fn a_huge_range_costs_nothing() {
        let map = CMap::parse(b"1 beginbfrange <00000000> <FFFFFFFF> <0041> endbfrange");
        assert_eq!(map.text(1).as_deref(), Some("B"));
        assert_eq!(map.text(0xffff_ffff), None);
    }

    #[test]
    fn mixed_code_lengths_follow_the_code_space() {
        let map = CMap::parse(b"begincodespacerange <00> <80> <8140> <9FFC> endcodespacerange");
        assert_eq!(map.code_len(&[0x41, 0x42]), Some(1));
        assert_eq!(map.code_len(&[0x81, 0x42]), Some(2));
    }
}
