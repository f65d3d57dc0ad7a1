//! An extractor for those who judge it elsewhere: learned from all rows, with what it said of each before it had seen it.

use std::collections::BTreeMap;

use crate::TuneError;
use crate::data::ExtractionRow;
use crate::extractor::crf::{Crf, Reading, Settings};
use crate::extractor::decoder::Decoder;
use crate::extractor::fit::Fit;
use crate::extractor::folds::folds;
use crate::extractor::model::{Extractor, How, attach};
use crate::extractor::score::groups;
use crate::extractor::text::Text;
use crate::extractor::{ExtractorJob, FoundSpan};
use crate::watch::Watch;

/// An extractor, and what chains that never saw a training row found in it.
#[derive(Debug)]
pub struct Learned {
    /// Trained on all rows.
    pub extractor: Extractor,
    /// One list a training row, each from a chain that did not learn from the row's fold.
    pub held_out: Vec<Vec<FoundSpan>>,
    /// The fold of each training row: stretches of the file, no group torn but one that all rows are of.
    pub folds: Vec<usize>,
}

/// Learns `job.train` by `job.method`, which must name one tier that leaves the encoder as it is; `job.eval` may be empty.
///
/// `labels`, sorted, are those to tell apart, whether or not a row has them.
pub fn learn_extractor(watch: Watch, job: &ExtractorJob, labels: &[String]) -> Result<Learned, TuneError> {
    let rows: Vec<&ExtractionRow> = job.train.iter().collect();
    let folds = folds(job.train, &groups(&rows));
    let fitted = Fit::new(watch, job, labels, folds.clone()).fit(job.method)?;
    Ok(Learned { extractor: fitted.extractor, held_out: fitted.held_out, folds })
}

impl Extractor {
    /// Patterns and known values, without training: what the names of the labels ask for.
    pub fn untrained(labels: &[String], values: &BTreeMap<String, Vec<String>>) -> Extractor {
        Extractor::of_patterns(labels, values, &[])
    }

    /// Trained anew on these rows, with the same labels, the same encoder and scores read as before; patterns stay as they are.
    pub fn again(&self, watch: Watch, rows: &[&ExtractionRow], seed: u64) -> Result<Extractor, TuneError> {
        let labels = self.labels.clone();
        let (decoder, states) = match &self.how {
            How::Patterns { values, .. } => return Ok(Extractor::untrained(&labels, values)),
            How::Chain { decoder, states, .. } => (decoder, states),
            How::Tokens { .. } => {
                return Err(TuneError::Bug("a model from elsewhere is trained there".into()));
            }
        };
        let mut texts: Vec<Text> = rows.iter().map(|row| Text::new(row, &labels)).collect();
        if let Some(states) = states {
            attach(states, &mut texts)?;
        }
        let readings: Vec<&Reading> = texts.iter().map(|text| &text.reading).collect();
        let gold: Vec<&[usize]> = texts.iter().map(|text| &text.gold[..]).collect();
        let settings = Settings { seed, ..Settings::default() };
        let crf = Crf::train(labels.len(), &readings, &gold, &settings, watch.cancel)?;
        let decoder = Decoder::new(crf.chain.clone(), &crf.moves, decoder.decoding);
        let how = How::Chain { crf: Box::new(crf), decoder, states: states.clone(), tokens: None };
        Ok(Extractor { labels, how })
    }

    /// Bytes of its weights and features; the encoder it may read is not counted.
    pub fn bytes(&self) -> u64 {
        match &self.how {
            How::Patterns { .. } => 0,
            How::Tokens { tokens, .. } => 4 * (tokens.weight.len() + tokens.bias.len()) as u64,
            How::Chain { crf, .. } => {
                let weights = crf.sparse.len() + crf.dense.len() + crf.bias.len() + crf.moves.len();
                4 * weights as u64 + 8 * crf.features.len() as u64
            }
        }
    }
}
