//! `docs`: what documents there are, what they say, how they changed, and how they go.

use engraft_store::{DocumentRow, VersionRow, Write};
use serde::Serialize;

use crate::failed::Failures;
use crate::workspace::Workspace;
use crate::{Context, Error, sources};

/// A document, as people and scripts see it.
#[derive(Clone, Debug, Serialize)]
pub struct DocumentView {
    /// The document, always the same for one uri of one source.
    pub doc_id: String,
    /// Where it is.
    pub uri: String,
    /// What it is called.
    pub title: Option<String>,
    /// Counts from 1.
    pub version: u32,
    /// The media type.
    pub mime: String,
    /// Code points of stored text.
    pub chars: usize,
    /// Indexed passages.
    pub chunks: usize,
    /// When this version came in.
    pub updated_at: String,
    /// Who may read it with `--as`.
    pub acl: Vec<String>,
    /// The source it belongs to.
    pub source: String,
    /// The language, ISO 639-1, when it is sure.
    pub language: Option<String>,
    /// What `--filter` can ask about.
    pub metadata: engraft_core::Metadata,
    /// The stored text; only `docs show`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Every document, by uri.
pub fn list(workspace: &Workspace, source: Option<&str>) -> Result<Vec<DocumentView>, Error> {
    let source = source.map(|name| known_source(workspace, name)).transpose()?;
    Ok(workspace.store.documents(source)?.into_iter().map(|row| view(workspace, row)).collect())
}

fn known_source(workspace: &Workspace, name: &str) -> Result<u32, Error> {
    let found = workspace.store.source(name)?;
    let hint = "run `engraft docs list` to see every source".into();
    found.map(|row| row.id).ok_or_else(|| Error::Missing { what: "source", name: name.into(), hint })
}

/// One document with its text.
pub fn show(workspace: &Workspace, name: &str) -> Result<DocumentView, Error> {
    let row = find(workspace, name)?;
    let text = workspace.store.text(row.no, row.version)?;
    Ok(DocumentView { text, ..view(workspace, row) })
}

/// What `docs rm` did.
#[derive(Clone, Debug, Serialize)]
pub struct Removed {
    /// What is gone, as it was.
    pub documents: [DocumentView; 1],
    /// Where it was.
    pub uri: String,
    /// How many passages went with it.
    pub chunks: usize,
    /// Whether earlier versions are erased too.
    pub purged: bool,
    /// Whether the next `sync` brings it back, since its file or page is still in its source.
    pub returns: bool,
    /// The state of the workspace after it.
    pub index_version: u64,
}

/// Removes a document; no later query sees it. A file that is still there comes back with the next `sync`.
pub fn remove(context: Context, workspace: &Workspace, name: &str, purge: bool) -> Result<Removed, Error> {
    let row = find(workspace, name)?;
    let write = Write::Remove { source: row.source, uri: row.uri.clone(), purge };
    let receipt = workspace.store.apply(&[write], &[], "", &(context.now)())?;
    let index = workspace.index(context)?;
    workspace.persist(&index)?;
    let (uri, returns) = (row.uri.clone(), returns(workspace, &row)?);
    Ok(Removed {
        documents: [view(workspace, row)],
        uri,
        chunks: receipt.changes.removed.len(),
        purged: purge,
        returns,
        index_version: index.version(),
    })
}

/// Whether the next sync reads the file of a removed document again: it is still there, no other document of it is left by which it
/// would be taken as known, and it is not among those that failed.
fn returns(workspace: &Workspace, row: &DocumentRow) -> Result<bool, Error> {
    let store = &workspace.store;
    let source = store.sources()?.into_iter().find(|source| source.id == row.source);
    let (Some(source), Some(file)) = (source.filter(|source| source.kind != "collection"), &row.file) else {
        return Ok(false);
    };
    let known = store.stamps(source.id)?.contains_key(&file.container)
        || Failures::load(store, source.id, false)?.failed_with(&file.container, &file.hash);
    Ok(!known && sources::holds(&source, &file.container))
}

/// How a document came to say what it says.
#[derive(Clone, Debug, Serialize)]
pub struct History {
    /// The document as it is now; none when it was removed.
    pub documents: Vec<DocumentView>,
    /// Where it is or was.
    pub uri: String,
    /// First to last.
    pub versions: Vec<VersionView>,
}

/// A version of a document.
#[derive(Clone, Debug, Serialize)]
pub struct VersionView {
    /// Counts from 1.
    pub version: u32,
    /// Content address of its text.
    pub hash: String,
    /// Code points.
    pub chars: usize,
    /// When it came in.
    pub created_at: String,
    /// When a later one took its place, or it was removed.
    pub superseded_at: Option<String>,
}

/// Every version of a document; of a removed document too.
pub fn history(workspace: &Workspace, name: &str) -> Result<History, Error> {
    let live = find(workspace, name).ok();
    let uri = live.as_ref().map_or_else(|| name.to_string(), |row| row.uri.clone());
    let versions = workspace.store.history(None, &uri)?;
    if versions.is_empty() {
        return Err(missing(name));
    }
    let documents = live.into_iter().map(|row| view(workspace, row)).collect();
    Ok(History { documents, uri, versions: versions.into_iter().map(version).collect() })
}

fn version(row: VersionRow) -> VersionView {
    let VersionRow { version, hash, chars, created_at, superseded_at, .. } = row;
    VersionView { version, hash, chars, created_at, superseded_at }
}

/// The live document that `name` (a uri, a doc_id or a path) means.
fn find(workspace: &Workspace, name: &str) -> Result<DocumentRow, Error> {
    if let Some(row) = workspace.store.document_by_id(name)? {
        return Ok(row);
    }
    let mut rows = Vec::new();
    for source in workspace.store.sources()? {
        rows.extend(workspace.store.document_by_uri(Some(source.id), name)?);
    }
    match rows.len() {
        0 => Err(missing(name)),
        1 => Ok(rows.remove(0)),
        _ => {
            let ids: Vec<String> = rows
                .iter()
                .map(|row| format!("{} ({})", row.doc_id, workspace.source_name(row.source)))
                .collect();
            Err(Error::Request {
                message: format!("`{name}` is in several sources"),
                hint: format!("name it by doc_id: {}", ids.join(", ")),
            })
        }
    }
}

fn missing(name: &str) -> Error {
    Error::Missing {
        what: "document",
        name: name.into(),
        hint: "run `engraft docs list` to see every document".into(),
    }
}

fn view(workspace: &Workspace, row: DocumentRow) -> DocumentView {
    DocumentView {
        doc_id: row.doc_id,
        uri: row.uri,
        title: row.title,
        version: row.version,
        mime: row.mime,
        chars: row.chars,
        chunks: row.chunks,
        updated_at: row.updated_at,
        acl: row.acl,
        source: workspace.source_name(row.source),
        language: row.language,
        metadata: row.metadata,
        text: None,
    }
}
