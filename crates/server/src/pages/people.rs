//! People, their roles and passwords, and the tokens of programs; for the owner.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use engraft_app::people::{self, Role, Scope, TokenView, UserView};
use engraft_app::{Context, Workspace};
use maud::{Markup, html};
use serde::Deserialize;

use super::figures::time;
use crate::extract::Fields;
use crate::guard::Who;
use crate::page::{Frame, Page, Place, capital, wrong};
use crate::problem::Problem;
use crate::studio::{Studio, secret};

#[derive(Deserialize)]
pub(crate) struct Added {
    name: String,
    role: Role,
}

#[derive(Deserialize)]
pub(crate) struct Changed {
    name: String,
    #[serde(rename = "do")]
    what: What,
    #[serde(default)]
    role: Option<Role>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    Role,
    Password,
    Stop,
    Resume,
    Erase,
    EraseWithAnswers,
}

#[derive(Deserialize)]
pub(crate) struct Revoked {
    id: String,
}

/// The page.
pub(crate) async fn page(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
) -> Result<Response, Problem> {
    show(&studio, &frame, &who, None).await
}

/// Adds a person; the page then shows the password that was made up, once.
pub(crate) async fn add(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
    Fields(added): Fields<Added>,
) -> Result<Response, Problem> {
    let (principal, fresh) = (who.principal.clone(), random()?);
    let name = added.name.trim().to_string();
    let result = studio
        .call_hashing(move |context, app| {
            people::add_user(context, app, &principal, &name, added.role, None, &fresh)
        })
        .await;
    let told = match result {
        Ok(made) => password_told(&made.user, made.password.as_deref().unwrap_or_default()),
        Err(problem) => refused(problem)?,
    };
    show(&studio, &frame, &who, Some(told)).await
}

/// Changes a person's role, password or standing.
pub(crate) async fn change(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
    Fields(changed): Fields<Changed>,
) -> Result<Response, Problem> {
    let (principal, fresh) = (who.principal.clone(), random()?);
    let Changed { name, what, role } = changed;
    let hashes = matches!(what, What::Password);
    let verb = move |context: Context<'_>, app: &Workspace| {
        let nothing = |()| None;
        match what {
            What::Role => {
                people::set_role(context, app, &principal, &name, role.unwrap_or(Role::Viewer)).map(|_| None)
            }
            What::Password => people::set_password(context, app, &principal, &name, None, &fresh).map(Some),
            What::Stop => people::set_active(context, app, &principal, &name, false).map(|_| None),
            What::Resume => people::set_active(context, app, &principal, &name, true).map(|_| None),
            What::Erase => people::erase_user(context, app, &principal, &name, true).map(nothing),
            What::EraseWithAnswers => people::erase_user(context, app, &principal, &name, false).map(nothing),
        }
    };
    // Erasing waits for an import to end, and must not hold up who signs in meanwhile.
    let result = if hashes { studio.call_hashing(verb).await } else { studio.call(verb).await };
    let told = match result {
        Ok(Some(made)) => password_told(&made.user, made.password.as_deref().unwrap_or_default()),
        Ok(None) => return Ok(Redirect::to("/people").into_response()),
        Err(problem) => refused(problem)?,
    };
    show(&studio, &frame, &who, Some(told)).await
}

/// Makes a token; the page then shows its secret, once. The body has one `scope` field for each scope.
pub(crate) async fn make_token(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
    Fields(pairs): Fields<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let (principal, fresh) = (who.principal.clone(), random()?);
    let field =
        |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim().to_string());
    let (owner, name) = (field("user").unwrap_or_default(), field("name").unwrap_or_default());
    let days = field("days").and_then(|days| days.parse::<u32>().ok());
    let chosen = pairs.iter().filter(|(key, _)| key == "scope");
    let scopes: BTreeSet<Scope> = chosen.filter_map(|(_, value)| Scope::named(value)).collect();
    let result = studio
        .call(move |context, app| {
            people::create_token(context, app, &principal, &owner, &name, &scopes, days, &fresh)
        })
        .await;
    let told = match result {
        Ok(made) => html! {
            div.notice.good role="status" {
                p { "The token is made. Copy it now: it is shown this once." }
                p { code.secret { (made.token) } }
            }
        },
        Err(problem) => refused(problem)?,
    };
    show(&studio, &frame, &who, Some(told)).await
}

/// Ends a token.
pub(crate) async fn revoke_token(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Fields(revoked): Fields<Revoked>,
) -> Result<Response, Problem> {
    studio.call(move |context, app| people::revoke_token(context, app, &principal, &revoked.id)).await?;
    Ok(Redirect::to("/people").into_response())
}

async fn show(
    studio: &Arc<Studio>,
    frame: &Frame,
    who: &Who,
    told: Option<Markup>,
) -> Result<Response, Problem> {
    let principal = who.principal.clone();
    let (users, tokens) = studio
        .call(move |context, app| {
            Ok((
                people::list_users(context, app, &principal)?,
                people::list_tokens(context, app, &principal)?,
            ))
        })
        .await?;
    let page = frame.page(Page {
        title: "People",
        place: Place::People,
        scripts: &["lead.js"],
        class: "people",
        body: html! {
            div.row.between { h1 { "People" } a.button href="/log" { "Log" } }
            @if let Some(told) = told { (told) }
            div.cards { @for user in users.iter().filter(|user| !user.erased) { (person(frame, user, &who.principal.user)) } }
            (add_form(frame))
            (tokens_part(frame, &users, &tokens))
        },
    });
    Ok(page.into_response())
}

fn person(frame: &Frame, user: &UserView, me: &str) -> Markup {
    html! {
        article.card.person {
            h2 { (user.user) @if user.user == me { " " span.badge { "you" } } }
            p.muted { (capital(user.role.name())) " · since " (time(&user.created_at))
                @if !user.can_log_in { " · " strong { "cannot sign in" } } }
            details {
                summary { "Change" }
                form.stack method="post" action="/people/change" {
                    (frame.csrf_field())
                    input type="hidden" name="name" value=(user.user);
                    label.field { span { "Role" }
                        select name="role" { @for role in Role::ALL { option value=(role.name()) selected[role == user.role] { (capital(role.name())) } } }
                    }
                    div.row {
                        button.button name="do" value="role" { "Set the role" }
                        button.button name="do" value="password" { "Make a new password" }
                        @if user.can_log_in { button.button name="do" value="stop" { "Stop" } } @else { button.button name="do" value="resume" { "Let in again" } }
                    }
                    @if user.user != me {
                        details.deeper {
                            summary { "Erase this person" }
                            p.muted { "The name goes for good; the log stays whole. Their answers can stay under a made-up name." }
                            div.row {
                                button.button.danger name="do" value="erase" { "Erase, keep the answers" }
                                button.button.danger name="do" value="erase_with_answers" { "Erase with the answers" }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn add_form(frame: &Frame) -> Markup {
    html! {
        section.panel {
            h2 { "Add a person" }
            form.row.end method="post" action="/people/add" {
                (frame.csrf_field())
                label.field { span { "Name" } input name="name" autocapitalize="none" autocomplete="off" required; }
                label.field { span { "Role" }
                    select name="role" { @for role in Role::ALL { option value=(role.name()) selected[role == Role::Annotator] { (capital(role.name())) } } }
                }
                button.button.primary { "Add" }
            }
            dl.roles {
                div { dt { "Owner" } dd { "people, tokens, the log, and everything else" } }
                div { dt { "Lead" } dd { "datasets, imports, exports, quality, every answer" } }
                div { dt { "Reviewer" } dd { "decides where answers disagree, without names" } }
                div { dt { "Annotator" } dd { "answers; sees only their own answers" } }
                div { dt { "Viewer" } dd { "progress in numbers" } }
            }
        }
    }
}

fn tokens_part(frame: &Frame, users: &[UserView], tokens: &[TokenView]) -> Markup {
    html! {
        section.panel {
            h2 { "Tokens for programs" }
            p.muted { "A program sends a token as " code { "authorization: Bearer …" } ". It may do what both its scopes and its person’s role allow." }
            @if tokens.is_empty() { p { "There are none." } }
            @if !tokens.is_empty() {
                div.scroll tabindex="0" role="region" aria-label="Tokens" {
                    table.table {
                        thead { tr { th { "Name" } th { "Person" } th { "Scopes" } th { "Until" } th { span.visually-hidden { "End it" } } } }
                        tbody { @for token in tokens {
                            tr {
                                td { (token.name) } td { (token.user) }
                                td { @for scope in &token.scopes { span.badge { (scope.name()) } " " } }
                                td { @match &token.expires_at { Some(at) => (time(at)), None => "revoked by hand" } }
                                td { @if token.revoked { "revoked" } @else {
                                    form method="post" action="/tokens/revoke" { (frame.csrf_field()) input type="hidden" name="id" value=(token.id); button.button aria-label={ "Revoke " (token.name) } { "Revoke" } }
                                } }
                            }
                        } }
                    }
                }
            }
            form.stack method="post" action="/tokens/add" {
                (frame.csrf_field())
                div.row.end {
                    label.field { span { "What it is for" } input name="name" autocomplete="off" required; }
                    label.field { span { "Acts for" } select name="user" { @for user in users.iter().filter(|user| !user.erased) { option { (user.user) } } } }
                    label.field { span { "Days" } input type="number" name="days" min="1" max="3650" value="90"; }
                }
                fieldset.choice {
                    legend { "Scopes" }
                    @for scope in Scope::ALL { label { input type="checkbox" name="scope" value=(scope.name()); " " (capital(scope.name())) } }
                }
                div { button.button { "Make a token" } }
            }
        }
    }
}

fn password_told(user: &str, password: &str) -> Markup {
    html! {
        div.notice.good role="status" {
            p { "Give " strong { (user) } " this password. It is shown this once; they can change it after signing in." }
            p { code.secret { (password) } }
        }
    }
}

/// What a person can put right is told on the page; the rest is a problem of the request.
fn refused(problem: Problem) -> Result<Markup, Problem> {
    if problem.status == axum::http::StatusCode::FORBIDDEN || !problem.status.is_client_error() {
        return Err(problem);
    }
    Ok(wrong(&problem))
}

fn random() -> Result<people::Secret, Problem> {
    secret().map_err(|message| Problem::unavailable(message, "try again"))
}
