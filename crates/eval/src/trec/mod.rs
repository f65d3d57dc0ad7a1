//! Judgements and runs as text: TREC's columns and BEIR's tables.
//!
//! A line with tabs is split at tabs, so that ids may hold spaces; any other at white space.

mod table;

use engraft_core::{Fault, Kind};

use crate::threads::in_parts;
use crate::{Qrels, Run};
use table::Part;

pub use table::Table;

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct TrecError {
    /// From 1.
    pub line: usize,
    /// What was found there and what was expected.
    pub what: String,
}

impl Fault for TrecError {
    fn kind(&self) -> Kind {
        Kind::User
    }
    fn hint(&self) -> Option<String> {
        let formats = "judgements: `query 0 document relevance`, or a table `query-id corpus-id score`; \
                       runs: `query Q0 document rank score name`";
        Some(formats.to_string())
    }
}

/// Reads judgements: TREC's four columns `query iteration document relevance`, or BEIR's three, `query-id`, `corpus-id`
/// and `score`, with or without that header. Blank lines are skipped; judging a document twice is an error.
pub fn parse_qrels(text: &str) -> Result<Qrels, TrecError> {
    Ok(read_qrels(text)?.to_map())
}

/// Reads a run: six columns `query Q0 document rank score name`. The rank is not read, scores alone decide. Blank lines
/// are skipped; returning a document twice is an error.
pub fn parse_run(text: &str) -> Result<Run, TrecError> {
    Ok(read_run(text)?.to_map())
}

/// As [`parse_qrels`], by several threads and without a copy of any name.
pub fn read_qrels(text: &str) -> Result<Table<'_, i64>, TrecError> {
    let table = read(text, |columns| {
        let (query, doc, relevance) = match *columns {
            ["query-id", "corpus-id", "score"] => return Ok(None),
            [query, _, doc, relevance] => (query, doc, relevance),
            [query, doc, relevance] => (query, doc, relevance),
            _ => return Err(format!("{} columns, judgements have 4 (or 3 in BEIR's tables)", columns.len())),
        };
        let whole =
            relevance.parse().map_err(|_| format!("the relevance `{relevance}` is not a whole number"));
        Ok(Some((query, doc, whole?)))
    })?;
    once_each(text, table, "judged")
}

/// As [`parse_run`], by several threads and without a copy of any name.
pub fn read_run(text: &str) -> Result<Table<'_, f64>, TrecError> {
    let table = read(text, |columns| {
        let [query, _, doc, _, score, _] = *columns else {
            return Err(format!("{} columns, runs have 6", columns.len()));
        };
        let number = score.parse().ok().filter(|score: &f64| !score.is_nan());
        Ok(Some((query, doc, number.ok_or_else(|| format!("the score `{score}` is not a number"))?)))
    })?;
    once_each(text, table, "returned")
}

fn once_each<'t, V: Copy + Sync>(
    text: &'t str,
    table: Table<'t, V>,
    done: &str,
) -> Result<Table<'t, V>, TrecError> {
    match table.twice() {
        Some((query, doc)) => {
            Err(wrong(text, doc, format!("`{doc}` is {done} a second time for query `{query}`")))
        }
        None => Ok(table),
    }
}

/// A query, a document and its value; `None` for a line that is no row.
type Line<'t, V> = Result<Option<(&'t str, &'t str, V)>, String>;

fn read<'t, V: Copy + Send + Sync>(
    text: &'t str,
    row: impl Fn(&[&'t str]) -> Line<'t, V> + Sync,
) -> Result<Table<'t, V>, TrecError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let parts = in_parts(text.len(), |part| {
        let (start, end) = (line_start(text, part.start), line_start(text, part.end));
        read_part(&text[start..end], &row)
    });
    let parts = parts.into_iter().collect::<Result<_, _>>();
    Ok(Table::of(parts.map_err(|(line, what)| wrong(text, line, what))?))
}

/// Where the first line begins that does not begin before `at`; `text.len()` when none does.
fn line_start(text: &str, at: usize) -> usize {
    if at == 0 {
        return 0;
    }
    let rest = &text.as_bytes()[at - 1..];
    rest.iter().position(|byte| *byte == b'\n').map_or(text.len(), |newline| at + newline)
}

fn read_part<'t, V: Copy + Sync>(
    text: &'t str,
    row: &impl Fn(&[&'t str]) -> Line<'t, V>,
) -> Result<Part<'t, V>, (&'t str, String)> {
    let first = text.bytes().position(|byte| byte == b'\n').unwrap_or(text.len()) + 1;
    let mut part = Part::with_capacity(text.len() / first + 1);
    let mut columns = Vec::new();
    for line in text.split('\n') {
        columns.clear();
        if line.bytes().any(|byte| byte == b'\t') {
            columns.extend(line.split('\t').map(str::trim));
        } else {
            columns.extend(line.split_ascii_whitespace());
        }
        if columns.iter().all(|column| column.is_empty()) {
            continue;
        }
        if let Some((query, doc, value)) = row(&columns).map_err(|what| (line, what))? {
            part.push(query, doc, value);
        }
    }
    Ok(part)
}

/// `place` is a part of `text`.
fn wrong(text: &str, place: &str, what: String) -> TrecError {
    let before = place.as_ptr() as usize - text.as_ptr() as usize;
    TrecError { line: text.as_bytes()[..before].iter().filter(|byte| **byte == b'\n').count() + 1, what }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[track_caller]
    fn check_qrels(text: &str, expected: Expect) {
        expected.assert_eq(&parse_qrels(text).map_or_else(|e| e.to_string(), |qrels| format!("{qrels:?}")));
    }

    #[track_caller]
    fn check_run(text: &str, expected: Expect) {
        expected.assert_eq(&parse_run(text).map_or_else(|e| e.to_string(), |run| format!("{run:?}")));
    }

    #[test]
    fn trec_judgements_have_four_columns() {
        check_qrels("q1 0 a 2\r\n\nq1 0  b -1\n", expect![[r#"{"q1": {"a": 2, "b": -1}}"#]]);
    }

    #[test]
    fn beir_judgements_have_a_header_and_ids_may_hold_spaces() {
        check_qrels(
            "\u{feff}query-id\tcorpus-id\tscore\n1\tmy file.txt\t1\n",
            expect![[r#"{"1": {"my file.txt": 1}}"#]],
        );
        check_qrels("1\t31715818\t1\n", expect![[r#"{"1": {"31715818": 1}}"#]]);
    }

    #[test]
    fn a_bad_judgement_is_found_by_its_line() {
        check_qrels("q1 0 a 1\n\nq1 0 b yes\n", expect!["line 3: the relevance `yes` is not a whole number"]);
        check_qrels("q1 0 a 1\nq1 0 a 1\n", expect!["line 2: `a` is judged a second time for query `q1`"]);
        check_qrels("q1 a\n", expect!["line 1: 2 columns, judgements have 4 (or 3 in BEIR's tables)"]);
    }

    #[test]
    fn runs_have_six_columns_and_scores_decide() {
        check_run("q1 Q0 a 1 0.5 me\nq1 Q0 b 2 1e3 me\n", expect![[r#"{"q1": {"a": 0.5, "b": 1000.0}}"#]]);
        check_run("q1\tQ0\tmy file.txt\t1\t0.5\tme\n", expect![[r#"{"q1": {"my file.txt": 0.5}}"#]]);
    }

    #[test]
    fn a_bad_line_of_a_run_is_found_by_its_number() {
        check_run("q1 Q0 a 1 0.5 me\nq1 Q0 b 2 me\n", expect!["line 2: 5 columns, runs have 6"]);
        check_run("q1 Q0 a 1 NaN me\n", expect!["line 1: the score `NaN` is not a number"]);
        check_run(
            "q1 Q0 a 1 2 me\nq1 Q0 a 2 1 me\n",
            expect!["line 2: `a` is returned a second time for query `q1`"],
        );
    }
}
