//! Reviewing: progress and agreement at a glance, conflicts decided, items looked at, people helped or paused.

mod agreement;
mod behind;
mod conflicts;
mod cost;
mod dashboard;
mod items;
mod lineage;
mod matrix;
mod resolve;
mod together;
mod view;
mod window;

pub use agreement::{AgreementReport, agreement};
pub use behind::Behind;
pub use conflicts::{Decision, conflict, conflicts, decide};
pub use cost::{Cost, RateSet, set_rate};
pub use dashboard::{dashboard, pulse};
pub use items::{ItemFilter, item, items, pause, return_to};
pub use lineage::{LineageReport, lineage};
pub use resolve::{ResolveReport, ResolveRequest, Written, resolve};
pub use together::Together;
pub use view::{
    Cell, ConflictRow, ConflictView, Conflicts, Dashboard, Decided, ItemCounts, ItemDetail, ItemRow, Items,
    LabelCount, LabelCounts, Matrix, PersonRow, QuestionAgreement, ResponseView, Side,
};
