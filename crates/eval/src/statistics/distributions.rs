//! The normal and Student's t distribution: areas and quantiles.

use std::f64::consts::{FRAC_2_SQRT_PI, PI, SQRT_2};

/// The share of a standard normal distribution below `z`, to about 1e-15.
pub fn normal_below(z: f64) -> f64 {
    if z > 0.0 { 1.0 - 0.5 * upper_error(z / SQRT_2) } else { 0.5 * upper_error(-z / SQRT_2) }
}

/// The `z` with the share `p` of a standard normal distribution below it; `p` between 0 and 1, both excluded.
///
/// Abramowitz and Stegun 26.2.23 as the start, then Halley's steps on the area itself.
pub fn normal_quantile(p: f64) -> f64 {
    if p > 0.5 {
        return -normal_quantile(1.0 - p);
    }
    let t = (-2.0 * p.ln()).sqrt();
    let over = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let under = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    let mut z = over / under - t;
    for _ in 0..4 {
        let step = (normal_below(z) - p) / ((-0.5 * z * z).exp() / (2.0 * PI).sqrt());
        z -= step / (1.0 + 0.5 * z * step);
    }
    z
}

/// The share of Student's t distribution with `df` degrees of freedom below `t`; `df` above 0.
pub fn student_below(t: f64, df: f64) -> f64 {
    let sum = df + t * t;
    let tail = 0.5 * incomplete_beta(df / 2.0, 0.5, df / sum, t * t / sum);
    if t > 0.0 { 1.0 - tail } else { tail }
}

/// The `t` with the share `p` of Student's distribution below it; `p` between 0 and 1, both excluded, `df` at least 1.
pub fn student_quantile(p: f64, df: f64) -> f64 {
    if p > 0.5 {
        return -student_quantile(1.0 - p, df);
    }
    // The area grows with t, so halving a bracket always ends; 200 halvings reach the last bit.
    let (mut low, mut high) = (-1.0, 0.0);
    while student_below(low, df) > p {
        low *= 2.0;
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle == low || middle == high {
            break;
        }
        if student_below(middle, df) < p { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// The complementary error function of `x` at or above 0.
fn upper_error(x: f64) -> f64 {
    if x < 2.0 {
        // Kummer's series: every term is positive, so nothing cancels.
        let (mut term, mut sum, mut n) = (x, x, 0.0);
        while term > sum * 1e-17 {
            n += 1.0;
            term *= 2.0 * x * x / (2.0 * n + 1.0);
            sum += term;
        }
        return 1.0 - FRAC_2_SQRT_PI * (-x * x).exp() * sum;
    }
    // Laplace's continued fraction, from the inside out.
    let inner = (1..=80).rev().fold(0.0, |below, n| f64::from(n) / 2.0 / (x + below));
    (-x * x).exp() / (PI.sqrt() * (x + inner))
}

/// The logarithm of the gamma function for `x` above 0 (Lanczos' approximation with g = 7).
pub(crate) fn ln_gamma(x: f64) -> f64 {
    const SERIES: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        return (PI / (PI * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let sum: f64 = SERIES.iter().zip(1..).map(|(part, n)| part / (x + f64::from(n))).sum();
    let t = x + 7.5;
    0.5 * (2.0 * PI).ln() + (x + 0.5) * t.ln() - t + (sum + 0.999_999_999_999_809_9).ln()
}

/// The regularised incomplete beta function at `x`, given with `y = 1 - x`, which may be too small to be told from it (Lentz's
/// continued fraction; Abramowitz and Stegun 26.5.8).
fn incomplete_beta(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if x <= 0.0 || y <= 0.0 {
        return if y <= 0.0 { 1.0 } else { 0.0 };
    }
    // The fraction converges fast only on this side.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, y, x);
    }
    let front = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * y.ln();
    let keep = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / keep(1.0 - (a + b) * x / (a + 1.0));
    let mut product = d;
    for m in 1..500 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut step = 1.0;
        for part in [even, odd] {
            d = 1.0 / keep(1.0 + part * d);
            c = keep(1.0 + part / c);
            step = c * d;
            product *= step;
        }
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    front.exp() * product / a
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn check(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-12 * expected.abs().max(1.0), "{value} is not {expected}");
    }

    #[test]
    fn quantiles_of_printed_tables() {
        check(normal_quantile(0.975), 1.959_963_984_540_054);
        check(normal_quantile(0.8), 0.841_621_233_572_914_3);
        check(student_quantile(0.975, 1.0), 12.706_204_736_174_7);
        check(student_quantile(0.975, 10.0), 2.228_138_851_986_274);
        check(normal_below(-6.0), 9.865_876_450_376_98e-10);
    }

    proptest! {
        #[test]
        fn a_quantile_is_the_inverse_of_the_area(p in 1e-6f64..0.999_999, df in 1.0f64..300.0) {
            prop_assert!((normal_below(normal_quantile(p)) - p).abs() < 1e-12);
            prop_assert!((student_below(student_quantile(p, df), df) - p).abs() < 1e-11);
        }
    }
}
