//! Simulated worlds in which the truth is known: what a decision is worth.

use engraft_eval::{State, normal_below};
use engraft_testkit::nulls::{IN_A_DECISION, unexplained};

use crate::random::Random;
use crate::router::router;
use crate::{
    Amount, Arm, ArmRun, Experiment, Measure, Question, Role, Row, Terms, UpdateTrial, Upkeep, decide,
};

/// What is true of one arm.
#[derive(Clone, Debug)]
pub(crate) struct Truth {
    /// A question is answered right when its ease is below this.
    pub(crate) threshold: f64,
    pub(crate) ms: f64,
    pub(crate) cpu_s: f64,
    pub(crate) lag_s: f64,
    pub(crate) labels: usize,
    /// How far a training seed moves the threshold.
    pub(crate) wobble: f64,
}

/// Base, retrieval, tuned, both; drawn at random.
pub(crate) fn truths(random: &mut Random) -> [Truth; 4] {
    let base = 0.3 + 0.5 * random.normal();
    let (rag, tuning, both) =
        (0.15 + 0.4 * random.normal(), 0.15 + 0.4 * random.normal(), -0.1 + 0.3 * random.normal());
    let mut truth = |threshold: f64, retrieval: bool, tuned: bool| Truth {
        threshold,
        ms: 5.0 + 50.0 * random.unit() + if retrieval { 200.0 * random.unit() } else { 0.0 },
        cpu_s: 0.01 * random.unit() + if retrieval { 0.05 * random.unit() } else { 0.0 },
        lag_s: if tuned { 3600.0 * random.unit() } else { 5.0 },
        labels: if tuned { (2000.0 * random.unit()) as usize } else { 0 },
        wobble: 0.0,
    };
    [
        truth(base, false, false),
        truth(base + rag, true, false),
        truth(base + tuning, false, true),
        truth(base + rag + tuning + both, true, true),
    ]
}

/// What would be measured in a world with these truths, on `n` questions in clusters of `size`.
pub(crate) fn measured(
    truths: &[Truth; 4],
    n: usize,
    size: usize,
    seeds: usize,
    random: &mut Random,
) -> Experiment {
    let names = ["base", "retrieval", "tuned", "both"];
    let question = |at: usize| {
        let slice = if at.is_multiple_of(3) { "short" } else { "long" };
        Question {
            id: format!("q{at}"),
            text: format!("question {at}"),
            gold: "right".into(),
            cluster: format!("c{}", at / size),
            slice: slice.into(),
            route: Some(slice.into()),
        }
    };
    let clusters: Vec<f64> = (0..n.div_ceil(size)).map(|_| random.normal()).collect();
    let ease: Vec<f64> = (0..n)
        .map(|at| match size {
            1 => random.normal(),
            _ => 0.45 * clusters[at / size] + 0.893 * random.normal(),
        })
        .collect();
    let mut arm = |at: usize| {
        let (truth, tuned) = (&truths[at], at >= 2);
        let own: Vec<f64> = (0..n).map(|_| random.normal()).collect();
        let runs = (0..if tuned { seeds } else { 1 }).map(|seed| {
            let threshold = truth.threshold + truth.wobble * random.normal();
            let row = |q: usize| {
                let right = 0.7 * ease[q] + 0.714 * own[q] < threshold;
                Row {
                    state: State::Scored,
                    values: vec![Some(f64::from(u8::from(right)))],
                    confidence: None,
                    stage_ms: vec![truth.ms],
                    cpu_s: truth.cpu_s,
                    tokens_in: 0,
                    tokens_out: 0,
                    said: if right { "right".into() } else { "wrong".into() },
                    evidence: Vec::new(),
                    why: None,
                }
            };
            ArmRun { seed: seed as u64, rows: (0..n).map(row).collect() }
        });
        Arm {
            name: names[at].into(),
            description: String::new(),
            retrieval: at % 2 == 1,
            tuned,
            role: Role::Candidate,
            beside: None,
            on_premises: true,
            absent: None,
            runs: runs.collect(),
            upkeep: Upkeep { labels: truth.labels, ..Upkeep::default() },
            updates: vec![UpdateTrial {
                what: "change".into(),
                probe: "q".into(),
                seconds: Some(truth.lag_s),
                limit_s: 86_400.0,
                fresh: None,
                renewed: None,
            }],
            updates_how: "simulated".into(),
        }
    };
    Experiment {
        name: "world".into(),
        kind: "classify".into(),
        created: "2026-01-01T00:00:00Z".into(),
        build: "test".into(),
        machine: "test".into(),
        command: "test".into(),
        seed: 0,
        resamples: 400,
        setup: Vec::new(),
        data: Vec::new(),
        measures: vec![Measure::new("accuracy", "", true)],
        stages: vec!["answer".into()],
        questions: (0..n).map(question).collect(),
        routed_by: "the length of the question".into(),
        arms: (0..4).map(&mut arm).collect(),
        curve: Vec::new(),
        unasked: Vec::new(),
        not_measured: Vec::new(),
        scale: None,
        label_s: None,
        styles: Vec::new(),
        votes: Vec::new(),
        judge: None,
        notes: Vec::new(),
        terms: Terms::default(),
    }
}

/// The utility that is true of an arm under default terms; as documented, worked out apart from the code it judges.
fn utility(truth: &Truth) -> f64 {
    let quality = normal_below(truth.threshold);
    let latency = ((2000.0 - truth.ms) / 1900.0).clamp(0.0, 1.0);
    let month = 10_000.0 * truth.cpu_s * 0.04 / 3600.0 / 0.3 + truth.labels as f64 * 0.5 / 12.0;
    let cost = (1.0 - month / 500.0).clamp(0.0, 1.0);
    let lag = ((86_400.0 - truth.lag_s) / 86_340.0).clamp(0.0, 1.0);
    0.8 * quality + 0.05 * latency + 0.05 * cost + 0.1 * lag
}

/// What became of many worlds.
#[derive(Debug, Default)]
struct Tally {
    confident: usize,
    costly: usize,
    abstained: usize,
    covered: usize,
}

fn tally(worlds: usize, sizes: &[usize], cluster: usize, seeds: usize, wobble: f64) -> Tally {
    use rayon::prelude::*;
    let each = (0..worlds).into_par_iter().map(|world| {
        let mut random = Random::new(20_261_129, world as u64);
        let mut truths = truths(&mut random);
        truths[2..].iter_mut().for_each(|truth| truth.wobble = wobble);
        let n = sizes[world % sizes.len()];
        let experiment = measured(&truths, n, cluster, seeds, &mut random);
        let decision = decide(&experiment, "").unwrap();
        let worth: Vec<f64> = truths.iter().map(utility).collect();
        let best = worth.iter().copied().fold(0.0, f64::max);
        let at = |name: &str| ["base", "retrieval", "tuned", "both"].iter().position(|arm| *arm == name);
        let regret = decision.recommendation.as_deref().map(|name| best - worth[at(name).unwrap_or(0)]);
        // A threshold that wobbles by s with the seed is right as often as one of 1 / sqrt(1 + s²).
        let p = truths.clone().map(|t| normal_below(t.threshold / (1.0 + t.wobble * t.wobble).sqrt()));
        let truth = p[3] - p[2] - p[1] + p[0];
        let interaction = &decision.effects.interaction.metric;
        let (low, high) = (interaction.low.unwrap(), interaction.high.unwrap());
        (regret, low <= truth && truth <= high)
    });
    let each: Vec<(Option<f64>, bool)> = each.collect();
    Tally {
        confident: each.iter().filter(|(regret, _)| regret.is_some()).count(),
        costly: each.iter().filter(|(regret, _)| regret.is_some_and(|regret| regret > 0.01)).count(),
        abstained: each.iter().filter(|(regret, _)| regret.is_none()).count(),
        covered: each.iter().filter(|(_, covered)| *covered).count(),
    }
}

/// The intervals of 93 to 97 of 100 worlds hold the true interaction.
#[track_caller]
fn covers(tally: &Tally, worlds: usize) {
    assert!((93 * worlds..=97 * worlds).contains(&(100 * tally.covered)), "{tally:?} of {worlds}");
    eprintln!("{tally:?} of {worlds}");
}

#[test]
fn in_500_worlds_a_confident_recommendation_rarely_costs_more_than_a_point() {
    let tally = tally(500, &[60, 120, 240, 480, 960], 1, 1, 0.0);
    assert!(tally.confident >= 100, "it has to dare something: {tally:?}");
    assert!(tally.costly * 20 <= tally.confident, "{tally:?}");
    covers(&tally, 500);
}

#[test]
fn clusters_do_not_narrow_the_intervals() {
    covers(&tally(300, &[200, 400], 4, 1, 0.0), 300);
}

#[test]
fn training_seeds_count_in_the_interval() {
    // Three seeds, as by default, that move the threshold by a fifth of the spread of questions. Intervals from the questions alone
    // hold the truth in 245 of these 300 worlds.
    covers(&tally(300, &[200, 400], 1, 3, 0.2), 300);
}

#[test]
fn three_training_seeds_that_differ_much_are_not_taken_for_many_questions() {
    // Intervals over questions alone would cover about two thirds of these.
    let tally = tally(300, &[200, 400], 1, 3, 0.3);
    assert!((270..=296).contains(&tally.covered), "{tally:?}");
    eprintln!("{tally:?}");
}

#[test]
fn twice_the_questions_leave_fewer_undecided() {
    let (few, many) = (tally(150, &[120], 1, 1, 0.0), tally(150, &[480], 1, 1, 0.0));
    assert!(many.abstained * 3 < few.abstained * 2, "{few:?} {many:?}");
}

#[test]
fn the_same_experiment_gives_the_same_bytes_at_one_and_at_two_threads() {
    let mut random = Random::new(1, 1);
    let mut truths = truths(&mut random);
    truths[2].wobble = 0.1;
    let experiment = measured(&truths, 90, 3, 3, &mut random);
    let at = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| serde_json::to_string(&decide(&experiment, "x").unwrap()).unwrap())
    };
    let (one, two) = (at(1), at(2));
    assert!(one == two);
    let unexplained = unexplained(&serde_json::from_str(&one).unwrap(), &IN_A_DECISION);
    assert!(unexplained.is_empty(), "{unexplained:?}");
}

#[test]
fn effects_are_the_contrasts_of_the_four_means() {
    let mut random = Random::new(6, 6);
    let truths = truths(&mut random);
    let decision = decide(&measured(&truths, 200, 2, 1, &mut random), "").unwrap();
    let mean: Vec<f64> = decision.arms[..4].iter().map(|arm| arm.quality.value.unwrap()).collect();
    let [base, retrieval, tuned, both] = [mean[0], mean[1], mean[2], mean[3]];
    let expected = [
        (retrieval - base + both - tuned) / 2.0,
        (tuned - base + both - retrieval) / 2.0,
        both - tuned - retrieval + base,
        retrieval - base,
        both - tuned,
        tuned - base,
        both - retrieval,
    ];
    for ((name, effect), expected) in decision.effects.list().into_iter().zip(expected) {
        let value = effect.metric.value.unwrap();
        assert!((value - expected).abs() < 1e-12, "{name}: {value} for {expected}");
        assert!(effect.p_holm.unwrap() >= effect.p.unwrap() && effect.mde.unwrap() > 0.0, "{name}");
        assert!(effect.metric.low.unwrap() <= value && value <= effect.metric.high.unwrap(), "{name}");
    }
}

/// Retrieval knows every short question, tuning every long one.
fn routable() -> Experiment {
    let mut random = Random::new(2, 2);
    let mut truths = truths(&mut random);
    truths.iter_mut().for_each(|truth| truth.threshold = 0.2);
    let mut experiment = measured(&truths, 600, 1, 1, &mut random);
    for (arm, slice) in [(1, "short"), (2, "long")] {
        for (at, question) in experiment.questions.iter().enumerate() {
            if question.slice == slice {
                experiment.arms[arm].runs[0].rows[at].values[0] = Some(1.0);
            }
        }
    }
    experiment
}

#[test]
fn a_planted_router_is_found_on_data_that_did_not_choose_it() {
    let decision = decide(&routable(), "").unwrap();
    let router = decision.arms.iter().find(|arm| arm.name == crate::ROUTER).unwrap();
    assert_eq!(router.quality.value, Some(1.0));
    assert_eq!(decision.recommendation.as_deref(), Some(crate::ROUTER), "{}", decision.verdict);
    assert!(
        router.description.contains("long → tuned; short → retrieval. It goes by the length of the question")
    );
    assert_eq!(decision.routed_by.as_deref(), Some("the length of the question"));
}

#[test]
fn where_all_arms_are_alike_a_router_forms_in_one_world_of_twenty_at_most() {
    let forms = (0..200).filter(|&world| {
        let mut random = Random::new(20_270_104, world);
        let mut truths = truths(&mut random);
        truths.iter_mut().for_each(|truth| truth.threshold = 0.2);
        let mut experiment = measured(&truths, 240, 4, 1, &mut random);
        // In every other world the questions of a document are one question, asked four times over.
        for run in experiment.arms.iter_mut().flat_map(|arm| &mut arm.runs).filter(|_| world % 2 == 1) {
            run.rows = (0..240).map(|at| run.rows[at - at % 4].clone()).collect();
        }
        router(&experiment).is_ok()
    });
    let forms = forms.count();
    assert!(forms <= 10, "{forms} of 200");
}

#[test]
fn an_arm_that_is_better_at_a_sort_by_twenty_points_makes_a_router() {
    for world in 0..20 {
        let with = |best: usize| {
            let mut random = Random::new(20_270_105, world);
            let mut truths = truths(&mut random);
            truths.iter_mut().for_each(|truth| truth.threshold = 0.2);
            truths[best].threshold = 0.85;
            measured(&truths, 1200, 1, 1, &mut random)
        };
        // The same questions: tuning does the long ones best, and retrieval the short ones, 80 of 100 right instead of 58.
        let (mut experiment, short) = (with(2), with(1));
        for (arm, short) in experiment.arms.iter_mut().zip(&short.arms) {
            for at in (0..1200).step_by(3) {
                arm.runs[0].rows[at] = short.runs[0].rows[at].clone();
            }
        }
        let found = router(&experiment).map(|arm| arm.description);
        assert!(found.as_ref().is_ok_and(|routes| routes.contains("retrieval")), "{world}: {found:?}");
    }
}

#[track_caller]
fn no_router(change: impl Fn(&mut Experiment), expected: &str) {
    let mut experiment = routable();
    change(&mut experiment);
    let decision = decide(&experiment, "").unwrap();
    assert!(decision.arms.iter().all(|arm| arm.name != crate::ROUTER) && decision.routed_by.is_none());
    assert_eq!(decision.no_router.as_deref(), Some(expected));
    // The slices still say where arms differ.
    assert_eq!(decision.slices.len(), 2);
}

#[test]
fn what_only_the_right_answer_tells_is_reported_on_and_no_router_goes_by_it() {
    let blind = |why: &'static str| {
        move |experiment: &mut Experiment| {
            experiment.questions.iter_mut().for_each(|question| question.route = None);
            experiment.routed_by = why.into();
        }
    };
    no_router(blind(""), "the record does not say what is known of a question before it is answered");
    no_router(blind("the task names nothing to go by"), "the task names nothing to go by");
    // Slices differ by far, and what is known of a question has nothing to do with them.
    let other = |experiment: &mut Experiment| {
        for (at, question) in experiment.questions.iter_mut().enumerate() {
            question.route = Some(if at % 6 < 3 { "typed".into() } else { "spoken".into() });
        }
        experiment.arms.truncate(2);
        experiment.routed_by = "how it came in".into();
    };
    no_router(
        other,
        "by how it came in no sort of question does surely better with another arm than `retrieval`",
    );
    let alike = |experiment: &mut Experiment| {
        experiment.questions.iter_mut().for_each(|question| question.route = Some("long".into()));
    };
    no_router(alike, "all questions are of one sort by the length of the question");
}

#[test]
fn without_a_slice_that_differs_there_is_no_router() {
    let mut random = Random::new(3, 3);
    let mut truths = truths(&mut random);
    truths.iter_mut().for_each(|truth| truth.threshold = 0.0);
    truths[3].threshold = 2.5;
    let decision = decide(&measured(&truths, 300, 1, 1, &mut random), "").unwrap();
    assert!(decision.no_router.unwrap().contains("`both`"));
}

#[track_caller]
fn check_terms(change: impl Fn(&mut Experiment), expected: impl Fn(&crate::Decision) -> bool) {
    let mut random = Random::new(4, 4);
    let mut truths = truths(&mut random);
    for (truth, threshold) in truths.iter_mut().zip([0.0, 0.6, 0.7, 1.6]) {
        truth.threshold = threshold;
        truth.labels = 0;
    }
    let mut experiment = measured(&truths, 400, 1, 1, &mut random);
    change(&mut experiment);
    let decision = decide(&experiment, "").unwrap();
    assert!(expected(&decision), "{} {:?} {:?}", decision.verdict, decision.constraints, decision.conflict);
}

#[test]
fn the_best_arm_is_recommended_with_what_would_flip_it() {
    check_terms(
        |_| {},
        |decision| {
            decision.recommendation.as_deref() == Some("both")
                && decision.p_best.unwrap() > 0.99
                && decision.need_n == Some(0)
                && !decision.flip_points.is_empty()
        },
    );
}

#[test]
fn a_must_have_drops_an_arm_and_names_it() {
    check_terms(
        |experiment| {
            experiment.terms.must.update_lag_s = Some(60.0);
            experiment.arms[2..].iter_mut().for_each(|arm| arm.updates[0].seconds = Some(600.0));
        },
        |decision| {
            decision.recommendation.as_deref() == Some("retrieval")
                && decision.constraints[0].broken_by.len() == 2
                && decision
                    .flip_points
                    .iter()
                    .any(|flip| flip.what == "must.update_lag_s" && flip.to == "both")
        },
    );
}

#[test]
fn must_haves_that_exclude_each_other_are_named() {
    check_terms(
        |experiment| {
            experiment.terms.must.update_lag_s = Some(60.0);
            experiment.terms.must.quality = Some(0.9);
            experiment.arms[2..].iter_mut().for_each(|arm| arm.updates[0].seconds = Some(600.0));
        },
        |decision| decision.recommendation.is_none() && decision.conflict == ["quality", "update_lag_s"],
    );
}

#[test]
fn an_arm_that_fails_half_its_items_is_shown_as_such_and_loses() {
    check_terms(
        |experiment| {
            for row in experiment.arms[3].runs[0].rows.iter_mut().step_by(2) {
                row.state = State::Failed;
                row.values[0] = None;
                row.why = Some("it broke".into());
            }
        },
        |decision| {
            let both = &decision.arms[3];
            both.broken.is_some()
                && both.quality_bounds.is_some()
                && decision.missing.len() == 200
                && decision.recommendation.as_deref() != Some("both")
        },
    );
}

#[test]
fn bounds_are_over_the_questions_that_are_compared() {
    check_terms(
        |experiment| {
            // Of the second half nobody said what is right; of the first every second answer of one arm is lost.
            for (at, arm) in experiment.arms.iter_mut().enumerate() {
                for (question, row) in arm.runs[0].rows.iter_mut().enumerate() {
                    row.state = match (question >= 200, at == 3 && question.is_multiple_of(2)) {
                        (true, _) => State::Undefined,
                        (false, true) => State::Failed,
                        (false, false) => State::Scored,
                    };
                }
            }
        },
        |decision| {
            let [worst, best] = decision.arms[3].quality_bounds.unwrap();
            decision.questions == 200 && (best - worst - 0.5).abs() < 1e-9
        },
    );
}

#[test]
fn a_price_of_zero_is_fine() {
    check_terms(
        |experiment| {
            let prices = &mut experiment.terms.prices;
            (prices.core_hour, prices.label, prices.person_hour) =
                (Amount::given(0.0), Amount::given(0.0), Amount::given(0.0));
        },
        |decision| decision.recommendation.as_deref() == Some("both"),
    );
}

#[test]
fn a_cell_that_was_not_measured_leaves_its_effects_without_a_value() {
    check_terms(
        |experiment| {
            experiment.arms[0].runs.clear();
            experiment.arms[0].absent = Some("it needs a language model".into());
        },
        |decision| {
            decision.effects.interaction.metric.value.is_none()
                && decision.effects.tuning_with_rag.metric.value.is_some()
                && decision.arms[0].quality.why.as_deref() == Some("it needs a language model")
        },
    );
}

#[test]
fn too_few_questions_say_how_many_there_should_be() {
    let mut random = Random::new(5, 5);
    let truths = truths(&mut random);
    let error = decide(&measured(&truths, 20, 1, 1, &mut random), "").unwrap_err();
    assert!(error.to_string().contains("at least 30"), "{error}");
}

#[test]
fn a_record_with_terms_that_cannot_be_is_refused() {
    let mut random = Random::new(5, 5);
    let mut experiment = measured(&truths(&mut random), 60, 1, 1, &mut random);
    experiment.terms.prices.utilisation = Amount::given(0.0);
    let error = decide(&experiment, "").unwrap_err().to_string();
    assert!(error.contains("malformed: prices.utilisation is 0"), "{error}");
    experiment.terms.prices.utilisation = Amount::given(1.0);
    experiment.terms.prices.person_hour = Amount::given(1e308);
    let error = decide(&experiment, "").unwrap_err().to_string();
    assert!(error.contains("malformed: prices.person_hour is 1e308"), "{error}");
    experiment.terms = Terms::default();
    experiment.arms[1].upkeep.update_cpu_s = 1e308;
    let error = decide(&experiment, "").unwrap_err().to_string();
    assert!(error.contains("nothing takes 1e308"), "{error}");
}

#[test]
fn questions_of_few_documents_are_refused_however_many_they_are() {
    let mut random = Random::new(7, 7);
    let truths = truths(&mut random);
    let error = decide(&measured(&truths, 180, 20, 1, &mut random), "").unwrap_err();
    assert_eq!(error.to_string(), "questions come from 9 documents or groups; at least 10 are needed");
    assert!(decide(&measured(&truths, 200, 20, 1, &mut random), "").is_ok());
}

#[test]
fn groundedness_that_weighs_nothing_and_was_not_measured_on_every_arm_is_left_out() {
    let grounded = |weight: f64| {
        move |experiment: &mut Experiment| {
            experiment.terms.weights.groundedness = weight;
            experiment.measures.push(Measure::new(crate::GROUNDEDNESS, "", true));
            for (at, arm) in experiment.arms.iter_mut().enumerate() {
                let rows = arm.runs.iter_mut().flat_map(|run| &mut run.rows);
                rows.for_each(|row| row.values.push((at % 2 == 1).then_some(1.0)));
            }
        }
    };
    check_terms(grounded(0.0), |decision| {
        decision.criteria[1].left_out.as_deref() == Some("it was not measured on `base`")
            && decision.assumptions.iter().any(|one| one.starts_with("Groundedness does not count"))
            && decision.flip_points.iter().all(|flip| flip.what != "weights.groundedness")
    });
    check_terms(grounded(0.3), |decision| {
        decision.criteria[1].left_out.is_none() && decision.criteria[1].weight > 0.0
    });
}

#[test]
fn few_training_seeds_keep_an_effect_from_looking_sure() {
    let mut random = Random::new(8, 8);
    let mut truths = truths(&mut random);
    for (truth, threshold) in truths.iter_mut().zip([0.0, 0.0, 0.6, 0.6]) {
        truth.threshold = threshold;
    }
    truths[2..].iter_mut().for_each(|truth| truth.wobble = 0.3);
    let mut experiment = measured(&truths, 400, 1, 3, &mut random);
    let of = |experiment: &Experiment| decide(experiment, "").unwrap().effects.tuning_alone;
    let three = of(&experiment);
    for arm in &mut experiment.arms {
        arm.runs.truncate(1);
    }
    let one = of(&experiment);
    // One training tells of questions alone; two degrees of freedom need a large t to get as far.
    assert!(three.p.unwrap() > one.p.unwrap() && one.is_sure() && !three.is_sure(), "{three:?} {one:?}");
}
