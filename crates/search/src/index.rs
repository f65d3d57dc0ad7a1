//! The index: takes changes, hands out snapshots.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use engraft_core::{ChunkNo, DocNo};

use crate::bits::Bits;
use crate::change::{Change, Entry};
use crate::compact;
use crate::error::{ApplyError, OpenError};
use crate::facts::Facts;
use crate::kernel;
use crate::segment;
use crate::settings::{MAX_DIM, Settings};
use crate::snapshot::{FactsView, Snapshot, View};

/// An index over chunks, in memory, or in memory and a folder.
///
/// One process writes; any number may read the folder. All methods take `&self`: changes queue up behind one another,
/// and snapshots are there at once.
#[derive(Debug)]
pub struct Index {
    pub(crate) folder: Option<PathBuf>,
    pub(crate) settings: Settings,
    current: RwLock<Arc<Snapshot>>,
    pub(crate) writer: Mutex<Writer>,
    // Held while parts are merged or written to disk: one at a time.
    pub(crate) maintenance: Mutex<()>,
}

/// What only a writer needs.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    pub(crate) next_id: u64,
    /// Parts that are being merged or written; a change may let their rows die but not merge them.
    pub(crate) busy: BTreeSet<u64>,
    /// What the folder holds, by version; `None`: nothing, or something older.
    pub(crate) persisted: Option<u64>,
}

impl Writer {
    pub(crate) fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }
}

/// Locks even if another holder panicked: what a lock guards here is replaced as a whole or not at all.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Index {
    /// An empty index at version 0 that lives in memory only.
    pub fn in_memory(settings: &Settings) -> Result<Index, OpenError> {
        Index::empty(None, settings)
    }

    /// An empty index at version 0 that [`Index::persist`] writes to `folder`, in place of whatever index is there.
    pub fn create(folder: &Path, settings: &Settings) -> Result<Index, OpenError> {
        Index::empty(Some(folder.to_path_buf()), settings)
    }

    fn empty(folder: Option<PathBuf>, settings: &Settings) -> Result<Index, OpenError> {
        if settings.dim == 0 || settings.dim > MAX_DIM {
            return Err(OpenError::Dimension { dim: settings.dim });
        }
        let snapshot = Snapshot::new(0, *settings, Vec::new(), Vec::new());
        Ok(Index::starting_at(folder, settings, snapshot, Writer::default()))
    }

    pub(crate) fn starting_at(
        folder: Option<PathBuf>,
        settings: &Settings,
        snapshot: Snapshot,
        writer: Writer,
    ) -> Index {
        Index {
            folder,
            settings: *settings,
            current: RwLock::new(Arc::new(snapshot)),
            writer: Mutex::new(writer),
            maintenance: Mutex::new(()),
        }
    }

    /// The version of the last change.
    pub fn version(&self) -> u64 {
        self.snapshot().version
    }

    /// The index as it is now; later changes do not touch it.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn publish(&self, snapshot: Snapshot) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
    }

    /// Makes a change visible to every later snapshot. Refused changes leave the index as it was.
    ///
    /// Takes time in proportion to the change, plus at times the merging of a few small parts.
    pub fn apply(&self, change: &Change) -> Result<(), ApplyError> {
        check_entries(&change.add, self.settings.dim)?;
        let mut writer = lock(&self.writer);
        let before = self.snapshot();
        if change.version < before.version {
            return Err(ApplyError::Version { current: before.version, offered: change.version });
        }
        let forgotten: BTreeSet<DocNo> = change.forget.iter().copied().collect();
        let mut gone: Vec<ChunkNo> = change.remove.clone();
        gone.extend(change.add.iter().map(|entry| entry.chunk));
        gone.sort_unstable();
        gone.dedup();
        let mut views: Vec<Arc<View>> =
            before.views.iter().filter_map(|view| bury(view, &gone, &forgotten)).collect();
        if !change.add.is_empty() {
            let segment = Arc::new(segment::build(&change.add, &self.settings));
            let dead = Bits::none(segment.rows());
            views.push(Arc::new(View::new(writer.id(), false, segment, dead)));
        }
        let mut replaced = forgotten;
        replaced.extend(change.docs.iter().map(|facts| facts.doc));
        let mut facts: Vec<Arc<FactsView>> =
            before.facts.iter().filter_map(|view| forget(view, &replaced)).collect();
        if !change.docs.is_empty() {
            let part = Arc::new(Facts::new(&change.docs));
            let dead = Bits::none(part.docs().len());
            facts.push(Arc::new(FactsView::new(writer.id(), false, part, dead)));
        }
        compact::tidy(&mut writer, &self.settings, &mut views, &mut facts);
        self.publish(Snapshot::new(change.version, self.settings, views, facts));
        Ok(())
    }
}

fn check_entries(entries: &[Entry], dim: usize) -> Result<(), ApplyError> {
    let mut chunks = BTreeSet::new();
    for entry in entries {
        if !chunks.insert(entry.chunk) {
            return Err(ApplyError::Twice { chunk: entry.chunk });
        }
        let Some(vector) = &entry.vector else { continue };
        let norm = kernel::inner(vector, vector).sqrt();
        if vector.len() != dim || !(0.99..1.01).contains(&norm) {
            return Err(ApplyError::Vector { chunk: entry.chunk, len: vector.len(), norm, dim });
        }
    }
    Ok(())
}

/// The view without some chunks (sorted) and documents; `None` when nothing is left.
fn bury(view: &Arc<View>, gone: &[ChunkNo], forgotten: &BTreeSet<DocNo>) -> Option<Arc<View>> {
    let chunks = view.segment.chunks();
    let within = match (chunks.first(), chunks.last()) {
        (Some(first), Some(last)) => {
            &gone[gone.partition_point(|chunk| chunk < first)..gone.partition_point(|chunk| chunk <= last)]
        }
        _ => &[],
    };
    let mut rows: Vec<usize> = within.iter().filter_map(|&chunk| view.segment.row_of(chunk)).collect();
    if !forgotten.is_empty() {
        rows.extend(
            view.segment.runs().filter(|run| forgotten.contains(&run.doc)).flat_map(|run| run.start..run.end),
        );
    }
    rows.retain(|&row| !view.dead.has(row));
    if rows.is_empty() {
        return Some(Arc::clone(view));
    }
    let view = view.without(&rows);
    (view.live > 0).then(|| Arc::new(view))
}

/// The facts without those of some documents; `None` when nothing is left.
fn forget(view: &Arc<FactsView>, replaced: &BTreeSet<DocNo>) -> Option<Arc<FactsView>> {
    let rows = replaced.iter().filter_map(|&doc| view.facts.row_of(doc)).filter(|&row| !view.dead.has(row));
    let rows: Vec<usize> = rows.collect();
    if rows.is_empty() {
        return Some(Arc::clone(view));
    }
    let mut dead = view.dead.clone();
    rows.iter().for_each(|&row| dead.set(row));
    let view = FactsView::new(view.id, view.sealed, Arc::clone(&view.facts), dead);
    (view.live > 0).then(|| Arc::new(view))
}
