//! Questions about documents that training is about, too.

use std::collections::BTreeSet;

use super::lessons::Library;
use super::questions::{Posed, Questions};
use crate::decide::shared::Shared;

/// How many of the questions rest on a document that training questions rest on; `None` where nothing is there to train on.
pub(super) fn shared(library: &Library, questions: &Questions) -> Option<Shared> {
    (!questions.training.is_empty()).then(|| among(library, &questions.training, &questions.asked))
}

fn among(library: &Library, training: &[Posed], asked: &[Posed]) -> Shared {
    let known: BTreeSet<&str> = training.iter().flat_map(|posed| library.answering(posed)).collect();
    let rests = |posed: &&Posed| library.answering(posed).iter().any(|uri| known.contains(uri));
    let questions = asked.iter().filter(rests).count();
    Shared { questions, of: asked.len(), unnamed: 0, belong: "rest on" }
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
        let found = among(&library, &read(training), &read(asked));
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
