//! How often intervals hold the truth and how long a decision's draws take: `coverage [TIMES] [RESAMPLES]`.
//!
//! Prints one JSON document: for each of forty designs the share of intervals that hold the true difference, by the rule
//! that is used and by every single method; and the seconds that 80 columns x 1,000 rows x 10,000 resamples take.

#[path = "../tests/statistics/worlds.rs"]
mod worlds;

use std::error::Error;
use std::time::Instant;

use engraft_eval::{IntervalMethod, Resampling, SplitMix, Units, difference, interval_by, resample, wilson};
use rayon::prelude::*;
use serde_json::{Value, json};
use worlds::{World, uniform};

const METHODS: [(&str, IntervalMethod); 4] = [
    ("agresti-min", IntervalMethod::AgrestiMin),
    ("student", IntervalMethod::Student),
    ("studentised", IntervalMethod::Studentised),
    ("percentile", IntervalMethod::Percentile),
];

fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let times: u64 = words.next().map_or(Ok(1000), |word| word.parse())?;
    let resamples = words.next().map_or(Ok(1000), |word| word.parse())?;
    let designs: Vec<Value> =
        World::forty().into_iter().map(|world| design(world, times, resamples)).collect();
    let rule = |design: &Value| design["rule"].as_f64().unwrap_or(0.0);
    let least = designs.iter().map(rule).fold(1.0, f64::min);
    let most = designs.iter().map(rule).fold(0.0, f64::max);
    let within = designs.iter().map(rule).filter(|share| (0.93..=0.97).contains(share)).count();
    let seconds = joint_draws()?;
    let found = json!({ "times": times, "resamples": resamples, "least": least, "most": most,
        "within_93_and_97": within, "joint_draws_s": seconds, "designs": designs });
    println!("{}", serde_json::to_string_pretty(&found)?);
    Ok(())
}

fn design(world: World, times: u64, resamples: usize) -> Value {
    let units = world.units();
    let rule = held(world, times, resamples, |drawn, resampling| {
        let metric = difference(drawn, &units, 0.02, resampling).metric;
        metric.low.zip(metric.high)
    });
    let doubt = wilson(rule, times as usize);
    let mut found = json!({ "kind": format!("{:?}", world.kind), "n": world.n, "icc": world.icc as f64 / 1000.0,
        "documents": units.document_count(), "rule": rule as f64 / times as f64, "low": doubt.low, "high": doubt.high });
    // The others are for comparison, and resampling large designs for each would take minutes.
    for (name, method) in METHODS.into_iter().filter(|_| world.n <= 100) {
        let held = held(world, times, resamples, |drawn, resampling| {
            let interval = interval_by(method, drawn, &units, 0.95, resampling);
            interval.map(|interval| (interval.low, interval.high))
        });
        found[name] = json!(held as f64 / times as f64);
    }
    found
}

/// How many of the drawn comparisons have an interval that holds the truth.
fn held(
    world: World,
    times: u64,
    resamples: usize,
    interval: impl Fn(&[Option<f64>], &Resampling) -> Option<(f64, f64)> + Sync,
) -> usize {
    let truth = world.truth();
    let holds = |&seed: &u64| {
        let ends = interval(&world.draw(seed), &Resampling { seed, resamples });
        ends.is_some_and(|(low, high)| low <= truth && truth <= high)
    };
    (0..times).into_par_iter().filter(holds).count()
}

/// Four arms, twenty measures, a thousand questions: drawn together.
fn joint_draws() -> Result<f64, Box<dyn Error>> {
    let mut draw = SplitMix::new(1, 0);
    let columns: Vec<Vec<Option<f64>>> =
        (0..80).map(|_| (0..1000).map(|_| Some(uniform(&mut draw))).collect()).collect();
    let began = Instant::now();
    let draws = resample(&Units::independent(1000), &columns, &Resampling { seed: 0, resamples: 10_000 })?;
    let intervals: Vec<_> = (0..80).map(|column| draws.metric(column)).collect();
    let seconds = began.elapsed().as_secs_f64();
    assert_eq!(intervals.len(), 80);
    Ok(seconds)
}
