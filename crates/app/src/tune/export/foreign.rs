//! Models that transformers trained become tuned models of a workspace: a token classifier an extractor, a sequence classifier a
//! classifier, a cross-encoder a reranker, a reward as it was written here a reward.

use std::collections::BTreeMap;
use std::path::Path;

use engraft_nn::{EncoderOptions, Weights};
use engraft_tune::TuneError;
use engraft_tune::artefact::{Artefact, Base, Draft, FORMAT, Manifest, Probe, Trained};
use engraft_tune::classifier::Classifier;
use engraft_tune::data::{ExtractionRow, OverLength};
use engraft_tune::extractor::Extractor;
use engraft_tune::import::{Foreign, copy_model};
use engraft_tune::rerank::Reranker;
use engraft_tune::reward::{Reward, Said};
use serde_json::{Value, json};

use crate::reranking::DEPTH;
use crate::serving::RERANKER;
use crate::tune::export::probes::{PAIRS, TEXTS};
use crate::tune::predict::{self, Own};
use crate::tune::{extractor, reward};
use crate::{Context, Error, Workspace};

/// The share of an imported reranker in the order: nothing here says how good it is.
const WEIGHT: f64 = 0.5;
/// The folder of transformers inside a model.
const ENCODER: &str = "encoder";

/// What a folder comes to here.
struct Made {
    kind: &'static str,
    labels: Vec<String>,
    settings: Value,
    probes: Vec<Probe>,
}

/// Registers what transformers trained in `dir`, there called `came`, as the model `name`.
pub(super) fn import_foreign(
    context: Context,
    workspace: &Workspace,
    (dir, came): (&Path, &str),
    name: &str,
    found: &Foreign,
) -> Result<(), Error> {
    let draft = Draft::begin(&workspace.models(), name)?;
    let own = draft.path().join(ENCODER);
    copy_model(dir, &own)?;
    let made = match found {
        Foreign::Tokens { tags } => {
            let model = Extractor::of_folder(&own, tags.clone(), workspace.threads())?;
            let (labels, settings) = (model.labels().to_vec(), model.save(draft.path())?);
            Made { kind: "extractor", labels, settings, probes: spans(&model)? }
        }
        Foreign::Classes { names, labelling, pooled } => {
            let model = Classifier::of_folder(&own, names, *labelling, *pooled)?;
            let (labels, settings) =
                (model.labels.names().to_vec(), model.save(draft.path(), OverLength::Truncate)?);
            Made { kind: "classifier", labels, settings, probes: classes(workspace, &model, &own)? }
        }
        Foreign::Reward => {
            let model = Reward::of_folder(&own)?;
            model.save(draft.path())?;
            Made {
                kind: "reward",
                labels: Vec::new(),
                settings: json!({}),
                probes: rewards(&model, draft.path(), workspace)?,
            }
        }
        Foreign::Pair | Foreign::Encoder => {
            let model = Reranker::open(&own, EncoderOptions::default())?;
            let settings = json!({ "weight": WEIGHT, "depth": DEPTH, "window": model.window() });
            Made { kind: RERANKER, labels: Vec::new(), settings, probes: pairs(&model)? }
        }
    };
    let fingerprint = Weights::open(&own.join("model.safetensors")).map_err(TuneError::from)?.fingerprint();
    let manifest = Manifest {
        format: FORMAT,
        name: name.into(),
        kind: made.kind.into(),
        method: "imported".into(),
        base: Some(Base { name: came.into(), fingerprint: fingerprint.clone() }),
        data_snapshot: "unknown".into(),
        seeds: Vec::new(),
        created: (context.now)(),
        build: env!("CARGO_PKG_VERSION").into(),
        labels: made.labels,
        settings: made.settings,
        train: Trained { rows: 0, steps: 0, seconds: 0.0 },
        eval: BTreeMap::new(),
        against: "nothing".into(),
        against_base: BTreeMap::new(),
        ship: false,
        why: "it was trained elsewhere, and nothing was measured here".into(),
        lineage: vec![format!("import:{came}@{fingerprint}")],
        probes: made.probes,
        files: BTreeMap::new(),
    };
    draft.register(manifest, |read| {
        let said = again(workspace, read).map_err(|error| TuneError::Bug(error.to_string()))?;
        Ok(said.into_iter().map(|probe| probe.output).collect())
    })?;
    Ok(())
}

/// What the model says once it is read back.
fn again(workspace: &Workspace, read: &Artefact) -> Result<Vec<Probe>, Error> {
    let own = read.dir.join(ENCODER);
    match read.manifest.kind.as_str() {
        "extractor" => {
            let nowhere = || Err(TuneError::Bug("an encoder of its own was looked for elsewhere".into()));
            spans(&Extractor::load(read, nowhere, workspace.threads())?)
        }
        "classifier" => classes(workspace, &Classifier::load(read)?.0, &own),
        "reward" => rewards(&Reward::load(read)?, &read.dir, workspace),
        _ => pairs(&Reranker::open(&own, EncoderOptions::default())?),
    }
}

fn spans(model: &Extractor) -> Result<Vec<Probe>, Error> {
    let row = |text: &&str| ExtractionRow {
        id: String::new(),
        text: (*text).into(),
        context: Vec::new(),
        group: String::new(),
        spans: Vec::new(),
    };
    let rows: Vec<ExtractionRow> = TEXTS.iter().map(row).collect();
    let found = model.find(&rows.iter().collect::<Vec<_>>())?;
    let one = |(row, found): (&ExtractionRow, Vec<_>)| {
        probe(json!({ "text": row.text }), extractor::answer(row, &found))
    };
    Ok(rows.iter().zip(found).map(one).collect())
}

fn classes(workspace: &Workspace, model: &Classifier, own: &Path) -> Result<Vec<Probe>, Error> {
    let own = Own::open(workspace, model, own, "imported")?;
    let seen = predict::see(model, OverLength::Truncate, None, Some(&own), &TEXTS)?;
    let said = TEXTS.iter().zip(model.predict(&seen)?);
    Ok(said.map(|(text, said)| probe(json!({ "text": text }), predict::answer(model, &said))).collect())
}

fn pairs(model: &Reranker) -> Result<Vec<Probe>, Error> {
    let one = |(query, text): &(&str, &str)| -> Result<Probe, Error> {
        let score = model.score(query, &[text])?;
        Ok(probe(json!({ "query": query, "text": text }), score.into_iter().map(f64::from).collect()))
    };
    PAIRS.iter().map(one).collect()
}

fn rewards(model: &Reward, dir: &Path, workspace: &Workspace) -> Result<Vec<Probe>, Error> {
    let said = PAIRS.map(|(prompt, response)| Said {
        prompt: vec![("user".into(), prompt.into())],
        response: response.into(),
    });
    let scorer = reward::scorer(model, dir, workspace.threads())?;
    let (seen, _) = reward::seen(model, scorer.as_ref(), None, &said)?;
    let probes = PAIRS.iter().zip(&seen).map(|((prompt, response), seen)| {
        probe(json!({ "prompt": prompt, "response": response }), json!(model.score(seen)))
    });
    Ok(probes.collect())
}

fn probe(input: Value, output: Value) -> Probe {
    Probe { input, output }
}
