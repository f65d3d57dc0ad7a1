//! The two ways to rank chunks, each over every segment of a snapshot and only over allowed rows.

pub(crate) mod allowed;
pub(crate) mod bm25;
pub(crate) mod dense;
pub(crate) mod lexical;
mod list;
