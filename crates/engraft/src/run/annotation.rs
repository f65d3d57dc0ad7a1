//! Commands of annotation: datasets, queues, agreement, resolutions.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use engraft_app as app;
use engraft_app::annotate::Strategy;
use engraft_app::evaluate::Behind;
use engraft_app::people::Principal;
use engraft_app::{Error, Method, Workspace};
use serde_json::{Value, json};

use crate::cli::annotation::{
    Agreement, AtItem, By, Dataset, DatasetExport, DatasetImport, Queue, Resolve, Scale,
};
use crate::print::{annotation as print, evaluation};
use crate::run::{NO, Session};
use crate::words;

impl Session<'_> {
    pub(super) fn dataset(&self, words: &Dataset) -> Result<ExitCode, Error> {
        let (workspace, me) = (self.workspace()?, Principal::at_the_machine());
        let context = self.context;
        match words {
            Dataset::Create { name, schema } => {
                let text = read(schema)?;
                let made = app::dataset::create(context, &workspace, &me, name, &text)?;
                self.show(&made, print::created)
            }
            Dataset::List => {
                let datasets = app::dataset::list(context, &workspace, &me)?;
                self.show(&json!({ "datasets": datasets }), |_| print::datasets(&datasets))
            }
            Dataset::Show { name } => {
                self.show(&app::dataset::show(context, &workspace, &me, name)?, print::dataset)
            }
            Dataset::Schema { name, schema } => {
                let text = read(schema)?;
                let made = app::dataset::set_schema(context, &workspace, &me, name, &text)?;
                self.show(&made, print::dataset)
            }
            Dataset::Rate { name, hour, currency, forget: _ } => {
                let rate = hour.zip(currency.as_deref());
                let set = app::review::set_rate(context, &workspace, &me, name, rate)?;
                self.show(&set, print::rate)
            }
            Dataset::Gold { name, item, answers, forget } => {
                let set = match answers {
                    None if !forget => app::dataset::GoldSet {
                        item: item.clone(),
                        gold: app::review::item(context, &workspace, &me, name, item)?.gold,
                    },
                    answers => {
                        let known = answers.as_deref().map(answers_of).transpose()?;
                        app::dataset::set_gold(context, &workspace, &me, name, item, known.as_ref())?
                    }
                };
                self.show(&set, print::gold)
            }
            Dataset::Delete { name, confirm } => {
                let gone = app::dataset::delete(context, &workspace, &me, name, confirm)?;
                self.show(&gone, |gone| {
                    let app::dataset::Deleted { dataset, items, responses, snapshots } = gone;
                    format!(
                        "{dataset} is gone: {items} items, {responses} responses, {snapshots} snapshots.\n"
                    )
                })
            }
            Dataset::Snapshot { name } => {
                self.show(&app::dataset::snapshot(context, &workspace, &me, name)?, print::snapshotted)
            }
            Dataset::Diff { a, b } => {
                self.show(&app::dataset::diff(context, &workspace, &me, a, b)?, print::json)
            }
            Dataset::Audit { name, split, seed } => {
                let request = app::dataset::AuditRequest { split: split.clone(), seed: *seed };
                let report = app::dataset::audit(context, &workspace, &me, name, &request)?;
                self.show(&report, print::audited)
            }
            Dataset::Order { name, by, seed } => {
                let strategy = match by {
                    By::Uncertainty => Strategy::Uncertainty,
                    By::Margin => Strategy::Margin,
                    By::Diversity => Strategy::Diversity,
                    By::Random => Strategy::Random,
                };
                let done = app::dataset::arrange(context, &workspace, &me, name, strategy, *seed)?;
                self.show(&done, |done| {
                    format!(
                        "{} items are in order, {} of them by a suggestion.\n",
                        done.items, done.suggested
                    )
                })
            }
            Dataset::Import(words) => self.dataset_import(&workspace, &me, words),
            Dataset::Export(words) => self.dataset_export(&workspace, &me, words),
        }
    }

    fn dataset_import(
        &self,
        workspace: &Workspace,
        me: &Principal,
        said: &DatasetImport,
    ) -> Result<ExitCode, Error> {
        let secret = words::secret()?;
        let report = if said.format == "queries" {
            let request = app::dataset::QueriesRequest { path: said.file.clone(), k: said.k };
            app::dataset::import_queries(self.context, workspace, me, &said.name, &request, &secret)?
        } else {
            let request = app::dataset::ImportRequest {
                path: said.file.clone(),
                format: said.format.clone(),
                offset_unit: said.offset_unit.clone(),
                user: said.user.clone(),
                strict: said.strict,
            };
            app::dataset::import(self.context, workspace, me, &said.name, &request, &secret)?
        };
        self.show(&report, print::imported)
    }

    fn dataset_export(
        &self,
        workspace: &Workspace,
        me: &Principal,
        words: &DatasetExport,
    ) -> Result<ExitCode, Error> {
        let request = app::dataset::ExportRequest {
            path: words.file.clone(),
            format: words.format.clone(),
            snapshot: words.snapshot.clone(),
            split: words.split.clone(),
            seed: words.seed,
            question: words.question.clone(),
            voices: Some(words.voices.clone()),
            strict: words.strict,
        };
        let report = app::dataset::export(self.context, workspace, me, &words.name, &request)?;
        self.show(&report, print::exported)
    }

    pub(super) fn queue(&self, words: &Queue) -> Result<ExitCode, Error> {
        let workspace = self.workspace()?;
        let context = self.context;
        match words {
            Queue::Next { at, n } => {
                let who = app::people::stand_in(&workspace, &at.user)?;
                let next = app::work::next(context, &workspace, &who, &at.dataset, *n)?;
                self.show_next(&next, *n)
            }
            Queue::Submit { at, answers, version } => {
                let who = app::people::stand_in(&workspace, &at.user)?;
                let dataset = self.dataset_of(&workspace, &who, at)?;
                let given = app::work::Submission {
                    item: at.item.clone(),
                    lease: at.lease.clone(),
                    version: *version,
                    answers: answers_of(answers)?,
                    ..app::work::Submission::default()
                };
                let done = app::work::submit(context, &workspace, &who, &dataset, &given)?;
                self.show(&done, print::submitted)
            }
            Queue::Skip { at, reason } => {
                let who = app::people::stand_in(&workspace, &at.user)?;
                let dataset = self.dataset_of(&workspace, &who, at)?;
                let given = app::work::Skip {
                    item: at.item.clone(),
                    lease: at.lease.clone(),
                    reason: reason.clone(),
                    active_ms: 0,
                };
                let done = app::work::skip(context, &workspace, &who, &dataset, &given)?;
                self.show(&done, |done| format!("{} is left to others.\n", done.item))
            }
            Queue::Undo { at } => {
                let who = app::people::stand_in(&workspace, &at.user)?;
                let item = app::work::undo(context, &workspace, &who, &at.dataset)?;
                self.show(&item, print::item)
            }
            Queue::Status { dataset, user } => {
                let who = app::people::stand_in(&workspace, user)?;
                let mut queues = app::work::queues(context, &workspace, &who)?;
                if let Some(only) = dataset {
                    app::dataset::show(context, &workspace, &who, only)?;
                    queues.retain(|queue| queue.dataset == *only);
                }
                self.show(&json!({ "user": user, "queues": queues }), |_| print::queues(&queues))
            }
        }
    }

    fn show_next(&self, next: &app::work::Next, n: usize) -> Result<ExitCode, Error> {
        match (&next.items[..], n) {
            ([], _) => {
                let nothing = json!({ "item": null, "finished": next.finished, "counts": next.counts });
                self.show(&nothing, |_| print::finished(next))?;
                Ok(ExitCode::from(NO))
            }
            ([item], 1) => self.show(item, print::item),
            _ => self.show(next, |next| next.items.iter().map(print::item).collect()),
        }
    }

    /// The dataset an item belongs to, when it was not said.
    fn dataset_of(&self, workspace: &Workspace, who: &Principal, at: &AtItem) -> Result<String, Error> {
        match &at.dataset {
            Some(named) => Ok(named.clone()),
            None => app::work::dataset_of(self.context, workspace, who, &at.item, at.lease.as_deref()),
        }
    }

    pub(super) fn lineage(&self, id: &str) -> Result<ExitCode, Error> {
        // The id of an item names its dataset first; neither that of a run nor the name of a model has such a stroke.
        if !id.contains('/') {
            return match app::evaluate::lineage(&self.workspace()?, id)? {
                Behind::Run(report) => self.show(&report, evaluation::lineage),
                Behind::Model(report) => self.show(&report, evaluation::model_lineage),
            };
        }
        let report =
            app::review::lineage(self.context, &self.workspace()?, &Principal::at_the_machine(), id)?;
        self.show(&report, print::json)
    }

    pub(super) fn agreement(&self, words: &Agreement) -> Result<ExitCode, Error> {
        if let Some(file) = &words.labels {
            let scale = match words.scale {
                Scale::Nominal => app::Scale::Nominal,
                Scale::Ordinal => app::Scale::Ordinal,
                Scale::Interval => app::Scale::Interval,
                Scale::Ratio => app::Scale::Ratio,
            };
            return self.show(&app::labels::agreement(file, scale, words.seed)?, print::agreed);
        }
        let name = words.dataset.as_deref().unwrap_or_default();
        let me = Principal::at_the_machine();
        let question = words.question.as_deref();
        let report =
            app::review::agreement(self.context, &self.workspace()?, &me, name, question, words.seed)?;
        self.show(&report, print::dataset_agreed)
    }

    pub(super) fn resolve(&self, words: &Resolve) -> Result<ExitCode, Error> {
        let method: Method = words.method.parse().map_err(|_| Error::Request {
            message: format!("`{}` is no method", words.method),
            hint: "use majority, weighted, dawid-skene, one-coin, mace, glad or auto".into(),
        })?;
        if let Some(labels) = &words.labels {
            let request = app::labels::ResolveFile {
                labels: labels.clone(),
                gold: words.gold.clone(),
                method,
                seed: words.seed,
            };
            return self.show(&app::labels::resolve(&request)?, print::resolved);
        }
        let name = words.dataset.as_deref().unwrap_or_default();
        let request = app::review::ResolveRequest {
            method,
            question: words.question.clone(),
            all: words.all,
            seed: words.seed,
        };
        let me = Principal::at_the_machine();
        let report = app::review::resolve(self.context, &self.workspace()?, &me, name, &request)?;
        self.show(&report, print::dataset_resolved)
    }
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(Error::io("read", path))
}

/// The JSON of answers; `-` reads it from stdin.
fn answers_of(words: &str) -> Result<Value, Error> {
    let mut text = words.to_string();
    if words == "-" {
        text.clear();
        let stdin = std::io::stdin().read_to_string(&mut text);
        stdin.map_err(Error::io("read from", Path::new("standard input")))?;
    }
    serde_json::from_str(&text).map_err(|error| Error::Request {
        message: format!("the answers are no JSON: {error}"),
        hint: "write them by question, such as --answers '{\"topic\":\"billing\"}'".into(),
    })
}
