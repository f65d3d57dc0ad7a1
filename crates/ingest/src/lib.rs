//! Bytes to text to clean blocks to chunks to duplicates; pure.

mod chunk;
pub mod dedupe;
mod language;
pub mod parse;

pub use chunk::{ChunkLimits, chunk, context, encoder_text};
pub use language::language;
