//! Losses of preferences: Bradley–Terry for reward models, and the values of the direct methods for language models.

use super::{sigmoid, softplus};

/// `-ln σ(chosen - rejected - margin)`, the mean over pairs, and the gradients of both sides (Bradley & Terry 1952;
/// Stiennon et al. 2020). `margins` may be empty.
pub fn bradley_terry(chosen: &[f32], rejected: &[f32], margins: &[f32]) -> (f64, Vec<f32>, Vec<f32>) {
    let n = chosen.len() as f64;
    let margin = |i: usize| f64::from(margins.get(i).copied().unwrap_or(0.0));
    let lead: Vec<f64> =
        (0..chosen.len()).map(|i| f64::from(chosen[i]) - f64::from(rejected[i]) - margin(i)).collect();
    let loss = lead.iter().map(|&lead| softplus(-lead)).sum::<f64>() / n;
    let pull: Vec<f32> = lead.iter().map(|&lead| (-sigmoid(-lead) / n) as f32).collect();
    let push = pull.iter().map(|x| -x).collect();
    (loss, pull, push)
}

/// Log-probabilities of a pair of answers: under the model in training and under the one it started from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PreferenceLogs {
    /// The sum over the tokens of the chosen answer.
    pub chosen: f64,
    /// The sum over the tokens of the rejected answer.
    pub rejected: f64,
    /// As `chosen`, under the reference model.
    pub reference_chosen: f64,
    /// As `rejected`, under the reference model.
    pub reference_rejected: f64,
    /// Tokens of the chosen answer.
    pub chosen_tokens: usize,
    /// Tokens of the rejected answer.
    pub rejected_tokens: usize,
}

impl PreferenceLogs {
    fn gains(&self) -> (f64, f64) {
        (self.chosen - self.reference_chosen, self.rejected - self.reference_rejected)
    }
}

/// Direct preference optimisation, Rafailov et al. 2023: `-ln σ(β·(gain of chosen - gain of rejected))`.
pub fn dpo(logs: &PreferenceLogs, beta: f64) -> f64 {
    let (chosen, rejected) = logs.gains();
    softplus(-beta * (chosen - rejected))
}

/// Identity preference optimisation, Azar et al. 2023, with gains per token: `(lead - 1/(2β))²`.
pub fn ipo(logs: &PreferenceLogs, beta: f64) -> f64 {
    let (chosen, rejected) = logs.gains();
    let lead = chosen / logs.chosen_tokens as f64 - rejected / logs.rejected_tokens as f64;
    (lead - 1.0 / (2.0 * beta)).powi(2)
}

/// Simple preference optimisation, Meng et al. 2024: no reference; mean log-probabilities and a margin `gamma`.
pub fn simpo(logs: &PreferenceLogs, beta: f64, gamma: f64) -> f64 {
    let (chosen, rejected) =
        (logs.chosen / logs.chosen_tokens as f64, logs.rejected / logs.rejected_tokens as f64);
    softplus(gamma - beta * (chosen - rejected))
}

/// The odds-ratio term of ORPO, Hong et al. 2024, times `beta`: the likelihood of the chosen answer is added to it.
pub fn odds_ratio(logs: &PreferenceLogs, beta: f64) -> f64 {
    let log_odds = |log: f64, tokens: usize| {
        let mean = log / tokens as f64;
        mean - (-mean.exp()).ln_1p()
    };
    let lead = log_odds(logs.chosen, logs.chosen_tokens) - log_odds(logs.rejected, logs.rejected_tokens);
    beta * softplus(-lead)
}

/// Kahneman–Tversky optimisation, Ethayarajh et al. 2024, of a wanted answer whose gain is `gain`; `baseline` is the mean
/// gain of mismatched answers, at least 0.
pub fn kto_desirable(gain: f64, baseline: f64, beta: f64) -> f64 {
    1.0 - sigmoid(beta * (gain - baseline))
}

/// As [`kto_desirable`], of an unwanted answer.
pub fn kto_undesirable(gain: f64, baseline: f64, beta: f64) -> f64 {
    1.0 - sigmoid(beta * (baseline - gain))
}

#[cfg(test)]
mod tests {
    use super::*;

    // Four pairs and their losses, computed with PyTorch.
    const CHOSEN: [f64; 4] = [-12.0, -30.5, -7.25, -55.0];
    const REJECTED: [f64; 4] = [-15.0, -28.0, -9.0, -60.0];
    const REFERENCE_CHOSEN: [f64; 4] = [-13.0, -31.0, -7.0, -54.0];
    const REFERENCE_REJECTED: [f64; 4] = [-14.0, -28.5, -9.5, -58.0];
    const CHOSEN_TOKENS: [usize; 4] = [10, 25, 6, 40];
    const REJECTED_TOKENS: [usize; 4] = [12, 22, 8, 44];

    fn pairs() -> [PreferenceLogs; 4] {
        std::array::from_fn(|i| PreferenceLogs {
            chosen: CHOSEN[i],
            rejected: REJECTED[i],
            reference_chosen: REFERENCE_CHOSEN[i],
            reference_rejected: REFERENCE_REJECTED[i],
            chosen_tokens: CHOSEN_TOKENS[i],
            rejected_tokens: REJECTED_TOKENS[i],
        })
    }

    #[track_caller]
    fn check(value: impl Fn(&PreferenceLogs) -> f64, expected: [f64; 4]) {
        for (i, (logs, expected)) in pairs().iter().zip(expected).enumerate() {
            assert!((value(logs) - expected).abs() < 1e-5, "pair {i}: {} {expected}", value(logs));
        }
    }

    fn mean(value: impl Fn(&PreferenceLogs) -> f64) -> f64 {
        pairs().iter().map(value).sum::<f64>() / 4.0
    }

    #[test]
    fn direct_preference_optimisation_is_that_of_trl() {
        check(|logs| dpo(logs, 0.1), [0.598_139, std::f64::consts::LN_2, 0.731_350, 0.644_397]);
        assert!((mean(|logs| dpo(logs, 0.1)) - 0.666_758).abs() < 1e-5);
    }

    #[test]
    fn gains_times_beta_are_the_rewards_that_trl_reports() {
        check(|logs| 0.1 * logs.gains().0, [0.1, 0.05, -0.025, -0.1]);
        check(|logs| 0.1 * logs.gains().1, [-0.1, 0.05, 0.05, -0.2]);
        let lead = |logs: &PreferenceLogs| logs.gains().0 - logs.gains().1;
        assert!((mean(|logs| 0.1 * lead(logs)) - 0.056_25).abs() < 1e-5, "the margin");
        // The second pair is level, which is no lead.
        assert_eq!(mean(|logs| f64::from(u8::from(lead(logs) > 0.0))), 0.5, "the accuracy");
    }

    #[test]
    fn identity_preference_optimisation_is_that_of_trl() {
        check(|logs| ipo(logs, 0.1), [23.200_277, 25.027_283, 26.052_515, 24.795_874]);
    }

    #[test]
    fn the_odds_ratio_is_that_of_trl() {
        check(|logs| odds_ratio(logs, 0.1), [0.065_837, 0.065_682, 0.075_550, 0.070_080]);
    }

    #[test]
    fn simple_preference_optimisation_is_that_of_trl() {
        check(|logs| simpo(logs, 2.0, 1.0), [1.241_154, 1.237_279, 1.437_764, 1.329_927]);
    }

    #[test]
    fn kahneman_tversky_optimisation_is_that_of_trl() {
        let wanted = |logs: &PreferenceLogs| kto_desirable(logs.gains().0, 0.05, 0.1);
        check(wanted, [0.476_268, 0.488_752, 0.507_499, 0.526_226]);
        let unwanted = |logs: &PreferenceLogs| kto_undesirable(logs.gains().1, 0.05, 0.1);
        check(unwanted, [0.473_774, 0.511_248, 0.511_248, 0.448_929]);
    }

    #[test]
    fn a_pair_of_rewards_costs_what_bradley_and_terry_say() {
        let (chosen, rejected) = ([1.2_f32, -0.3], [0.4_f32, 0.1]);
        for (i, expected) in [0.371_101, 0.913_015].into_iter().enumerate() {
            let (loss, _, _) = bradley_terry(&chosen[i..=i], &rejected[i..=i], &[]);
            assert!((loss - expected).abs() < 1e-5, "pair {i}: {loss} {expected}");
        }
        let (loss, pull, push) = bradley_terry(&chosen, &rejected, &[]);
        assert!((loss - (0.371_101 + 0.913_015) / 2.0).abs() < 1e-5, "{loss}");
        assert!(pull.iter().zip(&push).all(|(a, b)| *a < 0.0 && a == &-b));
    }
}
