//! The sections that show single measurements: evidence, confidence, time, labels, changes, failures, what is missing.

use engraft_eval::Metric;

use super::engineer::{is_front, ranged};
use super::escape::{esc, figure, list, prose, short, table};
use super::limits::{meanings, of_search};
use super::plot;
use crate::experiment::named;
use crate::words::{duration, number, percent};
use crate::{ArmReport, Decision, Experiment, GROUNDEDNESS, Measure, Preference, Said};

const MISSING_SHOWN: usize = 50;

/// The arms that have rows.
pub(super) fn measured(decision: &Decision) -> impl Iterator<Item = &ArmReport> {
    decision.arms.iter().filter(|arm| arm.quality.value.is_some())
}

/// Every further measure, by arm.
pub(crate) fn grounded(experiment: &Experiment, decision: &Decision) -> String {
    let named = experiment.measures.iter().skip(1).filter(|measure| !of_search(measure));
    let measures: Vec<&Measure> = named.collect();
    if measures.is_empty() {
        return "<p>Nothing beside the quality was measured on the answers.</p>".into();
    }
    let mut heads = vec![("Arm", false)];
    heads.extend(measures.iter().map(|measure| (measure.name.as_str(), true)));
    let rows = measured(decision).map(|arm| {
        let mut cells = vec![esc(&arm.name)];
        cells.extend(measures.iter().map(|measure| match arm.measures.get(&measure.name) {
            Some(Metric { value: Some(value), .. }) if measure.by_construction.is_some() => {
                format!("{value:.3}, by construction")
            }
            Some(metric) => ranged(metric, &|value| format!("{value:.3}")),
            None if measure.name == GROUNDEDNESS => "shows no evidence".into(),
            None => "–".into(),
        }));
        (is_front(decision, arm), cells)
    });
    let mut out = table(&heads, &rows.collect::<Vec<_>>());
    out.push_str(&meanings(&measures));
    out.push_str(&given(&measures));
    out.push_str("<p>No language model judged any of these numbers.</p>\n");
    let told: Vec<String> = customs(decision).iter().map(|words| prose(words)).collect();
    if !told.is_empty() {
        out.push_str(&format!("<h3>In the team's words</h3>{}", list(told)));
    }
    out
}

/// Which of these measures are no findings, and why; nothing where all are.
fn given(measures: &[&Measure]) -> String {
    let mut all: Vec<(&str, Vec<String>)> = Vec::new();
    for measure in measures {
        let Some(why) = measure.by_construction.as_deref() else { continue };
        let name = format!("<code>{}</code>", esc(&measure.name));
        match all.iter_mut().find(|(known, _)| *known == why) {
            Some((_, names)) => names.push(name),
            None => all.push((why, vec![name])),
        }
    }
    let told = all.iter().map(|(why, names)| {
        format!("<p>By construction and no finding: {}; {}.</p>\n", names.join(", "), prose(why))
    });
    told.collect()
}

/// How arms sound beside the team, and which answers people prefer, in words.
pub(crate) fn customs(decision: &Decision) -> Vec<String> {
    let style = |arm: &ArmReport| {
        let found = arm.style.as_ref()?;
        Some(format!(
            "Style of `{}`: a classifier of words and letters tells its texts from the team's with an area under the curve of {:.2}{}, n {} (0.5: not at all, 1: always).",
            arm.name,
            found.value?,
            ends(found, &|value| format!("{value:.2}")),
            found.n
        ))
    };
    let preference = |one: &Preference| {
        let rate = one.win_rate.value?;
        let share = |rate: f64| format!("{:.0}", 100.0 * rate);
        Some(format!(
            "People who saw two answers without names prefer those of `{}` to those of `{}` in {} of 100 pairs{}, n {}; ties count half.",
            one.arm,
            one.over,
            share(rate),
            ends(&one.win_rate, &share),
            one.win_rate.n
        ))
    };
    let styles = decision.arms.iter().filter_map(style);
    styles.chain(decision.preferences.iter().filter_map(preference)).collect()
}

fn ends(metric: &Metric, show: &dyn Fn(f64) -> String) -> String {
    let both = metric.low.zip(metric.high);
    both.map_or_else(String::new, |(low, high)| format!(" [{}, {}]", show(low), show(high)))
}

/// How far the confidence of arms can be believed.
pub(crate) fn confidence(decision: &Decision) -> String {
    let rows: Vec<_> = measured(decision)
        .filter_map(|arm| {
            let reliability = arm.reliability.as_ref()?;
            let cells = vec![
                esc(&arm.name),
                format!("{:.3}", reliability.ece),
                format!("{:.3}", reliability.brier),
                format!("{:.3}", reliability.aurc),
                format!("{:.0} %", 100.0 * reliability.coverage_at_5),
            ];
            Some((is_front(decision, arm), cells))
        })
        .collect();
    if rows.is_empty() {
        return "<p>No arm says how sure it is.</p>".into();
    }
    let heads = [
        ("Arm", false),
        ("Calibration error", true),
        ("Brier", true),
        ("Area under risk–coverage", true),
        ("Answered with ≤ 5 % errors", true),
    ];
    let mut out = table(&heads, &rows);
    out.push_str("<div class=plots>");
    out.push_str(&figure(
        plot::risk_coverage(decision),
        "What it gains to stay silent: errors among the surest answers.",
    ));
    out.push_str(&figure(
        plot::reliability(decision),
        "On the dashed line confidence can be taken at its word.",
    ));
    out.push_str("</div>\n");
    out
}

/// Waiting time, whole and by stage.
pub(crate) fn latency(experiment: &Experiment, decision: &Decision) -> String {
    let mut heads = vec![("Arm", false), ("p50, ms", true), ("p95, ms", true)];
    heads.extend(experiment.stages.iter().map(|stage| (stage.as_str(), true)));
    let rows = measured(decision).map(|arm| {
        let median = arm.latency_p50_ms.map_or("–".into(), |ms| format!("{ms:.2}"));
        let mut cells = vec![esc(&arm.name), median, ranged(&arm.latency_ms, &|ms| format!("{ms:.2}"))];
        cells.extend(experiment.stages.iter().map(|stage| {
            let mean = arm.stages.iter().find(|(name, _)| name == stage);
            mean.map_or("–".into(), |(_, mean)| format!("{mean:.2}"))
        }));
        (is_front(decision, arm), cells)
    });
    let mut out = table(&heads, &rows.collect::<Vec<_>>());
    out.push_str("<p class=soft>Stages are means in milliseconds. Questions were asked one after another.</p>\n<div class=plots>");
    out.push_str(&figure(
        plot::latency(experiment, decision),
        "How soon answers come; the dashed line is 95 of 100.",
    ));
    out.push_str("</div>\n");
    out
}

/// What more labels would bring.
pub(crate) fn learning(decision: &Decision) -> String {
    if decision.curves.is_empty() {
        return "<p>No learning curve: it takes tuned arms trained on at least three sizes.</p>".into();
    }
    let mut out = list(decision.curves.iter().map(|curve| {
        format!(
            "{} Fitted: {:.3} − {:.3} n<sup>−{:.2}</sup>; at four times the labels {}.",
            prose(&curve.words),
            curve.plateau,
            curve.scale,
            curve.rate,
            esc(&percent(&curve.at_four_times))
        )
    }));
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
    out.push_str(&figure(
        plot::learning(decision),
        "Marks are measured; the dotted part is a forecast, at most to four times the labels.",
    ));
    let heads =
        [("Arm", false), ("Labels", true), ("Quality", true), ("Deviation, points", true), ("Seeds", true)];
    out.push_str(&format!("<div>{}</div></div>\n", table(&heads, &rows)));
    out
}

/// How changes came through.
pub(crate) fn lag(experiment: &Experiment, decision: &Decision) -> String {
    let cite =
        decision.arms.iter().filter_map(|arm| arm.lag.as_ref()).any(|lag| lag.fresh_citations.is_some());
    let rows: Vec<_> = decision
        .arms
        .iter()
        .filter_map(|arm| {
            let lag = arm.lag.as_ref()?;
            let mut cells = vec![
                esc(&arm.name),
                number(lag.trials),
                number(lag.never),
                ranged(&lag.median_s, &duration),
                ranged(&lag.p95_s, &duration),
                esc(&percent(&lag.deletions)),
            ];
            if cite {
                cells.push(lag.fresh_citations.as_ref().map_or("–".into(), |fresh| esc(&percent(fresh))));
            }
            cells.push(prose(&lag.how));
            Some((is_front(decision, arm), cells))
        })
        .collect();
    if rows.is_empty() {
        return "<p>No change was tried.</p>".into();
    }
    let mut heads = vec![
        ("Arm", false),
        ("Changes", true),
        ("Never showed", true),
        ("Median", true),
        ("p95", true),
        ("Deletions honoured", true),
    ];
    heads.extend(cite.then_some(("Fresh citations", true)));
    heads.push(("How", false));
    let mut out = table(&heads, &rows);
    out.push_str("<div class=plots>");
    out.push_str(&figure(
        plot::survival(experiment, decision),
        "Changes that answers do not show yet, as time goes by.",
    ));
    out.push_str("</div>\n");
    out
}

fn said(title: &str, said: &Said) -> String {
    let sure = said.confidence.map(|sure| format!(", {:.0} % sure", 100.0 * sure)).unwrap_or_default();
    let evidence = match said.evidence.is_empty() {
        true => String::new(),
        false => list(said.evidence.iter().map(|text| short(text, 160))),
    };
    format!(
        "<div><b>{}</b>: {} <span class=soft>({:.1} ms{sure})</span>{evidence}</div>",
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
            "<details><summary>{} <span class=soft>{} · {}</span></summary><p>Right: <b>{}</b></p><div class=pair>{}{}</div></details>\n",
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

/// The ledger of rows without a score.
pub(crate) fn missing(decision: &Decision) -> String {
    if decision.missing.is_empty() {
        return "<p>Every arm answered every question.</p>".into();
    }
    let rows: Vec<_> = decision
        .missing
        .iter()
        .take(MISSING_SHOWN)
        .map(|row| {
            let cells = vec![
                esc(&row.arm),
                row.seed.to_string(),
                short(&row.id, 60),
                named(row.state).to_string(),
                prose(&row.why),
            ];
            (false, cells)
        })
        .collect();
    let heads = [("Arm", false), ("Seed", true), ("Question", false), ("State", false), ("Why", false)];
    let mut out = table(&heads, &rows);
    if decision.missing.len() > MISSING_SHOWN {
        let more = decision.missing.len() - MISSING_SHOWN;
        out.push_str(&format!("<p>And {} more; <code>decision.json</code> lists all.</p>", number(more)));
    }
    let bounds = decision.arms.iter().filter_map(|arm| Some((arm, arm.quality_bounds?)));
    let bounds = bounds.map(|(arm, [low, high])| {
        format!(
            "<code>{}</code>: between {:.1} % and {:.1} %, had every failed answer been wrong or right.",
            esc(&arm.name),
            100.0 * low,
            100.0 * high
        )
    });
    out.push_str(&list(bounds));
    out
}

/// The command that repeats it.
pub(crate) fn replay(experiment: &Experiment, decision: &Decision) -> String {
    format!(
        "<p>To measure again: <code>{}</code></p><p>To decide again on the same measurements, byte for byte: \
         <code>engraft decide --replay record.json</code> (sha256 <code>{}</code>).</p>\n",
        esc(&experiment.command),
        esc(&decision.record_sha256)
    )
}
