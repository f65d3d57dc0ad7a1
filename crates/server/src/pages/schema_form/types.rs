//! The types of fields and questions in words, and what each type of question lets a lead set.

use super::setting::Setting::{self, Classes, Field, Flag, Meaning, Options, Record, Spans, Whole, Word};

/// A type as in a schema, and what people call it.
pub(super) type Type = (&'static str, &'static str);

pub(super) const FIELDS: [Type; 6] = [
    ("text", "A text"),
    ("markdown", "A text in Markdown"),
    ("chat", "A chat, turn by turn"),
    ("document", "A part of a document"),
    ("passages", "Passages that a search found"),
    ("answers", "Answers side by side"),
];

pub(super) const QUESTIONS: [(&str, &[Type]); 5] = [
    (
        "Choose",
        &[
            ("label", "One of several options"),
            ("labels", "Any number of options"),
            ("taxonomy", "A class in a tree"),
            ("rating", "A number on a scale"),
        ],
    ),
    (
        "Mark",
        &[
            ("spans", "Parts of a text"),
            ("relations", "Arrows between marked parts"),
            ("turns", "Turns of a chat"),
        ],
    ),
    ("Compare", &[("preference", "Which answer is better"), ("ranking", "An order, best first")]),
    (
        "Write",
        &[
            ("text", "Free text"),
            ("correction", "A better version of a text"),
            ("form", "A record with several entries"),
        ],
    ),
    (
        "Judge what was found",
        &[
            ("relevance", "How relevant each passage is"),
            ("support", "Whether passages support each sentence"),
        ],
    ),
];

const TEXTS: &[&str] = &["text", "markdown"];
const WRITTEN: &[&str] = &["text", "markdown", "answers"];
const PASSAGES: &[&str] = &["passages"];
const NONE: &str = "Choose a field";

/// What a question of this type has besides what all have; nothing for a type that is none.
pub(super) fn settings(kind: &str) -> &'static [Setting] {
    match kind {
        "label" | "labels" => &[Options],
        "taxonomy" => &[Classes, Flag("multiple", "Several classes may be chosen", false)],
        "rating" => &[Whole("min", "From", Some(1)), Whole("max", "To", Some(5)), Meaning],
        "spans" => &[
            Field("field", "In which text", &["text", "markdown", "document"], NONE),
            Options,
            Flag("overlapping", "Marked parts may overlap", false),
            Flag("discontinuous", "A part may have gaps", false),
        ],
        "relations" => &[Spans, Options],
        "turns" => &[
            Field("field", "Of which chat", &["chat"], NONE),
            Options,
            Flag("multiple", "A turn may have several labels", false),
            Word("role", "Only turns of this role (all when empty)"),
        ],
        "preference" => &[
            Field("field", "Between which answers", &["answers"], NONE),
            Whole("strength", "Steps of how much better (0: do not ask)", None),
            Flag("tie", "“Equally good” may be said", true),
            Flag("both_bad", "“All bad” may be said", true),
        ],
        "ranking" => &[Field("field", "Of what", &["answers", "passages"], "The options below"), Options],
        "text" => &[Whole("max_chars", "At most so many characters (no limit when empty)", None)],
        "correction" => &[Field("field", "Of which text", WRITTEN, NONE)],
        "form" => &[Record],
        "relevance" => &[
            Field("field", "Which passages", PASSAGES, NONE),
            Field("query", "For which question", TEXTS, NONE),
        ],
        "support" => &[
            Field("answer", "Sentences of which text", WRITTEN, NONE),
            Field("passages", "Supported by which passages", PASSAGES, NONE),
        ],
        _ => &[],
    }
}

/// What people call a type of field.
pub(super) fn field_words(kind: &str) -> &str {
    FIELDS.iter().find(|(name, _)| *name == kind).map_or(kind, |(_, words)| words)
}
