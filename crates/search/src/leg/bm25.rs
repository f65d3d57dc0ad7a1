//! What BM25 says of one term in one text.
//!
//! Robertson and Zaragoza (2009), doi:10.1561/1500000019, with the always positive idf of Lucene. Document
//! frequencies and lengths are those of the live chunks at this version, so deleting is as good as never having added,
//! to the last bit.

use std::collections::BTreeMap;

use crate::analyze;
use crate::request::Term;
use crate::settings::Settings;
use crate::snapshot::Snapshot;

/// A term with what it adds at most to a score.
pub(crate) struct Weighted {
    pub(crate) term: Term,
    /// `count · idf · (k1 + 1)`.
    pub(crate) weight: f32,
}

/// The saturation curve at one average length.
#[derive(Clone, Copy)]
pub(crate) struct Curve {
    unit: f32,
    base: f32,
    slope: f32,
}

impl Curve {
    /// For `count` texts whose weighted lengths sum to `length`.
    pub(crate) fn new(settings: &Settings, length: u64, count: usize) -> Curve {
        let average = (length as f64 / count.max(1) as f64).max(1.0);
        let slope = f64::from(settings.k1) * f64::from(settings.b) / average;
        Curve {
            unit: 1.0 / f32::from(settings.weights.body.max(1)),
            base: settings.k1 * (1.0 - settings.b),
            slope: slope as f32,
        }
    }

    /// In `[0, 1)`.
    #[inline]
    pub(crate) fn share(self, tf: u32, length: u32) -> f32 {
        self.of(tf, length as f32)
    }

    #[inline]
    pub(crate) fn of(self, tf: u32, length: f32) -> f32 {
        let tf = tf as f32 * self.unit;
        tf / (tf + (self.base + self.slope * length))
    }
}

pub(crate) fn idf(df: usize, count: usize) -> f32 {
    let (df, count) = (df as f64, count as f64);
    (1.0 + (count - df + 0.5) / (df + 0.5)).ln() as f32
}

impl Weighted {
    pub(crate) fn new(term: String, count: u32, df: usize, total: usize, settings: &Settings) -> Weighted {
        let idf = idf(df, total);
        let weight = count as f32 * idf * (settings.k1 + 1.0);
        Weighted { term: Term { term, count, df, idf }, weight }
    }

    #[inline]
    pub(crate) fn adds(&self, share: f32) -> f32 {
        self.weight * share
    }
}

/// What a question asks for, in sorted order.
pub(crate) fn weighted(snapshot: &Snapshot, text: &str) -> Vec<Weighted> {
    let terms: BTreeMap<String, u32> = analyze::terms(text);
    let weigh = |(term, count): (String, u32)| {
        let df = snapshot.views.iter().map(|view| view.live_rows_with(&term)).sum();
        Weighted::new(term, count, df, snapshot.live, &snapshot.settings)
    };
    terms.into_iter().map(weigh).collect()
}
