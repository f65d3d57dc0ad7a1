//! Rows of extraction: a text and the spans people marked in it.
//!
//! A line is `{"id","text","spans":[{"char_start","char_end","label","quote"}]}`; `start` and `end` may stand for
//! `char_start` and `char_end`, and `{"tokens","tags"}` for `text` and `spans`, in any scheme of B, I, O, E, S, L and U.
//! Offsets are half-open and count Unicode code points. A quote is verified; where it does not fit, the span moves to the
//! one place the quote stands in, or the row is put aside with its line.

use std::collections::BTreeMap;
use std::path::Path;

use engraft_core::{CharMap, Span};
use serde::Deserialize;
use serde_json::Value;

use crate::TuneError;
use crate::data::read::{Line, Rejection, Rows, read_rows, refuse_duplicate_ids};

/// A text with what is marked in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtractionRow {
    /// As given, or the line's number from 1.
    pub id: String,
    /// To the letter.
    pub text: String,
    /// What was known before the text was read, such as the slot that was asked for.
    pub context: Vec<String>,
    /// Rows of one group stay together when rows are set aside, and are resampled together; the id where none is given.
    pub group: String,
    /// In order of their start.
    pub spans: Vec<MarkedSpan>,
}

/// A labelled part of a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MarkedSpan {
    /// Where, in code points.
    pub span: Span,
    /// What it is.
    pub label: String,
}

#[derive(Deserialize)]
struct Fields {
    id: Option<Name>,
    text: Option<String>,
    spans: Option<Vec<SpanWords>>,
    tokens: Option<Vec<String>>,
    tags: Option<Vec<String>>,
    context: Option<Words>,
    #[serde(alias = "document")]
    group: Option<Name>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Name {
    Word(String),
    Number(serde_json::Number),
}

impl Name {
    fn word(self) -> String {
        match self {
            Name::Word(word) => word,
            Name::Number(number) => number.to_string(),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct SpanWords {
    #[serde(alias = "start")]
    char_start: usize,
    #[serde(alias = "end")]
    char_end: usize,
    label: String,
    quote: Option<String>,
}

/// Reads a file, a row a line. `spans_needed` puts aside rows that do not say what is marked, as opposed to nothing.
///
/// Says also how many spans were moved to where their quote stands. The same id twice is an error, for results are told by id.
pub fn read_extraction(path: &Path, spans_needed: bool) -> Result<(Rows<ExtractionRow>, usize), TuneError> {
    let mut repaired = 0;
    let mut lines = Vec::new();
    let rows = read_rows(path, |line| {
        let row = marked_row(line, spans_needed, &mut repaired)?;
        lines.push(line.number);
        Ok(row)
    })?;
    let ids = rows.rows.iter().zip(&lines).map(|(row, line)| (row.id.as_str(), *line));
    refuse_duplicate_ids(ids, path)?;
    Ok((rows, repaired))
}

/// A row to find spans in; what may be marked in it is read too, and checked.
pub fn extraction_row(line: &Line) -> Result<ExtractionRow, Rejection> {
    marked_row(line, false, &mut 0)
}

fn marked_row(line: &Line, spans_needed: bool, repaired: &mut usize) -> Result<ExtractionRow, Rejection> {
    let read: Fields = serde_json::from_value(Value::Object(line.fields.clone())).map_err(|error| {
        let hint =
            "write {\"text\",\"spans\":[{\"char_start\",\"char_end\",\"label\"}]} or {\"tokens\",\"tags\"}";
        Rejection::new("no_row", format!("the line is no row: {error}"), hint)
    })?;
    let id = read.id.map_or_else(|| line.number.to_string(), Name::word);
    let group = read.group.map_or_else(|| id.clone(), Name::word);
    let context = match read.context {
        None => Vec::new(),
        Some(Words::One(word)) => vec![word],
        Some(Words::Many(words)) => words,
    };
    let (text, spans) = match (read.text, read.tokens) {
        (Some(text), _) => {
            let spans = match read.spans {
                Some(spans) => placed(&text, spans, repaired)?,
                None if spans_needed => return Err(no_spans()),
                None => Vec::new(),
            };
            (text, spans)
        }
        (None, Some(tokens)) => match read.tags {
            Some(tags) => tagged(&tokens, &tags)?,
            None if spans_needed => return Err(no_spans()),
            None => (tokens.join(" "), Vec::new()),
        },
        (None, None) => {
            let message = "the row has neither `text` nor `tokens`";
            return Err(Rejection::new("no_text", message, "give every row the text to read"));
        }
    };
    Ok(ExtractionRow { id, text, context, group, spans })
}

fn no_spans() -> Rejection {
    let hint = "give it `spans` (an empty list when there is nothing to mark), or `tokens` with `tags`";
    Rejection::new("no_spans", "the row does not say what is marked in it", hint)
}

/// The spans of a text, each checked against it.
fn placed(text: &str, spans: Vec<SpanWords>, repaired: &mut usize) -> Result<Vec<MarkedSpan>, Rejection> {
    let map = CharMap::new(text);
    let mut placed = Vec::with_capacity(spans.len());
    for words in spans {
        if words.label.trim().is_empty() {
            let message = format!("the span [{}, {}) has no label", words.char_start, words.char_end);
            return Err(Rejection::new("no_label", message, "say what the span is"));
        }
        let (span, moved) = place(&map, words.char_start, words.char_end, words.quote.as_deref())?;
        *repaired += usize::from(moved);
        placed.push(MarkedSpan { span, label: words.label });
    }
    placed.sort();
    placed.dedup();
    Ok(placed)
}

/// The span `[start, end)` of a text, or where its quote stands instead, when that is one place; and whether it was moved.
pub(crate) fn place(
    map: &CharMap,
    start: usize,
    end: usize,
    quote: Option<&str>,
) -> Result<(Span, bool), Rejection> {
    let found = Span::new(start, end).and_then(|span| Some((span, map.quote(span)?)));
    match (found, quote.filter(|quote| !quote.is_empty())) {
        (Some((span, _)), None) => Ok((span, false)),
        (Some((span, found)), Some(quote)) if found == quote => Ok((span, false)),
        (_, Some(quote)) => Ok((only_place(map, quote)?, true)),
        (None, None) => {
            let chars = map.chars();
            let message =
                format!("the span [{start}, {end}) is empty or outside the text of {chars} code points");
            let hint = "offsets are half-open and count Unicode code points, not bytes or UTF-16 units";
            Err(Rejection::new("span_outside", message, hint))
        }
    }
}

/// Where a quote stands, when that is one place.
fn only_place(map: &CharMap, quote: &str) -> Result<Span, Rejection> {
    let wrong = |message: String, hint: &str| Rejection::new("quote", message, hint);
    let mut places = map.text().match_indices(quote).map(|(byte, _)| byte);
    let Some(first) = places.next() else {
        let hint = "quotes are compared to the letter; offsets count Unicode code points";
        return Err(wrong(format!("the quote {quote:?} is nowhere in the text"), hint));
    };
    let more = places.count();
    if more > 0 {
        let message = format!(
            "the quote {quote:?} is not at its offsets and stands in {} places of the text",
            more + 1
        );
        return Err(wrong(message, "correct the offsets of this span"));
    }
    let span = map.span_of_bytes(first, first + quote.len());
    span.ok_or_else(|| wrong("the quote is empty".to_string(), "quote what the span covers"))
}

/// Tokens joined by spaces, and the spans their tags mean: `B`, `S` and `U` begin one, `E`, `L`, `S` and `U` end one,
/// `I` and `M` go on with one of the same label or else begin one.
fn tagged(tokens: &[String], tags: &[String]) -> Result<(String, Vec<MarkedSpan>), Rejection> {
    let wrong = |message: String, hint: &str| Rejection::new("tags", message, hint);
    if tokens.len() != tags.len() {
        let message = format!("there are {} tokens and {} tags", tokens.len(), tags.len());
        return Err(wrong(message, "give every token one tag"));
    }
    let mut text = String::new();
    let mut chars = 0;
    let mut spans: Vec<(usize, usize, &str)> = Vec::new();
    let mut open = false;
    for (at, (token, tag)) in tokens.iter().zip(tags).enumerate() {
        if at > 0 {
            text.push(' ');
            chars += 1;
        }
        let start = chars;
        text.push_str(token);
        chars += token.chars().count();
        if matches!(tag.as_str(), "O" | "_" | "-" | "") {
            open = false;
            continue;
        }
        let Some((prefix, label)) = tag
            .split_once('-')
            .filter(|(prefix, label)| prefix.len() == 1 && "BIMELSU".contains(prefix) && !label.is_empty())
        else {
            return Err(wrong(format!("`{tag}` is no tag"), "write O, or B-LABEL, I-LABEL and their like"));
        };
        if start == chars {
            continue;
        }
        let goes_on = open && matches!(prefix, "I" | "M" | "E" | "L");
        match spans.last_mut().filter(|last| goes_on && last.2 == label) {
            Some(last) => last.1 = chars,
            None => spans.push((start, chars, label)),
        }
        open = !matches!(prefix, "E" | "L" | "S" | "U");
    }
    let marked = spans.into_iter().filter_map(|(start, end, label)| {
        Some(MarkedSpan { span: Span::new(start, end)?, label: label.to_string() })
    });
    Ok((text, marked.collect()))
}

/// How often each label is marked.
pub fn label_counts(rows: &[ExtractionRow]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for span in rows.iter().flat_map(|row| &row.spans) {
        *counts.entry(span.label.clone()).or_insert(0) += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &str) -> Result<Rows<ExtractionRow>, TuneError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.jsonl");
        std::fs::write(&path, lines).unwrap();
        Ok(read_extraction(&path, true)?.0)
    }

    /// The spans of one line as `label:quote`, or the kind of what is wrong with it.
    #[track_caller]
    fn check(line: &str, expected: &str) {
        let read = read(line).unwrap();
        let found = match (read.rows.first(), read.rejected.first()) {
            (Some(row), None) => {
                let map = CharMap::new(&row.text);
                let quotes =
                    row.spans.iter().map(|span| format!("{}:{}", span.label, map.quote(span.span).unwrap()));
                quotes.collect::<Vec<_>>().join(" ")
            }
            (None, Some(wrong)) => format!("{} at {}", wrong.kind, wrong.uri),
            both => panic!("{both:?}"),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn offsets_count_code_points() {
        check(
            r#"{"text":"Zoë 👩‍👩‍👧 Bloggs","spans":[{"start":0,"end":3,"label":"P"},{"char_start":10,"char_end":16,"label":"L"}]}"#,
            "P:Zoë L:Bloggs",
        );
    }

    #[test]
    fn a_quote_that_stands_once_repairs_its_offsets() {
        check(
            r#"{"text":"at the Bank","spans":[{"start":5,"end":9,"label":"ORG","quote":"Bank"}]}"#,
            "ORG:Bank",
        );
        check(
            r#"{"text":"Bank of Bank","spans":[{"start":1,"end":5,"label":"ORG","quote":"Bank"}]}"#,
            "quote at rows.jsonl:1",
        );
        check(
            r#"{"text":"a shop","spans":[{"start":0,"end":4,"label":"ORG","quote":"Bank"}]}"#,
            "quote at rows.jsonl:1",
        );
    }

    #[test]
    fn tags_of_every_scheme_mean_the_same() {
        for tags in [
            r#"["I-X","I-X","O","I-X"]"#,
            r#"["B-X","I-X","O","B-X"]"#,
            r#"["B-X","L-X","O","U-X"]"#,
            r#"["B-X","E-X","O","S-X"]"#,
        ] {
            check(&format!(r#"{{"tokens":["New","York","or","Rome"],"tags":{tags}}}"#), "X:New York X:Rome");
        }
        check(r#"{"tokens":["A","B"],"tags":["I-X","B-X"]}"#, "X:A X:B");
    }

    #[test]
    fn a_bad_row_is_put_aside_with_its_line() {
        check(r#"{"text":"ab","spans":[{"start":1,"end":3,"label":"X"}]}"#, "span_outside at rows.jsonl:1");
        check(r#"{"text":"ab","spans":[{"start":1,"end":1,"label":"X"}]}"#, "span_outside at rows.jsonl:1");
        check(r#"{"text":"ab","spans":[{"start":0,"end":1,"label":" "}]}"#, "no_label at rows.jsonl:1");
        check(r#"{"text":"ab"}"#, "no_spans at rows.jsonl:1");
        check(r#"{"spans":[]}"#, "no_text at rows.jsonl:1");
        check(r#"{"tokens":["a"],"tags":["O","O"]}"#, "tags at rows.jsonl:1");
        check(r#"{"tokens":["a"],"tags":["X"]}"#, "tags at rows.jsonl:1");
        check("{", "no_json at rows.jsonl:1");
    }

    #[test]
    fn the_rest_goes_on_and_ids_are_the_line_where_none_is_given() {
        let read =
            read("{\"text\":\"a\",\"spans\":[]}\nnonsense\n\n{\"text\":\"b\",\"spans\":[],\"id\":7}\n")
                .unwrap();
        let ids: Vec<&str> = read.rows.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(ids, ["1", "7"]);
        assert_eq!(read.rejected.len(), 1);
    }

    #[test]
    fn the_same_id_twice_is_an_error() {
        let twice = "{\"text\":\"a\",\"spans\":[],\"id\":\"7\"}\n{\"text\":\"b\",\"spans\":[],\"id\":7}";
        assert!(read(twice).unwrap_err().to_string().starts_with("id `7` stands on lines 1 and 2"));
    }
}
