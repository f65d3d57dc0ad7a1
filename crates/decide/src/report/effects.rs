//! The section on effects: what retrieval and tuning do, alone and together, and how sure that is.

use super::escape::{esc, prose, table};
use super::pictures;
use crate::words::{points, rule};
use crate::{ArmReport, Decision, Effect, NOT_PROVEN};

/// The columns of a table of effects; a heading says whether its column holds numbers.
pub(super) const HEADS: [(&str, bool); 6] = [
    ("Effect", false),
    ("Points of quality", true),
    ("p", true),
    ("p, Holm", true),
    ("Smallest seen", true),
    ("Interval", false),
];

/// What retrieval and tuning do, on all questions.
pub(super) fn effects(decision: &Decision) -> String {
    let all = decision.effects.list().into_iter().map(|(name, effect)| row(name, effect));
    let mut out = table(&HEADS, &all.collect::<Vec<_>>());
    if let Some(tried) = decision.diagnostics.iter().find(|one| one.diagnostic == NOT_PROVEN) {
        out.push_str(&format!(
            "<p>What was tuned and is not proven to help, asked all the same: {} It is never chosen.</p>\n",
            prose(&tried.words)
        ));
    }
    let once = decision.arms.iter().filter(|arm| is_trained_once(arm)).map(|arm| format!("`{}`", arm.name));
    let once: Vec<String> = once.collect();
    if !once.is_empty() {
        out.push_str(&format!(
            "<p class=soft>Trained once: {}. Such an interval is over questions and holds for that training; how far another would \
             differ was not measured.</p>\n",
            prose(&once.join(", "))
        ));
    }
    out.push_str(
        "<p class=soft>Intervals by the rule of <code>metrics compare</code>: Agresti and Min's for differences of right and wrong \
         answers and where fewer than 30 clusters differ, Student's over clusters and training seeds where there are several seeds, the studentised \
         bootstrap over clusters otherwise. p by flipping the signs of clusters, with several seeds Student's; Holm within the first three (declared \
         before the run) and within the four simple effects. Smallest seen: the difference that this many questions find in 80 of 100 cases. Where the \
         interaction is not zero, the simple effects are the ones to read.</p>\n",
    );
    out.push_str("<div class=plots>");
    out.push_str(&pictures::interaction(decision));
    out.push_str(&pictures::forest(decision));
    out.push_str("</div>\n");
    out
}

/// A row of the table: name, effect, p, and how it was made.
pub(super) fn row(name: &str, effect: &Effect) -> (bool, Vec<String>) {
    let p = |p: Option<f64>| {
        p.map_or("–".into(), |p| if p < 0.001 { "&lt;0.001".into() } else { format!("{p:.3}") })
    };
    let said = match &effect.metric.why {
        Some(why) if effect.metric.value.is_none() => prose(why),
        _ => esc(&points(&effect.metric)),
    };
    let mde = effect.mde.map_or("–".into(), |mde| format!("{:.1}", 100.0 * mde));
    let made = effect.rule.map_or("–", rule).to_string();
    (false, vec![esc(name), said, p(effect.p), p(effect.p_holm), mde, made])
}

/// Whether an arm was tuned, and no second training of it was measured.
fn is_trained_once(arm: &ArmReport) -> bool {
    let shown = arm.candidate || arm.name == NOT_PROVEN;
    shown && arm.tuned && arm.seeds == 1 && arm.name != crate::ROUTER
}
