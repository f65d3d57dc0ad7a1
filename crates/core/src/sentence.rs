//! Sentences: where the smallest quotable statements of a text begin and end, in any script.
//!
//! The default borders of Unicode Standard Annex 29 cut after every `Dr.` and never look at list markers, so these are
//! own rules: a stop ends a sentence unless its neighbours say that it belongs to a number, an initial, an
//! abbreviation or a list marker; a blank line or a new list item always does.

use crate::Span;

/// The sentences of `text` in order: trimmed, disjoint, together covering every character that is not white space.
///
/// Line breaks inside a paragraph are white space; a blank line is a border, and so is a line that opens a list item.
/// Scripts without spaces end at their own stops (`。！？`, `।`, `؟`). A stop takes the closing quotes, brackets and
/// `[12]`-style references behind it along.
pub fn sentences(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    // Where the current sentence began (byte, code point), and one past its last visible code point.
    let mut open: Option<(usize, usize)> = None;
    let mut last = 0;
    // Bytes before this belong to a stop already judged; `cut` says that the sentence ends there.
    let (mut judged, mut cut) = (0, false);
    let mut next = (0, 0);
    loop {
        let (mut byte, mut at) = next;
        if open.is_some() && !cut {
            // Most of a text: letters and digits only make the sentence longer.
            let rest = text.as_bytes()[byte..].iter();
            let plain = rest.take_while(|byte| byte.is_ascii_alphanumeric()).count();
            if plain > 0 {
                (byte, at) = (byte + plain, at + plain);
                last = at;
            }
        }
        let Some(c) = text[byte..].chars().next() else { break };
        next = (byte + c.len_utf8(), at + 1);
        if cut && byte >= judged {
            found.extend(open.take().and_then(|(_, start)| Span::new(start, last)));
            cut = false;
        }
        if c.is_whitespace() {
            if open.is_some() && is_newline(c) && opens_afresh(&text[byte..]) {
                found.extend(open.take().and_then(|(_, start)| Span::new(start, last)));
            }
            continue;
        }
        let (start, _) = *open.get_or_insert((byte, at));
        last = at + 1;
        if byte >= judged && is_stop(c) {
            (judged, cut) = judge(&text[start..], byte - start);
            judged += start;
        }
    }
    found.extend(open.and_then(|(_, start)| Span::new(start, last)));
    found
}

/// Stops of scripts that put no space behind them: always a border.
fn is_full_stop(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '｡' | '।' | '॥' | '።' | '။' | '\u{2029}')
}

fn is_stop(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '؟' | '۔' | '．' | '‼' | '⁇' | '⁈' | '⁉') || is_full_stop(c)
}

fn is_closer(c: char) -> bool {
    matches!(
        c,
        '"' | '\''
            | ')'
            | ']'
            | '}'
            | '”'
            | '’'
            | '»'
            | '›'
            | '」'
            | '』'
            | '）'
            | '】'
            | '》'
            | '〉'
            | '〕'
            | '*'
            | '_'
    )
}

fn is_newline(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether the line break that `rest` begins with is followed by a blank line or by a list item.
fn opens_afresh(rest: &str) -> bool {
    let line = rest.strip_prefix("\r\n").unwrap_or_else(|| {
        let mut chars = rest.chars();
        chars.next();
        chars.as_str()
    });
    let line = line.trim_start_matches(|c: char| c.is_whitespace() && !is_newline(c));
    if line.starts_with(is_newline) {
        return true;
    }
    let bullet = line.strip_prefix(['-', '*', '+', '•', '·', '▪', '◦', '‣', '–']);
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let number =
        (1..=2).contains(&(line.len() - digits.len())).then(|| digits.strip_prefix(['.', ')'])).flatten();
    bullet.or(number).is_some_and(|item| item.starts_with([' ', '\t']))
}

/// Judges the stop at byte `at` of `text`, which begins with the sentence it may end.
///
/// Returns where the stop with everything it takes along ends, and whether that is a border.
fn judge(text: &str, at: usize) -> (usize, bool) {
    let tail = &text[at..];
    let stop = tail.trim_start_matches(is_stop);
    let stops = &tail[..tail.len() - stop.len()];
    let mut rest = stop.trim_start_matches(is_closer);
    let closed = rest.len() < stop.len();
    while let Some(behind) = reference(rest) {
        rest = behind;
    }
    let end = text.len() - rest.len();
    if stops.contains(is_full_stop) {
        return (end, true);
    }
    let next = rest.trim_start();
    let Some(first) =
        next.trim_start_matches(|c: char| !c.is_alphanumeric() && !c.is_whitespace()).chars().next()
    else {
        // Nothing follows but marks: they belong to this sentence unless space parts them.
        return (end, rest.len() > next.len() || next.is_empty());
    };
    // Letters and digits right behind: part of a number, a name, an address. A CJK letter needs no space.
    if rest.len() == next.len() {
        return (end, is_ideographic(first) || stops.starts_with(['؟', '۔', '…']));
    }
    if stops.chars().all(|c| c != '.') {
        return (end, !(closed && first.is_lowercase()));
    }
    if first.is_lowercase() {
        return (end, false);
    }
    (end, closed || stops.len() > 1 || ends_sentence(&text[..at], next))
}

/// What follows a `[12]`, if `text` begins with one.
fn reference(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('[')?;
    let behind = inside.trim_start_matches(|c: char| c.is_ascii_digit() || c == ',' || c == ' ');
    (behind.len() < inside.len()).then(|| behind.strip_prefix(']')).flatten()
}

fn is_ideographic(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// Whether a single dot after `before` (the sentence so far) ends it, given that `next` does not begin in lower case.
fn ends_sentence(before: &str, next: &str) -> bool {
    let word =
        before.rsplit(|c: char| c.is_whitespace() || "([{\"“‘'«„*_".contains(c)).next().unwrap_or_default();
    let next_word =
        next.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty()).unwrap_or_default();
    let alone = word.len() == before.trim_start_matches(['(', '[', '-', '*', '•', ' ']).len();
    let letters = word.chars().count();
    let numeric = word.chars().all(|c| c.is_ascii_digit());
    if word.is_empty() || letters > 12 {
        return true;
    }
    if numeric {
        // `3.` opening a sentence is a list marker; `3. Oktober` and `19. Jahrhundert` are German ordinals.
        return !(alone && letters <= 3 || letters <= 2 && ORDINAL_NEXT.contains(&next_word));
    }
    let lower = word.to_lowercase();
    if TITLES.contains(&lower.as_str()) {
        return false;
    }
    if BEFORE_NUMBERS.contains(&lower.as_str()) {
        return !next_word.starts_with(|c: char| c.is_numeric());
    }
    let initial =
        letters == 1 && word.chars().all(|c| c.is_alphabetic() && !is_ideographic(c)) && word != "I";
    let dotted =
        word.contains('.') && word.chars().all(|c| c == '.' || c.is_alphabetic()) && word_is_dotted(word);
    let marker = alone && letters <= 4 && lower.chars().all(|c| "ivx".contains(c));
    if initial && alone || marker {
        return false;
    }
    if initial || dotted || ABBREVIATIONS.contains(&lower.as_str()) {
        return STARTERS.contains(&next_word);
    }
    true
}

/// Whether every part between the dots is an initial or two: `U.S`, `e.g`, `Ph.D`, not `example.org`.
fn word_is_dotted(word: &str) -> bool {
    word.split('.').all(|part| (1..=2).contains(&part.chars().count()))
}

/// Always followed by a name.
const TITLES: [&str; 29] = [
    "mr", "mrs", "ms", "dr", "prof", "gen", "sen", "rep", "gov", "capt", "lt", "col", "sgt", "rev", "hon",
    "pres", "messrs", "mme", "mlle", "hr", "fr", "frl", "sra", "srta", "dra", "st", "e.g", "i.e", "z.b",
];

/// Abbreviations when a number follows, words otherwise.
const BEFORE_NUMBERS: [&str; 26] = [
    "no", "nos", "nr", "fig", "figs", "eq", "eqs", "sec", "ch", "chap", "vol", "p", "pp", "art", "abs",
    "abb", "para", "tab", "pág", "núm", "ext", "ca", "approx", "ver", "app", "n",
];

/// Abbreviations that may also end a sentence.
const ABBREVIATIONS: [&str; 58] = [
    "etc", "inc", "ltd", "co", "corp", "bros", "jr", "sr", "vs", "cf", "al", "dept", "est", "jan", "feb",
    "mar", "apr", "jun", "jul", "aug", "sept", "sep", "oct", "nov", "dec", "mon", "tue", "wed", "thu", "fri",
    "ave", "blvd", "rd", "mt", "ft", "univ", "assn", "bzw", "usw", "vgl", "geb", "inkl", "zzgl", "str",
    "ggf", "evtl", "гг", "др", "тыс", "млн", "млрд", "им", "ул", "руб", "стр", "см", "ud", "uds",
];

/// Capitalised words that begin sentences far more often than they follow an abbreviation.
const STARTERS: [&str; 69] = [
    "The", "A", "An", "In", "On", "At", "It", "Its", "He", "She", "We", "They", "You", "I", "This", "That",
    "These", "Those", "There", "But", "And", "Or", "If", "When", "While", "Where", "As", "After", "Before",
    "For", "From", "With", "However", "Although", "Since", "Because", "His", "Her", "Their", "Our", "My",
    "Your", "To", "By", "What", "Who", "How", "Why", "No", "Not", "Some", "All", "Der", "Die", "Das", "Es",
    "Im", "Am", "Er", "Sie", "Wir", "Ein", "Eine", "El", "La", "Los", "Las", "En", "Please",
];

/// What a German ordinal (`3.`) stands before.
const ORDINAL_NEXT: [&str; 15] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
    "Jahrhundert",
    "Jahrhunderts",
    "Jh",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CharMap;
    use proptest::prelude::*;

    /// `expected` is the text with ` | ` at every border.
    #[track_caller]
    fn check(expected: &str) {
        let text = expected.replace(" | ", " ").replace('|', "");
        let map = CharMap::new(&text);
        let found: Vec<&str> = sentences(&text).iter().map(|&span| map.quote(span).unwrap()).collect();
        let wanted: Vec<&str> = expected.split('|').map(str::trim).collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn stops_end_sentences() {
        check("It rains. | Does it? | Yes! | Good…");
    }
    #[test]
    fn titles_and_latin_abbreviations_do_not() {
        check("Dr. Smith met Mrs. Jones, e.g. Tuesdays. | They left.");
        check("See cf. Smith et al. Later work, i.e. Newton's, agrees. | Done.");
    }
    #[test]
    fn no_is_a_word_or_a_number_sign() {
        check("Room No. 5 is free. | Is it? | No. | We checked.");
        check("See Fig. 3 and pp. 4 to 6. | Next.");
    }
    #[test]
    fn countries_and_companies_end_a_sentence_only_before_a_starter() {
        check("He joined U.S. Steel in 1999. | She left the U.S. | The firm is Acme Inc. | It sells.");
    }
    #[test]
    fn initials_belong_to_names() {
        check("J. R. R. Tolkien wrote it. | George W. Bush read it.");
        check("So did I. | Then we slept.");
    }
    #[test]
    fn decimals_addresses_and_versions_stay_whole() {
        check("Pi is 3.14 or so. | Mail a.b@example.org about v1.2.3 today. | OK.");
    }
    #[test]
    fn list_markers_do_not_stand_alone() {
        check("1. Open the door. | 2. Close it.");
        check("a. First things. | IV. Fourth things.");
    }
    #[test]
    fn quotes_brackets_and_references_follow_their_stop() {
        check(
            "He said “Stop.” | Then (quietly!) he left. | \"Why?\" she asked. | It is known.[12][3] | Fine.",
        );
        check("(It rained.) | We stayed.");
    }
    #[test]
    fn line_breaks_are_space_and_blank_lines_are_borders() {
        let parts = sentences("one line\r\nand its end\r\n \r\nA heading\n\nlast\n- item one\n- item two");
        let text: Vec<(usize, usize)> = parts.into_iter().map(Into::into).collect();
        assert_eq!(text, [(0, 21), (26, 35), (37, 41), (42, 52), (53, 63)]);
    }
    #[test]
    fn chinese_and_japanese_need_no_space() {
        check("今天下雨。|他说：“你好！”|我们走吧？|好");
        check("「雨だ。」|彼は言った。|終わり");
    }
    #[test]
    fn arabic_urdu_and_hindi_have_their_own_stops() {
        check("كيف حالك؟ | أنا بخير. | شكرا");
        check("यह एक वाक्य है। | यह दूसरा है।");
    }
    #[test]
    fn german_ordinals_and_abbreviations() {
        check("Am 3. Oktober kamen z.B. Anna und Dr. Kurz bzw. Jan. | Im 19. Jahrhundert nicht. | Ende.");
    }
    #[test]
    fn ellipses_go_on_in_lower_case() {
        check("Well... maybe so. | Hm... | Perhaps.");
    }
    #[test]
    fn blank_text_has_none() {
        assert!(sentences(" \n\t ").is_empty());
        assert!(sentences("").is_empty());
    }

    proptest! {
        #[test]
        fn sentences_are_ordered_trimmed_disjoint_and_cover_all_that_is_visible(
            text in "([a-cA-C]{1,4}|[ \n.!?\"()]|\r\n|[0-9]|\\PC|[\u{590}-\u{6ff}]|[\u{4e00}-\u{4e0f}]|。|؟|।|\\[1\\]|- |Dr\\.|\u{1f468}\u{200d}\u{1f469}){0,120}"
        ) {
            let chars: Vec<char> = text.chars().collect();
            let mut covered = vec![false; chars.len()];
            let mut end = 0;
            for span in sentences(&text) {
                prop_assert!(span.start() >= end && span.end() <= chars.len());
                prop_assert!(!chars[span.start()].is_whitespace() && !chars[span.end() - 1].is_whitespace());
                covered[span.start()..span.end()].fill(true);
                end = span.end();
            }
            for (c, covered) in chars.iter().zip(covered) {
                prop_assert!(covered || c.is_whitespace());
            }
        }
    }
}
