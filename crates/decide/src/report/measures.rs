//! What the report tells of measures: those of search, those that hold by construction, and those nobody could take.

use super::markdown;
use super::tests::{experiment, report, section};
use crate::{
    Decision, EVIDENCE_RECALL, Experiment, FALSE_ANSWER, GROUNDEDNESS, JUDGED, Measure, NDCG, RECALL,
};

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
