//! Snapshots: a dataset as canonical bytes, its content address, what differs between two, and what is wrong with one.

mod audit;
mod diff;
mod hash;

pub use audit::{Audit, AuditOptions, Balance, Duplicate, Leak, audit};
pub use diff::{Change, SnapshotDiff, diff};
pub use hash::{SnapshotError, SnapshotHasher};
