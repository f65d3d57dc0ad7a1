//! Formats of one text an item: which field is the text, which questions go along, and what stays behind.

use crate::format::field_fit::main_text;
use crate::format::report::Losses;
use crate::format::voice::Heard;
use crate::format::{ExportOptions, Format, FormatError, Voices};
use crate::{Answers, Question, QuestionKind, Record, Schema, text_of};

/// A place for the answers of one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    /// Labelled parts of the text.
    Spans,
    /// Arrows between them.
    Relations,
    /// One option or several.
    Choice,
    /// Words.
    Words,
}

impl Slot {
    fn takes(self, kind: &QuestionKind) -> bool {
        match self {
            Slot::Spans => matches!(kind, QuestionKind::Spans { .. }),
            Slot::Relations => matches!(kind, QuestionKind::Relations { .. }),
            Slot::Choice => matches!(kind, QuestionKind::Label { .. } | QuestionKind::Labels { .. }),
            Slot::Words => matches!(kind, QuestionKind::Text { .. } | QuestionKind::Correction { .. }),
        }
    }
}

/// What is written of each record.
pub(crate) struct OneText {
    format: Format,
    voices: Voices,
    schema: Schema,
    /// The name of the field that is the text.
    pub(crate) text: String,
    slots: Vec<(Slot, Question)>,
    other_fields: Vec<String>,
    other_questions: Vec<Question>,
}

impl OneText {
    /// Gives each slot its question: the one that is asked for, or the first that fits.
    pub(crate) fn new(
        format: Format,
        schema: &Schema,
        options: &ExportOptions,
        slots: &[Slot],
        needs: &'static str,
    ) -> Result<OneText, FormatError> {
        let wanted = options.question.as_deref().and_then(|name| schema.question(name));
        if let Some(question) = wanted
            && !slots.iter().any(|slot| slot.takes(&question.kind))
        {
            return Err(FormatError::Question { format, name: question.name.clone() });
        }
        let mut chosen: Vec<(Slot, Question)> = Vec::new();
        for &slot in slots {
            let marked = chosen
                .iter()
                .find(|(slot, _)| *slot == Slot::Spans)
                .map(|(_, question)| question.name.as_str());
            let fits = |question: &&Question| match &question.kind {
                QuestionKind::Relations { spans, .. } => {
                    slot == Slot::Relations && Some(spans.as_str()) == marked
                }
                kind => slot.takes(kind),
            };
            let question = wanted.filter(fits).or_else(|| schema.questions.iter().find(fits));
            chosen.extend(question.map(|question| (slot, question.clone())));
        }
        let marked = chosen.iter().find_map(|(_, question)| match &question.kind {
            QuestionKind::Spans { field, .. } => Some(field.clone()),
            _ => None,
        });
        let text = marked.or_else(|| main_text(schema).map(|field| field.name.clone()));
        let (false, Some(text)) = (chosen.is_empty(), text) else {
            return Err(FormatError::NoPlace { format, needs });
        };
        let is_chosen = |question: &&Question| chosen.iter().any(|(_, other)| other.name == question.name);
        let other_questions =
            schema.questions.iter().filter(|question| !is_chosen(question)).cloned().collect();
        let names = schema.fields.iter().map(|field| field.name.clone());
        let other_fields = names.filter(|name| *name != text).collect();
        let (voices, schema) = (options.voices, schema.clone());
        Ok(OneText { format, voices, schema, text, slots: chosen, other_fields, other_questions })
    }

    /// The question of a slot.
    pub(crate) fn question(&self, slot: Slot) -> Option<&Question> {
        self.slots.iter().find(|(other, _)| *other == slot).map(|(_, question)| question)
    }

    /// The record's text; `None`, and a loss, when it has none.
    pub(crate) fn text_of<'r>(&self, record: &'r Record, losses: &mut Losses) -> Option<&'r str> {
        let text = text_of(&record.fields, &self.text);
        losses.add_many(
            format!("an item without `{}`", self.text),
            "there is nothing to write",
            u64::from(text.is_none()),
        );
        text
    }

    /// Counts the fields but those named, and where there is no place for it, the metadata.
    pub(crate) fn count_fields(&self, record: &Record, but: &[&str], metadata: bool, losses: &mut Losses) {
        let others = self.other_fields.iter().filter(|name| !but.contains(&name.as_str()));
        for name in others.filter(|name| record.fields.get(*name).is_some_and(|value| !value.is_null())) {
            losses.add(format!("the field `{name}`"), format!("{} holds one text an item", self.format));
        }
        if record.fields.get(&self.text).is_some_and(serde_json::Value::is_object) {
            losses.add(format!("where the document in `{}` is from", self.text), "the text alone is written");
        }
        let kept = if metadata { 0 } else { record.metadata.len() };
        losses.add_many("metadata", format!("{} has no place for it", self.format), kept as u64);
    }

    /// Counts the answers no slot is for.
    pub(crate) fn count_answers(&self, answers: &Answers, losses: &mut Losses) {
        for question in self.other_questions.iter().filter(|question| answers.contains_key(&question.name)) {
            let kind = question.kind.name();
            losses.add(
                format!("an answer to `{}` ({kind})", question.name),
                format!("{} has no place for it", self.format),
            );
        }
    }

    /// The sets of answers to write; counts what is left beside them. `None` for an item that must not be written: what people
    /// said of it is not settled, and without it the text would read as one with nothing to say.
    pub(crate) fn heard(&self, record: &Record, losses: &mut Losses) -> Option<Vec<Answers>> {
        let used: Vec<&str> = self.slots.iter().map(|(_, question)| question.name.as_str()).collect();
        let sets = Heard::of(&self.schema, record, self.voices).for_item(record, &used, losses)?;
        sets.iter().for_each(|answers| self.count_answers(answers, losses));
        Some(sets)
    }
}

/// A label as a word without white space, which is what a column or a name can hold.
pub(crate) fn word(label: &str, losses: &mut Losses) -> String {
    if !label.chars().any(char::is_whitespace) {
        return label.to_string();
    }
    losses.add("a space in a label", "`_` is written for it");
    label.chars().map(|c| if c.is_whitespace() { '_' } else { c }).collect()
}
