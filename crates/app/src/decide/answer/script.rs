//! The script of edits: which thing is added, changed or deleted next, and under which code; the same whenever it is begun.

use std::path::{Path, PathBuf};

use engraft_eval::SplitMix;

use crate::Error;

/// How the names of files with edits begin.
const EDITED: &str = "scripted-edit-";
/// What has a key code.
const THINGS: [&str; 10] = [
    "east gate",
    "north shed",
    "roof hatch",
    "boat house",
    "archive room",
    "tool store",
    "seed vault",
    "clock tower",
    "wood workshop",
    "glass house",
];

/// One edit of the documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    /// `add`, `change` or `delete`.
    pub(super) what: &'static str,
    thing: usize,
    /// The code that the thing has from now on, unless it is deleted.
    pub(super) code: u64,
    /// The code it had.
    pub(super) old: Option<u64>,
}

impl Edit {
    fn name(&self) -> String {
        format!("{} {}", THINGS[self.thing % THINGS.len()], 1 + self.thing / THINGS.len())
    }

    /// The question that shows it.
    pub(super) fn probe(&self) -> String {
        format!("What is the key code of the {}?", self.name())
    }

    fn path(&self, documents: &Path) -> PathBuf {
        documents.join(format!("{EDITED}{}.md", self.thing))
    }

    /// Writes or deletes its file below `documents`.
    pub(super) fn make(&self, documents: &Path) -> Result<(), Error> {
        let path = self.path(documents);
        if self.what == "delete" {
            return std::fs::remove_file(&path).map_err(Error::io("delete", &path));
        }
        let (name, code) = (self.name(), self.code);
        let text = format!("# Key code of the {name}\n\nThe key code of the {name} is {code}.\n");
        std::fs::write(&path, text).map_err(Error::io("write", &path))
    }
}

/// Each thing is added, then changed, and some are deleted.
pub(super) struct Script {
    random: SplitMix,
    /// By thing, its code as long as it is there.
    codes: Vec<Option<u64>>,
    made: usize,
}

impl Script {
    /// The script of a seed, from its beginning.
    pub(super) fn new(seed: u64) -> Script {
        Script { random: SplitMix::new(seed, 0x6564_6974), codes: Vec::new(), made: 0 }
    }

    /// The next edit. Of ten three add, five change, two delete; while there is nothing to change or delete, all add.
    pub(super) fn next_edit(&mut self) -> Edit {
        let known: Vec<usize> = (0..self.codes.len()).filter(|&at| self.codes[at].is_some()).collect();
        let what = match (self.made % 10, known.is_empty()) {
            (_, true) | (0 | 3 | 6, _) => "add",
            (4 | 9, _) => "delete",
            _ => "change",
        };
        let thing = match what {
            "add" => self.codes.iter().position(Option::is_none).unwrap_or(self.codes.len()),
            _ => known[self.random.below(known.len())],
        };
        if thing == self.codes.len() {
            self.codes.push(None);
        }
        let code = 100_000 + self.random.below(900_000) as u64;
        let edit = Edit { what, thing, code, old: self.codes[thing] };
        self.codes[thing] = (what != "delete").then_some(code);
        self.made += 1;
        edit
    }
}

/// Takes back every edit; whether there were any.
pub(super) fn take_back(documents: &Path) -> Result<bool, Error> {
    let mut any = false;
    for entry in std::fs::read_dir(documents).map_err(Error::io("read", documents))? {
        let path = entry.map_err(Error::io("read", documents))?.path();
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        if name.starts_with(EDITED) {
            std::fs::remove_file(&path).map_err(Error::io("delete", &path))?;
            any = true;
        }
    }
    Ok(any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_ten_edits_three_add_five_change_and_two_delete_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let mut script = Script::new(7);
        for ten in 0..5 {
            let mut counts = [0; 3];
            for _ in 0..10 {
                let edit = script.next_edit();
                let path = edit.path(folder.path());
                assert_eq!((edit.old.is_some(), path.exists()), (edit.what != "add", edit.what != "add"));
                edit.make(folder.path()).unwrap();
                counts[["add", "change", "delete"].iter().position(|what| *what == edit.what).unwrap()] += 1;
                let holds =
                    std::fs::read_to_string(path).is_ok_and(|text| text.contains(&edit.code.to_string()));
                assert_eq!(holds, edit.what != "delete", "{edit:?}");
            }
            assert_eq!(counts, [3, 5, 2], "in ten number {ten}");
        }
        assert!(take_back(folder.path()).unwrap() && !take_back(folder.path()).unwrap());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_seed_has_one_script() {
        let edits = |seed: u64| {
            let mut script = Script::new(seed);
            (0..20).map(|_| script.next_edit()).collect::<Vec<Edit>>()
        };
        assert_eq!(edits(3), edits(3));
        assert_ne!(edits(3), edits(4));
    }
}
