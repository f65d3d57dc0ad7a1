//! Merging: many small parts become fewer large ones, so that reading stays cheap whatever the history.
//!
//! Parts fall into tiers by size, each [`FANOUT`] times the one below; when a tier is full its parts become one part of
//! the next. A row is therefore copied once a tier. Small tiers are merged on the spot by the change that fills them,
//! large ones by [`Index::merge`], which never holds up a reader or, but for a moment, a writer.

use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use crate::bits::Bits;
use crate::bytes::Bytes;
use crate::error::{OpenError, PersistError};
use crate::facts::Facts;
use crate::index::{Index, Writer, lock};
use crate::persist;
use crate::segment::{self, Segment};
use crate::settings::Settings;
use crate::snapshot::{FactsView, Snapshot, View};

/// Parts in a full tier.
const FANOUT: usize = 8;
/// Chunks in parts that a change may merge on the spot; what it makes is at most [`FANOUT`] times as large.
const SMALL: usize = 256;
/// Documents in facts that a change may merge on the spot.
const SMALL_FACTS: usize = 1024;
/// Parts are not merged beyond this many chunks.
const LARGEST: usize = 4 << 20;
/// Merged parts with more chunks than this go to a file at once when there is a folder.
const TO_FILE: usize = 16_384;

fn tier(live: usize) -> u32 {
    live.max(1).ilog(FANOUT)
}

/// Which of the given sizes to merge: the lowest full tier and everything below it.
fn full_tier(sizes: &[usize]) -> Option<Vec<usize>> {
    let highest = sizes.iter().map(|&size| tier(size)).max()?;
    let full =
        (0..=highest).find(|&level| sizes.iter().filter(|&&size| tier(size) == level).count() >= FANOUT)?;
    Some((0..sizes.len()).filter(|&at| tier(sizes[at]) <= full).collect())
}

/// Merges small parts in memory, as a change leaves them.
pub(crate) fn tidy(
    writer: &mut Writer,
    settings: &Settings,
    views: &mut Vec<Arc<View>>,
    facts: &mut Vec<Arc<FactsView>>,
) {
    loop {
        let small = |view: &Arc<View>| !view.sealed && view.live <= SMALL && !writer.busy.contains(&view.id);
        let (few, rest): (Vec<_>, Vec<_>) = views.iter().cloned().partition(small);
        let Some(chosen) = full_tier(&few.iter().map(|view| view.live).collect::<Vec<_>>()) else { break };
        let parts: Vec<(&Segment, &Bits)> =
            chosen.iter().map(|&at| (&*few[at].segment, &few[at].dead)).collect();
        let merged = in_memory(&parts, settings.dim);
        let dead = Bits::none(merged.rows());
        *views = rest;
        views.extend(
            few.iter().enumerate().filter(|(at, _)| !chosen.contains(at)).map(|(_, view)| Arc::clone(view)),
        );
        views.push(Arc::new(View::new(writer.id(), false, Arc::new(merged), dead)));
    }
    loop {
        let small = |view: &Arc<FactsView>| {
            !view.sealed && view.live <= SMALL_FACTS && !writer.busy.contains(&view.id)
        };
        let (few, rest): (Vec<_>, Vec<_>) = facts.iter().cloned().partition(small);
        let Some(chosen) = full_tier(&few.iter().map(|view| view.live).collect::<Vec<_>>()) else { break };
        let parts: Vec<(&Facts, &Bits)> = chosen.iter().map(|&at| (&*few[at].facts, &few[at].dead)).collect();
        let merged = Facts::merge(&parts);
        let dead = Bits::none(merged.docs().len());
        *facts = rest;
        facts.extend(
            few.iter().enumerate().filter(|(at, _)| !chosen.contains(at)).map(|(_, view)| Arc::clone(view)),
        );
        facts.push(Arc::new(FactsView::new(writer.id(), false, Arc::new(merged), dead)));
    }
}

fn in_memory(parts: &[(&Segment, &Bits)], dim: usize) -> Segment {
    let bytes = segment::merge(parts, dim, Vec::new()).expect("writing to memory cannot fail");
    Segment::read(Bytes::copied(&bytes), dim, Path::new("memory")).expect("what was just merged is sound")
}

/// Writes a file under another name and moves it into place once all of it is on disk.
pub(crate) fn write_file(
    path: &Path,
    write: impl FnOnce(BufWriter<std::fs::File>) -> io::Result<BufWriter<std::fs::File>>,
) -> Result<(), PersistError> {
    let temporary = path.with_extension("tmp");
    let write = || {
        let file = std::fs::File::create(&temporary)?;
        let mut out = write(BufWriter::with_capacity(1 << 18, file))?;
        out.flush()?;
        out.get_ref().sync_all()?;
        std::fs::rename(&temporary, path)
    };
    write().map_err(|source| PersistError::Write { path: path.to_path_buf(), source })
}

pub(crate) fn read_back(path: &Path, error: OpenError) -> PersistError {
    PersistError::ReadBack { path: path.to_path_buf(), source: Box::new(error) }
}

impl Index {
    /// Whether [`Index::merge`] has something to do.
    pub fn wants_merging(&self) -> bool {
        worth_merging(&self.snapshot()).is_some()
    }

    /// Merges the parts that most need it; false when none does. Call it until then, on any thread.
    ///
    /// Readers and writers go on meanwhile. Needs memory for a dictionary and a few numbers a chunk; large results go to
    /// the folder, where they count once [`Index::persist`] has run.
    pub fn merge(&self) -> Result<bool, PersistError> {
        let _one_at_a_time = lock(&self.maintenance);
        let (base, chosen, id) = {
            let mut writer = lock(&self.writer);
            let base = self.snapshot();
            let Some(chosen) = worth_merging(&base) else { return Ok(false) };
            writer.busy.extend(chosen.iter().map(|&at| base.views[at].id));
            (base, chosen, writer.id())
        };
        let old: Vec<Arc<View>> = chosen.iter().map(|&at| Arc::clone(&base.views[at])).collect();
        let live = old.iter().map(|view| view.live).sum::<usize>();
        let folder = self.folder.as_ref().filter(|_| live >= TO_FILE || old.iter().any(|view| view.sealed));
        let merged = merge_views(
            &old,
            self.settings.dim,
            folder.map(|folder| persist::segment_path(folder, id)).as_deref(),
        );
        let mut writer = lock(&self.writer);
        for view in &old {
            writer.busy.remove(&view.id);
        }
        let merged = merged?;
        writer.persisted = None;
        let now = self.snapshot();
        let views = replace(&now.views, &old, id, folder.is_some(), merged);
        self.publish(Snapshot::new(now.version, self.settings, views, now.facts.clone()));
        Ok(true)
    }
}

/// The parts to merge next: one that is mostly dead, or a full tier.
fn worth_merging(snapshot: &Snapshot) -> Option<Vec<usize>> {
    let wasteful = |view: &Arc<View>| view.live < view.segment.rows() / 2 && view.segment.rows() > SMALL;
    if let Some(at) = snapshot.views.iter().position(wasteful) {
        return Some(vec![at]);
    }
    let within: Vec<usize> =
        (0..snapshot.views.len()).filter(|&at| snapshot.views[at].live * 2 <= LARGEST).collect();
    let chosen = full_tier(&within.iter().map(|&at| snapshot.views[at].live).collect::<Vec<_>>())?;
    Some(chosen.into_iter().map(|at| within[at]).collect())
}

/// One segment of the live rows of several views, in a file when a path is given.
pub(crate) fn merge_views(
    views: &[Arc<View>],
    dim: usize,
    path: Option<&Path>,
) -> Result<Segment, PersistError> {
    let parts: Vec<(&Segment, &Bits)> = views.iter().map(|view| (&*view.segment, &view.dead)).collect();
    let Some(path) = path else { return Ok(in_memory(&parts, dim)) };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|source| PersistError::Write { path: folder.to_path_buf(), source })?;
    }
    write_file(path, |out| segment::merge(&parts, dim, out))?;
    let bytes = Bytes::map(path).map_err(|error| read_back(path, error))?;
    Segment::read(bytes, dim, path).map_err(|error| read_back(path, error))
}

/// The views of now with `merged` in place of `old`, less what has died in them since.
pub(crate) fn replace(
    now: &[Arc<View>],
    old: &[Arc<View>],
    id: u64,
    sealed: bool,
    merged: Segment,
) -> Vec<Arc<View>> {
    let mut dead = Bits::none(merged.rows());
    for old in old {
        let current = now.iter().find(|view| view.id == old.id);
        for (row, &chunk) in old.segment.chunks().iter().enumerate() {
            if !old.dead.has(row) && current.is_none_or(|view| view.dead.has(row)) {
                merged.row_of(chunk).into_iter().for_each(|row| dead.set(row));
            }
        }
    }
    let merged = View::new(id, sealed, Arc::new(merged), dead);
    let kept = now.iter().filter(|view| old.iter().all(|old| old.id != view.id));
    let mut views: Vec<Arc<View>> = kept.cloned().collect();
    if merged.live > 0 {
        views.push(Arc::new(merged));
    }
    views
}

/// The facts of now with `merged` in place of `old`, less what has been replaced since.
pub(crate) fn replace_facts(
    now: &[Arc<FactsView>],
    old: &[Arc<FactsView>],
    id: u64,
    merged: Facts,
) -> Vec<Arc<FactsView>> {
    let mut dead = Bits::none(merged.docs().len());
    for old in old {
        let current = now.iter().find(|view| view.id == old.id);
        for (row, &doc) in old.facts.docs().iter().enumerate() {
            if !old.dead.has(row) && current.is_none_or(|view| view.dead.has(row)) {
                merged.row_of(doc).into_iter().for_each(|row| dead.set(row));
            }
        }
    }
    let merged = FactsView::new(id, true, Arc::new(merged), dead);
    let kept = now.iter().filter(|view| old.iter().all(|old| old.id != view.id));
    let mut views: Vec<Arc<FactsView>> = kept.cloned().collect();
    if merged.live > 0 {
        views.push(Arc::new(merged));
    }
    views
}
