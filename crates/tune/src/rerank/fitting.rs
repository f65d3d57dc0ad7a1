//! Pairs that a cross-encoder does not read as a whole: what to do is said, and what was done is counted.

use crate::TuneError;
use crate::data::{Fitted, OverLength};
use crate::rerank::JudgedPair;

/// Tokens around a question and a passage.
const SPECIAL: usize = 3;

/// The pairs to learn from, of which those that were cut may not be: they are left out, or an error.
///
/// A passage was judged as a whole and nobody said which of its parts answers, so that `split` is refused as `error` is.
pub fn fit_pairs(
    pairs: Vec<JudgedPair>,
    window: usize,
    policy: OverLength,
) -> Result<(Vec<JudgedPair>, Fitted), TuneError> {
    let (of, long) = (pairs.len(), pairs.iter().filter(|one| one.pair.lost > 0).count());
    let mut done = Fitted { too_long: long, ..Fitted::default() };
    match policy {
        OverLength::Truncate => {
            done.truncated = long;
            done.tokens_lost = pairs.iter().map(|one| one.pair.lost).sum();
            Ok((pairs, done))
        }
        OverLength::Drop => {
            let (cut, kept): (Vec<JudgedPair>, Vec<JudgedPair>) =
                pairs.into_iter().partition(|one| one.pair.lost > 0);
            done.dropped = long;
            done.tokens_lost =
                cut.iter().map(|one| one.pair.ids.len().saturating_sub(SPECIAL) + one.pair.lost).sum();
            if kept.is_empty() && long > 0 {
                let message =
                    format!("none of the {of} pairs fits the {window} tokens that are read together");
                return Err(TuneError::data(
                    message,
                    "read more with `--window`, or use `--over-length truncate`",
                ));
            }
            Ok((kept, done))
        }
        OverLength::Error | OverLength::Split if long > 0 => {
            let message =
                format!("{long} of {of} pairs are longer than the {window} tokens that are read together");
            let hint = "say what should become of them: `--over-length drop` or `truncate`; or read more with `--window`";
            Err(TuneError::data(message, hint))
        }
        OverLength::Error | OverLength::Split => Ok((pairs, done)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rerank::PairIds;

    fn pairs(lost: &[usize]) -> Vec<JudgedPair> {
        let pair = |&lost: &usize| JudgedPair {
            pair: PairIds { ids: vec![1; 8], second: 4, lost },
            relevance: 0.0,
            prior: 0.0,
        };
        lost.iter().map(pair).collect()
    }

    #[test]
    fn what_was_cut_is_learnt_from_or_left_out_and_counted() {
        let (kept, done) = fit_pairs(pairs(&[0, 2, 0, 5]), 8, OverLength::Truncate).unwrap();
        assert_eq!(done, Fitted { too_long: 2, truncated: 2, tokens_lost: 7, ..Fitted::default() });
        assert_eq!(kept, pairs(&[0, 2, 0, 5]));
        let (kept, done) = fit_pairs(pairs(&[0, 2, 0, 5]), 8, OverLength::Drop).unwrap();
        assert_eq!(done, Fitted { too_long: 2, dropped: 2, tokens_lost: 17, ..Fitted::default() });
        assert_eq!(kept, pairs(&[0, 0]));
    }

    #[test]
    fn without_a_policy_nothing_is_trained() {
        for policy in [OverLength::Error, OverLength::Split] {
            let refused = fit_pairs(pairs(&[0, 2]), 8, policy).unwrap_err().to_string();
            assert_eq!(refused, "1 of 2 pairs are longer than the 8 tokens that are read together");
            assert_eq!(fit_pairs(pairs(&[0, 0]), 8, policy).unwrap().0.len(), 2);
        }
        let refused = fit_pairs(pairs(&[1, 2]), 8, OverLength::Drop).unwrap_err();
        assert!(refused.to_string().starts_with("none of the 2 pairs fits"), "{refused}");
    }
}
