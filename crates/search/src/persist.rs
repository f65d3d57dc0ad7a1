//! An index in a folder: one file a part, and a manifest that is replaced as a whole.
//!
//! Part files are never changed. A crash at any moment leaves the old manifest with all of its files, or the new one
//! with all of its; what neither names is removed by the next [`Index::persist`]. Readers in other processes that have
//! opened the old files keep them.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::bits::Bits;
use crate::bytes::Bytes;
use crate::compact::{merge_views, read_back, replace, replace_facts, write_file};
use crate::error::{OpenError, PersistError};
use crate::facts::Facts;
use crate::index::{Index, Writer, lock};
use crate::manifest::{Manifest, Part};
use crate::segment::Segment;
use crate::settings::{MAX_DIM, Settings};
use crate::snapshot::{FactsView, Snapshot, View};

const MANIFEST: &str = "manifest.engraft";
/// How often a reader looks again when a writer has replaced the files under its eyes.
const TRIES: usize = 5;

pub(crate) fn segment_path(folder: &Path, id: u64) -> PathBuf {
    folder.join(format!("segment-{id:08}.engraft"))
}

fn facts_path(folder: &Path, id: u64) -> PathBuf {
    folder.join(format!("facts-{id:08}.engraft"))
}

impl Index {
    /// The index in `folder` as it was last persisted.
    pub fn open(folder: &Path, settings: &Settings) -> Result<Index, OpenError> {
        if settings.dim == 0 || settings.dim > MAX_DIM {
            return Err(OpenError::Dimension { dim: settings.dim });
        }
        let mut tries = TRIES;
        loop {
            tries -= 1;
            match open(folder, settings) {
                Err(OpenError::Read { source, .. })
                    if source.kind() == io::ErrorKind::NotFound && tries > 0 => {}
                result => return result,
            }
        }
    }

    /// Writes the index to its folder, so that [`Index::open`] finds this version there. Returns the version written.
    ///
    /// Changes may be applied meanwhile; they are in the next one. When this fails, the folder holds what it held.
    pub fn persist(&self) -> Result<u64, PersistError> {
        let folder = self.folder.as_deref().ok_or(PersistError::NoFolder)?;
        let _one_at_a_time = lock(&self.maintenance);
        let (base, segment_id, facts_id) = {
            let mut writer = lock(&self.writer);
            let base = self.snapshot();
            if writer.persisted == Some(base.version) {
                return Ok(base.version);
            }
            writer.busy.extend(base.views.iter().filter(|view| !view.sealed).map(|view| view.id));
            writer.busy.extend(base.facts.iter().filter(|view| !view.sealed).map(|view| view.id));
            (base, writer.id(), writer.id())
        };
        let written = self.write_parts(folder, &base, segment_id, facts_id);
        let mut writer = lock(&self.writer);
        writer.busy.clear();
        let (old, merged, old_facts, merged_facts) = written?;
        let now = self.snapshot();
        let mut views = now.views.clone();
        let mut facts = now.facts.clone();
        if let Some(merged) = merged {
            views = replace(&views, &old, segment_id, true, merged);
        }
        if let Some(merged) = merged_facts {
            facts = replace_facts(&facts, &old_facts, facts_id, merged);
        }
        writer.persisted = Some(base.version);
        self.publish(Snapshot::new(now.version, self.settings, views, facts));
        Ok(base.version)
    }

    /// Writes what is only in memory, then the manifest, then removes what it no longer names.
    #[expect(
        clippy::type_complexity,
        reason = "what was in memory and what became of it, taken apart by the one caller"
    )]
    fn write_parts(
        &self,
        folder: &Path,
        base: &Snapshot,
        segment_id: u64,
        facts_id: u64,
    ) -> Result<(Vec<Arc<View>>, Option<Segment>, Vec<Arc<FactsView>>, Option<Facts>), PersistError> {
        let failed = |path: &Path, source| PersistError::Write { path: path.to_path_buf(), source };
        fs::create_dir_all(folder).map_err(|source| failed(folder, source))?;
        let (sealed, old): (Vec<_>, Vec<_>) = base.views.iter().cloned().partition(|view| view.sealed);
        let mut segments: Vec<Part> =
            sealed.iter().map(|view| Part { id: view.id, dead: view.dead.clone() }).collect();
        let mut merged = None;
        if !old.is_empty() {
            let segment = merge_views(&old, self.settings.dim, Some(&segment_path(folder, segment_id)))?;
            segments.push(Part { id: segment_id, dead: Bits::none(segment.rows()) });
            merged = Some(segment);
        }
        // Facts are small next to chunks: any that are new, or many that are dead, and all are written afresh.
        let sealed = base.facts.iter().all(|view| view.sealed) && base.facts.len() <= 1;
        let wasteful = base.facts.iter().any(|view| view.live * 2 < view.facts.docs().len());
        let (mut facts, mut merged_facts, mut old_facts) = (Vec::new(), None, Vec::new());
        if sealed && !wasteful {
            facts.extend(base.facts.iter().map(|view| Part { id: view.id, dead: view.dead.clone() }));
        } else {
            old_facts = base.facts.clone();
            let parts: Vec<(&Facts, &Bits)> =
                old_facts.iter().map(|view| (&*view.facts, &view.dead)).collect();
            let all = Facts::merge(&parts);
            write_file(&facts_path(folder, facts_id), |out| all.write(out))?;
            facts.push(Part { id: facts_id, dead: Bits::none(all.docs().len()) });
            merged_facts = Some(all);
        }
        let manifest =
            Manifest { version: base.version, settings: self.settings, next_id: facts_id, segments, facts };
        // The parts' names must be on disk before the manifest that relies on them.
        sync_folder(folder).map_err(|source| failed(folder, source))?;
        let path = folder.join(MANIFEST);
        write_file(&path, |out| manifest.write(out))?;
        sync_folder(folder).map_err(|source| failed(folder, source))?;
        if Manifest::read(&path).map_err(|error| read_back(&path, error))? != manifest {
            let detail = "it reads back differently".to_string();
            return Err(read_back(&path, OpenError::Damaged { path: path.clone(), detail }));
        }
        remove_others(folder, &manifest);
        Ok((old, merged, old_facts, merged_facts))
    }
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// Removes index files that the manifest does not name. What cannot be removed now will be the next time.
fn remove_others(folder: &Path, manifest: &Manifest) {
    let mut kept: BTreeSet<PathBuf> =
        manifest.segments.iter().map(|part| segment_path(folder, part.id)).collect();
    kept.extend(manifest.facts.iter().map(|part| facts_path(folder, part.id)));
    let Ok(files) = fs::read_dir(folder) else { return };
    for path in files.flatten().map(|file| file.path()) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let ours = name.starts_with("segment-") || name.starts_with("facts-");
        let ours = ours && (name.ends_with(".engraft") || name.ends_with(".tmp"));
        if ours && !kept.contains(&path) {
            let _ = fs::remove_file(&path);
        }
    }
}

fn open(folder: &Path, settings: &Settings) -> Result<Index, OpenError> {
    let path = folder.join(MANIFEST);
    if !path.exists() {
        return Err(OpenError::Missing { path: folder.to_path_buf() });
    }
    let manifest = Manifest::read(&path)?;
    if !settings.reads(&manifest.settings) {
        let detail = format!("{:?} instead of {settings:?}", manifest.settings);
        return Err(OpenError::Settings { path: folder.to_path_buf(), detail });
    }
    let fits = |path: &Path, found: usize, part: &Part| match found == part.dead.len() {
        true => Ok(()),
        false => Err(OpenError::Damaged {
            path: path.to_path_buf(),
            detail: "it is not the file the manifest means".into(),
        }),
    };
    let mut views = Vec::new();
    for part in &manifest.segments {
        let path = segment_path(folder, part.id);
        let segment = Segment::read(Bytes::map(&path)?, settings.dim, &path)?;
        fits(&path, segment.rows(), part)?;
        views.push(Arc::new(View::new(part.id, true, Arc::new(segment), part.dead.clone())));
    }
    let mut facts = Vec::new();
    for part in &manifest.facts {
        let path = facts_path(folder, part.id);
        let read = Facts::read(Bytes::map(&path)?, &path)?;
        fits(&path, read.docs().len(), part)?;
        facts.push(Arc::new(FactsView::new(part.id, true, Arc::new(read), part.dead.clone())));
    }
    let snapshot = Snapshot::new(manifest.version, *settings, views, facts);
    let writer = Writer { next_id: manifest.next_id, persisted: Some(manifest.version), ..Writer::default() };
    Ok(Index::starting_at(Some(folder.to_path_buf()), settings, snapshot, writer))
}
