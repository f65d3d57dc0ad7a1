//! The router: each sort of question to the arm that does it best, chosen on one half of the questions and judged on the
//! other, both ways round. A sort is what is known of a question before it is answered, and never what follows from its right answer.

use std::collections::{BTreeMap, BTreeSet};

use engraft_eval::{SplitMix, holm};

use crate::effects::ALPHA;
use crate::paired::paired;
use crate::{Arm, ArmRun, Experiment, Role, UpdateTrial, Upkeep};

/// The name of the router among the arms.
pub const ROUTER: &str = "router";

/// Fewer questions of a sort in a half choose nothing.
const LEAST: usize = 15;

/// The router as an arm, or why there is none.
///
/// A sort leaves the arm that is best on all of a half only for one that is surely better there. There is no router where none does.
pub(crate) fn router(experiment: &Experiment) -> Result<Arm, String> {
    let kept = experiment.kept();
    let candidates: Vec<usize> = (0..experiment.arms.len())
        .filter(|&at| experiment.arms[at].role == Role::Candidate && !experiment.arms[at].runs.is_empty())
        .collect();
    if candidates.len() < 2 {
        return Err("there are not two arms to route between".into());
    }
    let routes: Option<Vec<&str>> =
        experiment.questions.iter().map(|question| question.route.as_deref()).collect();
    let routes = routes.ok_or_else(|| unknown(experiment))?;
    let sorts: BTreeSet<&str> = routes.iter().copied().collect();
    if sorts.len() < 2 {
        return Err(format!("all questions are of one sort by {}", by(experiment)));
    }
    let half = |question: usize| half(&experiment.questions[question].cluster);
    // By the half it was learnt on.
    let bests = [0, 1].map(|learnt| {
        let seen: Vec<usize> = kept.iter().copied().filter(|&question| half(question) == learnt).collect();
        best(experiment, &candidates, &seen)
    });
    let better = better(&rivals(experiment, &candidates, &sorts, &bests, &|learnt, sort| {
        kept.iter().copied().filter(|&q| half(q) == learnt && routes[q] == sort).collect()
    }));
    if better.is_empty() {
        let name = &experiment.arms[best(experiment, &candidates, &kept)].name;
        return Err(format!(
            "by {} no sort of question does surely better with another arm than `{name}`",
            by(experiment)
        ));
    }
    // [half it was learnt on][sort] -> arm
    let choices = [0, 1].map(|learnt| {
        let arm = |sort: &str| better.get(&(learnt, sort)).copied().unwrap_or(bests[learnt]);
        sorts.iter().map(|sort| (*sort, arm(sort))).collect::<BTreeMap<&str, usize>>()
    });
    let used: BTreeSet<usize> = choices.iter().flat_map(|choices| choices.values().copied()).collect();
    let chosen = |question: usize| choices[1 - half(question)][routes[question]];
    let seeds = used.iter().map(|&at| experiment.arms[at].runs.len()).max().unwrap_or(1);
    let runs = (0..seeds).map(|seed| {
        let row = |question: usize| {
            let runs = &experiment.arms[chosen(question)].runs;
            runs[seed % runs.len()].rows[question].clone()
        };
        ArmRun { seed: seed as u64, rows: (0..experiment.questions.len()).map(row).collect() }
    });
    let words: Vec<String> = sorts
        .iter()
        .map(|sort| {
            let mut arms: Vec<&str> =
                choices.iter().map(|choices| experiment.arms[choices[sort]].name.as_str()).collect();
            arms.dedup();
            format!("{sort} → {}", arms.join(" or "))
        })
        .collect();
    let parts: Vec<&Arm> = used.iter().map(|&at| &experiment.arms[at]).collect();
    Ok(Arm {
        name: ROUTER.into(),
        description: format!(
            "Each sort of question by the arm that did it best on the other half of the questions: {}. It goes by {}, which is \
             known before a question is answered.",
            words.join("; "),
            by(experiment)
        ),
        retrieval: parts.iter().any(|arm| arm.retrieval),
        tuned: parts.iter().any(|arm| arm.tuned),
        role: Role::Candidate,
        beside: None,
        on_premises: parts.iter().all(|arm| arm.on_premises),
        absent: None,
        runs: runs.collect(),
        upkeep: Upkeep {
            labels: parts.iter().map(|arm| arm.upkeep.labels).max().unwrap_or(0),
            build_cpu_s: parts.iter().map(|arm| arm.upkeep.build_cpu_s).sum(),
            build_s: parts.iter().map(|arm| arm.upkeep.build_s).sum(),
            update_cpu_s: parts.iter().map(|arm| arm.upkeep.update_cpu_s).sum(),
            update_person_min: parts.iter().map(|arm| arm.upkeep.update_person_min).fold(0.0, f64::max),
            bytes: parts.iter().map(|arm| arm.upkeep.bytes).sum(),
        },
        // A change has to reach the slowest of its parts.
        updates: parts
            .iter()
            .map(|arm| &arm.updates)
            .max_by(|a, b| slowness(a).total_cmp(&slowness(b)))
            .cloned()
            .unwrap_or_default(),
        updates_how: "the slowest of its parts".into(),
    })
}

/// What the router goes by, in words.
pub(crate) fn by(experiment: &Experiment) -> &str {
    if experiment.routed_by.is_empty() { "what is known of them beforehand" } else { &experiment.routed_by }
}

/// Why there is nothing to go by.
fn unknown(experiment: &Experiment) -> String {
    let silent = "the record does not say what is known of a question before it is answered";
    if experiment.routed_by.is_empty() { silent.into() } else { experiment.routed_by.clone() }
}

fn slowness(trials: &[UpdateTrial]) -> f64 {
    trials.iter().map(|trial| trial.seconds.unwrap_or(f64::INFINITY)).fold(0.0, f64::max)
}

/// Which half a cluster belongs to, by a hash of its name, so that neither order nor seed matters.
fn half(cluster: &str) -> usize {
    let hash = cluster
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    // FNV-1a alone leaves the bits of short names alike.
    SplitMix::new(hash, 0).below(2)
}

fn quality(arm: &Arm, question: usize) -> f64 {
    let all = arm.runs.iter().filter_map(|run| run.rows[question].quality());
    all.sum::<f64>() / arm.runs.len() as f64
}

/// The arm that does these questions best together; of equals the first.
fn best(experiment: &Experiment, candidates: &[usize], asked: &[usize]) -> usize {
    let sum = |arm: usize| asked.iter().map(|&q| quality(&experiment.arms[arm], q)).sum::<f64>();
    candidates.iter().copied().fold(candidates[0], |best, at| if sum(at) > sum(best) { at } else { best })
}

/// An arm beside the best one of a half, on the questions of one sort there.
struct Rival<'s> {
    half: usize,
    sort: &'s str,
    arm: usize,
    /// What it gains on them, and the lower end of that.
    gain: f64,
    low: f64,
    p: f64,
}

/// Every arm against the best one of each half, on every sort of which there are enough questions in that half; `inside` says which.
fn rivals<'s>(
    experiment: &Experiment,
    candidates: &[usize],
    sorts: &BTreeSet<&'s str>,
    bests: &[usize; 2],
    inside: &dyn Fn(usize, &str) -> Vec<usize>,
) -> Vec<Rival<'s>> {
    let mut found = Vec::new();
    for (half, &best) in bests.iter().enumerate() {
        for &sort in sorts {
            let asked = inside(half, sort);
            if asked.len() < LEAST {
                continue;
            }
            for &arm in candidates.iter().filter(|arm| **arm != best) {
                let Some(paired) = paired(experiment, &[(1.0, arm), (-1.0, best)], &asked) else { continue };
                let metric = &paired.found.metric;
                if let (Some(gain), Some(low), Some(p)) = (metric.value, metric.low, paired.found.p) {
                    found.push(Rival { half, sort, arm, gain, low, p });
                }
            }
        }
    }
    found
}

/// For each half and sort the arm that gains most of those that are surely better: the interval over clusters lies above 0, and so
/// does the test after Holm's correction for all that were compared in both halves. With noise alone there is none, 19 times of 20.
fn better<'s>(rivals: &[Rival<'s>]) -> BTreeMap<(usize, &'s str), usize> {
    let ps: Vec<f64> = rivals.iter().map(|rival| rival.p).collect();
    let sure = rivals.iter().zip(holm(&ps)).filter(|(rival, p)| *p <= ALPHA && rival.low > 0.0);
    let mut most: BTreeMap<(usize, &str), &Rival> = BTreeMap::new();
    for (rival, _) in sure {
        let before = most.entry((rival.half, rival.sort)).or_insert(rival);
        if rival.gain > before.gain {
            *before = rival;
        }
    }
    most.into_iter().map(|(place, rival)| (place, rival.arm)).collect()
}
