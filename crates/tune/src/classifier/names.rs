//! The names of classes, learnt from as if they were texts: with few rows a class they say a good deal.

/// A name as words: `card_arrival`, `card-arrival` and `cardArrival` are all "card arrival". `None` when it has no word of
/// letters, for then it says nothing.
pub(crate) fn spelled(name: &str) -> Option<String> {
    let mut words = String::new();
    let mut before = ' ';
    for now in name.chars() {
        if now.is_uppercase() && before.is_lowercase() {
            words.push(' ');
        }
        words.push(if now.is_alphanumeric() { now } else { ' ' });
        before = now;
    }
    let words: Vec<&str> = words.split_whitespace().collect();
    let tells = |word: &&str| word.chars().filter(|letter| letter.is_alphabetic()).count() > 1;
    words.iter().any(tells).then(|| words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: Option<&str>) {
        assert_eq!(spelled(name).as_deref(), expected);
    }

    #[test]
    fn marks_between_words_become_spaces() {
        check("card_arrival", Some("card arrival"));
        check("Refund / not-showing.up?", Some("Refund not showing up"));
    }

    #[test]
    fn a_capital_begins_a_word() {
        check("cardArrival", Some("card Arrival"));
        check("ATM limits", Some("ATM limits"));
    }

    #[test]
    fn what_has_no_words_says_nothing() {
        check("7", None);
        check("A", None);
        check("_-_", None);
        check("", None);
    }

    #[test]
    fn other_scripts_are_words_too() {
        check("到账_时间", Some("到账 时间"));
    }
}
