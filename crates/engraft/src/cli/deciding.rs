//! The words of `decide`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Decide {
    /// What is to be decided, on which data, under which terms
    #[arg(value_name = "TASK.toml", required_unless_present = "replay", conflicts_with = "replay")]
    pub(crate) task: Option<PathBuf>,
    /// Where to write; by default a folder beside the task, named after it. What an interrupted run measured there is kept
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Say what would be measured, and stop
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Chooses resamples, subsets and changes; by default the task's own, else 0
    #[arg(long, value_name = "N", conflicts_with = "replay")]
    pub(crate) seed: Option<u64>,
    /// Decide again on the measurements of a record.json; compares with the files beside it, or writes into --out
    #[arg(long, value_name = "FILE")]
    pub(crate) replay: Option<PathBuf>,
}
