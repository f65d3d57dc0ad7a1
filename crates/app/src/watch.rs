//! `watch`: follow the file system; what changes on disk is what the next query sees.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use engraft_store::{FileStamp, SourceRow};
use notify::{Event, RecursiveMode, Watcher};
use serde::Serialize;

use crate::failed::Failures;
use crate::ingest::{Bringing, IngestReport, chosen, removals};
use crate::isolate::Parsers;
use crate::prepare::Prepared;
use crate::scan::scan_at;
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
    ingest::sync(context, workspace, parsers, name, false)?;
    context.progress.say(&format!("following {} places; stop with Ctrl-C", places.len()));
    let mut pending: BTreeMap<PathBuf, Instant> = BTreeMap::new();
    while !context.cancel.is_cancelled() {
        match events.recv_timeout(if pending.is_empty() { TICK } else { QUIET }) {
            Ok(Ok(event)) => note(&mut pending, event),
            Ok(Err(error)) => context.progress.say(&format!("the file system lost count: {error}")),
            Err(RecvTimeoutError::Timeout) => {
                let changed = topmost(std::mem::take(&mut pending), &places);
                for place in &places {
                    let inside: Vec<_> =
                        changed.iter().filter(|(path, _)| path.starts_with(&place.root)).collect();
                    if !inside.is_empty() {
                        let following = Following::new(context, workspace, parsers, place)?;
                        for (path, since) in inside {
                            following.follow(path, *since, heard)?;
                        }
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

/// The paths that lie below no other one, each with the first notice of it or of what lies below. A place itself covers
/// nothing: what is gone from it is told by the path that is gone.
fn topmost(pending: BTreeMap<PathBuf, Instant>, places: &[Place]) -> Vec<(PathBuf, Instant)> {
    let mut kept: Vec<(PathBuf, Instant)> = Vec::new();
    let covers = |above: &Path, path: &Path| {
        path.starts_with(above) && !places.iter().any(|place| place.root == above)
    };
    // A folder sorts before what it holds, and nothing else comes between.
    for (path, since) in pending {
        match kept.last_mut() {
            Some((above, first)) if covers(above, &path) => *first = (*first).min(since),
            _ => kept.push((path, since)),
        }
    }
    kept
}

/// One round of changes at a place, with what the store held when it began.
struct Following<'a> {
    context: Context<'a>,
    workspace: &'a Workspace,
    parsers: &'a Parsers,
    place: &'a Place,
    stamps: BTreeMap<String, FileStamp>,
    held: BTreeMap<String, Vec<String>>,
}

impl<'a> Following<'a> {
    fn new(
        context: Context<'a>,
        workspace: &'a Workspace,
        parsers: &'a Parsers,
        place: &'a Place,
    ) -> Result<Following<'a>, Error> {
        let stamps = workspace.store.stamps(place.source.id)?;
        let held = workspace.store.uris_by_container(place.source.id)?;
        Ok(Following { context, workspace, parsers, place, stamps, held })
    }

    /// Takes up what happened at `path`, a file or a folder, there or gone.
    fn follow(&self, path: &Path, since: Instant, heard: &mut dyn FnMut(Followed)) -> Result<(), Error> {
        let Place { source, root, prefix } = self.place;
        let under = path.strip_prefix(root).unwrap_or(Path::new(""));
        let parts: Vec<_> = under.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        if parts.iter().any(|part| part.starts_with('.')) {
            return Ok(());
        }
        let uri = match parts.is_empty() {
            true => format!("{prefix}{}", root.file_name().unwrap_or_default().to_string_lossy()),
            false => format!("{prefix}{}", parts.join("/")),
        };
        // A walk is asked, not the path alone, so that ignore rules hold here too.
        let found = if path.exists() { scan_at(root, prefix, path).0 } else { Vec::new() };
        let items: Vec<Item> = found.into_iter().map(Item::File).collect();
        let here: BTreeSet<&str> = items.iter().map(Item::uri).collect();
        let inside = |container: &str| container == uri || container.starts_with(&format!("{uri}/"));
        let gone = self.held.iter().filter(|(container, _)| inside(container));
        for (gone, uris) in gone.filter(|(container, _)| !here.contains(container.as_str())) {
            let mut bringing = Bringing::new(self.context, self.workspace, self.parsers)?;
            bringing.apply(removals(source, uris, &BTreeSet::new()), Prepared::default())?;
            self.tell(gone, "removed", None, since, heard)?;
        }
        for item in &items {
            let mut bringing = Bringing::new(self.context, self.workspace, self.parsers)?;
            let item_alone = std::slice::from_ref(item);
            bringing.items(source, item_alone, &self.stamps, &self.held, &mut Failures::default())?;
            let (change, message) = outcome(&bringing.report);
            if change != "unchanged" {
                self.tell(item.uri(), change, message, since, heard)?;
            }
        }
        Ok(())
    }

    fn tell(
        &self,
        uri: &str,
        change: &'static str,
        message: Option<String>,
        since: Instant,
        heard: &mut dyn FnMut(Followed),
    ) -> Result<(), Error> {
        let index_version = self.workspace.index(self.context)?.version();
        let (uri, lag_ms) = (uri.to_string(), since.elapsed().as_secs_f64() * 1e3);
        heard(Followed { uri, change, lag_ms, index_version, message });
        Ok(())
    }
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

fn cannot_follow(error: &notify::Error) -> Error {
    Error::Unavailable {
        message: format!("the file system cannot be followed: {error}"),
        hint: "run `engraft sync` now and then instead; on Linux, raise fs.inotify.max_user_watches".into(),
    }
}
