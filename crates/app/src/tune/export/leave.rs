//! What of a model each format holds: an encoder, an encoder and a layer, an adapter. What would answer otherwise is refused.

use std::path::{Path, PathBuf};

use engraft_nn::{EncoderOptions, Pooling};
use engraft_tune::TuneError;
use engraft_tune::artefact::{Artefact, Probe};
use engraft_tune::classifier::{Classifier, Model, Reading, Space};
use engraft_tune::export::{
    ADAPTER, Behind, Classes, Dense, sentence_transformers, transformers_classifier, transformers_tokens,
};
use engraft_tune::extractor::{BY_TOKENS, Extractor};
use engraft_tune::reader::Reader;
use engraft_tune::rerank::Reranker;
use engraft_tune::reward::{PairScorer, Reward};

use crate::models;
use crate::tune::base;
use crate::tune::export::{copy_folder, probes};
use crate::{Context, Error, Workspace};

/// A model on its way out.
pub(super) struct Leaving<'a> {
    pub(super) context: Context<'a>,
    pub(super) workspace: &'a Workspace,
    pub(super) artefact: &'a Artefact,
    pub(super) format: &'a str,
    pub(super) to: &'a Path,
    /// What the format cannot hold.
    pub(super) losses: Vec<String>,
}

impl Leaving<'_> {
    /// Writes the folder; inputs with what the exported part says of them.
    pub(super) fn write(&mut self) -> Result<Vec<Probe>, Error> {
        match (self.format, self.artefact.manifest.kind.as_str()) {
            ("peft", _) => self.adapter(),
            (_, "classifier") => self.classifier(),
            (_, "reranker") => self.reranker(),
            (_, "reward") => self.reward(),
            ("transformers", "reader") => self.reader(),
            ("sentence-transformers", "reader") => {
                Err(self
                    .cannot("marks answers, and vectors of sentences hold none; write it as transformers"))
            }
            ("sentence-transformers", "retriever" | "extractor") => self.encoder(),
            ("transformers", "retriever") => {
                Err(self.cannot("is an encoder without a layer on top; write it as sentence-transformers"))
            }
            ("transformers", "extractor") => self.tokens(),
            _ => Err(self.cannot("has no encoder of its own")),
        }
    }

    fn cannot(&self, why: &str) -> Error {
        let name = &self.artefact.manifest.name;
        Error::Request {
            message: format!("{name} cannot be written as {}: it {why}", self.format),
            hint: format!(
                "`engraft model show {name}` says what it is made of; its folder is {}",
                self.artefact.dir.display()
            ),
        }
    }

    /// The encoder that was tuned.
    fn own(&self) -> Result<PathBuf, Error> {
        let dir = self.artefact.dir.join("encoder");
        if dir.is_dir() { Ok(dir) } else { Err(self.cannot("has no encoder of its own")) }
    }

    fn adapter(&mut self) -> Result<Vec<Probe>, Error> {
        let adapter = self.artefact.dir.join("encoder").join(ADAPTER);
        if !adapter.is_dir() {
            return Err(self.cannot("was not tuned with `--method lora`"));
        }
        copy_folder(&adapter, self.to)?;
        self.losses.push("the layers on top of the encoder, and whatever is mixed with them".into());
        probes::vectors(&self.own()?)
    }

    fn encoder(&mut self) -> Result<Vec<Probe>, Error> {
        let own = self.own()?;
        if self.artefact.manifest.kind == "extractor" {
            self.losses.push("the chain over words that marks spans".into());
        }
        sentence_transformers(&own, Behind::default(), self.to)?;
        probes::vectors(&own)
    }

    /// The layer on token states alone, which knows neither the shapes of words nor what was known before the text.
    fn tokens(&mut self) -> Result<Vec<Probe>, Error> {
        let own = self.artefact.dir.join("encoder");
        let folder = if own.is_dir() { Some(own) } else { self.base_folder()? };
        let stands_on = folder.clone();
        let nowhere = || TuneError::Bug("it reads an encoder, and none is named".into());
        let base = || stands_on.ok_or_else(nowhere);
        let extractor = Extractor::load(self.artefact, base, self.workspace.threads())?;
        let (Some((layer, names)), Some(folder)) = (extractor.token_layer(), folder) else {
            return Err(self.cannot(match self.artefact.manifest.method.as_str() {
                "frozen" | "full" | "lora" => "was tuned before a layer for it was kept; tune it again",
                _ => {
                    "reads words and their shapes alone, for which transformers has no class; tune one with `--method frozen`, \
                     `full` or `lora`"
                }
            }));
        };
        transformers_tokens(&folder, extractor.layers(), layer, names, self.to)?;
        let eval = &self.artefact.manifest.eval;
        let value = |measure: &str| eval.get(measure).and_then(|metric| metric.value);
        if let (Some(left), Some(whole)) = (value(BY_TOKENS), value("span_f1")) {
            self.losses.push(format!(
                "the chain over words that marks spans, with their shapes and what was known before the text: read with \
                 `aggregation_strategy=\"first\"`, span F1 on the evaluation rows is {left:.3} instead of {whole:.3}"
            ));
        }
        self.losses.push("that probabilities of spans are calibrated".into());
        self.losses.push(
            "texts beyond the window of its tokenizer, which a pipeline cuts without a `stride`".into(),
        );
        probes::tags(&extractor)
    }

    fn reranker(&mut self) -> Result<Vec<Probe>, Error> {
        let own = self.own()?;
        copy_folder(&own, self.to)?;
        self.losses.push("the weight that its score has beside that of search".into());
        probes::pairs(&Reranker::open(&own, EncoderOptions::default())?)
    }

    fn reader(&mut self) -> Result<Vec<Probe>, Error> {
        let own = self.own()?;
        copy_folder(&own, self.to)?;
        let adapter = self.to.join(ADAPTER);
        if adapter.is_dir() {
            // Merged already; transformers would add it once more.
            std::fs::remove_dir_all(&adapter).map_err(Error::io("remove", &adapter))?;
        }
        self.losses.push("the temperature of how sure it is, and that answers begin and end at words".into());
        probes::tokens(&Reader::load(self.artefact, self.workspace.threads())?)
    }

    fn reward(&mut self) -> Result<Vec<Probe>, Error> {
        let own = self.own()?;
        let model = Reward::load(self.artefact)?;
        let weight = model.pair_head().ok_or_else(|| self.cannot("has no layer on an encoder of its own"))?;
        let (head, pooling) = (Dense { weight, bias: &[0.0] }, Some(Pooling::Mean));
        if self.format == "transformers" {
            let names = ["reward".to_string()];
            let classes = Classes { names: &names, labelling: None, head, pooling, raw: true };
            self.own_class(&own, classes)?;
        } else {
            sentence_transformers(&own, Behind { pooling, raw: true, dense: Some(head) }, self.to)?;
        }
        self.losses.push("the weights of style and words".into());
        self.losses
            .push("which end of a long text is cut: prompt [SEP] response is read from its beginning".into());
        probes::responses(&PairScorer::open(&own, weight.to_vec(), self.workspace.threads())?)
    }

    fn classifier(&mut self) -> Result<Vec<Probe>, Error> {
        let (classifier, _) = Classifier::load(self.artefact)?;
        if classifier.reading == Reading::FirstToken {
            return Err(self.cannot("came from transformers: its folder `encoder` is what it was there"));
        }
        let head = head(&classifier).ok_or_else(|| self.cannot("has no linear layer on an encoder"))?;
        let folder = match head.space {
            Space::Own => self.own()?,
            Space::Base => self.base_folder()?.ok_or_else(|| self.cannot("stands on no encoder"))?,
        };
        let others =
            classifier.members.iter().filter(|member| member.name != head.name && member.weight > 0.0);
        self.losses
            .extend(others.map(|one| {
                format!("the part `{}` of the mixture, which weighs {:.2}", one.name, one.weight)
            }));
        if classifier.scope.is_some() {
            self.losses.push("what tells texts that belong to none of the classes".into());
        }
        let dense = Dense { weight: &head.weight, bias: &head.bias };
        if self.format == "transformers" {
            let (names, labelling) = (classifier.labels.names(), Some(classifier.labelling));
            let classes = Classes { names, labelling, head: dense, pooling: None, raw: false };
            self.own_class(&folder, classes)?;
        } else {
            sentence_transformers(&folder, Behind { dense: Some(dense), ..Behind::default() }, self.to)?;
        }
        probes::logits(&folder, dense)
    }

    fn own_class(&mut self, encoder: &Path, classes: Classes<'_>) -> Result<(), Error> {
        self.losses.push(
            "loading without `trust_remote_code=True`: its class lies in the folder, for those of transformers read the first \
             token alone"
                .into(),
        );
        Ok(transformers_classifier(encoder, classes, self.to)?)
    }

    fn base_folder(&self) -> Result<Option<PathBuf>, Error> {
        let Some(named) = &self.artefact.manifest.base else { return Ok(None) };
        if let Some(encoder) = base::open(self.context, self.workspace, Some(&named.name))? {
            self.artefact.must_fit(&named.name, &encoder.remembered().fingerprint)?;
        }
        Ok(Some(models::show(&named.name)?.path))
    }
}

/// A linear layer on vectors of one space.
struct Layer {
    name: String,
    space: Space,
    /// Row by row of a class, calibrated: the softmax of its logits is what the member gives.
    weight: Vec<f32>,
    bias: Vec<f32>,
}

/// The layer on the tuned encoder, else on the base.
fn head(classifier: &Classifier) -> Option<Layer> {
    let logistic = |wanted: Space| {
        classifier.members.iter().find_map(|member| match (&member.model, member.space) {
            (Model::Logistic(model), Some(space)) if space == wanted => Some((member, model, space)),
            _ => None,
        })
    };
    let (member, model, space) = logistic(Space::Own).or_else(|| logistic(Space::Base))?;
    let (classes, dim) = (model.bias.len(), model.weights.len() / model.bias.len().max(1));
    let calibrated = |x: f32| (f64::from(x) / member.temperature) as f32;
    let at = |place: usize| calibrated(model.weights[place % dim * classes + place / dim]);
    Some(Layer {
        name: member.name.clone(),
        space,
        weight: (0..classes * dim).map(at).collect(),
        bias: model.bias.iter().copied().map(calibrated).collect(),
    })
}
