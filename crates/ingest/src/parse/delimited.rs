//! CSV and its kin: the file to the letter, a block per row, columns named for the index.

use csv::{ReaderBuilder, StringRecord};
use engraft_core::{Block, BlockKind, CharMap, Content};

use super::ParseError;
use super::build::labelled_row;
use super::decode::decode;
use super::job::Job;
use super::table::{Row, header_names, looks_like_header};

/// How fields are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Dialect {
    delimiter: u8,
    quote: u8,
}

/// Records looked at to find the dialect.
const SAMPLE: usize = 200;

/// Reads a file of separated values; `extension` breaks ties between delimiters.
pub(crate) fn parse(extension: &str, bytes: &[u8], job: &Job) -> Result<Content, ParseError> {
    let decoded = decode(bytes, None)?;
    let text = decoded.text;
    let map = CharMap::new(&text);
    if map.chars() > job.limits.max_text_chars {
        return Err(ParseError::too_large("characters of text", job.limits.max_text_chars));
    }
    // Excel's own way of naming the delimiter.
    let (declared, start) = separator_line(&text);
    let dialect = detect(&text[start..], extension, declared);
    let (records, mut warnings) = read(&text, start, dialect);
    warnings.splice(0..0, decoded.warnings);
    let width = usual_width(records.iter().map(|record| record.cells.len()));
    let header = records.iter().position(|record| record.cells.len() >= width.min(2));
    let header = header.filter(|&index| index + 1 < records.len() && names_columns(&records, index));
    let names = header.map_or(Vec::new(), |index| header_names(&[Row::of(records[index].cells.clone())]));
    let mut blocks = Vec::new();
    let mut ragged = Vec::new();
    for (index, record) in records.iter().enumerate() {
        let Some(span) = map.span_of_bytes(record.start, record.end) else { continue };
        let is_data = header.is_some_and(|header| index > header);
        if record.cells.len() != width && (is_data || header.is_none()) {
            ragged.push(record.line);
        }
        let plain = labelled_row(if is_data { &names } else { &[] }, &record.cells);
        if plain.is_none() {
            continue;
        }
        let place = Some(format!(
            "{}{}",
            if record.last_line > record.line { "lines " } else { "line " },
            lines(record)
        ));
        blocks.push(Block { span, kind: BlockKind::TableRow, page: None, place, plain });
    }
    if !ragged.is_empty() {
        let shown: Vec<String> = ragged.iter().take(5).map(usize::to_string).collect();
        let more = if ragged.len() > 5 { ", …" } else { "" };
        let count = ragged.len();
        warnings.push(format!(
            "{count} rows have more or fewer than {width} fields (lines {}{more})",
            shown.join(", ")
        ));
    }
    if blocks.is_empty() {
        return Err(ParseError::NoText);
    }
    let mime = if dialect.delimiter == b'\t' { "text/tab-separated-values" } else { "text/csv" };
    Ok(Content { title: None, mime: mime.to_string(), text, blocks, metadata: Default::default(), warnings })
}

fn lines(record: &Record) -> String {
    if record.last_line > record.line {
        format!("{}–{}", record.line, record.last_line)
    } else {
        record.line.to_string()
    }
}

/// A record and where it stands.
struct Record {
    cells: Vec<String>,
    start: usize,
    end: usize,
    // From 1.
    line: usize,
    last_line: usize,
}

/// The delimiter that a first line such as `sep=;` names, and where the records begin.
fn separator_line(text: &str) -> (Option<u8>, usize) {
    let first = text.split_inclusive('\n').next().unwrap_or("");
    match first.trim_end().as_bytes() {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] => (Some(*delimiter), first.len()),
        _ => (None, 0),
    }
}

/// Finds the delimiter and quote under which the most rows have the same number of fields.
fn detect(text: &str, extension: &str, declared: Option<u8>) -> Dialect {
    let preferred = match extension {
        "tsv" | "tab" => b'\t',
        "psv" => b'|',
        _ => b',',
    };
    let delimiters = match declared {
        Some(delimiter) => vec![delimiter],
        None => {
            let others = [b',', b';', b'\t', b'|'].into_iter().filter(|&delimiter| delimiter != preferred);
            std::iter::once(preferred).chain(others).collect()
        }
    };
    let sample = sample(text);
    let mut best = (Dialect { delimiter: declared.unwrap_or(preferred), quote: b'"' }, 0.0);
    for quote in [b'"', b'\''] {
        for &delimiter in &delimiters {
            let dialect = Dialect { delimiter, quote };
            let score = score(sample, dialect);
            // A later dialect must be clearly better.
            if score > best.1 * 1.05 {
                best = (dialect, score);
            }
        }
    }
    best.0
}

/// The first lines of `text`, cut at a line break.
fn sample(text: &str) -> &str {
    let end = text.match_indices('\n').nth(SAMPLE).map_or(text.len(), |(at, _)| at);
    let mut end = end.min(256 << 10);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// How regular the table looks under `dialect`: the share of rows of the usual width, times a little for width.
fn score(sample: &str, dialect: Dialect) -> f64 {
    let widths: Vec<usize> =
        reader(sample, dialect).into_records().flatten().map(|record| record.len()).collect();
    let usual = usual_width(widths.iter().copied());
    if usual < 2 {
        return 0.0;
    }
    let regular = widths.iter().filter(|&&width| width == usual).count();
    // Quotes that span most of the file are apostrophes taken for quotes.
    let lines = sample.lines().filter(|line| !line.is_empty()).count().max(1);
    let kept = (widths.len() as f64 / lines as f64).min(1.0);
    regular as f64 / widths.len() as f64 * kept.sqrt() * (1.0 + (usual as f64).ln() / 4.0)
}

/// The most frequent number of fields; of equals, the larger.
fn usual_width(widths: impl Iterator<Item = usize>) -> usize {
    let mut counts = std::collections::BTreeMap::new();
    widths.for_each(|width| *counts.entry(width).or_insert(0usize) += 1);
    counts.into_iter().max_by_key(|&(width, count)| (count, width)).map_or(0, |(width, _)| width)
}

fn reader(text: &str, dialect: Dialect) -> csv::Reader<&[u8]> {
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(dialect.delimiter).quote(dialect.quote);
    builder.from_reader(text.as_bytes())
}

/// All records with their places; reading stops, with a warning, where the file cannot be read further.
fn read(text: &str, start: usize, dialect: Dialect) -> (Vec<Record>, Vec<String>) {
    let mut reader = reader(&text[start..], dialect);
    let mut records = Vec::new();
    let mut warnings = Vec::new();
    let mut record = StringRecord::new();
    let mut line = 1 + text[..start].matches('\n').count();
    let mut counted = start;
    loop {
        let before = start + reader.position().byte() as usize;
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                warnings.push(format!("reading stopped at line {line}: {error}"));
                break;
            }
        }
        let after = (start + reader.position().byte() as usize).min(text.len());
        let Some(raw) = text.get(before..after) else { break };
        let words = raw.trim_matches(['\r', '\n']);
        let from = before + (raw.len() - raw.trim_start_matches(['\r', '\n']).len());
        line += text[counted..from].matches('\n').count();
        counted = from;
        let (from, end) = (from, from + words.len());
        if !words.trim().is_empty() {
            let last_line = line + words.matches('\n').count();
            let cells = record.iter().map(str::to_string).collect();
            records.push(Record { cells, start: from, end, line, last_line });
        }
    }
    (records, warnings)
}

/// Whether record `index` names the columns of those below.
fn names_columns(records: &[Record], index: usize) -> bool {
    let row = Row::of(records[index].cells.clone());
    row.cells.len() >= 2
        && (looks_like_header(&row) || (row.filled() == row.cells.len() && differs(records, index)))
}

/// Whether a column holds numbers everywhere but in this record.
fn differs(records: &[Record], index: usize) -> bool {
    let below = &records[index + 1..records.len().min(index + 50)];
    let is_number = |cell: &String| cell.trim().parse::<f64>().is_ok();
    let column_is =
        |column: usize| below.iter().all(|record| record.cells.get(column).is_some_and(is_number));
    let cells = &records[index].cells;
    (0..cells.len()).any(|column| !is_number(&cells[column]) && column_is(column))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::super::{Limits, parse};
    use super::*;

    #[track_caller]
    fn check(name: &str, text: &str, expected: Expect) {
        let outcome = parse(name, text.as_bytes(), &Limits::default()).unwrap();
        let content = &outcome.documents[0].content;
        assert_eq!(content.text, text);
        let map = CharMap::new(&content.text);
        let mut shown: Vec<String> = content
            .blocks
            .iter()
            .map(|block| {
                let quote = map.quote(block.span).unwrap_or_default();
                format!(
                    "{} {quote:?} {}",
                    block.place.as_deref().unwrap_or("-"),
                    block.plain.as_deref().unwrap_or("-")
                )
            })
            .collect();
        shown.extend(content.warnings.iter().map(|warning| format!("! {warning}")));
        expected.assert_eq(&shown.join("\n"));
    }

    #[test]
    fn quotes_and_line_breaks_in_fields() {
        check(
            "a.csv",
            "name,note\r\nAnn,\"one, two\r\nthree\"\r\nBob,\r\n",
            expect![[r#"
            line 1 "name,note" name; note
            lines 2–3 "Ann,\"one, two\r\nthree\"" name: Ann; note: one, two three
            line 4 "Bob," name: Bob"#]],
        );
    }

    #[test]
    fn semicolons_with_decimal_commas() {
        check(
            "a.csv",
            "Artikel;Preis\nÖl;1,50\nMehl;2,75\n",
            expect![[r#"
            line 1 "Artikel;Preis" Artikel; Preis
            line 2 "Öl;1,50" Artikel: Öl; Preis: 1,50
            line 3 "Mehl;2,75" Artikel: Mehl; Preis: 2,75"#]],
        );
    }

    #[test]
    fn ragged_rows_are_kept_and_reported() {
        check(
            "a.csv",
            "a,b\n1,2\n3\n4,5\n6,7,8\n\n",
            expect![[r#"
            line 1 "a,b" a; b
            line 2 "1,2" a: 1; b: 2
            line 3 "3" a: 3
            line 4 "4,5" a: 4; b: 5
            line 5 "6,7,8" a: 6; b: 7; 8
            ! 2 rows have more or fewer than 2 fields (lines 3, 5)"#]],
        );
    }

    #[test]
    fn a_separator_line_is_obeyed() {
        check(
            "a.csv",
            "sep=|\nx,1|y\nz|w,2\n",
            expect![[r#"
            line 2 "x,1|y" x,1; y
            line 3 "z|w,2" x,1: z; y: w,2"#]],
        );
    }

    #[test]
    fn apostrophes_are_no_quotes() {
        check(
            "a.csv",
            "who,what\nAnn,'tis\nBob,it's\n",
            expect![[r#"
            line 1 "who,what" who; what
            line 2 "Ann,'tis" who: Ann; what: 'tis
            line 3 "Bob,it's" who: Bob; what: it's"#]],
        );
    }
}
