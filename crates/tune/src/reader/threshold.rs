//! From how much support on a reader answers, where it reads several passages for one question: chosen on questions set aside.

use engraft_eval::SplitMix;

use super::model::{Reader, Reading, even};
use super::rows::QuestionRow;
use crate::{TuneError, Watch};

/// Passages that are read for a question.
pub const PASSAGES: usize = 8;
/// Questions that are enough to choose on.
const ENOUGH: usize = 200;

/// A question as it was read over several passages.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Tried {
    /// Of the answer that leads.
    support: f64,
    /// Whether giving that answer is right.
    answered: bool,
    /// Whether silence is.
    silent: bool,
}

/// The threshold under which most questions come out right. Each is read with its own passage and some of other groups, as search
/// would bring them; one with an answer also without its own passage, where silence is right.
pub(super) fn threshold(
    reader: &Reader,
    rows: &[&QuestionRow],
    seed: u64,
    watch: Watch<'_>,
) -> Result<f64, TuneError> {
    let mut tried = Vec::new();
    for (at, row) in rows.iter().enumerate().take(ENOUGH) {
        watch.go_on()?;
        let others: Vec<usize> = (0..rows.len()).filter(|&other| rows[other].group != row.group).collect();
        let mut draw = SplitMix::new(seed ^ 0x7061_7373, at as u64);
        let drawn = (0..(PASSAGES - 1).min(others.len())).map(|_| others[draw.below(others.len())]);
        let read: Vec<(&str, &str)> = std::iter::once(at)
            .chain(drawn)
            .map(|one| (row.asked.question.as_str(), rows[one].asked.passage.as_str()))
            .collect();
        let readings = reader.read(&read)?;
        let Some((place, lead)) = leading(&readings) else { continue };
        let right = |span| row.answers.iter().any(|own| own.overlap(span) > 0);
        let answered = place == 0 && lead.span.is_some_and(right);
        tried.push(Tried { support: lead.support, answered, silent: row.answers.is_empty() });
        if let Some((_, lead)) = leading(&readings[1..]).filter(|_| !row.answers.is_empty()) {
            tried.push(Tried { support: lead.support, answered: false, silent: true });
        }
    }
    Ok(best(&tried))
}

/// The reading that is furthest ahead of there being no answer, with its place; the first of equals.
pub fn leading(readings: &[Reading]) -> Option<(usize, &Reading)> {
    let found = readings.iter().enumerate().filter(|(_, reading)| reading.span.is_some());
    found.reduce(|best, next| if next.1.lead > best.1.lead { next } else { best })
}

/// The threshold with the most right, of equals the one nearest to one half; one half itself where no other is better by more than
/// one standard error.
fn best(tried: &[Tried]) -> f64 {
    let mut supports: Vec<f64> = tried.iter().map(|one| one.support).collect();
    supports.sort_by(f64::total_cmp);
    let outcomes = |threshold: f64| -> Vec<bool> {
        tried.iter().map(|one| if one.support >= threshold { one.answered } else { one.silent }).collect()
    };
    let usual = outcomes(even());
    // How many more come out right than at one half, and how many come out otherwise.
    let gain = |threshold: f64| {
        let own = outcomes(threshold);
        let count = |right: &[bool]| right.iter().filter(|&&right| right).count() as f64;
        let others = own.iter().zip(&usual).filter(|(own, usual)| own != usual).count();
        (count(&own) - count(&usual), others as f64)
    };
    let (mut most, mut best) = (0.0, even());
    for pair in supports.windows(2) {
        let threshold = f64::midpoint(pair[0], pair[1]);
        let (more, others) = gain(threshold);
        let nearer = (threshold - even()).abs() < (best - even()).abs();
        if more > others.sqrt() && (more > most || more == most && nearer) {
            (most, best) = (more, threshold);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use engraft_core::Span;

    use super::*;

    fn tried(support: f64, answered: bool, silent: bool) -> Tried {
        Tried { support, answered, silent }
    }

    #[test]
    fn the_threshold_lies_where_most_come_out_right() {
        let [right, wrong] = [true, false].map(|right| move |support| tried(support, right, !right));
        let sure = [right(0.95), right(0.8), wrong(0.7), wrong(0.6), wrong(0.55)];
        assert!((best(&sure) - 0.75).abs() < 1e-12, "{}", best(&sure));
        let modest = [right(0.3), right(0.2), wrong(0.1)];
        assert!((best(&modest) - 0.15).abs() < 1e-12, "{}", best(&modest));
        // Nothing to choose on, nothing that tells, or one question alone: as likely as not.
        assert_eq!(best(&[]), 0.5);
        assert_eq!(best(&[right(0.9), wrong(0.2)]), 0.5);
        assert_eq!(best(&[right(0.9), wrong(0.6), wrong(0.2)]), 0.5);
    }

    #[test]
    fn the_answer_that_leads_is_the_first_of_the_furthest_ahead() {
        let reading = |lead: f64| Reading { span: Span::new(0, 1), lead, support: 0.0 };
        let none = Reading { span: None, lead: 9.0, support: 0.0 };
        let readings = [none, reading(-3.0), reading(1.0), reading(1.0)];
        assert_eq!(leading(&readings).map(|(place, _)| place), Some(2));
        assert_eq!(leading(&[none]), None);
    }
}
