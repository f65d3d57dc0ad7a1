//! A model that was trained again, deployed: written to disk as `tune` writes one, and opened from there as `predict` does.

use std::collections::BTreeMap;
use std::path::Path;

use engraft_tune::TuneError;
use engraft_tune::artefact::{Artefact, Base, Draft, FORMAT, Manifest, Probe, Trained};
use serde_json::Value;

use crate::Error;

/// What it is called for as long as it is there.
const NAME: &str = "changed";

/// A model that is in memory alone, with what its manifest says of it.
pub(super) struct NewModel<'n, M> {
    pub(super) model: M,
    pub(super) kind: &'static str,
    pub(super) method: &'static str,
    /// The encoder it reads, which is not written: it stays as it is, where it is.
    pub(super) base: Option<Base>,
    /// Sorted.
    pub(super) labels: &'n [String],
}

impl<M> NewModel<'_, M> {
    /// The model as it comes from disk. `folder` is empty, and whoever made it removes it.
    ///
    /// All that `tune` does once it has trained is done here: `save` writes the numbers and returns the settings; the manifest, with
    /// the hash of every file, and the card are written; every file is synced; the model is read back by `open`, and what it `says`
    /// of the probe is held against what the one in memory says. Then it is opened by its name, as `predict` does: its files are
    /// held against their hashes, and the numbers are read.
    pub(super) fn deploy(
        self,
        folder: &Path,
        save: impl FnOnce(&M, &Path) -> Result<Value, TuneError>,
        open: impl Fn(&Artefact) -> Result<M, TuneError>,
        says: impl Fn(&M) -> Result<Value, TuneError>,
    ) -> Result<M, Error> {
        let models = folder.join("models");
        let draft = Draft::begin(&models, NAME)?;
        let settings = save(&self.model, draft.path())?;
        let probe = Probe { input: Value::Null, output: says(&self.model)? };
        let manifest = Manifest {
            format: FORMAT,
            name: NAME.into(),
            kind: self.kind.into(),
            method: self.method.into(),
            base: self.base,
            data_snapshot: String::new(),
            seeds: Vec::new(),
            created: String::new(),
            build: env!("CARGO_PKG_VERSION").into(),
            labels: self.labels.to_vec(),
            settings,
            train: Trained { rows: 0, steps: 0, seconds: 0.0 },
            eval: BTreeMap::new(),
            against: "nothing".into(),
            against_base: BTreeMap::new(),
            ship: false,
            why: "it is there to time a change".into(),
            lineage: Vec::new(),
            probes: vec![probe],
            files: BTreeMap::new(),
        };
        draft.register(manifest, |read| Ok(vec![says(&open(read)?)?]))?;
        Ok(open(&Artefact::open(&models, NAME)?)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words, and whether they were read from a file.
    type Words = (String, bool);

    /// Deploys a model of `words` whose file says `written`.
    fn deploy(folder: &Path, words: &str, written: &str) -> Result<Words, Error> {
        let new = NewModel {
            model: (words.to_string(), false),
            kind: "words",
            method: "by hand",
            base: None,
            labels: &[],
        };
        new.deploy(
            folder,
            |_, dir| {
                std::fs::write(dir.join("words"), written).unwrap();
                Ok(Value::Null)
            },
            |read| Ok((std::fs::read_to_string(read.file("words")?).unwrap(), true)),
            |words| Ok(words.0.as_str().into()),
        )
    }

    #[test]
    fn the_model_that_comes_back_was_read_from_its_files() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(deploy(folder.path(), "one", "one").unwrap(), ("one".to_string(), true));
        let read = Artefact::open(&folder.path().join("models"), NAME).unwrap();
        assert!(read.manifest.files.contains_key("words") && read.manifest.probes.len() == 1);
    }

    #[test]
    fn a_model_whose_files_answer_otherwise_is_not_deployed() {
        let folder = tempfile::tempdir().unwrap();
        let failed = deploy(folder.path(), "one", "another");
        assert!(matches!(failed, Err(Error::Tune(TuneError::Bug(_)))), "{failed:?}");
    }
}
