//! The words of evaluation: measure retrieval, answers and models, compare, gate.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::Mode;

#[derive(Debug, Subcommand)]
pub(crate) enum Eval {
    /// Are the documents found that people judged relevant?
    Retrieval(EvalRetrieval),
    /// Do the quotes hold the answer, and is what the documents do not say left unanswered?
    Answers(EvalAnswers),
    /// What does a tuned model say of rows whose answers are known?
    Model(EvalModel),
    /// What does a language model say of the answers, and do people agree with it?
    Judge(EvalJudge),
    /// The runs of the workspace
    List,
    /// One run, item by item
    Show {
        /// Its run_id, or how that begins
        run: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct EvalRetrieval {
    /// The queries, JSONL (`{"_id","text"}` a line)
    #[arg(long, value_name = "QUERIES.jsonl")]
    pub(crate) queries: PathBuf,
    /// The judgements: TREC's four columns or BEIR's three
    #[arg(long, value_name = "FILE")]
    pub(crate) qrels: PathBuf,
    /// Which legs take part
    #[arg(long, value_enum, default_value = "hybrid")]
    pub(crate) mode: Mode,
    /// What to measure; by default nDCG@10, R@100, RR@10, AP and Judged@10
    #[arg(long, value_name = "M,N", value_delimiter = ',')]
    pub(crate) measures: Vec<String>,
    /// Only what this principal may read; repeat for several
    #[arg(long = "as", value_name = "PRINCIPAL")]
    pub(crate) principals: Vec<String>,
    /// Seed of the intervals
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct EvalAnswers {
    /// The questions, JSONL (`{"id","question","answers":[{"text"}],"answerable"}` a line)
    #[arg(long, value_name = "QUESTIONS.jsonl")]
    pub(crate) questions: PathBuf,
    /// The arm that answers
    #[arg(long, value_name = "NAME")]
    pub(crate) arm: Option<String>,
    /// How many passages the reader sees; by default answer.passages of engraft.toml
    #[arg(short)]
    pub(crate) k: Option<usize>,
    /// The tuned reader that answers, or `none` to have sentences ranked; by default the one in use
    #[arg(long, value_name = "NAME|none")]
    pub(crate) reader: Option<String>,
    /// Let the workspace's tuned reranker take a second look at the passages
    #[arg(long)]
    pub(crate) rerank: bool,
    /// Only what this principal may read; repeat for several
    #[arg(long = "as", value_name = "PRINCIPAL")]
    pub(crate) principals: Vec<String>,
    /// Seed of the intervals
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct EvalModel {
    /// The tuned model
    pub(crate) name: String,
    /// Rows with their labels, as for `tune`
    #[arg(long, value_name = "FILE")]
    pub(crate) data: PathBuf,
    /// Seed of the intervals
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct EvalJudge {
    /// A run of `eval answers`, or a file of answers (`{"id","question","answer","evidence":[{"id","text"}]}` a line)
    pub(crate) run: String,
    /// Instead of judging its claims, say which of the two answers is better, in both orders
    #[arg(long, value_name = "RUN")]
    pub(crate) against: Option<String>,
    /// What people say: `{"id":"q1#1","label":"supported"}` a line, or a table task,label
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// Spend at most so much now, in endpoint.currency; what was judged is kept
    #[arg(long, value_name = "X")]
    pub(crate) budget: Option<f64>,
    /// Use at most so many tokens now
    #[arg(long, value_name = "N")]
    pub(crate) budget_tokens: Option<u64>,
    /// Say what would be asked and what it would cost, and ask nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Write what people are to label into this file, and ask nothing
    #[arg(long, value_name = "FILE", conflicts_with_all = ["labels", "dry_run"])]
    pub(crate) sheet: Option<PathBuf>,
    /// Orders the items and chooses the resamples
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// A run, or a file of scores (`{"id","score"}` a line, or a table)
    pub(crate) a: String,
    /// What it is compared with; the verdict is on A
    pub(crate) b: String,
    #[command(flatten)]
    pub(crate) how: How,
}

#[derive(Debug, Args)]
pub(crate) struct Gate {
    /// The run that wants to pass: a run_id, or a file of scores
    pub(crate) run: String,
    /// What it must not be worse than
    #[arg(long, value_name = "RUN")]
    pub(crate) baseline: String,
    #[command(flatten)]
    pub(crate) how: How,
}

#[derive(Debug, Args)]
pub(crate) struct How {
    /// The measure; by default the only one, or the main one of its kind of run
    #[arg(long, value_name = "M")]
    pub(crate) metric: Option<String>,
    /// The smallest difference that matters, in the measure's unit
    #[arg(long, value_name = "X", default_value_t = 0.02)]
    pub(crate) margin: f64,
    /// Seed of the resamples
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// How many resamples
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub(crate) resamples: usize,
}
