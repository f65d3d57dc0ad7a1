//! The fuzz targets: builds every one and runs each for a while, with the files of the sample and of the test data as first
//! inputs.

use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::steps::run;

/// Runs each target for so many seconds; what it finds lies in `fuzz/artifacts`.
pub(crate) fn fuzz(seconds: u32) -> Result<()> {
    let asked = Command::new("cargo").args(["+nightly", "fuzz", "--version"]).output();
    if !asked.is_ok_and(|output| output.status.success()) {
        bail!(
            "a nightly compiler and cargo-fuzz are needed: `rustup toolchain install nightly`, `cargo install cargo-fuzz`"
        );
    }
    let mut targets: Vec<String> = std::fs::read_dir("fuzz/targets")
        .context("run it in the root of the repository")?
        .flatten()
        .filter_map(|entry| Some(entry.path().file_stem()?.to_str()?.to_string()))
        .collect();
    targets.sort();
    // `-O`: the libraries behind `mail` and `sheet` assert in debug builds what they bear in released ones.
    run("cargo +nightly fuzz build -O", &[])?;
    let data = env::var("ENGRAFT_TEST_DATA").unwrap_or_else(|_| "../shared/data".into());
    run(&format!("python3 fuzz/seeds.py sample {data}/messy-files/files"), &[])?;
    for target in &targets {
        let inputs = ["corpus", "seeds"].map(|kind| Path::new("fuzz").join(kind).join(target));
        for folder in &inputs {
            std::fs::create_dir_all(folder)?;
        }
        let limits = format!("-max_total_time={seconds} -timeout=20 -rss_limit_mb=2048");
        let inputs = inputs.map(|folder| folder.display().to_string()).join(" ");
        run(&format!("cargo +nightly fuzz run -O {target} {inputs} -- {limits}"), &[])?;
    }
    Ok(())
}
