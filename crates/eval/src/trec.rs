//! Judgements and runs as text: TREC's columns and BEIR's tables.
//!
//! A line with tabs is split at tabs, so that ids may hold spaces; any other at white space.

use engraft_core::{Fault, Kind};

use crate::{Qrels, Run};

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
    let mut qrels = Qrels::new();
    for (line, columns) in lines(text) {
        let (query, doc, relevance) = match columns[..] {
            ["query-id", "corpus-id", "score"] if qrels.is_empty() => continue,
            [query, _, doc, relevance] => (query, doc, relevance),
            [query, doc, relevance] => (query, doc, relevance),
            _ => {
                return Err(wrong(
                    line,
                    format!("{} columns, judgements have 4 (or 3 in BEIR's tables)", columns.len()),
                ));
            }
        };
        let Ok(relevance) = relevance.parse::<i64>() else {
            return Err(wrong(line, format!("the relevance `{relevance}` is not a whole number")));
        };
        if qrels.entry(query.to_string()).or_default().insert(doc.to_string(), relevance).is_some() {
            return Err(wrong(line, format!("`{doc}` is judged a second time for query `{query}`")));
        }
    }
    Ok(qrels)
}

/// Reads a run: six columns `query Q0 document rank score name`. The rank is not read, scores alone decide. Blank lines
/// are skipped; returning a document twice is an error.
pub fn parse_run(text: &str) -> Result<Run, TrecError> {
    let mut run = Run::new();
    for (line, columns) in lines(text) {
        let [query, _, doc, _, score, _] = columns[..] else {
            return Err(wrong(line, format!("{} columns, runs have 6", columns.len())));
        };
        let Some(score) = score.parse::<f64>().ok().filter(|score| !score.is_nan()) else {
            return Err(wrong(line, format!("the score `{score}` is not a number")));
        };
        if run.entry(query.to_string()).or_default().insert(doc.to_string(), score).is_some() {
            return Err(wrong(line, format!("`{doc}` is returned a second time for query `{query}`")));
        }
    }
    Ok(run)
}

/// The columns of every line that is not blank, with its number.
fn lines(text: &str) -> impl Iterator<Item = (usize, Vec<&str>)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let filled = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    filled.map(|(index, line)| {
        let columns = if line.contains('\t') {
            line.split('\t').map(str::trim).collect()
        } else {
            line.split_whitespace().collect()
        };
        (index + 1, columns)
    })
}

fn wrong(line: usize, what: String) -> TrecError {
    TrecError { line, what }
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
