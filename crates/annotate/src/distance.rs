//! Edit distance, and the known word nearest to one that is not known.

/// How many insertions, deletions and replacements turn `a` into `b` (Levenshtein 1966). Time `a × b`, space `b`.
pub(crate) fn edit_distance<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, left) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, right) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(left != right);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[b.len()]
}

/// The word of `known` that `word` was probably meant to be: a third of its letters away at most, where two neighbours
/// swapped are one slip, and case is none.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nobody mistypes a text of a thousand letters, and comparing one would take long.
    let letters: Vec<char> = word.to_lowercase().chars().take(65).collect();
    if letters.len() > 64 {
        return None;
    }
    let scored = known.into_iter().filter(|candidate| candidate.len() <= 256).map(|candidate| {
        let other: Vec<char> = candidate.to_lowercase().chars().collect();
        (slips(&letters, &other), candidate)
    });
    let (distance, candidate) = scored.min_by_key(|(distance, _)| *distance)?;
    (distance <= (letters.len() / 3).max(1)).then_some(candidate)
}

/// Edit distance in which swapping two neighbours counts once (optimal string alignment).
fn slips(a: &[char], b: &[char]) -> usize {
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// "did you mean `x`?" where there is a near word, else what there is to choose from.
pub(crate) fn suggest(word: &str, known: &[&str]) -> String {
    const SHOWN: usize = 12;
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "there is none to choose from".to_string(),
        None => {
            let more = if known.len() > SHOWN {
                format!(" and {} more", known.len() - SHOWN)
            } else {
                String::new()
            };
            let first: Vec<String> = known.iter().take(SHOWN).map(|word| format!("`{word}`")).collect();
            format!("choose from {}{more}", first.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_slip_finds_its_word_and_a_stranger_does_not() {
        let known = ["billing", "refund", "other"];
        assert_eq!(nearest("Biling", known), Some("billing"));
        assert_eq!(nearest("OTHER", known), Some("other"));
        assert_eq!(nearest("ohter", known), Some("other"));
        assert_eq!(nearest("ref", known), None);
        assert_eq!(nearest("weather", known), None);
        assert_eq!(suggest("zebra", &known), "choose from `billing`, `refund`, `other`");
    }

    proptest! {
        #[test]
        fn edit_distance_is_a_metric(a in "[ab]{0,8}", b in "[ab]{0,8}", c in "[ab]{0,8}") {
            let of = |x: &str, y: &str| edit_distance(x.as_bytes(), y.as_bytes());
            prop_assert_eq!(of(&a, &b) == 0, a == b);
            prop_assert_eq!(of(&a, &b), of(&b, &a));
            prop_assert!(of(&a, &c) <= of(&a, &b) + of(&b, &c));
        }
    }
}
