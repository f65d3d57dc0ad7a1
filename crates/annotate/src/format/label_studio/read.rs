//! Reading tasks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::ResponseStatus;
use crate::format::found::{Found, FoundResponse, FoundSpan, FoundSuggestion, Said, What};
use crate::format::import::{Find, Tell};
use crate::format::items::Items;
use crate::format::label_studio::{GIVEN, ID, LACKS};
use crate::format::report::Losses;
use crate::format::{FormatError, Input};

/// Tells of every task of a file: a JSON array, one task a line, or one task alone.
pub(crate) fn read(input: Input, tell: &mut Tell, losses: &mut Losses) -> Result<(), FormatError> {
    let mut items = Items::new(input.open()?);
    while let Some((line, item)) = items.next().map_err(|source| input.failed(source))? {
        let find = match item {
            Ok(Value::Object(task)) => Find::Item(line, Box::new(task_of(task, losses))),
            Ok(_) => Find::Bad(line, "a task is an object with `data`".to_string()),
            Err(message) => Find::Bad(line, message),
        };
        tell(find)?;
    }
    Ok(())
}

fn task_of(mut task: Map<String, Value>, losses: &mut Losses) -> Found {
    let Some(Value::Object(data)) = task.remove("data") else {
        // A bare object is the data itself.
        return Found { data: task, ..Found::default() };
    };
    let mut found = Found { data, ..Found::default() };
    if let Some(Value::Object(meta)) = task.remove("meta") {
        found.metadata = meta.into_iter().collect();
    }
    let id = found.metadata.remove(ID).or_else(|| task.remove("id"));
    found.id = id.as_ref().and_then(name_of);
    for name in words(found.metadata.remove(LACKS).as_ref()) {
        found.data.remove(&name);
    }
    let given = found.metadata.remove(GIVEN).unwrap_or_default();
    for annotation in list(task.remove("annotations").or_else(|| task.remove("completions"))) {
        count_beside(&annotation, losses);
        let ground_truth = annotation.get("ground_truth") == Some(&Value::Bool(true));
        let told = told_of(&given, &annotation);
        let nobody = told.is_some_and(|told| told.get("gold") == Some(&Value::Bool(true)));
        let somebody = !nobody && (annotation.contains_key("completed_by") || !ground_truth);
        if ground_truth {
            found.gold = results(&annotation, losses);
        }
        if somebody {
            let skipped = annotation.get("was_cancelled") == Some(&Value::Bool(true));
            let status = if skipped { ResponseStatus::Skipped } else { ResponseStatus::Submitted };
            found.responses.push(response(&annotation, told, status, losses));
        }
    }
    for draft in list(task.remove("drafts")) {
        count_beside(&draft, losses);
        let told = told_of(&given, &draft);
        found.responses.push(response(&draft, told, ResponseStatus::Draft, losses));
    }
    let comments = task.get("comments").and_then(Value::as_array).map_or(0, Vec::len) as u64;
    let counted = task.get("comment_count").and_then(Value::as_u64).unwrap_or(0);
    losses.add_many("a comment", "comments come in with jsonl alone", comments.max(counted));
    let predictions = task.remove("predictions");
    let numbers = predictions.as_ref().and_then(Value::as_array).into_iter().flatten();
    losses.add_many(
        "a prediction",
        "the file tells its number alone; an export snapshot tells all of it",
        numbers.filter(|prediction| prediction.is_number()).count() as u64,
    );
    for prediction in list(predictions) {
        count_beside(&prediction, losses);
        let model = prediction.get("model_version").and_then(Value::as_str).unwrap_or("label-studio");
        found.suggestions.push(FoundSuggestion {
            model: model.to_string(),
            score: prediction.get("score").and_then(Value::as_f64),
            said: results(&prediction, losses),
        });
    }
    found
}

fn list(value: Option<Value>) -> Vec<Map<String, Value>> {
    let Some(Value::Array(entries)) = value else { return Vec::new() };
    let object = |entry| if let Value::Object(entry) = entry { Some(entry) } else { None };
    entries.into_iter().filter_map(object).collect()
}

/// A name given as a string or number.
fn name_of(value: &Value) -> Option<String> {
    match value {
        Value::String(name) if !name.is_empty() => Some(name.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// What `meta` tells of an annotation of ours, by the number it had: a server calls that its `import_id`.
fn told_of<'a>(given: &'a Value, annotation: &Map<String, Value>) -> Option<&'a Value> {
    let number = ["import_id", "id"].iter().find_map(|key| annotation.get(*key)?.as_u64())?;
    given.get(number.to_string())
}

fn response(
    annotation: &Map<String, Value>,
    told: Option<&Value>,
    status: ResponseStatus,
    losses: &mut Losses,
) -> FoundResponse {
    let who = told.and_then(|told| told.get("user"));
    let who = who.or_else(|| annotation.get("completed_by")).or_else(|| annotation.get("user"));
    let user = who.and_then(|who| {
        ["email", "username", "id"].iter().find_map(|key| name_of(who.get(key)?)).or_else(|| name_of(who))
    });
    let seconds = annotation.get("lead_time").and_then(Value::as_f64).filter(|seconds| *seconds >= 0.0);
    let at = match told {
        Some(told) => told.get("at"),
        None => annotation.get("created_at"),
    };
    let at = at.and_then(Value::as_str);
    FoundResponse {
        user,
        status,
        at: at.map(str::to_string),
        active_ms: seconds.map(|seconds| (seconds * 1000.0).round() as u64),
        accepted: accepted(annotation),
        said: results(annotation, losses),
        complete: true,
    }
}

fn regions(annotation: &Map<String, Value>) -> impl Iterator<Item = &Map<String, Value>> {
    let results = annotation.get("result").and_then(Value::as_array);
    results.into_iter().flatten().filter_map(Value::as_object)
}

/// Counts what results say of a region besides the answer; those of one region may all say it.
fn count_beside(annotation: &Map<String, Value>, losses: &mut Losses) {
    let mut counted = BTreeSet::new();
    for result in regions(annotation) {
        let is_set = |key: &&str| result.get(*key) == Some(&Value::Bool(true));
        for (what, is_said, why) in [
            (
                "a note on a region",
                result.get("meta").is_some_and(says_something),
                "a span has a label alone",
            ),
            (
                "the score of a region",
                result.get("score").is_some_and(Value::is_number),
                "a suggestion has one score, an answer none",
            ),
            (
                "that a region is hidden or locked",
                ["hidden", "readonly", "locked"].iter().any(is_set),
                "that is how a tool shows it",
            ),
        ] {
            let region = result.get("id").and_then(Value::as_str);
            if is_said && region.is_none_or(|id| counted.insert((id, what))) {
                losses.add(what, why);
            }
        }
    }
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(entries) => entries.iter().any(says_something),
        Value::Object(entries) => entries.values().any(says_something),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// The questions all of whose results are a model's, untouched.
fn accepted(annotation: &Map<String, Value>) -> Vec<String> {
    let mut untouched: BTreeMap<&str, bool> = BTreeMap::new();
    for result in regions(annotation) {
        if let Some(name) = result.get("from_name").and_then(Value::as_str) {
            let from_model = result.get("origin").and_then(Value::as_str) == Some("prediction");
            *untouched.entry(name).or_insert(true) &= from_model;
        }
    }
    untouched.into_iter().filter(|(_, all)| *all).map(|(name, _)| name.to_string()).collect()
}

fn results(annotation: &Map<String, Value>, losses: &mut Losses) -> Vec<Said> {
    let mut said: Vec<Said> = Vec::new();
    let mut arrows = Vec::new();
    for result in regions(annotation) {
        let text = |key: &str| result.get(key).and_then(Value::as_str);
        let sort = text("type").unwrap_or_default();
        if sort == "relation" {
            arrow(result, &mut arrows, losses);
            continue;
        }
        let nothing = Map::new();
        let value = result.get("value").and_then(Value::as_object).unwrap_or(&nothing);
        let is_region = matches!(sort, "labels" | "hypertextlabels" | "paragraphlabels");
        if !is_region && (value.contains_key("start") || value.contains_key("globalOffsets")) {
            losses.add(
                format!("an answer of type `{sort}` about a single region"),
                "questions are about items",
            );
            continue;
        }
        match what(sort, value, text("id").unwrap_or_default(), losses) {
            Some(what) => add(&mut said, text("from_name"), text("to_name"), what),
            None => losses.add(format!("a result of type `{sort}`"), "no type of question stands for it"),
        }
    }
    if !arrows.is_empty() {
        said.push(Said::nameless(What::Arrows(arrows)));
    }
    said
}

/// Several results with one name are one answer: its spans, turns or options.
fn add(said: &mut Vec<Said>, name: Option<&str>, field: Option<&str>, what: What) {
    if let Some(before) = said.iter_mut().find(|before| before.question.as_deref() == name) {
        match (&mut before.what, what) {
            (What::Spans(all), What::Spans(more)) => return all.extend(more),
            (What::Turns(all), What::Turns(more)) => return all.extend(more),
            (What::Choices(all), What::Choices(more)) => return all.extend(more),
            (What::Text(all), What::Text(more)) => {
                all.push('\n');
                return all.push_str(&more);
            }
            (before, what) => return *before = what,
        }
    }
    let (question, field) = (name.map(str::to_string), field.map(str::to_string));
    said.push(Said { question, field, idle: false, what });
}

fn arrow(result: &Map<String, Value>, arrows: &mut Vec<(String, String, String)>, losses: &mut Losses) {
    let id = |key: &str| result.get(key).and_then(Value::as_str).unwrap_or_default().to_string();
    let (mut from, mut to) = (id("from_id"), id("to_id"));
    match result.get("direction").and_then(Value::as_str) {
        Some("left") => std::mem::swap(&mut from, &mut to),
        Some("bi") => losses.add("the second direction of a relation", "a relation points one way"),
        _ => {}
    }
    let labels = words(result.get("labels"));
    let labels = if labels.is_empty() { vec!["related".to_string()] } else { labels };
    arrows.extend(labels.into_iter().map(|label| (from.clone(), to.clone(), label)));
}

fn words(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(word)) => vec![word.clone()],
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).map(str::to_string).collect(),
        _ => Vec::new(),
    }
}

fn what(sort: &str, value: &Map<String, Value>, id: &str, losses: &mut Losses) -> Option<What> {
    let offset = |value: Option<&Value>| match value? {
        Value::Number(number) => usize::try_from(number.as_u64()?).ok(),
        Value::String(number) => number.parse().ok(),
        _ => None,
    };
    match sort {
        "choices" => Some(What::Choices(words(value.get("choices")))),
        "rating" => value.get("rating").and_then(Value::as_f64).map(What::Number),
        "number" => value.get("number").and_then(Value::as_f64).map(What::Number),
        "textarea" => Some(What::Text(words(value.get("text")).join("\n"))),
        "taxonomy" => serde_json::from_value(value.get("taxonomy")?.clone()).ok().map(What::Paths),
        "pairwise" => match value.get("selected")?.as_str()? {
            "left" => Some(What::Side(0, None)),
            "right" => Some(What::Side(1, None)),
            _ => None,
        },
        "ranker" => ranker(value.get("ranker")?),
        "labels" | "hypertextlabels" => {
            let (start, end) = match value.get("globalOffsets") {
                Some(offsets) => (offset(offsets.get("start"))?, offset(offsets.get("end"))?),
                None => (offset(value.get("start"))?, offset(value.get("end"))?),
            };
            let quote = value.get("text").and_then(Value::as_str).map(str::to_string);
            let meta = value.get("passages");
            let span = |label| FoundSpan {
                id: id.to_string(),
                label,
                parts: vec![(start, end)],
                quote: quote.clone(),
                passages: words(meta),
            };
            Some(What::Spans(words(value.get(sort)).into_iter().map(span).collect()))
        }
        "paragraphlabels" => {
            let (first, last) = (offset(value.get("start"))?, offset(value.get("end"))?);
            if value.get("startOffset").is_some_and(|start| start.as_u64() != Some(0)) {
                losses.add("the place of a label inside a turn", "labels are of whole turns");
            }
            // A turn number is a line of the file at most: no more turns than that are ever meant.
            let turns = (first..=last).take(10_000);
            let labels = words(value.get("paragraphlabels"));
            Some(What::Turns(
                turns.flat_map(|turn| labels.iter().map(move |label| (turn, label.clone()))).collect(),
            ))
        }
        _ => None,
    }
}

/// An order `{"rank":[…]}` or `[…]`, or groups by name.
fn ranker(value: &Value) -> Option<What> {
    let order = |value: &Value| {
        let placed = words(Some(value)).into_iter().zip(1..).collect();
        Some(What::Order(placed))
    };
    match value {
        Value::Array(_) => order(value),
        Value::Object(groups) => match groups.get("rank") {
            Some(rank) if groups.len() == 1 => order(rank),
            _ => {
                let group = |(name, ids): (&String, &Value)| (name.clone(), words(Some(ids)));
                Some(What::Buckets(groups.iter().map(group).collect()))
            }
        },
        _ => None,
    }
}
