//! Tuning an extractor tier by tier: chosen by cross-validation on the training rows, judged on rows it never saw.

use std::collections::BTreeMap;
use std::path::Path;

use engraft_eval::{F1Counts, Metric, Resampling};
use serde::Serialize;

use crate::TuneError;
use crate::artefact::Trained;
use crate::calibrate::Calibration;
use crate::data::{ExtractionRow, label_counts};
use crate::export::{ADAPTER_FILES, copy};
use crate::extractor::files::{ENCODER, MOVED, beside};
use crate::extractor::fit::{Fit, Fitted};
use crate::extractor::folds::folds;
use crate::extractor::model::Extractor;
use crate::extractor::score::{Share, counts, difference, groups, measure};
use crate::extractor::{ExtractorMethod, FoundSpan};
use crate::ship::{Verdict, verdict};
use crate::watch::Watch;

/// The span F1 of the layer on token states alone, which is what leaves for transformers; of the model that is kept.
pub const BY_TOKENS: &str = "span_f1_by_tokens";

/// An encoder to stand on.
#[derive(Clone, Copy, Debug)]
pub struct BaseEncoder<'a> {
    /// What people call it.
    pub name: &'a str,
    /// Its folder.
    pub dir: &'a Path,
}

/// What to tune.
#[derive(Clone, Copy)]
pub struct ExtractorJob<'a> {
    /// To train on.
    pub train: &'a [ExtractionRow],
    /// To evaluate on; never trained on.
    pub eval: &'a [ExtractionRow],
    /// How.
    pub method: ExtractorMethod,
    /// The base encoder, where there is one.
    pub base: Option<BaseEncoder<'a>>,
    /// Values known of a label without training.
    pub values: &'a BTreeMap<String, Vec<String>>,
    /// The first seed.
    pub seed: u64,
    /// How many seeds; the model of the first is kept.
    pub seeds: usize,
    /// Threads of the encoder.
    pub threads: usize,
    /// Behind every interval.
    pub resamples: usize,
}

/// A tuned extractor, and how it came about.
#[derive(Debug)]
pub struct ExtractorTuned {
    /// The extractor.
    pub extractor: Extractor,
    /// The folder of its moved encoder, which goes when this does; [`Self::save`] copies it.
    pub(crate) encoder: Option<tempfile::TempDir>,
    /// The tier it is of.
    pub method: ExtractorMethod,
    /// Every seed that took part.
    pub seeds: Vec<u64>,
    /// How it was trained; of all tiers that were climbed, the time together.
    pub trained: Trained,
    /// How good it is on the evaluation rows.
    pub eval: BTreeMap<String, Metric>,
    /// What it was compared with.
    pub against: String,
    /// Paired differences on the evaluation rows, from the tier below and from no training.
    pub against_base: BTreeMap<String, Metric>,
    /// Ship or not.
    pub verdict: Verdict,
    /// Every tier that was tried.
    pub tiers: Vec<ExtractorTier>,
    /// Why no higher tier was tried, with the method `auto`.
    pub stopped: Option<String>,
    /// Its temperature, on held-out training rows.
    pub calibration: Option<Calibration>,
    /// Spans of the training rows that share a word with another or end inside one, and so could not be learned as they are.
    pub unsayable: usize,
}

impl ExtractorTuned {
    /// Writes the extractor, and its encoder where that was moved, into a folder; returns what belongs in the manifest's
    /// settings.
    pub fn save(&self, dir: &Path) -> Result<serde_json::Value, TuneError> {
        if let Some(encoder) = &self.encoder {
            let to = dir.join(ENCODER);
            std::fs::create_dir_all(&to).map_err(TuneError::io("create", &to))?;
            beside(encoder.path(), &to)?;
            let (from, to) = (encoder.path().join(MOVED), to.join(MOVED));
            std::fs::copy(&from, &to).map_err(TuneError::io("write", &to))?;
            copy(encoder.path(), &dir.join(ENCODER), &ADAPTER_FILES)?;
        }
        self.extractor.save(dir)
    }
}

/// One tier that was tried.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExtractorTier {
    /// Which.
    pub method: ExtractorMethod,
    /// Span F1 on the training rows, each found by a model that never saw its fold.
    pub cross_validated: Metric,
    /// Its paired difference there from the tier below.
    pub gain: Option<Metric>,
    /// Span F1 on the evaluation rows.
    pub eval: Metric,
    /// Wall-clock seconds.
    pub seconds: f64,
}

/// Trains the tiers that the method asks for.
pub fn tune_extractor(watch: Watch, job: &ExtractorJob) -> Result<ExtractorTuned, TuneError> {
    let began = (watch.now_ns)();
    let labels = labels(job)?;
    if job.method.needs_encoder() && job.base.is_none() {
        return Err(TuneError::Request {
            message: format!("the method {} needs an encoder, and there is none", job.method),
            hint: "name one: `--base all-MiniLM-L6-v2`, or use `--method crf`".into(),
        });
    }
    let train: Vec<&ExtractionRow> = job.train.iter().collect();
    let fit = Fit::new(watch, job, &labels, folds(job.train, &groups(&train)));
    let mut climb = Climb { watch, job, fit, tiers: Vec::new(), reports: Vec::new(), stopped: None };
    match job.method {
        ExtractorMethod::Auto => climb.all_the_way()?,
        method => climb.up_to(method)?,
    }
    climb.finish(began)
}

/// The labels of the training rows, sorted; refuses what nothing can be learned from.
fn labels(job: &ExtractorJob) -> Result<Vec<String>, TuneError> {
    let given = label_counts(job.train);
    if given.is_empty() {
        let message = match job.train.len() {
            0 => "there is no row to train on".to_string(),
            rows => format!("nothing is marked in any of the {rows} training rows"),
        };
        let hint = "give rows with `spans`: [{\"char_start\", \"char_end\", \"label\"}]";
        return Err(TuneError::data(message, hint));
    }
    let marked = job.train.iter().filter(|row| !row.spans.is_empty()).count();
    if marked < 2 {
        let message = "only one training row has anything marked in it".to_string();
        return Err(TuneError::data(message, "annotate more rows: some tens are the least to learn from"));
    }
    if job.eval.is_empty() {
        let hint = "bring rows of several documents, or name more rows with `--eval FILE`";
        return Err(TuneError::data("there is no row to evaluate on", hint));
    }
    let unseen: Vec<String> = label_counts(job.eval)
        .into_iter()
        .filter(|(label, _)| !given.contains_key(label))
        .map(|(label, times)| format!("`{label}` ({times})"))
        .collect();
    if !unseen.is_empty() {
        return Err(TuneError::data(
            format!("labels that training never saw: {}", unseen.join(", ")),
            "add training rows with these labels, or take them out of the evaluation rows",
        ));
    }
    Ok(given.into_keys().collect())
}

/// A tier that was trained.
struct Tier {
    method: ExtractorMethod,
    fitted: Fitted,
    /// On the training rows, out of fold.
    held_out: Vec<F1Counts>,
    /// On the evaluation rows, for each seed.
    eval: Vec<Vec<F1Counts>>,
    gain: Option<Metric>,
}

struct Climb<'a> {
    watch: Watch<'a>,
    job: &'a ExtractorJob<'a>,
    fit: Fit<'a>,
    tiers: Vec<Tier>,
    reports: Vec<ExtractorTier>,
    stopped: Option<String>,
}

impl Climb<'_> {
    /// A tier and all below it.
    fn up_to(&mut self, method: ExtractorMethod) -> Result<(), TuneError> {
        if let Some(below) = method.below() {
            self.up_to(below)?;
        }
        let tier = self.try_tier(method)?;
        self.tiers.push(tier);
        Ok(())
    }

    /// Up, as long as the gain on held-out training rows is real.
    fn all_the_way(&mut self) -> Result<(), TuneError> {
        for method in ExtractorMethod::TIERS {
            if method.needs_encoder() && self.job.base.is_none() {
                self.stopped = Some(format!("{method} needs an encoder, and there is none"));
                return Ok(());
            }
            let tier = self.try_tier(method)?;
            if let Some(gain) = &tier.gain {
                let below = self.tiers.last().map_or("nothing", |tier| tier.method.name());
                let judged = verdict(gain, "cross-validated span F1", below);
                if !judged.ship {
                    self.stopped = Some(format!("{method} was tried: {}", judged.why));
                    return Ok(());
                }
            }
            self.tiers.push(tier);
        }
        self.stopped = Some("there is no higher tier".into());
        Ok(())
    }

    fn try_tier(&mut self, method: ExtractorMethod) -> Result<Tier, TuneError> {
        let began = (self.watch.now_ns)();
        let fitted = self.fit.fit(method)?;
        let train: Vec<&ExtractionRow> = self.job.train.iter().collect();
        let eval: Vec<&ExtractionRow> = self.job.eval.iter().collect();
        let held_out = counts(&train, &fitted.held_out, None);
        let on_eval: Vec<Vec<F1Counts>> =
            fitted.eval.iter().map(|found| counts(&eval, found, None)).collect();
        let (of_train, of_eval) = (groups(&train), groups(&eval));
        let resampling = self.resampling();
        let one = |counts: &Vec<F1Counts>| vec![counts.clone()];
        let gain = self.tiers.last().map(|below| {
            difference(&one(&below.held_out), &one(&held_out), &of_train, Share::F1, &resampling)
        });
        self.reports.push(ExtractorTier {
            method,
            cross_validated: measure(&one(&held_out), &of_train, Share::F1, &resampling),
            gain: gain.clone(),
            eval: measure(&on_eval, &of_eval, Share::F1, &resampling),
            seconds: self.watch.seconds_since(began),
        });
        Ok(Tier { method, fitted, held_out, eval: on_eval, gain })
    }

    fn resampling(&self) -> Resampling {
        Resampling { seed: self.job.seed, resamples: self.job.resamples }
    }

    fn finish(mut self, began: i64) -> Result<ExtractorTuned, TuneError> {
        let resampling = self.resampling();
        let eval: Vec<&ExtractionRow> = self.job.eval.iter().collect();
        let of_eval = groups(&eval);
        let Some(best) = self.tiers.pop() else { return Err(TuneError::Bug("no tier was trained".into())) };
        let against = |tier: &Tier| difference(&tier.eval, &best.eval, &of_eval, Share::F1, &resampling);
        let mut against_base = BTreeMap::new();
        let (name, mut told) = match self.tiers.last() {
            Some(below) => {
                let difference = against(below);
                let told = verdict(&difference, "span F1", below.method.name());
                against_base.insert("span_f1".to_string(), difference);
                (below.method.name().to_string(), told)
            }
            None => {
                let why = "nothing was trained: these are patterns, to be compared with".to_string();
                ("nothing".to_string(), Verdict { ship: false, why })
            }
        };
        if let Some(untrained) = self.tiers.first().filter(|_| self.tiers.len() > 1) {
            let difference = against(untrained);
            told = told.unless(verdict(&difference, "span F1", untrained.method.name()));
            against_base.insert("span_f1_over_no_training".to_string(), difference);
        }
        let mut measures = self.measures(&eval, &of_eval, &best.fitted.eval, &best.eval);
        if let Some(found) = &best.fitted.by_tokens {
            let by_tokens = measure(&[counts(&eval, found, None)], &of_eval, Share::F1, &resampling);
            measures.insert(BY_TOKENS.to_string(), by_tokens);
        }
        Ok(ExtractorTuned {
            method: best.method,
            seeds: best.fitted.seeds,
            trained: Trained {
                rows: self.job.train.len(),
                steps: best.fitted.steps,
                seconds: self.watch.seconds_since(began),
            },
            eval: measures,
            against: name,
            against_base,
            verdict: told,
            tiers: self.reports,
            stopped: self.stopped,
            calibration: best.fitted.calibration,
            unsayable: self.fit.unsayable(),
            extractor: best.fitted.extractor,
            encoder: best.fitted.encoder,
        })
    }

    /// Span F1, precision and recall, together and by label.
    fn measures(
        &self,
        rows: &[&ExtractionRow],
        groups: &[usize],
        found: &[Vec<Vec<FoundSpan>>],
        all: &[Vec<F1Counts>],
    ) -> BTreeMap<String, Metric> {
        let resampling = self.resampling();
        let mut measures = BTreeMap::from([
            ("span_f1".to_string(), measure(all, groups, Share::F1, &resampling)),
            ("precision".to_string(), measure(all, groups, Share::Precision, &resampling)),
            ("recall".to_string(), measure(all, groups, Share::Recall, &resampling)),
        ]);
        for label in self.fit.labels() {
            let of_label: Vec<Vec<F1Counts>> =
                found.iter().map(|found| counts(rows, found, Some(label))).collect();
            measures.insert(format!("span_f1:{label}"), measure(&of_label, groups, Share::F1, &resampling));
        }
        measures
    }
}
