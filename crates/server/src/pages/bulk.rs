//! Many items at once: one answer for all that are ticked.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use engraft_app::work;
use maud::html;
use serde::Deserialize;

use crate::extract::Asked;
use crate::guard::Who;
use crate::item::bulk::{self, BulkView};
use crate::page::{Frame, Page, Part, Place};
use crate::problem::Problem;
use crate::studio::Studio;

const ROWS: usize = 50;
const MOST_ROWS: usize = 100;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Query {
    text: String,
    /// The item that the rows are to be like.
    like: String,
    after: String,
    limit: Option<usize>,
}

/// The page.
pub(crate) async fn page(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
    Path(name): Path<String>,
    Asked(query): Asked<Query>,
) -> Result<Response, Problem> {
    let limit = query.limit.unwrap_or(ROWS).clamp(1, MOST_ROWS);
    let given = |text: &str| Some(text.trim().to_string()).filter(|text| !text.is_empty());
    let (text, like, after) = (given(&query.text), given(&query.like), given(&query.after));
    let (principal, of, words, near) = (who.principal.clone(), name.clone(), text.clone(), like.clone());
    let rows = studio
        .call(move |context, app| match near {
            Some(item) => work::alike(context, app, &principal, &of, &item, limit),
            None => work::bulk(context, app, &principal, &of, words.as_deref(), after.as_deref(), limit),
        })
        .await?;
    let further = rows.last().filter(|_| rows.len() == limit && like.is_none()).map(|row| row.item.as_str());
    let page = frame.page(Page {
        title: &format!("{name}: many at once"),
        place: Place::Dataset(&name, Part::Work),
        scripts: &["bulk.js"],
        class: "bulk",
        body: html! {
            h1 { "Many at once: " (name) }
            (bulk::render(&BulkView {
                dataset: &name,
                csrf: who.csrf(),
                rows: &rows,
                after: further,
                text: text.as_deref().unwrap_or_default(),
                like: like.as_deref(),
                limit,
            }))
        },
    });
    Ok(page.into_response())
}
