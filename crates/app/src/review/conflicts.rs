//! Conflicts: items people disagree on, shown without names, decided by a reviewer, kept with who decided.

use engraft_annotate::{
    Answers, Resolution, ResolutionSource, Stage, canonical_json, is_asked, name_alike, read_answers,
};
use engraft_core::short_id;
use engraft_store::{CommentRow, Filter, ItemNo, NewResolution, ResponseRow, Seen, Source, State};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::dataset::opened::{self, Opened};
use crate::dataset::record;
use crate::people::{Act, Principal, users};
use crate::review::view::{ConflictRow, ConflictView, Conflicts, Decided, Side};
use crate::work::{item, settle};
use crate::{Context, Current, Error, Workspace, when};

/// A reviewer's decision.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Decision {
    /// The item.
    pub item: String,
    /// What it comes to; the questions that are not named keep what all agreed on. Arrows end at spans by the ids that these
    /// have in the view of the conflict, where a part has one id whoever marked it.
    pub answers: Value,
    /// The version of the conflict that the reviewer saw; absent: none, so that no earlier decision is replaced unseen.
    #[serde(default)]
    pub version: Option<u64>,
}

/// A page of the items that need a reviewer.
pub fn conflicts(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Conflicts, Error> {
    who.must(Act::Review)?;
    let dataset = opened::open(workspace, dataset)?;
    let after = after.map(|item| dataset.item(workspace, item)).transpose()?;
    let limit = limit.clamp(1, 200);
    let mut items = Vec::new();
    let mut last = after;
    let mut more = true;
    while items.len() < limit && more {
        let page = complete(workspace, &dataset, last, limit)?;
        more = page.len() == limit;
        for row in page {
            last = Some(row.no);
            if items.len() == limit {
                more = true;
                break;
            }
            // What agrees by the policy needs no reviewer: an earlier schema or a crash may have left it open.
            if settle::settle(workspace, &dataset, row.no, when::millis(context))? {
                continue;
            }
            let case = case(workspace, &dataset, row.no)?;
            items.push(ConflictRow {
                item: row.external,
                title: row.preview,
                questions: case.open,
                responses: case.given.len(),
            });
        }
    }
    let total = workspace.store.tally(dataset.no, 0)?.complete;
    let after = more.then(|| items.last().map(|row| row.item.clone())).flatten();
    Ok(Conflicts { total, items, after })
}

fn complete(
    workspace: &Workspace,
    dataset: &Opened,
    after: Option<ItemNo>,
    limit: usize,
) -> Result<Vec<engraft_store::ItemRow>, Error> {
    let filter = Filter { state: Some(State::Complete), after, limit, ..Filter::default() };
    Ok(workspace.store.list(dataset.no, &filter)?)
}

/// One item with its answers side by side, blinded. Spans of the same place and label have one id in all of them.
pub fn conflict(
    _context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    item: &str,
) -> Result<ConflictView, Error> {
    who.must(Act::Review)?;
    let dataset = opened::open(workspace, dataset)?;
    let no = dataset.item(workspace, item)?;
    let case = case(workspace, &dataset, no)?;
    let row = workspace.store.resolution(dataset.no, no)?;
    let resolution = row.map(|row| {
        let answers = item::stored_answers(&dataset, &case.fields, &row.answers).unwrap_or_default();
        record::resolution(&row, answers, &|user| user.to_string())
    });
    let work = workspace.store.work(dataset.no, no, 0)?.ok_or_else(|| dataset.no_item(item))?;
    let suggestions =
        work.suggestions.iter().map(|kept| item::suggestion(&dataset, &case.fields, kept)).collect();
    let version = case.version();
    let barred = case.bars(workspace, who)?;
    let next = complete(workspace, &dataset, Some(no), 1)?.pop().map(|row| row.external);
    Ok(ConflictView {
        sides: case.sides(),
        dataset: dataset.name,
        item: item.into(),
        fields: case.fields,
        layout: dataset.schema.fields,
        questions: dataset.schema.questions,
        agreed: case.agreed,
        open: case.open,
        suggestions,
        barred,
        // Who decided is for those who may see answers.
        resolution: resolution.map(|resolution| Resolution { by: None, ..resolution }),
        version,
        next,
        guideline: dataset.guideline,
    })
}

/// Writes a decision; it replaces what was decided before, and the log keeps both.
pub fn decide(
    context: Context,
    workspace: &Workspace,
    who: &Principal,
    dataset: &str,
    decision: &Decision,
) -> Result<Decided, Error> {
    who.must(Act::Review)?;
    let dataset = opened::open(workspace, dataset)?;
    let no = dataset.item(workspace, &decision.item)?;
    let case = case(workspace, &dataset, no)?;
    if case.bars(workspace, who)? {
        return Err(Error::Request {
            message: "you answered this item yourself".into(),
            hint: "leave the decision to another reviewer".into(),
        });
    }
    let decided = workspace.store.resolution(dataset.no, no)?;
    let is_decided = decided.is_some_and(|row| row.source == Source::Adjudicated);
    // Whoever names no version saw no decision, and replaces none.
    if decision.version.map_or(is_decided, |seen| seen != case.version()) {
        return Err(overtaken(&dataset, &case, workspace, &decision.item));
    }
    let mut all = match serde_json::to_value(&case.agreed) {
        Ok(Value::Object(agreed)) => agreed,
        _ => Map::new(),
    };
    let Value::Object(given) = &decision.answers else {
        return Err(Error::Request {
            message: "a decision is an object of answers by question".into(),
            hint: "write it as {\"question\": answer}".into(),
        });
    };
    all.extend(given.clone());
    // What all agreed on, but the decision leaves unasked, goes.
    if let Ok(mut said) =
        read_answers(&dataset.schema, &case.fields, &Value::Object(all.clone()), Stage::Draft)
    {
        for question in &dataset.schema.questions {
            let name = &question.name;
            if !given.contains_key(name) && !is_asked(&dataset.schema, question, &case.fields, &said) {
                said.remove(name);
                all.remove(name);
            }
        }
    }
    let answers = read_answers(&dataset.schema, &case.fields, &Value::Object(all), Stage::Submit)
        .map_err(|problems| Error::problems("the decision does not fit", problems))?;
    let by = users::by(workspace, who)?;
    let row =
        NewResolution { answers: canonical_json(&answers), source: Source::Adjudicated, by, posterior: None };
    let change = [(no, row, Some(case.seen.clone()))];
    if workspace.store.resolve(dataset.no, &change, when::millis(context))? == 0 {
        return Err(overtaken(&dataset, &case, workspace, &decision.item));
    }
    let next = match complete(workspace, &dataset, Some(no), 1)?.pop() {
        Some(row) => Some(row),
        None => complete(workspace, &dataset, None, 1)?.pop(),
    };
    Ok(Decided {
        item: decision.item.clone(),
        resolution: Resolution {
            answers,
            source: ResolutionSource::Adjudicated,
            by: Some(who.user.clone()),
            posterior: None,
        },
        next: next.map(|row| row.external),
        left: workspace.store.tally(dataset.no, 0)?.complete,
    })
}

/// The refusal of a decision made on what is not there any more, with the decision that is.
fn overtaken(dataset: &Opened, case: &Case, workspace: &Workspace, item: &str) -> Error {
    let decided = workspace.store.resolution(dataset.no, case.item).ok().flatten();
    let current = decided.and_then(|row| {
        let answers = item::stored_answers(dataset, &case.fields, &row.answers)?;
        Some(Current { version: row.version.into(), answers: serde_json::to_value(answers).ok()? })
    });
    Error::Conflict {
        message: format!("new answers to {item}, or another decision, came in meanwhile"),
        hint: "look at it again and decide".into(),
        current,
        kept: false,
    }
}

/// An item with what was answered, what that agrees on, and what is open.
struct Case {
    fields: Map<String, Value>,
    given: Vec<(ResponseRow, Answers)>,
    agreed: Answers,
    open: Vec<String>,
    item: ItemNo,
    seen: Seen,
    comments: Vec<CommentRow>,
}

impl Case {
    /// Changes whenever an answer does, and with every decision.
    fn version(&self) -> u64 {
        self.seen.version()
    }

    /// Whether somebody may not decide this because one of the answers is theirs. Those who run the dataset may: in a small
    /// team nobody else could.
    fn bars(&self, workspace: &Workspace, who: &Principal) -> Result<bool, Error> {
        let by = users::by(workspace, who)?;
        let is_theirs = by.is_some_and(|user| self.given.iter().any(|(row, _)| row.user == user));
        Ok(is_theirs && !who.role.may(Act::Manage))
    }
}

fn case(workspace: &Workspace, dataset: &Opened, item: ItemNo) -> Result<Case, Error> {
    let rows = workspace.store.responses(dataset.no, item)?;
    let before = workspace.store.resolution(dataset.no, item)?;
    let seen = Seen::new(&rows, before.as_ref());
    let fields = item::fields_of(&workspace.store.fields(dataset.no, item)?.unwrap_or_default());
    let given: Vec<(ResponseRow, Answers)> = settle::submitted(dataset, &fields, &rows)
        .into_iter()
        .map(|(row, answers)| (row.clone(), answers))
        .collect();
    let answers: Vec<&Answers> = given.iter().map(|(_, answers)| answers).collect();
    let merged = settle::merged(dataset, &fields, &answers);
    let open = merged.conflicts.iter().map(|conflict| conflict.question.clone()).collect();
    let (rows, mut named): (Vec<ResponseRow>, Vec<Answers>) = given.into_iter().unzip();
    named.push(merged.agreed);
    name_alike(&dataset.schema, &mut named);
    let agreed = named.pop().unwrap_or_default();
    let comments = workspace.store.comments(dataset.no, item)?;
    Ok(Case { fields, given: rows.into_iter().zip(named).collect(), agreed, open, item, seen, comments })
}

impl Case {
    /// The answers under letters, in an order that differs from item to item, so that no letter is a person.
    fn sides(&self) -> Vec<Side> {
        let mut order: Vec<usize> = (0..self.given.len()).collect();
        order.sort_by_key(|place| {
            let user = self.given[*place].0.user;
            short_id(&["side", &self.item.to_string(), &user.to_string()])
        });
        let each = order.into_iter().zip('A'..).map(|(place, letter)| {
            let (row, answers) = &self.given[place];
            let seconds = (row.active_ms > 0).then(|| row.active_ms as f64 / 1000.0);
            let words =
                self.comments.iter().filter(|comment| comment.user == row.user && !comment.text.is_empty());
            let comments = words.map(|comment| comment.text.clone()).collect();
            Side { name: letter.to_string(), answers: answers.clone(), seconds, comments }
        });
        each.collect()
    }
}
