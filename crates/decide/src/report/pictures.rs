//! Every picture with its caption, and all of them together for a page that has words of its own.

use super::escape::figure;
use super::plot;
use crate::{Decision, Experiment};

/// Every picture that there is something to draw for, in the order of the report; nothing where there is none.
///
/// Names of arms and slices stand in them, no question and no answer. The markup is that of the report, with its classes and without a
/// style: `.plots`, `figure`, and in the drawings those of `svg`.
pub fn pictures(experiment: &Experiment, decision: &Decision) -> String {
    let measured = decision.effects.list().into_iter().any(|(_, effect)| effect.metric.value.is_some());
    let all = [
        interaction(decision),
        if measured { forest(decision) } else { String::new() },
        slices(decision),
        pareto(decision),
        tornado(decision),
        break_even(experiment, decision),
        latency(experiment, decision),
        learning(decision),
        risk_coverage(decision),
        reliability(decision),
        survival(experiment, decision),
        grown_quality(decision),
        grown_time(decision),
        load(decision),
    ];
    let all = all.concat();
    if all.is_empty() { all } else { format!("<div class=plots>{all}</div>\n") }
}

pub(crate) fn interaction(decision: &Decision) -> String {
    figure(plot::interaction(decision), "Parallel lines would mean that retrieval and tuning simply add up.")
}

pub(crate) fn forest(decision: &Decision) -> String {
    figure(
        Some(plot::forest(decision)),
        "Each effect with its 95 % interval; a filled mark is surely not zero, after Holm's correction too.",
    )
}

pub(crate) fn slices(decision: &Decision) -> String {
    figure(plot::slices(decision), "The effects within each slice.")
}

pub(crate) fn pareto(decision: &Decision) -> String {
    figure(
        plot::pareto(decision),
        "Quality against cost. The larger the disc, the longer 95 of 100 answers take.",
    )
}

pub(crate) fn tornado(decision: &Decision) -> String {
    figure(
        plot::tornado(decision),
        "What the lead hangs on: each weight halved (−) and doubled (+), each number a quarter (−) and fourfold (+).",
    )
}

pub(crate) fn break_even(experiment: &Experiment, decision: &Decision) -> String {
    figure(
        plot::break_even(experiment, decision),
        "Cost a month as questions grow; a cross marks a break-even.",
    )
}

pub(crate) fn latency(experiment: &Experiment, decision: &Decision) -> String {
    figure(plot::latency(experiment, decision), "How soon answers come; the dashed line is 95 of 100.")
}

pub(crate) fn learning(decision: &Decision) -> String {
    figure(
        plot::learning(decision),
        "Marks are measured; the dotted part is a forecast, at most to four times the labels.",
    )
}

pub(crate) fn risk_coverage(decision: &Decision) -> String {
    figure(plot::risk_coverage(decision), "What it gains to stay silent: errors among the surest answers.")
}

pub(crate) fn reliability(decision: &Decision) -> String {
    figure(plot::reliability(decision), "On the dashed line confidence can be taken at its word.")
}

pub(crate) fn survival(experiment: &Experiment, decision: &Decision) -> String {
    figure(plot::survival(experiment, decision), "Changes that answers do not show yet, as time goes by.")
}

pub(crate) fn grown_quality(decision: &Decision) -> String {
    figure(plot::grown_quality(decision), "Quality as there is more that does not answer the question.")
}

pub(crate) fn grown_time(decision: &Decision) -> String {
    figure(plot::grown_time(decision), "Waiting time as there is more to look through.")
}

pub(crate) fn load(decision: &Decision) -> String {
    figure(
        plot::load(decision),
        "Waiting time, in line included, as more questions come; the dashed line is how long it may take.",
    )
}
