//! Items like another one: by meaning where the workspace has an encoder, else by words.

use engraft_store::{Filter, ItemNo, ItemRow, UserNo};

use crate::dataset::opened::{self, Opened};
use crate::dataset::words;
use crate::people::{Act, Principal};
use crate::work::item;
use crate::work::view::SimilarItem;
use crate::{Context, Error, Workspace, likeness};

/// How many items are compared at most.
const POOL: usize = 5000;

/// The `k` items most like this one, best first: for those who answer, among what they may still answer.
pub fn similar(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    item: &str,
    k: usize,
) -> Result<Vec<SimilarItem>, Error> {
    who.must(Act::Annotate)?;
    let dataset = opened::open(workspace, dataset)?;
    let no = dataset.item(workspace, item)?;
    let answerable = match who.may(Act::SeeAnswers) {
        true => None,
        false => Some(opened::person(workspace, who)?),
    };
    let k = k.clamp(1, 200);
    let found = nearest(context, workspace, &dataset, no, answerable, k + 1)?;
    let others = found.into_iter().filter(|(row, _)| row.no != no).take(k);
    let row = |(row, score): (ItemRow, f64)| SimilarItem { item: row.external, score, title: row.preview };
    Ok(others.map(row).collect())
}

/// The `k` items most like this one, best first, with how alike they are; it is the first of them itself. With `answerable`,
/// all are among what that person may still answer.
pub(crate) fn nearest(
    context: Context,
    workspace: &Workspace,
    dataset: &Opened,
    no: ItemNo,
    answerable: Option<UserNo>,
    k: usize,
) -> Result<Vec<(ItemRow, f64)>, Error> {
    let rows = workspace.store.list(dataset.no, &Filter { answerable, limit: POOL, ..Filter::default() })?;
    let text = |no| -> Result<String, Error> {
        let fields = item::fields_of(&workspace.store.fields(dataset.no, no)?.unwrap_or_default());
        Ok(words::text(&dataset.schema, &fields))
    };
    let wanted = text(no)?;
    let (own, rows): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.no == no);
    let texts = rows.iter().map(|row| text(row.no)).collect::<Result<Vec<String>, Error>>()?;
    let likeness = likeness::compare(context, workspace, &wanted, &texts)?;
    let mut found: Vec<(ItemRow, f64)> = rows.into_iter().zip(likeness).collect();
    found.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.external.cmp(&b.0.external)));
    let mut all: Vec<(ItemRow, f64)> = own.into_iter().map(|row| (row, 1.0)).chain(found).collect();
    all.truncate(k);
    Ok(all)
}
