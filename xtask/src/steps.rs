//! The checks, in the order in which they fail fastest.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::fetch;

/// Everything a change must pass.
pub(crate) fn test() -> Result<()> {
    run("cargo fmt --all --check", &[])?;
    fetch::fetch()?;
    run("cargo clippy --workspace --all-targets --locked -- -D warnings", &[])?;
    run("cargo doc --workspace --no-deps --locked", &[("RUSTDOCFLAGS", "-D warnings")])?;
    if has_nextest() {
        run("cargo nextest run --workspace --locked --no-fail-fast", &[])
    } else {
        run("cargo test --workspace --locked --no-fail-fast", &[])
    }
}

fn has_nextest() -> bool {
    let asked = Command::new("cargo").args(["nextest", "--version"]).output();
    asked.is_ok_and(|output| output.status.success())
}

/// Runs one of the project's Python scripts, which say themselves what they need.
pub(crate) fn python(script: &str, more: &[&str]) -> Result<()> {
    run(&[&["python3", script], more].concat().join(" "), &[])
}

fn run(line: &str, set: &[(&str, &str)]) -> Result<()> {
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
