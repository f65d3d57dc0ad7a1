//! The four ways to write: the model alone, shown the nearest examples, tuned on them, or both.

use engraft_answer::{Prompt, writing_prompt};
use engraft_decide::{Arm, ArmRun, LoadTrial, Measure, Row, Style, Upkeep};
use engraft_eval::{Metric, Resampling, SplitMix, State, TextItem, TextMeasure, text_metrics};

use super::data::{Data, Written};
use super::format::Format;
use super::nearest::Nearest;
use super::style::told_apart;
use crate::decide::asking::Asking;
use crate::decide::brief::briefly;
use crate::decide::cells::Cell;
use crate::decide::generator::Ahead;
use crate::decide::kept::Kept;
use crate::decide::load::{Pressed, press};
use crate::decide::meter::Used;
use crate::decide::task::Task;
use crate::endpoint::Chat;
use crate::{Context, Error};

/// What a row's time is split into.
pub(super) const STAGES: [&str; 2] = ["look up", "write"];

/// The cells that write, and as a diagnostic examples at random.
pub(super) fn cells(task: &Task) -> Vec<Cell> {
    let mut cells = vec![Cell::Base, Cell::Retrieval, Cell::Tuned, Cell::Both];
    cells.extend(task.diagnostics.then_some(Cell::RandomExamples));
    cells
}

/// Whether it is the tuned model that writes.
pub(super) fn is_tuned(cell: Cell) -> bool {
    matches!(cell, Cell::Tuned | Cell::Both)
}

/// Whether it is shown examples.
pub(super) fn is_shown(cell: Cell) -> bool {
    matches!(cell, Cell::Retrieval | Cell::Both | Cell::RandomExamples)
}

/// The measures of texts, the task's own first.
pub(super) fn text_measures(task: &Task) -> Vec<(TextMeasure, Measure)> {
    let all = [
        ("chrf", "chrf", "chrF against the reference, as a share: letters and words in common."),
        ("rougeL", "rouge_l", "ROUGE-L against the reference: words in common, in order."),
        ("content_f1", "content_f1", "the F1 of content words against the reference."),
    ];
    let read = |(name, shown, meaning): (&str, &str, &str)| {
        Some((name.parse().ok()?, Measure::new(shown, meaning, true)))
    };
    let mut measures: Vec<(TextMeasure, Measure)> = all.into_iter().filter_map(read).collect();
    let own = measures.iter().position(|(_, measure)| measure.name == task.writing.measure.name());
    measures.swap(0, own.unwrap_or(0));
    measures
}

/// Everything needed to write.
pub(super) struct Writer<'a> {
    pub(super) context: Context<'a>,
    pub(super) task: &'a Task,
    pub(super) data: &'a Data,
    pub(super) chat: &'a Chat,
    pub(super) kept: &'a Kept,
    pub(super) format: Option<&'a Format>,
    pub(super) nearest: &'a Nearest<'a>,
}

/// Arms, and how they sound.
pub(super) struct Wrote {
    pub(super) arms: Vec<Arm>,
    pub(super) styles: Vec<Style>,
    pub(super) loads: Vec<LoadTrial>,
    pub(super) reused: usize,
    pub(super) asked: usize,
}

impl Writer<'_> {
    pub(super) fn arms(&self) -> Result<Wrote, Error> {
        let mut wrote =
            Wrote { arms: Vec::new(), styles: Vec::new(), loads: Vec::new(), reused: 0, asked: 0 };
        let endpoint = &self.chat.endpoint;
        let k = self.task.writing.examples;
        for cell in cells(self.task) {
            let said = match cell {
                Cell::Base => format!("`{}` with the instructions alone", endpoint.model),
                Cell::Retrieval => {
                    format!("`{}` shown the {k} examples nearest to what is asked", endpoint.model)
                }
                Cell::Tuned => "The model tuned on the team's examples, with the instructions alone".into(),
                Cell::Both => format!("The tuned model, shown the {k} nearest examples as well"),
                _ => format!("`{}` shown {k} examples at random", endpoint.model),
            };
            let model =
                if is_tuned(cell) { endpoint.tuned_model.as_deref() } else { Some(endpoint.model.as_str()) };
            let arm = match model {
                Some(model) => self.arm(cell, said, model, &mut wrote)?,
                None => Arm {
                    absent: Some("no tuned model is named: set endpoint.tuned_model in engraft.toml".into()),
                    ..self.empty(cell, said)
                },
            };
            wrote.arms.push(arm);
        }
        Ok(wrote)
    }

    fn empty(&self, cell: Cell, said: String) -> Arm {
        let labels = if cell == Cell::Base { 0 } else { self.data.examples.len() };
        let bytes = self.data.examples.iter().map(|row| row.input.len() + row.output.len()).sum::<usize>();
        let (bytes, built) =
            if is_shown(cell) { (bytes as u64, self.nearest.built) } else { (0, Used::default()) };
        // How long it took to train the tuned model elsewhere is not known.
        let build_s = Some(built.ms / 1e3).filter(|_| !is_tuned(cell));
        let upkeep = Upkeep { labels, build_cpu_s: built.cpu_s, build_s, bytes, ..Upkeep::default() };
        Arm { on_premises: self.chat.endpoint.on_premises, ..cell.arm(said, Vec::new(), upkeep) }
    }

    /// The examples that the row at `at` is shown.
    fn shown(&self, cell: Cell, at: usize) -> Vec<usize> {
        let near = &self.nearest.rows[at].0;
        match cell {
            Cell::RandomExamples => {
                let mut random = SplitMix::new(self.task.seed ^ 0x7772_6974, at as u64);
                near.iter().map(|_| random.below(self.data.examples.len())).collect()
            }
            _ if is_shown(cell) => near.clone(),
            _ => Vec::new(),
        }
    }

    /// The prompt of each row.
    fn prompts(&self, cell: Cell) -> Vec<Prompt> {
        let prompt = |(at, row): (usize, &Written)| {
            let examples = self.shown(cell, at).into_iter().map(|place| &self.data.examples[place]);
            let shown: Vec<(&str, &str)> =
                examples.map(|example| (example.input.as_str(), example.output.as_str())).collect();
            writing_prompt(&self.task.writing.instructions, &shown, &row.input)
        };
        self.data.asked.iter().enumerate().map(prompt).collect()
    }

    fn arm(&self, cell: Cell, said: String, model: &str, wrote: &mut Wrote) -> Result<Arm, Error> {
        let prompts = self.prompts(cell);
        let mut ahead = Ahead::new(self.context, self.chat, model, &prompts);
        let references: String = self.data.asked.iter().map(|row| row.output.as_str()).collect();
        let form = format!("{:?} {:?}", self.task.writing, references);
        let fingerprint = ahead.fingerprint(&form);
        let mut asking = Asking::new(self.context, self.kept, &fingerprint);
        self.context.progress.stage(&format!("write {}", cell.name()), Some(prompts.len() as u64));
        let rows = asking
            .all(&format!("rows-{}", cell.name()), prompts.len(), |at| self.row(cell, at, &mut ahead))?;
        wrote.reused += asking.reused;
        wrote.asked += asking.asked;
        wrote.styles.extend(self.style(cell, &rows));
        if cell != Cell::RandomExamples {
            wrote.loads.extend(self.press(&asking, cell, (model, &prompts), &rows)?);
        }
        Ok(Arm { runs: vec![ArmRun { seed: 0, rows }], ..self.empty(cell, said) })
    }

    /// Puts a cell under load, where that may be paid for.
    fn press(
        &self,
        asking: &Asking,
        cell: Cell,
        (model, prompts): (&str, &[Prompt]),
        rows: &[Row],
    ) -> Result<Vec<LoadTrial>, Error> {
        let Writer { context, chat, nearest, data, .. } = *self;
        let workers = chat.endpoint.concurrency;
        let Some(pressed) = Pressed::paid((cell.name(), rows), self.task, workers) else {
            return Ok(Vec::new());
        };
        let answer = |at: usize| {
            let found = !is_shown(cell) || nearest.again(&data.asked[at].input).is_ok();
            found && chat.say(context, model, &prompts[at]).is_ok()
        };
        press(asking, &pressed, &answer)
    }

    fn row(&self, cell: Cell, at: usize, ahead: &mut Ahead) -> Result<Row, Error> {
        let finding = if is_shown(cell) { self.nearest.rows[at].1 } else { Used::default() };
        let measures = text_measures(self.task);
        let columns = measures.len() + usize::from(self.format.is_some());
        let came = ahead.reply(at)?;
        let mut row = Row {
            state: State::Scored,
            values: vec![None; columns],
            confidence: None,
            stage_ms: vec![finding.ms, 0.0],
            cpu_s: finding.cpu_s + came.cpu_s,
            tokens_in: 0,
            tokens_out: 0,
            said: String::new(),
            evidence: Vec::new(),
            why: None,
        };
        let shown = self.shown(cell, at).into_iter();
        row.evidence = shown.map(|place| briefly(&self.data.examples[place].output)).collect();
        match came.reply {
            Err((state, why)) => {
                row.state = state;
                row.why = Some(why);
            }
            Ok(reply) => {
                row.stage_ms[1] = reply.ms;
                row.tokens_in = reply.tokens_in;
                row.tokens_out = reply.tokens_out;
                row.values = self.values(&measures, at, &reply.text);
                row.said = reply.text;
            }
        }
        Ok(row)
    }

    fn values(&self, measures: &[(TextMeasure, Measure)], at: usize, text: &str) -> Vec<Option<f64>> {
        let references = [self.data.asked[at].output.clone()];
        let item = TextItem { prediction: text, references: &references };
        let which: Vec<TextMeasure> = measures.iter().map(|(measure, _)| *measure).collect();
        let found = text_metrics(&[item], &which, &Resampling { seed: 0, resamples: 0 });
        let share = |(measure, found): (&TextMeasure, &engraft_eval::TextMetric)| {
            let scale = if matches!(measure, TextMeasure::Chrf) { 100.0 } else { 1.0 };
            found.items.first().map(|value| (value / scale).clamp(0.0, 1.0))
        };
        let mut values: Vec<Option<f64>> = which.iter().zip(&found).map(share).collect();
        values.extend(self.format.map(|format| Some(f64::from(u8::from(format.fits(text))))));
        values
    }

    /// How well the arm's texts can be told from the team's; `None` of too few.
    fn style(&self, cell: Cell, rows: &[Row]) -> Option<Style> {
        let scored = rows.iter().zip(&self.data.asked).filter(|(row, _)| row.state == State::Scored);
        let pairs: Vec<(&str, &str)> =
            scored.map(|(row, asked)| (row.said.as_str(), asked.output.as_str())).collect();
        let resampling = Resampling { seed: self.task.seed, resamples: self.task.resamples.min(2000) };
        let told_apart = told_apart(&pairs, &resampling)?;
        Some(Style { arm: cell.name().into(), told_apart: Metric { n: pairs.len(), ..told_apart } })
    }
}
