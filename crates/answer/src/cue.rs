//! What sort of thing a question asks for, and whether a sentence offers one.

use std::collections::BTreeSet;

use engraft_core::terms;

/// The sort of answer a question asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cue {
    /// How many, how much, how long: a number or an amount.
    Number,
    /// What it costs, pays or allows: an amount of money.
    Money,
    /// When, what year: a date or a time.
    Date,
    /// Whom to ring or write to: a number, an address.
    Contact,
    /// Who, where, which team: a name.
    Name,
    /// Why, because of what.
    Reason,
    /// Anything else.
    Open,
}

impl Cue {
    /// Read off the question's words; [`Cue::Open`] when they say nothing.
    pub(crate) fn of(question: &str) -> Cue {
        let lower =
            format!(" {} ", question.to_lowercase().replace(['?', ',', '.', '¿', '"', '؟', '？'], " "));
        let asks = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
        let lead = |words: &[&str]| leads(question, words);
        if asks(&CONTACT) {
            Cue::Contact
        } else if asks(&MONEY) {
            Cue::Money
        } else if asks(&NUMBER) {
            Cue::Number
        } else if asks(&DATE) || lead(&["when"]) {
            Cue::Date
        } else if asks(&NAME) || lead(&["who", "where"]) || asks_which(question) {
            Cue::Name
        } else if asks(&REASON) {
            Cue::Reason
        } else {
            Cue::Open
        }
    }

    /// How far `text` offers such a thing that the question does not hold already: 0, 0.5 or 1.
    pub(crate) fn found_in(self, text: &str, question: &str) -> f32 {
        let known: BTreeSet<String> = words(question).map(str::to_lowercase).collect();
        let news = || words(text).filter(|word| !known.contains(&word.to_lowercase()));
        match self {
            Cue::Open => 0.5,
            Cue::Number => share(news().any(is_number), text.contains(['%', '$', '€', '£'])),
            Cue::Money => share(text.contains(['$', '€', '£']), news().any(is_number)),
            Cue::Date => {
                share(news().any(|word| is_year_or_month(word) || is_time(word)), news().any(is_number))
            }
            Cue::Contact => share(
                text.contains('@') || news().any(|word| word.bytes().filter(u8::is_ascii_digit).count() >= 4),
                news().any(is_number),
            ),
            // A first word has a capital anyway; one such as `The` is no name.
            Cue::Name => share(
                news().skip(1).any(is_name),
                news().next().is_some_and(|word| is_name(word) && !terms(word).is_empty()),
            ),
            Cue::Reason => {
                let lower = text.to_lowercase();
                share(BECAUSE.iter().any(|word| lower.contains(word)), false)
            }
        }
    }
}

/// Whether one of `words` asks rather than joins clauses: it begins the question or a clause, ends it, or stands behind a
/// short word such as `by` or `and`.
fn leads(question: &str, words: &[&str]) -> bool {
    const BEFORE: [&str; 14] =
        ["and", "or", "by", "until", "till", "since", "from", "to", "of", "for", "with", "in", "at", "on"];
    let lower = question.to_lowercase();
    let asked: Vec<&str> = lower.split_whitespace().collect();
    let bare = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_string();
    asked.iter().enumerate().any(|(i, word)| {
        let begins = i == 0 || asked[i - 1].ends_with([',', '.', ';', ':', '?']);
        let behind = i > 0 && BEFORE.contains(&bare(asked[i - 1]).as_str());
        words.contains(&bare(word).as_str()) && (begins || behind || i + 1 == asked.len())
    })
}

/// Whether it asks which of the things that have names: `which insurance company`, `what large German cities`.
fn asks_which(question: &str) -> bool {
    let lower = question.to_lowercase();
    let asked: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let starts = asked.iter().enumerate().filter(|(_, word)| ["which", "what"].contains(word));
    starts.into_iter().any(|(i, _)| {
        let named = asked[i + 1..].iter().take(3).position(|word| NAMED.contains(word));
        // `what is the company` asks about a thing that is named already.
        named.is_some_and(|at| !asked[i + 1..i + 1 + at].iter().any(|word| LINKS.contains(word)))
    })
}

fn share(sure: bool, perhaps: bool) -> f32 {
    if sure {
        1.0
    } else if perhaps {
        0.5
    } else {
        0.0
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let mark = |c: char| !c.is_alphanumeric();
    text.split(|c: char| c.is_whitespace() || "([/\u{2013}\u{2014}".contains(c))
        .map(move |word| word.trim_matches(mark))
        .filter(|word| !word.is_empty())
}

/// Digits, or a number in words.
pub(crate) fn is_number(word: &str) -> bool {
    word.contains(char::is_numeric)
        || NUMBERS.contains(&word.to_lowercase().as_str())
        || word.contains(['一', '二', '三', '两', '十', '百', '千', '万'])
}

fn is_year_or_month(word: &str) -> bool {
    let digits = word.trim_end_matches(|c: char| !c.is_ascii_digit());
    let year = digits.len() == 4
        && digits.starts_with(['1', '2'])
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    let lower = word.to_lowercase();
    let date = word.len() >= 8 && word.bytes().filter(|byte| byte.is_ascii_digit()).count() >= 6;
    year || date
        || MONTHS.contains(&lower.as_str())
        || word.contains(['年', '月', '日']) && word.contains(|c: char| c.is_ascii_digit())
}

/// Hours and minutes, as `16:00`.
fn is_time(word: &str) -> bool {
    word.split_once([':', '.']).is_some_and(|(hours, minutes)| {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        (1..=2).contains(&hours.len()) && minutes.len() == 2 && digits(hours) && digits(minutes)
    })
}

/// Begins with a capital, or is of a script that has none.
fn is_name(word: &str) -> bool {
    word.chars().next().is_some_and(|c| c.is_uppercase() || c.is_alphabetic() && !c.is_lowercase())
}

static CONTACT: [&str; 12] = [
    " code for ",
    " door code ",
    " phone number ",
    " telephone ",
    " extension ",
    " email address ",
    " e-mail address ",
    " which number ",
    " who do i call ",
    " telefonnummer ",
    " teléfono ",
    " numéro de téléphone ",
];

static MONEY: [&str; 17] = [
    " how much money ",
    " how much does ",
    " how much will ",
    " cost ",
    " costs ",
    " price ",
    " charge ",
    " salary ",
    " pay for ",
    " paid for ",
    " allowance ",
    " fee ",
    " from what amount ",
    " what sum ",
    " kostet ",
    " cuesta ",
    " coûte ",
];

static NUMBER: [&str; 38] = [
    " how fast ",
    " how quickly ",
    " how soon ",
    " how heavy ",
    " how loud ",
    " how deep ",
    " how late ",
    " how far ahead ",
    " what temperature ",
    " what speed ",
    " what is the minimum ",
    " what is the maximum ",
    " how many ",
    " how much ",
    " how long ",
    " how often ",
    " how far ",
    " how old ",
    " how tall ",
    " how high ",
    " how large ",
    " how big ",
    " what percent",
    " what number ",
    " what is the number ",
    " what fraction ",
    " what amount ",
    " wie viel",
    " wie lange ",
    " wie hoch ",
    " wie oft ",
    " cuánt",
    " combien ",
    " скольк",
    "多少",
    "几",
    " كم ",
    " कितन",
];

static DATE: [&str; 26] = [
    " which day ",
    " which week ",
    " which month ",
    " what year ",
    " which year ",
    " what date ",
    " what day ",
    " what month ",
    " what time ",
    " what decade ",
    " what century ",
    " in what year",
    " by when ",
    " deadline ",
    " wann ",
    " welchem jahr",
    " cuándo ",
    " qué año ",
    " quand ",
    " когда ",
    " каком году ",
    "什么时候",
    "何时",
    "哪一年",
    " متى ",
    " कब ",
];

/// Heads of `which …` that ask for a name.
static NAMED: [&str; 20] = [
    "company",
    "companies",
    "city",
    "cities",
    "country",
    "countries",
    "team",
    "teams",
    "person",
    "department",
    "organisation",
    "organization",
    "university",
    "school",
    "bank",
    "agency",
    "supplier",
    "airline",
    "hotel",
    "hotels",
];

static LINKS: [&str; 12] =
    ["is", "are", "was", "were", "do", "does", "did", "of", "the", "can", "must", "has"];

static NAME: [&str; 17] = [
    " what is the name ",
    " what is the title ",
    " whom ",
    " whose ",
    " wer ",
    " wem ",
    " wo ",
    " quién",
    " dónde ",
    " qui ",
    " où ",
    " кто ",
    " где ",
    "谁",
    "哪里",
    " أين ",
    " कौन ",
];

static REASON: [&str; 8] =
    [" why ", " what caused ", " warum ", " por qué ", " pourquoi ", " почему ", "为什么", " لماذا "];

static BECAUSE: [&str; 14] = [
    "because",
    "due to",
    "since ",
    "so that",
    "in order to",
    "as a result",
    "therefore",
    "weil ",
    "damit ",
    "porque",
    "parce que",
    "потому",
    "因为",
    "لأن",
];

static NUMBERS: [&str; 42] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fifteen", "twenty", "thirty", "forty", "fifty", "sixty", "ninety", "hundred", "thousand",
    "million", "billion", "half", "third", "quarter", "twice", "once", "dozen", "none", "zwei", "drei",
    "vier", "fünf", "sechs", "zehn", "dos", "tres", "cuatro", "два", "три",
];

static MONTHS: [&str; 31] = [
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
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "today",
    "tomorrow",
    "januar",
    "februar",
    "märz",
    "mai",
    "juni",
    "juli",
    "oktober",
    "dezember",
    "enero",
    "mayo",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(question: &str, cue: Cue, good: &str, bad: &str) {
        assert_eq!(Cue::of(question), cue);
        assert!(cue.found_in(good, question) > cue.found_in(bad, question), "{good} against {bad}");
    }

    #[test]
    fn questions_ask_for_numbers_dates_names_and_reasons() {
        check("How many days of leave?", Cue::Number, "You get thirty days.", "You get leave.");
        check("When is the office closed?", Cue::Date, "It closes on 24 December.", "It closes at times.");
        check(
            "Who approves travel?",
            Cue::Name,
            "Travel is approved by Ana Lopez.",
            "Travel is approved in advance.",
        );
        check("Why was it moved?", Cue::Reason, "It moved because of noise.", "It moved to Bonn.");
        check("Wie viele Tage Urlaub?", Cue::Number, "Es sind 30 Tage.", "Es sind Tage.");
    }

    #[test]
    fn a_word_that_joins_clauses_asks_for_nothing() {
        assert_eq!(Cue::of("What do I need when I work abroad?"), Cue::Open);
        assert_eq!(Cue::of("How do colleagues who work shifts book rooms?"), Cue::Open);
        assert_eq!(Cue::of("I missed it. When is the next one?"), Cue::Date);
        assert_eq!(Cue::of("Until when can I apply?"), Cue::Date);
    }

    #[test]
    fn which_of_the_things_with_names_asks_for_a_name() {
        check(
            "Which insurance company runs the plan?",
            Cue::Name,
            "The plan is run by Helvetia.",
            "The plan is generous.",
        );
        assert_eq!(Cue::of("What is the address of the company?"), Cue::Open);
    }

    #[test]
    fn what_the_question_says_itself_is_no_answer() {
        check(
            "How many of the 12 rooms are free?",
            Cue::Number,
            "Of 12 rooms, 3 are free.",
            "The 12 rooms are free.",
        );
    }
}
