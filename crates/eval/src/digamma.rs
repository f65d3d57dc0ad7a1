//! The digamma function: the slope of the logarithm of the gamma function.

/// Its value for `x` above 0, to about 1e-14 of its size.
///
/// Abramowitz and Stegun 1964: the recurrence 6.3.5 up to 10, then the asymptotic series 6.3.18.
pub(crate) fn digamma(mut x: f64) -> f64 {
    let mut below = 0.0;
    while x < 10.0 {
        below += 1.0 / x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    // The Bernoulli numbers B2 to B14 over 2k.
    let series =
        [1.0 / 12.0, -1.0 / 120.0, 1.0 / 252.0, -1.0 / 240.0, 1.0 / 132.0, -691.0 / 32_760.0, 1.0 / 12.0];
    let tail = series.iter().rev().fold(0.0, |sum, part| (sum + part) * square);
    x.ln() - 0.5 / x - tail - below
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_its_known_values() {
        // Minus Euler's constant; that less twice the logarithm of 2; the fraction of 6.3.2 for 100.
        let euler = 0.577_215_664_901_532_9;
        assert!((digamma(1.0) + euler).abs() < 1e-14);
        assert!((digamma(0.5) + euler + 2.0 * 2.0_f64.ln()).abs() < 1e-14);
        let harmonic: f64 = (1..100).map(|n| 1.0 / f64::from(n)).sum();
        assert!((digamma(100.0) - (harmonic - euler)).abs() < 1e-14 * 5.0);
    }
}
