//! Whether quotes are what the source says, and the source what is current.

use crate::{Metric, Resampling};

/// One citation of one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuoteCheck<'t> {
    /// What is quoted.
    pub quote: &'t str,
    /// The text of the cited version; `None` when there is no such version.
    pub source: Option<&'t str>,
    /// Where the quote should be: code points, half-open.
    pub span: (usize, usize),
    /// The version that is cited.
    pub cited_version: u64,
    /// The version that is current; `None` when the document is gone.
    pub current_version: Option<u64>,
}

/// Whether the quote is, to the letter, what the source says at that place. An empty quote never is.
pub fn quote_is_exact(check: &QuoteCheck) -> bool {
    let (start, end) = check.span;
    let Some(source) = check.source.filter(|_| start < end) else { return false };
    let mut rest = source.chars();
    let at_start = start == 0 || rest.nth(start - 1).is_some();
    at_start && rest.as_str().starts_with(check.quote) && check.quote.chars().count() == end - start
}

/// The share of quotes that are exact.
pub fn quotes_exact(checks: &[QuoteCheck], resampling: &Resampling) -> Metric {
    Metric::mean(&checks.iter().map(|check| f64::from(quote_is_exact(check))).collect::<Vec<_>>(), resampling)
}

/// The share of citations that cite the current version.
pub fn quotes_fresh(checks: &[QuoteCheck], resampling: &Resampling) -> Metric {
    let fresh = |check: &QuoteCheck| f64::from(check.current_version == Some(check.cited_version));
    Metric::mean(&checks.iter().map(fresh).collect::<Vec<_>>(), resampling)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote(quote: &str, span: (usize, usize)) -> bool {
        let source = Some("Größe: 4 m\n€ 12");
        quote_is_exact(&QuoteCheck { quote, source, span, cited_version: 1, current_version: Some(1) })
    }

    #[test]
    fn a_quote_is_exact_at_its_code_points_only() {
        assert!(quote("Größe", (0, 5)) && quote("€ 12", (11, 15)) && quote("m\n€", (9, 12)));
        assert!(!quote("Größe", (1, 6)) && !quote("größe", (0, 5)) && !quote("Größe", (0, 6)));
    }

    #[test]
    fn what_is_not_there_is_not_exact() {
        assert!(!quote("x", (40, 41)) && !quote("", (0, 0)) && !quote("G", (1, 0)));
    }

    #[test]
    fn a_citation_is_fresh_while_its_version_is_current() {
        let check = |current_version| QuoteCheck {
            quote: "x",
            source: None,
            span: (0, 1),
            cited_version: 3,
            current_version,
        };
        let checks = [check(Some(3)), check(Some(4)), check(None), check(Some(3))];
        assert_eq!(quotes_fresh(&checks, &Resampling::default()).value, Some(0.5));
        assert_eq!(quotes_exact(&checks, &Resampling::default()).value, Some(0.0));
    }
}
