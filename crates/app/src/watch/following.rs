//! What happened at one path, taken up: a file or a folder that came, changed or went.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use engraft_store::FileStamp;

use super::{Followed, Place};
use crate::failed::Failures;
use crate::ingest::{Bringing, IngestReport, removals};
use crate::isolate::Parsers;
use crate::prepare::Prepared;
use crate::scan::{Found, scan_at};
use crate::sources::{Item, same_uri};
use crate::workspace::Workspace;
use crate::{Context, Error};

/// One round of changes at a place, with what the store held when it began.
pub(super) struct Following<'a> {
    context: Context<'a>,
    workspace: &'a Workspace,
    parsers: &'a Parsers,
    place: &'a Place,
    /// Every place that is followed; of one source in the order they were named.
    places: &'a [Place],
    stamps: BTreeMap<String, FileStamp>,
    held: BTreeMap<String, Vec<String>>,
}

impl<'a> Following<'a> {
    pub(super) fn new(
        context: Context<'a>,
        workspace: &'a Workspace,
        parsers: &'a Parsers,
        place: &'a Place,
        places: &'a [Place],
    ) -> Result<Following<'a>, Error> {
        let stamps = workspace.store.stamps(place.source.id)?;
        let held = workspace.store.uris_by_container(place.source.id)?;
        Ok(Following { context, workspace, parsers, place, places, stamps, held })
    }

    /// Takes up what happened at `path`, a file or a folder, there or gone.
    pub(super) fn follow(
        &self,
        path: &Path,
        since: Instant,
        heard: &mut dyn FnMut(Followed),
    ) -> Result<(), Error> {
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
        let here: BTreeSet<&str> = found.iter().map(|found| found.uri.as_str()).collect();
        let inside = |container: &str| container == uri || container.starts_with(&format!("{uri}/"));
        let gone = self.held.iter().filter(|(container, _)| inside(container));
        for (gone, uris) in gone.filter(|(container, _)| !here.contains(container.as_str())) {
            // Another file that goes by the uri and was left out until now comes in its place.
            if let Some(twin) = self.rivals().find_map(|place| place.file(gone)) {
                self.bring(twin, since, heard)?;
                continue;
            }
            let mut bringing = Bringing::new(self.context, self.workspace, self.parsers)?;
            bringing.apply(removals(source, uris, &BTreeSet::new()), Prepared::default())?;
            self.tell(gone, "removed", None, since, heard)?;
        }
        for item in &found {
            let first = self.ahead().find_map(|place| place.file(&item.uri));
            match first.filter(|first| first.path != item.path) {
                Some(first) => self.leave_out(first, item.clone(), since, heard)?,
                None => self.bring(item.clone(), since, heard)?,
            }
        }
        Ok(())
    }

    /// The other places of the source.
    fn rivals(&self) -> impl Iterator<Item = &Place> {
        let Place { source, root, .. } = self.place;
        self.places.iter().filter(move |other| other.source.id == source.id && other.root != *root)
    }

    /// Those named before this one: of files with one uri theirs come first, as in a sync.
    fn ahead(&self) -> impl Iterator<Item = &Place> {
        let before = self.places.iter().take_while(|other| !std::ptr::eq(*other, self.place));
        before.filter(|other| other.source.id == self.place.source.id)
    }

    fn bring(&self, file: Found, since: Instant, heard: &mut dyn FnMut(Followed)) -> Result<(), Error> {
        let item = [Item::File(file)];
        let mut bringing = Bringing::new(self.context, self.workspace, self.parsers)?;
        bringing.items(&self.place.source, &item, &self.stamps, &self.held, &mut Failures::default())?;
        let (change, message) = outcome(&bringing.report);
        if change != "unchanged" {
            self.tell(item[0].uri(), change, message, since, heard)?;
        }
        Ok(())
    }

    /// Tells that a file is left out because `first` goes by its uri.
    fn leave_out(
        &self,
        first: Found,
        other: Found,
        since: Instant,
        heard: &mut dyn FnMut(Followed),
    ) -> Result<(), Error> {
        let (first, other) = (Item::File(first), Item::File(other));
        let failure = same_uri(&self.place.source, &first, &other);
        let message = failure.map(|failure| format!("{}; {}", failure.message, failure.hint));
        self.tell(other.uri(), "failed", message, since, heard)
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
