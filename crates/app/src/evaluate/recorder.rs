//! Keeping a run while it is measured: what was interrupted goes on where it stood, what is finished stays as it is.

use std::collections::{BTreeMap, BTreeSet};

use engraft_core::{Diagnostic, content_hash};
use engraft_eval::{Bounds, Metric, Resampling, Score, State, States, Units, mean_bounds, resample};
use engraft_store::{NewRun, RunNo};
use serde::Serialize;
use serde_json::{Value, json};

use crate::evaluate::measured::Measured;
use crate::workspace::Workspace;
use crate::{Context, Error};

/// Items kept at once; so many are measured again after a crash.
const KEPT: usize = 16;
/// The scores of every measure here lie between these.
const RANGE: (f64, f64) = (0.0, 1.0);

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct EvalReport {
    /// By measure: the mean over scored items with its interval; documents are resampled, not questions.
    pub measures: BTreeMap<String, Metric>,
    /// What became of the items.
    pub states: States,
    /// Where the run is kept; the same outcome has the same id.
    pub run_id: String,
    /// How many items there are.
    pub items: usize,
    /// How many of them were kept from an interrupted try.
    pub resumed: usize,
    /// By measure, where items are missing: the mean if all of them were the worst, or the best.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub bounds: BTreeMap<String, Bounds>,
    /// One for each item that failed.
    pub failures: Vec<Diagnostic>,
    /// Everything that decided the outcome.
    pub about: Value,
}

/// A run that is being measured.
pub(crate) struct Recorder<'a> {
    workspace: &'a Workspace,
    run: NewRun,
    no: RunNo,
    done: BTreeSet<u32>,
    pending: Vec<(u32, Measured)>,
}

impl<'a> Recorder<'a> {
    /// Begins a run of so many items, or finds it interrupted; `about` is all that decides its outcome.
    pub(crate) fn begin(
        context: Context,
        workspace: &'a Workspace,
        (kind, name): (&str, &str),
        about: &Value,
        items: usize,
    ) -> Result<Recorder<'a>, Error> {
        let about = about.to_string();
        let build = env!("CARGO_PKG_VERSION");
        let plan = content_hash(format!("{build}\n{kind}\n{name}\n{items}\n{about}").as_bytes());
        let run = NewRun { plan, kind: kind.into(), name: name.into(), about, items };
        let (no, done) = workspace.store.begin_run(&run, &(context.now)())?;
        context.progress.stage("eval", Some(items as u64));
        context.progress.advance(done.len() as u64);
        Ok(Recorder { workspace, run, no, done: done.into_iter().collect(), pending: Vec::new() })
    }

    /// Whether an earlier try has measured this item.
    pub(crate) fn has(&self, ordinal: u32) -> bool {
        self.done.contains(&ordinal)
    }

    /// Keeps an item; stops here, with all that was measured kept, when the person asked to.
    pub(crate) fn put(&mut self, context: Context, ordinal: u32, measured: Measured) -> Result<(), Error> {
        self.pending.push((ordinal, measured));
        context.progress.advance(1);
        if self.pending.len() >= KEPT || context.cancel.is_cancelled() {
            self.flush()?;
        }
        match context.cancel.is_cancelled() {
            true => Err(Error::Cancelled),
            false => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<(), Error> {
        let rows: Vec<_> = self.pending.drain(..).map(|(ordinal, measured)| measured.row(ordinal)).collect();
        Ok(self.workspace.store.put_run_items(self.no, &rows)?)
    }

    /// Finishes the run: every measure over every item, those of an earlier try among them, and what `more` makes of all
    /// items together.
    pub(crate) fn finish(
        mut self,
        context: Context,
        seed: u64,
        more: impl FnOnce(&[Measured]) -> BTreeMap<String, Metric>,
    ) -> Result<(EvalReport, Vec<Measured>), Error> {
        self.flush()?;
        let rows = self.workspace.store.run_items(self.no)?;
        let items: Vec<Measured> = rows.into_iter().map(Measured::from_row).collect::<Result<_, _>>()?;
        let (mut measures, bounds) = means(&items, seed);
        measures.extend(more(&items));
        let states = States::of(items.iter().map(|item| item.state));
        let kept = json!({ "measures": measures, "states": states, "bounds": bounds }).to_string();
        let run_id = self.workspace.store.finish_run(self.no, &kept, &(context.now)())?;
        let about = serde_json::from_str(&self.run.about).unwrap_or_default();
        let report = EvalReport {
            measures,
            states,
            run_id,
            items: items.len(),
            resumed: self.done.len(),
            bounds,
            failures: items.iter().filter_map(failure).collect(),
            about,
        };
        Ok((report, items))
    }
}

/// The mean of every measure, and its bounds where items are missing.
fn means(items: &[Measured], seed: u64) -> (BTreeMap<String, Metric>, BTreeMap<String, Bounds>) {
    let names: BTreeSet<&String> = items.iter().flat_map(|item| item.scores.keys()).collect();
    let rows: Vec<(&str, u64)> = items.iter().map(|item| (item.document.as_str(), item.seed)).collect();
    let units = Units::with_seeds(&rows);
    let (mut measures, mut bounds) = (BTreeMap::new(), BTreeMap::new());
    for name in names {
        let absent = Score::None(State::Undefined);
        let scores: Vec<Score> =
            items.iter().map(|item| item.scores.get(name).copied().unwrap_or(absent)).collect();
        let column: Vec<Option<f64>> = scores.iter().map(|score| score.value()).collect();
        let resampling = Resampling { seed, ..Resampling::default() };
        let metric = match resample(&units, &[column], &resampling) {
            Ok(draws) => draws.metric(0),
            Err(_) => {
                Metric { value: None, low: None, high: None, n: 0, why: Some("nothing to measure".into()) }
            }
        };
        measures.insert(name.clone(), metric);
        if let Some(between) = mean_bounds(&scores, RANGE).filter(|bounds| bounds.missing > 0) {
            bounds.insert(name.clone(), between);
        }
    }
    (measures, bounds)
}

fn failure(item: &Measured) -> Option<Diagnostic> {
    if !item.state.is_missing() {
        return None;
    }
    let said = |field: &str| item.detail[field].as_str().unwrap_or_default().to_string();
    let kind = json!(item.state).as_str().unwrap_or_default().to_string();
    Some(Diagnostic { uri: item.item.clone(), kind, message: said("message"), hint: said("hint") })
}
