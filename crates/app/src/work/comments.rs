//! Comments and flags: a thread on each item. Those who answer see their own words and a lead's, never each other's.

use std::collections::BTreeMap;

use engraft_store::{ItemNo, UserNo};

use crate::dataset::opened::{self, Opened};
use crate::people::{Act, Principal, Role, role_of};
use crate::work::view::CommentView;
use crate::{Context, Error, Workspace, when};

/// The most characters of a comment.
const MOST: usize = 4000;

/// What was said about an item, oldest first, as far as this person may see it.
pub fn comments(
    _context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    item: &str,
) -> Result<Vec<CommentView>, Error> {
    who.must(Act::Annotate)?;
    let dataset = opened::open(workspace, dataset)?;
    let no = reach(workspace, who, &dataset, item)?;
    visible(workspace, who, &dataset, no)
}

/// Says something about an item; a flag asks a lead to look at it.
pub fn comment(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    item: &str,
    text: &str,
    flag: bool,
) -> Result<Vec<CommentView>, Error> {
    who.must(Act::Annotate)?;
    let text = text.trim();
    if (text.is_empty() && !flag) || text.chars().count() > MOST {
        return Err(Error::Request {
            message: "that comment cannot be kept".into(),
            hint: format!("write 1 to {MOST} characters"),
        });
    }
    let dataset = opened::open(workspace, dataset)?;
    let no = reach(workspace, who, &dataset, item)?;
    let user = opened::person(workspace, who)?;
    workspace.store.comment(dataset.no, no, user, text, flag, when::millis(context))?;
    visible(workspace, who, &dataset, no)
}

/// The item, when this person may see it: all for those who review, one's own for the rest.
fn reach(workspace: &Workspace, who: &Principal, dataset: &Opened, item: &str) -> Result<ItemNo, Error> {
    let no = dataset.item(workspace, item)?;
    if !who.may(Act::Review) {
        crate::work::item::view(workspace, dataset, opened::person(workspace, who)?, no)?;
    }
    Ok(no)
}

/// The comments of an item as far as this person may see them; who may see the item at all is for the caller to say.
pub(crate) fn visible(
    workspace: &Workspace,
    who: &Principal,
    dataset: &Opened,
    item: ItemNo,
) -> Result<Vec<CommentView>, Error> {
    let users = workspace.store.users()?;
    let people: BTreeMap<UserNo, (String, Role)> =
        users.into_iter().map(|user| (user.no, (user.name, role_of(user.role)))).collect();
    let rows = workspace.store.comments(dataset.no, item)?.into_iter();
    let views = rows.filter_map(|row| {
        let (by, role) = people.get(&row.user).cloned()?;
        let seen = by == who.user || role.may(Act::SeeAnswers) || who.may(Act::SeeAnswers);
        let (id, at) = (row.no.to_string(), when::rfc3339(row.at));
        seen.then_some(CommentView { id, by, at, text: row.text, flag: row.flag })
    });
    Ok(views.collect())
}
