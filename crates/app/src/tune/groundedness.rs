//! `tune groundedness`: labelled claims in, a calibrated judge of claims and a verdict out; and what it says of new claims.

use std::collections::BTreeSet;
use std::path::Path;

use engraft_annotate::{Answer, Question, QuestionKind, Record, Verdict as Said};
use engraft_core::Embed;
use engraft_eval::Resampling;
use engraft_tune::artefact::{Artefact, Draft, FORMAT, Manifest, Probe, Trained};
use engraft_tune::data::{Fitted, OverLength, one_group};
use engraft_tune::groundedness::{
    BASE, Claim, ClaimRow, Groundedness, GroundednessOptions, Judged, LONGEST, Measuring, Reader, Reading,
    Tier, UNSURE, fit_claims, read_claims, tune_groundedness as tune,
};
use engraft_tune::{TuneError, seeds};
use serde_json::{Value, json};

use crate::dataset::opened::Opened;
use crate::people::{Act, Principal};
use crate::tune::base::{self, BaseEncoder};
use crate::tune::predict::base_of;
use crate::tune::report::{TuneReport, sum};
use crate::tune::rows::{Source, document_of, group_of};
use crate::tune::{PROBES, RESAMPLES, TuneRequest, judging, leftovers};
use crate::{Context, Error, Workspace};

/// The folder of a model's own encoder.
const OWN: &str = "encoder";

/// What judge of claims to tune.
#[derive(Clone, Debug)]
pub struct GroundednessRequest {
    /// What every tuner is asked.
    pub tune: TuneRequest,
    /// `coverage`, `shipped`, `features`, `meaning`, `encoder` or `auto`.
    pub method: String,
}

/// Tunes a judge of claims and registers it, whatever the verdict.
pub fn tune_groundedness(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    request: &GroundednessRequest,
) -> Result<TuneReport, Error> {
    who.must(Act::Manage)?;
    let asked = &request.tune;
    let tier = tier(&request.method)?;
    let policy = asked.policy()?;
    leftovers::begin(context, workspace, asked)?;
    let began = (context.now_ns)();
    context.progress.stage("read", None);
    let read = |path: &Path| read_claims(path, true);
    let fits = |question: &Question| matches!(question.kind, QuestionKind::Support { .. });
    let mut source = judging::rows(context, workspace, who, asked, read, &fits, "support", &of_item)?;
    let mut eval = asked.eval.as_deref().map(|path| judging::of_file(path, read)).transpose()?;
    // Only the two highest tiers need an encoder, and a person who wants none of it need not have one.
    let encoder = match tier {
        Some(Tier::Meaning | Tier::Encoder) => base::open(context, workspace, asked.base.as_deref())?,
        _ => None,
    };
    let mut over_length = Fitted::default();
    if let Some(base) = encoder.as_ref().filter(|_| tier == Some(Tier::Encoder)) {
        for claims in std::iter::once(&mut source).chain(&mut eval) {
            over_length = sum(over_length, made_to_fit(context, claims, &base.dir, policy)?);
        }
    }
    let name = judging::name(workspace, asked, &source.stem, "groundedness");
    let draft = Draft::begin(&workspace.models(), &name)?;
    let own = draft.path().join(OWN);
    let reading = encoder.as_ref().filter(|_| tier == Some(Tier::Encoder));
    let reading = reading.map(|base| Reading { base: &base.dir, into: &own, threads: workspace.threads() });
    if reading.is_some() {
        std::fs::create_dir(&own).map_err(Error::io("create", &own))?;
    }
    let options = GroundednessOptions {
        tier,
        seeds: asked.seeds,
        seed: asked.seed,
        reading,
        resampling: Resampling { seed: asked.seed, resamples: RESAMPLES },
    };
    let encoding = encoder.as_ref().filter(|_| tier == Some(Tier::Meaning));
    let encoding = encoding.map(|base| &base.encoder as &dyn Embed);
    let of_eval = eval.as_ref().map_or("", |eval| &eval.snapshot);
    let started = encoder.as_ref().map_or(String::new(), |base| base.remembered().fingerprint);
    let keep = base::keep(workspace, request, &[&source.snapshot, of_eval, &started])?;
    let watch = base::watch(&context, Some(&keep));
    let held = eval.as_ref().map(|eval| eval.rows.as_slice());
    let tuned = tune(&source.rows, held, &options, encoding, watch)?;
    let seconds = ((context.now_ns)() - began) as f64 / 1e9;
    context.progress.stage("register", None);
    tuned.model.save(draft.path())?;
    let needed = tuned.model.needs_encoder() || tuned.tier == Tier::Encoder;
    let base = encoder.as_ref().filter(|_| needed).map(BaseEncoder::remembered);
    let judged_by = eval.as_ref().unwrap_or(&source);
    let claims: Vec<Claim> = judged_by.rows.iter().take(PROBES).map(|row| row.claim.clone()).collect();
    let says = |model: &Groundedness, dir: &Path| -> Result<Vec<Value>, TuneError> {
        let reader = reader_of(model, dir, workspace.threads())?;
        let encoder = encoding.filter(|_| model.needs_encoder());
        let measuring = Measuring::default();
        let judged = judge(model, &measuring, &claims, encoder, reader.as_ref())?;
        Ok(judged.iter().map(|(judged, _)| answer(judged)).collect())
    };
    let probes = claims.iter().zip(says(&tuned.model, draft.path())?);
    let probes = probes.map(|(claim, output)| Probe {
        input: json!({ "claim": claim.text, "evidence": claim.evidence }),
        output,
    });
    let mut lineage = vec![source.lineage.clone()];
    lineage.extend(eval.as_ref().map(|eval| format!("eval-{}", eval.lineage)));
    lineage.extend(base.as_ref().map(|base| format!("base:{}@{}", base.name, base.fingerprint)));
    let data = judging::data_report(&source, eval.as_ref(), said, ClaimRow::audited);
    let verdict = tuned.verdict.unless_learned(data.leaked, data.eval_rows);
    let manifest = Manifest {
        format: FORMAT,
        name,
        kind: "groundedness".into(),
        method: tuned.tier.name().into(),
        base,
        data_snapshot: source.snapshot.clone(),
        seeds: seeds(asked.seed, asked.seeds),
        created: (context.now)(),
        build: env!("CARGO_PKG_VERSION").into(),
        labels: Vec::new(),
        settings: json!({ "trusted": tuned.model.trusted, "unsure": [UNSURE.0, UNSURE.1] }),
        train: Trained { rows: tuned.rows, steps: tuned.fits, seconds },
        eval: tuned.eval,
        against: BASE.into(),
        against_base: tuned.against_base,
        ship: verdict.ship,
        why: verdict.why,
        lineage,
        probes: probes.collect(),
        files: Default::default(),
    };
    let artefact = draft.register(manifest, |read| says(&Groundedness::load(read)?, &read.dir))?;
    keep.clear();
    let mut report = TuneReport::of(&artefact, data);
    report.stopped = tuned.stopped;
    report.data.over_length = over_length;
    report.data.rows_unused = tuned.unused;
    let names: Vec<String> = source.rows.iter().map(ClaimRow::grouped_by).collect();
    let groups: Vec<Option<&str>> = names.iter().map(|name| Some(name.as_str())).collect();
    report.data.one_group_rows = if one_group(&groups) { names.len() } else { 0 };
    Ok(report)
}

/// Makes claims fit the encoder in `base`, and says where of their evidence only a part is read.
fn made_to_fit(
    context: Context,
    claims: &mut Source<ClaimRow>,
    base: &Path,
    policy: OverLength,
) -> Result<Fitted, Error> {
    let fitted = fit_claims(std::mem::take(&mut claims.rows), base, policy)?;
    claims.rows = fitted.rows;
    if fitted.in_part > 0 {
        let shown = fitted.in_part;
        let why = format!("{LONGEST} tokens hold no more");
        context
            .progress
            .say(&format!("of {shown} claims only the sentences that hold most of them are read: {why}"));
    }
    Ok(fitted.done)
}

fn tier(method: &str) -> Result<Option<Tier>, Error> {
    let found = Tier::ALL.into_iter().find(|tier| tier.name() == method);
    if found.is_none() && method != "auto" {
        let hint = "choose auto, coverage, shipped, features, meaning or encoder".to_string();
        return Err(Error::Request { message: format!("`{method}` is no method for groundedness"), hint });
    }
    Ok(found)
}

/// What a row says, whatever its id and its label.
fn said(row: &ClaimRow) -> (&str, &[String]) {
    (row.claim.text.as_str(), row.claim.evidence.as_slice())
}

/// The sentences of an item's answer as claims, each against all passages of the item. Sentences that cite nothing are no claims.
fn of_item(_: &Opened, question: &Question, record: &Record) -> Option<Vec<ClaimRow>> {
    let QuestionKind::Support { passages, .. } = &question.kind else { return None };
    let Some(Answer::Support(sentences)) = record.resolution.as_ref()?.answers.get(&question.name) else {
        return None;
    };
    let shown = record.fields.get(passages).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let evidence: Vec<String> =
        shown.iter().filter_map(|passage| Some(passage["text"].as_str()?.to_string())).collect();
    let group = together(record, shown, &evidence);
    let cites = sentences.iter().filter(|sentence| sentence.verdict != Said::NoCitation);
    let rows = cites.map(|sentence| ClaimRow {
        id: format!("{}@{}", record.id, sentence.char_start),
        line: 0,
        claim: Claim { text: sentence.quote.clone(), evidence: evidence.clone() },
        // A sentence that is partly supported is not supported.
        grade: Some(f64::from(u8::from(sentence.verdict == Said::Supported))),
        group: Some(group.clone()),
    });
    Some(rows.collect())
}

/// What claims never part from: what their item names, else the one document that all its passages are of, else the same passages
/// in any order.
fn together(record: &Record, shown: &[Value], evidence: &[String]) -> String {
    let mut documents: BTreeSet<Option<String>> = shown.iter().map(document_of).collect();
    let only = documents.pop_first().flatten().filter(|_| documents.is_empty());
    group_of(record, []).or(only).unwrap_or_else(|| {
        let mut evidence = evidence.to_vec();
        evidence.sort();
        evidence.join("\n")
    })
}

/// Hands a line for every claim of `input` to `take`: `{id, score, verdict, missing}`, with `truncated_tokens` where something of it
/// was not read.
pub(crate) fn predict(
    context: Context,
    workspace: &Workspace,
    artefact: &Artefact,
    input: &Path,
    take: &mut dyn FnMut(Value) -> Result<(), Error>,
) -> Result<(), Error> {
    let model = Groundedness::load(artefact)?;
    let encoder = model.needs_encoder().then(|| base_of(context, workspace, artefact)).transpose()?;
    let encoder = encoder.as_ref().map(|encoder| encoder as &dyn Embed);
    let reader = reader_of(&model, &artefact.dir, workspace.threads())?;
    let measuring = Measuring::default();
    let say = |rows: &[ClaimRow]| {
        let claims: Vec<Claim> = rows.iter().map(|row| row.claim.clone()).collect();
        let judged = judge(&model, &measuring, &claims, encoder, reader.as_ref())?;
        let line = |(row, (judged, lost)): (&ClaimRow, &(Judged, usize))| {
            let mut line = answer(judged);
            line["id"] = row.id.clone().into();
            judging::truncated(line, *lost)
        };
        Ok(rows.iter().zip(&judged).map(line).collect())
    };
    judging::lines(context, read_claims(input, false)?, |row| row.line, &say, take)
}

/// The encoder of its own that a model has.
fn reader_of(model: &Groundedness, dir: &Path, threads: usize) -> Result<Option<Reader>, TuneError> {
    (model.reads != 0.0).then(|| Reader::open(&dir.join(OWN), threads)).transpose()
}

/// What a model makes of each claim, and how many of its tokens the model's own encoder did not read.
fn judge(
    model: &Groundedness,
    measuring: &Measuring,
    claims: &[Claim],
    encoder: Option<&dyn Embed>,
    reader: Option<&Reader>,
) -> Result<Vec<(Judged, usize)>, TuneError> {
    let measured = measuring.measures(claims, encoder)?;
    let read = match reader {
        Some(reader) => reader.says(claims, &measured)?,
        None => vec![(0.0, 0); claims.len()],
    };
    Ok(measured
        .iter()
        .zip(read)
        .map(|(features, (read, lost))| (model.judge(features, read), lost))
        .collect())
}

fn answer(judged: &Judged) -> Value {
    let score = (judged.score * 1e6).round() / 1e6;
    json!({ "score": score, "verdict": judged.verdict, "missing": judged.missing })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(metadata: &Value, passages: &Value, expected: &str) {
        let metadata = metadata.as_object().unwrap().clone().into_iter().collect();
        let record = Record { id: "item".into(), metadata, ..Record::default() };
        let shown = passages.as_array().unwrap();
        let text = |passage: &Value| passage["text"].as_str().unwrap().to_string();
        let evidence: Vec<String> = shown.iter().map(text).collect();
        assert_eq!(together(&record, shown, &evidence), expected);
    }

    #[test]
    fn claims_of_one_document_or_with_the_same_passages_stay_together() {
        let of = |text: &str, uri: &str| json!({ "id": text, "text": text, "uri": uri });
        let none = json!({});
        check(&json!({ "document": 7 }), &json!([of("one", "a.md")]), "7");
        check(&none, &json!([of("one", "a.md"), of("two", "a.md")]), "a.md");
        check(&none, &json!([of("two", "b.md"), of("one", "a.md")]), "one\ntwo");
        let (one, two) = (json!({ "id": "1", "text": "one" }), json!({ "id": "2", "text": "two" }));
        check(&none, &json!([two, one]), "one\ntwo");
        check(&none, &json!([two, of("one", "a.md")]), "one\ntwo");
    }
}
