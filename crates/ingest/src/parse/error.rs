//! Why a file could not be parsed, and what to do about it.

use engraft_core::{Diagnostic, Fault, Kind};
use serde::{Deserialize, Serialize};

/// Why a file, archive member or attachment gave no document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum ParseError {
    /// It needs a password.
    #[error("the file is encrypted")]
    Encrypted,
    /// It has no bytes, only blanks, or nothing that it is made to hold, as an archive without members.
    #[error("the file is empty")]
    Empty,
    /// It is sound, but holds no text, such as an empty form.
    #[error("the file holds no text")]
    NoText,
    /// It is a PDF whose pages hold pictures or drawings and no text.
    #[error("the file holds no text")]
    Scan,
    /// It is one picture.
    #[error("cannot read an image")]
    Image,
    /// It claims a format whose rules it breaks; the words say where.
    #[error("the file is damaged: {0}")]
    Malformed(String),
    /// A limit was passed.
    #[error("{what} over the limit of {limit}")]
    TooLarge {
        /// What was too much, with its unit, such as `unpacked bytes`.
        what: String,
        /// The limit.
        limit: usize,
    },
    /// It is text in an encoding that nothing here reads; the words name it.
    #[error("cannot read text in {0}")]
    Encoding(String),
    /// Nothing here reads this format; the words name it.
    #[error("cannot read {0}")]
    Unsupported(String),
}

impl ParseError {
    /// One word or two in snake case, for [`Diagnostic::kind`].
    pub fn code(&self) -> &'static str {
        match self {
            ParseError::Encrypted => "encrypted",
            ParseError::Empty => "empty",
            ParseError::NoText | ParseError::Scan => "no_text",
            ParseError::Malformed(_) => "malformed",
            ParseError::TooLarge { .. } => "too_large",
            ParseError::Image | ParseError::Encoding(_) | ParseError::Unsupported(_) => "unsupported",
        }
    }

    /// The error as a report on the item at `uri`.
    pub fn diagnostic(&self, uri: &str) -> Diagnostic {
        Diagnostic {
            uri: uri.to_string(),
            kind: self.code().to_string(),
            message: self.to_string(),
            hint: self.hint().unwrap_or_default(),
        }
    }

    /// A [`ParseError::TooLarge`].
    pub(crate) fn too_large(what: &str, limit: usize) -> ParseError {
        ParseError::TooLarge { what: what.to_string(), limit }
    }
}

impl Fault for ParseError {
    fn kind(&self) -> Kind {
        Kind::User
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            ParseError::Encrypted => "remove the password, save the file again and ingest it once more",
            ParseError::Empty => "leave the file out, or check that it was copied completely",
            ParseError::NoText => "leave the file out, or check that it is the right one",
            ParseError::Scan | ParseError::Image => {
                "run text recognition (OCR) over it, or leave the file out"
            }
            ParseError::Malformed(_) => {
                "open it in the program that made it, save it again and ingest it once more"
            }
            ParseError::TooLarge { .. } => "split the file into smaller ones",
            ParseError::Encoding(_) => "save it again as UTF-8 and ingest it once more",
            ParseError::Unsupported(_) => {
                "export it as PDF, DOCX, HTML, Markdown or plain text, or exclude it from the source"
            }
        };
        Some(hint.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Limits, parse};

    #[test]
    fn a_hint_names_no_setting_that_is_not_there() {
        let limits = Limits { max_input_bytes: 3, ..Limits::default() };
        let hint = parse("a.txt", b"four", &limits).unwrap_err().hint();
        assert_eq!(hint.as_deref(), Some("split the file into smaller ones"));
    }

    /// What is said of a file without text: its kind, and whether text recognition is proposed.
    #[track_caller]
    fn check(name: &str, bytes: &[u8], code: &str, recognition: bool) {
        let error = parse(name, bytes, &Limits::default()).unwrap_err();
        let hint = error.hint().unwrap();
        assert_eq!((error.code(), hint.contains("OCR")), (code, recognition), "{error}: {hint}");
    }

    #[test]
    fn text_recognition_is_proposed_for_images_and_not_for_what_was_never_on_paper() {
        let laughs = "<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'>]><l>&b;</l>";
        check("laughs.xml", laughs.as_bytes(), "no_text", false);
        check("blank.html", b"<html><body><p> </p></body></html>", "no_text", false);
        check("photo.png", b"\x89PNG\r\n\x1a\n", "unsupported", true);
    }
}
