//! Citation freshness: whether what an answer cites is the current version of its document, at the time of asking.

use engraft_decide::Measure;
use engraft_eval::{QuoteCheck, Resampling, quotes_fresh};

use crate::{AskReport, Error, Workspace};

/// The measure of it.
pub(super) fn measure() -> Measure {
    let meaning = "the share of an answer's citations that point to the current version of their document, at the time of asking";
    Measure::new("citation_freshness", meaning, true)
}

/// A document that is cited, and which version of it.
#[derive(Clone, Copy)]
pub(super) struct Cited<'a> {
    pub(super) doc_id: &'a str,
    pub(super) version: u32,
}

impl Cited<'_> {
    /// What a report cites.
    pub(super) fn of(report: &AskReport) -> Vec<Cited<'_>> {
        let cited = report.citations.iter();
        cited.map(|citation| Cited { doc_id: &citation.doc_id, version: citation.doc_version }).collect()
    }

    /// The citation beside the version that is current now; `None` when the document is gone.
    pub(super) fn check(self, workspace: &Workspace) -> Result<QuoteCheck<'static>, Error> {
        let current = workspace.store.document_by_id(self.doc_id)?;
        Ok(QuoteCheck {
            quote: "",
            source: None,
            span: (0, 0),
            cited_version: u64::from(self.version),
            current_version: current.map(|document| u64::from(document.version)),
        })
    }
}

/// The share of citations that were fresh; `None`: nothing was cited.
pub(super) fn share(checks: &[QuoteCheck]) -> Option<f64> {
    quotes_fresh(checks, &Resampling { seed: 0, resamples: 0 }).value
}

/// The share of what is cited that is current now; `None`: nothing is cited.
pub(super) fn fresh(workspace: &Workspace, cited: &[Cited]) -> Result<Option<f64>, Error> {
    let checks = cited.iter().map(|cited| cited.check(workspace)).collect::<Result<Vec<_>, Error>>()?;
    Ok(share(&checks))
}

#[cfg(test)]
mod tests {
    use engraft_core::{Cancel, Silent};

    use super::*;
    use crate::{AskRequest, Context, IngestRequest, Isolation, Parsers, ask, ingest, init, sync};

    #[test]
    fn a_citation_is_fresh_until_its_document_is_edited_or_gone() {
        let folder = tempfile::tempdir().unwrap();
        let (root, documents) = (folder.path().join("kb"), folder.path().join("docs"));
        std::fs::create_dir(&documents).unwrap();
        let write = |code: u32| {
            let text = format!("# Key code\n\nThe key code of the boat house is {code}.\n");
            std::fs::write(documents.join("code.md"), text).unwrap();
        };
        write(4711);
        init(&root, None, Some("none")).unwrap();
        let workspace = Workspace::open(&root, 1).unwrap();
        let parsers = Parsers::new(Isolation::InProcess, Default::default());
        let (cancel, now) = (Cancel::default(), || "2026-01-01T00:00:00.000Z".to_string());
        let context = Context { progress: &Silent, cancel: &cancel, now_ns: &|| i64::MAX, now: &now };
        let paths = vec![documents.display().to_string()];
        ingest(context, &workspace, &parsers, &IngestRequest { paths, ..IngestRequest::default() }).unwrap();
        let question = "What is the key code of the boat house?".to_string();
        let request = AskRequest { question, min_support: Some(0.0), ..AskRequest::default() };
        let said = || ask(context, &workspace, &request).unwrap();
        let share = |report: &AskReport| fresh(&workspace, &Cited::of(report)).unwrap();
        let before = said();
        assert_eq!(share(&before), Some(1.0), "{before:?}");
        write(471_200);
        sync(context, &workspace, &parsers, None, false).unwrap();
        assert_eq!((share(&before), share(&said())), (Some(0.0), Some(1.0)));
        std::fs::remove_file(documents.join("code.md")).unwrap();
        sync(context, &workspace, &parsers, None, false).unwrap();
        assert_eq!((share(&before), share(&said())), (Some(0.0), None));
    }
}
