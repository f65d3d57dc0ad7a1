//! Sources: which paths and addresses belong together, and what they hold right now.

use std::collections::BTreeSet;
use std::path::Path;

use engraft_core::{Diagnostic, Metadata};
use engraft_store::{SourceRow, Store};
use serde_json::json;

use crate::places::{self, Place};
use crate::scan::{Found, file_of, scan};
use crate::{Context, Error, fetch};

/// What `ingest` was asked to bring in.
#[derive(Clone, Debug, Default)]
pub struct IngestRequest {
    /// Files, folders, URLs or sitemaps.
    pub paths: Vec<String>,
    /// What to call them together.
    pub source: Option<String>,
    /// Who may read them; `None` keeps what the source had.
    pub acl: Option<Vec<String>>,
    /// Put on every document.
    pub metadata: Metadata,
    /// Whether files that failed and have not changed since are read again.
    pub retry: bool,
}

/// A thing to bring in.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    File(Found),
    Page(String),
    /// A page that came in through a sitemap which is out of reach now: it stays as it is.
    Kept(String),
}

impl Item {
    pub(crate) fn uri(&self) -> &str {
        match self {
            Item::File(found) => &found.uri,
            Item::Page(url) | Item::Kept(url) => url,
        }
    }
}

fn is_url(path: &str) -> bool {
    path.starts_with("http://") || path.starts_with("https://")
}

/// Whether a root is an address that may list others.
fn is_sitemap(root: &str) -> bool {
    is_url(root) && root.ends_with(".xml")
}

/// What a source keeps of a path or address that somebody names. A path that is not there is an error.
pub(crate) fn root(path: &str) -> Result<String, Error> {
    if is_url(path) {
        return Ok(path.to_string());
    }
    let found = Path::new(path).canonicalize().map_err(Error::io("find", Path::new(path)))?;
    Ok(found.display().to_string())
}

/// The sources that `request` names, written to the store: one with the given name, or one a folder and one each for
/// loose files and pages.
pub(crate) fn declare(store: &Store, request: &IngestRequest) -> Result<Vec<SourceRow>, Error> {
    if request.paths.iter().any(String::is_empty) {
        let hint = "name a file, a folder or a URL; `.` is this folder".into();
        return Err(Error::Request { message: "a path is empty".into(), hint });
    }
    if request.source.as_deref().is_some_and(|name| name.trim().is_empty()) {
        let hint = "write --source NAME, or leave it out".into();
        return Err(Error::Request { message: "the source's name is empty".into(), hint });
    }
    let (mut groups, mut files, mut pages) = (Vec::new(), Vec::new(), Vec::new());
    let mut all = Vec::new();
    for path in &request.paths {
        let root = root(path)?;
        all.push(root.clone());
        if is_url(path) {
            pages.push(root);
        } else if Path::new(&root).is_dir() {
            groups.push((folder_name(store, &root)?, vec![root], false));
        } else {
            files.push(root);
        }
    }
    if let Some(name) = &request.source {
        groups = vec![(name.clone(), all, false)];
    } else {
        groups.extend((!files.is_empty()).then(|| ("files".to_string(), files, true)));
        groups.extend((!pages.is_empty()).then(|| ("web".to_string(), pages, true)));
    }
    groups.into_iter().map(|(name, roots, add)| write(store, request, &name, roots, add)).collect()
}

/// The name of the source of a folder: the one it has already, else the folder's, made unique.
fn folder_name(store: &Store, root: &str) -> Result<String, Error> {
    let sources = store.sources()?;
    if let Some(known) = sources.iter().find(|source| roots(source) == [root]) {
        return Ok(known.name.clone());
    }
    let taken: BTreeSet<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    let own = Path::new(root)
        .file_name()
        .map_or_else(|| "folder".into(), |name| name.to_string_lossy().into_owned());
    let mut names = std::iter::once(own.clone()).chain((2..).map(|n| format!("{own}-{n}")));
    names.find(|name| !taken.contains(name.as_str())).ok_or_else(|| Error::Bug("no name is free".into()))
}

fn write(
    store: &Store,
    request: &IngestRequest,
    name: &str,
    mut paths: Vec<String>,
    add: bool,
) -> Result<SourceRow, Error> {
    let before = store.source(name)?;
    if add {
        let known = before.iter().flat_map(|source| roots(source).into_iter().map(str::to_string));
        paths = known.chain(paths).collect::<BTreeSet<_>>().into_iter().collect();
    }
    let known = before.as_ref().map(places).unwrap_or_default();
    let acl =
        request.acl.clone().or_else(|| before.as_ref().map(|source| source.acl.clone())).unwrap_or_default();
    let mut metadata = before.map(|source| source.metadata).unwrap_or_default();
    metadata.extend(request.metadata.clone());
    let files: Vec<&str> = paths.iter().map(String::as_str).filter(|path| !is_url(path)).collect();
    let settings = json!({ "roots": paths, "places": places::settle(&known, &files) });
    let row = SourceRow { name: name.into(), acl, metadata, settings, ..SourceRow::default() };
    put(store, row, &paths)
}

/// Writes a source of these roots, which its settings hold already.
fn put(store: &Store, row: SourceRow, roots: &[String]) -> Result<SourceRow, Error> {
    let kind = if roots.iter().all(|root| is_url(root)) { "web" } else { "files" };
    let row = SourceRow { root: roots.first().cloned().unwrap_or_default(), kind: kind.into(), ..row };
    Ok(SourceRow { id: store.upsert_source(&row)?, ..row })
}

/// Takes the addresses out of `sources` that were named for the first time, which those `before` lack, and gave no page: a slip of
/// the pen is not asked for by every sync.
pub(crate) fn forget_unreached(
    store: &Store,
    before: &[SourceRow],
    sources: &[SourceRow],
    failures: &[Diagnostic],
) -> Result<(), Error> {
    for source in sources {
        let known = before.iter().find(|known| known.name == source.name);
        let unreached = |root: &str| {
            let failed = failures.iter().any(|failure| failure.kind == "unreachable" && failure.uri == root);
            is_url(root) && failed && known.is_none_or(|known| !roots(known).contains(&root))
        };
        let all = roots(source);
        let kept: Vec<String> =
            all.iter().filter(|root| !unreached(root)).map(|root| (*root).to_string()).collect();
        if kept.is_empty() && known.is_none() {
            store.remove_source(source.id)?;
        } else if kept.len() < all.len() {
            let mut row = source.clone();
            row.settings["roots"] = json!(kept);
            put(store, row, &kept)?;
        }
    }
    Ok(())
}

/// Whether anything that comes from `asked`, roots of the source, is in the store and did not fail in this run.
pub(crate) fn came_in(
    store: &Store,
    source: &SourceRow,
    asked: &[&str],
    failures: &[Diagnostic],
) -> Result<bool, Error> {
    // Of two files with one uri the other one came in.
    let failed = failures.iter().filter(|failure| failure.kind != "same_uri");
    let failed: BTreeSet<&str> = failed.map(|failure| failure.uri.as_str()).collect();
    let places = places(source);
    let comes_from = |root: &str, uri: &str| {
        let place = places.iter().find(|place| place.path == Path::new(root));
        uri == root
            || (is_sitemap(root) && is_url(uri))
            || place.is_some_and(|place| file_of(&place.path, &place.prefix, uri).is_some())
    };
    let asked: Vec<&str> = asked.iter().copied().filter(|root| !failed.contains(root)).collect();
    let stamps = store.stamps(source.id)?;
    let mut whole = stamps.keys().filter(|uri| !failed.contains(uri.as_str()));
    Ok(whole.any(|uri| asked.iter().any(|root| comes_from(root, uri))))
}

/// The paths and addresses of a source.
pub(crate) fn roots(source: &SourceRow) -> Vec<&str> {
    let roots = source.settings["roots"].as_array();
    roots.map(|roots| roots.iter().filter_map(|root| root.as_str()).collect()).unwrap_or_default()
}

/// Where a source's files lie, and what their uris begin with.
pub(crate) fn places(source: &SourceRow) -> Vec<Place> {
    places::places(source, &roots(source).into_iter().filter(|root| !is_url(root)).collect::<Vec<_>>())
}

/// Everything a source holds right now. A place that is gone altogether is an error: an unmounted disk must not
/// empty the knowledge base. A sitemap out of reach is a failure, and the pages of the source stay.
pub(crate) fn items(
    context: Context,
    store: &Store,
    source: &SourceRow,
) -> Result<(Vec<Item>, Vec<Diagnostic>), Error> {
    let (mut items, mut failures) = (Vec::new(), Vec::new());
    for Place { path, prefix, folder } in places(source) {
        if !path.exists() && folder {
            return Err(Error::Missing {
                what: "folder",
                name: path.display().to_string(),
                hint: format!(
                    "bring it back, or point the source elsewhere: `engraft ingest DIR --source {}`",
                    source.name
                ),
            });
        }
        if !path.exists() {
            continue; // A loose file that was deleted: its document goes.
        }
        let (found, unreadable) = scan(&path, &prefix);
        items.extend(found.into_iter().map(Item::File));
        failures.extend(unreadable);
    }
    for url in roots(source).into_iter().filter(|root| is_url(root)) {
        if !is_sitemap(url) {
            items.push(Item::Page(url.to_string()));
            continue;
        }
        context.progress.say(&format!("reading {url}"));
        match pages_of(url, 2) {
            Ok(pages) => items.extend(pages.into_iter().map(Item::Page)),
            Err(error) => {
                failures.push(unreachable(url, &error));
                let held = store.uris_by_container(source.id)?.into_keys();
                items.extend(held.filter(|uri| is_url(uri)).map(Item::Kept));
            }
        }
    }
    // Of one uri the place that was named first comes first.
    items.sort_by(|a, b| a.uri().cmp(b.uri()));
    let mut taken: Vec<Item> = Vec::with_capacity(items.len());
    for item in items {
        match taken.last().filter(|before| before.uri() == item.uri()) {
            Some(before) => failures.extend(same_uri(source, before, &item)),
            None => taken.push(item),
        }
    }
    Ok((taken, failures))
}

/// Whether the source still holds the file, or follows pages as this one; what a sitemap lists now is not asked.
pub(crate) fn holds(source: &SourceRow, uri: &str) -> bool {
    if is_url(uri) {
        return roots(source).into_iter().any(is_url);
    }
    places(source).iter().any(|place| file_of(&place.path, &place.prefix, uri).is_some())
}

/// What is said of a file that is left out because another one has its uri; nothing of one that was only found twice.
pub(crate) fn same_uri(source: &SourceRow, taken: &Item, other: &Item) -> Option<Diagnostic> {
    let (Item::File(taken), Item::File(other)) = (taken, other) else { return None };
    (taken.path != other.path).then(|| Diagnostic {
        uri: other.uri.clone(),
        kind: "same_uri".into(),
        message: format!(
            "{} is left out: {} goes by the same uri",
            other.path.display(),
            taken.path.display()
        ),
        hint: format!(
            "bring it in outside the source `{}`: `engraft ingest PATH --source NAME`",
            source.name
        ),
    })
}

/// What is said of an address that gave nothing.
pub(crate) fn unreachable(url: &str, error: &Error) -> Diagnostic {
    Diagnostic {
        uri: url.into(),
        kind: "unreachable".into(),
        message: error.to_string(),
        hint: "check the address and the network".into(),
    }
}

/// The pages a sitemap lists, following sitemaps of sitemaps `depth` deep; the address itself when it is no sitemap.
fn pages_of(url: &str, depth: usize) -> Result<Vec<String>, Error> {
    let page = fetch::get(url, 50 << 20)?;
    let Some(listed) = engraft_ingest::sitemap(&page) else {
        return Ok(vec![url.to_string()]);
    };
    let mut pages = Vec::new();
    for address in listed {
        if address.ends_with(".xml") && depth > 0 {
            pages.extend(pages_of(&address, depth - 1)?);
        } else {
            pages.push(address);
        }
    }
    Ok(pages)
}
