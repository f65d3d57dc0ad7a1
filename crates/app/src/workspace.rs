//! A workspace: the folder with `engraft.toml`, its store, its index and its encoder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;

use engraft_core::{CountTokens, Embed};
use engraft_nn::{Embedder, EncoderOptions, Precision};
use engraft_search::{Fusion, Index, Scaling, Settings};
use engraft_store::Store;
use serde::Serialize;

use crate::config::{Config, Encoder};
use crate::reading::Reading;
use crate::reranking::Reranking;
use crate::serving::{InUse, RETRIEVER, Serving, Stamp, is_adapter};
use crate::{Context, Error, models};

const CONFIG: &str = "engraft.toml";
const FOLDER: &str = ".engraft";

/// What sentences are rounded to that are read once, for an answer.
const SENTENCES: Precision = Precision::Int8;

/// What `init` did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Initialised {
    /// The workspace's folder.
    pub workspace: PathBuf,
    /// False: it was a workspace already and is left as it is.
    pub created: bool,
}

/// An open workspace.
pub struct Workspace {
    /// Its folder.
    pub root: PathBuf,
    /// Its configuration.
    pub config: Config,
    /// The truth.
    pub store: Arc<Store>,
    // Derived from the store; `index()` opens it and brings it up to date.
    pub(crate) index: Mutex<Option<Arc<Index>>>,
    // The manifest this process knows: another one on disk is another process's work.
    pub(crate) manifest: Mutex<Option<String>>,
    // Merges parts of the index, where that is due.
    pub(crate) merging: Mutex<Option<JoinHandle<()>>>,
    source_names: Mutex<BTreeMap<u32, String>>,
    // What the encoder made of texts that were compared lately, by their content hash.
    pub(crate) meanings: Mutex<BTreeMap<String, Arc<[f32]>>>,
    encoder: OnceLock<Option<Embedder>>,
    // Only where it is another than `encoder`.
    sentence_encoder: OnceLock<Embedder>,
    pub(crate) threads: usize,
    // The tuned models that search uses, what the file that names them was then, and what every query needs of them.
    pub(crate) serving: Serving,
    pub(crate) stamp: Stamp,
    pub(crate) in_use: OnceLock<InUse>,
    pub(crate) reranking: OnceLock<Reranking>,
    // Trained readers that answered, by their names.
    pub(crate) readers: Mutex<BTreeMap<String, Arc<Reading>>>,
}

/// Makes `dir` a workspace, or says that it is one.
pub fn init(dir: &Path, name: Option<&str>, encoder: Option<&str>) -> Result<Initialised, Error> {
    std::fs::create_dir_all(dir).map_err(Error::io("create", dir))?;
    let root = dir.canonicalize().map_err(Error::io("find", dir))?;
    let path = root.join(CONFIG);
    if path.exists() {
        Config::read(&path)?;
        return Ok(Initialised { workspace: root, created: false });
    }
    let own = root.file_name().map_or_else(|| "workspace".into(), |name| name.to_string_lossy().into_owned());
    let mut config = Config { name: name.map_or(own, str::to_string), ..Config::default() };
    if let Some(encoder) = encoder {
        config.encoder.model = encoder.to_string();
    }
    let folder = root.join(FOLDER);
    std::fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    Store::create_or_open(&folder.join("truth.sqlite"))?;
    // Written last: a folder is a workspace only once all of it is there.
    std::fs::write(&path, config.text()?).map_err(Error::io("write", &path))?;
    Ok(Initialised { workspace: root, created: true })
}

/// The nearest folder at or above `from` that holds `engraft.toml`.
pub fn find(from: &Path) -> Result<PathBuf, Error> {
    let start = from.canonicalize().map_err(Error::io("find", from))?;
    let found = start.ancestors().find(|folder| folder.join(CONFIG).is_file());
    found.map(Path::to_path_buf).ok_or_else(|| Error::NoWorkspace(start.clone()))
}

impl Workspace {
    /// Opens the workspace in `root`; `threads` is how many the encoder may use.
    pub fn open(root: &Path, threads: usize) -> Result<Workspace, Error> {
        let path = root.join(CONFIG);
        if !path.is_file() {
            return Err(Error::NotAWorkspace(root.to_path_buf()));
        }
        let config = Config::read(&path)?;
        let folder = root.join(FOLDER);
        std::fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        let store = Arc::new(Store::create_or_open(&folder.join("truth.sqlite"))?);
        Workspace::with(root.to_path_buf(), config, store, threads)
    }

    /// The workspace of a store that is open, with the models that are in use now.
    pub(crate) fn with(
        root: PathBuf,
        config: Config,
        store: Arc<Store>,
        threads: usize,
    ) -> Result<Workspace, Error> {
        let folder = root.join(FOLDER);
        // Taken first: what is written in between is taken up once more than needed, and never missed.
        let stamp = Stamp::of(&folder);
        Ok(Workspace {
            root,
            config,
            store,
            index: Mutex::new(None),
            manifest: Mutex::new(None),
            merging: Mutex::new(None),
            source_names: Mutex::new(BTreeMap::new()),
            meanings: Mutex::new(BTreeMap::new()),
            encoder: OnceLock::new(),
            sentence_encoder: OnceLock::new(),
            threads,
            serving: Serving::read(&folder)?,
            stamp,
            in_use: OnceLock::new(),
            reranking: OnceLock::new(),
            readers: Mutex::new(BTreeMap::new()),
        })
    }

    /// The folder of what is not the user's to edit.
    pub(crate) fn folder(&self) -> PathBuf {
        self.root.join(FOLDER)
    }

    /// How the index is laid out for this workspace's encoder and configuration.
    pub(crate) fn settings(&self, encoder: Option<&Embedder>) -> Settings {
        let search = &self.config.search;
        Settings { k1: search.k1, b: search.b, ..Settings::new(encoder.map_or(1, |encoder| encoder.dim())) }
    }

    /// How the two legs are fused for a query.
    pub(crate) fn fusion(&self, query: &str) -> Result<Fusion, Error> {
        Ok(self.for_script(self.fusion_plain()?, query))
    }

    /// How the two legs are fused where the encoder knows the script: as tuned, else as configured.
    pub(crate) fn fusion_plain(&self) -> Result<Fusion, Error> {
        if let Some(tuned) = self.in_use()?.fusion {
            return Ok(tuned);
        }
        Ok(match self.config.search.fusion.as_str() {
            "rrf" => Fusion::Rrf { k: 60.0 },
            _ => Fusion::Convex { alpha: self.config.search.dense_weight, scaling: Scaling::Standard },
        })
    }

    /// The encoders known by name were trained on English: what they make of other scripts is noise (XQuAD in Arabic: .058
    /// nDCG@10 where words reach .928), so the dense leg weighs by the share of the query's letters that are Latin.
    pub(crate) fn for_script(&self, fusion: Fusion, query: &str) -> Fusion {
        match fusion {
            Fusion::Convex { alpha, scaling } => {
                Fusion::Convex { alpha: alpha * latin_share(query), scaling }
            }
            Fusion::Rrf { .. } => fusion,
        }
    }

    /// The encoder, opened on first use and pulled first when it is known and not here; `None` when the workspace has none.
    pub fn encoder(&self, context: Context) -> Result<Option<&Embedder>, Error> {
        if let Some(open) = self.encoder.get() {
            return Ok(open.as_ref());
        }
        let opened = self.open_encoder(context)?;
        Ok(self.encoder.get_or_init(|| opened).as_ref())
    }

    /// The encoder of sentences that are read once, for an answer: the workspace's own model, rounded where it is not.
    pub(crate) fn sentence_encoder(&self, context: Context) -> Result<Option<&Embedder>, Error> {
        let Some(own) = self.encoder(context)? else { return Ok(None) };
        if own.encoder().precision() != Precision::F32 {
            return Ok(Some(own));
        }
        if let Some(open) = self.sentence_encoder.get() {
            return Ok(Some(open));
        }
        let opened = self.open_model(context, SENTENCES)?;
        Ok(Some(self.sentence_encoder.get_or_init(|| opened)))
    }

    fn open_encoder(&self, context: Context) -> Result<Option<Embedder>, Error> {
        match self.config.encoder.model.as_str() {
            "none" => Ok(None),
            _ => self.open_model(context, self.precision()).map(Some),
        }
    }

    /// The encoder that `engraft.toml` names, whatever was tuned since; `None` when it names none.
    pub(crate) fn configured_encoder(&self, context: Context) -> Result<Option<Embedder>, Error> {
        match self.config.encoder.model.as_str() {
            "none" => Ok(None),
            _ => self.open_named(context, &self.config.encoder, self.precision()).map(Some),
        }
    }

    fn precision(&self) -> Precision {
        match self.config.encoder.precision.as_str() {
            "bf16" => Precision::Bf16,
            "int8" => Precision::Int8,
            _ => Precision::F32,
        }
    }

    /// The encoder in use: that of the tuned retriever where it has one of its own, else the configured one.
    fn open_model(&self, context: Context, precision: Precision) -> Result<Embedder, Error> {
        let tuned = self.served(RETRIEVER)?.filter(|artefact| !is_adapter(&artefact.manifest));
        match tuned {
            Some(artefact) => {
                self.open_folder(&artefact.dir.join("encoder"), &artefact.manifest.name, precision)
            }
            None => self.open_named(context, &self.config.encoder, precision),
        }
    }

    /// Any encoder by its name or folder, pulled first when it is known and not here.
    pub(crate) fn open_named(
        &self,
        context: Context,
        wanted: &Encoder,
        precision: Precision,
    ) -> Result<Embedder, Error> {
        let folder = models::find_or_pull(context, &wanted.model)?;
        self.open_folder(&folder, &wanted.name(), precision)
    }

    /// The encoder in a folder.
    pub(crate) fn open_folder(
        &self,
        folder: &Path,
        name: &str,
        precision: Precision,
    ) -> Result<Embedder, Error> {
        let options = EncoderOptions { precision, threads: self.threads, ..EncoderOptions::default() };
        Ok(Embedder::open(folder, name, options)?)
    }

    /// How many threads an encoder may use.
    pub(crate) fn threads(&self) -> usize {
        self.threads
    }

    /// Where trainings that were stopped are kept.
    pub(crate) fn trainings(&self) -> PathBuf {
        self.root.join(FOLDER).join("training")
    }

    /// Where tuned models are.
    pub(crate) fn models(&self) -> PathBuf {
        self.root.join(FOLDER).join("models")
    }
}

impl Workspace {
    /// What the source of that number is called; empty when it is gone.
    pub(crate) fn source_name(&self, source: u32) -> String {
        let known = |names: &BTreeMap<u32, String>| names.get(&source).cloned();
        if let Some(name) = self.source_names.lock().ok().and_then(|names| known(&names)) {
            return name;
        }
        // Sources are few and only ever added, so all are read when one is new.
        let rows = self.store.sources().unwrap_or_default();
        let names: BTreeMap<u32, String> = rows.into_iter().map(|row| (row.id, row.name)).collect();
        let name = known(&names).unwrap_or_default();
        if let Ok(mut kept) = self.source_names.lock() {
            *kept = names;
        }
        name
    }

    /// The folder of the index of one vector space.
    pub(crate) fn index_folder(&self, encoder: Option<&Embedder>) -> PathBuf {
        let space = self.vector_space(encoder).replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        self.index_root().join(space)
    }

    /// The folder of all derived indexes.
    pub(crate) fn index_root(&self) -> PathBuf {
        self.root.join(FOLDER).join("index")
    }

    /// The encoder, if it is open already.
    pub(crate) fn opened_encoder(&self) -> Option<&Embedder> {
        self.encoder.get().and_then(Option::as_ref)
    }
}

/// The share of a text's letters that are Latin, in `[0, 1]`; 1 when it has none.
fn latin_share(text: &str) -> f32 {
    let letters = text.chars().filter(|letter| letter.is_alphabetic());
    let (mut latin, mut all) = (0, 0);
    for letter in letters {
        all += 1;
        latin += usize::from(letter.is_ascii() || ('\u{c0}'..='\u{24f}').contains(&letter));
    }
    if all == 0 { 1.0 } else { latin as f32 / all as f32 }
}

/// Counts words and signs, where a workspace has no encoder: close enough to keep chunks of one size.
pub(crate) struct WordCount;

impl CountTokens for WordCount {
    fn count(&self, text: &str) -> usize {
        text.split_whitespace().map(|word| word.chars().count().div_ceil(6)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dense_leg_weighs_by_the_letters_its_encoder_knows() {
        assert_eq!(latin_share("Wie groß ist es?"), 1.0);
        assert_eq!(latin_share("如何申请"), 0.0);
        assert_eq!(latin_share("404"), 1.0);
        assert_eq!(latin_share("VPN доступ"), 3.0 / 9.0);
    }
}
