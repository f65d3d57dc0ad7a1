//! Items in and datasets out, streamed: an upload goes to a temporary file, a download comes from one.

use std::path::Path as FilePath;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, RANGE,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use engraft_app::dataset::{self, ExportRequest, ImportRequest};
use engraft_app::people::Act;
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

use super::queue::plain;
use crate::archive;
use crate::exports::{Made, Sending};
use crate::extract::{Asked, Sent};
use crate::guard::Who;
use crate::page::encoded;
use crate::pages::transfer;
use crate::problem::Problem;
use crate::studio::{Studio, secret};

/// The longest upload, in bytes: 2 GiB.
const LONGEST: u64 = 2 << 30;
/// An upload that sends nothing for this long is given up.
const SILENCE: std::time::Duration = std::time::Duration::from_secs(30);

#[derive(Deserialize)]
pub(crate) struct Incoming {
    format: String,
    #[serde(default)]
    offset_unit: Option<String>,
    #[serde(default)]
    strict: bool,
    /// Whose answers they are, where the file does not say.
    #[serde(default)]
    user: Option<String>,
    /// What the file is called, for formats that look at it.
    #[serde(default)]
    name: Option<String>,
    /// Add the report as it is drawn in the studio.
    #[serde(default)]
    html: bool,
}

/// What to take out.
#[derive(Clone, Deserialize)]
pub(crate) struct Outgoing {
    pub(crate) format: String,
    #[serde(default)]
    pub(crate) snapshot: Option<String>,
    #[serde(default)]
    pub(crate) split: Option<String>,
    /// The question that a format with one answer a row is about.
    #[serde(default)]
    pub(crate) question: Option<String>,
    /// Whose answers such a format gets: `settled`, `aggregated` or `every`.
    #[serde(default)]
    pub(crate) voices: Option<String>,
    #[serde(default)]
    pub(crate) seed: u64,
    #[serde(default)]
    pub(crate) strict: bool,
}

/// Takes a file in: the body is the file.
pub(crate) async fn import(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path(name): Path<String>,
    Asked(incoming): Asked<Incoming>,
    body: Body,
) -> Result<Json<Value>, Problem> {
    // Before a byte is written: who may not import need not upload.
    principal.must(Act::Manage)?;
    let folder = tempfile::tempdir()
        .map_err(|error| Problem::unavailable(error.to_string(), "free some disk space"))?;
    let path = folder.path().join(file_name(incoming.name.as_deref(), &incoming.format));
    receive(body, &path).await?;
    let fresh = secret().map_err(|message| Problem::unavailable(message, "try again"))?;
    let drawn = incoming.html;
    let report = studio
        .call(move |context, app| {
            let Incoming { format, offset_unit, strict, user, .. } = incoming;
            let request = ImportRequest { path: path.clone(), format, offset_unit, user, strict };
            let report = dataset::import(context, app, &principal, &name, &request, &fresh);
            drop(folder);
            report
        })
        .await?;
    let mut value = plain(&report)?;
    if drawn {
        value["html"] = transfer::imported(&report).into_string().into();
    }
    Ok(Json(value))
}

/// Writes a dataset out for download; tells what the format could not hold and where the files are.
pub(crate) async fn export(
    State(studio): State<Arc<Studio>>,
    who: Who,
    Path(name): Path<String>,
    Sent(outgoing): Sent<Outgoing>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let made = make(&studio, &who, &name, outgoing).await?;
    let mut value = plain(&made.report)?;
    let here = format!("/api/v1/datasets/{}/exports/{}", encoded(&name), made.id);
    value["id"] = made.id.clone().into();
    value["downloads"] = made
        .names()
        .iter()
        .map(|file| json!({ "name": file, "url": format!("{here}/{}", encoded(file)) }))
        .collect();
    Ok((StatusCode::CREATED, Json(value)))
}

/// Writes a dataset out into a folder that is kept for its maker.
pub(crate) async fn make(
    studio: &Arc<Studio>,
    who: &Who,
    name: &str,
    outgoing: Outgoing,
) -> Result<Arc<Made>, Problem> {
    let fresh = secret().map_err(|message| Problem::unavailable(message, "try again"))?;
    let id: String = fresh[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    let folder = tempfile::tempdir()
        .map_err(|error| Problem::unavailable(error.to_string(), "free some disk space"))?;
    let path =
        folder.path().join(file_name(Some(&format!("{name}{}", ending(&outgoing.format))), &outgoing.format));
    let (principal, name) = (who.principal.clone(), name.to_string());
    let report = studio
        .call(move |context, app| {
            let Outgoing { format, snapshot, split, question, voices, seed, strict } = outgoing;
            let request = ExportRequest { path, format, snapshot, split, question, voices, seed, strict };
            let report = dataset::export(context, app, &principal, &name, &request)?;
            if request.path.is_dir() {
                let packed = request.path.with_file_name(format!("{name}-{}.tar", request.format));
                archive::pack(&request.path, &packed).map_err(engraft_app::Error::io("pack", &packed))?;
            }
            Ok(report)
        })
        .await?;
    Ok(studio.exports.keep(id, &who.principal.user, report, folder, studio.now_ns()))
}

/// Sends a file of an export, whole or from some byte on.
pub(crate) async fn download(
    State(studio): State<Arc<Studio>>,
    Who { principal, .. }: Who,
    Path((_, id, file)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    principal.must(Act::Export)?;
    let gone = || Problem::missing("this export is gone", "exports are kept for an hour: make it again");
    let made = studio.exports.find(&id, &principal.user, studio.now_ns()).ok_or_else(gone)?;
    let path = made.path(&file).ok_or_else(gone)?;
    let unread = |error: std::io::Error| Problem::unavailable(error.to_string(), "make the export again");
    let mut opened = tokio::fs::File::open(&path).await.map_err(unread)?;
    let length = opened.metadata().await.map_err(unread)?.len();
    let common = [
        (CONTENT_TYPE, mime(&file).to_string()),
        (CONTENT_DISPOSITION, format!("attachment; filename*=UTF-8''{}", encoded(&file))),
        (ACCEPT_RANGES, "bytes".to_string()),
        (ETAG, format!("\"{}\"", made.report.sha256)),
    ];
    let range = headers.get(RANGE).and_then(|range| range.to_str().ok());
    match range.map(|range| span(range, length)) {
        None => Ok((
            common,
            [(CONTENT_LENGTH, length.to_string())],
            Body::new(Sending::new(opened, length, made)),
        )
            .into_response()),
        Some(Some((first, last))) => {
            opened.seek(std::io::SeekFrom::Start(first)).await.map_err(unread)?;
            let part = [
                (CONTENT_LENGTH, (last - first + 1).to_string()),
                (CONTENT_RANGE, format!("bytes {first}-{last}/{length}")),
            ];
            Ok((
                StatusCode::PARTIAL_CONTENT,
                common,
                part,
                Body::new(Sending::new(opened, last - first + 1, made)),
            )
                .into_response())
        }
        Some(None) => Ok((StatusCode::RANGE_NOT_SATISFIABLE, [(CONTENT_RANGE, format!("bytes */{length}"))])
            .into_response()),
    }
}

/// Writes a body to a file as it comes in.
async fn receive(mut body: Body, path: &FilePath) -> Result<(), Problem> {
    let unwritten = |error: std::io::Error| Problem::unavailable(error.to_string(), "free some disk space");
    let cut = || Problem::user("the upload broke off", "send the file again");
    let mut file = tokio::fs::File::create(path).await.map_err(unwritten)?;
    let mut length = 0;
    loop {
        let frame = match tokio::time::timeout(SILENCE, body.frame()).await {
            Err(_) | Ok(Some(Err(_))) => return Err(cut()),
            Ok(None) => break,
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(bytes) = frame.into_data() else { continue };
        length += bytes.len() as u64;
        if length > LONGEST {
            return Err(Problem::too_large(
                "the file is longer than 2 GB",
                "import it with `engraft dataset import`, or in parts",
            ));
        }
        file.write_all(&bytes).await.map_err(unwritten)?;
    }
    file.flush().await.map_err(unwritten)
}

/// A harmless name for a file, which keeps the ending that formats look at.
fn file_name(given: Option<&str>, format: &str) -> String {
    let given = given.unwrap_or(format).rsplit(['/', '\\']).next().unwrap_or_default();
    let harmless =
        |letter: char| if letter.is_alphanumeric() || "-_.".contains(letter) { letter } else { '-' };
    let name: String = given.chars().map(harmless).take(100).collect();
    let name = name.trim_start_matches('.');
    if name.is_empty() { "upload".into() } else { name.into() }
}

/// What a file of that format is called at the end; brat and BEIR are folders.
fn ending(format: &str) -> &'static str {
    match format {
        "label-studio" | "argilla" => ".json",
        "csv" => ".csv",
        "conll" => ".conll",
        "trec-qrels" => ".qrels",
        "brat" | "beir" => "",
        _ => ".jsonl",
    }
}

/// The first and last byte of a `range` header, both in the file; `None` when it asks for nothing there is.
fn span(range: &str, length: u64) -> Option<(u64, u64)> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let end = length.checked_sub(1)?;
    match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), last) if first <= end => Some((first, last.unwrap_or(end).clamp(first, end))),
        (Err(_), Ok(count)) if first.is_empty() && count > 0 => Some((length.saturating_sub(count), end)),
        _ => None,
    }
}

fn mime(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("json") => "application/json",
        Some("jsonl") => "application/x-ndjson",
        Some("csv") => "text/csv; charset=utf-8",
        Some("zip") => "application/zip",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_both_ends_or_one() {
        assert_eq!(span("bytes=0-9", 100), Some((0, 9)));
        assert_eq!(span("bytes=90-", 100), Some((90, 99)));
        assert_eq!(span("bytes=90-500", 100), Some((90, 99)));
        assert_eq!(span("bytes=-10", 100), Some((90, 99)));
        for nothing in ["bytes=100-", "bytes=-0", "bytes=", "lines=0-9", "bytes=a-b"] {
            assert_eq!(span(nothing, 100), None, "{nothing}");
        }
        assert_eq!(span("bytes=0-0", 0), None);
    }

    #[test]
    fn an_uploads_name_leads_nowhere_else() {
        assert_eq!(file_name(Some("tasks.json"), "label-studio"), "tasks.json");
        assert_eq!(file_name(Some("../../etc/passwd"), "csv"), "passwd");
        assert_eq!(file_name(Some("C:\\x\\a b.csv"), "csv"), "a-b.csv");
        assert_eq!(file_name(Some(".."), "csv"), "upload");
        assert_eq!(file_name(None, "csv"), "csv");
    }
}
