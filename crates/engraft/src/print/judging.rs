//! What a judge says, as people read it: verdicts first, and a score only where people's labels allow one.

use std::fmt::Write;

use engraft_app::judge::{JudgePlan, JudgeReport, Sheet};

use super::evaluation::shown;

/// The most failures shown at once; `--json` has them all.
const SHOWN: usize = 10;

pub(crate) fn judged(report: &JudgeReport) -> String {
    let verdicts: Vec<String> =
        report.verdicts.iter().filter(|(_, n)| **n > 0).map(|(word, n)| format!("{n} {word}")).collect();
    let what = if report.kind == "support" { "Claims" } else { "Pairs" };
    let mut text = match verdicts.is_empty() {
        true => format!("{what}: none was judged\n"),
        false => format!("{what}: {}\n", verdicts.join(", ")),
    };
    let _ = writeln!(text, "The judge {} is {}.", report.model, report.validated.status);
    if let Some(quality) = &report.validated.quality {
        let name = if report.kind == "support" { "supported" } else { "preferred" };
        let _ = writeln!(text, "{name:<16} {}, as people would say", shown(quality));
    }
    if let Some(card) = &report.validated.card {
        for (name, metric) in [
            ("agreement", &card.agreement),
            ("kappa", &card.kappa),
            ("AC1", &card.ac1),
            ("sensitivity", &card.sensitivity),
            ("specificity", &card.specificity),
        ] {
            let _ = writeln!(text, "{name:<16} {}", shown(metric));
        }
    }
    if let Some(flips) = &report.position_flips {
        let _ = writeln!(text, "{:<16} {}; they count as ties", "order decides", shown(flips));
    }
    let spent = &report.spent;
    let _ = writeln!(
        text,
        "{} requests now, {} tokens in, {} out{}; {} rulings were kept from before.",
        spent.requests,
        spent.tokens_in,
        spent.tokens_out,
        money(report.cost, &report.currency),
        report.cached
    );
    // What the budget did not reach is one fact, not many.
    let reached = |kind: &str| report.stopped.is_none() || kind != "skipped";
    let failures: Vec<_> = report.failures.iter().filter(|failure| reached(&failure.kind)).collect();
    for failure in failures.iter().take(SHOWN) {
        let _ = writeln!(text, "  {}: {}: {}", failure.uri, failure.kind, failure.message);
    }
    if failures.len() > SHOWN {
        let _ = writeln!(text, "  and {} more; --json has them all", failures.len() - SHOWN);
    }
    if report.stopped.is_some() {
        let left = report.states.states.skipped;
        let _ = writeln!(
            text,
            "The budget was spent with {left} answers to go; what was judged is kept. Run it again to go on."
        );
    }
    if report.validated.quality.is_none() {
        let against = report.against.as_ref().map(|run| format!(" --against {run}")).unwrap_or_default();
        let _ = writeln!(
            text,
            "Next: engraft eval judge {}{against} --sheet FILE, have it labelled, and give it back with --labels",
            report.run
        );
    }
    text
}

pub(crate) fn plan(plan: &JudgePlan) -> String {
    let what = match plan.kind {
        "support" => format!("{} claims of {} answers", plan.claims, plan.items),
        _ => format!("{} pairs, in both orders", plan.items),
    };
    let how = match plan.counted {
        0 => "four bytes a token".to_string(),
        counted => format!("as the endpoint counted {counted} of them"),
    };
    format!(
        "{what}: {} requests to {}, about {} tokens in and {} out{} ({how}); {} rulings are kept from before.\nNothing was asked.\n",
        plan.requests,
        plan.model,
        plan.tokens_in,
        plan.tokens_out,
        money(plan.cost, &plan.currency),
        plan.cached
    )
}

pub(crate) fn sheet(sheet: &Sheet) -> String {
    let file = sheet.sheet.display();
    format!(
        "{} rows to label are in {file}, in an order drawn by the seed.\nNext: fill in `label`, from the top, then engraft eval judge … --labels {file}\n",
        sheet.rows
    )
}

fn money(cost: Option<f64>, currency: &str) -> String {
    cost.map_or_else(String::new, |cost| format!(", {currency}{cost:.4}"))
}
