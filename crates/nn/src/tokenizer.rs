//! The BERT WordPiece tokenizer: text to the ids the encoder reads, exactly as the model was trained.
//!
//! One pass over the bytes. ASCII words walk the vocabulary trie as they are read; a stretch with any other character
//! is normalised one character at a time into a small buffer on the stack. Nothing is allocated but the output.

mod chars;
mod error;
mod spec;
mod trie;
mod unicode;

use std::ops::Range;
use std::path::Path;

pub use error::TokenizerError;

use chars::{Class, Classes};
use spec::{Spec, Special};
use trie::Trie;

/// The longest word, in characters, any model may ask for; BERT asks for 100.
const MAX_WORD: usize = 128;

/// Text to token ids for one model; see [`Tokenizer::open`].
#[derive(Debug)]
pub struct Tokenizer {
    classes: Classes,
    // Per byte: what it adds to a word (never 0), or 0 where it ends one or needs a closer look.
    ascii: [u8; 256],
    trie: Trie,
    // Where the pieces that continue a word begin.
    inner: trie::Node,
    unknown: u32,
    // In characters; longer words are unknown.
    max_word: usize,
    // Longest first.
    specials: Vec<Special>,
    before: Vec<u32>,
    after: Vec<u32>,
}

impl Tokenizer {
    /// Reads `tokenizer.json` in a model's folder or, where there is none, `vocab.txt` with `tokenizer_config.json`.
    ///
    /// Truncation and padding asked for in the file are ignored: cutting text is the caller's decision.
    pub fn open(dir: &Path) -> Result<Tokenizer, TokenizerError> {
        Ok(Tokenizer::new(spec::read(dir)?))
    }

    fn new(spec: Spec) -> Tokenizer {
        let trie = Trie::new(&spec.pieces);
        let classes = Classes::new(spec.rules);
        let mut ascii = [0; 256];
        for (byte, entry) in (0u8..0x80).zip(&mut ascii) {
            match classes.of(char::from(byte)) {
                Class::Plain => *entry = byte,
                Class::Folded => *entry = byte.to_ascii_lowercase(),
                Class::Space | Class::Alone | Class::Dropped => {}
            }
        }
        let inner = trie.step(Trie::ROOT, spec::INNER);
        let Spec { unknown, max_word, specials, before, after, .. } = spec;
        Tokenizer { classes, ascii, trie, inner, unknown, max_word, specials, before, after }
    }

    /// Appends the ids of `text` to `out`, with the special tokens around them (`[CLS]` … `[SEP]`). Never truncates.
    ///
    /// A special token spelled out in the text, such as `[SEP]`, becomes that token, as in the reference.
    pub fn encode(&self, text: &str, out: &mut Vec<u32>) {
        out.extend_from_slice(&self.before);
        self.walk(text, &mut |ids| out.extend_from_slice(ids));
        out.extend_from_slice(&self.after);
    }

    /// Appends the ids of `text` alone to `out`, without special tokens; none where the model drops every character.
    ///
    /// Words between white space and marks have the same ids alone as in their sentence.
    pub fn pieces(&self, text: &str, out: &mut Vec<u32>) {
        self.walk(text, &mut |ids| out.extend_from_slice(ids));
    }

    /// The special tokens that [`Self::encode`] puts before and behind a text.
    pub fn around(&self) -> (&[u32], &[u32]) {
        (&self.before, &self.after)
    }

    /// How many ids `text` has, without the special tokens [`Self::encode`] puts around it.
    pub fn count(&self, text: &str) -> usize {
        let mut count = 0;
        self.walk(text, &mut |ids| count += ids.len());
        count
    }

    /// How many special tokens [`Self::encode`] puts around a text; 2 for BERT.
    pub fn specials(&self) -> usize {
        self.before.len() + self.after.len()
    }

    /// The byte ranges of `text` that have ids, in order: what stands between white space and marks, and every mark.
    ///
    /// Each has the ids alone that it has in the text.
    pub fn words(&self, text: &str) -> Vec<Range<usize>> {
        let (mut words, mut word, mut at) = (Vec::new(), Word::default(), 0);
        while at < text.len() {
            let mut count = 0;
            let end = at + self.step(&text[at..], &mut word, &mut |ids| count += ids.len());
            if count > 0 {
                words.push(at..end);
            }
            at = end;
        }
        words
    }

    /// Hands over the ids of `text`, word by word.
    fn walk(&self, text: &str, emit: &mut impl FnMut(&[u32])) {
        let (mut word, mut at) = (Word::default(), 0);
        while at < text.len() {
            at += self.step(&text[at..], &mut word, emit);
        }
    }

    /// What `text`, which is not empty, begins with; returns how many bytes of it that took.
    #[inline]
    fn step(&self, text: &str, word: &mut Word, emit: &mut impl FnMut(&[u32])) -> usize {
        match self.ascii[usize::from(text.as_bytes()[0])] {
            0 => self.other(text, word, emit),
            _ => self.ascii_word(text, word, emit),
        }
    }

    /// A word that begins with an ASCII character; returns how many bytes of `text` it took.
    #[inline]
    fn ascii_word(&self, text: &str, word: &mut Word, emit: &mut impl FnMut(&[u32])) -> usize {
        let mut node = Trie::ROOT;
        let mut len = 0;
        for &byte in text.as_bytes() {
            let folded = self.ascii[byte as usize];
            if folded == 0 {
                break;
            }
            node = self.trie.step(node, folded);
            len += 1;
        }
        let next = text[len..].chars().next().map_or(Class::Space, |c| self.classes.of(c));
        if !matches!(next, Class::Space | Class::Alone) {
            return self.stretch(text, word, emit);
        }
        match self.trie.value(node) {
            Some(id) if len <= self.max_word => emit(&[id]),
            _ => {
                for &byte in &text.as_bytes()[..len] {
                    word.push(char::from(self.ascii[byte as usize]));
                }
                self.finish(word, emit);
            }
        }
        len
    }

    /// What begins with any other character; returns how many bytes of `text` it took.
    fn other(&self, text: &str, word: &mut Word, emit: &mut impl FnMut(&[u32])) -> usize {
        let Some(c) = text.chars().next() else { return 0 };
        match self.classes.of(c) {
            Class::Space | Class::Dropped => c.len_utf8(),
            Class::Plain | Class::Folded => self.stretch(text, word, emit),
            Class::Alone => {
                if c.is_ascii()
                    && let Some(special) = self.specials.iter().find(|it| text.starts_with(&it.text))
                {
                    emit(&[special.id]);
                    return special.text.len();
                }
                word.push(c);
                self.finish(word, emit);
                c.len_utf8()
            }
        }
    }

    /// All up to the next space or lone character, by way of the normaliser; returns how many bytes of `text` it took.
    fn stretch(&self, text: &str, word: &mut Word, emit: &mut impl FnMut(&[u32])) -> usize {
        let mut marks = Vec::new();
        let mut take = |c: char, class: Class| match class {
            Class::Plain | Class::Folded | Class::Dropped => word.push(c),
            Class::Space => self.finish(word, emit),
            Class::Alone => {
                self.finish(word, emit);
                word.push(c);
                self.finish(word, emit);
            }
        };
        let mut end = text.len();
        for (at, c) in text.char_indices() {
            match self.classes.of(c) {
                Class::Dropped => {}
                Class::Folded => self.classes.fold(c, &mut marks, &mut take),
                Class::Plain => {
                    self.classes.settle(&mut marks, &mut take);
                    take(c, Class::Plain);
                }
                Class::Space | Class::Alone => {
                    end = at;
                    break;
                }
            }
        }
        self.classes.settle(&mut marks, &mut take);
        self.finish(word, emit);
        end
    }

    /// Hands over the pieces of a normalised word, each the longest that fits, and empties it.
    fn finish(&self, word: &mut Word, emit: &mut impl FnMut(&[u32])) {
        let bytes = &word.bytes[..word.len];
        let mut ids = [0; MAX_WORD];
        let mut pieces = 0;
        let mut read = 0;
        let mut node = Trie::ROOT;
        let known = word.chars <= self.max_word;
        while known && read < bytes.len() {
            let Some((len, id)) = self.trie.longest(node, &bytes[read..]) else { break };
            ids[pieces] = id;
            pieces += 1;
            read += len;
            node = self.inner;
        }
        if known && read == bytes.len() {
            emit(&ids[..pieces]);
        } else {
            emit(&[self.unknown]);
        }
        word.len = 0;
        word.chars = 0;
    }
}

impl engraft_core::CountTokens for Tokenizer {
    fn count(&self, text: &str) -> usize {
        Tokenizer::count(self, text)
    }
}

/// A normalised word in the making; characters past [`MAX_WORD`] are counted, not kept.
struct Word {
    bytes: [u8; MAX_WORD * 4],
    len: usize,
    chars: usize,
}

impl Default for Word {
    fn default() -> Word {
        Word { bytes: [0; MAX_WORD * 4], len: 0, chars: 0 }
    }
}

impl Word {
    #[inline]
    fn push(&mut self, c: char) {
        if self.chars < MAX_WORD {
            self.len += c.encode_utf8(&mut self.bytes[self.len..]).len();
        }
        self.chars += 1;
    }
}

#[cfg(test)]
mod tests;
