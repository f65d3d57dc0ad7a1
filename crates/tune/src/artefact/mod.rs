//! Tuned models on disk: a folder with a manifest, written whole or not at all, read strictly.

mod card;
mod draft;
mod manifest;

pub(crate) use draft::write;
pub use draft::{Draft, sweep};
pub use manifest::{Base, FORMAT, MANIFEST, Manifest, Probe, Trained};

use std::path::{Path, PathBuf};

use crate::TuneError;
use crate::data::sha256_of_file;

/// A tuned model whose files are what its manifest says.
#[derive(Clone, Debug, PartialEq)]
pub struct Artefact {
    /// Its folder.
    pub dir: PathBuf,
    /// What it is.
    pub manifest: Manifest,
}

impl Artefact {
    /// Opens the model `name` of the folder `models` and checks every file against its SHA-256.
    pub fn open(models: &Path, name: &str) -> Result<Artefact, TuneError> {
        let dir = models.join(name);
        if !fits_name(name) || !dir.join(MANIFEST).is_file() {
            return Err(TuneError::Missing {
                what: "tuned model",
                name: name.into(),
                hint: "run `engraft model list` to see them, or `engraft tune` to make one".into(),
            });
        }
        Artefact::read(&dir)
    }

    /// Opens a model in a folder of any name, and checks it.
    pub fn read(dir: &Path) -> Result<Artefact, TuneError> {
        let manifest = Manifest::read(&dir.join(MANIFEST))?;
        let damaged = |reason: String| TuneError::Damaged { path: dir.into(), reason };
        for (file, wanted) in &manifest.files {
            if Path::new(file).components().any(|part| !matches!(part, std::path::Component::Normal(_))) {
                return Err(damaged(format!("its manifest names `{file}`, outside the folder")));
            }
            let path = dir.join(file);
            match sha256_of_file(&path) {
                Ok(found) if found == *wanted => {}
                Ok(_) => return Err(damaged(format!("{file} was changed or cut short"))),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    return Err(damaged(format!("{file} is gone")));
                }
                Err(error) => return Err(TuneError::io("read", &path)(error)),
            }
        }
        Ok(Artefact { dir: dir.into(), manifest })
    }

    /// A file of the model that its manifest lists.
    pub fn file(&self, name: &str) -> Result<PathBuf, TuneError> {
        if self.manifest.files.contains_key(name) {
            return Ok(self.dir.join(name));
        }
        let reason = format!("its manifest lists no {name}");
        Err(TuneError::Damaged { path: self.dir.clone(), reason })
    }

    /// Refuses a base model that is not the one it was tuned from.
    pub fn must_fit(&self, name: &str, fingerprint: &str) -> Result<(), TuneError> {
        match &self.manifest.base {
            Some(base) if base.fingerprint == fingerprint => Ok(()),
            base => Err(TuneError::WrongBase {
                model: self.manifest.name.clone(),
                wanted: base
                    .as_ref()
                    .map_or("no base model".into(), |base| format!("{}@{}", base.name, base.fingerprint)),
                found: format!("{name}@{fingerprint}"),
            }),
        }
    }

    /// The size of its files, in bytes.
    pub fn bytes(&self) -> u64 {
        let size = |file: &String| std::fs::metadata(self.dir.join(file)).map_or(0, |data| data.len());
        self.manifest.files.keys().map(size).sum()
    }
}

/// The manifests of all tuned models in `models`, by name, and the reason for each that cannot be read. Weights are not
/// checked: that costs reading them.
pub fn list(models: &Path) -> Vec<(String, Result<Manifest, TuneError>)> {
    let entries = std::fs::read_dir(models).into_iter().flatten().flatten();
    let mut found: Vec<(String, Result<Manifest, TuneError>)> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        // A draft that was killed starts with a dot.
        .filter(|name| fits_name(name) && models.join(name).join(MANIFEST).is_file())
        .map(|name| {
            let manifest = Manifest::read(&models.join(&name).join(MANIFEST));
            (name, manifest)
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// Removes a tuned model; whether it could still be read makes no difference.
pub fn remove(models: &Path, name: &str) -> Result<(), TuneError> {
    let dir = models.join(name);
    if !fits_name(name) || !dir.join(MANIFEST).is_file() {
        return Err(TuneError::Missing {
            what: "tuned model",
            name: name.into(),
            hint: "run `engraft model list` to see them".into(),
        });
    }
    // The manifest first: what is left after a crash is no model.
    let manifest = dir.join(MANIFEST);
    std::fs::remove_file(&manifest).map_err(TuneError::io("remove", &manifest))?;
    std::fs::remove_dir_all(&dir).map_err(TuneError::io("remove", &dir))
}

/// Refuses a name that cannot be a folder's.
pub fn check_name(name: &str) -> Result<(), TuneError> {
    match fits_name(name) {
        true => Ok(()),
        false => Err(TuneError::Request {
            message: format!("`{name}` cannot be a model's name"),
            hint: "use up to 64 letters a-z, digits and . - _, the first a letter or digit".into(),
        }),
    }
}

fn fits_name(name: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || ".-_".contains(letter);
    name.starts_with(|letter: char| letter.is_ascii_alphanumeric())
        && name.len() <= 64
        && name.chars().all(fits)
}

/// `wanted` when it is free, else with the least number behind it that makes it so.
pub fn free_name(models: &Path, wanted: &str) -> String {
    let free = |name: &String| !models.join(name).exists();
    let numbered = (2..).map(|number| format!("{wanted}-{number}"));
    std::iter::once(wanted.to_string()).chain(numbered).find(free).unwrap_or_default()
}

#[cfg(test)]
mod tests;
