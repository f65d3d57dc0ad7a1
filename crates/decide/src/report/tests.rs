//! The report as a whole: self-contained, hostile text harmless, the same bytes every time.

use engraft_eval::{Resampling, State, validated};

use super::escape::apart;
use super::{html, markdown};
use crate::random::Random;
use crate::words::points;
use crate::worlds::{measured, truths};
use crate::{
    Arm, CurvePoint, DataFact, Decision, Experiment, GROUNDEDNESS, Judge, LoadTrial, Measure, NOT_PROVEN,
    Role, Scale, SizeRun, decide,
};

pub(super) fn experiment() -> Experiment {
    let mut random = Random::new(9, 9);
    let mut truths = truths(&mut random);
    truths[2].wobble = 0.05;
    let mut experiment = measured(&truths, 200, 1, 3, &mut random);
    experiment.measures.push(Measure::new(GROUNDEDNESS, "answers backed by what was found", true));
    for (at, arm) in experiment.arms.iter_mut().enumerate() {
        for row in arm.runs.iter_mut().flat_map(|run| &mut run.rows) {
            row.values.push((at % 2 == 1).then_some(1.0));
            row.confidence = Some(0.3 + 0.6 * random.unit());
            row.evidence = vec!["seen".into()];
        }
    }
    for labels in [100, 200, 400] {
        for seed in 0..3 {
            let quality = 0.9 - 3.0 / (labels as f64).sqrt() + 0.01 * seed as f64;
            experiment.curve.push(CurvePoint { arm: "tuned".into(), labels, seed, quality });
        }
    }
    experiment.scale = Some(scale());
    let broken = &mut experiment.arms[0].runs[0].rows[7];
    (broken.state, broken.why) = (State::Failed, Some("it broke".into()));
    experiment
}

/// Retrieval among a hundred to ten thousand passages, and at five and fifty questions a second.
fn scale() -> Scale {
    let arm = || "retrieval".to_string();
    let size = |size: usize| SizeRun {
        arm: arm(),
        size,
        made_up: 0,
        questions: (0..50).collect(),
        quality: (0..50).map(|at| f64::from(u8::from(at * size < 200_000))).collect(),
        ms: (0..50).map(|at| (size + at) as f64 / 100.0).collect(),
    };
    let load = |per_second: f64| LoadTrial {
        arm: arm(),
        per_second,
        workers: 2,
        ms: (0..100).map(|at| per_second * f64::from(at)).collect(),
        busy_s: 4.0,
        unanswered: 0,
    };
    Scale {
        unit: "passages".into(),
        how: "Documents were left out at random".into(),
        sizes: [100, 1000, 10_000].map(size).to_vec(),
        load_how: "Questions arrived at random".into(),
        loads: [5.0, 50.0].map(load).to_vec(),
    }
}

pub(super) fn report(experiment: &Experiment) -> (Decision, String) {
    let decision = decide(experiment, "cafe").unwrap();
    let page = html(experiment, &decision);
    (decision, page)
}

#[test]
fn it_needs_nothing_from_elsewhere() {
    let (_, page) = report(&experiment());
    for forbidden in
        ["http:", "https:", "<script", "<link", "<img", "<iframe", "@import", "url(", " src=", "NaN", "inf "]
    {
        assert!(!page.contains(forbidden), "the page contains {forbidden}");
    }
    assert!(page.len() < 400_000, "{} bytes", page.len());
}

#[test]
fn it_shows_every_section_and_picture() {
    let (decision, page) = report(&experiment());
    for section in 1..=13 {
        assert!(page.contains(&format!("<h2 id=s{section}>")), "section {section} is missing");
    }
    // Interaction, forest, slices, Pareto, tornado, break-even, latency, curve, risk, reliability, survival; growth of quality
    // and of time, load.
    assert_eq!(page.matches("role=\"img\"").count(), 14);
    let text = markdown(&experiment(), &decision);
    assert!(
        text.contains("## As it grows") && text.contains("`retrieval` answers 5.0 questions a second"),
        "{text}"
    );
    assert!(page.contains("it broke") && !decision.missing.is_empty());
}

/// A judge whose every word is `text`.
fn judge(text: &str) -> Judge {
    let mut validated = validated(&[], &Resampling { seed: 0, resamples: 10 });
    validated.status = text.into();
    // Enough labels, and still no score: the status says why.
    validated.labels_needed = 0;
    Judge {
        run: text.into(),
        against: Some(text.into()),
        model: text.into(),
        prompt: text.into(),
        judged: 1,
        unparsed: 1,
        left: 1,
        validated,
        position_flips: None,
        tokens: [1, 1],
        cost: Some(1.0),
        currency: text.into(),
    }
}

/// What of a Markdown text is neither in its fenced block nor between backticks, where nothing is markup.
fn outside_code(text: &str) -> String {
    let (before, fenced) = text.split_once("```sh\n").unwrap();
    let (_, after) = fenced.split_once("\n```\n").unwrap();
    // An escaped backtick opens nothing.
    let lines = [before, after].map(|part| part.replace("\\`", "'")).join("\n");
    lines.lines().flat_map(|line| line.split('`').step_by(2)).collect::<Vec<_>>().join("\n")
}

#[test]
fn hostile_text_stays_text_wherever_it_comes_from() {
    let evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>`<b>`\u{202e}";
    let mut experiment = experiment();
    experiment.name = evil.into();
    experiment.build = evil.into();
    experiment.command = evil.into();
    experiment.notes = vec![evil.into()];
    experiment.routed_by = evil.into();
    experiment.not_measured = vec![DataFact { what: evil.into(), value: evil.into() }];
    experiment.terms.prices.currency = evil.into();
    experiment.data = vec![DataFact { what: evil.into(), value: evil.into() }];
    experiment.setup = experiment.data.clone();
    experiment.judge = Some(judge(evil));
    experiment.stages = vec![evil.into()];
    if let Some(scale) = &mut experiment.scale {
        (scale.unit, scale.how, scale.load_how) = (evil.into(), evil.into(), evil.into());
        scale.sizes.iter_mut().for_each(|run| run.arm.push_str(evil));
        scale.loads.iter_mut().for_each(|trial| trial.arm.push_str(evil));
    }
    for measure in &mut experiment.measures {
        measure.meaning = evil.into();
        measure.by_construction = Some(evil.into());
    }
    for question in &mut experiment.questions {
        question.text = evil.into();
        question.gold = evil.into();
        question.id.push_str(evil);
        question.slice.push_str(evil);
        question.route = question.route.take().map(|route| route + evil);
    }
    for arm in &mut experiment.arms {
        arm.name.push_str(evil);
        arm.description = evil.into();
        arm.updates_how = evil.into();
        for trial in &mut arm.updates {
            (trial.what, trial.probe) = (evil.into(), evil.into());
        }
        for row in arm.runs.iter_mut().flat_map(|run| &mut run.rows) {
            row.said = evil.into();
            row.evidence = vec![evil.into()];
            row.why = row.why.as_ref().map(|_| evil.into());
        }
    }
    let (decision, page) = report(&experiment);
    assert!(
        !page.contains("<script") && !page.contains("<img") && !page.contains("<b>`"),
        "markup came through"
    );
    assert!(!page.contains('\u{202e}'));
    // No attribute was left: every quote inside one is escaped.
    let tags = page.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(tag, _)| tag);
    assert!(tags.into_iter().all(|tag| !tag.contains("onerror")));
    let told = outside_code(&markdown(&experiment, &decision));
    assert!(told.contains("&lt;img") && !told.contains("<img") && !told.contains("<script"), "{told}");
}

#[test]
fn a_record_without_growth_and_load_tells_of_neither() {
    let mut experiment = experiment();
    experiment.scale = None;
    let (decision, page) = report(&experiment);
    let record = serde_json::to_string(&experiment).unwrap();
    let told = serde_json::to_string(&decision).unwrap();
    assert!(!record.contains("\"scale\"") && !told.contains("\"growth\"") && !told.contains("\"loads\""));
    assert!(!page.contains("Under load") && !markdown(&experiment, &decision).contains("As it grows"));
}

#[test]
fn what_was_not_measured_is_said_with_its_reason() {
    let mut experiment = experiment();
    experiment.scale = None;
    let (what, value) = ("Under load".to_string(), "every request is paid for (`paid_load_s`)".to_string());
    experiment.not_measured = vec![DataFact { what, value }];
    let (decision, page) = report(&experiment);
    let told =
        "<h3>Under load</h3><p>Not measured, because every request is paid for (<code>paid_load_s</code>).";
    assert!(page.contains(told));
    let text = markdown(&experiment, &decision);
    assert!(text.contains("- Under load: not measured, because every request is paid for"), "{text}");
}

/// One of the engineer's sections, its heading included.
pub(super) fn section(page: &str, number: usize) -> &str {
    let after = page.split_once(&format!("<h2 id=s{number}>")).unwrap().1;
    after.split_once("</section>").unwrap().0
}

#[test]
fn what_the_router_goes_by_is_told_and_without_one_why() {
    let mut experiment = experiment();
    let (decision, page) = report(&experiment);
    let told = |text: &str| {
        let (_, after) = text.split_once("## Router\n\n- ").unwrap();
        after.lines().next().unwrap().to_string()
    };
    // Whether there is one or not, it goes by the length of a question and by nothing else.
    match (&decision.no_router, &decision.routed_by) {
        (Some(why), None) => {
            assert!(section(&page, 1).contains("No router was judged") && why.contains("length"))
        }
        (None, by) => assert_eq!(by.as_deref(), Some("the length of the question")),
        both => panic!("{both:?}"),
    }
    assert!(told(&markdown(&experiment, &decision)).contains("the length of the question"));
    experiment.questions.iter_mut().for_each(|question| question.route = None);
    experiment.routed_by = "nobody said what is known beforehand".into();
    let (decision, page) = report(&experiment);
    assert!(section(&page, 1).contains("<p>No router was judged: nobody said what is known beforehand.</p>"));
    let text = markdown(&experiment, &decision);
    assert_eq!(told(&text), "None was judged: nobody said what is known beforehand.");
}

#[test]
fn what_was_tuned_and_is_not_proven_is_held_against_retrieval_and_said_to_be_trained_once() {
    let mut experiment = experiment();
    let first = |arm: &mut Arm, right: f64| {
        arm.runs[0].rows.iter_mut().take(20).for_each(|row| row.values[0] = Some(right));
    };
    first(&mut experiment.arms[1], 0.0);
    let mut tried = experiment.arms[1].clone();
    first(&mut tried, 1.0);
    (tried.name, tried.role, tried.tuned) = (NOT_PROVEN.into(), Role::Diagnostic, true);
    tried.beside = Some("retrieval".into());
    let both = &mut experiment.arms[3];
    (both.runs, both.absent) = (Vec::new(), Some("no part of it was proven to help".into()));
    experiment.arms.push(tried);
    let (decision, page) = report(&experiment);
    let words = &decision.diagnostics[0].words;
    assert!(words.starts_with("`tuned (not proven)` against `retrieval`: +10.0 points ["), "{words}");
    let shown = super::escape::prose(words);
    // Where the tuned arm would stand, among the effects, and among the diagnostics.
    assert!(page.contains(&format!("no part of it was proven to help</div><div class=why>{shown}</div>")));
    let effects = section(&page, 2);
    assert!(effects.contains(&format!("asked all the same: {shown} It is never chosen.")), "{effects}");
    assert!(effects.contains("Trained once: <code>tuned (not proven)</code>."), "{effects}");
    assert!(section(&page, 4).contains("<td>tuned (not proven)</td>"));
    assert_ne!(decision.recommendation.as_deref(), Some(NOT_PROVEN));
    assert!(markdown(&experiment, &decision).contains("`tuned (not proven)` against `retrieval`"));
}

#[test]
fn every_effect_of_a_slice_is_told_with_its_interval_and_its_p_after_holm() {
    let (decision, page) = report(&experiment());
    let told = section(&page, 3);
    // In a box that scrolls by itself where a screen is narrow.
    let scrolls = "<div class=wide><table><thead><tr><th scope=col>Slice</th><th scope=col>Effect</th>";
    assert!(told.contains(scrolls) && decision.slices.len() == 2, "{told}");
    for slice in &decision.slices {
        for (name, effect) in slice.effects.list() {
            let p = |p: Option<f64>| match p.unwrap() {
                p if p < 0.001 => "&lt;0.001".to_string(),
                p => format!("{p:.3}"),
            };
            let cells = [points(&effect.metric), p(effect.p), p(effect.p_holm)];
            let numbers = cells.map(|cell| format!("<td class=num>{}</td>", apart(&cell))).concat();
            let row = format!("<td>{}</td><td>{name}</td>{numbers}", slice.slice);
            assert!(told.contains(&row), "{row} is missing in {told}");
        }
        let simple = &slice.effects.rag_at_base.metric;
        assert!(simple.low < simple.value && simple.value < simple.high, "{simple:?}");
    }
}

#[test]
fn an_effect_of_a_slice_that_takes_a_cell_nobody_measured_is_left_out() {
    let mut experiment = experiment();
    experiment.arms.truncate(2);
    experiment.curve.clear();
    let (_, page) = report(&experiment);
    let told = section(&page, 3);
    assert_eq!(told.matches("<td>Retrieval on the base model</td>").count(), 2);
    assert!(!told.contains("has not been measured") && !told.contains("<td>Interaction</td>"), "{told}");
}

#[test]
fn that_no_judge_was_asked_is_said_with_where_a_judge_is_measured() {
    let (_, page) = report(&experiment());
    let told = section(&page, 6);
    assert!(told.contains("No judge was used, so there is no judge card."), "{told}");
    assert!(told.contains("<code>engraft eval judge</code>"), "{told}");
}

#[test]
fn growth_and_load_that_do_not_fit_the_questions_are_malformed() {
    let mut experiment = experiment();
    let scale = experiment.scale.as_mut().unwrap();
    scale.sizes[1].questions[0] = 200;
    let error = decide(&experiment, "").unwrap_err();
    assert_eq!(error.to_string(), "the record is malformed: retrieval at 1000 passages: numbers are missing");
}

#[test]
fn the_same_record_gives_the_same_bytes() {
    let record = serde_json::to_string(&experiment()).unwrap();
    let read = || -> Experiment { serde_json::from_str(&record).unwrap() };
    let (first, again) = (read(), read());
    let ((a, page_a), (b, page_b)) = (report(&first), report(&again));
    assert!(serde_json::to_string(&a).unwrap() == serde_json::to_string(&b).unwrap());
    assert!(page_a == page_b && markdown(&first, &a) == markdown(&again, &b));
    // A decision can be read back.
    let read: Decision = serde_json::from_str(&serde_json::to_string(&a).unwrap()).unwrap();
    assert_eq!((read.verdict, read.need_n), (a.verdict, a.need_n));
}
