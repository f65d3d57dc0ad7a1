//! Every address of the studio, and what every request passes on its way in and out.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::api::{datasets, queue, review, talk, transfer};
use crate::pages::{
    account, adjudicate, builder, bulk, cost, dashboard, decisions, delete, drawn, first, home, items, known,
    people, quality, sign_in, work,
};
use crate::problem::Problem;
use crate::studio::Studio;
use crate::{assets, guard, pages};

/// The longest JSON body or form, in bytes: ten thousand spans fit.
const LONGEST: usize = 8 * 1024 * 1024;
/// The longest form at the doors, which anybody can send, in bytes.
const LONGEST_AT_THE_DOOR: usize = 16 * 1024;
/// What is not a transfer is answered within this, or not at all.
const PATIENCE: Duration = Duration::from_secs(60);

/// The whole studio.
pub(crate) fn router(studio: Arc<Studio>) -> Router {
    let guarded = page_routes()
        .merge(Router::new().nest("/api/v1", api_routes()))
        .layer(DefaultBodyLimit::max(LONGEST))
        .layer(from_fn(in_time))
        .merge(transfers().route_layer(from_fn(return_memory)))
        .fallback(nothing)
        .method_not_allowed_fallback(other_method)
        .layer(from_fn_with_state(Arc::clone(&studio), guard::gate))
        .layer(from_fn(guard::speak_html));
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/assets/{hash}/{name}", get(assets::send))
        .merge(guarded)
        .layer(from_fn(guard::add_headers))
        .with_state(studio)
}

fn page_routes() -> Router<Arc<Studio>> {
    Router::new()
        .route("/login", get(sign_in::door).post(sign_in::enter))
        .route("/logout", post(sign_in::leave))
        .route("/theme", post(sign_in::theme))
        .route("/first", get(first::form).post(first::make))
        .layer(DefaultBodyLimit::max(LONGEST_AT_THE_DOOR))
        .route("/", get(home::home))
        .route("/account", get(account::page).post(account::change))
        .route("/people", get(people::page))
        .route("/people/add", post(people::add))
        .route("/people/change", post(people::change))
        .route("/tokens/add", post(people::make_token))
        .route("/tokens/revoke", post(people::revoke_token))
        .route("/log", get(pages::log::page))
        .route("/decisions", get(decisions::list))
        .route("/decisions/{no}", get(decisions::page))
        .route("/decisions/{no}/live", get(decisions::live))
        .route("/decisions/{no}/drawn", get(drawn::part))
        .route("/decisions/{no}/report", get(decisions::report))
        .route("/new", get(builder::new).post(builder::create))
        .route("/d/{dataset}", get(work::enter))
        .route("/d/{dataset}/work", get(work::page).post(work::send))
        .route("/d/{dataset}/bulk", get(bulk::page))
        .route("/d/{dataset}/dashboard", get(dashboard::page))
        .route("/d/{dataset}/dashboard/live", get(dashboard::live))
        .route("/d/{dataset}/dashboard/pause", post(dashboard::pause))
        .route("/d/{dataset}/dashboard/rate", post(cost::set))
        .route("/d/{dataset}/items", get(items::list))
        .route("/d/{dataset}/items/{item}", get(items::detail))
        .route("/d/{dataset}/items/{item}/known", get(known::page).post(known::set))
        .route("/d/{dataset}/items/{item}/back", post(items::give_back))
        .route("/d/{dataset}/items/{item}/comment", post(items::comment))
        .route("/d/{dataset}/review", get(adjudicate::list))
        .route("/d/{dataset}/review/{item}", get(adjudicate::page).post(adjudicate::decide))
        .route("/d/{dataset}/transfer", get(pages::transfer::page))
        .route("/d/{dataset}/transfer/snapshot", post(pages::transfer::snapshot))
        .route("/d/{dataset}/settings", get(builder::settings).post(builder::change))
        .route("/d/{dataset}/delete", get(delete::page))
}

fn api_routes() -> Router<Arc<Studio>> {
    Router::new()
        .route("/datasets", get(datasets::list).post(datasets::create))
        .route("/datasets/{dataset}", get(datasets::show))
        .route("/datasets/{dataset}/schema", post(datasets::set_schema))
        .route("/datasets/{dataset}/snapshots", post(datasets::snapshot))
        .route("/datasets/{dataset}/gold", post(datasets::gold))
        .route("/datasets/{dataset}/items", get(datasets::items))
        .route("/datasets/{dataset}/item", get(datasets::item))
        .route("/datasets/{dataset}/next", post(queue::next))
        .route("/datasets/{dataset}/draft", post(queue::draft))
        .route("/datasets/{dataset}/submit", post(queue::submit))
        .route("/datasets/{dataset}/skip", post(queue::skip))
        .route("/datasets/{dataset}/undo", post(queue::undo))
        .route("/datasets/{dataset}/heartbeat", post(queue::heartbeat))
        .route("/datasets/{dataset}/release", post(queue::release))
        .route("/datasets/{dataset}/history", get(queue::history))
        .route("/datasets/{dataset}/mine", get(queue::mine))
        .route("/datasets/{dataset}/guidelines", get(talk::guidelines))
        .route("/datasets/{dataset}/guidelines/acknowledge", post(talk::acknowledge))
        .route("/datasets/{dataset}/comments", get(talk::comments).post(talk::comment))
        .route("/datasets/{dataset}/similar", get(talk::similar))
        .route("/datasets/{dataset}/bulk", post(talk::bulk))
        .route("/datasets/{dataset}/bulk/undo", post(talk::bulk_undo))
        .route("/datasets/{dataset}/dashboard", get(review::dashboard))
        .route("/datasets/{dataset}/conflicts", get(review::conflicts))
        .route("/datasets/{dataset}/conflict", get(review::conflict))
        .route("/datasets/{dataset}/adjudicate", post(review::adjudicate))
        .route("/datasets/{dataset}/return", post(review::give_back))
        .route("/datasets/{dataset}/pause", post(review::pause))
        .route("/datasets/{dataset}/rate", post(review::rate))
        .route("/decisions/{no}/weigh", post(decisions::weigh))
        .route("/preview", post(builder::preview))
}

/// What may take as long as the data is large.
fn transfers() -> Router<Arc<Studio>> {
    Router::new()
        .route("/d/{dataset}/transfer/export", post(pages::transfer::export))
        .route("/d/{dataset}/quality", get(quality::page))
        .route("/d/{dataset}/quality/resolve", post(quality::resolve))
        .route("/d/{dataset}/delete/now", post(delete::now))
        .route("/api/v1/datasets/{dataset}/audit", get(quality::audit))
        .route("/api/v1/datasets/{dataset}/resolve", post(quality::resolve_json))
        .route("/api/v1/datasets/{dataset}/delete", post(delete::now_json))
        .route("/api/v1/datasets/{dataset}/import", post(transfer::import))
        .route("/api/v1/datasets/{dataset}/exports", post(transfer::export))
        .route("/api/v1/datasets/{dataset}/exports/{id}/{file}", get(transfer::download))
}

/// The process runs.
async fn alive() -> &'static str {
    "ok\n"
}

/// The workspace answers.
async fn ready(State(studio): State<Arc<Studio>>) -> Result<&'static str, Problem> {
    studio.call(engraft_app::people::anybody).await?;
    Ok("ok\n")
}

async fn nothing(request: Request) -> Problem {
    Problem::missing(format!("there is nothing at {}", request.uri().path()), "begin at the list of datasets")
}

async fn other_method(request: Request) -> Problem {
    let words = format!("{} is not possible at {}", request.method(), request.uri().path());
    Problem {
        status: axum::http::StatusCode::METHOD_NOT_ALLOWED,
        ..Problem::user(words, "use another method")
    }
}

/// What reads or writes all of a dataset has much memory for a while: none of it should stay with the server.
async fn return_memory(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    // Nobody waits for it.
    drop(tokio::task::spawn_blocking(engraft_app::give_back_memory));
    response
}

async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(PATIENCE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::unavailable("this took longer than a minute", "try again").into_response(),
    }
}
