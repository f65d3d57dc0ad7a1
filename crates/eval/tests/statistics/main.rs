//! The statistics keep what they promise, shown on simulated comparisons with fixed seeds. The larger versions, with one
//! table of all intervals, are `cargo run --release -p engraft-eval --example coverage`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod golden;
mod worlds;

use engraft_eval::{
    Difference, GateVerdict, IntervalMethod, Resampling, Score, SplitMix, State, States, Units, Verdict,
    difference, gate, interval_by, mean_bounds, paired_difference,
};
use engraft_testkit::nulls::unexplained;
use serde_json::Value;
use worlds::{Kind, World, uniform};

/// How often the interval holds the truth.
fn coverage(world: World, times: u64, interval: impl Fn(&[Option<f64>], &Units, u64) -> (f64, f64)) -> f64 {
    let (units, truth) = (world.units(), world.truth());
    let holds = |seed: &u64| {
        let (low, high) = interval(&world.draw(*seed), &units, *seed);
        low <= truth && truth <= high
    };
    (0..times).filter(holds).count() as f64 / times as f64
}

fn ends(difference: &Difference) -> (f64, f64) {
    (difference.metric.low.unwrap(), difference.metric.high.unwrap())
}

/// So many standard errors of a share that is seen in so many tries.
fn off(share: f64, times: u64, errors: f64) -> f64 {
    errors * (share * (1.0 - share) / times as f64).sqrt()
}

#[test]
fn about_95_of_100_intervals_hold_the_true_difference_in_forty_designs() {
    let (mut all, mut small, mut wide) = (Vec::new(), Vec::new(), Vec::new());
    for world in World::forty() {
        // Large designs take long: they are tried less often, and what they show is coarser.
        let times = match world.n {
            ..=100 => 1000,
            101..=300 => 300,
            _ => 150,
        };
        let found = coverage(world, times, |drawn, units, seed| {
            ends(&difference(drawn, units, 0.02, &Resampling { seed, resamples: 400 }))
        });
        assert!(found >= 0.93 - off(0.93, times, 2.5), "{found} in {world:?}");
        if found > 0.97 + off(0.97, times, 3.0) {
            wide.push(world);
        }
        if world.n <= 100 {
            small.push(found);
        }
        all.push(found);
    }
    assert!(wide.len() <= 2, "too wide: {wide:?}");
    // Two designs of twenty pairs have intervals that are too wide.
    let within = small.iter().filter(|found| (0.93..=0.97).contains(*found)).count();
    assert!(small.len() == 24 && within >= 22, "{within} of {small:?}");
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    assert!((0.945..=0.96).contains(&mean), "{mean} on average");
}

#[test]
fn the_coverage_that_is_told_was_measured_in_forty_designs_and_lies_within_93_and_97_in_38() {
    let path = engraft_testkit::repository().join("bench/results/statistics.json");
    let told: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let designs = told["designs"].as_array().unwrap();
    let shares: Vec<f64> = designs.iter().map(|design| design["rule"].as_f64().unwrap()).collect();
    let within = shares.iter().filter(|share| (0.93..=0.97).contains(*share)).count();
    let least = shares.iter().copied().fold(1.0, f64::min);
    assert_eq!((designs.len(), told["within_93_and_97"].as_u64()), (40, Some(within as u64)));
    assert!(told["times"].as_u64() >= Some(2000) && told["least"].as_f64() == Some(least), "{least}");
    assert!(within >= 38 && least >= 0.93, "{within} {least}");
}

#[test]
fn the_percentile_bootstrap_misses_where_few_pairs_seldom_differ() {
    let rare = World { kind: Kind::Binary { wins: 100, losses: 20 }, n: 20, icc: 0 };
    let by = |method| {
        coverage(rare, 1000, |drawn, units, seed| {
            let resampling = Resampling { seed, resamples: 500 };
            let interval = interval_by(method, drawn, units, 0.95, &resampling).unwrap();
            (interval.low, interval.high)
        })
    };
    let (percentile, added) = (by(IntervalMethod::Percentile), by(IntervalMethod::AgrestiMin));
    assert!(percentile <= 0.88 && (0.93..=0.97).contains(&added), "{percentile} {added}");
}

/// Two runs of right and wrong answers: each pair differs with chance `discordance`, and the first is better by `shift`.
fn runs(n: usize, discordance: f64, shift: f64, seed: u64) -> (Vec<Score>, Vec<Score>) {
    let mut draw = SplitMix::new(seed, 5);
    let pair = |_| {
        let at = uniform(&mut draw);
        let wins = (discordance + shift) / 2.0;
        match at {
            at if at < wins => (1.0, 0.0),
            at if at < discordance => (0.0, 1.0),
            at if at < discordance + 0.5 => (1.0, 1.0),
            _ => (0.0, 0.0),
        }
    };
    (0..n).map(pair).map(|(a, b)| (Score::Value(a), Score::Value(b))).unzip()
}

fn failures(n: usize, shift: f64) -> usize {
    let units = Units::independent(n);
    let fails = |seed: &u64| {
        let (run, baseline) = runs(n, 0.2, shift, *seed);
        let resampling = Resampling { seed: *seed, resamples: 500 };
        gate(&run, &baseline, &units, 0.02, (0.0, 1.0), &resampling).verdict == GateVerdict::Fail
    };
    (0..1000).filter(fails).count()
}

#[test]
fn of_a_thousand_gates_between_alike_runs_at_most_fifty_fail() {
    let failed = failures(626, 0.0);
    assert!((10..=50).contains(&failed), "{failed} of 1000");
}

#[test]
fn five_points_less_are_caught_by_626_questions() {
    let failed = failures(626, -0.05);
    assert!(failed >= 800, "{failed} of 1000");
}

#[test]
fn comparisons_of_alike_systems_seldom_find_a_winner() {
    let units = Units::independent(200);
    let wrong = (0..1000u64).filter(|&seed| {
        let (a, b) = runs(200, 0.2, 0.0, seed);
        let verdict = paired_difference(&a, &b, &units, 0.02, &Resampling { seed, resamples: 500 }).verdict;
        matches!(verdict, Verdict::Better | Verdict::Worse)
    });
    let wrong = wrong.count();
    assert!(wrong <= 50, "{wrong} of 1000");
}

#[test]
fn with_a_fifth_of_items_failing_the_truth_stays_within_the_bounds_and_every_item_is_counted() {
    for seed in 0..200 {
        let mut draw = SplitMix::new(seed, 11);
        let truth: Vec<f64> = (0..150).map(|_| uniform(&mut draw).powi(2)).collect();
        let lost = [State::Failed, State::Timeout, State::Skipped];
        // Hard items fail more often, so the mean of the rest is no estimate of the truth.
        let scores: Vec<Score> = truth
            .iter()
            .map(|&value| match uniform(&mut draw) < 0.4 * (1.0 - value) * 0.75 {
                true => Score::None(lost[draw.below(3)]),
                false => Score::of(value),
            })
            .collect();
        let states = States::of(scores.iter().map(|score| score.state()));
        assert_eq!((states.total(), states.scored + states.missing()), (150, 150));
        let mean = truth.iter().sum::<f64>() / 150.0;
        let bounds = mean_bounds(&scores, (0.0, 1.0)).unwrap();
        assert!(
            bounds.worst <= mean && mean <= bounds.best && bounds.missing == states.missing(),
            "{bounds:?}"
        );
        let baseline: Vec<Score> = truth.iter().map(|value| Score::of(value * 0.9)).collect();
        let gated = gate(
            &scores,
            &baseline,
            &Units::independent(150),
            0.02,
            (0.0, 1.0),
            &Resampling { seed, resamples: 200 },
        );
        let unexplained = unexplained(&serde_json::to_value(&gated).unwrap(), &["need_n"]);
        assert!(unexplained.is_empty(), "{unexplained:?}");
        assert_eq!(gated.difference.metric.n, states.scored, "{gated:?}");
        let bounds = gated.bounds.unwrap();
        assert!(gated.verdict != GateVerdict::Pass || bounds.worst > -0.02, "{gated:?}");
        assert!(bounds.worst <= 0.1 * mean + 1e-12 && 0.1 * mean - 1e-12 <= bounds.best);
    }
}

#[test]
fn training_seeds_are_a_source_of_doubt_of_their_own() {
    // The first system gains .1 with one seed and loses .1 with another; questions alone would be sure of nothing or all.
    let rows: Vec<(usize, u64)> = (0..400).map(|row| (row / 2, (row % 2) as u64)).collect();
    let gain = |row: &(usize, u64)| Some(if row.1 == 0 { 0.3 } else { 0.1 });
    let judged = difference(
        &rows.iter().map(gain).collect::<Vec<_>>(),
        &Units::with_seeds(&rows),
        0.02,
        &Resampling::default(),
    );
    assert_eq!((judged.verdict, judged.method), (Verdict::NeedMore, Some(IntervalMethod::Student)));
    assert_eq!(judged.metric.n, 200);
    assert!(judged.metric.low.unwrap() < 0.0);
}

#[test]
fn the_number_of_threads_changes_no_byte_of_a_verdict() {
    let world = World { kind: Kind::Graded, n: 157, icc: 100 };
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let judged =
            || difference(&world.draw(3), &world.units(), 0.02, &Resampling { seed: 1, resamples: 1001 });
        serde_json::to_string(&pool.install(judged)).unwrap()
    };
    assert_eq!(with(1), with(2));
}

#[test]
fn nothing_to_compare_is_said_and_not_computed() {
    let none = [Score::None(State::Failed), Score::Value(1.0)];
    let some = [Score::Value(1.0), Score::None(State::Abstained)];
    let judged = paired_difference(&none, &some, &Units::independent(2), 0.02, &Resampling::default());
    assert_eq!((judged.metric.value, judged.metric.n, judged.need_n), (None, 0, None));
    assert_eq!(judged.metric.why.as_deref(), Some("no question is scored on both sides"));
    let one = difference(&[Some(0.4); 3], &Units::documents(&["a"; 3]), 0.02, &Resampling::default());
    assert_eq!(
        (one.verdict, one.metric.why.as_deref()),
        (Verdict::NeedMore, Some("one document shows no spread"))
    );
}

#[test]
fn alike_runs_are_equivalent_once_there_are_enough_of_them() {
    let judged =
        |n: usize| difference(&vec![Some(0.0); n], &Units::independent(n), 0.02, &Resampling::default());
    assert_eq!(judged(400).verdict, Verdict::Equivalent);
    let few = judged(30);
    assert!(few.verdict == Verdict::NeedMore && few.need_n.unwrap() > 30, "{few:?}");
}
