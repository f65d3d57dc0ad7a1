//! Feedback as judgements of documents: answers, citations and documents that were found good or bad.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::path::Path;

use engraft_store::Store;
use engraft_tune::TuneError;
use engraft_tune::data::{Judged, JudgedQuestion, Line, Rejection, Rows, read_rows, sha256_of};
use serde_json::Value;

use super::{FeedbackReport, answer_of, diagnostic, key, metric, person, tag, trace};
use crate::Error;

/// What a row says.
struct Opinion {
    line: u64,
    trace: String,
    person: Option<String>,
    about: About,
    good: bool,
}

/// What it says it of.
enum About {
    /// The answer as a whole.
    Answer,
    /// The citation of that number.
    Citation(u64),
    /// A document by its uri or id, or a passage by its id.
    Found(String),
}

/// The judgements in a file of feedback, of documents by their ids, and what it came to.
pub(crate) fn read_feedback(store: &Store, path: &Path) -> Result<(Judged, FeedbackReport), Error> {
    let mut report = FeedbackReport::default();
    let Rows { rows, mut rejected, sha256 } = read_rows(path, |line| {
        report.note(person(line));
        opinion(line)
    })?;
    report.rows = rows.len() + rejected.len();
    let mut votes: BTreeMap<String, Votes> = BTreeMap::new();
    for row in rows {
        match judged_by(store, &row)? {
            Ok((question, documents)) => {
                report.used += 1;
                let votes = votes.entry(key(&question)).or_insert_with(|| Votes::new(question));
                // Those without a name are one voice for each answer.
                let voice = row.person.unwrap_or_else(|| format!("trace:{}", row.trace));
                for document in documents {
                    votes.of.entry(document).or_default().insert(voice.clone(), row.good);
                }
            }
            Err(why) => rejected.push(diagnostic(path, row.line, why)),
        }
    }
    report.account(&rejected);
    let mut questions = Vec::new();
    for votes in votes.into_values() {
        let (question, contradicted) = votes.judged();
        report.contradicted += contradicted;
        report.judgements += question.relevance.len();
        match question.relevance.values().any(|relevance| *relevance > 0) {
            true => questions.push(question),
            false => {
                let message =
                    format!("question `{}`: nothing that was judged is relevant to it", question.id);
                let hint = "say what answers it, with `tags.uri`, or leave it out";
                rejected.push(diagnostic(path, question.id, Rejection::new("no_answer", message, hint)));
            }
        }
    }
    if questions.is_empty() {
        let why = rejected.first().map_or(String::new(), |first| format!(": {}", first.message));
        let message = format!("no row of {} says what answers a question{why}", path.display());
        let hint =
            "say of answers that they are good, or of citations and documents that they answer the question";
        return Err(TuneError::data(message, hint).into());
    }
    // The same rows say something else where other answers go by these names.
    let sha256 = sha256_of(format!("{sha256}\n{questions:?}").as_bytes());
    Ok((Judged { questions, passages: false, rejected, sha256 }, report))
}

/// What people said of the documents of one question.
struct Votes {
    question: String,
    /// By document, the last word of each person.
    of: BTreeMap<String, BTreeMap<String, bool>>,
}

impl Votes {
    fn new(question: String) -> Votes {
        Votes { question, of: BTreeMap::new() }
    }

    /// What most people say, and of how many documents as many say the one as the other.
    fn judged(self) -> (JudgedQuestion, usize) {
        let mut contradicted = 0;
        let mut relevance = BTreeMap::new();
        for (document, said) in self.of {
            let good = said.values().filter(|good| **good).count();
            match (good * 2).cmp(&said.len()) {
                Ordering::Equal => contradicted += 1,
                more => {
                    relevance.insert(document, i64::from(more.is_gt()));
                }
            }
        }
        (JudgedQuestion { id: self.question.clone(), text: self.question, relevance }, contradicted)
    }
}

fn opinion(line: &Line) -> Result<Opinion, Rejection> {
    let trace = trace(line)?;
    let found = ["uri", "doc_id", "chunk_id"].into_iter().find_map(|name| tag(line, name));
    let good = match metric(line).as_str() {
        "comment" => {
            let hint = "say true or false of the answer, of a citation, or of a document";
            return Err(Rejection::new("comment", "a comment judges no passage", hint));
        }
        // What somebody wrote instead is right where they say where it stands.
        "demonstration" if found.is_some() => true,
        "demonstration" => {
            let hint = "say which document holds it: `\"tags\":{\"uri\":…}`";
            return Err(Rejection::new("correction", "a corrected answer names no document", hint));
        }
        _ => yes(line.fields.get("value")).ok_or_else(|| {
            let hint = "send true or false: from where on a scale something is good is yours to say";
            Rejection::new("scale", "`value` is neither true nor false", hint)
        })?,
    };
    let about = match (tag(line, "citation"), found) {
        (Some(number), _) => About::Citation(number.parse().map_err(|_| {
            let hint = "give the number of its marker, such as 1";
            Rejection::new("no_citation", format!("`{number}` is no citation's number"), hint)
        })?),
        (None, Some(found)) => About::Found(found),
        (None, None) => About::Answer,
    };
    Ok(Opinion { line: line.number, trace, person: person(line), about, good })
}

/// The question of the answer that a row is about, and the documents it judges; or why it judges none.
fn judged_by(store: &Store, row: &Opinion) -> Result<Result<(String, Vec<String>), Rejection>, Error> {
    let refuse = |kind, message: String, hint: &str| Ok(Err(Rejection::new(kind, message, hint)));
    let trace = match answer_of(store, &row.trace)? {
        Ok(trace) => trace,
        Err(why) => return Ok(Err(why)),
    };
    let question = trace["question"].as_str().unwrap_or_default().to_string();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (citations, hits) = (list(&trace["answer"]["citations"]), list(&trace["hits"]));
    let named: Vec<Value> = match &row.about {
        About::Answer if !row.good => {
            let message = "it says that an answer was bad, and not which passage".to_string();
            return refuse("answer_down", message, "say of which citation: `\"tags\":{\"citation\":1}`");
        }
        About::Answer if citations.is_empty() => {
            return refuse(
                "abstained",
                "the answer cites nothing".into(),
                "say what answers it: `\"tags\":{\"uri\":…}`",
            );
        }
        About::Answer => citations,
        About::Citation(number) => {
            citations.into_iter().filter(|citation| citation["n"].as_u64() == Some(*number)).collect()
        }
        About::Found(name) => {
            let is = |one: &&Value| {
                ["uri", "doc_id", "chunk_id"].iter().any(|field| one[*field].as_str() == Some(name.as_str()))
            };
            citations.iter().chain(&hits).find(is).cloned().into_iter().collect()
        }
    };
    let mut documents = Vec::new();
    for one in &named {
        let known = store.document_by_id(one["doc_id"].as_str().unwrap_or_default())?;
        // What was judged must be what is searched now.
        let same = known.filter(|document| one["doc_version"].as_u64() == Some(u64::from(document.version)));
        documents.extend(same.map(|document| document.doc_id));
    }
    match &row.about {
        _ if !documents.is_empty() => Ok(Ok((question, documents))),
        _ if !named.is_empty() => {
            let message = "what it judges was changed or removed since".to_string();
            refuse("changed", message, "ask again and judge what is there now")
        }
        About::Found(name) => match store.document_by_uri(None, name)? {
            Some(document) => Ok(Ok((question, vec![document.doc_id]))),
            None => {
                let message = format!("`{name}` is no document here");
                refuse("no_document", message, "give a uri as `engraft docs list` shows it")
            }
        },
        _ => refuse("no_citation", "the answer has no such citation".into(), "give the number of its marker"),
    }
}

fn yes(value: Option<&Value>) -> Option<bool> {
    match value? {
        Value::Bool(yes) => Some(*yes),
        Value::Number(number) if number.as_f64() == Some(1.0) => Some(true),
        Value::Number(number) if number.as_f64() == Some(0.0) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(row: &str, expected: Result<(&str, bool), &str>) {
        let line = Line { number: 1, fields: serde_json::from_str(row).unwrap() };
        let read = opinion(&line);
        let about = |opinion: &Opinion| match &opinion.about {
            About::Answer => "answer".to_string(),
            About::Citation(number) => format!("citation {number}"),
            About::Found(name) => name.clone(),
        };
        let found = read.as_ref().map(|read| (about(read), read.good)).map_err(|why| why.kind);
        assert_eq!(found, expected.map(|(about, good)| (about.to_string(), good)), "{row}");
    }

    #[test]
    fn a_row_judges_an_answer_a_citation_or_a_document() {
        check(r#"{"inference_id":"t","metric_name":"thumb","value":true}"#, Ok(("answer", true)));
        check(r#"{"traceId":"t","name":"thumb","value":0}"#, Ok(("answer", false)));
        check(r#"{"trace_id":"t","value":false,"tags":{"citation":2}}"#, Ok(("citation 2", false)));
        check(r#"{"trace_id":"t","value":1,"tags":{"uri":"a.md"}}"#, Ok(("a.md", true)));
        let corrected =
            r#"{"trace_id":"t","metric_name":"demonstration","value":"28 days","tags":{"uri":"a.md"}}"#;
        check(corrected, Ok(("a.md", true)));
    }

    #[test]
    fn what_judges_nothing_says_why() {
        check(r#"{"metric_name":"thumb","value":true}"#, Err("no_trace"));
        check(r#"{"trace_id":"t","metric_name":"comment","value":"good"}"#, Err("comment"));
        check(r#"{"trace_id":"t","metric_name":"demonstration","value":"28"}"#, Err("correction"));
        check(r#"{"trace_id":"t","metric_name":"rating","value":0.7}"#, Err("scale"));
        check(r#"{"trace_id":"t","value":true,"tags":{"citation":"first"}}"#, Err("no_citation"));
    }

    #[test]
    fn most_people_decide_and_a_tie_is_left_out() {
        let mut votes = Votes::new("q".into());
        let said = [
            ("a", "ana", true),
            ("a", "bo", true),
            ("a", "cy", false),
            ("b", "ana", true),
            ("b", "bo", false),
        ];
        for (document, person, good) in said {
            votes.of.entry(document.into()).or_default().insert(person.into(), good);
        }
        let (question, contradicted) = votes.judged();
        assert_eq!((question.relevance, contradicted), ([("a".to_string(), 1)].into(), 1));
    }
}
