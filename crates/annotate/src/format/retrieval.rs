//! Judged passages: what qrels, BEIR and rerankers' training rows are made of.

use serde_json::{Value, json};

use crate::format::export::RowWriter;
use crate::format::report::Losses;
use crate::format::voice::{count_entries, count_fields, for_rows};
use crate::format::{ExportOptions, Format, FormatError, Voices};
use crate::{Answer, Question, QuestionKind, Record, Schema, query_of};

/// The question that grades passages, and the fields it is about.
pub(crate) struct Grading {
    format: Format,
    schema: Schema,
    voices: Voices,
    question: Question,
    field: String,
    query: String,
}

/// A passage that was judged. What nobody judged is not there: not judged is not the same as not relevant.
pub(crate) struct Judged<'r> {
    pub(crate) id: &'r str,
    pub(crate) text: &'r str,
    pub(crate) title: &'r str,
    pub(crate) grade: u8,
}

impl Grading {
    pub(crate) fn new(
        format: Format,
        schema: &Schema,
        options: &ExportOptions,
    ) -> Result<Grading, FormatError> {
        let wanted = options.question.as_deref();
        let named = |question: &&Question| wanted.is_none_or(|name| question.name == name);
        for question in schema.questions.iter().filter(named) {
            if let QuestionKind::Relevance { field, query } = &question.kind {
                let (field, query) = (field.clone(), query.clone());
                let (schema, question) = (schema.clone(), question.clone());
                // Two grades of one passage would be two lines of which readers take any.
                let voices = match options.voices {
                    Voices::Every => Voices::Aggregated,
                    one => one,
                };
                return Ok(Grading { format, schema, voices, question, field, query });
            }
        }
        Err(match wanted {
            Some(name) => FormatError::Question { format, name: name.to_string() },
            None => FormatError::NoPlace { format, needs: "a question for the relevance of passages" },
        })
    }

    /// The query's text; of a chat, its last turn.
    pub(crate) fn query(&self, record: &Record) -> String {
        query_of(&record.fields, &self.query).unwrap_or_default().to_string()
    }

    /// What is written of a passage; that qrels have no texts is counted by the item.
    fn kept(&self) -> &'static [&'static str] {
        match self.format {
            Format::Beir => &["id", "title", "text"],
            Format::TrecQrels => &["id", "text"],
            _ => &["text"],
        }
    }

    /// One grade a passage.
    pub(crate) fn judged<'r>(&self, record: &'r Record, losses: &mut Losses) -> Vec<Judged<'r>> {
        let used = [self.question.name.as_str()];
        let said = for_rows(self.format, &self.schema, record, self.voices, &used, losses);
        let Some(Answer::Relevance(graded)) =
            said.first().and_then(|answers| answers.get(&self.question.name))
        else {
            return Vec::new();
        };
        let evidence = graded.iter().filter(|graded| !graded.evidence.is_empty()).count();
        losses.add_many(
            "the evidence in a passage",
            format!("{} has no place for it", self.format),
            evidence as u64,
        );
        let shown = [self.field.as_str(), self.query.as_str()];
        count_fields(&self.schema, record, &shown, "rows are about a query and its passages", losses);
        let passages = record.fields.get(&self.field).and_then(Value::as_array);
        let mut judged = Vec::new();
        for passage in passages.into_iter().flatten() {
            let part = |key: &str| passage.get(key).and_then(Value::as_str).unwrap_or_default();
            let Some(graded) = graded.iter().find(|graded| graded.id == part("id")) else {
                losses.add("a passage that nobody judged", "not judged is not the same as not relevant");
                continue;
            };
            count_entries("a passage", passage, self.kept(), losses);
            judged.push(Judged {
                id: part("id"),
                text: part("text"),
                title: part("title"),
                grade: graded.grade,
            });
        }
        judged
    }
}

/// Writes `{"query","positive","negatives"}`, one a relevant passage.
///
/// Relevant are grades 2 and 3, negatives grade 0; grade 1 is neither.
pub(crate) struct Triplets {
    grading: Grading,
}

impl Triplets {
    pub(crate) fn new(schema: &Schema, options: &ExportOptions) -> Result<Triplets, FormatError> {
        Ok(Triplets { grading: Grading::new(Format::RerankTriplets, schema, options)? })
    }
}

impl RowWriter for Triplets {
    fn group(&self, record: &Record) -> Option<String> {
        Some(self.grading.query(record))
    }

    fn rows(&mut self, record: &Record, losses: &mut Losses) -> Vec<String> {
        let judged = self.grading.judged(record, losses);
        let query = self.grading.query(record);
        let related = judged.iter().filter(|passage| passage.grade == 1).count();
        losses.add_many("a passage of grade 1", "it is neither relevant nor a negative", related as u64);
        let negatives: Vec<&str> =
            judged.iter().filter(|passage| passage.grade == 0).map(|passage| passage.text).collect();
        let positives: Vec<&str> =
            judged.iter().filter(|passage| passage.grade >= 2).map(|passage| passage.text).collect();
        if positives.is_empty() {
            losses.add_many("a negative passage", "its query has no relevant one", negatives.len() as u64);
        }
        let row = |positive: &&str| {
            format!("{}\n", json!({ "query": query, "positive": positive, "negatives": negatives }))
        };
        positives.iter().map(row).collect()
    }
}
