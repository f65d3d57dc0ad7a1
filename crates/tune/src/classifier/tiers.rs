//! Tuning a classifier tier by tier: each is compared with the one below on the same rows, and shipped when proven better than
//! that and than the most frequent class.

use std::collections::BTreeMap;

use engraft_core::Embed;
use engraft_eval::{Metric, Resampling};

use crate::artefact::Trained;
use crate::classifier::Method;
use crate::classifier::held_out::{Assembled, Candidate, Material};
use crate::classifier::job::{ClassifierJob, ClassifierTuned, TierReport};
use crate::classifier::measures::{evaluate, main_measure, row_f1};
use crate::classifier::member::{Seen, Space};
use crate::classifier::rows::{Numbered, number};
use crate::classifier::tuned::{Made, Moving};
use crate::clusters::Clusters;
use crate::data::{Labelling, folds, groups_of_folds, label_issues};
use crate::embed::embed;
use crate::seeds::seeds;
use crate::ship::{Verdict, paired_difference_of_groups, verdict};
use crate::{TuneError, Watch};

/// What stands below every tier.
const MOST_FREQUENT: &str = "the most frequent class";
/// How strongly a row pulls against the length of a head's weights; by cross-validation on BANKING77 and CLINC150.
const HEAD_C: f64 = 20.0;
/// From so many rows on, three folds do.
const MANY: usize = 2000;
/// With fewer rows a class, pairs teach an encoder more than single rows do.
const FEW: usize = 24;

/// Trains the tiers that the method asks for.
pub fn tune_classifier(watch: Watch, job: &ClassifierJob) -> Result<ClassifierTuned, TuneError> {
    let began = (watch.now_ns)();
    let numbered = number(job.train, job.eval, job.labelling, job.out_of_scope)?;
    let mut climb = Climb::new(watch, job, &numbered);
    let best = match job.method {
        Method::Auto => climb.all_the_way()?,
        method => climb.only(method)?,
    };
    Ok(climb.finish(best, began))
}

/// A tier that was trained.
struct Tier {
    method: Method,
    /// One a seed; the first is the one that is kept.
    made: Vec<Made>,
    /// Every seed's scores of the evaluation rows.
    scores: Vec<Vec<f64>>,
    /// The measures of the first, and over all seeds the main one.
    measures: BTreeMap<String, Metric>,
    against: String,
    difference: Metric,
    /// From the most frequent class, where that is not what it was compared with.
    over_untuned: Option<Metric>,
    verdict: Verdict,
}

struct Climb<'a> {
    watch: Watch<'a>,
    job: &'a ClassifierJob<'a>,
    numbered: &'a Numbered<'a>,
    material: Material<'a>,
    eval: Seen<'a>,
    /// Which of the evaluation rows in scope belong together.
    judged: Clusters,
    /// What has been trained so far; a tier is mixed of all of it.
    candidates: Vec<Candidate>,
    resampling: Resampling,
    reports: Vec<TierReport>,
    /// How many names of classes are learnt from.
    names: usize,
    stopped: Option<String>,
}

impl<'a> Climb<'a> {
    fn new(watch: Watch<'a>, job: &'a ClassifierJob<'a>, numbered: &'a Numbered<'a>) -> Climb<'a> {
        let own = job.train.iter().map(|example| example.group.as_deref()).collect();
        let groups = groups_of_folds(&numbered.train_texts, own);
        let in_scope = job.eval.iter().zip(&numbered.eval_given).filter(|(_, given)| given.is_some());
        let judged = Clusters::of_groups(in_scope.map(|(example, _)| example.group.as_deref()));
        let outside = numbered.labels.names().len();
        let strata: Vec<usize> =
            numbered.train_given.iter().map(|given| given.first().copied().unwrap_or(outside)).collect();
        let n = if job.train.len() >= MANY { 3 } else { 5 };
        let seen = Seen { texts: numbered.train_texts.clone(), base: None, own: None };
        let material = Material {
            folds: folds(&seen.texts, &groups, &strata, n, job.seed),
            groups: Clusters::of_groups(groups.iter().copied()).groups().to_vec(),
            seen,
            given: numbered.train_given.clone(),
            inside: numbered.inside.clone(),
            classes: numbered.labels.names().len(),
            labelling: job.labelling,
            seed: job.seed,
        };
        Climb {
            watch,
            job,
            numbered,
            material,
            eval: Seen { texts: numbered.eval_texts.clone(), base: None, own: None },
            judged,
            candidates: Vec::new(),
            resampling: Resampling { seed: job.seed, resamples: job.resamples },
            reports: Vec::new(),
            names: 0,
            stopped: None,
        }
    }

    /// One tier, compared with the tier below it.
    fn only(&mut self, method: Method) -> Result<Tier, TuneError> {
        if method.needs_encoder() {
            self.encoder(method)?;
        }
        let below = method.below().map(|below| self.only(below)).transpose()?;
        self.try_tier(method, below.as_ref())
    }

    /// Up, as long as the gain is real. Something always comes of it, so that it can be looked at.
    fn all_the_way(&mut self) -> Result<Tier, TuneError> {
        let mut best = self.try_tier(Method::Linear, None)?;
        if !best.verdict.ship {
            self.stopped = Some(format!("linear is not worth climbing from: {}", best.verdict.why));
            return Ok(best);
        }
        for method in [Method::Frozen, self.moving()] {
            if self.job.encoder.is_none() {
                self.stopped = Some(format!("{method} needs an encoder, and there is none"));
                return Ok(best);
            }
            let tier = self.try_tier(method, Some(&best))?;
            if !tier.verdict.ship {
                self.stopped = Some(format!("{method} was tried: {}", tier.verdict.why));
                return Ok(best);
            }
            best = tier;
        }
        self.stopped = Some("there is no higher tier".into());
        Ok(best)
    }

    /// The way to move the encoder that suits the data.
    fn moving(&self) -> Method {
        if self.few() { Method::Setfit } else { Method::Full }
    }

    fn try_tier(&mut self, method: Method, below: Option<&Tier>) -> Result<Tier, TuneError> {
        let began = (self.watch.now_ns)();
        let made = self.make(method)?;
        let (given, labels, labelling) =
            (&self.numbered.eval_given, &self.numbered.labels, self.job.labelling);
        let mut evaluated = Vec::new();
        for made in &made {
            self.eval.own.clone_from(&made.eval_vectors);
            let predictions = made.assembled.classifier.predict(&self.eval)?;
            evaluated.push(evaluate(&predictions, given, labels, labelling, &self.resampling));
        }
        let untuned = vec![self.most_frequent()];
        let (against, base) = match below {
            Some(tier) => (tier.method.name(), &tier.scores),
            None => (MOST_FREQUENT, &untuned),
        };
        let measure = main_measure(labelling);
        let scores: Vec<Vec<f64>> = evaluated.iter().map(|one| one.scores.clone()).collect();
        let mut measures = evaluated.into_iter().next().map_or_else(BTreeMap::new, |first| first.measures);
        let means: Vec<f64> = (0..scores[0].len())
            .map(|row| scores.iter().map(|seed| seed[row]).sum::<f64>() / scores.len() as f64)
            .collect();
        measures.insert(measure.into(), self.mean(&means));
        let difference = self.difference(base, &scores);
        let mut told = verdict(&difference, measure, against);
        let over_untuned = below.map(|_| self.difference(&untuned, &scores));
        if let Some(over) = &over_untuned {
            told = told.unless(verdict(over, measure, MOST_FREQUENT));
        }
        let mean = |scores: &Vec<f64>| scores.iter().sum::<f64>() / scores.len().max(1) as f64;
        self.reports.push(TierReport {
            method,
            against: against.to_string(),
            parts: made[0].assembled.classifier.parts(),
            names: self.names,
            value: measures[measure].clone(),
            difference: difference.clone(),
            ship: told.ship,
            why: told.why.clone(),
            by_seed: if scores.len() > 1 { scores.iter().map(mean).collect() } else { Vec::new() },
            steps: made.iter().map(|made| made.steps).sum(),
            seconds: self.watch.seconds_since(began),
        });
        let against = against.to_string();
        Ok(Tier { method, made, scores, measures, against, difference, over_untuned, verdict: told })
    }

    /// The mean of one score an evaluation row in scope; groups are drawn whole.
    fn mean(&self, scores: &[f64]) -> Metric {
        if self.judged.alone() {
            return Metric::mean(scores, &self.resampling);
        }
        self.judged.mean(scores, &self.resampling)
    }

    /// The paired difference on those rows; groups are drawn whole.
    fn difference(&self, base: &[Vec<f64>], scores: &[Vec<f64>]) -> Metric {
        paired_difference_of_groups(base, scores, self.judged.groups(), &self.resampling)
    }

    /// Trains what the tier has and those below it have not, once a seed where lots are drawn.
    fn make(&mut self, method: Method) -> Result<Vec<Made>, TuneError> {
        let watch = self.watch;
        match method {
            Method::Auto => {}
            Method::Linear => self.candidates.push(self.material.linear(watch)?),
            Method::Frozen => {
                let encoder = self.encoder(method)?;
                self.material.seen.base = Some(embed(watch, encoder, &self.numbered.train_texts)?);
                self.eval.base = Some(embed(watch, encoder, &self.numbered.eval_texts)?);
                let head = self.head(encoder)?;
                self.candidates.push(head);
                self.candidates.push(self.material.neighbours(watch, "neighbours", Space::Base)?);
            }
            Method::Setfit | Method::Lora | Method::Full => {
                let base = self.job.base.ok_or_else(|| needs_encoder(method))?;
                let moving = Moving {
                    watch,
                    method,
                    base,
                    material: &self.material,
                    below: &self.candidates,
                    labels: &self.numbered.labels,
                    eval_texts: &self.numbered.eval_texts,
                    out_of_scope: self.job.out_of_scope,
                    c: HEAD_C,
                };
                return moving.make(&seeds(self.job.seed, self.job.seeds));
            }
        }
        let parts: Vec<&Candidate> = self.candidates.iter().collect();
        let assembled = self.material.assemble(&self.numbered.labels, &parts, self.job.out_of_scope);
        Ok(vec![Made { assembled, eval_vectors: None, folder: None, steps: 0 }])
    }

    /// A head on the encoder as it is. With few rows a class the names of the classes are learnt from as well, for good, where
    /// that tells rows better that were held out.
    fn head(&mut self, encoder: &dyn Embed) -> Result<Candidate, TuneError> {
        let train = |material: &Material| material.logistic(self.watch, "logistic", Space::Base, HEAD_C);
        let plain = train(&self.material)?;
        if !self.few() || self.numbered.names.is_empty() {
            return Ok(plain);
        }
        let texts: Vec<&str> = self.numbered.names.iter().map(|(_, name)| name.as_str()).collect();
        let more = self.material.with_names(&self.numbered.names, &embed(self.watch, encoder, &texts)?);
        let named = train(&more)?;
        if self.material.loss(&plain) <= more.loss(&named) {
            return Ok(plain);
        }
        self.candidates.iter_mut().for_each(|below| below.held_out.resize(more.given.len(), None));
        self.material = more;
        self.names = texts.len();
        Ok(named)
    }

    /// Whether there is one class a text, and few texts a class.
    fn few(&self) -> bool {
        let few = self.numbered.train_given.len() < FEW * self.material.classes;
        few && self.job.labelling == Labelling::Single
    }

    fn encoder(&self, method: Method) -> Result<&'a dyn Embed, TuneError> {
        self.job.encoder.ok_or_else(|| needs_encoder(method))
    }

    /// How the most frequent answer in training does on each evaluation row.
    fn most_frequent(&self) -> Vec<f64> {
        let mut counts = vec![0usize; self.material.classes];
        let learned =
            || self.numbered.train_given.iter().zip(&self.numbered.inside).filter(|(_, inside)| **inside);
        learned().flat_map(|(given, _)| given).for_each(|&class| counts[class] += 1);
        let found: Vec<usize> = match self.job.labelling {
            Labelling::Single => {
                let most = (1..counts.len())
                    .fold(0, |best, class| if counts[class] > counts[best] { class } else { best });
                vec![most]
            }
            Labelling::Multi => {
                let half = learned().count().div_ceil(2);
                (0..counts.len()).filter(|&class| counts[class] >= half).collect()
            }
        };
        self.numbered.eval_given.iter().flatten().map(|given| row_f1(given, &found)).collect()
    }

    fn finish(self, best: Tier, began: i64) -> ClassifierTuned {
        let measure = main_measure(self.job.labelling);
        let seeds = seeds(self.job.seed, best.made.len());
        let steps = self.reports.iter().map(|report| report.steps).sum();
        let kept = best.made.into_iter().next();
        let (assembled, encoder) = kept.map_or((None, None), |made| (Some(made.assembled), made.folder));
        // There is always one.
        let Some(Assembled { classifier, calibration, rows, probabilities }) = assembled else {
            unreachable!("every tier makes a model")
        };
        let issues = match self.job.labelling {
            Labelling::Single => {
                let given: Vec<usize> = rows.iter().map(|&row| self.material.given[row][0]).collect();
                let mut issues = label_issues(&given, &probabilities);
                issues.iter_mut().for_each(|issue| issue.item = rows[issue.item]);
                issues
            }
            Labelling::Multi => Vec::new(),
        };
        let over_untuned = best.over_untuned.map(|over| (format!("{measure}_over_most_frequent"), over));
        let against_base = std::iter::once((measure.to_string(), best.difference)).chain(over_untuned);
        ClassifierTuned {
            classifier,
            method: best.method,
            seeds,
            trained: Trained {
                rows: self.numbered.inside.iter().filter(|inside| **inside).count(),
                steps,
                seconds: self.watch.seconds_since(began),
            },
            eval: best.measures,
            against: best.against,
            against_base: against_base.collect(),
            verdict: best.verdict,
            tiers: self.reports,
            stopped: self.stopped,
            calibration,
            issues,
            encoder,
        }
    }
}

fn needs_encoder(method: Method) -> TuneError {
    TuneError::Request {
        message: format!("the method {method} needs an encoder, and there is none"),
        hint: "name one: `--base all-MiniLM-L6-v2`, or use `--method linear`".into(),
    }
}

#[cfg(test)]
mod tests;
