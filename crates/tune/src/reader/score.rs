//! How good a reader is, beside the one below it, on the same rows: whole groups of rows are drawn.

use std::collections::BTreeMap;

use engraft_eval::{Metric, Resampling, TextItem, TextMeasure, text_metrics};

use super::rows::QuestionRow;
use crate::calibrate::calibration_error;
use crate::clusters::{Clusters, weighted_mean};
use crate::groundedness::doubt::Truth;
use crate::ship::{Verdict, paired_difference_of_groups, verdict};

/// What a reader says of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// Its answer; empty where it gives none.
    pub answer: String,
    /// The whole sentences that the answer stands in, as they are quoted.
    pub quote: String,
    /// How probable it finds that the passage answers, in `[0, 1]`.
    pub support: f64,
}

/// The figures of a reader.
pub(crate) struct Figures {
    pub(crate) eval: BTreeMap<String, Metric>,
    pub(crate) against_base: BTreeMap<String, Metric>,
    pub(crate) verdict: Verdict,
}

/// What is measured of every row, besides support; the first decides.
const MEASURES: [&str; 3] = [RIGHT, "f1", "em"];
/// The sentences quoted hold the answer, or nothing is quoted and nothing answers: what `ask` makes of a reader.
const RIGHT: &str = "right";
/// Where nothing answers, how often nothing is said.
const UNANSWERED: &str = "right_where_unanswered";

/// A score for every row, in `[0, 1]`; `answers` holds what answers it, in the words of its passage.
fn scores(measure: &str, said: &[Answered], answers: &[Vec<String>]) -> Vec<f64> {
    let each = said.iter().zip(answers);
    if measure == RIGHT {
        return each.map(|(said, answers)| f64::from(u8::from(right(&said.quote, answers)))).collect();
    }
    let items: Vec<TextItem> =
        each.map(|(said, answers)| TextItem { prediction: &said.answer, references: answers }).collect();
    let measure = if measure == "em" { TextMeasure::ExactMatch } else { TextMeasure::F1 };
    let plain = Resampling { seed: 0, resamples: 0 };
    text_metrics(&items, &[measure], &plain).into_iter().flat_map(|metric| metric.items).collect()
}

/// Whether a quote holds an answer or is a part of a longer one; where nothing answers, whether there is none.
fn right(quote: &str, answers: &[String]) -> bool {
    match (quote.is_empty(), answers.is_empty()) {
        (true, nothing) => nothing,
        (false, true) => false,
        (false, false) => answers.iter().any(|answer| quote.contains(answer) || answer.contains(quote)),
    }
}

/// Compares readers, one a seed, with the one below, called `against`. What is said of support is of the first seed, whose model
/// is kept.
pub(crate) fn judge(
    rows: &[&QuestionRow],
    seeds: &[Vec<Answered>],
    below: &[Answered],
    against: &str,
    resampling: &Resampling,
) -> Figures {
    let quotes: Vec<Vec<String>> = rows.iter().map(|row| row.quotes()).collect();
    let names = || rows.iter().map(|row| row.group.as_str());
    let clusters = Clusters::new(names());
    let answered: Vec<bool> = rows.iter().map(|row| !row.answers.is_empty()).collect();
    let mut figures = Figures {
        eval: BTreeMap::new(),
        against_base: BTreeMap::new(),
        verdict: Verdict { ship: false, why: String::new() },
    };
    for name in MEASURES {
        let scores = |said: &[Answered]| scores(name, said, &quotes);
        let (base, own) = (scores(below), seeds.iter().map(|said| scores(said)).collect::<Vec<_>>());
        let mean: Vec<f64> = (0..rows.len())
            .map(|row| own.iter().map(|seed| seed[row]).sum::<f64>() / own.len().max(1) as f64)
            .collect();
        let of_those = |wanted: bool, undefined: &str| {
            clusters.measure(resampling, undefined, |weights| {
                let kept: Vec<f64> = weights
                    .iter()
                    .zip(&answered)
                    .map(|(w, yes)| if *yes == wanted { *w } else { 0.0 })
                    .collect();
                weighted_mean(&mean, &kept)
            })
        };
        figures.eval.insert(name.into(), clusters.mean(&mean, resampling));
        let with = of_those(true, "no passage answers its question");
        figures.eval.insert(format!("{name}_where_answered"), with);
        figures.eval.insert(format!("{name}_of_the_tier_below"), clusters.mean(&base, resampling));
        let difference = paired_difference_of_groups(&[base], &own, clusters.groups(), resampling);
        if name == RIGHT {
            // Where nothing answers, all three measures ask the same: that nothing is said.
            let without = of_those(false, "every passage answers its question");
            figures.eval.insert(UNANSWERED.into(), without);
            figures.verdict = verdict(&difference, "the share that is right", against);
        }
        figures.against_base.insert(name.into(), difference);
    }
    let support = |said: &[Answered]| -> Vec<f64> { said.iter().map(|one| one.support).collect() };
    let (own, base) = (seeds.first().map_or_else(Vec::new, |said| support(said)), support(below));
    let truth = Truth::new(answered.clone(), names());
    figures.eval.insert("answerable_auroc".into(), truth.auroc(&own, resampling));
    figures.against_base.insert("answerable_auroc".into(), truth.auroc_gain(&own, &base, resampling));
    let sure: Vec<(f64, bool)> =
        own.iter().zip(&answered).map(|(&p, &yes)| (p.max(1.0 - p), (p > 0.5) == yes)).collect();
    figures.eval.insert("ece".into(), calibration_error(&sure));
    figures
}

#[cfg(test)]
mod tests {
    use engraft_core::Span;

    use super::*;
    use crate::reader::Question;

    fn row(n: usize, answered: bool) -> QuestionRow {
        let asked = Question {
            id: n.to_string(),
            line: 0,
            question: "Who won?".into(),
            passage: "The red team won.".into(),
        };
        let answers = Span::new(4, 12).filter(|_| answered).into_iter().collect();
        QuestionRow { asked, answers, group: (n / 2).to_string() }
    }

    fn said(answer: &str, support: f64) -> Answered {
        let quote = if answer.is_empty() { "" } else { "The red team won." };
        let quote = if answer == "blue" { "Nobody won." } else { quote };
        Answered { answer: answer.into(), quote: quote.into(), support }
    }

    #[test]
    fn saying_nothing_is_right_where_nothing_answers() {
        let rows: Vec<QuestionRow> = (0..40).map(|n| row(n, n % 2 == 0)).collect();
        let rows: Vec<&QuestionRow> = rows.iter().collect();
        let own: Vec<Answered> =
            (0..40).map(|n| if n % 2 == 0 { said("red team", 0.9) } else { said("", 0.2) }).collect();
        let below: Vec<Answered> =
            (0..40).map(|n| said("The red team won.", 0.4 + n as f64 / 100.0)).collect();
        let figures =
            judge(&rows, &[own.clone(), own], &below, "sentences", &Resampling { seed: 0, resamples: 200 });
        let value = |name: &str| figures.eval[name].value.unwrap();
        assert_eq!((value("f1"), value("em"), value("answerable_auroc")), (1.0, 1.0, 1.0));
        assert_eq!((value("right_where_answered"), value("right_where_unanswered")), (1.0, 1.0));
        // A whole sentence has all of the answer's words and one more, and where there is no answer it is wrong.
        assert!((value("f1_of_the_tier_below") - 0.4).abs() < 1e-12);
        assert_eq!(value("em_of_the_tier_below"), 0.0);
        assert!((figures.against_base["f1"].value.unwrap() - 0.6).abs() < 1e-12);
        // Quoted whole both are right where there is an answer, so brevity is no gain.
        assert_eq!((value("right"), value("right_of_the_tier_below")), (1.0, 0.5));
        assert!((value("ece") - 0.15).abs() < 1e-12);
    }

    #[test]
    fn it_ships_only_where_groups_of_rows_leave_no_doubt() {
        let rows: Vec<QuestionRow> = (0..40).map(|n| row(n, n % 3 != 0)).collect();
        let rows: Vec<&QuestionRow> = rows.iter().collect();
        let right = |rate: usize| -> Vec<Answered> {
            let one = |(n, row): (usize, &&QuestionRow)| match (n % rate == 0, row.answers.is_empty()) {
                (true, true) => said("", 0.1),
                (true, false) => said("red team", 0.9),
                _ => said("blue", 0.5),
            };
            rows.iter().enumerate().map(one).collect()
        };
        let resampling = Resampling { seed: 0, resamples: 300 };
        let better = judge(&rows, &[right(1)], &right(3), "sentences", &resampling).verdict;
        assert!(
            better.ship && better.why.starts_with("the share that is right is better than that of sentences"),
            "{better:?}"
        );
        let same = judge(&rows, &[right(3)], &right(3), "sentences", &resampling).verdict;
        assert!(!same.ship, "{same:?}");
    }
}
