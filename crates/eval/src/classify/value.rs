//! Extracted values that say the same in other words: numbers and dates.

const MONTHS: [&str; 12] = [
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
];

/// A value in one spelling: lower case, single spaces, no punctuation around it; numbers without grouping (`1,000.50` is
/// `1000.5`), days as `2026-11-29` where day and month cannot be confused.
pub fn normalised_value(text: &str) -> String {
    let lower = text.to_lowercase();
    let edges = |c: char| {
        c.is_whitespace() || matches!(c, '.' | ',' | ';' | ':' | '"' | '\'' | '(' | ')' | '“' | '”')
    };
    let trimmed = lower.trim_matches(edges).split_whitespace().collect::<Vec<_>>().join(" ");
    day(&trimmed).or_else(|| number(&trimmed)).unwrap_or(trimmed)
}

fn number(text: &str) -> Option<String> {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let groups: Vec<&str> = whole.split(',').collect();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let grouped =
        groups.len() == 1 || (groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3));
    if !grouped || groups.iter().any(|group| group.is_empty() || !digits(group)) || !digits(part) {
        return None;
    }
    let whole = groups.concat();
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") })
}

/// `29 november 2026`, `november 29th, 2026`, `2026-11-29`, `2026/11/29`.
fn day(text: &str) -> Option<String> {
    let words: Vec<&str> =
        text.split([' ', ',', '-', '/']).filter(|word| !word.is_empty() && *word != "of").collect();
    let [first, second, third] = words[..] else { return None };
    let month = |word: &str| {
        let named = |name: &&str| word.len() >= 3 && name.starts_with(word.trim_end_matches('.'));
        MONTHS.iter().position(named).map(|at| at + 1)
    };
    let date = |word: &str| {
        let digits = ["st", "nd", "rd", "th"].iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word);
        digits.parse().ok().filter(|date: &usize| (1..=31).contains(date))
    };
    let year = |word: &str| word.parse().ok().filter(|year: &usize| word.len() == 4 && *year > 0);
    let plain = |word: &str| word.parse().ok().filter(|month: &usize| (1..=12).contains(month));
    let (year, month, date) = match (year(first), year(third)) {
        (Some(year), None) => (year, plain(second).or_else(|| month(second))?, date(third)?),
        (None, Some(year)) => match (month(first), month(second)) {
            (Some(month), None) => (year, month, date(second)?),
            (None, Some(month)) => (year, month, date(first)?),
            _ => return None,
        },
        _ => return None,
    };
    Some(format!("{year:04}-{month:02}-{date:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(texts: &[&str], expected: &str) {
        for text in texts {
            assert_eq!(normalised_value(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_lose_their_grouping() {
        check(&["1,000.50", "1000.5", "1000.500"], "1000.5");
        check(&["0.50", "00.5"], "0.5");
        check(&["1,00"], "1,00");
        check(&["-007"], "-7");
    }

    #[test]
    fn days_are_written_one_way_where_they_are_certain() {
        check(
            &[
                "29 November 2026",
                "Nov. 29, 2026",
                "November 29th, 2026",
                "2026-11-29",
                "29th of november 2026.",
            ],
            "2026-11-29",
        );
        check(&["1/2/2026"], "1/2/2026");
        check(&["may 2026"], "may 2026");
    }

    #[test]
    fn case_spaces_and_punctuation_around_do_not_count() {
        check(&["  ACME  Corp. ", "\"acme corp\""], "acme corp");
    }
}
