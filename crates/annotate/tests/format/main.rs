//! The interchange formats, from outside: what is written, what comes back, what is refused, what is counted as lost.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod foreign;
mod golden;
mod hostile;
mod lossy;
mod lossy_import;
mod lossy_rows;
mod offsets;
mod probes;
mod real;
mod round_trip;
mod schemas;
mod served;
mod settled;
mod splits;
mod tables;
mod training;
mod unicode;

use std::path::PathBuf;

use engraft_annotate::format::{
    ExportOptions, ExportReport, Exporter, Format, ImportOptions, ImportReport, Input, Loss, import,
};
use engraft_annotate::{Record, Schema};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) fn schema(json: &Value) -> Schema {
    Schema::read_value(json).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn record(schema: &Schema, json: &Value) -> Record {
    Record::read(schema, json).unwrap_or_else(|problems| panic!("{problems:?}\n{json:#}"))
}

/// An export and where it is.
pub(crate) struct Exported {
    _folder: TempDir,
    pub(crate) path: PathBuf,
    pub(crate) report: ExportReport,
}

impl Exported {
    pub(crate) fn text(&self) -> String {
        std::fs::read_to_string(&self.path).unwrap()
    }
}

pub(crate) fn export_with(
    format: Format,
    schema: &Schema,
    records: &[Record],
    options: &ExportOptions,
) -> Exported {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(if format.folder() { "out" } else { "out.jsonl" });
    let mut exporter = Exporter::create(format, schema, &path, options).unwrap();
    for record in records {
        exporter.write(record).unwrap();
    }
    let report = exporter.finish().unwrap();
    Exported { _folder: folder, path, report }
}

pub(crate) fn export(format: Format, schema: &Schema, records: &[Record]) -> Exported {
    export_with(format, schema, records, &ExportOptions::default())
}

pub(crate) fn import_with(
    format: Format,
    schema: &Schema,
    input: Input,
    options: &ImportOptions,
) -> (Vec<Record>, ImportReport) {
    let mut records = Vec::new();
    let report = import(format, schema, input, options, &mut |record| {
        records.push(record);
        Ok(())
    });
    (records, report.unwrap_or_else(|error| panic!("{error}")))
}

pub(crate) fn import_text(format: Format, schema: &Schema, text: &str) -> (Vec<Record>, ImportReport) {
    import_with(format, schema, Input::Bytes(text.as_bytes()), &ImportOptions::default())
}

/// Losses as `2 × what: why` lines.
pub(crate) fn told(losses: &[Loss]) -> String {
    let line = |loss: &Loss| format!("{} × {}: {}", loss.count, loss.what, loss.why);
    losses.iter().map(line).collect::<Vec<_>>().join("\n")
}
