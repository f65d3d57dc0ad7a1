//! Where people disagree: their answers side by side without names, what they agree on merged, the rest to be decided.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use engraft_app::annotate::{Answer, Question};
use engraft_app::dataset;
use engraft_app::people::Act;
use engraft_app::review::{self, ConflictView, Conflicts, Decision, Side};
use engraft_app::work::{ItemView, Tab};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::figures::{count, seconds};
use crate::extract::Asked;
use crate::guard::Who;
use crate::page::{Frame, Page, Part, Place, address, encoded};
use crate::problem::Problem;
use crate::studio::Studio;
use crate::{item, sheet};

const ROWS: usize = 50;

#[derive(Deserialize)]
pub(crate) struct Slice {
    #[serde(default)]
    after: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Way {
    /// Answer it oneself instead of picking somebody's answer.
    #[serde(default)]
    own: bool,
}

/// The conflicts that are left.
pub(crate) async fn list(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
    Path(name): Path<String>,
    Asked(slice): Asked<Slice>,
) -> Result<Response, Problem> {
    let (principal, of) = (who.principal.clone(), name.clone());
    let conflicts = studio
        .call(move |context, app| {
            review::conflicts(context, app, &principal, &of, slice.after.as_deref(), ROWS)
        })
        .await?;
    let page = frame.page(Page {
        title: &format!("{name}: review"),
        place: Place::Dataset(&name, Part::Review),
        scripts: &["lead.js"],
        class: "review",
        body: overview(&name, &conflicts),
    });
    Ok(page.into_response())
}

/// One conflict.
pub(crate) async fn page(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
    Path((name, id)): Path<(String, String)>,
    Asked(way): Asked<Way>,
) -> Result<Response, Problem> {
    let (principal, of) = (who.principal.clone(), name.clone());
    let view = studio.call(move |context, app| review::conflict(context, app, &principal, &of, &id)).await?;
    let page = frame.page(Page {
        title: &format!("{name}: decide {}", view.item),
        place: Place::Dataset(&name, Part::Review),
        scripts: if way.own { &["lead.js", "alone.js"] } else { &["lead.js"] },
        class: "adjudicate",
        body: case(&frame, &view, way.own),
    });
    Ok(page.into_response())
}

/// Decides it and goes on to the next.
pub(crate) async fn decide(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
    Path((name, id)): Path<(String, String)>,
    body: String,
) -> Result<Response, Problem> {
    let (principal, of, again) = (who.principal.clone(), name.clone(), id.clone());
    let decided = studio
        .call(move |context, app| {
            let view = review::conflict(context, app, &principal, &of, &id)?;
            let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&body).unwrap_or_default();
            let field =
                |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
            let answers = match field("how") {
                Some("own") => match sheet::answers(&view.questions, &body) {
                    Ok(answers) => answers,
                    Err(problem) => return Ok(Err(problem)),
                },
                _ => match picked(&view, field) {
                    Ok(answers) => Value::Object(answers),
                    Err(problem) => return Ok(Err(problem)),
                },
            };
            let version = field("version").and_then(|version| version.parse().ok());
            let (decision, known) = (Decision { item: id, answers, version }, field("known").is_some());
            let decided = review::decide(context, app, &principal, &of, &decision)?;
            if known {
                let resolution = review::item(context, app, &principal, &of, &decision.item)?.resolution;
                let right = resolution.and_then(|resolution| serde_json::to_value(resolution.answers).ok());
                dataset::set_gold(context, app, &principal, &of, &decision.item, right.as_ref())?;
            }
            Ok(Ok(decided))
        })
        .await
        .and_then(|decided| decided);
    let decided = match decided {
        Ok(decided) => decided,
        Err(problem) if problem.status == StatusCode::CONFLICT => {
            let page = overtaken(&studio, &frame, who, name, again).await?;
            return Ok((StatusCode::CONFLICT, page).into_response());
        }
        Err(problem) => return Err(problem),
    };
    let next = match decided.next {
        Some(next) => case_address(&name, &next),
        None => address(&name, Part::Review),
    };
    Ok(Redirect::to(&next).into_response())
}

/// The case as it is now, for somebody who decided on what it was before.
async fn overtaken(
    studio: &Arc<Studio>,
    frame: &Frame,
    who: Who,
    name: String,
    id: String,
) -> Result<Markup, Problem> {
    let view =
        studio.call(move |context, app| review::conflict(context, app, &who.principal, &name, &id)).await?;
    Ok(frame.page(Page {
        title: &format!("{}: decide {}", view.dataset, view.item),
        place: Place::Dataset(&view.dataset, Part::Review),
        scripts: &["lead.js"],
        class: "adjudicate",
        body: html! {
            p.notice.warn role="alert" { "Somebody decided this, or answered it, after you opened the page: your decision was not kept. This is how it is now." }
            (case(frame, &view, false))
        },
    }))
}

/// The picked side's answer to every open question.
fn picked<'a>(
    view: &ConflictView,
    field: impl Fn(&str) -> Option<&'a str>,
) -> Result<Map<String, Value>, Problem> {
    let mut answers = Map::new();
    for question in &view.open {
        let side = field(&format!("pick.{question}"))
            .and_then(|name| view.sides.iter().find(|side| side.name == name));
        let Some(side) = side else {
            return Err(Problem::user(
                format!("nothing is picked for `{question}`"),
                "pick an answer for every open question",
            ));
        };
        if let Some(answer) = side.answers.get(question) {
            let value = serde_json::to_value(answer).map_err(|error| Problem::bug(error.to_string()))?;
            answers.insert(question.clone(), value);
        }
    }
    Ok(answers)
}

fn case_address(dataset: &str, id: &str) -> String {
    format!("{}/{}", address(dataset, Part::Review), encoded(id))
}

fn overview(name: &str, conflicts: &Conflicts) -> Markup {
    html! {
        h1 { "Review " (name) }
        @if conflicts.items.is_empty() {
            div.empty {
                h2 { "Nothing to decide" }
                p { "Where people agree as far as the merge policy asks, their answers are merged by themselves. Disagreements appear here once enough people answered an item." }
                a.button href=(address(name, Part::Dashboard)) { "To the dashboard" }
            }
        } @else {
            p { (count(conflicts.total, "conflict", "conflicts")) " left. " @if let Some(first) = conflicts.items.first() { a.button.primary href=(case_address(name, &first.item)) { "Begin" } } }
            div.scroll tabindex="0" role="region" aria-label="Conflicts" {
                table.table {
                    thead { tr { th { "Item" } th { "Text" } th { "In dispute" } th.number { "Responses" } } }
                    tbody { @for row in &conflicts.items {
                        tr { th scope="row" { a href=(case_address(name, &row.item)) { (row.item) } } td.title dir="auto" { (row.title) } td { (row.questions.join(", ")) } td.number { (row.responses) } }
                    } }
                }
            }
            @if let Some(after) = &conflicts.after { p { a.button href={ (address(name, Part::Review)) "?after=" (encoded(after)) } { "Further conflicts" } } }
        }
    }
}

fn case(frame: &Frame, view: &ConflictView, own: bool) -> Markup {
    html! {
        div.row.between {
            h1 { "Decide " (view.item) }
            @if let Some(next) = &view.next { a.button href=(case_address(&view.dataset, next)) data-key="n" { "Later" kbd { "n" } } }
        }
        @if let Some(resolution) = &view.resolution {
            section.notice {
                p { "This was decided" @if let Some(by) = &resolution.by { " by " (by) } ". Deciding again replaces it; the log keeps both." }
                (item::show_answers(&view.questions, &view.fields, &resolution.answers))
            }
        }
        @if own {
            form.deciding method="post" action=(case_address(&view.dataset, &view.item)) { (frame.csrf_field()) (by_oneself(frame, view)) }
        } @else {
            div.columns {
                section.reading aria-label="What is shown" { (item::show_fields(&view.layout, &view.fields)) }
                form.stack.deciding method="post" action=(case_address(&view.dataset, &view.item)) { (frame.csrf_field()) (by_picking(frame, view)) }
            }
        }
        (agreed(view))
    }
}

/// For leads: what they decide is the known answer from now on.
fn known(frame: &Frame) -> Markup {
    html! {
        @if frame.may(Act::Manage) {
            label.tick { input type="checkbox" name="known" value="yes"; "Measure people by it: make it the known answer" }
        }
    }
}

fn by_picking(frame: &Frame, view: &ConflictView) -> Markup {
    html! {
        input type="hidden" name="how" value="pick";
        input type="hidden" name="version" value=(view.version);
        @for question in view.questions.iter().filter(|question| view.open.contains(&question.name)) { (dispute(view, question)) }
        div.row.decide {
            button.button.primary data-key="Enter" { "Decide" kbd { "Enter" } }
            a.button href={ (case_address(&view.dataset, &view.item)) "?own=true" } data-key="o" { "Answer it myself" kbd { "o" } }
            (known(frame))
        }
        p.muted { "A digit picks that person’s answers. Names are hidden, and the order differs from item to item." }
    }
}

fn dispute(view: &ConflictView, question: &Question) -> Markup {
    let title = question.title();
    html! {
        fieldset.dispute {
            legend { (title) }
            @for (place, side) in view.sides.iter().enumerate() {
                @let same = same_before(view, question, place);
                label.pick .same[same.is_some()] {
                    input type="radio" name={ "pick." (question.name) } value=(side.name) data-key=(place + 1) required;
                    kbd { (place + 1) }
                    span.who { (side.name) @if let Some(took) = side.seconds { span.muted { " · " (seconds(took)) } } }
                    @if let Some(other) = same { span.muted { "the same as " (other) } }
                    div.said { @match side.answers.get(&question.name) {
                        Some(answer) => (item::show_answer(question, answer, &view.fields)),
                        None => span.muted { "no answer" },
                    } }
                }
            }
        }
    }
}

/// An earlier side that said the same.
fn same_before<'a>(view: &'a ConflictView, question: &Question, place: usize) -> Option<&'a str> {
    let said = |side: &'a Side| -> Option<&'a Answer> { side.answers.get(&question.name) };
    let mine = said(&view.sides[place])?;
    view.sides[..place].iter().find(|side| said(side) == Some(mine)).map(|side| side.name.as_str())
}

fn by_oneself(frame: &Frame, view: &ConflictView) -> Markup {
    let mut answers = view.agreed.clone();
    if let Some(first) = view.sides.first() {
        for (question, answer) in &first.answers {
            answers.entry(question.clone()).or_insert_with(|| answer.clone());
        }
    }
    let sheet = ItemView {
        dataset: view.dataset.clone(),
        item: view.item.clone(),
        lease: None,
        expires_at: None,
        version: 0,
        draft_version: 0,
        status: Tab::Pending,
        fields: view.fields.clone(),
        layout: view.layout.clone(),
        questions: view.questions.clone(),
        suggestions: Vec::new(),
        answers: Some(answers),
        active_ms: 0,
        presented: std::collections::BTreeMap::new(),
        returned: None,
        read_only: false,
        guideline: view.guideline.clone(),
    };
    html! {
        input type="hidden" name="how" value="own";
        input type="hidden" name="version" value=(view.version);
        (item::controls(&sheet))
        div.row.decide {
            button.button.primary { "Decide" }
            a.button href=(case_address(&view.dataset, &view.item)) { "Pick somebody’s answer" }
            (known(frame))
        }
    }
}

fn agreed(view: &ConflictView) -> Markup {
    let questions: Vec<Question> =
        view.questions.iter().filter(|question| view.agreed.contains_key(&question.name)).cloned().collect();
    html! {
        @if !questions.is_empty() {
            section.panel.agreed { h2 { "Agreed already" } (item::show_answers(&questions, &view.fields, &view.agreed)) }
        }
        @if !view.suggestions.is_empty() {
            details.panel { summary { "What models suggest" }
                @for suggestion in &view.suggestions { h3 { (suggestion.model) } (item::show_answers(&view.questions, &view.fields, &suggestion.answers)) }
            }
        }
    }
}
