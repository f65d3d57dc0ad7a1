//! The weight of meaning and the support below which an arm abstains: chosen on training questions, and proven on those that did not
//! choose. Where all of them have an answer, the support is left as it is: every answer withheld would count as an answer lost, and
//! nothing would speak against answering whatever is asked.

use std::collections::BTreeMap;

use engraft_eval::Resampling;
use engraft_tune::choose;
use engraft_tune::data::folds;
use engraft_tune::ship::{Verdict, paired_difference_of_groups, verdict};
use serde::{Deserialize, Serialize};

use super::how::How;
use super::questions::Posed;
use super::right::right;
use crate::decide::asking::Asking;
use crate::decide::draw::at_most;
use crate::decide::meter::metered;
use crate::{Error, Workspace, ask};

/// Weights of the dense leg that are tried beside the usual one.
const DENSE: [f32; 3] = [0.35, 0.55, 0.75];
/// Parts of the cross-validation.
const FOLDS: usize = 10;
/// Questions that are enough to choose on.
const ENOUGH: usize = 200;
/// Resamples behind the interval.
const RESAMPLES: usize = 2000;

/// What came of a question under a weight.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Tried {
    support: f32,
    /// Whether answering is right; silence; `None`: nobody said what is right.
    answered: Option<bool>,
    silent: Option<bool>,
    cpu_s: f64,
    #[serde(default)]
    s: f64,
}

/// The most questions asked to choose, with so many to train on.
pub(super) fn most(training: usize) -> usize {
    DENSE.len() * training.min(ENOUGH)
}

/// What choosing came to.
pub(super) struct Weighed {
    /// The arm with what is best on all questions.
    pub(super) how: How,
    /// Whether choosing like that is proven to help.
    pub(super) verdict: Verdict,
    pub(super) cpu_s: f64,
    /// Seconds on the clock.
    pub(super) s: f64,
    /// Questions it was chosen on.
    pub(super) labels: usize,
    /// How many of them the documents do not answer; with none the support is what it was.
    pub(super) unanswerable: usize,
}

/// Chooses for an arm that answers as `how`.
pub(super) fn weigh(
    asking: &mut Asking,
    workspace: &mut Workspace,
    how: &How,
    training: &[&Posed],
    seed: u64,
) -> Result<Weighed, Error> {
    let places = at_most((0..training.len()).collect(), Some(ENOUGH), seed);
    let posed: Vec<&Posed> = places.into_iter().map(|at| training[at]).collect();
    let mut weights = vec![how.dense_weight];
    if workspace.encoder(asking.context)?.is_some() {
        weights.extend(DENSE);
    }
    weights.sort_by(f32::total_cmp);
    weights.dedup();
    let unanswerable = posed.iter().filter(|one| !one.answerable).count();
    let (mut settings, mut scores, mut cpu_s, mut s) = (Vec::new(), Vec::new(), 0.0, 0.0);
    for dense_weight in weights {
        let tried = try_on(asking, workspace, &How { dense_weight, ..how.clone() }, &posed)?;
        cpu_s += tried.iter().map(|one| one.cpu_s).sum::<f64>();
        s += tried.iter().map(|one| one.s).sum::<f64>();
        for min_support in thresholds(&tried, how.min_support, unanswerable) {
            settings.push((dense_weight, min_support));
            scores.push(tried.iter().map(|one| one.right(min_support)).collect());
        }
    }
    let usual = settings.iter().position(|one| *one == (how.dense_weight, how.min_support)).unwrap_or(0);
    let texts: Vec<&str> = posed.iter().map(|one| one.question.as_str()).collect();
    let groups: Vec<Option<&str>> = posed.iter().map(|one| one.cluster()).collect();
    let strata: Vec<usize> = posed.iter().map(|one| usize::from(one.answerable)).collect();
    let fold = folds(&texts, &groups, &strata, FOLDS, seed);
    let chosen = choose(&scores, usual, &fold)
        .ok_or_else(|| Error::Bug("there is nothing to choose a weight from".into()))?;
    let numbered = numbers(posed.iter().map(|one| one.cluster().unwrap_or(&one.id)));
    let resampling = Resampling { seed, resamples: RESAMPLES };
    let (before, after) = ([scores[usual].clone()], [chosen.held_out]);
    let gain = paired_difference_of_groups(&before, &after, &numbered, &resampling);
    let mut verdict = verdict(&gain, "the share that is right", "the usual weight and threshold");
    if chosen.setting == usual {
        verdict = Verdict { ship: false, why: "the usual weight and threshold are the best".into() };
    } else if gain.low.is_none() && before[0].iter().zip(&after[0]).all(|(before, after)| after > before) {
        // Resampling has no spread to show where every question gains alike, nor where all are about one document.
        let why = "every question comes out right that did not under the usual weight and threshold".into();
        verdict = Verdict { ship: posed.len() >= FOLDS, why };
    }
    let (dense_weight, min_support) = settings[chosen.setting];
    let how = How { dense_weight, min_support, ..how.clone() };
    Ok(Weighed { how, verdict, cpu_s, s, labels: posed.len(), unanswerable })
}

/// Asks every question, abstaining from none.
fn try_on(
    asking: &mut Asking,
    workspace: &mut Workspace,
    how: &How,
    posed: &[&Posed],
) -> Result<Vec<Tried>, Error> {
    how.apply(workspace);
    let context = asking.context;
    context.progress.stage("tune fusion", Some(posed.len() as u64));
    asking.all(&format!("weighing-{}", how.name()), posed.len(), |at| {
        let (report, used) =
            metered(|| ask(context, workspace, &how.request(&posed[at].question, Some(0.0))));
        let (support, answered, silent) = match report {
            Ok(report) => {
                let right = |answered: bool| right(posed[at], workspace, &report, answered);
                (report.support, right(report.answerable)?, right(false)?)
            }
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            // A question on which asking fails says nothing about any weight.
            Err(_) => (0.0, None, None),
        };
        Ok(Tried { support, answered, silent, cpu_s: used.cpu_s, s: used.ms / 1e3 })
    })
}

/// The thresholds that tell any of the questions apart, the usual one, and none at all; the usual one alone where no question is
/// unanswerable.
fn thresholds(tried: &[Tried], usual: f32, unanswerable: usize) -> Vec<f32> {
    if unanswerable == 0 {
        return vec![usual];
    }
    let mut supports: Vec<f32> = tried.iter().map(|one| one.support).collect();
    supports.sort_by(f32::total_cmp);
    let between = supports.windows(2).map(|pair| f32::midpoint(pair[0], pair[1]));
    let mut all: Vec<f32> = between.chain([0.0, usual]).collect();
    all.sort_by(f32::total_cmp);
    all.dedup();
    all
}

impl Tried {
    /// 1 where it comes out right under a threshold.
    fn right(&self, min_support: f32) -> f64 {
        let right = if self.support >= min_support { self.answered } else { self.silent };
        f64::from(u8::from(right.unwrap_or(false)))
    }
}

/// A number from 0 for each name, the same for the same name.
fn numbers<'n>(names: impl Iterator<Item = &'n str>) -> Vec<usize> {
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let number = |name| {
        let next = known.len();
        *known.entry(name).or_insert(next)
    };
    names.map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_tried_between_any_two_supports_and_where_it_is_now() {
        let tried =
            |support| Tried { support, answered: Some(true), silent: Some(false), cpu_s: 0.0, s: 0.0 };
        let three = [tried(0.5), tried(0.25), tried(0.5)];
        assert_eq!(thresholds(&three, 0.45, 1), [0.0, 0.375, 0.45, 0.5]);
        assert_eq!((tried(0.5).right(0.5), tried(0.4).right(0.5)), (1.0, 0.0));
    }

    #[test]
    fn where_every_question_has_an_answer_the_threshold_stays() {
        let tried = Tried { support: 0.25, answered: Some(true), silent: Some(false), cpu_s: 0.0, s: 0.0 };
        assert_eq!(thresholds(&[tried; 3], 0.45, 0), [0.45]);
    }

    #[test]
    fn questions_of_one_document_have_one_number() {
        assert_eq!(numbers(["b", "a", "b", "c"].into_iter()), [0, 1, 0, 2]);
    }
}
