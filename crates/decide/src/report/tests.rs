//! The report as a whole: self-contained, hostile text harmless, the same bytes every time.

use engraft_eval::State;

use super::{html, markdown};
use crate::random::Random;
use crate::words::points;
use crate::worlds::{measured, truths};
use crate::{
    Arm, CurvePoint, DataFact, Decision, EVIDENCE_RECALL, Experiment, FALSE_ANSWER, GROUNDEDNESS, JUDGED,
    LoadTrial, Measure, NDCG, NOT_PROVEN, RECALL, Role, Scale, SizeRun, decide,
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
    experiment.stages = vec![evil.into()];
    if let Some(scale) = &mut experiment.scale {
        (scale.unit, scale.how, scale.load_how) = (evil.into(), evil.into(), evil.into());
        scale.sizes.iter_mut().for_each(|run| run.arm.push_str(evil));
        scale.loads.iter_mut().for_each(|trial| trial.arm.push_str(evil));
    }
    for measure in &mut experiment.measures {
        measure.meaning = evil.into();
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
    let text = markdown(&experiment, &decision);
    assert!(
        !text.lines().any(|line| !line.starts_with("<script") && line.contains("<img"))
            || text.contains("```sh")
    );
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
fn what_was_found_is_told_beside_the_limits_and_not_among_the_answers() {
    let mut experiment = experiment();
    for (name, meaning) in [(RECALL, "gold passages found"), (EVIDENCE_RECALL, "characters of them")] {
        experiment.measures.push(Measure::new(name, meaning, true));
        for (at, arm) in experiment.arms.iter_mut().enumerate() {
            let value = (at % 2 == 1).then_some(0.25);
            arm.runs.iter_mut().flat_map(|run| &mut run.rows).for_each(|row| row.values.push(value));
        }
    }
    let (_, page) = report(&experiment);
    let (limits, answers) = (section(&page, 4), section(&page, 5));
    for name in [RECALL, EVIDENCE_RECALL] {
        let head = format!("<th scope=col class=num>{name}</th>");
        assert!(limits.contains(&head) && !answers.contains(name), "{limits}");
    }
    assert!(limits.contains("<td class=num>25.0 %"), "{limits}");
    assert!(limits.contains("<code>recall@k</code>: gold passages found (more is better)"), "{limits}");
    assert!(limits.ends_with("<p>No diagnostic arm was measured.</p>"), "{limits}");
}

/// The experiment with two more measures, whose values the arms that look things up have.
fn ranked(value: Option<f64>) -> Experiment {
    let mut experiment = experiment();
    for (name, meaning) in [(NDCG, "how high gold stands"), (JUDGED, "how much is judged")] {
        experiment.measures.push(Measure::new(name, meaning, true));
        for arm in &mut experiment.arms {
            let value = value.filter(|_| arm.retrieval);
            arm.runs.iter_mut().flat_map(|run| &mut run.rows).for_each(|row| row.values.push(value));
        }
    }
    experiment
}

#[test]
fn ndcg_stands_beside_how_much_was_judged_for_every_arm_that_looks_things_up() {
    let (decision, page) = report(&ranked(Some(0.25)));
    let (limits, answers) = (section(&page, 4), section(&page, 5));
    for name in [NDCG, JUDGED] {
        let head = format!("<th scope=col class=num>{name}</th>");
        assert!(limits.contains(&head) && !answers.contains(name), "{limits}");
        let with: Vec<&str> = decision
            .arms
            .iter()
            .filter(|arm| arm.measures.contains_key(name))
            .map(|arm| arm.name.as_str())
            .collect();
        assert!(with.starts_with(&["retrieval", "both"]) && !with.contains(&"tuned"), "{with:?}");
    }
    assert!(limits.contains("<td class=num>0.250, n 200</td><td class=num>25.0 %</td>"), "{limits}");
    assert!(!limits.contains("not measured"), "{limits}");
}

#[track_caller]
fn unjudged(experiment: &Experiment, names: &[&str], why: &str) {
    let (decision, page) = report(experiment);
    let names: Vec<String> = names.iter().map(|name| format!("<code>{name}</code>")).collect();
    let told = format!("</h2>\n<p>{}: not measured, because {why}.</p>\n", names.join(", "));
    assert!(section(&page, 4).contains(&told), "{}", section(&page, 4));
    assert!(decision.arms.iter().all(|arm| !arm.measures.contains_key(NDCG)));
}

#[test]
fn where_nothing_that_is_looked_up_was_judged_it_says_so() {
    let of_kind = |kind: &str, experiment: Experiment| Experiment { kind: kind.into(), ..experiment };
    let all = [RECALL, EVIDENCE_RECALL, NDCG, JUDGED];
    let write = of_kind("write", experiment());
    unjudged(&write, &all, "nobody said which examples are the right ones to show");
    let answer = of_kind("answer", ranked(None));
    unjudged(&answer, &all, "no question says which passages hold its answer (<code>gold</code>)");
    unjudged(&ranked(None), &all[2..], "no example is a right one to look up for any question");
}

#[test]
fn a_record_from_before_ranks_were_measured_says_so_and_one_that_looks_nothing_up_does_not() {
    unjudged(&experiment(), &[NDCG, JUDGED], "the record was made before they were");
    let (_, page) = report(&experiment());
    assert!(section(&page, 4).ends_with("<p>No diagnostic arm was measured.</p>"));
    assert!(!page.contains(RECALL) && !page.contains(EVIDENCE_RECALL));
    let mut alone = experiment();
    alone.arms.truncate(1);
    (alone.curve, alone.scale) = (Vec::new(), None);
    let (_, page) = report(&alone);
    assert!(section(&page, 4).ends_with("</h2>\n<p>No diagnostic arm was measured.</p>"));
}

#[test]
fn a_measure_that_one_seed_has_no_value_of_is_no_number_and_no_nan() {
    let mut experiment = ranked(Some(0.5));
    let tuned = &mut experiment.arms[3].runs;
    assert!(tuned.len() > 1);
    tuned[1].rows.iter_mut().for_each(|row| row.values.iter_mut().skip(2).for_each(|value| *value = None));
    let (decision, page) = report(&experiment);
    let both = decision.arms.iter().find(|arm| arm.name == "both").unwrap();
    assert!(!both.measures.contains_key(NDCG) && !page.contains("NaN"));
    assert!(decision.arms[1].measures.contains_key(NDCG));
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
fn what_holds_by_construction_is_no_finding() {
    let mut experiment = experiment();
    let (_, page) = report(&experiment);
    assert!(!page.contains("by construction") && !page.contains("By construction"));
    let last = experiment.measures.len() - 1;
    experiment.measures[last] =
        Measure::new(GROUNDEDNESS, "backed", true).by_construction("quotes rest on `themselves`");
    // Whoever is in front shows evidence.
    experiment.arms.retain(|arm| arm.retrieval);
    (experiment.curve, experiment.scale) = (Vec::new(), None);
    let (decision, page) = report(&experiment);
    assert_eq!(decision.arms[0].groundedness.value, Some(1.0));
    let told = section(&page, 5);
    assert!(told.contains("<td class=num>1.000, by construction</td>"), "{told}");
    let why = "<p>By construction and no finding: <code>groundedness</code>; quotes rest on <code>themselves</code>.</p>";
    assert!(told.contains(why), "{told}");
    assert!(page.contains("<p>Nothing is said that was not retrieved, by construction: quotes rest on"));
    assert!(!page.contains("not backed by what was retrieved"));
    assert!(markdown(&experiment, &decision).contains("| by construction |"));
    let told: Vec<&String> = decision.by_construction.keys().collect();
    assert_eq!(told, [GROUNDEDNESS]);
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
            let numbers = cells.map(|cell| format!("<td class=num>{cell}</td>")).concat();
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

/// One arm alone, which answered so many of the questions without an answer all the same; `None`: none was asked.
fn asked_in_vain(rate: Option<f64>) -> (Decision, String) {
    let mut experiment = experiment();
    experiment.arms.truncate(1);
    (experiment.curve, experiment.scale) = (Vec::new(), None);
    experiment.measures.push(Measure::new(FALSE_ANSWER, "it was answered all the same", false));
    experiment.arms[0].runs[0].rows.iter_mut().for_each(|row| row.values.push(rate));
    report(&experiment)
}

#[test]
fn that_nothing_unanswerable_was_asked_is_said_where_risk_and_needs_are_told() {
    let (decision, page) = asked_in_vain(None);
    assert!(page.contains("<p>False answers: not measured, no question was unanswerable.</p>"));
    assert_eq!(decision.needs[0], "Nothing more for this decision, as far as it was measured.");
    let need = "false answers were not measured, because no question was unanswerable";
    assert!(decision.needs[1].contains(need), "{:?}", decision.needs);
    let (decision, page) = asked_in_vain(Some(0.0));
    assert!(page.contains("Of 1,000 questions that have no answer, 0 are answered all the same."));
    assert!(!page.contains("False answers: not measured"));
    assert_eq!(decision.needs, ["Nothing more for this decision."]);
    // A record without that measure says nothing of it.
    let (decision, page) = report(&experiment());
    assert!(!page.contains("False answers") && !decision.needs.join(" ").contains("false answers"));
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
