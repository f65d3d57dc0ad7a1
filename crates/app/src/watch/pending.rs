//! What was noticed on disk and not yet taken up, and when it is time to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use notify::{Event, EventKind};

use super::Place;

/// Programs save in bursts: a change is taken up once the disk was quiet this long,
const QUIET: Duration = Duration::from_millis(40);
/// or once the first of them has waited this long, as where a log is written to without end.
const LONGEST: Duration = Duration::from_secs(1);
/// How often the cancel flag is looked at.
const TICK: Duration = Duration::from_millis(200);

/// Changes in wait.
#[derive(Default)]
pub(super) struct Pending {
    /// The first notice of each path.
    paths: BTreeMap<PathBuf, Instant>,
    /// The first notice of all.
    first: Option<Instant>,
    /// Why notices do not tell all that is due, where they do not.
    missed: Option<&'static str>,
    /// Nothing is tried before then.
    rest: Option<Instant>,
}

impl Pending {
    /// How long to wait for the next notice.
    pub(super) fn patience(&self) -> Duration {
        match self.first {
            Some(first) if self.rest.is_none() => QUIET.min(LONGEST.saturating_sub(first.elapsed())),
            _ => TICK,
        }
    }

    /// Takes a notice down.
    pub(super) fn note(&mut self, notice: notify::Result<Event>) {
        let paths = match notice {
            Ok(event) if matches!(event.kind, EventKind::Access(_)) => return,
            Ok(event) if !event.need_rescan() => event.paths,
            _ => return self.miss("the file system lost count of what changed"),
        };
        let now = Instant::now();
        self.first.get_or_insert(now);
        for path in paths {
            self.paths.entry(path).or_insert(now);
        }
    }

    /// Takes down that anything may be due, and why.
    pub(super) fn miss(&mut self, why: &'static str) {
        self.missed = Some(why);
        self.first.get_or_insert(Instant::now());
    }

    /// Whether it is time to take up what waits; `quiet` says that no notice came lately.
    pub(super) fn is_due(&self, quiet: bool) -> bool {
        let rested = self.rest.is_none_or(|until| Instant::now() >= until);
        rested && self.first.is_some_and(|first| quiet || first.elapsed() >= LONGEST)
    }

    /// The same changes, to be tried again later.
    pub(super) fn after(mut self, pause: Duration) -> Pending {
        self.rest = Some(Instant::now() + pause);
        self
    }

    /// Since when, at the latest, notices do not tell all that is due, and why; `None`: they do.
    pub(super) fn missed(&self) -> Option<(Instant, &'static str)> {
        self.first.zip(self.missed)
    }

    /// The paths that lie below no other one, each with the first notice of it or of what lies below. A place itself, or what
    /// it lies in, covers nothing: what is gone from it is told by the path that is gone.
    pub(super) fn topmost(&self, places: &[Place]) -> Vec<(PathBuf, Instant)> {
        let mut kept: Vec<(PathBuf, Instant)> = Vec::new();
        let covers = |above: &Path, path: &Path| {
            path.starts_with(above) && !places.iter().any(|place| place.root.starts_with(above))
        };
        // A folder sorts before what it holds, and nothing else comes between.
        for (path, since) in &self.paths {
            match kept.last_mut() {
                Some((above, first)) if covers(above, path) => *first = (*first).min(*since),
                _ => kept.push((path.clone(), *since)),
            }
        }
        kept
    }
}
