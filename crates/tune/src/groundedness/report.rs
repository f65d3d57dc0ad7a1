//! What is said of a tuned judge of claims: its measures, its gains, and whether it ships.

use std::collections::BTreeMap;

use engraft_eval::{Metric, Resampling};

use super::candidate::{Candidate, Material};
use super::doubt::Truth;
use super::model::{Groundedness, Verdict, shipped, verdict};
use super::reading::MOST;
use super::tuner::{BASE, ENOUGH, TRUSTED, Tier, TunedGroundedness};
use crate::calibrate::sigmoid;
use crate::ship;

/// How much smaller the mean squared error of `chances` is than that of `base`.
pub(crate) fn brier_gain(chances: &[f64], base: &[f64], truth: &Truth, resampling: &Resampling) -> Metric {
    let gains: Vec<f64> =
        truth.errors(base).iter().zip(truth.errors(chances)).map(|(base, own)| base - own).collect();
    truth.mean(&gains, resampling)
}

/// The report on `chosen`, judged on the claims of `judged` beside the `lower` tiers.
pub(crate) fn report(
    chosen: &Candidate,
    lower: &[Candidate],
    judged: &Material,
    rows: usize,
    fits: usize,
    stopped: Option<String>,
    resampling: &Resampling,
) -> TunedGroundedness {
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
    let eval = BTreeMap::from([
        ("auroc".to_string(), auroc),
        ("balanced_accuracy".to_string(), truth.balanced_accuracy(chances, resampling)),
        ("brier".to_string(), truth.mean(&truth.errors(chances), resampling)),
        ("ece".to_string(), calibration_error(chances, truth)),
        ("decided".to_string(), truth.mean(&decided, resampling)),
        ("decided_accuracy".to_string(), decided_accuracy),
    ]);
    let base: Vec<f64> =
        judged.features.iter().map(|features| sigmoid(shipped().log_odds(features, 0.0))).collect();
    let gain = brier_gain(chances, &base, truth, resampling);
    let mut verdict = decide(&gain, rows, told);
    let mut against_base = BTreeMap::from([
        ("brier".to_string(), gain),
        ("auroc".to_string(), truth.auroc_gain(chances, &base, resampling)),
    ]);
    let below = |one: &&Candidate| {
        one.tier == Tier::Coverage || (one.tier == Tier::Features && chosen.tier > Tier::Features)
    };
    for one in lower.iter().filter(below) {
        let name = format!("auroc_over_{}", one.tier.name());
        against_base.insert(name, truth.auroc_gain(chances, &one.chances, resampling));
    }
    // An encoder costs far more than measures of words do, and is worth it only where it knows more.
    let words = lower.iter().find(|one| one.tier == Tier::Features);
    if let Some(words) = words.filter(|_| chosen.tier == Tier::Encoder && verdict.ship) {
        let more = brier_gain(chances, &words.chances, truth, resampling);
        let than = ship::verdict(&more, "its Brier score", "`features`");
        verdict = if than.ship { verdict } else { than };
        against_base.insert("brier_over_features".to_string(), more);
    }
    let model = Groundedness::new(&chosen.model, chosen.reads, trusted);
    let unused = if chosen.tier == Tier::Encoder { rows.saturating_sub(MOST) } else { 0 };
    TunedGroundedness { model, tier: chosen.tier, rows, unused, fits, eval, against_base, verdict, stopped }
}

fn decide(gain: &Metric, rows: usize, auroc: f64) -> ship::Verdict {
    let mut told = ship::verdict(gain, "its Brier score", BASE);
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

/// The expected calibration error of the chances in 15 bins of equal width.
fn calibration_error(chances: &[f64], truth: &Truth) -> Metric {
    const BINS: usize = crate::calibrate::BINS;
    let mut bins = [[0.0; 2]; BINS];
    for (chance, &yes) in chances.iter().zip(&truth.supported) {
        let bin = &mut bins[((chance * BINS as f64) as usize).min(BINS - 1)];
        bin[0] += chance;
        bin[1] += f64::from(u8::from(yes));
    }
    let n = chances.len();
    let value = bins.iter().map(|[told, seen]| (told - seen).abs()).sum::<f64>() / n.max(1) as f64;
    let why = "resampling shows more of this error than there is".to_string();
    Metric { value: (n > 0).then_some(value), low: None, high: None, n, why: Some(why) }
}
