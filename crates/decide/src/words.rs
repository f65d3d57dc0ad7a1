//! The decision in plain words: the verdict, what is needed, what is taken for granted.

use engraft_eval::{IntervalMethod, Metric};

use crate::analyse::is_sure;
use crate::verdict::Rule;
use crate::{ArmReport, Basis, Decision, Experiment, FALSE_ANSWER};

/// A share as a percentage with its interval, such as `87.2 % [85.0, 89.1]`.
pub fn percent(metric: &Metric) -> String {
    let Some(value) = metric.value else { return "not measured".into() };
    match (metric.low, metric.high) {
        (Some(low), Some(high)) => {
            format!("{:.1} % [{:.1}, {:.1}]", 100.0 * value, 100.0 * low, 100.0 * high)
        }
        _ => format!("{:.1} %", 100.0 * value),
    }
}

/// A difference of shares in points with its interval, such as `+3.1 points [+1.2, +5.0]`.
pub(crate) fn points(metric: &Metric) -> String {
    let Some(value) = metric.value else { return "not measured".into() };
    match (metric.low, metric.high) {
        (Some(low), Some(high)) => {
            format!("{:+.1} points [{:+.1}, {:+.1}]", 100.0 * value, 100.0 * low, 100.0 * high)
        }
        _ => format!("{:+.1} points", 100.0 * value),
    }
}

/// How an interval was made, as its authors are called.
pub(crate) fn rule(rule: IntervalMethod) -> &'static str {
    match rule {
        IntervalMethod::AgrestiMin => "Agresti–Min",
        IntervalMethod::Studentised => "studentised",
        IntervalMethod::Student => "Student",
        IntervalMethod::Percentile => "percentiles",
    }
}

/// Seconds as people say them.
pub(crate) fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => format!("{:.0} ms", 1000.0 * s),
        s if s < 120.0 => format!("{s:.1} s"),
        s if s < 7200.0 => format!("{:.0} minutes", s / 60.0),
        s if s < 172_800.0 => format!("{:.1} hours", s / 3600.0),
        s => format!("{:.0} days", s / 86_400.0),
    }
}

/// An amount of money with as many digits as it deserves.
pub(crate) fn money(sign: &str, amount: f64) -> String {
    match amount.abs() {
        a if a >= 100.0 => format!("{sign}{amount:.0}"),
        a if a >= 1.0 => format!("{sign}{amount:.2}"),
        0.0 => format!("{sign}0"),
        a if a < 0.0001 => format!("under {sign}0.0001"),
        a if a >= 0.01 => format!("{sign}{amount:.3}"),
        a => format!("{sign}{amount:.*}", (1.0 - a.log10().floor()) as usize),
    }
}

/// So many in a second.
pub(crate) fn rate(per_second: f64) -> String {
    match per_second {
        r if r >= 9.95 => format!("{r:.0}"),
        r if r >= 0.995 => format!("{r:.1}"),
        r => format!("{r:.2}"),
    }
}

/// How many times as much.
pub(crate) fn factor(times: f64) -> String {
    if times < 99.5 { format!("{times:.1}") } else { format!("{times:.0}") }
}

/// What an arm is, for a sentence.
pub(crate) fn plainly(arm: &ArmReport) -> &'static str {
    match (arm.name == crate::ROUTER, arm.retrieval, arm.tuned) {
        (true, ..) => "a router",
        (_, false, false) => "neither retrieval nor tuning",
        (_, true, false) => "retrieval alone",
        (_, false, true) => "fine-tuning alone",
        (_, true, true) => "fine-tuning with retrieval",
    }
}

pub(crate) fn sentence(decision: &Decision) -> String {
    let front = decision.front.as_ref().and_then(|name| decision.arms.iter().find(|arm| arm.name == *name));
    let sure = decision.p_best.map(share).unwrap_or_default();
    match (decision.rule, front) {
        (Rule::Best, Some(arm)) => format!(
            "Use {} (`{}`). It is the best choice with a probability of {sure}.",
            plainly(arm),
            arm.name
        ),
        (Rule::CheapestOfEquals, Some(arm)) => format!(
            "Use {} (`{}`). No other choice is better by more than the margin that matters, and none of its equals costs \
             less.",
            plainly(arm),
            arm.name
        ),
        (Rule::OnlyOne, Some(arm)) if alone(decision) => {
            let tried = decision.diagnostics.iter().any(|one| one.diagnostic == crate::NOT_PROVEN);
            let why = match tried {
                true => "What was tuned is not proven to help, and no other choice was measured.",
                false => "It is the only choice that was measured: there is nothing to compare it with.",
            };
            format!("Use {} (`{}`). {why}", plainly(arm), arm.name)
        }
        (Rule::OnlyOne, Some(arm)) => {
            format!(
                "Use {} (`{}`). It is the only choice that meets every must-have.",
                plainly(arm),
                arm.name
            )
        }
        (Rule::NotEnough, Some(arm)) => {
            let more = match decision.need_n {
                Some(n) => format!("About {n} more questions would settle it."),
                None => {
                    let seeds = if has_seeds(decision) { " or more training seeds" } else { "" };
                    format!(
                        "More questions alone would not settle it: how much each criterion counts{seeds} would."
                    )
                }
            };
            format!(
                "Not decided yet. {} (`{}`) is in front, with a probability of {sure} of being the best. {more}",
                capital(plainly(arm)),
                arm.name
            )
        }
        _ => match decision.conflict.as_slice() {
            [one] => format!("No choice meets every must-have: none meets {one}."),
            several => {
                format!("No choice meets every must-have: {} cannot be met together.", several.join(" and "))
            }
        },
    }
}

/// Whether a choice was trained or drawn more than once, so that part of the doubt is in that.
fn has_seeds(decision: &Decision) -> bool {
    decision.arms.iter().any(|arm| arm.candidate && arm.seeds > 1)
}

/// Whether no second choice was measured.
fn alone(decision: &Decision) -> bool {
    decision.arms.iter().filter(|arm| arm.candidate && arm.quality.value.is_some()).count() == 1
}

/// A probability for a sentence; never a bare 0 or 1.
pub(crate) fn share(p: f64) -> String {
    match p {
        p if p > 0.999 => "over 99.9 %".into(),
        p if p < 0.001 => "under 0.1 %".into(),
        p => format!("{:.1} %", 100.0 * p),
    }
}

/// How likely an arm is the best one, for a table; `None` where it is out or was not measured. Where it has no other beside it,
/// that says nothing, and no number is told.
pub fn chance(decision: &Decision, arm: &ArmReport) -> Option<String> {
    let p = arm.p_best?;
    Some(if decision.rule == Rule::OnlyOne { "the only one".into() } else { share(p) })
}

pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

/// Why no arm says how often it answers what has no answer, where that is a measure of the experiment and nothing of the sort was
/// asked; `None`: some arm says, or it is no measure.
pub(crate) fn no_false_answers(experiment: &Experiment, decision: &Decision) -> Option<&'static str> {
    let rate = |arm: &ArmReport| arm.measures.get(FALSE_ANSWER).and_then(|metric| metric.value);
    if !experiment.measures.iter().any(|measure| measure.name == FALSE_ANSWER)
        || decision.arms.iter().any(|arm| rate(arm).is_some())
    {
        return None;
    }
    Some(match experiment.kind.as_str() {
        "extract" => "every text had something to mark",
        _ => "no question was unanswerable",
    })
}

pub(crate) fn needs(experiment: &Experiment, decision: &Decision) -> Vec<String> {
    let mut needs = Vec::new();
    let unasked = no_false_answers(experiment, decision);
    match decision.need_n {
        Some(0) if decision.recommendation.is_some() => needs.push(match unasked {
            None => "Nothing more for this decision.".to_string(),
            Some(_) => "Nothing more for this decision, as far as it was measured.".into(),
        }),
        Some(n) if n > 0 => needs.push(format!(
            "{n} more questions with right answers, for a verdict; they are worth at most {:.0} right answers a month.",
            decision.value_of_more
        )),
        None if decision.rule == Rule::NotEnough => {
            let seeds = if has_seeds(decision) { " Or train with more seeds: `seeds`." } else { "" };
            needs.push(format!(
                "Say how much each criterion counts: `[weights]`, and how surely: `weight_certainty`.{seeds}"
            ));
        }
        _ => {}
    }
    if let Some(why) = unasked {
        needs.push(format!("Something that has no answer: false answers were not measured, because {why}."));
    }
    if decision.rule == Rule::NoneMeets {
        needs.push("A look at the must-haves: which of those named may give way?".into());
    }
    if let Some(against) = &decision.against
        && !is_sure(&against.difference)
    {
        let to_see = format!("To see the measured difference to `{}` surely", against.rival);
        match (against.needed, &against.needed_why) {
            (Some(needed), _) if needed > decision.questions => {
                needs.push(format!("{to_see} it would take {} questions.", number(needed)));
            }
            (None, Some(why)) => needs.push(format!("{to_see}, {why}.")),
            _ => {}
        }
    }
    needs.extend(decision.curves.iter().map(|curve| curve.words.clone()));
    needs
}

/// A whole number with thin spaces between thousands.
pub(crate) fn number(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('\u{2009}');
        }
        out.push(digit);
    }
    out
}

pub(crate) fn assumptions(experiment: &Experiment, decision: &Decision) -> Vec<String> {
    let terms = &experiment.terms;
    let mut all = Vec::new();
    let assumed = terms.prices.list().into_iter().filter(|(_, _, amount)| amount.basis == Basis::Assumed);
    for (name, meaning, amount) in assumed {
        all.push(format!("prices.{name} = {}, {meaning}: a default nobody confirmed.", amount.value));
    }
    for (name, amount) in [
        ("queries_per_month", &terms.volume.queries_per_month),
        ("updates_per_month", &terms.volume.updates_per_month),
    ] {
        if amount.basis == Basis::Assumed {
            all.push(format!("volume.{name} = {}: a default nobody confirmed.", amount.value));
        }
    }
    for anchor in &decision.criteria {
        match &anchor.left_out {
            Some(why) => all.push(format!("{} does not count: {why}.", capital(&anchor.criterion))),
            None if anchor.weight > 0.0 && anchor.basis == Basis::Assumed => all.push(format!(
                "{} is worth nothing at {} {} and everything at {} {}, evenly between.",
                capital(&anchor.criterion),
                anchor.zero,
                anchor.unit,
                anchor.one,
                anchor.unit
            )),
            None => {}
        }
    }
    all.push("The questions asked here are like those that will be asked.".into());
    all.extend(experiment.notes.iter().cloned());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_arm_is_no_winner_and_a_single_must_have_no_contradiction() {
        let mut random = crate::random::Random::new(3, 3);
        let mut experiment =
            crate::worlds::measured(&crate::worlds::truths(&mut random), 60, 1, 1, &mut random);
        experiment.arms.truncate(1);
        let verdict = |experiment: &Experiment| crate::decide(experiment, "").unwrap().verdict;
        // Nor is it surely the best, or is little lost by choosing it.
        let decision = crate::decide(&experiment, "").unwrap();
        let (page, text) = (crate::html(&experiment, &decision), crate::markdown(&experiment, &decision));
        for told in [&page, &text] {
            assert!(told.contains("the only one") && !told.contains("over 99.9 %"), "{told}");
        }
        assert!(!page.contains("If another choice is the better one"), "{page}");
        assert!(
            verdict(&experiment).contains("the only choice that was measured"),
            "{}",
            verdict(&experiment)
        );
        let mut tried = experiment.arms[0].clone();
        (tried.name, tried.role) = (crate::NOT_PROVEN.into(), crate::Role::Diagnostic);
        tried.beside = Some(experiment.arms[0].name.clone());
        experiment.arms.push(tried);
        assert!(
            verdict(&experiment).contains("What was tuned is not proven to help"),
            "{}",
            verdict(&experiment)
        );
        experiment.arms.truncate(1);
        experiment.terms.must.quality = Some(1.0);
        assert_eq!(verdict(&experiment), "No choice meets every must-have: none meets quality.");
    }

    #[test]
    fn amounts_read_as_people_say_them() {
        assert_eq!(number(1_234_567), "1\u{2009}234\u{2009}567");
        assert_eq!(
            (duration(0.25), duration(90.0), duration(5400.0)),
            ("250 ms".into(), "90.0 s".into(), "90 minutes".into())
        );
        assert_eq!(
            (money("$", 0.0), money("$", 12.3), money("$", 1234.5)),
            ("$0".into(), "$12.30".into(), "$1234".into())
        );
        assert_eq!((money("$", 0.00123), money("$", 0.00004)), ("$0.0012".into(), "under $0.0001".into()));
        assert_eq!((share(1.0), share(0.934)), ("over 99.9 %".into(), "93.4 %".into()));
    }
}
