//! The frame of every page: skip link, header with the way around, main part, and the account menu.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use axum::http::request::Parts;
use engraft_app::people::{Act, Principal};
use maud::{DOCTYPE, Markup, html};

use crate::assets;
use crate::guard::{Who, cookie};
use crate::problem::Problem;

/// Light, dark, or whatever the system says. In a cookie, so that the first byte knows it and nothing flashes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Theme {
    Light,
    Dark,
    #[default]
    System,
}

impl Theme {
    pub(crate) const ALL: [Theme; 3] = [Theme::Light, Theme::Dark, Theme::System];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Theme::Light => "light",
            Theme::Dark => "dark",
            Theme::System => "system",
        }
    }

    pub(crate) fn named(name: &str) -> Theme {
        Theme::ALL.into_iter().find(|theme| theme.name() == name).unwrap_or_default()
    }
}

/// For whom a page is drawn.
pub(crate) struct Frame {
    who: Option<Who>,
    theme: Theme,
}

impl<S: Send + Sync> FromRequestParts<S> for Frame {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Frame, Infallible> {
        let who = <Who as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await?;
        Ok(Frame { who, theme: Frame::theme_of(&parts.headers) })
    }
}

/// What a page holds.
pub(crate) struct Page<'a> {
    /// In the window's title and, unless the body brings its own, as the first heading.
    pub(crate) title: &'a str,
    /// Where in the studio this is.
    pub(crate) place: Place<'a>,
    /// Modules to load besides `frame.js`, by asset name.
    pub(crate) scripts: &'a [&'a str],
    /// The class of the main part.
    pub(crate) class: &'a str,
    /// The main part.
    pub(crate) body: Markup,
}

/// Where in the studio a page is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place<'a> {
    /// Before signing in.
    Outside,
    /// The list of datasets.
    Home,
    /// Decisions between retrieval and fine-tuning.
    Decisions,
    /// People and tokens.
    People,
    /// Making a dataset.
    NewDataset,
    /// One's own password.
    Account,
    /// A part of a dataset.
    Dataset(&'a str, Part),
}

/// The parts of a dataset.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Work,
    Dashboard,
    Items,
    Review,
    Quality,
    Transfer,
    Settings,
}

impl Part {
    const ALL: [Part; 7] = [
        Part::Work,
        Part::Dashboard,
        Part::Items,
        Part::Review,
        Part::Quality,
        Part::Transfer,
        Part::Settings,
    ];

    fn words(self) -> (&'static str, &'static str, Act) {
        match self {
            Part::Work => ("Annotate", "work", Act::Annotate),
            Part::Dashboard => ("Dashboard", "dashboard", Act::SeeProgress),
            Part::Items => ("Items", "items", Act::SeeAnswers),
            Part::Review => ("Review", "review", Act::Review),
            Part::Quality => ("Quality", "quality", Act::SeeAnswers),
            Part::Transfer => ("Import, export", "transfer", Act::Export),
            Part::Settings => ("Settings", "settings", Act::Manage),
        }
    }
}

/// The address of a part of a dataset.
pub(crate) fn address(dataset: &str, part: Part) -> String {
    format!("/d/{}/{}", encoded(dataset), part.words().1)
}

/// A piece of an address: everything but letters, digits and `-_.~` as `%xx`.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

impl Frame {
    /// The frame for somebody, or nobody.
    pub(crate) fn of(who: Option<Who>, theme: Theme) -> Frame {
        Frame { who, theme }
    }

    /// The theme a browser asks for.
    pub(crate) fn theme_of(headers: &HeaderMap) -> Theme {
        let cookies = headers.get(COOKIE).and_then(|cookies| cookies.to_str().ok()).unwrap_or_default();
        cookie(cookies, "theme").map(Theme::named).unwrap_or_default()
    }

    /// The whole document.
    pub(crate) fn page(&self, page: Page) -> Markup {
        let csrf = self.csrf();
        html! {
            (DOCTYPE)
            html lang="en" data-theme=(self.theme.name()) {
                head {
                    meta charset="utf-8";
                    title { (page.title) " · Engraft" }
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content=(match self.theme { Theme::System => "light dark", theme => theme.name() });
                    meta name="csrf" content=(csrf);
                    link rel="icon" href=(assets::url("icon.svg")) type="image/svg+xml";
                    link rel="stylesheet" href=(assets::url("studio.css"));
                    link rel="stylesheet" href=(assets::url("lead.css"));
                    script type="module" src=(assets::url("frame.js")) {}
                    @for script in page.scripts { script type="module" src=(assets::url(script)) {} }
                }
                body {
                    a.skip href="#main" { "Skip to the content" }
                    (self.header(page.place))
                    main #main class=(page.class) tabindex="-1" { (page.body) }
                    div #toasts role="status" aria-live="polite" {}
                }
            }
        }
    }

    /// The hidden field that every form of a session carries.
    pub(crate) fn csrf_field(&self) -> Markup {
        html! { input type="hidden" name="csrf" value=(self.csrf()); }
    }

    /// Whether whom it is for may do it.
    pub(crate) fn may(&self, act: Act) -> bool {
        self.who.as_ref().is_some_and(|who| who.principal.may(act))
    }

    fn csrf(&self) -> &str {
        self.who.as_ref().map(Who::csrf).unwrap_or_default()
    }

    fn header(&self, place: Place) -> Markup {
        let who = self.who.as_ref().map(|who| &who.principal);
        html! {
            header.top {
                a.brand href="/" { img src=(assets::url("icon.svg")) alt="" width="24" height="24"; span { "Engraft" } }
                @if let Some(principal) = who {
                    nav.places aria-label="Studio" { (ways(principal, place)) }
                    (self.account(principal, place))
                }
            }
        }
    }

    fn account(&self, principal: &Principal, place: Place) -> Markup {
        html! {
            details.menu.account {
                summary { span.name { (principal.user) } span.badge { (principal.role.name()) } }
                div.sheet {
                    form method="post" action="/theme" {
                        (self.csrf_field())
                        fieldset.choice {
                            legend { "Appearance" }
                            @for theme in Theme::ALL {
                                button name="theme" value=(theme.name()) aria-pressed=(theme == self.theme) { (capital(theme.name())) }
                            }
                        }
                    }
                    @if principal.scopes.is_none() {
                        a.button href="/account" aria-current=[(place == Place::Account).then_some("page")] { "Password" }
                        form method="post" action="/logout" { (self.csrf_field()) button.button { "Sign out" } }
                    }
                }
            }
        }
    }
}

fn ways(principal: &Principal, place: Place) -> Markup {
    let here = |yes: bool| yes.then_some("page");
    html! {
        a href="/" aria-current=[here(matches!(place, Place::Home | Place::NewDataset))] { "Datasets" }
        @if principal.may(Act::SeeProgress) {
            a href="/decisions" aria-current=[here(place == Place::Decisions)] { "Decisions" }
        }
        @if principal.may(Act::ManagePeople) {
            a href="/people" aria-current=[here(place == Place::People)] { "People" }
        }
        @if let Place::Dataset(dataset, current) = place {
            span.of { (dataset) }
            @for part in Part::ALL {
                @let (words, _, act) = part.words();
                @if principal.may(act) {
                    a href=(address(dataset, part)) aria-current=[here(part == current)] { (words) }
                }
            }
        }
    }
}

/// What went wrong and what to do about it, for a page on which it can be put right.
pub(crate) fn wrong(problem: &Problem) -> Markup {
    html! {
        p.notice.bad role="alert" { (capital(&problem.message)) ". " @if let Some(hint) = &problem.hint { (capital(hint)) "." } }
    }
}

/// The first letter large.
pub(crate) fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
