//! Bytes to text to clean blocks to chunks to duplicates; pure.

mod chunk;
pub mod dedupe;
mod language;
pub mod parse;
mod sitemap;

pub use chunk::{ChunkLimits, chunk, context, encoder_text};
pub use language::language;
pub use sitemap::sitemap;
