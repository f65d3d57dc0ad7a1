//! What people say of claims and pairs: a label a line, in JSONL or in a table.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::labels::table::read_gold;
use crate::search::read_lines;
use crate::{Error, judge::sheet};

/// Labels by id: `q1#1` is the first claim of `q1`; `q1` is the pair of answers to it.
pub(super) type People = BTreeMap<String, f64>;

#[derive(Deserialize)]
struct Line {
    #[serde(alias = "task")]
    id: String,
    #[serde(default)]
    label: Option<String>,
}

/// Reads a file of labels. Lines that nobody has filled in are passed over.
pub(super) fn read(path: &Path) -> Result<People, Error> {
    let table = path.extension().is_some_and(|ending| ending == "csv" || ending == "tsv");
    let lines: Vec<(String, String)> = match table {
        true => read_gold(path)?.into_iter().collect(),
        false => {
            let lines: Vec<Line> = read_lines(path, "{\"id\":\"q1#1\",\"label\":\"supported\"}")?;
            lines.into_iter().filter_map(|line| Some((line.id, line.label?))).collect()
        }
    };
    let mut people = People::new();
    for (id, label) in lines.into_iter().filter(|(_, label)| !label.trim().is_empty()) {
        let (id, swapped) = sheet::unmark(&id);
        let score = score(&label, swapped).ok_or_else(|| Error::Request {
            message: format!("{}: the label `{label}` of {id} is none", path.display()),
            hint:
                "a claim is supported, partly, not or no_evidence; of a pair first, second or tie is better"
                    .into(),
        })?;
        if people.insert(id.to_string(), score).is_some_and(|before| before != score) {
            return Err(Error::Request {
                message: format!("{}: {id} has two labels", path.display()),
                hint: "give each claim and each pair one label; `engraft resolve --labels FILE` makes one of several"
                    .into(),
            });
        }
    }
    Ok(people)
}

/// 1 is good: supported, or the run that is judged is better.
fn score(label: &str, swapped: bool) -> Option<f64> {
    let first = if swapped { 0.0 } else { 1.0 };
    Some(match label.trim().to_lowercase().replace([' ', '-'], "_").as_str() {
        "supported" | "yes" | "true" | "1" => 1.0,
        "partly" | "not" | "not_supported" | "no_evidence" | "no" | "false" | "0" => 0.0,
        "first" => first,
        "second" => 1.0 - first,
        "tie" => 0.5,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, text: &str) -> Result<People, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn labels_come_in_lines_or_a_table_and_empty_ones_are_passed_over() {
        let lines = "{\"id\":\"a#1\",\"label\":\"supported\"}\n{\"id\":\"a#2\",\"label\":null}\n{\"id\":\"b#1\",\"label\":\"No evidence\"}\n";
        let expected = People::from([("a#1".into(), 1.0), ("b#1".into(), 0.0)]);
        assert_eq!(of("people.jsonl", lines), Ok(expected.clone()));
        assert_eq!(of("people.csv", "task,label\na#1,yes\nb#1,not\n"), Ok(expected));
    }

    #[test]
    fn a_pair_shown_the_other_way_round_is_turned_back() {
        let lines = "{\"id\":\"a\",\"label\":\"first\"}\n{\"id\":\"b#turned\",\"label\":\"first\"}\n{\"id\":\"c#turned\",\"label\":\"tie\"}\n";
        let expected = People::from([("a".into(), 1.0), ("b".into(), 0.0), ("c".into(), 0.5)]);
        assert_eq!(of("people.jsonl", lines), Ok(expected));
    }

    #[test]
    fn what_is_no_label_and_two_labels_are_named() {
        assert!(
            of("p.jsonl", "{\"id\":\"a#1\",\"label\":\"perhaps\"}").unwrap_err().contains("`perhaps` of a#1")
        );
        let two = "{\"id\":\"a#1\",\"label\":\"yes\"}\n{\"id\":\"a#1\",\"label\":\"no\"}\n";
        assert!(of("p.jsonl", two).unwrap_err().contains("a#1 has two labels"));
    }
}
