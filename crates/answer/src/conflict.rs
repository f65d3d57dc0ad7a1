//! Conflicts: sources that give different figures for the same thing.

use std::collections::BTreeSet;

use engraft_core::terms;

use crate::Source;
use crate::cue::{Cue, is_number};
use crate::rank::{Question, Ranked};

/// A number, date or amount in a sentence.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// What is counted: the word or sign behind or before it, such as `day` or `%`; empty when there is none.
    pub(crate) of: String,
    /// The figure as comparable text.
    pub(crate) value: String,
    /// As it is written, with what it counts: `1,200 €`, `five days`.
    pub(crate) shown: String,
}

/// The figures of a text, in order.
pub(crate) fn figures(text: &str) -> Vec<Figure> {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c == '|').filter(|word| !word.is_empty()).collect();
    let mut found = Vec::new();
    for (i, word) in words.iter().enumerate() {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        if bare.is_empty() || !is_number(bare) {
            continue;
        }
        let next = words.get(i + 1).copied().filter(|next| next.chars().count() == 1).unwrap_or_default();
        let sign = word.chars().chain(next.chars()).find(|c| "%$€£¥".contains(*c)).map(String::from);
        let behind = words.get(i + 1).and_then(|next| terms(next).into_iter().next());
        let value = bare.to_lowercase().replace(',', "");
        let as_written = word.trim_matches(|c: char| !c.is_alphanumeric() && !"%$€£¥".contains(c));
        let counted = words.get(i + 1).map_or("", |next| next.trim_matches(|c: char| !c.is_alphanumeric()));
        let shown = match (&sign, &behind) {
            (Some(_), _) if !next.is_empty() => format!("{as_written} {next}"),
            (None, Some(_)) if !counted.is_empty() => format!("{as_written} {counted}"),
            _ => as_written.to_string(),
        };
        found.push(Figure {
            of: sign.or(behind).unwrap_or_default(),
            value: spelled(&value).to_string(),
            shown,
        });
    }
    found
}

/// Small numbers in words as digits.
fn spelled(value: &str) -> &str {
    const WORDS: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve",
    ];
    const DIGITS: [&str; 13] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"];
    WORDS.iter().position(|word| *word == value).map_or(value, |i| DIGITS[i])
}

/// Two units of different sources that contradict each other; places in the ranking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Conflict {
    pub(crate) one: usize,
    pub(crate) other: usize,
}

impl Conflict {
    /// What the user is told; the newest first.
    pub(crate) fn note(&self, ranked: &[Ranked<'_>], sources: &[Source<'_>]) -> String {
        let mut sides = [self.one, self.other].map(|i| &ranked[i].unit);
        sides.sort_by(|a, b| sources[b.source].updated_at.cmp(&sources[a.source].updated_at));
        let [new, old] = sides;
        format!(
            "sources disagree: {} ({}, {}) against {} ({}, {})",
            differing(new.text, old.text).join(", "),
            sources[new.source].trail(),
            sources[new.source].day(),
            differing(old.text, new.text).join(", "),
            sources[old.source].trail(),
            sources[old.source].day(),
        )
    }
}

/// The figures of `text` that `other` does not give, as written: those that count what is counted there too, else those
/// in digits, else all.
fn differing(text: &str, other: &str) -> Vec<String> {
    let theirs = figures(other);
    let mut own = figures(text);
    own.retain(|figure| theirs.iter().all(|their| their.value != figure.value));
    let counted = |figure: &Figure| !figure.of.is_empty() && theirs.iter().any(|their| their.of == figure.of);
    let digits = |figure: &Figure| figure.value.contains(|c: char| c.is_ascii_digit());
    for telling in [&counted as &dyn Fn(&Figure) -> bool, &digits] {
        if own.iter().any(telling) {
            own.retain(telling);
            break;
        }
    }
    let mut shown: Vec<String> = Vec::new();
    for figure in own {
        if !shown.contains(&figure.shown) {
            shown.push(figure.shown);
        }
    }
    shown
}

/// How far down the ranking the other side of a conflict is looked for, in log-odds below the best unit.
const DEPTH: f32 = 4.0;

/// Conflicts with the best unit of the ranking (best first).
///
/// Two units conflict when they are of different sources, their words other than figures are near identical, and their
/// figures differ; or when the question asks for a figure, they count the same thing (`25 days`, `30 days`) differently
/// and have at least a third of their words in common.
pub(crate) fn conflicts(
    question: &Question<'_>,
    ranked: &[Ranked<'_>],
    sources: &[Source<'_>],
) -> Vec<Conflict> {
    let Some(best) = ranked.first() else {
        return Vec::new();
    };
    let mine = figures(best.unit.text);
    let mut told = BTreeSet::from([best.unit.source]);
    let mut found = Vec::new();
    if mine.is_empty() {
        return found;
    }
    for (i, other) in ranked.iter().enumerate().skip(1) {
        if other.score < best.score - DEPTH {
            break;
        }
        let same_document = sources[other.unit.source].uri == sources[best.unit.source].uri;
        if told.contains(&other.unit.source) || same_document {
            continue;
        }
        let theirs = figures(other.unit.text);
        let likeness = likeness(best, other);
        let identical = likeness >= 0.7 && differ(&mine, &theirs);
        let counted = matches!(question.cue, Cue::Number | Cue::Money | Cue::Date)
            && likeness >= 0.34
            && count_differently(&mine, &theirs);
        if identical || counted {
            told.insert(other.unit.source);
            found.push(Conflict { one: 0, other: i });
        }
    }
    found
}

/// Share of the words other than figures that two units have in common.
fn likeness(a: &Ranked<'_>, b: &Ranked<'_>) -> f32 {
    let words = |ranked: &Ranked<'_>| -> BTreeSet<String> {
        ranked.terms.iter().filter(|term| !is_number(term)).cloned().collect()
    };
    let (a, b) = (words(a), words(b));
    let shared = a.intersection(&b).count();
    let all = a.len() + b.len() - shared;
    if all < 2 { 0.0 } else { shared as f32 / all as f32 }
}

fn values(figures: &[Figure]) -> BTreeSet<&str> {
    figures.iter().map(|figure| figure.value.as_str()).collect()
}

fn differ(a: &[Figure], b: &[Figure]) -> bool {
    !a.is_empty() && !b.is_empty() && values(a) != values(b)
}

/// Whether the same thing is counted on both sides and no count of it agrees.
fn count_differently(a: &[Figure], b: &[Figure]) -> bool {
    let counts = |figures: &[Figure], of: &str| -> BTreeSet<String> {
        figures.iter().filter(|figure| figure.of == of).map(|figure| figure.value.clone()).collect()
    };
    a.iter().filter(|figure| !figure.of.is_empty()).any(|figure| {
        let (mine, theirs) = (counts(a, &figure.of), counts(b, &figure.of));
        !theirs.is_empty() && mine.is_disjoint(&theirs)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_know_what_they_count() {
        let of = |text: &str| {
            figures(text).into_iter().map(|f| format!("{} {}", f.value, f.of)).collect::<Vec<_>>().join("; ")
        };
        assert_eq!(
            of("You get five days and 1,200 € or 3% on 2024-01-05."),
            "5 day; 1200 €; 3 %; 2024-01-05 "
        );
    }

    #[test]
    fn a_difference_is_told_in_the_figures_that_count_the_same() {
        #[track_caller]
        fn check(text: &str, other: &str, expected: &[&str]) {
            assert_eq!(differing(text, other), expected, "{text} against {other}");
        }
        check("You get 250 € once.", "You get 300 € twice.", &["250 €"]);
        check("Two people book 30 days ahead.", "Two people book five days ahead.", &["30 days"]);
        check("It costs $1,200.", "It costs $900 in 2023.", &["$1,200"]);
        check("It is paid once.", "It is paid twice.", &["once"]);
    }
}
