//! The models of the arms: what the labels ask for, a trained extractor, and how its spans and looked-up ones make one answer.

use std::collections::BTreeMap;

use engraft_core::Span;
use engraft_eval::{F1Counts, Mark, Matching, span_f1};
use engraft_tune::data::ExtractionRow;
use engraft_tune::extractor::{BaseEncoder, Extractor, ExtractorJob, FoundSpan, learn_extractor};
use engraft_tune::{Matrix, Watch, choose};

use super::data::Data;
use super::lookup::Memory;
use crate::Error;
use crate::decide::draw::at_most;
use crate::decide::meter::{Used, metered};
use crate::decide::task::Task;

/// Training rows that the rule is chosen on, at most.
const CHOSEN_ON: usize = 2000;
/// Looked-up spans are added from these scores on; never, in the first place.
const ADDED: [Option<f64>; 5] = [None, Some(0.5), Some(0.6), Some(0.7), Some(0.8)];
/// Spans of the extractor below these scores go, where nothing looked up agrees.
const DROPPED: [f64; 5] = [0.0, 0.3, 0.5, 0.7, 0.9];

/// What the names and meanings of labels ask for, and known values.
pub(super) struct Schema {
    labels: Vec<String>,
    extractor: Extractor,
    pub(super) values: BTreeMap<String, Vec<String>>,
}

impl Schema {
    /// The schema of a task with these known values.
    pub(super) fn of(task: &Task, labels: &[String], values: BTreeMap<String, Vec<String>>) -> Schema {
        // A label's meaning asks beside its name: the patterns read both as one name.
        let meant = |label: &String| task.labels.get(label).map(|means| format!("{label} {means}"));
        let names: Vec<String> =
            labels.iter().map(|label| meant(label).unwrap_or_else(|| label.clone())).collect();
        let known = labels.iter().zip(&names);
        let known = known.filter_map(|(label, name)| Some((name.clone(), values.get(label)?.clone())));
        let extractor = Extractor::untrained(&names, &known.collect());
        Schema { labels: labels.to_vec(), extractor, values }
    }

    /// The spans of a text.
    pub(super) fn find(&self, row: &ExtractionRow) -> Result<Vec<FoundSpan>, Error> {
        let mut found = self.extractor.find(&[row])?.pop().unwrap_or_default();
        let names = self.extractor.labels();
        for one in &mut found {
            let number = names.iter().position(|name| *name == one.label);
            one.label = number.map_or_else(String::new, |number| self.labels[number].clone());
        }
        Ok(found)
    }
}

/// An extractor trained on examples, and the rule by which looked-up spans join its own.
pub(super) struct Tuned {
    pub(super) extractor: Extractor,
    pub(super) rule: Rule,
}

/// How spans of an extractor and looked-up ones make one answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rule {
    /// Looked-up spans of this score or more are added where the extractor found nothing.
    add: Option<f64>,
    /// Spans of the extractor below this score go unless they were looked up too.
    drop: f64,
}

impl Rule {
    /// One answer of both.
    pub(super) fn together(self, tuned: &[FoundSpan], looked_up: &[FoundSpan]) -> Vec<FoundSpan> {
        let agrees = |own: &FoundSpan| {
            looked_up.iter().any(|other| other.span == own.span && other.label == own.label)
        };
        let mut all: Vec<FoundSpan> =
            tuned.iter().filter(|own| own.score >= self.drop || agrees(own)).cloned().collect();
        let own = all.len();
        let overlap = |a: Span, b: Span| a.start() < b.end() && b.start() < a.end();
        for other in looked_up.iter().filter(|other| self.add.is_some_and(|least| other.score >= least)) {
            if !all[..own].iter().any(|one| overlap(one.span, other.span)) {
                all.push(other.clone());
            }
        }
        all.sort_by_key(|one| one.span.start());
        all
    }

    /// In words.
    pub(super) fn words(self) -> String {
        let add = match self.add {
            None => "looked-up spans are not added".to_string(),
            Some(least) => {
                format!("looked-up spans of score {least} or more are added where it found nothing")
            }
        };
        match self.drop > 0.0 {
            true => format!("{add}, and its own below {} go unless they were looked up too", self.drop),
            false => add,
        }
    }
}

impl Tuned {
    /// Trains on the examples at `places`. The rule is the one with the best mean F1 on training rows, each read by a chain that
    /// had not learned its fold and with examples of the other folds.
    pub(super) fn train(
        watch: Watch,
        data: &Data,
        vectors: &Matrix,
        places: &[usize],
        task: &Task,
        (base, seed): (Option<BaseEncoder>, u64),
    ) -> Result<(Tuned, Used), Error> {
        let (tuned, used) = metered(|| -> Result<Tuned, Error> {
            let train: Vec<ExtractionRow> = places.iter().map(|&at| data.examples[at].clone()).collect();
            let job = ExtractorJob {
                train: &train,
                eval: &[],
                method: task.extractor,
                base,
                values: &BTreeMap::new(),
                seed,
                seeds: 1,
                threads: 1,
                resamples: 1,
            };
            let learned = learn_extractor(watch, &job, &data.labels)?;
            let rows = at_most((0..train.len()).collect(), Some(CHOSEN_ON), seed);
            let folds: Vec<usize> = rows.iter().map(|&row| learned.folds[row]).collect();
            let looked_up: Vec<Vec<FoundSpan>> = rows
                .iter()
                .zip(&folds)
                .map(|(&row, &fold)| {
                    let others = (0..places.len()).filter(|&other| learned.folds[other] != fold);
                    let memory = Memory::of(&data.examples, others.map(|other| places[other]));
                    let found = memory.look_up(vectors, vectors.row(places[row]), task.neighbours);
                    found.spans(&train[row].text)
                })
                .collect();
            let rules: Vec<Rule> =
                ADDED.iter().flat_map(|&add| DROPPED.map(|drop| Rule { add, drop })).collect();
            let score = |rule: &Rule| -> Vec<f64> {
                let each = rows.iter().zip(&looked_up);
                let answers = each.map(|(&row, looked_up)| {
                    f1(&train[row], &rule.together(&learned.held_out[row], looked_up))
                });
                answers.collect()
            };
            let scores: Vec<Vec<f64>> = rules.iter().map(score).collect();
            let rule = choose(&scores, 0, &folds).map_or(rules[0], |chosen| rules[chosen.setting]);
            Ok(Tuned { extractor: learned.extractor, rule })
        });
        Ok((tuned?, used))
    }

    /// The spans of a text by the extractor alone.
    pub(super) fn find(&self, row: &ExtractionRow) -> Result<Vec<FoundSpan>, Error> {
        Ok(self.extractor.find(&[row])?.pop().unwrap_or_default())
    }
}

/// What was found of what is marked in a text.
pub(super) fn counts(row: &ExtractionRow, found: &[FoundSpan], matching: Matching) -> F1Counts {
    let mark = |span: Span, label: &str| Mark::new(span.start(), span.end(), label);
    let found: Vec<Mark> = found.iter().map(|one| mark(one.span, &one.label)).collect();
    let gold: Vec<Mark> = row.spans.iter().map(|one| mark(one.span, &one.label)).collect();
    span_f1(&found, &gold, matching)
}

/// The F1 of a text's spans; 1 where nothing is marked and nothing was found.
pub(super) fn f1(row: &ExtractionRow, found: &[FoundSpan]) -> f64 {
    counts(row, found, Matching::Exact).f1().unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(of: &[(usize, usize, &str, f64)]) -> Vec<FoundSpan> {
        let span = |&(start, end, label, score): &(usize, usize, &str, f64)| FoundSpan {
            span: Span::new(start, end).unwrap(),
            label: label.into(),
            score,
        };
        of.iter().map(span).collect()
    }

    #[test]
    fn a_rule_drops_what_is_unsure_and_unconfirmed_and_adds_what_was_missed() {
        let tuned = spans(&[(0, 4, "ORG", 0.9), (10, 14, "ORG", 0.4), (20, 24, "PER", 0.4)]);
        let looked_up =
            spans(&[(2, 6, "ORG", 0.9), (20, 24, "PER", 0.7), (30, 34, "LOC", 0.7), (40, 44, "LOC", 0.5)]);
        let kept = |rule: Rule| -> Vec<usize> {
            rule.together(&tuned, &looked_up).iter().map(|one| one.span.start()).collect()
        };
        assert_eq!(kept(Rule { add: None, drop: 0.0 }), [0, 10, 20]);
        assert_eq!(kept(Rule { add: Some(0.6), drop: 0.5 }), [0, 20, 30]);
        assert_eq!(kept(Rule { add: Some(0.5), drop: 0.0 }), [0, 10, 20, 30, 40]);
    }

    #[test]
    fn a_text_without_marks_is_right_when_nothing_is_found() {
        let row = ExtractionRow {
            id: "1".into(),
            text: "nothing to see".into(),
            context: Vec::new(),
            group: "1".into(),
            spans: Vec::new(),
        };
        assert_eq!((f1(&row, &[]), f1(&row, &spans(&[(0, 7, "ORG", 1.0)]))), (1.0, 0.0));
    }

    #[test]
    fn a_label_asks_by_its_meaning_too_and_known_values_keep_their_label() {
        let task = "kind = 'extract'\n[labels]\nwhen = 'a date'\n";
        let task = Task::parse(task, std::path::PathBuf::new(), "t").unwrap();
        let labels = ["thing".to_string(), "when".to_string()];
        let values = BTreeMap::from([("thing".to_string(), vec!["rain gauge".to_string()])]);
        let text = "The rain gauge comes on March 3, 2021.";
        let row = ExtractionRow {
            id: "1".into(),
            text: text.into(),
            context: Vec::new(),
            group: "1".into(),
            spans: Vec::new(),
        };
        let found = Schema::of(&task, &labels, values).find(&row).unwrap();
        let shown: Vec<(usize, usize, &str)> =
            found.iter().map(|one| (one.span.start(), one.span.end(), one.label.as_str())).collect();
        assert_eq!(shown, [(4, 14, "thing"), (24, 37, "when")]);
    }
}
