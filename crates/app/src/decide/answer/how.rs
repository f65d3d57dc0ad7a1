//! How an arm answers: the models it uses, the weight of meaning, and the support below which it abstains.

use engraft_core::content_hash;

use crate::serving::{RERANKER, Serving};
use crate::{AskRequest, Error, Workspace};

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
