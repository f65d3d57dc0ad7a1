//! The checks, in the order in which they fail fastest.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::cross::cross;
use crate::fetch;

/// Everything a change must pass.
pub(crate) fn test() -> Result<()> {
    run("cargo fmt --all --check", &[])?;
    fetch::fetch()?;
    run("cargo clippy --workspace --all-targets --locked -- -D warnings", &[])?;
    cross()?;
    run("cargo doc --workspace --no-deps --locked", &[("RUSTDOCFLAGS", "-D warnings")])?;
    sample()?;
    if has_nextest() {
        run("cargo nextest run --workspace --locked --no-fail-fast", &[])
    } else {
        run("cargo test --workspace --locked --no-fail-fast", &[])
    }
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
