//! `tune classifier`: rows in, a registered classifier and a verdict out.

use std::collections::BTreeSet;
use std::path::Path;

use engraft_core::Embed;
use engraft_nn::{Embedder, EncoderOptions};
use engraft_tune::artefact::{Artefact, Draft, FORMAT, Manifest, Probe};
use engraft_tune::classifier::{
    BaseModel, Classifier, ClassifierJob, ClassifierTuned, Method, Space, leaked, tune_classifier as tune,
};
use engraft_tune::data::{Example, Fitted, Labelling, OverLength, audit, fit, one_group, split_to_learn};
use engraft_tune::{LongTexts, TuneError};
use serde_json::{Value, json};

use crate::people::{Act, Principal};
use crate::tune::base::{self, BaseEncoder};
use crate::tune::export::copy_folder;
use crate::tune::predict::{Own, answer, see};
use crate::tune::report::{DataReport, SuspectLabel, TuneReport, sum};
use crate::tune::rows::{Source, classified, of_file};
use crate::tune::{HELD_OUT, LISTED, PROBES, RESAMPLES, TuneRequest, judging, leftovers};
use crate::{Context, Error, Workspace};

/// What classifier to tune.
#[derive(Clone, Debug)]
pub struct ClassifierRequest {
    /// What every tuner is asked.
    pub tune: TuneRequest,
    /// `linear`, `frozen`, `setfit`, `lora`, `full` or `auto`.
    pub method: String,
    /// The label that means none of the classes.
    pub out_of_scope: Option<String>,
}

/// Tunes a classifier and registers it, whatever the verdict.
pub fn tune_classifier(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    request: &ClassifierRequest,
) -> Result<TuneReport, Error> {
    who.must(Act::Manage)?;
    let asked = &request.tune;
    let method: Method = request.method.parse().map_err(said("method"))?;
    let policy = asked.policy()?;
    leftovers::begin(context, workspace, asked)?;
    context.progress.stage("read", None);
    let (source, mut labelling) =
        classified(context, workspace, who, &asked.data, asked.question.as_deref())?;
    let named_eval = asked.eval.as_deref().map(of_file).transpose()?;
    if named_eval.as_ref().is_some_and(|(_, of_eval)| *of_eval == Labelling::Multi) {
        labelling = Labelling::Multi;
    }
    // A person who names no encoder and wants none of its tiers need not have one.
    let encoder = match method {
        Method::Linear => None,
        _ => base::open(context, workspace, asked.base.as_deref())?,
    };
    let reader = encoder.as_ref().map(|base| &base.encoder);
    let learn = Learning { encoder: reader, policy, out_of_scope: request.out_of_scope.as_deref() };
    let (parts, mut data) = parts(source, named_eval, &learn, asked.seed)?;
    let long = reader.map(|encoder| LongTexts { encoder, policy });
    let started = encoder.as_ref().map(|base| base.remembered().fingerprint);
    let sources = [&parts.snapshot, &parts.lineage.join(" "), &started.unwrap_or_default()];
    let keep = base::keep(workspace, request, &sources.map(String::as_str))?;
    let job = ClassifierJob {
        train: &parts.train,
        eval: &parts.eval,
        labelling,
        method,
        encoder: long.as_ref().map(|long| long as &dyn Embed),
        base: encoder.as_ref().map(|base| BaseModel { dir: &base.dir, threads: workspace.threads() }),
        seeds: asked.seeds,
        out_of_scope: request.out_of_scope.as_deref(),
        seed: asked.seed,
        resamples: RESAMPLES,
    };
    let mut tuned = tune(base::watch(&context, Some(&keep)), &job)?;
    tuned.verdict = tuned.verdict.unless_learned(data.leaked, data.eval_rows);
    data.label_issues = suspects(&tuned, &parts.train);
    data.label_issues_total = tuned.issues.len();
    let name = judging::name(workspace, asked, &parts.stem, tuned.method.name());
    let artefact = register(context, workspace, &name, &parts, &tuned, encoder.as_ref(), policy)?;
    keep.clear();
    let mut report = TuneReport::of(&artefact, data);
    report.tiers = tuned.tiers;
    report.stopped = tuned.stopped;
    report.calibration = Some(tuned.calibration);
    Ok(report)
}

fn said<E: std::error::Error>(flag: &'static str) -> impl Fn(E) -> Error {
    move |error| Error::Request { message: format!("--{flag}: {error}"), hint: "choose one of those".into() }
}

/// Rows to train on, rows to evaluate on, and what they are from.
struct Parts {
    train: Vec<Example>,
    eval: Vec<Example>,
    snapshot: String,
    lineage: Vec<String>,
    stem: String,
}

/// How rows are read.
struct Learning<'a> {
    encoder: Option<&'a Embedder>,
    policy: OverLength,
    out_of_scope: Option<&'a str>,
}

fn parts(
    source: Source<Example>,
    eval: Option<(Source<Example>, Labelling)>,
    learn: &Learning,
    seed: u64,
) -> Result<(Parts, DataReport), Error> {
    let mut data = DataReport {
        audit: Some(audit(&source.rows)),
        unresolved: source.unresolved,
        ..DataReport::default()
    };
    let mut rejected = source.rejected;
    let mut lineage = vec![source.lineage];
    let (train, eval) = match eval {
        Some((named, _)) => {
            rejected.extend(named.rejected);
            lineage.push(format!("eval-{}", named.lineage));
            (source.rows, named.rows)
        }
        None => {
            lineage.push(format!("split:{HELD_OUT}@seed{seed}"));
            hold_out(&source.rows, learn.out_of_scope, seed)
        }
    };
    let policy = learn.policy;
    let (train, eval) = match learn.encoder {
        None => (train, eval),
        Some(encoder) => {
            let (train, done) = fit(train, encoder, encoder.window(), policy)?;
            let (eval, of_eval) = fit_eval(eval, encoder, policy)?;
            data.over_length = sum(done, of_eval);
            (train, eval)
        }
    };
    data.eval_rows = eval.len();
    let groups: Vec<Option<&str>> = train.iter().map(|row| row.group.as_deref()).collect();
    data.one_group_rows = if one_group(&groups) { train.len() } else { 0 };
    data.leaked = leaked(&train, &eval);
    data.rejected_total = rejected.len();
    rejected.truncate(LISTED);
    data.rejected = rejected;
    Ok((Parts { train, eval, snapshot: source.snapshot, lineage, stem: source.stem }, data))
}

/// Rows to train on and a fifth of the rows, class by class; whole groups and near-identical texts stay together, and every
/// label but the one that means none of the classes is trained on.
fn hold_out(rows: &[Example], out_of_scope: Option<&str>, seed: u64) -> (Vec<Example>, Vec<Example>) {
    let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
    let groups: Vec<Option<&str>> = rows.iter().map(|row| row.group.as_deref()).collect();
    let classes: BTreeSet<&Vec<String>> = rows.iter().map(|row| &row.labels).collect();
    let classes: Vec<&Vec<String>> = classes.into_iter().collect();
    let strata: Vec<usize> =
        rows.iter().map(|row| classes.binary_search(&&row.labels).unwrap_or(0)).collect();
    let learned = |row: &Example| out_of_scope.is_none_or(|label| row.labels != [label]);
    let labels: Vec<Vec<&str>> = rows
        .iter()
        .map(|row| row.labels.iter().filter(|_| learned(row)).map(String::as_str).collect())
        .collect();
    let parts = split_to_learn(&texts, &groups, &strata, &labels, HELD_OUT, seed);
    let pick =
        |places: &[usize]| -> Vec<Example> { places.iter().map(|&place| rows[place].clone()).collect() };
    (pick(&parts.train), pick(&parts.held))
}

/// An evaluation row stays one row: its text is cut, or its parts' vectors averaged, where it is read. What of it is not read is
/// counted as in training.
fn fit_eval(
    eval: Vec<Example>,
    encoder: &Embedder,
    policy: OverLength,
) -> Result<(Vec<Example>, Fitted), Error> {
    if matches!(policy, OverLength::Error | OverLength::Drop) {
        return Ok(fit(eval, encoder, encoder.window(), policy)?);
    }
    let (_, done) = fit(eval.clone(), encoder, encoder.window(), policy)?;
    Ok((eval, done))
}

/// The first hundred of them, or a tenth of the rows where that is more.
fn suspects(tuned: &ClassifierTuned, train: &[Example]) -> Vec<SuspectLabel> {
    let names = tuned.classifier.labels.names();
    let one = |issue: &engraft_eval::LabelIssue| SuspectLabel {
        item: train[issue.item].id.clone(),
        given: names[issue.given].clone(),
        suggested: names[issue.suggested].clone(),
        score: issue.self_confidence,
    };
    tuned.issues.iter().take(LISTED.max(train.len() / 10)).map(one).collect()
}

fn register(
    context: Context,
    workspace: &Workspace,
    name: &str,
    parts: &Parts,
    tuned: &ClassifierTuned,
    encoder: Option<&BaseEncoder>,
    policy: OverLength,
) -> Result<Artefact, Error> {
    context.progress.stage("register", None);
    let draft = Draft::begin(&workspace.models(), name)?;
    let settings = tuned.classifier.save(draft.path(), policy)?;
    if let Some(folder) = tuned.encoder.as_ref().filter(|_| tuned.classifier.reads(Space::Own)) {
        copy_folder(folder.path(), &draft.path().join("encoder"))?;
    }
    let base = encoder.filter(|_| tuned.classifier.reads(Space::Base)).map(BaseEncoder::remembered);
    let mut lineage = parts.lineage.clone();
    let started = encoder.filter(|_| tuned.method != Method::Linear).map(BaseEncoder::remembered);
    lineage.extend(started.map(|base| format!("base:{}@{}", base.name, base.fingerprint)));
    let texts: Vec<&str> = parts.eval.iter().take(PROBES).map(|row| row.text.as_str()).collect();
    let says = |classifier: &Classifier, dir: &Path| -> Result<Vec<Value>, TuneError> {
        let open = || Embedder::open(&dir.join("encoder"), name, EncoderOptions::default());
        let own = classifier
            .reads(Space::Own)
            .then(open)
            .transpose()?
            .map(|encoder| Own::Pooled(Box::new(encoder)));
        let seen = see(classifier, policy, encoder.map(|base| &base.encoder), own.as_ref(), &texts)?;
        Ok(classifier.predict(&seen)?.iter().map(|one| answer(classifier, one)).collect())
    };
    let probes = texts.iter().zip(says(&tuned.classifier, draft.path())?);
    let probes = probes.map(|(text, output)| Probe { input: json!({ "text": text }), output }).collect();
    let manifest = Manifest {
        format: FORMAT,
        name: name.into(),
        kind: "classifier".into(),
        method: tuned.method.name().into(),
        base,
        data_snapshot: parts.snapshot.clone(),
        seeds: tuned.seeds.clone(),
        created: (context.now)(),
        build: env!("CARGO_PKG_VERSION").into(),
        labels: tuned.classifier.labels.names().to_vec(),
        settings,
        train: tuned.trained.clone(),
        eval: tuned.eval.clone(),
        against: tuned.against.clone(),
        against_base: tuned.against_base.clone(),
        ship: tuned.verdict.ship,
        why: tuned.verdict.why.clone(),
        lineage,
        probes,
        files: Default::default(),
    };
    Ok(draft.register(manifest, |read| says(&Classifier::load(read)?.0, &read.dir))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five documents of forty texts; `label` tells that of a text of a document.
    fn rows(label: impl Fn(usize, usize) -> &'static str) -> Vec<Example> {
        let row = |place: usize| Example {
            id: place.to_string(),
            text: format!("text number {place}"),
            labels: vec![label(place / 40, place % 40).to_string()],
            group: Some(format!("document {}", place / 40)),
        };
        (0..200).map(row).collect()
    }

    #[test]
    fn every_draw_holds_out_one_document_of_five() {
        let rows = rows(|document, text| ["card", "fee", "transfer"][(document + text) % 3]);
        for seed in 0..40 {
            let (train, held) = hold_out(&rows, None, seed);
            assert_eq!((train.len(), held.len()), (160, 40), "seed {seed}");
        }
    }

    #[test]
    fn a_label_of_one_document_is_trained_on_unless_it_means_none_of_the_classes() {
        let rows = rows(|document, text| match (document, text % 4) {
            (0, 0) => "rare",
            (1, 0) => "none",
            (_, other) => ["card", "fee", "transfer", "loan"][other],
        });
        let mut without_none = 0;
        for seed in 0..40 {
            let (train, held) = hold_out(&rows, Some("none"), seed);
            let learned = |label: &str| train.iter().any(|row| row.labels == [label]);
            assert!(learned("rare") && held.len() == 40, "seed {seed}");
            without_none += usize::from(!learned("none"));
        }
        assert!(without_none > 0);
    }
}
