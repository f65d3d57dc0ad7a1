//! The fuzz targets: builds every one and runs each for a while, with the files of the sample and of the test data as first
//! inputs.

use std::env;
use std::process::Command;

use anyhow::{Result, bail};

use crate::steps::run;

/// Runs each target for so many seconds; what it finds lies in `fuzz/artifacts`, what became of each in `bench/results`.
pub(crate) fn fuzz(seconds: u32) -> Result<()> {
    let asked = Command::new("cargo").args(["+nightly", "fuzz", "--version"]).output();
    if !asked.is_ok_and(|output| output.status.success()) {
        bail!(
            "a nightly compiler and cargo-fuzz are needed: `rustup toolchain install nightly`, `cargo install cargo-fuzz`"
        );
    }
    // `-O`: the libraries behind `mail` and `sheet` assert in debug builds what they bear in released ones.
    run("cargo +nightly fuzz build -O", &[])?;
    let data = env::var("ENGRAFT_TEST_DATA").unwrap_or_else(|_| "../shared/data".into());
    run(&format!("python3 fuzz/seeds.py sample {data}/messy-files/files"), &[])?;
    run(&format!("python3 fuzz/run.py --seconds {seconds}"), &[])
}
