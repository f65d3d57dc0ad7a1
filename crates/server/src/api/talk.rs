//! Around an item: guidelines, comments, similar items, and the same answer for many at once.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use engraft_app::work;
use serde::Deserialize;
use serde_json::{Value, json};

use super::queue::{flat, plain, questions};
use crate::extract::{Asked, Sent};
use crate::guard::Who;
use crate::problem::Problem;
use crate::sheet;
use crate::studio::Studio;

const MOST_SIMILAR: usize = 100;

#[derive(Deserialize)]
pub(crate) struct Read {
    version: String,
}

#[derive(Deserialize)]
pub(crate) struct About {
    item: String,
}

#[derive(Deserialize)]
pub(crate) struct Comment {
    item: String,
    text: String,
    /// Calls a lead.
    #[serde(default)]
    flag: bool,
}

#[derive(Deserialize)]
pub(crate) struct Like {
    item: String,
    #[serde(default = "ten")]
    k: usize,
}

#[derive(Deserialize)]
pub(crate) struct Many {
    items: Vec<String>,
    #[serde(default)]
    answers: Option<Value>,
    #[serde(default)]
    form: Option<String>,
    #[serde(default)]
    active_ms: u64,
}

#[derive(Deserialize)]
pub(crate) struct Undone {
    undo: String,
}

type Reply = Result<Json<Value>, Problem>;

/// How to answer.
pub(crate) async fn guidelines(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(dataset): Path<String>,
) -> Reply {
    let guide = studio.call(move |context, app| work::guidelines(context, app, &principal, &dataset)).await?;
    Ok(Json(plain(&guide)?))
}

/// This person has read that version.
pub(crate) async fn acknowledge(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(dataset): Path<String>,
    Sent(read): Sent<Read>,
) -> Reply {
    studio
        .call(move |context, app| work::acknowledge(context, app, &principal, &dataset, &read.version))
        .await?;
    Ok(Json(json!({})))
}

/// What was said about an item.
pub(crate) async fn comments(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(dataset): Path<String>,
    Asked(about): Asked<About>,
) -> Reply {
    let comments = studio
        .call(move |context, app| work::comments(context, app, &principal, &dataset, &about.item))
        .await?;
    Ok(Json(json!({ "comments": comments })))
}

/// Says something about an item.
pub(crate) async fn comment(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(dataset): Path<String>,
    Sent(said): Sent<Comment>,
) -> Reply {
    let comments = studio
        .call(move |context, app| {
            work::comment(context, app, &principal, &dataset, &said.item, &said.text, said.flag)
        })
        .await?;
    Ok(Json(json!({ "comments": comments })))
}

/// Items like one.
pub(crate) async fn similar(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(dataset): Path<String>,
    Asked(like): Asked<Like>,
) -> Reply {
    let k = like.k.clamp(1, MOST_SIMILAR);
    let items = studio
        .call(move |context, app| work::similar(context, app, &principal, &dataset, &like.item, k))
        .await?;
    Ok(Json(json!({ "items": items })))
}

/// Gives many items the same answers.
pub(crate) async fn bulk(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(dataset): Path<String>,
    Sent(many): Sent<Many>,
) -> Reply {
    let report = studio
        .call(move |context, app| {
            let answers = match (many.answers, &many.form) {
                (Some(answers), _) => answers,
                (None, form) => {
                    let asked = questions(context, app, &principal, &dataset)?;
                    match sheet::answers(&asked, form.as_deref().unwrap_or_default()) {
                        Ok(answers) => answers,
                        Err(problem) => return Ok(Err(problem)),
                    }
                }
            };
            work::bulk_submit(context, app, &principal, &dataset, &many.items, &answers, many.active_ms)
                .map(Ok)
        })
        .await;
    Ok(Json(plain(&flat(report)?)?))
}

/// Takes back a whole [`bulk`].
pub(crate) async fn bulk_undo(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(dataset): Path<String>,
    Sent(undone): Sent<Undone>,
) -> Reply {
    let report = studio
        .call(move |context, app| work::bulk_undo(context, app, &principal, &dataset, &undone.undo))
        .await?;
    Ok(Json(plain(&report)?))
}

fn ten() -> usize {
    10
}
