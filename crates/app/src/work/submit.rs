//! Keeping answers: drafts, submissions, skips and their undoing; nothing is overwritten unseen.

use engraft_annotate::{Answers, Question, Stage, compare_with_gold, read_answers, should_pause};
use engraft_store::{
    DraftSaved, Refused, SaveDraft, Status, Submission as Outcome, Submit, Undone, UserNo, Why as Refusal,
};
use serde::Deserialize;
use serde_json::Value;

use crate::dataset::opened::{self, Opened};
use crate::dataset::words;
use crate::error::Current;
use crate::people::{Act, Principal};
use crate::when::active;
use crate::work::view::{ItemView, MissedGold, Saved, Skipped, Submitted};
use crate::work::{item, piles, settle};
use crate::{Context, Error, Workspace, when};

/// The reasons a person may give for leaving an item to others.
pub const REASONS: [&str; 4] = ["unclear", "not_my_language", "broken", "conflict_of_interest"];

/// Answers to keep.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Submission {
    /// The item.
    pub item: String,
    /// The lease it came with; not needed to change one's own earlier answers.
    #[serde(default)]
    pub lease: Option<String>,
    /// The version of the response that the person saw; absent: none, so that nothing is replaced unseen. A draft without
    /// one is kept beside whatever is there.
    #[serde(default)]
    pub version: Option<u64>,
    /// The version of the draft that the person saw; absent: whatever is there.
    #[serde(default)]
    pub draft_version: Option<u64>,
    /// By question.
    pub answers: Value,
    /// Active milliseconds it took, those before an earlier submission among them; no more are kept than passed since the person
    /// was given the item, or told of it last.
    #[serde(default)]
    pub active_ms: u64,
    /// The questions whose suggestion was taken over with a key of its own.
    #[serde(default)]
    pub accepted: Vec<String>,
}

/// An item to leave to others.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Skip {
    /// The item.
    pub item: String,
    /// The lease it came with.
    #[serde(default)]
    pub lease: Option<String>,
    /// Why; one of [`REASONS`], or words.
    pub reason: String,
    /// Active milliseconds it took; no more are kept than passed since the person was given the item.
    #[serde(default)]
    pub active_ms: u64,
}

/// Keeps answers that may be half done.
pub fn save_draft(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    draft: &Submission,
) -> Result<Saved, Error> {
    let desk = desk(context, workspace, who, dataset, &draft.item)?;
    let view = item::unseen(workspace, &desk.dataset, desk.user, desk.item)?;
    if draft.version.is_some_and(|seen| seen != view.version) {
        let answers = serde_json::to_value(&view.answers).unwrap_or_default();
        return Err(answered_since(&draft.item, Current { version: view.version, answers }));
    }
    let answers = read(&desk.dataset, &view, &draft.answers, Stage::Draft)?;
    let outcome = workspace.store.save_draft(&SaveDraft {
        dataset: desk.dataset.no,
        item: desk.item,
        user: desk.user,
        expected: draft.draft_version.map(version),
        answers: &engraft_annotate::canonical_json(&answers),
        guideline: Some(&desk.dataset.guideline),
        active_ms: active(draft.active_ms),
        now: desk.now,
    })?;
    match outcome {
        DraftSaved::Saved(version) => Ok(saved(&desk, u64::from(version))),
        DraftSaved::Changed(row) => Err(Error::Conflict {
            message: format!("the draft of {} was changed elsewhere", draft.item),
            hint: "look at both and save the one to keep".into(),
            current: Some(current(u64::from(row.version), &row.answers)),
            kept: false,
        }),
        DraftSaved::Answered(row) => {
            Err(answered_since(&draft.item, current(u64::from(row.version), &row.answers)))
        }
    }
}

/// Keeps complete answers: they count from now on.
pub fn submit(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    given: &Submission,
) -> Result<Submitted, Error> {
    let desk = desk(context, workspace, who, dataset, &given.item)?;
    let dataset = &desk.dataset;
    let view = item::unseen(workspace, dataset, desk.user, desk.item)?;
    let answers = read(dataset, &view, &given.answers, Stage::Submit)?;
    let gold = gold_of(workspace, &desk, &view)?;
    let compare = |gold: &Answers| compare_with_gold(&dataset.schema, &view.fields, &answers, gold);
    let verdict = gold.as_ref().and_then(compare);
    let was_told = match &gold {
        Some(gold) if dataset.schema.gold.feedback => missed_before(workspace, &desk, &view, gold)?,
        _ => false,
    };
    let token = token(given.lease.as_deref())?;
    let presented = (!view.presented.is_empty()).then(|| engraft_annotate::canonical_json(&view.presented));
    let outcome = workspace.store.submit(&Submit {
        dataset: dataset.no,
        item: desk.item,
        user: desk.user,
        token,
        expected: version(given.version.unwrap_or(0)),
        answers: &engraft_annotate::canonical_json(&answers),
        labels: &words::labels(&answers),
        accepted: &accepted(&view, &answers, &given.accepted),
        guideline: &dataset.guideline,
        active_ms: active(given.active_ms).max(view.active_ms),
        gold_right: verdict.as_ref().map(|verdict| verdict.right && !was_told),
        presented: presented.as_deref(),
        now: desk.now,
    })?;
    let accepted = match outcome {
        Outcome::Accepted(accepted) => accepted,
        Outcome::Refused(Refused { why: Refusal::Version, draft, current: Some(row) })
            if given.version.is_none() =>
        {
            return Err(answered_already(
                &given.item,
                draft > 0,
                current(u64::from(row.version), &row.answers),
            ));
        }
        Outcome::Refused(refused) => return Err(conflict(&given.item, refused)),
    };
    if gold.is_none() {
        settle::after(workspace, dataset, desk.item, &accepted, desk.now)?;
    } else if !accepted.replayed {
        pause_if_careless(workspace, &desk)?;
    }
    let missed = verdict.filter(|verdict| dataset.schema.gold.feedback && !verdict.right);
    let gold = missed.zip(gold).map(|(verdict, expected)| {
        let wrong =
            |question: &&Question| verdict.questions.get(&question.name).is_some_and(|score| !score.right);
        let questions: Vec<&Question> = dataset.schema.questions.iter().filter(wrong).collect();
        let missed = questions.iter().map(|question| question.name.clone()).collect();
        let titles = questions.iter().map(|question| question.title().to_string()).collect();
        MissedGold { expected, missed, titles }
    });
    let counts = piles::of(workspace, dataset, desk.user)?;
    let saved = saved(&desk, u64::from(accepted.version));
    let Saved { response_id, version, saved_at } = saved;
    Ok(Submitted { response_id, version, saved_at, counts, gold })
}

/// Leaves an item to others; this person is not asked again.
pub fn skip(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    given: &Skip,
) -> Result<Skipped, Error> {
    if given.reason.trim().is_empty() {
        return Err(Error::Request {
            message: "a skip needs a reason".into(),
            hint: format!("name one: {}, or your own words", REASONS.join(", ")),
        });
    }
    let desk = desk(context, workspace, who, dataset, &given.item)?;
    let outcome = workspace.store.skip(&engraft_store::Skip {
        dataset: desk.dataset.no,
        item: desk.item,
        user: desk.user,
        // Leases count from 1, so that none is the one that nobody holds.
        token: token(given.lease.as_deref())?.unwrap_or(0),
        reason: given.reason.trim(),
        guideline: &desk.dataset.guideline,
        active_ms: active(given.active_ms),
        now: desk.now,
    })?;
    let accepted = match outcome {
        Outcome::Accepted(accepted) => accepted,
        Outcome::Refused(refused) => return Err(conflict(&given.item, refused)),
    };
    let Saved { response_id, version, .. } = saved(&desk, u64::from(accepted.version));
    let counts = piles::of(workspace, &desk.dataset, desk.user)?;
    Ok(Skipped { item: given.item.clone(), response_id, version, counts })
}

/// Takes back this person's last submit or skip: it becomes a draft, held for them again.
pub fn undo(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
) -> Result<ItemView, Error> {
    who.must(Act::Annotate)?;
    let dataset = opened::open(workspace, dataset)?;
    let user = opened::person(workspace, who)?;
    let now = when::millis(context);
    match workspace.store.undo_last(dataset.no, user, dataset.lease_ms(), now)? {
        Undone::Back { item, .. } => item::view(workspace, &dataset, user, item),
        Undone::Nothing => Err(Error::Conflict {
            message: "there is nothing to take back".into(),
            hint: "open an earlier item from your history to change it".into(),
            current: None,
            kept: false,
        }),
        Undone::Refused(why) => Err(Error::Conflict {
            message: match why {
                Refusal::NoRoom => "others have answered the last item since".into(),
                _ => "the last item was reviewed since".into(),
            },
            hint: "leave a comment on it for the reviewer".into(),
            current: None,
            kept: false,
        }),
    }
}

/// Who is at which item, and when.
struct Desk {
    dataset: Opened,
    user: UserNo,
    item: engraft_store::ItemNo,
    name: String,
    now: i64,
}

fn desk(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    item: &str,
) -> Result<Desk, Error> {
    who.must(Act::Annotate)?;
    let dataset = opened::open(workspace, dataset)?;
    let user = opened::person(workspace, who)?;
    let no = dataset.item(workspace, item)?;
    Ok(Desk { dataset, user, item: no, name: item.into(), now: when::millis(context) })
}

fn read(dataset: &Opened, view: &ItemView, answers: &Value, stage: Stage) -> Result<Answers, Error> {
    read_answers(&dataset.schema, &view.fields, answers, stage)
        .map_err(|problems| Error::problems("the answers do not fit", problems))
}

/// A response is named by what it answers and by whom.
fn saved(desk: &Desk, version: u64) -> Saved {
    Saved {
        response_id: format!("{}/{}/{}", desk.dataset.name, desk.name, desk.user),
        version,
        saved_at: when::rfc3339(desk.now),
    }
}

/// A version as the store counts them; none is so high that it would not fit.
fn version(given: u64) -> u32 {
    u32::try_from(given).unwrap_or(u32::MAX)
}

/// The number of a lease, if it can be one.
pub(crate) fn number(lease: &str) -> Option<u64> {
    lease.parse().ok().filter(|number| i64::try_from(*number).is_ok())
}

fn token(lease: Option<&str>) -> Result<Option<u64>, Error> {
    let read = |lease: &str| {
        number(lease).ok_or_else(|| Error::Request {
            message: format!("`{lease}` is no lease"),
            hint: "pass the `lease` that `engraft queue next` gave with the item".into(),
        })
    };
    lease.map(read).transpose()
}

/// The questions taken over from a suggestion: said so by the page, and still the same as the suggestion.
fn accepted(view: &ItemView, answers: &Answers, said: &[String]) -> Vec<String> {
    let same = |question: &String| {
        let given = answers.get(question);
        given.is_some() && view.suggestions.iter().any(|suggestion| suggestion.answers.get(question) == given)
    };
    said.iter().filter(|question| same(question)).cloned().collect()
}

fn gold_of(workspace: &Workspace, desk: &Desk, view: &ItemView) -> Result<Option<Answers>, Error> {
    let kept = workspace.store.gold(desk.dataset.no, desk.item)?;
    Ok(kept.and_then(|text| item::stored_answers(&desk.dataset, &view.fields, &text)))
}

/// Whether the person answered this known item before, and not right. Who was told what is right shows nothing by saying it.
fn missed_before(workspace: &Workspace, desk: &Desk, view: &ItemView, gold: &Answers) -> Result<bool, Error> {
    let earlier = workspace.store.versions(desk.dataset.no, desk.item, desk.user)?;
    let submitted = earlier.iter().filter(|row| row.status == Status::Submitted);
    let mut said =
        submitted.filter_map(|row| item::stored_answers(&desk.dataset, &view.fields, &row.answers));
    Ok(said.any(|answers| {
        compare_with_gold(&desk.dataset.schema, &view.fields, &answers, gold)
            .is_some_and(|verdict| !verdict.right)
    }))
}

/// Stops serving a person whose answers to gold are too often wrong; a lead lets them go on.
fn pause_if_careless(workspace: &Workspace, desk: &Desk) -> Result<(), Error> {
    let member = workspace.store.member(desk.dataset.no, desk.user)?;
    let rule = &desk.dataset.schema.gold;
    let standing = should_pause(rule, member.gold_right as u32, member.gold_answered as u32);
    if member.paused.is_none() && standing.pause {
        let why = format!("{} of {} known items answered right", member.gold_right, member.gold_answered);
        workspace.store.pause(desk.dataset.no, desk.user, Some(&why), None, desk.now)?;
    }
    Ok(())
}

pub(super) fn current(version: u64, answers: &str) -> Current {
    Current { version, answers: serde_json::from_str(answers).unwrap_or_default() }
}

/// A draft that was on its way when its item was answered, here or in another tab: kept, it would look like work to do.
fn answered_since(item: &str, current: Current) -> Error {
    Error::Conflict {
        message: format!("{item} was answered meanwhile; the draft is not kept"),
        hint: "open the item again to change its answers".into(),
        current: Some(current),
        kept: false,
    }
}

/// Answers that say nothing of the response that is there.
pub(super) fn answered_already(item: &str, kept: bool, current: Current) -> Error {
    let draft = if kept { "; these answers are kept as a draft" } else { "" };
    Error::Conflict {
        message: format!("you have answered {item} already{draft}"),
        hint: format!("to replace that answer, name the version you saw: it is {} now", current.version),
        current: Some(current),
        kept,
    }
}

pub(super) fn conflict(item: &str, refused: Refused) -> Error {
    // A skip has none.
    let kept = if refused.draft > 0 { "; your answers are kept as a draft" } else { "" };
    let (message, hint) = match refused.why {
        Refusal::NoLease => (
            format!("{item} is no longer held for you{kept}"),
            "go on with the next item; this one comes again if it is still open",
        ),
        Refusal::Version => {
            (format!("{item} was changed elsewhere{kept}"), "look at both and submit the one to keep")
        }
        Refusal::Reviewed => (
            format!("{item} was reviewed and can no longer be changed{kept}"),
            "leave a comment for the reviewer",
        ),
        Refusal::Skipped => (format!("you skipped {item}{kept}"), "undo the skip first"),
        Refusal::NoRoom => (format!("{item} has all the answers it needs{kept}"), "go on with the next item"),
    };
    let now = refused.current.map(|row| current(u64::from(row.version), &row.answers));
    Error::Conflict { message, hint: hint.into(), current: now, kept: refused.draft > 0 }
}
