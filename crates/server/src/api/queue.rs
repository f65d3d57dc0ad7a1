//! A person's own work: the next items, drafts, answers, skips, undo, and what they did before.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use engraft_app::annotate::{Answer, Question};
use engraft_app::people::Principal;
use engraft_app::work::{self, ItemView, Skip, Submission, Tab};
use engraft_app::{Context, Workspace, dataset};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::extract::{Asked, Sent};
use crate::guard::Who;
use crate::problem::Problem;
use crate::studio::Studio;
use crate::{item, sheet};

/// A page of a pile, unless asked otherwise.
const ROWS: usize = 50;
const MOST_ROWS: usize = 200;

#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(default = "one")]
    how_many: usize,
    /// Add every item as it is drawn in the studio.
    #[serde(default)]
    html: bool,
}

/// What a person says, or has said so far.
#[derive(Deserialize)]
pub(crate) struct Said {
    item: String,
    #[serde(default)]
    lease: Option<String>,
    #[serde(default)]
    version: Option<u64>,
    #[serde(default)]
    draft_version: Option<u64>,
    /// The answers, by question…
    #[serde(default)]
    answers: Option<Value>,
    /// …or the form of the item view as a browser would post it.
    #[serde(default)]
    form: Option<String>,
    #[serde(default)]
    active_ms: u64,
    #[serde(default)]
    accepted: Vec<String>,
}

#[derive(Deserialize)]
pub(crate) struct Held {
    items: Vec<Holding>,
}

#[derive(Deserialize)]
struct Holding {
    item: String,
    lease: String,
}

#[derive(Deserialize)]
pub(crate) struct Back {
    #[serde(default)]
    tab: Option<Tab>,
    #[serde(default)]
    before: Option<u64>,
    #[serde(default)]
    limit: Option<usize>,
}

#[derive(Deserialize)]
pub(crate) struct Mine {
    item: String,
    #[serde(default)]
    html: bool,
}

type Reply = Result<Json<Value>, Problem>;

/// The next items, held for this person.
pub(crate) async fn next(
    State(studio): State<Arc<Studio>>,
    who: Who,
    Path(dataset): Path<String>,
    Sent(wanted): Sent<Wanted>,
) -> Reply {
    let principal = who.principal.clone();
    let name = dataset.clone();
    let next =
        studio.call(move |context, app| work::next(context, app, &principal, &name, wanted.how_many)).await?;
    let items: Result<Vec<Value>, Problem> =
        next.items.iter().map(|view| with_html(view, wanted.html.then_some(&who))).collect();
    let finished = match (&next.finished, wanted.html) {
        (Some(finished), true) => {
            let page = crate::pages::work::finished_page(&dataset, finished, &next.counts);
            let mut value = plain(finished)?;
            value["html"] = page.into_string().into();
            value
        }
        (finished, _) => plain(finished)?,
    };
    Ok(Json(json!({ "items": items?, "finished": finished, "counts": next.counts })))
}

/// Keeps what is said so far.
pub(crate) async fn draft(
    State(studio): State<Arc<Studio>>,
    who: Who,
    Path(dataset): Path<String>,
    Sent(said): Sent<Said>,
) -> Reply {
    let again = (dataset.clone(), who.clone());
    let item = said.item.clone();
    let saved = studio
        .call(move |context, app| {
            let submission = match told(said, || questions(context, app, &who.principal, &dataset))? {
                Ok(submission) => submission,
                Err(problem) => return Ok(Err(problem)),
            };
            work::save_draft(context, app, &who.principal, &dataset, &submission).map(Ok)
        })
        .await;
    match flat(saved) {
        Ok(saved) => Ok(Json(plain(&saved)?)),
        Err(problem) => Err(with_current(&studio, problem, again, item).await),
    }
}

/// Answers an item.
pub(crate) async fn submit(
    State(studio): State<Arc<Studio>>,
    who: Who,
    Path(dataset): Path<String>,
    Sent(said): Sent<Said>,
) -> Reply {
    let again = (dataset.clone(), who.clone());
    let item = said.item.clone();
    let submitted = studio
        .call(move |context, app| {
            let submission = match told(said, || questions(context, app, &who.principal, &dataset))? {
                Ok(submission) => submission,
                Err(problem) => return Ok(Err(problem)),
            };
            work::submit(context, app, &who.principal, &dataset, &submission).map(Ok)
        })
        .await;
    match flat(submitted) {
        Ok(submitted) => Ok(Json(plain(&submitted)?)),
        Err(problem) => Err(with_current(&studio, problem, again, item).await),
    }
}

/// Leaves an item to others.
pub(crate) async fn skip(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(dataset): Path<String>,
    Sent(skip): Sent<Skip>,
) -> Reply {
    let skipped =
        studio.call(move |context, app| work::skip(context, app, &principal, &dataset, &skip)).await?;
    Ok(Json(plain(&skipped)?))
}

/// Takes back the last answer or skip.
pub(crate) async fn undo(State(studio): State<Arc<Studio>>, who: Who, Path(dataset): Path<String>) -> Reply {
    let principal = who.principal.clone();
    let view = studio.call(move |context, app| work::undo(context, app, &principal, &dataset)).await?;
    Ok(Json(with_html(&view, Some(&who))?))
}

/// Says that somebody still sits before these items.
pub(crate) async fn heartbeat(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(dataset): Path<String>,
    Sent(held): Sent<Held>,
) -> Reply {
    let held: Vec<(String, String)> = held.items.into_iter().map(|held| (held.item, held.lease)).collect();
    let beat =
        studio.call(move |context, app| work::heartbeat(context, app, &principal, &dataset, &held)).await?;
    Ok(Json(plain(&beat)?))
}

/// Gives back everything held and not answered.
pub(crate) async fn release(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(dataset): Path<String>,
) -> Reply {
    studio.call(move |context, app| work::release(context, app, &principal, &dataset)).await?;
    Ok(Json(json!({})))
}

/// One pile of this person's items, or all, newest first.
pub(crate) async fn history(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(dataset): Path<String>,
    Asked(back): Asked<Back>,
) -> Reply {
    let limit = back.limit.unwrap_or(ROWS).clamp(1, MOST_ROWS);
    let history = studio
        .call(move |context, app| {
            work::history(context, app, &principal, &dataset, back.tab, back.before, limit)
        })
        .await?;
    Ok(Json(plain(&history)?))
}

/// One of this person's items.
pub(crate) async fn mine(
    State(studio): State<Arc<Studio>>,
    who: Who,
    Path(dataset): Path<String>,
    Asked(mine): Asked<Mine>,
) -> Reply {
    let principal = who.principal.clone();
    let view =
        studio.call(move |context, app| work::open(context, app, &principal, &dataset, &mine.item)).await?;
    Ok(Json(with_html(&view, mine.html.then_some(&who))?))
}

/// What was said, ready for a verb; a form is read by the dataset's questions.
pub(crate) fn told(
    said: Said,
    questions: impl FnOnce() -> Result<Vec<Question>, engraft_app::Error>,
) -> Result<Result<Submission, Problem>, engraft_app::Error> {
    let (answers, accepted) = match (said.answers, &said.form) {
        (Some(answers), _) => (answers, said.accepted),
        (None, Some(form)) => match sheet::answers(&questions()?, form) {
            Ok(answers) => (answers, item::read_accepted(form)),
            Err(problem) => return Ok(Err(problem)),
        },
        (None, None) => (json!({}), said.accepted),
    };
    let Said { item, lease, version, draft_version, active_ms, .. } = said;
    Ok(Ok(Submission { item, lease, version, draft_version, answers, active_ms, accepted }))
}

/// What a dataset asks.
pub(crate) fn questions(
    context: Context,
    app: &Workspace,
    who: &Principal,
    dataset: &str,
) -> Result<Vec<Question>, engraft_app::Error> {
    Ok(dataset::show(context, app, who, dataset)?.schema.questions)
}

/// After a conflict: what is stored now, drawn, so that a person can compare the two.
async fn with_current(studio: &Arc<Studio>, problem: Problem, again: (String, Who), item: String) -> Problem {
    if problem.status != axum::http::StatusCode::CONFLICT || !problem.more.contains_key("current") {
        return problem;
    }
    let (dataset, who) = again;
    let principal = who.principal.clone();
    let stored = studio.call(move |context, app| work::open(context, app, &principal, &dataset, &item)).await;
    let kept = problem.more["current"].clone();
    let stored = stored.map(|mut view| {
        // What was sent is a draft by now; what it must be compared with is the answer that counts.
        let read = |question: &Question| {
            Answer::read(question, kept["answers"].get(&question.name)?, &view.fields).ok()
        };
        let answers =
            view.questions.iter().filter_map(|question| Some((question.name.clone(), read(question)?)));
        view.answers = Some(answers.collect());
        view
    });
    match stored.and_then(|view| with_html(&view, Some(&who))) {
        Ok(current) => problem.with("current", &current),
        Err(_) => problem,
    }
}

fn with_html(view: &ItemView, who: Option<&Who>) -> Result<Value, Problem> {
    let mut value = plain(view)?;
    if let Some(who) = who {
        value["html"] = item::render(view, who.csrf()).into_string().into();
    }
    Ok(value)
}

pub(crate) fn flat<T>(result: Result<Result<T, Problem>, Problem>) -> Result<T, Problem> {
    result.and_then(|inner| inner)
}

pub(crate) fn plain<T: Serialize>(value: &T) -> Result<Value, Problem> {
    serde_json::to_value(value).map_err(|error| Problem::bug(error.to_string()))
}

fn one() -> usize {
    1
}
