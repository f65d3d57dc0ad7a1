//! The section on failures: wins, losses, the worst of them with what was said and found, and the usual mistakes.

use super::escape::{esc, list, short, table};
use crate::words::number;
use crate::{Decision, Said};

fn said(title: &str, said: &Said) -> String {
    let sure = said.confidence.map(|sure| format!(", {:.0} % sure", 100.0 * sure)).unwrap_or_default();
    let stages = said.stages.iter().map(|(name, ms)| format!("{} {ms:.1}", esc(name)));
    let stages: Vec<String> = stages.filter(|_| said.stages.len() > 1).collect();
    let stages = if stages.is_empty() { String::new() } else { format!(": {}", stages.join(", ")) };
    let evidence = match said.evidence.is_empty() {
        true => String::new(),
        false => list(said.evidence.iter().map(|text| short(text, 160))),
    };
    format!(
        "<div><b>{}</b>: {} <span class=soft>({:.1} ms{stages}{sure})</span>{evidence}</div>",
        esc(title),
        short(&said.answer, 240),
        said.ms
    )
}

/// Wins, losses, the worst of them, and the usual mistakes.
pub(crate) fn failures(decision: &Decision) -> String {
    let (Some(front), Some(against)) = (&decision.front, &decision.against) else {
        return "<p>There are not two arms to compare.</p>".into();
    };
    let mut out = format!(
        "<p><code>{}</code> does better than <code>{}</code> on {} questions, worse on {}, the same on {}.</p>",
        esc(front),
        esc(&against.rival),
        number(against.wins),
        number(against.losses),
        number(against.ties)
    );
    if !decision.regressions.is_empty() {
        out.push_str(&format!("<h3>The {} worst losses</h3>", decision.regressions.len()));
    }
    for regression in &decision.regressions {
        out.push_str(&format!(
            "<details open><summary>{} <span class=soft>{} · {}</span></summary><p>Right: <b>{}</b></p><div class=pair>{}{}</div></details>\n",
            short(&regression.question, 160),
            short(&regression.id, 40),
            short(&regression.slice, 40),
            short(&regression.gold, 240),
            said(front, &regression.said),
            said(&against.rival, &regression.rival_said)
        ));
    }
    if !decision.confusions.is_empty() {
        out.push_str(&format!("<h3>The usual mistakes of <code>{}</code></h3>", esc(front)));
        let rows: Vec<_> = decision
            .confusions
            .iter()
            .map(|mistake| {
                (false, vec![short(&mistake.gold, 80), short(&mistake.said, 80), number(mistake.count)])
            })
            .collect();
        out.push_str(&table(&[("Right", false), ("Said", false), ("Times", true)], &rows));
    }
    out
}
