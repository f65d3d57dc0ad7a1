//! `eval answers`: do the quotes hold the answer, and is what the documents do not say left unanswered?

use std::collections::BTreeMap;
use std::path::PathBuf;

use engraft_answer::without_markers;
use engraft_core::{Cancel, Fault, Silent};
use engraft_eval::{Resampling, Score, State, TextItem, TextMeasure, text_metrics};
use serde::Serialize;
use serde_json::json;

use crate::ask::{ARM, AskReport, AskRequest, CitationView, ask};
use crate::evaluate::measured::Measured;
use crate::evaluate::questions::{Gold, Question, Unreadable, read};
use crate::evaluate::recorder::{EvalReport, Recorder};
use crate::evaluate::retrieval::{deciding, fingerprint, named};
use crate::workspace::Workspace;
use crate::{Context, Error, docs};

/// Right: a quote holds the answer, or what the documents do not answer was left unanswered.
const RIGHT: &str = "right";
/// Of answerable questions: a quote holds a known answer. An abstention is 0.
const GOLD: &str = "gold_in_quotes";
/// Of answerable questions: it was answered.
const ANSWERED: &str = "answered";
/// Of unanswerable questions: it was left unanswered.
const REFUSED: &str = "refused";
/// Of answerable questions with an answer in words: the F1 of its content words in what was answered. An abstention is 0.
const CONTENT: &str = "content_f1";
/// Of answers: the share of citations that are in their document to the letter, in its current version.
const EXACT: &str = "citation_exact";

/// What to measure.
#[derive(Clone, Debug, Default)]
pub struct AnswersRequest {
    /// A question a line, with what is known of its answer.
    pub questions: PathBuf,
    /// The arm that answers; `None`: the workspace's.
    pub arm: Option<String>,
    /// How many passages the reader sees; `None`: the workspace's choice.
    pub k: Option<usize>,
    /// The trained reader that answers, or `none`; `None`: the one in use, where there is one.
    pub reader: Option<String>,
    /// Whether the workspace's reranker takes a second look at the passages.
    pub rerank: bool,
    /// Seed of the intervals.
    pub seed: u64,
    /// `None`: the workspace's owner, who sees all.
    pub principals: Option<Vec<String>>,
}

/// What was measured, and how answering and abstaining went.
#[derive(Clone, Debug, Serialize)]
pub struct AnswersReport {
    /// Measures, states and the run.
    #[serde(flatten)]
    pub report: EvalReport,
    /// How many questions of each kind came out how.
    pub outcomes: Outcomes,
    /// The arm that answered.
    pub arm: String,
}

/// Answerable and unanswerable questions by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outcomes {
    /// Answerable, and a quote holds the answer.
    pub answered_right: usize,
    /// Answerable, answered, and no quote holds the answer.
    pub answered_wrong: usize,
    /// Answerable, and left unanswered.
    pub over_refused: usize,
    /// Not answerable, and answered all the same.
    pub false_answers: usize,
    /// Not answerable, and left unanswered.
    pub refused: usize,
}

/// Asks every question and compares what comes with what is known.
///
/// A line that is no question, or a question on which answering fails, is `failed`; the rest go on.
pub fn answers(
    context: Context,
    workspace: &Workspace,
    request: &AnswersRequest,
) -> Result<AnswersReport, Error> {
    let arm = request.arm.clone().unwrap_or_else(|| ARM.into());
    let questions = read(&request.questions)?;
    if !questions.iter().any(Result::is_ok) {
        let first = questions.iter().find_map(|question| question.as_ref().err());
        let why = first.map_or("it is empty".to_string(), |bad| format!("line {}: {}", bad.line, bad.why));
        return Err(Error::Request {
            message: format!("{} holds no question: {why}", request.questions.display()),
            hint: "each line is one object such as {\"id\":\"q1\",\"question\":\"…\",\"answers\":[{\"text\":\"…\"}]}"
                .into(),
        });
    }
    let about = json!({
        "questions": fingerprint(&request.questions)?,
        "arm": arm,
        "k": request.k,
        "reader": workspace.reader(request.reader.as_deref())?.map(|reader| reader.name.clone()),
        "rerank": request.rerank,
        "principals": request.principals,
        "seed": request.seed,
        "index_version": workspace.index(context)?.snapshot().version(),
        "model": workspace.encoder(context)?.map(named),
        "config": deciding(workspace),
    });
    let mut recorder = Recorder::begin(context, workspace, ("answers", &arm), &about, questions.len())?;
    let mut texts = Texts { workspace, by_doc: BTreeMap::new() };
    for (ordinal, question) in (0..).zip(&questions) {
        if recorder.has(ordinal) {
            continue;
        }
        let measured = match question {
            Ok(question) => one(context, workspace, request, question, &mut texts)?,
            Err(bad) => unreadable(bad),
        };
        recorder.put(context, ordinal, measured)?;
    }
    let (report, items) = recorder.finish(context, request.seed, |_| BTreeMap::new())?;
    Ok(AnswersReport { report, outcomes: outcomes(&items), arm })
}

fn one(
    context: Context,
    workspace: &Workspace,
    request: &AnswersRequest,
    question: &Question,
    texts: &mut Texts,
) -> Result<Measured, Error> {
    let asked = AskRequest {
        question: question.text.clone(),
        k: request.k,
        arm: request.arm.clone(),
        principals: request.principals.clone(),
        reader: request.reader.clone(),
        rerank: request.rerank,
        min_support: None,
    };
    // The bar counts questions; what happens within one is not news, and one that was begun is finished.
    let quiet = Context { progress: &Silent, cancel: &Cancel::default(), ..context };
    match ask(quiet, workspace, &asked) {
        Ok(report) => Ok(scored(question, &report, texts)),
        Err(error @ Error::Missing { what: "arm", .. }) => Err(error),
        Err(error) => {
            let why = error.to_string();
            let names: &[&str] =
                if question.answerable { &[RIGHT, GOLD, ANSWERED] } else { &[RIGHT, REFUSED] };
            let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
            let mut failed =
                Measured::without(&question.id, question.document(), State::Failed, &names, &why);
            failed.detail["hint"] = json!(error.hint().unwrap_or_default());
            Ok(failed)
        }
    }
}

fn scored(question: &Question, report: &AskReport, texts: &mut Texts) -> Measured {
    let answered = report.answerable;
    let holds = answered && holds(question, &report.citations);
    let share = |yes: bool| Score::Value(f64::from(u8::from(yes)));
    let mut scores: BTreeMap<String, Score> = BTreeMap::new();
    let mut put = |name: &str, score: Score| scores.insert(name.to_string(), score);
    if question.answerable {
        put(RIGHT, share(holds));
        put(GOLD, share(holds));
        put(ANSWERED, share(answered));
        if !question.answers.is_empty() {
            put(CONTENT, content_f1(question, if answered { &report.answer } else { "" }));
        }
    } else {
        put(RIGHT, share(!answered));
        put(REFUSED, share(!answered));
    }
    put(
        EXACT,
        match (answered, report.citations.len()) {
            (false, _) => Score::None(State::Abstained),
            (true, 0) => Score::None(State::NoClaims),
            (true, n) => {
                let exact = report.citations.iter().filter(|citation| texts.exact(citation)).count();
                Score::Value(exact as f64 / n as f64)
            }
        },
    );
    Measured {
        item: question.id.clone(),
        document: question.document().to_string(),
        seed: 0,
        state: if answered { State::Scored } else { State::Abstained },
        ms: Some(report.took_ms),
        scores,
        detail: json!({
            "trace_id": report.trace_id,
            "support": report.support,
            "answerable": question.answerable,
            "index_version": report.index_version,
        }),
    }
}

/// Whether quotes hold a place that answers the question, or all that it takes, or where no place is known an answer's words. A
/// quote that is part of a longer known one holds it.
fn holds(question: &Question, citations: &[CitationView]) -> bool {
    let cited: Vec<(&CitationView, String)> =
        citations.iter().map(|citation| (citation, flat(&citation.quote))).collect();
    let place = |gold: &Gold| {
        cited.iter().any(|(citation, quote)| {
            let words = gold.quote.as_deref().map(flat).filter(|words| !words.is_empty());
            match (gold.span, &gold.uri) {
                (Some((start, end)), Some(uri)) => {
                    citation.uri == *uri && citation.char_start <= start && end <= citation.char_end
                }
                _ => words.is_some_and(|words| quote.contains(&words) || words.contains(quote)),
            }
        })
    };
    // Answers in words count only where no place is known: "yes" is in many a quote.
    match (question.gold.is_empty(), question.takes_all) {
        (true, _) => {
            let said = |answer: &String| cited.iter().any(|(_, quote)| quote.contains(&flat(answer)));
            question.answers.iter().any(said)
        }
        (false, true) => question.gold.iter().all(place),
        (false, false) => question.gold.iter().any(place),
    }
}

/// Of several known answers the nearest counts; markers such as `[1]` are no part of what was said.
fn content_f1(question: &Question, answer: &str) -> Score {
    let said = without_markers(answer);
    let item = TextItem { prediction: &said, references: &question.answers };
    let bare = Resampling { seed: 0, resamples: 0 };
    let measured = text_metrics(&[item], &[TextMeasure::ContentF1], &bare);
    let value = measured.first().and_then(|metric| metric.items.first());
    value.map_or(Score::None(State::Undefined), |value| Score::of(*value))
}

/// One case, single spaces.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn unreadable(bad: &Unreadable) -> Measured {
    let id = format!("line {}", bad.line);
    let mut failed = Measured::without(&id, &id, State::Failed, &[RIGHT.to_string()], &bad.why);
    failed.detail["hint"] = json!("correct the line, then run the command again");
    failed
}

fn outcomes(items: &[Measured]) -> Outcomes {
    let mut counts = Outcomes::default();
    for item in items {
        let is = |name: &str| item.scores.get(name).and_then(|score| score.value()).map(|value| value > 0.5);
        let count = match (is(ANSWERED), is(GOLD), is(REFUSED)) {
            (Some(true), Some(true), _) => &mut counts.answered_right,
            (Some(true), _, _) => &mut counts.answered_wrong,
            (Some(false), _, _) => &mut counts.over_refused,
            (None, _, Some(false)) => &mut counts.false_answers,
            (None, _, Some(true)) => &mut counts.refused,
            (None, _, None) => continue,
        };
        *count += 1;
    }
    counts
}

/// The stored texts of cited documents.
struct Texts<'a> {
    workspace: &'a Workspace,
    by_doc: BTreeMap<String, Option<(u32, Vec<char>)>>,
}

impl Texts<'_> {
    /// Whether the cited span of the document's current version is the quote, to the letter.
    fn exact(&mut self, citation: &CitationView) -> bool {
        let read = || {
            let document = docs::show(self.workspace, &citation.doc_id).ok()?;
            Some((document.version, document.text?.chars().collect()))
        };
        let Some((version, text)) = self.by_doc.entry(citation.doc_id.clone()).or_insert_with(read) else {
            return false;
        };
        let span = text.get(citation.char_start..citation.char_end);
        *version == citation.doc_version
            && span.is_some_and(|span| span.iter().copied().eq(citation.quote.chars()))
    }
}
