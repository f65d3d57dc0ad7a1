//! The section on slices: where arms differ, and what each effect comes to there.

use super::escape::{esc, table};
use super::{effects, pictures};
use crate::words::{number, percent};
use crate::{ArmReport, Decision};

/// Quality and effects on each slice.
pub(super) fn slices(decision: &Decision) -> String {
    if decision.slices.is_empty() {
        return "<p>All questions are of one slice. Give each question a <code>slice</code> to see where arms differ.</p>"
            .into();
    }
    let arms: Vec<&ArmReport> =
        decision.arms.iter().filter(|arm| arm.candidate && arm.quality.value.is_some()).collect();
    let mut heads = vec![("Slice", false), ("n", true)];
    heads.extend(arms.iter().map(|arm| (arm.name.as_str(), true)));
    let rows = decision.slices.iter().map(|slice| {
        let mut cells = vec![esc(&slice.slice), number(slice.n)];
        cells.extend(
            arms.iter().map(|arm| slice.quality.get(&arm.name).map_or("–".into(), |q| esc(&percent(q)))),
        );
        (false, cells)
    });
    let mut out = table(&heads, &rows.collect::<Vec<_>>());
    out.push_str(&slice_effects(decision));
    out.push_str(
        "<p class=soft>Exploratory: slices were not part of the declared family. Holm within the first three and within the four simple \
         effects of a slice; an effect that takes a cell that was not measured is left out.</p>\n<div class=plots>",
    );
    out.push_str(&pictures::slices(decision));
    out.push_str("</div>\n");
    out
}

/// Every effect that was measured, slice by slice: a row each, so that on a narrow screen the table is long and not wide.
fn slice_effects(decision: &Decision) -> String {
    let mut rows = Vec::new();
    for slice in &decision.slices {
        let measured = slice.effects.list().into_iter().filter(|(_, effect)| effect.metric.value.is_some());
        rows.extend(measured.map(|(name, effect)| {
            let (front, mut cells) = effects::row(name, effect);
            cells.insert(0, esc(&slice.slice));
            (front, cells)
        }));
    }
    if rows.is_empty() {
        return String::new();
    }
    let heads: Vec<(&str, bool)> = [("Slice", false)].into_iter().chain(effects::HEADS).collect();
    table(&heads, &rows)
}
