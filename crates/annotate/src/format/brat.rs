//! brat: a folder of `.txt` files with `.ann` files beside them, offsets in code points.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use engraft_core::short_id;

use crate::format::export::{FolderWriter, splits};
use crate::format::files::{Listing, create_folder, write_whole};
use crate::format::found::{Found, FoundResponse, FoundSpan, Said, What};
use crate::format::import::{Find, Tell};
use crate::format::input::unreadable;
use crate::format::lines::LONGEST;
use crate::format::one_text::{OneText, Slot, word};
use crate::format::report::{Exported, Losses};
use crate::format::{ExportOptions, Format, FormatError, Input};
use crate::{Answer, Answers, LabelledSpan, QuestionKind, Record, Schema};

pub(crate) fn read(input: Input, tell: &mut Tell, losses: &mut Losses) -> Result<(), FormatError> {
    let Input::Path(folder) = input else {
        return Err(FormatError::Shape {
            format: Format::Brat,
            wanted: "folder of files",
            given: "a single file".to_string(),
        });
    };
    let mut texts: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).map_err(|source| unreadable(folder, source))? {
        let path = entry.map_err(|source| unreadable(folder, source))?.path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            texts.push(path);
        }
    }
    texts.sort();
    for path in texts {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = match whole(&path)? {
            Ok(text) => text,
            Err(why) => {
                tell(Find::Bad(1, format!("{stem}.txt: {why}")))?;
                continue;
            }
        };
        let mut found = Found {
            id: Some(decoded(&stem)),
            text: Some(text),
            file: Some(format!("{stem}.ann")),
            ..Found::default()
        };
        let beside = path.with_extension("ann");
        if beside.exists() {
            match whole(&beside)? {
                Ok(ann) => found.responses.push(annotations(&stem, &ann, tell, losses)?),
                Err(why) => tell(Find::Bad(1, format!("{stem}.ann: {why}")))?,
            }
        }
        tell(Find::Item(1, Box::new(found)))?;
    }
    Ok(())
}

fn whole(path: &Path) -> Result<Result<String, &'static str>, FormatError> {
    let size = fs::metadata(path).map_err(|source| unreadable(path, source))?.len();
    if size > LONGEST as u64 {
        return Ok(Err("the file is longer than 32 MiB"));
    }
    let bytes = fs::read(path).map_err(|source| unreadable(path, source))?;
    Ok(String::from_utf8(bytes).map_err(|_| "the file is not UTF-8"))
}

fn annotations(
    stem: &str,
    ann: &str,
    tell: &mut Tell,
    losses: &mut Losses,
) -> Result<FoundResponse, FormatError> {
    let (mut spans, mut arrows) = (Vec::new(), Vec::new());
    for (number, line) in (1..).zip(ann.lines()) {
        let (id, rest) = line.split_once('\t').unwrap_or((line, ""));
        let good = match id.chars().next() {
            None => true,
            Some('T') => span(id, rest).map(|span| spans.push(span)).is_some(),
            Some('R') => arrow(rest).map(|arrow| arrows.push(arrow)).is_some(),
            Some('E') => skipped(losses, "an event"),
            Some('A' | 'M') => skipped(losses, "an attribute"),
            Some('N') => skipped(losses, "a normalisation"),
            Some('*') => skipped(losses, "an equivalence"),
            Some('#') => skipped(losses, "a note"),
            Some(_) => false,
        };
        if !good {
            tell(Find::Bad(number, format!("{stem}.ann: {line:?} is no annotation")))?;
        }
    }
    let said = vec![Said::nameless(What::Spans(spans)), Said::nameless(What::Arrows(arrows))];
    Ok(FoundResponse { complete: false, ..FoundResponse::submitted(said) })
}

fn skipped(losses: &mut Losses, what: &'static str) -> bool {
    losses.add(what, "no type of question stands for it");
    true
}

/// `ORG 0 5;16 23<TAB>North America`.
fn span(id: &str, rest: &str) -> Option<FoundSpan> {
    let (head, quote) = rest.split_once('\t').unwrap_or((rest, ""));
    let (label, offsets) = head.split_once(' ')?;
    let part = |part: &str| {
        let (start, end) = part.trim().split_once(' ')?;
        Some((start.parse().ok()?, end.parse().ok()?))
    };
    let parts = offsets.split(';').map(part).collect::<Option<Vec<_>>>()?;
    let quote = (!quote.is_empty()).then(|| quote.to_string());
    Some(FoundSpan { id: id.to_string(), label: label.to_string(), parts, quote, passages: Vec::new() })
}

/// `Origin Arg1:T3 Arg2:T4`.
fn arrow(rest: &str) -> Option<(String, String, String)> {
    let mut words = rest.split_whitespace();
    let label = words.next()?.to_string();
    let mut end = || words.next()?.split_once(':').map(|(_, id)| id.to_string());
    Some((end()?, end()?, label))
}

/// Names of files leave room for a number and an extension.
const LONGEST_NAME: usize = 200;

/// Writes two files a record, in a folder a split, with the configuration that brat needs to show them.
pub(crate) struct Folder {
    path: PathBuf,
    item: OneText,
    splits: Vec<(Option<String>, Split)>,
}

#[derive(Default)]
struct Split {
    listing: Listing,
    rows: u64,
}

impl Folder {
    pub(crate) fn create(
        schema: &Schema,
        path: &Path,
        options: &ExportOptions,
    ) -> Result<Folder, FormatError> {
        let needs = "a question that marks spans";
        let item = OneText::new(Format::Brat, schema, options, &[Slot::Spans, Slot::Relations], needs)?;
        let mut folders = Vec::new();
        for name in splits(options) {
            let folder = place(path, name.as_deref());
            create_folder(&folder)?;
            write_whole(&folder.join("annotation.conf"), &configuration(&item))?;
            folders.push((name, Split::default()));
        }
        Ok(Folder { path: path.to_path_buf(), item, splits: folders })
    }
}

fn place(path: &Path, split: Option<&str>) -> PathBuf {
    split.map_or_else(|| path.to_path_buf(), |split| path.join(split))
}

/// The labels, as brat wants them declared.
fn configuration(item: &OneText) -> String {
    let labels = |slot: Slot| -> Vec<String> {
        match item.question(slot).map(|question| &question.kind) {
            Some(QuestionKind::Spans { options, .. } | QuestionKind::Relations { options, .. }) => {
                options.iter().map(|option| word(&option.value, &mut Losses::default())).collect()
            }
            _ => Vec::new(),
        }
    };
    let entities = labels(Slot::Spans).join("\n");
    let relations: String = labels(Slot::Relations)
        .iter()
        .map(|label| format!("{label}\tArg1:<ENTITY>, Arg2:<ENTITY>\n"))
        .collect();
    format!("[entities]\n{entities}\n\n[relations]\n{relations}\n[events]\n\n[attributes]\n")
}

impl FolderWriter for Folder {
    fn write(
        &mut self,
        record: &Record,
        split: Option<&str>,
        losses: &mut Losses,
    ) -> Result<(), FormatError> {
        let Some(text) = self.item.text_of(record, losses) else { return Ok(()) };
        let Some(heard) = self.item.heard(record, losses) else { return Ok(()) };
        self.item.count_fields(record, &[], false, losses);
        let folder = place(&self.path, split);
        let Some((_, done)) = self.splits.iter_mut().find(|(name, _)| name.as_deref() == split) else {
            return Ok(());
        };
        let mut put = |name: String, content: &str| -> Result<(), FormatError> {
            let hash = write_whole(&folder.join(&name), content)?;
            done.listing.add(&name, &hash);
            Ok(())
        };
        let mut stem = encoded(&record.id);
        if stem.len() > LONGEST_NAME {
            losses
                .add("the long name of an item", "a file's name has at most 255 bytes: a hash stands for it");
            stem = short_id(&[&record.id]);
        }
        for number in 1..=heard.len().max(1) {
            let stem = if number == 1 { stem.clone() } else { format!("{stem}~{number}") };
            put(format!("{stem}.txt"), text)?;
            if let Some(answers) = heard.get(number - 1)
                && let Some(ann) = ann(&self.item, answers, losses)
            {
                put(format!("{stem}.ann"), &ann)?;
            }
        }
        done.rows += heard.len().max(1) as u64;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(Vec<Exported>, String), FormatError> {
        let mut files = Vec::new();
        for (name, split) in self.splits {
            let path = place(&self.path, name.as_deref());
            files.push(Exported { path, rows: split.rows, sha256: split.listing.finish() });
        }
        let sha256 = match files.as_slice() {
            [only] => only.sha256.clone(),
            several => crate::format::export::listed(several),
        };
        Ok((files, sha256))
    }
}

/// The annotations; `None` where nothing was said about spans.
fn ann(item: &OneText, answers: &Answers, losses: &mut Losses) -> Option<String> {
    let given = |slot: Slot| item.question(slot).and_then(|question| answers.get(&question.name));
    let Some(Answer::Spans(spans)) = given(Slot::Spans) else { return None };
    let mut text = String::new();
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, span) in (1..).zip(spans) {
        names.insert(&span.id, number);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "T{number}\t{} {}\t{}", word(&span.label, losses), offsets(span), quote(span));
    }
    if let Some(Answer::Relations(relations)) = given(Slot::Relations) {
        for (number, relation) in (1..).zip(relations) {
            let end = |id: &str| names.get(id).copied().unwrap_or_default();
            let (from, to) = (end(&relation.from), end(&relation.to));
            let _ = writeln!(text, "R{number}\t{} Arg1:T{from} Arg2:T{to}", word(&relation.label, losses));
        }
    }
    Some(text)
}

fn offsets(span: &LabelledSpan) -> String {
    let parts =
        if span.parts.is_empty() { vec![(span.char_start, span.char_end)] } else { span.parts.clone() };
    let parts: Vec<String> = parts.iter().map(|(start, end)| format!("{start} {end}")).collect();
    parts.join(";")
}

/// What is marked, on one line: a line break shows as a space, a gap too.
fn quote(span: &LabelledSpan) -> String {
    let quote =
        if span.parts.is_empty() { span.quote.clone() } else { span.quote.replace(crate::read::JOIN, " ") };
    quote.replace(char::is_whitespace, " ")
}

/// An id as the name of a file: letters, digits, `-`, `_` and `.` stand, the rest as `%XX`.
fn encoded(id: &str) -> String {
    let mut name = String::new();
    for byte in id.bytes() {
        let plain =
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || (byte == b'.' && !name.is_empty());
        if plain {
            name.push(char::from(byte));
        } else {
            let _ = write!(name, "%{byte:02X}");
        }
    }
    name
}

fn decoded(name: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = name.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.filter(|_| first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| name.to_string())
}
