//! Items like another one: by meaning where the workspace has an encoder, else by words.

use engraft_store::Filter;

use crate::dataset::opened;
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
    let rows = workspace.store.list(dataset.no, &Filter { answerable, limit: POOL, ..Filter::default() })?;
    let text = |no| -> Result<String, Error> {
        let fields = item::fields_of(&workspace.store.fields(dataset.no, no)?.unwrap_or_default());
        Ok(words::text(&dataset.schema, &fields))
    };
    let wanted = text(no)?;
    let rows: Vec<_> = rows.into_iter().filter(|row| row.no != no).collect();
    let texts = rows.iter().map(|row| text(row.no)).collect::<Result<Vec<String>, Error>>()?;
    let likeness = likeness::compare(context, workspace, &wanted, &texts)?;
    let mut found: Vec<SimilarItem> = rows
        .into_iter()
        .zip(likeness)
        .map(|(row, score)| SimilarItem { item: row.external, score, title: row.preview })
        .collect();
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.item.cmp(&b.item)));
    found.truncate(k.clamp(1, 200));
    Ok(found)
}
