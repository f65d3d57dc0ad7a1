//! The measures of text, by name, over many items.

use std::fmt;
use std::str::FromStr;

use super::bleu::BleuCounts;
use super::chrf::ChrfCounts;
use super::rouge::{Rouge, rouge};
use super::{Words, content, squad};
use crate::measured::estimate;
use crate::{Metric, Resampling, means};

/// A measure of text. In `[0, 1]`, but BLEU and chrF in `[0, 100]`. Of several references the best counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TextMeasure {
    /// SQuAD's exact match, `em`.
    ExactMatch,
    /// SQuAD's F1 of words, `f1`.
    F1,
    /// F1 of content words, `content_f1`.
    ContentF1,
    /// How much of the prediction the reference says, `content_precision`.
    ContentPrecision,
    /// How much of the reference was said, `content_recall`.
    ContentRecall,
    /// ROUGE's F1, `rouge1`, `rouge2`, `rougeL`, `rougeLsum`; `rougeL_unicode` with words of every script.
    Rouge(Rouge, Words),
    /// BLEU of all items together, `bleu`.
    Bleu,
    /// chrF of all items together, `chrf`.
    Chrf,
}

/// A prediction and the right answers.
#[derive(Clone, Copy, Debug)]
pub struct TextItem<'t> {
    /// What was said; empty when nothing was.
    pub prediction: &'t str,
    /// What would be right; when there is none, saying nothing is.
    pub references: &'t [String],
}

/// A measure's value over all items, and of each.
#[derive(Clone, Debug, PartialEq)]
pub struct TextMetric {
    /// The mean, or BLEU and chrF of all items together; its interval is over items.
    pub metric: Metric,
    /// Each item's, in order.
    pub items: Vec<f64>,
}

impl TextMeasure {
    /// Its value for one item.
    fn of(self, item: &TextItem) -> f64 {
        let said = item.prediction;
        let best = |score: &dyn Fn(&str) -> f64| {
            let scores = item.references.iter().map(|reference| score(reference));
            // The script of SQuAD takes no answer for an empty one.
            scores.reduce(f64::max).unwrap_or_else(|| score(""))
        };
        match self {
            TextMeasure::ExactMatch => best(&|reference| squad::exact(said, reference)),
            TextMeasure::F1 => best(&|reference| squad::f1(said, reference)),
            TextMeasure::ContentF1 => best(&|reference| content::overlap(said, reference).f1),
            TextMeasure::ContentPrecision => best(&|reference| content::overlap(said, reference).precision),
            TextMeasure::ContentRecall => best(&|reference| content::overlap(said, reference).recall),
            TextMeasure::Rouge(kind, words) => best(&|reference| rouge(kind, words, said, reference).f1),
            TextMeasure::Bleu => BleuCounts::of(said, item.references).score(true),
            TextMeasure::Chrf => ChrfCounts::of(said, item.references).score(),
        }
    }
}

/// Every measure over all items, each with its 95 % interval.
pub fn text_metrics(
    items: &[TextItem],
    measures: &[TextMeasure],
    resampling: &Resampling,
) -> Vec<TextMetric> {
    let columns: Vec<Vec<f64>> =
        measures.iter().map(|measure| items.iter().map(|item| measure.of(item)).collect()).collect();
    let means = means(&columns, resampling);
    let of_measure = |((measure, items_values), mean): ((&TextMeasure, Vec<f64>), Metric)| {
        let metric = match measure {
            TextMeasure::Bleu => {
                together(items, resampling, BleuCounts::of, BleuCounts::add, |all| all.score(false))
            }
            TextMeasure::Chrf => {
                together(items, resampling, ChrfCounts::of, ChrfCounts::add, ChrfCounts::score)
            }
            _ => mean,
        };
        TextMetric { metric, items: items_values }
    };
    measures.iter().zip(columns).zip(means).map(of_measure).collect()
}

/// A score of sums over items.
fn together<C: Default>(
    items: &[TextItem],
    resampling: &Resampling,
    of: impl Fn(&str, &[String]) -> C,
    add: impl Fn(&mut C, &C, f64),
    score: impl Fn(&C) -> f64,
) -> Metric {
    let counts: Vec<C> = items.iter().map(|item| of(item.prediction, item.references)).collect();
    let of_draw = |weights: &[f64]| {
        let mut all = C::default();
        for (counts, weight) in counts.iter().zip(weights) {
            add(&mut all, counts, *weight);
        }
        vec![(!counts.is_empty()).then(|| score(&all))]
    };
    estimate(items.len(), resampling, of_draw)[0]
        .covering(items.len(), items.len(), "nothing to measure")
        .metric
}

/// A name no measure of text has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "use em, f1, content_f1, content_precision, content_recall, rouge1, rouge2, rougeL, rougeLsum (also with _unicode), \
     bleu or chrf"
)]
pub struct UnknownTextMeasure;

impl fmt::Display for TextMeasure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, words) = match self {
            TextMeasure::ExactMatch => return f.write_str("em"),
            TextMeasure::F1 => return f.write_str("f1"),
            TextMeasure::ContentF1 => return f.write_str("content_f1"),
            TextMeasure::ContentPrecision => return f.write_str("content_precision"),
            TextMeasure::ContentRecall => return f.write_str("content_recall"),
            TextMeasure::Bleu => return f.write_str("bleu"),
            TextMeasure::Chrf => return f.write_str("chrf"),
            TextMeasure::Rouge(kind, words) => (kind, words),
        };
        match kind {
            Rouge::N(n) => write!(f, "rouge{n}")?,
            Rouge::L => f.write_str("rougeL")?,
            Rouge::Lsum => f.write_str("rougeLsum")?,
        }
        f.write_str(if *words == Words::Unicode { "_unicode" } else { "" })
    }
}

impl FromStr for TextMeasure {
    type Err = UnknownTextMeasure;

    fn from_str(text: &str) -> Result<TextMeasure, UnknownTextMeasure> {
        let name = text.trim().to_lowercase().replace('-', "_");
        let (rouge, words) = match name.strip_suffix("_unicode") {
            Some(rouge) => (rouge, Words::Unicode),
            None => (name.as_str(), Words::Compatible),
        };
        if let Some(kind) = rouge.strip_prefix("rouge") {
            let kind = match kind {
                "l" => Rouge::L,
                "lsum" => Rouge::Lsum,
                n => Rouge::N(n.parse().ok().filter(|n| (1..=9).contains(n)).ok_or(UnknownTextMeasure)?),
            };
            return Ok(TextMeasure::Rouge(kind, words));
        }
        Ok(match name.as_str() {
            "em" | "exact_match" => TextMeasure::ExactMatch,
            "f1" => TextMeasure::F1,
            "content_f1" => TextMeasure::ContentF1,
            "content_precision" => TextMeasure::ContentPrecision,
            "content_recall" => TextMeasure::ContentRecall,
            "bleu" => TextMeasure::Bleu,
            "chrf" => TextMeasure::Chrf,
            _ => return Err(UnknownTextMeasure),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: &str = "em f1 content_f1 content_precision content_recall rouge1 rouge2 rougeL rougeLsum rouge1_unicode \
        rougeL_unicode rougeLsum_unicode bleu chrf";

    fn all() -> Vec<TextMeasure> {
        ALL.split_whitespace().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for (measure, name) in all().iter().zip(ALL.split_whitespace()) {
            assert_eq!(measure.to_string(), name);
        }
        assert!("rouge0".parse::<TextMeasure>().is_err() && "meteor".parse::<TextMeasure>().is_err());
    }

    #[test]
    fn with_no_right_answer_saying_nothing_is_right() {
        let of = |prediction| TextMeasure::F1.of(&TextItem { prediction, references: &[] });
        assert_eq!((of(""), of("something")), (1.0, 0.0));
    }

    #[test]
    fn the_best_reference_counts() {
        let references = ["a dog".to_string(), "the cat".to_string()];
        assert_eq!(TextMeasure::ExactMatch.of(&TextItem { prediction: "cat", references: &references }), 1.0);
    }

    proptest! {
        #[test]
        fn every_value_is_a_number_in_its_range(said in ".{0,30}", right in prop::collection::vec(".{0,30}", 0..3)) {
            let items = [TextItem { prediction: &said, references: &right }];
            for (measure, found) in all().iter().zip(text_metrics(&items, &all(), &Resampling { seed: 0, resamples: 3 })) {
                let most = if matches!(measure, TextMeasure::Bleu | TextMeasure::Chrf) { 100.0 } else { 1.0 };
                for value in [found.items[0], found.metric.value.unwrap()] {
                    prop_assert!((0.0..=most + 1e-9).contains(&value), "{measure} is {value}");
                }
            }
        }

        #[test]
        fn a_text_of_words_is_like_itself(text in "[a-z]{1,8}( [a-z]{1,8}){3,8}") {
            let references = [text.clone()];
            for measure in all() {
                let value = measure.of(&TextItem { prediction: &text, references: &references });
                let most = if matches!(measure, TextMeasure::Bleu | TextMeasure::Chrf) { 100.0 } else { 1.0 };
                prop_assert!((value - most).abs() < 1e-9, "{measure} is {value}");
            }
        }
    }
}
