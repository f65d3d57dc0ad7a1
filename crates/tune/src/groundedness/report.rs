//! What is said of a tuned judge of claims: its measures, its gains, and whether it ships.

use std::collections::BTreeMap;

use engraft_eval::{Metric, Resampling};

use super::candidate::{Candidate, Material};
use super::doubt::Truth;
use super::model::{Groundedness, Verdict, shipped, verdict};
use super::reading::MOST;
use super::tuner::{BASE, ENOUGH, TRUSTED, Tier, TunedGroundedness};
use crate::calibrate::{calibration_error, sigmoid};
use crate::climb::Climb;
use crate::ship;

/// Tiers from the bottom up, as they did on the claims of `truth`; `mean` is that of a gain a claim.
pub(crate) fn climb<'a>(tiers: &[Candidate], truth: &Truth, mean: &'a dyn Fn(&[f64]) -> Metric) -> Climb<'a> {
    let lost = |one: &Candidate| (one.tier.name(), truth.errors(&one.chances));
    Climb { tiers: tiers.iter().map(lost).collect(), measure: "its Brier score", mean }
}

/// The report on the tier at `place`, judged on the claims of `judged` beside those below it.
pub(crate) fn report(
    tiers: &[Candidate],
    place: usize,
    judged: &Material,
    rows: usize,
    fits: usize,
    stopped: Option<String>,
    resampling: &Resampling,
) -> TunedGroundedness {
    let chosen = &tiers[place];
    let (truth, chances) = (&judged.truth, &chosen.chances);
    let auroc = truth.auroc(chances, resampling);
    let told = auroc.value.unwrap_or(0.5);
    let trusted = rows >= ENOUGH && told >= TRUSTED;
    let verdicts: Vec<Verdict> =
        chances.iter().map(|&chance| if trusted { verdict(chance) } else { Verdict::Unsure }).collect();
    let decided: Vec<f64> =
        verdicts.iter().map(|verdict| f64::from(u8::from(*verdict != Verdict::Unsure))).collect();
    let right: Vec<f64> = verdicts
        .iter()
        .zip(&truth.supported)
        .map(|(verdict, &yes)| f64::from(u8::from((*verdict == Verdict::Supported) == yes)))
        .collect();
    let decided_accuracy = truth.measure(resampling, |weights| {
        let of =
            |values: &dyn Fn(usize) -> f64| (0..weights.len()).map(|i| weights[i] * values(i)).sum::<f64>();
        let all = of(&|i| decided[i]);
        (all > 0.0).then(|| of(&|i| decided[i] * right[i]) / all)
    });
    let told_and_true: Vec<(f64, bool)> =
        chances.iter().copied().zip(truth.supported.iter().copied()).collect();
    let eval = BTreeMap::from([
        ("auroc".to_string(), auroc),
        ("balanced_accuracy".to_string(), truth.balanced_accuracy(chances, resampling)),
        ("brier".to_string(), truth.mean(&truth.errors(chances), resampling)),
        ("ece".to_string(), calibration_error(&told_and_true)),
        ("decided".to_string(), truth.mean(&decided, resampling)),
        ("decided_accuracy".to_string(), decided_accuracy),
    ]);
    let base: Vec<f64> =
        judged.features.iter().map(|features| sigmoid(shipped().log_odds(features, 0.0))).collect();
    let mean = |gains: &[f64]| truth.gain(gains, resampling);
    let saved: Vec<f64> =
        truth.errors(&base).iter().zip(truth.errors(chances)).map(|(base, own)| base - own).collect();
    let gain = mean(&saved);
    let mut verdict = ship::verdict(&gain, "its Brier score", BASE);
    let mut against_base = BTreeMap::from([
        ("brier".to_string(), gain),
        ("auroc".to_string(), truth.auroc_gain(chances, &base, resampling)),
    ]);
    let beside = climb(tiers, truth, &mean).beside(place);
    let below = beside.as_ref().map(|beside| tiers[beside.below].tier);
    let named = |one: &&Candidate| {
        one.tier == Tier::Coverage
            || (one.tier == Tier::Features && chosen.tier > Tier::Features)
            || Some(one.tier) == below
    };
    for one in tiers.iter().filter(named) {
        let name = format!("auroc_over_{}", one.tier.name());
        against_base.insert(name, truth.auroc_gain(chances, &one.chances, resampling));
    }
    if let (Some(beside), Some(below)) = (beside, below) {
        against_base.insert(format!("brier_over_{}", below.name()), beside.gain);
        verdict = verdict.and(beside.verdict);
    }
    let verdict = decide(verdict, rows, told);
    let model = Groundedness::new(&chosen.model, chosen.reads, trusted);
    let unused = if chosen.tier == Tier::Encoder { rows.saturating_sub(MOST) } else { 0 };
    TunedGroundedness { model, tier: chosen.tier, rows, unused, fits, eval, against_base, verdict, stopped }
}

fn decide(mut told: ship::Verdict, rows: usize, auroc: f64) -> ship::Verdict {
    if rows < ENOUGH {
        told.ship = false;
        told.why = format!("{rows} labels are too few to decide by, {ENOUGH} are needed; {}", told.why);
    } else if auroc < TRUSTED {
        told.ship = false;
        told.why = format!(
            "its AUROC of {auroc:.3} is below {TRUSTED}, so it says `unsure` to every claim; {}",
            told.why
        );
    }
    told
}
