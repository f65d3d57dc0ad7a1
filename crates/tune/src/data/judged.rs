//! Questions with judgements of what answers them: a published collection's tables, or rows of question and passage.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use engraft_core::Diagnostic;
use engraft_eval::{Qrels, parse_qrels};
use serde_json::Value;

use crate::TuneError;
use crate::data::Audited;
use crate::data::read::{Line, Rejection, read_rows, refuse_duplicate_ids, sha256_of, text_of};

/// A question and how relevant what was judged is to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedQuestion {
    /// Its name; for rows of pairs, its own words.
    pub id: String,
    /// The question.
    pub text: String,
    /// By document or passage; 1 and more is relevant.
    pub relevance: BTreeMap<String, i64>,
}

impl JudgedQuestion {
    /// As an audit sees it: a question. That other documents are judged under another of its ids contradicts nothing.
    pub fn audited(&self) -> Audited {
        let (id, text) = (self.id.clone(), self.text.clone());
        Audited { id, key: vec![text.clone()], text, ..Audited::default() }
    }
}

/// What one row says: how relevant documents or passages are to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedRow {
    /// The question.
    pub query: String,
    /// Documents by name, or passages by their words; 1 and more is relevant.
    pub relevance: Vec<(String, i64)>,
}

/// Judged questions and what they were read from.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Those with at least one relevant document, in the order of their ids.
    pub questions: Vec<JudgedQuestion>,
    /// Whether the judgements hold the passages' own words, instead of naming documents.
    pub passages: bool,
    /// Rows that could not be read, and questions without any relevant document.
    pub rejected: Vec<Diagnostic>,
    /// The content address of all files read.
    pub sha256: String,
}

/// Reads judgements of any of these forms:
/// - a folder of a BEIR collection, with `queries.jsonl` and `qrels/train.tsv` (or `qrels.tsv`, `qrels/test.tsv`);
/// - a table of judgements (`.tsv`, `.qrels`, `.trec`), BEIR's or TREC's, with `queries.jsonl` beside it or one folder up;
/// - rows `{query, positive, negatives?}` that hold passages, or `{query, uri, relevance?}` that name documents.
pub fn read_judged(path: &Path) -> Result<Judged, TuneError> {
    let table = |ending: &str| path.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending));
    let judged = if path.is_dir() {
        read_tables(&qrels_of(path)?)?
    } else if ["tsv", "qrels", "trec"].into_iter().any(table) {
        read_tables(path)?
    } else {
        read_pairs(path)?
    };
    if judged.questions.is_empty() {
        let why = judged.rejected.first().map_or(String::new(), |first| format!(": {}", first.message));
        let message = format!("{} holds no question with a relevant passage{why}", path.display());
        return Err(TuneError::data(message, "judge at least one passage of each question as relevant"));
    }
    Ok(judged)
}

fn qrels_of(dir: &Path) -> Result<PathBuf, TuneError> {
    let known = ["qrels/train.tsv", "qrels.tsv", "qrels/test.tsv"];
    let found = known.iter().map(|name| dir.join(name)).find(|path| path.is_file());
    found.ok_or_else(|| {
        let message = format!("{} has no qrels/train.tsv and no qrels.tsv", dir.display());
        TuneError::data(message, "name the file of judgements itself")
    })
}

fn read_tables(path: &Path) -> Result<Judged, TuneError> {
    let bytes = std::fs::read(path).map_err(TuneError::io("read", path))?;
    let hint = "judgements are `query-id corpus-id score` or `query 0 document relevance`";
    let said = |what: String| TuneError::data(format!("{}: {what}", path.display()), hint);
    let text = std::str::from_utf8(&bytes).map_err(|error| said(error.to_string()))?;
    let qrels: Qrels = parse_qrels(text).map_err(|error| said(error.to_string()))?;
    let (folder, name) = (path.parent().unwrap_or(Path::new(".")), name_of(path));
    let beside = [folder.join("queries.jsonl"), folder.join("../queries.jsonl")];
    let queries = beside.iter().find(|path| path.is_file()).ok_or_else(|| {
        let message = format!("there is no queries.jsonl beside {}", path.display());
        TuneError::data(message, "put the questions there, `{\"_id\",\"text\"}` a line")
    })?;
    let mut lines = Vec::new();
    let read = read_rows(queries, |line| {
        let id = word(line, &["_id", "id"])
            .ok_or_else(|| Rejection::new("no_id", "there is no `_id`", "give every question an `_id`"))?;
        let text = text_of(line, "text")?.to_string();
        lines.push(line.number);
        Ok((id, text))
    })?;
    let ids = read.rows.iter().zip(&lines).map(|((id, _), line)| (id.as_str(), *line));
    refuse_duplicate_ids(ids, queries)?;
    let texts: BTreeMap<String, String> = read.rows.into_iter().collect();
    let mut judged = Judged {
        questions: Vec::new(),
        passages: false,
        rejected: read.rejected,
        sha256: sha256_of(format!("{}\n{}", sha256_of(&bytes), read.sha256).as_bytes()),
    };
    for (id, relevance) in qrels {
        let Some(text) = texts.get(&id) else {
            judged.reject(&name, &id, "no_question", "it is judged, and queries.jsonl does not hold it");
            continue;
        };
        judged.add(&name, JudgedQuestion { id, text: text.clone(), relevance });
    }
    Ok(judged)
}

/// One row of judgements, and whether it holds the passages' own words.
struct Pair {
    row: JudgedRow,
    passages: bool,
}

fn read_pairs(path: &Path) -> Result<Judged, TuneError> {
    let read = read_rows(path, pair)?;
    let passages = read.rows.first().is_some_and(|first| first.passages);
    if read.rows.iter().any(|pair| pair.passages != passages) {
        let message = format!("{} mixes rows with passages and rows that name documents", path.display());
        return Err(TuneError::data(message, "keep to one: `positive`, or `uri`"));
    }
    let rows = read.rows.into_iter().map(|pair| pair.row);
    let mut judged = Judged::of_rows(rows, passages, read.sha256, &name_of(path));
    judged.rejected.splice(0..0, read.rejected);
    Ok(judged)
}

fn pair(line: &Line) -> Result<Pair, Rejection> {
    let query = text_of(line, "query")?.trim().to_string();
    if let Some(uri) = word(line, &["uri", "document", "doc_id"]) {
        let relevance = match line.fields.get("relevance") {
            None => Some(1),
            Some(Value::Bool(yes)) => Some(i64::from(*yes)),
            Some(Value::Number(number)) => number.as_i64(),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(_) => None,
        };
        let relevance = relevance.ok_or_else(|| {
            let hint = "0 is irrelevant, 1 relevant, more where judgements are graded";
            Rejection::new("no_relevance", "`relevance` is no whole number", hint)
        })?;
        let row = JudgedRow { query, relevance: vec![(uri, relevance)] };
        return Ok(Pair { row, passages: false });
    }
    let positive = text_of(line, "positive")?.trim().to_string();
    let mut relevance = vec![(positive, 1)];
    match line.fields.get("negatives") {
        None | Some(Value::Null) => {}
        Some(Value::Array(all)) => {
            for one in all {
                let text = one.as_str().map(str::trim).filter(|text| !text.is_empty());
                let hint = "`negatives` is a list of passages";
                let text = text.ok_or_else(|| Rejection::new("no_text", "a negative is no text", hint))?;
                relevance.push((text.to_string(), 0));
            }
        }
        Some(_) => {
            let hint = "write `\"negatives\":[\"…\",\"…\"]`";
            return Err(Rejection::new("no_list", "`negatives` is no list", hint));
        }
    }
    Ok(Pair { row: JudgedRow { query, relevance }, passages: true })
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// The first of these fields that holds a word or a number.
fn word(line: &Line, fields: &[&str]) -> Option<String> {
    fields.iter().find_map(|field| match line.fields.get(*field)? {
        Value::String(text) => Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_string),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

impl Judged {
    /// Rows put together question by question; of what is judged twice the greater relevance counts. `named` is what the rows are
    /// of, such as a file, and `sha256` its content address.
    pub fn of_rows(
        rows: impl IntoIterator<Item = JudgedRow>,
        passages: bool,
        sha256: String,
        named: &str,
    ) -> Judged {
        let mut questions: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
        for row in rows {
            let known = questions.entry(row.query).or_default();
            for (what, relevance) in row.relevance {
                let best = known.entry(what).or_insert(relevance);
                *best = (*best).max(relevance);
            }
        }
        let mut judged = Judged { questions: Vec::new(), passages, rejected: Vec::new(), sha256 };
        for (query, relevance) in questions {
            judged.add(named, JudgedQuestion { id: query.clone(), text: query, relevance });
        }
        judged
    }

    fn add(&mut self, named: &str, question: JudgedQuestion) {
        if question.relevance.values().any(|relevance| *relevance > 0) {
            self.questions.push(question);
        } else {
            self.reject(named, &question.id, "no_answer", "nothing that was judged is relevant to it");
        }
    }

    fn reject(&mut self, named: &str, question: &str, kind: &str, what: &str) {
        let shown: String = question.chars().take(60).collect();
        self.rejected.push(Diagnostic {
            uri: format!("{named}:{shown}"),
            kind: kind.into(),
            message: format!("question `{shown}`: {what}"),
            hint: "complete its judgements, or leave it out".into(),
        });
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(files: &[(&str, &str)], read: &str, expected: Expect) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let found = read_judged(&folder.path().join(read));
        let show = |one: &JudgedQuestion| format!("{} | {} | {:?}\n", one.id, one.text, one.relevance);
        let text = match found {
            Ok(judged) => {
                let all: String = judged.questions.iter().map(show).collect();
                let bad: String = judged.rejected.iter().map(|one| format!("- {}\n", one.message)).collect();
                format!("passages {}\n{all}{bad}", judged.passages)
            }
            Err(error) => {
                let folder = folder.path().display().to_string();
                format!("error: {}\n", error.to_string().replace(&folder, "DIR"))
            }
        };
        expected.assert_eq(&text);
    }

    const QUERIES: (&str, &str) =
        ("queries.jsonl", "{\"_id\":\"1\",\"text\":\"how long\"}\n{\"_id\":2,\"text\":\"who\"}\n");

    #[test]
    fn a_collection_is_read_from_its_folder() {
        let qrels = ("qrels/train.tsv", "query-id\tcorpus-id\tscore\n1\ta\t2\n1\tb\t0\n2\tc\t0\n3\tc\t1\n");
        check(
            &[QUERIES, qrels],
            ".",
            expect![[r#"
            passages false
            1 | how long | {"a": 2, "b": 0}
            - question `2`: nothing that was judged is relevant to it
            - question `3`: it is judged, and queries.jsonl does not hold it
        "#]],
        );
    }

    #[test]
    fn a_table_finds_its_questions_one_folder_up() {
        let qrels = ("qrels/test.tsv", "2 0 a 1\n");
        check(
            &[QUERIES, qrels],
            "qrels/test.tsv",
            expect![[r#"
            passages false
            2 | who | {"a": 1}
        "#]],
        );
    }

    #[test]
    fn rows_hold_passages_or_name_documents() {
        let pairs =
            "{\"query\":\"q\",\"positive\":\"yes it is\",\"negatives\":[\"no\"]}\n{\"query\":\"q\"}\n";
        check(
            &[("p.jsonl", pairs)],
            "p.jsonl",
            expect![[r#"
            passages true
            q | q | {"no": 0, "yes it is": 1}
            - there is no `positive`, only query
        "#]],
        );
        let named =
            "{\"query\":\"q\",\"uri\":\"a.md\"}\n{\"query\":\"q\",\"uri\":\"b.md\",\"relevance\":0}\n";
        check(
            &[("p.jsonl", named)],
            "p.jsonl",
            expect![[r#"
            passages false
            q | q | {"a.md": 1, "b.md": 0}
        "#]],
        );
    }

    #[test]
    fn a_question_asked_in_several_rows_is_one_with_all_its_judgements() {
        let row = |query: &str, what: &str, relevance| JudgedRow {
            query: query.into(),
            relevance: vec![(what.into(), relevance)],
        };
        let rows = [row("q", "a.md", 0), row("p", "a.md", 0), row("q", "b.md", 2), row("q", "a.md", 1)];
        let judged = Judged::of_rows(rows, false, "0".into(), "judge");
        let relevance = [("a.md".to_string(), 1), ("b.md".to_string(), 2)].into();
        assert_eq!(judged.questions, [JudgedQuestion { id: "q".into(), text: "q".into(), relevance }]);
        let bad = &judged.rejected;
        assert_eq!((bad.len(), bad[0].uri.as_str(), bad[0].kind.as_str()), (1, "judge:p", "no_answer"));
    }

    #[test]
    fn what_makes_no_sense_is_an_error_that_says_so() {
        let mixed = "{\"query\":\"q\",\"uri\":\"a\"}\n{\"query\":\"q\",\"positive\":\"text\"}\n";
        check(
            &[("p.jsonl", mixed)],
            "p.jsonl",
            expect![[r#"
            error: DIR/p.jsonl mixes rows with passages and rows that name documents
        "#]],
        );
        check(
            &[("a.tsv", "1\ta\tx\n")],
            "a.tsv",
            expect![[r#"
            error: DIR/a.tsv: line 1: the relevance `x` is not a whole number
        "#]],
        );
        let queries = "{\"_id\":\"1\",\"text\":\"who\"}\n{\"_id\":1,\"text\":\"when\"}\n";
        check(
            &[("a.tsv", "1\ta\t1\n"), ("queries.jsonl", queries)],
            "a.tsv",
            expect![[r#"
            error: id `1` stands on lines 1 and 2 of DIR/queries.jsonl
        "#]],
        );
        check(
            &[("a.tsv", "1\ta\t1\n")],
            "a.tsv",
            expect![[r#"
            error: there is no queries.jsonl beside DIR/a.tsv
        "#]],
        );
        check(
            &[("p.jsonl", "{\"query\":\"q\",\"uri\":\"a\",\"relevance\":0}\n")],
            "p.jsonl",
            expect![[r#"
            error: DIR/p.jsonl holds no question with a relevant passage: question `q`: nothing that was judged is relevant to it
        "#]],
        );
    }
}
