//! BEIR: a folder of `corpus.jsonl`, `queries.jsonl` and `qrels/SPLIT.tsv`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::format::export::{FolderWriter, listed, splits};
use crate::format::files::{NewFile, create_folder};
use crate::format::found::Found;
use crate::format::import::{Find, Tell};
use crate::format::input::unreadable;
use crate::format::lines::{LONGEST, Line, Lines};
use crate::format::qrels::graded;
use crate::format::report::{Exported, Losses};
use crate::format::retrieval::Grading;
use crate::format::{ExportOptions, Format, FormatError, Input};
use crate::{Record, Schema};

/// Writes a record as a query, its judged passages as documents and judgements.
pub(crate) struct Folder {
    grading: Grading,
    corpus: NewFile,
    queries: NewFile,
    qrels: Vec<(Option<String>, NewFile)>,
    // What is written of the corpus, by the hash of its name: the hash of the text.
    written: BTreeMap<u128, u128>,
}

impl Folder {
    pub(crate) fn create(
        schema: &Schema,
        path: &Path,
        options: &ExportOptions,
    ) -> Result<Folder, FormatError> {
        let grading = Grading::new(Format::Beir, schema, options)?;
        create_folder(&path.join("qrels"))?;
        let mut qrels = Vec::new();
        for split in splits(options) {
            let name = format!("{}.tsv", split.as_deref().unwrap_or("test"));
            let mut file = NewFile::create(&path.join("qrels").join(name))?;
            file.write("query-id\tcorpus-id\tscore\n")?;
            qrels.push((split, file));
        }
        let corpus = NewFile::create(&path.join("corpus.jsonl"))?;
        let queries = NewFile::create(&path.join("queries.jsonl"))?;
        Ok(Folder { grading, corpus, queries, qrels, written: BTreeMap::new() })
    }
}

impl FolderWriter for Folder {
    fn group(&self, record: &Record) -> Option<String> {
        Some(self.grading.query(record))
    }

    fn write(
        &mut self,
        record: &Record,
        split: Option<&str>,
        losses: &mut Losses,
    ) -> Result<(), FormatError> {
        let judged = self.grading.judged(record, losses);
        let Some((_, qrels)) = self.qrels.iter_mut().find(|(name, _)| name.as_deref() == split) else {
            return Ok(());
        };
        if judged.is_empty() {
            return Ok(());
        }
        if !is_cell(&record.id) {
            losses.add_many(
                "a judgement",
                "a name with a tab, quote or line break breaks its table",
                judged.len() as u64,
            );
            return Ok(());
        }
        let mut query = json!({ "_id": record.id, "text": self.grading.query(record) });
        if !record.metadata.is_empty() {
            query["metadata"] = json!(record.metadata);
        }
        self.queries.write(&format!("{query}\n"))?;
        self.queries.rows += 1;
        for passage in judged {
            if !is_cell(passage.id) {
                losses.add("a judgement", "a name with a tab, quote or line break breaks its table");
                continue;
            }
            let content = hash(&format!("{}\0{}", passage.title, passage.text));
            match self.written.insert(hash(passage.id), content) {
                None => {
                    let document = json!({ "_id": passage.id, "title": passage.title, "text": passage.text });
                    self.corpus.write(&format!("{document}\n"))?;
                    self.corpus.rows += 1;
                }
                Some(before) if before != content => {
                    losses.add("another text of a passage", "a document has one text: the first is kept");
                    self.written.insert(hash(passage.id), before);
                }
                Some(_) => {}
            }
            qrels.write(&format!("{}\t{}\t{}\n", record.id, passage.id, passage.grade))?;
            qrels.rows += 1;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(Vec<Exported>, String), FormatError> {
        let mut files = vec![self.corpus.finish()?, self.queries.finish()?];
        for (_, qrels) in self.qrels {
            files.push(qrels.finish()?);
        }
        let sha256 = listed(&files);
        Ok((files, sha256))
    }
}

/// Whether a name can stand in a cell as it is.
fn is_cell(name: &str) -> bool {
    !name.is_empty() && !name.contains(['\t', '\n', '\r', '"'])
}

fn hash(text: &str) -> u128 {
    let hash = blake3::hash(text.as_bytes());
    hash.as_bytes().iter().take(16).fold(0, |sum, byte| sum << 8 | u128::from(*byte))
}

/// Tells of every query of every qrels file, with the documents it was judged with.
///
/// Queries and judgements of one split are in memory; of the corpus only where each document stands.
pub(crate) fn read(input: Input, tell: &mut Tell, losses: &mut Losses) -> Result<(), FormatError> {
    let Input::Path(folder) = input else {
        let given = "a single file".to_string();
        return Err(FormatError::Shape { format: Format::Beir, wanted: "folder of files", given });
    };
    let mut corpus = Corpus::index(&folder.join("corpus.jsonl"), tell)?;
    let queries = queries(&folder.join("queries.jsonl"), tell)?;
    let qrels = folder.join("qrels");
    let mut tables: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(&qrels).map_err(|source| unreadable(&qrels, source))? {
        let path = entry.map_err(|source| unreadable(&qrels, source))?.path();
        if path.extension().is_some_and(|extension| extension == "tsv") {
            tables.push(path);
        }
    }
    tables.sort();
    for path in &tables {
        let name = format!("qrels/{}", path.file_name().unwrap_or_default().to_string_lossy());
        for (query, (line, judged)) in table(path, &name, tell)? {
            let Some((text, metadata)) = queries.get(&query) else {
                tell(Find::Bad(line, format!("{name}: the query `{query}` is not in queries.jsonl")))?;
                continue;
            };
            let mut passages = Vec::new();
            let mut missing = None;
            for (document, _) in &judged {
                match corpus.document(document)? {
                    Some(passage) => passages.push(passage),
                    None => missing = Some(document),
                }
            }
            if let Some(document) = missing {
                tell(Find::Bad(line, format!("{name}: the document `{document}` is not in corpus.jsonl")))?;
                continue;
            }
            let data = Map::from_iter([
                ("query".to_string(), json!(text)),
                ("passages".to_string(), Value::Array(passages)),
            ]);
            let mut metadata = metadata.clone();
            if tables.len() > 1 {
                let split = path.file_stem().unwrap_or_default().to_string_lossy();
                metadata.insert("split".to_string(), json!(split));
            }
            let found = Found {
                file: Some(name.clone()),
                id: Some(query),
                data,
                metadata,
                responses: vec![graded(judged.into_iter(), losses)],
                ..Found::default()
            };
            tell(Find::Item(line, Box::new(found)))?;
        }
    }
    Ok(())
}

type Queries = BTreeMap<String, (String, BTreeMap<String, Value>)>;

fn queries(path: &Path, tell: &mut Tell) -> Result<Queries, FormatError> {
    let mut queries = BTreeMap::new();
    let mut lines = Lines::new(Input::Path(path).open()?);
    while let Some((number, line)) = lines.next().map_err(|source| unreadable(path, source))? {
        let Line::Text(line) = line else { continue };
        if line.trim().is_empty() {
            continue;
        }
        let row: Option<Value> = serde_json::from_str(line).ok();
        let id = row.as_ref().and_then(|row| name(row.get("_id")?));
        match (id, row) {
            (Some(id), Some(_)) if queries.contains_key(&id) => {
                tell(Find::Bad(number, format!("queries.jsonl: an earlier line has the `_id` `{id}`")))?;
            }
            (Some(id), Some(row)) => {
                let text = row.get("text").and_then(Value::as_str).unwrap_or_default().to_string();
                let metadata = row.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default();
                queries.insert(id, (text, metadata.into_iter().collect()));
            }
            _ => tell(Find::Bad(number, "queries.jsonl: a line has `_id` and `text`".to_string()))?,
        }
    }
    Ok(queries)
}

fn name(value: &Value) -> Option<String> {
    value.as_str().map(str::to_string).or_else(|| value.as_u64().map(|number| number.to_string()))
}

type Table = BTreeMap<String, (u64, Vec<(String, i64)>)>;

fn table(path: &Path, name: &str, tell: &mut Tell) -> Result<Table, FormatError> {
    let mut judged: Table = BTreeMap::new();
    let mut lines = Lines::new(Input::Path(path).open()?);
    while let Some((number, line)) = lines.next().map_err(|source| unreadable(path, source))? {
        let Line::Text(line) = line else { continue };
        // The first line names the columns.
        if number == 1 || line.trim().is_empty() {
            continue;
        }
        let columns: Vec<&str> = line.split('\t').collect();
        match columns.as_slice() {
            [query, document, score] if score.trim().parse::<i64>().is_ok() => {
                let score = score.trim().parse().unwrap_or(0);
                let entry = judged.entry((*query).to_string()).or_insert((number, Vec::new()));
                match entry.1.iter_mut().find(|(other, _)| other == document) {
                    Some((_, before)) => *before = score,
                    None => entry.1.push(((*document).to_string(), score)),
                }
            }
            _ => {
                tell(Find::Bad(number, format!("{name}: a line has a query, a document and a whole score")))?
            }
        }
    }
    Ok(judged)
}

/// Where each document of a corpus stands in its file.
struct Corpus {
    path: PathBuf,
    file: BufReader<File>,
    places: BTreeMap<String, u64>,
}

impl Corpus {
    fn index(path: &Path, tell: &mut Tell) -> Result<Corpus, FormatError> {
        let unread = |source| unreadable(path, source);
        let mut file = BufReader::new(File::open(path).map_err(unread)?);
        let mut places = BTreeMap::new();
        let (mut at, mut number) = (0, 0);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = file.by_ref().take(LONGEST as u64).read_until(b'\n', &mut line).map_err(unread)?;
            if read == 0 {
                break;
            }
            number += 1;
            let row: Option<Value> = serde_json::from_slice(&line).ok();
            match row.and_then(|row| name(row.get("_id")?)) {
                Some(id) => _ = places.entry(id).or_insert(at),
                None if line.trim_ascii().is_empty() => {}
                None => tell(Find::Bad(number, "corpus.jsonl: a line has `_id` and `text`".to_string()))?,
            }
            at += read as u64;
        }
        Ok(Corpus { path: path.to_path_buf(), file, places })
    }

    /// A document as a passage.
    fn document(&mut self, id: &str) -> Result<Option<Value>, FormatError> {
        let Some(&place) = self.places.get(id) else { return Ok(None) };
        let mut line = Vec::new();
        let read =
            self.file.seek(SeekFrom::Start(place)).and_then(|_| self.file.read_until(b'\n', &mut line));
        read.map_err(|source| unreadable(&self.path, source))?;
        let row: Value = serde_json::from_slice(&line).unwrap_or_default();
        let mut passage =
            json!({ "id": id, "text": row.get("text").and_then(Value::as_str).unwrap_or_default() });
        if let Some(title) = row.get("title").and_then(Value::as_str).filter(|title| !title.is_empty()) {
            passage["title"] = json!(title);
        }
        Ok(Some(passage))
    }
}
