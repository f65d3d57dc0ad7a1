//! Making a dataset, or changing what it asks: a form, the same as JSON, a template for every question type and a preview that
//! is the item view itself.

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

use super::schema_form::{self, Posted};
use super::{schema_text, templates};
use crate::extract::{Asked, Sent};
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

/// What was posted.
struct Made {
    name: String,
    schema: String,
    guidelines: String,
    /// `save`, or what to do with the form before it is saved.
    what: String,
}

#[derive(Deserialize)]
pub(crate) struct Look {
    /// A schema as JSON.
    #[serde(default)]
    schema: String,
    /// Or the page's whole form, with what its buttons say as `do`.
    form: Option<String>,
}

/// The button that keeps what was made.
const SAVE: &str = "save";

/// What the form holds.
struct Draft<'a> {
    /// The dataset that is changed; a new one has none yet.
    dataset: Option<&'a str>,
    name: &'a str,
    schema: &'a str,
    guidelines: &'a str,
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
        &Draft { dataset: None, name: "", schema: &schema, guidelines: &guidelines, wrong: None },
    ))
}

/// Makes the dataset, or says what stands in the way.
pub(crate) async fn create(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    Who { principal, .. }: Who,
    form: String,
) -> Result<Response, Problem> {
    principal.must(Act::Manage)?;
    let made = Made::read(&form);
    let name = made.name.clone();
    if made.what != SAVE {
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
    let written = studio.call(move |context, app| dataset::written(context, app, &principal, &of)).await?;
    let (schema, guidelines) = texts(&written);
    Ok(draw(
        &frame,
        &Draft { dataset: Some(&name), name: &name, schema: &schema, guidelines: &guidelines, wrong: None },
    ))
}

/// Gives the dataset another schema.
pub(crate) async fn change(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    Who { principal, .. }: Who,
    Path(name): Path<String>,
    form: String,
) -> Result<Response, Problem> {
    principal.must(Act::Manage)?;
    let made = Made::read(&form);
    if made.what != SAVE {
        return Ok(looked(&frame, Some(&name), &name, &made));
    }
    let (of, schema) = (name.clone(), made.whole());
    match studio.call(move |context, app| dataset::set_schema(context, app, &principal, &of, &schema)).await {
        Ok(_) => Ok(Redirect::to(&address(&name, Part::Dashboard)).into_response()),
        Err(problem) => refused(&frame, Some(&name), &name, &made, problem),
    }
}

/// The preview and the problems of a schema that is being written; of the page's form also the form and the JSON, each as the
/// other says.
pub(crate) async fn preview(
    Who { principal, .. }: Who,
    Sent(look): Sent<Look>,
) -> Result<Json<Value>, Problem> {
    principal.must(Act::Manage)?;
    let made = look.form.as_deref().map(Made::read);
    let schema = made.as_ref().map_or(look.schema.as_str(), |made| &made.schema);
    let checked = dataset::check_schema(schema, None);
    let html = checked
        .schema
        .as_ref()
        .map(|schema| sheet::preview(schema, &templates::sample(schema)).into_string());
    let list = schema_form::told(&checked.problems).into_string();
    let mut reply = json!({ "problems": checked.problems, "html": html, "list": list });
    if made.is_some() {
        reply["form"] = controls(schema, &checked.problems).map(Markup::into_string).into();
        reply["schema"] = schema.into();
    }
    Ok(Json(reply))
}

fn looked(frame: &Frame, dataset: Option<&str>, name: &str, made: &Made) -> Response {
    let Made { schema, guidelines, .. } = made;
    draw(frame, &Draft { dataset, name, schema, guidelines, wrong: None }).into_response()
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
    let draft = Draft { dataset, name, schema, guidelines, wrong };
    Ok((problem.status, draw(frame, &draft)).into_response())
}

fn draw(frame: &Frame, draft: &Draft) -> Markup {
    let title = draft.dataset.map_or_else(|| "New dataset".to_string(), |name| format!("Settings of {name}"));
    let action = draft.dataset.map_or_else(|| "/new".to_string(), |name| address(name, Part::Settings));
    let checked = dataset::check_schema(draft.schema, None);
    let problems = &checked.problems;
    let controls = controls(draft.schema, problems);
    frame.page(Page {
        title: &title,
        place: draft.dataset.map_or(Place::NewDataset, |name| Place::Dataset(name, Part::Settings)),
        scripts: &["build.js", "alone.js"],
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
                    // The first button is the one that the return key presses.
                    button.visually-hidden name="do" value="look" formnovalidate tabindex="-1" aria-hidden="true" {}
                    @if draft.dataset.is_none() {
                        label.field { span { "Name" } input name="name" value=(draft.name) required autocomplete="off" pattern="[a-z0-9][a-z0-9_\\-]*" title="small letters, digits, - and _"; small.help { "Small letters, digits, " code { "-" } " and " code { "_" } ". It is part of addresses and commands." } }
                        (starts())
                    }
                    fieldset.stack data-parts disabled[controls.is_none()] { @if let Some(controls) = &controls { (controls) } }
                    details.panel open[controls.is_none()] {
                        summary { "Edit as JSON" }
                        label.field { span { "What is shown and asked" } textarea.code name="schema" rows="24" spellcheck="false" autocapitalize="none" wrap="off" { (draft.schema) } small.help { "The same as above: what is changed in one place changes in the other." } }
                        textarea name="was" hidden { (draft.schema) }
                    }
                    label.field { span { "Guidelines" } textarea name="guidelines" rows="8" { (draft.guidelines) } small.help { "Markdown. People read them beside every item, and see what changed since their last visit." } }
                    div data-problems aria-live="polite" { (schema_form::told(problems)) }
                    @if let Some(name) = draft.dataset.filter(|_| frame.may(Act::Delete)) {
                        p.muted { "To be rid of it: " a href={ "/d/" (encoded(name)) "/delete" } { "delete this dataset" } "." }
                    }
                    div.row {
                        button.button.primary name="do" value=(SAVE) { @if draft.dataset.is_some() { "Save as a new version" } @else { "Make the dataset" } }
                        button.button name="do" value="look" formnovalidate { "Look at it" }
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

/// The form of a schema that is a JSON object at least.
fn controls(schema: &str, problems: &[SchemaProblem]) -> Option<Markup> {
    let value: Value = serde_json::from_str(schema).ok()?;
    Some(schema_form::draw(value.as_object()?, problems))
}

/// A schema without its guidelines, and these; one that cannot be used stays what it is.
fn texts(json: &str) -> (String, String) {
    let Ok(Value::Object(mut map)) = serde_json::from_str(json) else {
        return (json.to_string(), String::new());
    };
    let guidelines = match map.remove("guidelines") {
        Some(Value::String(text)) => text,
        Some(other) => {
            map.insert("guidelines".into(), other);
            String::new()
        }
        None => String::new(),
    };
    (schema_text::write_value(&Value::Object(map)), guidelines)
}

impl Made {
    /// What a form says: its JSON where that was changed since it was drawn, else its controls, and then what a button does.
    fn read(form: &str) -> Made {
        let posted = Posted::of(form);
        let word = |name: &str| posted.get(name).unwrap_or_default().to_string();
        let (written, what) = (word("schema"), posted.get("do").unwrap_or(SAVE).to_string());
        let is_changed = posted.get("was") != Some(written.as_str());
        let controls = if is_changed { None } else { schema_form::read(&posted) };
        let is_edit = what.contains('.');
        let schema = match controls.or_else(|| serde_json::from_str(&written).ok().filter(|_| is_edit)) {
            Some(mut value) => {
                schema_form::edit(&mut value, &what);
                schema_text::write_value(&value)
            }
            None => written,
        };
        Made { name: word("name").trim().to_string(), schema, guidelines: word("guidelines"), what }
    }

    /// The schema with its guidelines, as the verbs take it. What is no JSON object stays as it is, to be refused.
    fn whole(&self) -> String {
        match serde_json::from_str::<Value>(&self.schema) {
            Ok(Value::Object(mut map)) => {
                map.insert("guidelines".into(), self.guidelines.as_str().into());
                Value::Object(map).to_string()
            }
            _ => self.schema.clone(),
        }
    }
}
