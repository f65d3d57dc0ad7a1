//! Where the files of a source lie, and what the uris from each place begin with: settled once, so that they stay.

use std::path::{Component, Path, PathBuf};

use engraft_store::SourceRow;
use serde::{Deserialize, Serialize};

/// A file or folder that a source names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What the uris of its files begin with: nothing, or the folders that tell it from the other places, each with a `/`.
    pub(crate) prefix: String,
    /// What it was when it was named. A folder that is gone is a disk that is not there; a file that is gone was deleted.
    pub(crate) folder: bool,
}

impl Place {
    /// A place with as many folders in front of its uris as `depth` says.
    fn at(path: &Path, folder: bool, depth: usize) -> Place {
        let base = if folder { Some(path) } else { path.parent() };
        let names: Vec<_> = base.into_iter().flat_map(Path::components).filter_map(normal).collect();
        let prefix = names[names.len().saturating_sub(depth)..].iter().map(|name| format!("{name}/"));
        Place { path: path.to_path_buf(), prefix: prefix.collect(), folder }
    }

    /// The uri of a file, or what those of a folder have in common.
    fn name(&self) -> String {
        let own = self.path.file_name().filter(|_| !self.folder).unwrap_or_default();
        format!("{}{}", self.prefix, own.to_string_lossy())
    }
}

fn normal(part: Component) -> Option<String> {
    match part {
        Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        _ => None,
    }
}

/// The places of `roots`. Those that are `known` stay as they are; a new one gets the fewest folders in front of its uris that
/// tell it from all others, and one of several folders at least its own name.
pub(crate) fn settle(known: &[Place], roots: &[&str]) -> Vec<Place> {
    let kept = |root: &str| known.iter().find(|place| place.path == Path::new(root));
    let several = roots.iter().filter(|root| is_folder(Path::new(root))).count() > 1;
    let mut places: Vec<Place> = Vec::new();
    for root in roots {
        let path = Path::new(root);
        if places.iter().any(|place| place.path == path) {
            continue;
        }
        let folder = is_folder(path);
        let alone = |depth: &usize| {
            let name = Place::at(path, folder, *depth).name();
            roots.iter().filter(|other| *other != root).all(|other| {
                let other_path = Path::new(other);
                let beside = Place::at(other_path, is_folder(other_path), *depth);
                kept(other).unwrap_or(&beside).name() != name
            })
        };
        // Two paths differ in some folder, so that all of them are enough.
        let all = path.components().count();
        let depth = (usize::from(folder && several)..all).find(alone).unwrap_or(all);
        places.push(kept(root).cloned().unwrap_or_else(|| Place::at(path, folder, depth)));
    }
    places
}

/// Whether a path names a folder. Of one that is gone only its name can tell.
fn is_folder(path: &Path) -> bool {
    path.is_dir() || (!path.exists() && path.extension().is_none())
}

/// The places of a source, as they were settled when it was named.
pub(crate) fn places(source: &SourceRow, roots: &[&str]) -> Vec<Place> {
    let settled = serde_json::from_value::<Vec<Place>>(source.settings["places"].clone());
    // Sources of builds that settled nothing are settled now, to what they were.
    settled.unwrap_or_else(|_| settle(&[], roots))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The prefixes of `roots` under one folder that holds them; those that end in `/` are folders.
    #[track_caller]
    fn check(before: &[&str], roots: &[&str], expected: &[&str]) {
        let scratch = tempfile::tempdir().unwrap();
        let made = |roots: &[&str]| -> Vec<String> {
            let made = roots.iter().map(|root| {
                let path = scratch.path().join(root.trim_end_matches('/'));
                std::fs::create_dir_all(if root.ends_with('/') { &path } else { path.parent().unwrap() })
                    .unwrap();
                if !root.ends_with('/') {
                    std::fs::write(&path, "x").unwrap();
                }
                path.display().to_string()
            });
            made.collect()
        };
        let settled = |known: &[Place], roots: &[String]| {
            settle(known, &roots.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let known = settled(&[], &made(before));
        let places = settled(&known, &made(roots));
        let prefixes: Vec<&str> = places.iter().map(|place| place.prefix.as_str()).collect();
        assert_eq!(prefixes, expected);
    }

    #[test]
    fn one_folder_and_files_of_different_names_need_no_prefix() {
        check(&[], &["docs/", "a/one.md", "b/two.md"], &["", "", ""]);
    }

    #[test]
    fn several_folders_go_by_their_names() {
        check(&[], &["a/docs/", "b/notes/"], &["docs/", "notes/"]);
    }

    #[test]
    fn places_of_one_name_are_told_apart_by_the_folders_they_are_in() {
        check(&[], &["a/README.md", "b/README.md"], &["a/", "b/"]);
        check(&[], &["a/docs/", "b/docs/", "c/"], &["a/docs/", "b/docs/", "c/"]);
        check(&[], &["a/x/README.md", "b/x/README.md"], &["a/x/", "b/x/"]);
    }

    #[test]
    fn what_is_known_stays_when_more_comes() {
        check(&["a/README.md"], &["a/README.md", "b/README.md"], &["", "b/"]);
        check(&["a/docs/"], &["a/docs/", "b/notes/"], &["", "notes/"]);
        check(&["a/", "b/"], &["b/"], &["b/"]);
    }

    #[test]
    fn a_path_that_is_named_twice_is_one_place() {
        check(&[], &["a/README.md", "a/README.md"], &[""]);
    }
}
