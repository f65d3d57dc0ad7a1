//! Items as a lead looks at them: lists by filter, one with everything there is, answers given back, people paused.

use engraft_annotate::read_kept;
use engraft_store::{Filter, Label, State, Status};
use serde::Deserialize;

use crate::dataset::opened;
use crate::dataset::record;
use crate::people::{Act, Principal, users};
use crate::review::behind::{self, Behind};
use crate::review::view::{ItemDetail, ItemRow, Items, ResponseView};
use crate::work::{comments, item};
use crate::{Context, Error, Workspace, when};

/// How long an answer that was given back is held for its author: a week.
const HELD_MS: i64 = 7 * 24 * 3600 * 1000;

/// Which items; all conditions must hold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ItemFilter {
    /// Words in its fields.
    pub text: Option<String>,
    /// `open`, `complete` (in conflict), `resolved` or `gold`.
    pub state: Option<String>,
    /// Answered or skipped by this person.
    pub user: Option<String>,
    /// With `user`: only what they `submitted`, or only what they `skipped`.
    pub status: Option<String>,
    /// With `user`: only what they submitted since midnight UTC.
    pub today: bool,
    /// With this question…
    pub question: Option<String>,
    /// …answered so by somebody.
    pub label: Option<String>,
    /// With `question` and `label`: and so by somebody else, the items behind a cell of the dashboard's matrix. All of them:
    /// `after` and `limit` do nothing then, and `text` is refused.
    pub other: Option<String>,
    /// The items behind this figure of the dashboard; all of them, as with `other`.
    pub behind: Option<Behind>,
    /// Flagged by somebody.
    pub flagged: bool,
    /// After this item.
    pub after: Option<String>,
    /// How many; 50 by default.
    pub limit: Option<usize>,
}

/// A page of a dataset's items.
pub fn items(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    filter: &ItemFilter,
) -> Result<Items, Error> {
    who.must(Act::SeeAnswers)?;
    let dataset = opened::open(workspace, dataset)?;
    let wanted = filter.state.as_deref().map(state).transpose()?;
    if let Some(rows) = behind::rows(workspace, &dataset, filter)? {
        let fits = |row: &engraft_store::ItemRow| {
            wanted.is_none_or(|state| row.state == state) && (!filter.flagged || row.flags > 0)
        };
        let rows = rows.into_iter().filter(fits).map(line);
        return Ok(Items { items: rows.collect(), after: None, said: None });
    }
    let limit = filter.limit.unwrap_or(50).clamp(1, 500);
    let user = filter.user.as_deref().map(|name| users::known(workspace, name)).transpose()?;
    let label = filter.question.clone().zip(filter.label.clone());
    let label = label.map(|(question, value)| Label { question, value });
    let rows = workspace.store.list(
        dataset.no,
        &Filter {
            state: wanted,
            user: user.map(|user| user.no),
            status: match filter.today {
                true => Some(Status::Submitted),
                false => filter.status.as_deref().map(status).transpose()?,
            },
            since: filter.today.then(|| when::day(when::millis(context))),
            label: label.as_ref(),
            text: filter.text.as_deref().filter(|text| !text.trim().is_empty()),
            flagged: filter.flagged,
            answerable: None,
            after: filter.after.as_deref().map(|item| dataset.item(workspace, item)).transpose()?,
            limit,
        },
    )?;
    let said = label.map(|label| workspace.store.label_count(dataset.no, &label)).transpose()?;
    let after = (rows.len() == limit).then(|| rows.last().map(|row| row.external.clone())).flatten();
    Ok(Items { items: rows.into_iter().map(line).collect(), after, said })
}

fn line(row: engraft_store::ItemRow) -> ItemRow {
    ItemRow {
        item: row.external,
        title: row.preview,
        responses: u64::from(row.submitted),
        state: match row.state {
            State::Open if row.submitted == 0 => "untouched",
            State::Open => "begun",
            State::Complete => "conflict",
            State::Resolved => "resolved",
            State::Gold => "gold",
        },
        flagged: row.flags > 0,
        metadata: serde_json::from_str(&row.metadata).unwrap_or_default(),
    }
}

fn state(word: &str) -> Result<State, Error> {
    Ok(match word {
        "open" => State::Open,
        "complete" | "conflict" => State::Complete,
        "resolved" => State::Resolved,
        "gold" => State::Gold,
        _ => {
            return Err(Error::Request {
                message: format!("`{word}` is no state of an item"),
                hint: "use open, conflict, resolved or gold".into(),
            });
        }
    })
}

fn status(word: &str) -> Result<Status, Error> {
    match word {
        "submitted" => Ok(Status::Submitted),
        "skipped" => Ok(Status::Skipped),
        _ => Err(Error::Request {
            message: format!("`{word}` is nothing a person did with an item"),
            hint: "use submitted or skipped".into(),
        }),
    }
}

/// Everything there is about one item.
pub fn item(
    _context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    item: &str,
) -> Result<ItemDetail, Error> {
    who.must(Act::SeeAnswers)?;
    let opened = opened::open(workspace, dataset)?;
    let no = opened.item(workspace, item)?;
    let mut found = workspace.store.records_of(opened.no, &[no])?;
    let row = found.pop().ok_or_else(|| opened.no_item(item))?;
    let names = record::names(workspace)?;
    let whole = record::record(&opened, &row, &names);
    let fields = item::fields_of(&row.fields);
    let said = |text: &str| {
        let value = serde_json::from_str(text).unwrap_or_default();
        read_kept(&opened.schema, &fields, &value)
    };
    let responses = row.responses.iter().map(|response| (response, said(&response.answers)));
    let responses = responses.map(|(response, (answers, earlier))| ResponseView {
        response_id: format!("{dataset}/{item}/{}", response.user),
        user: names.get(&response.user).cloned().unwrap_or_default(),
        status: match response.status {
            Status::Draft => "draft",
            Status::Submitted => "submitted",
            Status::Skipped => "skipped",
        },
        version: u64::from(response.version),
        answers,
        earlier,
        at: when::rfc3339(response.at),
        seconds: (response.active_ms > 0).then(|| response.active_ms as f64 / 1000.0),
        guideline: response.guideline.clone(),
        accepted: response.accepted.clone(),
        reason: response.reason.clone(),
    });
    Ok(ItemDetail {
        responses: responses.collect(),
        comments: comments::visible(workspace, who, &opened, no)?,
        dataset: opened.name,
        item: item.into(),
        fields: whole.fields,
        layout: opened.schema.fields,
        questions: opened.schema.questions,
        metadata: whole.metadata,
        suggestions: whole.suggestions,
        gold: whole.gold,
        resolution: whole.resolution,
    })
}

/// Gives a person's answers back to them, with a reason; they count again once submitted again.
pub fn return_to(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    item: &str,
    user: &str,
    reason: &str,
) -> Result<(), Error> {
    who.must(Act::SeeAnswers)?;
    let dataset = opened::open(workspace, dataset)?;
    let no = dataset.item(workspace, item)?;
    let person = users::known(workspace, user)?;
    let by = users::by(workspace, who)?;
    match workspace.store.return_response(
        dataset.no,
        no,
        person.no,
        reason,
        by,
        HELD_MS,
        when::millis(context),
    )? {
        true => Ok(()),
        false => Err(Error::Missing {
            what: "submitted response of that person to",
            name: item.into(),
            hint: "look at the item again".into(),
        }),
    }
}

/// Stops serving a person in a dataset, or lets them go on when there is no reason.
pub fn pause(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    user: &str,
    why: Option<&str>,
) -> Result<(), Error> {
    who.must(Act::Manage)?;
    let dataset = opened::open(workspace, dataset)?;
    let person = users::known(workspace, user)?;
    let by = users::by(workspace, who)?;
    Ok(workspace.store.pause(dataset.no, person.no, why, by, when::millis(context))?)
}
