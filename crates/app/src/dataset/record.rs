//! Between the store's rows and records that travel: names for numbers, RFC 3339 for milliseconds.

use std::cell::RefCell;
use std::collections::BTreeMap;

use engraft_annotate::{
    Answers, Comment, EARLIER, Given, LeftOut, Record, Resolution, ResolutionSource, ResponseStatus,
    Suggestion, canonical_json, read_kept,
};
use engraft_store::{
    NewComment, NewRecord, NewResolution, NewResponse, NewSuggestion, RecordRow, ResolutionRow, Source,
    Status, UserNo,
};

use crate::dataset::opened::Opened;
use crate::dataset::words;
use crate::when;
use crate::work::item::fields_of;
use crate::work::settle;

/// What people are called in a record that leaves.
pub(crate) type Names = BTreeMap<UserNo, String>;

/// The names of everybody.
pub(crate) fn names(workspace: &crate::Workspace) -> Result<Names, crate::Error> {
    Ok(workspace.store.users()?.into_iter().map(|user| (user.no, user.name)).collect())
}

/// The record of an item. A person without a name in `names` is called by their number.
pub(crate) fn record(dataset: &Opened, row: &RecordRow, names: &Names) -> Record {
    told(dataset, row, names).0
}

/// The same, with the answers that the schema does not hold any more.
pub(crate) fn told(dataset: &Opened, row: &RecordRow, names: &Names) -> (Record, LeftOut) {
    let fields = fields_of(&row.fields);
    let left_out = RefCell::new(Vec::new());
    let name = |user: UserNo| called(names, user);
    let read = |text: &str| -> Answers {
        let value = serde_json::from_str(text).unwrap_or_default();
        let (answers, gone) = read_kept(&dataset.schema, &fields, &value);
        left_out.borrow_mut().extend(Some(gone).filter(|gone| !gone.is_empty()));
        answers
    };
    let responses = row.responses.iter().map(|response| Given {
        user: name(response.user),
        status: match response.status {
            Status::Draft => ResponseStatus::Draft,
            Status::Submitted => ResponseStatus::Submitted,
            Status::Skipped => ResponseStatus::Skipped,
        },
        answers: read(&response.answers),
        at: Some(when::rfc3339(response.at)),
        active_ms: (response.active_ms > 0).then_some(response.active_ms),
        guideline: response.guideline.clone(),
        accepted: response.accepted.clone(),
        reason: response.reason.clone().filter(|_| response.status == Status::Skipped),
    });
    let responses = responses.collect();
    let suggestions = row.suggestions.iter().map(|suggestion| Suggestion {
        model: suggestion.model.clone(),
        score: suggestion.score,
        answers: read(&suggestion.answers),
    });
    let record = Record {
        id: row.external.clone(),
        metadata: serde_json::from_str(&row.metadata).unwrap_or_default(),
        responses,
        suggestions: suggestions.collect(),
        gold: row.gold.as_deref().map(read),
        resolution: row.resolution.as_ref().map(|row| resolution(row, read(&row.answers), &name)),
        fields: fields.clone(),
        // Free words travel and are kept nowhere else: they could not be erased there.
        comments: Vec::new(),
    };
    (record, left_out.into_inner())
}

fn called(names: &Names, user: UserNo) -> String {
    names.get(&user).cloned().unwrap_or_else(|| user.to_string())
}

/// A record on its way out, and what it does not say.
pub(crate) struct Outgoing {
    /// The record.
    pub(crate) record: Record,
    /// Answers that the schema does not hold any more.
    pub(crate) left_out: LeftOut,
    /// Drafts of people who have responded: a record holds one response a person.
    pub(crate) drafts: u64,
}

/// The record of an item with all that was said about it, comments and drafts too.
pub(crate) fn outgoing(dataset: &Opened, row: &RecordRow, names: &Names) -> Outgoing {
    let (mut record, mut left_out) = told(dataset, row, names);
    let mut drafts = 0;
    for (user, draft) in &row.drafts {
        if row.responses.iter().any(|response| response.user == *user) {
            drafts += 1;
            continue;
        }
        let value = serde_json::from_str(&draft.answers).unwrap_or_default();
        let (answers, gone) = read_kept(&dataset.schema, &record.fields, &value);
        left_out.extend(Some(gone).filter(|gone| !gone.is_empty()));
        record.responses.push(Given {
            user: called(names, *user),
            status: ResponseStatus::Draft,
            answers,
            at: Some(when::rfc3339(draft.at)),
            active_ms: (draft.active_ms > 0).then_some(draft.active_ms),
            guideline: draft.guideline.clone(),
            accepted: Vec::new(),
            reason: None,
        });
    }
    let comments = row.comments.iter().map(|comment| Comment {
        user: called(names, comment.user),
        text: comment.text.clone(),
        flag: comment.flag,
        at: Some(when::rfc3339(comment.at)),
        settled_at: comment.settled_at.map(when::rfc3339),
    });
    record.comments = comments.collect();
    Outgoing { record, left_out, drafts }
}

/// The record of an item as it is kept for good: beside what the schema holds, each answer that it does not hold any more.
/// People are in it by number, so that erasing a name leaves it as it is.
pub(crate) fn line(dataset: &Opened, row: &RecordRow) -> String {
    let (mut record, left_out) = told(dataset, row, &Names::new());
    // Free words may tell who somebody is, and could not be erased here.
    record.responses.iter_mut().for_each(|response| response.reason = None);
    if left_out.is_empty() {
        return record.canonical();
    }
    let Ok(mut whole) = serde_json::to_value(&record) else { return record.canonical() };
    whole[EARLIER] = left_out.into_iter().collect();
    canonical_json(&whole)
}

/// A resolution as it travels.
pub(crate) fn resolution(
    row: &ResolutionRow,
    answers: Answers,
    name: &dyn Fn(UserNo) -> String,
) -> Resolution {
    Resolution {
        answers,
        source: match row.source {
            Source::Agreed => ResolutionSource::Agreed,
            Source::Aggregated => ResolutionSource::Aggregated,
            Source::Adjudicated => ResolutionSource::Adjudicated,
        },
        by: row.by.map(name),
        posterior: row.posterior,
    }
}

/// A record as the store takes it. `person` gives the number of a name.
pub(crate) fn row<E>(
    dataset: &Opened,
    record: &Record,
    now: i64,
    person: &mut dyn FnMut(&str) -> Result<UserNo, E>,
) -> Result<NewRecord, E> {
    let mut responses = Vec::new();
    for given in &record.responses {
        responses.push(NewResponse {
            user: person(&given.user)?,
            status: match given.status {
                ResponseStatus::Draft => Status::Draft,
                ResponseStatus::Submitted => Status::Submitted,
                ResponseStatus::Skipped => Status::Skipped,
            },
            answers: canonical_json(&given.answers),
            labels: words::labels(&given.answers),
            accepted: given.accepted.clone(),
            reason: given.reason.clone(),
            guideline: given.guideline.clone(),
            active_ms: when::active(given.active_ms.unwrap_or(0)),
            at: given.at.as_deref().and_then(when::read).unwrap_or(now),
        });
    }
    let resolution = record.resolution.as_ref().map(|resolution| -> Result<NewResolution, E> {
        Ok(NewResolution {
            answers: canonical_json(&resolution.answers),
            source: settle::source(resolution.source),
            by: resolution.by.as_deref().map(&mut *person).transpose()?,
            posterior: resolution.posterior,
        })
    });
    let resolution = resolution.transpose()?;
    let suggestions = record.suggestions.iter().map(|suggestion| NewSuggestion {
        model: suggestion.model.clone(),
        score: suggestion.score,
        answers: canonical_json(&suggestion.answers),
    });
    let mut comments = Vec::new();
    for said in &record.comments {
        comments.push(NewComment {
            user: person(&said.user)?,
            text: said.text.clone(),
            flag: said.flag,
            at: said.at.as_deref().map(|at| when::read(at).unwrap_or(now)),
            settled_at: said.settled_at.as_deref().map(|at| when::read(at).unwrap_or(now)),
        });
    }
    Ok(NewRecord {
        external: record.id.clone(),
        fields: canonical_json(&record.fields),
        metadata: canonical_json(&record.metadata),
        text: words::text(&dataset.schema, &record.fields),
        wanted: dataset.schema.distribution.overlap,
        gold: record.gold.as_ref().map(canonical_json),
        responses,
        suggestions: suggestions.collect(),
        resolution,
        comments,
    })
}
