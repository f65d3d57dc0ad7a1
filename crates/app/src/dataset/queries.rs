//! Queries with what a search returns for them: items for judging how relevant passages are.

use std::path::{Path, PathBuf};

use engraft_annotate::format::{Loss, Rejected};
use engraft_annotate::{Question, QuestionKind, Schema, canonical_json};
use engraft_store::{NewRecord, Target};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::dataset::manage::check_name;
use crate::dataset::opened;
use crate::dataset::view::ImportReport;
use crate::dataset::words;
use crate::people::{Act, Principal, Secret, secret, users};
use crate::{Context, Error, SearchRequest, Workspace, search, when};

/// The guidelines of a dataset made here.
const GUIDELINES: &str = "# How relevant is each passage?\n\n- **3** answers the query by itself.\n- **2** holds part of the answer.\n- **1** is about the subject, without the answer.\n- **0** is about something else.\n\nJudge what the passage says, not where it comes from.\n";

/// Which queries.
#[derive(Clone, Debug)]
pub struct QueriesRequest {
    /// `{"_id","text"}` a line.
    pub path: PathBuf,
    /// How many passages for each.
    pub k: usize,
}

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "_id", alias = "id")]
    id: String,
    #[serde(alias = "question")]
    text: String,
}

/// Searches for every query and asks how relevant the passages are. A dataset that does not exist is made.
pub fn import_queries(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    name: &str,
    request: &QueriesRequest,
    random: &Secret,
) -> Result<ImportReport, Error> {
    who.must(Act::Manage)?;
    let began = (context.now_ns)();
    let (lines, rejected) = lines(&request.path)?;
    let created = workspace.store.dataset(name)?.is_none();
    let schema = match created {
        true => {
            check_name(name)?;
            fresh()?
        }
        false => opened::open(workspace, name)?.schema,
    };
    let (query, passages) = places(&schema).ok_or_else(|| Error::Request {
        message: format!("{name} asks nothing about the relevance of passages"),
        hint: "name a dataset that does not exist yet: it is made to fit".into(),
    })?;
    let mut records = Vec::new();
    context.progress.stage("search", Some(lines.len() as u64));
    for line in lines {
        if context.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let found = search(
            context,
            workspace,
            &SearchRequest { query: line.text.clone(), k: request.k, ..SearchRequest::default() },
        )?;
        let passage = |hit: &crate::FoundHit| {
            json!({ "id": hit.chunk_id, "text": hit.text, "title": hit.title, "uri": hit.uri, "doc_id": hit.doc_id,
                "doc_version": hit.doc_version, "char_start": hit.char_start, "char_end": hit.char_end })
        };
        let shown: Vec<Value> = found.hits.iter().map(passage).collect();
        let mut fields = serde_json::Map::new();
        fields.insert(query.clone(), line.text.into());
        fields.insert(passages.clone(), shown.into());
        records.push(NewRecord {
            text: words::text(&schema, &fields),
            fields: canonical_json(&fields),
            metadata: canonical_json(
                &json!({ "index_version": found.index_version, "pool_depth": request.k }),
            ),
            external: line.id,
            wanted: schema.distribution.overlap,
            ..NewRecord::default()
        });
        context.progress.advance(1);
    }
    let text = canonical_json(&schema);
    let target = match created {
        true => Target::New { name, schema: &text },
        false => Target::Existing(opened::open(workspace, name)?.no),
    };
    let (by, now) = (users::by(workspace, who)?, when::millis(context));
    let salt = secret::derive(random, "people");
    let added = workspace.store.import_with(
        target,
        by,
        &salt,
        now,
        |store| Ok(store.items.add(records)?),
        |(), added| Ok::<_, Error>(added),
    )?;
    Ok(ImportReport {
        dataset: name.into(),
        created,
        items: added.items as u64,
        known: added.existing as u64,
        differing: added.differing,
        rejected_total: rejected.len() as u64,
        rejected,
        losses: Vec::<Loss>::new(),
        seconds: ((context.now_ns)() - began) as f64 / 1e9,
        ..ImportReport::default()
    })
}

fn lines(path: &Path) -> Result<(Vec<Line>, Vec<Rejected>), Error> {
    let text = std::fs::read_to_string(path).map_err(Error::io("read", path))?;
    let (mut lines, mut rejected) = (Vec::new(), Vec::new());
    for (place, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match serde_json::from_str(line) {
            Ok(line) => lines.push(line),
            Err(error) => rejected.push(Rejected { line: place as u64 + 1, message: error.to_string() }),
        }
    }
    Ok((lines, rejected))
}

/// The schema of a dataset of relevance judgements.
fn fresh() -> Result<Schema, Error> {
    let schema = json!({
        "fields": [
            { "name": "query", "title": "Query", "type": "text" },
            { "name": "passages", "title": "Passages", "type": "passages" },
        ],
        "questions": [{
            "name": "relevance", "title": "How relevant is each passage?", "type": "relevance",
            "field": "passages", "query": "query",
        }],
        "guidelines": GUIDELINES,
    });
    Schema::read(&schema.to_string()).map_err(|error| Error::Bug(error.to_string()))
}

/// The fields of the query and of the passages, by the first question about relevance.
fn places(schema: &Schema) -> Option<(String, String)> {
    schema.questions.iter().find_map(|question: &Question| match &question.kind {
        QuestionKind::Relevance { field, query } => Some((query.clone(), field.clone())),
        _ => None,
    })
}
