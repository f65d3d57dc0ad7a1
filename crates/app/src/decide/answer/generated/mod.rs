//! `answer` by a language model: from memory or from passages, as it comes or tuned; every quote is looked up before it counts.

mod said;
mod ways;

use std::path::Path;

use engraft_answer::Prompt;
use engraft_core::Embed;
use engraft_decide::{
    Arm, ArmRun, DataFact, Experiment, FALSE_ANSWER, GROUNDEDNESS, LoadTrial, Measure, Row, UpdateTrial,
    Upkeep,
};
use engraft_eval::State;

use self::said::{RULE, SAID, cited, remembered, score};
use self::ways::{Found, Passage, Way, find, looking, shots};
use super::built::{Built, library};
use super::found::{self, MEASURES, Read};
use super::fresh::{self, fresh};
use super::grounds::{self, SUPPORTED};
use super::how::How;
use super::questions::{Posed, Questions};
use super::{edits, placed};
use crate::decide::Plan;
use crate::decide::asking::Asking;
use crate::decide::frame::{self, Frame, Measured};
use crate::decide::generator::{Ahead, Came, priced};
use crate::decide::kept::Kept;
use crate::decide::load::{self, Pressed, press};
use crate::decide::meter::Used;
use crate::decide::shared::Shared;
use crate::decide::task::Task;
use crate::endpoint::{Chat, Endpoint};
use crate::isolate::Parsers;
use crate::{Context, Error, Workspace, search};

/// What a row's time is split into.
const STAGES: [&str; 2] = ["look up", "answer"];
/// Tokens of a passage in a plan, roughly.
const PASSAGE: usize = 250;
/// Tokens of a prompt without passages, roughly.
const AROUND: usize = 150;

/// Measures every cell that the endpoint has a model for.
pub(in crate::decide) fn measure(
    context: Context,
    task: &Task,
    frame: &Frame,
    (parsers, endpoint): (&Parsers, &Endpoint),
    out: &Path,
    kept: &Kept,
) -> Result<Measured, Error> {
    let mut questions = Questions::read(task)?;
    let terms = priced(task.terms(), endpoint)?;
    let chat = Chat::open(endpoint)?;
    let (workspace, documents, built) = library(context, task, frame, parsers, (out, kept))?;
    let (posed, shared) = placed(task, &workspace, &mut questions)?;
    let routes = questions.routes(task);
    let found = find(context, &workspace, &questions.asked)?;
    let shots = shots(&questions.training, task.seed);
    let asker = Asker {
        context,
        task,
        workspace: &workspace,
        chat: &chat,
        kept,
        questions: &questions,
        found: &found,
        shots: &shots,
    };
    let ways = Way::all(&questions.asked, &shots, task.diagnostics);
    let mut asked = ways.iter().map(|way| asker.rows(*way)).collect::<Result<Vec<Option<Rows>>, Error>>()?;
    let loads = asked.iter_mut().flatten().flat_map(|rows| std::mem::take(&mut rows.loads)).collect();
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
    let arms = ways.iter().zip(asked).map(|(&way, rows)| {
        let (updates, updates_how) = lag(way, &trials);
        let upkeep = upkeep(way, questions.training.len(), &built, cpu);
        let arm = Arm { upkeep, updates, updates_how, ..way.arm(endpoint) };
        match rows {
            Some(rows) => Arm { runs: vec![ArmRun { seed: 0, rows: rows.rows }], ..arm },
            None => {
                let absent = Some("no tuned model is named: set endpoint.tuned_model in engraft.toml".into());
                Arm { absent, updates: Vec::new(), ..arm }
            }
        }
    });
    let arms: Vec<Arm> = arms.collect();
    let mut facts = questions.facts.clone();
    facts.extend(shared.as_ref().map(Shared::fact));
    facts.push(DataFact { what: "Documents".into(), value: built.words.clone() });
    let setup = frame::setup([
        ("Encoder", frame::encoder(workspace.encoder(context)?.map(Embed::name))),
        ("Model", endpoint.model.clone()),
        ("Tuned model", endpoint.tuned_model.clone().unwrap_or_else(|| "none".into())),
        ("Passages shown (k)", workspace.config.answer.passages.to_string()),
        ("Weight of meaning in search", format!("{:.2}", how.dense_weight)),
        ("Tokens of a reply", format!("at most {}", endpoint.max_tokens)),
    ]);
    let experiment = Experiment {
        setup,
        data: facts,
        measures: measures(),
        stages: STAGES.map(str::to_string).to_vec(),
        questions: posed,
        routed_by: routes.by,
        arms,
        scale: load::paid(loads, endpoint.concurrency),
        notes: notes(endpoint).into_iter().chain(shared.as_ref().and_then(Shared::note)).collect(),
        terms,
        ..frame.experiment()
    };
    Ok(Measured { experiment, reused, asked: fresh })
}

fn measures() -> Vec<Measure> {
    let measure = Measure::new;
    let grounded = format!("the share of an answer's sentences that what it cites supports; {SUPPORTED}");
    let exact = "the share of claims whose quote was found in its passage to the letter";
    let said = vec![
        measure(
            "right",
            "what was said holds the known answer; where only a passage is known, the share of its content words that was said; \
             where the documents are silent, nothing was answered.",
            true,
        ),
        measure(GROUNDEDNESS, &grounded, true),
        measure(FALSE_ANSWER, "a question the documents do not answer was answered all the same", false),
        measure("answered", "an answer was given", true),
        fresh::measure(),
    ];
    let cited = grounds::measures().into_iter().chain([measure("quote_exact", exact, true)]);
    said.into_iter().chain(found::measures()).chain(cited).collect()
}

/// What rows are judged by: those that were judged by something else are judged again.
fn judged_by() -> String {
    format!("{} {RULE} {}", measures().len(), grounds::RULE)
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

/// How fast edits of documents show in a way of asking, and how that was taken.
fn lag(way: Way, trials: &[UpdateTrial]) -> (Vec<UpdateTrial>, String) {
    let never = |trial: &UpdateTrial| UpdateTrial { seconds: None, fresh: None, ..trial.clone() };
    match way.looks_up() {
        true => (
            trials.to_vec(),
            "A document is edited and taken in, and a question is asked until the passage is quoted; the model's own time is not in it"
                .into(),
        ),
        false => (
            trials.iter().map(never).collect(),
            "Not tried: it reads no documents, so that no edit of them ever shows".into(),
        ),
    }
}

fn upkeep(way: Way, labels: usize, built: &Built, update_cpu_s: f64) -> Upkeep {
    let labels = if way.tuned() { labels } else { 0 };
    let (build_cpu_s, build_s, bytes) = match way.looks_up() {
        true => (built.cpu_s, built.s, built.bytes),
        false => (0.0, 0.0, 0),
    };
    let update_cpu_s = if way.looks_up() { update_cpu_s } else { 0.0 };
    // How long it took to train the tuned model elsewhere is not known.
    let build_s = Some(build_s).filter(|_| !way.tuned());
    Upkeep { labels, build_cpu_s, build_s, update_cpu_s, bytes, ..Upkeep::default() }
}

/// The rows of one way of asking.
struct Rows {
    rows: Vec<Row>,
    loads: Vec<LoadTrial>,
    reused: usize,
    asked: usize,
}

struct Asker<'a> {
    context: Context<'a>,
    task: &'a Task,
    workspace: &'a Workspace,
    chat: &'a Chat,
    kept: &'a Kept,
    questions: &'a Questions,
    found: &'a [Found],
    /// Answered training questions.
    shots: &'a [(&'a str, &'a str)],
}

impl Asker<'_> {
    /// Every question asked in a way; `None`: there is no model for it.
    fn rows(&self, way: Way) -> Result<Option<Rows>, Error> {
        let Some(model) = way.model(&self.chat.endpoint) else { return Ok(None) };
        let asked = &self.questions.asked;
        let passages: Vec<Vec<Passage>> =
            (0..asked.len()).map(|at| way.passages(at, asked, self.found)).collect();
        let pairs = asked.iter().zip(&passages);
        let prompts: Vec<Prompt> =
            pairs.map(|(posed, passages)| way.prompt(&posed.question, passages, self.shots)).collect();
        let mut ahead = Ahead::new(self.context, self.chat, model, &prompts);
        let homes: Vec<_> = asked.iter().map(|posed| &posed.homes).collect();
        let what = format!("{} {} {homes:?}", way.name(), judged_by());
        let fingerprint = ahead.fingerprint(&self.questions.fingerprint(&what));
        let mut asking = Asking::new(self.context, self.kept, &fingerprint);
        self.context.progress.stage(&format!("ask {}", way.name()), Some(asked.len() as u64));
        let rows = asking.all(&format!("rows-{}", way.name()), asked.len(), |at| {
            self.row(way, at, &passages[at], ahead.reply(at)?)
        })?;
        let loads = match way {
            Way::Cell(_) => self.press(&asking, way, (model, &prompts), &rows)?,
            _ => Vec::new(),
        };
        Ok(Some(Rows { rows, loads, reused: asking.reused, asked: asking.asked }))
    }

    /// Puts a way of asking under load, where that may be paid for.
    fn press(
        &self,
        asking: &Asking,
        way: Way,
        (model, prompts): (&str, &[Prompt]),
        rows: &[Row],
    ) -> Result<Vec<LoadTrial>, Error> {
        let Asker { context, workspace, chat, .. } = *self;
        let workers = chat.endpoint.concurrency;
        let Some(pressed) = Pressed::paid((way.name(), rows), self.task, workers) else {
            return Ok(Vec::new());
        };
        let answer = |at: usize| {
            let request = looking(workspace, &self.questions.asked[at]);
            let found = !way.looks_up() || search(context, workspace, &request).is_ok();
            found && chat.say(context, model, &prompts[at]).is_ok()
        };
        press(asking, &pressed, &answer)
    }

    /// The values of a row before anything was said: what search brought, where it took part.
    fn unsaid(&self, way: Way, posed: &Posed, passages: &[Passage]) -> Result<Vec<Option<f64>>, Error> {
        let read: Vec<Read> = passages.iter().map(Passage::read).collect();
        let found = match way.looks_up() {
            true => found::found(self.workspace, posed, &read)?,
            false => [None; MEASURES],
        };
        let cited = vec![None; measures().len() - SAID - MEASURES];
        Ok([None; SAID].into_iter().chain(found).chain(cited).collect())
    }

    fn row(&self, way: Way, at: usize, passages: &[Passage], came: Came) -> Result<Row, Error> {
        let posed = &self.questions.asked[at];
        let looking = if way.looks_up() { self.found[at].used } else { Used::default() };
        let mut row = Row {
            state: State::Failed,
            values: self.unsaid(way, posed, passages)?,
            confidence: None,
            stage_ms: vec![looking.ms, 0.0],
            cpu_s: looking.cpu_s + came.cpu_s,
            tokens_in: 0,
            tokens_out: 0,
            said: String::new(),
            evidence: Vec::new(),
            why: None,
        };
        let reply = match came.reply {
            Ok(reply) => reply,
            // Nobody could say whether a reply would have been right.
            Err((_, why)) if !posed.is_judged() => {
                return Ok(Row { state: State::Undefined, why: Some(why), ..row });
            }
            Err((state, why)) => return Ok(Row { state, why: Some(why), ..row }),
        };
        row.stage_ms[1] = reply.ms;
        row.tokens_in = reply.tokens_in;
        row.tokens_out = reply.tokens_out;
        let said = if way.looks_up() { cited(&reply.text, passages) } else { remembered(&reply.text) };
        match said {
            Ok(said) => {
                let fresh = fresh(self.workspace, &said.cited)?;
                score(&mut row, posed, said, fresh);
            }
            Err(why) => {
                row.said = reply.text;
                row.why = Some(format!("the reply cannot be read: {why}"));
                if !posed.is_judged() {
                    row.state = State::Undefined;
                }
            }
        }
        Ok(row)
    }
}

/// What [`measure`] would do.
pub(in crate::decide) fn plan(task: &Task, endpoint: &Endpoint, out: &Path) -> Result<Plan, Error> {
    let questions = Questions::read(task)?;
    let shots = shots(&questions.training, task.seed);
    let ways = Way::all(&questions.asked, &shots, task.diagnostics).into_iter();
    let ways: Vec<Way> = ways.filter(|way| way.model(endpoint).is_some()).collect();
    let passages = crate::Config::default().answer.passages;
    let tokens = |way: &Way| AROUND + if way.looks_up() { PASSAGE * passages } else { 0 };
    let each: usize = ways.iter().map(tokens).sum();
    let cells = ways.iter().filter(|way| matches!(way, Way::Cell(_)));
    let most = if task.scale.paid_load_s > 0.0 { load::most() } else { 0 };
    let loaded = most * cells.map(tokens).sum::<usize>();
    Ok(Plan {
        name: task.name.clone(),
        kind: task.kind.name(),
        questions: questions.asked.len(),
        examples: questions.training.len(),
        labels: 0,
        seeds: 1,
        arms: ways.iter().map(|way| way.name().to_string()).collect(),
        changes: task.updates.trials,
        answers: questions.asked.len() * ways.len(),
        paid_tokens: (each * questions.asked.len() + loaded) as u64,
        out: out.to_path_buf(),
        tuned: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_judged_by_another_rule_of_what_is_right_or_grounded_are_judged_again() {
        let judged = judged_by();
        assert!(judged.contains(RULE) && judged.contains(grounds::RULE), "{judged}");
    }
}
