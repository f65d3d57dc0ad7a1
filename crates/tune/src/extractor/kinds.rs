//! The kinds of span that are told by form alone: dates, times, money, numbers, net addresses, capitalised names.
//!
//! English words and Western formats. Each matcher looks at the words from one place on and says how many it takes.

use std::ops::Range;

use crate::extractor::words::Word;

/// What a span is by its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Email,
    Url,
    Date,
    Time,
    Money,
    Percent,
    Duration,
    Number,
    Person,
    Organisation,
    Place,
    /// A capitalised name of no clearer sort.
    Name,
}

const MONTHS: [&str; 23] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "jan",
    "feb",
    "mar",
    "apr",
    "jun",
    "jul",
    "aug",
    "sep",
    "sept",
    "oct",
    "nov",
];
const DAYS: [&str; 14] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
];
const RELATIVE: [&str; 4] = ["today", "tomorrow", "tonight", "yesterday"];
const NUMBERS: [&str; 31] = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
    "thousand",
    "million",
    "billion",
];
const CURRENCIES: [&str; 12] =
    ["usd", "eur", "gbp", "chf", "jpy", "cad", "aud", "dollars", "euros", "pounds", "dollar", "euro"];
const UNITS: [&str; 12] = [
    "second", "seconds", "minute", "minutes", "hour", "hours", "day", "days", "week", "weeks", "month",
    "months",
];
const YEARS: [&str; 2] = ["year", "years"];
const TITLES: [&str; 8] = ["mr", "mrs", "ms", "miss", "dr", "prof", "sir", "professor"];
const ORGANISATIONS: [&str; 33] = [
    "inc",
    "corp",
    "corporation",
    "llc",
    "ltd",
    "limited",
    "company",
    "co",
    "bank",
    "plc",
    "gmbh",
    "ag",
    "lp",
    "llp",
    "group",
    "holdings",
    "university",
    "institute",
    "association",
    "trust",
    "fund",
    "partners",
    "agency",
    "committee",
    "council",
    "ministry",
    "department",
    "records",
    "club",
    "party",
    "union",
    "foundation",
    "college",
];
const PLACES: [&str; 22] = [
    "street",
    "avenue",
    "road",
    "drive",
    "lane",
    "boulevard",
    "city",
    "county",
    "state",
    "river",
    "lake",
    "island",
    "islands",
    "mountain",
    "valley",
    "bay",
    "park",
    "square",
    "place",
    "st",
    "ave",
    "rd",
];
const BEFORE_PLACES: [&str; 4] = ["in", "at", "from", "near"];
const JOINERS: [&str; 8] = ["of", "&", "de", "van", "von", "der", "la", "the"];
/// Words that are capitalised only because a sentence begins with them.
const OPENERS: [&str; 44] = [
    "the", "a", "an", "this", "that", "these", "those", "it", "he", "she", "they", "we", "you", "i", "in",
    "on", "at", "for", "from", "to", "by", "with", "and", "but", "or", "if", "as", "when", "after", "before",
    "there", "his", "her", "its", "their", "our", "my", "please", "can", "is", "are", "was", "what", "hi",
];

/// The spans of all kinds, in order; the longest at each place, and none overlap.
pub(crate) fn kinds(words: &[Word]) -> Vec<(Range<usize>, Kind)> {
    let reader = Reader { words, lower: words.iter().map(|word| word.text.to_lowercase()).collect() };
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        match reader.longest(at) {
            Some((len, kind)) => {
                found.push((at..at + len, kind));
                at += len;
            }
            None => at += 1,
        }
    }
    found
}

struct Reader<'a> {
    words: &'a [Word<'a>],
    lower: Vec<String>,
}

impl Reader<'_> {
    fn longest(&self, at: usize) -> Option<(usize, Kind)> {
        let matchers: [(usize, Kind); 9] = [
            (self.email(at), Kind::Email),
            (self.url(at), Kind::Url),
            (self.date(at), Kind::Date),
            (self.time(at), Kind::Time),
            (self.money(at), Kind::Money),
            (self.percent(at), Kind::Percent),
            (self.duration(at), Kind::Duration),
            (self.number(at), Kind::Number),
            self.name(at).unwrap_or((0, Kind::Name)),
        ];
        // Of equally long ones the first.
        let mut best = (0, Kind::Name);
        for (len, kind) in matchers {
            if len > best.0 {
                best = (len, kind);
            }
        }
        (best.0 > 0).then_some(best)
    }

    fn is(&self, at: usize, list: &[&str]) -> bool {
        self.lower.get(at).is_some_and(|word| list.contains(&word.as_str()))
    }

    fn mark(&self, at: usize, mark: &str) -> bool {
        self.words.get(at).is_some_and(|word| word.text == mark)
    }

    /// Whether the word stands right behind the one before it.
    fn glued(&self, at: usize) -> bool {
        self.words.get(at).is_some_and(|word| !word.spaced)
    }

    fn digits(&self, at: usize, least: usize, most: usize) -> bool {
        self.words.get(at).is_some_and(|word| {
            (least..=most).contains(&word.text.len()) && word.text.bytes().all(|byte| byte.is_ascii_digit())
        })
    }

    fn email(&self, at: usize) -> usize {
        let part = |at: usize| {
            self.words.get(at).is_some_and(|word| {
                word.text.chars().all(char::is_alphanumeric) || matches!(word.text, "." | "_" | "-" | "+")
            })
        };
        let mut end = at;
        while part(end) && (end == at || self.glued(end)) {
            end += 1;
        }
        if end == at || !self.mark(end, "@") || !self.glued(end) {
            return 0;
        }
        let host = end + 1;
        end = host;
        while part(end) && self.glued(end) {
            end += 1;
        }
        while end > host && self.mark(end - 1, ".") {
            end -= 1;
        }
        if (host..end).any(|at| self.mark(at, ".")) { end - at } else { 0 }
    }

    fn url(&self, at: usize) -> usize {
        let scheme = self.is(at, &["http", "https"]) && self.mark(at + 1, ":") && self.mark(at + 2, "/");
        let bare = self.is(at, &["www"]) && self.mark(at + 1, ".") && self.glued(at + 2);
        if !scheme && !bare {
            return 0;
        }
        let mut end = at + 1;
        while self.glued(end) {
            end += 1;
        }
        while end > at + 1 && [".", ",", ")", ";", "\"", "!", "?"].iter().any(|mark| self.mark(end - 1, mark))
        {
            end -= 1;
        }
        end - at
    }

    fn year(&self, at: usize) -> usize {
        // With a comma before it or without.
        let from = if self.mark(at, ",") { at + 1 } else { at };
        if self.digits(from, 4, 4) { from + 1 - at } else { 0 }
    }

    fn day(&self, at: usize) -> usize {
        if !self.digits(at, 1, 2) {
            return 0;
        }
        let ordinal = self.glued(at + 1) && self.is(at + 1, &["st", "nd", "rd", "th"]);
        1 + usize::from(ordinal)
    }

    fn date(&self, at: usize) -> usize {
        if self.is(at, &RELATIVE) {
            return 1;
        }
        if self.is(at, &["next", "this"]) && (self.is(at + 1, &DAYS) || self.is(at + 1, &["week", "month"])) {
            return 2;
        }
        if self.is(at, &DAYS) && self.capitalised(at) {
            let comma = usize::from(self.mark(at + 1, ","));
            let rest = self.date_proper(at + 1 + comma);
            return if rest > 0 { 1 + comma + rest } else { 1 };
        }
        self.date_proper(at)
    }

    fn date_proper(&self, at: usize) -> usize {
        if self.is(at, &MONTHS) && self.capitalised(at) {
            let dot = usize::from(self.mark(at + 1, ".") && self.glued(at + 1));
            let day = self.day(at + 1 + dot);
            let year = self.year(at + 1 + dot + day);
            // `May` alone is more often a word.
            return if day + year > 0 || self.lower[at] != "may" { 1 + dot + day + year } else { 0 };
        }
        let day = self.day(at);
        if day > 0 {
            let of = usize::from(self.is(at + day, &["of"]));
            if self.is(at + day + of, &MONTHS) {
                return day + of + 1 + self.year(at + day + of + 1);
            }
        }
        let mark = |at: usize| ["/", "-", "."].iter().find(|mark| self.mark(at, mark) && self.glued(at));
        let split = mark(at + 1).is_some() && mark(at + 1) == mark(at + 3) && self.glued(at + 4);
        let western = self.digits(at, 1, 2) && self.digits(at + 2, 1, 2);
        let iso = self.digits(at, 4, 4) && self.digits(at + 2, 2, 2) && self.digits(at + 4, 2, 2);
        let year = self.digits(at + 4, 2, 2) || self.digits(at + 4, 4, 4);
        if split && (iso || (western && year)) { 5 } else { 0 }
    }

    fn half(&self, at: usize) -> usize {
        if self.is(at, &["am", "pm"]) {
            return 1;
        }
        let dotted = self.is(at, &["a", "p"])
            && self.mark(at + 1, ".")
            && self.is(at + 2, &["m"])
            && self.glued(at + 2);
        match dotted {
            true => 3 + usize::from(self.mark(at + 3, ".")),
            false => 0,
        }
    }

    fn time(&self, at: usize) -> usize {
        if self.is(at, &["noon", "midnight"]) {
            return 1;
        }
        if !self.digits(at, 1, 2) {
            return 0;
        }
        let minutes =
            (self.mark(at + 1, ":") && self.glued(at + 1) && self.digits(at + 2, 2, 2)) as usize * 2;
        let clock =
            usize::from(self.is(at + 1, &["o"]) && self.mark(at + 2, "'") && self.is(at + 3, &["clock"])) * 3;
        let rest = minutes.max(clock);
        let half = self.half(at + 1 + rest);
        if rest + half > 0 { 1 + rest + half } else { 0 }
    }

    fn number(&self, at: usize) -> usize {
        if self.digits(at, 1, 40) {
            let mut end = at + 1;
            let separated = |at: usize| {
                (self.mark(at, ",") || self.mark(at, "."))
                    && self.glued(at)
                    && self.glued(at + 1)
                    && self.digits(at + 1, 1, 40)
            };
            while separated(end) {
                end += 2;
            }
            return end - at;
        }
        let mut end = at;
        while self.is(end, &NUMBERS) {
            end += 1;
            if (self.mark(end, "-") || self.is(end, &["and"])) && self.is(end + 1, &NUMBERS) {
                end += 1;
            }
        }
        end - at
    }

    fn money(&self, at: usize) -> usize {
        let scale = |at: usize| usize::from(self.is(at, &["thousand", "million", "billion"]));
        let signed =
            ["$", "€", "£", "¥"].iter().any(|sign| self.mark(at, sign)) || self.is(at, &CURRENCIES[..7]);
        if signed {
            let number = if self.digits(at + 1, 1, 40) { self.number(at + 1) } else { 0 };
            return if number > 0 { 1 + number + scale(at + 1 + number) } else { 0 };
        }
        let number = self.number(at);
        let scaled = number + if number > 0 { scale(at + number) } else { 0 };
        let named = self.is(at + scaled, &CURRENCIES) || self.mark(at + scaled, "€");
        if number > 0 && named { scaled + 1 } else { 0 }
    }

    fn percent(&self, at: usize) -> usize {
        let number = self.number(at);
        let sign = self.mark(at + number, "%") || self.is(at + number, &["percent"]);
        if number > 0 && sign { number + 1 } else { 0 }
    }

    fn duration(&self, at: usize) -> usize {
        let number = self.number(at);
        let unit = self.is(at + number, &UNITS) || self.is(at + number, &YEARS);
        if number > 0 && unit { number + 1 } else { 0 }
    }

    fn capitalised(&self, at: usize) -> bool {
        self.words.get(at).is_some_and(|word| word.text.chars().next().is_some_and(char::is_uppercase))
    }

    /// Whether a sentence may begin at the word.
    fn begins(&self, at: usize) -> bool {
        at == 0 || [".", "!", "?", ":", "\"", "“"].iter().any(|mark| self.mark(at - 1, mark))
    }

    fn name(&self, at: usize) -> Option<(usize, Kind)> {
        if !self.capitalised(at) || self.is(at, &OPENERS) || self.is(at, &DAYS) || self.is(at, &TITLES) {
            return None;
        }
        let mut end = at + 1;
        loop {
            let initial = self.mark(end, ".") && self.words[end - 1].text.len() <= 2;
            let joins = initial || self.mark(end, "-") || self.is(end, &JOINERS);
            if self.capitalised(end) && !(self.is(end, &OPENERS) && self.words[end].text.len() < 3) {
                end += 1;
            } else if joins && self.capitalised(end + 1) {
                end += 2;
            } else {
                break;
            }
        }
        let any = |list: &[&str]| (at..end).any(|at| self.is(at, list));
        if any(&ORGANISATIONS) {
            return Some((end - at, Kind::Organisation));
        }
        if any(&PLACES) {
            return Some((end - at, Kind::Place));
        }
        if at > 0 && self.is(at - 1, &TITLES) || at > 1 && self.mark(at - 1, ".") && self.is(at - 2, &TITLES)
        {
            return Some((end - at, Kind::Person));
        }
        if end == at + 1 && self.begins(at) {
            return None;
        }
        let kind = match end - at {
            _ if at > 0 && self.is(at - 1, &BEFORE_PLACES) => Kind::Place,
            2 | 3 => Kind::Person,
            _ => Kind::Name,
        };
        Some((end - at, kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extractor::words::words;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, Kind)]) {
        let words = words(text);
        let found: Vec<(String, Kind)> = kinds(&words)
            .into_iter()
            .map(|(range, kind)| {
                let (start, end) = (words[range.start].start, words[range.end - 1].end);
                (text.chars().skip(start).take(end - start).collect(), kind)
            })
            .collect();
        let expected: Vec<(String, Kind)> =
            expected.iter().map(|(quote, kind)| (quote.to_string(), *kind)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn dates_come_in_many_forms() {
        for date in [
            "March 3, 2021",
            "3rd of March 2021",
            "2021-03-03",
            "3/3/21",
            "Monday, March 3",
            "next Friday",
            "Aug. 5",
            "tomorrow",
        ] {
            check(&format!("due {date} or so"), &[(date, Kind::Date)]);
        }
        check("it may be", &[]);
    }

    #[test]
    fn times_money_shares_and_durations() {
        check(
            "at 5:30 pm or 7 a.m., noon",
            &[("5:30 pm", Kind::Time), ("7 a.m.", Kind::Time), ("noon", Kind::Time)],
        );
        check(
            "$1,250.50 or 3 million dollars, EUR 20",
            &[("$1,250.50", Kind::Money), ("3 million dollars", Kind::Money), ("EUR 20", Kind::Money)],
        );
        check(
            "4.5% for twenty-one months, 12 people",
            &[("4.5%", Kind::Percent), ("twenty-one months", Kind::Duration), ("12", Kind::Number)],
        );
    }

    #[test]
    fn addresses_of_the_net_end_before_the_full_stop() {
        check("write to a.b-c@x-y.co.uk.", &[("a.b-c@x-y.co.uk", Kind::Email)]);
        check("see https://x.org/a?b=1.", &[("https://x.org/a?b=1", Kind::Url)]);
        check("a @ b", &[]);
    }

    #[test]
    fn names_are_sorted_by_what_they_hold_and_follow() {
        check(
            "with Dr. Ada Lovelace of Bank of England in Paris",
            &[("Ada Lovelace of Bank of England", Kind::Organisation), ("Paris", Kind::Place)],
        );
        check("The man met Jane Doe", &[("Jane Doe", Kind::Person)]);
        check("Nothing here", &[]);
    }
}
