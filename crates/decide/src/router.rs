//! The router: each sort of question to the arm that does it best, chosen on one half of the questions and judged on the
//! other, both ways round. A sort is what is known of a question before it is answered, and never what follows from its right answer.

use std::collections::{BTreeMap, BTreeSet};

use engraft_eval::SplitMix;

use crate::{Arm, ArmRun, Experiment, Role, UpdateTrial, Upkeep};

/// The name of the router among the arms.
pub const ROUTER: &str = "router";

/// Fewer questions of a sort in a half choose nothing.
const LEAST: usize = 15;

/// The router as an arm, or why there is none.
///
/// A sort leaves the best arm overall only for one that beats it by more than a standard error of the paired difference.
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
    // [half it was learnt on][sort] -> arm
    let mut choices: [BTreeMap<&str, usize>; 2] = Default::default();
    for (learnt, choices) in choices.iter_mut().enumerate() {
        let seen: Vec<usize> = kept.iter().copied().filter(|&question| half(question) == learnt).collect();
        let best = candidates.iter().copied().fold(candidates[0], |best, at| {
            let mean = |arm: usize| seen.iter().map(|&q| quality(&experiment.arms[arm], q)).sum::<f64>();
            if mean(at) > mean(best) { at } else { best }
        });
        for sort in &sorts {
            let inside: Vec<usize> = seen.iter().copied().filter(|&q| routes[q] == *sort).collect();
            choices.insert(*sort, winner(experiment, &candidates, &inside, best));
        }
    }
    let used: BTreeSet<usize> = choices.iter().flat_map(|choices| choices.values().copied()).collect();
    if used.len() == 1 {
        let name = &experiment.arms[*used.first().unwrap_or(&0)].name;
        return Err(format!(
            "by {} no sort of question does surely better with another arm than `{name}`",
            by(experiment)
        ));
    }
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

/// The arm for a sort: the overall `best`, unless another beats it there by more than a standard error.
fn winner(experiment: &Experiment, candidates: &[usize], inside: &[usize], best: usize) -> usize {
    if inside.len() < LEAST {
        return best;
    }
    let n = inside.len() as f64;
    let mut won = (best, 0.0);
    for &arm in candidates {
        let gains: Vec<f64> = inside
            .iter()
            .map(|&q| quality(&experiment.arms[arm], q) - quality(&experiment.arms[best], q))
            .collect();
        let mean = gains.iter().sum::<f64>() / n;
        let variance = gains.iter().map(|gain| (gain - mean).powi(2)).sum::<f64>() / (n - 1.0);
        if mean > (variance / n).sqrt() && mean > won.1 {
            won = (arm, mean);
        }
    }
    won.0
}
