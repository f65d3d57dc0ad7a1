//! From what was measured to the decision, in the order in which the report tells it.

use std::collections::{BTreeMap, BTreeSet};

use engraft_eval::{Metric, State};

use crate::against::{compared, rival};
use crate::cost::{Cost, break_even};
use crate::curve::curve;
use crate::decision::{ArmReport, Constraint, Decision};
use crate::deployment::deployment;
use crate::draws::{Draws, Series, clusters};
use crate::experiment::{GROUNDEDNESS, named};
use crate::failures::{confusions, missing};
use crate::fixed::Fixed;
use crate::flip::WhatIf;
use crate::growth::growth;
use crate::lag::{Lag, lag};
use crate::load::loads;
use crate::preference::preferences;
use crate::reliability::Reliability;
use crate::router::{by, router};
use crate::target::Wanted;
use crate::utility::{Facts, GROUNDED, anchors, broken, none, pareto};
use crate::verdict::{Contest, Rule, Verdict};
use crate::words::{assumptions, needs, sentence};
use crate::{Arm, ArmRun, Experiment, Measure, Role, Row, Unfit, Weights};

/// The decision on an experiment; the same experiment gives the same decision at any number of threads.
///
/// `record_sha256` names the record the experiment was read from.
pub fn decide(experiment: &Experiment, record_sha256: &str) -> Result<Decision, Unfit> {
    Ok(Resampled::of(experiment)?.decide(record_sha256))
}

/// An experiment with its resamples, which are the most of the work and the same whatever the criteria weigh.
pub struct Resampled {
    experiment: Experiment,
    no_router: Option<String>,
    draws: Draws,
    fixed: Fixed,
}

impl std::fmt::Debug for Resampled {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Resampled").field("experiment", &self.experiment.name).finish_non_exhaustive()
    }
}

impl Resampled {
    /// Draws the resamples.
    pub fn of(experiment: &Experiment) -> Result<Resampled, Unfit> {
        experiment.check()?;
        let mut experiment = experiment.clone();
        let no_router = match router(&experiment) {
            Ok(arm) => {
                experiment.arms.push(arm);
                None
            }
            Err(why) => Some(why),
        };
        let slices = experiment.slices();
        let draws = Draws::of(&experiment, &slices);
        let fixed = Fixed::of(&experiment, &draws, &slices);
        Ok(Resampled { experiment, no_router, draws, fixed })
    }

    /// Weighs the criteria otherwise from now on; refused unless all weights are at least 0 and one is above.
    pub fn weigh(&mut self, weights: Weights) -> Result<(), Unfit> {
        let Weights { quality, groundedness, latency, cost, update_lag } = weights;
        let all = [quality, groundedness, latency, cost, update_lag];
        if !all.iter().all(|weight| weight.is_finite() && *weight >= 0.0) || all.iter().sum::<f64>() <= 0.0 {
            return Err(Unfit::Shape("weights are numbers of at least 0, one of them above".into()));
        }
        self.experiment.terms.weights = weights;
        Ok(())
    }

    /// What was measured, with the router where there is one.
    pub fn experiment(&self) -> &Experiment {
        &self.experiment
    }

    /// How the criteria weigh now.
    pub fn weights(&self) -> &Weights {
        &self.experiment.terms.weights
    }

    /// The decision on it.
    pub fn decide(&self, record_sha256: &str) -> Decision {
        decision(self, record_sha256)
    }
}

fn decision(resampled: &Resampled, record_sha256: &str) -> Decision {
    let Resampled { experiment, no_router, draws, fixed } = resampled;
    let kept = experiment.kept();
    let lags: Vec<Option<(Lag, Series)>> =
        experiment.arms.iter().map(|arm| lag(arm, experiment.seed, draws.resamples)).collect();
    let grounded = experiment.measures.iter().position(|measure| measure.name == GROUNDEDNESS);
    let facts: Vec<(usize, Facts)> = (0..experiment.arms.len())
        .filter(|&at| experiment.arms[at].role == Role::Candidate)
        .filter_map(|at| {
            let cost = Cost::of(experiment, draws, at)?;
            let values = [
                draws.quality(at, experiment.seed),
                grounded.and_then(|measure| draws.measure(at, measure)).cloned(),
                draws.p95(at).cloned(),
                Some(cost.month.clone()),
                lags[at].as_ref().map(|(_, series)| series.clone()),
            ];
            let grounded_low = values[GROUNDED].as_ref().map(|series| series.range(0.025, 0.975).0);
            Some((at, Facts { arm: &experiment.arms[at], values, grounded_low, cost }))
        })
        .collect();
    let (homes, facts): (Vec<usize>, Vec<Facts>) = facts.into_iter().unzip();
    let judged = judge(experiment, &facts, kept.len());
    let mut arms: Vec<ArmReport> = (0..experiment.arms.len())
        .map(|at| {
            let lag = lags[at].as_ref().map(|(lag, _)| lag.clone());
            arm_report(experiment, draws, at, &kept, (lag, fixed.confidence[at].clone()))
        })
        .collect();
    judged.mark(&mut arms, &homes);
    for (at, on) in homes.iter().zip(pareto(&facts.iter().collect::<Vec<_>>())) {
        arms[*at].pareto = on;
    }
    let front = judged.front.map(|at| homes[at]);
    let rival = front.and_then(|front| rival(&arms, front));
    let (regressions, against) = match (front, rival) {
        (Some(front), Some(rival)) => compared(experiment, front, rival, &kept),
        _ => (Vec::new(), None),
    };
    let what_if = judged.front.map(|front| WhatIf {
        facts: &facts,
        terms: &experiment.terms,
        front,
        equals: judged.rule == Rule::CheapestOfEquals,
    });
    let mut decision = Decision {
        name: experiment.name.clone(),
        kind: experiment.kind.clone(),
        created: experiment.created.clone(),
        recommendation: judged.recommended().map(|at| experiment.arms[homes[at]].name.clone()),
        verdict: String::new(),
        rule: judged.rule,
        p_best: judged.front.and_then(|at| arms[homes[at]].p_best),
        expected_regret: judged.front.and_then(|at| arms[homes[at]].expected_regret),
        front: front.map(|at| experiment.arms[at].name.clone()),
        effects: fixed.effects.clone(),
        slices: fixed.slices.clone(),
        flip_points: what_if.as_ref().map(WhatIf::points).unwrap_or_default(),
        need_n: judged.need_n,
        value_of_more: judged.value_of_more(experiment),
        needs: Vec::new(),
        constraints: constraints(experiment, &facts),
        conflict: judged.conflict.clone(),
        criteria: judged.criteria.clone(),
        sensitivity: what_if.as_ref().map(WhatIf::tornado).unwrap_or_default(),
        break_even: crossings(experiment, &facts),
        diagnostics: fixed.diagnostics.clone(),
        curves: curves(experiment),
        growth: growth(experiment),
        loads: loads(experiment),
        preferences: preferences(experiment),
        judge: experiment.judge.clone(),
        assumptions: Vec::new(),
        no_router: no_router.clone(),
        by_construction: given(experiment),
        routed_by: no_router.is_none().then(|| by(experiment).to_string()),
        regressions,
        against,
        confusions: front.map(|at| confusions(experiment, &experiment.arms[at], &kept)).unwrap_or_default(),
        missing: missing(experiment),
        questions: kept.len(),
        clusters: clusters(experiment, &kept).len(),
        resamples: experiment.resamples,
        seed: experiment.seed,
        record_sha256: record_sha256.into(),
        arms,
    };
    decision.assumptions = assumptions(experiment, &decision);
    decision.needs = needs(experiment, &decision);
    decision.verdict = sentence(&decision);
    decision
}

/// The verdict among all candidates, those that break a must-have left out of it.
struct Judged {
    rule: Rule,
    /// Position among the candidates.
    front: Option<usize>,
    criteria: Vec<crate::utility::Anchor>,
    /// For each candidate, what it breaks.
    broken: Vec<Vec<String>>,
    /// Positions of those that break nothing, with their standing.
    verdict: Option<(Vec<usize>, Verdict)>,
    need_n: Option<usize>,
    conflict: Vec<String>,
}

fn judge(experiment: &Experiment, facts: &[Facts], have: usize) -> Judged {
    let terms = &experiment.terms;
    let breaks: Vec<Vec<(&'static str, String)>> = facts.iter().map(|facts| broken(facts, terms)).collect();
    let criteria = anchors(terms, facts);
    let meets: Vec<usize> = (0..facts.len()).filter(|&at| breaks[at].is_empty()).collect();
    let broken = breaks.iter().map(|all| all.iter().map(|(_, words)| words.clone()).collect()).collect();
    if meets.is_empty() {
        let conflict = conflict(&breaks);
        let (rule, front, verdict) = (Rule::NoneMeets, None, None);
        return Judged { rule, front, criteria, broken, verdict, need_n: None, conflict };
    }
    let inside: Vec<Facts> = meets
        .iter()
        .map(|&at| Facts {
            arm: facts[at].arm,
            values: facts[at].values.clone(),
            grounded_low: facts[at].grounded_low,
            cost: facts[at].cost.clone(),
        })
        .collect();
    let contest = Contest::new(&inside, &criteria, terms, experiment.seed);
    let verdict = contest.verdict(1.0);
    let need_n = match verdict.rule {
        Rule::NotEnough => contest.questions_needed(have).map(|need| need - have),
        _ => Some(0),
    };
    let front = Some(meets[verdict.front]);
    let rule = verdict.rule;
    Judged { rule, front, criteria, broken, verdict: Some((meets, verdict)), need_n, conflict: Vec::new() }
}

/// The fewest must-haves that no candidate meets together, in order of name.
fn conflict(breaks: &[Vec<(&'static str, String)>]) -> Vec<String> {
    let all: BTreeSet<&str> = breaks.iter().flatten().map(|(name, _)| *name).collect();
    let all: Vec<&str> = all.into_iter().collect();
    let mut sets: Vec<u32> = (1..1u32 << all.len()).collect();
    sets.sort_by_key(|set| (set.count_ones(), *set));
    let inside =
        |set: u32, name: &str| all.iter().position(|one| *one == name).is_some_and(|at| set >> at & 1 == 1);
    let blocks = |set: &u32| breaks.iter().all(|arm| arm.iter().any(|(name, _)| inside(*set, name)));
    let Some(set) = sets.into_iter().find(blocks) else { return Vec::new() };
    all.iter().filter(|name| inside(set, name)).map(|name| (*name).to_string()).collect()
}

impl Judged {
    fn recommended(&self) -> Option<usize> {
        let sure = matches!(self.rule, Rule::Best | Rule::CheapestOfEquals | Rule::OnlyOne);
        self.front.filter(|_| sure)
    }

    fn mark(&self, arms: &mut [ArmReport], homes: &[usize]) {
        for (at, broken) in homes.iter().zip(&self.broken) {
            arms[*at].dropped = broken.clone();
        }
        let Some((meets, verdict)) = &self.verdict else { return };
        for (at, standing) in meets.iter().zip(&verdict.standing) {
            let arm = &mut arms[homes[*at]];
            arm.utility = Some(standing.utility);
            arm.p_best = Some(standing.p_best);
            arm.expected_regret = Some(standing.regret);
        }
    }

    /// What the best choice of every draw gains over the front arm, in right answers a month.
    fn value_of_more(&self, experiment: &Experiment) -> f64 {
        let Some((_, verdict)) = &self.verdict else { return 0.0 };
        let quality = &self.criteria[0];
        let worth = quality.weight / (quality.one - quality.zero);
        let regret = verdict.standing[verdict.front].regret;
        if worth > 0.0 { regret / worth * experiment.terms.volume.queries_per_month.value } else { 0.0 }
    }
}

fn arm_report(
    experiment: &Experiment,
    draws: &Draws,
    at: usize,
    kept: &[usize],
    (lag, confidence): (Option<Lag>, Option<Reliability>),
) -> ArmReport {
    let arm = &experiment.arms[at];
    let why = arm.absent.clone().unwrap_or_else(|| "not measured".into());
    let metric = |series: Option<&Series>| series.map_or_else(|| none(&why), Series::metric);
    let numbered = |name: &str| experiment.measures.iter().position(|measure| measure.name == name);
    let groundedness = match numbered(GROUNDEDNESS).and_then(|measure| draws.measure(at, measure)) {
        Some(series) => series.metric(),
        None if arm.absent.is_some() => none(&why),
        None => none("it shows no evidence to be grounded in"),
    };
    let cost = Cost::of(experiment, draws, at);
    let measures = experiment.measures.iter().enumerate().skip(1);
    let rows = || arm.runs.iter().flat_map(|run| &run.rows);
    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    rows().for_each(|row| *states.entry(named(row.state).to_string()).or_default() += 1);
    let is_lost = |row: &Row| matches!(row.state, State::Failed | State::Timeout);
    let failed = rows().filter(|row| is_lost(row)).count();
    let all = rows().count();
    let quality = metric(draws.measure(at, 0));
    // The quality is over the questions that are compared, and so is what was lost of it.
    let lost_of = |run: &ArmRun| kept.iter().filter(|&&at| is_lost(&run.rows[at])).count();
    let lost: usize = arm.runs.iter().map(lost_of).sum();
    let share = lost as f64 / (arm.runs.len() * kept.len()).max(1) as f64;
    ArmReport {
        name: arm.name.clone(),
        description: arm.description.clone(),
        retrieval: arm.retrieval,
        tuned: arm.tuned,
        candidate: arm.role == Role::Candidate,
        absent: arm.absent.clone(),
        quality_bounds: quality.value.map(|value| [value, (value + share).min(1.0)]).filter(|_| lost > 0),
        quality,
        latency_ms: metric(draws.p95(at)),
        latency_p50_ms: median(arm, kept),
        latency_p99_ms: draws.p99(at).map(Series::metric),
        cost_per_1k: metric(cost.as_ref().map(|cost| cost.query.map(|query| 1000.0 * query)).as_ref()),
        cost_per_month: metric(cost.as_ref().map(|cost| &cost.month)),
        cost_per_update: cost.as_ref().map(|cost| cost.update),
        update_lag_s: lag.as_ref().map_or_else(
            || none(if arm.absent.is_some() { &why } else { "no change was tried" }),
            |lag| lag.median_s.clone(),
        ),
        groundedness,
        measures: measures
            .filter_map(|(number, measure)| Some((measure.name.clone(), draws.measure(at, number)?.metric())))
            .collect(),
        states,
        broken: (all > 0 && 2 * failed >= all)
            .then(|| format!("{failed} of {all} answers failed or timed out")),
        stages: stages(experiment, arm, kept),
        ledger: cost.map(|cost| cost.ledger).unwrap_or_default(),
        style: experiment.styles.iter().find(|one| one.arm == arm.name).map(|one| one.told_apart.clone()),
        deployment: deployment(experiment, arm),
        lag,
        confidence,
        dropped: Vec::new(),
        pareto: false,
        utility: None,
        p_best: None,
        expected_regret: None,
        labels: arm.upkeep.labels,
        seeds: arm.runs.len(),
    }
}

fn median(arm: &Arm, kept: &[usize]) -> Option<f64> {
    let mut times: Vec<f64> =
        arm.runs.iter().flat_map(|run| kept.iter().map(|&at| run.rows[at].ms())).collect();
    times.sort_unstable_by(f64::total_cmp);
    times.get(times.len() / 2).copied()
}

fn stages(experiment: &Experiment, arm: &Arm, kept: &[usize]) -> Vec<(String, f64)> {
    let n = (arm.runs.len() * kept.len()).max(1) as f64;
    let mean = |stage: usize| {
        let each = arm.runs.iter().flat_map(|run| kept.iter().map(|&at| run.rows[at].stage_ms[stage]));
        each.sum::<f64>() / n
    };
    let named = experiment.stages.iter().enumerate().filter(|_| !arm.runs.is_empty());
    named.map(|(stage, name)| (name.clone(), mean(stage))).filter(|(_, mean)| *mean > 0.0).collect()
}

fn constraints(experiment: &Experiment, facts: &[Facts]) -> Vec<Constraint> {
    let must = &experiment.terms.must;
    let sign = &experiment.terms.prices.currency;
    let limits: [(&str, Option<String>); 6] = [
        ("quality", must.quality.map(|least| format!("at least {:.1} %", 100.0 * least))),
        ("groundedness", must.groundedness.map(|least| format!("surely at least {:.1} %", 100.0 * least))),
        ("p95_ms", must.p95_ms.map(|most| format!("95 of 100 answers within {most} ms"))),
        ("cost_per_month", must.cost_per_month.map(|most| format!("at most {sign}{most} a month"))),
        ("update_lag_s", must.update_lag_s.map(|most| format!("a change shows within {most} s"))),
        ("on_premises", must.on_premises.then(|| "nothing leaves the team's machines".to_string())),
    ];
    let listed = limits.into_iter().filter_map(|(name, limit)| Some((name, limit?)));
    listed
        .map(|(name, limit)| {
            let broken_by = facts.iter().filter_map(|facts| {
                let mut all = broken(facts, &experiment.terms).into_iter();
                all.find(|(broken, _)| *broken == name).map(|(_, words)| (facts.arm.name.clone(), words))
            });
            Constraint { name: name.into(), limit, broken_by: broken_by.collect() }
        })
        .collect()
}

fn crossings(experiment: &Experiment, facts: &[Facts]) -> Vec<crate::BreakEven> {
    let mut found = Vec::new();
    let own: Vec<&Facts> = facts.iter().filter(|facts| facts.arm.name != crate::ROUTER).collect();
    for (at, a) in own.iter().enumerate() {
        for b in &own[at + 1..] {
            found.push(break_even(&experiment.terms, (&a.arm.name, &a.cost), (&b.arm.name, &b.cost)));
        }
    }
    found
}

/// The measures that hold because of how arms are made, each with why.
fn given(experiment: &Experiment) -> BTreeMap<String, String> {
    let named = |measure: &Measure| Some((measure.name.clone(), measure.by_construction.clone()?));
    experiment.measures.iter().filter_map(named).collect()
}

fn curves(experiment: &Experiment) -> Vec<crate::Curve> {
    let names: BTreeSet<&str> = experiment.curve.iter().map(|point| point.arm.as_str()).collect();
    let label_s = experiment.label_s.as_ref().map(|label_s| label_s.value);
    let wanted = Wanted { quality: experiment.terms.must.quality, label_s };
    names.into_iter().filter_map(|arm| curve(arm, &experiment.curve, experiment.seed, wanted)).collect()
}

impl Experiment {
    /// The slices of the questions, in order of name.
    pub fn slices(&self) -> Vec<String> {
        let names: BTreeSet<&str> = self.questions.iter().map(|question| question.slice.as_str()).collect();
        names.into_iter().map(str::to_string).collect()
    }

    /// The arms as analysed: those measured, and the router where there is one.
    pub fn with_router(&self) -> Experiment {
        let mut all = self.clone();
        all.arms.extend(router(self).ok());
        all
    }
}

/// Whether a metric's interval lies on one side of zero.
pub(crate) fn is_sure(metric: &Metric) -> bool {
    matches!((metric.low, metric.high), (Some(low), Some(high)) if low > 0.0 || high < 0.0)
}
