//! The card of a judge: what it judged, how far people agree with it, and what they would say on average.

use engraft_eval::{JudgeCard, Metric};

use super::engineer::ranged;
use super::escape::{esc, prose, table};
use crate::words::{money, number, percent};
use crate::{Decision, Judge};

/// The card of the judge that the task names, or that there is none.
pub(crate) fn card(decision: &Decision) -> String {
    let Some(judge) = &decision.judge else {
        return "<p>No judge was used, so there is no judge card. Where a language model judges answers, <code>engraft eval judge</code> shows how \
                far it agrees with people: n, kappa, AC1, sensitivity, specificity.</p>\n"
            .into();
    };
    let rows: Vec<_> =
        rows(judge).into_iter().map(|(name, said)| (false, vec![prose(&name), said])).collect();
    let withheld = judge.withheld().map_or(String::new(), |why| format!("<p>{}</p>", prose(&why)));
    format!(
        "<h3>The judge</h3><p>{}</p>{withheld}{}",
        prose(&judge.what()),
        table(&[("Of the judge", false), ("Value", true)], &rows)
    )
}

/// The card in a few sentences; none without a judge.
pub(crate) fn told(decision: &Decision) -> Vec<String> {
    let Some(judge) = &decision.judge else { return Vec::new() };
    let mut told = vec![judge.what()];
    told.extend(judge.withheld());
    if let Some(card) = &judge.validated.card {
        let figures = agreement(card).map(|(name, metric)| format!("{name} {}", plain(metric)));
        told.push(format!("Beside {} labels of people: {}.", number(card.labels), figures.join(", ")));
    }
    told.extend(judge.quality().map(|quality| format!("{}: {}.", quality_of(judge), percent(quality))));
    told.push(format!("Cost: {}.", cost(judge)));
    told
}

/// How far it agrees with people, each figure with its name.
fn agreement(card: &JudgeCard) -> [(&'static str, &Metric); 5] {
    [
        ("agreement", &card.agreement),
        ("kappa", &card.kappa),
        ("AC1", &card.ac1),
        ("sensitivity", &card.sensitivity),
        ("specificity", &card.specificity),
    ]
}

fn quality_of(judge: &Judge) -> &'static str {
    match judge.against {
        None => "Supported, as people would say (PPI++)",
        Some(_) => "Preferred, as people would say (PPI++)",
    }
}

fn plain(metric: &Metric) -> String {
    let number = |value: f64| format!("{value:.3}");
    match (metric.value, metric.low, metric.high) {
        (Some(value), Some(low), Some(high)) => {
            format!("{} ({} to {})", number(value), number(low), number(high))
        }
        (Some(value), ..) => number(value),
        _ => "not defined".into(),
    }
}

/// What the card says, line by line: the name in words, and HTML.
fn rows(judge: &Judge) -> Vec<(String, String)> {
    let mut rows = vec![
        ("Model".to_string(), esc(&judge.model)),
        (
            "Prompt (hash)".into(),
            format!("<code>{}</code>", esc(judge.prompt.get(..16).unwrap_or(&judge.prompt))),
        ),
        ("Labels of people".into(), number(judge.validated.labels)),
    ];
    if let Some(card) = &judge.validated.card {
        let three = |value: f64| format!("{value:.3}");
        let figure = |(name, metric): (&str, &Metric)| {
            let said = match (metric.value, &metric.why) {
                (None, Some(why)) => format!("not defined: {}", prose(why)),
                _ => format!("{}, n {}", ranged(metric, &three), number(metric.n)),
            };
            (crate::words::capital(name), said)
        };
        rows.extend(agreement(card).map(figure));
    }
    if let Some(quality) = judge.quality() {
        rows.push((quality_of(judge).into(), esc(&percent(quality))));
        let believed = judge.validated.lambda.map(|lambda| format!("{lambda:.2}"));
        rows.extend(believed.map(|lambda| ("How far it was believed (λ, 0 to 1)".to_string(), lambda)));
    }
    if let Some(flips) = &judge.position_flips {
        rows.push(("Verdicts that the order of two answers decides".into(), esc(&percent(flips))));
    }
    if judge.unparsed > 0 {
        rows.push(("Replies that could not be read".into(), number(judge.unparsed)));
    }
    rows.push(("Cost".into(), esc(&cost(judge))));
    rows
}

fn cost(judge: &Judge) -> String {
    let [tokens_in, tokens_out] = judge.tokens.map(|tokens| number(tokens as usize));
    let tokens = format!("{tokens_in} tokens in, {tokens_out} out");
    match judge.cost {
        Some(cost) => format!("{} ({tokens})", money(&judge.currency, cost)),
        None => format!("{tokens}; what they cost is not known"),
    }
}

#[cfg(test)]
mod tests {
    use engraft_eval::{Opinion, Resampling, Validated, validated};

    use super::*;
    use crate::random::Random;
    use crate::worlds::{measured, truths};
    use crate::{Experiment, decide, html, markdown};

    /// What is said of 400 claims, three in five of which are good, with labels of the first so many.
    fn found(labels: usize, judge: impl Fn(bool, usize) -> bool) -> Validated {
        let names: Vec<String> = (0..400).map(|at| format!("d{at}")).collect();
        let one = |truth: bool| f64::from(u8::from(truth));
        let opinion = |at: usize| {
            let good = at % 5 < 3;
            let human = (at < labels).then_some(one(good));
            Opinion { cluster: &names[at], judge: Some(one(judge(good, at))), human }
        };
        let opinions: Vec<Opinion> = (0..400).map(opinion).collect();
        validated(&opinions, &Resampling { seed: 0, resamples: 200 })
    }

    /// The card in the page, and the Markdown, of a decision with that judge.
    fn shown(validated: Validated) -> (String, String) {
        let mut random = Random::new(9, 9);
        let mut experiment = measured(&truths(&mut random), 60, 1, 1, &mut random);
        experiment.judge = Some(Judge {
            run: "answers.jsonl".into(),
            against: None,
            model: "<b>small</b>".into(),
            prompt: "0123456789abcdef0123".into(),
            judged: 400,
            unparsed: 0,
            left: 3,
            validated,
            position_flips: None,
            tokens: [20_000, 2000],
            cost: Some(0.024),
            currency: "$".into(),
        });
        // As a replay reads it.
        let record = serde_json::to_string(&experiment).unwrap();
        let experiment: Experiment = serde_json::from_str(&record).unwrap();
        let decision = decide(&experiment, "").unwrap();
        let page = html(&experiment, &decision);
        let after = page.split_once("<h3>The judge</h3>").unwrap().1;
        let card = after.split_once("</section>").unwrap().0;
        (card.to_string(), markdown(&experiment, &decision))
    }

    #[test]
    fn a_card_tells_how_far_people_agree_and_what_they_would_say() {
        // It calls one bad item in four good.
        let (card, text) = shown(found(100, |good, at| good || at % 8 == 3));
        assert!(
            card.contains("judged 400 claims of <code>answers.jsonl</code>; 3 answers it has not judged."),
            "{card}"
        );
        for name in ["Agreement", "Kappa", "AC1", "Sensitivity", "Specificity"] {
            assert!(card.contains(&format!("<td>{name}</td>")), "{name}: {card}");
        }
        assert!(card.contains("<td>Sensitivity</td><td class=num>1.000 <span class=ends>["), "{card}");
        assert!(
            card.contains("Supported, as people would say (PPI++)") && !card.contains("No score"),
            "{card}"
        );
        assert!(
            card.contains("<code>0123456789abcdef</code>")
                && card.contains("$0.024 (20\u{2009}000 tokens in"),
            "{card}"
        );
        assert!(card.contains("&lt;b&gt;small") && !card.contains("<b>small"), "{card}");
        assert!(
            text.contains("## The judge") && text.contains("Beside 100 labels of people: agreement"),
            "{text}"
        );
    }

    #[test]
    fn below_a_hundred_labels_no_score_is_shown_whatever_a_record_says() {
        let few = found(60, |good, _| good);
        let quality = found(100, |good, _| good).quality;
        for validated in [few.clone(), Validated { quality, ..few }] {
            let (card, text) = shown(validated);
            for told in [&card, &text] {
                assert!(told.contains("There are 60, and 40 more are needed."), "{told}");
                assert!(!told.contains("PPI++") && !told.contains("sensitivity"), "{told}");
            }
        }
    }

    #[test]
    fn a_judge_that_is_refused_has_a_card_and_no_score() {
        let (card, _) = shown(found(120, |_, at| at % 2 == 0));
        assert!(
            card.contains("No score of it is shown: refused, the judge is no better than chance."),
            "{card}"
        );
        assert!(card.contains("<td>Kappa</td>") && !card.contains("PPI++"), "{card}");
    }
}
