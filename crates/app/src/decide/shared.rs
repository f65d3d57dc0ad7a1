//! Documents that training and evaluation have in common: what is tuned may know the document, though not what is asked.

use std::collections::BTreeSet;

use engraft_decide::DataFact;

/// How many of the questions are about a document that training names, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shared {
    pub(super) questions: usize,
    pub(super) of: usize,
    /// Questions that name no document.
    pub(super) unnamed: usize,
    /// What questions do with their document, such as `rest on`.
    pub(super) belong: &'static str,
}

impl Shared {
    /// By the documents that rows name; `None` where no row to learn from does, or none that is asked.
    pub(super) fn of_rows<'r>(
        training: impl Iterator<Item = Option<&'r str>>,
        asked: impl Iterator<Item = Option<&'r str>>,
    ) -> Option<Shared> {
        let known: BTreeSet<&str> = training.flatten().collect();
        let asked: Vec<Option<&str>> = asked.collect();
        let of = asked.len();
        let named: Vec<&str> = asked.into_iter().flatten().collect();
        let questions = named.iter().filter(|document| known.contains(*document)).count();
        let shared = Shared { questions, of, unnamed: of - named.len(), belong: "come from" };
        (!known.is_empty() && !named.is_empty()).then_some(shared)
    }

    /// For the report's data.
    pub(super) fn fact(&self) -> DataFact {
        let unnamed = match self.unnamed {
            0 => String::new(),
            n => format!("; {n} without a document"),
        };
        DataFact { what: "Documents in common".into(), value: self.counted() + &unnamed }
    }

    /// What is taken for granted because of it; `None` where no document is in common.
    pub(super) fn note(&self) -> Option<String> {
        let note = format!(
            "What is asked about later stands in documents like these: {}, and on documents that training does not name tuning may \
             bring less.",
            self.counted()
        );
        (self.questions > 0).then_some(note)
    }

    fn counted(&self) -> String {
        let Shared { questions, of, belong, .. } = self;
        format!("{questions} of {of} questions {belong} a document that training names")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(training: &[Option<&str>], asked: &[Option<&str>]) -> Option<Shared> {
        Shared::of_rows(training.iter().copied(), asked.iter().copied())
    }

    #[test]
    fn rows_of_a_document_that_training_names_are_counted_and_those_that_name_none_are_told() {
        let found = shared(&[Some("a"), None, Some("b")], &[Some("a"), Some("a"), Some("c"), None]).unwrap();
        assert_eq!(
            found.fact().value,
            "2 of 4 questions come from a document that training names; 1 without a document"
        );
        assert!(
            found.note().unwrap().contains("2 of 4 questions come from a document that training names, and")
        );
    }

    #[test]
    fn where_no_document_is_in_common_that_is_told_and_nothing_is_taken_for_granted() {
        let found = shared(&[Some("a")], &[Some("b"), Some("c")]).unwrap();
        assert_eq!(found.fact().value, "0 of 2 questions come from a document that training names");
        assert_eq!(found.note(), None);
    }

    #[test]
    fn rows_that_name_no_document_say_nothing() {
        assert_eq!(shared(&[None, None], &[Some("a")]), None);
        assert_eq!(shared(&[Some("a")], &[None]), None);
        assert_eq!(shared(&[], &[]), None);
    }
}
