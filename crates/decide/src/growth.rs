//! What growth does to an arm: quality and waiting time against how much there is to look through, in tenfolds.

use std::collections::BTreeMap;

use engraft_eval::Metric;
use serde::{Deserialize, Serialize};

use crate::analyse::is_sure;
use crate::draws::Series;
use crate::random::Random;
use crate::utility::none;
use crate::words::factor;
use crate::{Experiment, SizeRun};

/// Resamples behind the intervals.
const DRAWS: usize = 2000;

/// How an arm bears growth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Growth {
    /// The arm.
    pub arm: String,
    /// What grows, such as `passages`.
    pub unit: String,
    /// What was measured, smallest first.
    pub sizes: Vec<SizeMean>,
    /// The quality that is lost where there is ten times as much, as a share; fitted to the logarithm of the size.
    pub lost_per_tenfold: Metric,
    /// The power of the size that the 95th percentile of the waiting time grows with.
    pub exponent: Metric,
    /// How many times as long 95 of 100 answers take where there is ten times as much.
    pub slower_per_tenfold: Metric,
    /// In plain words.
    pub words: String,
}

/// What was measured at one size.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SizeMean {
    /// How much there was.
    pub size: usize,
    /// How much of it was made up.
    pub made_up: usize,
    /// Mean quality.
    pub quality: Metric,
    /// The 95th percentile of milliseconds.
    pub p95_ms: Metric,
}

/// The growth of every arm that was asked among less and more, in the order of the arms.
pub(crate) fn growth(experiment: &Experiment) -> Vec<Growth> {
    let Some(scale) = &experiment.scale else { return Vec::new() };
    let of = |name: &str| {
        let mut runs: Vec<&SizeRun> = scale.sizes.iter().filter(|run| run.arm == name).collect();
        runs.sort_by_key(|run| run.size);
        (!runs.is_empty()).then(|| of_arm(experiment, &scale.unit, &runs))
    };
    experiment.arms.iter().filter_map(|arm| of(&arm.name)).collect()
}

fn of_arm(experiment: &Experiment, unit: &str, runs: &[&SizeRun]) -> Growth {
    let draws = draws(experiment, &runs[0].questions);
    let all: Vec<usize> = (0..runs[0].questions.len()).collect();
    let series = |of: &dyn Fn(&[usize]) -> f64| Series {
        point: of(&all),
        draws: draws.iter().map(|drawn| of(drawn)).collect(),
        n: all.len(),
        limits: Vec::new(),
    };
    let graded = runs.iter().all(|run| !run.quality.is_empty());
    let sizes = runs.iter().map(|run| SizeMean {
        size: run.size,
        made_up: run.made_up,
        quality: match graded {
            true => series(&|drawn| mean(&run.quality, drawn)).metric(),
            false => none("only time was taken"),
        },
        p95_ms: series(&|drawn| p95(&run.ms, drawn)).metric(),
    });
    let log = |run: &SizeRun| (run.size as f64).log10();
    let wide = |runs: &[&SizeRun]| runs.len() > 1 && runs[0].size < runs[runs.len() - 1].size;
    let few = || none("there was only one size");
    // What is made up distracts less than what people wrote: it counts only where there is nothing else.
    let real: Vec<&SizeRun> = runs.iter().copied().filter(|run| run.made_up == 0).collect();
    let compared = if wide(&real) { real.as_slice() } else { runs };
    let lost_per_tenfold = match (graded, wide(compared)) {
        (false, _) => none("only time was taken"),
        (_, false) => few(),
        _ => series(&|drawn| {
            let at = |run: &&SizeRun| (log(run), mean(&run.quality, drawn));
            0.0 - slope(&compared.iter().map(at).collect::<Vec<_>>())
        })
        .metric(),
    };
    let (exponent, slower_per_tenfold) = match wide(runs) {
        false => (few(), few()),
        true => {
            let exponent = series(&|drawn| {
                let at = |run: &&SizeRun| (log(run), p95(&run.ms, drawn).max(1e-6).log10());
                slope(&runs.iter().map(at).collect::<Vec<_>>())
            });
            (exponent.metric(), exponent.map(|exponent| 10f64.powf(exponent)).metric())
        }
    };
    let words = words(&runs[0].arm, unit, &lost_per_tenfold, &slower_per_tenfold);
    Growth {
        arm: runs[0].arm.clone(),
        unit: unit.into(),
        sizes: sizes.collect(),
        lost_per_tenfold,
        exponent,
        slower_per_tenfold,
        words,
    }
}

/// Places in `questions`, clusters drawn whole; the same for every size and arm asked the same questions.
fn draws(experiment: &Experiment, questions: &[usize]) -> Vec<Vec<usize>> {
    let mut clusters: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, &question) in questions.iter().enumerate() {
        clusters.entry(&experiment.questions[question].cluster).or_default().push(place);
    }
    let clusters: Vec<Vec<usize>> = clusters.into_values().collect();
    let draw = |resample: u64| {
        let mut random = Random::new(experiment.seed ^ 0x6772_6f77, resample);
        let drawn = clusters.iter().map(|_| &clusters[random.below(clusters.len())]);
        drawn.flatten().copied().collect()
    };
    (0..DRAWS.min(experiment.resamples) as u64).map(draw).collect()
}

fn mean(values: &[f64], drawn: &[usize]) -> f64 {
    drawn.iter().map(|&place| values[place]).sum::<f64>() / drawn.len() as f64
}

/// The time that at most five of 100 exceed.
fn p95(ms: &[f64], drawn: &[usize]) -> f64 {
    let mut times: Vec<f64> = drawn.iter().map(|&place| ms[place]).collect();
    let rank = times.len() - 1 - times.len() / 20;
    *times.select_nth_unstable_by(rank, f64::total_cmp).1
}

/// The slope of the line of least squares through points of at least two different places.
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / n, y + point.1 / n));
    let (mut xx, mut xy) = (0.0, 0.0);
    for point in points {
        xx += (point.0 - x).powi(2);
        xy += (point.0 - x) * (point.1 - y);
    }
    xy / xx
}

fn words(arm: &str, unit: &str, lost: &Metric, slower: &Metric) -> String {
    let ends = |metric: &Metric, show: &dyn Fn(f64) -> String| match (metric.low, metric.high) {
        (Some(low), Some(high)) => format!(" [{}, {}]", show(low), show(high)),
        _ => String::new(),
    };
    let points = |share: f64| format!("{:.1}", 100.0 * share);
    let quality = lost.value.map(|value| match (is_sure(lost), value) {
        (true, value) if value > 0.0 => {
            format!("`{arm}` loses {} points of quality{}", points(value), ends(lost, &points))
        }
        (true, value) => {
            let gained = |lost: f64| points(-lost);
            let ends = (lost.high.map(gained), lost.low.map(gained));
            let ends = ends.0.zip(ends.1).map_or_else(String::new, |(low, high)| format!(" [{low}, {high}]"));
            format!("`{arm}` gains {} points of quality{ends}", points(-value))
        }
        (false, value) => format!(
            "`{arm}` loses no quality that could be told from chance ({} points{})",
            points(value),
            ends(lost, &points)
        ),
    });
    let time = slower.value.map(|value| {
        let whose = match &quality {
            Some(_) => "its answers".to_string(),
            None => format!("the answers of `{arm}`"),
        };
        format!("95 of 100 of {whose} take {} times as long{}", factor(value), ends(slower, &factor))
    });
    match (quality, time) {
        (Some(quality), Some(time)) => format!("With ten times as many {unit} {quality}, and {time}."),
        (Some(one), None) | (None, Some(one)) => format!("With ten times as many {unit} {one}."),
        (None, None) => format!("How `{arm}` bears more {unit} was not measured: there was only one size."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scale;
    use crate::worlds::{measured, truths};

    /// 200 questions at each size: `right(size)` of 100 right, waiting `ms(size)`.
    fn grown(sizes: &[(usize, usize)], right: impl Fn(usize) -> usize, ms: impl Fn(usize) -> f64) -> Growth {
        let mut random = Random::new(3, 3);
        let truths = truths(&mut random);
        let mut experiment = measured(&truths, 200, 2, 1, &mut random);
        let run = |&(size, made_up): &(usize, usize)| SizeRun {
            arm: "retrieval".into(),
            size,
            made_up,
            questions: (0..200).collect(),
            quality: (0..200).map(|at| f64::from(u8::from(at % 100 < right(size)))).collect(),
            ms: (0..200).map(|at| ms(size) * (1.0 + at as f64 / 400.0)).collect(),
        };
        let sizes = sizes.iter().map(run).collect();
        experiment.scale = Some(Scale { unit: "passages".into(), sizes, ..Scale::default() });
        growth(&experiment).remove(0)
    }

    #[test]
    fn a_planted_loss_of_ten_points_a_tenfold_and_a_square_root_of_time_come_out() {
        let right = |size: usize| 110 - 10 * size.ilog10() as usize;
        let growth = grown(&[(1000, 0), (100, 0), (10_000, 0)], right, |size| (size as f64).sqrt());
        let lost = &growth.lost_per_tenfold;
        assert!((lost.value.unwrap() - 0.1).abs() < 1e-9, "{lost:?}");
        assert!(lost.low.unwrap() > 0.0 && lost.high.unwrap() < 0.2, "{lost:?}");
        assert!((growth.exponent.value.unwrap() - 0.5).abs() < 1e-9);
        assert!((growth.slower_per_tenfold.value.unwrap() - 10f64.sqrt()).abs() < 1e-9);
        assert_eq!(growth.sizes.iter().map(|mean| mean.size).collect::<Vec<_>>(), [100, 1000, 10_000]);
        let said = "With ten times as many passages `retrieval` loses 10.0 points of quality [";
        assert!(
            growth.words.starts_with(said) && growth.words.contains("3.2 times as long"),
            "{}",
            growth.words
        );
    }

    #[test]
    fn what_was_made_up_says_nothing_of_quality_where_there_are_real_sizes() {
        let right = |size: usize| if size > 1000 { 10 } else { 90 };
        let growth = grown(&[(100, 0), (1000, 0), (10_000, 9000)], right, |_| 5.0);
        assert_eq!(growth.lost_per_tenfold.value, Some(0.0));
        assert!(growth.words.contains("loses no quality that could be told from chance"), "{}", growth.words);
        let growth = grown(&[(1000, 0), (10_000, 9000)], right, |_| 5.0);
        assert!((growth.lost_per_tenfold.value.unwrap() - 0.8).abs() < 1e-9);
    }

    #[test]
    fn a_gain_is_told_from_the_lower_end_to_the_upper() {
        let growth = grown(&[(100, 0), (1000, 0)], |size| if size > 100 { 80 } else { 60 }, |_| 5.0);
        let lost = &growth.lost_per_tenfold;
        assert!((lost.value.unwrap() + 0.2).abs() < 1e-9, "{lost:?}");
        let ends = [lost.high, lost.low].map(|end| format!("{:.1}", -100.0 * end.unwrap()));
        let said = format!("`retrieval` gains 20.0 points of quality [{}, {}]", ends[0], ends[1]);
        assert!(growth.words.contains(&said), "{}", growth.words);
    }

    #[test]
    fn one_size_says_nothing_of_growth() {
        let growth = grown(&[(1000, 0)], |_| 50, |_| 5.0);
        assert_eq!((growth.exponent.value, growth.lost_per_tenfold.value), (None, None));
        assert!(growth.words.contains("only one size"), "{}", growth.words);
    }
}
