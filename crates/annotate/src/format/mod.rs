//! How records travel to other tools and back: the formats, each in its own file, lossless or loud.
//!
//! Reading goes in two steps. A format's reader turns its file into `Found` items, which say what the file says
//! in the file's own terms; fitting then makes records of them under a schema, verifies every span by its quote and
//! counts what has no place. Writing goes through an [`Exporter`], one record at a time. Both hold one item in memory.
//!
//! The rules all formats share:
//! - Offsets are code points wherever they are written. What is read may count in another [`OffsetUnit`]; a span is held to
//!   its quote, moved where the quote stands once (or where UTF-16 was meant), and else refused with its line.
//! - A format with one set of answers an item gets the known answers, else the resolution, else what the responses settle by
//!   the merge policy; what is not settled is left out and counted ([`Voices`]). Drafts and skips count for nothing.
//!   What its rows do not say of the item and of whoever answered is counted, too.
//! - A split goes before the extension (`FILE.train.jsonl`), is a folder of brat and a table of BEIR. All rows with one prompt
//!   are in one split.
//! - Span ids are names within a response: formats that number spans rename them, relations with them.
//! - No span at all in a submitted response means that there is nothing to mark.

mod answer_fit;
mod argilla;
mod argilla_settings;
mod beir;
mod brat;
mod chat;
mod config;
mod conll;

mod dataset_info;
mod doccano;
mod error;
mod export;
mod field_fit;
mod files;
mod fit;

mod found;
mod import;
mod infer;
mod infer_field;
mod input;
mod items;
mod jsonl;
mod label_studio;
mod lines;
mod name;
mod number;
mod one_text;
mod pairs;
mod prodigy;
mod qrels;
mod report;
mod retrieval;
mod ruler;
mod settled;
mod sft;
mod spans;
mod table;
mod time;
mod tokens;
mod trl;
mod untold;
mod voice;

pub use argilla_settings::argilla_settings;
pub use config::read_config;
pub use error::FormatError;
pub use export::{ExportOptions, Exporter, Voices};
pub use import::{ImportOptions, SinkError, import, infer_schema};
pub use infer::Inferred;
pub use input::Input;
pub use label_studio::label_config;
pub use name::Format;
pub use report::{ExportReport, Exported, ImportReport, Loss, Rejected};
pub use ruler::OffsetUnit;
pub use untold::Configured;
