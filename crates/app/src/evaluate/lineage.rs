//! Where a run comes from: what decided it, the tuned models that took part with what they were made of, and the documents that were
//! found for its questions. And where a tuned model comes from, with the runs that it took part in.

use std::collections::BTreeMap;

use engraft_tune::TuneError;
use engraft_tune::artefact::{Artefact, Manifest};
use serde::Serialize;
use serde_json::Value;

use crate::Error;
use crate::evaluate::view::{RunView, list, show};
use crate::serving::{READER, RERANKER};
use crate::workspace::Workspace;

/// What an id leads back to.
#[derive(Clone, Debug)]
pub enum Behind {
    /// It is that of a run.
    Run(RunLineage),
    /// It is the name of a tuned model.
    Model(ModelLineage),
}

/// A tuned model with everything behind it.
#[derive(Clone, Debug, Serialize)]
pub struct ModelLineage {
    /// The model, and what it was made from.
    pub model: Ancestor,
    /// The content address of its training data.
    pub data_snapshot: String,
    /// The runs it took part in, the oldest first.
    pub runs: Vec<RunView>,
}

/// A run with everything behind it.
#[derive(Clone, Debug, Serialize)]
pub struct RunLineage {
    /// The run; its `about` names files, configuration and encoder by their hashes.
    pub run: RunView,
    /// The tuned models that took part.
    pub models: Vec<Ancestor>,
    /// The documents that were found for its questions, those cited most first; only of answers.
    pub documents: Vec<FoundDocument>,
}

/// A tuned model behind a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ancestor {
    /// What it is called.
    pub name: String,
    /// What it does; `null` where it was removed since.
    pub kind: Option<String>,
    /// The encoder it stands on, with its fingerprint.
    pub base: Option<String>,
    /// Content addresses of everything it was made from.
    pub lineage: Vec<String>,
}

/// A version of a document behind a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FoundDocument {
    /// The document.
    pub doc_id: String,
    /// Its version.
    pub doc_version: u32,
    /// Where it is; `null` where it was removed since.
    pub uri: Option<String>,
    /// Whether that version is still the one that answers.
    pub current: bool,
    /// Questions it was found for.
    pub found: usize,
    /// Citations of it.
    pub cited: usize,
}

/// The lineage of a run, by its id or how that begins; else of the tuned model that is called so.
pub fn lineage(workspace: &Workspace, id: &str) -> Result<Behind, Error> {
    match show(workspace, id) {
        Err(Error::Missing { .. }) => Ok(Behind::Model(of_model(workspace, id)?)),
        run => Ok(Behind::Run(of_run(workspace, run?)?)),
    }
}

fn of_model(workspace: &Workspace, name: &str) -> Result<ModelLineage, Error> {
    let manifest = match Artefact::open(&workspace.models(), name) {
        Ok(artefact) => artefact.manifest,
        Err(TuneError::Missing { .. }) => {
            let hint =
                "run `engraft eval list` for the runs of this workspace, `engraft model list` for its models";
            return Err(Error::Missing { what: "run or tuned model", name: name.into(), hint: hint.into() });
        }
        Err(error) => return Err(error.into()),
    };
    let mut runs = list(workspace)?;
    runs.retain(|run| models(run).iter().any(|model| model == name));
    Ok(ModelLineage { data_snapshot: manifest.data_snapshot.clone(), model: of_manifest(manifest), runs })
}

fn of_run(workspace: &Workspace, mut run: RunView) -> Result<RunLineage, Error> {
    let rows = run.rows.take().unwrap_or_default();
    let mut counts: BTreeMap<(String, u32), (usize, usize)> = BTreeMap::new();
    for row in rows {
        let Some(trace) = row.detail["trace_id"].as_str() else { continue };
        let Some(trace) = workspace.store.trace(trace)? else { continue };
        let mut documents: Vec<(String, u32)> = of(&trace["hits"]).collect();
        documents.sort_unstable();
        documents.dedup();
        documents.into_iter().for_each(|document| counts.entry(document).or_default().0 += 1);
        let cited = of(&trace["answer"]["citations"]);
        cited.for_each(|document| counts.entry(document).or_default().1 += 1);
    }
    let mut documents = Vec::with_capacity(counts.len());
    for ((doc_id, doc_version), (found, cited)) in counts {
        let live = workspace.store.document_by_id(&doc_id)?;
        let current = live.as_ref().is_some_and(|row| row.version == doc_version);
        let uri = live.map(|row| row.uri);
        documents.push(FoundDocument { doc_id, doc_version, uri, current, found, cited });
    }
    let rank = |one: &FoundDocument| (std::cmp::Reverse((one.cited, one.found)), one.uri.clone());
    documents.sort_by_key(rank);
    let names = models(&run);
    let models = names.into_iter().map(|name| ancestor(workspace, name)).collect::<Result<_, _>>()?;
    Ok(RunLineage { run, models, documents })
}

/// The documents, with their versions, of hits or citations.
fn of(all: &Value) -> impl Iterator<Item = (String, u32)> {
    let one = |one: &Value| {
        Some((one["doc_id"].as_str()?.to_string(), u32::try_from(one["doc_version"].as_u64()?).ok()?))
    };
    all.as_array().into_iter().flatten().filter_map(one)
}

/// The names of the tuned models that took part in a run: those that search used, and the one it is about.
fn models(run: &RunView) -> Vec<String> {
    let about = &run.about;
    let took_part = |(kind, name): &(&String, &Value)| match kind.as_str() {
        READER => about["reader"] == **name,
        RERANKER => about["rerank"] == true,
        _ => true,
    };
    let used = about["config"]["models"].as_object().into_iter().flatten().filter(took_part);
    let mut names: Vec<String> = used.filter_map(|(_, name)| name.as_str()).map(str::to_string).collect();
    names.extend(about["reader"].as_str().map(str::to_string));
    if run.kind == "model" {
        names.push(run.name.clone());
    }
    names.sort_unstable();
    names.dedup();
    names
}

fn ancestor(workspace: &Workspace, name: String) -> Result<Ancestor, Error> {
    match Artefact::open(&workspace.models(), &name) {
        Ok(artefact) => Ok(of_manifest(artefact.manifest)),
        Err(TuneError::Missing { .. }) => Ok(Ancestor { name, kind: None, base: None, lineage: Vec::new() }),
        Err(error) => Err(error.into()),
    }
}

fn of_manifest(manifest: Manifest) -> Ancestor {
    let base = manifest.base.map(|base| format!("{}@{}", base.name, base.fingerprint));
    Ancestor { name: manifest.name, kind: Some(manifest.kind), base, lineage: manifest.lineage }
}
