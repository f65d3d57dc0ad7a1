//! The next items of a queue: leased to one person, gold among them unseen, held ones first.

use engraft_annotate::serve_gold;
use engraft_core::short_id;
use engraft_store::{Ask, Idle, UserNo};

use crate::dataset::opened::{self, Opened};
use crate::people::{Act, Principal};
use crate::work::item;
use crate::work::piles;
use crate::work::submit::number;
use crate::work::view::{Finished, Heartbeat, Next, Renewed, Why};
use crate::{Context, Error, Workspace, when};

/// The most items one person may hold.
const MOST: usize = 10;

/// Up to `how_many` items for this person, which are theirs alone until the lease ends. Those they hold come first.
pub fn next(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    how_many: usize,
) -> Result<Next, Error> {
    who.must(Act::Annotate)?;
    let dataset = opened::open(workspace, dataset)?;
    let user = opened::person(workspace, who)?;
    let now = when::millis(context);
    let how_many = how_many.clamp(1, MOST);
    let mut served = serve(workspace, &dataset, user, how_many, now)?;
    let mut items = Vec::new();
    for lease in &served.leased {
        let mut view = item::view(workspace, &dataset, user, lease.item)?;
        view.lease = Some(lease.token.to_string());
        view.expires_at = Some(when::rfc3339(lease.expires_at));
        items.push(view);
    }
    let finished = served.idle.take().filter(|_| items.is_empty());
    let finished = finished.map(|idle| finish(workspace, &dataset, idle)).transpose()?;
    Ok(Next { items, finished, counts: piles::of(workspace, &dataset, user)? })
}

/// Leases; whether a new one is gold is decided for each, so that onboarding and rate hold however many are asked for.
fn serve(
    workspace: &Workspace,
    dataset: &Opened,
    user: UserNo,
    how_many: usize,
    now: i64,
) -> Result<engraft_store::Served, Error> {
    let rule = &dataset.schema.gold;
    let seed = seed_of(dataset, user);
    let ask = |how_many, gold| Ask {
        dataset: dataset.no,
        user,
        how_many,
        gold,
        seed,
        lease_ms: dataset.lease_ms(),
        now,
    };
    if rule.rate == 0.0 && rule.onboarding == 0 {
        return Ok(workspace.store.next(&ask(how_many, false))?);
    }
    // Those held already come first, whatever is asked for: the second round knows how many they are.
    let mut wanted = 1;
    loop {
        let member = workspace.store.member(dataset.no, user)?;
        let (all, golds) = (member.served as u32, member.gold_served as u32);
        let onboarding = golds.min(rule.onboarding);
        let gold = serve_gold(rule, all - onboarding, golds - onboarding, onboarding, seed);
        let served = workspace.store.next(&ask(wanted, gold))?;
        let held = served.leased.len();
        if held >= how_many || held < wanted {
            return Ok(served);
        }
        wanted = held + 1;
    }
}

/// Always the same for one person in one dataset.
fn seed_of(dataset: &Opened, user: UserNo) -> u64 {
    u64::from_str_radix(&short_id(&["queue", &dataset.name, &user.to_string()]), 16).unwrap_or(0)
}

fn finish(workspace: &Workspace, dataset: &Opened, idle: Idle) -> Result<Finished, Error> {
    let said = |why, message: &str, until: Option<i64>| Finished {
        why,
        message: message.into(),
        until: until.map(when::rfc3339),
    };
    Ok(match idle {
        Idle::Done if workspace.store.tally(dataset.no, 0)?.items == 0 => {
            said(Why::Empty, "The dataset holds no item yet.", None)
        }
        Idle::Done => said(Why::Done, "Everything here is answered.", None),
        Idle::Waiting => {
            said(Why::Waiting, "You did all you can here; others are needed for the rest.", None)
        }
        Idle::Reserved { until } => {
            said(Why::Reserved, "The rest is in the hands of others for now.", Some(until))
        }
        Idle::Paused => said(Why::Paused, "Your work here is paused; ask the lead.", None),
    })
}

/// Keeps leases alive. Those that are lost come back without one; with the guideline version that counts now.
pub fn heartbeat(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    held: &[(String, String)],
) -> Result<Heartbeat, Error> {
    who.must(Act::Annotate)?;
    let dataset = opened::open(workspace, dataset)?;
    let user = opened::person(workspace, who)?;
    let now = when::millis(context);
    let tokens: Vec<u64> = held.iter().filter_map(|(_, lease)| number(lease)).collect();
    let alive = workspace.store.heartbeat(dataset.no, user, &tokens, dataset.lease_ms(), now)?;
    let each = held.iter().map(|(item, lease)| {
        let lives = number(lease).is_some_and(|token| alive.contains(&token));
        Renewed {
            item: item.clone(),
            lease: lives.then(|| lease.clone()),
            expires_at: lives.then(|| when::rfc3339(now + dataset.lease_ms())),
        }
    });
    Ok(Heartbeat { items: each.collect(), guideline: dataset.guideline.clone() })
}

/// Gives everything this person holds back to the queue; drafts are kept.
pub fn release(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
) -> Result<usize, Error> {
    who.must(Act::Annotate)?;
    let dataset = opened::open(workspace, dataset)?;
    let user = opened::person(workspace, who)?;
    Ok(workspace.store.release(dataset.no, user, None, when::millis(context))?)
}

/// One of this person's own items: held, begun, answered, skipped or given back.
pub fn open(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    item: &str,
) -> Result<crate::work::ItemView, Error> {
    who.must(Act::Annotate)?;
    let _ = context;
    let dataset = opened::open(workspace, dataset)?;
    let user = opened::person(workspace, who)?;
    let no = dataset.item(workspace, item)?;
    item::view(workspace, &dataset, user, no)
}

/// The dataset in which this person holds the item by that lease: no two leases of a workspace have one token. Without a lease
/// there, the dataset of an item that they hold or answered, when only one has it.
pub fn dataset_of(
    _context: Context,
    workspace: &Workspace,
    who: &Principal,
    item: &str,
    lease: Option<&str>,
) -> Result<String, Error> {
    who.must(Act::Annotate)?;
    let user = opened::person(workspace, who)?;
    let token = lease.and_then(number);
    let (mut theirs, mut any) = (Vec::new(), Vec::new());
    for row in workspace.store.datasets()? {
        let Some(found) = workspace.store.item_by_external(row.no, item)? else { continue };
        let work = workspace.store.work(row.no, found.no, user)?;
        let held = work.as_ref().and_then(|work| work.lease).map(|(token, _)| token);
        if token.is_some() && held == token {
            return Ok(row.name);
        }
        let mine =
            work.is_some_and(|work| work.lease.is_some() || work.draft.is_some() || work.response.is_some());
        if mine {
            theirs.push(row.name.clone());
        }
        any.push(row.name);
    }
    let candidates = if theirs.is_empty() { any } else { theirs };
    match &candidates[..] {
        [one] => Ok(one.clone()),
        [] => Err(Error::Missing {
            what: "item",
            name: item.into(),
            hint: "run `engraft queue next --dataset D --as USER` for one to answer".into(),
        }),
        several => Err(Error::Request {
            message: format!("`{item}` is in {}", several.join(", ")),
            hint: "say which with --dataset".into(),
        }),
    }
}
