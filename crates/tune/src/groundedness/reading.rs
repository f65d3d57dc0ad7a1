//! An encoder of its own that reads a claim together with the sentences that hold most of it. It learns what measures of words
//! do not tell: its logit is added to theirs.

use std::path::Path;

use engraft_core::{CharMap, sentences};
use engraft_nn::train::{Body, BodyOptions};
use engraft_nn::{EncoderOptions, ModelError, Tokenizer};

use super::Claim;
use super::candidate::{Candidate, Material, calibrate, learn};
use super::features::Features;
use super::fit::Linear;
use super::tuner::Tier;
use crate::calibrate::sigmoid;
use crate::rerank::{JudgedPair, PairIds, RerankTask, Reranker, pair_ids};
use crate::trainer::{self, Plan};
use crate::{TuneError, Watch};

/// Parts that claims are dealt into, each read by an encoder that was trained on the others, from a seed of its own.
pub(crate) const FOLDS: usize = 3;
/// Ids of a claim with its evidence at most.
pub const LONGEST: usize = 128;
/// Tokens that pass through together in training.
const TOKENS: usize = 4096;
/// Claims read together.
const BATCH: usize = 64;
/// Claims that an encoder is trained on at most, the first ones; more would take longer than a tuner may.
pub(crate) const MOST: usize = 1_000;
/// Passes over few claims are as many as make this many steps, within these bounds.
const STEPS: usize = 60;
const EPOCHS: (usize, usize) = (2, 8);

/// What training starts from and where it goes.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The folder of the encoder to start from.
    pub base: &'a Path,
    /// An empty folder for the trained one.
    pub into: &'a Path,
    /// Threads that read.
    pub threads: usize,
}

/// A trained encoder that reads claims.
#[derive(Debug)]
pub struct Reader(Reranker);

impl Reader {
    /// Opens the folder that training wrote.
    pub fn open(dir: &Path, threads: usize) -> Result<Reader, TuneError> {
        Ok(Reader(Reranker::open(dir, EncoderOptions { threads, ..EncoderOptions::default() })?))
    }

    /// What to add to the log-odds of each claim, and how many tokens of it and of the sentences read were cut off.
    /// `features` are those of the claims, in order.
    pub fn says(&self, claims: &[Claim], features: &[Features]) -> Result<Vec<(f32, usize)>, TuneError> {
        let pairs = claims.iter().zip(features).map(|(claim, of)| pair(self.0.tokenizer(), claim, of).ids);
        let pairs: Vec<PairIds> = pairs.collect();
        let logits = self.of_pairs(&pairs)?;
        Ok(logits.into_iter().zip(&pairs).map(|(logit, pair)| (logit, pair.lost)).collect())
    }

    fn of_pairs(&self, pairs: &[PairIds]) -> Result<Vec<f32>, TuneError> {
        let mut all = Vec::with_capacity(pairs.len());
        for batch in pairs.chunks(BATCH) {
            all.extend(self.0.score_pairs(batch)?);
        }
        Ok(all)
    }
}

/// What an encoder reads of a claim.
pub(crate) struct Pair {
    /// The claim and the sentences that are read. What they lost is what had to be cut: of a claim beyond half of the ids, or of
    /// a single sentence beyond what is left.
    pub(crate) ids: PairIds,
    /// Sentences of the evidence that are not read.
    pub(crate) unread: usize,
}

/// A claim and the sentences that hold most of it, in the order of the evidence: as many as there is room for whole.
pub(crate) fn pair(tokenizer: &Tokenizer, claim: &Claim, features: &Features) -> Pair {
    let mut texts = Vec::new();
    for passage in &claim.evidence {
        let map = CharMap::new(passage);
        texts.extend(sentences(passage).into_iter().filter_map(|span| map.quote(span).map(str::to_string)));
    }
    let count = |text: &str| {
        let mut ids = Vec::new();
        tokenizer.pieces(text, &mut ids);
        ids.len()
    };
    let (before, behind) = tokenizer.around();
    let mut room = LONGEST - before.len() - 2 * behind.len() - count(&claim.text).min(LONGEST / 2);
    let mut taken: Vec<usize> = Vec::new();
    for &at in &features.order {
        let tokens = texts.get(at).map_or(0, |text| count(text));
        if tokens > room && !taken.is_empty() {
            break;
        }
        room = room.saturating_sub(tokens);
        taken.push(at);
    }
    taken.sort_unstable();
    let passage: Vec<&str> = taken.iter().filter_map(|&at| texts.get(at).map(String::as_str)).collect();
    let ids = pair_ids(tokenizer, &claim.text, &passage.join(" "), LONGEST);
    Pair { ids, unread: texts.len() - passage.len() }
}

/// Refuses to learn from claims of one kind alone, as where nearly all claims are about one page.
fn must_differ(at: &[usize], grades: &[f64]) -> Result<(), TuneError> {
    let lessons: Vec<f64> = at.iter().take(MOST).map(|&at| grades[at]).collect();
    let supported: f64 = lessons.iter().sum();
    if supported > 0.0 && supported < lessons.len() as f64 {
        return Ok(());
    }
    let message = format!(
        "an encoder would learn from {} claims of only one kind: claims of one group, or with the same evidence, stay in one of \
         {FOLDS} folds, and it learns from the first {MOST} of the others",
        lessons.len()
    );
    let hint = "label claims of both kinds on three pages or more and mix them, or use `--method features`";
    Err(TuneError::data(message, hint))
}

/// The tier of measures of words with an encoder on top, heard on claims that neither saw: `parts` says which fold each of the
/// claims of `train` is in. The encoder that was trained on all of them is left in the folder of `start`.
pub(crate) fn candidate(
    train: &Material,
    held: Option<&Material>,
    parts: &[usize],
    start: &Reading<'_>,
    seed: u64,
    watch: Watch<'_>,
) -> Result<Candidate, TuneError> {
    let tokenizer = Tokenizer::open(start.base).map_err(ModelError::from)?;
    let pairs_of = |of: &Material| -> Vec<PairIds> {
        of.claims
            .iter()
            .zip(&of.features)
            .map(|(claim, features)| pair(&tokenizer, claim, features).ids)
            .collect()
    };
    let pairs = pairs_of(train);
    let n = pairs.len();
    let of_fold = |fold: usize, inside: bool| -> Vec<usize> {
        (0..n).filter(|&at| (parts[at] == fold) == inside).collect()
    };
    let everything: Vec<usize> = (0..n).collect();
    must_differ(&everything, &train.grades)?;
    for fold in 0..FOLDS {
        must_differ(&of_fold(fold, false), &train.grades)?;
    }
    let score = |words: &Linear, of: &Material, at: usize| words.score(&of.features[at].values);
    let scratch =
        tempfile::tempdir_in(start.into).map_err(TuneError::io("create a folder in", start.into))?;
    let teach = |at: &[usize], words: &Linear, into: &Path, seed: u64| -> Result<Reader, TuneError> {
        let lessons = at.iter().take(MOST).map(|&at| JudgedPair {
            pair: pairs[at].clone(),
            relevance: train.grades[at] as f32,
            prior: score(words, train, at) as f32,
        });
        let lessons: Vec<JudgedPair> = lessons.collect();
        let body = Body::open(start.base, BodyOptions::default())?;
        let mut task = RerankTask::new(body, &lessons, TOKENS, seed)?.as_they_come();
        let batch = 16;
        let epochs = STEPS.div_ceil(lessons.len().div_ceil(batch)).clamp(EPOCHS.0, EPOCHS.1);
        let plan = Plan { epochs, batch, rate: 5e-5, seed, ..Plan::default() };
        trainer::train(&mut task, &plan, watch, |_| Ok(None))?;
        task.save(start.base, LONGEST, into)?;
        Reader::open(into, start.threads)
    };
    let mut told = vec![0.0; n];
    for fold in 0..FOLDS {
        let (learnt, heard) = (of_fold(fold, false), of_fold(fold, true));
        let words = learn(Tier::Features, train, &learnt);
        let reader = teach(&learnt, &words, scratch.path(), seed.wrapping_add(fold as u64))?;
        let read: Vec<PairIds> = heard.iter().map(|&at| pairs[at].clone()).collect();
        for (&at, logit) in heard.iter().zip(reader.of_pairs(&read)?) {
            told[at] = score(&words, train, at) + f64::from(logit);
        }
    }
    // Calibrated on the other folds too, so that the chances are as held out as the scores.
    let mut chances = vec![0.0; n];
    for fold in 0..FOLDS {
        let (slope, begin) = calibrate(&told, &train.grades, &of_fold(fold, false));
        of_fold(fold, true).into_iter().for_each(|at| chances[at] = sigmoid(slope * told[at] + begin));
    }
    let (slope, begin) = calibrate(&told, &train.grades, &everything);
    let words = learn(Tier::Features, train, &everything);
    drop(scratch);
    let reader = teach(&everything, &words, start.into, seed)?;
    if let Some(held) = held {
        let read = reader.of_pairs(&pairs_of(held))?;
        let one = |(at, logit): (usize, &f32)| {
            sigmoid(slope * (score(&words, held, at) + f64::from(*logit)) + begin)
        };
        chances = read.iter().enumerate().map(one).collect();
    }
    let model = Linear {
        weights: words.weights.iter().map(|weight| weight * slope).collect(),
        start: words.start * slope + begin,
    };
    Ok(Candidate { tier: Tier::Encoder, model, reads: slope, chances })
}

#[cfg(test)]
mod tests {
    use engraft_core::Cancel;

    use super::*;
    use crate::groundedness::measures;

    /// Trains a few steps, and compares what the written reader says of claims with the pass of training.
    #[track_caller]
    fn check_read(base: &Path) {
        let places = ["Oslo", "Rome", "Lima", "Cairo", "Paris", "Bonn"];
        let claim = |n: usize| Claim {
            text: format!("Team {n} moved from {} to {}.", places[n], places[(n + 1) % 6]),
            evidence: vec![
                format!("To {} from {} went team {n}.", places[(n + 1 + n % 2) % 6], places[n]),
                "It moved in May.".into(),
            ],
        };
        let claims: Vec<Claim> = (0..6).map(claim).collect();
        let measured = measures(&claims, None).unwrap();
        let tokenizer = Tokenizer::open(base).unwrap();
        let read = claims.iter().zip(&measured).map(|(claim, of)| pair(&tokenizer, claim, of).ids);
        let pairs: Vec<PairIds> = read.collect();
        let lesson = |n: usize| JudgedPair {
            pair: pairs[n].clone(),
            relevance: f32::from(u8::from(n.is_multiple_of(2))),
            prior: 0.3 * n as f32 - 0.8,
        };
        let lessons: Vec<JudgedPair> = (0..6).map(lesson).collect();
        let body = Body::open(base, BodyOptions::default()).unwrap();
        let mut task = RerankTask::new(body, &lessons, TOKENS, 3).unwrap().as_they_come();
        let plan = Plan { epochs: 6, batch: 6, rate: 5e-5, ..Plan::default() };
        let cancel = Cancel::default();
        let done = trainer::train(&mut task, &plan, Watch::quiet(&cancel), |_| Ok(None)).unwrap();
        assert!(done.losses[5] < done.losses[0], "{:?}", done.losses);
        let folder = tempfile::tempdir().unwrap();
        task.save(base, LONGEST, folder.path()).unwrap();
        let served = Reader::open(folder.path(), 1).unwrap().says(&claims, &measured).unwrap();
        let trained = task.logits(&pairs).unwrap();
        assert_eq!(served.len(), trained.len());
        for ((served, _), trained) in served.iter().zip(&trained) {
            let off = (served - trained).abs();
            assert!(off < 1e-4 * trained.abs().max(1.0), "{served} {trained}");
        }
    }

    #[test]
    fn a_reader_that_was_written_says_what_training_said() {
        let made_up = tempfile::tempdir().unwrap();
        engraft_testkit::tiny_encoder(made_up.path()).unwrap();
        for base in [Some(made_up.path().to_path_buf()), engraft_testkit::model()].into_iter().flatten() {
            check_read(&base);
        }
    }
}
