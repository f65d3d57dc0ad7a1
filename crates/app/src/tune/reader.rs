//! `tune reader`: questions with marked answers in, a reader of passages and a verdict out; and what it finds in new passages.

use std::path::Path;
use std::sync::Arc;

use engraft_annotate::{Answer, FieldKind, Question as Ask, QuestionKind, Record};
use engraft_answer::{ExtractOptions, Meaning, Source};
use engraft_core::{CharMap, Embed, Fault, Span};
use engraft_eval::Resampling;
use engraft_nn::Embedder;
use engraft_tune::artefact::{Artefact, Draft, FORMAT, Manifest, Probe, Trained};
use engraft_tune::reader::{
    Answered, Question, QuestionRow, Reader, ReaderBase, ReaderMethod, ReaderOptions, Reading, read_answers,
    read_questions, tune_reader as tune,
};
use engraft_tune::{TuneError, seeds};
use serde_json::{Value, json};

use crate::dataset::opened::Opened;
use crate::people::{Act, Principal};
use crate::search::embed_query;
use crate::serving::READER;
use crate::tune::report::TuneReport;
use crate::tune::rows::group_of;
use crate::tune::{PROBES, RESAMPLES, TuneRequest, base, judging, leftovers, served_if_proven};
use crate::{Context, Error, Workspace};

/// What stands below a tuned reader.
const BELOW: &str = "the reader of sentences";

/// What reader to tune.
#[derive(Clone, Debug)]
pub struct ReaderRequest {
    /// What every tuner is asked.
    pub tune: TuneRequest,
    /// `full` or `lora`.
    pub method: String,
}

/// Tunes a reader and registers it, whatever the verdict; `ask` uses it from then on where it is proven better.
pub fn tune_reader(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    request: &ReaderRequest,
) -> Result<TuneReport, Error> {
    who.must(Act::Manage)?;
    let asked = &request.tune;
    let method = method(&request.method)?;
    asked.policy()?;
    leftovers::begin(context, workspace, asked)?;
    let began = (context.now_ns)();
    context.progress.stage("read", None);
    let fits = |question: &Ask| matches!(question.kind, QuestionKind::Spans { .. });
    let source = judging::rows(context, workspace, who, asked, read_answers, &fits, "spans", &of_item)?;
    let eval = asked.eval.as_deref().map(|path| judging::of_file(path, read_answers)).transpose()?;
    let base = base::open(context, workspace, asked.base.as_deref())?.ok_or_else(|| TuneError::Request {
        message: "a reader needs an encoder, and there is none".into(),
        hint: "name one: `--base all-MiniLM-L6-v2`".into(),
    })?;
    let options = ReaderOptions {
        method,
        seeds: asked.seeds,
        seed: asked.seed,
        resampling: Resampling { seed: asked.seed, resamples: RESAMPLES },
    };
    let threads = workspace.threads();
    let start = ReaderBase { dir: &base.dir, tokenizer: base.encoder.tokenizer(), threads };
    let below = |asked: &[&Question]| {
        let least = workspace.config.answer.min_support;
        asked.iter().map(|one| sentence(&base.encoder, one, least)).collect::<Result<Vec<_>, TuneError>>()
    };
    let held = eval.as_ref().map(|eval| eval.rows.as_slice());
    let of_eval = eval.as_ref().map_or("", |eval| &eval.snapshot);
    let keep = base::keep(workspace, request, &[&source.snapshot, of_eval, &base.remembered().fingerprint])?;
    let watch = base::watch(&context, Some(&keep));
    let tuned = tune(&source.rows, held, &options, &start, (&below, BELOW), watch)?;
    let seconds = ((context.now_ns)() - began) as f64 / 1e9;
    context.progress.stage("register", None);
    let name = judging::name(workspace, asked, &source.stem, "reader");
    let draft = Draft::begin(&workspace.models(), &name)?;
    tuned.save(draft.path())?;
    let probed: Vec<&Question> = tuned.judged.iter().take(PROBES).map(|row| &row.asked).collect();
    let says = |reader: &Reader| -> Result<Vec<Value>, TuneError> {
        let readings = reader.read(&pairs(&probed))?;
        Ok(probed.iter().zip(readings).map(|(one, reading)| told(one, reading)).collect())
    };
    let outputs = says(&Reader::open(&draft.path().join("encoder"), tuned.settings, threads)?)?;
    let input = |one: &&Question| json!({ "question": one.question, "passage": one.passage });
    let probes = probed.iter().zip(outputs).map(|(one, output)| Probe { input: input(one), output });
    let remembered = base.remembered();
    let mut lineage = vec![source.lineage.clone()];
    lineage.extend(eval.as_ref().map(|eval| format!("eval-{}", eval.lineage)));
    lineage.push(format!("base:{}@{}", remembered.name, remembered.fingerprint));
    let said = |row: &QuestionRow| (row.asked.question.clone(), row.asked.passage.clone());
    let data = judging::data_report(&source, eval.as_ref(), said, QuestionRow::audited);
    let verdict = tuned.verdict.unless_learned(data.leaked, data.eval_rows);
    let manifest = Manifest {
        format: FORMAT,
        name,
        kind: READER.into(),
        method: method.name().into(),
        base: Some(remembered),
        data_snapshot: source.snapshot.clone(),
        seeds: seeds(asked.seed, asked.seeds),
        created: (context.now)(),
        build: env!("CARGO_PKG_VERSION").into(),
        labels: Vec::new(),
        settings: serde_json::to_value(tuned.settings).map_err(|error| Error::Bug(error.to_string()))?,
        train: Trained { rows: tuned.rows, steps: tuned.steps, seconds },
        eval: tuned.eval,
        against: BELOW.into(),
        against_base: tuned.against_base,
        ship: verdict.ship,
        why: verdict.why,
        lineage,
        probes: probes.collect(),
        files: Default::default(),
    };
    let artefact = draft.register(manifest, |read| says(&Reader::load(read, threads)?))?;
    keep.clear();
    let served = served_if_proven(context, workspace, who, &artefact)?;
    let mut report = TuneReport::of(&artefact, data);
    report.served = served;
    report.calibration = Some(tuned.calibration);
    report.data.eval_rows = tuned.judged.len();
    report.data.over_length.too_long = tuned.split;
    report.data.over_length.split = tuned.split;
    Ok(report)
}

fn method(word: &str) -> Result<ReaderMethod, Error> {
    match word {
        "full" => Ok(ReaderMethod::Full),
        "lora" => Ok(ReaderMethod::Lora),
        _ => {
            let message = format!("`{word}` is no method for a reader");
            Err(Error::Request { message, hint: "choose full or lora".into() })
        }
    }
}

/// What the reader below says: the sentence that answers best, where its support is enough.
fn sentence(encoder: &Embedder, asked: &Question, least: f32) -> Result<Answered, TuneError> {
    let failed = |error: Error| TuneError::Bug(error.to_string());
    let question = embed_query(encoder, &asked.question).map_err(failed)?;
    let map = Arc::new(CharMap::new(&asked.passage));
    let Some(span) = Span::new(0, map.chars()) else {
        return Ok(Answered { answer: String::new(), quote: String::new(), support: 0.0 });
    };
    // A passage that does not fit the window has no vector of its own; its sentences have.
    let passage = encoder.embed(&[&asked.passage]).ok().and_then(|mut all| all.pop());
    let source = Source {
        uri: asked.id.clone(),
        title: None,
        heading: Vec::new(),
        page: None,
        text: Arc::clone(&map),
        span,
        updated_at: String::new(),
        superseded: false,
        score: 1.0,
        dense: passage.map(|passage| engraft_tune::dot(&question, &passage)),
        lexical: None,
    };
    let options = ExtractOptions { sentences: 1, ..ExtractOptions::default() };
    let meaning = Meaning { question: &question, encoder };
    let found = engraft_answer::extract(&asked.question, &[source], &options, Some(meaning));
    let quotes = found.draft.markers.iter().filter_map(|marker| map.quote(marker.span?));
    let answer = if found.support < least { String::new() } else { quotes.collect::<Vec<_>>().join(" ") };
    Ok(Answered { quote: answer.clone(), answer, support: f64::from(found.support) })
}

/// The question of an item, its passage and the spans people marked there; spans with gaps are left out.
fn of_item(dataset: &Opened, question: &Ask, record: &Record) -> Option<Vec<QuestionRow>> {
    let QuestionKind::Spans { field, .. } = &question.kind else { return None };
    let Some(Answer::Spans(marked)) = record.resolution.as_ref()?.answers.get(&question.name) else {
        return None;
    };
    let text = |name: &str| {
        let value = record.fields.get(name)?;
        value.as_str().or_else(|| value.get("text")?.as_str())
    };
    let passage = text(field)?.to_string();
    let others =
        dataset.schema.fields.iter().filter(|other| {
            other.name != *field && matches!(other.kind, FieldKind::Text | FieldKind::Markdown)
        });
    let asked: Vec<&str> = others.filter_map(|other| text(&other.name)).collect();
    if asked.is_empty() {
        return None;
    }
    let whole = marked.iter().filter(|one| one.parts.is_empty());
    let answers = whole.filter_map(|one| Span::new(one.char_start, one.char_end)).collect();
    let group = group_of(record, [field.as_str()]).unwrap_or_else(|| passage.clone());
    let asked = Question { id: record.id.clone(), line: 0, question: asked.join(" "), passage };
    Some(vec![QuestionRow { asked, answers, group }])
}

/// Hands a line for every question of `input` to `take`: `{id, answerable, score, spans}`, or `{id, error}` for one that cannot be
/// read. `score` is how probable it is that the passage answers.
pub(crate) fn predict(
    context: Context,
    workspace: &Workspace,
    artefact: &Artefact,
    input: &Path,
    take: &mut dyn FnMut(Value) -> Result<(), Error>,
) -> Result<(), Error> {
    let reader = Reader::load(artefact, workspace.threads())?;
    let say = |rows: &[Question]| {
        let refused: Vec<Option<TuneError>> =
            rows.iter().map(|row| reader.fits(&row.question, &row.passage).err()).collect();
        let fitting = rows.iter().zip(&refused).filter(|(_, refused)| refused.is_none());
        let fitting: Vec<&Question> = fitting.map(|(row, _)| row).collect();
        let mut readings = reader.read(&pairs(&fitting))?.into_iter();
        let line = |(row, refused): (&Question, Option<TuneError>)| {
            let mut line = match refused {
                Some(error) => {
                    let message = error.to_string();
                    json!({ "error": { "kind": "too_long", "message": message, "hint": error.hint() } })
                }
                None => readings.next().map_or(Value::Null, |reading| told(row, reading)),
            };
            line["id"] = row.id.clone().into();
            line
        };
        Ok(rows.iter().zip(refused).map(line).collect())
    };
    judging::lines(context, read_questions(input)?, |row| row.line, &say, take)
}

fn pairs<'q>(asked: &[&'q Question]) -> Vec<(&'q str, &'q str)> {
    asked.iter().map(|one| (one.question.as_str(), one.passage.as_str())).collect()
}

fn told(asked: &Question, reading: Reading) -> Value {
    let score = (reading.support * 1e6).round() / 1e6;
    let map = CharMap::new(&asked.passage);
    let span = |span: Span| {
        json!({ "char_start": span.start(), "char_end": span.end(), "label": "answer",
            "quote": map.quote(span).unwrap_or_default(), "score": score })
    };
    let spans: Vec<Value> = reading.answer().map(span).into_iter().collect();
    json!({ "answerable": !spans.is_empty(), "score": score, "spans": spans })
}
