//! Runs against judgements, query by query.

use std::collections::BTreeMap;

use crate::threads::in_parts;
use crate::{Measure, Metric, Ranking, Resampling, Rules, Table, Ties, means};

/// Judgements: by query, by document, the relevance. 1 and more is relevant; negative is in the pool but not judged.
pub type Qrels = BTreeMap<String, BTreeMap<String, i64>>;

/// What a system returned: by query, by document, the score. Higher is better.
pub type Run = BTreeMap<String, BTreeMap<String, f64>>;

/// Every measure of every judged query.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation<'t> {
    /// What was measured.
    pub measures: Vec<Measure>,
    /// The judged queries, in byte order.
    pub queries: Vec<&'t str>,
    /// Of them, those without a relevant document: most measures are undefined there.
    pub undefined: Vec<&'t str>,
    /// Of the others, those the run lacks; they score 0.
    pub missing: Vec<&'t str>,
    /// Queries of the run that nobody judged; they are not measured.
    pub unjudged: Vec<&'t str>,
    /// Query after query, each measure's value; `None` where it is undefined, as most are without a relevant document.
    values: Vec<Option<f64>>,
}

impl Evaluation<'_> {
    /// The values of the query at a place in `queries`, in the order of the measures.
    pub fn of_query(&self, place: usize) -> &[Option<f64>] {
        &self.values[place * self.measures.len()..][..self.measures.len()]
    }

    /// The values of the measure at a place in `measures`, in the order of the queries.
    pub fn of_measure(&self, place: usize) -> impl Iterator<Item = Option<f64>> {
        (0..self.queries.len()).map(move |query| self.of_query(query)[place])
    }

    /// The mean of each measure over the queries where it is defined, with its interval.
    pub fn metrics(&self, resampling: &Resampling) -> Vec<Metric> {
        let columns: Vec<Vec<f64>> = self
            .measures
            .iter()
            .enumerate()
            .map(|(place, measure)| {
                let values = self.of_measure(place).flatten();
                if measure.is_geometric() { values.map(floored_log).collect() } else { values.collect() }
            })
            .collect();
        let mut metrics = means(&columns, resampling);
        for (metric, _) in
            metrics.iter_mut().zip(&self.measures).filter(|(_, measure)| measure.is_geometric())
        {
            for end in [&mut metric.value, &mut metric.low, &mut metric.high] {
                *end = end.map(f64::exp);
            }
        }
        metrics
    }
}

/// `trec_eval` takes nothing for less than this in a geometric mean.
fn floored_log(value: f64) -> f64 {
    value.max(0.00001).ln()
}

/// Every measure of every judged query of `qrels`; what nobody judged is not relevant.
pub fn evaluate_tables<'t>(
    qrels: &Table<'t, i64>,
    run: &Table<'t, f64>,
    measures: &[Measure],
    rules: Rules,
) -> Evaluation<'t> {
    let parts = in_parts(qrels.len(), |part| {
        let (mut values, mut undefined) = (Vec::with_capacity(part.len() * measures.len()), Vec::new());
        for at in part {
            let ranking = rank(qrels, at, run, rules);
            values.extend(measures.iter().map(|measure| measure.of(&ranking)));
            if !ranking.has_relevant() {
                undefined.push(qrels.query(at));
            }
        }
        (values, undefined)
    });
    let (values, undefined): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
    let undefined = undefined.concat();
    let queries: Vec<&str> = (0..qrels.len()).map(|at| qrels.query(at)).collect();
    let lacks = |query: &&str| run.place(query).is_none() && undefined.binary_search(query).is_err();
    let missing = queries.iter().copied().filter(lacks).collect();
    let of_run = (0..run.len()).map(|at| run.query(at));
    let unjudged = of_run.filter(|query| qrels.place(query).is_none()).collect();
    Evaluation { measures: measures.to_vec(), queries, undefined, missing, unjudged, values: values.concat() }
}

fn rank(qrels: &Table<i64>, at: usize, run: &Table<f64>, rules: Rules) -> Ranking {
    let mut judged: Vec<(&str, i64)> = qrels.rows(at).map(|row| (row.doc, row.value)).collect();
    judged.sort_unstable_by_key(|(doc, _)| *doc);
    let place = run.place(qrels.query(at));
    let mut returned: Vec<(&str, f64)> =
        place.into_iter().flat_map(|place| run.rows(place)).map(|row| (row.doc, row.value)).collect();
    // Equal scores: the last id in byte order first, as trec_eval has it.
    returned.sort_unstable_by(|a, b| rules.ties.best_first(a.1, b.1).then_with(|| b.0.cmp(a.0)));
    let grade =
        |doc: &str| judged.binary_search_by_key(&doc, |(name, _)| name).ok().map(|found| judged[found].1);
    let returned = returned.iter().map(|(doc, _)| grade(doc)).collect();
    Ranking::new(returned, judged.iter().map(|(_, grade)| *grade), rules)
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

/// The values of each measure, in the order asked. Queries without judgements are left out; unjudged documents are not
/// relevant.
pub fn evaluate(qrels: &Qrels, run: &Run, measures: &[Measure], ties: Ties) -> Vec<Scores> {
    let rules = Rules { ties, ..Rules::default() };
    let evaluation = evaluate_tables(&Table::of_map(qrels), &Table::of_map(run), measures, rules);
    let scores = |place| {
        let mut scores = Scores::default();
        for (query, value) in evaluation.queries.iter().zip(evaluation.of_measure(place)) {
            let Some(value) = value else {
                scores.undefined.push(query.to_string());
                continue;
            };
            if !run.contains_key(*query) {
                scores.missing.push(query.to_string());
            }
            scores.scored.insert(query.to_string(), value);
        }
        scores
    };
    (0..measures.len()).map(scores).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{parse_qrels, parse_run};

    /// Where the relevant document `b` is ranked, from 1.
    fn rank_of(doc: &str, scores: &[(&str, f64)], ties: Ties) -> f64 {
        let qrels = [("q".to_string(), [(doc.to_string(), 1)].into())].into();
        let docs = scores.iter().map(|(doc, score)| (doc.to_string(), *score)).collect();
        let run = [("q".to_string(), docs)].into();
        1.0 / evaluate(&qrels, &run, &[Measure::ReciprocalRank(None)], ties)[0].scored["q"]
    }

    #[test]
    fn equal_scores_rank_the_last_id_first() {
        let check = |near: f64, ties, expected: &str| {
            let scores = [("a", 0.1 + near), ("b", 0.1), ("c", f64::NAN), ("d", 0.0), ("e", -0.0)];
            for (place, doc) in expected.split(' ').enumerate() {
                assert_eq!(rank_of(doc, &scores, ties).round() as usize, place + 1, "{doc} of {expected}");
            }
        };
        check(0.0, Ties::Trec10, "b a e d c");
        check(1e-9, Ties::Trec10, "a b e d c");
        check(1e-9, Ties::Trec9, "b a e d c");
    }

    #[test]
    fn missing_undefined_and_unjudged_queries_are_told_apart() {
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
        let (qrels, run) = (Table::of_map(&qrels), Table::of_map(&run));
        let all = evaluate_tables(&qrels, &run, &[Measure::Judged(1)], Rules::default());
        assert_eq!((all.undefined, all.missing, all.unjudged), (vec!["q3"], vec!["q2"], vec!["q9"]));
        assert_eq!(all.values, [Some(1.0), Some(0.0), Some(1.0)]);
    }

    #[test]
    fn a_geometric_mean_is_pulled_down_by_the_worst_query() {
        let qrels = parse_qrels("q1 0 a 1\nq2 0 a 1\n").unwrap();
        let run = parse_run("q1 Q0 a 1 3 me\n").unwrap();
        let (qrels, run) = (Table::of_map(&qrels), Table::of_map(&run));
        let measures = [Measure::GeometricAp, Measure::AveragePrecision(None)];
        let metrics =
            evaluate_tables(&qrels, &run, &measures, Rules::default()).metrics(&Resampling::default());
        assert!(
            (metrics[0].value.unwrap() - 0.00001f64.sqrt()).abs() < 1e-12 && metrics[1].value == Some(0.5)
        );
    }
}
