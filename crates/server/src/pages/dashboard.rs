//! How a dataset stands: progress, agreement, people, labels and disagreement, each figure a way to its items.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use engraft_app::annotate::{Question, QuestionKind, Schema};
use engraft_app::dataset;
use engraft_app::people::Act;
use engraft_app::review::{self, Dashboard, LabelCounts, Matrix, QuestionAgreement};
use maud::{Markup, Render, html};
use serde::Deserialize;

use super::figures::{about, bar, count, hours, metric_of, of_items, percent, thousands};
use super::links::Links;
use super::{cost, team};
use crate::extract::Fields;
use crate::guard::Who;
use crate::item::words_of;
use crate::live::{self, First};
use crate::page::{Frame, Page, Part, Place, address};
use crate::problem::Problem;
use crate::studio::Studio;

#[derive(Deserialize)]
pub(crate) struct Pausing {
    user: String,
    why: String,
}

/// The page.
pub(crate) async fn page(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
    Path(dataset): Path<String>,
) -> Result<Response, Problem> {
    let figures = drawn(&studio, &frame, &who, &dataset).await?;
    let page = frame.page(Page {
        title: &format!("{dataset}: dashboard"),
        place: Place::Dataset(&dataset, Part::Dashboard),
        scripts: &["lead.js"],
        class: "dashboard",
        body: html! {
            h1 { (dataset) }
            div #figures data-live={ (address(&dataset, Part::Dashboard)) "/live" } { (figures) }
        },
    });
    Ok(page.into_response())
}

/// Its figures, as often as they change.
pub(crate) async fn live(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
    Path(dataset): Path<String>,
) -> Result<Response, Problem> {
    let place = live::place(&studio)?;
    let shared = Arc::new((Arc::clone(&studio), frame, who, dataset));
    let listener = Arc::clone(&shared);
    let happened = move || {
        let (studio, principal) = (Arc::clone(&listener.0), listener.2.principal.clone());
        async move { studio.call(move |_, app| review::pulse(app, &principal)).await }
    };
    let draw = move || {
        let shared = Arc::clone(&shared);
        async move {
            let (studio, frame, who, dataset) = &*shared;
            drawn(studio, frame, who, dataset).await.map(Markup::into_string)
        }
    };
    // What stands in the way is said before the stream begins.
    let first = First { seen: happened().await?, drawn: draw().await? };
    Ok(live::stream(&studio, place, "figures", first, happened, draw))
}

async fn drawn(studio: &Arc<Studio>, frame: &Frame, who: &Who, dataset: &str) -> Result<Markup, Problem> {
    let (principal, name) = (who.principal.clone(), dataset.to_string());
    let (view, dataset) = studio
        .call(move |context, app| {
            let dataset = dataset::show(context, app, &principal, &name)?;
            Ok((review::dashboard(context, app, &principal, &name)?, dataset))
        })
        .await?;
    Ok(figures(&view, &dataset.schema, frame, who.principal.may(Act::SeeAnswers)))
}

/// Stops a person here, or lets them go on when no reason is given.
pub(crate) async fn pause(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(dataset): Path<String>,
    Fields(pausing): Fields<Pausing>,
) -> Result<Response, Problem> {
    let name = dataset.clone();
    studio
        .call(move |context, app| {
            let why = Some(pausing.why.trim()).filter(|why| !why.is_empty());
            review::pause(context, app, &principal, &name, &pausing.user, why)
        })
        .await?;
    Ok(axum::response::Redirect::to(&address(&dataset, Part::Dashboard)).into_response())
}

fn figures(view: &Dashboard, schema: &Schema, frame: &Frame, sees_answers: bool) -> Markup {
    let links = Links { dataset: &view.dataset, to_items: sees_answers };
    html! {
        (progress(view, frame, &links))
        @if view.items.total == 0 {
            div.empty { h2 { "No items yet" } p { "Figures appear here as soon as there are items and people answer them." }
                @if sees_answers { a.button.primary href=(address(&view.dataset, Part::Transfer)) { "Import items" } }
            }
        } @else {
            div.panels {
                (agreement(&view.agreement, schema, view.window, &links))
                @if sees_answers { (cost::panel(view, frame)) }
                @for counts in &view.labels { (labels(counts, schema.question(&counts.question), &links)) }
                @for matrix in view.matrices.iter().filter(|matrix| !matrix.cells.is_empty()) { (disagreement(matrix, schema.question(&matrix.question), &links)) }
            }
            @if !view.people.is_empty() { (team::people(view, frame, &links)) }
        }
    }
}

fn progress(view: &Dashboard, frame: &Frame, links: &Links) -> Markup {
    let items = &view.items;
    let states = [
        ("Resolved", "resolved", items.resolved),
        ("In need of a decision", "conflict", items.conflicts),
        ("Not complete", "open", items.open),
    ];
    html! {
        section.panel {
            div.row.between {
                h2 { (percent(items.resolved, items.total)) " resolved" }
                p.muted { (links.counted(&[], items.total, count(items.total, "item", "items"))) " · " (count(view.responses, "response", "responses"))
                    @if view.responses_needed > 0 {
                        " · " (thousands(view.responses_needed)) " to go"
                        @if let Some(left) = view.hours_left { ", " (about(hours(left))) " of work" }
                    }
                    @if view.hours_spent > 0.0 { " · " (hours(view.hours_spent)) " worked so far" } }
            }
            (bar("Resolved", items.resolved, items.total))
            dl.figures {
                @for (words, state, n) in states {
                    div { dt { (words) } dd { (links.counted(&[("state", state)], n, thousands(n))) } }
                }
                div { dt { "Flagged" } dd { (links.counted(&[("flagged", "true")], items.flagged, thousands(items.flagged))) } }
            }
            @if items.conflicts > 0 && frame.may(Act::Review) { p { a.button.primary href=(address(&view.dataset, Part::Review)) { "Decide " (count(items.conflicts, "conflict", "conflicts")) } } }
        }
    }
}

fn agreement(rows: &[QuestionAgreement], schema: &Schema, window: u64, links: &Links) -> Markup {
    html! {
        section.panel {
            h2 { "Agreement" }
            @if rows.iter().all(|row| row.items == 0) {
                p.muted { "It needs items that two people answered. Let at least two people answer each item: “overlap” in the settings." }
            } @else {
                div.scroll tabindex="0" role="region" aria-label="Agreement" {
                    table.table {
                        thead { tr { th { "Question" } th { "Measure" } th { "Value" } th.number { "Items" } } }
                        tbody { @for row in rows {
                            @let asked = schema.question(&row.question);
                            @let n = of_items(row.used as u64, part(asked), row.items as u64);
                            @let lead = |figure: &dyn Render| links.counted(&[("behind", "agreement"), ("question", row.question.as_str())], row.items as u64, figure.render());
                            tr {
                                th scope="row" { (title(asked, &row.question)) }
                                td { (row.measure.replace('_', " ")) @if row.used < row.of {
                                    span.muted { ", " (row.used) " of " (row.of) @if let Some((_, many)) = part(asked) { " " (many) } " used" }
                                } }
                                td { (lead(&metric_of(&row.metric, row.measure == "percent", &n))) }
                                td.number { (lead(&thousands(row.items as u64))) }
                            }
                        } }
                    }
                }
                p.muted { "On the latest " (count(window, "item", "items")) " answered by two people or more." }
            }
        }
    }
}

/// One and several of what a measure of agreement counts where an item may hold several places; `None` where it counts items.
fn part(question: Option<&Question>) -> Option<(&'static str, &'static str)> {
    use QuestionKind::{Form, Labels, Relevance, Support, Taxonomy, Turns};
    let has_parts = matches!(
        question?.kind,
        Form { .. } | Labels { .. } | Relevance { .. } | Support { .. } | Taxonomy { .. } | Turns { .. }
    );
    has_parts.then_some(("part", "parts"))
}

/// What people read of a question.
fn title<'a>(question: Option<&'a Question>, name: &'a str) -> &'a str {
    question.map_or(name, Question::title)
}

fn labels(counts: &LabelCounts, question: Option<&Question>, links: &Links) -> Markup {
    let most = counts.counts.iter().map(|count| count.count).max().unwrap_or(0);
    let all: u64 = counts.counts.iter().map(|count| count.count).sum();
    html! {
        section.panel {
            h2 { "Answers: " (title(question, &counts.question)) }
            @if counts.counts.is_empty() { p.muted { "Nobody answered yet." } }
            ul.bars { @for row in &counts.counts {
                @let words = words_of(question, &row.label);
                li {
                    (links.items(&[("question", counts.question.as_str()), ("label", row.label.as_str())], html! {
                        span.words { (words) }
                        meter min="0" max=(most) value=(row.count) aria-label=(words) {}
                        span.number { (thousands(row.count)) " · " (percent(row.count, all)) }
                    }))
                }
            } }
        }
    }
}

/// How dark a cell of a matrix is, from 0 to 4.
fn heat(pairs: u64, most: u64) -> u64 {
    if pairs == 0 || most == 0 { 0 } else { (pairs * 4).div_ceil(most).min(4) }
}

fn disagreement(matrix: &Matrix, question: Option<&Question>, links: &Links) -> Markup {
    let asked = title(question, &matrix.question);
    let cell = |a: &str, b: &str| {
        matrix.cells.iter().find(|cell| (cell.a == a && cell.b == b) || (cell.a == b && cell.b == a))
    };
    let most = matrix.cells.iter().map(|cell| cell.pairs).max().unwrap_or(0);
    html! {
        section.panel {
            h2 { "Who said what together: " (asked) }
            p.muted { "Pairs of answers to the same item. Off the diagonal, two people disagreed." }
            div.scroll tabindex="0" role="region" aria-label={ "Pairs of answers: " (asked) } {
                table.matrix {
                    thead { tr { td {} @for label in &matrix.labels { th scope="col" { (words_of(question, label)) } } } }
                    tbody { @for (row, a) in matrix.labels.iter().enumerate() {
                        tr {
                            th scope="row" { (words_of(question, a)) }
                            @for (column, b) in matrix.labels.iter().enumerate() {
                                @let found = cell(a, b);
                                @let pairs = found.map_or(0, |cell| cell.pairs);
                                // More than two people make several pairs of one item.
                                @let items = found.map_or(0, |cell| cell.items.len() as u64);
                                td data-heat=(heat(pairs, most)) class=(if row == column { "same" } else { "other" }) {
                                    @if pairs == 0 { span.muted { "0" } }
                                    @else { (links.items(&[("question", matrix.question.as_str()), ("label", a.as_str()), ("other", b.as_str())], html! {
                                        @if links.to_items { (of_items(pairs, Some(("pair", "pairs")), items)) } @else { (thousands(pairs)) }
                                    })) }
                                }
                            }
                        }
                    } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_darkest_cell_is_the_fullest_and_an_empty_one_has_no_colour() {
        assert_eq!([heat(0, 8), heat(1, 8), heat(3, 8), heat(8, 8), heat(0, 0)], [0, 1, 2, 4, 0]);
    }
}
