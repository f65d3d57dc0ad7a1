//! What a measure sees of one query: the grades of what was returned, best first, and of everything judged.

use std::cmp::Ordering;

/// When two scores are the same, and how a share of the relevant documents becomes a number of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ties {
    /// As `trec_eval` 9 and `pytrec_eval`: scores are compared as `f32`; a number of documents is rounded up from a tenth.
    Trec9,
    /// As `trec_eval` 10: scores are compared as `f64`; a number of documents is rounded to the nearest.
    #[default]
    Trec10,
}

impl Ties {
    /// Orders two scores, the better first. The two zeros are equal; a score that is no number is last.
    pub(crate) fn best_first(self, a: f64, b: f64) -> Ordering {
        let (a, b) = match self {
            Ties::Trec9 => (f64::from(a as f32), f64::from(b as f32)),
            Ties::Trec10 => (a, b),
        };
        b.partial_cmp(&a).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
    }

    /// How many of `relevant` documents a share of them is.
    pub(super) fn documents(self, share: f64, relevant: usize) -> usize {
        match self {
            Ties::Trec9 => (share * relevant as f64 + 0.9) as usize,
            Ties::Trec10 => (share * relevant as f64).round() as usize,
        }
    }
}

/// How to read scores and grades.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Which version of `trec_eval` to follow.
    pub ties: Ties,
    /// The least grade that is relevant, 1 or more. Gains do not depend on it.
    pub level: i64,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules { ties: Ties::default(), level: 1 }
    }
}

/// One query's ranking against its judgements.
#[derive(Clone, Debug)]
pub struct Ranking {
    /// The grade of each document returned, best first. `None`: not judged. Below 0: in the pool, but not judged either.
    pub(super) returned: Vec<Option<i64>>,
    /// The grades above 0 of all judged documents, highest first.
    pub(super) ideal: Vec<i64>,
    /// How many judged documents are relevant.
    pub(super) relevant: usize,
    /// How many are judged and not relevant.
    pub(super) nonrelevant: usize,
    pub(super) rules: Rules,
}

impl Ranking {
    /// `returned` is best first; `judged` holds the grade of every judged document, returned or not.
    pub fn new(returned: Vec<Option<i64>>, judged: impl Iterator<Item = i64>, rules: Rules) -> Ranking {
        let (mut ideal, mut relevant, mut nonrelevant) = (Vec::new(), 0, 0);
        for grade in judged {
            relevant += usize::from(grade >= rules.level);
            nonrelevant += usize::from((0..rules.level).contains(&grade));
            if grade > 0 {
                ideal.push(grade);
            }
        }
        ideal.sort_unstable_by(|a, b| b.cmp(a));
        Ranking { returned, ideal, relevant, nonrelevant, rules }
    }

    /// Whether any judged document is relevant, returned or not.
    pub fn has_relevant(&self) -> bool {
        self.relevant > 0
    }

    /// The first `k` grades, or all.
    pub(super) fn first(&self, k: Option<usize>) -> &[Option<i64>] {
        &self.returned[..k.unwrap_or(usize::MAX).min(self.returned.len())]
    }

    pub(super) fn is_relevant(&self, grade: Option<i64>) -> bool {
        grade.is_some_and(|grade| grade >= self.rules.level)
    }

    /// How many of the first `k` are relevant.
    pub(super) fn hits(&self, k: Option<usize>) -> usize {
        self.first(k).iter().filter(|grade| self.is_relevant(**grade)).count()
    }

    /// For each relevant document of the first `k`: its place from 0, and how many relevant ones are before it.
    pub(super) fn found(&self, k: Option<usize>) -> impl Iterator<Item = (usize, usize)> {
        let places = self.first(k).iter().enumerate().filter(|(_, grade)| self.is_relevant(**grade));
        places.enumerate().map(|(before, (place, _))| (place, before))
    }
}
