//! Spans without training: dates, times, money, numbers, addresses of the net and capitalised names, each given to the
//! label whose name asks for it, and the known values of a dictionary.
//!
//! This is what a team has before anybody annotates, and what a trained extractor is measured against.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::extractor::dictionary::{Dictionary, Letters};
use crate::extractor::kinds::{Kind, kinds};
use crate::extractor::words::Word;

/// Patterns for one set of labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Patterns {
    /// Per label, the kinds its name asks for.
    asked: Vec<Vec<Wanted>>,
    /// Known values with the numbers of their labels.
    values: Dictionary,
}

/// A kind, and which part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Whole(Kind),
    First(Kind),
    Last(Kind),
}

/// Words in a label's name, and the kind they ask for; earlier rows win.
const ASKING: [(&[&str], Wanted); 14] = [
    (&["first_name", "firstname", "given_name", "forename"], Wanted::First(Kind::Person)),
    (&["last_name", "lastname", "surname", "family_name"], Wanted::Last(Kind::Person)),
    (&["email", "mail"], Wanted::Whole(Kind::Email)),
    (&["url", "website", "link"], Wanted::Whole(Kind::Url)),
    (&["date", "day", "deadline", "expiry"], Wanted::Whole(Kind::Date)),
    (&["time", "hour"], Wanted::Whole(Kind::Time)),
    (&["percent", "percentage", "rate", "interest"], Wanted::Whole(Kind::Percent)),
    (&["money", "amount", "price", "fee", "cost", "salary", "payment", "total"], Wanted::Whole(Kind::Money)),
    (&["number", "count", "quantity", "people", "guests", "size", "num"], Wanted::Whole(Kind::Number)),
    (&["per", "person", "name", "employee", "signatory"], Wanted::Whole(Kind::Person)),
    (
        &[
            "org",
            "organisation",
            "organization",
            "company",
            "party",
            "employer",
            "bank",
            "lender",
            "borrower",
        ],
        Wanted::Whole(Kind::Organisation),
    ),
    (
        &["loc", "location", "place", "city", "country", "address", "jurisdiction", "gpe"],
        Wanted::Whole(Kind::Place),
    ),
    (&["misc", "entity", "other"], Wanted::Whole(Kind::Name)),
    (&["term", "duration", "period"], Wanted::Whole(Kind::Duration)),
];

impl Patterns {
    /// The patterns that the names of the labels ask for, and the values known of some.
    pub(crate) fn new(labels: &[String], values: &BTreeMap<String, Vec<String>>) -> Patterns {
        let asked = labels.iter().map(|label| asked(label)).collect();
        let number = |label: &String| labels.iter().position(|name| name == label);
        let of_label = |(label, values): (&String, &'_ Vec<String>)| {
            let number = number(label)?;
            Some(values.iter().map(move |value| (value.clone(), number)).collect::<Vec<_>>())
        };
        let known: Vec<(String, usize)> = values.iter().filter_map(of_label).flatten().collect();
        let known = known.iter().map(|(value, number)| (value.as_str(), *number));
        Patterns { asked, values: Dictionary::new(known, Letters::AnyCase) }
    }

    /// Spans of words that do not overlap, with their labels. Known values come before patterns.
    pub(crate) fn find(&self, words: &[Word]) -> Vec<(Range<usize>, usize)> {
        let mut free = vec![true; words.len()];
        let mut found = self.values.among(words, &mut free);
        for (range, kind) in kinds(words) {
            if !free[range.clone()].iter().all(|free| *free) {
                continue;
            }
            for (label, asked) in self.asked.iter().enumerate() {
                let part = asked.iter().find_map(|wanted| wanted.part(&range, kind));
                if let Some(part) = part.filter(|part| free[part.clone()].iter().all(|free| *free)) {
                    free[part.clone()].fill(false);
                    found.push((part, label));
                }
            }
        }
        found.sort_by_key(|(range, label)| (range.start, *label));
        found
    }
}

impl Wanted {
    /// The part of a find that is wanted, if its kind is.
    fn part(self, range: &Range<usize>, kind: Kind) -> Option<Range<usize>> {
        match self {
            Wanted::Whole(wanted) => (wanted == kind).then(|| range.clone()),
            Wanted::First(wanted) => (wanted == kind).then(|| range.start..range.start + 1),
            Wanted::Last(wanted) => (wanted == kind && range.len() > 1).then(|| range.end - 1..range.end),
        }
    }
}

fn asked(label: &str) -> Vec<Wanted> {
    let lower = label.to_lowercase().replace(['-', ' ', '.'], "_");
    let fits = |word: &&str| lower == **word || lower.split('_').any(|part| part == *word);
    ASKING.iter().find(|(words, _)| words.iter().any(fits)).map(|(_, wanted)| *wanted).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extractor::words::words;

    #[track_caller]
    fn check(labels: &[&str], values: &[(&str, &str)], text: &str, expected: &str) {
        let labels: Vec<String> = labels.iter().map(ToString::to_string).collect();
        let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (label, value) in values {
            known.entry(label.to_string()).or_default().push(value.to_string());
        }
        let words = words(text);
        let found = Patterns::new(&labels, &known).find(&words);
        let quote = |range: &Range<usize>| {
            text.chars()
                .skip(words[range.start].start)
                .take(words[range.end - 1].end - words[range.start].start)
        };
        let shown: Vec<String> = found
            .iter()
            .map(|(range, label)| format!("{}={}", labels[*label], quote(range).collect::<String>()))
            .collect();
        assert_eq!(shown.join(" | "), expected);
    }

    #[test]
    fn a_label_gets_the_kind_its_name_asks_for() {
        let text = "On March 3, 2021 Acme Corp paid $5,000 to Jane Doe (jane.doe@acme.org) at 5 pm.";
        check(&["effective_date", "amount"], &[], text, "effective_date=March 3, 2021 | amount=$5,000");
        check(&["email", "time", "ORG"], &[], text, "ORG=Acme Corp | email=jane.doe@acme.org | time=5 pm");
        check(&["first_name", "last_name"], &[], text, "first_name=Jane | last_name=Doe");
    }

    #[test]
    fn known_values_come_first_whatever_their_case() {
        check(
            &["fruit", "ORG"],
            &[("fruit", "Apple Inc")],
            "APPLE INC and Orange Inc",
            "fruit=APPLE INC | ORG=Orange Inc",
        );
    }

    #[test]
    fn a_label_that_asks_for_nothing_finds_nothing() {
        check(&["sentiment"], &[], "Jane Doe paid $5 on Monday", "");
    }
}
