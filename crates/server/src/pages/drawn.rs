//! The tile and the pictures of a decision, drawn as in its report: on its page, and as far as there is anything while it runs.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State};
use engraft_app::decide::{self, DecisionNo, Drawn};
use engraft_app::people::Principal;
use engraft_app::{Error, Workspace};
use maud::{Markup, PreEscaped, html};

use crate::guard::Who;
use crate::problem::Problem;
use crate::studio::Studio;

/// Decisions whose drawing is kept.
const KEPT: usize = 4;

/// What was drawn last, the latest first: to read a record takes a moment, to look whether it is still the same none.
#[derive(Default)]
pub(crate) struct LastDrawn(Mutex<Vec<(DecisionNo, Arc<Drawn>)>>);

impl LastDrawn {
    fn of(&self, app: &Workspace, who: &Principal, no: DecisionNo) -> Result<Option<Arc<Drawn>>, Error> {
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept().iter().find(|(of, _)| *of == no).map(|(_, drawn)| Arc::clone(drawn));
        let drawn = decide::drawn(app, who, no, known)?;
        let mut kept = kept();
        kept.retain(|(of, _)| *of != no);
        if let Some(drawn) = &drawn {
            kept.insert(0, (no, Arc::clone(drawn)));
        }
        kept.truncate(KEPT);
        Ok(drawn)
    }
}

/// What there is to draw of a decision.
pub(crate) async fn drawn(
    studio: &Arc<Studio>,
    principal: &Principal,
    no: DecisionNo,
) -> Result<Option<Arc<Drawn>>, Problem> {
    let (shared, principal) = (Arc::clone(studio), principal.clone());
    studio.call(move |_, app| shared.last_drawn.of(app, &principal, no)).await
}

/// The part of a running decision's page that is fetched again whenever more of it is measured.
pub(crate) async fn part(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(no): Path<DecisionNo>,
) -> Result<Markup, Problem> {
    Ok(so_far(drawn(&studio, &principal, no).await?.as_deref()))
}

/// The four cells.
pub(crate) fn tile(drawn: &Drawn) -> Markup {
    html! { div.drawn #tile { (PreEscaped(&drawn.tile)) } }
}

/// Every picture.
pub(crate) fn pictures(drawn: &Drawn) -> Markup {
    html! {
        @if !drawn.pictures.is_empty() {
            h2 { "In pictures" }
            div.drawn #pictures { (PreEscaped(&drawn.pictures)) }
        }
    }
}

/// What is measured so far.
pub(crate) fn so_far(drawn: Option<&Drawn>) -> Markup {
    html! {
        @if let Some(drawn) = drawn {
            h2 { "So far" }
            p.muted { "Every arm has answered everything. What is still being measured is not in this yet, and there is no verdict." }
            (tile(drawn))
            (pictures(drawn))
        }
    }
}

/// The place for what is measured so far; `drawn` stands in it from the beginning.
pub(crate) fn place(no: DecisionNo, drawn: Option<&Drawn>) -> Markup {
    html! {
        div #so-far data-from=[drawn.map(|drawn| address(no, &drawn.from))] { (so_far(drawn)) }
    }
}

/// Tells the page that there is something else to draw than what it shows.
pub(crate) fn mark(no: DecisionNo, from: &str) -> Markup {
    html! { span hidden data-fills="so-far" data-from=(address(no, from)) {} }
}

fn address(no: DecisionNo, from: &str) -> String {
    format!("/decisions/{no}/drawn?of={from}")
}
