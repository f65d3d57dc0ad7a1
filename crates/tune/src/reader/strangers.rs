//! Strangers: passages of other groups. Search brings several passages for a question, most of which answer nothing; a reader learns that
//! from these.

use engraft_eval::SplitMix;

use super::rows::{Question, QuestionRow};

/// The places of at most `count` rows of other groups than that of the row at `at`, drawn by `seed`, none of whose passages holds an
/// answer of that row.
pub(super) fn strangers(rows: &[&QuestionRow], at: usize, count: usize, seed: u64) -> Vec<usize> {
    let row = rows[at];
    let quotes = row.quotes();
    let mut draw = SplitMix::new(seed ^ 0x7061_7373, at as u64);
    // A few draws may hit the row's own group or hold its answer.
    let drawn = (0..4 * count).map(|_| draw.below(rows.len()));
    let strange = drawn.filter(|&other| {
        let passage = &rows[other].asked.passage;
        rows[other].group != row.group && !quotes.iter().any(|quote| passage.contains(quote))
    });
    strange.take(count).collect()
}

/// Each question that has an answer, asked of a passage that does not hold it.
pub(super) fn misplaced(rows: &[&QuestionRow], seed: u64) -> Vec<QuestionRow> {
    let answered = (0..rows.len()).filter(|&at| !rows[at].answers.is_empty());
    let asked_of = |at: usize| {
        let passage = rows[*strangers(rows, at, 1, seed).first()?].asked.passage.clone();
        let asked = Question { passage, ..rows[at].asked.clone() };
        Some(QuestionRow { asked, answers: Vec::new(), group: rows[at].group.clone() })
    };
    answered.filter_map(asked_of).collect()
}

#[cfg(test)]
mod tests {
    use engraft_core::Span;

    use super::*;

    fn row(n: usize, passage: &str) -> QuestionRow {
        let asked =
            Question { id: n.to_string(), line: 0, question: format!("Who {n}?"), passage: passage.into() };
        QuestionRow { asked, answers: Span::new(0, 3).into_iter().collect(), group: (n / 2).to_string() }
    }

    #[test]
    fn a_question_is_asked_of_a_passage_of_another_group_that_does_not_hold_its_answer() {
        let rows = [row(0, "Ana won."), row(1, "Bob won."), row(2, "Carl saw Ana."), row(3, "Dora left.")];
        let rows: Vec<&QuestionRow> = rows.iter().collect();
        let told: Vec<(String, String)> = misplaced(&rows, 0)
            .into_iter()
            .map(|row| {
                assert!(row.answers.is_empty());
                (row.asked.question, row.asked.passage)
            })
            .collect();
        // Of the other group's two passages one holds the first question's answer.
        assert!(told.contains(&("Who 0?".into(), "Dora left.".into())), "{told:?}");
        assert_eq!(strangers(&rows, 1, 7, 0).iter().filter(|&&other| other < 2).count(), 0);
        let alone = [row(0, "Ana won.")];
        assert!(misplaced(&[&alone[0]], 0).is_empty());
    }
}
