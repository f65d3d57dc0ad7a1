//! Datasets: what there is, what they ask, and their immutable versions.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use engraft_app::{dataset, review};
use serde::Deserialize;
use serde_json::{Value, json};

use super::queue::plain;
use crate::extract::{Asked, Sent};
use crate::guard::Who;
use crate::problem::Problem;
use crate::studio::Studio;

#[derive(Deserialize)]
pub(crate) struct New {
    name: String,
    schema: Value,
}

#[derive(Deserialize)]
pub(crate) struct Changed {
    schema: Value,
}

#[derive(Deserialize)]
pub(crate) struct Gold {
    item: String,
    /// `null`: the item is no longer gold.
    gold: Option<Value>,
}

#[derive(Deserialize)]
pub(crate) struct One {
    item: String,
}

type Reply = Result<Json<Value>, Problem>;

/// Every dataset.
pub(crate) async fn list(State(studio): State<Arc<Studio>>, Who { principal, .. }: Who) -> Reply {
    let datasets = studio.call(move |context, app| dataset::list(context, app, &principal)).await?;
    Ok(Json(json!({ "datasets": datasets })))
}

/// One dataset with its schema.
pub(crate) async fn show(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(name): Path<String>,
) -> Reply {
    let view = studio.call(move |context, app| dataset::show(context, app, &principal, &name)).await?;
    Ok(Json(plain(&view)?))
}

/// Makes one.
pub(crate) async fn create(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Sent(new): Sent<New>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let view = studio
        .call(move |context, app| {
            dataset::create(context, app, &principal, &new.name, &new.schema.to_string())
        })
        .await?;
    Ok((StatusCode::CREATED, Json(plain(&view)?)))
}

/// Gives it another schema: a new guideline version.
pub(crate) async fn set_schema(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(name): Path<String>,
    Sent(changed): Sent<Changed>,
) -> Reply {
    let view = studio
        .call(move |context, app| {
            dataset::set_schema(context, app, &principal, &name, &changed.schema.to_string())
        })
        .await?;
    Ok(Json(plain(&view)?))
}

/// An immutable version of it as it is now.
pub(crate) async fn snapshot(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(name): Path<String>,
) -> Reply {
    let taken = studio.call(move |context, app| dataset::snapshot(context, app, &principal, &name)).await?;
    Ok(Json(plain(&taken)?))
}

/// Sets or takes away an item's known right answers.
pub(crate) async fn gold(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(name): Path<String>,
    Sent(gold): Sent<Gold>,
) -> Reply {
    let set = studio
        .call(move |context, app| {
            dataset::set_gold(context, app, &principal, &name, &gold.item, gold.gold.as_ref())
        })
        .await?;
    Ok(Json(plain(&set)?))
}

/// A page of items that fit a filter.
pub(crate) async fn items(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(name): Path<String>,
    Asked(filter): Asked<review::ItemFilter>,
) -> Reply {
    let items =
        studio.call(move |context, app| review::items(context, app, &principal, &name, &filter)).await?;
    Ok(Json(plain(&items)?))
}

/// Everything about one item.
pub(crate) async fn item(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(name): Path<String>,
    Asked(one): Asked<One>,
) -> Reply {
    let detail =
        studio.call(move |context, app| review::item(context, app, &principal, &name, &one.item)).await?;
    Ok(Json(plain(&detail)?))
}
