//! The checks, in the order in which they fail fastest.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::fetch;

/// Everything a change must pass.
pub(crate) fn test() -> Result<()> {
    run("cargo fmt --all --check", &[])?;
    fetch::fetch()?;
    run("cargo clippy --workspace --all-targets --locked -- -D warnings", &[])?;
    other_processor()?;
    run("cargo doc --workspace --no-deps --locked", &[("RUSTDOCFLAGS", "-D warnings")])?;
    sample()?;
    if has_nextest() {
        run("cargo nextest run --workspace --locked --no-fail-fast", &[])
    } else {
        run("cargo test --workspace --locked --no-fail-fast", &[])
    }
}

/// The kernels of the other processor are compiled too, where the compiler has its library.
fn other_processor() -> Result<()> {
    let target =
        if cfg!(target_arch = "aarch64") { "x86_64" } else { "aarch64" }.to_string() + "-unknown-linux-gnu";
    let asked = Command::new("rustc").args(["--print", "target-libdir", "--target", &target]).output()?;
    if !Path::new(String::from_utf8_lossy(&asked.stdout).trim()).is_dir() {
        return skip(&format!(
            "the kernels for {target} are not compiled; `rustup target add {target}` brings what it takes"
        ));
    }
    // Without a C compiler for it: the one dependency that would use one can do without.
    let pure = [("CARGO_FEATURE_PURE", "1")];
    run(
        &format!("cargo clippy --package engraft-nn --all-targets --target {target} --locked -- -D warnings"),
        &pure,
    )
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
fn skip(why: &str) -> Result<()> {
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
