//! Texts that say nearly the same: they belong on one side of a split.

use std::collections::{BTreeSet, HashMap};

/// Two texts are nearly the same when they share this part of all their words (the Jaccard index).
const ALIKE: (usize, usize) = (9, 10);

/// For each text the number of its group: texts of nearly the same words are in one, and so is whatever they are joined to by
/// others. Groups are numbered by their first text.
///
/// Words are runs of letters and digits in lower case, each counted once. Candidates are found by their rarest words (Bayardo,
/// Ma and Srikant 2007), so that no text is compared with all others. A text without words is alone.
pub fn near_groups(texts: &[&str]) -> Vec<usize> {
    let sets: Vec<BTreeSet<String>> = texts.iter().map(|text| words(text)).collect();
    let mut often: HashMap<&str, usize> = HashMap::new();
    for word in sets.iter().flatten() {
        *often.entry(word).or_default() += 1;
    }
    let mut parents: Vec<usize> = (0..texts.len()).collect();
    let mut by_word: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, set) in sets.iter().enumerate() {
        let mut rare: Vec<&str> = set.iter().map(String::as_str).collect();
        rare.sort_by_key(|word| (often[word], *word));
        // Two sets that are alike share a word among so many of the rarest of each.
        let prefix = if set.is_empty() { 0 } else { set.len() - (set.len() * ALIKE.0).div_ceil(ALIKE.1) + 1 };
        for word in rare.into_iter().take(prefix) {
            let others = by_word.entry(word).or_default();
            for &other in others.iter() {
                let (a, b) = (find(&mut parents, other), find(&mut parents, place));
                if a != b && alike(&sets[other], set) {
                    parents[a.max(b)] = a.min(b);
                }
            }
            others.push(place);
        }
    }
    (0..texts.len()).map(|place| find(&mut parents, place)).collect()
}

/// The words of a text in lower case, each once.
pub(crate) fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

fn alike(a: &BTreeSet<String>, b: &BTreeSet<String>) -> bool {
    let (less, more) = (a.len().min(b.len()), a.len().max(b.len()));
    if less * ALIKE.1 < more * ALIKE.0 {
        return false;
    }
    let both = a.intersection(b).count();
    both * ALIKE.1 >= (a.len() + b.len() - both) * ALIKE.0
}

fn find(parents: &mut [usize], mut at: usize) -> usize {
    while parents[at] != at {
        parents[at] = parents[parents[at]];
        at = parents[at];
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(texts: &[&str], groups: &[usize]) {
        assert_eq!(near_groups(texts), groups);
    }

    #[test]
    fn case_order_and_signs_make_no_difference() {
        check(&["Where is my card?", "my card: where IS", "Where is my cat?", ""], &[0, 0, 2, 3]);
    }

    #[test]
    fn one_word_of_ten_may_differ() {
        let base = "a b c d e f g h i j k l m n o p q r s t";
        check(
            &[base, "a b c d e f g h i j k l m n o p q r s z", "a b c d e f g h i j k l m n o p q y x z"],
            &[0, 0, 2],
        );
    }

    proptest! {
        #[test]
        fn it_finds_what_comparing_all_pairs_finds(
            texts in prop::collection::vec(prop::collection::vec(0u8..14, 0..14), 1..25)
        ) {
            let texts: Vec<String> = texts.iter()
                .map(|words| words.iter().map(|word| format!("w{word}")).collect::<Vec<_>>().join(" "))
                .collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let sets: Vec<_> = texts.iter().map(|text| words(text)).collect();
            let mut parents: Vec<usize> = (0..texts.len()).collect();
            for a in 0..texts.len() {
                for b in 0..a {
                    if !sets[a].is_empty() && alike(&sets[a], &sets[b]) {
                        let (x, y) = (find(&mut parents, a), find(&mut parents, b));
                        parents[x.max(y)] = x.min(y);
                    }
                }
            }
            let all: Vec<usize> = (0..texts.len()).map(|place| find(&mut parents, place)).collect();
            prop_assert_eq!(near_groups(&texts), all);
        }
    }
}
