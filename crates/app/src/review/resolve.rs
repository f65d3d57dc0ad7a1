//! Resolving a dataset: the people's answers are weighed together, and what the merge policy accepts is written.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use engraft_annotate::{
    Answer, Answers, Belief, Judged, Question, aggregate, canonical_json, merge, strengths,
};
use engraft_eval::{
    Choice, Gold, Labels, Method, Resampling, Resolved, ResolvedItem, Strengths, WorkerQuality,
};
use engraft_store::{NewResolution, RecordRow, Seen, Source, State};
use serde::Serialize;

use crate::dataset::opened::{self, Opened};
use crate::dataset::record::{self, Names};
use crate::dataset::words::one_word;
use crate::people::{Act, Principal};
use crate::review::together::{Suggested, Together, together};
use crate::review::window::{Answered, answered};
use crate::work::item::{fields_of, stored_answers};
use crate::work::settle;
use crate::{Context, Error, Workspace, when};

/// Resamples behind every interval.
const RESAMPLES: usize = 1000;
/// Resolutions written together.
const BATCH: usize = 1000;

/// How to resolve.
#[derive(Clone, Debug)]
pub struct ResolveRequest {
    /// `majority`, `weighted`, `dawid-skene`, `one-coin`, `mace`, `glad` or `auto`.
    pub method: Method,
    /// The question whose items are reported; by default the first whose answers are one of a few, else the first that somebody
    /// answered.
    pub question: Option<String>,
    /// Write the computed answer also where the merge policy leaves it to a reviewer.
    pub all: bool,
    /// Chooses restarts and resamples.
    pub seed: u64,
}

/// What the answers come to.
#[derive(Clone, Debug, Serialize)]
pub struct ResolveReport {
    /// The dataset.
    pub dataset: String,
    /// The question reported.
    pub question: String,
    /// The method used.
    pub method: Method,
    /// Each item's label with its probability; none where the question's answers are not one of a few.
    pub items: Vec<ResolvedItem>,
    /// How good each person is, by those labels.
    pub workers: Vec<WorkerQuality>,
    /// Against the dataset's gold, when there is any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<engraft_eval::Metric>,
    /// Why `auto` chose the method; where no answer is a label it takes majority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choice: Option<Choice>,
    /// The question's answers weighed with each model that suggested some.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<Together>,
    /// How good the compared answers are over all items, by who wrote them, for each question that compares.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub strengths: BTreeMap<String, Strengths>,
    /// What was written.
    pub written: Written,
}

/// Resolutions written and left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Written {
    /// Those the merge policy accepts.
    pub agreed: u64,
    /// Those computed against the policy, as asked for.
    pub aggregated: u64,
    /// Complete items left to a reviewer.
    pub left: u64,
}

/// Weighs all answers and writes the resolutions.
pub fn resolve(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    name: &str,
    request: &ResolveRequest,
) -> Result<ResolveReport, Error> {
    who.must(Act::Manage)?;
    let dataset = opened::open(workspace, name)?;
    let names = record::names(workspace)?;
    context.progress.stage("weigh", None);
    let ballot = Ballot::read(context, workspace, &dataset, &names, request.question.as_deref())?;
    let main = ballot.resolve(request);
    context.progress.stage("resolve", None);
    let judged: Vec<Judged> = ballot.items.iter().map(Answered::judged).collect();
    let resampling = Resampling { seed: request.seed, resamples: RESAMPLES };
    let mut beliefs: Beliefs = BTreeMap::new();
    let mut compared = BTreeMap::new();
    for question in &dataset.schema.questions {
        let found = strengths(question, &judged, &resampling).filter(|found| !found.items.is_empty());
        compared.extend(found.map(|found| (question.name.clone(), found)));
        for (item, belief) in aggregate(question, &judged, main.method, &resampling) {
            beliefs.entry(item).or_default().insert(question.name.clone(), belief);
        }
    }
    let written = write(context, workspace, &dataset, &beliefs, request.all)?;
    // Without a label there was nothing to choose by.
    let choice = main.choice.filter(|_| !main.items.is_empty());
    Ok(ResolveReport {
        dataset: name.into(),
        question: ballot.question.clone(),
        method: main.method,
        items: main.items,
        workers: main.workers,
        accuracy: main.accuracy,
        choice,
        together: together(&ballot.rows(), &ballot.suggested),
        strengths: compared,
        written,
    })
}

/// What each item's questions come to, by item and question.
type Beliefs = BTreeMap<String, BTreeMap<String, Belief>>;

/// Everything submitted, and the question whose answers are reported as labels.
struct Ballot {
    question: String,
    items: Vec<Answered>,
    gold: Gold,
    suggested: Vec<Suggested>,
}

impl Ballot {
    fn read(
        context: Context,
        workspace: &Workspace,
        dataset: &Opened,
        names: &Names,
        asked: Option<&str>,
    ) -> Result<Ballot, Error> {
        let (mut items, mut known, mut models) = (Vec::new(), BTreeMap::new(), Vec::new());
        workspace.store.for_each_record(dataset.no, &mut |row| {
            let item = answered(dataset, row, names);
            let gold = row.gold.as_deref().and_then(|text| stored_answers(dataset, &item.fields, text));
            known.extend(gold.map(|gold| (item.item.clone(), gold)));
            for row in &row.suggestions {
                let said = stored_answers(dataset, &item.fields, &row.answers);
                models.extend(said.map(|said| (item.item.clone(), row.model.clone(), row.score, said)));
            }
            if !item.given.is_empty() {
                items.push(item);
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
        let question = chosen(dataset, &items, asked)?;
        let word = |answers: &Answers| one_word(answers.get(&question)?);
        let gold = known.iter().filter_map(|(item, answers)| Some((item.clone(), word(answers)?))).collect();
        let suggested = models.iter().filter_map(|(item, model, score, said)| {
            let (word, score) = (word(said)?, score.unwrap_or(1.0));
            Some(Suggested { item: item.clone(), model: model.clone(), word, score })
        });
        let suggested = suggested.collect();
        Ok(Ballot { question, items, gold, suggested })
    }

    /// Item, person, and their answer in one word.
    fn rows(&self) -> Vec<(&str, &str, String)> {
        let mut rows = Vec::new();
        for item in &self.items {
            for (user, answers) in &item.given {
                let word = answers.get(&self.question).and_then(one_word);
                rows.extend(word.map(|word| (item.item.as_str(), user.as_str(), word)));
            }
        }
        rows
    }

    fn resolve(&self, request: &ResolveRequest) -> Resolved {
        let rows = self.rows();
        let labels = Labels::from_rows(rows.iter().map(|(item, user, word)| (*item, *user, word.as_str())));
        let gold = (!self.gold.is_empty()).then_some(&self.gold);
        let resampling = Resampling { seed: request.seed, resamples: RESAMPLES };
        engraft_eval::resolve(&labels, request.method, gold, &resampling)
    }
}

/// The question asked for, or the first whose answers are one of a few, or else, as where passages are graded, the first that
/// somebody answered.
fn chosen(dataset: &Opened, items: &[Answered], asked: Option<&str>) -> Result<String, Error> {
    let fits = |question: &&Question| asked.is_none_or(|asked| question.name == asked);
    let questions: Vec<&Question> = dataset.schema.questions.iter().filter(fits).collect();
    let labelled =
        questions.iter().find(|question| is_answered(items, question, |answer| one_word(answer).is_some()));
    let found = labelled.or_else(|| questions.iter().find(|question| is_answered(items, question, |_| true)));
    found.map(|question| question.name.clone()).ok_or_else(|| Error::Request {
        message: match asked {
            Some(name) => format!("`{name}` has no answers to weigh"),
            None => format!("{} has no answers to weigh yet", dataset.name),
        },
        hint: "`engraft dataset show` lists its questions and how many answers there are".into(),
    })
}

/// Whether somebody answered the question in such a way.
fn is_answered(items: &[Answered], question: &Question, such: impl Fn(&Answer) -> bool) -> bool {
    let mut given = items.iter().flat_map(|item| &item.given);
    given.any(|(_, answers)| answers.get(&question.name).is_some_and(&such))
}

fn write(
    context: Context,
    workspace: &Workspace,
    dataset: &Opened,
    beliefs: &Beliefs,
    all: bool,
) -> Result<Written, Error> {
    let nothing = BTreeMap::new();
    let mut written = Written::default();
    let (mut agreed, mut aggregated) = (Vec::new(), Vec::new());
    workspace.store.for_each_record(dataset.no, &mut |row| {
        if row.state == State::Complete
            && let Some((answers, source, posterior)) =
                outcome(dataset, row, beliefs.get(&row.external).unwrap_or(&nothing), all)
        {
            let rows = if source == Source::Agreed { &mut agreed } else { &mut aggregated };
            rows.push((
                row.no,
                NewResolution { answers: canonical_json(&answers), source, by: None, posterior },
                Some(Seen::new(&row.responses, row.resolution.as_ref())),
            ));
        } else if row.state == State::Complete {
            written.left += 1;
        }
        context.progress.advance(1);
        ControlFlow::Continue(())
    })?;
    for (rows, count) in [(&agreed, &mut written.agreed), (&aggregated, &mut written.aggregated)] {
        for batch in rows.chunks(BATCH) {
            let set = workspace.store.resolve(dataset.no, batch, when::millis(context))?;
            *count += set as u64;
            // Somebody changed the answers to the others meanwhile.
            written.left += (batch.len() - set) as u64;
        }
    }
    Ok(written)
}

/// What a complete item comes to: by the policy, or by the computed answers when all are to be written.
fn outcome(
    dataset: &Opened,
    row: &RecordRow,
    beliefs: &BTreeMap<String, Belief>,
    all: bool,
) -> Option<(Answers, Source, Option<f64>)> {
    let fields = fields_of(&row.fields);
    let given = settle::submitted(dataset, &fields, &row.responses);
    let answers: Vec<&Answers> = given.iter().map(|(_, answers)| answers).collect();
    let merged = merge(&dataset.schema, &fields, &answers, beliefs);
    if let Some(resolution) = merged.resolution() {
        return Some((resolution.answers, settle::source(resolution.source), resolution.posterior));
    }
    if !all {
        return None;
    }
    let mut whole = merged.agreed.clone();
    let mut posterior = 1.0f64;
    for conflict in &merged.conflicts {
        let belief = beliefs.get(&conflict.question)?;
        posterior = posterior.min(belief.posterior);
        whole.insert(conflict.question.clone(), belief.answer.clone());
    }
    Some((whole, Source::Aggregated, Some(posterior)))
}
