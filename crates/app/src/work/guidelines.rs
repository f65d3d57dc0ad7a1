//! Guidelines: how to answer, and what changed since a person read them, in what is asked too.

use std::fmt::Write;

use engraft_annotate::{Question, QuestionKind, Schema, TaxonomyNode};
use engraft_store::DatasetNo;

use crate::dataset::opened::{self, Opened};
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
        text: text(&dataset.schema),
        meanings: meanings(&dataset.schema),
        markdown: dataset.schema.guidelines,
        version: dataset.guideline,
        before: None,
    };
    if let (true, Some(seen)) = (view.changed, seen)
        && let Some(before) = earlier(workspace, dataset.no, &seen)?
    {
        view.changed = before != view.text;
        view.before = view.changed.then_some(before);
    }
    Ok(view)
}

/// Whether people go by anything else than in the version that one of them read.
pub(crate) fn is_news(workspace: &Workspace, dataset: &Opened, seen: &str) -> Result<bool, Error> {
    if seen == dataset.guideline {
        return Ok(false);
    }
    Ok(earlier(workspace, dataset.no, seen)?.is_none_or(|before| before != text(&dataset.schema)))
}

/// What people went by in an earlier version.
fn earlier(workspace: &Workspace, dataset: DatasetNo, version: &str) -> Result<Option<String>, Error> {
    let rows = workspace.store.guidelines(dataset)?;
    let row = rows.iter().find(|row| row.hash == version).and_then(|row| row.schema.as_ref());
    let old = row.map(|text| opened::stored_schema(text)).transpose()?;
    Ok(old.map(|old| text(&old)))
}

fn meanings(schema: &Schema) -> Vec<Meanings> {
    let owned = |(option, meaning): (&str, String)| (option.to_string(), meaning);
    let one = |question: &Question| Meanings {
        question: question.title().to_string(),
        options: question.meanings().into_iter().map(owned).collect(),
    };
    schema.questions.iter().map(one).filter(|meanings| !meanings.options.is_empty()).collect()
}

/// All that people go by, a line each: the guidelines, the questions with their help, and the options with what they mean.
fn text(schema: &Schema) -> String {
    let mut text = schema.guidelines.trim_end().to_string();
    for question in &schema.questions {
        let title = question.title();
        let _ = write!(text, "\n{title}");
        if let Some(help) = &question.help {
            let _ = write!(text, "\n{title} – {help}");
        }
        for option in question.kind.options() {
            let _ = write!(text, "\n{title} – {}", option.words());
            if let Some(meaning) = option.meaning() {
                let _ = write!(text, ": {meaning}");
            }
        }
        if let QuestionKind::Taxonomy { options, .. } = &question.kind {
            classes(title, options, &mut text);
        }
    }
    text
}

fn classes(above: &str, nodes: &[TaxonomyNode], text: &mut String) {
    for node in nodes {
        let path = format!("{above} – {}", node.value);
        let _ = write!(text, "\n{path}");
        classes(&path, &node.children, text);
    }
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
