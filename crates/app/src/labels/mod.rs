//! Labels from a file: how far people agree, and what their answers come to, without a workspace.

pub(crate) mod table;

use std::path::{Path, PathBuf};

use engraft_eval::{Agreement, Labels, Method, Resampling, Resolved, Scale};

use crate::Error;

/// Resamples behind every interval.
const RESAMPLES: usize = 1000;

/// How far the people of a label file agree.
pub fn agreement(file: &Path, scale: Scale, seed: u64) -> Result<Agreement, Error> {
    let labels = read(file)?;
    Ok(engraft_eval::agreement(&labels, scale, &Resampling { seed, resamples: RESAMPLES }))
}

/// What to resolve, and against what.
#[derive(Clone, Debug)]
pub struct ResolveFile {
    /// The label file.
    pub labels: PathBuf,
    /// Known right labels.
    pub gold: Option<PathBuf>,
    /// How; `auto` chooses by the gold.
    pub method: Method,
    /// Chooses the resamples and restarts.
    pub seed: u64,
}

/// One label for each task of a label file, with its probability and how good each worker is.
pub fn resolve(request: &ResolveFile) -> Result<Resolved, Error> {
    let labels = read(&request.labels)?;
    let gold = request.gold.as_deref().map(table::read_gold).transpose()?;
    let resampling = Resampling { seed: request.seed, resamples: RESAMPLES };
    Ok(engraft_eval::resolve(&labels, request.method, gold.as_ref(), &resampling))
}

fn read(file: &Path) -> Result<Labels, Error> {
    let rows = table::read(file)?;
    if rows.is_empty() {
        return Err(Error::Request {
            message: format!("{} holds no label", file.display()),
            hint: "write one row an answer: task,worker,label".into(),
        });
    }
    Ok(Labels::from_rows(rows.iter()))
}
