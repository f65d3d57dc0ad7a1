//! One tier on all training rows: what it finds out of fold, how its scores are read, and what it finds on evaluation rows
//! with each seed.

use std::sync::Arc;

use engraft_nn::train::{Adapt, Lora};
use rayon::prelude::*;

use crate::TuneError;
use crate::calibrate::Calibration;
use crate::data::ExtractionRow;
use crate::extractor::chain::Chain;
use crate::extractor::crf::{Crf, Reading, Settings};
use crate::extractor::decoder::{Decoder, HeldOut};
use crate::extractor::files::beside;
use crate::extractor::folds::{FOLDS, sides};
use crate::extractor::lessons::{batch, lessons, passes};
use crate::extractor::model::{Extractor, How, attach};
use crate::extractor::pieces::Pieced;
use crate::extractor::states::States;
use crate::extractor::text::Text;
use crate::extractor::tiers::{BaseEncoder, ExtractorJob};
use crate::extractor::tokens::Tokens;
use crate::extractor::tuned::{Lesson, Tuned};
use crate::extractor::{ExtractorMethod, FoundSpan};
use crate::seeds::seeds;
use crate::trainer::{Plan, train};
use crate::watch::Watch;

/// From two single-fold runs on training rows of SEC-filings and Wikigold, not searched further; see docs/design/0012.
const PLAN: Plan = Plan {
    epochs: 3,
    batch: 16,
    rate: 1.5e-4,
    warmup: 0.1,
    weight_decay: 0.01,
    clip: 1.0,
    patience: None,
    seed: 0,
};
/// Adapters start further from where they end; and from a product of zero, which a first step of rate zero would not move.
const LORA_PLAN: Plan = Plan { rate: 5e-4, warmup: 0.0, ..PLAN };

/// A tier, fitted.
pub(crate) struct Fitted {
    /// The model of the first seed.
    pub(crate) extractor: Extractor,
    /// The folder of its moved encoder.
    pub(crate) encoder: Option<tempfile::TempDir>,
    /// What models that never saw it found in each training row.
    pub(crate) held_out: Vec<Vec<FoundSpan>>,
    /// What was found in each evaluation row, for each seed.
    pub(crate) eval: Vec<Vec<Vec<FoundSpan>>>,
    /// What the kept model's layer on token states alone found in them, where its encoder was moved.
    pub(crate) by_tokens: Option<Vec<Vec<FoundSpan>>>,
    pub(crate) seeds: Vec<u64>,
    pub(crate) steps: usize,
    pub(crate) calibration: Option<Calibration>,
}

/// Everything that tiers are fitted on.
pub(crate) struct Fit<'a> {
    watch: Watch<'a>,
    job: &'a ExtractorJob<'a>,
    labels: &'a [String],
    folds: Vec<usize>,
    train: Vec<Text<'a>>,
    /// What chains over word features said of training rows they never saw; filled by the tier `crf`.
    said: Option<HeldOut>,
    /// Those chains on all rows, one a seed.
    chains: Vec<Crf>,
}

impl<'a> Fit<'a> {
    pub(crate) fn new(
        watch: Watch<'a>,
        job: &'a ExtractorJob<'a>,
        labels: &'a [String],
        folds: Vec<usize>,
    ) -> Fit<'a> {
        let train = job.train.iter().map(|row| Text::new(row, labels)).collect();
        Fit { watch, job, labels, folds, train, said: None, chains: Vec::new() }
    }

    pub(crate) fn labels(&self) -> &[String] {
        self.labels
    }

    /// Training spans that no path of tags can say to the letter.
    pub(crate) fn unsayable(&self) -> usize {
        self.train.iter().map(|text| text.unsayable(self.labels)).sum()
    }

    fn eval_rows(&self) -> Vec<&'a ExtractionRow> {
        self.job.eval.iter().collect()
    }

    pub(crate) fn fit(&mut self, method: ExtractorMethod) -> Result<Fitted, TuneError> {
        match method {
            ExtractorMethod::Patterns => self.patterns(),
            ExtractorMethod::Crf => self.crf(),
            ExtractorMethod::Frozen => self.frozen(self.base()?),
            ExtractorMethod::Full => self.moved(self.base()?, |_| Adapt::Full, PLAN),
            ExtractorMethod::Lora => {
                let adapt = |seed| Adapt::Lora(Lora { rank: 16, alpha: 32.0, seed, ..Lora::default() });
                self.moved(self.base()?, adapt, LORA_PLAN)
            }
            ExtractorMethod::Auto => Err(TuneError::Bug("auto is no tier".into())),
        }
    }

    fn base(&self) -> Result<BaseEncoder<'a>, TuneError> {
        self.job.base.ok_or_else(|| TuneError::Bug("a tier wants an encoder, and there is none".into()))
    }

    fn seeds(&self) -> Vec<u64> {
        seeds(self.job.seed, self.job.seeds.max(1))
    }

    fn patterns(&self) -> Result<Fitted, TuneError> {
        let rows: Vec<&ExtractionRow> = self.job.train.iter().collect();
        let extractor = Extractor::of_patterns(self.labels, self.job.values, &rows);
        Ok(Fitted {
            held_out: extractor.find(&rows)?,
            eval: vec![extractor.find(&self.eval_rows())?],
            by_tokens: None,
            extractor,
            encoder: None,
            seeds: Vec::new(),
            steps: 0,
            calibration: None,
        })
    }

    fn crf(&mut self) -> Result<Fitted, TuneError> {
        let (held_out, chains) = self.chains("crf", &Settings::default())?;
        let fitted = self.settled(&held_out, &chains, None)?;
        (self.said, self.chains) = (Some(held_out), chains);
        Ok(fitted)
    }

    fn frozen(&mut self, base: BaseEncoder) -> Result<Fitted, TuneError> {
        let states = States::open_half(base.dir, self.job.threads)?;
        self.watch.progress.stage("encode", None);
        attach(&states, &mut self.train)?;
        let (held_out, chains) = self.chains("frozen", &Settings::default())?;
        // They are many numbers, and only needed here.
        self.train.iter_mut().for_each(|text| text.reading.dense = Vec::new());
        self.settled(&held_out, &chains, Some(states))
    }

    /// Chains on the readings as they are: out of fold with the first seed, then on all rows with each.
    fn chains(&self, name: &str, settings: &Settings) -> Result<(HeldOut, Vec<Crf>), TuneError> {
        let seeds = self.seeds();
        self.watch.progress.stage(name, Some((FOLDS + seeds.len()) as u64));
        let Fit { labels, train, watch, .. } = self;
        let Watch { progress, cancel, .. } = *watch;
        let fit = |(rows, seed): &(Vec<usize>, u64)| -> Result<Crf, TuneError> {
            let readings: Vec<&Reading> = rows.iter().map(|&row| &train[row].reading).collect();
            let gold: Vec<&[usize]> = rows.iter().map(|&row| &train[row].gold[..]).collect();
            let settings = Settings { seed: *seed, ..*settings };
            let crf = Crf::train(labels.len(), &readings, &gold, &settings, cancel);
            progress.advance(1);
            crf
        };
        let all: Vec<usize> = (0..train.len()).collect();
        let of_folds = (0..FOLDS).map(|fold| (sides(&self.folds, fold).1, self.job.seed));
        let jobs: Vec<(Vec<usize>, u64)> =
            of_folds.chain(seeds.iter().map(|&seed| (all.clone(), seed))).collect();
        let fitted: Vec<Result<Crf, TuneError>> = jobs.par_iter().map(fit).collect();
        // Of several errors always the first.
        let mut of_folds = fitted.into_iter().collect::<Result<Vec<Crf>, TuneError>>()?;
        let chains = of_folds.split_off(FOLDS);
        let mut held_out =
            HeldOut { unary: vec![Vec::new(); train.len()], read_by: self.folds.clone(), moves: Vec::new() };
        for (fold, crf) in of_folds.into_iter().enumerate() {
            for row in sides(&self.folds, fold).0 {
                held_out.unary[row] = crf.unary(&train[row].reading);
            }
            held_out.moves.push(crf.moves);
        }
        Ok((held_out, chains))
    }

    /// Reads evaluation rows as the held-out scores advise.
    fn settled(
        &self,
        held_out: &HeldOut,
        chains: &[Crf],
        states: Option<States>,
    ) -> Result<Fitted, TuneError> {
        let (decoding, calibration, found) =
            held_out.settle(&Chain::new(self.labels.len()), &self.train, self.labels);
        let states = states.map(Arc::new);
        let (mut tokens, mut by_tokens) = (None, None);
        if let Some(states) = &states {
            let fitted = self.tokens(states)?;
            by_tokens = Some(fitted.find(states, &self.eval_rows())?);
            tokens = Some(fitted);
        }
        let mut eval = Vec::new();
        let mut first = None;
        for crf in chains {
            let decoder = Decoder::new(crf.chain.clone(), &crf.moves, decoding);
            let crf = Box::new(crf.clone());
            let how = How::Chain { crf, decoder, states: states.clone(), tokens: tokens.clone() };
            let extractor = Extractor { labels: self.labels.to_vec(), how };
            eval.push(extractor.find(&self.eval_rows())?);
            first.get_or_insert(extractor);
        }
        let Some(extractor) = first else { return Err(TuneError::Bug("no seed was trained".into())) };
        let Settings { runs, passes, .. } = Settings::default();
        let steps = chains.len() * self.train.len() * runs * passes;
        let seeds = self.seeds();
        Ok(Fitted { extractor, encoder: None, held_out: found, eval, by_tokens, seeds, steps, calibration })
    }

    /// The encoder moved: once a fold, then on all rows with each seed.
    fn moved(
        &mut self,
        base: BaseEncoder,
        adapt: impl Fn(u64) -> Adapt,
        plan: Plan,
    ) -> Result<Fitted, TuneError> {
        if self.said.is_none() {
            self.crf()?;
        }
        let Some(said) = &self.said else { return Err(TuneError::Bug("the chain was not kept".into())) };
        let states = States::open(base.dir, self.job.threads)?;
        let tags = Chain::new(self.labels.len()).tags();
        let pieced: Vec<Pieced> = self
            .train
            .iter()
            .map(|text| states.pieced(&text.words, &text.row.context))
            .collect::<Result<_, _>>()?;
        let mut held_out = HeldOut {
            unary: vec![Vec::new(); self.train.len()],
            read_by: self.folds.clone(),
            moves: Vec::new(),
        };
        let mut steps = 0;
        let lessons_of = |rows: &[usize]| {
            let texts: Vec<&Text> = rows.iter().map(|&row| &self.train[row]).collect();
            let heard: Vec<&[f32]> = rows.iter().map(|&row| &said.unary[row][..]).collect();
            lessons(&texts, &heard, &states, tags)
        };
        for fold in 0..FOLDS {
            let (held, rest) = sides(&self.folds, fold);
            let lessons = lessons_of(&rest)?;
            let (seed, moves) = (self.job.seed, &said.moves[fold]);
            let mut tuned = Tuned::new(base.dir, adapt(seed), self.labels.len(), moves, &lessons, seed)?;
            self.train_one(&mut tuned, &lessons, Plan { seed, ..plan })?;
            let texts: Vec<&Pieced> = held.iter().map(|&row| &pieced[row]).collect();
            for (row, unary) in held.iter().zip(tuned.unary(&texts)?) {
                held_out.unary[*row] = unary.iter().zip(&said.unary[*row]).map(|(a, b)| a + b).collect();
            }
            held_out.moves.push(tuned.moves().to_vec());
        }
        let (decoding, calibration, found) =
            held_out.settle(&Chain::new(self.labels.len()), &self.train, self.labels);
        let all: Vec<usize> = (0..self.train.len()).collect();
        let lessons = lessons_of(&all)?;
        let (mut eval, mut by_tokens, mut first) = (Vec::new(), None, None);
        for (seed, crf) in self.seeds().into_iter().zip(&self.chains) {
            let mut tuned = Tuned::new(base.dir, adapt(seed), self.labels.len(), &crf.moves, &lessons, seed)?;
            steps += self.train_one(&mut tuned, &lessons, Plan { seed, ..plan })?;
            // What is judged is what was written: the encoder is read back before it reads the evaluation rows.
            let folder =
                tempfile::tempdir().map_err(TuneError::io("create a folder in", &std::env::temp_dir()))?;
            beside(base.dir, folder.path())?;
            tuned.save(base.dir, folder.path())?;
            let crf = with_head(crf.clone(), &tuned);
            let decoder = Decoder::new(crf.chain.clone(), &crf.moves, decoding);
            let own = Arc::new(States::open(folder.path(), self.job.threads)?);
            let tokens = first.is_none().then(|| self.tokens(&own)).transpose()?;
            if let Some(tokens) = &tokens {
                by_tokens = Some(tokens.find(&own, &self.eval_rows())?);
            }
            let how = How::Chain { crf: Box::new(crf), decoder, states: Some(own), tokens };
            let extractor = Extractor { labels: self.labels.to_vec(), how };
            eval.push(extractor.find(&self.eval_rows())?);
            first.get_or_insert((extractor, folder));
        }
        let Some((extractor, folder)) = first else {
            return Err(TuneError::Bug("no seed was trained".into()));
        };
        let seeds = self.seeds();
        Ok(Fitted {
            extractor,
            encoder: Some(folder),
            held_out: found,
            eval,
            by_tokens,
            seeds,
            steps,
            calibration,
        })
    }

    /// A layer on the token states of an encoder.
    fn tokens(&self, states: &States) -> Result<Tokens, TuneError> {
        self.watch.go_on()?;
        let rows: Vec<&ExtractionRow> = self.job.train.iter().collect();
        Tokens::fit(states, &rows, self.labels, self.job.seed)
    }

    fn train_one(&self, tuned: &mut Tuned, lessons: &[Lesson], plan: Plan) -> Result<usize, TuneError> {
        let plan = Plan { batch: batch(lessons, plan.batch), epochs: passes(lessons, plan.epochs), ..plan };
        let trained = train(tuned, &plan, self.watch, |_| Ok(None))?;
        Ok(trained.steps as usize)
    }
}

/// The chain with the moved encoder's head beside its word features.
fn with_head(crf: Crf, tuned: &Tuned) -> Crf {
    let (weights, bias) = tuned.head();
    Crf {
        width: weights.len() / bias.len().max(1),
        dense: weights.to_vec(),
        bias: crf.bias.iter().zip(bias).map(|(a, b)| a + b).collect(),
        moves: tuned.moves().to_vec(),
        ..crf
    }
}
