//! Which tuned models the workspace's search and answers use: one small file that is replaced as a whole, and remembers what was used
//! before, so that a model can be rolled back.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::OnceLock;
use std::time::SystemTime;

use engraft_search::Fusion;
use engraft_tune::TuneError;
use engraft_tune::artefact::{Artefact, Manifest};
use engraft_tune::retrieve::Adapter;
use serde::{Deserialize, Serialize};

use crate::people::{Act, Principal};
use crate::{Context, Error, Workspace};

const FILE: &str = "serving.json";

/// What search and answers can use, by the kind of model.
pub(crate) const FUSION: &str = "fusion";
pub(crate) const RETRIEVER: &str = "retriever";
pub(crate) const RERANKER: &str = "reranker";
pub(crate) const READER: &str = "reader";
pub(crate) const KINDS: [&str; 4] = [FUSION, RETRIEVER, RERANKER, READER];

/// The models in use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Serving {
    /// By kind, the models that were used, the one in use last.
    pub used: BTreeMap<String, Vec<String>>,
}

/// When the file was replaced, and its length: another one says that other models are in use. `None`: there is no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp(Option<(SystemTime, u64)>);

impl Stamp {
    /// That of a workspace's file now.
    pub(crate) fn of(folder: &Path) -> Stamp {
        let known = std::fs::metadata(folder.join(FILE)).ok();
        Stamp(known.and_then(|file| Some((file.modified().ok()?, file.len()))))
    }
}

/// What `model serve` and `model rollback` did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Served {
    /// `fusion`, `retriever`, `reranker` or `reader`.
    pub kind: String,
    /// The model in use now; `None`: none.
    pub model: Option<String>,
    /// The one before.
    pub before: Option<String>,
}

impl Serving {
    /// Reads the file of a workspace; none means that nothing tuned is used.
    pub(crate) fn read(folder: &Path) -> Result<Serving, Error> {
        let path = folder.join(FILE);
        match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)
                .map_err(|error| Error::Config { path, message: error.to_string() }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Serving::default()),
            Err(error) => Err(Error::io("read", &path)(error)),
        }
    }

    fn write(&self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(FILE);
        let text = serde_json::to_string_pretty(self).map_err(|error| Error::Bug(error.to_string()))?;
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(Error::io("write in", folder))?;
        let written = file.write_all(text.as_bytes()).and_then(|()| file.as_file().sync_all());
        written.map_err(Error::io("write", &path))?;
        file.persist(&path).map_err(|error| Error::io("write", &path)(error.error))?;
        Ok(())
    }

    /// The model of that kind in use.
    pub fn model(&self, kind: &str) -> Option<&str> {
        self.used.get(kind).and_then(|all| all.last()).map(String::as_str)
    }

    /// Every model in use, by kind.
    pub fn models(&self) -> BTreeMap<String, String> {
        let one = |(kind, all): (&String, &Vec<String>)| Some((kind.clone(), all.last()?.clone()));
        self.used.iter().filter_map(one).collect()
    }
}

/// What of the models in use every query needs.
#[derive(Debug, Default)]
pub(crate) struct InUse {
    pub(crate) fusion: Option<Fusion>,
    /// Moves the questions' vectors.
    pub(crate) adapter: Option<Adapter>,
}

/// How a retriever was tuned, as its manifest's settings say.
pub(crate) fn is_adapter(manifest: &Manifest) -> bool {
    manifest.method == "adapter"
}

impl Workspace {
    /// The models that search uses, as they were when the workspace was opened; [`crate::Standing`] takes up others.
    pub fn serving(&self) -> &Serving {
        &self.serving
    }

    /// The model of that kind in use, its files checked; `None` where none is.
    pub(crate) fn served(&self, kind: &str) -> Result<Option<Artefact>, Error> {
        let Some(name) = self.serving.model(kind) else { return Ok(None) };
        match Artefact::open(&self.models(), name) {
            Ok(artefact) => Ok(Some(artefact)),
            Err(TuneError::Missing { .. }) => Err(Error::Missing {
                what: "tuned model in use",
                name: name.into(),
                hint: format!("run `engraft model rollback {kind}`"),
            }),
            Err(error) => Err(error.into()),
        }
    }

    /// Uses these models and no others, whatever the file says, until the workspace is opened anew.
    ///
    /// For models that leave the encoder as it is: an index in another space is not looked for.
    pub(crate) fn use_only(&mut self, serving: &Serving) {
        if self.serving != *serving {
            self.serving = serving.clone();
            self.in_use = OnceLock::new();
            self.reranking = OnceLock::new();
        }
    }

    /// What of the models in use every query needs, read once.
    pub(crate) fn in_use(&self) -> Result<&InUse, Error> {
        if let Some(read) = self.in_use.get() {
            return Ok(read);
        }
        let mut read = InUse::default();
        if let Some(artefact) = self.served(FUSION)? {
            let fusion = artefact.manifest.settings["fusion"].clone();
            let damaged = |error: serde_json::Error| TuneError::Damaged {
                path: artefact.dir.clone(),
                reason: error.to_string(),
            };
            read.fusion = Some(serde_json::from_value(fusion).map_err(damaged)?);
        }
        if let Some(artefact) = self.served(RETRIEVER)?.filter(|artefact| is_adapter(&artefact.manifest)) {
            let dim = artefact.manifest.settings["dim"].as_u64().unwrap_or(0) as usize;
            read.adapter = Some(Adapter::open(&artefact.file("adapter.safetensors")?, dim)?);
        }
        Ok(self.in_use.get_or_init(|| read))
    }
}

/// Makes search, or answers, use the tuned model `name` from the next command or request on. One that is not proven better is refused unless `anyway`.
///
/// A retriever that changes the encoder is made ready first, while the one before it goes on serving: every passage gets its
/// vector in the new space, and the index is built. Only then the file is replaced.
pub fn serve_model(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    name: &str,
    anyway: bool,
) -> Result<Served, Error> {
    who.must(Act::Manage)?;
    let artefact = Artefact::open(&workspace.models(), name)?;
    let kind = artefact.manifest.kind.clone();
    if !KINDS.contains(&kind.as_str()) {
        return Err(Error::Request {
            message: format!("`{name}` is a {kind}, which neither search nor answers use"),
            hint: "search uses a fusion, a retriever and a reranker, answers use a reader".into(),
        });
    }
    if !artefact.manifest.ship && !anyway {
        return Err(Error::Request {
            message: format!("`{name}` is not proven better: {}", artefact.manifest.why),
            hint: format!("judge more and tune again, or run `engraft model serve {name} --anyway`"),
        });
    }
    if kind == RETRIEVER {
        crate::tune::make_ready(context, workspace, Some(&artefact))?;
    }
    let folder = workspace.folder();
    let mut serving = Serving::read(&folder)?;
    let all = serving.used.entry(kind.clone()).or_default();
    let before = all.last().cloned();
    if before.as_deref() != Some(name) {
        all.push(name.to_string());
    }
    serving.write(&folder)?;
    Ok(Served { kind, model: Some(name.into()), before })
}

/// Makes search use what it used before the present model of that kind; without one before, none.
///
/// Passages that came in meanwhile get their vectors first, so nothing is missing from the search that comes back.
pub fn rollback_model(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    kind: &str,
) -> Result<Served, Error> {
    who.must(Act::Manage)?;
    let folder = workspace.folder();
    let mut serving = Serving::read(&folder)?;
    let before = serving.used.get_mut(kind).and_then(Vec::pop);
    if before.is_none() {
        return Err(Error::Missing {
            what: "tuned model in use of kind",
            name: kind.into(),
            hint: format!("kinds are {}; `engraft model list` shows the models", KINDS.join(", ")),
        });
    }
    // What was removed since cannot come back.
    let there = |name: &String| Artefact::open(&workspace.models(), name).is_ok();
    if let Some(all) = serving.used.get_mut(kind) {
        all.retain(there);
    }
    serving.used.retain(|_, all| !all.is_empty());
    let model = serving.model(kind).map(str::to_string);
    if kind == RETRIEVER {
        let artefact = model.as_deref().map(|name| Artefact::open(&workspace.models(), name)).transpose()?;
        crate::tune::make_ready(context, workspace, artefact.as_ref())?;
    }
    serving.write(&folder)?;
    Ok(Served { kind: kind.into(), model, before })
}
