//! Classifiers, tier by tier; each is mixed of what stands below it.

use engraft_eval::SplitMix;
use engraft_nn::Embedder;
use engraft_tune::classifier::{BaseModel, ClassifierJob, Method, Seen, tune_classifier};
use engraft_tune::data::{Example, Labelling, OverLength};
use engraft_tune::{TuneError, embed};

use crate::trial::Trial;

const TOPICS: [&str; 3] = ["card", "fee", "loan"];

pub(crate) fn linear(trial: &Trial<'_>) -> Result<(), TuneError> {
    tune(trial, Method::Linear)
}

pub(crate) fn frozen(trial: &Trial<'_>) -> Result<(), TuneError> {
    tune(trial, Method::Frozen)
}

pub(crate) fn full(trial: &Trial<'_>) -> Result<(), TuneError> {
    tune(trial, Method::Full)
}

pub(crate) fn lora(trial: &Trial<'_>) -> Result<(), TuneError> {
    tune(trial, Method::Lora)
}

pub(crate) fn setfit(trial: &Trial<'_>) -> Result<(), TuneError> {
    tune(trial, Method::Setfit)
}

/// Messages of words that mean nothing, each with the word of its topic.
fn messages(n: usize, seed: u64) -> Vec<Example> {
    let mut draw = SplitMix::new(seed, 0);
    (0..n)
        .map(|at| {
            let noise: Vec<String> = (0..3).map(|_| format!("w{}", draw.below(500))).collect();
            let topic = TOPICS[at % 3];
            let text = format!("{} {topic}", noise.join(" "));
            Example { id: at.to_string(), text, labels: vec![topic.into()], group: None }
        })
        .collect()
}

fn tune(trial: &Trial<'_>, method: Method) -> Result<(), TuneError> {
    let encoder = Embedder::open(trial.base, "tiny", trial.options())?;
    let (train, eval) = (messages(48, 1), messages(18, 2));
    let job = ClassifierJob {
        train: &train,
        eval: &eval,
        labelling: Labelling::Single,
        method,
        encoder: Some(&encoder),
        base: Some(BaseModel { dir: trial.base, threads: trial.threads }),
        seeds: 2,
        out_of_scope: None,
        seed: 0,
        resamples: 50,
    };
    let tuned = tune_classifier(trial.watch, &job)?;
    let settings = tuned.classifier.save(trial.out, OverLength::Error)?;
    let texts: Vec<&str> = eval.iter().map(|row| row.text.as_str()).collect();
    let base = Some(embed(trial.watch, &encoder, &texts)?);
    let own = match &tuned.encoder {
        Some(folder) => {
            trial.takes("encoder", folder.path());
            let own = Embedder::open(folder.path(), "own", trial.options())?;
            Some(embed(trial.watch, &own, &texts)?)
        }
        None => None,
    };
    let said = tuned.classifier.predict(&Seen { texts, base, own })?;
    trial.says(&(settings, tuned.eval, said));
    Ok(())
}
