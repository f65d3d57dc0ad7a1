//! Rich Text Format: paragraphs, headings by outline level, list items, table rows, any code page.

use std::collections::BTreeMap;

use engraft_core::{BlockKind, Content};
use serde_json::Value;

use super::ParseError;
use super::build::{Builder, one_line};
use super::job::Job;
use super::rtf_token::{CodePages, Token, tokens};
use super::table::{Row, push_table};

/// Groups deeper than this are an attack.
const MAX_GROUPS: usize = 2_000;

/// Reads an RTF file.
pub(crate) fn parse(bytes: &[u8], job: &Job) -> Result<Content, ParseError> {
    let mut reader = Reader {
        builder: Builder::new("application/rtf", job.limits),
        pages: CodePages::default(),
        groups: Vec::new(),
        group: Group { unicode_skip: 1, ..Group::default() },
        text: String::new(),
        bytes: Vec::new(),
        skip: 0,
        surrogate: None,
        cells: Vec::new(),
        rows: Vec::new(),
        outline: None,
        is_item: false,
        in_table: false,
        info: String::new(),
        style: 0,
        levels: BTreeMap::new(),
    };
    for token in tokens(bytes) {
        if reader.groups.len() > MAX_GROUPS {
            return Err(ParseError::too_large("nested groups", MAX_GROUPS));
        }
        reader.take(token);
        if reader.builder.is_full() {
            break;
        }
    }
    reader.end_paragraph();
    reader.end_table();
    reader.builder.finish()
}

/// What holds until the end of the innermost `{…}`.
#[derive(Clone, Debug, Default)]
struct Group {
    destination: Destination,
    font: i32,
    unicode_skip: usize,
    hidden: bool,
}

/// Where words go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Destination {
    #[default]
    Body,
    Skipped,
    Fonts,
    Styles,
    /// The mark in front of a list item.
    Mark,
    Title,
    Author,
}

struct Reader {
    builder: Builder,
    pages: CodePages,
    groups: Vec<Group>,
    group: Group,
    text: String,
    // Bytes of the current code page not decoded yet.
    bytes: Vec<u8>,
    // How many characters still stand in for a Unicode one.
    skip: usize,
    surrogate: Option<u16>,
    cells: Vec<String>,
    rows: Vec<Row>,
    outline: Option<u8>,
    is_item: bool,
    in_table: bool,
    // Title or author being read.
    info: String,
    // The style being defined, and the outline levels of all.
    style: i32,
    levels: BTreeMap<i32, u8>,
}

impl Reader {
    fn take(&mut self, token: Token) {
        match token {
            Token::Open => {
                self.flush();
                self.groups.push(self.group.clone());
                self.skip = 0;
            }
            Token::Close => {
                self.flush();
                self.end_info();
                self.group = self.groups.pop().unwrap_or_default();
                self.skip = 0;
            }
            Token::Byte(_) if self.skip > 0 => self.skip -= 1,
            Token::Byte(byte) => self.bytes.push(byte),
            Token::Word("'", Some(code)) if self.skip > 0 => {
                let _ = code;
                self.skip -= 1;
            }
            Token::Word("'", Some(code)) => self.bytes.push(code as u8),
            Token::Word(name, number) => self.word(name, number),
        }
    }

    fn word(&mut self, name: &str, number: Option<i32>) {
        if name == "bin" {
            return;
        }
        self.flush();
        match name {
            "stylesheet" => self.group.destination = Destination::Styles,
            "*" | "fonttbl" | "colortbl" | "pict" | "object" | "header" | "headerl" | "headerr"
            | "headerf" | "footer" | "footerl" | "footerr" | "footerf" | "themedata" | "xe" | "tc"
            | "fldinst" | "generator" | "listtable" | "revtbl" | "nonshppict" | "annotation"
            | "datafield" | "info" => {
                let is_fonts = name == "fonttbl";
                self.group.destination = if is_fonts { Destination::Fonts } else { Destination::Skipped };
            }
            "s" if self.group.destination == Destination::Styles => self.style = number.unwrap_or(0),
            "outlinelevel" if self.group.destination == Destination::Styles => {
                self.levels.extend(
                    number.and_then(|level| u8::try_from(level).ok()).map(|level| (self.style, level)),
                );
            }
            // Layout within what is skipped is not the text's.
            "pard" | "s" | "intbl" | "outlinelevel" | "ls" | "par" | "sect" | "page" | "cell" | "row"
                if self.group.destination != Destination::Body => {}
            "s" => self.outline = self.levels.get(&number.unwrap_or(0)).copied(),
            "listtext" | "pntext" => {
                self.group.destination = Destination::Mark;
                self.is_item = true;
            }
            // Inside `info`, which is skipped otherwise.
            "title" => self.group.destination = Destination::Title,
            "author" => self.group.destination = Destination::Author,
            "shptxt" | "fldrslt" | "footnote" if self.group.destination == Destination::Skipped => {
                self.group.destination = Destination::Body;
            }
            "ansicpg" => self.pages.set_default(number.unwrap_or(1252)),
            "mac" => self.pages.set_default(10_000),
            "f" | "af" => {
                if name == "f" {
                    self.group.font = number.unwrap_or(0);
                }
            }
            "fcharset" if self.group.destination == Destination::Fonts => {
                self.pages.set_font(self.group.font, number.unwrap_or(0));
            }
            "uc" => self.group.unicode_skip = number.unwrap_or(1).clamp(0, 16) as usize,
            "u" => self.unicode(number.unwrap_or(0)),
            "v" => self.group.hidden = number != Some(0),
            "pard" => {
                self.outline = None;
                self.in_table = false;
            }
            "intbl" => self.in_table = true,
            "outlinelevel" => self.outline = number.and_then(|level| u8::try_from(level).ok()),
            "ls" | "pnlvlblt" => self.is_item = true,
            "par" | "sect" | "page" => self.end_paragraph(),
            "line" => self.say("\n"),
            "tab" => self.say("\t"),
            "cell" | "nestcell" => {
                let words = std::mem::take(&mut self.text);
                self.cells.push(words);
                self.is_item = false;
            }
            "row" | "nestrow" => {
                let cells = std::mem::take(&mut self.cells);
                self.rows.extend(Some(Row::of(cells)).filter(|row| row.filled() > 0));
            }
            _ => self.say(sign(name)),
        }
    }

    /// A character given by its code; the next few stand in for it and are skipped.
    fn unicode(&mut self, number: i32) {
        let unit = number as u16;
        self.skip = self.group.unicode_skip;
        match (self.surrogate.take(), unit) {
            (_, 0xd800..=0xdbff) => self.surrogate = Some(unit),
            (Some(high), 0xdc00..=0xdfff) => self.say(&String::from_utf16_lossy(&[high, unit])),
            _ => self.say(&String::from_utf16_lossy(&[unit])),
        }
    }

    /// Decodes the bytes gathered so far.
    fn flush(&mut self) {
        if !self.bytes.is_empty() {
            let bytes = std::mem::take(&mut self.bytes);
            let words = self.pages.decode(self.group.font, &bytes);
            self.say(&words);
        }
    }

    fn say(&mut self, words: &str) {
        match self.group.destination {
            _ if self.group.hidden => {}
            Destination::Body => self.text.push_str(words),
            // Numbers are worth keeping, bullets are not.
            Destination::Mark if words.chars().any(char::is_alphanumeric) => {
                self.text.push_str(words.trim());
                self.text.push(' ');
            }
            Destination::Title | Destination::Author => self.info.push_str(words),
            _ => {}
        }
    }

    fn end_info(&mut self) {
        let value = one_line(&std::mem::take(&mut self.info));
        match self.group.destination {
            _ if value.is_empty() => {}
            Destination::Title => self.builder.title = Some(value),
            Destination::Author => {
                drop(self.builder.metadata.insert("author".to_string(), Value::String(value)))
            }
            _ => {}
        }
    }

    fn end_paragraph(&mut self) {
        self.flush();
        if self.in_table || !self.cells.is_empty() {
            self.text.push(' ');
            return;
        }
        let words = std::mem::take(&mut self.text);
        if !words.trim().is_empty() {
            self.end_table();
        }
        let kind = match self.outline {
            Some(level) if level < 9 => BlockKind::Heading((level + 1).min(6)),
            _ if self.is_item => BlockKind::ListItem,
            _ => BlockKind::Paragraph,
        };
        self.builder.push(kind, &words);
        self.is_item = false;
    }

    fn end_table(&mut self) {
        let rows = std::mem::take(&mut self.rows);
        if !rows.is_empty() {
            push_table(&mut self.builder, &rows, None);
        }
    }
}

/// What a control word that stands for a sign reads; nothing for the others.
fn sign(name: &str) -> &'static str {
    match name {
        "~" => "\u{a0}",
        "_" => "-",
        "{" => "{",
        "}" => "}",
        "\\" => "\\",
        "emdash" => "—",
        "endash" => "–",
        "lquote" => "‘",
        "rquote" => "’",
        "ldblquote" => "“",
        "rdblquote" => "”",
        "bullet" => "•",
        "emspace" | "enspace" | "qmspace" => " ",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::super::{Limits, parse};

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let outcome = parse("a.rtf", text.as_bytes(), &Limits::default()).unwrap();
        let content = &outcome.documents[0].content;
        let kinds: Vec<_> = content.blocks.iter().map(|block| block.kind).collect();
        expected.assert_eq(&format!("{:?}\n{}\n{kinds:?}", content.title, content.text));
    }

    #[test]
    fn words_headings_and_info() {
        check(
            r"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fswiss Arial;}}{\info{\title My title}{\author Ann}}
{\*\generator x;}\pard\outlinelevel0 Head\par\pard Gr\'fc\'dfe \u8364?5 \{ok\}\line more{\v hidden}\par}",
            expect![[r#"
                Some("My title")
                Head

                Grüße €5 {ok}
                more
                [Heading(1), Paragraph]"#]],
        );
    }

    #[test]
    fn rows_of_a_table_and_fonts_with_code_pages() {
        check(
            r"{\rtf1{\fonttbl{\f0\fcharset0 A;}{\f1\fcharset204 B;}}\pard\intbl Item\cell Price\cell\row\intbl {\f1 \'c4\'e0}\cell 9\cell\row\pard end\par}",
            expect![[r#"
                None
                Item | Price
                Да | 9

                end
                [TableRow, TableRow, Paragraph]"#]],
        );
    }
}
