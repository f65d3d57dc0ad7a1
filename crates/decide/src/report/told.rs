//! What single sections tell: how intervals were made, the slowest answers, changes, curves, and what is printed.

use super::tests::{experiment, report, section};
use super::{html, pictures, plot, tile};
use crate::{Amount, DataFact, Decision, Renewed, UpdateTrial, decide};

#[test]
fn each_effect_says_how_its_interval_was_made() {
    let (decision, page) = report(&experiment());
    let told = section(&page, 2);
    // Retrieval has one run on the base model, tuning three seeds.
    assert!(told.contains("<th scope=col>Interval</th>"), "{told}");
    assert!(told.contains("<td>Agresti–Min</td>") && told.contains("<td>Student</td>"), "{told}");
    let json = serde_json::to_value(&decision).unwrap();
    let rule = |effect: &str| json["effects"][effect]["rule"].as_str().unwrap();
    assert_eq!((rule("rag_at_base"), rule("tuning_alone")), ("agresti-min", "student"));
    assert!(json["against"]["rule"].is_string(), "{}", json["against"]);
}

#[test]
fn an_effect_that_holm_s_correction_does_not_bear_out_is_neither_drawn_nor_told_as_sure() {
    let experiment = experiment();
    let mut decision = decide(&experiment, "cafe").unwrap();
    // The third mark is that of all sure effects.
    let filled = |decision: &Decision| plot::forest(decision).matches("class=\"f k3\"").count();
    let interaction = &mut decision.effects.interaction;
    let metric = &mut interaction.metric;
    (metric.value, metric.low, metric.high) = (Some(0.03), Some(0.01), Some(0.05));
    interaction.p_holm = Some(0.04);
    let (sure, page) = (filled(&decision), html(&experiment, &decision));
    assert!(page.contains("together bring 3.0 points more than the sum of both"), "{sure}");
    decision.effects.interaction.p_holm = Some(0.074);
    let page = html(&experiment, &decision);
    assert_eq!(filled(&decision) + 1, sure);
    assert!(page.contains("cannot be told apart from chance") && !page.contains("together bring 3.0"));
}

#[test]
fn the_slowest_answer_in_a_hundred_is_told_beside_the_others() {
    let (decision, page) = report(&experiment());
    let told = section(&page, 7);
    let heads = "<th scope=col class=num>p50, ms</th><th scope=col class=num>p95, ms</th><th scope=col class=num>p99, ms</th>";
    assert!(told.contains(heads) && told.contains("Questions were asked one after another."), "{told}");
    for arm in &decision.arms {
        let p99 = arm.latency_p99_ms.as_ref().unwrap();
        assert!(p99.value >= arm.latency_ms.value && p99.n == decision.questions, "{arm:?}");
    }
}

#[test]
fn where_a_language_model_answers_it_says_that_the_first_word_is_not_timed() {
    let mut experiment = experiment();
    experiment.arms[1].runs[0].rows[0].tokens_out = 12;
    let (_, page) = report(&experiment);
    let told = section(&page, 7);
    assert!(told.contains("the time to their first word is not known"), "{told}");
    assert!(!told.contains("one after another"), "{told}");
}

#[test]
fn what_the_arms_are_made_with_stands_in_the_set_up() {
    let mut experiment = experiment();
    let fact = |what: &str, value: &str| DataFact { what: what.into(), value: value.into() };
    experiment.setup = vec![fact("Encoder", "mini, weights 0123456789ab"), fact("Settings of `both`", "k 8")];
    let (_, page) = report(&experiment);
    let told = section(&page, 1);
    assert!(told.contains("<li>Encoder: mini, weights 0123456789ab</li>"), "{told}");
    assert!(told.contains("<li>Settings of <code>both</code>: k 8</li>"), "{told}");
    assert!(told.contains("the cheapest of them is recommended, however seldom it is the very best"));
}

#[test]
fn changes_are_counted_by_kind_and_the_first_of_them_told() {
    let mut experiment = experiment();
    for (at, arm) in experiment.arms.iter_mut().enumerate() {
        let trial = |number: usize| UpdateTrial {
            what: ["change", "add", "delete"][number % 3].into(),
            probe: format!("what says edit {number}?"),
            seconds: (number != 3).then_some(if at == 0 { 2.0 } else { 90.0 }),
            limit_s: 100.0,
            fresh: None,
            // Only the tuned model is trained again.
            renewed: (at == 2).then_some(Renewed { retrain_s: 80.0, deploy_s: 0.25 }),
        };
        // One arm was too slow to try all.
        arm.updates = (0..if at == 3 { 4 } else { 10 }).map(trial).collect();
    }
    let (decision, page) = report(&experiment);
    let told = section(&page, 10);
    let base = "<td>base</td><td class=num>3 of 3</td><td class=num>3 of 4</td><td class=num>3 of 3</td>";
    let both = "<td>both</td><td class=num>1 of 1</td><td class=num>1 of 2</td><td class=num>1 of 1</td>";
    assert!(told.contains(base) && told.contains(both), "{told}");
    assert_eq!(told.matches("what says edit").count(), 5);
    let fourth = "<td>change</td><td>what says edit 3?</td><td class=num>never</td>";
    assert!(told.contains(fourth) && told.contains("<td class=num>not tried</td>"), "{told}");
    // Of ten, nine show: on the base model within a minute, elsewhere within an hour.
    let stale = |arm: usize| {
        let lag = decision.arms[arm].lag.as_ref().unwrap();
        [&lag.stale_after_minute, &lag.stale_after_hour].map(|share| share.as_ref().unwrap().value.unwrap())
    };
    assert_eq!((stale(0), stale(1)), ([0.1, 0.1], [1.0, 0.1]));
    assert!(told.contains("<th scope=col class=num>Stale after 1 hour</th>"), "{told}");
    assert!(told.contains("<td class=num>10.0 % <span class=ends>["), "{told}");
    // Training and deploying have columns of their own, and an arm without them a dash.
    assert!(told.contains("<th scope=col class=num>Training</th><th scope=col class=num>Deploying</th>"));
    let parts = "<td class=num>80.0 s <span class=ends>[80.0 s, 80.0 s]</span></td><td class=num>250 ms <span class=ends>[250 ms, 250 ms]</span></td>";
    assert!(told.contains(parts) && told.contains("<td class=num>–</td><td class=num>–</td>"), "{told}");
    assert!(told.contains("Deploying: writing the model"), "{told}");
    experiment.arms.iter_mut().flat_map(|arm| &mut arm.updates).for_each(|trial| trial.renewed = None);
    let (_, page) = report(&experiment);
    assert!(!section(&page, 10).contains("Deploying"));
}

#[test]
fn losses_are_open_on_paper_and_say_where_their_time_went() {
    let mut experiment = experiment();
    experiment.stages = vec!["look up".into(), "read".into()];
    for row in experiment.arms.iter_mut().flat_map(|arm| &mut arm.runs).flat_map(|run| &mut run.rows) {
        row.stage_ms = vec![3.0, 4.5];
    }
    let (decision, page) = report(&experiment);
    assert!(!decision.regressions.is_empty());
    assert_eq!(page.matches("<details open>").count(), page.matches("<details").count());
    assert!(page.contains("::details-content{content-visibility:visible"));
    assert!(section(&page, 11).contains("(7.5 ms: look up 3.0, read 4.5, "), "{}", section(&page, 11));
}

#[test]
fn a_curve_says_whether_it_is_flat_and_what_labels_a_quality_takes() {
    let mut experiment = experiment();
    experiment.terms.must.quality = Some(0.1);
    experiment.label_s = Some(Amount::given(30.0));
    let (decision, page) = report(&experiment);
    let told = section(&page, 9);
    assert!(told.contains("It is not at a plateau yet"), "{told}");
    assert!(told.contains(
        "Labels to <code>must.quality</code> (10.0 %): no more than 100, the fewest that were tried."
    ));
    assert!(told.contains("A label takes a person 30.0 s (given)."), "{told}");
    let target = decision.curves[0].target.as_ref().unwrap();
    assert_eq!((target.quality, target.labels.value), (0.1, Some(100.0)));
}

#[test]
fn a_page_of_its_own_can_hold_the_tile_and_every_picture_of_the_report() {
    let mut experiment = experiment();
    for question in &mut experiment.questions {
        (question.text, question.gold) = ("a secret question".into(), "a secret answer".into());
    }
    let (decision, page) = report(&experiment);
    let (tile, pictures) = (tile(&experiment, &decision), pictures::pictures(&experiment, &decision));
    assert!(page.contains(&tile) && tile.starts_with("<div class=tile>"), "{tile}");
    assert_eq!(pictures.matches("role=\"img\"").count(), page.matches("role=\"img\"").count());
    assert!(
        pictures.split("<figure>").skip(1).all(|one| page.contains(one.split("</figure>").next().unwrap()))
    );
    for forbidden in ["secret", "style=", "<script", "http"] {
        assert!(!tile.contains(forbidden) && !pictures.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn what_was_not_measured_is_not_drawn() {
    let mut experiment = experiment();
    experiment.arms.truncate(1);
    (experiment.curve, experiment.scale) = (Vec::new(), None);
    experiment.arms[0].updates.clear();
    for row in &mut experiment.arms[0].runs[0].rows {
        (row.stage_ms[0], row.confidence) = (0.0, None);
    }
    let mut decision = decide(&experiment, "").unwrap();
    let drawn = pictures::pictures(&experiment, &decision);
    assert!(
        drawn.matches("role=\"img\"").count() == 1 && drawn.contains("What the lead hangs on"),
        "{drawn}"
    );
    decision.sensitivity.clear();
    assert_eq!(pictures::pictures(&experiment, &decision), "");
}
