//! A number that carries its doubt.

use serde::{Deserialize, Serialize};

use crate::{Resampling, bootstrap_mean};

/// A value with its n and its 95 % interval; what every measurement becomes before it is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// The value; `None` when nothing could be measured (`n` is 0).
    pub value: Option<f64>,
    /// The lower end of the interval; `None` where no interval is defined.
    pub low: Option<f64>,
    /// The upper end; `None` together with `low`.
    pub high: Option<f64>,
    /// How many items it was measured on.
    pub n: usize,
    /// Why there is no interval, in words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub why: Option<String>,
}

impl Metric {
    /// The mean of `values`, one per independent item, with its percentile bootstrap interval.
    ///
    /// Fewer than two values, or values that are all the same, have no such interval: resampling them shows no spread.
    /// Below about 50 items the interval is too narrow when almost all values are alike.
    pub fn mean(values: &[f64], resampling: &Resampling) -> Metric {
        let n = values.len();
        let bare = |value, why: &str| Metric { value, low: None, high: None, n, why: Some(why.to_string()) };
        let Some(&first) = values.first() else { return bare(None, "nothing to measure") };
        let mean = values.iter().sum::<f64>() / n as f64;
        if n == 1 {
            return bare(Some(mean), "one item shows no spread");
        }
        if values.iter().all(|value| *value == first) {
            return bare(Some(first), "all items have the same value, so resampling shows no spread");
        }
        let Some(interval) = bootstrap_mean(values, resampling) else {
            return bare(Some(mean), "no resamples were asked for");
        };
        Metric { value: Some(mean), low: Some(interval.low), high: Some(interval.high), n, why: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[f64], expected: &str) {
        let metric = Metric::mean(values, &Resampling { seed: 0, resamples: 1000 });
        assert_eq!(serde_json::to_string(&metric).unwrap(), expected);
    }

    #[test]
    fn nothing_measured_is_null_and_never_nan() {
        check(&[], r#"{"value":null,"low":null,"high":null,"n":0,"why":"nothing to measure"}"#);
    }

    #[test]
    fn where_no_interval_is_defined_it_says_why() {
        check(&[0.5], r#"{"value":0.5,"low":null,"high":null,"n":1,"why":"one item shows no spread"}"#);
        let why = "all items have the same value, so resampling shows no spread";
        check(&[0.1; 3], &format!(r#"{{"value":0.1,"low":null,"high":null,"n":3,"why":"{why}"}}"#));
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        check(&[0.0, 1.0, 1.0, 0.5], r#"{"value":0.625,"low":0.24687500000000018,"high":1.0,"n":4}"#);
    }
}
