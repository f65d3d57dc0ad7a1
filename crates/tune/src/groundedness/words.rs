//! Words as claims and evidence are compared by: numbered once per text, so that measuring is comparing numbers.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use engraft_core::{says_nothing, stem};
use foldhash::fast::RandomState;

/// What is looked up for every word or passage, and never listed.
pub(crate) type Table<K, V> = HashMap<K, V, RandomState>;

/// One word of a text, as numbers of its [`Lexicon`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// The lower-case word as written.
    pub(crate) form: u32,
    /// The form it shares with its inflections; a small number in words shares that of its digits.
    pub(crate) root: u32,
    /// Whether it says something about the subject.
    pub(crate) content: bool,
    /// Whether it is a figure: digits, or a small number in words.
    pub(crate) figure: bool,
    /// Whether it is written with a capital and does not open its text.
    pub(crate) name: bool,
    /// What it does besides meaning something.
    pub(crate) role: Role,
}

/// What a word does in a statement besides meaning something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Nothing else.
    Plain,
    /// It turns the statement into its opposite.
    Negation,
    /// It is about the speaker or the listener.
    Personal,
    /// It says that somebody thinks, feels or guesses.
    Opinion,
}

/// What is known of a lower-case form.
#[derive(Clone, Copy)]
struct Known {
    form: u32,
    root: u32,
    content: bool,
    figure: bool,
    role: Role,
}

/// The numbers of words; texts are comparable when the same lexicon read them.
#[derive(Default)]
pub(crate) struct Lexicon {
    forms: Forms,
    roots: Table<Box<str>, u32>,
    /// The forms by number.
    written: Vec<Box<str>>,
    /// How much each root tells.
    weights: Vec<f32>,
    /// The roots that say the opposite, where there are any.
    opposites: Table<u32, Vec<u32>>,
}

/// Forms by their letters. Nearly all are short enough to be looked up as numbers, which costs no look at letters elsewhere.
#[derive(Default)]
struct Forms {
    short: Table<u128, Known>,
    long: Table<Box<str>, Known>,
}

impl Forms {
    fn get(&self, form: &str) -> Option<Known> {
        match packed(form) {
            Some(number) => self.short.get(&number).copied(),
            None => self.long.get(form).copied(),
        }
    }

    fn insert(&mut self, form: &str, known: Known) {
        match packed(form) {
            Some(number) => self.short.insert(number, known),
            None => self.long.insert(form.into(), known),
        };
    }
}

/// A form of at most 16 bytes as a number of its own: no form holds a zero byte.
fn packed(form: &str) -> Option<u128> {
    let mut bytes = [0; 16];
    bytes.get_mut(..form.len())?.copy_from_slice(form.as_bytes());
    Some(u128::from_le_bytes(bytes))
}

/// How many forms and roots a lexicon knows: their numbers are below.
pub(crate) struct Size {
    pub(crate) forms: usize,
    pub(crate) roots: usize,
}

impl Lexicon {
    /// How much it knows.
    pub(crate) fn known(&self) -> Size {
        Size { forms: self.written.len(), roots: self.weights.len() }
    }

    /// A form in letters.
    pub(crate) fn form(&self, form: u32) -> &str {
        &self.written[form as usize]
    }

    /// How much a root tells: long words and figures more, 2.5 to 8.
    ///
    /// It stands in for the inverse document frequency: on WiCE, BEGIN, QAGS and FaithBench the two separate supported
    /// claims equally well, and this one needs no table of a corpus.
    pub(crate) fn weight(&self, root: u32) -> f32 {
        self.weights[root as usize]
    }

    /// The roots that say the opposite of `root`.
    pub(crate) fn opposites(&self, root: u32) -> &[u32] {
        self.opposites.get(&root).map_or(&[], Vec::as_slice)
    }

    /// The words of `text` in order.
    ///
    /// A word is a run of letters and digits; figures keep their points, commas and colons inside (`1,200.5`, `9:30`).
    /// Ideographs and kana are words one by one. `don't` is `don`, `not`.
    pub(crate) fn read(&mut self, text: &str) -> Vec<Word> {
        let mut words = Vec::with_capacity(text.len() / 5);
        let mut lower = String::new();
        let (bytes, mut at, mut before) = (text.as_bytes(), 0, ' ');
        while at < bytes.len() {
            let c = char_at(text, at);
            let start = at;
            at += c.len_utf8();
            if !c.is_alphanumeric() {
                before = c;
                continue;
            }
            let (mut digits, mut last) = (c.is_ascii_digit(), c);
            while at < bytes.len() && !unspaced(last) {
                let next = char_at(text, at);
                let joins = matches!(next, '.' | ',' | ':')
                    && last.is_ascii_digit()
                    && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
                if !(joins || next.is_alphanumeric() && !unspaced(next)) {
                    break;
                }
                digits |= next.is_ascii_digit();
                last = next;
                at += next.len_utf8();
            }
            let written = &text[start..at];
            lower.clear();
            if matches!(before, '\'' | '’') && matches!(written, "t" | "T") {
                lower.push_str("not");
                words.iter_mut().next_back().into_iter().for_each(|word: &mut Word| word.content = false);
            } else if written.is_ascii() {
                lower.push_str(written);
                lower.make_ascii_lowercase();
                // Only figures have commas inside.
                if digits {
                    lower.retain(|c| c != ',');
                }
            } else {
                lower.push_str(&written.to_lowercase());
            }
            let known = self.know(&lower, digits);
            let name = c.is_uppercase() && known.content && !known.figure && !words.is_empty();
            let Known { form, root, content, figure, role } = known;
            words.push(Word { form, root, content, figure, name, role });
            before = last;
        }
        words
    }

    fn know(&mut self, lower: &str, digits: bool) -> Known {
        if let Some(known) = self.forms.get(lower) {
            return known;
        }
        let spelled = NUMBERS.iter().position(|number| *number == lower);
        let root = spelled.map_or_else(|| stem(lower.to_string()), |number| number.to_string());
        let figure = digits || spelled.is_some();
        let number = self.number(&root);
        if let Some(opposites) = OPPOSITES.get(&root) {
            let opposites = opposites.iter().map(|opposite| self.number(opposite)).collect();
            self.opposites.insert(number, opposites);
        }
        let role = match lower {
            _ if NEGATIONS.contains(&lower) => Role::Negation,
            _ if PERSONAL.contains(&lower) => Role::Personal,
            _ if OPINIONS.contains(&lower) => Role::Opinion,
            _ => Role::Plain,
        };
        let content = figure || !says_nothing(lower);
        let known = Known { form: self.written.len() as u32, root: number, content, figure, role };
        self.written.push(lower.into());
        self.forms.insert(lower, known);
        known
    }
}

impl Lexicon {
    /// The number of a root.
    fn number(&mut self, root: &str) -> u32 {
        if let Some(number) = self.roots.get(root) {
            return *number;
        }
        let number = self.roots.len() as u32;
        self.roots.insert(root.into(), number);
        let length = root.chars().count().min(8) as f32;
        let digits = root.bytes().any(|byte| byte.is_ascii_digit());
        self.weights.push(2.0 + length / 2.0 + if digits { 2.0 } else { 0.0 });
        number
    }
}

/// The character that begins at byte `at`, a border of characters within `text`.
fn char_at(text: &str, at: usize) -> char {
    match text.as_bytes()[at] {
        ascii @ 0..128 => char::from(ascii),
        _ => text[at..].chars().next().unwrap_or(' '),
    }
}

/// What says the opposite, by root.
static OPPOSITES: LazyLock<BTreeMap<String, Vec<String>>> = LazyLock::new(|| {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pair in include_str!("opposites.txt").lines().filter(|line| !line.is_empty()) {
        let Some((one, other)) = pair.split_once(' ') else { continue };
        let (one, other) = (stem(one.to_string()), stem(other.to_string()));
        found.entry(one.clone()).or_default().push(other.clone());
        found.entry(other).or_default().push(one);
    }
    found
});

/// Whether a letter needs no space to its neighbours: Chinese characters and kana.
fn unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

const NUMBERS: [&str; 13] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
];

const NEGATIONS: [&str; 30] = [
    "not", "no", "never", "none", "nobody", "nothing", "neither", "nor", "without", "cannot", "unable",
    "fail", "failed", "fails", "lack", "lacks", "lacked", "nicht", "kein", "keine", "nie", "ohne", "pas",
    "jamais", "sans", "sin", "nunca", "не", "нет", "لا",
];

const PERSONAL: [&str; 12] =
    ["i", "me", "my", "mine", "myself", "we", "us", "our", "ours", "you", "your", "yours"];

const OPINIONS: [&str; 22] = [
    "think", "guess", "maybe", "perhaps", "probably", "believe", "sure", "wow", "oh", "yes", "yeah", "hmm",
    "haha", "love", "like", "hope", "know", "heard", "feel", "wonder", "really", "lol",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The forms of a text; figures in angle brackets, names with a capital.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut lexicon = Lexicon::default();
        let words = lexicon.read(text);
        let shown = |word: &Word| match lexicon.form(word.form) {
            form if word.figure => format!("<{form}>"),
            form if word.name => form.to_uppercase(),
            form => form.to_string(),
        };
        assert_eq!(words.iter().map(shown).collect::<Vec<_>>().join(" "), expected);
    }

    #[test]
    fn figures_stay_whole() {
        check("It rose 1,200.5 % by 9:30 on 3.", "it rose <1200.5> by <9:30> on <3>");
    }

    #[test]
    fn small_numbers_in_words_are_figures() {
        let mut lexicon = Lexicon::default();
        let (words, digits) = (lexicon.read("five days"), lexicon.read("5 day"));
        assert_eq!([words[0].root, words[1].root], [digits[0].root, digits[1].root]);
        assert!(words[0].figure && words[0].content && !words[1].figure);
    }

    #[test]
    fn names_have_a_capital_inside_the_text() {
        check("Bear met Kate in Rome", "bear met KATE in ROME");
    }

    #[test]
    fn a_contracted_not_is_one() {
        check("They didn't, don’t and won't.", "they didn not don not and won not");
    }

    #[test]
    fn opposites_are_known_by_their_roots() {
        let mut lexicon = Lexicon::default();
        let words = lexicon.read("increased decreasing");
        assert!(lexicon.opposites(words[0].root).contains(&words[1].root));
        assert!(lexicon.opposites(words[1].root).contains(&words[0].root));
    }

    #[test]
    fn long_and_short_forms_are_told_apart() {
        let long = "donaudampfschifffahrt";
        for other in ["donaudampfschiff", "donaudampfschif", "donaudampfschifff", "donaudampfschifffahrts"] {
            let mut lexicon = Lexicon::default();
            let words = lexicon.read(&format!("{long} {other} {long} {other}"));
            assert_eq!(words.iter().map(|word| word.form).collect::<Vec<_>>(), [0, 1, 0, 1], "{other}");
            assert_eq!([lexicon.form(0), lexicon.form(1)], [long, other]);
        }
    }

    #[test]
    fn ideographs_are_words_one_by_one() {
        check("年假25天", "年 假 <25> 天");
    }
}
