//! Runs against judgements, query by query.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::{Measure, Metric, Resampling};

/// Judgements: by query, by document, the relevance. 1 and more is relevant; negative is judged but worth nothing.
pub type Qrels = BTreeMap<String, BTreeMap<String, i64>>;

/// What a system returned: by query, by document, the score. Higher is better.
pub type Run = BTreeMap<String, BTreeMap<String, f64>>;

/// When two scores are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ties {
    /// As `trec_eval` 9 and `pytrec_eval`: when they are the same as `f32`.
    Trec9,
    /// As `trec_eval` 10: when they are the same as `f64`.
    #[default]
    Trec10,
}

/// One measure's value for every judged query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// By query. A query the run lacks scores 0.
    pub scored: BTreeMap<String, f64>,
    /// Queries without any relevant document: not measured, not counted.
    pub undefined: Vec<String>,
    /// Of the scored, those the run lacks.
    pub missing: Vec<String>,
}

impl Scores {
    /// Their mean over queries, with its interval.
    pub fn metric(&self, resampling: &Resampling) -> Metric {
        Metric::mean(&self.scored.values().copied().collect::<Vec<f64>>(), resampling)
    }
}

/// The documents of one query, best first: by score, equal ones by id, the last in byte order first, as `trec_eval` has
/// it.
pub fn ranking(scores: &BTreeMap<String, f64>, ties: Ties) -> Vec<&str> {
    let mut order: Vec<(&str, f64)> = scores.iter().map(|(doc, score)| (doc.as_str(), *score)).collect();
    let by_score = |a: f64, b: f64| match ties {
        Ties::Trec9 => compare(f64::from(b as f32), f64::from(a as f32)),
        Ties::Trec10 => compare(b, a),
    };
    order.sort_unstable_by(|a, b| by_score(a.1, b.1).then_with(|| b.0.cmp(a.0)));
    order.into_iter().map(|(doc, _)| doc).collect()
}

/// The two zeros are equal; a score that is no number is last.
fn compare(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))
}

/// The values of each measure, in the order asked. Queries without judgements are left out; unjudged documents are not
/// relevant.
pub fn evaluate(qrels: &Qrels, run: &Run, measures: &[Measure], ties: Ties) -> Vec<Scores> {
    let mut all = vec![Scores::default(); measures.len()];
    for (query, judgements) in qrels {
        let judged: Vec<i64> = judgements.values().copied().collect();
        let ranked = run.get(query).map(|scores| ranking(scores, ties)).unwrap_or_default();
        let relevance = |doc: &&str| judgements.get(*doc).copied().unwrap_or(0);
        let ranked: Vec<i64> = ranked.iter().map(relevance).collect();
        for (measure, scores) in measures.iter().zip(&mut all) {
            let Some(value) = measure.of(&ranked, &judged) else {
                scores.undefined.push(query.clone());
                continue;
            };
            if !run.contains_key(query) {
                scores.missing.push(query.clone());
            }
            scores.scored.insert(query.clone(), value);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{parse_qrels, parse_run};

    #[test]
    fn equal_scores_rank_the_last_id_first() {
        let scores = |near: f64| {
            [("a", 0.1 + near), ("b", 0.1), ("c", f64::NAN), ("d", 0.0), ("e", -0.0)]
                .map(|(doc, score)| (doc.to_string(), score))
                .into()
        };
        assert_eq!(ranking(&scores(0.0), Ties::Trec10), ["b", "a", "e", "d", "c"]);
        assert_eq!(ranking(&scores(1e-9), Ties::Trec10), ["a", "b", "e", "d", "c"]);
        assert_eq!(ranking(&scores(1e-9), Ties::Trec9), ["b", "a", "e", "d", "c"]);
    }

    #[test]
    fn missing_and_undefined_queries_are_told_apart() {
        let qrels = parse_qrels("q1 0 a 1\nq2 0 b 2\nq3 0 c 0\n").unwrap();
        let run = parse_run("q1 Q0 a 1 3 me\nq3 Q0 c 1 3 me\nq9 Q0 c 1 3 me\n").unwrap();
        let scores = evaluate(&qrels, &run, &[Measure::Recall(Some(10))], Ties::Trec10).remove(0);
        assert_eq!(scores.scored, [("q1".to_string(), 1.0), ("q2".to_string(), 0.0)].into());
        assert_eq!(
            (scores.undefined.as_slice(), scores.missing.as_slice()),
            (&["q3".into()][..], &["q2".into()][..])
        );
        let metric = scores.metric(&Resampling::default());
        assert_eq!((metric.value, metric.low, metric.high, metric.n), (Some(0.5), Some(0.0), Some(1.0), 2));
    }
}
