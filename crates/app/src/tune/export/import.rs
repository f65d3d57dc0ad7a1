//! Models of other tools come in: encoders, adapters of PEFT, what transformers trained, and what another workspace tuned.

use std::path::Path;

use engraft_tune::TuneError;
use engraft_tune::artefact::{Artefact, Draft, MANIFEST, Manifest, check_name};
use engraft_tune::export::merge_adapter;
use engraft_tune::import::{Foreign, foreign};
use serde::Serialize;

use crate::models::{self, ModelInfo};
use crate::people::{Act, Principal};
use crate::tune::export::foreign::import_foreign;
use crate::tune::export::{ExportedFile, listed, over};
use crate::tune::models as tuned;
use crate::{Context, Error, Workspace};

/// A model that came in.
#[derive(Debug, Serialize)]
pub struct Imported {
    /// What there is to know of it.
    #[serde(flatten)]
    pub model: ModelInfo,
    /// Every file of it, as it lies here.
    pub files: Vec<ExportedFile>,
    /// One hash over all names and hashes.
    pub sha256: String,
}

/// Brings in the model in `dir`: one that `engraft` tuned, a model of transformers with its head, an encoder, or an adapter of PEFT
/// for the workspace's encoder.
///
/// A model with a head joins the workspace under its own name, or `name`; an encoder or adapter becomes an encoder of this machine.
pub fn import_model(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dir: &Path,
    name: Option<&str>,
) -> Result<Imported, Error> {
    who.must(Act::Manage)?;
    let model = bring_in(context, workspace, dir, name)?;
    let files = listed(&model.path)?;
    Ok(Imported { model, sha256: over(&files), files })
}

fn bring_in(
    context: Context,
    workspace: &Workspace,
    dir: &Path,
    name: Option<&str>,
) -> Result<ModelInfo, Error> {
    std::fs::read_dir(dir).map_err(Error::io("read", dir))?;
    let own = || {
        dir.canonicalize().ok().and_then(|path| path.file_name().map(|f| f.to_string_lossy().into_owned()))
    };
    if dir.join(MANIFEST).is_file() {
        return import_tuned(workspace, dir, name);
    }
    let name = name.map(str::to_string).or_else(own).unwrap_or_default();
    check_name(&name)?;
    if dir.join("adapter_config.json").is_file() {
        let encoder = models::show(&workspace.config.encoder.model)?;
        let merged = tempfile::tempdir().map_err(Error::io("create a folder in", &std::env::temp_dir()))?;
        context.progress.say(&format!("merging the adapter into {}", encoder.name));
        merge_adapter(&encoder.path, dir, merged.path())?;
        return models::pull(context, &name, Some(models::From::Folder(merged.path().into())));
    }
    // What is missing is told by whoever opens it; here it is asked what is there.
    let found = if dir.join("config.json").is_file() { foreign(dir)? } else { Foreign::Encoder };
    if found == Foreign::Encoder {
        return models::pull(context, &name, Some(models::From::Folder(dir.into())));
    }
    import_foreign(context, workspace, (dir, &own().unwrap_or_default()), &name, &found)?;
    described(workspace, &name)
}

fn described(workspace: &Workspace, name: &str) -> Result<ModelInfo, Error> {
    tuned::show_tuned(workspace, name)?
        .ok_or_else(|| Error::Bug(format!("{name} was imported but cannot be described")))
}

fn import_tuned(workspace: &Workspace, dir: &Path, name: Option<&str>) -> Result<ModelInfo, Error> {
    let manifest = Artefact::read(dir)?.manifest;
    if manifest.files.is_empty() {
        let reason = "its manifest lists no files, so nothing says what its weights are".into();
        return Err(TuneError::Damaged { path: dir.into(), reason }.into());
    }
    let name = name.unwrap_or(&manifest.name).to_string();
    copied(&workspace.models(), dir, manifest, &name)?.place()?;
    described(workspace, &name)
}

/// A copy of the model in `dir`, which is still to be moved into place as the model `name`.
fn copied(models: &Path, dir: &Path, mut manifest: Manifest, name: &str) -> Result<Draft, Error> {
    let draft = Draft::begin(models, name)?;
    // What the manifest does not list is no part of the model.
    for file in manifest.files.keys() {
        let (source, target) = (dir.join(file), draft.path().join(file));
        let folder = target.parent().unwrap_or(draft.path());
        std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        std::fs::copy(&source, &target).map_err(Error::io("copy", &source))?;
    }
    manifest.name = name.into();
    let text = serde_json::to_string_pretty(&manifest).map_err(|error| Error::Bug(error.to_string()))?;
    let path = draft.path().join(MANIFEST);
    std::fs::write(&path, text + "\n").map_err(Error::io("write", &path))?;
    // Read once more from where it now lies: what was cut short on the way is no model.
    Artefact::read(draft.path())?;
    Ok(draft)
}

#[cfg(test)]
mod tests {
    use engraft_tune::artefact::sweep;
    use engraft_tune::data::sha256_of_file;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_manifest_does_not_list_stays_behind() {
        let folder = tempfile::tempdir().unwrap();
        let (from, models) = (folder.path().join("from"), folder.path().join("models"));
        std::fs::create_dir_all(from.join("inner")).unwrap();
        for (file, text) in [("inner/weights", "1"), ("notes", "2")] {
            std::fs::write(from.join(file), text).unwrap();
        }
        let manifest = json!({
            "format": 1, "name": "elsewhere", "kind": "classifier", "method": "linear", "base": null,
            "data_snapshot": "00", "seeds": [0], "created": "2026-01-01T00:00:00.000Z", "build": "0",
            "labels": [], "settings": null, "train": { "rows": 2, "steps": 1, "seconds": 0.5 }, "eval": {},
            "against": "nothing", "against_base": {}, "ship": false, "why": "", "lineage": [], "probes": [],
            "files": { "inner/weights": sha256_of_file(&from.join("inner/weights")).unwrap() },
        });
        std::fs::write(from.join(MANIFEST), manifest.to_string()).unwrap();
        let manifest = Artefact::read(&from).unwrap().manifest;
        let here = copied(&models, &from, manifest, "topics").unwrap().place().unwrap();
        assert!(here.join("inner/weights").is_file() && !here.join("notes").exists());
    }

    #[test]
    fn a_model_that_is_coming_in_is_not_taken_for_one_that_was_left() {
        let folder = tempfile::tempdir().unwrap();
        let (from, models) = (folder.path().join("from"), folder.path().join("models"));
        let manifest = json!({
            "format": 1, "name": "elsewhere", "kind": "classifier", "method": "linear", "base": null,
            "data_snapshot": "00", "seeds": [0], "created": "2026-01-01T00:00:00.000Z", "build": "0",
            "labels": [], "settings": null, "train": { "rows": 2, "steps": 1, "seconds": 0.5 }, "eval": {},
            "against": "nothing", "against_base": {}, "ship": false, "why": "", "lineage": [], "probes": [],
            "files": {},
        });
        std::fs::create_dir(&from).unwrap();
        std::fs::write(from.join(MANIFEST), manifest.to_string()).unwrap();
        let manifest = Artefact::read(&from).unwrap().manifest;
        let coming = copied(&models, &from, manifest, "topics").unwrap();
        assert_eq!(sweep(&models), 0, "the model is coming in");
        coming.place().unwrap();
        assert_eq!(Artefact::open(&models, "topics").unwrap().manifest.name, "topics");
    }
}
