//! From questions with their answers to a reader and the verdict: trained a seed at a time, calibrated on rows set aside, compared
//! with the reader below on rows that neither saw.

use std::collections::BTreeMap;
use std::path::Path;

use engraft_core::{CharMap, Span, sentences};
use engraft_eval::{Metric, Resampling};
use engraft_nn::Tokenizer;
use engraft_nn::train::{Adapt, Lora};

use super::model::{ENCODER, Reader, Settings, even};
use super::rows::{Question, QuestionRow};
use super::score::{Answered, Figures, judge};
use super::strangers::misplaced;
use super::task::{Lesson, ReadTask};
use super::threshold::threshold;
use super::windows::Passage;
use crate::calibrate::Calibration;
use crate::data::split;
use crate::seeds::seeds;
use crate::ship::Verdict;
use crate::trainer::{Plan, train};
use crate::{TuneError, Watch};

/// The part of the rows to evaluate on, where none are named.
const HELD_OUT: f64 = 0.2;
/// The part of the rest that says when to stop and how sure to be.
const ASIDE: f64 = 0.15;
/// Answers that are needed to learn from.
const LEAST: usize = 20;
/// Words an answer may have, however short those of training are.
const LONGEST: usize = 8;

/// How the encoder is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReaderMethod {
    /// All of it.
    Full,
    /// By adapters.
    Lora,
}

impl ReaderMethod {
    /// Its name as on the command line.
    pub fn name(self) -> &'static str {
        match self {
            ReaderMethod::Full => "full",
            ReaderMethod::Lora => "lora",
        }
    }
}

/// How to tune.
#[derive(Clone, Copy, Debug)]
pub struct ReaderOptions {
    /// How the encoder is moved.
    pub method: ReaderMethod,
    /// How many seeds to train with.
    pub seeds: usize,
    /// The first of them; it also chooses what is held out.
    pub seed: u64,
    /// For intervals.
    pub resampling: Resampling,
}

/// The encoder to start from.
#[derive(Clone, Copy, Debug)]
pub struct ReaderBase<'a> {
    /// Its folder.
    pub dir: &'a Path,
    /// Its tokenizer.
    pub tokenizer: &'a Tokenizer,
    /// Threads of the reader once it is trained.
    pub threads: usize,
}

/// A reader with what is known of it.
#[derive(Debug)]
pub struct TunedReader {
    /// The folder of its files, which goes when this does.
    folder: tempfile::TempDir,
    /// What goes into the manifest.
    pub settings: Settings,
    /// Rows it was trained on.
    pub rows: usize,
    /// Steps of all seeds.
    pub steps: usize,
    /// Passages that were read in several windows, of all rows.
    pub split: usize,
    /// The rows it was judged by.
    pub judged: Vec<QuestionRow>,
    /// How good it is on them.
    pub eval: BTreeMap<String, Metric>,
    /// Gains over the reader below on the same rows.
    pub against_base: BTreeMap<String, Metric>,
    /// Whether it is proven better, and why.
    pub verdict: Verdict,
    /// The temperature, on rows set aside.
    pub calibration: Calibration,
}

impl TunedReader {
    /// Writes its files into a model's folder.
    pub fn save(&self, dir: &Path) -> Result<(), TuneError> {
        copy_all(self.folder.path(), &dir.join(ENCODER))
    }
}

/// What the reader below says of questions.
pub type SaysBelow<'a> = dyn Fn(&[&Question]) -> Result<Vec<Answered>, TuneError> + 'a;

/// Tunes on `rows`; judges on `eval`, or on a fifth of the rows. `below` answers the same questions as the reader that there is,
/// called `against`.
pub fn tune_reader(
    rows: &[QuestionRow],
    eval: Option<&[QuestionRow]>,
    options: &ReaderOptions,
    base: &ReaderBase<'_>,
    (below, against): (&SaysBelow<'_>, &str),
    watch: Watch<'_>,
) -> Result<TunedReader, TuneError> {
    let all: Vec<&QuestionRow> = rows.iter().collect();
    let (train_rows, judged) = match eval {
        Some(eval) => (all, eval.iter().collect()),
        None => parted(&all, HELD_OUT, options.seed),
    };
    let (fit_rows, aside_rows) = parted(&train_rows, ASIDE, options.seed);
    must_tell(&fit_rows, &judged)?;
    let positions = engraft_nn::Config::open(base.dir)?.positions;
    let mut split = 0;
    let mut laid = |rows: &[&QuestionRow]| -> Result<Vec<Lesson>, TuneError> {
        let each = rows.iter().map(|row| lessons(base.tokenizer, positions, row));
        let each = each.collect::<Result<Vec<_>, _>>()?;
        split += each.iter().filter(|windows| windows.len() > 1).count();
        Ok(each.into_iter().flatten().collect())
    };
    let (mut fit, mut aside) = (laid(&fit_rows)?, laid(&aside_rows)?);
    let (strange, strange_aside) = (misplaced(&fit_rows, options.seed), misplaced(&aside_rows, options.seed));
    for (rows, lesson) in [(&strange, &mut fit), (&strange_aside, &mut aside)] {
        for row in rows {
            lesson.extend(lessons(base.tokenizer, positions, row)?);
        }
    }
    let sure_rows: Vec<&QuestionRow> = aside_rows.iter().copied().chain(&strange_aside).collect();
    // What cannot be read is told before anything is trained.
    laid(&judged)?;
    let asked: Vec<&Question> = judged.iter().map(|row| &row.asked).collect();
    let below = below(&asked)?;
    let mut settings = Settings { temperature: 1.0, longest: longest(&fit_rows), threshold: even() };
    let (mut kept, mut said, mut steps) = (None, Vec::new(), 0);
    let mut calibration = Calibration::of_truths(&[], &[]);
    for seed in seeds(options.seed, options.seeds.max(1)) {
        let adapt = adapt(options.method, seed);
        let mut task = ReadTask::new(base.dir, adapt, &fit, seed)?;
        let plan = plan(options.method, fit.len(), seed);
        let trained = train(&mut task, &plan, watch, |task| {
            if aside.is_empty() { Ok(None) } else { Ok(Some(-task.loss(&aside)?)) }
        })?;
        steps += trained.steps as usize;
        let folder =
            tempfile::tempdir().map_err(TuneError::io("create a folder in", &std::env::temp_dir()))?;
        task.save(base.dir, folder.path())?;
        // What is judged is what was written.
        if kept.is_none() {
            let reader = Reader::open(folder.path(), settings, base.threads)?;
            calibration = calibrated(&reader, &sure_rows)?;
            settings.temperature = calibration.temperature;
            let reader = Reader::open(folder.path(), settings, base.threads)?;
            settings.threshold = threshold(&reader, &aside_rows, options.seed, watch)?;
        }
        let reader = Reader::open(folder.path(), settings, base.threads)?;
        watch.go_on()?;
        said.push(answers(&reader, &judged)?);
        kept.get_or_insert(folder);
    }
    let folder = kept.ok_or_else(|| TuneError::Bug("no seed was trained".into()))?;
    let Figures { eval, against_base, verdict } = judge(&judged, &said, &below, against, &options.resampling);
    Ok(TunedReader {
        folder,
        settings,
        rows: train_rows.len(),
        steps,
        split,
        judged: judged.into_iter().cloned().collect(),
        eval,
        against_base,
        verdict,
        calibration,
    })
}

fn must_tell(fit: &[&QuestionRow], judged: &[&QuestionRow]) -> Result<(), TuneError> {
    let answered = fit.iter().filter(|row| !row.answers.is_empty()).count();
    if answered < LEAST {
        let message = format!("{answered} questions to learn from have an answer, {LEAST} are needed");
        return Err(TuneError::data(message, "mark more answers; some hundreds make a reader"));
    }
    if judged.is_empty() {
        let message = "there is no row to evaluate on: all rows belong to one document or passage";
        return Err(TuneError::data(message, "bring rows of several documents, or name `--eval FILE`"));
    }
    Ok(())
}

/// Rows to keep and rows to set aside; those of one group on one side.
fn parted<'r>(
    rows: &[&'r QuestionRow],
    share: f64,
    seed: u64,
) -> (Vec<&'r QuestionRow>, Vec<&'r QuestionRow>) {
    let texts: Vec<String> =
        rows.iter().map(|row| format!("{} {}", row.asked.question, row.asked.passage)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let groups: Vec<Option<&str>> = rows.iter().map(|row| Some(row.group.as_str())).collect();
    let strata: Vec<usize> = rows.iter().map(|row| usize::from(row.answers.is_empty())).collect();
    let parts = split(&texts, &groups, &strata, share, seed);
    let pick = |places: &[usize]| places.iter().map(|&place| rows[place]).collect();
    (pick(&parts.train), pick(&parts.held))
}

/// The windows of a row; those that do not hold the answer as a whole say that there is none.
fn lessons(tokenizer: &Tokenizer, positions: usize, row: &QuestionRow) -> Result<Vec<Lesson>, TuneError> {
    let Question { id, question, passage, .. } = &row.asked;
    let laid = Passage::new(tokenizer, positions, question, passage).map_err(|error| match error {
        TuneError::Data { message, hint } => {
            TuneError::Data { message: format!("row {id}: {message}"), hint }
        }
        other => other,
    })?;
    let answer = row.answers.first().and_then(|&span| Passage::covering(passage, span));
    Ok(laid.windows.iter().map(|window| Lesson::new(window, answer)).collect())
}

/// The words of the longest answer.
fn longest(rows: &[&QuestionRow]) -> usize {
    let words = |row: &&QuestionRow| {
        let spans = row.answers.iter().filter_map(|&span| Passage::covering(&row.asked.passage, span));
        spans.map(|(first, last)| last + 1 - first).max()
    };
    rows.iter().filter_map(words).max().unwrap_or(0).max(LONGEST)
}

fn adapt(method: ReaderMethod, seed: u64) -> Adapt {
    match method {
        ReaderMethod::Full => Adapt::Full,
        ReaderMethod::Lora => Adapt::Lora(Lora { rank: 16, alpha: 32.0, all_linear: true, seed }),
    }
}

/// Few windows are seen more often: some hundred steps are what it takes.
fn plan(method: ReaderMethod, windows: usize, seed: u64) -> Plan {
    let epochs = (4800 / windows.max(1)).clamp(2, 12);
    let rate = if method == ReaderMethod::Full { 5e-5 } else { 5e-4 };
    Plan { epochs, batch: 16, rate, patience: Some(2), seed, ..Plan::default() }
}

/// The temperature that makes the odds of there being an answer true, on rows that training did not see; 1 where they all have
/// one, or none has.
fn calibrated(reader: &Reader, rows: &[&QuestionRow]) -> Result<Calibration, TuneError> {
    let right: Vec<bool> = rows.iter().map(|row| !row.answers.is_empty()).collect();
    if right.iter().all(|&one| one) || !right.iter().any(|&one| one) {
        return Ok(Calibration::of_truths(&[], &[]));
    }
    let leads: Vec<f64> = reader.read(&pairs(rows))?.iter().map(|reading| reading.lead).collect();
    Ok(Calibration::of_truths(&leads, &right))
}

fn answers(reader: &Reader, rows: &[&QuestionRow]) -> Result<Vec<Answered>, TuneError> {
    let readings = reader.read(&pairs(rows))?;
    let one = |(row, reading): (&&QuestionRow, super::Reading)| {
        let map = CharMap::new(&row.asked.passage);
        let found = reading.answer();
        let words =
            |span: Option<Span>| span.and_then(|span| map.quote(span)).unwrap_or_default().to_string();
        let quote = found.and_then(|span| whole(&row.asked.passage, span));
        Answered { answer: words(found), quote: words(quote), support: reading.support }
    };
    Ok(rows.iter().zip(readings).map(one).collect())
}

/// From the beginning of the first sentence that words stand in to the end of the last one.
fn whole(passage: &str, words: Span) -> Option<Span> {
    let all = sentences(passage);
    let mut held = all.iter().filter(|sentence| sentence.overlap(words) > 0);
    let first = held.next()?;
    Span::new(first.start(), held.next_back().unwrap_or(first).end())
}

fn pairs<'r>(rows: &[&'r QuestionRow]) -> Vec<(&'r str, &'r str)> {
    rows.iter().map(|row| (row.asked.question.as_str(), row.asked.passage.as_str())).collect()
}

/// Copies a folder and what is in it.
fn copy_all(from: &Path, to: &Path) -> Result<(), TuneError> {
    std::fs::create_dir_all(to).map_err(TuneError::io("create", to))?;
    for entry in std::fs::read_dir(from).map_err(TuneError::io("read", from))? {
        let path = entry.map_err(TuneError::io("read", from))?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_all(&path, &target)?;
        } else {
            std::fs::copy(&path, &target).map_err(TuneError::io("copy", &path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
