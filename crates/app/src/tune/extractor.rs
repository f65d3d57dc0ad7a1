//! `tune extractor`: marked texts in, a registered extractor and a verdict out; and what such a model finds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use engraft_core::CharMap;
use engraft_tune::TuneError;
use engraft_tune::artefact::{Artefact, Base, Draft, FORMAT, Manifest, Probe};
use engraft_tune::data::{ExtractionRow, audit_marked, extraction_row, one_group, read_rows, split_to_learn};
use engraft_tune::extractor::{
    BaseEncoder, Extractor, ExtractorJob, ExtractorMethod, ExtractorTier, ExtractorTuned, FoundSpan,
    tune_extractor as tune,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::people::{Act, Principal};
use crate::tune::report::{DataReport, TuneReport};
use crate::tune::spans::{Marked, marked, of_file};
use crate::tune::{HELD_OUT, LISTED, PROBES, RESAMPLES, TuneRequest, base, judging, leftovers};
use crate::{Context, Error, Workspace, models};

/// Rows read at a time by `predict`.
const BATCH: usize = 256;

/// What extractor to tune.
#[derive(Clone, Debug)]
pub struct ExtractorRequest {
    /// What every tuner is asked.
    pub tune: TuneRequest,
    /// `patterns`, `crf`, `frozen`, `full`, `lora` or `auto`.
    pub method: String,
    /// A JSON file of values known without training: `{label: [value, …]}`.
    pub values: Option<PathBuf>,
}

/// What tuning an extractor came to.
#[derive(Clone, Debug, Serialize)]
pub struct ExtractorReport {
    /// What every tuner says.
    #[serde(flatten)]
    pub tune: TuneReport,
    /// The tiers that were tried, the lowest first.
    #[serde(rename = "tiers")]
    pub steps: Vec<ExtractorTier>,
    /// Spans that were moved to where their quote stands.
    pub repaired: usize,
    /// Spans with gaps, and values of a form that stand nowhere or more than once in the text; they were left out.
    pub unplaced: usize,
    /// Training spans that share a word with another or end inside one, and could not be learned as they are.
    pub unsayable: usize,
}

/// Tunes an extractor and registers it, whatever the verdict.
pub fn tune_extractor(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    request: &ExtractorRequest,
) -> Result<ExtractorReport, Error> {
    who.must(Act::Manage)?;
    let asked = &request.tune;
    let method = request.method.parse::<ExtractorMethod>().map_err(|error| Error::Request {
        message: format!("--method: {error}"),
        hint: "choose one of those".into(),
    })?;
    asked.policy()?;
    leftovers::begin(context, workspace, asked)?;
    let values = request.values.as_deref().map(known_values).transpose()?.unwrap_or_default();
    context.progress.stage("read", None);
    let data = marked(context, workspace, who, &asked.data, asked.question.as_deref())?;
    let eval = asked.eval.as_deref().map(of_file).transpose()?;
    let parts = Parts::of(data, eval, asked.seed);
    // A person who wants no encoder need not have one.
    let encoder = match method {
        ExtractorMethod::Patterns | ExtractorMethod::Crf => None,
        _ => folder(context, workspace, asked.base.as_deref())?,
    };
    let job = ExtractorJob {
        train: &parts.train,
        eval: &parts.eval,
        method,
        base: encoder.as_ref().map(|(name, dir)| BaseEncoder { name, dir }),
        values: &values,
        seed: asked.seed,
        seeds: asked.seeds,
        threads: workspace.threads,
        resamples: RESAMPLES,
    };
    let started = encoder.as_ref().map(|(_, dir)| fingerprint(dir)).transpose()?.unwrap_or_default();
    let keep = base::keep(workspace, request, &[&parts.snapshot, &parts.lineage.join(" "), &started])?;
    let mut tuned = tune(base::watch(&context, Some(&keep)), &job)?;
    tuned.verdict = tuned.verdict.unless_learned(parts.data.leaked, parts.data.eval_rows);
    let name = judging::name(workspace, asked, &parts.stem, tuned.method.name());
    let artefact = register(context, workspace, &name, &parts, &tuned, encoder.as_ref())?;
    keep.clear();
    let mut report = TuneReport::of(&artefact, parts.data);
    report.stopped = tuned.stopped;
    report.calibration = tuned.calibration;
    Ok(ExtractorReport {
        tune: report,
        steps: tuned.tiers,
        repaired: parts.repaired,
        unplaced: parts.unplaced,
        unsayable: tuned.unsayable,
    })
}

/// The encoder named, else the workspace's: what it is called and its folder. `None` where that has none.
fn folder(
    context: Context,
    workspace: &Workspace,
    named: Option<&str>,
) -> Result<Option<(String, PathBuf)>, Error> {
    let model = named.unwrap_or(&workspace.config.encoder.model);
    if model == "none" {
        return Ok(None);
    }
    Ok(Some((model.to_string(), models::find_or_pull(context, model)?)))
}

/// What tells the encoder in a folder from others; refuses one whose weights are no numbers.
fn fingerprint(dir: &Path) -> Result<String, TuneError> {
    let weights = engraft_nn::Weights::open(&dir.join("model.safetensors"))?;
    weights.must_be_numbers()?;
    Ok(weights.fingerprint())
}

fn known_values(path: &Path) -> Result<BTreeMap<String, Vec<String>>, Error> {
    let text = std::fs::read_to_string(path).map_err(Error::io("read", path))?;
    serde_json::from_str(&text).map_err(|error| Error::Request {
        message: format!("{} is no list of known values: {error}", path.display()),
        hint: "write {\"LABEL\": [\"a value\", \"another\"]}".into(),
    })
}

/// Rows to train on, rows to evaluate on, and what they are from.
struct Parts {
    train: Vec<ExtractionRow>,
    eval: Vec<ExtractionRow>,
    snapshot: String,
    lineage: Vec<String>,
    stem: String,
    data: DataReport,
    repaired: usize,
    unplaced: usize,
}

impl Parts {
    fn of(data: Marked, eval: Option<Marked>, seed: u64) -> Parts {
        let Marked { source, mut repaired, unplaced } = data;
        let audit = Some(audit_marked(&source.rows));
        let mut rejected = source.rejected;
        let mut lineage = vec![source.lineage];
        let (train, held) = match eval {
            Some(eval) => {
                rejected.extend(eval.source.rejected);
                lineage.push(format!("eval-{}", eval.source.lineage));
                repaired += eval.repaired;
                (source.rows, eval.source.rows)
            }
            None => {
                lineage.push(format!("split:{HELD_OUT}@seed{seed}"));
                hold_out(source.rows, seed)
            }
        };
        let texts: std::collections::BTreeSet<&str> = train.iter().map(|row| row.text.as_str()).collect();
        let leaked = held.iter().filter(|row| texts.contains(row.text.as_str())).count();
        let groups: Vec<Option<&str>> = train.iter().map(|row| Some(row.group.as_str())).collect();
        let mut report = DataReport {
            audit,
            eval_rows: held.len(),
            one_group_rows: if one_group(&groups) { train.len() } else { 0 },
            leaked,
            unresolved: source.unresolved,
            rejected_total: rejected.len(),
            ..DataReport::default()
        };
        rejected.truncate(LISTED);
        report.rejected = rejected;
        let (snapshot, stem) = (source.snapshot, source.stem);
        Parts { train, eval: held, snapshot, lineage, stem, data: report, repaired, unplaced }
    }
}

/// A fifth of the rows, whole groups and near-identical texts together; strata are whether anything is marked, and every label is
/// trained on.
fn hold_out(rows: Vec<ExtractionRow>, seed: u64) -> (Vec<ExtractionRow>, Vec<ExtractionRow>) {
    let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
    let groups: Vec<Option<&str>> = rows.iter().map(|row| Some(row.group.as_str())).collect();
    let strata: Vec<usize> = rows.iter().map(|row| usize::from(row.spans.is_empty())).collect();
    let labels: Vec<Vec<&str>> =
        rows.iter().map(|row| row.spans.iter().map(|one| one.label.as_str()).collect()).collect();
    let parts = split_to_learn(&texts, &groups, &strata, &labels, HELD_OUT, seed);
    let pick = |places: &[usize]| -> Vec<ExtractionRow> {
        places.iter().map(|&place| rows[place].clone()).collect()
    };
    (pick(&parts.train), pick(&parts.held))
}

fn register(
    context: Context,
    workspace: &Workspace,
    name: &str,
    parts: &Parts,
    tuned: &ExtractorTuned,
    encoder: Option<&(String, PathBuf)>,
) -> Result<Artefact, Error> {
    context.progress.stage("register", None);
    let draft = Draft::begin(&workspace.models(), name)?;
    let settings = tuned.save(draft.path())?;
    let base = encoder.filter(|_| tuned.method.needs_encoder());
    let base = base.map(|(name, dir)| -> Result<Base, Error> {
        Ok(Base { name: name.clone(), fingerprint: fingerprint(dir)? })
    });
    let base = base.transpose()?;
    let mut lineage = parts.lineage.clone();
    lineage.extend(base.as_ref().map(|base| format!("base:{}@{}", base.name, base.fingerprint)));
    let rows: Vec<&ExtractionRow> = parts.eval.iter().take(PROBES).collect();
    let says = |extractor: &Extractor| -> Result<Vec<Value>, TuneError> {
        let found = extractor.find(&rows)?;
        Ok(rows.iter().zip(found).map(|(row, found)| answer(row, &found)).collect())
    };
    let probes = rows.iter().zip(says(&tuned.extractor)?);
    let probes = probes
        .map(|(row, output)| Probe { input: json!({ "text": row.text, "context": row.context }), output });
    let manifest = Manifest {
        format: FORMAT,
        name: name.into(),
        kind: "extractor".into(),
        method: tuned.method.name().into(),
        base,
        data_snapshot: parts.snapshot.clone(),
        seeds: tuned.seeds.clone(),
        created: (context.now)(),
        build: env!("CARGO_PKG_VERSION").into(),
        labels: tuned.extractor.labels().to_vec(),
        settings,
        train: tuned.trained.clone(),
        eval: tuned.eval.clone(),
        against: tuned.against.clone(),
        against_base: tuned.against_base.clone(),
        ship: tuned.verdict.ship,
        why: tuned.verdict.why.clone(),
        lineage,
        probes: probes.collect(),
        files: BTreeMap::new(),
    };
    let dir = encoder.map(|(_, dir)| dir.clone());
    Ok(draft
        .register(manifest, |read| says(&Extractor::load(read, || found(read, dir), workspace.threads)?))?)
}

/// The folder of the base, for a model that reads it as it is.
fn found(artefact: &Artefact, dir: Option<PathBuf>) -> Result<PathBuf, TuneError> {
    dir.ok_or_else(|| TuneError::Damaged {
        path: artefact.dir.clone(),
        reason: "its manifest names no base model".into(),
    })
}

/// Hands a line for every row of `input` to `take`, in order: `{id, spans}`, or `{id, error}` for a row that could not be
/// read.
pub(crate) fn extract(
    context: Context,
    workspace: &Workspace,
    artefact: &Artefact,
    input: &Path,
    take: &mut dyn FnMut(Value) -> Result<(), Error>,
) -> Result<(), Error> {
    // Fetched only where the model reads it as it is.
    let mut missing = None;
    let base = || -> Result<PathBuf, TuneError> {
        let Some(base) = &artefact.manifest.base else { return found(artefact, None) };
        models::find_or_pull(context, &base.name).map_err(|error| {
            let message = error.to_string();
            missing = Some(error);
            TuneError::Bug(message)
        })
    };
    let loaded = Extractor::load(artefact, base, workspace.threads);
    if let Some(error) = missing {
        return Err(error);
    }
    let extractor = loaded?;
    let read = read_rows(input, |line| {
        let row = extraction_row(line)?;
        let id = line.fields.get("id").filter(|id| !id.is_null()).cloned();
        let id = id.unwrap_or_else(|| Value::from(line.number.to_string()));
        Ok(Asked { line: line.number, id, row })
    })?;
    if read.rows.is_empty() && read.rejected.is_empty() {
        let message = format!("{} has no rows", input.display());
        return Err(TuneError::data(message, "give it `{id, text}` a line").into());
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
        let rows: Vec<&ExtractionRow> = batch.iter().map(|asked| &asked.row).collect();
        for (asked, found) in batch.iter().zip(extractor.find(&rows)?) {
            while let Some((_, bad)) = next_unread.take_if(|(line, _)| *line < asked.line) {
                take(bad)?;
                next_unread = unread.next();
            }
            let mut line = answer(&asked.row, &found);
            line["id"] = asked.id.clone();
            take(line)?;
        }
        context.progress.advance(batch.len() as u64);
    }
    next_unread.into_iter().chain(unread).try_for_each(|(_, bad)| take(bad))
}

/// A row to read, and where it stands.
struct Asked {
    line: u64,
    id: Value,
    row: ExtractionRow,
}

/// `{spans: [{char_start, char_end, label, quote, score}]}`; scores to six decimals.
pub(crate) fn answer(row: &ExtractionRow, found: &[FoundSpan]) -> Value {
    let map = CharMap::new(&row.text);
    let spans: Vec<Value> = found
        .iter()
        .map(|one| {
            json!({
                "char_start": one.span.start(),
                "char_end": one.span.end(),
                "label": one.label,
                "quote": map.quote(one.span).unwrap_or_default(),
                "score": (one.score * 1e6).round() / 1e6,
            })
        })
        .collect();
    json!({ "spans": spans })
}

#[cfg(test)]
mod tests {
    use engraft_core::Span;
    use engraft_tune::data::MarkedSpan;

    use super::*;

    #[test]
    fn a_label_of_one_document_only_is_trained_on() {
        // Five letters of eight rows; `SHIP` is marked in the third alone.
        let row = |n: usize| {
            let label = if n / 8 == 2 && n.is_multiple_of(2) { "SHIP" } else { "STAFF" };
            let spans = Span::new(0, 4).map(|span| MarkedSpan { span, label: label.into() });
            ExtractionRow {
                id: n.to_string(),
                text: format!("text number {n}"),
                context: Vec::new(),
                group: format!("letter {}", n / 8),
                spans: spans.into_iter().collect(),
            }
        };
        for seed in 0..20 {
            let (train, held) = hold_out((0..40).map(row).collect(), seed);
            let learned = train.iter().flat_map(|row| &row.spans).any(|one| one.label == "SHIP");
            assert!(learned && held.len() == 8, "seed {seed}: {}", held.len());
        }
    }
}
