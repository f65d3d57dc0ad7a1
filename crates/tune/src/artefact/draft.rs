//! A model in the making: files in a folder aside, which becomes the model in one step when everything fits.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::TuneError;
use crate::artefact::manifest::{MANIFEST, Manifest};
use crate::artefact::{Artefact, card, check_name};
use crate::data::sha256_of_file;

/// Outputs of probes may differ by so much between the model in memory and the model read back.
const SAME: f64 = 1e-5;
/// What the name of such a folder begins with.
const DRAFT: &str = ".draft-";

/// A folder that becomes a model, or vanishes.
#[derive(Debug)]
pub struct Draft {
    models: PathBuf,
    name: String,
    folder: tempfile::TempDir,
    /// Held together with all who are making a model here, until this one is made: [`sweep`] wants it alone.
    _lock: Option<File>,
}

impl Draft {
    /// Begins the model `name` in the folder `models`. The name must be free.
    pub fn begin(models: &Path, name: &str) -> Result<Draft, TuneError> {
        check_name(name)?;
        std::fs::create_dir_all(models).map_err(TuneError::io("create", models))?;
        if models.join(name).exists() {
            return Err(TuneError::Taken { name: name.into() });
        }
        let lock = lock_of(models)?;
        // Where the file system knows no locks this fails, and so does the sweep: nothing is swept there.
        if let Some(lock) = &lock {
            let _ = lock.lock_shared();
        }
        let folder = tempfile::Builder::new().prefix(DRAFT).tempdir_in(models);
        let folder = folder.map_err(TuneError::io("create a folder in", models))?;
        Ok(Draft { models: models.into(), name: name.into(), folder, _lock: lock })
    }

    /// What the model will be called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its files go.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes the manifest with the hash of every file that is there, and a model card; reads the model back with `reload`,
    /// which returns what each probe's input gives; and moves it into place when that is what the manifest says.
    pub fn register(
        self,
        mut manifest: Manifest,
        reload: impl FnOnce(&Artefact) -> Result<Vec<Value>, TuneError>,
    ) -> Result<Artefact, TuneError> {
        let dir = self.path();
        manifest.name.clone_from(&self.name);
        write(&dir.join("README.md"), card::card(&manifest).as_bytes())?;
        manifest.files.clear();
        for file in files(dir, Path::new(""))? {
            let path = dir.join(&file);
            let hash = sha256_of_file(&path).map_err(TuneError::io("read", &path))?;
            // What is registered survives a power cut.
            let synced = File::open(&path).and_then(|file| file.sync_all());
            synced.map_err(TuneError::io("write", &path))?;
            manifest.files.insert(file, hash);
        }
        let text =
            serde_json::to_string_pretty(&manifest).map_err(|error| TuneError::Bug(error.to_string()))?;
        write(&dir.join(MANIFEST), (text + "\n").as_bytes())?;
        let read = Artefact::read(dir)?;
        let outputs = reload(&read)?;
        let wanted: Vec<&Value> = read.manifest.probes.iter().map(|probe| &probe.output).collect();
        if outputs.len() != wanted.len() || !outputs.iter().zip(&wanted).all(|(a, b)| same(a, b)) {
            return Err(TuneError::Bug(
                "the model read back does not answer as the one that was trained".into(),
            ));
        }
        Ok(Artefact { dir: self.place()?, manifest: read.manifest })
    }

    /// Moves the folder into place as it is; where it lies then. That it is whole is for whoever filled it to see to.
    pub fn place(self) -> Result<PathBuf, TuneError> {
        let target = self.models.join(&self.name);
        // The name may have been taken meanwhile.
        if target.exists() {
            return Err(TuneError::Taken { name: self.name });
        }
        let made = self.folder.keep();
        if let Err(error) = std::fs::rename(&made, &target) {
            let _ = std::fs::remove_dir_all(&made);
            return Err(TuneError::io("write", &target)(error));
        }
        Ok(target)
    }
}

/// Removes what killed processes left of models in the making; how many there were. Whose such a folder is cannot be told, so
/// none is removed while any process is making a model in `models`.
pub fn sweep(models: &Path) -> usize {
    let entries = std::fs::read_dir(models).into_iter().flatten().flatten();
    let left = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(DRAFT));
    let left: Vec<PathBuf> = left.map(|entry| entry.path()).collect();
    if left.is_empty() {
        return 0;
    }
    // What was listed before the lock was had may have become a model since: it is gone by that name.
    let Ok(Some(lock)) = lock_of(models) else { return 0 };
    if lock.try_lock().is_err() {
        return 0;
    }
    left.iter().filter(|folder| std::fs::remove_dir_all(folder).is_ok()).count()
}

/// The file beside the folder of models that is locked while one is made. To lock it, it is enough to read what another user made;
/// `None` where this one may not even do that, which is no reason to make no models.
fn lock_of(models: &Path) -> Result<Option<File>, TuneError> {
    let path = models.with_extension("lock");
    match File::options().create(true).read(true).append(true).open(&path) {
        Ok(lock) => Ok(Some(lock)),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Ok(File::open(&path).ok()),
        Err(error) => Err(TuneError::io("open", &path)(error)),
    }
}

/// Writes a file and waits until it is on disk: what is registered survives a power cut.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), TuneError> {
    let done = File::create(path)
        .and_then(|mut file| std::io::Write::write_all(&mut file, bytes).and_then(|()| file.sync_all()));
    done.map_err(TuneError::io("write", path))
}

/// Every file below `dir`, with `/` between folders, sorted.
fn files(dir: &Path, below: &Path) -> Result<Vec<String>, TuneError> {
    let folder = dir.join(below);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(TuneError::io("read", &folder))? {
        let entry = entry.map_err(TuneError::io("read", &folder))?;
        let inner = below.join(entry.file_name());
        if entry.path().is_dir() {
            found.extend(files(dir, &inner)?);
        } else if inner != Path::new(MANIFEST) {
            let parts: Vec<String> = inner.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            found.push(parts.join("/"));
        }
    }
    found.sort();
    Ok(found)
}

/// Whether two JSON values are the same, numbers to within [`SAME`].
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => match (x.as_f64(), y.as_f64()) {
            (Some(x), Some(y)) => (x - y).abs() <= SAME * (1.0 + x.abs().max(y.abs())),
            _ => x == y,
        },
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y)),
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len()
                && x.iter().all(|(key, value)| y.get(key).is_some_and(|other| same(value, other)))
        }
        _ => a == b,
    }
}
