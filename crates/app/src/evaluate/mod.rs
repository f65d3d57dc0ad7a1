//! `eval`, `metrics compare` and `gate`: what is measured is kept item by item, and compared pair by pair.

mod answers;
mod compare;
mod lineage;
pub(crate) mod measured;
mod model;
mod questions;
mod recorder;
mod retrieval;
mod score_file;
mod scores;
mod view;

pub use engraft_eval::{Bounds, Difference, Gate, GateVerdict, States, Verdict};

pub use answers::{AnswersReport, AnswersRequest, Outcomes, answers};
pub use compare::{CompareReport, CompareRequest, GateReport, Side, compare, gate};
pub use lineage::{Ancestor, Behind, FoundDocument, ModelLineage, RunLineage, lineage};
pub use model::{ModelRequest, model};
pub use recorder::EvalReport;
pub use retrieval::{RetrievalRequest, retrieval};
pub use view::{ItemView, RunView, list, show};
