//! Decisions: how far each is, what it came to, and what it would be were the criteria weighed otherwise.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use engraft_app::decide::{
    self, Anchor, ArmReport, Decision, DecisionNo, DecisionRow, DecisionState, Scales, Weights,
};
use engraft_app::people::Act;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::drawn::{self, drawn, mark, pictures, tile};
use super::figures::{bar, metric, seconds, thousands, time};
use crate::extract::Sent;
use crate::guard::Who;
use crate::live::{self, First};
use crate::page::{Frame, Page, Place, capital};
use crate::problem::Problem;
use crate::studio::Studio;

/// A report is one page with its style inside; nothing in it loads or runs.
const REPORT_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// Scales that are kept at most.
const SCALES: usize = 4;

/// The scales last used: their resamples take a moment, moving a weight none. Whoever weighs another decision does not
/// wait for it.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Vec<(Made, Shared)>>);

/// A decision as it was made at one time: the same command can make it again.
type Made = (DecisionNo, String, String);

/// Scales, once somebody asked for them; those who weigh the same decision take turns.
type Shared = Arc<Mutex<Option<Scales>>>;

impl Kept {
    /// The place for the scales of a decision, the last used first.
    fn place(&self, row: &DecisionRow) -> Shared {
        let made = (row.no, row.out.clone(), row.told.clone());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.iter().position(|(of, _)| *of == made).map(|at| kept.remove(at));
        let first = known.unwrap_or_else(|| (made, Arc::default()));
        let place = Arc::clone(&first.1);
        kept.insert(0, first);
        kept.truncate(SCALES);
        place
    }
}

/// How much each criterion counts; only the proportions matter.
#[derive(Clone, Copy, Deserialize)]
pub(crate) struct Weighed {
    quality: f64,
    groundedness: f64,
    latency: f64,
    cost: f64,
    update_lag: f64,
}

/// All of them.
pub(crate) async fn list(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    Who { principal, .. }: Who,
) -> Result<Response, Problem> {
    let rows = studio.call(move |_, app| decide::decisions(app, &principal)).await?;
    let page = frame.page(Page {
        title: "Decisions",
        place: Place::Decisions,
        scripts: &[],
        class: "decisions",
        body: html! {
            h1 { "Decisions" }
            @if rows.is_empty() {
                div.empty {
                    h2 { "Nothing was decided yet" }
                    p { "A decision asks retrieval, fine-tuning and both the same questions and says which to use. Begin one in the folder of this workspace; it shows up here as soon as it runs." }
                    pre { "engraft decide TASK.toml" }
                }
            }
            div.cards {
                @for row in &rows {
                    article.card {
                        h2 { a href={ "/decisions/" (row.no) } { (row.name) } }
                        p.muted { (row.kind) " · " (time(&row.begun)) }
                        (far(row, None))
                    }
                }
            }
        },
    });
    Ok(page.into_response())
}

/// One of them.
pub(crate) async fn page(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    Who { principal, .. }: Who,
    Path(no): Path<DecisionNo>,
) -> Result<Response, Problem> {
    let whole = principal.may(Act::SeeAnswers);
    let drawing = drawn(&studio, &principal, no).await?;
    let drawing = drawing.as_deref();
    let (row, decision) = studio.call(move |_, app| decide::decision(app, &principal, no)).await?;
    let page = frame.page(Page {
        title: &format!("{}: decision", row.name),
        place: Place::Decisions,
        scripts: &["lead.js", "weigh.js"],
        class: "decision",
        body: html! {
            h1 { (row.name) }
            p.muted { (row.kind) " · begun " (time(&row.begun)) }
            @match &decision {
                Some(decision) => {
                    div #standing { (standing(decision)) }
                    @if let Some(drawing) = drawing { (tile(drawing)) }
                    (sliders(no, decision))
                    @if let Some(drawing) = drawing { (pictures(drawing)) }
                    @if whole { p { a.button href={ "/decisions/" (no) "/report" } { "The whole report" } } }
                }
                None if row.state == DecisionState::Running => {
                    div #figures data-live={ "/decisions/" (no) "/live" } data-until="[data-decided]" { (far(&row, drawing.map(|drawing| drawing.from.as_str()))) }
                    p.muted { "Figures appear when every arm has answered everything: looking earlier would favour whoever leads by luck." }
                    (drawn::place(no, drawing))
                }
                None => {
                    (far(&row, None))
                    @if row.state == DecisionState::Decided {
                        p.notice.warn { "Its files are not in " code { (row.out) } " any more. Run the same command again." }
                    }
                }
            }
        },
    });
    Ok(page.into_response())
}

/// How far it is, as often as that changes.
pub(crate) async fn live(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(no): Path<DecisionNo>,
) -> Result<Response, Problem> {
    let place = live::place(&studio)?;
    let shared = Arc::new((Arc::clone(&studio), principal));
    let listener = Arc::clone(&shared);
    let happened = move || {
        let (studio, principal) = (Arc::clone(&listener.0), listener.1.clone());
        async move {
            let rows = studio.call(move |_, app| decide::decisions(app, &principal)).await?;
            Ok(told(rows.iter().find(|row| row.no == no)))
        }
    };
    let draw = move || {
        let (studio, principal) = (Arc::clone(&shared.0), shared.1.clone());
        async move {
            let (row, from) = studio
                .call(move |_, app| {
                    let from = decide::drawn_from(app, &principal, no)?;
                    Ok((decide::decision(app, &principal, no)?.0, from))
                })
                .await?;
            Ok(far(&row, from.as_deref()).into_string())
        }
    };
    let first = First { seen: happened().await?, drawn: draw().await? };
    Ok(live::stream(&studio, place, "figures", first, happened, draw))
}

/// Numbers that are others once a decision has told anything new of itself. What happens to items does not concern it.
fn told(row: Option<&DecisionRow>) -> [u64; 2] {
    let mut hasher = DefaultHasher::new();
    let said = row.map(|row| (row.state.name(), &row.stage, row.done, row.total, &row.told));
    said.hash(&mut hasher);
    [hasher.finish(), 0]
}

/// The whole report.
pub(crate) async fn report(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(no): Path<DecisionNo>,
) -> Result<Response, Problem> {
    let page = studio.call(move |_, app| decide::decision_report(app, &principal, no)).await?;
    let policy = HeaderValue::from_static(REPORT_POLICY);
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    Ok(([(CONTENT_SECURITY_POLICY, policy), (CONTENT_TYPE, kind)], page).into_response())
}

/// What would be decided were the criteria weighed so.
pub(crate) async fn weigh(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(no): Path<DecisionNo>,
    Sent(said): Sent<Weighed>,
) -> Result<Json<Value>, Problem> {
    let shared = Arc::clone(&studio);
    let (decided, drawing) = studio
        .call(move |_, app| {
            let (row, _) = decide::decision(app, &principal, no)?;
            if row.state != DecisionState::Decided {
                // What lies in its folder may be of an earlier time.
                let message = format!("`{}` is not decided", row.name);
                return Err(engraft_app::Error::Request {
                    message,
                    hint: "wait until it is, or run its command again".into(),
                });
            }
            let place = shared.scales.place(&row);
            let mut kept = place.lock().unwrap_or_else(PoisonError::into_inner);
            let scales = match kept.take() {
                Some(scales) => kept.insert(scales),
                None => kept.insert(Scales::of(app, &principal, no)?),
            };
            let Weighed { quality, groundedness, latency, cost, update_lag } = said;
            let decided = scales.weigh(Weights { quality, groundedness, latency, cost, update_lag })?;
            let drawing = scales.drawn(&decided);
            Ok((decided, drawing))
        })
        .await?;
    Ok(Json(json!({
        "recommendation": decided.recommendation,
        "verdict": decided.verdict,
        "p_best": decided.p_best,
        "html": standing(&decided).into_string(),
        "tile": drawing.tile,
        "pictures": drawing.pictures,
    })))
}

/// How far a decision is, or its verdict; `from`: what there is to draw of it while it runs.
fn far(row: &DecisionRow, from: Option<&str>) -> Markup {
    html! {
        @match row.state {
            DecisionState::Running => {
                p { (capital(&row.stage)) @if let Some(total) = row.total { ": " (thousands(row.done)) " of " (thousands(total)) } }
                @if let Some(total) = row.total { (bar(&row.stage, row.done.min(total), total)) }
                p.muted { "Last heard " (time(&row.told)) ". If it was interrupted, run the same command again: what was measured is kept." }
                @if let Some(from) = from { (mark(row.no, from)) }
            }
            DecisionState::Decided => p data-decided { (prose(&row.words)) },
            DecisionState::Stopped => p.notice.warn data-decided { "It stopped: " (row.words) ". Run the same command again: what was measured is kept." },
        }
    }
}

/// The verdict, and where every arm stands.
fn standing(decision: &Decision) -> Markup {
    let arms: Vec<&ArmReport> = decision.arms.iter().filter(|arm| arm.candidate).collect();
    html! {
        p.verdict aria-live="polite" { (prose(&decision.verdict)) }
        div.scroll tabindex="0" role="region" aria-label="Where every arm stands" {
            table.table {
                thead { tr {
                    th scope="col" { "Arm" } th.number scope="col" { "Chance to be best" } th scope="col" { "Utility" } th scope="col" { "Quality" }
                    th.number scope="col" { "Cost a month" } th.number scope="col" { "Latency (p95)" } th.number scope="col" { "A change shows after" }
                } }
                tbody {
                    @for arm in arms { (arm_row(decision, arm)) }
                }
            }
        }
    }
}

fn arm_row(decision: &Decision, arm: &ArmReport) -> Markup {
    let recommended = decision.recommendation.as_deref() == Some(&arm.name);
    let dash = || html! { span.muted { "–" } };
    html! {
        tr.chosen[recommended] {
            th scope="row" { (arm.name) @if recommended { " " span.badge { "recommended" } } }
            @if let Some(why) = &arm.absent {
                td colspan="6" { span.muted { (capital(why)) } }
            } @else if !arm.dropped.is_empty() {
                td colspan="6" { span.muted { "Left out: " (arm.dropped.join("; ")) } }
            } @else {
                td.number { @match decide::chance(decision, arm) { Some(chance) => (chance), None => (dash()) } }
                td { @match arm.utility {
                    Some(utility) => meter min="0" max="1" value=(utility) title=(format!("{utility:.3}")) { (format!("{utility:.3}")) },
                    None => (dash()),
                } }
                td { (metric(&arm.quality, true)) }
                td.number { @match arm.cost_per_month.value { Some(cost) => (format!("{cost:.2}")), None => (dash()) } }
                td.number { @match arm.latency_ms.value { Some(ms) => (format!("{ms:.0} ms")), None => (dash()) } }
                td.number { @match arm.update_lag_s.value { Some(lag) => (seconds(lag)), None => (dash()) } }
            }
        }
    }
}

fn sliders(no: DecisionNo, decision: &Decision) -> Markup {
    html! {
        form.weights data-weigh={ "/api/v1/decisions/" (no) "/weigh" } {
            h2 { "What counts how much" }
            p.muted { "Move a weight and the verdict follows, on the same measurements. Only the proportions matter; nothing is saved." }
            @for anchor in &decision.criteria { (slider(anchor)) }
            button.button type="reset" { "As it was decided" }
            p.notice.bad role="alert" data-problem hidden {}
        }
    }
}

fn slider(anchor: &Anchor) -> Markup {
    let (name, share) = (anchor.criterion.replace(' ', "_"), 100.0 * anchor.weight);
    html! {
        div.weight {
            label for={ "weight-" (name) } { (capital(&anchor.criterion)) }
            input type="range" id={ "weight-" (name) } name=(name) min="0" max="100" step="any" value=(share) disabled[anchor.left_out.is_some()];
            output for={ "weight-" (name) } { (share.round()) }
            @if let Some(why) = &anchor.left_out { span.muted { "Left out: " (prose(why)) } }
        }
    }
}

/// Words of a verdict, with what stands between backquotes set apart.
fn prose(words: &str) -> Markup {
    html! {
        @for (nth, part) in words.split('`').enumerate() {
            @if nth % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}
