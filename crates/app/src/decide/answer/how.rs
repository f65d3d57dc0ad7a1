//! How an arm answers: the models it uses, the weight of meaning, and the support below which it abstains.

use engraft_core::{Embed, content_hash};
use engraft_decide::DataFact;

use crate::decide::frame;
use crate::serving::{RERANKER, Serving};
use crate::{AskRequest, Context, Error, Workspace};

/// One way to answer from the documents.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct How {
    /// The tuned models in use.
    pub(super) serving: Serving,
    pub(super) dense_weight: f32,
    pub(super) min_support: f32,
}

impl How {
    /// As `ask` answers in a workspace without tuned models.
    pub(super) fn usual(workspace: &Workspace) -> How {
        let (dense_weight, min_support) =
            (workspace.config.search.dense_weight, workspace.config.answer.min_support);
        How { serving: Serving::default(), dense_weight, min_support }
    }

    /// The same with another set of models, abstaining as they say.
    pub(super) fn with(&self, serving: Serving, workspace: &mut Workspace) -> Result<How, Error> {
        workspace.use_only(&serving);
        let reader = workspace.reader(None)?;
        let min_support = reader.map_or(self.min_support, |reader| reader.threshold());
        Ok(How { serving, min_support, ..*self })
    }

    /// Makes the workspace answer like that.
    pub(super) fn apply(&self, workspace: &mut Workspace) {
        workspace.use_only(&self.serving);
        workspace.config.search.dense_weight = self.dense_weight;
    }

    /// A question as it is asked; with `least` that support instead of the arm's.
    pub(super) fn request(&self, question: &str, least: Option<f32>) -> AskRequest {
        AskRequest {
            question: question.into(),
            rerank: self.serving.model(RERANKER).is_some(),
            min_support: Some(least.unwrap_or(self.min_support)),
            ..AskRequest::default()
        }
    }

    /// A name that tells it from others.
    pub(super) fn name(&self) -> String {
        let models: Vec<String> = self.serving.models().into_values().collect();
        let models =
            if models.is_empty() { String::new() } else { content_hash(models.join(" ").as_bytes()) };
        let models = models.get(..8).map_or_else(String::new, |hash| format!("-{hash}"));
        format!("{:08x}{:08x}{models}", self.dense_weight.to_bits(), self.min_support.to_bits())
    }
}

/// What the arms answer with; `better`: how `both` answers, where there is such an arm.
pub(super) fn setup(
    context: Context,
    workspace: &Workspace,
    usual: &How,
    better: Option<&How>,
) -> Result<Vec<DataFact>, Error> {
    let encoder = frame::encoder(workspace.encoder(context)?.map(Embed::name));
    let own = [
        ("Encoder", encoder),
        ("Passages read (k)", workspace.config.answer.passages.to_string()),
        ("Settings of `retrieval`", told(usual)),
    ];
    Ok(frame::setup(own.into_iter().chain(better.map(|how| ("Settings of `both`", told(how))))))
}

fn told(how: &How) -> String {
    let models: Vec<String> = how.serving.models().into_values().collect();
    let models = if models.is_empty() { "no tuned model".into() } else { models.join(", ") };
    format!(
        "meaning weighs {:.2} in search, an answer needs a support of {:.3} (`min_support`), {models}",
        how.dense_weight, how.min_support
    )
}
