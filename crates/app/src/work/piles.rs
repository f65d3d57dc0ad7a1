//! A person's piles: how many items lie in each, what is in them, what is left at their speed.

use engraft_store::{OwnDraft, ReturnedRow, Status, UserNo};

use crate::dataset::opened::{self, Opened};
use crate::dataset::words::title;
use crate::people::{Act, Principal};
use crate::work::guidelines::is_news;
use crate::work::view::{History, HistoryRow, QueueView, Tab, TabCounts};
use crate::{Context, Error, Workspace, when};

/// The counts of a person's piles. Nothing in them depends on what others answered.
pub(crate) fn of(workspace: &Workspace, dataset: &Opened, user: UserNo) -> Result<TabCounts, Error> {
    let member = workspace.store.member(dataset.no, user)?;
    let left = workspace.store.left(dataset.no, user)?;
    Ok(TabCounts {
        pending: left.items,
        pending_fewer: left.fewer,
        draft: workspace.store.count_drafts(dataset.no, user)?,
        submitted: member.submitted,
        skipped: member.skipped,
        returned: workspace.store.count_returned(dataset.no, user)?,
    })
}

/// The counts of this person's piles.
pub fn counts(
    _context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
) -> Result<TabCounts, Error> {
    who.must(Act::Annotate)?;
    let dataset = opened::open(workspace, dataset)?;
    of(workspace, &dataset, opened::person(workspace, who)?)
}

/// Every queue with this person's piles, by name. One whose schema cannot be read is left out and told of: nobody can work in
/// it, and the others go on.
pub fn queues(context: Context, workspace: &Workspace, who: &Principal) -> Result<Vec<QueueView>, Error> {
    who.must(Act::Annotate)?;
    let user = opened::person(workspace, who)?;
    let now = when::millis(context);
    let rows = workspace.store.datasets()?;
    let mut readable = Vec::new();
    for row in rows {
        match opened::open(workspace, &row.name) {
            Ok(dataset) => readable.push(dataset),
            Err(Error::Bug(why)) => context.progress.say(&format!("{} is left out: {why}", row.name)),
            Err(error) => return Err(error),
        }
    }
    let each = readable.into_iter().map(|dataset| {
        let member = workspace.store.member(dataset.no, user)?;
        let counts = of(workspace, &dataset, user)?;
        let median_ms = workspace.store.median_ms(dataset.no, user)?;
        let median_seconds = median_ms.map(|ms| ms as f64 / 1000.0);
        Ok(QueueView {
            counts,
            done_today: workspace.store.submitted_since(dataset.no, user, when::day(now))?,
            median_seconds,
            minutes_left: median_seconds
                .filter(|_| !counts.pending_fewer)
                .map(|seconds| seconds * counts.pending as f64 / 60.0),
            guidelines_changed: match &member.guideline {
                Some(seen) => is_news(workspace, &dataset, seen)?,
                None => false,
            },
            paused: member.paused.is_some(),
            dataset: dataset.name,
        })
    });
    each.collect()
}

/// A page of this person's piles, newest first; of one pile or of all.
pub fn history(
    _context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    tab: Option<Tab>,
    before: Option<u64>,
    limit: usize,
) -> Result<History, Error> {
    who.must(Act::Annotate)?;
    let dataset = opened::open(workspace, dataset)?;
    let user = opened::person(workspace, who)?;
    let limit = limit.clamp(1, 200);
    let counts = of(workspace, &dataset, user)?;
    let status = match tab {
        Some(Tab::Pending) => return Ok(History { items: Vec::new(), before: None, counts }),
        Some(Tab::Draft) => {
            let rows = workspace.store.drafts(dataset.no, user, limit)?;
            let row = |row: OwnDraft| line(row.external, Tab::Draft, row.at, row.preview, None);
            return Ok(History { items: rows.into_iter().map(row).collect(), before: None, counts });
        }
        Some(Tab::Returned) => {
            let rows = workspace.store.returned(dataset.no, user, limit)?;
            let row =
                |row: ReturnedRow| line(row.external, Tab::Returned, row.at, row.preview, Some(row.reason));
            return Ok(History { items: rows.into_iter().map(row).collect(), before: None, counts });
        }
        Some(Tab::Submitted) => Some(Status::Submitted),
        Some(Tab::Skipped) => Some(Status::Skipped),
        None => None,
    };
    let rows = workspace.store.own_responses(dataset.no, user, status, before, limit)?;
    let before = (rows.len() == limit).then(|| rows.last().map(|row| row.cursor)).flatten();
    let items = rows.into_iter().map(|row| {
        let tab = if row.status == Status::Skipped { Tab::Skipped } else { Tab::Submitted };
        line(row.external, tab, row.at, row.preview, row.reason)
    });
    Ok(History { items: items.collect(), before, counts })
}

fn line(item: String, status: Tab, at: i64, preview: String, reason: Option<String>) -> HistoryRow {
    HistoryRow { item, status, at: when::rfc3339(at), title: title(&preview), reason }
}
