//! Making a dataset, or changing what it asks: the schema as JSON with a template for every question type and a preview
//! that is the item view itself.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use engraft_app::annotate::Problem as SchemaProblem;
use engraft_app::dataset;
use engraft_app::people::Act;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{schema_text, templates};
use crate::extract::{Asked, Fields, Sent};
use crate::guard::Who;
use crate::page::{Frame, Page, Part, Place, address, encoded};
use crate::problem::Problem;
use crate::sheet;
use crate::studio::Studio;

#[derive(Deserialize)]
pub(crate) struct Start {
    #[serde(default)]
    template: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Made {
    #[serde(default)]
    name: String,
    schema: String,
    #[serde(default)]
    guidelines: String,
    /// `preview` only looks.
    #[serde(default, rename = "do")]
    what: String,
}

#[derive(Deserialize)]
pub(crate) struct Look {
    schema: String,
}

/// What the form holds.
struct Draft<'a> {
    /// The dataset that is changed; a new one has none yet.
    dataset: Option<&'a str>,
    name: &'a str,
    schema: &'a str,
    guidelines: &'a str,
    problems: &'a [SchemaProblem],
    wrong: Option<String>,
}

/// The form for a new dataset.
pub(crate) async fn new(
    frame: Frame,
    Who { principal, .. }: Who,
    Asked(start): Asked<Start>,
) -> Result<Markup, Problem> {
    principal.must(Act::Manage)?;
    let templates = templates::all();
    let wanted = start.template.as_deref().unwrap_or("label");
    let found = templates.iter().find(|(name, ..)| *name == wanted).unwrap_or(&templates[0]);
    let (schema, guidelines) = texts(&found.2.to_string());
    Ok(draw(
        &frame,
        &Draft {
            dataset: None,
            name: "",
            schema: &schema,
            guidelines: &guidelines,
            problems: &[],
            wrong: None,
        },
    ))
}

/// Makes the dataset, or says what stands in the way.
pub(crate) async fn create(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    Who { principal, .. }: Who,
    Fields(made): Fields<Made>,
) -> Result<Response, Problem> {
    principal.must(Act::Manage)?;
    let name = made.name.trim().to_string();
    if made.what == "preview" {
        return Ok(looked(&frame, None, &name, &made));
    }
    let (of, schema) = (name.clone(), made.whole());
    match studio.call(move |context, app| dataset::create(context, app, &principal, &of, &schema)).await {
        Ok(view) => Ok(Redirect::to(&address(&view.dataset, Part::Transfer)).into_response()),
        Err(problem) => refused(&frame, None, &name, &made, problem),
    }
}

/// The form for a dataset there is.
pub(crate) async fn settings(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    Who { principal, .. }: Who,
    Path(name): Path<String>,
) -> Result<Markup, Problem> {
    principal.must(Act::Manage)?;
    let of = name.clone();
    let view = studio.call(move |context, app| dataset::show(context, app, &principal, &of)).await?;
    let (schema, guidelines) = (schema_text::write(&view.schema), view.schema.guidelines);
    Ok(draw(
        &frame,
        &Draft {
            dataset: Some(&name),
            name: &name,
            schema: &schema,
            guidelines: &guidelines,
            problems: &[],
            wrong: None,
        },
    ))
}

/// Gives the dataset another schema.
pub(crate) async fn change(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    Who { principal, .. }: Who,
    Path(name): Path<String>,
    Fields(made): Fields<Made>,
) -> Result<Response, Problem> {
    principal.must(Act::Manage)?;
    if made.what == "preview" {
        return Ok(looked(&frame, Some(&name), &name, &made));
    }
    let (of, schema) = (name.clone(), made.whole());
    match studio.call(move |context, app| dataset::set_schema(context, app, &principal, &of, &schema)).await {
        Ok(_) => Ok(Redirect::to(&address(&name, Part::Dashboard)).into_response()),
        Err(problem) => refused(&frame, Some(&name), &name, &made, problem),
    }
}

/// The preview and the problems of a schema that is being written.
pub(crate) async fn preview(
    Who { principal, .. }: Who,
    Sent(look): Sent<Look>,
) -> Result<Json<Value>, Problem> {
    principal.must(Act::Manage)?;
    let checked = dataset::check_schema(&look.schema, None);
    let html = checked
        .schema
        .as_ref()
        .map(|schema| sheet::preview(schema, &templates::sample(schema)).into_string());
    Ok(Json(
        json!({ "problems": checked.problems, "html": html, "list": problems(&checked.problems).into_string() }),
    ))
}

fn looked(frame: &Frame, dataset: Option<&str>, name: &str, made: &Made) -> Response {
    let checked = dataset::check_schema(&made.schema, None);
    let Made { schema, guidelines, .. } = made;
    draw(frame, &Draft { dataset, name, schema, guidelines, problems: &checked.problems, wrong: None })
        .into_response()
}

fn refused(
    frame: &Frame,
    dataset: Option<&str>,
    name: &str,
    made: &Made,
    problem: Problem,
) -> Result<Response, Problem> {
    if problem.status == axum::http::StatusCode::FORBIDDEN || !problem.status.is_client_error() {
        return Err(problem);
    }
    let checked = dataset::check_schema(&made.schema, None);
    let hint = problem.hint.as_deref().unwrap_or_default();
    let wrong = checked.problems.is_empty().then(|| format!("{}. {}", problem.message, hint));
    let Made { schema, guidelines, .. } = made;
    let draft = Draft { dataset, name, schema, guidelines, problems: &checked.problems, wrong };
    Ok((problem.status, draw(frame, &draft)).into_response())
}

fn draw(frame: &Frame, draft: &Draft) -> Markup {
    let title = draft.dataset.map_or_else(|| "New dataset".to_string(), |name| format!("Settings of {name}"));
    let action = draft.dataset.map_or_else(|| "/new".to_string(), |name| address(name, Part::Settings));
    let checked = dataset::check_schema(draft.schema, None);
    frame.page(Page {
        title: &title,
        place: draft.dataset.map_or(Place::NewDataset, |name| Place::Dataset(name, Part::Settings)),
        scripts: &["lead.js", "alone.js"],
        class: "builder",
        body: html! {
            h1 { (title) }
            @if let Some(wrong) = &draft.wrong { p.notice.bad role="alert" { (wrong) } }
            @if draft.dataset.is_some() {
                p.notice { "Answers keep the version of the guidelines they were given under. A question that goes, or changes its type, leaves its old answers in the log and in snapshots." }
            }
            div.columns {
                form.stack method="post" action=(action) data-preview="/api/v1/preview" {
                    (frame.csrf_field())
                    @if draft.dataset.is_none() {
                        label.field { span { "Name" } input name="name" value=(draft.name) required autocomplete="off" pattern="[a-z0-9][a-z0-9_\\-]*" title="small letters, digits, - and _"; small.help { "Small letters, digits, " code { "-" } " and " code { "_" } ". It is part of addresses and commands." } }
                        (starts())
                    }
                    label.field { span { "What is shown and asked" } textarea.code name="schema" rows="24" spellcheck="false" autocapitalize="none" wrap="off" { (draft.schema) } small.help { "JSON; the preview follows as you type." } }
                    label.field { span { "Guidelines" } textarea name="guidelines" rows="8" { (draft.guidelines) } small.help { "Markdown. People read them beside every item, and see what changed since their last visit." } }
                    div data-problems aria-live="polite" { (problems(draft.problems)) }
                    @if let Some(name) = draft.dataset.filter(|_| frame.may(Act::Delete)) {
                        p.muted { "To be rid of it: " a href={ "/d/" (encoded(name)) "/delete" } { "delete this dataset" } "." }
                    }
                    div.row {
                        button.button.primary name="do" value="save" { @if draft.dataset.is_some() { "Save as a new version" } @else { "Make the dataset" } }
                        button.button name="do" value="preview" formnovalidate { "Look at it" }
                    }
                }
                section.preview aria-label="Preview" {
                    h2 { "Preview" }
                    div data-preview-stage {
                        @if let Some(schema) = &checked.schema { (sheet::preview(schema, &templates::sample(schema))) }
                    }
                }
            }
        },
    })
}

fn starts() -> Markup {
    html! {
        details.panel {
            summary { "Start from a template" }
            ul.templates { @for (name, title, _) in templates::all() { li { a href={ "/new?template=" (name) } { (title) } } } }
        }
    }
}

fn problems(problems: &[SchemaProblem]) -> Markup {
    html! {
        @if !problems.is_empty() {
            div.notice.bad {
                p { "It cannot be used yet:" }
                ul { @for problem in problems { li { @if !problem.at.is_empty() { code { (problem.at) } " " } (problem.what) @if !problem.hint.is_empty() { ": " (problem.hint) } } } }
            }
        }
    }
}

/// A schema without its guidelines, and these.
fn texts(json: &str) -> (String, String) {
    match dataset::check_schema(json, None).schema {
        Some(schema) => (schema_text::write(&schema), schema.guidelines),
        None => (json.to_string(), String::new()),
    }
}

impl Made {
    /// The schema with its guidelines, as the verbs take it. What is no JSON object stays as it is, to be refused.
    fn whole(&self) -> String {
        match serde_json::from_str::<Value>(&self.schema) {
            Ok(Value::Object(mut map)) => {
                map.insert("guidelines".into(), self.guidelines.replace("\r\n", "\n").into());
                Value::Object(map).to_string()
            }
            _ => self.schema.clone(),
        }
    }
}
