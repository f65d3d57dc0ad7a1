//! Exporting: records written one at a time, each to the file of its split.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde_json::Value;

use crate::format::files::{Listing, NewFile, write_whole};
use crate::format::report::{ExportReport, Exported, Losses};
use crate::format::{
    Configured, Format, FormatError, argilla, argilla_settings, beir, brat, conll, dataset_info, doccano,
    jsonl, label_studio, prodigy, qrels, retrieval, sft, table, trl,
};
use crate::{Record, Schema, Shares, group_key, split_of};

/// Whose answers a format with one set of answers an item gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Voices {
    /// The known answers; for questions without one the resolution; where there is none, what enough responses settle by the
    /// merge policy. Nothing else is written.
    #[default]
    Settled,
    /// The same, and of what is not settled the aggregate of the responses there are.
    Aggregated,
    /// Each submitted response, in rows of its own. Formats of graded passages, which hold one grade each, get `Aggregated`.
    Every,
}

impl FromStr for Voices {
    type Err = FormatError;

    fn from_str(word: &str) -> Result<Voices, FormatError> {
        match word {
            "settled" => Ok(Voices::Settled),
            "aggregated" => Ok(Voices::Aggregated),
            "every" => Ok(Voices::Every),
            _ => Err(FormatError::Voices { name: word.into() }),
        }
    }
}

/// How to write.
#[derive(Clone, Debug, Default)]
pub struct ExportOptions {
    /// Splits by name and share; without any, one file.
    pub shares: Option<Shares>,
    /// Decides, with an item's prompt, which split it goes to.
    pub seed: u64,
    /// Whose answers, where the format holds one set an item.
    pub voices: Voices,
    /// The question to write, where the format holds one; by default the first that fits.
    pub question: Option<String>,
}

/// Writes a format that is one file a split.
pub(crate) trait RowWriter {
    /// What a file begins with.
    fn head(&self) -> String {
        String::new()
    }

    /// What stands between two rows.
    fn between(&self) -> &'static str {
        ""
    }

    /// What a file ends with.
    fn tail(&self) -> &'static str {
        ""
    }

    /// What must stay in one split, where it is not all that is shown of an item.
    fn group(&self, _record: &Record) -> Option<String> {
        None
    }

    /// The rows of a record; what they cannot hold is counted.
    fn rows(&mut self, record: &Record, losses: &mut Losses) -> Vec<String>;
}

/// Writes a format that is a folder.
pub(crate) trait FolderWriter {
    /// As for rows.
    fn group(&self, _record: &Record) -> Option<String> {
        None
    }

    /// Takes in a record of a split.
    fn write(&mut self, record: &Record, split: Option<&str>, losses: &mut Losses)
    -> Result<(), FormatError>;

    /// Closes all files.
    fn finish(self: Box<Self>) -> Result<(Vec<Exported>, String), FormatError>;
}

/// An export under way. Nothing is at the path of a file before [`Exporter::finish`].
pub struct Exporter {
    format: Format,
    schema: Schema,
    path: PathBuf,
    options: ExportOptions,
    losses: Losses,
    /// What the file's tool must be told to show it, and where it goes.
    configuration: Option<(PathBuf, String)>,
    target: Target,
}

enum Target {
    Files { writer: Box<dyn RowWriter>, files: Vec<(Option<String>, NewFile)> },
    Folder(Box<dyn FolderWriter>),
}

impl Exporter {
    /// Begins an export to `path`: a file, or for brat and BEIR a folder, which is made.
    ///
    /// With shares, `FILE.jsonl` becomes `FILE.train.jsonl` and so on, brat gets a folder and BEIR a qrels file a split.
    pub fn create(
        format: Format,
        schema: &Schema,
        path: &Path,
        options: &ExportOptions,
    ) -> Result<Exporter, FormatError> {
        if path.exists() && path.is_dir() != format.folder() {
            let wanted = if format.folder() { "folder of files" } else { "file" };
            return Err(FormatError::Shape { format, wanted, given: path.display().to_string() });
        }
        if let Some(name) = &options.question
            && schema.question(name).is_none()
        {
            return Err(FormatError::Question { format, name: name.clone() });
        }
        let target = match format {
            Format::Brat => Target::Folder(Box::new(brat::Folder::create(schema, path, options)?)),
            Format::Beir => Target::Folder(Box::new(beir::Folder::create(schema, path, options)?)),
            _ => {
                let writer = row_writer(format, schema, options)?;
                let mut files = Vec::new();
                for split in splits(options) {
                    let mut file = NewFile::create(&split_path(path, split.as_deref()))?;
                    file.write(&writer.head())?;
                    files.push((split, file));
                }
                Target::Files { writer, files }
            }
        };
        let configured = match format {
            Format::LabelStudio => {
                Some((path.with_extension("config.xml"), label_studio::label_config(schema)))
            }
            Format::Argilla => {
                Some((path.with_extension("settings.json"), argilla_settings::argilla_settings(schema)))
            }
            _ => None,
        };
        let mut losses = Losses::default();
        let configuration = configured.map(|(path, Configured { text, losses: untold })| {
            untold.into_iter().for_each(|loss| losses.add_many(loss.what, loss.why, loss.count));
            (path, text)
        });
        let (schema, path, options) = (schema.clone(), path.to_path_buf(), options.clone());
        Ok(Exporter { format, schema, path, options, losses, configuration, target })
    }

    /// Writes a record.
    pub fn write(&mut self, record: &Record) -> Result<(), FormatError> {
        let split = self.options.shares.as_ref().map(|shares| {
            let own = match &self.target {
                Target::Files { writer, .. } => writer.group(record),
                Target::Folder(folder) => folder.group(record),
            };
            let own = own.filter(|_| !record.metadata.get("group").is_some_and(Value::is_string));
            let key = own.unwrap_or_else(|| group_key(&self.schema, record));
            split_of(&key, shares, self.options.seed).to_string()
        });
        const NO_PLACE: &str = "the format has no place for it";
        self.losses.of_item(&record.id);
        if self.format != Format::Jsonl {
            let reasons = record.responses.iter().filter(|response| response.reason.is_some()).count();
            self.losses.add_many("why somebody skipped an item", NO_PLACE, reasons as u64);
            let flags = record.comments.iter().filter(|comment| comment.flag).count();
            self.losses.add_many("a comment", NO_PLACE, (record.comments.len() - flags) as u64);
            self.losses.add_many("a flag", NO_PLACE, flags as u64);
        }
        match &mut self.target {
            Target::Folder(folder) => folder.write(record, split.as_deref(), &mut self.losses),
            Target::Files { writer, files } => {
                let rows = writer.rows(record, &mut self.losses);
                let file = files.iter_mut().find(|(name, _)| *name == split).map(|(_, file)| file);
                let Some(file) = file else { return Ok(()) };
                for row in rows {
                    if file.rows > 0 {
                        file.write(writer.between())?;
                    }
                    file.write(&row)?;
                    file.rows += 1;
                }
                Ok(())
            }
        }
    }

    /// Closes the files and puts them in their place.
    pub fn finish(self) -> Result<ExportReport, FormatError> {
        let (files, sha256) = match self.target {
            Target::Folder(folder) => folder.finish()?,
            Target::Files { writer, files } => {
                let mut done = Vec::new();
                for (_, mut file) in files {
                    file.write(writer.tail())?;
                    done.push(file.finish()?);
                }
                let sha256 = match done.as_slice() {
                    [only] => only.sha256.clone(),
                    several => listed(several),
                };
                (done, sha256)
            }
        };
        let mut beside = Vec::new();
        if matches!(self.format, Format::Alpaca | Format::Sharegpt) {
            let preference = sft::writes_preferences(&self.schema, self.options.question.as_deref());
            beside.push(dataset_info::add(&self.path, self.format, preference, &files)?);
        }
        if let Some((path, text)) = self.configuration {
            write_whole(&path, &text)?;
            beside.push(path);
        }
        let rows = files.iter().map(|file| file.rows).sum();
        Ok(ExportReport { rows, sha256, files, beside, losses: self.losses.listed() })
    }
}

/// The hash of several files: of their `sha256  name` lines.
pub(crate) fn listed(files: &[Exported]) -> String {
    let mut listing = Listing::default();
    for file in files {
        let name = file.path.file_name().unwrap_or_default().to_string_lossy();
        listing.add(&name, &file.sha256);
    }
    listing.finish()
}

fn row_writer(
    format: Format,
    schema: &Schema,
    options: &ExportOptions,
) -> Result<Box<dyn RowWriter>, FormatError> {
    Ok(match format {
        Format::LabelStudio => Box::new(label_studio::Tasks::new(schema)),
        Format::Argilla => Box::new(argilla::Records::new(schema)),
        Format::Doccano => Box::new(doccano::Rows::new(schema, options)?),
        Format::Prodigy => Box::new(prodigy::Rows::new(schema, options)?),
        Format::Conll => Box::new(conll::Documents::new(schema, options)?),
        Format::Jsonl => Box::new(jsonl::Rows),
        Format::Csv => Box::new(table::Rows::new(schema)),
        Format::TrlDpo | Format::TrlKto | Format::TrlReward => {
            Box::new(trl::Rows::new(format, schema, options)?)
        }
        Format::SftMessages | Format::Sharegpt | Format::Alpaca => {
            Box::new(sft::Rows::new(format, schema, options)?)
        }
        Format::TrecQrels => Box::new(qrels::Rows::new(schema, options)?),
        Format::RerankTriplets | Format::Brat | Format::Beir => {
            Box::new(retrieval::Triplets::new(schema, options)?)
        }
    })
}

/// The names of the splits; without shares, one without a name.
pub(crate) fn splits(options: &ExportOptions) -> Vec<Option<String>> {
    match &options.shares {
        None => vec![None],
        Some(shares) => shares.names().map(|name| Some(name.to_string())).collect(),
    }
}

/// `NAME.train.jsonl` for `NAME.jsonl`.
fn split_path(path: &Path, split: Option<&str>) -> PathBuf {
    let Some(split) = split else { return path.to_path_buf() };
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = match path.extension() {
        Some(extension) => format!("{stem}.{split}.{}", extension.to_string_lossy()),
        None => format!("{stem}.{split}"),
    };
    path.with_file_name(name)
}
