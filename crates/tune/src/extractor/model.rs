//! An extractor ready to read texts: patterns, or a chain with what it stands on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use crate::TuneError;
use crate::data::ExtractionRow;
use crate::export::Dense;
use crate::extractor::crf::Crf;
use crate::extractor::decoder::Decoder;
use crate::extractor::patterns::Patterns;
use crate::extractor::score::counts;
use crate::extractor::states::States;
use crate::extractor::text::Text;
use crate::extractor::tokens::Tokens;
use crate::extractor::words::Word;
use crate::extractor::{FoundSpan, bio};
use crate::import::{HEAD, layer};

/// An extractor.
#[derive(Debug)]
pub struct Extractor {
    pub(crate) labels: Vec<String>,
    pub(crate) how: How,
}

#[derive(Debug)]
pub(crate) enum How {
    /// Patterns, and how often a span of each label was right on the training rows.
    Patterns { values: BTreeMap<String, Vec<String>>, patterns: Patterns, precision: Vec<f64> },
    /// A chain; `states` where it reads an encoder's, with `tokens`: what leaves for tools that know no chain.
    Chain { crf: Box<Crf>, decoder: Decoder, states: Option<Arc<States>>, tokens: Option<Tokens> },
    /// A layer on an encoder's token states alone, which came from elsewhere.
    Tokens { tokens: Tokens, states: Arc<States> },
}

/// Texts read at a time: their token states are in memory together.
const BATCH: usize = 128;

impl Extractor {
    /// The labels it knows, sorted.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The model for token classification in a folder of transformers; `tags` are its outputs.
    pub fn of_folder(dir: &Path, tags: Vec<String>, threads: usize) -> Result<Extractor, TuneError> {
        let states = Arc::new(States::open(dir, threads)?);
        let (weight, bias) = layer(dir, HEAD, tags.len(), states.width())?;
        let labels: BTreeSet<String> =
            tags.iter().filter_map(|tag| bio::parse(tag).1).map(str::to_string).collect();
        let tokens = Tokens { names: tags, weight, bias };
        Ok(Extractor { labels: labels.into_iter().collect(), how: How::Tokens { tokens, states } })
    }

    /// The layer on the states of tokens alone, where there is one, and the tag of each of its outputs.
    pub fn token_layer(&self) -> Option<(Dense<'_>, &[String])> {
        let (How::Chain { tokens: Some(tokens), .. } | How::Tokens { tokens, .. }) = &self.how else {
            return None;
        };
        Some((Dense { weight: &tokens.weight, bias: &tokens.bias }, &tokens.names))
    }

    /// How many layers of its encoder it runs, from the first; 0 where it reads none.
    pub fn layers(&self) -> usize {
        match &self.how {
            How::Chain { states: Some(states), .. } | How::Tokens { states, .. } => states.layers(),
            How::Chain { states: None, .. } | How::Patterns { .. } => 0,
        }
    }

    /// What that layer makes of a text that fits one window: tokens × tags, special tokens included; nothing where there is none.
    pub fn token_logits(&self, text: &str) -> Result<Vec<f32>, TuneError> {
        match &self.how {
            How::Chain { tokens: Some(tokens), states: Some(states), .. }
            | How::Tokens { tokens, states } => Ok(tokens.logits(&states.whole(text)?)),
            _ => Ok(Vec::new()),
        }
    }

    /// The spans of each row's text, in order; they never overlap.
    pub fn find(&self, rows: &[&ExtractionRow]) -> Result<Vec<Vec<FoundSpan>>, TuneError> {
        let mut found = Vec::with_capacity(rows.len());
        for batch in rows.chunks(BATCH) {
            let mut texts: Vec<Text> = batch.iter().map(|row| Text::new(row, &self.labels)).collect();
            found.extend(self.read(&mut texts)?);
        }
        Ok(found)
    }

    /// As [`Self::find`], of texts that were read into words before.
    fn read(&self, texts: &mut [Text]) -> Result<Vec<Vec<FoundSpan>>, TuneError> {
        match &self.how {
            How::Patterns { patterns, precision, .. } => {
                let each =
                    texts.iter().map(|text| spans_of_patterns(patterns, precision, text, &self.labels));
                Ok(each.collect())
            }
            How::Chain { crf, decoder, states, .. } => {
                if let Some(states) = states {
                    attach(states, texts)?;
                }
                let each =
                    texts.iter().map(|text| decoder.spans(text, &crf.unary(&text.reading), &self.labels));
                Ok(each.collect())
            }
            How::Tokens { tokens, states } => {
                let rows: Vec<&ExtractionRow> = texts.iter().map(|text| text.row).collect();
                tokens.find(states, &rows)
            }
        }
    }

    /// What the names of the labels ask for and known values, without training. How sure it is of a span is how often
    /// spans of that label are right on `rows`, one right and one wrong added.
    pub(crate) fn of_patterns(
        labels: &[String],
        values: &BTreeMap<String, Vec<String>>,
        rows: &[&ExtractionRow],
    ) -> Extractor {
        let patterns = Patterns::new(labels, values);
        let sure = vec![0.5; labels.len()];
        let found: Vec<Vec<FoundSpan>> = rows
            .iter()
            .map(|row| spans_of_patterns(&patterns, &sure, &Text::new(row, labels), labels))
            .collect();
        let precision = labels
            .iter()
            .map(|label| {
                let counts = counts(rows, &found, Some(label));
                let (right, all) =
                    counts.iter().fold((0, 0), |sum, one| (sum.0 + one.both, sum.1 + one.left));
                (right + 1) as f64 / (all + 2) as f64
            })
            .collect();
        let how = How::Patterns { values: values.clone(), patterns, precision };
        Extractor { labels: labels.to_vec(), how }
    }
}

fn spans_of_patterns(
    patterns: &Patterns,
    precision: &[f64],
    text: &Text,
    labels: &[String],
) -> Vec<FoundSpan> {
    let found = patterns.find(&text.words).into_iter().filter_map(|(range, label)| {
        Some(FoundSpan { span: text.span(&range)?, label: labels[label].clone(), score: precision[label] })
    });
    found.collect()
}

/// Reads the token states of texts into them.
pub(crate) fn attach(states: &States, texts: &mut [Text]) -> Result<(), TuneError> {
    let words: Vec<(&[Word], &[String])> =
        texts.iter().map(|text| (&text.words[..], &text.row.context[..])).collect();
    let read = states.read(&words)?;
    for (text, read) in texts.iter_mut().zip(read) {
        text.reading.dense = read;
    }
    Ok(())
}
