//! Contrasts made to fit what training reads: what to do is said, and what was done is counted.

use crate::TuneError;
use crate::data::{Fitted, OverLength};
use crate::retrieve::Contrast;

/// Tokens around a text.
const SPECIAL: usize = 2;

/// The most ids that training reads of a text, special tokens included; at least 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// Of a question: what the encoder reads.
    pub question: usize,
    /// Of a passage: at most what the encoder reads. With less, training takes less time and learns from the beginnings alone.
    pub passage: usize,
}

/// Makes every text of the rows fit its window; each place where a text stands counts.
///
/// Left out is a wrong passage alone, or a row whose question or answer is too long. A text that was judged as a whole has no
/// parts that are judged, so that `split` is refused as `error` is.
pub fn fit_contrasts(
    rows: Vec<Contrast>,
    windows: Windows,
    policy: OverLength,
) -> Result<(Vec<Contrast>, Fitted), TuneError> {
    let Windows { question, passage } = windows;
    let mut done = Fitted::default();
    let mut kept = Vec::with_capacity(rows.len());
    for mut row in rows {
        let asks = fit(&mut row.question, question, policy, &mut done);
        let mut fits = |text: &mut Vec<u32>| fit(text, passage, policy, &mut done);
        let answers = fits(&mut row.answer);
        row.wrong.retain_mut(fits);
        if asks && answers {
            kept.push(row);
        }
    }
    if done.too_long > 0 && !matches!(policy, OverLength::Drop | OverLength::Truncate) {
        let message = format!(
            "{} texts are longer than the {question} tokens of a question and {passage} of a passage that training reads",
            done.too_long
        );
        let hint = "say what should become of them: `--over-length drop` or `truncate`; or read more of passages with `--window`";
        return Err(TuneError::data(message, hint));
    }
    if kept.is_empty() && done.dropped > 0 {
        let message = format!(
            "no question with its answer fits the {question} tokens of a question and {passage} of a passage that training reads"
        );
        return Err(TuneError::data(
            message,
            "read more of passages with `--window`, or use `--over-length truncate`",
        ));
    }
    Ok((kept, done))
}

/// Cuts a text where it is to be cut; whether it stays.
fn fit(text: &mut Vec<u32>, window: usize, policy: OverLength, done: &mut Fitted) -> bool {
    if text.len() <= window {
        return true;
    }
    done.too_long += 1;
    if policy == OverLength::Truncate {
        done.truncated += 1;
        done.tokens_lost += text.len() - window;
        // The last token ends every text. A long question is read in parts when it is asked, and a passage as a whole when it is
        // indexed; the beginning is enough to learn from.
        text.drain(window - 1..text.len() - 1);
        return true;
    }
    done.dropped += 1;
    done.tokens_lost += text.len() - SPECIAL;
    false
}

#[cfg(test)]
mod tests {
    use engraft_core::Cancel;
    use engraft_nn::train::{Body, BodyOptions};
    use proptest::prelude::*;

    use super::*;
    use crate::Watch;
    use crate::retrieve::{ContrastOptions, ContrastTask};
    use crate::trainer::{Plan, train};

    /// Of a text of so many tokens between the special ones.
    fn text(n: usize) -> Vec<u32> {
        [vec![101], vec![7; n], vec![102]].concat()
    }

    fn row(question: usize, answer: usize, wrong: &[usize]) -> Contrast {
        let wrong = wrong.iter().map(|&n| text(n)).collect();
        Contrast { question: text(question), answer: text(answer), wrong, keys: [0].into() }
    }

    /// One that fits eight tokens, one whose wrong passage does not, and one whose question does not.
    fn rows() -> Vec<Contrast> {
        vec![row(2, 3, &[6]), row(2, 3, &[9]), row(10, 3, &[2])]
    }

    /// The same for questions and passages.
    fn both(window: usize) -> Windows {
        Windows { question: window, passage: window }
    }

    #[test]
    fn what_does_not_fit_is_left_out_or_cut_and_counted() {
        let (kept, done) = fit_contrasts(rows(), both(8), OverLength::Drop).unwrap();
        let shape: Vec<(usize, usize)> =
            kept.iter().map(|row| (row.question.len(), row.wrong.len())).collect();
        assert_eq!(shape, [(4, 1), (4, 0)]);
        assert_eq!(done, Fitted { too_long: 2, dropped: 2, tokens_lost: 19, ..Fitted::default() });
        let (kept, done) = fit_contrasts(rows(), both(8), OverLength::Truncate).unwrap();
        assert_eq!(done, Fitted { too_long: 2, truncated: 2, tokens_lost: 7, ..Fitted::default() });
        assert_eq!((kept.len(), kept[1].wrong[0].len(), kept[2].question.len()), (3, 8, 8));
        assert_eq!((kept[2].question[0], kept[2].question[7]), (101, 102));
    }

    #[test]
    fn a_question_may_be_read_further_than_a_passage() {
        let windows = Windows { question: 12, passage: 6 };
        let (kept, done) = fit_contrasts(rows(), windows, OverLength::Truncate).unwrap();
        assert_eq!(done, Fitted { too_long: 2, truncated: 2, tokens_lost: 7, ..Fitted::default() });
        assert_eq!((kept[0].wrong[0].len(), kept[1].wrong[0].len(), kept[2].question.len()), (6, 6, 12));
    }

    #[test]
    fn without_a_policy_nothing_is_trained() {
        for policy in [OverLength::Error, OverLength::Split] {
            let refused = fit_contrasts(rows(), both(8), policy).unwrap_err().to_string();
            assert_eq!(
                refused,
                "2 texts are longer than the 8 tokens of a question and 8 of a passage that training reads"
            );
            assert_eq!(fit_contrasts(rows(), both(12), policy).unwrap().0.len(), 3);
        }
        let refused = fit_contrasts(rows(), both(3), OverLength::Drop).unwrap_err();
        assert!(refused.to_string().starts_with("no question with its answer fits"), "{refused}");
    }

    fn tokens(rows: &[Contrast]) -> usize {
        rows.iter()
            .flat_map(|row| [&row.question, &row.answer].into_iter().chain(&row.wrong))
            .map(Vec::len)
            .sum()
    }

    proptest! {
        #[test]
        fn nothing_beyond_its_window_is_learnt_from_and_every_token_that_is_cut_is_counted(
            lengths in prop::collection::vec((1usize..40, 1usize..40, prop::collection::vec(1usize..40, 0..3)), 1..9),
            question in 3usize..30, passage in 3usize..30,
        ) {
            let rows: Vec<Contrast> =
                lengths.iter().map(|(question, answer, wrong)| row(*question, *answer, wrong)).collect();
            let before = tokens(&rows);
            let (kept, done) =
                fit_contrasts(rows, Windows { question, passage }, OverLength::Truncate).unwrap();
            prop_assert_eq!(kept.len(), lengths.len());
            prop_assert_eq!(before - tokens(&kept), done.tokens_lost);
            prop_assert_eq!((done.too_long, done.dropped), (done.truncated, 0));
            for row in &kept {
                prop_assert!(row.question.len() <= question);
                prop_assert!(row.wrong.iter().chain([&row.answer]).all(|text| text.len() <= passage));
            }
        }
    }

    /// The vectors of places, end to end.
    fn places(body: &Body) -> Vec<f32> {
        let table =
            body.parameters().iter().find(|one| one.name == "embeddings.position_embeddings.weight").unwrap();
        table.values.clone()
    }

    #[test]
    fn training_moves_no_place_beyond_what_it_reads_of_a_passage() {
        let folder = tempfile::tempdir().unwrap();
        engraft_testkit::tiny_encoder(folder.path()).unwrap();
        // Letters of the made-up encoder, between its special tokens.
        let text = |len: u32, first: u32| -> Vec<u32> {
            let letters = (0..len).map(|n| 5 + (first * 7 + n * 3) % 72);
            std::iter::once(2).chain(letters).chain([3]).collect()
        };
        let row = |n: u32| Contrast {
            question: text(6, n),
            answer: text(60 + n, n + 20),
            wrong: vec![text(50 + n, n + 40)],
            keys: [u64::from(n)].into(),
        };
        let windows = Windows { question: 160, passage: 32 };
        let rows: Vec<Contrast> = (0..8).map(row).collect();
        let (rows, done) = fit_contrasts(rows, windows, OverLength::Truncate).unwrap();
        assert_eq!((rows.len(), done.truncated), (8, 16));
        let body = Body::open(folder.path(), BodyOptions::default()).unwrap();
        let (hidden, before) = (body.config().hidden, places(&body));
        let mut task = ContrastTask { body, rows: &rows, options: ContrastOptions::default() };
        let plan = Plan { epochs: 2, batch: 4, rate: 1e-3, ..Plan::default() };
        train(&mut task, &plan, Watch::quiet(&Cancel::default()), |_| Ok(None)).unwrap();
        let after = places(&task.body);
        let both = before.chunks_exact(hidden).zip(after.chunks_exact(hidden)).enumerate();
        let moved: Vec<usize> =
            both.filter(|(_, (before, after))| before != after).map(|one| one.0).collect();
        assert_eq!(moved, (0..32).collect::<Vec<usize>>());
    }
}
