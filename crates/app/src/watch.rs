//! `watch`: follow the file system; what changes on disk is what the next query sees.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use engraft_store::SourceRow;
use notify::{Event, RecursiveMode, Watcher};
use serde::Serialize;

use crate::ingest::{Bringing, IngestReport, chosen, removals};
use crate::isolate::Parsers;
use crate::prepare::Prepared;
use crate::scan::scan;
use crate::sources::{Item, places};
use crate::workspace::Workspace;
use crate::{Context, Error, ingest};

/// Programs save in bursts: a change is taken up once the disk was quiet this long.
const QUIET: Duration = Duration::from_millis(40);
/// How often the cancel flag is looked at.
const TICK: Duration = Duration::from_millis(200);

/// One change that was taken up.
#[derive(Clone, Debug, Serialize)]
pub struct Followed {
    /// The file.
    pub uri: String,
    /// `added`, `updated`, `removed`, `unchanged` or `failed`.
    pub change: &'static str,
    /// From the first notice of the change until a query sees it.
    pub lag_ms: f64,
    /// The state of the workspace after it.
    pub index_version: u64,
    /// What went wrong, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A place on disk that belongs to a source.
struct Place {
    source: SourceRow,
    root: PathBuf,
    prefix: String,
}

/// Brings the sources up to date, then follows them until cancelled, telling `heard` of every change.
pub fn watch(
    context: Context,
    workspace: &Workspace,
    parsers: &Parsers,
    name: Option<&str>,
    heard: &mut dyn FnMut(Followed),
) -> Result<IngestReport, Error> {
    let sources = chosen(workspace, name)?;
    let places: Vec<Place> = sources
        .iter()
        .flat_map(|source| {
            places(source).into_iter().map(|(root, prefix)| Place { source: source.clone(), root, prefix })
        })
        .collect();
    if places.is_empty() {
        return Err(Error::Request {
            message: "there is no folder to follow".into(),
            hint: "bring one in first: `engraft ingest FOLDER`".into(),
        });
    }
    let (send, events) = channel();
    let mut watcher = notify::recommended_watcher(send).map_err(|error| cannot_follow(&error))?;
    for place in &places {
        watcher.watch(&place.root, RecursiveMode::Recursive).map_err(|error| cannot_follow(&error))?;
    }
    // Watching began before this, so nothing can slip between the two.
    ingest::sync(context, workspace, parsers, name)?;
    context.progress.say(&format!("following {} places; stop with Ctrl-C", places.len()));
    let mut pending: BTreeMap<PathBuf, Instant> = BTreeMap::new();
    while !context.cancel.is_cancelled() {
        match events.recv_timeout(if pending.is_empty() { TICK } else { QUIET }) {
            Ok(Ok(event)) => note(&mut pending, event),
            Ok(Err(error)) => context.progress.say(&format!("the file system lost count: {error}")),
            Err(RecvTimeoutError::Timeout) => {
                for (path, since) in std::mem::take(&mut pending) {
                    for place in places.iter().filter(|place| path.starts_with(&place.root)) {
                        follow(context, workspace, parsers, place, &path, since, heard)?;
                    }
                }
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    Bringing::new(context, workspace, parsers)?.finish()
}

fn note(pending: &mut BTreeMap<PathBuf, Instant>, event: Event) {
    if matches!(event.kind, notify::EventKind::Access(_)) {
        return;
    }
    for path in event.paths {
        pending.entry(path).or_insert_with(Instant::now);
    }
}

/// Takes up what happened at `path`, a file or a folder, there or gone.
fn follow(
    context: Context,
    workspace: &Workspace,
    parsers: &Parsers,
    place: &Place,
    path: &Path,
    since: Instant,
    heard: &mut dyn FnMut(Followed),
) -> Result<(), Error> {
    let under = path.strip_prefix(&place.root).unwrap_or(Path::new(""));
    let parts: Vec<_> = under.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    if parts.iter().any(|part| part.starts_with('.')) {
        return Ok(());
    }
    let stamps = workspace.store.stamps(place.source.id)?;
    let uri = match parts.is_empty() {
        true => format!("{}{}", place.prefix, place.root.file_name().unwrap_or_default().to_string_lossy()),
        false => format!("{}{}", place.prefix, parts.join("/")),
    };
    // The walk is asked, not the path alone, so that ignore rules hold here too.
    let items: Vec<Item> = match path.exists() {
        true => scan(&place.root, &place.prefix)
            .0
            .into_iter()
            .filter(|found| found.path.starts_with(path))
            .map(Item::File)
            .collect(),
        false => Vec::new(),
    };
    let here: BTreeSet<&str> = items.iter().map(Item::uri).collect();
    let held = workspace.store.uris_by_container(place.source.id)?;
    let inside = |container: &str| container == uri || container.starts_with(&format!("{uri}/"));
    for (gone, uris) in
        held.iter().filter(|(container, _)| inside(container) && !here.contains(container.as_str()))
    {
        let mut bringing = Bringing::new(context, workspace, parsers)?;
        bringing.apply(removals(&place.source, uris, &BTreeSet::new()), Prepared::default())?;
        tell(workspace, context, gone, "removed", None, since, heard)?;
    }
    for item in &items {
        let mut bringing = Bringing::new(context, workspace, parsers)?;
        bringing.items(&place.source, std::slice::from_ref(item), &stamps, &held)?;
        let (change, message) = outcome(&bringing.report);
        if change != "unchanged" {
            tell(workspace, context, item.uri(), change, message, since, heard)?;
        }
    }
    Ok(())
}

fn outcome(report: &IngestReport) -> (&'static str, Option<String>) {
    if let Some(failure) = report.failures.first() {
        return ("failed", Some(format!("{}; {}", failure.message, failure.hint)));
    }
    let counts = report.documents;
    let change = match (counts.added, counts.updated, counts.removed) {
        (0, 0, 0) => "unchanged",
        (0, 0, _) => "removed",
        (0, _, _) => "updated",
        _ => "added",
    };
    (change, None)
}

fn tell(
    workspace: &Workspace,
    context: Context,
    uri: &str,
    change: &'static str,
    message: Option<String>,
    since: Instant,
    heard: &mut dyn FnMut(Followed),
) -> Result<(), Error> {
    let index_version = workspace.index(context)?.version();
    heard(Followed {
        uri: uri.into(),
        change,
        lag_ms: since.elapsed().as_secs_f64() * 1e3,
        index_version,
        message,
    });
    Ok(())
}

fn cannot_follow(error: &notify::Error) -> Error {
    Error::Unavailable {
        message: format!("the file system cannot be followed: {error}"),
        hint: "run `engraft sync` now and then instead; on Linux, raise fs.inotify.max_user_watches".into(),
    }
}
