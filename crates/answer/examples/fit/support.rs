//! Support: of what is answered, what is right?

use crate::Seen;
use crate::logistic::{Row, auroc, calibration_error, fit, log_odds};

/// What support is fitted on: none of it is measured with.
pub(crate) const SETS: [&str; 5] = ["xquad-de", "xquad-es", "faq", "reports", "claims"];
/// How many of the sets, from the first, say how often an answer is right: their questions can be understood alone. The others
/// say only what tells a right answer from a wrong one.
const LEVEL: usize = 2;
/// A question with its answer taken away counts this much: as if one in six had no answer.
const HIDDEN: f64 = 0.2;
/// How large a set's own level stands among the features, so that the ridge hardly holds it back.
const OWN: f64 = 10.0;

/// Prints the weights, what they reach where they were not fitted, and what they would reach on each set without it.
pub(crate) fn report(fitted: &[Seen], measured: &[Seen]) {
    let rows: Vec<Row> = fitted.iter().filter(|seen| seen.evidence.is_enough()).map(row).collect();
    for (at, set) in SETS.iter().enumerate() {
        // A translation is no other set.
        let left_out = |row: &&Row| row.set == *set || (at < LEVEL && SETS[..LEVEL].contains(&row.set));
        let weights = fit(rows.iter().filter(|row| !left_out(row)), 1.0);
        let told = rows.iter().filter(|row| row.set == *set && row.weight == 1.0);
        let told: Vec<(f64, bool)> = told.map(|row| (log_odds(&weights, &row.x), row.label)).collect();
        println!("support: {set}: AUROC {:.3} on {} answers, fitted without", auroc(&told), told.len());
    }
    let weights = fit(rows.iter(), 1.0);
    let values = weights.len() - 1 - SETS.len();
    let level = weights[1 + values..].iter().take(LEVEL).sum::<f64>() / LEVEL as f64;
    let start = weights[0] + level * OWN;
    let slopes = &weights[1..1 + values];
    for set in crate::SETS {
        let of = |hidden: bool| -> Vec<(f64, bool)> {
            let held = measured.iter().filter(|seen| seen.set == set && seen.evidence.is_enough());
            let held = held.filter(|seen| hidden || !seen.hidden);
            let odds = |seen: &Seen| {
                let told = seen.evidence.telling().map(f64::from);
                start + slopes.iter().zip(told).map(|(slope, value)| slope * value).sum::<f64>()
            };
            held.map(|seen| ((1.0 / (1.0 + (-odds(seen)).exp())).max(0.5), seen.right)).collect()
        };
        for (what, told) in [("asked as it is", of(false)), ("and with its answer taken away", of(true))] {
            let (auroc, error) = (auroc(&told), calibration_error(&told));
            let right = told.iter().filter(|told| told.1).count();
            println!(
                "support: {set}, {what}: AUROC {auroc:.3}, calibration error {error:.3} on {} answers, {right} right",
                told.len()
            );
        }
    }
    let shown: Vec<String> = slopes.iter().map(|slope| format!("{slope:.2}")).collect();
    println!("support: start {start:.2}, weights [{}]", shown.join(", "));
}

fn row(seen: &Seen) -> Row {
    let own = SETS.map(|set| if seen.set == set { OWN } else { 0.0 });
    Row {
        set: seen.set,
        part: 0,
        x: seen.evidence.telling().into_iter().map(f64::from).chain(own).collect(),
        label: seen.right,
        weight: if seen.hidden { HIDDEN } else { 1.0 },
    }
}
