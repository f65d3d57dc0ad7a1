//! Questions about documents that training is about, too: what is tuned may know the document, though not the question.

use std::collections::BTreeSet;

use engraft_decide::DataFact;

use super::lessons::Library;
use super::questions::{Posed, Questions};
use crate::{Error, Workspace};

/// How many of the questions rest on a document that training questions rest on, too.
pub(super) struct Shared {
    questions: usize,
    of: usize,
}

impl Shared {
    /// `None` where nothing is there to train on. The workspace holds the documents as they came.
    pub(super) fn of(workspace: &Workspace, questions: &Questions) -> Result<Option<Shared>, Error> {
        if questions.training.is_empty() {
            return Ok(None);
        }
        let library = Library::of(workspace)?;
        Ok(Some(Shared::among(&library, &questions.training, &questions.asked)))
    }

    fn among(library: &Library, training: &[Posed], asked: &[Posed]) -> Shared {
        let known: BTreeSet<&str> = training.iter().flat_map(|posed| library.answering(posed)).collect();
        let rests = |posed: &&Posed| library.answering(posed).iter().any(|uri| known.contains(uri));
        Shared { questions: asked.iter().filter(rests).count(), of: asked.len() }
    }

    /// For the report's data.
    pub(super) fn fact(&self) -> DataFact {
        let Shared { questions, of } = self;
        let value = format!("{questions} of {of} questions rest on a document that training names");
        DataFact { what: "Documents in common".into(), value }
    }

    /// What is taken for granted because of it; `None` where no document is in common.
    pub(super) fn note(&self) -> Option<String> {
        let Shared { questions, of } = self;
        let note = format!(
            "What is asked about later stands in documents like these: {questions} of {of} questions rest on a document that training \
             names, and on documents that training does not name tuning may bring less."
        );
        (*questions > 0).then_some(note)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(training: &[&str], asked: &[&str], shared: usize) {
        let document = |uri: &str, passages: &[&str]| {
            (uri.to_string(), passages.iter().map(|passage| passage.to_string()).collect::<Vec<String>>())
        };
        let library = Library::with([
            document("a.md", &["Leave is 28 days.", "It is asked for in writing."]),
            document("b.md", &["The gate opens at six."]),
        ]);
        let row = |more: &&str| -> Posed {
            serde_json::from_str(&format!(r#"{{"id":"q","question":"?",{more}}}"#)).unwrap()
        };
        let read = |rows: &[&str]| rows.iter().map(row).collect::<Vec<Posed>>();
        let found = Shared::among(&library, &read(training), &read(asked));
        let value = format!("{shared} of {} questions rest on a document that training names", asked.len());
        assert_eq!(found.fact().value, value);
        assert_eq!(found.note().is_some(), shared > 0);
    }

    const LEAVE: &str = r#""gold":[{"quote":"Leave is 28 days.","uri":"a.md"}]"#;
    const WRITING: &str = r#""gold":[{"quote":"it is asked for in  writing"}]"#;
    const GATE: &str = r#""gold":[{"quote":"The gate opens at six."}]"#;
    const SILENT: &str = r#""answerable":false"#;

    #[test]
    fn another_question_about_a_document_of_training_is_counted_whether_its_gold_names_the_document_or_not() {
        check(&[LEAVE], &[WRITING, GATE, SILENT], 1);
        check(&[WRITING, GATE], &[LEAVE, GATE], 2);
    }

    #[test]
    fn what_rests_on_other_documents_or_on_none_is_not_counted() {
        check(&[LEAVE], &[GATE, SILENT], 0);
        check(&[SILENT], &[LEAVE], 0);
    }
}
