//! Times: the store counts milliseconds, people and JSON read RFC 3339.

use jiff::Timestamp;

use crate::Context;

/// Now, in milliseconds since 1970.
pub(crate) fn millis(context: Context) -> i64 {
    (context.now_ns)().div_euclid(1_000_000)
}

/// `2026-11-22T17:05:15.000Z`.
pub(crate) fn rfc3339(millis: i64) -> String {
    Timestamp::from_millisecond(millis).map_or_else(|_| String::new(), |at| format!("{at:.3}"))
}

/// The milliseconds of an RFC 3339 time; `None` for words that are no time.
pub(crate) fn read(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// Midnight UTC before that time.
pub(crate) fn day(millis: i64) -> i64 {
    const DAY: i64 = 24 * 3600 * 1000;
    millis.div_euclid(DAY) * DAY
}

/// Milliseconds somebody says they were active, a year at most: sums of them must stay numbers the store can hold.
pub(crate) fn active(ms: u64) -> u64 {
    const YEAR: u64 = 365 * 24 * 3600 * 1000;
    ms.min(YEAR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_back() {
        assert_eq!(rfc3339(1_795_367_115_000), "2026-11-22T17:05:15.000Z");
        assert_eq!(read("2026-11-22T17:05:15.000Z"), Some(1_795_367_115_000));
        assert_eq!(read("2026-11-22T18:05:15+01:00"), Some(1_795_367_115_000));
        assert_eq!((read("yesterday"), read("")), (None, None));
        assert_eq!(rfc3339(day(1_795_367_115_000)), "2026-11-22T00:00:00.000Z");
    }
}
