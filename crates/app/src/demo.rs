//! `demo`: from an empty folder to cited answers on the bundled sample, and what changes when a policy changes.

mod annotated;
mod tuned;

use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

pub use annotated::AnnotatedReport;

use crate::decide::{DecideRequest, Decided, Task, decide};
use crate::isolate::Parsers;
use crate::people::Secret;
use crate::tune::TuneReport;
use crate::{
    AskReport, AskRequest, Context, Error, IngestReport, IngestRequest, Workspace, ask, ingest, init, sync,
};

/// The file under a workspace that says a demonstration made it: only such a one may be made anew.
const MARK: &str = ".engraft/demonstration";

static SAMPLE: Dir = include_dir!("$CARGO_MANIFEST_DIR/../../sample");

/// What the demonstration did.
#[derive(Debug, Serialize)]
pub struct DemoReport {
    /// The workspace it made.
    pub workspace: PathBuf,
    /// The bundled handbook, as files.
    pub documents: PathBuf,
    /// Bringing them in.
    pub ingested: IngestReport,
    /// The tour's questions with their answers.
    pub asked: Vec<Asked>,
    /// Bringing in the changed policy.
    pub updated: IngestReport,
    /// The questions whose answer the change made another.
    pub asked_again: Vec<Asked>,
    /// What people said about messages and passages, and what it came to.
    pub annotated: AnnotatedReport,
    /// The classifier that learned from the messages.
    pub tuned: TuneReport,
    /// The reranker that learned from the passages.
    pub reranked: TuneReport,
    /// Retrieval, fine-tuning or both, for the same messages.
    pub decided: Decided,
    /// What can be done next: command lines, the last but one after an edit by hand.
    pub next: Vec<String>,
}

/// A question of the tour and its answer.
#[derive(Debug, Serialize)]
pub struct Asked {
    /// The question.
    pub question: String,
    /// The answer.
    pub report: AskReport,
}

/// A question of the sample.
#[derive(Deserialize)]
struct QuestionLine {
    question: String,
    /// What answers it once the policy has changed, where that is something else.
    #[serde(default)]
    after_update: Option<IgnoredAny>,
}

/// Runs the demonstration in `dir`, which must be empty, absent or an earlier demonstration.
pub fn demo(
    context: Context,
    dir: &Path,
    threads: usize,
    parsers: &Parsers,
    random: &Secret,
) -> Result<DemoReport, Error> {
    let documents = dir.join("handbook");
    let earlier = dir.join("engraft.toml").is_file() && dir.join(MARK).is_file();
    let occupied = std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some());
    if occupied && !earlier {
        return Err(Error::Request {
            message: format!("{} is not empty, and no demonstration made it", dir.display()),
            hint: "name a new folder: `engraft demo FOLDER`".into(),
        });
    }
    if earlier && documents.is_dir() {
        std::fs::remove_dir_all(&documents).map_err(Error::io("replace", &documents))?;
    }
    let made = init(dir, Some("Engraft demonstration"), None)?;
    mark(&made.workspace)?;
    let documents = made.workspace.join("handbook");
    unpack("handbook", &documents)?;
    let workspace = Workspace::open(&made.workspace, threads)?;
    let request = IngestRequest { paths: vec![documents.display().to_string()], ..IngestRequest::default() };
    let ingested = ingest(context, &workspace, parsers, &request)?;

    let tour = questions("demo.jsonl")?;
    context.progress.stage("ask", Some(tour.len() as u64));
    let asked = answers(context, &workspace, tour.iter())?;

    unpack("updates", &documents)?;
    apply_removals(&documents)?;
    let updated = sync(context, &workspace, parsers, None, false)?;
    let asked_again = answers(context, &workspace, tour.iter().filter(|line| line.after_update.is_some()))?;
    let scratch = tempfile::tempdir().map_err(Error::io("create a folder in", &std::env::temp_dir()))?;
    unpack("annotation", scratch.path())?;
    let annotated = annotated::annotate(context, &workspace, scratch.path(), random)?;
    let tuned = tuned::tune(context, &workspace, scratch.path(), &annotated.dataset)?;
    let reranked = tuned::rerank(context, &workspace, &annotated.judgements)?;
    let task = Task::read(&scratch.path().join("topics.toml"))?;
    let out = made.workspace.join("decision");
    let workspace = Some(&workspace);
    let request =
        DecideRequest { task: &task, out: &out, command: "engraft demo", threads, workspace, parsers };
    let decided = decide(context, &request)?;
    let workspace = made.workspace;
    let next = next(&workspace, &documents, &annotated.dataset, &tuned.model);
    Ok(DemoReport {
        workspace,
        documents,
        ingested,
        asked,
        updated,
        asked_again,
        annotated,
        tuned,
        reranked,
        decided,
        next,
    })
}

/// What can be done with what the demonstration made, and after it.
fn next(workspace: &Path, documents: &Path, dataset: &str, model: &str) -> Vec<String> {
    let there = format!("engraft --workspace {}", workspace.display());
    vec![
        format!("{there} ask \"your own question\""),
        format!("{there} search \"annual leave\" --explain"),
        r#"echo '{"text":"The display stays black."}' > message.jsonl"#.into(),
        format!("{there} predict {model} --input message.jsonl"),
        format!("{there} user add YOUR-NAME --role owner"),
        format!(
            "{there} serve, then open http://127.0.0.1:7700/d/{dataset}/dashboard: annotate, review, watch progress"
        ),
        format!("edit a file in {}, then: {there} sync", documents.display()),
        "engraft init my-team && cd my-team && engraft ingest PATH-TO-YOUR-DOCUMENTS".into(),
    ]
}

fn mark(workspace: &Path) -> Result<(), Error> {
    let mark = workspace.join(MARK);
    let folder = mark.parent().unwrap_or(workspace);
    std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    let says = "`engraft demo` made this workspace and may make it anew.\n";
    std::fs::write(&mark, says).map_err(Error::io("write", &mark))
}

fn answers<'a>(
    context: Context,
    workspace: &Workspace,
    lines: impl Iterator<Item = &'a QuestionLine>,
) -> Result<Vec<Asked>, Error> {
    let each = lines.map(|line| {
        let request = AskRequest { question: line.question.clone(), ..AskRequest::default() };
        let report = ask(context, workspace, &request)?;
        context.progress.advance(1);
        Ok(Asked { question: line.question.clone(), report })
    });
    each.collect()
}

fn questions(name: &str) -> Result<Vec<QuestionLine>, Error> {
    let broken = |why: String| Error::Bug(format!("the bundled sample is broken: {why}"));
    let file = SAMPLE.get_file(name).ok_or_else(|| broken(format!("no {name}")))?;
    let lines = file.contents_utf8().ok_or_else(|| broken(format!("{name} is not UTF-8")))?.lines();
    lines.map(|line| serde_json::from_str(line).map_err(|error| broken(error.to_string()))).collect()
}

/// Writes the files below `name` of the sample into `target`.
fn unpack(name: &str, target: &Path) -> Result<(), Error> {
    let mut folders: Vec<&Dir> = SAMPLE.get_dir(name).into_iter().collect();
    while let Some(folder) = folders.pop() {
        folders.extend(folder.dirs());
        for file in folder.files() {
            let under = file.path().strip_prefix(name).unwrap_or(file.path());
            let path = target.join(under);
            let parent = path.parent().unwrap_or(target);
            std::fs::create_dir_all(parent).map_err(Error::io("create", parent))?;
            std::fs::write(&path, file.contents()).map_err(Error::io("write", &path))?;
        }
    }
    Ok(())
}

/// Deletes what `removed.txt` lists, and that list.
fn apply_removals(documents: &Path) -> Result<(), Error> {
    let list = documents.join("removed.txt");
    let Ok(names) = std::fs::read_to_string(&list) else { return Ok(()) };
    for name in names.lines().map(str::trim).filter(|name| !name.is_empty() && !name.starts_with('#')) {
        let path = documents.join(name);
        if path.exists() {
            std::fs::remove_file(&path).map_err(Error::io("remove", &path))?;
        }
    }
    std::fs::remove_file(&list).map_err(Error::io("remove", &list))
}
