//! Tuned models leave for other tools, and models of other tools come in.

use std::path::{Path, PathBuf};

use engraft_tune::TuneError;
use engraft_tune::artefact::{Artefact, MANIFEST, check_name};
use engraft_tune::classifier::{Classifier, Model, Space};
use engraft_tune::data::sha256_of_file;
use engraft_tune::export::{Dense, merge_adapter, must_be_empty, sentence_transformers};
use serde::Serialize;

use crate::models::{self, ModelInfo};
use crate::people::{Act, Principal};
use crate::tune::{base, models as tuned};
use crate::{Context, Error, Workspace};

/// What was written.
#[derive(Debug, Serialize)]
pub struct Exported {
    /// Every file, with its hash.
    pub files: Vec<ExportedFile>,
    /// One hash over all names and hashes.
    pub sha256: String,
    /// What the format cannot hold.
    pub losses: Vec<String>,
}

/// One file of an export.
#[derive(Debug, Serialize)]
pub struct ExportedFile {
    /// Its place in the folder.
    pub name: String,
    /// Its hash.
    pub sha256: String,
}

/// Writes the tuned model `name` to the empty folder `to`, as `format`: `sentence-transformers`, `transformers` or `peft`.
pub fn export_model(
    context: Context,
    workspace: &Workspace,
    name: &str,
    to: &Path,
    format: &str,
) -> Result<Exported, Error> {
    let artefact = Artefact::open(&workspace.models(), name)?;
    if !["sentence-transformers", "transformers", "peft"].contains(&format) {
        let message = format!("there is no format `{format}` for models");
        let hint = "choose sentence-transformers, transformers or peft".into();
        return Err(Error::Request { message, hint });
    }
    let encoder = artefact.dir.join("encoder");
    let mut losses = Vec::new();
    // Whatever the format, a folder that is named by mistake is not written into.
    must_be_empty(to)?;
    match artefact.manifest.kind.as_str() {
        "reward" => losses.push("the layer that scores, and the weights of style and words".to_string()),
        "extractor" => losses.push("the chain over words that marks spans".to_string()),
        _ => {}
    }
    match (format, artefact.manifest.kind.as_str()) {
        ("peft", _) => copy_folder(
            &existing(&encoder.join("adapter"))
                .ok_or_else(|| cannot(&artefact, format, "was not tuned with `--method lora`"))?,
            to,
        )?,
        ("sentence-transformers", "classifier") => {
            let folder = existing(&encoder)
                .map_or_else(|| base_folder(context, workspace, &artefact), |folder| Ok(Some(folder)))?;
            let folder = folder.ok_or_else(|| cannot(&artefact, format, "stands on no encoder"))?;
            let (classifier, _) = Classifier::load(&artefact)?;
            let (weight, bias) = head(&classifier, &mut losses)
                .ok_or_else(|| cannot(&artefact, format, "has no linear layer on an encoder"))?;
            sentence_transformers(&folder, Some(Dense { weight: &weight, bias: &bias }), to)?;
        }
        ("sentence-transformers" | "transformers", "reranker" | "reward") => copy_folder(
            &existing(&encoder).ok_or_else(|| cannot(&artefact, format, "has no encoder of its own"))?,
            to,
        )?,
        ("sentence-transformers", _) => {
            let folder =
                existing(&encoder).ok_or_else(|| cannot(&artefact, format, "has no encoder of its own"))?;
            sentence_transformers(&folder, None, to)?;
        }
        _ => {
            let why = "pools all tokens before its last layer, which no class of transformers does";
            return Err(cannot(&artefact, format, why));
        }
    }
    let files = listed(to)?;
    let lines: String = files.iter().map(|file| format!("{} {}\n", file.sha256, file.name)).collect();
    Ok(Exported { files, sha256: engraft_core::content_hash(lines.as_bytes()), losses })
}

fn cannot(artefact: &Artefact, format: &str, why: &str) -> Error {
    let name = &artefact.manifest.name;
    Error::Request {
        message: format!("{name} cannot be written as {format}: it {why}"),
        hint: format!(
            "`engraft model show {name}` says what it is made of; its folder is {}",
            artefact.dir.display()
        ),
    }
}

fn existing(dir: &Path) -> Option<PathBuf> {
    dir.is_dir().then(|| dir.to_path_buf())
}

fn base_folder(
    context: Context,
    workspace: &Workspace,
    artefact: &Artefact,
) -> Result<Option<PathBuf>, Error> {
    let Some(named) = &artefact.manifest.base else { return Ok(None) };
    if let Some(encoder) = base::open(context, workspace, Some(&named.name))? {
        artefact.must_fit(&named.name, &encoder.remembered().fingerprint)?;
    }
    Ok(Some(models::show(&named.name)?.path))
}

/// The linear layer behind the encoder, row by row of a class; the mixture's other members are losses.
fn head(classifier: &Classifier, losses: &mut Vec<String>) -> Option<(Vec<f32>, Vec<f32>)> {
    let logistic = |wanted: Space| {
        classifier.members.iter().find_map(|member| match (&member.model, member.space) {
            (Model::Logistic(model), Some(space)) if space == wanted => Some((member, model)),
            _ => None,
        })
    };
    let (chosen, model) = logistic(Space::Own).or_else(|| logistic(Space::Base))?;
    for member in classifier.members.iter().filter(|member| member.name != chosen.name && member.weight > 0.0)
    {
        losses.push(format!("the part `{}` of the mixture, which weighs {:.2}", member.name, member.weight));
    }
    let (classes, dim) = (model.bias.len(), model.weights.len() / model.bias.len().max(1));
    let weight = (0..classes * dim).map(|place| model.weights[place % dim * classes + place / dim]).collect();
    Some((weight, model.bias.clone()))
}

/// Copies a folder with everything in it.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(to).map_err(Error::io("create", to))?;
    for entry in std::fs::read_dir(from).map_err(Error::io("read", from))? {
        let entry = entry.map_err(Error::io("read", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        match source.is_dir() {
            true => copy_folder(&source, &target)?,
            false => drop(std::fs::copy(&source, &target).map_err(Error::io("copy", &source))?),
        }
    }
    Ok(())
}

/// Every file below a folder with its hash, sorted.
fn listed(dir: &Path) -> Result<Vec<ExportedFile>, Error> {
    let mut folders = vec![dir.to_path_buf()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(Error::io("read", &folder))? {
            let path = entry.map_err(Error::io("read", &folder))?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(dir).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            let sha256 = sha256_of_file(&path).map_err(Error::io("read", &path))?;
            files.push(ExportedFile { name, sha256 });
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// Brings in the model in `dir`: one that `engraft` tuned, an encoder, or an adapter of PEFT for the workspace's encoder.
///
/// A tuned model joins the workspace under its own name, or `name`; an encoder or adapter becomes an encoder of this machine.
pub fn import_model(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dir: &Path,
    name: Option<&str>,
) -> Result<ModelInfo, Error> {
    who.must(Act::Manage)?;
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
    models::pull(context, &name, Some(models::From::Folder(dir.into())))
}

fn import_tuned(workspace: &Workspace, dir: &Path, name: Option<&str>) -> Result<ModelInfo, Error> {
    let artefact = Artefact::read(dir)?;
    let name = name.unwrap_or(&artefact.manifest.name).to_string();
    check_name(&name)?;
    let all = workspace.models();
    let target = all.join(&name);
    if target.exists() {
        return Err(TuneError::Taken { name }.into());
    }
    std::fs::create_dir_all(&all).map_err(Error::io("create", &all))?;
    let aside = tempfile::Builder::new().prefix(".draft-").tempdir_in(&all);
    let aside = aside.map_err(Error::io("create a folder in", &all))?;
    copy_folder(dir, aside.path())?;
    let mut manifest = artefact.manifest;
    manifest.name.clone_from(&name);
    let text = serde_json::to_string_pretty(&manifest).map_err(|error| Error::Bug(error.to_string()))?;
    let path = aside.path().join(MANIFEST);
    std::fs::write(&path, text + "\n").map_err(Error::io("write", &path))?;
    // Read once more from where it now lies: what was cut short on the way is no model.
    Artefact::read(aside.path())?;
    std::fs::rename(aside.keep(), &target).map_err(Error::io("write", &target))?;
    tuned::show_tuned(workspace, &name)?
        .ok_or_else(|| Error::Bug(format!("{name} was imported but cannot be described")))
}
