//! The items of a dataset: a list by filter, and everything about one.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use engraft_app::annotate::{Question, Schema};
use engraft_app::dataset::DatasetView;
use engraft_app::review::{self, Behind, ItemDetail, ItemFilter, ItemRow, Items, ResponseView};
use engraft_app::{dataset, work};
use maud::{Markup, html};
use serde::Deserialize;

use super::figures::{count, seconds, thousands, time};
use super::known;
use crate::extract::{Asked, Fields};
use crate::guard::Who;
use crate::item::{self, Voice};
use crate::page::{Frame, Page, Part, Place, address, encoded};
use crate::problem::Problem;
use crate::studio::Studio;

const STATES: [(&str, &str); 5] = [
    ("", "All"),
    ("open", "Not complete"),
    ("conflict", "In need of a decision"),
    ("resolved", "Resolved"),
    ("gold", "With a known answer"),
];
const DEEDS: [(&str, &str); 3] = [("", "Anything"), ("submitted", "Submitted"), ("skipped", "Skipped")];

/// A filter as a form sends it: what is empty does not filter.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Query {
    text: String,
    state: String,
    user: String,
    /// What the person did with it.
    status: String,
    /// The person submitted it today.
    today: bool,
    question: String,
    label: String,
    /// The other answer of a cell of the matrix.
    other: String,
    flagged: bool,
    /// The figure of the dashboard that these items are behind.
    behind: Option<Behind>,
    after: String,
}

#[derive(Deserialize)]
pub(crate) struct Back {
    user: String,
    reason: String,
}

#[derive(Deserialize)]
pub(crate) struct Comment {
    text: String,
}

impl Query {
    fn filter(&self) -> ItemFilter {
        let given = |text: &str| Some(text.trim().to_string()).filter(|text| !text.is_empty());
        ItemFilter {
            text: given(&self.text),
            state: given(&self.state),
            user: given(&self.user),
            status: given(&self.status),
            today: self.today,
            question: given(&self.question),
            label: given(&self.label),
            other: given(&self.other),
            flagged: self.flagged,
            behind: self.behind,
            after: given(&self.after),
            limit: Some(50),
        }
    }

    /// The same filter from another item on.
    fn from(&self, after: &str) -> String {
        let pairs = [
            ("text", self.text.as_str()),
            ("state", &self.state),
            ("user", &self.user),
            ("status", &self.status),
            ("today", if self.today { "true" } else { "" }),
            ("question", &self.question),
            ("label", &self.label),
            ("other", &self.other),
            ("flagged", if self.flagged { "true" } else { "" }),
            ("after", after),
        ];
        let given = pairs.iter().filter(|(_, value)| !value.is_empty());
        given.map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
    }
}

/// The list.
pub(crate) async fn list(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
    Path(name): Path<String>,
    Asked(query): Asked<Query>,
) -> Result<Response, Problem> {
    let (principal, asked, of) = (who.principal.clone(), query.clone(), name.clone());
    let (items, dataset) = studio
        .call(move |context, app| {
            let dataset = dataset::show(context, app, &principal, &of)?;
            Ok((review::items(context, app, &principal, &of, &asked.filter())?, dataset))
        })
        .await?;
    let page = frame.page(Page {
        title: &format!("{name}: items"),
        place: Place::Dataset(&name, Part::Items),
        scripts: &["lead.js"],
        class: "items",
        body: html! {
            h1 { "Items of " (name) }
            (filters(&name, &query, &dataset))
            @if let Some(words) = meaning(&query, &items, &dataset.schema) { p data-meaning { (words) } }
            (table(&name, &items, &query))
        },
    });
    Ok(page.into_response())
}

/// One item with every answer, its history and what was said about it.
pub(crate) async fn detail(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
    Path((name, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (principal, of) = (who.principal.clone(), name.clone());
    let view = studio.call(move |context, app| review::item(context, app, &principal, &of, &id)).await?;
    let page = frame.page(Page {
        title: &format!("{name}: {}", view.item),
        place: Place::Dataset(&name, Part::Items),
        scripts: &["lead.js"],
        class: "item-detail",
        body: body(&frame, &view),
    });
    Ok(page.into_response())
}

/// Gives a person's answer back to them.
pub(crate) async fn give_back(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path((name, id)): Path<(String, String)>,
    Fields(back): Fields<Back>,
) -> Result<Redirect, Problem> {
    let to = item_address(&name, &id);
    studio
        .call(move |context, app| {
            review::return_to(context, app, &principal, &name, &id, &back.user, &back.reason)
        })
        .await?;
    Ok(Redirect::to(&to))
}

/// Says something about an item.
pub(crate) async fn comment(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path((name, id)): Path<(String, String)>,
    Fields(said): Fields<Comment>,
) -> Result<Redirect, Problem> {
    let to = item_address(&name, &id);
    studio
        .call(move |context, app| {
            work::comment(context, app, &principal, &name, &id, &said.text, false).map(|_| ())
        })
        .await?;
    Ok(Redirect::to(&to))
}

pub(super) fn item_address(dataset: &str, id: &str) -> String {
    format!("{}/{}", address(dataset, Part::Items), encoded(id))
}

fn filters(name: &str, query: &Query, dataset: &DatasetView) -> Markup {
    html! {
        form.row.end.filters role="search" method="get" action=(address(name, Part::Items)) {
            label.field { span { "Words" } input type="search" name="text" value=(query.text); }
            label.field { span { "State" } select name="state" { @for (value, words) in STATES { option value=(value) selected[value == query.state] { (words) } } } }
            label.field { span { "Person" } input name="user" value=(query.user); }
            label.field { span { "Answer is" } select name="status" { @for (value, words) in DEEDS { option value=(value) selected[value == query.status] { (words) } } } }
            label.field { span { "Question" } select name="question" { option value="" { "Any" } @for question in &dataset.schema.questions { option value=(question.name) selected[question.name == query.question] { (question.title()) } } } }
            label.field { span { "Answer" } input name="label" value=(query.label); }
            label.field { span { "Other person said" } input name="other" value=(query.other); }
            label.check { input type="checkbox" name="today" value="true" checked[query.today]; " Today" }
            label.check { input type="checkbox" name="flagged" value="true" checked[query.flagged]; " Flagged" }
            button.button.primary { "Show" }
        }
    }
}

/// What a list that a figure led to is, in a sentence; the form says it of the others.
fn meaning(query: &Query, items: &Items, schema: &Schema) -> Option<String> {
    let n = count(items.items.len() as u64, "item", "items");
    let asked = schema.question(&query.question);
    let question = asked.map_or(query.question.as_str(), Question::title);
    let words = |label: &str| item::words_of(asked, label);
    let (user, label, other) = (&query.user, words(&query.label), words(&query.other));
    let latest = "among the latest that two people or more answered";
    Some(match query.behind {
        Some(Behind::Agreement) => format!("How far people agree on {question}: {n}, {latest}."),
        Some(Behind::Agrees) => format!("How often {user} says what others say: {n}, {latest}."),
        Some(Behind::Accepted) => {
            format!("How often {user} takes a suggestion over: {n}, among the latest that anybody answered.")
        }
        Some(Behind::Speed) => format!("How long {user} takes: the latest {n} whose time is known."),
        None if !other.is_empty() => {
            format!("Where one person said “{label}” and another “{other}” to {question}: {n}, {latest}.")
        }
        None => {
            let said = count(items.said?, "response says", "responses say");
            format!("{said} “{label}” to {question}; these are their items.")
        }
    })
}

fn table(name: &str, items: &Items, query: &Query) -> Markup {
    html! {
        @if items.items.is_empty() {
            div.empty {
                h2 { "No such items" }
                p { "Nothing fits this filter." }
                div.row { a.button href=(address(name, Part::Items)) { "Show all" } a.button href=(address(name, Part::Transfer)) { "Import items" } }
            }
        } @else {
            div.scroll tabindex="0" role="region" aria-label="Items" {
                table.table {
                    thead { tr { th { "Item" } th { "Text" } th { "State" } th.number { "Responses" } } }
                    tbody { @for row in &items.items { (line(name, row)) } }
                }
            }
            @if let Some(after) = &items.after { p { a.button href={ (address(name, Part::Items)) "?" (query.from(after)) } { "Further items" } } }
        }
    }
}

fn line(name: &str, row: &ItemRow) -> Markup {
    html! {
        tr {
            th scope="row" { a href=(item_address(name, &row.item)) { (row.item) } }
            td.title dir="auto" { (row.title) }
            td { span.badge data-state=(row.state) { (row.state) } @if row.flagged { " " span.badge.warn { "flagged" } } }
            td.number { (thousands(row.responses)) }
        }
    }
}

fn body(frame: &Frame, view: &ItemDetail) -> Markup {
    let shown = |answers| item::show_answers(&view.questions, &view.fields, answers);
    let submitted = view.responses.iter().filter(|response| response.status == "submitted");
    let voices = submitted.map(|response| Voice { name: response.user.clone(), answers: &response.answers });
    let voices: Vec<Voice> = voices.collect();
    html! {
        p { a href=(address(&view.dataset, Part::Items)) { "← All items" } }
        h1 { (view.item) }
        section.panel { h2 { "What is shown" } (item::show_fields(&view.layout, &view.questions, &view.fields, &voices)) }
        @if let Some(resolution) = &view.resolution {
            section.panel {
                h2 { "Resolution" }
                p.muted { (serde_json::to_value(resolution.source).ok().and_then(|source| source.as_str().map(str::to_string)).unwrap_or_default())
                    @if let Some(by) = &resolution.by { " by " (by) } @if let Some(posterior) = resolution.posterior { ", probability " (format!("{posterior:.2}")) } }
                (shown(&resolution.answers))
                (known::button(frame, view, &resolution.answers, &[("how", "resolution")]))
            }
        }
        (known::panel(frame, view))
        section {
            h2 { (count(view.responses.len() as u64, "response", "responses")) }
            @if view.responses.is_empty() { p.muted { "Nobody answered yet." } }
            div.cards { @for response in &view.responses { (answer(frame, view, response)) } }
        }
        @if !view.suggestions.is_empty() {
            section { h2 { "Suggestions" } div.cards { @for suggestion in &view.suggestions {
                article.card { h3 { (suggestion.model) @if let Some(score) = suggestion.score { span.muted { " " (format!("{score:.2}")) } } } (shown(&suggestion.answers)) }
            } } }
        }
        section.panel {
            h2 { "Comments" }
            @for comment in &view.comments { p { strong { (comment.by) } " " span.muted { (time(&comment.at)) } @if comment.flag { " " span.badge.warn { "flag" } } br; (comment.text) } }
            form.stack method="post" action={ (item_address(&view.dataset, &view.item)) "/comment" } {
                (frame.csrf_field())
                label.field { span { "Say something" } textarea name="text" rows="2" required {} }
                div { button.button { "Send" } }
            }
        }
        @if !view.metadata.is_empty() {
            section.panel { h2 { "Metadata" } dl.figures { @for (key, value) in &view.metadata { div { dt { (key) } dd { (value.as_str().map_or_else(|| value.to_string(), str::to_string)) } } } } }
        }
    }
}

fn answer(frame: &Frame, view: &ItemDetail, response: &ResponseView) -> Markup {
    html! {
        article.card {
            h3 { (response.user) " " span.badge { (response.status) } }
            p.muted { (time(&response.at)) @if let Some(took) = response.seconds { " · " (seconds(took)) } " · version " (response.version) }
            @if let Some(reason) = &response.reason { p { "“" (reason.replace('_', " ")) "”" } }
            (item::show_answers(&view.questions, &view.fields, &response.answers))
            @for (question, said) in &response.earlier {
                p.muted { "Before the questions changed: " (question) ": " span dir="auto" { (said.as_str().map_or_else(|| said.to_string(), str::to_string)) } }
            }
            @if response.status == "submitted" {
                (known::button(frame, view, &response.answers, &[("how", "response"), ("user", response.user.as_str()), ("version", response.version.to_string().as_str())]))
                details {
                    summary { "Give it back" }
                    form.stack method="post" action={ (item_address(&view.dataset, &view.item)) "/back" } {
                        (frame.csrf_field())
                        input type="hidden" name="user" value=(response.user);
                        label.field { span { "Why" } input name="reason" required; }
                        div { button.button { "Give it back to " (response.user) } }
                    }
                }
            }
        }
    }
}
