//! The items behind a figure of the dashboard that only some of the latest items count for.

use engraft_store::ItemRow;
use serde::Deserialize;

use crate::dataset::opened::Opened;
use crate::dataset::record;
use crate::people::users;
use crate::review::items::ItemFilter;
use crate::review::matrix::matrix;
use crate::review::view::Cell;
use crate::review::window::{self, Answered};
use crate::{Error, Workspace};

/// A figure of the dashboard. Each looks at the latest items that two people or more answered, `accepted` at the latest that
/// anybody answered, `speed` at the latest that the person answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Behind {
    /// How far people agree on `question`.
    Agreement,
    /// How often `user` said what others said.
    Agrees,
    /// How often `user` took a suggestion over unchanged.
    Accepted,
    /// How long `user` takes for an item.
    Speed,
}

/// The items behind what is asked for, all of them, in order; `None` when no such figure is asked for.
pub(crate) fn rows(
    workspace: &Workspace,
    dataset: &Opened,
    filter: &ItemFilter,
) -> Result<Option<Vec<ItemRow>>, Error> {
    let cell = filter.question.as_ref().zip(filter.label.as_ref()).zip(filter.other.as_ref());
    if filter.behind.is_none() && cell.is_none() {
        return Ok(None);
    }
    if filter.text.as_deref().is_some_and(|text| !text.trim().is_empty()) {
        return Err(Error::Request {
            message: "words cannot be sought together with a figure or a second answer".into(),
            hint: "leave the text out, or the figure".into(),
        });
    }
    let user = filter.user.as_deref().map(|name| users::known(workspace, name)).transpose()?;
    let person = || user.as_ref().ok_or_else(|| nobody("user"));
    let each = if filter.behind == Some(Behind::Speed) {
        let numbers = workspace.store.timed(dataset.no, person()?.no)?;
        numbers
            .into_iter()
            .map(|(no, _)| workspace.store.item(dataset.no, no))
            .collect::<Result<Vec<_>, _>>()?
    } else {
        let names = record::names(workspace)?;
        let mut latest = match filter.behind {
            Some(Behind::Accepted) => window::suggested(workspace, dataset, &names)?,
            _ => window::latest(workspace, dataset, &names)?,
        };
        if let Some(user) = &user {
            latest.retain(|item| item.given.iter().any(|(name, _)| *name == user.name));
        }
        let found = match (filter.behind, cell) {
            (Some(Behind::Agreement), _) => {
                let question = filter.question.as_ref().ok_or_else(|| nobody("question"))?;
                those(&latest, |item| item.is_compared(question))
            }
            (Some(Behind::Accepted), _) => {
                let no = person()?.no;
                those(&latest, |item| item.accepted.iter().any(|row| row.0 == no && row.1 > 0))
            }
            (Some(_), _) => {
                let name = &person()?.name;
                those(&latest, |item| shares_a_question(item, name))
            }
            (None, Some(((question, one), other))) => cell_of(question, [one, other], &latest),
            (None, None) => Vec::new(),
        };
        let by_name = |name: &String| workspace.store.item_by_external(dataset.no, name);
        found.iter().map(by_name).collect::<Result<Vec<_>, _>>()?
    };
    let mut rows: Vec<ItemRow> = each.into_iter().flatten().collect();
    rows.sort_unstable_by_key(|row| row.no);
    Ok(Some(rows))
}

fn nobody(what: &str) -> Error {
    Error::Request {
        message: format!("a figure is asked for, but not of which {what}"),
        hint: format!("pass `{what}` too"),
    }
}

fn those(latest: &[Answered], is: impl Fn(&Answered) -> bool) -> Vec<String> {
    latest.iter().filter(|item| is(item)).map(|item| item.item.clone()).collect()
}

/// Whether this person and another one answered a question of the item.
fn shares_a_question(item: &Answered, name: &str) -> bool {
    let (mine, theirs): (Vec<_>, Vec<_>) = item.given.iter().partition(|(user, _)| user == name);
    let others_said = |question: &String| theirs.iter().any(|(_, answers)| answers.contains_key(question));
    mine.iter().any(|(_, answers)| answers.keys().any(others_said))
}

/// The items on which one person said the one and another the other.
fn cell_of(question: &str, said: [&String; 2], latest: &[Answered]) -> Vec<String> {
    let cells = matrix(question, latest).map(|matrix| matrix.cells).unwrap_or_default();
    let is = |cell: &Cell| [&cell.a, &cell.b] == said || [&cell.b, &cell.a] == said;
    cells.into_iter().find(is).map(|cell| cell.items).unwrap_or_default()
}
