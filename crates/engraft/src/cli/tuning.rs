//! The words of tuning: make a model from judgements, ask it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::ranking::{Judgements, Reranker, Retriever};

#[derive(Debug, Subcommand)]
pub(crate) enum Tune {
    /// Texts into classes: one each, any number, or none of them
    Classifier(Classifier),
    /// Spans of texts: names, dates, amounts, parties, slots
    Extractor(Extractor),
    /// Whether statements are supported by their evidence, or the model is unsure
    Groundedness(Groundedness),
    /// Which of two responses people would prefer
    Reward(Reward),
    /// Where in a passage the answer to a question stands, or that it does not
    Reader(Reader),
    /// How much words and meaning count in search, from judged questions
    Fusion(Judgements),
    /// Questions nearer to the passages that answer them, from judged questions
    Retriever(Retriever),
    /// A second look at the best hits, from judged questions
    Reranker(Reranker),
}

/// What every tuner is asked.
#[derive(Debug, Args)]
pub(crate) struct Job {
    /// A dataset of the workspace (its resolved answers), or a JSONL or CSV file of rows
    #[arg(long, value_name = "D|FILE")]
    pub(crate) data: String,
    /// Rows to evaluate on; by default a fifth of the data is held out
    #[arg(long, value_name = "FILE")]
    pub(crate) eval: Option<PathBuf>,
    /// The question of the dataset to learn; by default the first that fits
    #[arg(long)]
    pub(crate) question: Option<String>,
    /// The encoder to stand on: a model name or a folder; by default the workspace's
    #[arg(long, value_name = "MODEL")]
    pub(crate) base: Option<String>,
    /// What to call the model; by default after the data and the method
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// How many seeds to train with, where training draws lots
    #[arg(long, default_value_t = 3, value_name = "K")]
    pub(crate) seeds: usize,
    /// The first of them
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    /// What becomes of texts beyond the encoder's window: error, drop, split or truncate
    #[arg(long, default_value = "error", value_name = "POLICY")]
    pub(crate) over_length: String,
}

#[derive(Debug, Args)]
pub(crate) struct Classifier {
    #[command(flatten)]
    pub(crate) job: Job,
    /// How: linear (no encoder), frozen (the encoder as it is), setfit (taught by pairs, for few rows), lora, full, or auto (up
    /// from the cheapest while the gain is real)
    #[arg(long, default_value = "auto")]
    pub(crate) method: String,
    /// The label that means none of the classes; a threshold is learned to tell such texts
    #[arg(long, value_name = "LABEL")]
    pub(crate) out_of_scope: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Extractor {
    #[command(flatten)]
    pub(crate) job: Job,
    /// How: patterns (no training), crf (words and shapes), frozen (with the encoder as it is), full or lora (the encoder
    /// moved), or auto (up from the cheapest while the gain is real)
    #[arg(long, default_value = "auto")]
    pub(crate) method: String,
    /// Values known without training, for patterns: a JSON file of {"LABEL": ["a value", …]}
    #[arg(long, value_name = "FILE")]
    pub(crate) values: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Groundedness {
    #[command(flatten)]
    pub(crate) job: Job,
    /// How: coverage (words that are there), shipped (the weights that come along), features (weights of all measures), meaning
    /// (those and the encoder), encoder (features, and an encoder trained to read claim and evidence together; minutes), or auto
    /// (up from the cheapest while the gain is real, to features)
    #[arg(long, default_value = "auto")]
    pub(crate) method: String,
}

#[derive(Debug, Args)]
pub(crate) struct Reward {
    #[command(flatten)]
    pub(crate) job: Job,
    /// How: longer, style (how it is written), words, meaning (those and the encoder as it is), encoder (words, and the encoder
    /// trained on pairs), or auto (up from the cheapest while the gain is real, to meaning)
    #[arg(long, default_value = "auto")]
    pub(crate) method: String,
}

#[derive(Debug, Args)]
pub(crate) struct Reader {
    #[command(flatten)]
    pub(crate) job: Job,
    /// How the encoder is moved: full (all of it) or lora (by adapters)
    #[arg(long, default_value = "full")]
    pub(crate) method: String,
}

#[derive(Debug, Args)]
pub(crate) struct Predict {
    /// A tuned model
    pub(crate) model: String,
    /// The texts (`{"id","text"}` a line), claims (`{"id","claim","evidence"}`), responses
    /// (`{"id","prompt","response"}`) or questions (`{"id","question","passage"}`)
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) input: PathBuf,
}
