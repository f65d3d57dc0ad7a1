//! Tuning: from a dataset or a file to a registered model, and what such a model says of new texts.

pub(crate) mod base;
mod classifier;
mod export;
mod extractor;
mod feedback;
mod fusion;
mod ground;
mod groundedness;
mod judged;
mod judging;
mod leftovers;
mod mine;
mod models;
mod pairs;
mod predict;
mod reader;
mod relevance;
mod report;
mod reranker;
mod retriever;
mod reward;
pub(crate) mod rows;
pub(crate) mod spans;

pub use classifier::{ClassifierRequest, tune_classifier};
pub use engraft_tune::TuneError;
pub use engraft_tune::artefact::{Manifest, Trained};
pub use engraft_tune::classifier::TierReport;
pub use engraft_tune::extractor::ExtractorTier;
pub use export::{Exported, ExportedFile, Imported, export_model, import_model};
pub use extractor::{ExtractorReport, ExtractorRequest, tune_extractor};
pub use feedback::FeedbackReport;
pub use fusion::tune_fusion;
pub use groundedness::{GroundednessRequest, tune_groundedness};
pub use models::{list_tuned, remove_tuned, show_tuned};
pub use predict::predict;
pub use reader::{ReaderRequest, tune_reader};
pub use report::{DataReport, SuspectLabel, TuneReport};
pub use reranker::{RerankerRequest, tune_reranker};
pub(crate) use retriever::make_ready;
pub use retriever::{RetrieverMethod, RetrieverRequest, tune_retriever};
pub use reward::{RewardRequest, tune_reward};

use engraft_tune::data::{OverLength, UnknownPolicy};

/// The part held out to evaluate on, where no file to evaluate on is named.
const HELD_OUT: f64 = 0.2;
/// Resamples behind every interval, but for rankings.
const RESAMPLES: usize = 1000;
/// Entries of long lists in a report.
const LISTED: usize = 100;
/// Evaluation rows kept with what the model says of them.
const PROBES: usize = 5;

/// What every tuner is asked.
#[derive(Clone, Debug)]
pub struct TuneRequest {
    /// A dataset of the workspace, or a file of rows.
    pub data: String,
    /// The question of the dataset to learn; by default the first that fits.
    pub question: Option<String>,
    /// A file of rows to evaluate on; by default a fifth of the data is held out.
    pub eval: Option<std::path::PathBuf>,
    /// The encoder; by default the workspace's own.
    pub base: Option<String>,
    /// What the model is to be called; by default after the data and the method.
    pub name: Option<String>,
    /// How many seeds to train with, where training draws lots.
    pub seeds: usize,
    /// The first of them.
    pub seed: u64,
    /// What becomes of texts beyond the encoder's window: `error`, `drop`, `split` or `truncate`.
    pub over_length: String,
}

impl TuneRequest {
    /// What is to become of long texts; a word that is none of the policies is refused.
    fn policy(&self) -> Result<OverLength, crate::Error> {
        self.over_length.parse().map_err(|error: UnknownPolicy| crate::Error::Request {
            message: format!("--over-length: {error}"),
            hint: "choose one of those".into(),
        })
    }

    /// The same for tuners that learn from judged passages.
    fn policy_of_judged(&self) -> Result<OverLength, crate::Error> {
        match self.policy()? {
            OverLength::Split => Err(crate::Error::Request {
                message: "--over-length split: a passage was judged as a whole, and nobody said which of its parts answers"
                    .into(),
                hint: "choose error, drop or truncate".into(),
            }),
            policy => Ok(policy),
        }
    }
}

/// Makes search use a model that was just tuned, if it is proven better; returns whether search uses it now.
fn served_if_proven(
    context: crate::Context,
    workspace: &crate::Workspace,
    who: &crate::people::Principal,
    artefact: &engraft_tune::artefact::Artefact,
) -> Result<bool, crate::Error> {
    if !artefact.manifest.ship {
        return Ok(false);
    }
    let name = &artefact.manifest.name;
    let done = crate::serving::serve_model(context, workspace, who, name, false);
    if done.is_err() {
        // The error tells why the switch failed, and not that the training is kept.
        let next = format!("{name} is registered, but not yet in use: run `engraft model serve {name}`");
        context.progress.say(&next);
    }
    done.map(|_| true)
}
