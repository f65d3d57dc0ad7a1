//! The encoder a tuner stands on: asked for by name, else the workspace's own.

use std::fmt::Debug;
use std::path::PathBuf;

use engraft_core::content_hash;
use engraft_nn::{Embedder, Precision, Weights};
use engraft_tune::artefact::Base;
use engraft_tune::{Keep, Watch};

use crate::config::Encoder;
use crate::{Context, Error, Workspace, models};

/// An encoder to start from.
#[derive(Debug)]
pub(crate) struct BaseEncoder {
    /// What finds it again.
    name: String,
    /// Its folder, for those who move its weights.
    pub(crate) dir: PathBuf,
    /// It itself, exact: whatever the workspace rounds to, training and its comparisons are not rounded.
    pub(crate) encoder: Embedder,
}

impl BaseEncoder {
    /// How an artefact remembers it: by what finds it again, and by its fingerprint.
    pub(crate) fn remembered(&self) -> Base {
        Base { name: self.name.clone(), fingerprint: self.encoder.encoder().fingerprint() }
    }
}

/// The encoder named, else the workspace's; `None` where that has none.
pub(crate) fn open(
    context: Context,
    workspace: &Workspace,
    named: Option<&str>,
) -> Result<Option<BaseEncoder>, Error> {
    let model = named.unwrap_or(&workspace.config.encoder.model);
    if model == "none" {
        return Ok(None);
    }
    let dir = models::find_or_pull(context, model)?;
    let wanted = Encoder { model: model.into(), ..workspace.config.encoder.clone() };
    let encoder = workspace.open_folder(&dir, &wanted.name(), Precision::F32)?;
    Weights::open(&dir.join("model.safetensors"))?.must_be_numbers()?;
    Ok(Some(BaseEncoder { name: model.into(), dir, encoder }))
}

/// The surroundings of a verb, as tuners want them; `keep` where its trainings may be long.
pub(crate) fn watch<'a>(context: &'a Context, keep: Option<&'a Keep>) -> Watch<'a> {
    Watch { progress: context.progress, cancel: context.cancel, now_ns: context.now_ns, keep }
}

/// Where the trainings of one command keep what is done of them. `asked` is the command as it was given, `made_of` what it
/// learns from and starts from: with anything else it trains otherwise. Refused while the same command is at work.
pub(crate) fn keep(workspace: &Workspace, asked: &dyn Debug, made_of: &[&str]) -> Result<Keep, Error> {
    let key = content_hash(format!("{asked:?} {made_of:?}").as_bytes());
    Ok(Keep::open(workspace.trainings().join(&key[..16]))?)
}
