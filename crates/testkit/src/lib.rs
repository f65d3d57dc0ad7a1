//! Where tests find real data and real weights, and how they say that they found none; made-up weights; and a language model by
//! script.

pub mod endpoint;
mod tiny;

pub use tiny::tiny_encoder;

use std::path::PathBuf;

/// The folder of one public data set, or `None` after saying on stderr that the test is skipped.
///
/// Looked for under `ENGRAFT_TEST_DATA`, by default `../shared/data` beside the repository.
pub fn data(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("ENGRAFT_TEST_DATA")
        .map_or_else(|| repository().join("../shared/data"), PathBuf::from);
    present(root.join(name), "test data")
}

/// The folder of the reference encoder, all-MiniLM-L6-v2, or `None` after saying that the test is skipped.
///
/// `cargo xtask fetch` puts it where this looks; `ENGRAFT_TEST_MODEL` names another place.
pub fn model() -> Option<PathBuf> {
    let fetched = repository().join("target/test-assets/all-MiniLM-L6-v2");
    present(std::env::var_os("ENGRAFT_TEST_MODEL").map_or(fetched, PathBuf::from), "the test model")
}

/// The root of this repository.
pub fn repository() -> PathBuf {
    let crates = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    crates.ancestors().nth(2).map_or(crates.clone(), PathBuf::from)
}

fn present(path: PathBuf, what: &str) -> Option<PathBuf> {
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {what} is not at {}", path.display());
    None
}
