//! What files a source holds right now, and which of them may have changed.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use engraft_core::Diagnostic;
use ignore::{DirEntry, WalkBuilder};

/// A file as the file system shows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    /// Its uri: the path under the source's root, with forward slashes.
    pub(crate) uri: String,
    /// Where to read it.
    pub(crate) path: PathBuf,
    /// In bytes.
    pub(crate) size: u64,
    /// Last change, nanoseconds since 1970; 0 when the system does not say.
    pub(crate) mtime_ns: i64,
}

/// Every file under `root`, or `root` itself when it is a file, by uri; hidden and git-ignored files are left out.
///
/// What cannot be read is a diagnostic. Links are not followed, so that a folder never holds itself.
pub(crate) fn scan(root: &Path, prefix: &str) -> (Vec<Found>, Vec<Diagnostic>) {
    scan_at(root, prefix, root)
}

/// The same for what lies at or below `at`, a path under `root`: only the folders that lead there are read, so that
/// their ignore rules hold as in a walk of the whole.
pub(crate) fn scan_at(root: &Path, prefix: &str, at: &Path) -> (Vec<Found>, Vec<Diagnostic>) {
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    let wanted = at.to_path_buf();
    let leads_there =
        move |entry: &DirEntry| entry.path().starts_with(&wanted) || wanted.starts_with(entry.path());
    let walk = WalkBuilder::new(root).parents(false).git_global(false).filter_entry(leads_there).build();
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                failures.push(unreadable(&root.display().to_string(), &error.to_string()));
                continue;
            }
        };
        let under = entry.path().strip_prefix(root).unwrap_or(entry.path());
        let name =
            if under.as_os_str().is_empty() { root.file_name().unwrap_or_default().as_ref() } else { under };
        let uri = format!("{prefix}{}", slashes(name));
        match std::fs::metadata(entry.path()) {
            Ok(meta) if meta.is_file() && !is_ours(&uri) && entry.path().starts_with(at) => {
                let age = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
                let mtime_ns = age.map_or(0, |age| age.as_nanos() as i64);
                found.push(Found { uri, path: entry.into_path(), size: meta.len(), mtime_ns });
            }
            Ok(_) => {}
            Err(error) => failures.push(unreadable(&uri, &error.to_string())),
        }
    }
    found.sort();
    (found, failures)
}

/// The file at a place, a folder or a file, that goes by this uri, if there is one and it is not left out.
pub(crate) fn file_of(root: &Path, prefix: &str, uri: &str) -> Option<Found> {
    let under = uri.strip_prefix(prefix)?;
    let path = if root.is_dir() { root.join(under) } else { root.to_path_buf() };
    let found = if path.is_file() { scan_at(root, prefix, &path).0 } else { Vec::new() };
    found.into_iter().find(|found| found.uri == uri)
}

/// A workspace ingested from its own folder does not read its own configuration.
fn is_ours(uri: &str) -> bool {
    uri == "engraft.toml"
}

fn slashes(path: &Path) -> String {
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

fn unreadable(uri: &str, message: &str) -> Diagnostic {
    let hint = "check that the file is there and may be read".to_string();
    Diagnostic { uri: uri.into(), kind: "unreadable".into(), message: message.into(), hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_lists_its_files_by_uri_and_skips_hidden_ones() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("b/.git")).unwrap();
        for file in ["b/two.md", "a.txt", ".hidden", "engraft.toml", "b/.git/config"] {
            std::fs::write(folder.path().join(file), "x").unwrap();
        }
        let (found, failures) = scan(folder.path(), "");
        let uris: Vec<_> = found.iter().map(|file| file.uri.as_str()).collect();
        assert_eq!(uris, ["a.txt", "b/two.md"]);
        assert_eq!(failures, []);
    }

    #[test]
    fn a_place_below_the_folder_is_listed_under_the_rules_of_the_whole() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join(".git")).unwrap();
        std::fs::create_dir_all(root.join("b/c")).unwrap();
        for file in ["a.md", "b/one.md", "b/c/two.md", "b/c/two.md.bak", "bc.md"] {
            std::fs::write(root.join(file), "x").unwrap();
        }
        std::fs::write(root.join(".gitignore"), "*.bak\n").unwrap();
        let listed = |at: &str| {
            let (found, failures) = scan_at(root, "", &root.join(at));
            assert_eq!(failures, []);
            found.into_iter().map(|file| file.uri).collect::<Vec<_>>()
        };
        assert_eq!(listed("b"), ["b/c/two.md", "b/one.md"]);
        assert_eq!(listed("b/c/two.md"), ["b/c/two.md"]);
        assert_eq!(listed("b/c/two.md.bak"), [""; 0]);
        assert_eq!(listed("gone"), [""; 0]);
    }

    #[test]
    fn a_file_is_a_source_of_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("note.md");
        std::fs::write(&path, "x").unwrap();
        assert_eq!(scan(&path, "").0[0].uri, "note.md");
    }

    #[test]
    fn a_missing_folder_is_a_diagnostic() {
        let (found, failures) = scan(Path::new("/no/such/folder"), "");
        assert_eq!((found.len(), failures.len()), (0, 1));
    }
}
