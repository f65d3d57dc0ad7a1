//! A sheet for people to label: the same claims or pairs, in the same order, without a word of what the judge says.

use std::io::Write;
use std::path::Path;

use engraft_core::short_id;
use serde::Serialize;
use serde_json::{Value, json};

use super::items::{Item, Pair};
use super::{Case, JudgeRequest};
use crate::{Error, Workspace};

/// What was written.
#[derive(Clone, Debug, Serialize)]
pub struct Sheet {
    /// The file.
    pub sheet: std::path::PathBuf,
    /// How many claims or pairs are in it.
    pub rows: usize,
}

/// Ends the id of a pair that is shown with the other answer first.
const SWAPPED: &str = "#turned";

/// An id without what says that its pair is shown the other way round, and whether it was.
pub(super) fn unmark(id: &str) -> (&str, bool) {
    id.strip_suffix(SWAPPED).map_or((id, false), |id| (id, true))
}

/// Writes what people are to label into `file`, a line each with an empty `label`; nothing is asked.
pub fn sheet(workspace: &Workspace, request: &JudgeRequest, file: &Path) -> Result<Sheet, Error> {
    let rows: Vec<Value> = match Case::read(workspace, request)? {
        Case::Support(items) => items.iter().filter(|item| item.state.is_none()).flat_map(claims).collect(),
        Case::Preference(pairs) => {
            pairs.iter().filter(|pair| pair.differ()).map(|each| pair(each, request.seed)).collect()
        }
    };
    let mut text = Vec::new();
    for row in &rows {
        writeln!(text, "{row}").map_err(Error::io("write", file))?;
    }
    std::fs::write(file, text).map_err(Error::io("write", file))?;
    Ok(Sheet { sheet: file.to_path_buf(), rows: rows.len() })
}

fn claims(item: &Item) -> impl Iterator<Item = Value> {
    item.claims.iter().enumerate().map(|(at, claim)| {
        let evidence: Vec<&str> = item.evidence.iter().map(|passage| passage.text.as_str()).collect();
        json!({ "id": format!("{}#{}", item.id, at + 1), "question": item.question, "claim": claim,
            "evidence": evidence, "label": null })
    })
}

fn pair(pair: &Pair, seed: u64) -> Value {
    let Pair { left, right } = pair;
    // Which answer stands first must not follow from anything one could guess.
    let swapped = short_id(&["order", &seed.to_string(), &left.id]).ends_with(|last: char| last < '8');
    let (first, second) = if swapped { (right, left) } else { (left, right) };
    let id = format!("{}{}", left.id, if swapped { SWAPPED } else { "" });
    json!({ "id": id, "question": left.question, "first": first.answer, "second": second.answer, "label": null })
}
