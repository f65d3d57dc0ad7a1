//! From logits to the best answer.

/// The logits of one window: of there being no answer, then of each word.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Logits<'a> {
    /// To be the first word.
    pub(crate) first: &'a [f32],
    /// To be the last one.
    pub(crate) last: &'a [f32],
}

/// The best answer of a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Best {
    /// The places of its first and last word, among those of the window.
    pub(crate) words: (usize, usize),
    /// By how much its logits are above those of there being none; the natural logarithm of the odds, before calibration.
    pub(crate) lead: f64,
}

impl Logits<'_> {
    /// The answer of at most `longest` words with the greatest sum of logits, the first of equals; `None` without words.
    pub(crate) fn best(&self, longest: usize) -> Option<Best> {
        let (none, first, last) = (sum(self.first[0], self.last[0]), &self.first[1..], &self.last[1..]);
        let mut best: Option<Best> = None;
        for (from, &begin) in first.iter().enumerate() {
            for (to, &end) in last.iter().enumerate().skip(from).take(longest.max(1)) {
                let lead = sum(begin, end) - none;
                if best.is_none_or(|best| lead > best.lead) {
                    best = Some(Best { words: (from, to), lead });
                }
            }
        }
        best
    }
}

fn sum(a: f32, b: f32) -> f64 {
    f64::from(a) + f64::from(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_where_it_begins_or_later_and_is_not_too_long() {
        let logits = Logits { first: &[1.0, 0.0, 3.0, 0.0], last: &[0.5, 9.0, 1.0, 2.0] };
        // The greatest end lies before the greatest beginning.
        assert_eq!(logits.best(1), Some(Best { words: (0, 0), lead: 7.5 }));
        let logits = Logits { last: &[0.5, 0.0, 1.0, 2.0], ..logits };
        assert_eq!(logits.best(5), Some(Best { words: (1, 2), lead: 3.5 }));
        assert_eq!(logits.best(1), Some(Best { words: (1, 1), lead: 2.5 }));
        assert_eq!(Logits { first: &[1.0], last: &[1.0] }.best(3), None);
    }
}
