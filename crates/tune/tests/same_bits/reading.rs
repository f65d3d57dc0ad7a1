//! Readers of passages.

use engraft_core::Span;
use engraft_eval::Resampling;
use engraft_nn::{ModelError, Tokenizer};
use engraft_tune::TuneError;
use engraft_tune::reader::{
    Answered, Question, QuestionRow, Reader, ReaderBase, ReaderMethod, ReaderOptions, tune_reader,
};

use crate::trial::Trial;

const ROOMS: [&str; 6] = ["kitchen", "garage", "archive", "canteen", "cellar", "lobby"];
const THINGS: [&str; 6] = ["kettle", "ladder", "ledger", "tray", "barrel", "sofa"];

pub(crate) fn full(trial: &Trial<'_>) -> Result<(), TuneError> {
    tune(trial, ReaderMethod::Full)
}

pub(crate) fn lora(trial: &Trial<'_>) -> Result<(), TuneError> {
    tune(trial, ReaderMethod::Lora)
}

/// Houses with one thing in one room; every third question asks for another thing.
fn row(n: usize) -> QuestionRow {
    let (room, thing) = (ROOMS[n % 6], THINGS[n / 6 % 6]);
    let passage = format!("In house {n} the {thing} stands in the {room} by the door.");
    let there = !n.is_multiple_of(3);
    let wanted = if there { thing } else { THINGS[(n / 6 + 1) % 6] };
    let place = passage.find(room).and_then(|start| Span::new(start, start + room.len()));
    let question = format!("Where does the {wanted} stand?");
    QuestionRow {
        asked: Question { id: n.to_string(), line: 0, question, passage },
        answers: place.filter(|_| there).into_iter().collect(),
        group: format!("house {n}"),
    }
}

/// What stands below: the whole passage, whatever is asked.
fn passages(asked: &[&Question]) -> Result<Vec<Answered>, TuneError> {
    let said =
        |one: &&Question| Answered { answer: one.passage.clone(), quote: one.passage.clone(), support: 0.5 };
    Ok(asked.iter().map(said).collect())
}

fn tune(trial: &Trial<'_>, method: ReaderMethod) -> Result<(), TuneError> {
    let rows: Vec<QuestionRow> = (0..60).map(row).collect();
    let tokenizer = Tokenizer::open(trial.base).map_err(ModelError::from)?;
    let base = ReaderBase { dir: trial.base, tokenizer: &tokenizer, threads: trial.threads };
    let resampling = Resampling { seed: 0, resamples: 50 };
    let options = ReaderOptions { method, seeds: 2, seed: 0, resampling };
    let tuned = tune_reader(&rows, None, &options, &base, (&passages, "passages"), trial.watch)?;
    tuned.save(trial.out)?;
    let reader = Reader::open(&trial.out.join("encoder"), tuned.settings, trial.threads)?;
    let asked = tuned.judged.iter().map(|row| (row.asked.question.as_str(), row.asked.passage.as_str()));
    let readings = reader.read(&asked.collect::<Vec<_>>())?;
    trial.says(&(tuned.settings, &tuned.eval, readings));
    Ok(())
}
