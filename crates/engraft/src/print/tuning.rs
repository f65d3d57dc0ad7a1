//! Tuned models as people read of them.

use std::fmt::Write;
use std::path::Path;

use engraft_app::Metric;
use engraft_app::tune::{Exported, Manifest, TuneReport};

/// The most lines of a list; `--json` has more.
const SHOWN: usize = 10;

pub(crate) fn tuned(report: &TuneReport) -> String {
    let mut text = format!(
        "{} is a {} ({}), tuned on {} rows in {:.1} s.\n",
        report.model, report.kind, report.method, report.train.rows, report.train.seconds
    );
    for (name, metric) in &report.eval {
        let _ = writeln!(text, "  {name:26} {}", figure(metric));
    }
    for tier in &report.tiers {
        let parts: Vec<String> =
            tier.parts.iter().map(|(name, weight)| format!("{name} {:.0} %", weight * 100.0)).collect();
        let _ =
            writeln!(text, "  {}: {}; {}; {:.1} s", tier.method, tier.why, parts.join(", "), tier.seconds);
    }
    if let Some(stopped) = &report.stopped {
        let _ = writeln!(text, "  stopped climbing: {stopped}");
    }
    let data = &report.data;
    let notes = [
        (data.rejected_total, "rows could not be read"),
        (data.unresolved, "items have no resolution yet"),
        (data.leaked, "evaluation rows say the same as a training row"),
        (data.over_length.too_long, "texts are longer than the encoder reads"),
        (data.rows_unused, "rows are more than the encoder learns from"),
        (
            data.one_group_rows,
            "rows to learn from are all of one document or group, and so is what is held out of them",
        ),
        (data.label_issues_total, "labels are probably wrong"),
    ];
    for (count, what) in notes.into_iter().filter(|(count, _)| *count > 0) {
        let _ = writeln!(text, "  note: {count} {what}");
    }
    for bad in data.rejected.iter().take(SHOWN) {
        let _ = writeln!(text, "    {}: {}; {}", bad.uri, bad.message, bad.hint);
    }
    for issue in data.label_issues.iter().take(SHOWN) {
        let _ = writeln!(text, "    {}: `{}`, or rather `{}`?", issue.item, issue.given, issue.suggested);
    }
    if data.label_issues.len() > SHOWN {
        let _ = writeln!(text, "    --json lists {} of them", data.label_issues.len());
    }
    let verdict = if report.ship { "Ship it" } else { "Do not ship it" };
    let _ = writeln!(text, "{verdict}: {}.", report.why);
    if report.served {
        let _ = writeln!(text, "Answers use it from now on. Back: engraft model rollback {}", report.kind);
    }
    let _ = writeln!(text, "Next: engraft predict {} --input FILE.jsonl", report.model);
    text
}

/// `.930 (.921 to .939, n 3080)`.
pub(crate) fn figure(metric: &Metric) -> String {
    let Some(value) = metric.value else { return metric.why.clone().unwrap_or_else(|| "-".into()) };
    match (metric.low, metric.high) {
        (Some(low), Some(high)) => format!("{value:.3} ({low:.3} to {high:.3}, n {})", metric.n),
        _ => format!("{value:.3} (n {})", metric.n),
    }
}

/// A tuned model by its manifest.
pub(crate) fn manifest(manifest: &Manifest) -> String {
    let mut text = format!(
        "{} is a {} ({}), made {} from {} rows\n",
        manifest.name,
        manifest.kind,
        manifest.method,
        manifest.created.get(..10).unwrap_or(&manifest.created),
        manifest.train.rows
    );
    for (name, metric) in &manifest.eval {
        let _ = writeln!(text, "  {name:26} {}", figure(metric));
    }
    for ancestor in &manifest.lineage {
        let _ = writeln!(text, "  from {ancestor}");
    }
    let verdict = if manifest.ship { "Ship" } else { "Do not ship" };
    let _ = writeln!(text, "  {verdict}: {}", manifest.why);
    text
}

pub(crate) fn exported(report: &Exported, dir: &Path) -> String {
    let losses: String = report.losses.iter().map(|loss| format!("Left out: {loss}.\n")).collect();
    format!("{} files in {}.\n{losses}", report.files.len(), dir.display())
}

/// The models of the demonstration: how good each is, beside what stands below it.
pub(crate) fn demonstrated(classifier: &TuneReport, reranker: &TuneReport) -> String {
    let mut text = format!(
        "\nFrom their labels: `{}`, a classifier ({}) tuned on {} messages in {:.1} s, measured on {} others\n",
        classifier.model,
        classifier.method,
        classifier.train.rows,
        classifier.train.seconds,
        classifier.data.eval_rows
    );
    for tier in &classifier.tiers {
        let _ = writeln!(text, "  {:26} {}", format!("accuracy of {}", tier.method), figure(&tier.value));
    }
    text.push_str(&verdict(classifier));
    let _ = writeln!(
        text,
        "\nFrom their grades: `{}`, a reranker tuned on {} pairs in {:.1} s, measured on {} questions it has not seen",
        reranker.model, reranker.train.rows, reranker.train.seconds, reranker.data.eval_rows
    );
    for (name, what) in [("nDCG@10 before", "nDCG@10 of search"), ("nDCG@10", "nDCG@10 reranked")] {
        if let Some(metric) = reranker.eval.get(name) {
            let _ = writeln!(text, "  {what:26} {}", figure(metric));
        }
    }
    text.push_str(&verdict(reranker));
    text
}

fn verdict(report: &TuneReport) -> String {
    let said = match (report.ship, report.served) {
        (true, true) => "used by `search --rerank` from now on",
        (true, false) => "ship it",
        (false, _) => "do not ship it",
    };
    format!("  {said}: {}.\n", report.why.trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use engraft_app::tune::{DataReport, TierReport, Trained};
    use expect_test::expect;

    use super::*;

    fn metric(value: f64, low: f64, high: f64, n: usize) -> Metric {
        Metric { value: Some(value), low: Some(low), high: Some(high), n, why: None }
    }

    /// A model of that name and kind, of so many rows and evaluation rows.
    fn made((model, kind, method): (&str, &str, &str), rows: usize, eval_rows: usize) -> TuneReport {
        TuneReport {
            model: model.into(),
            kind: kind.into(),
            method: method.into(),
            base: None,
            data_snapshot: String::new(),
            train: Trained { rows, steps: 1, seconds: 2.0 },
            eval: BTreeMap::new(),
            against: String::new(),
            against_base: BTreeMap::new(),
            ship: false,
            served: false,
            why: "it is not proven better".into(),
            lineage: Vec::new(),
            seeds: vec![0],
            tiers: Vec::new(),
            stopped: None,
            calibration: None,
            data: DataReport { eval_rows, ..DataReport::default() },
            path: PathBuf::new(),
        }
    }

    fn tier(method: &str, value: Metric) -> TierReport {
        TierReport {
            method: method.parse().unwrap(),
            against: String::new(),
            parts: BTreeMap::new(),
            names: 0,
            difference: value.clone(),
            value,
            ship: true,
            why: String::new(),
            by_seed: Vec::new(),
            steps: 1,
            seconds: 1.0,
        }
    }

    #[test]
    fn the_demonstration_shows_each_model_beside_what_stands_below_it_with_intervals() {
        let classifier = TuneReport {
            tiers: vec![
                tier("linear", metric(0.75, 0.67, 0.82, 144)),
                tier("frozen", metric(0.91, 0.86, 0.95, 144)),
            ],
            ship: true,
            why: "accuracy is better than that of linear: +16.0 points (+9.0 to +23.0) on 144 rows".into(),
            ..made(("support-topics", "classifier", "frozen"), 60, 144)
        };
        let reranker = TuneReport {
            eval: BTreeMap::from([
                ("nDCG@10".into(), metric(0.81, 0.71, 0.9, 21)),
                ("nDCG@10 before".into(), metric(0.8, 0.7, 0.89, 21)),
            ]),
            ..made(("handbook-reranker", "reranker", "cross-encoder"), 240, 21)
        };
        expect![[r#"

            From their labels: `support-topics`, a classifier (frozen) tuned on 60 messages in 2.0 s, measured on 144 others
              accuracy of linear         0.750 (0.670 to 0.820, n 144)
              accuracy of frozen         0.910 (0.860 to 0.950, n 144)
              ship it: accuracy is better than that of linear: +16.0 points (+9.0 to +23.0) on 144 rows.

            From their grades: `handbook-reranker`, a reranker tuned on 240 pairs in 2.0 s, measured on 21 questions it has not seen
              nDCG@10 of search          0.800 (0.700 to 0.890, n 21)
              nDCG@10 reranked           0.810 (0.710 to 0.900, n 21)
              do not ship it: it is not proven better.
        "#]]
        .assert_eq(&demonstrated(&classifier, &reranker));
        let served = TuneReport { ship: true, served: true, ..reranker };
        let told = demonstrated(&classifier, &served);
        assert!(
            told.ends_with("  used by `search --rerank` from now on: it is not proven better.\n"),
            "{told}"
        );
    }
}
