//! `watch`: follow the file system; what changes on disk is what the next query sees.

mod following;
mod pending;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use engraft_core::{Fault, Kind};
use engraft_store::{FileStamp, SourceRow};
use notify::{RecursiveMode, Watcher};
use serde::Serialize;

use following::Following;
use pending::Pending;

use crate::ingest::{Bringing, IngestReport, chosen};
use crate::isolate::Parsers;
use crate::scan::{Found, file_of};
use crate::sources::places;
use crate::workspace::Workspace;
use crate::{Context, Error, Standing, ingest};

/// How long after something was not there, such as a lock that another process holds, it is tried again.
const AGAIN: Duration = Duration::from_secs(2);

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

impl Place {
    /// The file that goes by this uri here, if there is one.
    fn file(&self, uri: &str) -> Option<Found> {
        file_of(&self.root, &self.prefix, uri)
    }
}

/// Brings the sources up to date, then follows them until cancelled, telling `heard` of every change.
///
/// What cannot be taken up now, because the store is locked or the disk is full, is said and tried again. Where other models are
/// in use, everything is brought up to date with them, so that no passage lacks the vector that is searched for.
pub fn watch(
    context: Context,
    workspace: Workspace,
    parsers: &Parsers,
    name: Option<&str>,
    heard: &mut dyn FnMut(Followed),
) -> Result<IngestReport, Error> {
    let standing = Standing::new(workspace);
    let mut workspace = standing.now(context);
    let sources = chosen(&workspace, name)?;
    let of_source = |source: &SourceRow| -> Vec<Place> {
        let places = places(source).into_iter();
        places.map(|place| Place { source: source.clone(), root: place.path, prefix: place.prefix }).collect()
    };
    let places: Vec<Place> = sources.iter().flat_map(of_source).collect();
    if places.is_empty() {
        return Err(Error::Request {
            message: "there is no folder to follow".into(),
            hint: "bring one in first: `engraft ingest FOLDER`".into(),
        });
    }
    let (send, events) = channel();
    let mut watcher = notify::recommended_watcher(send).map_err(|error| cannot_follow(&error))?;
    for (path, how) in to_follow(&places) {
        watcher.watch(path, how).map_err(|error| cannot_follow(&error))?;
    }
    // Watching began before this, so nothing can slip between the two.
    ingest::sync(context, &workspace, parsers, name, false)?;
    context.progress.say(&format!("following {} places; stop with Ctrl-C", places.len()));
    let mut pending = Pending::default();
    while !context.cancel.is_cancelled() {
        let quiet = match events.recv_timeout(pending.patience()) {
            Ok(notice) => {
                pending.note(notice);
                false
            }
            Err(RecvTimeoutError::Timeout) => true,
            Err(RecvTimeoutError::Disconnected) => break,
        };
        let now = standing.now(context);
        if !Arc::ptr_eq(&now, &workspace) {
            workspace = now;
            pending.miss("other models are in use");
        }
        if !pending.is_due(quiet) {
            continue;
        }
        let round = std::mem::take(&mut pending);
        let (workspace, sources, places) = (&workspace, &sources, &places);
        let watching = Watching { context, workspace, parsers, name, sources, places };
        match watching.take_up(&round, heard) {
            Ok(()) => {}
            Err(Error::Cancelled) => break,
            Err(error) if error.kind() == Kind::Unavailable => {
                context.progress.say(&format!("{error}; what changed is tried again"));
                pending = round.after(AGAIN);
            }
            Err(error) => return Err(error),
        }
    }
    Bringing::new(context, &workspace, parsers)?.finish()
}

/// The paths to ask the system for. A file is heard of through its folder, since programs save by putting another file in its
/// place. A folder that is gone is left to the sync, which says so.
fn to_follow(places: &[Place]) -> Vec<(&Path, RecursiveMode)> {
    let folders = places.iter().map(|place| place.root.as_path()).filter(|root| root.is_dir());
    let folders: Vec<&Path> = folders.collect();
    let files = places.iter().filter(|place| !folders.contains(&place.root.as_path()));
    let above = files.filter_map(|place| place.root.parent()).filter(|above| above.is_dir());
    // Asked for a second time it would no longer be followed to its depth.
    let apart: BTreeSet<&Path> =
        above.filter(|above| !folders.iter().any(|folder| above.starts_with(folder))).collect();
    let whole = folders.iter().map(|folder| (*folder, RecursiveMode::Recursive));
    whole.chain(apart.into_iter().map(|above| (above, RecursiveMode::NonRecursive))).collect()
}

/// What is followed, and what changes are brought into.
struct Watching<'a> {
    context: Context<'a>,
    workspace: &'a Workspace,
    parsers: &'a Parsers,
    name: Option<&'a str>,
    sources: &'a [SourceRow],
    places: &'a [Place],
}

impl Watching<'_> {
    fn take_up(&self, round: &Pending, heard: &mut dyn FnMut(Followed)) -> Result<(), Error> {
        if let Some((since, why)) = round.missed() {
            return self.look_again(since, why, heard);
        }
        let changed = round.topmost(self.places);
        for place in self.places {
            let inside: Vec<_> = changed.iter().filter(|(path, _)| path.starts_with(&place.root)).collect();
            if !inside.is_empty() {
                let following =
                    Following::new(self.context, self.workspace, self.parsers, place, self.places)?;
                for (path, since) in inside {
                    following.follow(path, *since, heard)?;
                }
            }
        }
        Ok(())
    }

    /// Brings everything up to date because notices do not tell what is due since then, and tells what had changed.
    fn look_again(&self, since: Instant, why: &str, heard: &mut dyn FnMut(Followed)) -> Result<(), Error> {
        self.context.progress.say(&format!("{why}: looking at everything again"));
        let before = self.stamps()?;
        ingest::sync(self.context, self.workspace, self.parsers, self.name, false)?;
        let after = self.stamps()?;
        let index_version = self.workspace.index(self.context)?.version();
        let lag_ms = since.elapsed().as_secs_f64() * 1e3;
        for file in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
            let change = match (before.get(file), after.get(file)) {
                (None, _) => "added",
                (_, None) => "removed",
                (Some(before), Some(after)) if before.hash != after.hash => "updated",
                _ => continue,
            };
            heard(Followed { uri: file.1.clone(), change, lag_ms, index_version, message: None });
        }
        Ok(())
    }

    /// What the store holds of each file, by source and uri.
    fn stamps(&self) -> Result<BTreeMap<(u32, String), FileStamp>, Error> {
        let mut all = BTreeMap::new();
        for source in self.sources {
            let stamps = self.workspace.store.stamps(source.id)?;
            all.extend(stamps.into_iter().map(|(uri, stamp)| ((source.id, uri), stamp)));
        }
        Ok(all)
    }
}

fn cannot_follow(error: &notify::Error) -> Error {
    Error::Unavailable {
        message: format!("the file system cannot be followed: {error}"),
        hint: "run `engraft sync` now and then instead; on Linux, raise fs.inotify.max_user_watches".into(),
    }
}
