//! The words of `engraft metrics`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::evaluation;

#[derive(Debug, Subcommand)]
pub(crate) enum Metrics {
    /// A ranked run against judgements, or against spans of evidence
    Rank(Rank),
    /// Answers against the right ones: SQuAD's em and f1, content words, ROUGE, BLEU, chrF, and whether silence was chosen well
    Text(Compare),
    /// Labels against the right ones: accuracy, F1, Matthews' correlation; with confidences: calibration
    Labels(Compare),
    /// Spans or tags against the right ones: strictly and leniently, by label and by document
    Spans(Compare),
    /// Which of two is better on the same items, and how sure is that? Runs of `eval`, or files of scores
    Compare(evaluation::Compare),
}

#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// What was predicted: one JSON object a line, such as `ask --batch` and `predict` print
    #[arg(long, value_name = "FILE")]
    pub(crate) pred: PathBuf,
    /// What is right, with the same ids
    #[arg(long, value_name = "FILE")]
    pub(crate) gold: PathBuf,
    /// Only these, such as em,f1,rouge1
    #[arg(long, value_name = "M,M", value_delimiter = ',')]
    pub(crate) measures: Vec<String>,
    /// List every item
    #[arg(long)]
    pub(crate) per_query: bool,
    /// Chooses the resamples behind the intervals
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Rank {
    /// Judgements: TREC's columns, BEIR's table, or JSON (with char_start and char_end: evidence)
    #[arg(long, value_name = "FILE")]
    pub(crate) qrels: PathBuf,
    /// The run: TREC's columns, or JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) run: PathBuf,
    /// Such as nDCG@10,R@100,AP,RR,P@5,Success@5,Rprec,Bpref,RBP(p=0.8),ERR@10
    #[arg(long, value_name = "M,M", value_delimiter = ',')]
    pub(crate) measures: Vec<String>,
    /// Compare scores as trec_eval 9 and pytrec_eval do: as 32-bit numbers
    #[arg(long, conflicts_with = "trec10")]
    pub(crate) trec9: bool,
    /// Compare scores as trec_eval 10 does: as 64-bit numbers (the default)
    #[arg(long)]
    pub(crate) trec10: bool,
    /// The least grade that is relevant
    #[arg(long, value_name = "GRADE", default_value_t = 1, value_parser = clap::value_parser!(i64).range(1..))]
    pub(crate) level: i64,
    /// List every query
    #[arg(long)]
    pub(crate) per_query: bool,
    /// Chooses the resamples behind the intervals
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
}
