//! The engineer's part: thirteen sections, from the set-up to the command that repeats it.

use engraft_eval::Metric;

use super::effects::effects;
use super::escape::{esc, list, prose, table};
use super::growth::grown;
use super::judge;
use super::limits::limits;
use super::slices::slices;
use super::{evidence, failures, lag, learning, pictures};
use crate::words::{chance, duration, money, number};
use crate::{ArmReport, Decision, Experiment, GROUNDEDNESS};

const TITLES: [&str; 13] = [
    "Set-up",
    "Effects",
    "Slices",
    "Retrieval and limits",
    "Groundedness and abstention",
    "Confidence",
    "Latency",
    "Cost",
    "Learning curve",
    "Update lag",
    "Failures",
    "Missing data",
    "Replay",
];

pub(crate) fn sections(experiment: &Experiment, decision: &Decision) -> String {
    let mut out = String::from("<h2 id=engineer>For the engineer</h2><nav>");
    for (at, title) in TITLES.iter().enumerate() {
        out.push_str(&format!("<div><a href=\"#s{0}\">{0} {title}</a></div>", at + 1));
    }
    out.push_str("</nav>\n");
    out.push_str(&summary(experiment, decision));
    let bodies = [
        setup(experiment, decision),
        effects(decision),
        slices(decision),
        limits(experiment, decision),
        evidence::grounded(experiment, decision),
        evidence::confidence(decision) + &judge::card(decision),
        evidence::latency(experiment, decision) + &grown(experiment, decision),
        cost(experiment, decision),
        learning::learning(experiment, decision),
        lag::lag(experiment, decision),
        failures::failures(decision),
        evidence::missing(decision),
        evidence::replay(experiment, decision),
    ];
    for (at, (title, body)) in TITLES.iter().zip(bodies).enumerate() {
        out.push_str(&format!("<section><h2 id=s{0}>{0} · {title}</h2>\n{body}</section>\n", at + 1));
    }
    out
}

/// Whether `arm` is the one recommended or in front.
pub(crate) fn is_front(decision: &Decision, arm: &ArmReport) -> bool {
    decision.front.as_deref() == Some(arm.name.as_str())
}

/// A metric through `show`, with its interval; a dash where it was not measured.
pub(crate) fn ranged(metric: &Metric, show: &dyn Fn(f64) -> String) -> String {
    match (metric.value, metric.low, metric.high) {
        (Some(value), Some(low), Some(high)) => {
            esc(&format!("{} [{}, {}]", show(value), show(low), show(high)))
        }
        (Some(value), ..) => esc(&show(value)),
        _ => "–".into(),
    }
}

fn summary(experiment: &Experiment, decision: &Decision) -> String {
    let sign = &experiment.terms.prices.currency;
    let optional = |value: Option<f64>, show: &dyn Fn(f64) -> String| value.map_or("–".into(), show);
    let given = experiment.by_construction(GROUNDEDNESS).is_some();
    let rows = decision.arms.iter().map(|arm| {
        let standing = match (arm.candidate, arm.dropped.is_empty()) {
            (false, _) => "diagnostic".to_string(),
            (true, false) => "breaks a must-have".to_string(),
            (true, true) => chance(decision, arm).unwrap_or_else(|| "–".into()),
        };
        let cells = vec![
            esc(&arm.name),
            ranged(&arm.quality, &|value| format!("{:.1}", 100.0 * value)),
            ranged(&arm.latency_ms, &|ms| format!("{ms:.1}")),
            optional(arm.cost_per_month.value, &|month| esc(&money(sign, month))),
            optional(arm.update_lag_s.value, &|lag| esc(&duration(lag))),
            match arm.groundedness.value {
                Some(_) if given => "by construction".into(),
                _ => ranged(&arm.groundedness, &|value| format!("{:.1}", 100.0 * value)),
            },
            optional(arm.utility, &|utility| format!("{:.1}", 100.0 * utility)),
            esc(&standing),
            optional(arm.expected_regret, &|regret| format!("{:.2}", 100.0 * regret)),
            if arm.pareto { "yes".into() } else { String::new() },
        ];
        (is_front(decision, arm), cells)
    });
    let heads = [
        ("Arm", false),
        ("Quality, %", true),
        ("p95, ms", true),
        ("A month", true),
        ("Change shows", true),
        ("Grounded, %", true),
        ("Utility", true),
        ("P(best)", true),
        ("Regret", true),
        ("Pareto", false),
    ];
    let mut out = table(&heads, &rows.collect::<Vec<_>>());
    out.push_str("<div class=plots>");
    out.push_str(&pictures::pareto(decision));
    out.push_str(&pictures::tornado(decision));
    out.push_str("</div>\n");
    out
}

fn setup(experiment: &Experiment, decision: &Decision) -> String {
    let mut out = String::new();
    let facts = experiment.data.iter().map(|fact| format!("{}: {}", esc(&fact.what), prose(&fact.value)));
    let own = [
        format!(
            "Measured {} by {} on {}.",
            esc(&experiment.created),
            esc(&experiment.build),
            esc(&experiment.machine)
        ),
        format!(
            "{} questions compared, {} clusters, {} resamples with seed {}; clusters are drawn whole, then training seeds.",
            number(decision.questions),
            number(decision.clusters),
            number(decision.resamples),
            decision.seed
        ),
    ];
    let made = experiment.setup.iter().map(|fact| format!("{}: {}", prose(&fact.what), prose(&fact.value)));
    out.push_str(&list(facts.chain(made).chain(own)));
    out.push_str("<h3>Arms</h3>");
    let arms = decision.arms.iter().map(|arm| {
        let states: Vec<String> =
            arm.states.iter().map(|(state, n)| format!("{} {state}", number(*n))).collect();
        let said = arm.absent.as_deref().map_or_else(|| states.join(", "), str::to_string);
        let cells = vec![
            esc(&arm.name),
            prose(&arm.description),
            arm.seeds.to_string(),
            number(arm.labels),
            prose(&said),
        ];
        (is_front(decision, arm), cells)
    });
    let heads = [("Arm", false), ("What it does", false), ("Seeds", true), ("Labels", true), ("Rows", false)];
    out.push_str(&table(&heads, &arms.collect::<Vec<_>>()));
    if let Some(why) = &decision.no_router {
        out.push_str(&format!("<p>No router was judged: {}.</p>", prose(why)));
    }
    if let Some(by) = &decision.routed_by {
        out.push_str(&format!(
            "<p>The router goes by {}: that is known before a question is answered. Slices that follow from the right answer are \
             reported on and not gone by.</p>",
            prose(by)
        ));
    }
    out.push_str("<h3>Criteria</h3>");
    let criteria = decision.criteria.iter().map(|anchor| {
        let cells = vec![
            esc(&anchor.criterion),
            format!("{:.0} %", 100.0 * anchor.weight),
            esc(&format!("{} {}", anchor.zero, anchor.unit)),
            esc(&format!("{} {}", anchor.one, anchor.unit)),
            anchor.left_out.as_deref().map_or_else(|| anchor.basis.name().to_string(), prose),
        ];
        (false, cells)
    });
    let heads = [
        ("Criterion", false),
        ("Weight", true),
        ("Worth 0 at", true),
        ("Worth 1 at", true),
        ("Basis", false),
    ];
    out.push_str(&table(&heads, &criteria.collect::<Vec<_>>()));
    out.push_str(&format!(
        "<p>Weights wander around these as {} pseudo-votes would. Choices that lose less than {:.1} points of utility to the best on average, and \
         in {confidence:.0} % of the draws, are equals: the cheapest of them is recommended, however seldom it is the very best. Where there is none, \
         the one that is the best in {confidence:.0} % of the draws is.</p>",
        experiment.terms.weight_certainty,
        100.0 * experiment.terms.margin,
        confidence = 100.0 * experiment.terms.confidence,
    ));
    if !decision.constraints.is_empty() {
        out.push_str("<h3>Must-haves</h3>");
        let constraints = decision.constraints.iter().map(|constraint| {
            let broken: Vec<String> =
                constraint.broken_by.iter().map(|(arm, how)| format!("`{arm}`: {how}")).collect();
            let broken = if broken.is_empty() { "nobody".into() } else { prose(&broken.join("; ")) };
            (false, vec![esc(&constraint.name), esc(&constraint.limit), broken])
        });
        let heads = [("Must-have", false), ("Limit", false), ("Broken by", false)];
        out.push_str(&table(&heads, &constraints.collect::<Vec<_>>()));
    }
    out.push_str("<h3>Taken for granted</h3>");
    out.push_str(&list(decision.assumptions.iter().map(|assumption| prose(assumption))));
    out.push_str("<h3>Everything that would change the verdict, nearest first</h3>");
    match decision.flip_points.is_empty() {
        true => out.push_str("<p>No number moved alone would.</p>\n"),
        false => out.push_str(&list(decision.flip_points.iter().map(|flip| prose(&flip.words)))),
    }
    out
}

fn cost(experiment: &Experiment, decision: &Decision) -> String {
    let sign = &experiment.terms.prices.currency;
    let mut rows = Vec::new();
    for arm in &decision.arms {
        for line in arm.ledger.iter().filter(|_| arm.candidate) {
            let amount = esc(&money(sign, line.per_month));
            let cells =
                vec![esc(&arm.name), esc(&line.what), esc(&line.how), amount, line.basis.name().to_string()];
            rows.push((is_front(decision, arm), cells));
        }
    }
    let heads =
        [("Arm", false), ("What", false), ("How", false), ("A month", true), ("Weakest basis", false)];
    let mut out = table(&heads, &rows);
    out.push_str("<div class=plots>");
    out.push_str(&pictures::break_even(experiment, decision));
    let rows: Vec<_> = decision
        .break_even
        .iter()
        .map(|pair| {
            let at = ranged(&pair.queries_per_month, &|volume| number(volume as usize));
            let updates = pair.updates_per_month.map_or("–".into(), |at| format!("{at:.1}"));
            (false, vec![format!("{} / {}", esc(&pair.a), esc(&pair.b)), at, updates])
        })
        .collect();
    let heads = [("Pair", false), ("Questions a month", true), ("Changes a month", true)];
    out.push_str(&format!("<div><h3>Break-even</h3>{}</div></div>\n", table(&heads, &rows)));
    let deployed = decision.arms.iter().filter(|arm| arm.candidate).filter_map(|arm| {
        let told = arm.deployment.as_ref()?;
        let time = |minutes: f64| esc(&duration(60.0 * minutes));
        let cells = vec![esc(&arm.name), time(told.machine_min), time(told.person_min), prose(&told.how)];
        Some((is_front(decision, arm), cells))
    });
    let deployed: Vec<_> = deployed.collect();
    if !deployed.is_empty() {
        out.push_str("<h3>From an empty project</h3>");
        let heads = [("Arm", false), ("A machine", true), ("People", true), ("Of which", false)];
        out.push_str(&table(&heads, &deployed));
    }
    out.push_str("<h3>Prices</h3>");
    let prices = experiment.terms.prices.list();
    let rows: Vec<_> = prices
        .iter()
        .map(|(name, meaning, amount)| {
            (
                false,
                vec![esc(name), esc(meaning), format!("{}", amount.value), amount.basis.name().to_string()],
            )
        })
        .collect();
    out.push_str(&table(&[("Price", false), ("Of", false), ("Value", true), ("Basis", false)], &rows));
    out
}
