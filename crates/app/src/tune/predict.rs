//! `predict`: what a tuned model says of new texts, a line each.

use std::path::Path;

use engraft_core::{CountTokens, Embed, Fault};
use engraft_nn::{Embedder, Precision};
use engraft_tune::artefact::Artefact;
use engraft_tune::classifier::{Classifier, FirstToken, Prediction, Reading, Seen, Space};
use engraft_tune::data::{Labelling, OverLength, pieces, read_rows, text_of};
use engraft_tune::{LongTexts, TuneError, Watch, embed};
use serde_json::{Map, Value, json};

use crate::config::Encoder;
use crate::tune::extractor;
use crate::tune::pairs;
use crate::tune::{groundedness, judging, reader, reward};
use crate::{Context, Error, Workspace};

/// Texts scored together.
const BATCH: usize = 256;

/// Hands a line for every row of `input` to `take`, in order: what
/// the model says of it, such as `{id, label, scores}` or `{id, spans}`, or `{id, error}` for a row that could
/// not be read or is too long. `truncated_tokens` says of how many tokens beyond its window a model did not take notice.
pub fn predict(
    context: Context,
    workspace: &Workspace,
    model: &str,
    input: &Path,
    take: &mut dyn FnMut(Value) -> Result<(), Error>,
) -> Result<(), Error> {
    let artefact = Artefact::open(&workspace.models(), model)?;
    match artefact.manifest.kind.as_str() {
        "classifier" => classify(context, workspace, &artefact, input, take),
        "extractor" => extractor::extract(context, workspace, &artefact, input, take),
        "groundedness" => groundedness::predict(context, workspace, &artefact, input, take),
        "reward" => reward::predict(context, workspace, &artefact, input, take),
        "reader" => reader::predict(context, workspace, &artefact, input, take),
        "reranker" | "retriever" => pairs::predict(context, workspace, &artefact, input, take),
        other => Err(Error::Request {
            message: format!("`{model}` is a {other}, which this build cannot run"),
            hint: "use the build it was tuned with, or tune it again".into(),
        }),
    }
}

/// A text to score, or why there is none.
struct Asked {
    line: u64,
    id: Value,
    text: String,
}

fn classify(
    context: Context,
    workspace: &Workspace,
    artefact: &Artefact,
    input: &Path,
    take: &mut dyn FnMut(Value) -> Result<(), Error>,
) -> Result<(), Error> {
    let (classifier, policy) = Classifier::load(artefact)?;
    let base = classifier.reads(Space::Base).then(|| base_of(context, workspace, artefact)).transpose()?;
    let folder = artefact.dir.join("encoder");
    let open = || Own::open(workspace, &classifier, &folder, &artefact.manifest.name);
    let own = classifier.reads(Space::Own).then(open).transpose()?;
    let read = read_rows(input, |line| {
        let text = text_of(line, "text")?.to_string();
        let id = line.fields.get("id").filter(|id| !id.is_null()).cloned();
        Ok(Asked { line: line.number, id: id.unwrap_or_else(|| Value::from(line.number.to_string())), text })
    })?;
    if read.rows.is_empty() && read.rejected.is_empty() {
        return Err(TuneError::data(
            format!("{} has no rows", input.display()),
            "give it `{id, text}` a line",
        )
        .into());
    }
    // Rows that could not be read come where they stand.
    let mut unread = read.rejected.into_iter().map(|bad| {
        let line: u64 = bad.uri.rsplit(':').next().and_then(|line| line.parse().ok()).unwrap_or(0);
        let error = json!({ "kind": bad.kind, "message": bad.message, "hint": bad.hint });
        (line, json!({ "id": line.to_string(), "error": error }))
    });
    let mut next_unread = unread.next();
    context.progress.stage("predict", Some(read.rows.len() as u64));
    for batch in read.rows.chunks(BATCH) {
        if context.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let said = said(&classifier, policy, base.as_ref(), own.as_ref(), batch)?;
        for (asked, mut line) in batch.iter().zip(said) {
            while let Some((_, bad)) = next_unread.take_if(|(line, _)| *line < asked.line) {
                take(bad)?;
                next_unread = unread.next();
            }
            line.insert("id".into(), asked.id.clone());
            take(Value::Object(line))?;
        }
        context.progress.advance(batch.len() as u64);
    }
    next_unread.into_iter().chain(unread).try_for_each(|(_, bad)| take(bad))
}

/// The encoder that lies in a classifier.
pub(crate) enum Own {
    /// Tuned here, or in the layout of sentence-transformers.
    Pooled(Box<Embedder>),
    /// Tuned with transformers.
    First(Box<FirstToken>),
}

impl Own {
    /// Opens its folder as the classifier reads it.
    pub(crate) fn open(
        workspace: &Workspace,
        classifier: &Classifier,
        dir: &Path,
        name: &str,
    ) -> Result<Own, Error> {
        Ok(match classifier.reading {
            Reading::Pooled => Own::Pooled(Box::new(workspace.open_folder(dir, name, Precision::F32)?)),
            Reading::FirstToken => Own::First(Box::new(FirstToken::open(dir, workspace.threads())?)),
        })
    }

    fn pooled(&self) -> Option<&Embedder> {
        match self {
            Own::Pooled(encoder) => Some(encoder),
            Own::First(_) => None,
        }
    }
}

/// The answer to each text of a batch, or the error it is.
fn said(
    classifier: &Classifier,
    policy: OverLength,
    base: Option<&Embedder>,
    own: Option<&Own>,
    batch: &[Asked],
) -> Result<Vec<Map<String, Value>>, Error> {
    let refuses = matches!(policy, OverLength::Error | OverLength::Drop);
    let encoder = base.or(own.and_then(Own::pooled));
    let long = |text: &str| {
        let encoder = encoder.filter(|_| refuses)?;
        let tokens = encoder.count(text) + 2;
        let (window, model) = (encoder.window(), encoder.name().to_string());
        (tokens > window).then_some(engraft_core::EmbedError::TooLong { tokens, window, model })
    };
    let too_long: Vec<Option<engraft_core::EmbedError>> =
        batch.iter().map(|asked| long(&asked.text)).collect();
    let fitting = batch.iter().zip(&too_long).filter(|(_, long)| long.is_none());
    let texts: Vec<&str> = fitting.map(|(asked, _)| asked.text.as_str()).collect();
    let seen = see(classifier, policy, base, own, &texts)?;
    let mut predictions = classifier.predict(&seen)?.into_iter();
    let line = |(asked, too_long): (&Asked, Option<engraft_core::EmbedError>)| {
        let value = match too_long {
            Some(error) => {
                json!({ "error": { "kind": "too_long", "message": error.to_string(), "hint": error.hint() } })
            }
            None => predictions.next().map_or(Value::Null, |one| {
                judging::truncated(answer(classifier, &one), lost(policy, encoder, own, &asked.text))
            }),
        };
        match value {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    };
    Ok(batch.iter().zip(too_long).map(line).collect())
}

/// How many tokens of a text the classifier's encoder does not read.
fn lost(policy: OverLength, encoder: Option<&Embedder>, own: Option<&Own>, text: &str) -> usize {
    match (encoder, own) {
        (Some(encoder), _) if policy == OverLength::Truncate => {
            let read = pieces(text, encoder, encoder.window(), policy);
            encoder.count(text).saturating_sub(read.iter().map(|piece| encoder.count(piece)).sum())
        }
        (None, Some(Own::First(encoder))) => encoder.lost(text),
        _ => 0,
    }
}

/// Texts as the classifier wants to see them.
pub(crate) fn see<'a>(
    classifier: &Classifier,
    policy: OverLength,
    base: Option<&Embedder>,
    own: Option<&Own>,
    texts: &[&'a str],
) -> Result<Seen<'a>, TuneError> {
    let read = |encoder| embed_quietly(&LongTexts { encoder, policy }, texts);
    let base = base.filter(|_| classifier.reads(Space::Base)).map(read).transpose()?;
    let own = own.filter(|_| classifier.reads(Space::Own)).map(|own| match own {
        Own::Pooled(encoder) => read(encoder),
        Own::First(encoder) => encoder.read(texts),
    });
    Ok(Seen { texts: texts.to_vec(), base, own: own.transpose()? })
}

fn embed_quietly(encoder: &LongTexts, texts: &[&str]) -> Result<engraft_tune::Matrix, TuneError> {
    let cancel = engraft_core::Cancel::default();
    embed(Watch::quiet(&cancel), encoder as &dyn Embed, texts)
}

/// The base encoder of a model, which must be the very one it was tuned from.
pub(crate) fn base_of(
    context: Context,
    workspace: &Workspace,
    artefact: &Artefact,
) -> Result<Embedder, Error> {
    let Some(base) = &artefact.manifest.base else {
        let reason = "its manifest names no base model".to_string();
        return Err(TuneError::Damaged { path: artefact.dir.clone(), reason }.into());
    };
    let wanted = Encoder { model: base.name.clone(), ..workspace.config.encoder.clone() };
    let encoder = workspace.open_named(context, &wanted, Precision::F32)?;
    artefact.must_fit(&base.name, &encoder.encoder().fingerprint())?;
    Ok(encoder)
}

/// `{label, scores}`, with `out_of_scope` where that was learned; scores to six decimals.
pub(crate) fn answer(classifier: &Classifier, prediction: &Prediction) -> Value {
    let names = classifier.labels.names();
    let round = |x: f64| (x * 1e6).round() / 1e6;
    let scores: Map<String, Value> = names
        .iter()
        .zip(&prediction.probabilities)
        .map(|(name, p)| (name.clone(), round(*p).into()))
        .collect();
    let label: Value = match (classifier.labelling, &classifier.scope) {
        (Labelling::Multi, _) => prediction.classes.iter().map(|&class| names[class].clone()).collect(),
        (Labelling::Single, Some(scope)) if prediction.rejected => scope.label.clone().into(),
        (Labelling::Single, _) => {
            prediction.classes.first().map_or(Value::Null, |&class| names[class].clone().into())
        }
    };
    let mut answer = json!({ "label": label, "scores": scores });
    if let Some(score) = prediction.out_of_scope {
        answer["out_of_scope"] = round(score).into();
    }
    answer
}
