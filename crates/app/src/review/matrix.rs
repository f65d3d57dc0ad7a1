//! Who was confused with what: pairs of answers to the same item, with the items behind each pair.

use std::collections::{BTreeMap, BTreeSet};

use crate::dataset::words::one_word;
use crate::review::view::{Cell, Matrix};
use crate::review::window::Answered;

/// More labels than this make no readable matrix.
const LABELS: usize = 40;

/// The matrix of a question whose answers are one of a few; `None` for others, and while nobody answered the same item.
pub(crate) fn matrix(question: &str, window: &[Answered]) -> Option<Matrix> {
    let mut labels = BTreeSet::new();
    let mut cells: BTreeMap<(String, String), (u64, BTreeSet<String>)> = BTreeMap::new();
    for item in window {
        let words = item.given.iter().filter_map(|(_, answers)| one_word(answers.get(question)?));
        let words: Vec<String> = words.collect();
        for (place, one) in words.iter().enumerate() {
            labels.insert(one.clone());
            for other in &words[place + 1..] {
                let (a, b) = if one <= other { (one, other) } else { (other, one) };
                let cell = cells.entry((a.clone(), b.clone())).or_default();
                cell.0 += 1;
                cell.1.insert(item.item.clone());
            }
        }
    }
    if cells.is_empty() || labels.len() > LABELS {
        return None;
    }
    let cells = cells.into_iter().map(|((a, b), (pairs, items))| Cell {
        a,
        b,
        pairs,
        items: items.into_iter().collect(),
    });
    Some(Matrix { question: question.into(), labels: labels.into_iter().collect(), cells: cells.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use engraft_annotate::{Answer, Answers};
    use expect_test::{Expect, expect};

    #[track_caller]
    fn check(given: &[&[&str]], expected: Expect) {
        let window: Vec<Answered> = given
            .iter()
            .enumerate()
            .map(|(place, words)| Answered {
                item: format!("i{place}"),
                fields: Default::default(),
                given: words
                    .iter()
                    .map(|word| ("ana".into(), Answers::from([("q".into(), Answer::Label((*word).into()))])))
                    .collect(),
                accepted: Vec::new(),
            })
            .collect();
        let cells = matrix("q", &window).map(|matrix| matrix.cells).unwrap_or_default();
        let lines = cells
            .iter()
            .map(|cell| format!("{} {} {} {}\n", cell.a, cell.b, cell.pairs, cell.items.join(",")));
        expected.assert_eq(&lines.collect::<String>());
    }

    #[test]
    fn each_pair_of_people_counts_once_and_names_its_item() {
        check(
            &[&["x", "y", "x"], &["y", "x"], &["x"]],
            expect![[r#"
            x x 1 i0
            x y 3 i0,i1
        "#]],
        );
    }

    #[test]
    fn without_a_second_answer_there_is_no_matrix() {
        check(&[&["x"], &["y"]], expect![""]);
    }
}
