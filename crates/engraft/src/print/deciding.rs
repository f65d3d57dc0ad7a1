//! A decision as people read it.

use std::fmt::Write;

use engraft_app::decide::{Decided, Decision, Plan, Replayed, chance};

/// Flip points and needs shown; the report has them all.
const SHOWN: usize = 3;

pub(crate) fn decided(decided: &Decided) -> String {
    let mut text = decision(&decided.decision);
    if decided.reused > 0 {
        let _ = writeln!(
            text,
            "\n{} answers were kept from an interrupted run, {} are new.",
            decided.reused, decided.asked
        );
    }
    let out = decided.out.display();
    let _ = writeln!(text, "\nThe whole story: {out}/report.html (also report.md, decision.json)");
    let _ =
        writeln!(text, "Decide again on the same measurements: engraft decide --replay {out}/record.json");
    text
}

pub(crate) fn replayed(replayed: &Replayed) -> String {
    let mut text = decision(&replayed.decision);
    let said = match replayed.identical {
        Some(true) => "Every file came out the same, byte for byte.".to_string(),
        Some(false) => format!("These files came out otherwise: {}.", replayed.differing.join(", ")),
        None => format!("Written to {}.", replayed.out.display()),
    };
    let _ = writeln!(text, "\n{said}");
    text
}

fn decision(decision: &Decision) -> String {
    let mut text = format!("{}\n\n", decision.verdict.replace('`', ""));
    let width = decision.arms.iter().map(|arm| arm.name.chars().count()).max().unwrap_or(0).max(8);
    let _ = writeln!(text, "{:width$}  quality                p95 ms  a month  change shows  P(best)", "arm");
    for arm in decision.arms.iter().filter(|arm| arm.candidate) {
        let Some(value) = arm.quality.value else {
            let _ =
                writeln!(text, "{:width$}  {}", arm.name, arm.absent.as_deref().unwrap_or("not measured"));
            continue;
        };
        let ends = match (arm.quality.low, arm.quality.high) {
            (Some(low), Some(high)) => format!("[{:.1}, {:.1}]", 100.0 * low, 100.0 * high),
            _ => String::new(),
        };
        let number = |value: Option<f64>, digits: usize| {
            value.map_or_else(|| "-".to_string(), |value| format!("{value:.digits$}"))
        };
        let lag = arm.update_lag_s.value.map_or_else(|| "-".to_string(), |lag| format!("{lag:.2} s"));
        let p = match arm.dropped.first() {
            Some(_) => "breaks a must-have".to_string(),
            None => chance(decision, arm).unwrap_or_else(|| "-".into()),
        };
        let _ = writeln!(
            text,
            "{:width$}  {:5.1} % {ends:14} {:>7}  {:>7}  {lag:>12}  {p}",
            arm.name,
            100.0 * value,
            number(arm.latency_ms.value, 1),
            number(arm.cost_per_month.value, 2),
        );
    }
    let plain = |words: &str| words.replace('`', "");
    let _ = writeln!(text, "\nWhat would change it");
    for flip in decision.flip_points.iter().take(SHOWN) {
        let _ = writeln!(text, "  {}", plain(&flip.words));
    }
    if decision.flip_points.is_empty() {
        let none = match decision.front {
            Some(_) => "no single number was found that would change it",
            None => "no arm is in front: a must-have has to give way first",
        };
        let _ = writeln!(text, "  {none}");
    }
    let loads = decision.loads.iter().map(|load| (&load.arm, &load.words));
    let growth = decision.growth.iter().map(|growth| (&growth.arm, &growth.words));
    let grows: Vec<_> =
        loads.chain(growth).filter(|(arm, _)| Some(*arm) == decision.front.as_ref()).collect();
    if !grows.is_empty() {
        let _ = writeln!(text, "\nAs it grows");
    }
    for (_, words) in grows {
        let _ = writeln!(text, "  {}", plain(words));
    }
    let _ = writeln!(text, "\nWhat is needed");
    for need in decision.needs.iter().take(SHOWN) {
        let _ = writeln!(text, "  {}", plain(need));
    }
    text
}

pub(crate) fn plan(plan: &Plan) -> String {
    format!(
        "{} ({}): {} questions, {} examples, {} labels\narms      {}\nanswers   {} ({} training seeds)\nchanges   up to {} an arm\n\
         paid      {} tokens\nwrites    {}\n",
        plan.name,
        plan.kind,
        plan.questions,
        plan.examples,
        plan.labels,
        plan.arms.join(", "),
        plan.answers,
        plan.seeds,
        plan.changes,
        plan.paid_tokens,
        plan.out.display()
    )
}
