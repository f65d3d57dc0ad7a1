//! The order of a queue: which of the items nobody answered comes first.

use std::ops::ControlFlow;

use engraft_annotate::{Candidate, QuestionKind, Record, Strategy, select, shared};
use engraft_store::{ItemNo, State};
use serde::Serialize;

use crate::dataset::opened::{self, Opened};
use crate::dataset::record::{self, Names};
use crate::dataset::words::{self, one_word};
use crate::likeness::{self, Points};
use crate::people::{Act, Principal};
use crate::{Context, Error, Workspace};

/// Diversity compares every item with every one chosen before, so that more would take minutes.
const MOST_DIVERSE: usize = 5000;

/// What was ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Arranged {
    /// Items that nobody answered.
    pub items: usize,
    /// Those of them that a model says something about.
    pub suggested: usize,
}

/// Puts the items nobody answered in order: those the suggestions are least sure of first, the most unlike, or by lot.
pub fn arrange(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    name: &str,
    strategy: Strategy,
    seed: u64,
) -> Result<Arranged, Error> {
    who.must(Act::Manage)?;
    let dataset = opened::open(workspace, name)?;
    let (mut numbers, mut records) = (Vec::new(), Vec::new());
    workspace.store.for_each_record(dataset.no, &mut |row| {
        if row.state == State::Open && row.responses.is_empty() {
            numbers.push(row.no);
            records.push(record::record(&dataset, row, &Names::new()));
        }
        match context.cancel.is_cancelled() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    if context.cancel.is_cancelled() {
        return Err(Error::Cancelled);
    }
    let probabilities: Vec<Vec<f64>> = records.iter().map(|record| sureness(&dataset, record)).collect();
    let points = match strategy {
        Strategy::Diversity => Some(diverse(context, workspace, &dataset, &records)?),
        _ => None,
    };
    let vectors: Vec<Vec<f32>> = match &points {
        Some(points) => (0..records.len()).map(|place| points.vector(place)).collect(),
        None => vec![Vec::new(); records.len()],
    };
    let candidates: Vec<Candidate> = records
        .iter()
        .enumerate()
        .map(|(place, record)| Candidate {
            item: &record.id,
            probabilities: &probabilities[place],
            vector: &vectors[place],
        })
        .collect();
    let order = select(strategy, &candidates, candidates.len(), seed);
    // From 1: 0 is what has no place.
    let places: Vec<(ItemNo, i64)> =
        order.into_iter().enumerate().map(|(place, item)| (numbers[item], place as i64 + 1)).collect();
    workspace.store.set_order(dataset.no, &places)?;
    let suggested = probabilities.iter().filter(|known| !known.is_empty()).count();
    Ok(Arranged { items: places.len(), suggested })
}

fn diverse(
    context: Context,
    workspace: &Workspace,
    dataset: &Opened,
    records: &[Record],
) -> Result<Points, Error> {
    if records.len() > MOST_DIVERSE {
        return Err(Error::Request {
            message: format!("{} items are too many to be ordered by how unlike they are", records.len()),
            hint: format!("use --by uncertainty, margin or random above {MOST_DIVERSE} items"),
        });
    }
    let texts: Vec<String> =
        records.iter().map(|record| words::text(&dataset.schema, &record.fields)).collect();
    likeness::points(context, workspace, &texts)
}

/// How probable the options of the first question with options are, by the suggestion: its score for the one it names, the
/// rest shared by the others. Empty without a suggestion.
fn sureness(dataset: &Opened, record: &Record) -> Vec<f64> {
    let found = dataset.schema.questions.iter().find_map(|question| {
        let options = match &question.kind {
            QuestionKind::Label { options } => options.len(),
            QuestionKind::Rating { min, max, .. } => (max - min + 1).max(0) as usize,
            _ => return None,
        };
        let suggestion = record.suggestions.first()?;
        suggestion.answers.get(&question.name).and_then(one_word)?;
        Some(shared(suggestion.score.unwrap_or(1.0), options))
    });
    found.unwrap_or_default()
}
