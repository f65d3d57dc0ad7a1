//! Joint resamples of everything measured: each draw is one world in which all arms met the same questions.
//!
//! The unit is the cluster (a document, a conversation), drawn with replacement and kept whole (Davison and Hinkley 1997,
//! §3.8), then the training seed. Questions, arms and measures move together, so differences keep their pairing.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::random::Random;
use crate::{Arm, Experiment};

/// Resampled values: for each arm and measure, one number a resample.
pub(crate) struct Draws {
    /// How many.
    pub(crate) resamples: usize,
    /// `[arm][measure]`: `None` where an arm has no value at all.
    means: Vec<Vec<Option<Series>>>,
    /// `[arm][slice]` of the first measure.
    slices: Vec<Vec<Option<Series>>>,
    /// `[arm]`: the percentiles of milliseconds that [`SLOWER`] leaves above.
    slow: Vec<Option<[Series; 2]>>,
}

/// The share of answers that take longer than each percentile: the 95th and the 99th.
const SLOWER: [f64; 2] = [0.05, 0.01];

/// What was measured, and what it would have been in other worlds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series {
    /// On the questions as they are.
    pub(crate) point: f64,
    /// One a resample.
    pub(crate) draws: Vec<f64>,
    /// How many questions carry it.
    pub(crate) n: usize,
    /// Where each draw would end up with ever more questions: what its training seeds come to on the questions as they are. Empty
    /// where no seed was drawn: at `point`.
    pub(crate) limits: Vec<f64>,
}

/// Extra columns behind the experiment's own measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extra {
    /// Seconds of processor time of a question.
    Cpu = 0,
    /// Tokens sent.
    TokensIn = 1,
    /// Tokens written.
    TokensOut = 2,
}

const EXTRAS: usize = 3;

/// A mean to resample, of one arm and training seed: one value a kept question.
struct Column {
    arm: usize,
    kind: Kind,
    values: Vec<Option<f64>>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Measure(usize),
    Slice(usize),
}

impl Draws {
    /// Draws `experiment.resamples` worlds. The experiment must have passed its check.
    pub(crate) fn of(experiment: &Experiment, slices: &[String]) -> Draws {
        let kept = experiment.kept();
        let clusters = clusters(experiment, &kept);
        let columns = columns(experiment, &kept, slices);
        let sums = Sums::of(&columns, &clusters);
        let sizes: Vec<f64> = clusters.iter().map(|questions| questions.len() as f64).collect();
        let seeds = experiment.arms.iter().map(|arm| arm.runs.len()).max().unwrap_or(1).max(1);
        let slow: Vec<Option<Slow>> =
            experiment.arms.iter().map(|arm| Slow::of(arm, &kept, &clusters)).collect();
        // Rows: one a column's mean, then two an arm, its percentiles of time, then how often each training seed was drawn.
        let groups = groups(&columns);
        let width = groups.len() + SLOWER.len() * slow.len() + seeds;
        let resamples = experiment.resamples;
        let mut flat = vec![0.0; resamples * width];
        flat.par_chunks_mut(width).enumerate().for_each_init(
            || (vec![0.0; clusters.len()], vec![0.0; sums.width]),
            |(counts, totals), (resample, out)| {
                let mut random = Random::new(experiment.seed, resample as u64);
                counts.fill(0.0);
                let all = counts.len();
                for _ in 0..all {
                    counts[random.below(all)] += 1.0;
                }
                sums.weigh(counts, totals);
                let mut picks = vec![0.0; seeds];
                for _ in 0..seeds {
                    picks[random.below(seeds)] += 1.0;
                }
                for (group, out) in groups.iter().zip(out.iter_mut()) {
                    *out = group.mean(totals, Some(&picks));
                }
                for (slow, out) in slow.iter().zip(out[groups.len()..].chunks_exact_mut(SLOWER.len())) {
                    let none = [f64::NAN; SLOWER.len()];
                    out.copy_from_slice(&slow.as_ref().map_or(none, |slow| slow.percentiles(counts, &sizes)));
                }
                out[width - seeds..].copy_from_slice(&picks);
            },
        );
        let series = |at: usize, point: f64, n: usize| {
            let draws: Vec<f64> = (0..resamples).map(|resample| flat[resample * width + at]).collect();
            // A rare value may be missing from a resample; it then stays where it was measured.
            let draws = draws.into_iter().map(|draw| if draw.is_finite() { draw } else { point }).collect();
            Series { point, draws, n, limits: Vec::new() }
        };
        let ones = vec![1.0; clusters.len()];
        let mut totals = vec![0.0; sums.width];
        sums.weigh(&ones, &mut totals);
        let limits = |group: &Group| -> Vec<f64> {
            let picks = |resample: usize| &flat[(resample + 1) * width - seeds..(resample + 1) * width];
            let drawn = 0..if group.columns.len() > 1 { resamples } else { 0 };
            drawn.map(|resample| group.mean(&totals, Some(picks(resample)))).collect()
        };
        let measures = experiment.measures.len() + EXTRAS;
        let mut means = vec![vec![None; measures]; experiment.arms.len()];
        let mut of_slices = vec![vec![None; slices.len()]; experiment.arms.len()];
        for (at, group) in groups.iter().enumerate() {
            let n = columns[group.columns[0]].values.iter().flatten().count();
            // A seed without any value has no mean, and then the arm has none.
            let value = Some(series(at, group.mean(&totals, None), n))
                .filter(|found: &Series| n > 0 && found.point.is_finite());
            match group.kind {
                Kind::Measure(measure) => {
                    means[group.arm][measure] = value.map(|found| Series { limits: limits(group), ..found });
                }
                Kind::Slice(slice) => of_slices[group.arm][slice] = value,
            }
        }
        let slow = slow.iter().enumerate().map(|(arm, slow)| {
            let points = slow.as_ref()?.percentiles(&ones, &sizes);
            let first = groups.len() + SLOWER.len() * arm;
            Some([0, 1].map(|which| series(first + which, points[which], kept.len())))
        });
        let slow = slow.collect();
        Draws { resamples, means, slices: of_slices, slow }
    }

    /// Measure `measure` of arm `arm`.
    pub(crate) fn measure(&self, arm: usize, measure: usize) -> Option<&Series> {
        self.means[arm][measure].as_ref()
    }

    /// The first measure of arm `arm` to choose by, see [`Series::hedged`]: arms that did alike on every question stay level.
    pub(crate) fn quality(&self, arm: usize, seed: u64) -> Option<Series> {
        let own = self.measure(arm, 0)?;
        let alike = |other: &usize| self.measure(*other, 0).is_some_and(|one| one.draws == own.draws);
        Some(own.hedged(seed, (0..arm).find(alike).unwrap_or(arm)))
    }

    /// One of the extra columns of arm `arm`.
    pub(crate) fn extra(&self, arm: usize, extra: Extra) -> Option<&Series> {
        self.means[arm][self.means[arm].len() - EXTRAS + extra as usize].as_ref()
    }

    /// The first measure of arm `arm` on slice `slice`.
    pub(crate) fn slice(&self, arm: usize, slice: usize) -> Option<&Series> {
        self.slices[arm][slice].as_ref()
    }

    /// The 95th percentile of arm `arm`'s milliseconds.
    pub(crate) fn p95(&self, arm: usize) -> Option<&Series> {
        self.slow[arm].as_ref().map(|[p95, _]| p95)
    }

    /// The 99th percentile of the same.
    pub(crate) fn p99(&self, arm: usize) -> Option<&Series> {
        self.slow[arm].as_ref().map(|[_, p99]| p99)
    }
}

/// For each cluster, the kept questions in it (positions in `kept`), in order of first appearance.
pub(crate) fn clusters(experiment: &Experiment, kept: &[usize]) -> Vec<Vec<usize>> {
    let mut numbers = BTreeMap::new();
    let mut clusters: Vec<Vec<usize>> = Vec::new();
    for (at, &question) in kept.iter().enumerate() {
        let number = *numbers.entry(experiment.questions[question].cluster.as_str()).or_insert_with(|| {
            clusters.push(Vec::new());
            clusters.len() - 1
        });
        clusters[number].push(at);
    }
    clusters
}

fn columns(experiment: &Experiment, kept: &[usize], slices: &[String]) -> Vec<Column> {
    let mut columns = Vec::new();
    for (arm, measured) in experiment.arms.iter().enumerate() {
        for rows in &measured.runs {
            let rows: Vec<_> = kept.iter().map(|&question| &rows.rows[question]).collect();
            let mut column = |kind, values| columns.push(Column { arm, kind, values });
            let quality: Vec<Option<f64>> = rows.iter().map(|row| row.quality()).collect();
            for measure in 1..experiment.measures.len() {
                let values = rows.iter().map(|row| row.values[measure]).collect();
                column(Kind::Measure(measure), values);
            }
            let extras = experiment.measures.len();
            column(Kind::Measure(extras), rows.iter().map(|row| Some(row.cpu_s)).collect());
            let (sent, written) = (extras + 1, extras + 2);
            column(Kind::Measure(sent), rows.iter().map(|row| Some(f64::from(row.tokens_in))).collect());
            column(Kind::Measure(written), rows.iter().map(|row| Some(f64::from(row.tokens_out))).collect());
            for (slice, name) in slices.iter().enumerate() {
                let of = |(value, &question): (&Option<f64>, &usize)| {
                    value.filter(|_| experiment.questions[question].slice == *name)
                };
                column(Kind::Slice(slice), quality.iter().zip(kept).map(of).collect());
            }
            column(Kind::Measure(0), quality);
        }
    }
    columns
}

/// The columns of one mean, one a training seed.
struct Group {
    arm: usize,
    kind: Kind,
    columns: Vec<usize>,
}

fn groups(columns: &[Column]) -> Vec<Group> {
    let mut groups: BTreeMap<(usize, Kind), Vec<usize>> = BTreeMap::new();
    for (at, column) in columns.iter().enumerate() {
        groups.entry((column.arm, column.kind)).or_default().push(at);
    }
    groups.into_iter().map(|((arm, kind), columns)| Group { arm, kind, columns }).collect()
}

impl Group {
    /// The mean over seeds; with `picks`, over the seeds drawn.
    ///
    /// Few seeds resampled spread too little by (S - 1) / S; their deviations are stretched to make up for it.
    fn mean(&self, totals: &[f64], picks: Option<&[f64]>) -> f64 {
        let seeds = self.columns.len();
        let value = |at: usize| totals[2 * self.columns[at]] / totals[2 * self.columns[at] + 1];
        let mean = (0..seeds).map(value).sum::<f64>() / seeds as f64;
        let Some(picks) = picks.filter(|picks| seeds > 1 && picks.len() == seeds) else { return mean };
        let drawn = (0..seeds).map(|at| picks[at] * value(at)).sum::<f64>() / seeds as f64;
        mean + (seeds as f64 / (seeds as f64 - 1.0)).sqrt() * (drawn - mean)
    }
}

/// Per cluster and column, the sum of values and how many there are: `[cluster][column: sum, count]`.
struct Sums {
    width: usize,
    table: Vec<f64>,
}

impl Sums {
    fn of(columns: &[Column], clusters: &[Vec<usize>]) -> Sums {
        let width = 2 * columns.len();
        let mut table = vec![0.0; width * clusters.len()];
        for (cluster, questions) in clusters.iter().enumerate() {
            let row = &mut table[cluster * width..(cluster + 1) * width];
            for (at, column) in columns.iter().enumerate() {
                for value in questions.iter().filter_map(|&question| column.values[question]) {
                    row[2 * at] += value;
                    row[2 * at + 1] += 1.0;
                }
            }
        }
        Sums { width, table }
    }

    /// The sums of all columns when cluster `c` is taken `counts[c]` times.
    fn weigh(&self, counts: &[f64], totals: &mut [f64]) {
        totals.fill(0.0);
        for (count, row) in counts.iter().zip(self.table.chunks_exact(self.width.max(1))) {
            if *count != 0.0 {
                for (total, value) in totals.iter_mut().zip(row) {
                    *total += count * value;
                }
            }
        }
    }
}

/// An arm's times, slowest first, so that the percentiles of a resample are found near the front.
struct Slow {
    runs: usize,
    times: Vec<(f64, usize)>,
}

impl Slow {
    fn of(arm: &Arm, kept: &[usize], clusters: &[Vec<usize>]) -> Option<Slow> {
        let mut home = vec![0; kept.len()];
        for (cluster, questions) in clusters.iter().enumerate() {
            questions.iter().for_each(|&question| home[question] = cluster);
        }
        let times = arm.runs.iter().flat_map(|run| {
            kept.iter().enumerate().map(|(at, &question)| (run.rows[question].ms(), home[at]))
        });
        let mut times: Vec<(f64, usize)> = times.collect();
        times.sort_by(|a, b| b.0.total_cmp(&a.0));
        (!times.is_empty()).then_some(Slow { runs: arm.runs.len(), times })
    }

    /// `sizes` has one number a cluster: its questions.
    fn percentiles(&self, counts: &[f64], sizes: &[f64]) -> [f64; 2] {
        let runs = self.runs as f64;
        let all: f64 = counts.iter().zip(sizes).map(|(count, size)| count * size * runs).sum();
        let mut found = [self.times.last().map_or(f64::NAN, |(time, _)| *time); 2];
        let (mut above, mut slowest) = (0.0, false);
        for (time, cluster) in &self.times {
            above += counts[*cluster];
            if !slowest && above > SLOWER[1] * all {
                (found[1], slowest) = (*time, true);
            }
            if above > SLOWER[0] * all {
                found[0] = *time;
                break;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers that take 1, 2, 3, … milliseconds.
    #[track_caller]
    fn check(answers: u32, expected: [f64; 2]) {
        let times = (1..=answers).rev().map(|ms| (f64::from(ms), 0)).collect();
        let found = Slow { runs: 1, times }.percentiles(&[1.0], &[f64::from(answers)]);
        assert_eq!(found, expected);
    }

    #[test]
    fn five_in_a_hundred_answers_are_slower_than_the_95th_percentile_and_one_than_the_99th() {
        check(200, [190.0, 198.0]);
        check(1000, [950.0, 990.0]);
    }

    #[test]
    fn of_few_answers_the_99th_percentile_is_the_slowest() {
        check(20, [19.0, 20.0]);
        check(1, [1.0, 1.0]);
    }
}
