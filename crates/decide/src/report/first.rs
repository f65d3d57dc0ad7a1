//! The first page: what to do, how sure that is, what it costs, what could go wrong and what would change it.

use engraft_eval::Metric;

use super::escape::{esc, list, prose};
use super::plot::{Ink, whisker};
use crate::words::{duration, money, no_false_answers, number, rate, share};
use crate::{ArmReport, Decision, Experiment, FALSE_ANSWER, GROUNDEDNESS, NOT_PROVEN, Rule};

const FLIPS: usize = 3;

pub(crate) fn first_page(experiment: &Experiment, decision: &Decision) -> String {
    let mut out = String::from("<header>");
    let day = decision.created.get(..10).unwrap_or(&decision.created);
    out.push_str(&format!(
        "<p class=over>Retrieval, fine-tuning or both · {} · {}</p>",
        esc(&decision.name),
        esc(day)
    ));
    out.push_str(&format!("<h1>{}</h1>", prose(&decision.verdict)));
    out.push_str(&format!("<p>{}</p></header>\n", prose(&confidence(decision))));
    out.push_str(&tile(experiment, decision));
    out.push_str("<div class=cards>");
    let sign = &experiment.terms.prices.currency;
    for (title, say, more) in [cost(experiment, decision, sign), speed(decision), risk(experiment, decision)]
    {
        out.push_str(&format!("<div><h3>{title}</h3><div class=say>{}</div>{more}</div>\n", prose(&say)));
    }
    if let Some(grows) = grows(decision) {
        out.push_str(&format!("<div style=\"grid-column:1/-1\"><h3>As it grows</h3>{grows}</div>\n"));
    }
    out.push_str("</div><div class=cards>");
    let flips = decision.flip_points.iter().take(FLIPS).map(|flip| prose(&flip.words));
    let flips: Vec<String> = flips.collect();
    let none = vec!["No single number was found that would change it.".to_string()];
    let flips = if flips.is_empty() { none } else { flips };
    out.push_str(&format!("<div><h3>What would change it</h3>{}</div>", list(flips)));
    let needs = decision.needs.iter().map(|need| prose(need));
    out.push_str(&format!("<div><h3>What is needed from you</h3>{}</div>", list(needs)));
    out.push_str(&format!(
        "<div><h3>What it rests on</h3>{}</div></div>\n",
        list(rests(experiment, decision))
    ));
    out
}

fn confidence(decision: &Decision) -> String {
    let mut words = Vec::new();
    // Beside the only choice there is nothing to lose to.
    let alone = decision.rule == Rule::OnlyOne;
    if let (false, Some(p), Some(regret)) = (alone, decision.p_best, decision.expected_regret) {
        let other = match decision.rule {
            Rule::CheapestOfEquals => format!("It is the very best with a probability of {}. ", share(p)),
            _ => String::new(),
        };
        let lost = match 100.0 * regret {
            points if points < 0.01 => "less than .01 points of 100 are".to_string(),
            points => format!("{points:.2} points of 100 are"),
        };
        words.push(format!("{other}If another choice is the better one after all, {lost} lost on average."));
    }
    if let Some(against) = &decision.against {
        let metric = &against.difference;
        words.push(format!(
            "Against `{}` its quality differs by {}.",
            against.rival,
            crate::words::points(metric)
        ));
    }
    let interaction = &decision.effects.interaction;
    if let (Some(value), Some(_)) = (interaction.metric.value, interaction.metric.low) {
        let points = 100.0 * value.abs();
        words.push(match (interaction.is_sure(), value > 0.0) {
            (true, true) => {
                format!("Retrieval and tuning together bring {points:.1} points more than the sum of both.")
            }
            (true, false) => {
                format!("Retrieval and tuning together bring {points:.1} points less than the sum of both.")
            }
            _ => "Whether retrieval and tuning help or hinder each other cannot be told apart from chance."
                .into(),
        });
    }
    words.join(" ")
}

/// The four cells with their numbers, and the router below; classes and no style, as in [`crate::pictures`].
pub fn tile(experiment: &Experiment, decision: &Decision) -> String {
    let find = |retrieval: bool, tuned: bool| {
        let is =
            |arm: &&ArmReport| arm.retrieval == retrieval && arm.tuned == tuned && arm.name != crate::ROUTER;
        let mut cells = decision.arms.iter().filter(|arm| arm.candidate).filter(is);
        cells.next()
    };
    let mut out = String::from(
        "<div class=tile><div class=corner></div><div class=col>Without retrieval</div><div class=col>With retrieval</div>",
    );
    for (name, tuned) in [("Base model", false), ("Tuned on your labels", true)] {
        out.push_str(&format!("<div class=row>{name}</div>"));
        for retrieval in [false, true] {
            out.push_str(&cell(experiment, decision, find(retrieval, tuned)));
        }
    }
    out.push_str("</div>\n");
    let measure = experiment.measures.first();
    let meaning = measure.map(|measure| format!("{}: {}", measure.name, measure.meaning)).unwrap_or_default();
    out.push_str(&format!(
        "<p class=soft>{} 95 % intervals in brackets. {}</p>\n",
        esc(&meaning),
        decision
            .arms
            .iter()
            .find(|arm| arm.name == crate::ROUTER)
            .map(|router| format!(
                "A router that sends each sort of question to its best arm reaches {}.",
                esc(&crate::words::percent(&router.quality))
            ))
            .unwrap_or_default()
    ));
    out
}

fn cell(experiment: &Experiment, decision: &Decision, arm: Option<&ArmReport>) -> String {
    let Some(arm) = arm else {
        return "<div class=cell><div class=why>Not part of this experiment.</div></div>".into();
    };
    let front = decision.front.as_deref() == Some(arm.name.as_str());
    let tag = match (front, decision.recommendation.is_some()) {
        (true, true) => "<span class=tag>Recommended</span>",
        (true, false) => "<span class=tag>In front</span>",
        _ => "",
    };
    let name = format!("<div class=name><span>{}</span>{tag}</div>", esc(&arm.name));
    let class = if front { "cell front" } else { "cell" };
    let Some(value) = arm.quality.value else {
        let why = arm.absent.as_deref().unwrap_or("not measured");
        let tried = decision.diagnostics.iter().find(|one| one.diagnostic == NOT_PROVEN);
        let tried = tried.filter(|_| arm.retrieval && arm.tuned);
        let tried = tried.map_or(String::new(), |one| format!("<div class=why>{}</div>", prose(&one.words)));
        return format!("<div class=\"{class}\">{name}<div class=why>{}</div>{tried}</div>", prose(why));
    };
    let sign = &experiment.terms.prices.currency;
    let row = |term: &str, said: Option<String>| {
        let said = said.unwrap_or_else(|| "not measured".into());
        format!("<dt>{term}</dt><dd>{}</dd>", esc(&said))
    };
    let mut rows = [
        row("A month", arm.cost_per_month.value.map(|month| money(sign, month))),
        row("95 of 100 within", arm.latency_ms.value.map(|ms| duration(ms / 1000.0))),
        row("A change shows after", arm.update_lag_s.value.map(duration)),
    ]
    .concat();
    if let Some(told) = &arm.deployment {
        rows += &row("People until it is ready", Some(duration(60.0 * told.person_min)));
    }
    let broken = match (&arm.broken, arm.dropped.first()) {
        (Some(why), _) => format!("<div class=why>Broken: {}.</div>", esc(why)),
        (None, Some(why)) => format!("<div class=why>Out: {}.</div>", esc(why)),
        _ => String::new(),
    };
    format!(
        "<div class=\"{class}\">{name}<div class=big>{:.1} % <small>{}</small></div>{}<dl>{rows}</dl>{broken}</div>",
        100.0 * value,
        bracket(&arm.quality),
        whisker(Ink::of(arm), value, arm.quality.low, arm.quality.high)
    )
}

fn bracket(metric: &Metric) -> String {
    match (metric.low, metric.high) {
        (Some(low), Some(high)) => format!("[{:.1}, {:.1}]", 100.0 * low, 100.0 * high),
        _ => String::new(),
    }
}

type Card = (&'static str, String, String);

fn front(decision: &Decision) -> Option<&ArmReport> {
    decision.arms.iter().find(|arm| Some(&arm.name) == decision.front.as_ref())
}

fn cost(experiment: &Experiment, decision: &Decision, sign: &str) -> Card {
    let title = "Cost at your volume";
    let volume = &experiment.terms.volume;
    let Some(arm) = front(decision) else {
        return (title, "No choice is left to price.".into(), String::new());
    };
    let say = match arm.cost_per_month.value {
        Some(month) => format!("{} a month", money(sign, month)),
        None => "not measured".into(),
    };
    let mut more = format!(
        "<p>{} questions and {} changes a month ({}). 1,000 questions cost {}, one change {}.</p>",
        number(volume.queries_per_month.value as usize),
        volume.updates_per_month.value,
        volume.queries_per_month.basis.name(),
        arm.cost_per_1k.value.map_or("–".into(), |cost| esc(&money(sign, cost))),
        arm.cost_per_update.map_or("–".into(), |cost| esc(&money(sign, cost))),
    );
    if let Some(against) = &decision.against {
        let both = |pair: &&crate::BreakEven| {
            [&pair.a, &pair.b].contains(&&arm.name) && [&pair.a, &pair.b].contains(&&against.rival)
        };
        if let Some(pair) = decision.break_even.iter().find(both) {
            more.push_str(&format!("<p>{}</p>", prose(&pair.words)));
        }
    }
    (title, say, more)
}

fn speed(decision: &Decision) -> Card {
    let title = "How fast a changed policy shows";
    let Some(arm) = front(decision) else { return (title, "–".into(), String::new()) };
    let say = match (&arm.lag, arm.update_lag_s.value) {
        (Some(_), Some(lag)) => format!("after {}", duration(lag)),
        (Some(_), None) => "most changes never showed".into(),
        (None, _) => "not measured".into(),
    };
    let mut more = String::new();
    if let Some(lag) = &arm.lag {
        let seen = lag.trials - lag.never;
        more.push_str(&format!(
            "<p>{seen} of {} scripted changes showed. {}.</p>",
            lag.trials,
            prose(&lag.how)
        ));
    }
    let others = decision.arms.iter().filter(|other| other.candidate && other.name != arm.name);
    let others: Vec<String> = others
        .filter_map(|other| Some(format!("`{}` after {}", other.name, duration(other.update_lag_s.value?))))
        .collect();
    if !others.is_empty() {
        more.push_str(&format!("<p>Others: {}.</p>", prose(&others.join(", "))));
    }
    (title, say, more)
}

/// What growth and load do to the arm in front; `None` where neither was measured.
fn grows(decision: &Decision) -> Option<String> {
    let arm = front(decision)?;
    let load = decision.loads.iter().find(|load| load.arm == arm.name);
    let most = load.and_then(|load| load.most_per_second);
    let growth = decision.growth.iter().find(|growth| growth.arm == arm.name);
    let words = [load.map(|load| &load.words), growth.map(|growth| &growth.words)];
    let words: String = words.into_iter().flatten().map(|words| format!("<p>{}</p>", prose(words))).collect();
    let say = most.map(|most| format!("<div class=say>{} questions a second</div>", rate(most)));
    (!words.is_empty()).then(|| say.unwrap_or_default() + &words)
}

fn risk(experiment: &Experiment, decision: &Decision) -> Card {
    let title = "Risk in 1,000 answers";
    let Some(arm) = front(decision) else { return (title, "–".into(), String::new()) };
    let of_thousand = |metric: &Metric| {
        let value = metric.value.map(|value| 1000.0 * (1.0 - value))?;
        Some(match (metric.low, metric.high) {
            (Some(low), Some(high)) => {
                format!("{value:.0} [{:.0}, {:.0}]", 1000.0 * (1.0 - high), 1000.0 * (1.0 - low))
            }
            _ => format!("{value:.0}"),
        })
    };
    let say = match of_thousand(&arm.quality) {
        Some(wrong) => format!("{wrong} wrong"),
        None => "not measured".into(),
    };
    let mut more = String::new();
    if let (Some(why), Some(_)) = (experiment.by_construction(GROUNDEDNESS), arm.groundedness.value) {
        more.push_str(&format!(
            "<p>Nothing is said that was not retrieved, by construction: {}.</p>",
            prose(why)
        ));
    } else if let Some(loose) = of_thousand(&arm.groundedness) {
        more.push_str(&format!("<p>{loose} not backed by what was retrieved.</p>"));
    } else {
        more.push_str("<p>It shows no evidence that could be checked.</p>");
    }
    if let Some(false_answer) = arm.measures.get(FALSE_ANSWER).and_then(|metric| metric.value) {
        more.push_str(&format!(
            "<p>Of 1,000 questions that have no answer, {:.0} are answered all the same.</p>",
            1000.0 * false_answer
        ));
    } else if let Some(why) = no_false_answers(experiment, decision) {
        more.push_str(&format!("<p>False answers: not measured, {why}.</p>"));
    }
    if let Some(sure) = arm.confidence.as_ref().and_then(|one| one.coverage_at_5.value) {
        more.push_str(&format!(
            "<p>Answering only the surest {:.0} % of the questions keeps errors at or below 5 %.</p>",
            100.0 * sure
        ));
    }
    match experiment.kind.as_str() {
        "classify" => {
            more.push_str("<p>An answer is a label; wrong means another label than the right one.</p>")
        }
        "extract" => {
            more.push_str("<p>An answer is the spans of a text; a text half right counts as half wrong.</p>")
        }
        _ => {}
    }
    (title, say, more)
}

fn rests(experiment: &Experiment, decision: &Decision) -> Vec<String> {
    let seeds = decision.arms.iter().filter(|arm| arm.tuned).map(|arm| arm.seeds).max().unwrap_or(0);
    let trained = match seeds {
        0 => "nothing trained".to_string(),
        1 => "one training".into(),
        seeds => format!("{seeds} training seeds"),
    };
    let clusters = match decision.clusters == decision.questions {
        true => String::new(),
        false => format!(" in {} independent groups", number(decision.clusters)),
    };
    let mut all = vec![
        format!("{} questions{clusters}, {trained}.", number(decision.questions)),
        format!("{} resamples, seed {}.", number(decision.resamples), decision.seed),
    ];
    all.extend(experiment.data.iter().map(|fact| format!("{}: {}", esc(&fact.what), prose(&fact.value))));
    if !decision.missing.is_empty() {
        all.push(format!("{} rows without a score; see section 12.", number(decision.missing.len())));
    }
    all
}
