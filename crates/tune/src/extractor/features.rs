//! What is said of a word in its text: itself, its neighbours, its shape, its edges, each as one hashed key.
//!
//! A key is 64 bits of a hash over the template's number and its words, so no dictionary of strings travels with a model;
//! among a million keys two share a hash with a chance of about 3 in 10⁸.

use crate::extractor::words::Word;

/// The form of one word, worked out once.
struct Form {
    lower: String,
    /// A letter for each class of character: `Xxxxx`, `99`, `,`.
    shape: String,
    /// The same with runs drawn together: `Xx`, `9`, `,`.
    short: String,
}

/// Hands over the keys of each word in turn: its place, then its keys.
///
/// `context` are words known beforehand about the text, such as the slot that was asked for; their order does not matter.
pub(crate) fn each(words: &[Word], context: &[String], take: &mut dyn FnMut(usize, &[u64])) {
    let forms: Vec<Form> = words.iter().map(Form::of).collect();
    let mut keys = Vec::with_capacity(64);
    for at in 0..words.len() {
        keys.clear();
        Keys { words, forms: &forms, at, keys: &mut keys }.all(context);
        take(at, &keys);
    }
}

struct Keys<'a> {
    words: &'a [Word<'a>],
    forms: &'a [Form],
    at: usize,
    keys: &'a mut Vec<u64>,
}

/// Stands where there is no word.
const EDGE: &str = "\u{0}";

impl<'a> Keys<'a> {
    fn add(&mut self, template: u8, parts: &[&str]) {
        self.keys.push(key(template, parts));
    }

    /// The form of the word so many steps away.
    fn form(&self, step: isize) -> Option<&'a Form> {
        self.at.checked_add_signed(step).and_then(|at| self.forms.get(at))
    }

    fn lower(&self, step: isize) -> &'a str {
        self.form(step).map_or(EDGE, |form| &form.lower)
    }

    fn short(&self, step: isize) -> &'a str {
        self.form(step).map_or(EDGE, |form| &form.short)
    }

    fn all(&mut self, context: &[String]) {
        let forms = self.forms;
        let own = &forms[self.at];
        let word = self.words[self.at];
        self.add(0, &[]);
        self.add(1, &[&own.lower]);
        self.add(2, &[word.text]);
        self.add(3, &[&own.shape]);
        self.add(4, &[&own.short]);
        self.neighbours();
        self.affixes(&own.lower);
        self.place(word);
        for told in context {
            self.add(40, &[told]);
            self.add(41, &[told, &own.lower]);
            self.add(42, &[told, &own.short]);
            self.add(43, &[told, if self.words.len() < 4 { "short" } else { "long" }, &own.short]);
        }
        if context.is_empty() {
            self.add(44, &[&own.short]);
        }
    }

    fn neighbours(&mut self) {
        let (b3, b2, b1, own) = (self.lower(-3), self.lower(-2), self.lower(-1), self.lower(0));
        let (n1, n2, n3) = (self.lower(1), self.lower(2), self.lower(3));
        let keys = [
            key(5, &[b1]),
            key(6, &[n1]),
            key(7, &[b2]),
            key(8, &[n2]),
            key(9, &[b1, own]),
            key(10, &[own, n1]),
            key(11, &[b2, b1]),
            key(12, &[n1, n2]),
            key(13, &[b1, n1]),
            // Near, in no order.
            key(14, &[b3]),
            key(14, &[b2]),
            key(15, &[n3]),
            key(15, &[n2]),
            key(30, &[b2, b1, own]),
            key(31, &[own, n1, n2]),
        ];
        self.keys.extend(keys);
        let (before, after) = (b1, n1);
        let (b2, b1, own, n1, n2) =
            (self.short(-2), self.short(-1), self.short(0), self.short(1), self.short(2));
        let keys = [
            key(16, &[b1]),
            key(17, &[n1]),
            key(18, &[b1, own]),
            key(19, &[own, n1]),
            key(20, &[b1, own, n1]),
            key(21, &[b2, b1, own]),
            key(22, &[own, n1, n2]),
            key(32, &[b2, b1, own, n1, n2]),
            key(33, &[own, before]),
            key(34, &[own, after]),
        ];
        self.keys.extend(keys);
    }

    fn affixes(&mut self, lower: &str) {
        let marks: Vec<usize> = lower.char_indices().map(|(at, _)| at).chain([lower.len()]).collect();
        let chars = marks.len() - 1;
        for len in 1..=4usize.min(chars) {
            self.add(22 + len as u8 + 1, &["p", &lower[..marks[len]]]);
            self.add(22 + len as u8 + 1, &["s", &lower[marks[chars - len]..]]);
        }
    }

    fn place(&mut self, word: Word) {
        let first = if self.at == 0 { "first" } else { "" };
        let last = if self.at + 1 == self.words.len() { "last" } else { "" };
        self.add(35, &[first, last]);
        self.add(36, &[if word.spaced { "spaced" } else { "" }, self.short(0)]);
        // The nearest words that are no marks, on either side.
        let is_word = |word: &&Word| word.text.chars().any(char::is_alphanumeric);
        let before = self.words[..self.at].iter().rev().find(is_word).map_or(EDGE, |word| word.text);
        let after = self.words[self.at + 1..].iter().find(is_word).map_or(EDGE, |word| word.text);
        let keys = [key(37, &[before]), key(38, &[after]), key(39, &[before, after])];
        self.keys.extend(keys);
    }
}

impl Form {
    fn of(word: &Word) -> Form {
        let shape: String = word.text.chars().map(sort).collect();
        let mut short = String::with_capacity(4);
        for c in shape.chars() {
            if !short.ends_with(c) {
                short.push(c);
            }
        }
        // One capital and a word of capitals are different things.
        if short == "X" && shape.len() > 1 {
            short.push('X');
        }
        Form { lower: word.text.to_lowercase(), shape, short }
    }
}

fn sort(c: char) -> char {
    if c.is_uppercase() {
        'X'
    } else if c.is_alphabetic() {
        'x'
    } else if c.is_numeric() {
        '9'
    } else {
        c
    }
}

/// FNV-1a over the bytes, then mixed so that every bit counts (the finaliser of SplitMix64).
fn key(template: u8, parts: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut eat = |byte: u8| {
        hash ^= u64::from(byte);
        hash = hash.wrapping_mul(0x0000_0100_0000_01b3);
    };
    eat(template);
    for part in parts {
        part.bytes().for_each(&mut eat);
        // No byte of UTF-8.
        eat(0xff);
    }
    let mut mixed = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extractor::words::words;
    use std::collections::BTreeSet;

    fn keys_of(text: &str, context: &[&str], at: usize) -> BTreeSet<u64> {
        let context: Vec<String> = context.iter().map(ToString::to_string).collect();
        let mut found = BTreeSet::new();
        each(&words(text), &context, &mut |word, keys| {
            if word == at {
                found.extend(keys);
            }
        });
        found
    }

    #[test]
    fn a_word_is_known_by_its_letters_and_by_its_shape() {
        let own = |text: &str| keys_of(text, &[], 1);
        assert!(own("the Bank").contains(&key(1, &["bank"])) && own("the BANK").contains(&key(1, &["bank"])));
        assert!(own("the Bank").contains(&key(4, &["Xx"])) && own("the BANK").contains(&key(4, &["XX"])));
    }

    #[test]
    fn what_was_asked_for_is_part_of_what_is_said() {
        assert_ne!(keys_of("7", &["time"], 0), keys_of("7", &["people"], 0));
        assert_eq!(keys_of("7", &["time", "date"], 0), keys_of("7", &["date", "time"], 0));
    }

    #[test]
    fn parts_do_not_run_together() {
        assert_ne!(key(9, &["ab", "c"]), key(9, &["a", "bc"]));
    }
}
