//! Comparisons as choices. Label Studio's `<Pairwise>` knows a better side and nothing else: one that may be a tie or none of two,
//! or says how much better, is a choice among `left is better`, `tie`, `right is better` and `both_bad`, or with numbers
//! `left is better by 2`. No answer goes by such a name.

use crate::QuestionKind;

pub(super) const TIE: &str = "tie";
pub(super) const BOTH_BAD: &str = "both_bad";
const SIDES: [&str; 2] = ["left is better", "right is better"];

/// A side, and how much better it is where that is said.
pub(super) fn word(side: usize, strength: Option<u8>) -> Option<String> {
    let side = SIDES.get(side)?;
    Some(strength.map_or_else(|| (*side).to_string(), |strength| format!("{side} by {strength}")))
}

/// The side from 0 that a word of such a choice names, and how much better it is.
pub(crate) fn sided(word: &str) -> Option<(usize, Option<u64>)> {
    let (side, strength) = match word.split_once(" by ") {
        Some((side, strength)) => (side, Some(strength.parse().ok()?)),
        None => (word, None),
    };
    Some((SIDES.iter().position(|known| *known == side)?, strength))
}

/// The words to choose from, the left first; `None` for a comparison that is a side and nothing else.
pub(super) fn words(strength: u8, tie: bool, both_bad: bool) -> Option<Vec<String>> {
    if strength == 0 && !tie && !both_bad {
        return None;
    }
    let strengths = |side: usize| -> Vec<String> {
        let graded = (1..=strength).filter_map(|strength| word(side, Some(strength)));
        if strength == 0 { word(side, None).into_iter().collect() } else { graded.collect() }
    };
    let mut words: Vec<String> = strengths(0).into_iter().rev().collect();
    words.extend(tie.then(|| TIE.to_string()));
    words.extend(strengths(1));
    words.extend(both_bad.then(|| BOTH_BAD.to_string()));
    Some(words)
}

/// The comparison of the answers in `field` whose words these are.
pub(super) fn compared(field: &str, offered: &[&str]) -> Option<QuestionKind> {
    let most = offered.iter().filter_map(|word| sided(word)?.1).max().unwrap_or(0);
    let strength = u8::try_from(most).ok()?;
    let (tie, both_bad) = (offered.contains(&TIE), offered.contains(&BOTH_BAD));
    let known = words(strength, tie, both_bad)?;
    let is_whole = known.len() == offered.len() && known.iter().all(|word| offered.contains(&word.as_str()));
    is_whole.then(|| QuestionKind::Preference { field: field.to_string(), strength, tie, both_bad })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_comparison_say_all_of_it() {
        for strength in 0..4 {
            for (tie, both_bad) in [(false, false), (false, true), (true, false), (true, true)] {
                let Some(words) = words(strength, tie, both_bad) else {
                    assert!(strength == 0 && !tie && !both_bad);
                    continue;
                };
                let offered: Vec<&str> = words.iter().map(String::as_str).collect();
                let kind = QuestionKind::Preference { field: "replies".into(), strength, tie, both_bad };
                assert_eq!(compared("replies", &offered), Some(kind), "{words:?}");
                assert_eq!(compared("replies", &offered[1..]), None, "{words:?}");
            }
        }
    }

    #[test]
    fn other_words_name_no_side() {
        assert_eq!(sided("right is better by 2"), Some((1, Some(2))));
        assert_eq!(sided("left is better"), Some((0, None)));
        for word in
            ["", "tie", "left", "left is better by", "left is better by far", "right is better by 2 or 3"]
        {
            assert_eq!(sided(word), None, "{word}");
        }
    }
}
