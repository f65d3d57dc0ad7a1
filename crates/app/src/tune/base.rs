//! The encoder a tuner stands on: asked for by name, else the workspace's own.

use std::path::PathBuf;

use engraft_nn::{Embedder, Precision};
use engraft_tune::Watch;
use engraft_tune::artefact::Base;

use crate::config::Encoder;
use crate::{Context, Error, Workspace, models};

/// The encoder named, else the workspace's; `None` where that has none.
pub(crate) fn open(
    context: Context,
    workspace: &Workspace,
    named: Option<&str>,
) -> Result<Option<Embedder>, Error> {
    let model = named.unwrap_or(&workspace.config.encoder.model);
    if model == "none" {
        return Ok(None);
    }
    // Whatever the workspace rounds to: training and its comparisons are exact.
    let wanted = Encoder { model: model.into(), ..workspace.config.encoder.clone() };
    workspace.open_named(context, &wanted, Precision::F32).map(Some)
}

/// How an artefact remembers its encoder: by what finds it again, and by its fingerprint.
pub(crate) fn remember(workspace: &Workspace, named: Option<&str>, encoder: &Embedder) -> Base {
    let name = named.unwrap_or(&workspace.config.encoder.model).to_string();
    Base { name, fingerprint: encoder.encoder().fingerprint() }
}

/// The surroundings of a verb, as tuners want them.
pub(crate) fn watch<'a>(context: &'a Context) -> Watch<'a> {
    Watch { progress: context.progress, cancel: context.cancel, now_ns: context.now_ns }
}
