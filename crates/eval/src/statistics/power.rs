//! How many questions a difference takes, and how small a difference so many questions can show.

use crate::statistics::distributions::{normal_below, normal_quantile, student_quantile};

/// The level of a two-sided test.
pub(crate) const ALPHA: f64 = 0.05;
/// How often a real difference is to be seen.
pub(crate) const POWER: f64 = 0.8;
/// No plan is longer than this.
const MOST: f64 = 1e9;

/// Pairs needed to see a `difference` between two shares of right answers with 80 % power at 5 %, two-sided, where
/// `discordance` is the share of pairs on which the two sides disagree (Connor 1987).
///
/// `difference` is above 0 and at most `discordance`, in `(0, 1]`.
pub fn pairs_for_shares(difference: f64, discordance: f64) -> usize {
    let (chance, power) = (normal_quantile(1.0 - ALPHA / 2.0), normal_quantile(POWER));
    let difference = difference.abs();
    let spread = (discordance - difference * difference).max(0.0);
    let n = ((chance * discordance.sqrt() + power * spread.sqrt()) / difference).powi(2);
    n.min(MOST).ceil() as usize
}

/// Pairs needed to see a mean `difference` with 80 % power at 5 %, two-sided, where single differences have the standard
/// deviation `deviation` (normal approximation).
pub fn pairs_for_means(difference: f64, deviation: f64) -> usize {
    ((factor() * deviation / difference).powi(2)).min(MOST).ceil() as usize
}

/// Pairs needed to show with 80 % power that a true `difference` is smaller than `margin` either way, with two one-sided
/// tests at 5 %. `None` when it is not smaller.
pub fn pairs_for_equivalence(difference: f64, margin: f64, deviation: f64) -> Option<usize> {
    let away = difference.abs();
    if away >= margin {
        return None;
    }
    let chance = normal_quantile(1.0 - ALPHA);
    let power = |n: f64| {
        let error = deviation / n.sqrt();
        normal_below((margin - away) / error - chance) + normal_below((margin + away) / error - chance) - 1.0
    };
    let (mut low, mut high) = (1.0, MOST);
    if deviation == 0.0 || power(low) >= POWER {
        return Some(1);
    }
    while high - low > 0.5 {
        let middle = 0.5 * (low + high);
        if power(middle) < POWER { low = middle } else { high = middle }
    }
    Some(high.ceil() as usize)
}

/// The smallest true difference that would be seen with 80 % power at 5 %, two-sided, given the standard error; by Student's
/// quantiles where the interval is Student's, with its `df` (at least 1) degrees of freedom.
pub fn detectable(standard_error: f64, df: Option<f64>) -> f64 {
    let quantile = |p: f64| df.map_or_else(|| normal_quantile(p), |df| student_quantile(p, df));
    (quantile(1.0 - ALPHA / 2.0) + quantile(POWER)) * standard_error
}

fn factor() -> f64 {
    normal_quantile(1.0 - ALPHA / 2.0) + normal_quantile(POWER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connor_s_numbers_for_a_discordance_of_a_fifth() {
        let needed = [0.10, 0.08, 0.05, 0.03].map(|difference| pairs_for_shares(difference, 0.2));
        assert_eq!(needed, [155, 243, 626, 1742]);
    }

    #[test]
    fn what_so_many_pairs_can_see_is_what_so_many_pairs_are_needed_for() {
        let deviation = 0.31;
        let seen = detectable(deviation / 400f64.sqrt(), None);
        assert!(pairs_for_means(seen, deviation).abs_diff(400) <= 1);
    }

    #[test]
    fn where_three_seeds_are_all_that_is_known_only_larger_differences_are_seen() {
        // 4.3027 + 1.0607 with two degrees of freedom; 1.9600 + 0.8416 where the error is known.
        let [few, many] = [Some(2.0), None].map(|df| detectable(0.01, df));
        assert!((few - 0.053_633).abs() < 1e-5 && (many - 0.028_016).abs() < 1e-5, "{few} {many}");
    }

    #[test]
    fn to_show_that_nothing_differs_takes_a_margin_to_spare() {
        // Two one-sided tests at a true difference of 0: ((1.6449 + 1.2816) x 0.4 / 0.05) squared.
        assert_eq!(pairs_for_equivalence(0.0, 0.05, 0.4), Some(549));
        assert!(pairs_for_equivalence(0.04, 0.05, 0.4).unwrap() > 9000);
        assert_eq!(pairs_for_equivalence(0.05, 0.05, 0.4), None);
        assert_eq!(pairs_for_equivalence(0.0, 0.05, 0.0), Some(1));
    }
}
