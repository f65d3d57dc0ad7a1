//! For leads and reviewers: progress and agreement, disagreement and its end, and who may go on.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use engraft_app::review;
use serde::Deserialize;
use serde_json::{Value, json};

use super::queue::plain;
use crate::extract::{Asked, Sent};
use crate::guard::Who;
use crate::problem::Problem;
use crate::studio::Studio;

const ROWS: usize = 50;
const MOST_ROWS: usize = 500;

#[derive(Deserialize)]
pub(crate) struct Slice {
    #[serde(default)]
    after: Option<String>,
    #[serde(default)]
    limit: Option<usize>,
}

#[derive(Deserialize)]
pub(crate) struct One {
    item: String,
}

#[derive(Deserialize)]
pub(crate) struct Return {
    item: String,
    /// The person.
    to: String,
    reason: String,
}

#[derive(Deserialize)]
pub(crate) struct Pause {
    user: String,
    /// `null`: they may go on.
    why: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Rate {
    /// `null`: not known any more.
    hourly_rate: Option<f64>,
    #[serde(default)]
    currency: String,
}

type Reply = Result<Json<Value>, Problem>;

/// The dataset at a glance.
pub(crate) async fn dashboard(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(name): Path<String>,
) -> Reply {
    let view = studio.call(move |context, app| review::dashboard(context, app, &principal, &name)).await?;
    Ok(Json(plain(&view)?))
}

/// Items in want of a decision.
pub(crate) async fn conflicts(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(name): Path<String>,
    Asked(slice): Asked<Slice>,
) -> Reply {
    let limit = slice.limit.unwrap_or(ROWS).clamp(1, MOST_ROWS);
    let conflicts = studio
        .call(move |context, app| {
            review::conflicts(context, app, &principal, &name, slice.after.as_deref(), limit)
        })
        .await?;
    Ok(Json(plain(&conflicts)?))
}

/// One of them, blinded.
pub(crate) async fn conflict(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(name): Path<String>,
    Asked(one): Asked<One>,
) -> Reply {
    let view =
        studio.call(move |context, app| review::conflict(context, app, &principal, &name, &one.item)).await?;
    Ok(Json(plain(&view)?))
}

/// Decides it.
pub(crate) async fn adjudicate(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(name): Path<String>,
    Sent(decision): Sent<review::Decision>,
) -> Reply {
    let decided =
        studio.call(move |context, app| review::decide(context, app, &principal, &name, &decision)).await?;
    Ok(Json(plain(&decided)?))
}

/// Gives an answer back to its author.
pub(crate) async fn give_back(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(name): Path<String>,
    Sent(back): Sent<Return>,
) -> Reply {
    studio
        .call(move |context, app| {
            review::return_to(context, app, &principal, &name, &back.item, &back.to, &back.reason)
        })
        .await?;
    Ok(Json(json!({})))
}

/// Stops a person's work on a dataset, or lets it go on.
pub(crate) async fn pause(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(name): Path<String>,
    Sent(pause): Sent<Pause>,
) -> Reply {
    studio
        .call(move |context, app| {
            review::pause(context, app, &principal, &name, &pause.user, pause.why.as_deref())
        })
        .await?;
    Ok(Json(json!({})))
}

/// Sets what an hour of work costs.
pub(crate) async fn rate(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(name): Path<String>,
    Sent(rate): Sent<Rate>,
) -> Reply {
    let set = studio
        .call(move |context, app| {
            let hourly = rate.hourly_rate.map(|hourly| (hourly, rate.currency.as_str()));
            review::set_rate(context, app, &principal, &name, hourly)
        })
        .await?;
    Ok(Json(plain(&set)?))
}
