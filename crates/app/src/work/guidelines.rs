//! Guidelines: how to answer, and what changed since a person read them.

use crate::dataset::opened;
use crate::people::{Act, Principal};
use crate::work::view::GuidelinesView;
use crate::{Context, Error, Workspace, when};

/// The guidelines now, and as this person acknowledged them last.
pub fn guidelines(
    _context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
) -> Result<GuidelinesView, Error> {
    who.must(Act::SeeDatasets)?;
    let dataset = opened::open(workspace, dataset)?;
    let seen = match workspace.store.user(&who.user)? {
        Some(user) => workspace.store.member(dataset.no, user.no)?.guideline,
        None => None,
    };
    let changed = seen.as_ref() != Some(&dataset.guideline);
    let mut before = None;
    if let (true, Some(seen)) = (changed, seen) {
        let rows = workspace.store.guidelines(dataset.no)?;
        let row = rows.iter().find(|row| row.hash == seen).and_then(|row| row.schema.as_ref());
        let old = row.map(|text| opened::stored_schema(text)).transpose()?;
        before = old.map(|schema| schema.guidelines).filter(|text| *text != dataset.schema.guidelines);
    }
    Ok(GuidelinesView { version: dataset.guideline, markdown: dataset.schema.guidelines, before, changed })
}

/// Notes that this person read that version.
pub fn acknowledge(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    version: &str,
) -> Result<(), Error> {
    who.must(Act::Annotate)?;
    let dataset = opened::open(workspace, dataset)?;
    if version != dataset.guideline {
        return Err(Error::Conflict {
            message: "the guidelines changed again since".into(),
            hint: "read the new ones".into(),
            current: None,
            kept: false,
        });
    }
    let user = opened::person(workspace, who)?;
    Ok(workspace.store.acknowledge(dataset.no, user, version, when::millis(context))?)
}
