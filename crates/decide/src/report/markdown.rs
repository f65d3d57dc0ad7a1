//! The decision in Markdown, short enough for a pull request.

use crate::words::{chance, duration, money, number, percent, points};
use crate::{Decision, Effect, Experiment, GROUNDEDNESS};

const FLIPS: usize = 5;

/// The decision in Markdown: verdict, arms, effects, what would change it, what is needed.
///
/// Text from outside is shown as text: what would be markup is escaped.
pub fn markdown(experiment: &Experiment, decision: &Decision) -> String {
    let sign = &experiment.terms.prices.currency;
    let mut out = format!("# {}\n\n**{}**\n\n", plain(&decision.name), said(&decision.verdict));
    out.push_str("| arm | quality | p95 | a month | change shows | grounded | P(best) | |\n|---|--:|--:|--:|--:|--:|--:|---|\n");
    let given = experiment.by_construction(GROUNDEDNESS).is_some();
    for arm in &decision.arms {
        let optional = |value: Option<f64>, show: &dyn Fn(f64) -> String| value.map_or("–".into(), show);
        let mark = match (
            &arm.absent,
            arm.candidate,
            arm.dropped.first(),
            Some(&arm.name) == decision.front.as_ref(),
        ) {
            (Some(why), ..) => plain(why),
            (_, false, ..) => "diagnostic".into(),
            (_, _, Some(why), _) => plain(why),
            (.., true) if decision.recommendation.is_some() => "**recommended**".into(),
            (.., true) => "in front".into(),
            _ => String::new(),
        };
        out.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} | {} | {mark} |\n",
            plain(&arm.name),
            arm.quality.value.map_or("–".into(), |_| percent(&arm.quality)),
            optional(arm.latency_ms.value, &|ms| duration(ms / 1000.0)),
            optional(arm.cost_per_month.value, &|month| plain(&money(sign, month))),
            optional(arm.update_lag_s.value, &duration),
            match arm.groundedness.value {
                None => "–".into(),
                Some(_) if given => "by construction".into(),
                Some(_) => percent(&arm.groundedness),
            },
            chance(decision, arm).unwrap_or_else(|| "–".into()),
        ));
    }
    out.push_str("\n| effect | points of quality | p (Holm) |\n|---|--:|--:|\n");
    for (name, effect) in decision.effects.list() {
        out.push_str(&format!("| {name} | {} | {} |\n", points(&effect.metric), p(effect)));
    }
    let section = |title: &str, lines: &mut dyn Iterator<Item = String>| {
        let lines: String = lines.map(|line| format!("- {line}\n")).collect();
        if lines.is_empty() { String::new() } else { format!("\n## {title}\n\n{lines}") }
    };
    out.push_str(&section(
        "What would change it",
        &mut decision.flip_points.iter().take(FLIPS).map(|flip| said(&flip.words)),
    ));
    let router = decision.arms.iter().find(|arm| arm.name == crate::ROUTER);
    let router = match (router, &decision.no_router) {
        (Some(router), _) => Some(plain(&router.description)),
        (None, why) => why.as_ref().map(|why| format!("None was judged: {}.", said(why))),
    };
    out.push_str(&section("Router", &mut router.into_iter()));
    let deployed = decision.arms.iter().filter(|arm| arm.candidate).filter_map(|arm| {
        let told = arm.deployment.as_ref()?;
        let [machine, people] = [told.machine_min, told.person_min].map(|minutes| duration(60.0 * minutes));
        Some(said(&format!("`{}`: {machine} of a machine, {people} of people ({}).", arm.name, told.how)))
    });
    out.push_str(&section("From an empty project", &mut deployed.into_iter()));
    let customs = super::evidence::customs(decision);
    out.push_str(&section("In the team's words", &mut customs.iter().map(|words| said(words))));
    let judged = super::judge::told(decision);
    out.push_str(&section("The judge", &mut judged.iter().map(|words| said(words))));
    let grown = decision.growth.iter().map(|growth| &growth.words);
    let loaded = decision.loads.iter().map(|load| &load.words);
    let left_out = experiment
        .not_measured
        .iter()
        .map(|one| format!("{}: not measured, because {}.", plain(&one.what), said(&one.value)));
    let grown = grown.chain(loaded).map(|words| said(words));
    out.push_str(&section("As it grows", &mut grown.chain(left_out)));
    let limits = decision.diagnostics.iter().map(|contrast| contrast.words.as_str());
    let limits = limits.chain(super::lacking::lacking(experiment, decision));
    out.push_str(&section("Diagnostics", &mut limits.map(said)));
    out.push_str(&section("What is needed", &mut decision.needs.iter().map(|need| said(need))));
    out.push_str(&section("Taken for granted", &mut decision.assumptions.iter().map(|one| said(one))));
    let facts = experiment.data.iter().map(|fact| format!("{}: {}", plain(&fact.what), said(&fact.value)));
    out.push_str(&section("Data", &mut facts.into_iter()));
    out.push_str(&format!(
        "\n{} questions, {} resamples, seed {}. Measured {} by {}.\n\n```sh\n{}\n```\n",
        number(decision.questions),
        number(decision.resamples),
        decision.seed,
        plain(&decision.created),
        plain(&experiment.build),
        experiment.command.replace("```", "'''")
    ));
    out
}

fn p(effect: &Effect) -> String {
    effect.p_holm.map_or("–".into(), |p| if p < 0.001 { "< 0.001".into() } else { format!("{p:.3}") })
}

/// Text without any markup of its own.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '\n' | '\r' => out.push(' '),
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' => {
                out.push('\\');
                out.push(letter);
            }
            _ => out.push(letter),
        }
    }
    out
}

/// Our own sentences: what stands between backticks is code.
fn said(text: &str) -> String {
    let code = |part: &str| match part {
        // Two backticks in a row would open code of another kind, and a line's end may close it early.
        "" => String::new(),
        part => format!("`{}`", part.replace(['\n', '\r'], " ")),
    };
    let parts = text.split('`').enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { code(part) } else { plain(part) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_breaks_out_of_the_code_it_is_shown_as() {
        assert_eq!(said("Use `a<b>` (*now*)."), "Use `a<b>` (\\*now\\*).");
        // As an arm called "``<img>" would be put.
        assert_eq!(said("Use ```<img>`."), "Use `<img>`.");
        assert_eq!(said("Use `a\n\n<img>`."), "Use `a  <img>`.");
    }
}
