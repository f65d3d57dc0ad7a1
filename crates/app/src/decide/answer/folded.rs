//! Texts in one case with single spaces, as what is known of an answer is compared with them.

/// A text in one case with single spaces, with where its letters come from.
pub(super) struct Folded {
    pub(super) text: String,
    /// For each byte, the code point of the original it comes from.
    from: Vec<usize>,
}

impl Folded {
    pub(super) fn of(original: &str) -> Folded {
        let (mut text, mut from) = (String::new(), Vec::new());
        for (at, letter) in original.chars().enumerate() {
            match letter.is_whitespace() {
                true if text.ends_with(' ') => {}
                true => text.push(' '),
                false => text.extend(letter.to_lowercase().map(sigma)),
            }
            from.resize(text.len(), at);
        }
        Folded { text, from }
    }

    /// Where it says `wanted`, in code points of the original, half-open.
    pub(super) fn places(&self, wanted: &str) -> Vec<(usize, usize)> {
        if wanted.is_empty() {
            return Vec::new();
        }
        let ends = |(at, said): (usize, &str)| (self.from[at], self.from[at + said.len() - 1] + 1);
        self.text.match_indices(wanted).map(ends).collect()
    }
}

/// A final sigma is a sigma: in capitals nothing tells them apart.
fn sigma(letter: char) -> char {
    if letter == 'ς' { 'σ' } else { letter }
}

/// A text in one case with single spaces, and none around it.
pub(super) fn folded(text: &str) -> String {
    Folded::of(text).text.trim().to_string()
}

/// Whether a text says these words, as whole words and whole numbers; both are folded.
pub(super) fn says(text: &str, wanted: &str) -> bool {
    !wanted.is_empty()
        && text.match_indices(wanted).any(|(at, words)| {
            let (before, after) = (&text[..at], &text[at + words.len()..]);
            !runs_on(before.chars().rev(), words.chars()) && !runs_on(after.chars(), words.chars().rev())
        })
}

/// Whether a word or a number goes on beyond its edge; both sides are read from there.
fn runs_on(mut outside: impl Iterator<Item = char>, mut inside: impl Iterator<Item = char>) -> bool {
    let (Some(next), Some(edge)) = (outside.next(), inside.next()) else { return false };
    // Scripts without cases put no spaces between words, so that nothing can be told there.
    let word = edge.is_lowercase() && next.is_lowercase();
    let point = matches!(next, '.' | ',') && outside.next().is_some_and(char::is_numeric);
    word || (edge.is_numeric() && (next.is_numeric() || point))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, wanted: &str, said: bool) {
        assert_eq!(says(&folded(text), &folded(wanted)), said, "{wanted:?} in {text:?}");
    }

    #[test]
    fn words_are_said_whole_whatever_their_case_and_spacing() {
        check("Leave is  28\nDays a year.", "28 days", true);
        check("Ask the yes-men.", "yes", true);
        check("It was yesterday.", "yes", false);
        check("The department pays.", "art", false);
        check("", "x", false);
        check("x", "", false);
    }

    #[test]
    fn a_final_sigma_is_one_in_capitals_too() {
        assert_eq!(folded(" ΟΔΟΣ  ΕΡΜΟΥ "), folded("Οδος Ερμου"));
        check("Η ΟΔΟΣ ΕΡΜΟΥ.", "οδος", true);
    }

    #[test]
    fn a_number_is_no_part_of_another() {
        check("It seats 128 people.", "28 people", false);
        check("It costs 3.5 or 3,500.", "5", false);
        check("It costs 3.5 or 3,500.", "500", false);
        check("It costs 3.5 or 3,500.", "3", false);
        check("It is 5.", "5", true);
        check("It is 15, 5, or 25.", "5", true);
    }

    #[test]
    fn scripts_without_spaces_are_said_wherever_they_stand() {
        check("年假是28天。", "28天", true);
        check("年假是28天。", "8天", false);
        check("年假是28天。", "假", true);
    }
}
