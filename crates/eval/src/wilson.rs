//! The Wilson score interval (Wilson 1927): what a share of right answers says about the person who gave them.

use crate::Interval;

/// The 97.5 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// The 95 % interval of a share, `right` of `n`; `[0, 1]` when `n` is 0. `right` is at most `n`.
pub fn wilson(right: usize, n: usize) -> Interval {
    if n == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    wilson_at(right as f64 / n as f64, n as f64)
}

/// The same of a share in `[0, 1]` that is no whole number of `n`, which is above 0.
pub(crate) fn wilson_at(share: f64, n: f64) -> Interval {
    let square = Z * Z;
    let middle = (share + square / (2.0 * n)) / (1.0 + square / n);
    let half = Z / (1.0 + square / n) * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt();
    Interval { low: (middle - half).max(0.0), high: (middle + half).min(1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(right: usize, n: usize, low: f64, high: f64) {
        let interval = wilson(right, n);
        assert!((interval.low - low).abs() < 5e-5 && (interval.high - high).abs() < 5e-5, "{interval:?}");
    }

    #[test]
    fn it_is_the_published_interval() {
        // Newcombe 1998, table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        check(81, 263, 0.2553, 0.3662);
        check(15, 148, 0.0624, 0.1605);
        check(0, 20, 0.0, 0.1611);
        check(1, 29, 0.0061, 0.1718);
    }

    #[test]
    fn nothing_seen_says_nothing() {
        check(0, 0, 0.0, 1.0);
    }

    proptest! {
        #[test]
        fn it_holds_the_share_and_mirrors_it(n in 1usize..500, part in 0.0f64..=1.0) {
            let right = (part * n as f64) as usize;
            let (of_right, of_wrong) = (wilson(right, n), wilson(n - right, n));
            let share = right as f64 / n as f64;
            prop_assert!(of_right.low <= share + 1e-12 && share <= of_right.high + 1e-12);
            prop_assert!((of_right.low - (1.0 - of_wrong.high)).abs() < 1e-12);
        }
    }
}
