//! Importing: a file of another tool becomes items, responses and suggestions, all of it or nothing.

use std::error::Error as StdError;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};

use engraft_annotate::format::{
    Format, ImportOptions, ImportReport as ReadReport, Input, Loss, OffsetUnit, import as read_format,
    infer_schema,
};
use engraft_annotate::{Record, Schema, canonical_json};
use engraft_store::{Imported, Importing, Mentioned, Prepared, Target};

use crate::dataset::manage::check_name;
use crate::dataset::opened::{self, Opened};
use crate::dataset::record;
use crate::dataset::view::ImportReport;
use crate::people::{Act, Principal, Secret, secret, users};
use crate::{Context, Error, Workspace, when};

/// Records that go to the store together. Others wait no longer for their turn to write than these take; fewer at a time
/// would make the index of words merge more often.
const BATCH: usize = 1500;
/// Batches that may wait for the writer: none, so that there are two in memory, one being read and one being written.
const AHEAD: usize = 0;

/// What to bring in.
#[derive(Clone, Debug)]
pub struct ImportRequest {
    /// A file, or a folder for brat and BEIR.
    pub path: PathBuf,
    /// The format's name, as in `engraft dataset import --help`.
    pub format: String,
    /// What the offsets of spans count: `codepoint`, `utf16`, `byte` or `grapheme`.
    pub offset_unit: Option<String>,
    /// Whose the answers of formats without people are.
    pub user: Option<String>,
    /// Refuse all of it when anything would be lost or rejected.
    pub strict: bool,
}

/// Brings a file in. A dataset that does not exist is made from what the file shows of its schema.
pub fn import(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    name: &str,
    request: &ImportRequest,
    random: &Secret,
) -> Result<ImportReport, Error> {
    who.must(Act::Manage)?;
    let began = (context.now_ns)();
    let format: Format = request.format.parse()?;
    let mut options = ImportOptions::default();
    if let Some(unit) = &request.offset_unit {
        options.offset_unit = unit.parse::<OffsetUnit>()?;
    }
    if let Some(user) = &request.user {
        options.user = user.clone();
    }
    std::fs::metadata(&request.path).map_err(Error::io("read", &request.path))?;
    let created = workspace.store.dataset(name)?.is_none();
    let (dataset, inferred) = match created {
        false => (opened::open(workspace, name)?, Vec::new()),
        true => fresh(context, name, format, request)?,
    };
    let now = when::millis(context);
    let schema = canonical_json(&dataset.schema);
    let target = match created {
        true => Target::New { name, schema: &schema },
        false => Target::Existing(dataset.no),
    };
    let by = users::by(workspace, who)?;
    context.progress.stage("import", None);
    let read = |store: &mut Importing<'_>| {
        let read = intake(context, &dataset, store, &request.path, format, &options, now)?;
        refuse_losses(request, &counted(read.clone(), Imported::default()))?;
        Ok::<_, Error>(read)
    };
    let accept = |read: ReadReport, added: Imported| {
        let mut report = counted(read, added);
        // The file was read twice: what both readings could not take is one loss.
        let twice = |loss: &Loss| {
            report.losses.iter().any(|other| (&other.what, &other.why) == (&loss.what, &loss.why))
        };
        let of_schema: Vec<Loss> = inferred.into_iter().filter(|loss| !twice(loss)).collect();
        report.losses.splice(..0, of_schema);
        refuse_losses(request, &report)?;
        Ok(report)
    };
    let salt = secret::derive(random, "people");
    let mut report = workspace.store.import_with(target, by, &salt, now, read, accept)?;
    report.dataset = name.into();
    report.created = created;
    report.seconds = ((context.now_ns)() - began) as f64 / 1e9;
    Ok(report)
}

/// The dataset that the file itself describes.
fn fresh(
    context: Context,
    name: &str,
    format: Format,
    request: &ImportRequest,
) -> Result<(Opened, Vec<Loss>), Error> {
    check_name(name)?;
    let inferred = infer_schema(format, Input::Path(&request.path))?;
    shows_something(name, &inferred.schema)?;
    let schema = opened::storable(inferred.schema)?;
    let questions: Vec<&str> = schema.questions.iter().map(|question| question.name.as_str()).collect();
    context.progress.say(&format!(
        "there is no dataset `{name}` yet: it is made with the questions the file shows ({})",
        questions.join(", ")
    ));
    let dataset = Opened {
        no: 0,
        name: name.into(),
        guideline: schema.version(),
        created_at: when::millis(context),
        schema,
    };
    Ok((dataset, inferred.losses))
}

/// Refuses what no dataset can be made of: a file without items, or items that nobody answered.
fn shows_something(name: &str, schema: &Schema) -> Result<(), Error> {
    let message = match (schema.fields.is_empty(), schema.questions.is_empty()) {
        (true, _) => format!("the file holds no item, so there is nothing to make `{name}` of"),
        (false, true) => format!("the file holds no answers, so it does not show what `{name}` asks"),
        (false, false) => return Ok(()),
    };
    let hint = format!("make it first: `engraft dataset create {name} --schema FILE`, then import again");
    Err(Error::Request { message, hint })
}

fn refuse_losses(request: &ImportRequest, report: &ImportReport) -> Result<(), Error> {
    let nothing = report.losses.is_empty() && report.rejected.is_empty() && report.differing.is_empty();
    if !request.strict || nothing {
        return Ok(());
    }
    let mut words: Vec<String> =
        report.losses.iter().map(|loss| format!("{} {} ({})", loss.count, loss.what, loss.why)).collect();
    words.extend(report.differing.first().map(|first| {
        format!("{} items are there with other fields, the first of them {first}", report.differing.len())
    }));
    words.extend(report.rejected.first().map(|first| {
        format!("{} rejected, the first on line {}: {}", report.rejected_total, first.line, first.message)
    }));
    Err(Error::Request {
        message: format!("nothing was imported, for something would be lost: {}", words.join("; ")),
        hint: "correct the file or the schema, or leave --strict out".into(),
    })
}

/// Reads the file on this thread while another one writes, a few batches behind.
fn intake(
    context: Context,
    dataset: &Opened,
    store: &mut Importing<'_>,
    path: &Path,
    format: Format,
    options: &ImportOptions,
    now: i64,
) -> Result<ReadReport, Error> {
    let Importing { people, items } = store;
    let (send, receive) = sync_channel::<Vec<Prepared>>(AHEAD);
    std::thread::scope(|scope| {
        let writer = scope.spawn(move || -> Result<(), Error> {
            for batch in receive {
                let taken = batch.len() as u64;
                items.add_prepared(&batch)?;
                context.progress.advance(taken);
            }
            Ok(())
        });
        let mut intake = Intake { context, dataset, people, now, waiting: Vec::new(), send, failed: None };
        let input = Input::Path(path);
        let read = read_format(format, &dataset.schema, input, options, &mut |record| intake.take(record));
        let read = match intake.failed.take() {
            Some(error) => Err(error),
            None => read.map_err(Error::from).and_then(|read| intake.flush().map(|()| read)),
        };
        // The writer ends when nobody can send any more; what stopped it is the cause of what stopped the reader.
        drop(intake);
        match writer.join() {
            Ok(Ok(())) => read,
            Ok(Err(error)) => Err(error),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Takes records one by one and hands them to the writer in batches.
struct Intake<'a, 'b> {
    context: Context<'a>,
    dataset: &'a Opened,
    people: &'a mut Mentioned<'b>,
    now: i64,
    waiting: Vec<Prepared>,
    send: SyncSender<Vec<Prepared>>,
    /// Why it stopped; what reads the file would only pass its words on.
    failed: Option<Error>,
}

impl Intake<'_, '_> {
    fn take(&mut self, record: Record) -> Result<(), Box<dyn StdError + Send + Sync>> {
        self.keep(record).map_err(|error| {
            let words = error.to_string();
            self.failed = Some(error);
            words.into()
        })
    }

    fn keep(&mut self, record: Record) -> Result<(), Error> {
        let reserved = Principal::at_the_machine().user;
        let people = &mut *self.people;
        let mut person = |name: &str| -> Result<engraft_store::UserNo, Error> {
            if name == reserved && !people.knows(name)? {
                return Err(Error::Request {
                    message: format!("nothing was imported, for `{name}` is whoever sits at the machine"),
                    hint: "call that person something else in the file".into(),
                });
            }
            Ok(people.number(name)?)
        };
        let row = record::row(self.dataset, &record, self.now, &mut person)?;
        self.waiting.push(Prepared::try_from(row)?);
        if self.waiting.len() == BATCH {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Error> {
        if self.context.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let batch = std::mem::take(&mut self.waiting);
        // Refused only when the writer has stopped, and then its error is the one that is told.
        self.send.send(batch).map_err(|_| Error::Cancelled)
    }
}

/// What was read and what became of it, as one report.
fn counted(read: ReadReport, added: Imported) -> ImportReport {
    let loss = |what: &str, count: usize, why: &str| Loss {
        what: what.into(),
        count: count as u64,
        why: why.into(),
        first: None,
    };
    let left_out = [
        loss("responses", added.other_responses, "the person has another response to the item"),
        loss("drafts", added.other_drafts, "the person has another draft of the item"),
        loss("resolutions", added.other_resolutions, "the item has another resolution"),
    ];
    ImportReport {
        items: added.items as u64,
        known: added.existing as u64,
        responses: added.responses as u64,
        suggestions: added.suggestions as u64,
        resolutions: added.resolutions as u64,
        gold: added.gold as u64,
        comments: added.comments as u64,
        drafts: added.drafts as u64,
        differing: added.differing,
        repaired: read.repaired,
        rejected_total: read.rejected_total,
        rejected: read.rejected,
        losses: read.losses.into_iter().chain(left_out.into_iter().filter(|loss| loss.count > 0)).collect(),
        ..ImportReport::default()
    }
}
