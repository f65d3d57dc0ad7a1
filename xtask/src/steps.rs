//! The checks, in the order in which they fail fastest.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::cross::cross;
use crate::fetch;

/// Where tests write that they were skipped: their name and why, a line each (`crates/testkit/src/lib.rs`).
const SKIPPED: &str = "target/test-assets/skipped.tsv";

/// Everything a change must pass.
pub(crate) fn test() -> Result<()> {
    run("cargo fmt --all --check", &[])?;
    fetch::fetch()?;
    run("cargo clippy --workspace --all-targets --locked -- -D warnings", &[])?;
    cross()?;
    run("cargo doc --workspace --no-deps --locked", &[("RUSTDOCFLAGS", "-D warnings")])?;
    sample()?;
    let list = Path::new(SKIPPED);
    if list.exists() {
        std::fs::remove_file(list)?;
    }
    let passed = if has_nextest() {
        run("cargo nextest run --workspace --locked --no-fail-fast", &[])
    } else {
        run("cargo test --workspace --locked --no-fail-fast", &[])
    };
    eprint!("{}", skipped(&std::fs::read_to_string(list).unwrap_or_default()));
    passed
}

/// How many tests were skipped and why, a line for each reason; nothing where none was.
fn skipped(list: &str) -> String {
    let mut tests: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (test, why) in list.lines().filter_map(|line| line.split_once('\t')) {
        tests.entry(why).or_default().insert(test);
    }
    let lines = tests.iter().map(|(why, tests)| {
        let first = tests.first().copied().unwrap_or_default();
        match tests.len() {
            1 => format!("skipped: {why} ({first})\n"),
            count => format!("skipped: {why} ({count} tests, such as {first})\n"),
        }
    });
    lines.collect()
}

/// The bundled sample says what its questions quote, and its files are what their sources give.
pub(crate) fn sample() -> Result<()> {
    let Some(readers) = fetch::sample_readers()? else {
        return skip("pip could not bring the sample's readers, so the sample is not checked");
    };
    let path = readers.display().to_string();
    for line in ["python3 sample/build/check.py", "python3 sample/build/make.py --verify"] {
        run(line, &[("PYTHONPATH", path.as_str()), ("PYTHONDONTWRITEBYTECODE", "1")])?;
    }
    Ok(())
}

/// Says what is not checked here; where `ENGRAFT_TEST_STRICT` is set, as for the tests, that is a failure.
pub(crate) fn skip(why: &str) -> Result<()> {
    if std::env::var_os("ENGRAFT_TEST_STRICT").is_some_and(|set| !set.is_empty() && set != "0") {
        bail!("nothing may be skipped: {why}");
    }
    eprintln!("skipped: {why}");
    Ok(())
}

fn has_nextest() -> bool {
    let asked = Command::new("cargo").args(["nextest", "--version"]).output();
    asked.is_ok_and(|output| output.status.success())
}

/// Runs one of the project's Python scripts, which say themselves what they need.
pub(crate) fn python(script: &str, more: &[&str]) -> Result<()> {
    run(&[&["python3", script], more].concat().join(" "), &[])
}

/// Runs a command line with variables set, and says how long it took.
pub(crate) fn run(line: &str, set: &[(&str, &str)]) -> Result<()> {
    eprintln!("\n$ {line}");
    let mut words = line.split(' ');
    let program = words.next().context("an empty command")?;
    let began = Instant::now();
    let status =
        Command::new(program).args(words).envs(set.iter().copied()).status().context(line.to_string())?;
    eprintln!("  {:.0} s", began.elapsed().as_secs_f64());
    if !status.success() {
        bail!("`{line}` failed");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipped_tests_are_counted_by_the_reason_why() {
        let list = "a::one\tno node\nb::two\tno data\na::three\tno node\na::one\tno node\nhalf a li";
        let told = "skipped: no data (b::two)\nskipped: no node (2 tests, such as a::one)\n";
        assert_eq!(skipped(list), told);
        assert_eq!(skipped(""), "");
    }
}
