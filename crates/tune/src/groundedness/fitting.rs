//! Claims made to fit the encoder that is to read them: what to do is said, and what was done is counted.

use std::path::Path;

use engraft_nn::{ModelError, Tokenizer};

use super::reading::{LONGEST, pair};
use super::{Claim, ClaimRow, measures};
use crate::TuneError;
use crate::data::{Fitted, OverLength};

/// Claims that an encoder is to read.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedClaims {
    /// Those that are left.
    pub rows: Vec<ClaimRow>,
    /// What was done to those that were too long.
    pub done: Fitted,
    /// Claims of which only the sentences that hold most of them are read.
    pub in_part: usize,
}

/// Makes claims fit the 128 tokens that the encoder in `base` reads: the claim, and the sentences of its evidence that hold most of
/// it. Too long is a claim of more than 64 tokens, or where even one sentence does not fit beside it.
///
/// Neither has parts to be read apart from each other, so that `split` is refused as `error` is.
pub fn fit_claims(rows: Vec<ClaimRow>, base: &Path, policy: OverLength) -> Result<FittedClaims, TuneError> {
    let tokenizer = Tokenizer::open(base).map_err(ModelError::from)?;
    let (before, behind) = tokenizer.around();
    let special = before.len() + 2 * behind.len();
    let claims: Vec<Claim> = rows.iter().map(|row| row.claim.clone()).collect();
    let measured = measures(&claims, None)?;
    let (mut kept, mut done, mut in_part) = (Vec::with_capacity(rows.len()), Fitted::default(), 0);
    for (row, features) in rows.into_iter().zip(&measured) {
        let read = pair(&tokenizer, &row.claim, features);
        if read.ids.lost > 0 {
            done.too_long += 1;
            if policy == OverLength::Drop {
                done.dropped += 1;
                done.tokens_lost += read.ids.ids.len() - special + read.ids.lost;
                continue;
            }
            done.truncated += 1;
            done.tokens_lost += read.ids.lost;
        }
        in_part += usize::from(read.unread > 0);
        kept.push(row);
    }
    if done.too_long > 0 && !matches!(policy, OverLength::Drop | OverLength::Truncate) {
        let message = format!(
            "{} claims are longer, with the sentence that holds most of them, than the {LONGEST} tokens an encoder reads",
            done.too_long
        );
        let hint =
            "say what should become of them: `--over-length drop` or `truncate`; or use `--method features`";
        return Err(TuneError::data(message, hint));
    }
    Ok(FittedClaims { rows: kept, done, in_part })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A claim that fits with its evidence, one too long by itself, one whose only sentence is too long, and one with more
    /// sentences than there is room for. The encoder reads letters.
    fn rows() -> Vec<ClaimRow> {
        let row = |id: &str, claim: &str, evidence: String| ClaimRow {
            id: id.into(),
            line: 0,
            claim: Claim { text: claim.into(), evidence: vec![evidence] },
            grade: Some(1.0),
            group: None,
        };
        vec![
            row("fits", "It opened in May.", "It opened in May.".into()),
            row("long", &"opened ".repeat(20), "It opened.".into()),
            row("sentence", "It opened.", format!("It opened {}.", "late ".repeat(50))),
            row("many", "It opened.", "It opened in the heat of summer. ".repeat(10)),
        ]
    }

    fn fitted(policy: OverLength) -> Result<FittedClaims, TuneError> {
        let folder = tempfile::tempdir().unwrap();
        engraft_testkit::tiny_encoder(folder.path()).unwrap();
        fit_claims(rows(), folder.path(), policy)
    }

    #[test]
    fn what_does_not_fit_is_dropped_or_cut_and_counted() {
        let ids =
            |fitted: &FittedClaims| -> Vec<String> { fitted.rows.iter().map(|row| row.id.clone()).collect() };
        let dropped = fitted(OverLength::Drop).unwrap();
        assert_eq!(ids(&dropped), ["fits", "many"]);
        assert_eq!((dropped.done.too_long, dropped.done.dropped, dropped.done.truncated), (2, 2, 0));
        let cut = fitted(OverLength::Truncate).unwrap();
        assert_eq!(ids(&cut), ["fits", "long", "sentence", "many"]);
        assert_eq!((cut.done.too_long, cut.done.dropped, cut.done.truncated), (2, 0, 2));
        assert!(0 < cut.done.tokens_lost && cut.done.tokens_lost < dropped.done.tokens_lost);
        // To read the sentences that matter is not to cut: it is told apart.
        assert_eq!((dropped.in_part, cut.in_part), (1, 1));
    }

    #[test]
    fn without_a_policy_nothing_is_trained() {
        for policy in [OverLength::Error, OverLength::Split] {
            let refused = fitted(policy).unwrap_err().to_string();
            assert!(refused.starts_with("2 claims are longer"), "{refused}");
        }
    }
}
