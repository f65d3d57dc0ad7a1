//! For leads: an audit of a dataset, and its answers weighed together.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use engraft_app::dataset::{self, AuditReport, AuditRequest, DatasetView};
use engraft_app::people::Act;
use engraft_app::review::{self, ResolveReport, ResolveRequest, Together};
use engraft_app::{Method, Strengths};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::figures::{count, metric, thousands};
use super::links::Links;
use crate::api::queue::plain;
use crate::extract::{Asked, Fields, Sent};
use crate::guard::Who;
use crate::page::{Frame, Page, Part, Place, address, encoded, wrong};
use crate::problem::Problem;
use crate::studio::Studio;

/// Rows of a list on the page; the command line lists all.
const ROWS: usize = 100;

#[derive(Deserialize)]
pub(crate) struct Query {
    /// Look now.
    #[serde(default)]
    audit: bool,
    #[serde(default)]
    split: String,
    #[serde(default)]
    seed: u64,
}

#[derive(Deserialize)]
pub(crate) struct Weigh {
    method: String,
    #[serde(default)]
    question: String,
    /// Also where people disagree more than the merge policy accepts.
    #[serde(default)]
    all: bool,
    #[serde(default)]
    seed: u64,
}

impl Query {
    fn request(&self) -> AuditRequest {
        let split = Some(self.split.trim().to_string()).filter(|split| !split.is_empty());
        AuditRequest { split, seed: self.seed }
    }
}

impl Weigh {
    fn request(&self) -> Result<ResolveRequest, Problem> {
        let unknown = |_| {
            let words = format!("`{}` is no method", self.method);
            Problem::user(words, "use majority, weighted, dawid-skene, one-coin, mace, glad or auto")
        };
        Ok(ResolveRequest {
            method: self.method.parse().map_err(unknown)?,
            question: Some(self.question.clone()).filter(|question| !question.is_empty()),
            all: self.all,
            seed: self.seed,
        })
    }
}

/// The page, with what an audit found when one was asked for.
pub(crate) async fn page(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
    Path(name): Path<String>,
    Asked(query): Asked<Query>,
) -> Result<Response, Problem> {
    who.principal.must(Act::SeeAnswers)?;
    let found = match query.audit {
        false => None,
        true => {
            let (principal, of, request) = (who.principal.clone(), name.clone(), query.request());
            let looked = studio
                .call(move |context, app| dataset::audit(context, app, &principal, &of, &request))
                .await;
            Some(said(looked)?.map(|report| audited(&name, &report)))
        }
    };
    Ok(show(&studio, &frame, &who, &name, found, None).await?.into_response())
}

/// Weighs the answers and shows what they come to.
pub(crate) async fn resolve(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
    Path(name): Path<String>,
    Fields(weigh): Fields<Weigh>,
) -> Result<Response, Problem> {
    who.principal.must(Act::Manage)?;
    let (principal, of, request) = (who.principal.clone(), name.clone(), weigh.request()?);
    let done =
        studio.call(move |context, app| review::resolve(context, app, &principal, &of, &request)).await;
    let told = said(done)?.map(|report| resolved(&name, &report));
    Ok(show(&studio, &frame, &who, &name, None, Some(told)).await?.into_response())
}

/// The audit for programs.
pub(crate) async fn audit(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(name): Path<String>,
    Asked(query): Asked<Query>,
) -> Result<Json<Value>, Problem> {
    let request = query.request();
    let report =
        studio.call(move |context, app| dataset::audit(context, app, &principal, &name, &request)).await?;
    Ok(Json(plain(&report)?))
}

/// Weighing for programs.
pub(crate) async fn resolve_json(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(name): Path<String>,
    Sent(weigh): Sent<Weigh>,
) -> Result<Json<Value>, Problem> {
    principal.must(Act::Manage)?;
    let request = weigh.request()?;
    let report =
        studio.call(move |context, app| review::resolve(context, app, &principal, &name, &request)).await?;
    Ok(Json(plain(&report)?))
}

/// What the person can put right is said on the page.
fn said<T>(outcome: Result<T, Problem>) -> Result<Result<T, Markup>, Problem> {
    match outcome {
        Ok(done) => Ok(Ok(done)),
        Err(problem) if problem.status == axum::http::StatusCode::BAD_REQUEST => Ok(Err(wrong(&problem))),
        Err(problem) => Err(problem),
    }
}

async fn show(
    studio: &Arc<Studio>,
    frame: &Frame,
    who: &Who,
    name: &str,
    found: Option<Result<Markup, Markup>>,
    told: Option<Result<Markup, Markup>>,
) -> Result<Markup, Problem> {
    let (principal, of) = (who.principal.clone(), name.to_string());
    let view = studio.call(move |context, app| dataset::show(context, app, &principal, &of)).await?;
    let flat = |part: Option<Result<Markup, Markup>>| part.map(|part| part.unwrap_or_else(|wrong| wrong));
    Ok(frame.page(Page {
        title: &format!("{name}: quality"),
        place: Place::Dataset(name, Part::Quality),
        scripts: &["lead.js"],
        class: "quality",
        body: html! {
            h1 { "Quality of " (name) }
            section.panel {
                h2 { "Audit" }
                p { "Looks for items that say the same, blank and over-long items, the same prompt on both sides of a split, and answers that similar items contradict. Nothing is changed." }
                form.row.end method="get" action=(address(name, Part::Quality)) {
                    input type="hidden" name="audit" value="true";
                    label.field { span { "Split to look across" } input name="split" placeholder="train=.8,test=.2"; }
                    button.button.primary { "Audit" }
                }
            }
            @if let Some(found) = flat(found) { (found) }
            @if frame.may(Act::Manage) { (weighing(frame, name, &view)) }
            @if let Some(told) = flat(told) { (told) }
        },
    }))
}

fn weighing(frame: &Frame, name: &str, view: &DatasetView) -> Markup {
    let methods = [Method::Auto].into_iter().chain(Method::ALL);
    html! {
        section.panel {
            h2 { "Weigh the answers" }
            p { "Works out how reliable each person is from all answers together, and resolves complete items where the merge policy accepts the result. A decision of a reviewer is never replaced." }
            form.row.end method="post" action={ (address(name, Part::Quality)) "/resolve" } {
                (frame.csrf_field())
                label.field { span { "Method" } select name="method" { @for method in methods { option value=(method.name()) { (method.name()) @if method == Method::Auto { ": the best on known answers" } } } } }
                label.field { span { "Report" } select name="question" { option value="" { "First that fits" } @for question in &view.schema.questions { option { (question.name) } } } }
                label.check { input type="checkbox" name="all" value="true"; " Also where people disagree" }
                button.button.primary { "Weigh and resolve" }
            }
        }
    }
}

fn resolved(name: &str, report: &ResolveReport) -> Markup {
    let written = report.written;
    let links = Links { dataset: name, to_items: true };
    html! {
        section.notice.good role="status" {
            h2 { "By " (report.method.name()) ": " (count(written.agreed + written.aggregated, "item is", "items are")) " resolved" }
            p { (count(written.agreed, "item", "items")) " as the merge policy accepts, " (count(written.aggregated, "item", "items")) " against it as you asked, " (count(written.left, "item is", "items are")) " left to a reviewer." @if written.left > 0 { " " a href=(address(name, Part::Review)) { "Decide them" } } }
            @if let Some(choice) = &report.choice { p { (choice.why) } }
            @if let Some(accuracy) = &report.accuracy { p { "Right on known answers: " (metric(accuracy, true)) } }
        }
        @if !report.workers.is_empty() {
            section.panel {
                h2 { "How reliable people are: " (report.question) }
                div.scroll tabindex="0" role="region" aria-label="How reliable people are" {
                    table.table {
                        thead { tr { th { "Person" } th.number { "Quality" } th.number { "Answers" } } }
                        tbody { @for worker in &report.workers { tr { th scope="row" { (links.items(&[("user", worker.worker.as_str())], &worker.worker)) } td.number { (format!("{:.2}", worker.quality)) } td.number { (thousands(worker.answers as u64)) } } } }
                    }
                }
            }
        }
        @for together in &report.together { (with_model(name, &report.question, together)) }
        @for (question, strengths) in &report.strengths { (compared(question, strengths)) }
    }
}

/// People and a model together: the items they are least sure of, which are worth another look.
fn with_model(name: &str, question: &str, together: &Together) -> Markup {
    let Together { model, consensus } = together;
    html! {
        section.panel {
            h2 { "With " (model) ": " (question) }
            p.muted { "People's answers and the model's suggestions weighed together, the least sure first. The model's vote weighs " (format!("{:.2}", consensus.model_weight)) ", a person's at most 1. Only a model that did not learn from these answers can be weighed so." }
            div.scroll tabindex="0" role="region" aria-label={ "Weighed with " (model) } {
                table.table {
                    thead { tr { th { "Item" } th { "Together they say" } th.number { "How surely" } th.number { "Of people" } } }
                    tbody { @for item in consensus.items.iter().take(ROWS) { tr {
                        th scope="row" { (link(name, &item.task)) } td { (item.label) } td.number { (format!("{:.2}", item.quality)) }
                        td.number { (format!("{:.0} of {}", item.agreement * item.answers as f64, item.answers)) }
                    } } }
                }
            }
            @if consensus.items.len() > ROWS { p.muted { "And " (thousands((consensus.items.len() - ROWS) as u64)) " more: " code { "engraft resolve --json" } " lists them all." } }
        }
    }
}

/// Who writes the better answers.
fn compared(question: &str, strengths: &Strengths) -> Markup {
    html! {
        section.panel {
            h2 { "Who writes the better answers: " (question) }
            p.muted { "Strengths by Bradley and Terry, ties after Davidson; one more wins e times as often." }
            div.scroll tabindex="0" role="region" aria-label={ "Strengths: " (question) } {
                table.table {
                    thead { tr { th { "Written by" } th { "Strength" } th.number { "Won" } th.number { "Lost" } th.number { "Tied" } } }
                    tbody { @for one in &strengths.items { tr {
                        th scope="row" { (one.item) } td { (metric(&one.strength, false)) }
                        td.number { (thousands(one.wins as u64)) } td.number { (thousands(one.losses as u64)) } td.number { (thousands(one.ties as u64)) }
                    } } }
                }
            }
        }
    }
}

fn audited(name: &str, report: &AuditReport) -> Markup {
    let found = &report.found;
    let groups: Vec<Vec<&String>> =
        found.duplicates.iter().map(|group| group.items.iter().collect()).collect();
    let leaks: Vec<Vec<&String>> =
        found.leakage.iter().map(|leak| leak.splits.values().flatten().collect()).collect();
    html! {
        section.notice role="status" {
            p { "Looked at " (count(found.items, "item", "items")) ": "
                (count(found.duplicates.len() as u64, "group says", "groups say")) " the same, "
                (count(found.leakage.len() as u64, "prompt is", "prompts are")) " on both sides of a split, "
                (count((found.empty.len() + found.over_long.len()) as u64, "item is", "items are")) " blank or over-long, "
                (count(report.label_issues.len() as u64, "answer is", "answers are")) " contradicted by similar items." }
        }
        @if !report.label_issues.is_empty() {
            section.panel {
                h2 { "Answers that may be wrong" }
                p.muted { "The least plausible first; similar items are found by " (report.judged_by) "." }
                div.scroll tabindex="0" role="region" aria-label="Answers that may be wrong" {
                    table.table {
                        thead { tr { th { "Item" } th { "Question" } th { "Given" } th { "Similar items say" } th.number { "Plausible" } } }
                        tbody { @for row in report.label_issues.iter().take(ROWS) {
                            tr { th scope="row" { (link(name, &row.item)) } td { (row.question) } td { (row.given) } td { (row.suggested) } td.number { (format!("{:.2}", row.score)) } }
                        } }
                    }
                }
                (more(report.label_issues.len()))
            }
        }
        (grouped(name, "Items that say the same", &groups))
        (grouped(name, "The same prompt on both sides of a split", &leaks))
        (listed(name, "Blank items", &found.empty))
        (listed(name, "Over-long items", &found.over_long))
    }
}

fn grouped(name: &str, title: &str, groups: &[Vec<&String>]) -> Markup {
    html! {
        @if !groups.is_empty() {
            details.panel {
                summary { (title) " (" (thousands(groups.len() as u64)) ")" }
                ul { @for group in groups.iter().take(ROWS) { li { @for item in group { (link(name, item)) " " } } } }
                (more(groups.len()))
            }
        }
    }
}

fn listed(name: &str, title: &str, items: &[String]) -> Markup {
    let each: Vec<Vec<&String>> = items.iter().map(|item| vec![item]).collect();
    grouped(name, title, &each)
}

fn more(n: usize) -> Markup {
    html! { @if n > ROWS { p.muted { "And " (thousands((n - ROWS) as u64)) " more: " code { "engraft dataset audit --json" } " lists them all." } } }
}

fn link(name: &str, item: &str) -> Markup {
    html! { a href={ (address(name, Part::Items)) "/" (encoded(item)) } { (item) } }
}
