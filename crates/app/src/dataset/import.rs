//! Importing: a file of another tool becomes items, responses and suggestions, all of it or nothing.

use std::error::Error as StdError;
use std::path::PathBuf;

use engraft_annotate::format::{
    Format, ImportOptions, Input, Loss, OffsetUnit, import as read_format, infer_schema,
};
use engraft_annotate::{Record, canonical_json};
use engraft_store::{Importing, NewRecord, Target};

use crate::dataset::manage::check_name;
use crate::dataset::opened::{self, Opened};
use crate::dataset::record;
use crate::dataset::view::ImportReport;
use crate::people::{Act, Principal, Secret, secret, users};
use crate::{Context, Error, Workspace, when};

/// Records that go to the store together.
const BATCH: usize = 2000;

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
    let mut report =
        workspace.store.import_with(target, by, &secret::derive(random, "people"), now, |store| {
            let mut intake = Intake::new(context, &dataset, store, now);
            let input = Input::Path(&request.path);
            let read =
                read_format(format, &dataset.schema, input, &options, &mut |record| intake.take(record));
            if let Some(error) = intake.failed.take() {
                return Err(error);
            }
            let read = read?;
            intake.flush()?;
            let left_out = intake.left_out();
            let mut report = intake.report;
            report.repaired = read.repaired;
            report.rejected_total = read.rejected_total;
            report.rejected = read.rejected;
            report.losses = inferred.into_iter().chain(read.losses).chain(left_out).collect();
            refuse_losses(request, &report)?;
            Ok::<_, Error>(report)
        })?;
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
    let questions: Vec<&str> =
        inferred.schema.questions.iter().map(|question| question.name.as_str()).collect();
    context.progress.say(&format!(
        "there is no dataset `{name}` yet: it is made with the questions the file shows ({})",
        questions.join(", ")
    ));
    let dataset = Opened {
        no: 0,
        name: name.into(),
        guideline: inferred.schema.version(),
        created_at: when::millis(context),
        schema: inferred.schema,
    };
    Ok((dataset, inferred.losses))
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

/// Takes records one by one and hands them to the store in batches.
struct Intake<'a, 'b> {
    context: Context<'a>,
    dataset: &'a Opened,
    store: &'a mut Importing<'b>,
    now: i64,
    waiting: Vec<NewRecord>,
    report: ImportReport,
    /// Left out because the person, or the item, has another one.
    other_responses: u64,
    other_resolutions: u64,
    /// Why it stopped; what reads the file would only pass its words on.
    failed: Option<Error>,
}

impl<'a, 'b> Intake<'a, 'b> {
    fn new(
        context: Context<'a>,
        dataset: &'a Opened,
        store: &'a mut Importing<'b>,
        now: i64,
    ) -> Intake<'a, 'b> {
        Intake {
            context,
            dataset,
            store,
            now,
            waiting: Vec::new(),
            report: ImportReport::default(),
            other_responses: 0,
            other_resolutions: 0,
            failed: None,
        }
    }

    fn take(&mut self, record: Record) -> Result<(), Box<dyn StdError + Send + Sync>> {
        self.keep(record).map_err(|error| {
            let words = error.to_string();
            self.failed = Some(error);
            words.into()
        })
    }

    fn keep(&mut self, record: Record) -> Result<(), Error> {
        let store = &mut *self.store;
        let reserved = Principal::at_the_machine().user;
        let mut person = |name: &str| -> Result<engraft_store::UserNo, Error> {
            if name == reserved && !store.knows(name)? {
                return Err(Error::Request {
                    message: format!("nothing was imported, for `{name}` is whoever sits at the machine"),
                    hint: "call that person something else in the file".into(),
                });
            }
            Ok(store.person(name)?)
        };
        let row = record::row(self.dataset, &record, self.now, &mut person)?;
        self.waiting.push(row);
        if self.waiting.len() == BATCH {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Error> {
        if self.context.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let added = self.store.add(&self.waiting)?;
        self.context.progress.advance(self.waiting.len() as u64);
        self.waiting.clear();
        self.report.items += added.items as u64;
        self.report.known += added.existing as u64;
        self.report.responses += added.responses as u64;
        self.report.suggestions += added.suggestions as u64;
        self.report.resolutions += added.resolutions as u64;
        self.report.gold += added.gold as u64;
        self.other_responses += added.other_responses as u64;
        self.other_resolutions += added.other_resolutions as u64;
        self.report.differing.extend(added.differing);
        Ok(())
    }

    /// What an import left out because the dataset has something else in its place.
    fn left_out(&self) -> impl Iterator<Item = Loss> + use<> {
        let loss = |what: &str, count, why: &str| Loss { what: what.into(), count, why: why.into() };
        let all = [
            loss("responses", self.other_responses, "the person has another response to the item"),
            loss("resolutions", self.other_resolutions, "the item has another resolution"),
        ];
        all.into_iter().filter(|loss| loss.count > 0)
    }
}
