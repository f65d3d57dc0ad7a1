//! Contrasts made to fit the encoder that is to learn from them: what to do is said, and what was done is counted.

use crate::TuneError;
use crate::data::{Fitted, OverLength};
use crate::retrieve::Contrast;

/// Tokens around a text.
const SPECIAL: usize = 2;

/// Makes every text of the rows fit `window` ids, special tokens included; each place where a text stands counts.
///
/// Left out is a wrong passage alone, or a row whose question or answer is too long. A text that was judged as a whole has no
/// parts that are judged, so that `split` is refused as `error` is.
pub fn fit_contrasts(
    rows: Vec<Contrast>,
    window: usize,
    policy: OverLength,
) -> Result<(Vec<Contrast>, Fitted), TuneError> {
    let mut done = Fitted::default();
    let mut kept = Vec::with_capacity(rows.len());
    for mut row in rows {
        let mut fits = |text: &mut Vec<u32>| fit(text, window, policy, &mut done);
        let whole = [fits(&mut row.question), fits(&mut row.answer)];
        row.wrong.retain_mut(fits);
        if whole == [true, true] {
            kept.push(row);
        }
    }
    if done.too_long > 0 && !matches!(policy, OverLength::Drop | OverLength::Truncate) {
        let message =
            format!("{} texts are longer than the {window} tokens the encoder reads", done.too_long);
        let hint = "say what should become of them: `--over-length drop` or `truncate`";
        return Err(TuneError::data(message, hint));
    }
    if kept.is_empty() && done.dropped > 0 {
        let message = format!("no question with its answer fits the {window} tokens the encoder reads");
        return Err(TuneError::data(message, "use `--over-length truncate`"));
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
        // The last token ends every text. A long question is read in parts when it is asked; its beginning is enough to learn from.
        text.drain(window - 1..text.len() - 1);
        return true;
    }
    done.dropped += 1;
    done.tokens_lost += text.len() - SPECIAL;
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One that fits, one whose wrong passage does not, and one whose question does not.
    fn rows() -> Vec<Contrast> {
        let text = |n: usize| [vec![101], vec![7; n], vec![102]].concat();
        let row = |question: usize, wrong: usize| Contrast {
            question: text(question),
            answer: text(3),
            wrong: vec![text(wrong)],
            keys: [0].into(),
        };
        vec![row(2, 6), row(2, 9), row(10, 2)]
    }

    #[test]
    fn what_does_not_fit_is_left_out_or_cut_and_counted() {
        let (kept, done) = fit_contrasts(rows(), 8, OverLength::Drop).unwrap();
        let shape: Vec<(usize, usize)> =
            kept.iter().map(|row| (row.question.len(), row.wrong.len())).collect();
        assert_eq!(shape, [(4, 1), (4, 0)]);
        assert_eq!(done, Fitted { too_long: 2, dropped: 2, tokens_lost: 19, ..Fitted::default() });
        let (kept, done) = fit_contrasts(rows(), 8, OverLength::Truncate).unwrap();
        assert_eq!(done, Fitted { too_long: 2, truncated: 2, tokens_lost: 7, ..Fitted::default() });
        assert_eq!((kept.len(), kept[1].wrong[0].len(), kept[2].question.len()), (3, 8, 8));
        assert_eq!((kept[2].question[0], kept[2].question[7]), (101, 102));
    }

    #[test]
    fn without_a_policy_nothing_is_trained() {
        for policy in [OverLength::Error, OverLength::Split] {
            let refused = fit_contrasts(rows(), 8, policy).unwrap_err().to_string();
            assert_eq!(refused, "2 texts are longer than the 8 tokens the encoder reads");
            assert_eq!(fit_contrasts(rows(), 12, policy).unwrap().0.len(), 3);
        }
        let refused = fit_contrasts(rows(), 3, OverLength::Drop).unwrap_err();
        assert!(refused.to_string().starts_with("no question with its answer fits"), "{refused}");
    }
}
