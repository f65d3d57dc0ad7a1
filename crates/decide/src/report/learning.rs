//! The section on labels: what more of them would bring, and how many a quality takes.

use super::escape::{esc, list, prose, table};
use super::pictures;
use crate::words::{duration, number, percent};
use crate::{Decision, Experiment};

/// What more labels would bring.
pub(crate) fn learning(experiment: &Experiment, decision: &Decision) -> String {
    if decision.curves.is_empty() {
        return "<p>No learning curve: it takes tuned arms trained on at least three sizes.</p>".into();
    }
    let mut out = list(decision.curves.iter().map(|curve| {
        format!(
            "{} {} Fitted: {:.3} − {:.3} n<sup>−{:.2}</sup>; at four times the labels {}.",
            prose(&curve.words),
            prose(&curve.further),
            curve.plateau,
            curve.scale,
            curve.rate,
            esc(&percent(&curve.at_four_times))
        )
    }));
    if let Some(label_s) = &experiment.label_s {
        out.push_str(&format!(
            "<p class=soft>A label takes a person {} ({}).</p>\n",
            esc(&duration(label_s.value)),
            label_s.basis.name()
        ));
    }
    let mut rows = Vec::new();
    for curve in &decision.curves {
        for mean in &curve.measured {
            let cells = vec![
                esc(&curve.arm),
                number(mean.labels),
                format!("{:.1} %", 100.0 * mean.quality),
                format!("{:.1}", 100.0 * mean.deviation),
                mean.seeds.to_string(),
            ];
            rows.push((false, cells));
        }
    }
    out.push_str("<div class=plots>");
    out.push_str(&pictures::learning(decision));
    let heads =
        [("Arm", false), ("Labels", true), ("Quality", true), ("Deviation, points", true), ("Seeds", true)];
    out.push_str(&format!("<div>{}</div></div>\n", table(&heads, &rows)));
    out
}
