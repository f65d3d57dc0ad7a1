//! Commands of evaluation: measure, list, compare, gate.

use std::process::ExitCode;

use engraft_app::Error;
use engraft_app::evaluate::{
    self, AnswersRequest, CompareRequest, GateVerdict, ModelRequest, RetrievalRequest,
};
use engraft_app::judge::{self, JudgeRequest};
use serde_json::json;

use crate::cli::evaluation::{Compare, Eval, Gate, How};
use crate::print::{evaluation as print, judging};
use crate::run::{NO, Session, mode, principals};

impl Session<'_> {
    pub(super) fn eval(&self, words: &Eval) -> Result<ExitCode, Error> {
        let workspace = self.workspace()?;
        match words {
            Eval::Retrieval(words) => {
                let request = RetrievalRequest {
                    queries: words.queries.clone(),
                    qrels: words.qrels.clone(),
                    mode: mode(words.mode),
                    measures: words.measures.clone(),
                    seed: words.seed,
                    principals: principals(&words.principals),
                };
                let report = evaluate::retrieval(self.context, &workspace, &request)?;
                self.show(&report, print::measured)
            }
            Eval::Answers(words) => {
                let request = AnswersRequest {
                    questions: words.questions.clone(),
                    arm: words.arm.clone(),
                    k: words.k,
                    reader: words.reader.clone(),
                    rerank: words.rerank,
                    seed: words.seed,
                    principals: principals(&words.principals),
                };
                let report = evaluate::answers(self.context, &workspace, &request)?;
                self.show(&report, print::answers)
            }
            Eval::Model(words) => {
                let request =
                    ModelRequest { model: words.name.clone(), data: words.data.clone(), seed: words.seed };
                let report = evaluate::model(self.context, &workspace, &request)?;
                self.show(&report, print::measured)
            }
            Eval::Judge(words) => {
                let request = JudgeRequest {
                    run: words.run.clone(),
                    against: words.against.clone(),
                    labels: words.labels.clone(),
                    budget: words.budget,
                    budget_tokens: words.budget_tokens,
                    seed: words.seed,
                };
                if let Some(file) = &words.sheet {
                    return self.show(&judge::sheet(&workspace, &request, file)?, judging::sheet);
                }
                if words.dry_run {
                    return self.show(&judge::plan_judge(&workspace, &request)?, judging::plan);
                }
                self.show(&judge::judge(self.context, &workspace, &request)?, judging::judged)
            }
            Eval::List => {
                let runs = evaluate::list(&workspace)?;
                self.show(&json!({ "runs": runs }), |_| print::runs(&runs))
            }
            Eval::Show { run } => self.show(&evaluate::show(&workspace, run)?, print::run),
        }
    }

    pub(super) fn compare(&self, words: &Compare) -> Result<ExitCode, Error> {
        let request = request(&words.a, &words.b, &words.how);
        let report = evaluate::compare(self.context, &|| self.workspace(), &request)?;
        self.show(&report, print::compared)
    }

    pub(super) fn gate(&self, words: &Gate) -> Result<ExitCode, Error> {
        let request = request(&words.run, &words.baseline, &words.how);
        let report = evaluate::gate(self.context, &|| self.workspace(), &request)?;
        self.show(&report, print::gated)?;
        Ok(ExitCode::from(if report.gate.verdict == GateVerdict::Pass { 0 } else { NO }))
    }
}

fn request(a: &str, b: &str, how: &How) -> CompareRequest {
    CompareRequest {
        a: a.to_string(),
        b: b.to_string(),
        metric: how.metric.clone(),
        margin: how.margin,
        seed: how.seed,
        resamples: how.resamples,
    }
}
