//! JSONL and CSV files, row by row: a bad line is a diagnostic with its number, never a stop.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use engraft_core::Diagnostic;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::TuneError;

/// What a file held.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows<T> {
    /// The good rows, in the order of the file.
    pub rows: Vec<T>,
    /// The others: where, what, and what to do.
    pub rejected: Vec<Diagnostic>,
    /// The SHA-256 of the file's bytes, 64 hex digits.
    pub sha256: String,
}

/// One row as it stands in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its line, from 1; in a CSV file with quoted line breaks, where the row begins.
    pub number: u64,
    /// Its fields. All of a CSV row's are strings.
    pub fields: Map<String, Value>,
}

/// Why a row cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// One word or two in snake case, such as `no_text`.
    pub kind: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

impl Rejection {
    /// A rejection of that kind.
    pub fn new(kind: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Rejection {
        Rejection { kind, message: message.into(), hint: hint.into() }
    }
}

/// Reads `path`, as CSV when its name ends in `.csv` and as tab-separated when in `.tsv`, else as JSONL, and makes a row of
/// each line. Empty lines are passed over. `parse` says why a line is no row.
pub fn read_rows<T>(
    path: &Path,
    mut parse: impl FnMut(&Line) -> Result<T, Rejection>,
) -> Result<Rows<T>, TuneError> {
    let file = File::open(path).map_err(TuneError::io("read", path))?;
    if path.is_dir() {
        let message = format!("{} is a folder", path.display());
        return Err(TuneError::data(message, "name a JSONL or CSV file"));
    }
    let mut source = Hashing { inner: file, hasher: Sha256::new() };
    let mut found = Rows { rows: Vec::new(), rejected: Vec::new(), sha256: String::new() };
    let name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
    let mut take = |number: u64, read: Result<Map<String, Value>, Rejection>| {
        let row = read.and_then(|fields| parse(&Line { number, fields }));
        match row {
            Ok(row) => found.rows.push(row),
            Err(why) => found.rejected.push(Diagnostic {
                uri: format!("{name}:{number}"),
                kind: why.kind.into(),
                message: why.message,
                hint: why.hint,
            }),
        }
    };
    let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
    let read = match ending.as_deref().and_then(|ending| ending.to_str()) {
        Some("csv") => separated(&mut source, b',', &mut take),
        Some("tsv") => separated(&mut source, b'\t', &mut take),
        _ => json_lines(&mut source, &mut take),
    };
    read.map_err(TuneError::io("read", path))?;
    // Whatever a reader left unread counts too.
    std::io::copy(&mut source, &mut std::io::sink()).map_err(TuneError::io("read", path))?;
    found.sha256 = hex(&source.hasher.finalize());
    Ok(found)
}

type Take<'a> = dyn FnMut(u64, Result<Map<String, Value>, Rejection>) + 'a;

fn json_lines(source: &mut Hashing, take: &mut Take) -> std::io::Result<()> {
    let mut reader = BufReader::new(source);
    let (mut bytes, mut number) = (Vec::new(), 0);
    loop {
        bytes.clear();
        if reader.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(());
        }
        number += 1;
        let line = if number == 1 { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes) } else { &bytes };
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let hint = "write one JSON object a line, such as {\"text\":\"…\",\"label\":\"…\"}";
        take(
            number,
            match serde_json::from_slice::<Value>(line) {
                Ok(Value::Object(fields)) => Ok(fields),
                Ok(_) => Err(Rejection::new("no_object", "the line is no JSON object", hint)),
                Err(error) => Err(Rejection::new("no_json", format!("the line is no JSON: {error}"), hint)),
            },
        );
    }
}

fn separated(source: &mut Hashing, by: u8, take: &mut Take) -> std::io::Result<()> {
    let mut reader = csv::ReaderBuilder::new().delimiter(by).flexible(true).from_reader(source);
    let headers: Vec<String> = match reader.byte_headers() {
        Ok(headers) => headers.iter().map(|name| String::from_utf8_lossy(name).trim().to_string()).collect(),
        Err(error) => return Err(std::io::Error::other(error)),
    };
    let mut record = csv::ByteRecord::new();
    loop {
        let number = reader.position().line();
        match reader.read_byte_record(&mut record) {
            Ok(false) => return Ok(()),
            Ok(true) => {
                let number = record.position().map_or(number, csv::Position::line);
                take(number, fields_of(&headers, &record));
            }
            Err(error) => return Err(std::io::Error::other(error)),
        }
    }
}

fn fields_of(headers: &[String], record: &csv::ByteRecord) -> Result<Map<String, Value>, Rejection> {
    if record.len() != headers.len() {
        let message = format!("the row has {} columns, the first row {}", record.len(), headers.len());
        return Err(Rejection::new("columns", message, "quote values that hold separators or line breaks"));
    }
    let field = |(name, value): (&String, &[u8])| {
        let text = std::str::from_utf8(value).map_err(|_| {
            Rejection::new("no_utf8", format!("column {name} is not UTF-8"), "save the file as UTF-8")
        })?;
        Ok((name.clone(), Value::String(text.to_string())))
    };
    headers.iter().zip(record.iter()).map(field).collect()
}

/// The text in `field`, which must have a letter or digit.
pub fn text_of<'a>(line: &'a Line, field: &str) -> Result<&'a str, Rejection> {
    let hint = format!("give every row a `{field}`");
    match line.fields.get(field) {
        Some(Value::String(text)) if text.chars().any(char::is_alphanumeric) => Ok(text),
        Some(Value::String(_)) => Err(Rejection::new("empty", format!("`{field}` says nothing"), hint)),
        Some(_) => Err(Rejection::new("no_text", format!("`{field}` is no string"), hint)),
        None => {
            let there: Vec<&str> = line.fields.keys().map(String::as_str).collect();
            let message = format!("there is no `{field}`, only {}", there.join(", "));
            Err(Rejection::new("no_text", message, hint))
        }
    }
}

/// Refuses ids that stand on more than one row; `ids` with the line of each.
pub(crate) fn refuse_duplicate_ids<'a>(
    ids: impl Iterator<Item = (&'a str, u64)>,
    path: &Path,
) -> Result<(), TuneError> {
    let mut lines: BTreeMap<&str, u64> = BTreeMap::new();
    for (id, line) in ids {
        if let Some(first) = lines.insert(id, line) {
            let message = format!("id `{id}` stands on lines {first} and {line} of {}", path.display());
            return Err(TuneError::data(message, "give every row an id of its own, or leave ids out"));
        }
    }
    Ok(())
}

/// The SHA-256 of bytes, 64 hex digits.
pub fn sha256_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The SHA-256 of a file, 64 hex digits.
pub fn sha256_of_file(path: &Path) -> std::io::Result<String> {
    let mut source = Hashing { inner: File::open(path)?, hasher: Sha256::new() };
    std::io::copy(&mut source, &mut std::io::sink())?;
    Ok(hex(&source.hasher.finalize()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Hashes what passes through.
struct Hashing {
    inner: File,
    hasher: Sha256,
}

impl Read for Hashing {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(into)?;
        self.hasher.update(&into[..n]);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, bytes: &[u8]) -> Rows<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        read_rows(&path, |line| Ok(format!("{}:{}", line.number, text_of(line, "text")?))).unwrap()
    }

    #[track_caller]
    fn check(name: &str, bytes: &[u8], rows: &[&str], rejected: &[&str]) {
        let found = read(name, bytes);
        assert_eq!(found.rows, rows);
        let places: Vec<String> =
            found.rejected.iter().map(|one| format!("{} {}", one.uri, one.kind)).collect();
        assert_eq!(places, rejected);
        assert!(found.rejected.iter().all(|one| !one.hint.is_empty()));
        assert_eq!(found.sha256, sha256_of(bytes));
    }

    #[test]
    fn a_bad_line_is_named_and_the_rest_is_read() {
        let lines = b"\xef\xbb\xbf{\"text\":\"one\"}\n\n{\"text\":\n[1]\n{\"txt\":\"x\"}\n{\"text\":\" \"}\n{\"text\":7}\n{\"text\":\"two\"}";
        let bad = [
            "a.jsonl:3 no_json",
            "a.jsonl:4 no_object",
            "a.jsonl:5 no_text",
            "a.jsonl:6 empty",
            "a.jsonl:7 no_text",
        ];
        check("a.jsonl", lines, &["1:one", "8:two"], &bad);
    }

    #[test]
    fn a_csv_file_may_hold_quotes_and_line_breaks() {
        let csv = b"id,text\n1,\"one, and\nmore\"\n2\n3,\xff\n4,four\n";
        check("a.csv", csv, &["2:one, and\nmore", "6:four"], &["a.csv:4 columns", "a.csv:5 no_utf8"]);
        check("a.tsv", b"text\tlabel\na b\tx\n", &["2:a b"], &[]);
    }

    #[test]
    fn an_empty_file_has_no_rows() {
        check("a.jsonl", b"", &[], &[]);
        check("a.csv", b"", &[], &[]);
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = read_rows(Path::new("nowhere.jsonl"), |_| Ok(())).unwrap_err();
        assert!(error.to_string().starts_with("cannot read nowhere.jsonl"), "{error}");
    }

    #[test]
    fn the_hash_is_sha_256() {
        assert_eq!(&sha256_of(b"abc")[..16], "ba7816bf8f01cfea");
    }
}
