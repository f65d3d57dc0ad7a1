//! Is one side better than the other, as good, or must more questions be asked?

use serde::{Deserialize, Serialize};

use crate::statistics::bounds::{Bounds, difference_bounds};
use crate::statistics::distributions::student_below;
use crate::statistics::power::{
    ALPHA, POWER, detectable, pairs_for_equivalence, pairs_for_means, pairs_for_shares,
};
use crate::statistics::sign_flip::{SignFlip, sign_flip};
use crate::statistics::spread::{Method, Sample, Spread};
use crate::statistics::units::Units;
use crate::{Interval, Metric, Resampling, Score, States};

/// What a comparison comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Verdict {
    /// The difference is above 0: its 95 % interval and the test agree.
    #[serde(rename = "better")]
    Better,
    /// The difference is below 0.
    #[serde(rename = "worse")]
    Worse,
    /// Whatever the difference is, it is smaller than the margin (two one-sided tests at 5 %).
    #[serde(rename = "equivalent")]
    Equivalent,
    /// None of these is shown.
    #[serde(rename = "need more")]
    NeedMore,
}

/// A paired difference with everything needed to judge it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The mean difference with its 95 % interval; n is questions scored on both sides.
    #[serde(rename = "difference")]
    pub metric: Metric,
    /// Two-sided, of the sign-flip test; of Student's where several training seeds took part.
    pub p: Option<f64>,
    /// One-sided: how likely so low a difference is where the sides are alike.
    #[serde(skip)]
    pub p_worse: Option<f64>,
    /// The smallest true difference that so many pairs show in four of five tries, with the degrees of freedom of the interval.
    pub mde: Option<f64>,
    /// What it comes to.
    pub verdict: Verdict,
    /// How many more questions bring a verdict in four of five tries, if the true difference is the one measured; 0 when
    /// there is a verdict, `None` when nothing can be said.
    pub need_n: Option<usize>,
    /// Differences smaller than this do not matter.
    pub margin: f64,
    /// How the interval was made.
    pub method: Option<Method>,
    /// The 90 % interval: outside it the true difference lies with 5 % on either side.
    pub one_sided: Option<Interval>,
    /// The standard error of the difference.
    pub standard_error: Option<f64>,
}

/// The difference of `a` less `b`, row by row (the same question and seed), over rows that are scored on both sides.
///
/// # Panics
/// When `a` and `b` have not one entry a row of `units`.
pub fn paired_difference(
    a: &[Score],
    b: &[Score],
    units: &Units,
    margin: f64,
    resampling: &Resampling,
) -> Difference {
    assert_eq!(a.len(), b.len(), "both sides have the same rows");
    let less = |(a, b): (&Score, &Score)| Some(a.value()? - b.value()?);
    difference(&a.iter().zip(b).map(less).collect::<Vec<_>>(), units, margin, resampling)
}

/// Judges any contrast given row by row, such as `a11 - a10 - a01 + a00` for an interaction; `None` where a side is
/// missing. Positive is better. `margin` is 0 or more.
///
/// The interval is Agresti and Min's where differences are those of right and wrong answers or few rows differ, Student's
/// over documents and seeds where several training seeds took part, and the studentised bootstrap over documents otherwise.
///
/// # Panics
/// When there is not one entry a row of `units`.
pub fn difference(
    differences: &[Option<f64>],
    units: &Units,
    margin: f64,
    resampling: &Resampling,
) -> Difference {
    assert_eq!(differences.len(), units.rows(), "a contrast has one entry a row");
    let Some(sample) = Sample::of(differences, units) else {
        return undecided(None, 0, margin, "no question is scored on both sides");
    };
    let n = sample.questions();
    let Some(spread) = sample.spread(sample.method(), resampling) else {
        return undecided(Some(sample.mean), n, margin, "one document shows no spread");
    };
    let tests = tests(&sample, &spread, resampling);
    let (wide, narrow) = (spread.interval(0.95), spread.interval(1.0 - 2.0 * ALPHA));
    let verdict = match tests.two_sided <= ALPHA {
        _ if -margin < narrow.low && narrow.high < margin => Verdict::Equivalent,
        true if wide.low > 0.0 => Verdict::Better,
        true if wide.high < 0.0 => Verdict::Worse,
        _ => Verdict::NeedMore,
    };
    let need_n = match verdict {
        Verdict::NeedMore => (needed(&sample, &spread, margin)).map(|all| all.saturating_sub(n).max(1)),
        _ => Some(0),
    };
    let metric =
        Metric { value: Some(sample.mean), low: Some(wide.low), high: Some(wide.high), n, why: None };
    Difference {
        metric,
        p: Some(tests.two_sided),
        p_worse: Some(tests.below),
        mde: Some(detectable(spread.error, spread.df())),
        verdict,
        need_n,
        margin,
        method: Some(spread.method),
        one_sided: Some(narrow),
        standard_error: Some(spread.error),
    }
}

/// The interval of a contrast under one method, whatever the rule says of it; `None` when there is no spread to see.
pub fn interval_by(
    method: Method,
    differences: &[Option<f64>],
    units: &Units,
    level: f64,
    resampling: &Resampling,
) -> Option<Interval> {
    Some(Sample::of(differences, units)?.spread(method, resampling)?.interval(level))
}

/// The p of two one-sided tests (Schuirmann 1987) that a difference is smaller than `margin` either way; Student's with `df`
/// degrees of freedom. `standard_error` is above 0.
pub fn equivalence_p(difference: f64, standard_error: f64, df: f64, margin: f64) -> f64 {
    let above_low = 1.0 - student_below((difference + margin) / standard_error, df);
    let below_high = student_below((difference - margin) / standard_error, df);
    above_low.max(below_high)
}

fn undecided(value: Option<f64>, n: usize, margin: f64, why: &str) -> Difference {
    Difference {
        metric: Metric { value, low: None, high: None, n, why: Some(why.to_string()) },
        p: None,
        p_worse: None,
        mde: None,
        verdict: Verdict::NeedMore,
        need_n: None,
        margin,
        method: None,
        one_sided: None,
        standard_error: None,
    }
}

fn tests(sample: &Sample, spread: &Spread, resampling: &Resampling) -> SignFlip {
    match (spread.method, spread.df()) {
        (Method::Student, Some(df)) if spread.error > 0.0 => {
            let below = student_below(sample.mean / spread.error, df);
            let two_sided = 2.0 * below.min(1.0 - below);
            SignFlip { two_sided, below, above: 1.0 - below, exact: true }
        }
        _ => {
            let sums: Vec<f64> = sample.documents.iter().map(|document| document.0).collect();
            sign_flip(&sums, resampling)
        }
    }
}

/// Questions that bring a verdict in four of five tries if what was measured is the truth: enough to see the difference, or
/// enough to see that it is smaller than the margin, whichever is less.
fn needed(sample: &Sample, spread: &Spread, margin: f64) -> Option<usize> {
    let n = sample.questions() as f64;
    // The standard deviation of a question as if all were independent, so that it holds what documents and seeds add.
    let deviation = spread.error * n.sqrt();
    let away = sample.mean.abs();
    let to_see = (away > 0.0).then(|| match sample.binary && spread.method == Method::AgrestiMin {
        true => pairs_for_shares(away, (deviation * deviation + away * away).min(1.0).max(away)),
        false => pairs_for_means(away, deviation),
    });
    let to_dismiss = pairs_for_equivalence(away, margin, deviation);
    to_see.into_iter().chain(to_dismiss).min()
}

/// Whether a run may replace another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum GateVerdict {
    /// It is not worse by the margin or more.
    #[serde(rename = "pass")]
    Pass,
    /// It is worse.
    #[serde(rename = "fail")]
    Fail,
    /// Neither is shown.
    #[serde(rename = "need more")]
    NeedMore,
}

/// What a gate says and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gate {
    /// Whether the run may pass.
    pub verdict: GateVerdict,
    /// The reason in words.
    pub why: String,
    /// The run less the baseline, with a verdict of its own.
    #[serde(rename = "comparison")]
    pub difference: Difference,
    /// The difference if every missing score were the worst, or the best, where some are missing.
    pub bounds: Option<Bounds>,
    /// What became of the run's items.
    pub states: States,
}

/// Passes a run that is not worse than the baseline by `margin` or more, each way shown at 5 % one-sided.
///
/// It fails when the sign-flip test shows it worse and it is not shown to be within the margin: of runs that are alike at
/// most 5 % fail. Scores lie in `range`; a run with missing items passes only if it would with the worst scores in their
/// place. Rows as in [`paired_difference`].
pub fn gate(
    run: &[Score],
    baseline: &[Score],
    units: &Units,
    margin: f64,
    range: (f64, f64),
    resampling: &Resampling,
) -> Gate {
    let difference = paired_difference(run, baseline, units, margin, resampling);
    let bounds = difference_bounds(run, baseline, range).filter(|bounds| bounds.missing > 0);
    let states = States::of(run.iter().map(|score| score.state()));
    let low = difference.one_sided.map(|interval| interval.low);
    // With nothing missing the worst case is the case.
    let worst = match run.iter().chain(baseline).any(is_missing) {
        true => worst_case(run, baseline, units, margin, range, resampling),
        false => low.unwrap_or(f64::MIN),
    };
    let (verdict, why) = match (low, difference.p_worse) {
        (Some(low), _) if low > -margin && worst > -margin => {
            (GateVerdict::Pass, format!("with 95 % confidence it is at most {:.4} worse", (-low).max(0.0)))
        }
        (Some(low), _) if low > -margin => (
            GateVerdict::NeedMore,
            format!(
                "{} items are missing, and with the worst scores for them it could be worse",
                states.missing()
            ),
        ),
        (_, Some(p)) if p <= ALPHA => (GateVerdict::Fail, format!("it is worse (one-sided p = {p:.4})")),
        _ => {
            let needed =
                difference.need_n.map(|n| format!(": about {n} more questions decide")).unwrap_or_default();
            let power = POWER * 100.0;
            (
                GateVerdict::NeedMore,
                format!("too few questions for a verdict{needed} in {power:.0} of 100 tries"),
            )
        }
    };
    Gate { verdict, why, difference, bounds, states }
}

fn is_missing(score: &Score) -> bool {
    matches!(score, Score::None(state) if state.is_missing())
}

/// The lower one-sided bound with the worst scores for what is missing in the run and the best for what the baseline lacks.
fn worst_case(
    run: &[Score],
    baseline: &[Score],
    units: &Units,
    margin: f64,
    range: (f64, f64),
    resampling: &Resampling,
) -> f64 {
    let fill = |scores: &[Score], value: f64| -> Vec<Score> {
        let filled = |score: &Score| if is_missing(score) { Score::Value(value) } else { *score };
        scores.iter().map(filled).collect()
    };
    let worst = paired_difference(&fill(run, range.0), &fill(baseline, range.1), units, margin, resampling);
    worst.one_sided.map_or(f64::MIN, |interval| interval.low)
}
