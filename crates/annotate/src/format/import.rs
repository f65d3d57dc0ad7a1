//! Importing: a file read by its format's reader, fitted to a schema and handed over record by record.

use std::error::Error;

use crate::format::fit::Fit;
use crate::format::found::Found;
use crate::format::infer::{Inferred, Seen};
use crate::format::report::{ImportReport, Losses};
use crate::format::{
    Format, FormatError, Input, OffsetUnit, argilla, beir, brat, conll, doccano, jsonl, label_studio,
    prodigy, qrels, table, trl,
};
use crate::{Record, Schema};

/// What a file leaves open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportOptions {
    /// What its offsets count.
    pub offset_unit: OffsetUnit,
    /// Whose the answers are in a format that does not say.
    pub user: String,
}

impl Default for ImportOptions {
    fn default() -> ImportOptions {
        ImportOptions { offset_unit: OffsetUnit::Codepoint, user: "imported".to_string() }
    }
}

/// What a receiver of records failed with.
pub type SinkError = Box<dyn Error + Send + Sync>;

/// What a reader comes upon.
pub(crate) enum Find {
    /// An item, and the line it begins on.
    Item(u64, Box<Found>),
    /// One of our own records, and how many of its spans followed their quotes.
    Record(Box<Record>, u64),
    /// Something that cannot be read.
    Bad(u64, String),
}

/// What a reader tells of everything it comes upon.
pub(crate) type Tell<'a> = dyn FnMut(Find) -> Result<(), FormatError> + 'a;

/// Reads a file, one item in memory, and hands over a record for each.
///
/// Lines next to each other about the same item become one record; the same item later again is handed over again, for the
/// receiver to add up. A bad item, response or suggestion is rejected with its line and the rest goes on.
pub fn import(
    format: Format,
    schema: &Schema,
    input: Input,
    options: &ImportOptions,
    sink: &mut dyn FnMut(Record) -> Result<(), SinkError>,
) -> Result<ImportReport, FormatError> {
    let mut fit = Fit { schema, options, report: ImportReport::default(), losses: Losses::default() };
    let mut waiting: Option<Record> = None;
    let mut keep = |record: Record, report: &mut ImportReport| {
        report.items += 1;
        report.responses += record.responses.len() as u64;
        report.suggestions += record.suggestions.len() as u64;
        sink(record).map_err(|source| FormatError::Sink { source })
    };
    let mut reading = Losses::default();
    let mut tell = |find: Find| -> Result<(), FormatError> {
        let record = match find {
            Find::Bad(line, message) => {
                fit.report.reject(line, message);
                return Ok(());
            }
            Find::Record(record, moved) => {
                fit.report.repaired += moved;
                *record
            }
            Find::Item(line, found) => match fit.record(line, *found) {
                Some(record) => record,
                None => return Ok(()),
            },
        };
        match &mut waiting {
            Some(before) if before.id == record.id => join(before, record),
            _ => {
                if let Some(before) = waiting.replace(record) {
                    keep(before, &mut fit.report)?;
                }
            }
        }
        Ok(())
    };
    read(format, input, Some(schema), &mut tell, &mut reading)?;
    if let Some(last) = waiting {
        keep(last, &mut fit.report)?;
    }
    let Fit { mut report, losses, .. } = fit;
    report.losses = reading.listed();
    report.losses.extend(losses.listed());
    report.losses.sort();
    Ok(report)
}

/// Reads a file once and says what schema its data would fit.
pub fn infer_schema(format: Format, input: Input) -> Result<Inferred, FormatError> {
    let mut seen = Seen::default();
    let mut losses = Losses::default();
    let mut tell = |find: Find| {
        if let Find::Item(_, found) = find {
            seen.item(*found);
        }
        Ok(())
    };
    read(format, input, None, &mut tell, &mut losses)?;
    Ok(seen.schema(losses))
}

fn read(
    format: Format,
    input: Input,
    schema: Option<&Schema>,
    tell: &mut Tell,
    losses: &mut Losses,
) -> Result<(), FormatError> {
    if let Input::Path(path) = input
        && path.exists()
        && path.is_dir() != format.folder()
    {
        let wanted = if format.folder() { "folder of files" } else { "file" };
        return Err(FormatError::Shape { format, wanted, given: path.display().to_string() });
    }
    match format {
        Format::LabelStudio => label_studio::read(input, tell, losses),
        Format::Argilla => argilla::read(input, tell, losses),
        Format::Doccano => doccano::read(input, tell, losses),
        Format::Prodigy => prodigy::read(input, tell, losses),
        Format::Brat => brat::read(input, tell, losses),
        Format::Conll => conll::read(input, tell, losses),
        Format::Jsonl => jsonl::read(input, schema, tell, losses),
        Format::Csv => table::read(input, tell, losses),
        Format::Beir => beir::read(input, tell, losses),
        Format::TrecQrels => qrels::read(input, tell, losses),
        Format::TrlDpo => trl::read(input, tell, losses),
        _ => Err(FormatError::WriteOnly { format }),
    }
}

/// Adds what a second record of the same item says to the first.
fn join(first: &mut Record, second: Record) {
    for mut response in second.responses {
        let who = response.user.clone();
        let mut number = 2;
        while first.responses.iter().any(|earlier| earlier.user == response.user) {
            response.user = format!("{who}-{number}");
            number += 1;
        }
        first.responses.push(response);
    }
    first.suggestions.extend(second.suggestions);
    first.comments.extend(second.comments);
    first.metadata.extend(second.metadata);
    first.gold = first.gold.take().or(second.gold);
    first.resolution = first.resolution.take().or(second.resolution);
}
