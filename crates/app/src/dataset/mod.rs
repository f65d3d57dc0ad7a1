//! Datasets: made, filled, exported, snapshotted, compared and audited.

mod arrange;
mod audit;
mod delete;
pub(crate) mod export;
mod import;
mod manage;
pub(crate) mod opened;
mod queries;
pub(crate) mod record;
pub(crate) mod snapshot;
mod view;
pub(crate) mod words;

pub use arrange::{Arranged, arrange};
pub use audit::{AuditReport, AuditRequest, audit};
pub use delete::{Deleted, delete, to_delete};
pub use export::{ExportRequest, FormatInfo, export, formats};
pub use import::{ImportRequest, import};
pub use manage::{check_schema, create, list, set_gold, set_schema, show, written};
pub use queries::{QueriesRequest, import_queries};
pub use snapshot::{diff, snapshot};
pub use view::{
    DatasetRow, DatasetView, ExportReport, GoldSet, ImportReport, LabelIssueRow, SchemaCheck, SnapshotRow,
    Snapshotted,
};
