//! The model card: a page for whoever finds the folder.

use std::fmt::Write;

use engraft_eval::Metric;

use crate::artefact::manifest::Manifest;

/// The card in Markdown.
pub(crate) fn card(manifest: &Manifest) -> String {
    let mut text =
        format!("# {}\n\nA {} tuned with the method `{}`", manifest.name, manifest.kind, manifest.method);
    match &manifest.base {
        Some(base) => {
            let _ = write!(text, " on {} ({})", base.name, base.fingerprint);
        }
        None => text.push_str(", without an encoder"),
    }
    let _ = write!(
        text,
        ".\n\nMade {} by engraft {}. Load it with `engraft predict {} --input FILE.jsonl`.\n\n## Verdict\n\n{}: {}\n",
        manifest.created,
        manifest.build,
        manifest.name,
        if manifest.ship { "Ship" } else { "Do not ship" },
        manifest.why
    );
    table(&mut text, "How good it is", &manifest.eval);
    table(&mut text, &format!("Against {}, on the same rows", manifest.against), &manifest.against_base);
    let _ = write!(
        text,
        "\n## Training\n\n{} rows, {} steps, {:.1} s; seeds {:?}.\nData: `{}`.\n",
        manifest.train.rows,
        manifest.train.steps,
        manifest.train.seconds,
        manifest.seeds,
        manifest.data_snapshot
    );
    for ancestor in &manifest.lineage {
        let _ = writeln!(text, "- `{ancestor}`");
    }
    if !manifest.labels.is_empty() {
        let _ = write!(text, "\n## Classes\n\n{}\n", manifest.labels.join(", "));
    }
    text.push_str(
        "\n## Limits\n\nThe figures hold for texts like those it was evaluated on. A class with few rows is judged by few rows.\n",
    );
    text
}

fn table(text: &mut String, title: &str, metrics: &std::collections::BTreeMap<String, Metric>) {
    if metrics.is_empty() {
        return;
    }
    let _ = write!(text, "\n## {title}\n\n| measure | value | 95 % interval | n |\n|---|---|---|---|\n");
    for (name, metric) in metrics {
        let number = |value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.4}"));
        let interval = match (metric.low, metric.high) {
            (Some(low), Some(high)) => format!("{low:.4} to {high:.4}"),
            _ => metric.why.clone().unwrap_or_else(|| "-".into()),
        };
        let _ = writeln!(text, "| {name} | {} | {interval} | {} |", number(metric.value), metric.n);
    }
}
