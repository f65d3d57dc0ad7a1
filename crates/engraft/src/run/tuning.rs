//! Commands of tuning: train, register, ask.

use std::path::Path;
use std::process::ExitCode;

use engraft_app as app;
use engraft_app::Error;
use engraft_app::people::Principal;
use serde_json::json;

use crate::cli::tuning::{Job, Predict, Tune};
use crate::print::extractor::extractor;
use crate::print::tuning as print;
use crate::run::Session;

impl Session<'_> {
    pub(super) fn tune(&self, words: &Tune) -> Result<ExitCode, Error> {
        let (workspace, me) = (self.workspace()?, Principal::at_the_machine());
        match words {
            Tune::Fusion(words) => self.tune_fusion(words),
            Tune::Retriever(words) => self.tune_retriever(words),
            Tune::Reranker(words) => self.tune_reranker(words),
            Tune::Classifier(words) => {
                let request = app::tune::ClassifierRequest {
                    tune: request(&words.job)?,
                    method: words.method.clone(),
                    out_of_scope: words.out_of_scope.clone(),
                };
                let report = app::tune::tune_classifier(self.context, &workspace, &me, &request)?;
                self.show(&report, print::tuned)
            }
            Tune::Extractor(words) => {
                let request = app::tune::ExtractorRequest {
                    tune: request(&words.job)?,
                    method: words.method.clone(),
                    values: words.values.clone(),
                };
                let report = app::tune::tune_extractor(self.context, &workspace, &me, &request)?;
                self.show(&report, extractor)
            }
            Tune::Groundedness(words) => {
                let (tune, method) = (request(&words.job)?, words.method.clone());
                let request = app::tune::GroundednessRequest { tune, method };
                let report = app::tune::tune_groundedness(self.context, &workspace, &me, &request)?;
                self.show(&report, print::tuned)
            }
            Tune::Reader(words) => {
                let (tune, method) = (request(&words.job)?, words.method.clone());
                let request = app::tune::ReaderRequest { tune, method };
                let report = app::tune::tune_reader(self.context, &workspace, &me, &request)?;
                self.show(&report, print::tuned)
            }
            Tune::Reward(words) => {
                let (tune, method) = (request(&words.job)?, words.method.clone());
                let request = app::tune::RewardRequest { tune, method };
                let report = app::tune::tune_reward(self.context, &workspace, &me, &request)?;
                self.show(&report, print::tuned)
            }
        }
    }

    pub(super) fn predict(&self, words: &Predict) -> Result<ExitCode, Error> {
        let workspace = self.workspace()?;
        app::tune::predict(self.context, &workspace, &words.model, &words.input, &mut |line| {
            self.line(&line)
        })?;
        Ok(ExitCode::SUCCESS)
    }

    /// The models tuned in the workspace, where there is one here.
    pub(super) fn tuned_models(&self) -> Result<Vec<app::ModelInfo>, Error> {
        match self.workspace() {
            Err(Error::NoWorkspace(_)) => Ok(Vec::new()),
            opened => Ok(app::tune::list_tuned(self.context, &opened?)),
        }
    }

    pub(super) fn export_model(&self, name: &str, dir: &Path, format: &str) -> Result<ExitCode, Error> {
        let report = app::tune::export_model(self.context, &self.workspace()?, name, dir, format)?;
        self.show(&report, |report| print::exported(report, dir))
    }

    pub(super) fn import_model(&self, dir: &Path, name: Option<&str>) -> Result<ExitCode, Error> {
        let (workspace, me) = (self.workspace()?, Principal::at_the_machine());
        let report = app::tune::import_model(self.context, &workspace, &me, dir, name)?;
        self.show(&report, |report| crate::print::model(&report.model))
    }

    pub(super) fn remove_model(&self, name: &str) -> Result<ExitCode, Error> {
        app::tune::remove_tuned(&self.workspace()?, &Principal::at_the_machine(), name)?;
        self.show(&json!({ "removed": name }), |_| format!("{name} is gone.\n"))
    }
}

fn request(job: &Job) -> Result<app::tune::TuneRequest, Error> {
    if job.seeds == 0 {
        return Err(Error::Request {
            message: "--seeds is 0".into(),
            hint: "train with at least one".into(),
        });
    }
    Ok(app::tune::TuneRequest {
        data: job.data.clone(),
        question: job.question.clone(),
        eval: job.eval.clone(),
        base: job.base.clone(),
        name: job.name.clone(),
        seeds: job.seeds,
        seed: job.seed,
        over_length: job.over_length.clone(),
    })
}
