//! `answer` by a language model: from memory or from passages, as it comes or tuned; every quote is looked up before it counts.

use std::path::Path;
use std::sync::Arc;

use engraft_answer::{
    Prompt, Shown, Source, memory_prompt, passages_prompt, read_answer, read_draft, verify,
};
use engraft_core::{Answer, CharMap, Mode, Span};
use engraft_decide::{
    Arm, ArmRun, DataFact, Experiment, FALSE_ANSWER, GROUNDEDNESS, Measure, Row, UpdateTrial, Upkeep,
};
use engraft_eval::{Resampling, State, TextItem, TextMeasure, text_metrics};

use super::how::How;
use super::questions::{Posed, Questions, flat};
use super::{Built, edits, library, question};
use crate::decide::Plan;
use crate::decide::asking::Asking;
use crate::decide::cells::Cell;
use crate::decide::frame::{Frame, Measured};
use crate::decide::generator::{Ahead, priced};
use crate::decide::kept::Kept;
use crate::decide::meter::{Used, metered};
use crate::decide::task::Task;
use crate::endpoint::{Chat, Endpoint};
use crate::isolate::Parsers;
use crate::{Context, Error, FoundHit, SearchRequest, Workspace, search};

const CELLS: [Cell; 4] = [Cell::Base, Cell::Retrieval, Cell::Tuned, Cell::Both];
/// What a row's time is split into.
const STAGES: [&str; 2] = ["look up", "answer"];
/// Tokens of a passage in a plan, roughly.
const PASSAGE: usize = 250;

/// The passages found for a question, and what finding them took.
struct Found {
    hits: Vec<FoundHit>,
    used: Used,
}

/// Measures every cell that the endpoint has a model for.
pub(in crate::decide) fn measure(
    context: Context,
    task: &Task,
    frame: &Frame,
    (parsers, endpoint): (&Parsers, &Endpoint),
    out: &Path,
    kept: &Kept,
) -> Result<Measured, Error> {
    let questions = Questions::read(task)?;
    let terms = priced(task.terms(), endpoint)?;
    let chat = Chat::open(endpoint)?;
    let (workspace, documents, built) = library(context, task, frame, parsers, out)?;
    let found = find(context, &workspace, &questions.asked)?;
    let asker = Asker { context, chat: &chat, kept, questions: &questions, found: &found };
    let mut asked = Vec::new();
    for cell in CELLS {
        asked.push(asker.rows(cell)?);
    }
    let fingerprint = questions.fingerprint(&format!("{} {}", task.encoder, built.version));
    let script = (task.updates.trials, task.seed);
    let how = How::usual(&workspace);
    let edited = edits::edits(
        context,
        &workspace,
        parsers,
        &documents,
        (kept, "retrieval"),
        &fingerprint,
        &how,
        script,
    )?;
    let cpu = edited.iter().map(|edit| edit.cpu_s).sum::<f64>() / edited.len().max(1) as f64;
    let trials: Vec<UpdateTrial> = edited.into_iter().map(|edit| edit.trial).collect();
    let (reused, fresh) =
        asked.iter().flatten().fold((0, 0), |sum, rows| (sum.0 + rows.reused, sum.1 + rows.asked));
    let upkeep = |cell| upkeep(cell, questions.training.len(), &built, cpu);
    let arms = CELLS.into_iter().zip(asked).map(|(cell, rows)| {
        let arm = arm(cell, &chat.endpoint, upkeep(cell), &trials);
        match rows {
            Some(rows) => Arm { runs: vec![ArmRun { seed: 0, rows: rows.rows }], ..arm },
            None => Arm {
                absent: Some("no tuned model is named: set endpoint.tuned_model in engraft.toml".into()),
                updates: Vec::new(),
                ..arm
            },
        }
    });
    let arms: Vec<Arm> = arms.collect();
    let mut facts = questions.facts.clone();
    facts.push(DataFact { what: "Documents".into(), value: built.words.clone() });
    let experiment = Experiment {
        data: facts,
        measures: measures(),
        stages: STAGES.map(str::to_string).to_vec(),
        questions: questions.asked.iter().map(|posed| question(posed, task)).collect(),
        arms,
        notes: notes(endpoint),
        terms,
        ..frame.experiment()
    };
    Ok(Measured { experiment, reused, asked: fresh })
}

fn measures() -> Vec<Measure> {
    let measure = Measure::new;
    vec![
        measure(
            "right",
            "what was said holds the known answer; where only a passage is known, the share of its content words that was said; \
             where the documents are silent, nothing was answered.",
            true,
        ),
        measure(GROUNDEDNESS, "the share of claims whose quote was found in its passage to the letter", true),
        measure(FALSE_ANSWER, "a question the documents do not answer was answered all the same", false),
        measure("answered", "an answer was given", true),
    ]
}

fn notes(endpoint: &Endpoint) -> Vec<String> {
    vec![
        "All four cells are judged by what they say, not by what they cite: two of them cite nothing.".into(),
        "A claim whose quote is not in its passage to the letter is no citation; an answer without one counts as an abstention."
            .into(),
        format!(
            "Questions are asked at temperature 0, {} at a time; a request's time is that of the endpoint under this load.",
            endpoint.concurrency
        ),
        "What training the tuned model took is in no cost: it is trained elsewhere.".into(),
        "Edits are made to a copy of the documents.".into(),
    ]
}

fn arm(cell: Cell, endpoint: &Endpoint, upkeep: Upkeep, trials: &[UpdateTrial]) -> Arm {
    let looks_up = looks_up(cell);
    let said = match cell {
        Cell::Base => format!("`{}` answers from memory", endpoint.model),
        Cell::Retrieval => {
            format!("`{}` answers from the passages found, with quotes that are looked up", endpoint.model)
        }
        Cell::Tuned => "The tuned model answers from memory".to_string(),
        _ => "The tuned model answers from the passages found, with quotes that are looked up".to_string(),
    };
    let never = |trial: &UpdateTrial| UpdateTrial { seconds: None, ..trial.clone() };
    let (updates, how) = match looks_up {
        true => (
            trials.to_vec(),
            "A document is edited and taken in, and a question is asked until the passage is quoted; the model's own time is not in it",
        ),
        false => (
            trials.iter().map(never).collect(),
            "Not tried: it reads no documents, so that no edit of them ever shows",
        ),
    };
    let on_premises = endpoint.on_premises;
    Arm { on_premises, updates, updates_how: how.into(), ..cell.arm(said, Vec::new(), upkeep) }
}

fn looks_up(cell: Cell) -> bool {
    matches!(cell, Cell::Retrieval | Cell::Both)
}

fn upkeep(cell: Cell, labels: usize, built: &Built, update_cpu_s: f64) -> Upkeep {
    let labels = if matches!(cell, Cell::Tuned | Cell::Both) { labels } else { 0 };
    match looks_up(cell) {
        true => {
            Upkeep { labels, build_cpu_s: built.cpu_s, update_cpu_s, bytes: built.bytes, ..Upkeep::default() }
        }
        false => Upkeep { labels, ..Upkeep::default() },
    }
}

/// The passages of every question, as `ask` would find them.
fn find(context: Context, workspace: &Workspace, asked: &[Posed]) -> Result<Vec<Found>, Error> {
    context.progress.stage("look up", Some(asked.len() as u64));
    let mut all = Vec::with_capacity(asked.len());
    for posed in asked {
        if context.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let request = SearchRequest {
            query: posed.question.clone(),
            k: workspace.config.answer.passages,
            mode: Mode::Hybrid,
            ..SearchRequest::default()
        };
        let (report, used) = metered(|| search(context, workspace, &request));
        all.push(Found { hits: report?.hits, used });
        context.progress.advance(1);
    }
    Ok(all)
}

/// The rows of one cell.
struct Rows {
    rows: Vec<Row>,
    reused: usize,
    asked: usize,
}

struct Asker<'a> {
    context: Context<'a>,
    chat: &'a Chat,
    kept: &'a Kept,
    questions: &'a Questions,
    found: &'a [Found],
}

impl Asker<'_> {
    /// Every question asked of a cell; `None`: there is no model for it.
    fn rows(&self, cell: Cell) -> Result<Option<Rows>, Error> {
        let endpoint = &self.chat.endpoint;
        let tuned = matches!(cell, Cell::Tuned | Cell::Both);
        let model = if tuned { endpoint.tuned_model.as_deref() } else { Some(endpoint.model.as_str()) };
        let Some(model) = model else { return Ok(None) };
        let asked = &self.questions.asked;
        let prompt = |(posed, found): (&Posed, &Found)| match looks_up(cell) {
            true => {
                let shown = |hit: &'_ FoundHit| hit.title.clone().unwrap_or_else(|| hit.uri.clone());
                let trails: Vec<String> = found.hits.iter().map(shown).collect();
                let passages = found.hits.iter().zip(&trails);
                let passages: Vec<Shown> =
                    passages.map(|(hit, trail)| Shown { trail, text: &hit.text }).collect();
                passages_prompt(&posed.question, &passages)
            }
            false => memory_prompt(&posed.question),
        };
        let prompts: Vec<Prompt> = asked.iter().zip(self.found).map(prompt).collect();
        let mut ahead = Ahead::new(self.context, self.chat, model, &prompts);
        let fingerprint = ahead.fingerprint(&self.questions.fingerprint(cell.name()));
        let mut asking = Asking::new(self.context, self.kept, &fingerprint);
        self.context.progress.stage(&format!("ask {}", cell.name()), Some(asked.len() as u64));
        let rows = asking.all(&format!("rows-{}", cell.name()), asked.len(), |at| {
            let came = ahead.reply(at)?;
            let (posed, found) = (&asked[at], &self.found[at]);
            let looking = if looks_up(cell) { found.used } else { Used::default() };
            let mut row = Row {
                state: State::Failed,
                values: vec![None; 4],
                confidence: None,
                stage_ms: vec![looking.ms, 0.0],
                cpu_s: looking.cpu_s + came.cpu_s,
                tokens_in: 0,
                tokens_out: 0,
                said: String::new(),
                evidence: Vec::new(),
                why: None,
            };
            match came.reply {
                Err((state, why)) => {
                    row.state = state;
                    row.why = Some(why);
                }
                Ok(reply) => {
                    row.stage_ms[1] = reply.ms;
                    row.tokens_in = reply.tokens_in;
                    row.tokens_out = reply.tokens_out;
                    let said = if looks_up(cell) {
                        cited(&reply.text, &found.hits)
                    } else {
                        remembered(&reply.text)
                    };
                    match said {
                        Ok(said) => score(&mut row, posed, said),
                        Err(why) => {
                            row.said = reply.text;
                            row.why = Some(format!("the reply cannot be read: {why}"));
                        }
                    }
                }
            }
            Ok(row)
        })?;
        Ok(Some(Rows { rows, reused: asking.reused, asked: asking.asked }))
    }
}

/// What a cell said; no words: it abstained.
struct Said {
    words: Option<String>,
    /// The share of claims with a quote that is there.
    grounded: Option<f64>,
    evidence: Vec<String>,
}

fn remembered(reply: &str) -> Result<Said, String> {
    Ok(Said { words: read_answer(reply)?, grounded: None, evidence: Vec::new() })
}

/// What a reply says, with only those citations whose quote is in its passage.
fn cited(reply: &str, hits: &[FoundHit]) -> Result<Said, String> {
    let Some(draft) = read_draft(reply)? else {
        return Ok(Said { words: None, grounded: None, evidence: Vec::new() });
    };
    let sources: Vec<Source> = hits.iter().filter_map(source).collect();
    let Answer { message, answerable, citations, .. } = verify(&draft, &sources, 1.0);
    let grounded = answerable.then(|| citations.len() as f64 / draft.markers.len() as f64);
    let shown =
        citations.iter().map(|citation| format!("{}: {}", sources[citation.source].uri, citation.quote));
    Ok(Said { words: answerable.then_some(message), grounded, evidence: shown.collect() })
}

/// A passage as the verifier looks quotes up in it: by itself, as it was sent.
fn source(hit: &FoundHit) -> Option<Source<'_>> {
    Some(Source {
        uri: hit.uri.clone(),
        title: hit.title.clone(),
        heading: Vec::new(),
        page: hit.page,
        text: Arc::new(CharMap::new(&hit.text)),
        span: Span::new(0, hit.text.chars().count())?,
        updated_at: String::new(),
        superseded: false,
        score: hit.score,
        dense: None,
    })
}

fn score(row: &mut Row, posed: &Posed, said: Said) {
    let number = |truth: bool| f64::from(u8::from(truth));
    let answered = said.words.is_some();
    let Some(right) = right(posed, said.words.as_deref()) else {
        row.state = State::Undefined;
        row.why = Some("nobody said what is right".into());
        return;
    };
    row.state = if answered { State::Scored } else { State::Abstained };
    row.values = vec![
        Some(right),
        said.grounded,
        (!posed.answerable).then_some(number(answered)),
        Some(number(answered)),
    ];
    row.said = said.words.unwrap_or_else(|| "(no answer)".into());
    row.evidence = said.evidence;
}

/// How right it is, in `[0, 1]`; `None`: nobody said what is right.
fn right(posed: &Posed, said: Option<&str>) -> Option<f64> {
    let number = |truth: bool| f64::from(u8::from(truth));
    if !posed.answerable {
        return Some(number(said.is_none()));
    }
    match (&posed.answer, posed.gold.is_empty(), said) {
        (None, true, _) => None,
        (_, _, None) => Some(0.0),
        (Some(answer), _, Some(said)) => {
            Some(number(flat(said).contains(&flat(answer.trim_end_matches('.')))))
        }
        (None, false, Some(said)) => {
            let references: Vec<String> = posed.gold.iter().map(|gold| gold.quote.clone()).collect();
            let item = TextItem { prediction: said, references: &references };
            let bare = Resampling { seed: 0, resamples: 0 };
            let found = text_metrics(&[item], &[TextMeasure::ContentRecall], &bare);
            found.first().and_then(|metric| metric.items.first().copied())
        }
    }
}

/// What [`measure`] would do.
pub(in crate::decide) fn plan(task: &Task, endpoint: &Endpoint, out: &Path) -> Result<Plan, Error> {
    let questions = Questions::read(task)?;
    let cells = CELLS
        .iter()
        .filter(|cell| endpoint.tuned_model.is_some() || !matches!(cell, Cell::Tuned | Cell::Both));
    let cells: Vec<Cell> = cells.copied().collect();
    let passages = crate::Config::default().answer.passages;
    let tokens = |cell: &Cell| 150 + if looks_up(*cell) { PASSAGE * passages } else { 0 };
    let each: usize = cells.iter().map(tokens).sum();
    Ok(Plan {
        name: task.name.clone(),
        kind: task.kind.name(),
        questions: questions.asked.len(),
        examples: questions.training.len(),
        labels: 0,
        seeds: 1,
        arms: cells.iter().map(|cell| cell.name().to_string()).collect(),
        changes: task.updates.trials,
        answers: questions.asked.len() * cells.len(),
        paid_tokens: (each * questions.asked.len()) as u64,
        out: out.to_path_buf(),
        tuned: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posed(text: &str) -> Posed {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn an_answer_is_right_by_its_words_and_silence_where_there_is_none() {
        let known =
            posed("{\"id\":\"a\",\"question\":\"?\",\"answer\":\"28 days.\",\"gold\":[{\"quote\":\"x\"}]}");
        assert_eq!(right(&known, Some("You have 28  Days of leave [1].")), Some(1.0));
        assert_eq!((right(&known, Some("Many.")), right(&known, None)), (Some(0.0), Some(0.0)));
        let passage = posed(
            "{\"id\":\"a\",\"question\":\"?\",\"gold\":[{\"quote\":\"Hotels are booked by the travel desk.\"}]}",
        );
        let half = right(&passage, Some("The hotel desk.")).unwrap();
        assert!(half > 0.2 && half < 1.0, "{half}");
        assert_eq!(right(&passage, Some("Hotels are booked by the travel desk.")), Some(1.0));
        let silent = posed("{\"id\":\"a\",\"question\":\"?\",\"answerable\":false}");
        assert_eq!((right(&silent, None), right(&silent, Some("Yes."))), (Some(1.0), Some(0.0)));
        assert_eq!(right(&posed("{\"id\":\"a\",\"question\":\"?\"}"), Some("Yes.")), None);
    }
}
