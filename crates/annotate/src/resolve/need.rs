//! Whether an item has answers enough.

use serde::Serialize;

use crate::Distribution;

/// What an item needs next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "need", rename_all = "snake_case")]
pub enum Need {
    /// Nothing: all asked for is there, and sure enough.
    Complete,
    /// So many more people.
    Ask {
        /// At least 1.
        more: u32,
    },
    /// A reviewer: as many as may be asked have answered, and it is still not sure.
    Review,
}

/// What an item with so many submitted responses needs.
///
/// `posterior` is the probability of its least sure question; `None` where nobody computed one, which asks nobody extra.
/// Extra people are asked one at a time, so that nobody answers what the one before has settled.
pub fn enough(distribution: &Distribution, responses: u32, posterior: Option<f64>) -> Need {
    if responses < distribution.overlap {
        return Need::Ask { more: distribution.overlap - responses };
    }
    match (distribution.until_posterior, posterior) {
        (Some(least), Some(posterior)) if posterior < least => {
            if responses < distribution.most() {
                Need::Ask { more: 1 }
            } else {
                Need::Review
            }
        }
        _ => Need::Complete,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_asked_until_it_is_sure_or_nobody_is_left() {
        let rule =
            Distribution { overlap: 2, max_overlap: Some(4), until_posterior: Some(0.9), lease_seconds: 1 };
        let need = |responses, posterior| enough(&rule, responses, posterior);
        assert_eq!(need(0, None), Need::Ask { more: 2 });
        assert_eq!(need(1, Some(0.99)), Need::Ask { more: 1 });
        assert_eq!(need(2, Some(0.9)), Need::Complete);
        assert_eq!(need(2, Some(0.89)), Need::Ask { more: 1 });
        assert_eq!(need(3, Some(0.5)), Need::Ask { more: 1 });
        assert_eq!(need(4, Some(0.5)), Need::Review);
        assert_eq!(need(9, Some(0.95)), Need::Complete);
        assert_eq!(need(2, None), Need::Complete);
        assert_eq!(enough(&Distribution::default(), 1, Some(0.1)), Need::Complete);
    }
}
