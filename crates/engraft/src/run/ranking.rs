//! Commands of tuning search: fusion, retriever, reranker; use one, roll it back.

use std::process::ExitCode;

use engraft_app as app;
use engraft_app::Error;
use engraft_app::people::Principal;
use engraft_app::tune::{RerankerRequest, RetrieverRequest, TuneRequest};

use crate::cli::ranking::{Judgements, Reranker, Retriever};
use crate::print::ranking as print;
use crate::run::Session;

impl Session<'_> {
    pub(super) fn tune_fusion(&self, words: &Judgements) -> Result<ExitCode, Error> {
        let (workspace, me) = (self.workspace()?, Principal::at_the_machine());
        let asked = request(words, None, 1, "truncate")?;
        self.show(&app::tune::tune_fusion(self.context, &workspace, &me, &asked)?, print::tuned)
    }

    pub(super) fn tune_retriever(&self, words: &Retriever) -> Result<ExitCode, Error> {
        let (workspace, me) = (self.workspace()?, Principal::at_the_machine());
        let asked = RetrieverRequest {
            tune: request(&words.judgements, words.base.as_deref(), words.seeds, &words.over_length)?,
            method: words.method.parse()?,
            epochs: words.epochs,
            batch: words.batch,
            rate: words.rate,
            dims: words.dims.clone(),
            window: words.window,
        };
        self.show(&app::tune::tune_retriever(self.context, &workspace, &me, &asked)?, print::tuned)
    }

    pub(super) fn tune_reranker(&self, words: &Reranker) -> Result<ExitCode, Error> {
        let (workspace, me) = (self.workspace()?, Principal::at_the_machine());
        let asked = RerankerRequest {
            tune: request(&words.judgements, words.base.as_deref(), words.seeds, &words.over_length)?,
            method: words.method.clone(),
            epochs: words.epochs,
            batch: words.batch,
            rate: words.rate,
            wrong: words.wrong,
            window: words.window,
        };
        self.show(&app::tune::tune_reranker(self.context, &workspace, &me, &asked)?, print::tuned)
    }

    pub(super) fn serve_model(&self, name: &str, anyway: bool) -> Result<ExitCode, Error> {
        let (workspace, me) = (self.workspace()?, Principal::at_the_machine());
        let served = app::serve_model(self.context, &workspace, &me, name, anyway)?;
        self.show(&served, print::served)
    }

    pub(super) fn rollback_model(&self, kind: &str) -> Result<ExitCode, Error> {
        let (workspace, me) = (self.workspace()?, Principal::at_the_machine());
        let served = app::rollback_model(self.context, &workspace, &me, kind)?;
        self.show(&served, print::served)
    }
}

fn request(
    words: &Judgements,
    base: Option<&str>,
    seeds: usize,
    over_length: &str,
) -> Result<TuneRequest, Error> {
    if seeds == 0 {
        return Err(Error::Request {
            message: "--seeds is 0".into(),
            hint: "train with at least one".into(),
        });
    }
    Ok(TuneRequest {
        data: words.data.clone(),
        question: words.question.clone(),
        eval: words.eval.clone(),
        base: base.map(str::to_string),
        name: words.name.clone(),
        seeds,
        seed: words.seed,
        over_length: over_length.into(),
    })
}
