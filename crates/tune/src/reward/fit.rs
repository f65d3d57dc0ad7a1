//! The Bradley–Terry model of differences: weights under which what was chosen scores above what was not.

use engraft_eval::minimise;

use crate::calibrate::{sigmoid, softplus};

/// A difference of two rows of values, by place; places that do not differ are left out.
pub(crate) type Difference = Vec<(u32, f32)>;

const STEPS: usize = 150;
const FLAT: f64 = 1e-4;

/// The weights that minimise `-ln σ(w·d - margin)` summed over the differences `d`, chosen less rejected, plus `ridge` / 2
/// times their squared length.
///
/// The loss of TRL's reward trainer; with margins of 0 it is the likelihood of Bradley and Terry (1952).
pub(crate) fn fit(differences: &[&Difference], margins: &[f64], width: usize, ridge: f64) -> Vec<f64> {
    let n = differences.len().max(1) as f64;
    minimise(vec![0.0; width], FLAT / 10.0, STEPS, |weights, slopes| {
        for (slope, weight) in slopes.iter_mut().zip(weights) {
            *slope = ridge * weight / n;
        }
        let mut loss = ridge / 2.0 * weights.iter().map(|weight| weight * weight).sum::<f64>();
        for (difference, margin) in differences.iter().zip(margins) {
            let lead = score(weights, difference) - margin;
            loss += softplus(-lead);
            let pull = -sigmoid(-lead) / n;
            for &(at, value) in *difference {
                slopes[at as usize] += pull * f64::from(value);
            }
        }
        loss / n
    })
}

/// `w·d`.
pub(crate) fn score(weights: &[f64], row: &Difference) -> f64 {
    row.iter().map(|&(at, value)| weights[at as usize] * f64::from(value)).sum()
}

/// The factor, above 0, that makes leads log-odds: it minimises `-ln σ(factor · lead)` summed over `leads`.
///
/// Leads that say nothing, or the opposite, get a factor next to 0.
pub(crate) fn calibrate(leads: &[f64]) -> f64 {
    let spread = (leads.iter().map(|lead| lead * lead).sum::<f64>() / leads.len().max(1) as f64).sqrt();
    if spread <= 0.0 {
        return 1.0;
    }
    // A lead as large as all together in the other direction keeps the factor finite where every pair is told apart.
    let found = minimise(vec![1.0], 1e-9, 100, |at, slopes| {
        let factor = at[0] / spread;
        let mut loss = softplus(at[0]);
        slopes[0] = sigmoid(at[0]);
        for lead in leads {
            loss += softplus(-factor * lead);
            slopes[0] -= sigmoid(-factor * lead) * lead / spread;
        }
        loss
    });
    (found[0] / spread).max(1e-3 / spread)
}

#[cfg(test)]
mod tests {
    use super::*;
    use engraft_eval::SplitMix;

    #[test]
    fn it_finds_the_weights_that_choices_were_made_with() {
        let mut draw = SplitMix::new(5, 0);
        let mut uniform = move || draw.below(1 << 30) as f64 / (1u64 << 30) as f64;
        let truth = [2.0, -1.0, 0.0];
        let made: Vec<Difference> = (0..20_000)
            .map(|_| {
                let row: Difference = (0..3).map(|at| (at, (uniform() * 2.0 - 1.0) as f32)).collect();
                let won = uniform() < sigmoid(score(&truth, &row));
                row.into_iter().map(|(at, value)| (at, if won { value } else { -value })).collect()
            })
            .collect();
        let rows: Vec<&Difference> = made.iter().collect();
        let found = fit(&rows, &vec![0.0; rows.len()], 3, 1e-3);
        for (found, truth) in found.iter().zip(truth) {
            assert!((found - truth).abs() < 0.1, "{found} is not {truth}");
        }
    }

    #[test]
    fn a_factor_makes_leads_log_odds() {
        let mut draw = SplitMix::new(6, 0);
        let mut uniform = move || draw.below(1 << 30) as f64 / (1u64 << 30) as f64;
        let leads: Vec<f64> = (0..20_000)
            .map(|_| {
                let odds = uniform() * 4.0 - 2.0;
                let lead = 10.0 * odds;
                if uniform() < sigmoid(odds) { lead } else { -lead }
            })
            .collect();
        assert!((calibrate(&leads) - 0.1).abs() < 0.005);
        assert!(calibrate(&[1.0, 2.0]).is_finite() && calibrate(&[-1.0, -2.0]) > 0.0);
        assert_eq!(calibrate(&[0.0]), 1.0);
    }
}
