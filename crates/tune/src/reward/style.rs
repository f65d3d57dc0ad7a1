//! How a response is written, apart from what it says: what a reader sees at a glance.

use super::rows::Said;

/// The measures, in the order of [`style`].
pub const STYLE: [&str; 20] = [
    "length",
    "length_squared",
    "questions",
    "ends_with_question",
    "lines",
    "list",
    "apology",
    "ignorance",
    "digits",
    "variety",
    "echo",
    "word_length",
    "agrees_first",
    "you",
    "i",
    "sentences",
    "exclamations",
    "quotes",
    "very_short",
    "unfinished",
];

/// What is measured of a response; English cue words count only where they occur.
///
/// Length is the logarithm of the number of characters; shares are of words unless said otherwise.
pub fn style(said: &Said) -> [f32; STYLE.len()] {
    let text = said.response.as_str();
    let lower = text.to_lowercase();
    let is_word = |word: &&str| !word.is_empty();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(is_word).collect();
    let asked = said.prompt.last().map_or(String::new(), |turn| turn.1.to_lowercase());
    let asked: std::collections::BTreeSet<&str> =
        asked.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(is_word).collect();
    let distinct: std::collections::BTreeSet<&str> = words.iter().copied().collect();
    let n = words.len().max(1) as f32;
    let chars = text.chars().count().max(1) as f32;
    let length = (1.0 + chars).ln();
    let count = |of: &dyn Fn(char) -> bool| text.chars().filter(|c| of(*c)).count() as f32;
    let says = |cues: &[&str]| f32::from(u8::from(cues.iter().any(|cue| lower.contains(cue))));
    let share = |of: &dyn Fn(&&&str) -> bool| words.iter().filter(of).count() as f32 / n;
    let flag = |yes: bool| f32::from(u8::from(yes));
    let ending = text.trim_end().chars().next_back();
    [
        length,
        length * length / 10.0,
        count(&|c| matches!(c, '?' | '？' | '؟')),
        flag(matches!(ending, Some('?' | '？' | '؟'))),
        count(&|c| c == '\n'),
        flag(text.lines().any(is_list_item)),
        says(&["sorry", "apolog"]),
        says(&IGNORANCE),
        count(&|c| c.is_numeric()) / chars * 10.0,
        distinct.len() as f32 / n,
        share(&|word| asked.contains(**word)),
        words.iter().map(|word| word.chars().count()).sum::<usize>() as f32 / n,
        flag(AGREEMENT.iter().any(|word| words.first() == Some(word))),
        share(&|word| word.starts_with("you")) * 10.0,
        share(&|word| **word == "i" || word.starts_with("i'")) * 10.0,
        count(&|c| matches!(c, '.' | '!' | '?' | '。')) / n * 10.0,
        count(&|c| c == '!'),
        count(&|c| matches!(c, '"' | '“' | '”')),
        flag(words.len() < 5),
        flag(!ending.is_some_and(|c| ".!?\"”)。".contains(c))),
    ]
}

fn is_list_item(line: &str) -> bool {
    let line = line.trim_start();
    let digits = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = digits.len() < line.len() && (digits.starts_with(". ") || digits.starts_with(") "));
    numbered || ["- ", "* ", "• "].iter().any(|bullet| line.starts_with(bullet))
}

const IGNORANCE: [&str; 11] = [
    "don't know",
    "don’t know",
    "not sure",
    "can't",
    "can’t",
    "cannot",
    "unable",
    "don't have",
    "don’t have",
    "i'm not",
    "i’m not",
];

const AGREEMENT: [&str; 6] = ["yes", "sure", "ok", "okay", "great", "certainly"];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, response: &str, expected: f32) {
        let said =
            Said { prompt: vec![("user".into(), "Which red wine?".into())], response: response.into() };
        let at = STYLE.iter().position(|one| *one == name).unwrap();
        assert!((style(&said)[at] - expected).abs() < 1e-5, "{name} is {}", style(&said)[at]);
    }

    #[test]
    fn what_a_reader_sees_is_counted() {
        check("length", "one two", 8f32.ln());
        check("questions", "Why? How?", 2.0);
        check("ends_with_question", "Why? So.", 0.0);
        check("list", "Try:\n1. Malbec\n2. Merlot", 1.0);
        check("list", "It is 3. Not 4.", 0.0);
        check("ignorance", "I don’t know.", 1.0);
        check("echo", "red red blue", 2.0 / 3.0);
        check("agrees_first", "Sure, Malbec.", 1.0);
        check("unfinished", "It depends on the", 1.0);
        check("variety", "a a b b", 0.5);
    }

    #[test]
    fn an_empty_response_has_numbers_too() {
        let said = Said { prompt: Vec::new(), response: String::new() };
        assert!(style(&said).iter().all(|value| value.is_finite()));
    }
}
