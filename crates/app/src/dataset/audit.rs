//! The audit: items that say the same, items on both sides of a split, answers that may be wrong.

use std::collections::BTreeMap;

use engraft_annotate::{Answers, AuditOptions, Record, Shares, audit as look};
use rayon::prelude::*;
use serde::Serialize;

use crate::dataset::export::each_now;
use crate::dataset::opened;
use crate::dataset::view::LabelIssueRow;
use crate::dataset::words::{self, one_word};
use crate::likeness::{self, Points};
use crate::people::{Act, Principal};
use crate::{Context, Error, Workspace};

/// How many neighbours say what an answer should be.
const NEIGHBOURS: usize = 10;
/// Neighbours are sought among so many items at most, evenly spread over the dataset.
const AMONG: usize = 5000;
/// More code points than this in one field are over-long.
const LONG: usize = 100_000;
/// Suspicious answers reported.
const ISSUES: usize = 500;

/// What to audit.
#[derive(Clone, Debug, Default)]
pub struct AuditRequest {
    /// Look for leakage between these shares, such as `train=.8,test=.2`.
    pub split: Option<String>,
    /// Chooses the split.
    pub seed: u64,
}

/// What an audit found.
#[derive(Clone, Debug, Serialize)]
pub struct AuditReport {
    /// The dataset.
    pub dataset: String,
    /// What the structure shows: duplicates, leakage, missing fields and the like.
    #[serde(flatten)]
    pub found: engraft_annotate::Audit,
    /// Answers that their neighbours contradict, the least plausible first.
    pub label_issues: Vec<LabelIssueRow>,
    /// How plausible an answer is was judged by: `embeddings` or `words`.
    pub judged_by: &'static str,
}

/// Looks the dataset over. Nothing is changed.
pub fn audit(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    name: &str,
    request: &AuditRequest,
) -> Result<AuditReport, Error> {
    who.must(Act::SeeAnswers)?;
    let dataset = opened::open(workspace, name)?;
    let mut records = Vec::new();
    context.progress.stage("read", None);
    each_now(workspace, &dataset, &mut |record| {
        records.push(record.clone());
        context.progress.advance(1);
        if context.cancel.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    })?;
    let shares = request.split.as_deref().map(Shares::read).transpose()?;
    let options = AuditOptions { splits: shares.map(|shares| (shares, request.seed)), long: LONG };
    let found = look(&dataset.schema, records.iter().cloned(), &options);
    let texts: Vec<String> =
        records.iter().map(|record| words::text(&dataset.schema, &record.fields)).collect();
    let points = likeness::points(context, workspace, &texts)?;
    let mut label_issues = Vec::new();
    for question in &dataset.schema.questions {
        label_issues.extend(issues(&question.name, &records, &points));
    }
    label_issues.sort_by(|a, b| a.score.total_cmp(&b.score).then_with(|| a.item.cmp(&b.item)));
    label_issues.truncate(ISSUES);
    Ok(AuditReport { dataset: name.into(), found, label_issues, judged_by: points.name() })
}

/// The answers to one question that their nearest neighbours contradict, by confident learning (Northcutt et al. 2021).
///
/// Every probability comes from other items than the one it is about, so that no item speaks for itself.
fn issues(question: &str, records: &[Record], points: &Points) -> Vec<LabelIssueRow> {
    let labelled: Vec<(usize, String)> = records
        .iter()
        .enumerate()
        .filter_map(|(place, record)| Some((place, label(question, record)?)))
        .collect();
    let mut classes: Vec<&String> = labelled.iter().map(|(_, label)| label).collect();
    classes.sort();
    classes.dedup();
    if classes.len() < 2 {
        return Vec::new();
    }
    let number: BTreeMap<&String, usize> =
        classes.iter().enumerate().map(|(at, label)| (*label, at)).collect();
    let given: Vec<usize> = labelled.iter().map(|(_, label)| number[label]).collect();
    let every = labelled.len().div_ceil(AMONG);
    let probabilities: Vec<Vec<f64>> = (0..labelled.len())
        .into_par_iter()
        .map(|one| {
            let others = (0..labelled.len()).step_by(every).filter(|other| *other != one);
            let mut near: Vec<(f64, usize)> =
                others.map(|other| (points.likeness(labelled[one].0, labelled[other].0), other)).collect();
            near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            near.truncate(NEIGHBOURS);
            // One vote spread over all classes keeps every probability above 0.
            let mut votes = vec![1.0 / classes.len() as f64; classes.len()];
            near.iter().for_each(|(likeness, other)| votes[given[*other]] += likeness.max(0.0));
            let sum: f64 = votes.iter().sum();
            votes.into_iter().map(|vote| vote / sum).collect()
        })
        .collect();
    let found = engraft_eval::label_issues(&given, &probabilities).into_iter().filter(|issue| issue.issue);
    let rows = found.map(|issue| LabelIssueRow {
        item: records[labelled[issue.item].0].id.clone(),
        question: question.into(),
        given: classes[issue.given].clone(),
        suggested: classes[issue.suggested].clone(),
        score: issue.self_confidence,
    });
    rows.collect()
}

/// What an item's answer to a question is: the resolution, else what most people said, the first of equals.
fn label(question: &str, record: &Record) -> Option<String> {
    let word = |answers: &Answers| one_word(answers.get(question)?);
    if let Some(resolution) = &record.resolution {
        return word(&resolution.answers);
    }
    let mut votes: BTreeMap<String, usize> = BTreeMap::new();
    for given in &record.responses {
        if given.status == engraft_annotate::ResponseStatus::Submitted
            && let Some(word) = word(&given.answers)
        {
            *votes.entry(word).or_default() += 1;
        }
    }
    votes.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0))).map(|(label, _)| label)
}
