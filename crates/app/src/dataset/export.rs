//! Exporting: a dataset or one of its snapshots in the format of another tool, whole or not at all.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use engraft_annotate::format::{ExportOptions, ExportReport as Exported, Exporter, Format, Loss, Voices};
use engraft_annotate::{Record, Shares};
use engraft_store::SnapshotRow;
use serde_json::Map;

use crate::dataset::opened::{self, Opened};
use crate::dataset::record::Outgoing;
use crate::dataset::view::ExportReport;
use crate::dataset::{record, snapshot};
use crate::people::{Act, Principal};
use crate::{Context, Error, Workspace};

/// Why an answer of earlier is lost.
const CHANGED: &str = "it was given before the questions changed, and none of today's holds it";
/// Why a draft beside a response is.
const SECOND: &str = "its author has responded, and a record holds one response a person";

/// What to take out.
#[derive(Clone, Debug)]
pub struct ExportRequest {
    /// Where to; a folder for brat and BEIR.
    pub path: PathBuf,
    /// The format's name.
    pub format: String,
    /// A snapshot's id or the beginning of one; absent: the dataset as it is now.
    pub snapshot: Option<String>,
    /// Shares such as `train=.8,dev=.1,test=.1`; related items stay together.
    pub split: Option<String>,
    /// Chooses the split.
    pub seed: u64,
    /// The question to write where the format holds one.
    pub question: Option<String>,
    /// Whose answers, where the format holds one set an item: `settled`, `aggregated` or `every`; absent: what is settled.
    pub voices: Option<String>,
    /// Write nothing when anything would be lost.
    pub strict: bool,
}

/// Writes the file or files.
pub fn export(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    name: &str,
    request: &ExportRequest,
) -> Result<ExportReport, Error> {
    who.must(Act::Export)?;
    let began = (context.now_ns)();
    let mut dataset = opened::open(workspace, name)?;
    let format: Format = request.format.parse()?;
    let shares = request.split.as_deref().map(Shares::read).transpose()?;
    let voices = request.voices.as_deref().map(str::parse::<Voices>).transpose()?.unwrap_or_default();
    let (seed, question) = (request.seed, request.question.clone());
    let options = ExportOptions { shares, seed, voices, question };
    let snapshot =
        request.snapshot.as_deref().map(|id| snapshot::find(workspace, &dataset, id)).transpose()?;
    if let Some(row) = &snapshot {
        dataset.schema = snapshot::schema(workspace, &dataset, &row.guideline)?;
    }
    let job = Job { context, workspace, dataset: &dataset, snapshot: snapshot.as_ref(), format, options };
    if request.strict {
        // Written for nobody first: whether anything is lost shows only at the end.
        let scratch = tempfile::tempdir().map_err(Error::io("create a folder in", &std::env::temp_dir()))?;
        refuse_losses(&job.run(&scratch.path().join("export"))?.losses)?;
    }
    let written = job.run(&request.path)?;
    Ok(ExportReport {
        dataset: name.into(),
        snapshot: snapshot.map(|row| row.id),
        rows: written.rows,
        sha256: written.sha256,
        files: written.files,
        beside: written.beside,
        losses: written.losses,
        seconds: ((context.now_ns)() - began) as f64 / 1e9,
    })
}

/// An export that can be run to more than one place.
struct Job<'a> {
    context: Context<'a>,
    workspace: &'a Workspace,
    dataset: &'a Opened,
    snapshot: Option<&'a SnapshotRow>,
    format: Format,
    options: ExportOptions,
}

impl Job<'_> {
    fn run(&self, path: &Path) -> Result<Exported, Error> {
        // How often by what and why, and the first item.
        let mut untold: BTreeMap<(String, &str), (u64, String)> = BTreeMap::new();
        let total = match self.snapshot {
            Some(row) => row.rows,
            None => self.workspace.store.tally(self.dataset.no, 0)?.items,
        };
        self.context.progress.stage("export", Some(total));
        let mut exporter = Exporter::create(self.format, &self.dataset.schema, path, &self.options)?;
        let mut write = |Outgoing { record, left_out, drafts }: &Outgoing| -> Result<(), Error> {
            if self.context.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            exporter.write(record)?;
            let mut count = |what: String, why: &'static str, n: u64| {
                untold.entry((what, why)).or_insert_with(|| (0, record.id.clone())).0 += n;
            };
            for question in left_out.iter().flat_map(Map::keys) {
                count(format!("an answer to `{question}`"), CHANGED, 1);
            }
            if *drafts > 0 {
                count("a draft".into(), SECOND, *drafts);
            }
            self.context.progress.advance(1);
            Ok(())
        };
        match self.snapshot {
            Some(row) => told_of_snapshot(self.workspace, self.dataset, &row.id, &mut write)?,
            None => told_now(self.workspace, self.dataset, &mut write)?,
        }
        let mut written = exporter.finish()?;
        let losses = untold.into_iter();
        written.losses.extend(losses.map(|((what, why), (count, first))| Loss {
            what,
            count,
            why: why.into(),
            first: Some(first),
        }));
        Ok(written)
    }
}

fn refuse_losses(losses: &[Loss]) -> Result<(), Error> {
    if losses.is_empty() {
        return Ok(());
    }
    let words: Vec<String> =
        losses.iter().map(|loss| format!("{} {} ({})", loss.count, loss.what, loss.why)).collect();
    Err(Error::Request {
        message: format!("nothing was written, for something would be lost: {}", words.join("; ")),
        hint: "choose a format that holds it, such as jsonl, or leave --strict out".into(),
    })
}

/// Takes a record, and what it does not say.
type Take<'a> = &'a mut dyn FnMut(&Outgoing) -> Result<(), Error>;

/// Hands every record of the dataset as it is now to `take`, in order.
pub(crate) fn each_now(
    workspace: &Workspace,
    dataset: &Opened,
    take: &mut dyn FnMut(&Record) -> Result<(), Error>,
) -> Result<(), Error> {
    told_now(workspace, dataset, &mut |outgoing| take(&outgoing.record))
}

fn told_now(workspace: &Workspace, dataset: &Opened, take: Take) -> Result<(), Error> {
    let names = record::names(workspace)?;
    let mut failed = Ok(());
    workspace.store.for_each_record(dataset.no, &mut |row| {
        failed = take(&record::outgoing(dataset, row, &names));
        if failed.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    failed
}

/// Hands every record of a snapshot to `take`, with people's names where they still have one.
pub(crate) fn each_of_snapshot(
    workspace: &Workspace,
    dataset: &Opened,
    id: &str,
    take: &mut dyn FnMut(&Record) -> Result<(), Error>,
) -> Result<(), Error> {
    told_of_snapshot(workspace, dataset, id, &mut |outgoing| take(&outgoing.record))
}

fn told_of_snapshot(workspace: &Workspace, dataset: &Opened, id: &str, take: Take) -> Result<(), Error> {
    let names = record::names(workspace)?;
    let mut failed = Ok(());
    workspace.store.for_each_snapshot_line(id, &mut |line| {
        failed = snapshot::read_line(dataset, line, &names)
            .and_then(|(record, left_out)| take(&Outgoing { record, left_out, drafts: 0 }));
        if failed.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    failed
}

/// A format by its name, and which ways it goes.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FormatInfo {
    /// As on the command line.
    pub name: &'static str,
    /// Whether it can be read.
    pub imports: bool,
    /// Whether it is a folder rather than a file.
    pub folder: bool,
}

/// Every format.
pub fn formats() -> Vec<FormatInfo> {
    let info = |format: Format| FormatInfo {
        name: format.name(),
        imports: format.imports(),
        folder: format.folder(),
    };
    Format::ALL.into_iter().map(info).collect()
}
