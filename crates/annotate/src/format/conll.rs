//! CoNLL: one token a line with its tag last, a blank line between sentences, `-DOCSTART-` between documents.
//!
//! One way of reading covers the tagging schemes: `B`, `S` and `U` begin a span, `E`, `L`, `S` and `U` end one, `I` and `M`
//! go on with a span of the same label or else begin one. So IOB1, IOB2, IOE1, IOE2, IOBES, BILOU and bare labels need not
//! be told apart. What is written is IOB2 in four columns.

use crate::format::export::RowWriter;
use crate::format::found::{Found, FoundResponse, FoundSpan, Said, What};
use crate::format::import::{Find, Tell};
use crate::format::lines::{Line, Lines};
use crate::format::one_text::{OneText, Slot, word};
use crate::format::report::Losses;
use crate::format::tokens::{Token, tokens};
use crate::format::{ExportOptions, Format, FormatError, Input};
use crate::{Answer, LabelledSpan, Record, Schema, item_id};

/// A document under way.
#[derive(Default)]
struct Document {
    line: u64,
    text: String,
    chars: usize,
    in_sentence: bool,
    spans: Vec<FoundSpan>,
    // Whether the last span may still grow.
    open: bool,
}

pub(crate) fn read(input: Input, tell: &mut Tell, losses: &mut Losses) -> Result<(), FormatError> {
    let mut lines = Lines::new(input.open()?);
    let mut document = Document::default();
    // A mark with a blank line behind it begins a document; Label Studio writes one without, as the head of the file.
    let (mut has_documents, mut after_mark) = (false, false);
    while let Some((number, line)) = lines.next().map_err(|source| input.failed(source))? {
        let line = match line {
            Line::Text(line) => line,
            Line::Bad(why) => {
                tell(Find::Bad(number, why.to_string()))?;
                continue;
            }
        };
        let mut columns =
            line.split(|c: char| if line.contains('\t') { c == '\t' } else { c == ' ' || c == '\u{a0}' });
        let token = columns.next().unwrap_or_default().trim();
        let begins = std::mem::take(&mut after_mark);
        if line.trim().is_empty() {
            has_documents |= begins;
            document.end_sentence();
            // Without marks between documents, each sentence is an item.
            if !has_documents {
                document.finish(tell)?;
            }
        } else if token == "-DOCSTART-" {
            document.finish(tell)?;
            after_mark = true;
        } else if line.starts_with("# ") && line.contains(" = ") {
            losses.add("a comment", "it does not say whose it is");
        } else {
            match columns.rfind(|column| !column.trim().is_empty()) {
                Some(tag) if !token.is_empty() => document.token(number, token, tag.trim()),
                _ => tell(Find::Bad(number, "a line has a token and a tag".to_string()))?,
            }
        }
    }
    document.finish(tell)
}

impl Document {
    fn token(&mut self, line: u64, token: &str, tag: &str) {
        if self.text.is_empty() {
            self.line = line;
        } else {
            self.text.push(if self.in_sentence { ' ' } else { '\n' });
            self.chars += 1;
        }
        self.in_sentence = true;
        let start = self.chars;
        self.text.push_str(token);
        self.chars += token.chars().count();
        self.tag(tag, start);
    }

    fn tag(&mut self, tag: &str, start: usize) {
        let (prefix, label) = match tag.split_once('-') {
            Some((prefix, label)) if prefix.len() == 1 && !label.is_empty() => (prefix, label),
            _ => ("I", tag),
        };
        if matches!(tag, "O" | "_" | "-" | "-X-") || !"BIMELSU".contains(prefix) {
            self.open = false;
            return;
        }
        let end = self.chars;
        let grows = self.open && matches!(prefix, "I" | "M" | "E" | "L");
        match self.spans.last_mut().filter(|last| grows && last.label == label) {
            Some(last) => last.parts = vec![(last.parts[0].0, end)],
            None => self.spans.push(FoundSpan {
                id: String::new(),
                label: label.to_string(),
                parts: vec![(start, end)],
                quote: None,
                passages: Vec::new(),
            }),
        }
        self.open = !matches!(prefix, "E" | "L" | "S" | "U");
    }

    fn end_sentence(&mut self) {
        self.in_sentence = false;
        self.open = false;
    }

    fn finish(&mut self, tell: &mut Tell) -> Result<(), FormatError> {
        let done = std::mem::take(self);
        if done.text.is_empty() {
            return Ok(());
        }
        tell(Find::Item(done.line, Box::new(done.found())))
    }

    fn found(self) -> Found {
        let said = vec![Said::nameless(What::Spans(self.spans))];
        let response = FoundResponse { complete: false, ..FoundResponse::submitted(said) };
        Found { text: Some(self.text), responses: vec![response], ..Found::default() }
    }
}

/// One sentence of tokens with their tags, in any scheme.
pub(crate) fn sentence(tokens: &[String], tags: &[String]) -> Found {
    let mut document = Document::default();
    for (token, tag) in tokens.iter().zip(tags) {
        document.token(1, token, tag);
    }
    document.found()
}

/// Writes one document a record.
pub(crate) struct Documents {
    item: OneText,
}

impl Documents {
    pub(crate) fn new(schema: &Schema, options: &ExportOptions) -> Result<Documents, FormatError> {
        let needs = "a question that marks spans";
        Ok(Documents { item: OneText::new(Format::Conll, schema, options, &[Slot::Spans], needs)? })
    }
}

impl RowWriter for Documents {
    fn rows(&mut self, record: &Record, losses: &mut Losses) -> Vec<String> {
        let Some(text) = self.item.text_of(record, losses) else { return Vec::new() };
        let Some(question) = self.item.question(Slot::Spans) else { return Vec::new() };
        let Some(heard) = self.item.heard(record, losses) else { return Vec::new() };
        let marked: Vec<&Vec<LabelledSpan>> = heard
            .iter()
            .filter_map(|answers| match answers.get(&question.name) {
                Some(Answer::Spans(spans)) => Some(spans),
                _ => None,
            })
            .collect();
        if marked.is_empty() {
            losses.add("an item nobody marked", "tokens without tags read as nothing to mark");
            return Vec::new();
        }
        self.item.count_fields(record, &[], false, losses);
        losses.add_many(
            "the name of an item",
            "a document has none",
            u64::from(record.id != item_id(&record.fields)),
        );
        let tokens = tokens(text);
        if tokens.is_empty() {
            losses.add("a text without a word", "there is no token to write");
            return Vec::new();
        }
        losses.add_many(
            "the white space of a text",
            "tokens come back with one space between them, lines with one line break",
            u64::from(!is_spaced_once(text, &tokens)),
        );
        marked.into_iter().map(|spans| document(&tokens, spans, losses)).collect()
    }
}

fn is_spaced_once(text: &str, tokens: &[Token]) -> bool {
    let mut joined = String::with_capacity(text.len());
    for (at, token) in tokens.iter().enumerate() {
        match at.checked_sub(1).map(|before| tokens[before].line == token.line) {
            None => {}
            Some(true) => joined.push(' '),
            Some(false) => joined.push('\n'),
        }
        joined.push_str(token.text);
    }
    joined == text
}

fn document(tokens: &[Token], spans: &[LabelledSpan], losses: &mut Losses) -> String {
    let mut tags = vec!["O".to_string(); tokens.len()];
    // Of two spans on a token the longer is kept.
    let mut spans: Vec<&LabelledSpan> = spans.iter().collect();
    spans.sort_by_key(|span| (span.char_start, std::cmp::Reverse(span.char_end)));
    for span in spans {
        if let Err(why) = mark(tokens, &mut tags, span, losses) {
            losses.add(why.0, why.1);
        }
    }
    let mut text = String::from("-DOCSTART- -X- _ O\n\n");
    for (at, (token, tag)) in tokens.iter().zip(&tags).enumerate() {
        if at > 0 && tokens[at - 1].line != token.line {
            text.push('\n');
        }
        text.push_str(&format!("{} -X- _ {tag}\n", token.text));
    }
    text.push('\n');
    text
}

fn mark(
    tokens: &[Token],
    tags: &mut [String],
    span: &LabelledSpan,
    losses: &mut Losses,
) -> Result<(), (&'static str, &'static str)> {
    if !span.parts.is_empty() {
        return Err(("a span with gaps", "tags mark tokens without a gap"));
    }
    let first = tokens.partition_point(|token| token.end <= span.char_start);
    let last = tokens.partition_point(|token| token.start < span.char_end);
    let Some(covered) = tokens.get(first..last).filter(|covered| !covered.is_empty()) else {
        return Err(("a span of white space", "there is no token to mark"));
    };
    let (start, end) = (covered[0].start, covered[covered.len() - 1].end);
    if start < span.char_start || end > span.char_end {
        return Err(("a span that ends inside a token", "tags mark whole tokens"));
    }
    if covered[0].line != covered[covered.len() - 1].line {
        return Err(("a span over a line break", "tags do not go from one sentence to the next"));
    }
    if tags[first..last].iter().any(|tag| tag != "O") {
        return Err(("a second label on a token", "a token has one tag"));
    }
    let at_edges = (start, end) != (span.char_start, span.char_end);
    losses.add_many("the white space at the edge of a span", "tags mark whole tokens", u64::from(at_edges));
    let label = word(&span.label, losses);
    for (at, tag) in tags[first..last].iter_mut().enumerate() {
        *tag = format!("{}-{label}", if at == 0 { "B" } else { "I" });
    }
    Ok(())
}
