//! Reading scores that were measured elsewhere: one a line, a table, or what `--per-query` prints.

use std::collections::BTreeMap;
use std::path::Path;

use engraft_eval::{Score, State};
use serde_json::Value;

use crate::Error;
use crate::evaluate::measured::{score_from, state};
use crate::evaluate::scores::{ScoreSet, Scored};

const HINT: &str = "a line is `{\"id\":\"q1\",\"score\":0.5}`, `{\"id\":\"q1\",\"scores\":{\"f1\":0.5}}` or `q1,0.5`; \
                    a line without a score has a `state` such as `failed`";

/// The scores of a file, by measure.
pub(crate) fn read(path: &Path) -> Result<ScoreSet, Error> {
    let text = std::fs::read_to_string(path).map_err(Error::io("read", path))?;
    parse(&text).map_err(|message| Error::Request {
        message: format!("{}: {message}", path.display()),
        hint: HINT.to_string(),
    })
}

fn parse(text: &str) -> Result<ScoreSet, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut set = ScoreSet::default();
    if let Ok(whole) = serde_json::from_str::<Value>(text)
        && let Some(table) = per_query(&whole)
    {
        for (measure, scores) in table {
            for (item, score) in scores {
                set.put(&measure, &item, 0, Scored { document: item.clone(), score })?;
            }
        }
        return if set.measures.is_empty() { Err("it holds no score".into()) } else { Ok(set) };
    }
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let read = if line.trim_start().starts_with('{') {
            object(line, &mut set)
        } else {
            cells(line, at, &mut set)
        };
        read.map_err(|why| format!("line {}: {why}", at + 1))?;
    }
    if set.measures.is_empty() { Err("it holds no score".into()) } else { Ok(set) }
}

/// `{"per_query": {measure: {query: value}}}` or the other way round, as `metrics rank --per-query` prints it.
fn per_query(whole: &Value) -> Option<BTreeMap<String, BTreeMap<String, Score>>> {
    let outer = whole.get("per_query")?.as_object()?;
    let mut table: BTreeMap<String, BTreeMap<String, Score>> = BTreeMap::new();
    // Measures have one name in both files; the side whose names are in `measures` is theirs.
    let known = |name: &String| whole["measures"].get(name).is_some();
    let by_measure = outer.keys().all(known);
    for (first, inner) in outer {
        for (second, value) in inner.as_object()? {
            let (measure, item) = if by_measure { (first, second) } else { (second, first) };
            table.entry(measure.clone()).or_default().insert(item.clone(), score_from(value)?);
        }
    }
    Some(table)
}

fn object(line: &str, set: &mut ScoreSet) -> Result<(), String> {
    let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let name = |fields: &[&str]| {
        fields.iter().find_map(|field| match &value[field] {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
    };
    let item = name(&["id", "_id", "item", "query", "query_id"]).ok_or("it has no `id`")?;
    let document = name(&["document", "cluster", "doc_id"]).unwrap_or_else(|| item.clone());
    let seed = value["seed"].as_u64().unwrap_or(0);
    let named =
        value["state"].as_str().map(|word| state(word).ok_or(format!("`{word}` is no state"))).transpose()?;
    let absent = named.filter(|state| *state != State::Scored).map(Score::None);
    let put = |set: &mut ScoreSet, measure: &str, score: Score| {
        set.put(measure, &item, seed, Scored { document: document.clone(), score })
    };
    if let Some(scores) = value["scores"].as_object() {
        for (measure, score) in scores {
            let score = score_from(score).ok_or_else(|| format!("the {measure} of `{item}` is no number"))?;
            put(set, measure, score)?;
        }
        return Ok(());
    }
    let score = ["score", "value"].iter().find_map(|field| value.get(*field)).and_then(score_from);
    let score = absent.or(score).ok_or_else(|| format!("`{item}` has neither a `score` nor a `state`"))?;
    put(set, value["metric"].as_str().unwrap_or(ScoreSet::ONLY), score)
}

/// `id,score` or `id<tab>score`, with or without a header; or `trec_eval -q`'s `measure query value`.
fn cells(line: &str, at: usize, set: &mut ScoreSet) -> Result<(), String> {
    let cells: Vec<&str> = match line {
        line if line.contains('\t') => line.split('\t').map(str::trim).collect(),
        line if line.contains(',') => line.split(',').map(str::trim).collect(),
        line => line.split_whitespace().collect(),
    };
    let (measure, item, value) = match cells[..] {
        [item, value] => (ScoreSet::ONLY, item, value),
        [_, "all", _] => return Ok(()),
        [measure, item, value] => (measure, item, value),
        _ => return Err(format!("{} columns, scores have 2 or 3", cells.len())),
    };
    let number = value.parse::<f64>().ok().map(Score::of);
    let score = number.or_else(|| state(value).filter(|state| *state != State::Scored).map(Score::None));
    match score {
        Some(score) => set.put(measure, item, 0, Scored { document: item.to_string(), score }),
        None if at == 0 => Ok(()),
        None => Err(format!("`{value}` is neither a number nor a state")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        expected.assert_eq(&match parse(text) {
            Ok(set) => {
                let rows = set.measures.iter().flat_map(|(measure, rows)| {
                    rows.iter().map(move |((item, seed), scored)| {
                        format!("{measure} {item}/{seed} of {}: {:?}", scored.document, scored.score)
                    })
                });
                rows.collect::<Vec<_>>().join("\n")
            }
            Err(why) => why,
        });
    }

    #[test]
    fn one_object_a_line() {
        check(
            "{\"id\":\"a\",\"score\":0.5,\"document\":\"d\"}\n\n{\"id\":2,\"value\":true,\"seed\":3}\n{\"id\":\"c\",\"state\":\"timeout\"}",
            expect![[r"
                score 2/3 of 2: Value(1.0)
                score a/0 of d: Value(0.5)
                score c/0 of c: None(Timeout)"]],
        );
        check(
            "{\"id\":\"a\",\"scores\":{\"f1\":1,\"em\":\"failed\"}}",
            expect![[r"
            em a/0 of a: None(Failed)
            f1 a/0 of a: Value(1.0)"]],
        );
    }

    #[test]
    fn a_table_with_or_without_a_header() {
        check(
            "id,f1\na,0.5\nb,failed\n",
            expect![[r"
            score a/0 of a: Value(0.5)
            score b/0 of b: None(Failed)"]],
        );
        check("map\tq1\t0.25\nmap\tall\t0.3\n", expect!["map q1/0 of q1: Value(0.25)"]);
    }

    #[test]
    fn what_per_query_prints() {
        let expected = expect!["RR q1/0 of q1: Value(0.5)"];
        check(r#"{"measures":{"RR":{}},"per_query":{"RR":{"q1":0.5}}}"#, expected);
        let expected = expect!["RR q1/0 of q1: Value(0.5)"];
        check(r#"{"measures":{"RR":{}},"per_query":{"q1":{"RR":0.5}}}"#, expected);
    }

    #[test]
    fn what_is_no_score_is_named_by_its_line() {
        check(
            "{\"id\":\"a\",\"score\":1}\n{\"id\":\"a\",\"score\":0}",
            expect!["line 2: `a` has a second score"],
        );
        check("{\"id\":\"a\"}", expect!["line 1: `a` has neither a `score` nor a `state`"]);
        check("a,1\nb,much", expect!["line 2: `much` is neither a number nor a state"]);
        check("", expect!["it holds no score"]);
    }
}
