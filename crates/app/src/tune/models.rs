//! The tuned models of a workspace.

use engraft_tune::TuneError;
use engraft_tune::artefact::{Artefact, Manifest, list, remove};

use crate::models::ModelInfo;
use crate::people::{Act, Principal};
use crate::{Context, Error, Workspace};

/// Every tuned model of the workspace; one whose manifest cannot be read is named to the person.
pub fn list_tuned(context: Context, workspace: &Workspace) -> Vec<ModelInfo> {
    let models = workspace.models();
    let mut found = Vec::new();
    for (name, manifest) in list(&models) {
        match manifest {
            Ok(manifest) => found.push(info(&Artefact { dir: models.join(&name), manifest })),
            Err(error) => context.progress.say(&format!("{name}: {error}")),
        }
    }
    found
}

/// One tuned model with everything its manifest says, its files checked; `None` when there is none of that name.
pub fn show_tuned(workspace: &Workspace, name: &str) -> Result<Option<ModelInfo>, Error> {
    match Artefact::open(&workspace.models(), name) {
        Ok(artefact) => {
            let shown = info(&artefact);
            Ok(Some(ModelInfo { manifest: Some(artefact.manifest), ..shown }))
        }
        Err(TuneError::Missing { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Removes a tuned model.
pub fn remove_tuned(workspace: &Workspace, who: &Principal, name: &str) -> Result<(), Error> {
    who.must(Act::Manage)?;
    let used = workspace.serving().models();
    if let Some((kind, _)) = used.iter().find(|(_, used)| *used == name) {
        return Err(Error::Request {
            message: format!("`{name}` is the {kind} in use"),
            hint: format!("run `engraft model rollback {kind}` first"),
        });
    }
    Ok(remove(&workspace.models(), name)?)
}

fn info(artefact: &Artefact) -> ModelInfo {
    let manifest: &Manifest = &artefact.manifest;
    ModelInfo {
        name: manifest.name.clone(),
        kind: manifest.kind.clone(),
        base: manifest.base.as_ref().map(|base| format!("{}@{}", base.name, base.fingerprint)),
        dim: manifest.labels.len().max(1),
        bytes: artefact.bytes(),
        source: "workspace",
        path: artefact.dir.clone(),
        lineage: manifest.lineage.clone(),
        manifest: None,
    }
}
