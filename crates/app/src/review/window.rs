//! The latest items that several people answered: what live numbers are computed on, so that they stay fast.

use engraft_annotate::{Answers, Judged};
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
    /// Of each response: how many suggestions it could have taken over, and how many it did.
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

/// What people submitted about one item.
pub(crate) fn answered(dataset: &Opened, row: &engraft_store::RecordRow, names: &Names) -> Answered {
    let fields = item::fields_of(&row.fields);
    let given = settle::submitted(dataset, &fields, &row.responses);
    let suggested = row.suggestions.len().min(1) as u64;
    let accepted = given.iter().map(|(response, _)| {
        (response.user, suggested, u64::from(!response.accepted.is_empty()) * suggested)
    });
    let accepted = accepted.collect();
    let named = given.into_iter().map(|(response, answers)| {
        (names.get(&response.user).cloned().unwrap_or_else(|| response.user.to_string()), answers)
    });
    Answered { item: row.external.clone(), given: named.collect(), accepted, fields }
}
