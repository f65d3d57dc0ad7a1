//! What an import or export came to: what was done, and all that was not.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

/// Rejections are listed up to here; all are counted.
const LISTED: usize = 1000;

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ImportReport {
    /// Items handed over.
    pub items: u64,
    /// Responses on them.
    pub responses: u64,
    /// Models' answers on them.
    pub suggestions: u64,
    /// Spans whose offsets were wrong and whose quote said where they belong.
    pub repaired: u64,
    /// What could not be read, the first thousand.
    pub rejected: Vec<Rejected>,
    /// How many could not be read.
    pub rejected_total: u64,
    /// What the file says and the dataset has no place for.
    pub losses: Vec<Loss>,
}

impl ImportReport {
    pub(crate) fn reject(&mut self, line: u64, message: String) {
        self.rejected_total += 1;
        if self.rejected.len() < LISTED {
            self.rejected.push(Rejected { line, message });
        }
    }
}

/// An item, response or suggestion that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// Where it starts, from 1; in a folder, the line of the file that `message` names.
    pub line: u64,
    /// What is wrong with it.
    pub message: String,
}

/// What an export did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ExportReport {
    /// Rows written: tasks, lines, documents, judgements – whatever the format counts in.
    pub rows: u64,
    /// SHA-256 of the file's bytes; of several files, of their `sha256  name` lines in the order of `files`.
    pub sha256: String,
    /// What was written; for brat only the folders.
    pub files: Vec<Exported>,
    /// What was written beside it for the tool that reads it: a labelling configuration, settings, `dataset_info.json`.
    pub beside: Vec<PathBuf>,
    /// What the dataset says and the format has no place for.
    pub losses: Vec<Loss>,
}

/// One written file, or folder of documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// Where.
    pub path: PathBuf,
    /// Rows in it.
    pub rows: u64,
    /// SHA-256 of its bytes, or of its files' lines as in [`ExportReport::sha256`].
    pub sha256: String,
}

/// One kind of thing that did not make it across.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Loss {
    /// What: `a span with gaps in "entities"`.
    pub what: String,
    /// How many.
    pub count: u64,
    /// Why there is no place for it.
    pub why: String,
    /// The first item it is lost of, where an export loses something of items.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
}

/// How often something is lost, and the first item it is lost of.
type Tally = (u64, Option<String>);

/// Counts losses by what and why.
#[derive(Clone, Debug, Default)]
pub(crate) struct Losses {
    counts: BTreeMap<(Cow<'static, str>, Cow<'static, str>), Tally>,
    item: Option<String>,
}

impl Losses {
    /// What is counted from now on is lost of this item.
    pub(crate) fn of_item(&mut self, id: &str) {
        let item = self.item.get_or_insert_default();
        item.clear();
        item.push_str(id);
    }

    pub(crate) fn add(&mut self, what: impl Into<Cow<'static, str>>, why: impl Into<Cow<'static, str>>) {
        self.add_many(what, why, 1);
    }

    /// Counts `n` more; none leaves no trace.
    pub(crate) fn add_many(
        &mut self,
        what: impl Into<Cow<'static, str>>,
        why: impl Into<Cow<'static, str>>,
        n: u64,
    ) {
        if n > 0 {
            let tally = self.counts.entry((what.into(), why.into()));
            tally.or_insert_with(|| (0, self.item.clone())).0 += n;
        }
    }

    pub(crate) fn listed(self) -> Vec<Loss> {
        let loss = |((what, why), (count, first)): ((Cow<str>, Cow<str>), Tally)| Loss {
            what: what.into_owned(),
            count,
            why: why.into_owned(),
            first,
        };
        self.counts.into_iter().map(loss).collect()
    }
}
