//! What a measure sees of one query: the grades of what was returned, best first, and of everything judged.

use std::cmp::Ordering;
use std::collections::BTreeSet;

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

    /// The same from what was returned by name, best first: `grade` is what a name was judged, `None` where it was not.
    ///
    /// A name that comes again counts where it came first, as a document does of which several passages were returned.
    pub fn of_names<T: Ord>(
        returned: impl IntoIterator<Item = T>,
        grade: impl Fn(&T) -> Option<i64>,
        judged: impl Iterator<Item = i64>,
        rules: Rules,
    ) -> Ranking {
        let (mut seen, mut grades) = (BTreeSet::new(), Vec::new());
        for name in returned {
            let graded = grade(&name);
            if seen.insert(name) {
                grades.push(graded);
            }
        }
        Ranking::new(grades, judged, rules)
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{Measure, Qrels, Run, evaluate};
    use proptest::prelude::*;

    /// nDCG@10 and Judged@10 of documents returned, of which `a` and `b` are relevant and `c` is not.
    #[track_caller]
    fn check(returned: &[&str], ndcg: f64, judged: f64) {
        let grades: BTreeMap<&str, i64> = [("a", 1), ("b", 1), ("c", 0)].into();
        let grade = |name: &&str| grades.get(name).copied();
        let ranking =
            Ranking::of_names(returned.iter().copied(), grade, grades.values().copied(), Rules::default());
        let found = [Measure::Ndcg(Some(10)), Measure::Judged(10)].map(|measure| measure.of(&ranking));
        assert_eq!(found, [Some(ndcg), Some(judged)]);
    }

    #[test]
    fn a_name_that_comes_again_counts_where_it_came_first() {
        check(&["a", "a", "b", "a"], 1.0, 1.0);
        let best = 1.0 + 1.0 / 3f64.log2();
        check(&["c", "a", "c", "a", "x"], 1.0 / 3f64.log2() / best, 2.0 / 3.0);
    }

    #[test]
    fn nothing_returned_scores_0() {
        check(&[], 0.0, 0.0);
    }

    proptest! {
        #[test]
        fn what_is_returned_by_name_scores_as_a_run_does(
            returned in prop::collection::vec(0u8..30, 1..25),
            grades in prop::collection::btree_map(0u8..30, -1i64..4, 1..12),
        ) {
            let name = |number: u8| format!("d{number:02}");
            let mut scores: BTreeMap<String, f64> = BTreeMap::new();
            for (place, number) in returned.iter().enumerate() {
                scores.entry(name(*number)).or_insert(-(place as f64));
            }
            let run: Run = [("q".to_string(), scores)].into();
            let judged: BTreeMap<String, i64> =
                grades.iter().map(|(number, grade)| (name(*number), *grade)).collect();
            let qrels: Qrels = [("q".to_string(), judged)].into();
            let grade = |number: &u8| grades.get(number).copied();
            let all = grades.values().copied();
            let ranking = Ranking::of_names(returned.iter().copied(), grade, all, Rules::default());
            for measure in [Measure::Ndcg(Some(10)), Measure::Judged(10)] {
                let scores = evaluate(&qrels, &run, &[measure], Ties::Trec10);
                prop_assert_eq!(measure.of(&ranking), scores[0].scored.get("q").copied());
            }
        }
    }
}
