//! Agreement of a dataset: every question by its own measure, one of them in full.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use engraft_annotate::agreement as agree;
use engraft_eval::{LabelAgreement, Measured, Resampling, WorkerAgreement};
use serde::Serialize;

use crate::dataset::{opened, record};
use crate::people::{Act, Principal};
use crate::review::view::QuestionAgreement;
use crate::review::window::{Answered, answered};
use crate::{Context, Error, Workspace};

/// Resamples behind every interval.
const RESAMPLES: usize = 1000;

/// How far the people of a dataset agree.
#[derive(Clone, Debug, Serialize)]
pub struct AgreementReport {
    /// The dataset.
    pub dataset: String,
    /// The question that is reported in full.
    pub question: String,
    /// The name of its main measure.
    pub measure: &'static str,
    /// Every coefficient, the main one among them.
    pub coefficients: BTreeMap<String, Measured>,
    /// Items that somebody answered.
    pub n_items: usize,
    /// People who answered.
    pub n_workers: usize,
    /// For each class by itself.
    pub per_label: BTreeMap<String, LabelAgreement>,
    /// For each person; empty for those who may not see who answered what.
    pub per_worker: BTreeMap<String, WorkerAgreement>,
    /// The main measure for each option, leaf or kind of span by itself, where a question has several.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<String, Measured>,
    /// Every question by its main measure, in the order they are asked.
    pub questions: Vec<QuestionAgreement>,
}

/// How far people agree, on every item that two or more answered.
pub fn agreement(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    name: &str,
    question: Option<&str>,
    seed: u64,
) -> Result<AgreementReport, Error> {
    who.must(Act::SeeProgress)?;
    let dataset = opened::open(workspace, name)?;
    let question = match question {
        Some(asked) => dataset.schema.questions.iter().find(|question| question.name == asked),
        None => dataset.schema.questions.first(),
    };
    let question = question.ok_or_else(|| Error::Request {
        message: format!("{name} does not ask that"),
        hint: format!("run `engraft dataset show {name}` to see its questions"),
    })?;
    let names = record::names(workspace)?;
    let mut items: Vec<Answered> = Vec::new();
    context.progress.stage("read", None);
    workspace.store.for_each_record(dataset.no, &mut |row| {
        if !row.responses.is_empty() {
            items.push(answered(&dataset, row, &names));
        }
        context.progress.advance(1);
        match context.cancel.is_cancelled() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    if context.cancel.is_cancelled() {
        return Err(Error::Cancelled);
    }
    let judged: Vec<_> = items.iter().map(Answered::judged).collect();
    let resampling = Resampling { seed, resamples: RESAMPLES };
    let (mut questions, mut main) = (Vec::new(), None);
    for asked in &dataset.schema.questions {
        let found = agree(asked, &judged, &resampling);
        questions.push(QuestionAgreement {
            question: asked.name.clone(),
            measure: found.measure.to_string(),
            metric: found.headline.metric.clone(),
            used: found.headline.used,
            of: found.headline.of,
            items: items.iter().filter(|item| item.is_compared(&asked.name)).count(),
        });
        if asked.name == question.name {
            main = Some(found);
        }
    }
    let Some(main) = main else {
        return Err(Error::Bug(format!("{} was not measured", question.name)));
    };
    let people: BTreeSet<&String> = items.iter().flat_map(|item| &item.given).map(|(user, _)| user).collect();
    let mut coefficients = BTreeMap::from([(main.measure.to_string(), main.headline)]);
    let (mut per_label, mut per_worker) = (BTreeMap::new(), BTreeMap::new());
    if let Some(classes) = main.classes {
        coefficients.extend(classes.coefficients.into_iter().map(|(name, value)| (name.to_string(), value)));
        per_label = classes.per_label;
        if who.may(Act::SeeAnswers) {
            per_worker = classes.per_worker;
        }
    }
    if let Some(spans) = main.spans {
        coefficients.insert("f1_overlap".into(), spans.f1_overlap);
        coefficients.insert("alpha_u".into(), spans.alpha_u);
    }
    Ok(AgreementReport {
        dataset: name.into(),
        question: question.name.clone(),
        measure: main.measure,
        coefficients,
        n_items: items.iter().filter(|item| !item.given.is_empty()).count(),
        n_workers: people.len(),
        per_label,
        per_worker,
        parts: main.parts,
        questions,
    })
}
