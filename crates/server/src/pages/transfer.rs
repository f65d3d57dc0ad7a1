//! Items in, datasets out, and what a format could not hold.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use engraft_app::annotate::format::Loss;
use engraft_app::dataset::{self, DatasetView, FormatInfo, ImportReport};
use maud::{Markup, html};
use serde::Deserialize;

use super::figures::{count, thousands, time};
use crate::api::transfer::{Outgoing, make};
use crate::exports::Made;
use crate::extract::Fields;
use crate::guard::Who;
use crate::page::{Frame, Page, Part, Place, address, encoded, wrong};
use crate::problem::Problem;
use crate::studio::Studio;

/// Entries that were not taken, shown on a page.
const ROWS: usize = 100;
const UNITS: [(&str, &str); 5] = [
    ("", "As the format says"),
    ("codepoint", "Unicode code points"),
    ("utf16", "UTF-16 units"),
    ("byte", "Bytes"),
    ("grapheme", "Graphemes"),
];

const VOICES: [(&str, &str); 3] = [
    ("settled", "What is known, decided or agreed on"),
    ("aggregated", "Also what people disagree on or have not finished"),
    ("every", "Every response, in rows of its own"),
];

#[derive(Deserialize)]
pub(crate) struct Wanted {
    format: String,
    #[serde(default)]
    snapshot: String,
    #[serde(default)]
    split: String,
    #[serde(default)]
    question: String,
    #[serde(default)]
    voices: String,
    #[serde(default)]
    strict: bool,
}

/// The page.
pub(crate) async fn page(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    show(&studio, &frame, &who, &name, None).await
}

/// Makes an export and shows where to fetch it, and what it lacks.
pub(crate) async fn export(
    State(studio): State<Arc<Studio>>,
    frame: Frame,
    who: Who,
    Path(name): Path<String>,
    Fields(wanted): Fields<Wanted>,
) -> Result<Response, Problem> {
    let given = |text: String| Some(text.trim().to_string()).filter(|text| !text.is_empty());
    let Wanted { format, snapshot, split, question, voices, strict } = wanted;
    let outgoing = Outgoing {
        format,
        snapshot: given(snapshot),
        split: given(split),
        question: given(question),
        voices: given(voices),
        seed: 0,
        strict,
    };
    let told = match make(&studio, &who, &name, outgoing).await {
        Ok(made) => ready(&name, &made),
        Err(problem) if problem.status.as_u16() == 400 || problem.status.as_u16() == 422 => wrong(&problem),
        Err(problem) => return Err(problem),
    };
    show(&studio, &frame, &who, &name, Some(told)).await
}

/// Keeps the dataset as it is now.
pub(crate) async fn snapshot(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(name): Path<String>,
) -> Result<Redirect, Problem> {
    let to = format!("{}#snapshots", address(&name, Part::Transfer));
    studio.call(move |context, app| dataset::snapshot(context, app, &principal, &name)).await?;
    Ok(Redirect::to(&to))
}

async fn show(
    studio: &Arc<Studio>,
    frame: &Frame,
    who: &Who,
    name: &str,
    told: Option<Markup>,
) -> Result<Response, Problem> {
    let (principal, of) = (who.principal.clone(), name.to_string());
    principal.must(engraft_app::people::Act::Export)?;
    let view = studio.call(move |context, app| dataset::show(context, app, &principal, &of)).await?;
    let formats = dataset::formats();
    let page = frame.page(Page {
        title: &format!("{name}: import and export"),
        place: Place::Dataset(name, Part::Transfer),
        scripts: &["lead.js"],
        class: "transfer",
        body: html! {
            h1 { "Import and export" }
            @if let Some(told) = told { (told) }
            div.panels { (import_form(name, &formats)) (export_form(frame, name, &formats, &view)) }
            (snapshots(frame, name, &view))
        },
    });
    Ok(page.into_response())
}

fn import_form(name: &str, formats: &[FormatInfo]) -> Markup {
    html! {
        section.panel {
            h2 { "Import" }
            form.stack data-import={ "/api/v1/datasets/" (encoded(name)) "/import" } {
                label.field { span { "File" } input type="file" name="file" required; }
                label.field { span { "Format" } select name="format" { @for format in formats.iter().filter(|format| format.imports && !format.folder) { option value=(format.name) selected[format.name == "jsonl"] { (format.name) } } } }
                label.field { span { "Offsets count" } select name="offset_unit" { @for (value, words) in UNITS { option value=(value) { (words) } } } small.help { "Every span is checked by its quote, so a wrong choice is found out." } }
                label.check { input type="checkbox" name="strict" value="true"; " Take nothing when anything would be lost" }
                div { button.button.primary { "Import" } }
                progress.meter hidden aria-label="Uploaded" max="1" value="0" {}
                div data-report role="status" {}
            }
            noscript { p.notice { "Uploading needs scripts. Without them: " code { "engraft dataset import " (name) " FILE --format jsonl" } } }
        }
    }
}

fn export_form(frame: &Frame, name: &str, formats: &[FormatInfo], view: &DatasetView) -> Markup {
    html! {
        section.panel {
            h2 { "Export" }
            form.stack method="post" action={ (address(name, Part::Transfer)) "/export" } {
                (frame.csrf_field())
                label.field { span { "Format" } select name="format" { @for format in formats { option value=(format.name) selected[format.name == "jsonl"] { (format.name) } } } }
                label.field { span { "Which version" } select name="snapshot" { option value="" { "As it is now" } @for row in view.snapshots.iter().rev() { option value=(row.snapshot) { (short(&row.snapshot)) " · " (count(row.items, "item", "items")) } } } }
                label.field { span { "Question" } select name="question" { option value="" { "First that fits" } @for question in &view.schema.questions { option { (question.name) } } } small.help { "For formats that hold one answer a row." } }
                label.field { span { "Whose answers" } select name="voices" { @for (value, words) in VOICES { option value=(value) { (words) } } } small.help { "For those formats, too. What is left out is counted." } }
                label.field { span { "Split" } input name="split" placeholder="train=.8,dev=.1,test=.1"; small.help { "Empty: one file. Items of one group stay together." } }
                label.check { input type="checkbox" name="strict" value="true"; " Write nothing when anything would be lost" }
                div { button.button.primary { "Export" } }
            }
        }
    }
}

fn ready(name: &str, made: &Made) -> Markup {
    let report = &made.report;
    html! {
        section.notice.good role="status" {
            h2 { (count(report.rows, "row is", "rows are")) " ready" }
            ul { @for file in made.names() { li { a download href={ "/api/v1/datasets/" (encoded(name)) "/exports/" (made.id) "/" (encoded(&file)) } { (file) } } } }
            p.muted { "SHA-256 " code { (report.sha256) } ". The files are kept for an hour." }
        }
        (losses("What this format cannot hold", &report.losses))
    }
}

/// What came of an import: what was added, what was not taken, what a dataset cannot hold.
pub(crate) fn imported(report: &ImportReport) -> Markup {
    let others = [
        (report.known, "was here already", "were here already"),
        (report.responses, "response", "responses"),
        (report.suggestions, "suggestion", "suggestions"),
        (report.gold, "known answer", "known answers"),
        (report.resolutions, "resolution", "resolutions"),
        (report.comments, "comment", "comments"),
        (report.drafts, "draft", "drafts"),
        (report.repaired, "span put right by its quote", "spans put right by their quotes"),
    ];
    let cut = report.rejected_total as usize - report.rejected.len();
    html! {
        div.notice.good { p {
            (count(report.items, "item", "items")) " added"
            @for (n, one, many) in others.into_iter().filter(|(n, ..)| *n > 0) { ", " (count(n, one, many)) }
            "."
        } }
        @if let Some(first) = report.differing.first() {
            div.notice.warn { p { (count(report.differing.len() as u64, "item is", "items are")) " here with other fields and stayed as they are, the first of them " code { (first) } "." } }
        }
        @if !report.rejected.is_empty() {
            section.notice.bad {
                h2 { (count(report.rejected_total, "entry was", "entries were")) " not taken" }
                div.scroll tabindex="0" role="region" aria-label="Not taken" {
                    table.table {
                        thead { tr { th.number { "Line" } th { "Why" } } }
                        tbody { @for row in report.rejected.iter().take(ROWS) { tr { td.number { (thousands(row.line)) } td { (row.message) } } } }
                    }
                }
                @if cut > 0 || report.rejected.len() > ROWS { p.muted { "Those are the first. " code { "engraft dataset import --json" } " lists more." } }
            }
        }
        @if !report.losses.is_empty() { (losses("What a dataset cannot hold", &report.losses)) }
    }
}

fn losses(title: &str, losses: &[Loss]) -> Markup {
    html! {
        @if losses.is_empty() { p.notice.good { "Nothing was left out." } }
        @else {
            section.notice.warn {
                h2 { (title) }
                div.scroll tabindex="0" role="region" aria-label=(title) {
                    table.table {
                        thead { tr { th { "What" } th.number { "How often" } th { "Why" } } }
                        tbody { @for loss in losses { tr { td { (loss.what) } td.number { (thousands(loss.count)) } td { (loss.why) @if let Some(item) = &loss.first { ", first in " code { (item) } } } } } }
                    }
                }
            }
        }
    }
}

fn snapshots(frame: &Frame, name: &str, view: &DatasetView) -> Markup {
    html! {
        section.panel #snapshots {
            div.row.between {
                h2 { "Snapshots" }
                form method="post" action={ (address(name, Part::Transfer)) "/snapshot" } { (frame.csrf_field()) button.button { "Take a snapshot" } }
            }
            p.muted { "A snapshot never changes, and its name is the hash of what it holds: train and measure on snapshots." }
            @if view.snapshots.is_empty() { p { "There is none yet." } }
            @else {
                div.scroll tabindex="0" role="region" aria-label="Snapshots" {
                    table.table {
                        thead { tr { th { "Snapshot" } th { "Taken" } th.number { "Items" } th.number { "Responses" } } }
                        tbody { @for row in view.snapshots.iter().rev() { tr { td { code { (short(&row.snapshot)) } } td { (time(&row.created_at)) } td.number { (thousands(row.items)) } td.number { (thousands(row.responses)) } } } }
                    }
                }
            }
        }
    }
}

fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}
