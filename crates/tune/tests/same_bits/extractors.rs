//! Extractors, tier by tier.

use std::collections::BTreeMap;

use engraft_core::Span;
use engraft_tune::TuneError;
use engraft_tune::data::{ExtractionRow, MarkedSpan};
use engraft_tune::extractor::{BaseEncoder, ExtractorJob, ExtractorMethod, tune_extractor};

use crate::trial::Trial;

const NAMES: [&str; 7] = ["Ada", "Boris", "Elif", "Farid", "Grace", "Hiro", "Kofi"];
const FIRMS: [&str; 5] = ["Acme", "Umbra", "Vertex", "Solis", "Norda"];

pub(crate) fn crf(trial: &Trial<'_>) -> Result<(), TuneError> {
    tune(trial, ExtractorMethod::Crf)
}

pub(crate) fn frozen(trial: &Trial<'_>) -> Result<(), TuneError> {
    tune(trial, ExtractorMethod::Frozen)
}

pub(crate) fn full(trial: &Trial<'_>) -> Result<(), TuneError> {
    tune(trial, ExtractorMethod::Full)
}

pub(crate) fn lora(trial: &Trial<'_>) -> Result<(), TuneError> {
    tune(trial, ExtractorMethod::Lora)
}

/// Row `n` of a made-up world: who pays whom.
fn row(n: usize) -> ExtractionRow {
    let (name, firm) = (NAMES[n % 7], FIRMS[n % 5]);
    let text = match n % 3 {
        0 => format!("Mr. {name} pays {firm} Corp on Monday"),
        1 => format!("send bill {n} of {firm} Corp to Ms. {name}"),
        _ => format!("there is nothing in sentence {n}"),
    };
    let marked = |quote: &str, label: &str| {
        let start = text.find(quote)?;
        let span = Span::new(start, start + quote.len())?;
        Some(MarkedSpan { span, label: label.to_string() })
    };
    let spans = [marked(name, "STAFF"), marked(&format!("{firm} Corp"), "CLIENT")];
    let mut spans: Vec<MarkedSpan> = spans.into_iter().flatten().collect();
    spans.sort();
    ExtractionRow { id: n.to_string(), group: n.to_string(), text, context: Vec::new(), spans }
}

fn tune(trial: &Trial<'_>, method: ExtractorMethod) -> Result<(), TuneError> {
    let (train, eval): (Vec<_>, Vec<_>) = ((0..36).map(row).collect(), (100..118).map(row).collect());
    let job = ExtractorJob {
        train: &train,
        eval: &eval,
        method,
        base: Some(BaseEncoder { name: "tiny", dir: trial.base }),
        values: &BTreeMap::new(),
        seed: 1,
        seeds: 2,
        threads: trial.threads,
        resamples: 50,
    };
    let tuned = tune_extractor(trial.watch, &job)?;
    let settings = tuned.save(trial.out)?;
    let found = tuned.extractor.find(&eval.iter().collect::<Vec<_>>())?;
    trial.says(&(settings, tuned.eval, found));
    Ok(())
}
