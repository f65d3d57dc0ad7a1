//! ZIP archives: every member parsed under its own name, within limits shared by all.

use super::job::Job;
use super::package::Package;
use super::{Outcome, ParseError};

/// Reads a ZIP file. Members that fail are reported; an error only when not one member could be read.
pub(crate) fn parse(bytes: &[u8], job: &Job) -> Result<Outcome, ParseError> {
    let mut package = Package::open(bytes, job)?;
    let mut outcome = Outcome::default();
    let mut seen = std::collections::BTreeSet::new();
    let mut last = None;
    for index in 0..package.len() {
        let name = match package.file_name(index) {
            Ok(Some(name)) => name,
            Ok(None) => continue,
            Err(error) => {
                last = Some(error);
                continue;
            }
        };
        let path = clean_path(&name);
        if is_litter(&path) {
            continue;
        }
        let mut suffix = format!("!/{path}");
        if !seen.insert(suffix.clone()) {
            suffix = format!("!/{path}~{}", index + 1);
            seen.insert(suffix.clone());
        }
        if let Err(error) = job.spend_member() {
            outcome.failures.push(error.diagnostic(&suffix));
            last = Some(error);
            break;
        }
        match package.read_at(index) {
            Ok(bytes) => job.parse_inner(&suffix, &path, &bytes, &mut outcome),
            Err(error) => {
                outcome.failures.push(error.diagnostic(&suffix));
                // Nothing more can be unpacked once the budget is gone.
                let is_over = job.bytes_left() == 0;
                last = Some(error);
                if is_over {
                    break;
                }
            }
        }
    }
    if !outcome.documents.is_empty() || outcome.failures.len() > 1 {
        return Ok(outcome);
    }
    match last {
        Some(error) => Err(error),
        None if outcome.failures.is_empty() => Err(ParseError::Empty),
        None => Ok(outcome),
    }
}

/// A member's name as a path that stays inside the archive: no drive, no root, no `..`, no control characters.
fn clean_path(name: &str) -> String {
    let name = name.replace('\\', "/");
    let parts = name.split('/').map(|part| part.chars().filter(|c| !c.is_control()).collect::<String>());
    let parts: Vec<String> =
        parts.filter(|part| !matches!(part.as_str(), "" | "." | "..") && !part.ends_with(':')).collect();
    let path = parts.join("/");
    if path.is_empty() { "unnamed".to_string() } else { path.chars().take(500).collect() }
}

/// What file managers leave in archives.
fn is_litter(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    path.starts_with("__MACOSX/")
        || file.starts_with("._")
        || matches!(file, ".DS_Store" | "Thumbs.db" | "desktop.ini")
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use expect_test::{Expect, expect};
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::super::{Limits, parse};
    use super::*;

    fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in members {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[track_caller]
    fn check(bytes: &[u8], limits: &Limits, expected: Expect) {
        let shown = match parse("a.zip", bytes, limits) {
            Err(error) => format!("! {error}"),
            Ok(outcome) => {
                let documents = outcome
                    .documents
                    .iter()
                    .map(|parsed| format!("{} {:?}", parsed.suffix, parsed.content.text));
                let failures =
                    outcome.failures.iter().map(|failure| format!("! {} {}", failure.uri, failure.message));
                documents.chain(failures).collect::<Vec<_>>().join("\n")
            }
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn members_keep_their_paths_and_litter_goes() {
        let inner = zip(&[("b.md", b"# B")]);
        let outer = zip(&[
            ("x/a.txt", b"A"),
            ("__MACOSX/x/._a.txt", b"junk"),
            ("in.zip", &inner),
            ("p.png", b"\x89PNG\r\n\x1a\n"),
        ]);
        check(
            &outer,
            &Limits::default(),
            expect![[r##"
            !/x/a.txt "A"
            !/in.zip!/b.md "# B"
            ! !/p.png cannot read an image"##]],
        );
    }

    #[test]
    fn names_cannot_leave_the_archive() {
        assert_eq!(clean_path("../../etc/pass\u{0}wd"), "etc/passwd");
        assert_eq!(clean_path("C:\\dir\\f.txt"), "dir/f.txt");
        assert_eq!(clean_path("/.."), "unnamed");
    }

    #[test]
    fn archives_nest_three_deep() {
        let mut bytes = zip(&[("a.txt", b"deep")]);
        for _ in 0..4 {
            bytes = zip(&[("n.zip", &bytes)]);
        }
        check(
            &bytes,
            &Limits::default(),
            expect!["! !/n.zip!/n.zip!/n.zip!/n.zip levels of archives in archives over the limit of 3"],
        );
    }

    #[test]
    fn bombs_are_refused_by_size_and_by_ratio() {
        let bomb = zip(&[("zeros.txt", &vec![b'0'; 5 << 20]), ("b.txt", b"fine")]);
        check(
            &bomb,
            &Limits::default(),
            expect![[r#"
            !/b.txt "fine"
            ! !/zeros.txt unpacked bytes per packed byte over the limit of 400"#]],
        );
        check(
            &bomb,
            &Limits { max_expanded_bytes: 1 << 20, ..Limits::default() },
            expect!["! unpacked bytes over the limit of 1048576"],
        );
        check(
            &bomb,
            &Limits { max_members: 1, ..Limits::default() },
            expect!["! members over the limit of 1"],
        );
    }
}
