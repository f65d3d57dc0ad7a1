//! The answers to judge with the passages they rest on: of a run of the workspace, or of a file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use engraft_answer::claims;
use engraft_core::CharMap;
use engraft_eval::State;
use serde::Deserialize;
use serde_json::Value;

use crate::evaluate::measured::Measured;
use crate::search::read_lines;
use crate::{Error, Workspace};

/// An answer to judge.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    pub(super) id: String,
    /// Answers about one document are not independent.
    pub(super) document: String,
    pub(super) question: String,
    pub(super) answer: String,
    pub(super) claims: Vec<String>,
    pub(super) evidence: Vec<Passage>,
    /// Why there is nothing to judge in it.
    pub(super) state: Option<State>,
    /// The same in words, where something went wrong.
    pub(super) why: Option<String>,
}

/// A passage that an answer may rest on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Passage {
    pub(super) id: String,
    pub(super) text: String,
}

/// Two answers to one question.
pub(super) struct Pair {
    pub(super) left: Item,
    pub(super) right: Item,
}

impl Pair {
    /// Whether there is anything to prefer.
    pub(super) fn differ(&self) -> bool {
        self.missing().is_none() && self.left.answer.trim() != self.right.answer.trim()
    }

    /// Why it cannot be judged: one of the answers is not there.
    pub(super) fn missing(&self) -> Option<(State, &str)> {
        let missing = |item: &&Item| item.state.is_some_and(State::is_missing);
        let item = [&self.left, &self.right].into_iter().find(missing)?;
        Some((item.state?, item.why.as_deref().unwrap_or_default()))
    }
}

impl Item {
    fn new(id: String, document: String, question: String, answer: String, evidence: Vec<Passage>) -> Item {
        let claims = claims(&answer);
        let state = claims.is_empty().then_some(State::NoClaims);
        Item { id, document, question, answer, claims, evidence, state, why: None }
    }

    fn without(self, state: State, why: Option<&str>) -> Item {
        Item { state: Some(state), why: why.map(str::to_string), ..self }
    }
}

/// Pairs two sides by the id of the question.
pub(super) fn pairs(left: Vec<Item>, right: Vec<Item>) -> Vec<Pair> {
    let mut right: BTreeMap<String, Item> = right.into_iter().map(|item| (item.id.clone(), item)).collect();
    let pair = |left: Item| right.remove(&left.id).map(|right| Pair { left, right });
    left.into_iter().filter_map(pair).collect()
}

/// The answers of a file, or of a run by its id or how that begins; each has an id of its own.
pub(super) fn read(workspace: &Workspace, name: &str) -> Result<Vec<Item>, Error> {
    let items = found(workspace, name)?;
    told_apart(name, &items)?;
    Ok(items)
}

/// Refuses answers of which two have one id: a person's label of one would count for both.
fn told_apart(name: &str, items: &[Item]) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    match items.iter().find(|item| !seen.insert(&item.id)) {
        None => Ok(()),
        Some(item) => Err(Error::Request {
            message: format!("two answers of {name} have the id `{}`", item.id),
            hint: "give every answer an id of its own".into(),
        }),
    }
}

fn found(workspace: &Workspace, name: &str) -> Result<Vec<Item>, Error> {
    let path = Path::new(name);
    if path.is_file() {
        return of_file(path);
    }
    let Some(run) = workspace.store.run_by_id(name)? else {
        return Err(Error::Missing {
            what: "run or file of answers",
            name: name.to_string(),
            hint: "run `engraft eval list` for the runs of this workspace, or check the path".into(),
        });
    };
    if run.run.kind != "answers" {
        return Err(Error::Request {
            message: format!("{name} is a run of kind {}, which has no answers to judge", run.run.kind),
            hint: "name a run of `engraft eval answers`".into(),
        });
    }
    let mut passages = Passages { workspace, by_doc: BTreeMap::new() };
    let rows = workspace.store.run_items(run.no)?.into_iter();
    rows.map(|row| of_run(&mut passages, Measured::from_row(row)?)).collect()
}

#[derive(Deserialize)]
struct Line {
    #[serde(alias = "_id")]
    id: String,
    question: String,
    answer: String,
    #[serde(default)]
    answerable: Option<bool>,
    #[serde(default)]
    document: Option<String>,
    #[serde(default)]
    evidence: Vec<Shown>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Shown {
    Text(String),
    Named { id: String, text: String },
}

fn of_file(path: &Path) -> Result<Vec<Item>, Error> {
    let example =
        "{\"id\":\"q1\",\"question\":\"…\",\"answer\":\"…\",\"evidence\":[{\"id\":\"p1\",\"text\":\"…\"}]}";
    let lines: Vec<Line> = read_lines(path, example)?;
    let item = |line: Line| {
        let passage = |(at, shown): (usize, Shown)| match shown {
            Shown::Text(text) => Passage { id: (at + 1).to_string(), text },
            Shown::Named { id, text } => Passage { id, text },
        };
        let evidence = line.evidence.into_iter().enumerate().map(passage).collect();
        let document = line.document.unwrap_or_else(|| line.id.clone());
        let item = Item::new(line.id, document, line.question, line.answer, evidence);
        if line.answerable == Some(false) { item.without(State::Abstained, None) } else { item }
    };
    Ok(lines.into_iter().map(item).collect())
}

/// The answer of an item of a run, from its trace.
fn of_run(passages: &mut Passages, measured: Measured) -> Result<Item, Error> {
    let bare = |question: &str, answer: &str, evidence| {
        let (id, document) = (measured.item.clone(), measured.document.clone());
        Item::new(id, document, question.into(), answer.into(), evidence)
    };
    if measured.state.is_missing() {
        return Ok(bare("", "", Vec::new()).without(measured.state, measured.detail["message"].as_str()));
    }
    let trace = match measured.detail["trace_id"].as_str() {
        Some(id) => passages.workspace.store.trace(id)?,
        None => None,
    };
    let Some(trace) = trace else {
        return Ok(bare("", "", Vec::new()).without(State::Skipped, Some("the trace of its answer is gone")));
    };
    let (question, answer) = (&trace["question"], &trace["answer"]);
    let [question, said] = [question, &answer["answer"]].map(|text| text.as_str().unwrap_or_default());
    if answer["answerable"] == false {
        return Ok(bare(question, said, Vec::new()).without(State::Abstained, None));
    }
    let mut evidence = Vec::new();
    for hit in trace["hits"].as_array().map(Vec::as_slice).unwrap_or_default() {
        match passages.find(hit)? {
            Some(passage) => evidence.push(passage),
            None => {
                let why = "a document it rests on has changed since";
                return Ok(bare(question, said, Vec::new()).without(State::Skipped, Some(why)));
            }
        }
    }
    Ok(bare(question, said, evidence))
}

/// The chunks of documents, as they are now.
struct Passages<'a> {
    workspace: &'a Workspace,
    /// By document: its version, and the text of each chunk.
    by_doc: BTreeMap<String, (u32, BTreeMap<String, String>)>,
}

impl Passages<'_> {
    /// The passage of a trace's hit; `None` when its document is another now.
    fn find(&mut self, hit: &Value) -> Result<Option<Passage>, Error> {
        let [doc, chunk] = ["doc_id", "chunk_id"].map(|name| hit[name].as_str().unwrap_or_default());
        if !self.by_doc.contains_key(doc) {
            let chunks = self.chunks(doc)?;
            self.by_doc.insert(doc.to_string(), chunks);
        }
        let (version, chunks) = &self.by_doc[doc];
        let same = u64::from(*version) == hit["doc_version"].as_u64().unwrap_or_default();
        let text = chunks.get(chunk).filter(|_| same);
        Ok(text.map(|text| Passage { id: chunk.to_string(), text: text.clone() }))
    }

    fn chunks(&self, doc: &str) -> Result<(u32, BTreeMap<String, String>), Error> {
        let store = &self.workspace.store;
        let Some(row) = store.document_by_id(doc)? else { return Ok((0, BTreeMap::new())) };
        let Some(text) = store.text(row.no, row.version)? else { return Ok((0, BTreeMap::new())) };
        let map = CharMap::new(&text);
        let of_chunk = |chunk: engraft_store::ChunkRow| {
            let quote = map.quote(chunk.chunk.span)?;
            Some((chunk.chunk_id, quote.to_string()))
        };
        let chunks = store.chunks(row.no)?.into_iter().filter_map(of_chunk).collect();
        Ok((row.version, chunks))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_answers_of_one_id_are_refused() {
        let item = |id: &str| Item::new(id.into(), id.into(), "?".into(), "It is so.".into(), Vec::new());
        let error = told_apart("answers.jsonl", &["a", "b", "a"].map(item)).unwrap_err();
        assert_eq!(error.to_string(), "two answers of answers.jsonl have the id `a`");
        assert!(told_apart("answers.jsonl", &["a", "b"].map(item)).is_ok());
    }
}
