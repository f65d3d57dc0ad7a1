//! `tune reward`: preferences in, a model that scores responses and a verdict out; and what it says of new responses.

use std::collections::BTreeSet;
use std::path::Path;

use engraft_annotate::{Answer, Choice, FieldKind, Question, QuestionKind, Record};
use engraft_core::Embed;
use engraft_eval::Resampling;
use engraft_tune::artefact::{Artefact, Draft, FORMAT, Manifest, Probe, Trained};
use engraft_tune::data::one_group;
use engraft_tune::reward::{
    Asked, BASE, LONGEST, PairBase, PairScorer, PreferenceRow, Reward, RewardOptions, Said, Seen, Tier,
    Turns, read_preferences, read_said, see, tune_pair_reward, tune_reward as tune,
};
use engraft_tune::{TuneError, seeds};
use serde_json::{Value, json};

use crate::dataset::opened::Opened;
use crate::people::{Act, Principal};
use crate::tune::base::{self, BaseEncoder};
use crate::tune::feedback::pairs::read_corrections;
use crate::tune::feedback::{FeedbackReport, is_feedback, key};
use crate::tune::predict::base_of;
use crate::tune::report::TuneReport;
use crate::tune::rows::Source;
use crate::tune::{PROBES, RESAMPLES, TuneRequest, judging, leftovers};
use crate::{Context, Error, Workspace};

/// Terms that speak most, kept in the manifest for whoever asks why.
const TELLING: usize = 30;
/// The folder of a pair encoder within a model.
const ENCODER: &str = "encoder";

/// What reward model to tune.
#[derive(Clone, Debug)]
pub struct RewardRequest {
    /// What every tuner is asked.
    pub tune: TuneRequest,
    /// `longer`, `style`, `words`, `meaning`, `encoder` or `auto`.
    pub method: String,
}

/// Tunes a reward model and registers it, whatever the verdict.
pub fn tune_reward(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    request: &RewardRequest,
) -> Result<TuneReport, Error> {
    who.must(Act::Manage)?;
    let asked = &request.tune;
    let tier = tier(&request.method)?;
    let policy = asked.policy()?;
    leftovers::begin(context, workspace, asked)?;
    let began = (context.now_ns)();
    context.progress.stage("read", None);
    let fits = |question: &Question| match &question.kind {
        QuestionKind::Preference { .. } => true,
        QuestionKind::Ranking { field, .. } => field.is_some(),
        _ => false,
    };
    let wanted = "preference or ranking";
    let data = Path::new(&asked.data);
    let (mut source, mut feedback) = match workspace.store.dataset(&asked.data)? {
        None if is_feedback(data) => of_path(workspace, data)?,
        _ => {
            (judging::rows(context, workspace, who, asked, read_preferences, &fits, wanted, &of_item)?, None)
        }
    };
    let eval = asked.eval.as_deref().map(|path| of_path(workspace, path)).transpose()?;
    let eval = eval.map(|(eval, _)| eval);
    if let (Some(feedback), Some(eval)) = (&mut feedback, &eval) {
        // People ask the same again and again: what is evaluated on is not learned from.
        let judged: BTreeSet<String> = eval.rows.iter().map(|row| key(&row.grouped_by())).collect();
        let before = source.rows.len();
        source.rows.retain(|row| !judged.contains(&key(&row.grouped_by())));
        feedback.left_out = before - source.rows.len();
    }
    let encoder = match tier {
        None | Some(Tier::Meaning | Tier::Encoder) => base::open(context, workspace, asked.base.as_deref())?,
        _ => None,
    };
    let options = RewardOptions {
        tier,
        seeds: asked.seeds,
        seed: asked.seed,
        resampling: Resampling { seed: asked.seed, resamples: RESAMPLES },
    };
    let encoding = encoder.as_ref().map(|base| &base.encoder as &dyn Embed);
    let of_eval = eval.as_ref().map_or("", |eval| &eval.snapshot);
    let started = encoder.as_ref().map_or(String::new(), |base| base.remembered().fingerprint);
    let keep = base::keep(workspace, request, &[&source.snapshot, of_eval, &started])?;
    let watch = base::watch(&context, Some(&keep));
    let held = eval.as_ref().map(|eval| eval.rows.as_slice());
    let mut tuned = match (tier, &encoder) {
        (Some(Tier::Encoder), Some(base)) => {
            let base = PairBase { dir: &base.dir, tokenizer: base.encoder.tokenizer(), over_length: policy };
            tune_pair_reward(&source.rows, held, &options, &base, watch)?
        }
        (Some(Tier::Encoder), None) => {
            return Err(TuneError::Request {
                message: "the method `encoder` needs an encoder".into(),
                hint: "run `engraft model pull all-MiniLM-L6-v2`, or use `--method words`".into(),
            }
            .into());
        }
        _ => tune(&source.rows, held, &options, encoding, watch)?,
    };
    let seconds = ((context.now_ns)() - began) as f64 / 1e9;
    context.progress.stage("register", None);
    let name = judging::name(workspace, asked, &source.stem, "reward");
    let draft = Draft::begin(&workspace.models(), &name)?;
    tuned.model.save(draft.path())?;
    if let (Some(task), Some(base)) = (&mut tuned.pair, &encoder) {
        task.save(&base.dir, &draft.path().join(ENCODER))?;
    }
    let base = encoder
        .as_ref()
        .filter(|_| tuned.model.needs_encoder() || tuned.pair.is_some())
        .map(BaseEncoder::remembered);
    let judged_by = eval.as_ref().unwrap_or(&source);
    let probed = judged_by.rows.iter().take(PROBES);
    let probed: Vec<Said> =
        probed.map(|row| Said { prompt: row.prompt.clone(), response: row.chosen.clone() }).collect();
    let says = |model: &Reward, dir: &Path| -> Result<Vec<Value>, TuneError> {
        let scorer = scorer(model, dir, workspace.threads())?;
        let (seen, _) = seen(model, scorer.as_ref(), encoding, &probed)?;
        Ok(seen.iter().map(|seen| json!({ "score": round(model.score(seen)) })).collect())
    };
    let probes = probed.iter().zip(says(&tuned.model, draft.path())?);
    let probes = probes.map(|(said, output)| Probe {
        input: json!({ "prompt": messages(&said.prompt), "response": said.response }),
        output,
    });
    let mut lineage = vec![source.lineage.clone()];
    lineage.extend(eval.as_ref().map(|eval| format!("eval-{}", eval.lineage)));
    lineage.extend(base.as_ref().map(|base| format!("base:{}@{}", base.name, base.fingerprint)));
    let (style, terms) = tuned.model.explain(TELLING);
    let data =
        judging::data_report(&source, eval.as_ref(), PreferenceRow::grouped_by, PreferenceRow::audited);
    let verdict = tuned.verdict.unless_learned(data.leaked, data.eval_rows);
    let manifest = Manifest {
        format: FORMAT,
        name,
        kind: "reward".into(),
        method: tuned.tier.name().into(),
        base,
        data_snapshot: source.snapshot.clone(),
        seeds: seeds(asked.seed, asked.seeds),
        created: (context.now)(),
        build: env!("CARGO_PKG_VERSION").into(),
        labels: Vec::new(),
        settings: json!({ "style": style, "terms": terms }),
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
    let artefact = draft.register(manifest, |read| says(&Reward::load(read)?, &read.dir))?;
    keep.clear();
    let mut report = TuneReport::of(&artefact, data);
    report.stopped = tuned.stopped;
    report.data.feedback = feedback;
    report.data.eval_rows = tuned.judged;
    let names: Vec<String> = source.rows.iter().map(PreferenceRow::grouped_by).collect();
    let groups: Vec<Option<&str>> = names.iter().map(|name| Some(name.as_str())).collect();
    report.data.one_group_rows = if one_group(&groups) { names.len() } else { 0 };
    report.data.over_length = tuned.over_length;
    if tuned.cut_prompts > 0 {
        let shown = tuned.cut_prompts;
        context
            .progress
            .say(&format!("of {shown} prompts only the end was read: {LONGEST} tokens hold both"));
    }
    Ok(report)
}

/// The preferences at `path`; with what feedback came to, where it is that.
fn of_path(
    workspace: &Workspace,
    path: &Path,
) -> Result<(Source<PreferenceRow>, Option<FeedbackReport>), Error> {
    if is_feedback(path) {
        let (rows, report) = read_corrections(&workspace.store, path)?;
        return Ok((judging::of_rows(path, rows)?, Some(report)));
    }
    Ok((judging::of_file(path, read_preferences)?, None))
}

fn tier(method: &str) -> Result<Option<Tier>, Error> {
    let found = Tier::ALL.into_iter().find(|tier| tier.name() == method);
    if found.is_none() && method != "auto" {
        let hint = "choose auto, longer, style, words, meaning or encoder".to_string();
        return Err(Error::Request { message: format!("`{method}` is no method for a reward"), hint });
    }
    Ok(found)
}

/// The pairs of an item's answers that people told apart; none where they called them equal or all bad.
fn of_item(dataset: &Opened, question: &Question, record: &Record) -> Option<Vec<PreferenceRow>> {
    let (QuestionKind::Preference { field, .. } | QuestionKind::Ranking { field: Some(field), .. }) =
        &question.kind
    else {
        return None;
    };
    let said = record.resolution.as_ref()?.answers.get(&question.name)?;
    let shown = record.fields.get(field).and_then(Value::as_array)?;
    let answers: Vec<(&str, &str)> =
        shown.iter().filter_map(|answer| Some((answer["id"].as_str()?, answer["text"].as_str()?))).collect();
    let mut pairs: Vec<(&str, &str, f64)> = Vec::new();
    match said {
        Answer::Preference(preference) => {
            let Choice::Id(best) = &preference.choice else { return Some(Vec::new()) };
            let (_, chosen) = answers.iter().find(|(id, _)| id == best)?;
            let margin = preference.strength.map_or(0.0, f64::from);
            let others = answers.iter().filter(|(id, _)| id != best);
            pairs.extend(others.map(|(_, other)| (*chosen, *other, margin)));
        }
        Answer::Ranking(places) => {
            let rank = |id: &str| places.iter().find(|placed| placed.value == id).map(|placed| placed.rank);
            for (id, text) in &answers {
                let worse = answers.iter().filter(|(other, _)| rank(id) < rank(other) && rank(id).is_some());
                pairs.extend(worse.map(|(_, other)| (*text, *other, 0.0)));
            }
        }
        _ => return None,
    }
    let prompt = prompt(dataset, record);
    let apart = pairs.into_iter().filter(|(chosen, rejected, _)| chosen != rejected).enumerate();
    let rows = apart.map(|(n, (chosen, rejected, margin))| PreferenceRow {
        id: format!("{}@{n}", record.id),
        line: 0,
        prompt: prompt.clone(),
        chosen: chosen.into(),
        rejected: rejected.into(),
        margin,
        group: None,
    });
    Some(rows.collect())
}

/// What the answers of an item answer: its chat, or its texts, one a turn.
fn prompt(dataset: &Opened, record: &Record) -> Turns {
    let mut turns = Turns::new();
    for field in &dataset.schema.fields {
        let Some(value) = record.fields.get(&field.name) else { continue };
        match field.kind {
            FieldKind::Text | FieldKind::Markdown => {
                turns.extend(value.as_str().map(|text| ("user".to_string(), text.to_string())));
            }
            FieldKind::Chat => {
                let said = value.as_array().into_iter().flatten();
                turns.extend(said.filter_map(|turn| {
                    Some((turn["role"].as_str()?.to_string(), turn["content"].as_str()?.to_string()))
                }));
            }
            _ => {}
        }
    }
    turns
}

/// Hands a line for every response of `input` to `take`: `{id, score}`, with `truncated_tokens` where something of it or of its
/// prompt was not read.
pub(crate) fn predict(
    context: Context,
    workspace: &Workspace,
    artefact: &Artefact,
    input: &Path,
    take: &mut dyn FnMut(Value) -> Result<(), Error>,
) -> Result<(), Error> {
    let model = Reward::load(artefact)?;
    let encoder = model.needs_encoder().then(|| base_of(context, workspace, artefact)).transpose()?;
    let encoder = encoder.as_ref().map(|encoder| encoder as &dyn Embed);
    let scorer = scorer(&model, &artefact.dir, workspace.threads())?;
    let say = |rows: &[Asked]| {
        let said: Vec<Said> = rows.iter().map(|row| row.said.clone()).collect();
        let (seen, lost) = seen(&model, scorer.as_ref(), encoder, &said)?;
        let line = |((row, seen), lost): ((&Asked, &Seen), usize)| {
            judging::truncated(json!({ "id": row.id, "score": round(model.score(seen)) }), lost)
        };
        Ok(rows.iter().zip(&seen).zip(lost).map(line).collect())
    };
    judging::lines(context, read_said(input)?, |row| row.line, &say, take)
}

/// The model's own pair encoder, where it has one; `dir` is its folder.
pub(crate) fn scorer(model: &Reward, dir: &Path, threads: usize) -> Result<Option<PairScorer>, TuneError> {
    let open = |head: &[f32]| PairScorer::open(&dir.join(ENCODER), head.to_vec(), threads);
    model.pair_head().map(open).transpose()
}

/// Responses as the model reads them, and how many tokens of each, and of its prompt, its pair encoder did not read; `encoder` is the
/// one it was tuned from.
pub(crate) fn seen(
    model: &Reward,
    scorer: Option<&PairScorer>,
    encoder: Option<&dyn Embed>,
    said: &[Said],
) -> Result<(Vec<Seen>, Vec<usize>), TuneError> {
    let mut seen = see(said, encoder.filter(|_| model.needs_encoder()), &mut |_| Ok(()))?;
    let mut lost = vec![0; said.len()];
    if let Some(scorer) = scorer {
        for ((seen, lost), told) in seen.iter_mut().zip(&mut lost).zip(scorer.scores(said)?) {
            (seen.pair, *lost) = told;
        }
    }
    Ok((seen, lost))
}

fn messages(turns: &Turns) -> Value {
    turns.iter().map(|(role, content)| json!({ "role": role, "content": content })).collect()
}

fn round(score: f64) -> f64 {
    (score * 1e6).round() / 1e6
}
