//! How arms bear growth and load: a part of the section on latency, there where it was measured.

use super::engineer::ranged;
use super::escape::{esc, list, prose, table};
use super::pictures;
use crate::words::{capital, duration, number, percent, rate};
use crate::{Decision, Experiment, Scale};

/// Everything measured of growth and load, and why what was not measured was not.
pub(crate) fn grown(experiment: &Experiment, decision: &Decision) -> String {
    let mut out = String::new();
    if let Some(scale) = &experiment.scale {
        if !decision.growth.is_empty() {
            out.push_str(&growth(scale, decision));
        }
        if !decision.loads.is_empty() {
            out.push_str(&load(scale, decision));
        }
    }
    for left_out in &experiment.not_measured {
        let (what, why) = (esc(&left_out.what), prose(&left_out.value));
        out.push_str(&format!("<h3>{what}</h3><p>Not measured, because {why}.</p>"));
    }
    out
}

fn growth(scale: &Scale, decision: &Decision) -> String {
    let mut out = format!("<h3>Where there is more to look through</h3><p>{}.</p>", prose(&scale.how));
    out.push_str(&list(decision.growth.iter().map(|growth| prose(&growth.words))));
    let rows = decision.growth.iter().flat_map(|growth| {
        growth.sizes.iter().map(move |mean| {
            let quality = mean.quality.value.map_or("–".into(), |_| esc(&percent(&mean.quality)));
            let waiting = ranged(&mean.p95_ms, &|ms| duration(ms / 1e3));
            (false, vec![esc(&growth.arm), number(mean.size), number(mean.made_up), quality, waiting])
        })
    });
    let unit = capital(&scale.unit);
    let heads = [
        ("Arm", false),
        (unit.as_str(), true),
        ("Made up", true),
        ("Quality", true),
        ("95 of 100 within", true),
    ];
    out.push_str(&table(&heads, &rows.collect::<Vec<_>>()));
    out.push_str("<div class=plots>");
    out.push_str(&pictures::grown_quality(decision));
    out.push_str(&pictures::grown_time(decision));
    out.push_str("</div>\n");
    out
}

fn load(scale: &Scale, decision: &Decision) -> String {
    let mut out = format!("<h3>Under load</h3><p>{}.</p>", prose(&scale.load_how));
    out.push_str(&list(decision.loads.iter().map(|load| prose(&load.words))));
    let rows = decision.loads.iter().flat_map(|load| {
        load.trials.iter().map(move |trial| {
            let cells = vec![
                esc(&load.arm),
                rate(trial.per_second),
                number(trial.arrived),
                ranged(&trial.p95_ms, &|ms| duration(ms / 1e3)),
                trial.busy.map_or("–".into(), |busy| format!("{:.0} %", 100.0 * busy)),
                if trial.kept_up { "yes".into() } else { "no".into() },
            ];
            (false, cells)
        })
    });
    let heads = [
        ("Arm", false),
        ("Questions a second", true),
        ("Arrived", true),
        ("95 of 100 within", true),
        ("Busy", true),
        ("Kept up", false),
    ];
    out.push_str(&table(&heads, &rows.collect::<Vec<_>>()));
    out.push_str("<div class=plots>");
    out.push_str(&pictures::load(decision));
    out.push_str("</div>\n");
    out
}
