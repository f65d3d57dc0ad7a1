//! The latest items that people answered: what live numbers are computed on, so that they stay fast.

use engraft_annotate::{Answers, Judged, is_asked};
use engraft_store::UserNo;
use serde_json::{Map, Value};

use crate::dataset::opened::Opened;
use crate::dataset::record::Names;
use crate::work::{item, settle};
use crate::{Error, Workspace};

/// How many items a live number looks at.
pub(crate) const LATEST: usize = 500;

/// An item with the answers people submitted.
pub(crate) struct Answered {
    pub(crate) item: String,
    pub(crate) fields: Map<String, Value>,
    /// By name.
    pub(crate) given: Vec<(String, Answers)>,
    /// Of each response: how many of the questions it was asked had a suggested answer, and how many it took over unchanged.
    pub(crate) accepted: Vec<(UserNo, u64, u64)>,
}

impl Answered {
    /// Whether two people or more answered this question.
    pub(crate) fn is_compared(&self, question: &str) -> bool {
        self.given.iter().filter(|(_, answers)| answers.contains_key(question)).count() > 1
    }

    /// As the measures of agreement want it.
    pub(crate) fn judged(&self) -> Judged<'_> {
        let responses = self.given.iter().map(|(user, answers)| (user.as_str(), answers)).collect();
        Judged { item: &self.item, fields: &self.fields, responses }
    }
}

/// The latest items with two answers or more.
pub(crate) fn latest(workspace: &Workspace, dataset: &Opened, names: &Names) -> Result<Vec<Answered>, Error> {
    let items = workspace.store.recent_overlapped(dataset.no, LATEST)?;
    let rows = workspace.store.records_of(dataset.no, &items)?;
    Ok(rows.iter().map(|row| answered(dataset, row, names)).collect())
}

/// Of the latest answered items, those that models suggested answers for.
pub(crate) fn suggested(
    workspace: &Workspace,
    dataset: &Opened,
    names: &Names,
) -> Result<Vec<Answered>, Error> {
    let items = workspace.store.recent_suggested(dataset.no, LATEST)?;
    let rows = workspace.store.records_of(dataset.no, &items)?;
    Ok(rows.iter().map(|row| answered(dataset, row, names)).collect())
}

/// What people submitted about one item.
pub(crate) fn answered(dataset: &Opened, row: &engraft_store::RecordRow, names: &Names) -> Answered {
    let fields = item::fields_of(&row.fields);
    let given = settle::submitted(dataset, &fields, &row.responses);
    let suggestions: Vec<_> =
        row.suggestions.iter().map(|kept| item::suggestion(dataset, &fields, kept)).collect();
    let accepted = given.iter().map(|(response, answers)| {
        let suggested = dataset.schema.questions.iter().filter(|question| {
            suggestions.iter().any(|suggestion| suggestion.answers.contains_key(&question.name))
                && is_asked(&dataset.schema, question, &fields, answers)
        });
        suggested.fold((response.user, 0, 0), |(user, of, taken), question| {
            (user, of + 1, taken + u64::from(response.accepted.contains(&question.name)))
        })
    });
    let accepted = accepted.collect();
    let named = given.into_iter().map(|(response, answers)| {
        (names.get(&response.user).cloned().unwrap_or_else(|| response.user.to_string()), answers)
    });
    Answered { item: row.external.clone(), given: named.collect(), accepted, fields }
}
