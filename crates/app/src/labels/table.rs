//! Label files: CSV or TSV with a header, one answer a row.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::rc::Rc;

use crate::Error;

/// The answers of a label file, each name kept once: most of them come again and again.
#[derive(Default)]
pub(crate) struct Rows {
    names: [Names; 3],
    rows: Vec<[u32; 3]>,
}

/// Names in the order they were first seen.
#[derive(Default)]
struct Names {
    places: HashMap<Rc<str>, u32>,
    names: Vec<Rc<str>>,
}

impl Names {
    fn place(&mut self, name: &str) -> u32 {
        if let Some(place) = self.places.get(name) {
            return *place;
        }
        let (name, place): (Rc<str>, u32) = (name.into(), self.names.len() as u32);
        self.names.push(Rc::clone(&name));
        self.places.insert(name, place);
        place
    }
}

impl Rows {
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Task, worker and label of each answer.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        let name = |column: usize, place: u32| self.names[column].names[place as usize].as_ref();
        self.rows.iter().map(move |[task, worker, label]| (name(0, *task), name(1, *worker), name(2, *label)))
    }
}

/// The rows of a file with the columns task, worker and label, in any order; other columns are ignored.
pub(crate) fn read(path: &Path) -> Result<Rows, Error> {
    let mut all = Rows::default();
    let columns = [&["task", "item"][..], &["worker", "annotator", "user"], &["label"]];
    each(path, columns, |[task, worker, label]| {
        let [tasks, workers, labels] = &mut all.names;
        all.rows.push([tasks.place(task), workers.place(worker), labels.place(label)]);
    })?;
    Ok(all)
}

/// The right label of each task, from a file with the columns task and label.
pub(crate) fn read_gold(path: &Path) -> Result<BTreeMap<String, String>, Error> {
    let mut gold = BTreeMap::new();
    each(path, [&["task", "item"], &["label", "truth", "gold"]], |[task, label]| {
        gold.insert(task.to_string(), label.to_string());
    })?;
    Ok(gold)
}

/// Calls `take` with the named columns of every row; each column may have one of several names.
fn each<const N: usize>(
    path: &Path,
    columns: [&[&str]; N],
    mut take: impl FnMut([&str; N]),
) -> Result<(), Error> {
    let text = std::fs::read(path).map_err(Error::io("read", path))?;
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&text);
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let delimiter = if first.contains(&b'\t') { b'\t' } else { b',' };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).trim(csv::Trim::All).from_reader(text);
    let wrong = |message: String| Error::Request {
        message: format!("{}: {message}", path.display()),
        hint: format!("write a CSV with the columns {}", columns.map(|names| names[0]).join(",")),
    };
    let header = reader.headers().map_err(|error| wrong(error.to_string()))?.clone();
    let mut places = [0; N];
    for (place, names) in places.iter_mut().zip(columns) {
        let found =
            names.iter().find_map(|name| header.iter().position(|cell| cell.eq_ignore_ascii_case(name)));
        *place = found.ok_or_else(|| wrong(format!("there is no column `{}`", names[0])))?;
    }
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| wrong(error.to_string()))? {
        let line = record.position().map_or(0, csv::Position::line);
        for (place, names) in places.iter().zip(columns) {
            if record.get(*place).is_none_or(str::is_empty) {
                return Err(wrong(format!("line {line} has no {}", names[0])));
            }
        }
        take(places.map(|place| record.get(place).unwrap_or_default()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let shown = match read(file.path()) {
            Ok(rows) => {
                rows.iter().map(|(task, worker, label)| format!("{task} {worker} {label}\n")).collect()
            }
            Err(error) => error.to_string().replace(&file.path().display().to_string(), "FILE"),
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn columns_may_stand_in_any_order_under_their_usual_names() {
        check(
            "label,task,worker\nyes,t1,ana\n",
            expect![[r#"
            t1 ana yes
        "#]],
        );
        check(
            "item,worker,label\r\nt1,ana,\"yes, but\"\r\n",
            expect![[r#"
            t1 ana yes, but
        "#]],
        );
        check(
            "\u{feff}Task\tWorker\tLabel\tnote\nt1\tana\tyes\tlate\n",
            expect![[r#"
            t1 ana yes
        "#]],
        );
    }

    #[test]
    fn what_is_missing_is_named_with_its_line() {
        check("task,label\nt1,yes\n", expect!["FILE: there is no column `worker`"]);
        check("task,worker,label\nt1,ana,yes\nt2,,no\n", expect!["FILE: line 3 has no worker"]);
        check(
            "task,worker,label\nt1,ana\n",
            expect![[
                r#"FILE: CSV error: record 1 (line: 2, byte: 18): found record with 2 fields, but the previous record has 3 fields"#
            ]],
        );
        check("", expect!["FILE: there is no column `task`"]);
    }
}
