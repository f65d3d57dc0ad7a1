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
    skip(&format!("{what} is not at {}", path.display()));
    None
}

/// Says on stderr why a test does not run here; where `ENGRAFT_TEST_STRICT` is set, that is a failure.
///
/// The caller returns from the test behind it.
#[track_caller]
pub fn skip(why: &str) {
    skipping(why, std::env::var_os("ENGRAFT_TEST_STRICT").is_some_and(|set| !set.is_empty() && set != "0"));
}

#[track_caller]
fn skipping(why: &str, strict: bool) {
    assert!(!strict, "this test may not be skipped: {why}");
    eprintln!("skipped: {why}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_skipped_with_a_word() {
        skipping("there is no moon here", false);
    }

    #[test]
    #[should_panic(expected = "this test may not be skipped: there is no moon here")]
    fn where_all_must_run_a_skipped_test_fails() {
        skipping("there is no moon here", true);
    }
}
