//! Many items at once: rows to select, and one question whose answer goes to all of them.

use engraft_app::annotate::{Question, QuestionKind};
use engraft_app::work::ItemView;
use maud::{Markup, html};
use serde_json::Value;

use super::markup::segment;
use super::{Sheet, field, question};

/// A page of rows.
pub(crate) struct BulkView<'a> {
    /// The dataset.
    pub(crate) dataset: &'a str,
    /// The token every form carries.
    pub(crate) csrf: &'a str,
    /// The items, none answered by this person yet.
    pub(crate) rows: &'a [ItemView],
    /// Where the next page begins, if there is one.
    pub(crate) after: Option<&'a str>,
    /// What the rows are filtered by.
    pub(crate) text: &'a str,
    /// The item that the rows are like, the likest first.
    pub(crate) like: Option<&'a str>,
    /// At most so many rows.
    pub(crate) limit: usize,
}

/// How many rows a page may have.
pub(crate) const SIZES: [usize; 3] = [25, 50, 100];

/// The filter, the questions that fit many items, and the rows.
pub(crate) fn render(view: &BulkView) -> Markup {
    let here = format!("/d/{}/bulk", segment(view.dataset));
    html! {
        div data-bulk data-dataset=(view.dataset) {
            form.row.finding method="get" action=(here) role="search" {
                input type="search" name="text" value=(view.text) placeholder="Words in the items" aria-label="Words in the items";
                select name="limit" aria-label="Rows" { @for rows in SIZES { option value=(rows) selected[rows == view.limit] { (rows) " rows" } } }
                button.button { "Filter" }
            }
            @if let Some(like) = view.like {
                p.notice data-like=(like) { "The items most like “" (like) "” that you can still answer, the likest first. " a href=(here) { "All items" } }
            }
            @match view.rows.first() {
                None => (nothing(view)),
                Some(first) => {
                    form method="post" action=(here) autocomplete="off" {
                        input type="hidden" name="csrf" value=(view.csrf);
                        div.columns {
                            div.reading { (rows(view.rows)) (more(view, &here)) }
                            div.asking { (panel(first)) }
                        }
                    }
                }
            }
        }
    }
}

fn nothing(view: &BulkView) -> Markup {
    html! {
        div.empty {
            h2 { @if view.text.is_empty() || view.like.is_some() { "Nothing left to label" } @else { "No item has these words" } }
            p { @if view.text.is_empty() { "You answered every item that is open to you." } @else { "Try other words, or none." } }
        }
    }
}

fn rows(items: &[ItemView]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Items" {
            table.table.bulk {
                thead { tr { th { input type="checkbox" data-all aria-label="Select all on this page"; } th { "Item" } th { span.visually-hidden { "State" } } } }
                tbody {
                    @for item in items {
                        @let words = summary(item);
                        tr data-item=(item.item) aria-selected="false" {
                            td { input type="checkbox" name="items" value=(item.item) aria-label={ "Select " (words.chars().take(60).collect::<String>()) }; }
                            td dir="auto" { (words) }
                            td data-state {}
                        }
                    }
                }
            }
        }
    }
}

/// The first characters of what the item shows.
fn summary(item: &ItemView) -> String {
    let texts = item.layout.iter().filter_map(|field| item.fields.get(&field.name)).map(text);
    texts.collect::<Vec<_>>().join(" · ").chars().take(400).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::Array(parts) => parts
            .iter()
            .map(|part| part["content"].as_str().or(part["text"].as_str()).unwrap_or_default())
            .collect::<Vec<_>>()
            .join(" / "),
        other => field::text_of(other).to_string(),
    }
}

fn panel(first: &ItemView) -> Markup {
    let bare = ItemView { answers: None, suggestions: Vec::new(), ..first.clone() };
    let sheet = Sheet::of(&bare);
    let (fitting, others): (Vec<_>, Vec<_>) =
        first.questions.iter().partition(|question| fits_many(question));
    html! {
        // Long lists move by themselves, so that the buttons below are always in reach.
        div.many {
            @for question in fitting { (question::render(&sheet, question)) }
            @if others.iter().any(|question| question.required) {
                p.notice.warn { "These items ask more than can be answered for many at once. Answer them one by one." }
            }
            p.help { kbd { "Shift" } " selects a range. A label's key labels all selected at once." }
        }
        div.actions role="group" aria-label="The selected items" {
            p.state { b data-affects role="status" { "affects 0 items" } }
            button.button type="button" data-do="similar" disabled { "Find similar" }
            button.button.primary type="button" data-do="label-all" disabled { "Label them" kbd data-command="submit" {} }
        }
    }
}

/// Whether one answer can stand for many items: it does not point into one item's text.
fn fits_many(question: &Question) -> bool {
    use QuestionKind::{Label, Labels, Rating, Taxonomy, Text};
    matches!(question.kind, Label { .. } | Labels { .. } | Taxonomy { .. } | Rating { .. } | Text { .. })
}

fn more(view: &BulkView, here: &str) -> Markup {
    html! {
        @if let Some(after) = view.after {
            p { a.button href={ (here) "?text=" (segment(view.text)) "&limit=" (view.limit) "&after=" (segment(after)) } { "More items" } }
        }
    }
}
