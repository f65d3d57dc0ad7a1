//! How far a mean difference may be from the true one: four intervals, and the rule which of them to trust.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::statistics::distributions::{normal_quantile, student_quantile};
use crate::statistics::draws::counts;
use crate::statistics::units::Units;
use crate::{Interval, Resampling, SplitMix, quantile};

/// With fewer documents that differ at all than this, resamples show too little.
const ENOUGH: usize = 30;

/// Rows of one document may look less alike than strangers by chance, but not by more than this.
const LEAST_DESIGN: f64 = 0.1;

/// How an interval was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Wald's interval after half a pair is added on either side and one pair without a difference (Agresti and Min 2005),
    /// with pairs that vary together counted as fewer, and with the largest difference seen in the place of 1.
    AgrestiMin,
    /// The bootstrap-t (Efron 1981) over documents.
    Studentised,
    /// The quantiles of resampled means. Too narrow for few pairs: covers 85 % at 20 pairs that seldom differ.
    Percentile,
    /// Student's interval with documents and training seeds as two sources of spread (Satterthwaite 1946).
    Student,
}

/// The differences of one contrast, row by row, added up by document.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// By document that has rows: the sum of its differences, and how many.
    pub(crate) documents: Vec<(f64, f64)>,
    /// By training seed that has rows: the mean of its differences.
    seeds: Vec<f64>,
    /// Rows with a difference.
    pub(crate) rows: usize,
    /// The mean over rows.
    pub(crate) mean: f64,
    squares: f64,
    largest: f64,
    /// Whether every difference is -1, 0 or 1.
    pub(crate) binary: bool,
}

impl Sample {
    /// `None` when no row has a difference.
    pub(crate) fn of(differences: &[Option<f64>], units: &Units) -> Option<Sample> {
        let mut documents = vec![(0.0, 0.0); units.document_count()];
        let mut seeds = vec![(0.0, 0.0); units.seed_count()];
        let (mut squares, mut largest, mut binary) = (0.0, 0.0f64, true);
        for (row, difference) in differences.iter().enumerate() {
            let Some(difference) = *difference else { continue };
            for sums in [&mut documents[units.document_of(row)], &mut seeds[units.seed_of(row)]] {
                sums.0 += difference;
                sums.1 += 1.0;
            }
            squares += difference * difference;
            largest = largest.max(difference.abs());
            binary &= [-1.0, 0.0, 1.0].contains(&difference);
        }
        documents.retain(|document| document.1 > 0.0);
        let seeds: Vec<f64> =
            seeds.into_iter().filter(|seed| seed.1 > 0.0).map(|seed| seed.0 / seed.1).collect();
        let (sum, rows) = documents.iter().fold((0.0, 0.0), |all, one| (all.0 + one.0, all.1 + one.1));
        let mean = sum / rows;
        (rows > 0.0).then_some(Sample {
            documents,
            seeds,
            rows: rows as usize,
            mean,
            squares,
            largest,
            binary,
        })
    }

    /// Questions: rows without their repetition by seed.
    pub(crate) fn questions(&self) -> usize {
        self.rows.div_ceil(self.seeds.len().max(1))
    }

    /// The interval to trust for these differences.
    pub(crate) fn method(&self) -> Method {
        let differing = self.documents.iter().filter(|document| document.0 != 0.0).count();
        match (self.seeds.len() > 1, self.binary || differing < ENOUGH) {
            (true, _) => Method::Student,
            (_, true) => Method::AgrestiMin,
            _ => Method::Studentised,
        }
    }

    /// The mean's spread under that method. `None` when there is one document or one row: neither shows any.
    pub(crate) fn spread(&self, method: Method, resampling: &Resampling) -> Option<Spread> {
        if self.documents.len() < 2 {
            return None;
        }
        match method {
            Method::AgrestiMin => Some(self.agresti_min()),
            Method::Student => Some(self.student()),
            Method::Percentile => Some(self.percentile(resampling)),
            // Where too many resamples have no spread of their own, there is nothing to divide by.
            Method::Studentised => Some(self.studentised(resampling).unwrap_or_else(|| self.agresti_min())),
        }
    }

    /// The squared standard error of the mean, documents being independent.
    fn variance(&self) -> f64 {
        variance(self.documents.iter().map(|&(sum, count)| (1.0, sum, count)), self.mean)
    }

    fn agresti_min(&self) -> Spread {
        let rows = self.rows as f64;
        let documents = self.documents.len() as f64;
        let single = (self.squares / rows - self.mean * self.mean) / (rows - 1.0);
        let clustered = documents < rows;
        // How many rows count for one because rows of one document are alike.
        let design = match clustered {
            true if single > 0.0 => (self.variance() / single).max(LEAST_DESIGN),
            true => rows / documents,
            false => 1.0,
        };
        let n = rows / design;
        let unit = if self.largest > 0.0 { self.largest } else { 1.0 };
        let center = self.mean * n / (n + 2.0);
        let square = (self.squares / rows * n + unit * unit) / (n + 2.0);
        let error = ((square - center * center) / (n + 2.0)).sqrt();
        let df = clustered.then_some(documents - 1.0);
        Spread { center, error, df, ends: Ends::Distribution, method: Method::AgrestiMin, within: unit }
    }

    fn student(&self) -> Spread {
        let documents = self.variance();
        let n = self.seeds.len() as f64;
        let middle = self.seeds.iter().sum::<f64>() / n;
        let seeds = match self.seeds.len() {
            0 | 1 => 0.0,
            _ => self.seeds.iter().map(|mean| (mean - middle).powi(2)).sum::<f64>() / (n - 1.0) / n,
        };
        let total = documents + seeds;
        let parts =
            documents * documents / (self.documents.len() as f64 - 1.0) + seeds * seeds / (n - 1.0).max(1.0);
        let df = if total > 0.0 { (total * total / parts).max(1.0) } else { 1.0 };
        let error = total.sqrt();
        Spread {
            center: self.mean,
            error,
            df: Some(df),
            ends: Ends::Distribution,
            method: Method::Student,
            within: f64::MAX,
        }
    }

    fn percentile(&self, resampling: &Resampling) -> Spread {
        let mut means: Vec<f64> = self.resampled(resampling, |mean, _| Some(mean));
        means.sort_unstable_by(f64::total_cmp);
        let error = self.variance().sqrt();
        Spread {
            center: self.mean,
            error,
            df: None,
            ends: Ends::Means(means),
            method: Method::Percentile,
            within: f64::MAX,
        }
    }

    fn studentised(&self, resampling: &Resampling) -> Option<Spread> {
        let error = self.variance().sqrt();
        let pivot = |mean: f64, error: f64| (error > 0.0).then(|| (mean - self.mean) / error);
        let mut pivots = self.resampled(resampling, pivot);
        if error == 0.0 || pivots.is_empty() || pivots.len() * 10 < resampling.resamples * 9 {
            return None;
        }
        pivots.sort_unstable_by(f64::total_cmp);
        Some(Spread {
            center: self.mean,
            error,
            df: None,
            ends: Ends::Pivots(pivots),
            method: Method::Studentised,
            within: f64::MAX,
        })
    }

    /// What `of` makes of the mean and the standard error of each resample of documents.
    fn resampled(&self, resampling: &Resampling, of: impl Fn(f64, f64) -> Option<f64> + Sync) -> Vec<f64> {
        let one = |resample: usize| {
            let counts = counts(self.documents.len(), &mut SplitMix::new(resampling.seed, resample as u64));
            let drawn = || {
                let pairs = self.documents.iter().zip(&counts);
                pairs.map(|(&(sum, count), &times)| (times, sum, count))
            };
            let (sum, rows) = drawn().fold((0.0, 0.0), |all, (w, sum, n)| (all.0 + w * sum, all.1 + w * n));
            of(sum / rows, variance(drawn(), sum / rows).sqrt())
        };
        let made: Vec<Option<f64>> = (0..resampling.resamples).into_par_iter().map(one).collect();
        made.into_iter().flatten().collect()
    }
}

/// The squared standard error of a ratio of sums over documents (Cochran 1977, §6.4): each a weight, a sum and a count.
fn variance(documents: impl Iterator<Item = (f64, f64, f64)>, mean: f64) -> f64 {
    let (mut n, mut rows, mut squares) = (0.0, 0.0, 0.0);
    for (weight, sum, count) in documents {
        n += weight;
        rows += weight * count;
        squares += weight * (sum - count * mean).powi(2);
    }
    if n < 2.0 { 0.0 } else { n / (n - 1.0) * squares / (rows * rows) }
}

/// A mean, how far it strays, and where its intervals end.
#[derive(Clone, Debug)]
pub(crate) struct Spread {
    center: f64,
    /// The standard error.
    pub(crate) error: f64,
    df: Option<f64>,
    ends: Ends,
    pub(crate) method: Method,
    /// No difference is larger than this.
    within: f64,
}

#[derive(Clone, Debug)]
enum Ends {
    /// Quantiles of Student's distribution, or of the normal one without degrees of freedom.
    Distribution,
    /// Sorted `(mean - center) / error` of the resamples.
    Pivots(Vec<f64>),
    /// Sorted means of the resamples.
    Means(Vec<f64>),
}

impl Spread {
    /// The interval that holds the true mean with that probability, such as .95.
    pub(crate) fn interval(&self, level: f64) -> Interval {
        let (low, high) = (0.5 - level / 2.0, 0.5 + level / 2.0);
        let end = |q: f64| match &self.ends {
            Ends::Distribution => {
                let away = self.df.map_or_else(|| normal_quantile(q), |df| student_quantile(q, df));
                self.center + away * self.error
            }
            Ends::Pivots(pivots) => self.center - quantile(pivots, 1.0 - q) * self.error,
            Ends::Means(means) => quantile(means, q),
        };
        Interval { low: end(low).max(-self.within), high: end(high).min(self.within) }
    }

    /// The degrees of freedom of its standard error, where it is Student's.
    pub(crate) fn df(&self) -> Option<f64> {
        self.df
    }
}
