//! A classifier in files: settings in the manifest, the members' numbers beside it.

use std::collections::BTreeMap;
use std::path::Path;

use engraft_nn::{Weights, write_tensors};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::TuneError;
use crate::artefact::{Artefact, write};
use crate::classifier::member::{Member, Model, Space};
use crate::classifier::neighbours::Neighbours;
use crate::classifier::{Classifier, Logistic, Reading, Scope};
use crate::data::{Labelling, Labels, OverLength};
use crate::dense::read_matrix;
use crate::linear::LinearModel;

/// The part of a manifest that is a classifier's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    labelling: Labelling,
    temperature: f64,
    scope: Option<Scope>,
    over_length: OverLength,
    #[serde(default)]
    reading: Reading,
    members: Vec<MemberSettings>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MemberSettings {
    name: String,
    kind: Kind,
    space: Option<Space>,
    weight: f64,
    temperature: f64,
    /// The length of a vector; 0 for words.
    dimension: usize,
    /// Training texts kept, for neighbours.
    rows: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Linear,
    Logistic,
    Neighbours,
}

impl Classifier {
    /// Writes its numbers into a folder; returns what belongs in the manifest's settings.
    pub fn save(&self, dir: &Path, over_length: OverLength) -> Result<Value, TuneError> {
        let mut members = Vec::new();
        let mut tensors = Vec::new();
        for member in &self.members {
            let (kind, dimension, rows) = match &member.model {
                Model::Linear(model) => {
                    model.save(dir)?;
                    (Kind::Linear, 0, 0)
                }
                Model::Logistic(model) => {
                    let (k, d) = (model.bias.len(), model.weights.len() / model.bias.len().max(1));
                    tensors.push((format!("{}.weights", member.name), vec![d, k], model.weights.clone()));
                    tensors.push((format!("{}.bias", member.name), vec![k], model.bias.clone()));
                    (Kind::Logistic, d, 0)
                }
                Model::Neighbours(model) => {
                    let (n, d) = (model.vectors.rows(), model.vectors.columns);
                    tensors.push((
                        format!("{}.vectors", member.name),
                        vec![n, d],
                        model.vectors.data.clone(),
                    ));
                    let text = serde_json::to_vec(&model.given)
                        .map_err(|error| TuneError::Bug(error.to_string()))?;
                    write(&dir.join(format!("{}.json", member.name)), &text)?;
                    (Kind::Neighbours, d, n)
                }
            };
            members.push(MemberSettings {
                name: member.name.clone(),
                kind,
                space: member.space,
                weight: member.weight,
                temperature: member.temperature,
                dimension,
                rows,
            });
        }
        if !tensors.is_empty() {
            write_tensors(&dir.join("heads.safetensors"), &tensors)?;
        }
        let settings = Settings {
            labelling: self.labelling,
            temperature: self.temperature,
            scope: self.scope.clone(),
            over_length,
            reading: self.reading,
            members,
        };
        serde_json::to_value(settings).map_err(|error| TuneError::Bug(error.to_string()))
    }

    /// Reads a registered classifier, and what it does with texts that are too long.
    pub fn load(artefact: &Artefact) -> Result<(Classifier, OverLength), TuneError> {
        let (dir, manifest) = (&artefact.dir, &artefact.manifest);
        let damaged = |reason: String| TuneError::Damaged { path: dir.clone(), reason };
        if manifest.kind != "classifier" {
            return Err(TuneError::Request {
                message: format!("`{}` is no classifier but a {}", manifest.name, manifest.kind),
                hint: "run `engraft model list` to see what there is".into(),
            });
        }
        let settings: Settings = serde_json::from_value(manifest.settings.clone())
            .map_err(|error| damaged(format!("settings: {error}")))?;
        let classes = manifest.labels.len();
        if !manifest.labels.is_sorted() {
            return Err(damaged("its classes are out of order".into()));
        }
        let heads = settings.members.iter().any(|member| member.kind != Kind::Linear);
        let heads = heads.then(|| artefact.file("heads.safetensors")).transpose()?;
        let heads = heads.map(|path| Weights::open(&path)).transpose()?;
        let mut members = Vec::new();
        for member in settings.members {
            let heads = || heads.as_ref().ok_or_else(|| damaged("it has no heads".into()));
            let tensor = |part: &str| format!("{}.{part}", member.name);
            let d = member.dimension;
            let model = match member.kind {
                Kind::Linear => Model::Linear(LinearModel::load(dir, classes)?),
                Kind::Logistic => Model::Logistic(Logistic {
                    weights: read_matrix(heads()?, &tensor("weights"), d, classes)?.data,
                    bias: heads()?.vector(&tensor("bias"), classes)?,
                }),
                Kind::Neighbours => {
                    let vectors = read_matrix(heads()?, &tensor("vectors"), member.rows, d)?;
                    let path = artefact.file(&tensor("json"))?;
                    let text = std::fs::read(&path).map_err(TuneError::io("read", &path))?;
                    let given: Vec<Vec<usize>> =
                        serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
                    if given.len() != member.rows || given.iter().flatten().any(|&class| class >= classes) {
                        return Err(damaged(format!("{} does not fit its classes", tensor("json"))));
                    }
                    Model::Neighbours(Neighbours { vectors, given })
                }
            };
            members.push(Member {
                name: member.name,
                space: member.space,
                weight: member.weight,
                temperature: member.temperature,
                model,
            });
        }
        let classifier = Classifier {
            labels: Labels::named(manifest.labels.clone()),
            labelling: settings.labelling,
            members,
            temperature: settings.temperature,
            scope: settings.scope,
            reading: settings.reading,
        };
        Ok((classifier, settings.over_length))
    }

    /// What it is mixed of, in words: each member's share in percent.
    pub fn parts(&self) -> BTreeMap<String, f64> {
        self.members.iter().map(|member| (member.name.clone(), member.weight)).collect()
    }
}
