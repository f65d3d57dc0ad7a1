//! Guidelines: how to answer, and what changed since a person read them.

use std::fmt::Write;

use engraft_annotate::{Question, Schema};

use crate::dataset::opened;
use crate::people::{Act, Principal};
use crate::work::view::{GuidelinesView, Meanings};
use crate::{Context, Error, Workspace, when};

/// The guidelines now, what options mean, and both as this person acknowledged them last.
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
    let mut view = GuidelinesView {
        changed: seen.as_ref() != Some(&dataset.guideline),
        meanings: meanings(&dataset.schema),
        markdown: dataset.schema.guidelines,
        version: dataset.guideline,
        before: None,
    };
    if let (true, Some(seen)) = (view.changed, seen) {
        let rows = workspace.store.guidelines(dataset.no)?;
        let row = rows.iter().find(|row| row.hash == seen).and_then(|row| row.schema.as_ref());
        if let Some(old) = row.map(|text| opened::stored_schema(text)).transpose()? {
            let before = text(&old.guidelines, &meanings(&old));
            view.changed = before != view.text();
            view.before = view.changed.then_some(before);
        }
    }
    Ok(view)
}

impl GuidelinesView {
    /// Guidelines and meanings, a line each, to be compared with `before`.
    pub fn text(&self) -> String {
        text(&self.markdown, &self.meanings)
    }
}

fn meanings(schema: &Schema) -> Vec<Meanings> {
    let owned = |(option, meaning): (&str, String)| (option.to_string(), meaning);
    let one = |question: &Question| Meanings {
        question: question.title().to_string(),
        options: question.meanings().into_iter().map(owned).collect(),
    };
    schema.questions.iter().map(one).filter(|meanings| !meanings.options.is_empty()).collect()
}

fn text(guidelines: &str, meanings: &[Meanings]) -> String {
    let mut text = guidelines.trim_end().to_string();
    for Meanings { question, options } in meanings {
        for (option, meaning) in options {
            let _ = write!(text, "\n{question} – {option}: {meaning}");
        }
    }
    text
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
