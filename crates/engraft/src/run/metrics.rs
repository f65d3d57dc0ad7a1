//! `engraft metrics`: files in, numbers with intervals out; no workspace.

use std::process::ExitCode;

use engraft_app::Error;
use engraft_app::metrics;
use engraft_app::metrics::{Compared, LabelsRequest, RankRequest, SpansRequest, TextRequest, Ties};

use crate::cli::metrics::{Compare, Metrics, Rank};
use crate::print::metrics as print;
use crate::run::Session;

impl Session<'_> {
    pub(super) fn metrics(&self, said: &Metrics) -> Result<ExitCode, Error> {
        match said {
            Metrics::Compare(said) => self.compare(said),
            Metrics::Rank(said) => self.show(&metrics::rank(&rank(said))?, print::measured),
            Metrics::Text(said) => {
                let request = TextRequest {
                    files: files(said),
                    measures: said.measures.clone(),
                    per_query: said.per_query,
                    seed: said.seed,
                };
                self.show(&metrics::text(&request)?, print::measured)
            }
            Metrics::Labels(said) => {
                let request = LabelsRequest {
                    files: files(said),
                    measures: said.measures.clone(),
                    per_query: said.per_query,
                    seed: said.seed,
                };
                self.show(&metrics::labels(&request)?, print::labels)
            }
            Metrics::Spans(said) => {
                let request = SpansRequest {
                    files: files(said),
                    measures: said.measures.clone(),
                    per_query: said.per_query,
                    seed: said.seed,
                };
                self.show(&metrics::spans(&request)?, print::spans)
            }
        }
    }
}

fn files(said: &Compare) -> Compared {
    Compared { pred: said.pred.clone(), gold: said.gold.clone() }
}

fn rank(said: &Rank) -> RankRequest {
    RankRequest {
        qrels: said.qrels.clone(),
        run: said.run.clone(),
        measures: said.measures.clone(),
        ties: if said.trec9 { Ties::Trec9 } else { Ties::Trec10 },
        level: said.level,
        per_query: said.per_query,
        seed: said.seed,
    }
}
