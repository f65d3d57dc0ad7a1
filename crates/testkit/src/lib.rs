//! Where tests find real data and real weights, and how they say that they found none; made-up weights; a language model by
//! script; and what a report leaves unexplained.

pub mod endpoint;
pub mod nulls;
mod tiny;

pub use tiny::tiny_encoder;

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

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

/// Says on stderr why a test does not run here, and in `target/test-assets/skipped.tsv`, since test runners show nothing of a test
/// that passes; where `ENGRAFT_TEST_STRICT` is set, that is a failure.
///
/// The caller returns from the test behind it.
#[track_caller]
pub fn skip(why: &str) {
    let strict = std::env::var_os("ENGRAFT_TEST_STRICT").is_some_and(|set| !set.is_empty() && set != "0");
    skipping(why, strict, &repository().join("target/test-assets/skipped.tsv"));
}

#[track_caller]
fn skipping(why: &str, strict: bool, list: &Path) {
    assert!(!strict, "this test may not be skipped: {why}");
    eprintln!("skipped: {why}");
    // Both runners name the thread of a test after it. Where the list cannot be kept, nothing is lost but the list.
    let thread = std::thread::current();
    let line = format!("{}\t{}\n", thread.name().unwrap_or("a test"), why.replace('\n', " "));
    let _ = list.parent().map(std::fs::create_dir_all);
    let opened = OpenOptions::new().create(true).append(true).open(list);
    // One write, so that lines of tests that run at once do not mix.
    let _ = opened.and_then(|mut list| list.write_all(line.as_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_skipped_with_a_word_and_listed() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("assets/skipped.tsv");
        skipping("there is no moon here", false, &list);
        skipping("there is no moon\nthere either", false, &list);
        let name = "tests::a_test_is_skipped_with_a_word_and_listed";
        let expected = format!("{name}\tthere is no moon here\n{name}\tthere is no moon there either\n");
        assert_eq!(std::fs::read_to_string(list).unwrap(), expected);
    }

    #[test]
    #[should_panic(expected = "this test may not be skipped: there is no moon here")]
    fn where_all_must_run_a_skipped_test_fails() {
        skipping("there is no moon here", true, Path::new("never written"));
    }
}
