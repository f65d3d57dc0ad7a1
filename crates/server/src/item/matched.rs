//! Which parts of a passage say what the query says: the same words and their longer forms; in scripts without spaces,
//! the same two characters in a row.

use std::collections::BTreeSet;

/// Words of fewer letters say too little.
const LEAST: usize = 3;

/// Words that stand in nearly every text, of [`LEAST`] letters or more; sorted.
const COMMON: [&str; 85] = [
    "about", "after", "all", "also", "and", "any", "are", "because", "been", "before", "being", "between",
    "both", "but", "can", "could", "did", "does", "doing", "each", "for", "from", "had", "has", "have",
    "having", "her", "here", "him", "his", "how", "into", "its", "just", "may", "might", "more", "most",
    "must", "nor", "not", "off", "once", "only", "other", "our", "out", "over", "own", "per", "shall", "she",
    "should", "some", "such", "than", "that", "the", "their", "them", "then", "there", "these", "they",
    "this", "those", "too", "upon", "very", "was", "were", "what", "when", "where", "which", "while", "who",
    "whom", "whose", "why", "will", "with", "would", "you", "your",
];

/// A text in pieces, each with whether the query says it too.
pub(crate) fn pieces<'a>(text: &'a str, query: &str) -> Vec<(&'a str, bool)> {
    let (mut stems, mut pairs) = (Vec::new(), BTreeSet::new());
    for (run, kind) in runs(query) {
        match kind {
            Kind::Word => stems.extend(stem(run)),
            Kind::Dense => pairs.extend(neighbours(run)),
            Kind::Between => (),
        }
    }
    let mut out: Vec<(&str, bool)> = Vec::new();
    for (run, kind) in runs(text) {
        match kind {
            Kind::Word => {
                let word = run.to_lowercase();
                out.push((run, !is_common(&word) && stems.iter().any(|stem| word.starts_with(stem))));
            }
            Kind::Dense => out.extend(shared(run, &pairs)),
            Kind::Between => out.push((run, false)),
        }
    }
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Letters and digits of a script that puts spaces between words.
    Word,
    /// Chinese, Japanese and Korean characters.
    Dense,
    Between,
}

fn kind(c: char) -> Kind {
    match c {
        '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7af}'
        | '\u{f900}'..='\u{faff}' => Kind::Dense,
        '\u{20000}'..='\u{3ffff}' => Kind::Dense,
        c if c.is_alphanumeric() => Kind::Word,
        _ => Kind::Between,
    }
}

/// A text cut where the kind of its characters changes.
fn runs(text: &str) -> Vec<(&str, Kind)> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let kind_of_run = kind(first);
        let end = rest.find(|c| kind(c) != kind_of_run).unwrap_or(rest.len());
        out.push((&rest[..end], kind_of_run));
        rest = &rest[end..];
    }
    out
}

/// The shortest form of a word of the query that its other forms begin with; `None` for a word that says too little.
fn stem(word: &str) -> Option<String> {
    let word = word.to_lowercase();
    let enough = |word: &str| word.chars().count() >= LEAST;
    if is_common(&word) || !enough(&word) {
        return None;
    }
    let singular = word.strip_suffix('s').filter(|rest| enough(rest) && !rest.ends_with('s'));
    Some(singular.map_or(word.clone(), str::to_string))
}

fn is_common(word: &str) -> bool {
    COMMON.binary_search(&word).is_ok()
}

/// The pairs of neighbours in a run; two Hiragana are grammar more often than a word.
fn neighbours(run: &str) -> impl Iterator<Item = (char, char)> {
    let is_hiragana = |c: char| ('\u{3040}'..='\u{309f}').contains(&c);
    run.chars().zip(run.chars().skip(1)).filter(move |(a, b)| !(is_hiragana(*a) && is_hiragana(*b)))
}

/// A run in pieces: the characters that belong to one of the pairs, and the others.
fn shared<'a>(run: &'a str, pairs: &BTreeSet<(char, char)>) -> Vec<(&'a str, bool)> {
    let places: Vec<(usize, char)> = run.char_indices().collect();
    let both = |at: usize| places.get(at..at + 2).is_some_and(|two| pairs.contains(&(two[0].1, two[1].1)));
    let is_lit = |at: usize| both(at) || (at > 0 && both(at - 1));
    let mut out: Vec<(&str, bool)> = Vec::new();
    let mut from = 0;
    for at in 1..=places.len() {
        if at == places.len() || is_lit(at) != is_lit(from) {
            let end = places.get(at).map_or(run.len(), |place| place.0);
            out.push((&run[places[from].0..end], is_lit(from)));
            from = at;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, text: &str, lit: &[&str]) {
        let all = pieces(text, query);
        assert_eq!(all.iter().map(|(piece, _)| *piece).collect::<String>(), text);
        let found: Vec<&str> = all.iter().filter(|(_, lit)| *lit).map(|(piece, _)| *piece).collect();
        assert_eq!(found, lit);
    }

    #[test]
    fn words_are_found_in_their_longer_forms_and_in_the_singular() {
        check(
            "How long may a Filter stay?",
            "Rinse filters; filtering helps. A felt.",
            &["filters", "filtering"],
        );
        check("the pumps", "One pump, two pumps.", &["pump", "pumps"]);
    }

    #[test]
    fn words_that_are_everywhere_say_nothing() {
        check("Was this his? Has she?", "It was watered by hand, this history has hats.", &[]);
        check("Where is the other?", "The others are there.", &[]);
    }

    #[test]
    fn what_is_left_of_a_word_must_be_long_enough() {
        check("gas", "A gallon of gas is no garden.", &["gas"]);
        check("glass", "glad of glasses", &["glasses"]);
        check("an ox", "an oxen, an ox", &[]);
    }

    #[test]
    fn a_sentence_without_spaces_is_not_one_word() {
        check("滤芯多久更换一次", "每30天更换滤芯。", &["更换滤芯"]);
        check("フィルターはいつ交換しますか", "交換は毎月します。", &["交換"]);
        check("필터 교체", "필터를 매달 교체한다", &["필터", "교체"]);
    }

    #[test]
    fn the_common_words_are_sorted() {
        assert!(COMMON.is_sorted() && COMMON.iter().all(|word| word.len() >= LEAST));
    }
}
